import re
import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentcache.core.pattern import Dialect, translate

LINES = ["foo", "foobar", "a+b", "(x)", "a|b", "a.b", "def f(x):", "FOO_1", "x{2}", "xx", "*a", ""]
PIECES = [
    *"abxf.*+?|()[]{}^$\\-_1 ",
    "\\(", "\\)", "\\|", "\\+", "\\b", "\\w", "\\.", "\\{1,2\\}", "{1,2}", "[a-c]", "[^a]", "[]a]",
    "[[:alpha:]]", "\\<", "\\>", "(?:", "foo", "\\s", "\\d",
]  # fmt: skip
PATTERNS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


def lines_of(pattern: str, lines: list[str]) -> list[str]:
    return [line for line in lines if re.search(pattern, line)]


def told(command: list[str], lines: list[str]) -> list[str] | None:
    done = subprocess.run(
        command, input="".join(f"{line}\n" for line in lines), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode > 1 or done.stderr:
        return None
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("dialect", "command"),
    [
        (Dialect.BASIC, ["grep", "-G", "-e"]),
        (Dialect.EXTENDED, ["grep", "-E", "-e"]),
        (Dialect.FIXED, ["grep", "-F", "-e"]),
        (Dialect.RUST, ["rg", "--no-config", "-N", "-e"]),
    ],
)
@settings(max_examples=300, deadline=None)
@example(pattern="a\\|b", lines=[])
@example(pattern="a+b", lines=[])
@example(pattern="(x)", lines=[])
@example(pattern="^\\(a\\|^x\\)", lines=["x"])
@given(pattern=PATTERNS, lines=st.lists(st.text("abxf.*+|(){}[]\\^$ _1-", max_size=6), max_size=8))
def test_a_translated_pattern_finds_the_lines_that_the_real_tool_finds(
    dialect: Dialect, command: list[str], pattern: str, lines: list[str]
) -> None:
    translated = translate(pattern, dialect)
    if translated is None:
        return
    everything = LINES + lines
    real = told([*command, pattern], everything)
    if real is not None:
        assert lines_of(translated, everything) == real


@pytest.mark.parametrize(
    ("pattern", "dialect", "line", "is_found"),
    [
        ("a\\|b", Dialect.BASIC, "b", True),
        ("a|b", Dialect.BASIC, "b", False),
        ("a|b", Dialect.BASIC, "a|b", True),
        ("a|b", Dialect.EXTENDED, "b", True),
        ("f(", Dialect.BASIC, "f(x)", True),
        ("f\\(x\\+\\)", Dialect.BASIC, "fxx", True),
        ("[[:digit:]]+", Dialect.RUST, "a1", True),
        ("class \\w+\\(", Dialect.RUST, "class Foo(Bar):", True),
        ("(?i)foo", Dialect.RUST, "FOO", True),
        ("a.b", Dialect.FIXED, "axb", False),
        ("f.+?o", Dialect.RUST, "fxo", True),
        ("((a+)b)c", Dialect.RUST, "aabc", True),
        ("a\\tb", Dialect.RUST, "a\tb", True),
        ("[\\w\\t\\d\\]]x", Dialect.RUST, "]x", True),
        ("[\\w]x", Dialect.RUST, "ax", True),
        ("[\\t]x", Dialect.RUST, "\tx", True),
        ("[[]x", Dialect.BASIC, "[x", True),
        ("a\\{2\\}", Dialect.BASIC, "aa", True),
    ],
)
def test_operators_and_literals_are_those_of_the_dialect(
    pattern: str, dialect: Dialect, line: str, *, is_found: bool
) -> None:
    translated = translate(pattern, dialect)
    assert translated is not None
    assert (re.search(translated, line) is not None) is is_found


@pytest.mark.parametrize(
    ("pattern", "dialect"),
    [
        ("(a", Dialect.EXTENDED),
        ("a++", Dialect.RUST),
        ("*a", Dialect.BASIC),
        ("(a+)+$", Dialect.RUST),
        ("(a|a)*$", Dialect.RUST),
        ("(?=a)", Dialect.RUST),
        ("\\pL", Dialect.RUST),
        ("[a-\\d]", Dialect.RUST),
        ("[a&&b]", Dialect.RUST),
        ("[[:foo:]]", Dialect.EXTENDED),
        ("[[=a=]]", Dialect.BASIC),
        ("\\(a\\)\\1", Dialect.BASIC),
        ("[!-~]", Dialect.BASIC),
        ("a\nb", Dialect.FIXED),
        ("a\\", Dialect.BASIC),
        ("x{1", Dialect.RUST),
        ("[a", Dialect.EXTENDED),
        (".*" * 9, Dialect.RUST),
        ("a)", Dialect.EXTENDED),
        ("a\\{x\\}", Dialect.BASIC),
        ("a\\{2", Dialect.BASIC),
        ("[&&b]", Dialect.RUST),
        ("a{2,1}", Dialect.EXTENDED),
        ("a{1234}", Dialect.EXTENDED),
        ("[\\w-z]", Dialect.RUST),
        ("[\\pL]", Dialect.RUST),
        ("[[a]]", Dialect.RUST),
        ("a{2}{3}", Dialect.EXTENDED),
        ("\\B", Dialect.BASIC),
        ("a\\B", Dialect.RUST),
        ("[\\w.-]+", Dialect.BASIC),
        ("[a\\d]", Dialect.EXTENDED),
        ("[^\\.]", Dialect.EXTENDED),
        ("a^b", Dialect.EXTENDED),
        ("(a^)", Dialect.EXTENDED),
    ],
)
def test_what_is_not_surely_equal_is_not_translated(pattern: str, dialect: Dialect) -> None:
    assert translate(pattern, dialect) is None


@pytest.mark.parametrize("pattern", ["(^a|^b)c", "^a|^b", "[\\.]", "[\\/]x"])
def test_what_greps_of_all_kinds_read_alike_is_translated(pattern: str) -> None:
    assert translate(pattern, Dialect.EXTENDED) is not None


@given(pattern=st.text(max_size=12), dialect=st.sampled_from(Dialect))
def test_any_text_is_translated_to_a_valid_pattern_or_not_at_all(
    pattern: str, dialect: Dialect
) -> None:
    translated = translate(pattern, dialect)
    if translated is not None:
        re.compile(translated)
