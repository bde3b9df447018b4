"""Groups of rewordings and look-alikes by nine writers: structure serves no look-alike.

Files with `apart` in their names are never to be tuned on; of `likely` questions every rewording
is light.
"""

from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import pytest

from agentcache.core.codec import decode_json_as
from agentcache.core.query import Query, agree, read_query

FIXTURES = Path(__file__).parents[2] / "fixtures"
TUNED, APART = "groups.jsonl", "groups-apart.jsonl"
LIKELY, LIKELY_APART = "groups-likely.jsonl", "groups-likely-apart.jsonl"


@dataclass(frozen=True, slots=True)
class Group:
    """A question, what asks the same (light, synonyms, wordy, strong) and what does not."""

    id: str
    q: str
    same: list[str]
    look_alikes: list[str]


def read_groups(name: str) -> list[Group]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [decode_json_as(line, Group) for line in lines]


def agreed(pairs: list[tuple[Query, Query]]) -> list[tuple[str, str]]:
    return [(one.text, other.text) for one, other in pairs if agree(one, other).is_agreed]


@pytest.mark.parametrize("name", [TUNED, APART, LIKELY, LIKELY_APART])
def test_no_look_alike_of_a_group_is_the_same_question(name: str) -> None:
    wrong = []
    for group in read_groups(name):
        same = [read_query(text) for text in (group.q, *group.same)]
        look_alikes = [read_query(text) for text in group.look_alikes]
        wrong += agreed([*product(same, look_alikes), *combinations(look_alikes, 2)])
    assert wrong == []


@pytest.mark.parametrize(("name", "share"), [(TUNED, 0.33), (APART, 0.24)])
def test_of_light_rewordings_of_a_group_at_least_as_many_are_the_same(
    name: str, share: float
) -> None:
    pairs = [(read_query(group.q), read_query(group.same[0])) for group in read_groups(name)]
    assert len(agreed(pairs)) >= share * len(pairs)


@pytest.mark.parametrize(("name", "share"), [(LIKELY, 0.82), (LIKELY_APART, 0.70)])
def test_of_likely_rewordings_of_a_group_at_least_as_many_are_the_same(
    name: str, share: float
) -> None:
    groups = [(read_query(group.q), group.same) for group in read_groups(name)]
    pairs = [(q, read_query(text)) for q, same in groups for text in same]
    assert len(agreed(pairs)) >= share * len(pairs)


def test_the_groups_are_many_and_each_has_its_own_id() -> None:
    groups = [group for name in (TUNED, APART, LIKELY, LIKELY_APART) for group in read_groups(name)]
    assert len({group.id for group in groups}) == len(groups) >= 1500
