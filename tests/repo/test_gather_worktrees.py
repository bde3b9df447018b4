"""What is kept in one work tree of a clone and asked for in another, where `.git` is a file."""

import subprocess
import time
from pathlib import Path

import pytest

from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, GitRef
from agentcache.core.shell_git import GIT_NAMES, GIT_TEXTS
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.commit import CommitView
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled

COUNTED = [
    "find . -type f -not -path './.git/*' | wc -l",
    "find . -type f ! -path '*/.git/*' | cut -c1 | sort | uniq -c",
    "find . -type d -not -path '*/.git/*' | wc -l",
    "find . -maxdepth 1 -type f | wc -l",
    "ls -Ap | grep -vc /",
    "tree -a -L 1",
]
READ = [
    "grep -rl worktrees --exclude-dir=.git . | wc -l",
    "grep -rhc git --exclude-dir=.git . | sort -u",
]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.py": "LIMIT = 5\n", "src/b.py": "x\n"})


def worktree(repo: Repo, name: str) -> Repo:
    repo.git("worktree", "add", "--quiet", "--detach", str(repo.root.parent / name))
    return Repo(repo.root.parent / name)


def tree_of(repo: Repo) -> WorkTree:
    found = WorkTree.find(repo.root)
    assert found is not None
    return found


def printed(repo: Repo, command: str) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=repo.root, capture_output=True, text=True, check=False
    )
    return done.stdout or "1 directory, 1 file\n"  # `tree` may not be installed


def kept(repo: Repo, command: str) -> Evidence:
    wait_until_settled(repo)
    tree, text = tree_of(repo), printed(repo, command)
    run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    return gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


def holds(evidence: Evidence, repo: Repo) -> bool:
    return Observer(clock_ns=time.time_ns).verify(evidence, tree_of(repo)) is None


@pytest.mark.parametrize("command", [*COUNTED, *READ])
def test_a_count_that_git_itself_is_part_of_is_not_given_where_it_is_of_another_kind(
    repo: Repo, command: str
) -> None:
    other = worktree(repo, "other")
    evidence = kept(repo, command)
    repo.write(".git/other", "")
    repo.git("commit", "--quiet", "--allow-empty", "--message", "no change")
    assert holds(evidence, repo)
    assert not holds(evidence, other)
    evidence = kept(other, command)
    assert holds(evidence, other)
    assert not holds(evidence, repo)


@pytest.mark.parametrize("command", COUNTED)
def test_worktrees_share_counts_that_their_git_files_are_part_of(repo: Repo, command: str) -> None:
    one, two = worktree(repo, "one"), worktree(repo, "two")
    assert holds(kept(one, command), two)


@pytest.mark.parametrize("command", READ)
def test_what_was_read_of_a_git_file_is_not_given_in_another_worktree(
    repo: Repo, command: str
) -> None:
    one, two = worktree(repo, "one"), worktree(repo, "two")
    assert not holds(kept(one, command), two)


@pytest.mark.parametrize(
    "command",
    [
        "find . -type f -not -path './.git/*' | head -50",
        "find . -name '*.py' | wc -l",
        "find . -path ./.git -prune -o -type f -print | wc -l",
        "find src -type f | wc -l",
        "ls -A | wc -l",
        "ls | wc -l",
        "tree -a -I .git",
        "grep -rl LIMIT --include='*.py' . | wc -l",
        "grep -rn LIMIT --exclude-dir=.git .",
    ],
)
def test_what_git_itself_is_no_part_of_is_shared_by_all_work_trees(
    repo: Repo, command: str
) -> None:
    other = worktree(repo, "other")
    assert holds(kept(repo, command), other)


@pytest.mark.parametrize(
    "command", ["git log --all --oneline", "git branch -a", "git branch", "git tag"]
)
def test_what_git_shows_of_all_refs_is_kept_until_one_of_them_moves(
    repo: Repo, command: str
) -> None:
    repo.git("tag", "v1")
    evidence = kept(repo, command)
    repo.write("a.py", "other\n")
    assert holds(evidence, repo)
    repo.git("tag", "v2") if command == "git tag" else repo.git("branch", "second")
    assert not holds(evidence, repo)


def test_what_git_shows_of_all_refs_is_not_kept_when_one_may_have_moved_meanwhile(
    repo: Repo,
) -> None:
    other = worktree(repo, "other")
    wait_until_settled(repo)
    tree, opened = tree_of(repo), time.time_ns()
    other.git("commit", "--quiet", "--allow-empty", "--message", "beside")
    text = printed(repo, "git log --all --oneline")
    run = ToolRun(ToolUse("1", "Bash", {"command": "git log --all"}), ToolResult("1", text))
    beginning = Beginning(str(repo.root), opened, tree.head())
    with pytest.raises(NotProvenError):
        gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


def test_a_commit_on_no_branch_in_another_work_tree_is_one_of_all(repo: Repo) -> None:
    other = worktree(repo, "other")
    evidence = kept(repo, "git log --all --oneline")
    assert holds(evidence, repo)
    other.git("commit", "--quiet", "--allow-empty", "--message", "beside")
    assert "beside" in printed(repo, "git log --all --oneline")
    assert not holds(evidence, repo)


def test_a_repository_that_comes_into_being_below_ends_a_count_that_it_may_be_part_of(
    repo: Repo,
) -> None:
    evidence = kept(repo, "find . -type f -not -path './.git/*' | wc -l")
    repo.git("init", "--quiet", "src")
    assert not holds(evidence, repo)
    with pytest.raises(NotProvenError):
        kept(repo, "find . -type f -not -path './.git/*' | wc -l")


def test_a_count_in_a_directory_elsewhere_that_its_git_is_part_of_is_not_kept(
    repo: Repo, tmp_path: Path
) -> None:
    make_repository(tmp_path / "elsewhere", {"a.py": "x\n"})
    wait_until_settled(Repo(tmp_path))
    with pytest.raises(NotProvenError):
        kept(repo, f"find {tmp_path}/elsewhere -type f -not -path '*/.git/*' | wc -l")


def test_at_a_commit_git_itself_is_what_it_is_here(repo: Repo) -> None:
    observer = Observer(clock_ns=time.time_ns)
    with CommitView(tree_of(repo), "HEAD", observer=observer) as view:
        for name in (GIT_NAMES, GIT_TEXTS):
            assert view.digest(GitRef(name)) == tree_of(repo).resolve(name)
