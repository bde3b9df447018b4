"""What a note says of lines that moved: that they hold, and never that they are gone."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.prefix.changes import GONE, describe_changes

STILL = "(no longer here, but still at another place:)"
NOW = "(now:)"

CASES = {
    "another order": ("# Memory\n- a\n- b\n- c", "# Memory\n- b\n- c\n- a"),
    "stood twice": ("# Memory\n- a\n- b\n- a", "# Memory\n- a\n- b"),
    "another part": ("# Memory\n- a\n\n# Files\n- b", "# Memory\n- c\n\n# Files\n- b\n- a"),
    "indented": ("# Memory\n- a\n- b", "# Memory\n- b\n  - a"),
    "a date below": ("# Memory\n- a\n\nToday: 2026-11-20", "# Memory\n- b\n\nToday: 2026-11-21"),
    "a blank line": ("# Memory\n- a\n- b", "# Memory\n\n- a\n- b"),
    "a part below": ("# Memory\n## A\n- a\n# Files\n- b", "# Memory\n# Files\n- c"),
}


def lines_of(texts: Iterable[str]) -> Counter[str]:
    return Counter(line.strip() for text in texts for line in text.split("\n") if line.strip())


def read(said: Sequence[str]) -> dict[str, Counter[str]]:
    """The lines told, by the words that they stand under."""
    heard = {NOW: Counter[str](), GONE: Counter[str](), STILL: Counter[str]()}
    under = NOW
    for line in said:
        if line in heard:
            under = line
        else:
            heard[under][line.strip()] += 1
    return heard


def check(old: Sequence[str], new: Sequence[str]) -> None:
    heard = read(describe_changes(old, new))
    known, wanted = lines_of(old), lines_of(new)
    assert not heard[GONE].keys() & wanted.keys()
    assert heard[STILL].keys() <= wanted.keys()
    assert wanted.keys() <= (known.keys() - heard[GONE].keys()) | heard[NOW].keys()
    for line in known | wanted:
        if line.startswith("-"):  # not a heading, which may be repeated, nor a fact
            left = known[line] + heard[NOW][line] - heard[GONE][line] - heard[STILL][line]
            assert left == wanted[line]


@pytest.mark.parametrize("name", CASES)
def test_a_line_is_told_as_gone_only_if_it_stands_nowhere(name: str) -> None:
    old, new = CASES[name]
    check([old], [new])


def test_a_line_that_stands_in_another_text_is_not_gone() -> None:
    check(["# Memory\n- a\n- b", "# Files\n- c"], ["# Memory\n- b", "# Files\n- c\n- a"])


_PROMPT = st.lists(
    st.sampled_from(
        ["# Memory", "# Files", "## Part", "Status:", "<env>", "</env>", "", "- a", "- b", "  - a",
         "- c", "Branch: one", "Branch: two", "Today: 2026-11-20", "Today: 2026-11-21"]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@given(st.lists(st.tuples(_PROMPT, _PROMPT), min_size=1, max_size=2))
def test_the_old_prompt_and_what_is_told_make_the_new_one(texts: list[tuple[str, str]]) -> None:
    check([old for old, _ in texts], [new for _, new in texts])


_PARTS = ("# Memory", "Files:", "<env>")
_RULES = st.lists(st.sampled_from(["- a", "- b", "- c", "- d"]), max_size=5)
_LISTS = st.tuples(_RULES, _RULES, _RULES)


def placed(lines: Iterable[str], part: str = "") -> set[tuple[str, str]]:
    """Each line with the heading that it stands below."""
    found = set()
    for line in lines:
        part = line if line in _PARTS else part
        found.add((part, line))
    return found


@given(_LISTS, _LISTS)
def test_what_came_into_a_part_is_told_below_its_heading(
    first: Sequence[list[str]], second: Sequence[list[str]]
) -> None:
    old, new = (
        [line for part, rules in zip(_PARTS, each, strict=True) for line in (part, *rules)]
        for each in (first, second)
    )
    told: list[str] = []
    under = NOW
    for line in describe_changes(["\n".join(old)], ["\n".join(new)]):
        under = line if line in (NOW, GONE, STILL) else under
        told += [line] if under == NOW else []
    assert placed(new) <= placed(old) | placed(told)
