import pytest

from agentcache.core.evidence import GitRef, Listing, Search
from agentcache.core.shell import ShellReading, read_shell
from agentcache.core.shell_git import GIT_ITSELF, GIT_NAMES, GIT_TEXTS


def reading_of(command: str) -> ShellReading:
    reading = read_shell(command, cwd="/w")
    assert reading is not None
    return reading


@pytest.mark.parametrize(
    ("command", "is_unnamed"),
    [
        ("grep -rn x .", False),
        ("grep -rn x . | sort -u | head -3", False),
        ("grep -rn x . | sort -u -k2 | head -3", True),
        ("grep -rn x . | cat -n", True),
        ("grep -rn x . | grep -vF '.git' | wc -l", True),
        ("grep -rn x . | fgrep -v '.git' | wc -l", True),
        ("grep -rn x | grep -v '/.git/' | wc -l", True),
        ("grep -rn x . | grep -vE 'y|\\.git/' | wc -l", False),
        ("grep -rnI x . | sort", False),
        ("rg --hidden -I x | sort", True),
        ("rg -u x | wc -l", False),
        ("rg --hidden -g '*.py' x | wc -l", False),
        ("rg -g '.*' x | wc -l", True),
        ("grep -r x . &> /dev/null || echo no", True),
        ("grep -rn x . 2>/dev/null | head", False),
        ("grep -rn x . > /dev/null; grep -rn y .", True),
        ("find . -name '*.lock' | wc -l", True),
        ("find . -name '*.[ch]' | wc -l", False),
        ("find . ! -name '*.py' | wc -l", True),
        ("find . -path ./.git -prune -o -print | wc -l", False),
        ("find . -type f -not -path './.git/*' | xargs wc -l", True),
        ("find . -type f -not -path './.git*' | xargs wc -l", False),
        ("find . -not -path './.git/*' -name '*.py' -exec cat {} +", False),
        ("find . -type f -exec grep -l x {} +", True),
        ("find . -name '*.py' -exec grep -o x {} +", False),
        ("find . -name '*.py' -print -o -type f -exec cat {} +", True),
        ("find . -maxdepth 1 | wc -l", False),
        ("find . -maxdepth 1 -type f -exec cat {} +", True),
        ("find . -type f -print0 | xargs -0 cat", True),
        ("find . -name '*.py' -print -o -print0", True),
    ],
)
def test_it_is_told_what_may_count_without_a_name(command: str, *, is_unnamed: bool) -> None:
    assert bool(reading_of(command).unnamed) is is_unnamed


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("find . -type f -not -path './.git/*' | wc -l", GIT_NAMES),
        ("find . -type f -not -path './.git/*' | head", None),
        ("find . -type f -not -path './.git*' | wc -l", None),
        ("find . -type f -not -path './.git/*' | grep -v '.git' | wc -l", None),
        ("find . -type f | wc -l", None),
        ("find . -maxdepth 1 -type d | wc -l", GIT_NAMES),
        ("ls -AF | grep -c /", GIT_NAMES),
        ("ls -lA", None),
        ("ls -A | wc -l", None),
        ("tree -a -L 1", GIT_NAMES),
        ("tree -L 1", None),
        ("grep -rlc x --exclude-dir=.git . | wc -l", GIT_TEXTS),
        ("grep -rl x --exclude-dir={.git,build} . | wc -l", GIT_TEXTS),
        ("grep -rl x --exclude-dir=.git --include='*.py' . | wc -l", None),
        ("grep -l x a b | wc -l", None),
        ("rg --hidden -l x -g '!.git/' | wc -l", GIT_TEXTS),
        ("rg --hidden -l x -g '!.git' | wc -l", None),
        ("rg -l x -g '!.git/' | wc -l", None),
    ],
)
def test_it_is_told_where_git_itself_may_count(command: str, name: str | None) -> None:
    found = [each for each in reading_of(command).looks if isinstance(each, GitRef)]
    assert found == ([] if name is None else [GitRef(name)])
    assert {each.name for each in found} <= set(GIT_ITSELF)


def test_only_the_looks_of_the_command_that_hides_its_paths_are_unnamed() -> None:
    reading = reading_of("rg x; find src -type f | wc -l; cat a")
    assert reading.unnamed == {Listing("/w/src", with_link=True)}
    assert any(isinstance(look, Search) for look in reading.looks)


@pytest.mark.parametrize(
    ("command", "is_read", "is_lines"),
    [
        ("cat a b | grep x", True, True),
        ("cat -n a | head", True, False),
        ("tail -c 9 a", True, False),
        ("grep -rn x . | sort", True, True),
        ("grep -rh x . | sort", True, False),
        ("grep -rn x . | grep -n y", True, False),
        ("grep -rc x . | sort", False, False),
        ("ls -la a; wc -l b", True, False),
        ("wc -l a b", False, False),
        ("cat a | wc -l", False, False),
        ("cat a || echo no", False, False),
        ("git log", False, False),
        ("printf x; cat a", False, False),
    ],
)
def test_it_is_told_whether_a_text_is_read_and_whether_it_is_whole_lines(
    command: str, *, is_read: bool, is_lines: bool
) -> None:
    reading = reading_of(command)
    assert (reading.is_read, reading.is_lines) == (is_read, is_lines)
