"""Policies, totals, what is passed over, and what holds for every session."""

from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.core.values import Usage, WireName
from agentcache.errors import UsageError, WireError
from agentcache.prefix.moves import ALL_MOVES, Move
from agentcache.prefix.prompt import read_prompt
from agentcache.prefix.recording import RecordedCall, Recording
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import POLICIES, Outcome, Simulation, read_policy, simulate
from agentcache.prefix.tokens import estimate_tokens, tokens_a_byte
from prefix.sessions import assistant, body, marked, recording, sent, text, user


def played(session: Recording, policy: str = "as-sent", provider: str | None = None) -> Simulation:
    return simulate(session, read_policy(policy), load_rules(), provider=provider)


def turns(count: int, **others: Json) -> Recording:
    """A session of so many turns that marks its newest message."""
    history: list[JsonObject] = []
    calls = []
    for at in range(count):
        newest = user(text(f"turn {at}", 800))
        last = user(text(f"turn {at}", 800, mark=""))
        calls.append(sent(30.0 * at, body([*history, last], **others)))
        history += [newest, assistant(text(f"answer {at}", 200))]
    return recording(*calls)


def tool(name: str) -> JsonObject:
    schema: JsonObject = {"type": "object", "properties": {"path": {"type": "string"}}}
    return {"name": name, "description": name.ljust(4000, "d"), "input_schema": schema}


def test_each_move_alone_all_and_the_oracle_are_simulated_by_default() -> None:
    assert POLICIES[0] == "as-sent"
    assert POLICIES[-2:] == ("all", "oracle")
    assert set(POLICIES[1:-2]) == {move.value for move in ALL_MOVES}
    for name in POLICIES[1:-2]:
        assert read_policy(name).moves == {Move(name)}
    assert read_policy("all").moves == ALL_MOVES
    assert read_policy("tools+freeze").moves == {Move.TOOLS, Move.FREEZE}


@pytest.mark.parametrize("name", ["", "everything", "tools+", "tools,freeze", "all+tools"])
def test_an_unknown_policy_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError, match="is unknown; there are as-sent, all, oracle, tools"):
        read_policy(name)


def test_an_unknown_provider_is_an_error() -> None:
    with pytest.raises(UsageError, match="provider 'gogle' is unknown"):
        played(turns(2), provider="gogle")


def test_the_totals_are_the_sums_of_the_calls() -> None:
    found = played(turns(5))
    assert found.calls[0].charge.read == 0
    assert found.charge.read == sum(call.charge.read for call in found.calls) > 0
    assert found.charge.written == {"5m": sum(call.charge.written["5m"] for call in found.calls)}
    assert found.charge.fresh == sum(call.charge.fresh for call in found.calls)
    assert found.cost == sum(call.cost for call in found.calls)
    assert found.read_share == found.charge.read / found.charge.total
    assert found.relative_cost == found.cost / found.charge.total < 1
    assert found.outcomes == {Outcome.PRICED: 5}


def test_a_session_of_nothing_costs_nothing() -> None:
    found = played(recording())
    assert (found.cost, found.read_share, found.relative_cost, found.reachable) == (0, 0, 0, 0)


def test_tokens_are_the_provider_s_own_where_it_counted_them() -> None:
    estimated, counted = (
        sent(0, body([user(text(1, mark=""), text(2))]), tokens=tokens) for tokens in (0, 3000)
    )
    assert played(recording(estimated)).calls[0].charge.total == 2000
    [call] = played(recording(counted)).calls
    assert (call.charge.written, call.charge.fresh) == ({"5m": 1500}, 1500)


@given(st.integers(10, 3000), st.integers(1, 10**7))
def test_a_prompt_that_was_counted_has_exactly_that_many_tokens(size: int, tokens: int) -> None:
    [call] = played(recording(sent(0, body([user(text("a", size))]), tokens=tokens))).calls
    assert call.charge.total == tokens


def test_four_bytes_are_estimated_to_be_a_token() -> None:
    assert estimate_tokens(b"x" * 11) == 2
    assert (
        tokens_a_byte(11, None) == tokens_a_byte(11, Usage()) == tokens_a_byte(0, Usage(9)) == 1 / 4
    )


def test_the_oracle_reads_the_longest_prefix_that_was_ever_sent() -> None:
    long = body([user(text("a"), text("b", 10), text("c"))])
    other = body([user(text("z"))])
    again = body([user(text("a"), text("b", 10), text("d"))])
    session = recording(*(sent(at * 1e9, one) for at, one in enumerate((long, other, again))))
    call = played(session, "oracle").calls[2]
    assert call.charge.read == 1010 + 31 // 4  # and the 31 bytes before a text, which are the same
    assert played(session).calls[2].charge.read == 0
    assert played(session).calls[2].reachable == call.charge.read


def test_calls_that_cannot_be_priced_are_counted_and_change_nothing() -> None:
    good = list(turns(3).calls)
    hidden = sent(
        31,
        {"model": "gpt-6.2-sol", "input": "x", "previous_response_id": "resp_1"},
        wire=WireName.OPENAI_RESPONSES,
    )
    bad = [
        replace(good[0], at=1, body="{"),
        replace(good[0], at=2, body="[]"),
        replace(good[0], at=3, body='{"model": 3, "messages": []}'),
        replace(good[0], at=4, body='{"model": "m", "messages": 7}'),
        replace(good[0], at=5, status=529),
        hidden,
    ]
    session = recording(*sorted([*good, *bad], key=lambda call: call.at))
    for policy in ("as-sent", "oracle"):
        found = played(session, policy)
        assert found.outcomes == {Outcome.PRICED: 3, Outcome.UNREAD: 5, Outcome.FAILED: 1}
        assert all(call.note for call in found.calls if call.outcome is not Outcome.PRICED)
        alone = played(recording(*good), policy)
        assert (found.charge, found.cost) == (alone.charge, alone.cost)
        assert [call for call in found.calls if call.outcome is Outcome.PRICED] == list(alone.calls)


def test_a_move_is_priced_by_what_it_sends() -> None:
    tools = [tool("Read"), tool("Grep"), tool("Edit")]
    calls = []
    for at in range(3):
        order: list[Json] = [*tools[at:], *tools[:at]]
        messages = turns(at + 1, tools=order).calls[at]
        calls.append(messages)
    session = recording(*calls)
    as_sent, repaired, others = (
        played(session, policy) for policy in ("as-sent", "tools", "freeze")
    )
    assert (as_sent.charge.read, others.charge.read) == (0, 0)
    assert [call.charge.read > 3000 for call in repaired.calls] == [False, True, True]
    assert [call.moves for call in repaired.calls[1:3]] == [{Move.TOOLS}] * 2
    assert repaired.cost < as_sent.cost
    assert repaired.charge.read == repaired.reachable > as_sent.reachable


def test_a_call_that_the_moves_do_not_understand_is_priced_as_it_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise WireError("not understood")

    monkeypatch.setattr("agentcache.prefix.simulate.stabilise", refuse)
    assert played(turns(3), "all").calls == played(turns(3)).calls


def test_what_a_move_adds_counts_against_it() -> None:
    session = recording(
        *(
            sent(
                at * 30.0, body([user(text("q"))], system=f"Today's date: 2026-11-{10 + at}\n" * 99)
            )
            for at in range(3)
        )
    )
    found = played(session, "freeze")
    assert found.relative_cost == found.cost / played(session).charge.total


def test_a_policy_starts_with_an_empty_memory_each_time() -> None:
    session = turns(4)
    assert played(session, "all") == played(session, "all")


def test_every_step_is_told() -> None:
    steps: list[int] = []
    simulate(turns(4), read_policy("as-sent"), load_rules(), step=lambda: steps.append(1))
    assert len(steps) == 4


MARKS = st.sampled_from([None, None, None, "", "5m", "1h"])
BLOCKS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([3, 700]), MARKS), min_size=1, max_size=6
)
GAPS = st.sampled_from([0.0, 0.5, 3, 200, 400, 4000])
TARGETS = st.sampled_from(
    [
        (WireName.ANTHROPIC, "claude-opus-5", None),
        (WireName.OPENAI_CHAT, "gpt-5.1", None),
        (WireName.OPENAI_CHAT, "gpt-6.2-sol", None),
        (WireName.OPENAI_CHAT, "deepseek-chat", "deepseek"),
        (WireName.OPENAI_CHAT, "qwen3", "vllm"),
        (WireName.OPENAI_CHAT, "gemini-3", "gemini"),
    ]
)


@st.composite
def sessions(draw: st.DrawFn) -> tuple[Recording, str | None]:
    wire, model, provider = draw(TARGETS)
    requests = draw(st.lists(st.tuples(BLOCKS, st.booleans()), min_size=1, max_size=8))
    gaps = draw(st.lists(GAPS, min_size=len(requests), max_size=len(requests)))
    calls: list[RecordedCall] = []
    held: list[JsonObject] = []
    for (blocks, is_anew), at in zip(requests, accumulate(gaps), strict=True):
        marks = [text(name, tokens, mark) for name, tokens, mark in blocks]
        held = [user(*marks)] if is_anew else [*held, user(*marks)]
        tokens = draw(st.sampled_from([0, 5_000, 12_345]))
        takes = draw(st.sampled_from([1, 50, None]))
        calls.append(sent(at, body(held, model=model), wire=wire, tokens=tokens, takes=takes))
    return recording(*calls), provider


@given(sessions())
def test_whatever_is_sent_nothing_reads_more_than_the_cache_that_never_forgets(
    given_session: tuple[Recording, str | None],
) -> None:
    session, provider = given_session
    for policy in ("as-sent", "breakpoints", "all"):
        for call in played(session, policy, provider).calls:
            assert call.charge.read <= call.reachable <= call.charge.total


@given(sessions())
def test_every_token_is_read_written_or_fresh(
    given_session: tuple[Recording, str | None],
) -> None:
    session, provider = given_session
    for recorded, call in zip(
        session.calls, played(session, "as-sent", provider).calls, strict=True
    ):
        if call.outcome is not Outcome.PRICED:
            assert call.charge.total == call.cost == 0
            continue
        charge = call.charge
        assert charge.total == charge.read + sum(charge.written.values()) + charge.fresh
        assert min(charge.read, charge.fresh, *charge.written.values(), 0) == 0
        assert call.plain == charge.total
        if recorded.usage is not None:
            assert charge.total == recorded.usage.input_tokens


@given(sessions())
def test_the_oracle_is_the_longest_common_beginning_with_any_earlier_prompt(
    given_session: tuple[Recording, str | None],
) -> None:
    session, provider = given_session
    plain = recording(*(replace(call, usage=None, status=None) for call in session.calls))
    earlier: list[bytes] = []
    for recorded, call in zip(plain.calls, played(plain, "oracle", provider).calls, strict=True):
        if call.outcome is not Outcome.PRICED:
            continue
        stream = b"".join(
            block.content for block in read_prompt(recorded.wire, recorded.body.encode()).blocks
        )
        longest = max((_common(stream, other) for other in earlier), default=0)
        assert call.charge.read == longest // 4
        earlier.append(stream)


def _common(one: bytes, other: bytes) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def test_automatic_marks_are_moved_on_by_the_provider() -> None:
    found = played(
        recording(
            *(
                sent(
                    30.0 * at,
                    body(
                        [user(text(number, 800)) for number in range(at + 1)],
                        cache_control=marked(""),
                    ),
                )
                for at in range(4)
            )
        )
    )
    assert [call.charge.read for call in found.calls] == [0, 800, 1600, 2400]
