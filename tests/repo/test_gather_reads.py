"""What a read came upon in the place of a file, and what its answer then rests on."""

import time
from pathlib import Path

import pytest

from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, Listing
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled

OBSERVER = Observer(clock_ns=time.time_ns)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.py": "LIMIT = 5\n", "src/b.py": "b\n"})


def tree_of(repo: Repo) -> WorkTree:
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    return tree


def evidence_of(repo: Repo, use: ToolUse, result: ToolResult, *, later: float = 0) -> Evidence:
    """What a run rests on that began `later` seconds after all that there is."""
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns() + int(later * 1e9), None)
    runs = [ToolRun(use, result)]
    return gather(runs, tree=tree_of(repo), observer=OBSERVER, beginning=beginning)


def holds(repo: Repo, evidence: Evidence) -> bool:
    return OBSERVER.verify(evidence, tree_of(repo)) is None


def entries(*names: str, last: str = "") -> str:
    """How OpenCode reads a directory."""
    shown = "\n".join(names)
    told = last or f"({len(names)} entries)"
    return f"<path>/w</path>\n<type>directory</type>\n<entries>\n{shown}\n\n{told}\n</entries>"


def read(repo: Repo, path: str, text: str, *, later: float = 0, **arguments: int) -> Evidence:
    use = ToolUse("1", "read", {"filePath": str(repo.root / path), **arguments})
    return evidence_of(repo, use, ToolResult("1", text), later=later)


@pytest.mark.parametrize(
    ("path", "names"), [(".", [".git/", "a.py", "src/"]), ("src", ["b.py", "in/", "lib/"])]
)
def test_a_read_of_a_directory_rests_on_its_names(repo: Repo, path: str, names: list[str]) -> None:
    repo.write("src/in/c.py", "c\n")
    (repo.root / "src" / "lib").symlink_to("in")
    evidence = read(repo, path, entries(*names))
    assert Listing(path, depth=1) in [each.look for each in evidence]
    repo.write("a.py", "LIMIT = 6\n")
    repo.write("src/b.py", "other\n")
    assert holds(repo, evidence)
    repo.write(f"{path}/new.py", "")
    assert not holds(repo, evidence)


def test_a_part_of_the_entries_of_a_directory_is_shown_where_it_says_so(repo: Repo) -> None:
    told = "(Showing 1 of 3 entries. Use 'offset' parameter to read beyond entry 2)"
    evidence = read(repo, ".", entries("a.py", last=told), offset=2, limit=1)
    assert evidence[0].look == Listing(".", depth=1)
    with pytest.raises(NotProvenError) as refused:
        read(repo, ".", entries("a.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


@pytest.mark.parametrize("path", [".", "src", "a.py", "none"])
def test_entries_that_are_not_there_are_not_believed(repo: Repo, path: str) -> None:
    with pytest.raises(NotProvenError) as refused:
        read(repo, path, entries("b.py", "gone.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_a_file_that_reads_like_a_directory_is_none(repo: Repo) -> None:
    repo.write("a.py", entries("a.py"))
    with pytest.raises(NotProvenError) as refused:
        read(repo, "a.py", entries("a.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_entries_are_believed_only_while_nothing_there_is_newer(repo: Repo) -> None:
    (repo.root / "lib").symlink_to("a.py")  # and was perhaps a link to a directory then
    with pytest.raises(NotProvenError) as refused:
        read(repo, ".", entries(".git/", "a.py", "lib/", "src/"), later=-3600)
    assert refused.value.reason is Reason.UNSETTLED
