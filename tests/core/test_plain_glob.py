import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.plain_glob import covering, may_lead_out, may_name_git


@pytest.mark.parametrize(
    "glob",
    [
        "*.py", "**/*.py", "**/*.{ts,tsx}", "src/**", "src/*/b.py", "a", "[a-z0-9_]x", ".env*",
        "{a,b}*", "**", "*.d.ts", "@types/*", "{.a,b.c}",
    ],
)  # fmt: skip
def test_an_ordinary_glob_is_read_alike_by_every_tool(glob: str) -> None:
    assert covering(glob) == glob


@pytest.mark.parametrize(
    "glob",
    [
        "", "*.{py}", "{a,}b", "{,a}", "{a,b", "a}", "*.py ", "a b", "#*", "!a", "[!x]", "[^x]",
        "[[:alpha:]]", "[]a]", "[a", "a//b", "./a", "a/./b", "a/../b", "{1..3}", "{a,..}", "a/",
        "a**", "***", "**.py", "@(a|b)", "a,b", "{a,{b,c}}", "{a/b,c}", "caf\xe9", "a\\*", "~",
        "{.,a}.",
    ],
)  # fmt: skip
def test_in_place_of_a_glob_that_some_tool_reads_otherwise_all_names_count(glob: str) -> None:
    assert covering(glob) == ""


@pytest.mark.parametrize(
    ("glob", "wider"), [("?.py", "*.py"), ("??", "*"), ("a*?b", "a*b"), ("**/?x", "**/*x")]
)
def test_what_may_be_a_character_or_a_byte_is_any_text(glob: str, wider: str) -> None:
    assert covering(glob) == wider


@given(glob=st.text("ab*?./-{},[]!^ ", max_size=10))
def test_a_glob_that_covers_another_covers_itself(glob: str) -> None:
    assert covering(covering(glob)) == covering(glob)


@pytest.mark.parametrize(
    "glob",
    ["{b,../a}", "{a,/b}", "{~/a,b}", "*/../a", "{.,..}", "{a,}/b", "{,a}/b", "@(a|/b)", "/a"],
)
def test_a_glob_may_lead_out_by_dots_a_slash_or_a_tilde(glob: str) -> None:
    assert may_lead_out(glob)


@pytest.mark.parametrize("glob", ["*", "a{,.bak}", "{a,b}/*.py", "*/a..b", ".*", "./*", "a{1..3}"])
def test_any_other_glob_stays_below(glob: str) -> None:
    assert not may_lead_out(glob)


@pytest.mark.parametrize(
    "glob", [".git", ".git/hooks/*", "a/.git/x", ".*/x", ".g*", "{.git,a}/x", ".{git,a}", ".g?t"]
)
def test_dots_and_the_beginning_of_its_name_may_mean_gits_directory(glob: str) -> None:
    assert may_name_git(glob)


@pytest.mark.parametrize("glob", [".github/*", ".gitignore", "*", "./a", "**/x", "{a,b}", ".env*"])
def test_wildcards_alone_and_other_names_do_not_mean_gits_directory(glob: str) -> None:
    assert not may_name_git(glob)
