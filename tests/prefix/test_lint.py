"""A recording explained: broken prefixes, and what wastes a cache without breaking one."""

from dataclasses import replace

import pytest

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import Usage, WireName
from agentcache.prefix.lint import Agreement, Report, lint
from agentcache.prefix.recording import VERSION, Head, RecordedCall, Recording
from agentcache.prefix.rules import load_rules
from agentcache.prefix.verdict import Verdict
from support.agent import tool
from support.prompts import SYSTEM, TOOLS, body, conversation, said, turn

RULES = load_rules(None)
LONG = SYSTEM + "\n" + "Think before you answer. " * 400


def call(data: bytes, at: float = 0.0) -> RecordedCall:
    return RecordedCall(
        at=at,
        wire=WireName.ANTHROPIC,
        url="https://api.anthropic.com/v1/messages",
        body=data.decode(),
        first=at + 1,
        ended=at + 2,
        status=200,
    )


def linted(*calls: RecordedCall) -> Report:
    return lint(Recording(Head(VERSION, "s", 0.0), calls), RULES)


def found(*calls: RecordedCall) -> list[Verdict]:
    return [finding.verdict for finding in linted(*calls).findings]


def mark(ttl: str = "") -> JsonObject:
    named: JsonObject = {"ttl": ttl} if ttl else {}
    return {"type": "ephemeral", **named}


def text(words: str, ttl: str | None = None) -> JsonObject:
    plain: JsonObject = {"type": "text", "text": words}
    return plain if ttl is None else {**plain, "cache_control": mark(ttl)}


def session(turns: int, *, ttl: str = "", gap: float = 10.0) -> list[RecordedCall]:
    """A conversation that marks its system prompt and its newest message."""
    return [
        call(body(conversation(n), system=[text(LONG, ttl)], cache_control=mark(ttl)), gap * n)
        for n in range(turns)
    ]


def test_a_good_session_is_clean() -> None:
    report = linted(*session(6))
    assert report == Report(6, 1, (), (), (), Agreement())
    assert report.tokens_lost == 0


def test_an_empty_recording_is_clean() -> None:
    assert linted() == Report(0, 0, (), (), (), Agreement())


def test_each_break_names_its_call_the_one_before_and_the_time() -> None:
    calls = [
        call(body(conversation(n), system=f"Today's date is 2026-11-2{n}\n{LONG}"), 5.0 * n)
        for n in range(3)
    ]
    report = linted(calls[0], *calls)
    assert [(one.number, one.earlier, one.at) for one in report.breaks] == [(3, 2, 5.0), (4, 3, 10)]
    assert {one.broken.verdict for one in report.breaks} == {Verdict.VOLATILE}
    assert report.tokens_lost == sum(one.broken.tokens for one in report.breaks) > 5000


def test_what_cannot_be_read_is_named_and_its_neighbours_keep_their_numbers() -> None:
    bad = call(b'{"model": 3}', 0.5)
    broken = call(body(conversation(1), system="Other words."), 1.0)
    first = call(body(conversation(0), system="Some words.", tools=TOOLS))
    report = linted(first, bad, broken)
    assert [(one.number, "model" in one.why) for one in report.unread] == [(2, True)]
    assert [(one.number, one.earlier) for one in report.breaks] == [(3, 1)]
    assert (report.calls, report.conversations) == (3, 1)


def test_what_the_provider_refused_is_in_no_cache() -> None:
    first, second, third = session(3)
    other = replace(call(body(conversation(1), system="Else."), 11.0), status=400)
    report = linted(first, second, other, third)
    assert (report.calls, report.breaks) == (4, ())


def test_a_finding_says_what_would_repair_it() -> None:
    (finding,) = linted(*session(2, gap=400)).findings
    assert "ask for the longer ttl" in finding.repair
    assert "the move 'lifetime'" in finding.repair


def test_the_lifetime_of_an_implicit_cache_is_what_was_asked_for() -> None:
    def asked(at: float, turns: int, **fields: Json) -> RecordedCall:
        messages: list[Json] = [said(LONG * 4)]
        for number in range(turns):
            messages += [{"role": "assistant", "content": f"Reply {number}."}, said("Go on.")]
        data = encode_json({"model": "gpt-5.1", "messages": messages, **fields})
        return replace(
            call(data, at),
            wire=WireName.OPENAI_CHAT,
            url="https://api.openai.com/v1/chat/completions",
        )

    long: Json = "24h"
    assert found(asked(0, 0), asked(4000, 1)) == [Verdict.TTL_TOO_SHORT]
    kept = [asked(at, n, prompt_cache_retention=long) for n, at in enumerate((0, 4000))]
    assert found(*kept) == []


@pytest.mark.parametrize(
    ("said_by_provider", "agreement"),
    [
        ("system_changed", Agreement(agree=1)),
        ("tools_changed", Agreement(disagree=1)),
        ("unavailable", Agreement(unavailable=1)),
        ("previous_message_not_found", Agreement(unavailable=1)),
        ("", Agreement(unavailable=1)),
    ],
)
def test_agreement_with_the_providers_diagnosis_is_counted(
    said_by_provider: str, agreement: Agreement
) -> None:
    first, second = (call(body(conversation(n), system=f"{LONG} {n}"), n) for n in range(2))
    report = linted(first, replace(second, miss_reason=said_by_provider))
    assert report.agreement == agreement
    assert report.breaks[0].provider == said_by_provider


def test_a_miss_that_only_the_provider_sees_is_a_disagreement() -> None:
    first, second = session(2)
    told = replace(second, miss_reason="messages_changed")
    assert linted(first, told).agreement == Agreement(disagree=1)


def test_five_breakpoints_are_too_many() -> None:
    blocks: list[Json] = [text(LONG, "")] * 3
    four = body(conversation(1), system=blocks, tools=[{**TOOLS[0], "cache_control": mark()}])
    five = body(
        conversation(1),
        system=blocks,
        tools=[{**TOOLS[0], "cache_control": mark()}],
        cache_control=mark(),
    )
    assert found(call(four)) == []
    assert found(call(five)) == [Verdict.TOO_MANY_BREAKPOINTS]


def test_a_longer_ttl_behind_a_shorter_is_told_with_both_places() -> None:
    right = body(conversation(0), system=[text(LONG, "1h"), text(LONG, "5m")])
    wrong = body(conversation(0), system=[text(LONG, ""), text(LONG, "1h")])
    assert found(call(right)) == []
    (finding,) = linted(call(wrong)).findings
    assert finding.verdict is Verdict.TTL_ORDER
    assert finding.what == "system[0] and system[1] ask for 5m before 1h"


def test_a_prefix_below_the_minimum_is_told_once_and_never_where_it_grows_past_it() -> None:
    def short(turns: int, system: str) -> RecordedCall:
        return call(body(conversation(turns), system=[text(system)], cache_control=mark()), turns)

    (finding,) = linted(*(short(n, "Brief.") for n in range(3))).findings
    assert (finding.verdict, finding.number) == (Verdict.BELOW_MINIMUM, 1)
    grown = [said("x" * 9000), *turn(1)]
    assert found(short(0, "Brief."), call(body([*conversation(0), *turn(0)])), *session(1)) == [
        Verdict.BELOW_MINIMUM
    ]
    first = call(body([said("Go.")], system=[text("Brief.")], cache_control=mark()))
    second = call(
        body([said("Go."), *turn(3), *grown], system=[text("Brief.")], cache_control=mark()), 5
    )
    assert found(first, second) == []


@pytest.mark.parametrize(("later", "is_told"), [(34, False), (35, True)])
def test_a_write_out_of_the_lookback_is_told_as_in_the_documents_example(
    later: int, is_told: bool
) -> None:
    """Writes at position 15; a breakpoint at 35 looks at 35..16 and misses it."""

    def blocks(count: int) -> list[Json]:
        texts = [text(f"block {n} {LONG}") for n in range(count)]
        return [*texts[:-1], {**texts[-1], "cache_control": mark()}]

    def request(*contents: list[Json]) -> bytes:
        reply: Json = {"role": "assistant", "content": "I see."}
        messages: list[Json] = [{"role": "user", "content": contents[0]}]
        for content in contents[1:]:
            messages += [reply, {"role": "user", "content": content}]
        return body(messages, tools=(), system=[])

    verdicts = found(
        call(request(blocks(15))),
        call(request([*blocks(15)[:-1], text(f"block 14 {LONG}")], blocks(later - 16)), 5),
    )
    assert verdicts == ([Verdict.LOOKBACK] if is_told else [])


def test_parallel_tool_calls_are_one_position_each_way() -> None:
    uses: list[Json] = [
        {"type": "tool_use", "id": f"t{n}", "name": "Read", "input": {}} for n in range(30)
    ]
    results: list[Json] = [{"type": "tool_result", "tool_use_id": f"t{n}"} for n in range(30)]
    fanned: list[Json] = [
        *conversation(0),
        {"role": "assistant", "content": uses},
        {"role": "user", "content": results},
    ]
    later = call(body(fanned, system=[text(LONG, "")], cache_control=mark()), 5)
    assert found(*session(1), later) == []


@pytest.mark.parametrize(
    ("ttl", "gap", "verdict"),
    [
        ("5m", 299, []),
        ("5m", 400, [Verdict.TTL_TOO_SHORT]),
        ("5m", 4000, []),  # nothing that can be asked for would have held
        ("1h", 400, []),
        ("1h", 200, [Verdict.TTL_TOO_LONG]),
    ],
)
def test_the_ttl_is_held_against_the_gaps(ttl: str, gap: float, verdict: list[Verdict]) -> None:
    assert found(*session(4, ttl=ttl, gap=gap)) == verdict


def test_a_gap_that_the_provider_bridged_is_no_finding() -> None:
    first, second = session(2, gap=400)
    read = replace(second, usage=Usage(1000, 5, 900, 0))
    assert found(first, read) == []


def test_a_breakpoint_on_a_block_that_changes_is_told_beside_the_break() -> None:
    calls = [
        call(body(conversation(n), system=[text(LONG), text(f"It is 10:0{n}", "")]), n)
        for n in range(2)
    ]
    report = linted(*calls)
    assert [one.broken.verdict for one in report.breaks] == [Verdict.VOLATILE]
    (finding,) = report.findings
    assert finding.verdict is Verdict.VARYING_BREAKPOINT
    assert "system[1]" in finding.what


def fan_out(*, apart: float, system: str = LONG) -> list[RecordedCall]:
    return [
        call(body([said(f"Question {n}?")], system=[text(system, "")]), apart * n) for n in range(4)
    ]


def test_parallel_cold_calls_are_told_and_warmed_ones_are_not() -> None:
    (finding,) = linted(*fan_out(apart=0.1)).findings
    assert (finding.verdict, finding.number, finding.times) == (Verdict.COLD_FANOUT, 2, 3)
    assert found(*fan_out(apart=1.5)) == []
    assert found(*fan_out(apart=0.1, system="Brief.")) == [Verdict.BELOW_MINIMUM] * 4


def test_explicit_mode_without_a_breakpoint_is_told() -> None:
    given: JsonObject = {
        "model": "gpt-5.6",
        "messages": [said("Go.")],
        "prompt_cache_options": {"mode": "explicit"},
    }
    url = "https://api.openai.com/v1/chat/completions"
    sent = replace(call(encode_json(given)), wire=WireName.OPENAI_CHAT, url=url)
    assert found(sent) == [Verdict.NO_BREAKPOINT]


def test_one_kind_of_finding_is_told_once_for_each_conversation() -> None:
    wrong = [
        call(body(conversation(n), system=[text(LONG, ""), text(LONG, "1h")]), 400 * n)
        for n in range(3)
    ]
    other = call(body([said("Else?")], system=[text(LONG, ""), text(LONG, "1h")]), 2000)
    report = linted(*wrong, other)
    assert [(one.number, one.times) for one in report.findings] == [(1, 3), (4, 1)]


def test_a_late_tool_in_a_recording_is_told_with_its_name() -> None:
    late = [*TOOLS, tool("mcp__late")]
    calls = [call(body(conversation(n), tools=TOOLS if n < 1 else late), n) for n in range(2)]
    (one,) = linted(*calls).breaks
    assert one.broken.place == "tools[3] mcp__late"
