"""Patterns that ignore case: with the quick way for lower ASCII they match just the same."""

import importlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import chatter, deeds, topics
from agentcache.core.query.caseless import Caseless

# The package has a function of this name.
standing = importlib.import_module("agentcache.core.query.standing")

USED = [
    pytest.param(value, id=name)
    for module in (standing, chatter, deeds, topics)
    for name, value in vars(module).items()
    if isinstance(value, Caseless)
]
WORDS = (
    "Where", "is", "THE", "limit", "it", "that", "Now", "head", "HEAD", "PRs", "please", "do so",
    "can you", "fix", "to", "here", "not sure", "don't", "again", "this", ",", "?", "\u0130",
    "\u017f", "\u212a",
)  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=20)


@pytest.mark.parametrize("pattern", USED)
def test_no_pattern_is_written_with_capitals(pattern: Caseless) -> None:
    letters = re.sub(r"\\.", "", pattern.pattern)
    assert letters == letters.lower()


@pytest.mark.parametrize("pattern", USED)
@given(text=texts)
def test_every_text_is_matched_as_by_a_pattern_that_ignores_case(
    pattern: Caseless, text: str
) -> None:
    plain = re.compile(pattern.pattern, re.IGNORECASE)
    for given_text in (text, text.lower()):
        spans = [match.span() for match in pattern.finditer(given_text)]
        assert spans == [match.span() for match in plain.finditer(given_text)]
        first, at_start = plain.search(given_text), plain.match(given_text)
        assert getattr(pattern.search(given_text), "regs", None) == getattr(first, "regs", None)
        assert getattr(pattern.match(given_text), "regs", None) == getattr(at_start, "regs", None)
        assert pattern.sub("-", given_text) == plain.sub("-", given_text)
        assert pattern.split(given_text) == plain.split(given_text)


def test_names_that_say_nothing_begin_with_a_capital() -> None:
    assert all(name[0].isupper() for name in chatter.NAMES)
