import logging
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from agentcache.repo.watch import HEAD_MOVED, REFS_MOVED, Changes, Watcher
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository

FILES = {"a.py": "one\n", "src/b.py": "two\n", ".gitignore": "*.log\n"}
PATIENCE_S = 20


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher(quiet_s=0.05, longest_s=0.5)
    yield watcher
    watcher.close()


class Heard:
    """A watched repository, and what was told of it."""

    def __init__(self, root: Path, watcher: Watcher) -> None:
        self.repo: Repo = make_repository(root, FILES)
        self.watch(watcher, self.repo.root)

    def watch(self, watcher: Watcher, root: Path) -> None:
        tree = WorkTree.find(root)
        assert tree is not None
        self.tree = tree
        self.told: Queue[Changes] = Queue()
        watcher.watch(tree, self.told.put)
        assert self.told.get(timeout=PATIENCE_S) is None, "a watch begins with the unknown"

    def until(self, *expected: str) -> set[str]:
        """All paths that are told until each of `expected` was among them."""
        paths: set[str] = set()
        while not paths >= set(expected):
            changes = self.told.get(timeout=PATIENCE_S)
            assert changes is not None
            paths |= changes
        return paths


@pytest.fixture
def heard(tmp_path: Path, watcher: Watcher) -> Heard:
    return Heard(tmp_path / "repo", watcher)


def test_written_renamed_and_deleted_files_are_told(heard: Heard) -> None:
    heard.repo.write("src/b.py", "three\n")
    assert heard.until("src/b.py") == {"src/b.py"}
    heard.repo.rename("a.py", "src/c.py")
    assert heard.until("a.py", "src/c.py") >= {"a.py", "src/c.py"}
    heard.repo.remove("src/c.py")
    assert heard.until("src/c.py") == {"src/c.py"}


def test_files_in_a_directory_that_was_just_made_are_told(heard: Heard) -> None:
    heard.repo.write("new/deep/file.py", "x\n")
    heard.until("new/deep/file.py")


def test_many_changes_are_told_together(heard: Heard) -> None:
    names = {f"src/{number}.py" for number in range(200)}
    for name in names:
        heard.repo.write(name, "x\n")
    told = 0
    paths: set[str] = set()
    while not paths >= names:
        changes = heard.told.get(timeout=PATIENCE_S)
        assert changes is not None
        paths |= changes
        told += 1
    assert told <= 20


def test_reading_is_no_change(heard: Heard) -> None:
    heard.repo.path("a.py").read_bytes()
    heard.repo.git("--no-optional-locks", "status")
    heard.repo.write("src/b.py", "the end\n")
    assert heard.until("src/b.py") == {"src/b.py"}


def test_of_git_only_moves_of_head_and_refs_are_told(heard: Heard) -> None:
    heard.repo.checkout("-b", "side")
    paths = heard.until(HEAD_MOVED, REFS_MOVED)
    heard.repo.write("a.py", "two\n")
    heard.repo.commit()
    heard.repo.write("src/b.py", "the end\n")
    paths |= heard.until("src/b.py")
    assert paths <= {HEAD_MOVED, REFS_MOVED, "a.py", "src/b.py"}


def test_a_worktree_hears_of_its_own_head_and_of_all_refs(tmp_path: Path, watcher: Watcher) -> None:
    repo = make_repository(tmp_path / "repo", FILES)
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "other"))
    heard = Heard.__new__(Heard)
    heard.watch(watcher, tmp_path / "other")
    Repo(tmp_path / "other").checkout("--detach")
    heard.until(HEAD_MOVED)
    repo.git("branch", "third")
    heard.until(REFS_MOVED)
    repo.checkout("-b", "fourth")
    (tmp_path / "other" / "a.py").write_text("the end\n")
    assert HEAD_MOVED not in heard.until("a.py", REFS_MOVED)


@pytest.mark.parametrize("name", ["watchdog.observers.inotify_c", "watchdog.observers.inotify"])
def test_lost_events_mean_that_anything_may_have_changed(heard: Heard, name: str) -> None:
    logging.getLogger(name).warning("Inotify queue overflowed; filesystem events were lost")
    assert heard.told.get(timeout=PATIENCE_S) is None


def test_a_tree_with_too_many_directories_is_not_watched_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watcher = Watcher(quiet_s=0, most_directories=3)
    for number in range(2):
        Heard(tmp_path / str(number), watcher).repo.write("a.py", "x\n")
    watcher.close()
    said = [each.getMessage() for each in caplog.records if "watcher" in each.getMessage()]
    assert len(said) == 1
    assert f"{str(tmp_path / '0')!r} has more than 3 directories" in said[0]


def test_a_system_that_allows_no_watch_is_lived_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    watcher = Watcher(quiet_s=0)
    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", refuse)
    heard = Heard(tmp_path / "repo", watcher)
    watcher.unwatch(heard.tree)
    watcher.close()
    assert "watch limit reached" in caplog.text


def test_an_error_of_whoever_is_told_ends_nothing(tmp_path: Path, watcher: Watcher) -> None:
    first = make_repository(tmp_path / "first", FILES)
    tree = WorkTree.find(first.root)
    assert tree is not None

    def fail(_: Changes) -> None:
        raise ValueError("a bug elsewhere")

    watcher.watch(tree, fail)
    heard = Heard(tmp_path / "second", watcher)
    first.write("a.py", "x\n")
    heard.repo.write("a.py", "x\n")
    assert heard.until("a.py") == {"a.py"}


def test_nothing_is_told_after_unwatch_and_after_close(heard: Heard, watcher: Watcher) -> None:
    other = Heard(heard.repo.root.parent / "other", watcher)
    watcher.unwatch(heard.tree)
    heard.repo.write("a.py", "x\n")
    other.repo.write("a.py", "x\n")
    # The library may complain about the end of a watch, which is taken for a loss.
    assert "a.py" in (other.told.get(timeout=PATIENCE_S) or {"a.py"})
    assert heard.told.empty()
    watcher.close()
    watcher.close()
    other.told.queue.clear()
    other.repo.write("src/b.py", "x\n")
    watcher.watch(other.tree, other.told.put)
    assert other.told.empty()
