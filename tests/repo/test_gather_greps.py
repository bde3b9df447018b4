"""What a `grep -r` of a shell rests on where it heeds `.gitignore`, as that of some hosts does."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled

FOUND = "./a.py:1:LIMIT = 5\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.py": "LIMIT = 5\n", ".gitignore": "build/\n"})


@pytest.fixture
def tree(repo: Repo) -> WorkTree:
    found = WorkTree.find(str(repo.root))
    assert found is not None
    return found


def nothing() -> None:
    """What happens where nothing does."""


def kept(
    repo: Repo,
    tree: WorkTree,
    command: str,
    text: str,
    *,
    meanwhile: Callable[[], object] = nothing,
) -> Evidence:
    """The evidence of a command; `meanwhile` happens before its text is judged."""
    wait_until_settled(repo)
    run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    meanwhile()
    return gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


def holds(evidence: Evidence, tree: WorkTree) -> bool:
    return Observer(clock_ns=time.time_ns).verify(evidence, tree) is None


@pytest.mark.parametrize("place", [".gitignore", "src/.gitignore"])
@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("grep -rl LIMIT --include='*.py' . | wc -l", "1\n"),
        ("grep -rn LIMIT --include='*.py' . | head -5", FOUND),
        ("grep -rh LIMIT .", "LIMIT = 5\nLIMIT\n"),
        ("cat a.py && grep -rn LIMIT .", "LIMIT = 5\n"),
        ("grep -rn LIMIT .", f"Warning: truncated output\n{FOUND}…9 chars truncated…"),
    ],
)
def test_what_a_grep_may_have_left_out_rests_on_the_rules_below(
    repo: Repo, tree: WorkTree, command: str, text: str, place: str
) -> None:
    repo.write("src/b.py", "LIMIT\n")
    evidence = kept(repo, tree, command, text)
    repo.write("src/other.md", "y\n")
    assert holds(evidence, tree)
    repo.write(place, "b.py\n")
    assert not holds(evidence, tree)


@pytest.mark.parametrize(
    "command", ["grep -rn LIMIT .", "grep -rn LIMIT --include='*.py' .", "grep -rn LIMIT"]
)
@pytest.mark.parametrize("is_tracked", [True, False])
def test_what_a_grep_surely_showed_whole_rests_on_the_rules_for_what_it_showed(
    repo: Repo, tree: WorkTree, command: str, *, is_tracked: bool
) -> None:
    if not is_tracked:
        repo.git("rm", "--quiet", "--cached", "a.py")
    text = FOUND if command.endswith(".") else FOUND.removeprefix("./")
    evidence = kept(repo, tree, command, text)
    repo.write(".gitignore", "other/\n*.md\n")
    assert holds(evidence, tree)
    repo.write(".gitignore", "/a.py\n")
    assert not holds(evidence, tree)


def test_what_a_grep_surely_showed_elsewhere_rests_on_the_rules_there(
    repo: Repo, tree: WorkTree, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", {"b.py": "LIMIT = 6\n"})
    wait_until_settled(other)
    place = other.path("b.py")
    evidence = kept(repo, tree, f"grep -rn LIMIT {other.root}", f"{place}:1:LIMIT = 6\n")
    other.write("c.py", "y\n")
    assert holds(evidence, tree)
    other.write(".gitignore", "b.py\n")
    assert not holds(evidence, tree)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("grep -rn LIMIT .", FOUND),
        ("grep -rln LIMIT .", "./a.py\n"),
        ("grep -r LIMIT .", "./a.py:LIMIT = 5\n"),
        ("grep -rni limit .", FOUND),
        ("grep -rn NOWHERE .", ""),
    ],
)
def test_a_grep_that_leaves_out_ignored_files_is_believed_and_rests_on_them_too(
    repo: Repo, tree: WorkTree, command: str, text: str
) -> None:
    repo.write("build/x.py", "LIMIT = 6\nNOWHERE\n")
    evidence = kept(repo, tree, command, text)
    repo.write("build/y.py", "y\n")
    assert holds(evidence, tree)
    repo.write("build/y.py", "LIMIT\nNOWHERE\n")
    assert not holds(evidence, tree)


def test_a_grep_that_left_out_what_is_not_ignored_differs(repo: Repo, tree: WorkTree) -> None:
    repo.write("src/b.py", "LIMIT\n")
    repo.write("build/x.py", "LIMIT = 6\n")
    with pytest.raises(NotProvenError) as refused:
        kept(repo, tree, "grep -rn LIMIT .", FOUND)
    assert refused.value.reason is Reason.RESULT_DIFFERS


@pytest.mark.parametrize("place", ["build/x.py", "build/other.py", ".gitignore"])
def test_a_match_that_is_missing_in_an_ignored_file_may_be_newer_than_the_run(
    repo: Repo, tree: WorkTree, place: str
) -> None:
    repo.write("build/x.py", "LIMIT = 6\n")

    def change() -> None:
        repo.write(place, "build/\n" if place == ".gitignore" else "LIMIT = 6\n")

    with pytest.raises(NotProvenError) as refused:
        kept(repo, tree, "grep -rn LIMIT .", FOUND, meanwhile=change)
    assert refused.value.reason is Reason.UNSETTLED
