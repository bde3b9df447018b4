"""What is ruled out at once is what a search line by line finds nothing in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.evidence import Search
from agentcache.errors import ObserveError
from agentcache.repo.prefilter import Nature, Prefilter
from agentcache.repo.searching import FileSearch

PIECES = [
    "foo", "f", "o", "\\s", "\\s+", "\\w", "\\w+", "\\b", "\\B", "^", "$", ".", ".*", "(?:a|b)",
    "[ab]", "[^a]", "\\(", "(?<!\\w)", "(?!\\w)", "(?!\\s)", "(?<=\\n)", "\\A", "\\Z", "\\\\", " ",
    "|", "a?", "\\W", "\\\\s", "\\t",
]  # fmt: skip
LINES = ["", "foo", "a foo", "f(o)", "ab", "A", " ", "a\\s", "\tfoo\r", "x" * 30, "b", "caf\xe9"]

patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join)
contents = st.lists(st.sampled_from(LINES), max_size=5).map("\n".join)


@given(patterns, contents, st.booleans(), st.booleans())
def test_nothing_is_ruled_out_that_a_search_would_find(
    pattern: str, content: str, ignore_case: bool, names_only: bool
) -> None:
    try:
        search = FileSearch(Search(".", pattern, ignore_case=ignore_case, names_only=names_only))
    except ObserveError:
        return
    seen = content.encode()
    if Prefilter(search).rules_out(seen, Nature.of(seen)):
        assert search.of_content("a", seen, is_sure=True).digest == ""


@pytest.mark.parametrize(
    "pattern", ["name_1", "def name_1\\b", "class\\s+Name\\(", "(?<!\\w)(?:name)(?!\\w)", "^import"]
)
def test_what_people_search_for_is_ruled_out_where_it_is_not(pattern: str) -> None:
    content = b"nothing of interest\n" * 3
    assert Prefilter(FileSearch(Search(".", pattern))).rules_out(content, Nature.of(content))
