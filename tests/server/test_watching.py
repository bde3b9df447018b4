"""What follows from a change in a work tree that is watched."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentcache.middleware import Driver
from agentcache.repo.observe import Observer
from agentcache.repo.watch import HEAD_MOVED, REFS_MOVED, Changes, Watcher
from agentcache.repo.worktree import WorkTree
from agentcache.server.watching import Watching
from support.repositories import make_repository


class Recorder(Driver):
    """Notes what it is asked to drop, and says that it dropped two entries."""

    def __init__(self) -> None:
        self.asked: list[tuple[Path, set[str] | None]] = []

    def drop_broken(self, tree: WorkTree, changed: object) -> int:
        assert changed is None or isinstance(changed, set)
        self.asked.append((tree.root, changed))
        return 2


class Ordered(Watcher):
    """Notes what is to be watched, and watches nothing."""

    def __init__(self) -> None:
        self.trees: list[Path] = []

    def watch(self, tree: WorkTree, on_change: Callable[[Changes], None]) -> None:
        del on_change
        self.trees.append(tree.root)

    def unwatch(self, tree: WorkTree) -> None:
        self.trees.remove(tree.root)

    def close(self) -> None:
        """There is nothing to end."""


class Bench:
    def __init__(self, place: Path) -> None:
        self.repo = make_repository(place / "repo", {"a.py": "A = 1\n"})
        self.cache, self.watcher = Recorder(), Ordered()
        self.dropped: list[int] = []
        self.watching = Watching(
            cache=self.cache,
            observer=Observer(clock_ns=time.time_ns),
            watcher=self.watcher,
            note=self.dropped.append,
        )
        tree = WorkTree.find(self.repo.root)
        assert tree is not None
        self.tree = tree

    def change(self, *paths: str) -> list[set[str] | None]:
        self.watching.changed(self.tree, frozenset(paths))
        return [changed for _, changed in self.cache.asked]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.watching.close()


def test_an_edit_drops_what_it_made_false_and_is_counted(bench: Bench) -> None:
    assert bench.change("a.py", "src/b.py") == [{"a.py", "src/b.py"}]
    assert bench.dropped == [2]


def test_another_commit_drops_nothing_for_the_way_back(bench: Bench) -> None:
    assert bench.change("a.py", HEAD_MOVED) == []
    assert bench.dropped == []


def test_what_a_checkout_touched_is_left_before_the_word_of_it_comes(bench: Bench) -> None:
    bench.watching.changed(bench.tree, None)
    bench.cache.asked.clear()
    bench.repo.checkout("-b", "other")
    assert bench.change("a.py") == []
    assert bench.change("src/b.py", HEAD_MOVED) == []
    assert bench.change("a.py") == [{"a.py"}]


def test_while_git_writes_nothing_is_dropped(bench: Bench) -> None:
    bench.repo.write(".git/index.lock", "")
    assert bench.change("a.py") == []
    bench.watching.changed(bench.tree, None)
    assert bench.cache.asked == []


def test_when_it_is_not_known_what_changed_all_is_looked_at(bench: Bench) -> None:
    bench.watching.changed(bench.tree, None)
    assert bench.cache.asked == [(bench.repo.root, None)]
    assert bench.dropped == [2]


def test_a_new_branch_alone_drops_nothing(bench: Bench) -> None:
    assert bench.change(REFS_MOVED) == []


def test_sessions_in_one_tree_share_its_watch_until_the_last_one_ends(bench: Bench) -> None:
    bench.watching.begin("one", str(bench.repo.root))
    bench.watching.begin("one", str(bench.repo.root))
    bench.watching.begin("other", str(bench.repo.path(".")))
    assert bench.watcher.trees == [bench.repo.root]
    bench.watching.end("one")
    assert bench.watcher.trees == [bench.repo.root]
    bench.watching.end("other")
    bench.watching.end("never began")
    assert bench.watcher.trees == []


def test_outside_of_a_repository_nothing_is_watched(bench: Bench, tmp_path: Path) -> None:
    bench.watching.begin("one", str(tmp_path))
    assert bench.watcher.trees == []
