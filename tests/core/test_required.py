"""The text that a match must hold is in every line that matches."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.required import required_text

PIECES = [
    "foo", "def ", "ab", "\\(", "\\.", "x?", "y*", "z+", "b{2}", "b{0,1}", "{", "a{", "[ab]",
    "[^]x]", "[\\]a]", "(?:foo|bar)", "(?:ab)?", "(a(b)c)", "(?i:Foo)", "(?!no)", "\\b", "\\s+",
    ".", "^", "$", "+?", "??", "|", "\\x41b", "é", "\\\\", "ss", "K", "\\d1", "(?P<n>ab)",
    "(?#ab)", "\\tab",
]  # fmt: skip
LINES = [
    "foo",
    "def foo(ab)",
    "",
    "FOO",
    "abbb{",
    "x.y",
    "Ab\\",
    "k",
    "ss",
    "S\u017f",
    "\tab",
    "a{foo",
]

patterns = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
lines = st.lists(st.sampled_from(LINES), max_size=3).map("".join) | st.text(
    "abfo(){.é x\u212a", max_size=9
)


@given(patterns, lines, st.booleans())
def test_a_line_that_matches_holds_what_is_required(
    pattern: str, line: str, ignore_case: bool
) -> None:
    try:
        regex = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    except re.error:
        return
    text = required_text(pattern, ignore_case=ignore_case)
    if regex.search(line):
        assert text in (line.lower() if ignore_case else line)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^\s*(?:def|class) parse_config\b", " parse_config"),
        (r"retries ?= ?", "retries"),
        (r"(?<!\w)(?:TODO)(?!\w)", ""),
        (r"foo|bar", ""),
        (r"a.b", ""),
        (r"import\s+os\.path", "os.path"),
        (r"colou?r\(", "colo"),
        (r"ab{2,3}cde", "cde"),
        ("caf\xe9 noir", " noir"),
    ],
)
def test_the_longest_sure_text_is_found(pattern: str, text: str) -> None:
    assert required_text(pattern) == text


def test_letters_that_fold_beyond_ascii_are_not_relied_on() -> None:
    assert required_text("retry_limit", ignore_case=True) == "retry_l"
    assert required_text("kiss", ignore_case=True) == ""
