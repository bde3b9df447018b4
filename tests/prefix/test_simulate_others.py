"""OpenAI's generations, DeepSeek's units, and engines with block hashes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.core.values import WireName
from agentcache.prefix.cached import Charge
from agentcache.prefix.recording import RecordedCall
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import Outcome, read_policy, simulate
from prefix.sessions import body, recording, sent, text, user

NEW, MIDDLE, OLD = "gpt-6.2-sol", "gpt-5.5", "gpt-5.1"


def charges(*calls: RecordedCall, provider: str | None = None) -> list[Charge]:
    policy = read_policy("as-sent")
    found = simulate(recording(*calls), policy, load_rules(), provider=provider).calls
    assert {call.outcome for call in found} == {Outcome.PRICED}, [call.note for call in found]
    return [call.charge for call in found]


def said(*names: object, tokens: int = 1000, marks: Sequence[object] = ()) -> list[JsonObject]:
    """A message for each name, with explicit breakpoints on some."""
    messages = [user(text(name, tokens)) for name in names]
    for name, message in zip(names, messages, strict=True):
        if name in marks:
            blocks = message["content"]
            assert isinstance(blocks, list)
            assert isinstance(blocks[0], dict)
            blocks[0]["prompt_cache_breakpoint"] = {"mode": "explicit"}
    return messages


def asked(
    at: float, messages: list[JsonObject], model: str = NEW, /, **others: Json
) -> RecordedCall:
    request = body(messages, model=model, **others)
    return sent(at, request, wire=WireName.OPENAI_CHAT)


def test_older_models_read_the_common_prefix_rounded_down_to_128() -> None:
    one = asked(0, said("a", "b", "c"), OLD)
    two = asked(9, said("a", "b", "d"), OLD)
    assert charges(one, two)[1] == Charge(1920, {}, 3000 - 1920)  # 2,000 and a few bytes in common


@pytest.mark.parametrize(("tokens", "read"), [(1023, 0), (1024, 1024), (1151, 1024), (1152, 1152)])
def test_older_models_read_nothing_below_1024_tokens(tokens: int, read: int) -> None:
    calls = [asked(at, said("a", tokens=tokens), OLD) for at in (0, 9)]
    assert charges(*calls)[1] == Charge(read, {}, tokens - read)


def test_older_models_share_the_beginning_of_a_block_too() -> None:
    one = [user({"type": "text", "text": "x" * 8000 + "1" * 8000})]
    two = [user({"type": "text", "text": "x" * 8000 + "2" * 8000})]
    assert charges(asked(0, one, OLD), asked(9, two, OLD))[1].read == 1920


def test_gpt_5_5_reads_whole_steps_of_2048_tokens() -> None:
    calls = [asked(at, said("a", tokens=5000), MIDDLE) for at in (0, 9)]
    assert charges(*calls)[1].read == 4096


@pytest.mark.parametrize(
    ("model", "retention", "lifetime"),
    [
        (OLD, None, 300),
        (OLD, "in_memory", 300),
        (OLD, "24h", 86_400),
        (MIDDLE, None, 86_400),
        (MIDDLE, "in_memory", 86_400),
    ],
)
def test_implicit_entries_live_as_long_as_was_asked_for(
    model: str, retention: str | None, lifetime: int
) -> None:
    others: JsonObject = {} if retention is None else {"prompt_cache_retention": retention}
    long = said("a", tokens=4096)
    first, late = asked(0, long, model, **others), asked(lifetime, long, model, **others)
    just = asked(lifetime - 1, long, model, **others)
    assert charges(first, just)[1].read == 4096
    assert charges(first, late)[1].read == 0
    again = asked(2 * lifetime - 2, long, model, **others)
    assert charges(first, just, again)[2].read == 4096


def test_newer_models_write_and_read_at_exact_boundaries() -> None:
    one, two, three = charges(
        asked(0, said("a", "b")), asked(9, said("a", "b", "c")), asked(18, said("a", "b", "d"))
    )
    assert one == Charge(0, {"30m": 2000})
    assert two == Charge(2000, {"30m": 1000})
    assert three == Charge(2000, {"30m": 1000})


def test_newer_models_read_no_prefix_that_was_no_boundary() -> None:
    one, two = charges(asked(0, said("a", "b", "c")), asked(9, said("a", "b", "d")))
    assert two == Charge(0, {"30m": 3000})
    one, two = charges(asked(0, said("a", "b", "c", marks="b")), asked(9, said("a", "b", "d")))
    assert two == Charge(2000, {"30m": 1000})
    assert one == Charge(0, {"30m": 3000})


@pytest.mark.parametrize(("mode", "kept"), [("implicit", "defg"), ("explicit", "cdef")])
def test_newer_models_write_the_latest_four_boundaries(mode: str, kept: str) -> None:
    options: JsonObject = {"mode": mode}
    names = "abcdefg"
    wide = asked(0, said(*names, tokens=2000, marks="abcdef"), prompt_cache_options=options)
    for end in range(1, len(names) + 1):
        shorter = said(*names[:end], tokens=2000, marks=names[end - 1])
        again = asked(9, shorter, prompt_cache_options=options)
        is_read = charges(wide, again)[1].read == 2000 * end
        assert is_read == (names[end - 1] in kept), names[:end]


def test_explicit_mode_without_a_breakpoint_caches_nothing() -> None:
    calls = [asked(at, said("a", "b"), prompt_cache_options={"mode": "explicit"}) for at in (0, 9)]
    assert charges(*calls) == [Charge(fresh=2000)] * 2


@pytest.mark.parametrize(("later_marks", "is_found"), [(4, True), (79, True), (80, False)])
def test_newer_models_look_at_the_latest_80_explicit_breakpoints(
    later_marks: int, *, is_found: bool
) -> None:
    options: JsonObject = {"mode": "explicit"}
    names = list(range(later_marks + 1))
    one = asked(0, said(0, tokens=2000, marks=[0]), prompt_cache_options=options)
    two = asked(9, said(*names, tokens=2000, marks=names), prompt_cache_options=options)
    assert (charges(one, two)[1].read == 2000) == is_found


def test_explicit_mode_reads_at_explicit_breakpoints_only() -> None:
    options: JsonObject = {"mode": "explicit"}
    later = said("a", "b", "c", marks="c")
    one, two = asked(0, said("a", "b")), asked(9, later, prompt_cache_options=options)
    assert charges(one, two)[1] == Charge(0, {"30m": 3000})


def test_newer_models_cache_nothing_below_1024_tokens() -> None:
    for tokens, is_read in ((1023, False), (1024, True)):
        calls = [asked(at, said("a", tokens=tokens)) for at in (0, 9)]
        assert (charges(*calls)[1].read > 0) == is_read


@pytest.mark.parametrize(("asked_for", "lifetime"), [(None, 1800), ("30m", 1800), ("12h", 43_200)])
def test_the_lifetime_of_a_boundary_is_the_one_asked_for(
    asked_for: str | None, lifetime: int
) -> None:
    options: JsonObject = {"ttl": asked_for} if asked_for else {}
    calls = [
        asked(at, said("a", "b"), prompt_cache_options=options)
        for at in (0, lifetime - 1, lifetime)
    ]
    assert charges(*calls)[0].written == {asked_for or "30m": 2000}
    assert charges(calls[0], calls[1])[1].read == 2000
    assert charges(calls[0], calls[2])[1].read == 0


def test_far_more_boundaries_than_twenty_back_are_found_by_newer_models() -> None:
    names = list(range(60))
    found = charges(asked(0, said(*names[:3])), asked(9, said(*names)))
    assert found[1].read == 3000


@pytest.mark.parametrize(("model", "is_isolated"), [(NEW, True), (OLD, False)])
def test_a_cache_key_isolates_where_the_table_says_so(model: str, *, is_isolated: bool) -> None:
    long = said("a", tokens=2048)
    one = asked(0, long, model, prompt_cache_key="one")
    other = asked(9, long, model, prompt_cache_key="other")
    same = asked(18, long, model, prompt_cache_key="one")
    found = charges(one, other, same)
    assert (found[1].read == 0) == is_isolated
    assert found[2].read == 2048


@pytest.mark.parametrize(
    ("change", "is_killed"),
    [
        ({"tool_choice": "none"}, False),
        ({"temperature": 0}, False),
        ({"parallel_tool_calls": False}, True),
        ({"reasoning_effort": "high"}, True),
        ({"verbosity": "low"}, True),
        ({"service_tier": "flex"}, True),
        ({"response_format": {"type": "json_object"}}, True),
        ({"model": "gpt-6-astra"}, True),
    ],
)
def test_settings_of_the_prefix_kill_it_all_when_they_change(
    change: JsonObject, *, is_killed: bool
) -> None:
    request = body(said("a", "b"), model=NEW)
    calls = [
        sent(at, request | more, wire=WireName.OPENAI_CHAT) for at, more in ((0, {}), (9, change))
    ]
    assert (charges(*calls)[1].read == 0) == is_killed


def test_only_the_effort_of_reasoning_is_part_of_a_prefix() -> None:
    def call(at: float, effort: str, summary: str) -> RecordedCall:
        request: JsonObject = {
            "model": NEW,
            "input": "x" * 8000,
            "reasoning": {"effort": effort, "summary": summary},
        }
        return sent(at, request, wire=WireName.OPENAI_RESPONSES)

    assert charges(call(0, "low", "auto"), call(9, "low", "detailed"))[1].read > 0
    assert charges(call(0, "low", "auto"), call(9, "high", "auto"))[1].read == 0


def test_parallel_cold_requests_are_not_read_by_one_another() -> None:
    for model in (NEW, OLD):
        together = [asked(0.1 * at, said("a", "b"), model) for at in range(3)]
        assert [charge.read for charge in charges(*together)] == [0, 0, 0]


def test_deepseek_reads_whole_units_and_learns_common_prefixes() -> None:
    """A+B, then A+C both miss; A is then a unit, and A+D hits."""
    url = "https://api.deepseek.com/chat/completions"
    calls = [
        sent(at, body(said("A", name), model="deepseek-chat"), wire=WireName.OPENAI_CHAT, url=url)
        for at, name in ((0, "B"), (9, "C"), (18, "D"), (27, "D"))
    ]
    assert [charge.read for charge in charges(*calls)] == [0, 0, 1000, 2000]


@pytest.mark.parametrize("engine", ["vllm", "sglang", "llamacpp", "self-hosted"])
def test_engines_read_whole_blocks_of_16_tokens_and_have_no_prices(engine: str) -> None:
    one, two = asked(0, said("a", "b1", tokens=105)), asked(10**9, said("a", "b2", tokens=105))
    found = charges(one, two, provider=engine)
    assert found[0] == Charge(fresh=210)
    assert found[1] == Charge(112, {}, 98)  # 105 tokens and 27 bytes in common


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "ab" * 40, "c" * 200]), min_size=1, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_an_engine_reads_what_chained_hashes_of_its_blocks_find(prompts: list[list[str]]) -> None:
    """Against the definition: blocks of 64 bytes, each known by all that stands before it."""
    seen: set[bytes] = set()
    calls, expected = [], []
    for at, words in enumerate(prompts):
        calls.append(asked(10.0 * at, [user({"type": "text", "text": word}) for word in words]))
        stream = b"".join(b'["user",{"type":"text","text":"%s"}]' % word.encode() for word in words)
        prefixes = [stream[: 64 * count] for count in range(1, len(stream) // 64 + 1)]
        hits = 0
        while hits < len(prefixes) and prefixes[hits] in seen:
            hits += 1
        expected.append(16 * hits)
        seen.update(prefixes)
    assert [charge.read for charge in charges(*calls, provider="vllm")] == expected
