"""From what a tool showed to what it must have looked at, on a real repository."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.codec import JsonObject
from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, GitRef, Lines, Search
from agentcache.core.reasons import Reason
from agentcache.core.shell_git import CONTEXT
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import ENVIRONMENT, Repo, make_repository, wait_until_settled

FILES = {"a.py": "LIMIT = 5\n", "b.py": "limit = LIMIT\n"}
BOTH = "a.py:1:LIMIT = 5\nb.py:1:limit = LIMIT\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", dict(FILES))


def looked_at(repo: Repo, name: str, text: str, **arguments: str | int) -> object:
    """The one look behind a run of the tool `name`, which showed `text`."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    given: JsonObject = dict(arguments)
    run = ToolRun(ToolUse("1", name, given), ToolResult("1", text))
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), None)
    (found,) = gather(
        [run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning
    )
    return found.look


@pytest.mark.parametrize(
    ("pattern", "text", "ignores_case"),
    [
        ("limit", BOTH, True),
        ("limit", "b.py:1:limit = LIMIT\n", False),
        ("LIMIT", BOTH, True),  # both readings agree, so the wider one counts
    ],
)
def test_a_search_heeds_the_case_only_where_the_disk_says_so(
    repo: Repo, pattern: str, text: str, *, ignores_case: bool
) -> None:
    look = looked_at(repo, "grep_search", text, pattern=pattern)
    assert isinstance(look, Search)
    assert look.ignore_case is ignores_case


def test_a_search_that_agrees_with_no_reading_differs(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "grep_search", "a.py:1:LIMIT = 6\n", pattern="LIMIT")
    assert refused.value.reason is Reason.RESULT_DIFFERS


@pytest.mark.parametrize(
    ("text", "numbered"),
    [
        (BOTH, True),
        ("a.py:LIMIT = 5\nb.py:limit = LIMIT\n", False),
        ("a.py\nLine 1: LIMIT = 5\n\nb.py\nLine 1: limit = LIMIT\n", True),
    ],
)
def test_the_numbers_of_lines_count_only_where_they_were_shown(
    repo: Repo, text: str, *, numbered: bool
) -> None:
    look = looked_at(repo, "grep_search", text, pattern="LIMIT")
    assert isinstance(look, Search)
    assert look.numbered is numbered


NUMBERS = "".join(f"line {number}\n" for number in range(1, 10))


@pytest.mark.parametrize(
    ("offset", "limit", "shown", "lines"),
    [
        (2, 3, range(2, 5), (2, 4)),  # counted from 1
        (2, 3, range(3, 6), (3, 5)),  # from 0
        (0, 3, range(1, 4), (1, 3)),
        (8, 5, range(8, 10), (8, 13)),  # to the end, which was looked for
        (2, 0, range(2, 10), (2, 0)),
    ],
)
def test_a_read_of_some_lines_rests_on_those_that_it_shows(
    repo: Repo, offset: int, limit: int, shown: range, lines: tuple[int, int]
) -> None:
    repo.write("many.txt", NUMBERS)
    text = "".join(f"{number:6}\tline {number}\n" for number in shown)
    given = {name: value for name, value in (("offset", offset), ("limit", limit)) if value}
    look = looked_at(repo, "Read", text, file_path="many.txt", **given)
    assert look == Lines("many.txt", *lines)


@pytest.mark.parametrize(
    ("offset", "limit", "shown"), [(0, 10, range(1, 10)), (5, 6, range(6, 10))]
)
def test_a_read_that_ended_with_its_file_is_not_believed_when_the_file_has_grown(
    repo: Repo, offset: int, limit: int, shown: range
) -> None:
    text = "".join(f"{number:6}\tline {number}\n" for number in shown)
    given = {name: value for name, value in (("offset", offset), ("limit", limit)) if value}
    repo.write("many.txt", NUMBERS)
    assert looked_at(repo, "Read", text, file_path="many.txt", **given)
    repo.write("many.txt", NUMBERS + "line 10\nline 11\nline 12\n")
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Read", text, file_path="many.txt", **given)
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_contents_that_read_like_numbers_do_not_say_what_a_shell_showed(repo: Repo) -> None:
    repo.write("many.txt", "1\n2\n3\n4\n6\t7\t8\t\n7\t8\t\n8\t\n")
    look = looked_at(repo, "Bash", "6\t7\t8\t\n7\t8\t\n8\t\n", command="sed -n 5,8p many.txt")
    assert look == Lines("many.txt", 5, 8)


def gather_git(repo: Repo, command: str, change: Callable[[], object]) -> Evidence:
    """What a git command rests on, whose run began before the `change`."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    change()
    run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", "something"))
    return gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


@pytest.mark.parametrize(
    "command",
    [
        "git log --oneline -5",
        "git show HEAD --stat",
        "git ls-files",
        "git grep -n LIMIT",
        "git blame a.py",
        "git diff --cached",
        "git diff HEAD~1 HEAD --",
        "git log -- a.py",
        "git rev-parse --short HEAD",
    ],
)
def test_a_git_command_is_proven_while_nothing_changes(repo: Repo, command: str) -> None:
    looks = {seen.look for seen in gather_git(repo, command, lambda: None)}
    assert GitRef(CONTEXT) in looks


@pytest.mark.parametrize(
    "change",
    [
        "git notes add -m hello",
        "git replace --graft HEAD",
        "git config log.showRoot false",
        "git config --global log.showRoot false",
        "echo '*.py -diff' > .git/info/attributes",
        "echo '*.py -diff' > in/.gitattributes",
        "rm in/it/.gitattributes",
        "rm .git/shallow",
        "rm .git/more",
        "git pack-refs --all",
    ],
)
def test_a_change_of_what_shapes_gits_words_leaves_them_unproven(
    repo: Repo, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "home" / "config"))
    (tmp_path / "home").mkdir()
    repo.write("in/it/.gitattributes", "")
    repo.commit()
    repo.write(".git/shallow", "")
    repo.write(".git/more", "")
    repo.git("config", "include.path", "more")

    def run() -> None:
        subprocess.run(["sh", "-c", change], cwd=repo.root, check=True, capture_output=True)

    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, "git log --oneline -5", run)
    assert refused.value.reason is Reason.UNSETTLED


def test_a_blame_of_lines_that_are_not_committed_shows_the_clock(repo: Repo) -> None:
    repo.write("a.py", "LIMIT = 6\n")
    text = repo.git("blame", "a.py")
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", text, command="git blame a.py")
    assert refused.value.reason is Reason.OPAQUE_TOOL


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("--oneline -1", "1234567 (HEAD -> main, origin/main) first\n"),
        ("--oneline -1", "1234567 (tag: v1) first\n"),
        ("-1", f"commit {'1' * 40} (main)\nAuthor: A\n"),
        ("-1", "\x1b[33mcommit 1234567\x1b[m\n"),
    ],
)
def test_a_log_that_was_written_to_a_terminal_rests_on_all_refs(
    repo: Repo, options: str, text: str
) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", text, command=f"git log {options}")
    assert refused.value.reason is Reason.OPAQUE_TOOL


def test_a_run_that_looked_at_nothing_is_no_evidence(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", "hello\n", command="echo hello")
    assert refused.value.reason is Reason.NO_EVIDENCE
