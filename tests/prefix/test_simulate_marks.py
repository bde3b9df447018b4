"""Anthropic's cache: the examples of its documentation, and one test for each of its rules."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.prefix.cached import Charge
from agentcache.prefix.recording import RecordedCall
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import Outcome, PricedCall, read_policy, simulate
from prefix.sessions import assistant, body, marked, recording, sent, text, user


def priced(*calls: RecordedCall, provider: str | None = None) -> tuple[PricedCall, ...]:
    policy = read_policy("as-sent")
    return simulate(recording(*calls), policy, load_rules(), provider=provider).calls


def charges(*calls: RecordedCall) -> list[Charge]:
    found = priced(*calls)
    assert {call.outcome for call in found} == {Outcome.PRICED}, [call.note for call in found]
    return [call.charge for call in found]


def blocks(count: int, *marks: int, ttl: str = "") -> list[JsonObject]:
    """So many blocks of 1,000 tokens, counted from 1, with breakpoints on some."""
    numbers = range(1, count + 1)
    return [text(number, mark=ttl if number in marks else None) for number in numbers]


def asked(at: float, count: int, *marks: int, ttl: str = "", **others: Json) -> RecordedCall:
    return sent(at, body([user(*blocks(count, *marks, ttl=ttl))], **others))


def tools(*names: str) -> list[Json]:
    return [
        {"name": name, "description": name.ljust(8000, "d"), "input_schema": {"type": "object"}}
        for name in names
    ]


def test_without_a_breakpoint_nothing_is_cached() -> None:
    assert charges(asked(0, 3), asked(10, 3)) == [Charge(fresh=3000)] * 2


def test_a_breakpoint_writes_and_the_same_prefix_is_read() -> None:
    assert charges(asked(0, 3, 2), asked(10, 4, 2)) == [
        Charge(0, {"5m": 2000}, 1000),
        Charge(2000, {}, 2000),
    ]


def test_a_breakpoint_at_35_misses_the_writes_at_10_and_15() -> None:
    first, second, third = charges(asked(0, 10, 10), asked(10, 15, 15), asked(20, 35, 35))
    assert first == Charge(0, {"5m": 10_000})
    assert second == Charge(10_000, {"5m": 5000})
    assert third == Charge(0, {"5m": 35_000})


def test_a_breakpoint_at_34_still_finds_the_write_at_15() -> None:
    assert charges(asked(0, 15, 15), asked(10, 34, 34))[1] == Charge(15_000, {"5m": 19_000})


def test_a_second_breakpoint_rescues_what_one_cannot_reach() -> None:
    assert charges(asked(0, 15, 15), asked(10, 35, 15, 35))[1] == Charge(15_000, {"5m": 20_000})


def test_stable_content_that_was_never_written_is_not_found() -> None:
    assert charges(asked(0, 5, 5), asked(10, 6, 4, 6))[1].read == 5000
    assert charges(asked(0, 5, 5), asked(10, 6, 4))[1] == Charge(0, {"5m": 4000}, 2000)


@pytest.mark.parametrize(("kind", "positions"), [("tool_use", 1), ("tool_result", 1), ("text", 24)])
def test_a_run_of_tool_blocks_is_one_position(kind: str, positions: int) -> None:
    made: dict[str, list[JsonObject]] = {
        "tool_use": [
            {"type": "tool_use", "id": f"t{number}", "name": "Read", "input": {}}
            for number in range(24)
        ],
        "tool_result": [
            {"type": "tool_result", "tool_use_id": f"t{number}", "content": "x" * 40}
            for number in range(24)
        ],
        "text": [text(number, 20) for number in range(24)],
    }
    turn = assistant(*made[kind]) if kind == "tool_use" else user(*made[kind])
    start, end = user(text("a", mark="")), user(text("b", mark=""))
    second = charges(sent(0, body([start])), sent(9, body([user(text("a")), turn, end])))[1]
    assert second.read == (1000 if positions == 1 else 0)


def test_a_run_counts_block_by_block_where_it_is_not_known_to_be_one_position() -> None:
    results: list[JsonObject] = [
        {"type": "tool_result", "tool_use_id": f"t{number}", "content": "x"} for number in range(24)
    ]
    calls = (
        sent(0, body([user(text("a", mark=""))])),
        sent(9, body([user(text("a")), user(*results), user(text("b", mark=""))])),
    )
    assert priced(*calls)[1].charge.read == 1000
    assert priced(*calls, provider="claude-on-clouds")[1].charge.read == 0


def test_a_write_inside_of_a_run_is_found() -> None:
    results: list[JsonObject] = [
        {"type": "tool_result", "tool_use_id": f"t{number}", "content": "x" * 4000}
        for number in range(4)
    ]
    third = {**results[2], "cache_control": marked("")}
    calls = (
        sent(0, body([user(*results[:2], third, results[3])])),
        sent(9, body([user(*results), user(text("b", mark=""))])),
    )
    first, second = charges(*calls)
    assert second.read == sum(first.written.values()) > 0


@pytest.mark.parametrize(("model", "minimum"), [("claude-opus-5", 512), ("claude-opus-4-6", 4096)])
def test_a_prefix_below_the_minimum_is_silently_not_cached(model: str, minimum: int) -> None:
    for size, is_cached in ((minimum - 1, False), (minimum, True)):
        call = body([user(text("a", size, mark=""), text("b"))], model=model)
        first, second = charges(sent(0, call), sent(9, call))
        assert first == Charge(0, {"5m": size} if is_cached else {}, 1000 + size * (not is_cached))
        assert second.read == (size if is_cached else 0)


def test_five_breakpoints_are_an_error_and_cost_nothing() -> None:
    [call] = priced(asked(0, 6, 1, 2, 3, 4, 5))
    assert (call.outcome, call.charge, call.cost) == (Outcome.REFUSED, Charge(), 0)
    assert call.note == "5 breakpoints, at most 4 are allowed"
    assert charges(asked(0, 6, 1, 2, 3, 4)) == [Charge(0, {"5m": 4000}, 2000)]


def test_what_a_refused_request_would_have_written_is_not_there() -> None:
    assert priced(asked(0, 5, 1, 2, 3, 4, 5), asked(9, 5, 5))[1].charge.read == 0


def test_an_automatic_breakpoint_stands_on_the_last_block_that_can_carry_one() -> None:
    turn = assistant(text("c"), {"type": "thinking", "thinking": "hm", "signature": "s"})
    first = sent(0, body([user(*blocks(2)), turn], cache_control=marked("1h")))
    again = sent(9, body([user(*blocks(2)), turn, user(text("d"))], cache_control=marked("1h")))
    one, two = charges(first, again)
    assert (list(one.written), one.fresh > 0) == (["1h"], True)
    assert two.read == one.written["1h"]


@pytest.mark.parametrize(
    ("marks", "ttl", "automatic", "is_refused"),
    [
        ((1, 2, 3), "", "", False),
        ((1, 2, 3, 4), "", "", True),
        ((6,), "5m", "5m", False),
        ((6,), "", "5m", False),
        ((6,), "1h", "5m", True),
        ((1,), "5m", "1h", True),
        ((1,), "1h", "5m", False),
    ],
)
def test_an_automatic_breakpoint_takes_a_slot_and_agrees_with_the_others(
    marks: Sequence[int], ttl: str, automatic: str, *, is_refused: bool
) -> None:
    [call] = priced(asked(0, 6, *marks, ttl=ttl, cache_control=marked(automatic)))
    assert (call.outcome is Outcome.REFUSED) == is_refused


def test_a_longer_ttl_must_come_first() -> None:
    shorter_first = [text(1, mark="5m"), text(2, mark="1h")]
    longer_first = [text(1, mark="1h"), text(2, mark="5m")]
    refused, kept = priced(
        sent(0, body([user(*shorter_first)])), sent(1, body([user(*longer_first)]))
    )
    assert (refused.outcome, kept.outcome) == (Outcome.REFUSED, Outcome.PRICED)
    assert "longer ttl" in refused.note


def test_a_ttl_that_is_not_offered_is_an_error() -> None:
    assert priced(asked(0, 2, 1, ttl="2h"))[0].note == "ttl '2h' is not offered; there are 5m, 1h"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "s"},
        {"type": "text", "text": ""},
    ],
)
def test_thinking_and_empty_text_never_carry_a_breakpoint(block: JsonObject) -> None:
    marked_block = {**block, "cache_control": marked("")}
    [call] = priced(sent(0, body([user(text(1)), assistant(marked_block)])))
    assert call.outcome is Outcome.REFUSED
    assert "messages[1].content[0]" in call.note


def test_a_breakpoint_inside_of_a_result_is_one_on_the_result_and_no_part_of_its_content() -> None:
    def result(*, is_marked: bool) -> JsonObject:
        part = text("out", mark="" if is_marked else None)
        return user({"type": "tool_result", "tool_use_id": "t", "content": [part]})

    one, two = charges(
        sent(0, body([result(is_marked=True)])),
        sent(9, body([result(is_marked=False), user(text("b", mark=""))])),
    )
    assert two.read == one.written["5m"] > 1000


@pytest.mark.parametrize(("ttl", "lifetime"), [("", 300), ("5m", 300), ("1h", 3600)])
def test_an_entry_lives_from_the_start_of_the_request_that_wrote_it(
    ttl: str, lifetime: float
) -> None:
    slow = sent(0, body([user(*blocks(2, 2, ttl=ttl))]), takes=200)
    just = asked(lifetime - 1, 2, 2, ttl=ttl)
    late = asked(lifetime, 2, 2, ttl=ttl)
    assert charges(slow, just)[1].read == 2000
    assert charges(slow, late)[1].read == 0


def test_reading_keeps_an_entry_alive_at_no_cost() -> None:
    steps = [asked(at, 2, 2) for at in range(0, 3000, 250)]
    assert [charge.read for charge in charges(*steps)] == [0] + [2000] * (len(steps) - 1)
    assert [charge.read for charge in charges(steps[0], steps[2])] == [0, 0]


def test_an_hour_pays_where_gaps_are_longer_than_five_minutes() -> None:
    def cost(ttl: str, gap: float) -> float:
        calls = [asked(number * gap, 10, 10, ttl=ttl) for number in range(10)]
        return sum(call.cost for call in priced(*calls))

    assert cost("5m", 60) == pytest.approx(12_500 + 9 * 1000)
    assert cost("1h", 60) == pytest.approx(20_000 + 9 * 1000)
    assert cost("5m", 600) == pytest.approx(10 * 12_500)
    assert cost("1h", 600) == cost("1h", 60)


def test_parallel_cold_requests_each_pay_their_write() -> None:
    together = [asked(0.1 * number, 3, 3) for number in range(5)]
    assert charges(*together) == [Charge(0, {"5m": 3000})] * 5


def test_one_warm_request_before_the_fan_out_pays_for_all() -> None:
    fan_out = [asked(2 + 0.1 * number, 3, 3) for number in range(4)]
    assert charges(asked(0, 3, 3), *fan_out)[1:] == [Charge(3000)] * 4


@pytest.mark.parametrize("waits", [(100, 1), (1.5, 100)])
def test_an_entry_can_be_read_once_the_first_of_two_writers_began_to_answer(
    waits: tuple[float, float],
) -> None:
    one, two = (sent(at, body([user(*blocks(2, 2))]), takes=waits[at]) for at in (0, 1))
    assert [charge.read for charge in charges(one, two, asked(3, 2, 2))] == [0, 0, 2000]


def test_an_entry_can_be_read_while_the_first_reply_still_comes() -> None:
    begun = sent(0, body([user(*blocks(2, 2))]), takes=1)
    assert begun.ended == 2
    assert charges(begun, asked(1.5, 2, 2))[1].read == 2000
    ended_only = replace(begun, first=None)
    assert [charges(ended_only, asked(at, 2, 2))[1].read for at in (1.5, 2.5)] == [0, 2000]


def test_of_two_who_write_at_once_the_longer_lifetime_stays() -> None:
    hour, minutes = asked(0, 2, 2, ttl="1h"), asked(0.1, 2, 2)
    assert charges(hour, minutes, asked(2000, 2, 2))[2].read == 2000


def test_an_entry_that_died_is_readable_again_only_when_its_new_writer_answers() -> None:
    again = sent(400, body([user(*blocks(2, 2))]), takes=100)
    reads = [charge.read for charge in charges(asked(0, 2, 2), again, asked(450, 2, 2))]
    assert reads == [0, 0, 0]


def test_a_request_without_a_reply_writes_nothing() -> None:
    cut = sent(0, body([user(*blocks(2, 2))]), takes=None)
    assert charges(cut, asked(5, 2, 2))[1].read == 0


def test_mixed_lifetimes_are_priced_by_the_three_places_of_the_documentation() -> None:
    """A: the highest hit; B: the highest 1h breakpoint behind it; C: the last breakpoint."""
    warm = sent(0, body([user(text(1, mark="1h"))]))
    mixed = body(
        [user(text(1, mark="1h"), text(2), text(3, mark="1h"), text(4, mark="5m"), text(5))]
    )
    call = priced(warm, sent(9, mixed))[1]
    assert call.charge == Charge(1000, {"1h": 2000, "5m": 1000}, 1000)
    assert call.cost == pytest.approx(0.1 * 1000 + 2 * 2000 + 1.25 * 1000 + 1000)


def test_without_an_hour_mark_behind_the_hit_all_is_written_for_five_minutes() -> None:
    warm = sent(0, body([user(text(1, mark="1h"))]))
    mixed = body([user(text(1, mark="1h"), text(2), text(3, mark="5m"))])
    assert charges(warm, sent(9, mixed))[1] == Charge(1000, {"5m": 2000})


@pytest.mark.parametrize(
    ("model", "price"),
    [("claude-opus-5", 0.1), ("claude-opus-5-5", 0.05), ("claude-fable-5-1", 0.025)],
)
def test_reading_costs_what_the_model_s_table_says(model: str, price: float) -> None:
    calls = [asked(at, 2, 2, model=model) for at in (0, 9)]
    assert [call.cost for call in priced(*calls)] == pytest.approx([2500, 2000 * price])


def survives(first: JsonObject, second: JsonObject) -> tuple[bool, bool, bool]:
    """Which levels of a warm prompt are read after a change: tools, system, messages."""
    return (
        _is_read(first, second, "tools"),
        _is_read(first, second, "system"),
        _is_read(first, second, "messages"),
    )


def _marked_until(request: JsonObject, level: str) -> JsonObject:
    """The request with one breakpoint, at the end of a level."""
    plain: JsonObject = {
        **request,
        "tools": [dict(tool) for tool in _objects(request["tools"])],
        "system": [dict(block) for block in _objects(request["system"])],
        "messages": [
            {**message, "content": [dict(block) for block in _objects(message["content"])]}
            for message in _objects(request["messages"])
        ],
    }
    part = _objects(plain[level])[-1]
    last = part if level != "messages" else _objects(part["content"])[-1]
    last["cache_control"] = marked("")
    return plain


def _is_read(first: JsonObject, second: JsonObject, level: str) -> bool:
    calls = sent(0, _marked_until(first, level)), sent(9, _marked_until(second, level))
    return charges(*calls)[1].read > 0


def _objects(value: Json) -> list[JsonObject]:
    assert isinstance(value, list)
    assert all(isinstance(item, dict) for item in value)
    return value  # type: ignore[return-value]  # as just asserted


PNG: JsonObject = {"type": "image", "source": {"type": "base64", "data": "iVBORw0KGgo"}}
PLAIN = body([user(text("q"))], tools=tools("Read", "Grep"), system=[text("rules")])
SEARCH: JsonObject = {"type": "web_search_20260309", "name": "web_search"}
CITED: JsonObject = {
    "type": "document",
    "source": {"type": "text", "data": "d"},
    "citations": {"enabled": True},
}


@pytest.mark.parametrize(
    ("change", "tools_live", "system_lives", "messages_live"),
    [
        ({}, True, True, True),
        ({"max_tokens": 7, "temperature": 0.5}, True, True, True),
        ({"tools": tools("Read", "Edit")}, False, False, False),
        ({"tools": tools("Grep", "Read")}, False, False, False),
        ({"model": "claude-opus-5-5"}, False, False, False),
        ({"tools": [*tools("Read"), SEARCH, *tools("Grep")]}, True, False, False),
        ({"speed": "fast"}, True, False, False),
        ({"system": [text("other rules")]}, True, False, False),
        ({"tool_choice": {"type": "any"}}, True, True, False),
        ({"thinking": {"type": "adaptive"}}, True, True, False),
        ({"messages": [user(text("q")), user(PNG, text("r"))]}, True, True, False),
        ({"messages": [user(text("q")), user(CITED, text("r"))]}, True, False, False),
        ({"messages": [user(text("q")), user(text("r"))]}, True, True, True),
    ],
)
def test_a_change_kills_its_level_and_those_behind_it(
    change: JsonObject, *, tools_live: bool, system_lives: bool, messages_live: bool
) -> None:
    changed: JsonObject = {**PLAIN, **change}
    assert survives(PLAIN, changed) == (tools_live, system_lives, messages_live)


def test_hosts_do_not_share_a_cache() -> None:
    call = body([user(*blocks(2, 2))])
    other = sent(9, call, url="https://bedrock-runtime.eu-west-1.amazonaws.com/v1/messages")
    assert [charge.read for charge in charges(sent(0, call), other)] == [0, 0]


def test_marks_white_space_and_the_form_of_a_text_are_no_part_of_a_prefix() -> None:
    long = "word " * 1000
    listed: JsonObject = {"type": "text", "text": long, "cache_control": marked("1h")}
    one = sent(0, body([user(listed)]))
    two = sent(9, body([{"role": "user", "content": long}, user(text("b", mark=""))]))
    assert charges(one, two)[1].read == charges(one)[0].written["1h"]


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(["", "5m", "1h"]))
def test_a_conversation_that_appends_reads_everything_but_its_newest_blocks(
    turns: int, size: int, ttl: str
) -> None:
    counts = [number * size for number in range(1, turns + 1)]
    calls = [asked(10 * at, count, count, ttl=ttl) for at, count in enumerate(counts)]
    for before, charge in zip([0, *counts], charges(*calls), strict=False):
        assert (charge.read, charge.fresh) == (1000 * before, 0)
        assert sum(charge.written.values()) == 1000 * size
