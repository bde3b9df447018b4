"""The ttl of our own breakpoints, by the gaps that were seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import encode_json
from agentcache.core.values import WireName
from agentcache.prefix.lifetime import Gaps, choose_ttl, decode_gaps, note_gap
from agentcache.prefix.rules import ModelRules, load_rules

ANTHROPIC = load_rules().for_call(
    WireName.ANTHROPIC, "https://api.anthropic.com", "claude-sonnet-4-5"
)


def noted(*seconds: float) -> Gaps:
    gaps = Gaps()
    for one in seconds:
        gaps = note_gap(gaps, one)
    return gaps


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [(0, "5m"), (8, "5m"), (10, "1h"), (100, "1h")],
)
def test_an_hour_pays_from_nine_gaps_of_some_minutes_in_a_thousand(
    pauses: int, expected: str
) -> None:
    assert choose_ttl(noted(*[20.0] * (1000 - pauses), *[600.0] * pauses), ANTHROPIC) == expected


def test_gaps_that_outlast_every_lifetime_speak_for_the_cheaper_write() -> None:
    assert choose_ttl(noted(*[20.0] * 50, *[7200.0] * 50, 600.0), ANTHROPIC) == "5m"


def test_a_few_gaps_say_nothing() -> None:
    assert choose_ttl(noted(*[600.0] * 19), ANTHROPIC) == ANTHROPIC.default_ttl
    assert choose_ttl(noted(*[600.0] * 20), ANTHROPIC) == "1h"


def test_a_gap_of_exactly_a_lifetime_is_within_it() -> None:
    assert noted(300.0).counts[0] == 1
    assert noted(300.1).counts[0] == 0


@given(st.lists(st.floats(0, 1e6), min_size=20, max_size=60))
def test_the_choice_is_the_lifetime_that_costs_least_step_by_step(gaps: list[float]) -> None:
    def cost(rules: ModelRules, ttl: str) -> float:
        lives = [gap <= rules.lifetimes[ttl] for gap in gaps]
        write, read = rules.write_price[ttl], rules.read_price
        return sum(0.0138 * write + (read if alive else write) for alive in lives)

    chosen = choose_ttl(noted(*gaps), ANTHROPIC)
    assert cost(ANTHROPIC, chosen) <= min(cost(ANTHROPIC, t) for t in ANTHROPIC.ttls) + 1e-9


def test_old_habits_are_forgotten() -> None:
    gaps = noted(*[600.0] * 1900, *[20.0] * 30_000)
    assert sum(gaps.counts) <= 2001
    assert choose_ttl(gaps, ANTHROPIC) == "5m"


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_gaps_are_kept_as_json(seconds: list[float]) -> None:
    assert decode_gaps(encode_json(noted(*seconds))) == noted(*seconds)


@pytest.mark.parametrize(
    "data", [None, b"", b"[]", b'{"counts":[1]}', b'{"counts":[-1,0,0,0,0,0]}']
)
def test_gaps_that_cannot_be_read_are_none(data: bytes | None) -> None:
    assert decode_gaps(data) == Gaps()
