"""The bound against its definition, and the threshold against an oracle."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.errors import UsageError
from agentcache.match.calibrate import Row, calibrate, needed_near_misses, upper_bound

rows = st.lists(
    st.builds(
        Row,
        score=st.floats(-1, 1),
        agrees=st.booleans(),
        is_right=st.booleans(),
        is_certain=st.booleans(),
    ),
    max_size=60,
)


def chance_of_at_most(wrong: int, of: int, share: float) -> float:
    return sum(math.comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(wrong + 1))


@pytest.mark.parametrize(("wrong", "of"), [(w, n) for w, n in product(range(6), (8, 40, 300))])
def test_the_bound_leaves_five_in_a_hundred(wrong: int, of: int) -> None:
    bound = upper_bound(wrong, of)
    assert wrong / of < bound < 1
    assert chance_of_at_most(wrong, of, bound) == pytest.approx(0.05, abs=1e-6)


def test_with_none_wrong_the_bound_is_about_three_in_n() -> None:
    for of in (100, 600, 10_000):
        assert upper_bound(0, of) == pytest.approx(3 / of, rel=0.02)
    assert upper_bound(5, 5) == upper_bound(0, 0) == 1.0


@pytest.mark.parametrize("share", [0.5, 0.05, 0.01, 0.005, 0.0003])
def test_the_needed_near_misses_are_the_fewest_that_show_it(share: float) -> None:
    needed = needed_near_misses(share)
    assert upper_bound(0, needed) <= share < upper_bound(0, needed - 1)


def near_misses(count: int, *, agreeing: float | None = None) -> list[Row]:
    rows = [Row(0.9, agrees=False, is_right=False) for _ in range(count)]
    if agreeing is not None:
        rows[0] = Row(agreeing, agrees=True, is_right=False)
    return rows


def test_the_threshold_is_the_highest_that_loses_nothing() -> None:
    right = [Row(0.78, agrees=True, is_right=True), Row(0.95, agrees=True, is_right=True)]
    found = calibrate([*near_misses(300), *right], max_wrong=0.01)
    assert found.chosen.threshold == 0.775
    assert (found.chosen.recall, found.chosen.precision, found.chosen.wrong) == (1.0, 1.0, 0)


def test_the_threshold_rises_above_what_is_wrong() -> None:
    right = [Row(0.5, agrees=True, is_right=True), Row(0.9, agrees=True, is_right=True)]
    found = calibrate([*near_misses(300, agreeing=0.7), *right], max_wrong=0.0101)
    assert 0.7 < found.chosen.threshold <= 0.9
    assert (found.chosen.recall, found.chosen.wrong) == (0.5, 0)


def test_peers_look_at_the_cosine_alone() -> None:
    right = [Row(0.9, agrees=True, is_right=True)]
    found = calibrate([*near_misses(300), *right], max_wrong=0.01)
    assert [(peer.threshold, peer.wrong, peer.served) for peer in found.peers] == [
        (0.85, 300, 301),
        (0.95, 0, 0),
    ]


def test_too_few_pairs_are_refused_with_how_many_are_needed() -> None:
    with pytest.raises(UsageError, match="598 near-misses are needed"):
        calibrate([*near_misses(597), Row(0.9, agrees=True, is_right=True)], max_wrong=0.005)
    with pytest.raises(UsageError, match="0 paraphrases are too few"):
        calibrate(near_misses(598), max_wrong=0.005)


def test_no_threshold_helps_where_the_form_itself_is_wrong() -> None:
    wrong = [Row(0.9, agrees=True, is_right=False, is_certain=True)] * 300
    with pytest.raises(UsageError, match="serves 300 of 300"):
        calibrate([*wrong, Row(0.9, agrees=True, is_right=True)], max_wrong=0.01)


@pytest.mark.parametrize("max_wrong", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_is_between_nothing_and_all(max_wrong: float) -> None:
    with pytest.raises(UsageError, match="max-wrong"):
        calibrate([], max_wrong=max_wrong)


@given(rows)
def test_a_chosen_threshold_keeps_its_promise(rows: list[Row]) -> None:
    try:
        found = calibrate(rows, max_wrong=0.4)
    except UsageError:
        return
    served = [r for r in rows if r.is_certain or (r.agrees and r.score >= found.chosen.threshold)]
    wrong = sum(not row.is_right for row in served)
    assert (found.chosen.wrong, found.chosen.served) == (wrong, len(served))
    assert upper_bound(wrong, found.near_misses) <= 0.4
    recalls = [point.recall for point in found.curve]
    assert recalls == sorted(recalls, reverse=True)
    assert found.chosen in found.curve
