"""Entries that a change made false are dropped; those that it did not are left alone."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.core.entry import Cost, Entry, Kind
from agentcache.core.evidence import File, Lines, Listing, Look, Observation, Search, Tree
from agentcache.core.place import Place
from agentcache.core.values import Reply, Scope, Stop, Text, Usage, WireName
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store.entries import Entries
from agentcache.store.memory import MemoryStore
from agentcache.store.postings import Postings
from agentcache.upkeep import Upkeep
from support.repositories import Repo, make_repository

FILES = {"a.py": "LIMIT = 1\nNAME = 2\n", "src/b.py": "import a\n"}


class Bench:
    """A repository, and entries about it, found by their question."""

    def __init__(self, place: Path) -> None:
        self.repo = make_repository(place / "repo", FILES)
        self.entries = Entries(MemoryStore(clock=time.time))
        self.observer = Observer(clock_ns=time.time_ns)
        self.postings = Postings(place / "postings.db")
        self.upkeep = Upkeep(entries=self.entries, observer=self.observer, postings=self.postings)
        self.tree = self.tree_at(self.repo.root)

    def tree_at(self, path: Path) -> WorkTree:
        tree = WorkTree.find(path)
        assert tree is not None
        return tree

    def keep(self, question: str, *looks: Look, root: str = "") -> Entry:
        evidence = tuple(
            Observation(look, self.observer.observe(look, self.tree).digest) for look in looks
        )
        entry = Entry(
            kind=Kind.RESEARCH,
            scope=Scope(
                "t", "u", str(self.tree.common_dir), "up", WireName.ANTHROPIC, "m", "p", "r", "x"
            ),
            question=question,
            reply=Reply("m", (Text("There."),), Stop.END, Usage()),
            evidence=evidence,
            cost=Cost(1, Usage()),
            made_at=1.0,
            commit=self.tree.head(),
            root=root,
        )
        place = Place("base", question)
        self.entries.add(place, entry)
        self.upkeep.note(place.slot, entry)
        return entry

    @property
    def left(self) -> list[str]:
        return sorted(entry.question for _, entry in self.entries.all())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.postings.close()


def test_what_rests_on_a_changed_file_is_dropped_and_the_rest_is_left(bench: Bench) -> None:
    bench.keep("file", File("a.py"))
    bench.keep("other", File("src/b.py"))
    bench.repo.write("a.py", "LIMIT = 2\nNAME = 2\n")
    assert bench.upkeep.drop_broken(bench.tree, {"a.py"}) == 1
    assert bench.left == ["other"]


def test_a_slot_whose_entry_was_dropped_tells_what_changed(bench: Bench) -> None:
    entry = bench.keep("file", File("a.py"))
    bench.repo.write("a.py", "LIMIT = 2\n")
    bench.upkeep.drop_broken(bench.tree, {"a.py"})
    dropped = bench.entries.at(Place("base", "file").slot).dropped
    assert dropped is not None
    assert (dropped.entry, dropped.changed) == (entry.id, "a.py")


def test_an_entry_whose_own_lines_are_unchanged_is_left(bench: Bench) -> None:
    bench.keep("lines", Lines("a.py", 1, 1))
    bench.repo.write("a.py", "LIMIT = 1\nNAME = 3\n")
    assert bench.upkeep.drop_broken(bench.tree, {"a.py"}) == 0
    assert bench.left == ["lines"]


@pytest.mark.parametrize(
    "look", [Search(".", "LIMIT"), Listing("src"), Tree("src"), Search("src", "LIMIT")]
)
def test_a_new_file_drops_what_would_have_found_it(bench: Bench, look: Look) -> None:
    bench.keep("wide", look)
    bench.repo.write("src/new.py", "LIMIT = 3\n")
    assert bench.upkeep.drop_broken(bench.tree, {"src/new.py"}) == 1


def test_an_answer_that_holds_in_another_work_tree_of_the_clone_is_left(
    bench: Bench, tmp_path: Path
) -> None:
    bench.repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    bench.keep("file", File("a.py"))
    bench.repo.write("a.py", "LIMIT = 2\n")
    assert bench.upkeep.drop_broken(bench.tree, {"a.py"}) == 0
    Repo(tmp_path / "side").write("a.py", "LIMIT = 3\n")
    assert bench.upkeep.drop_broken(bench.tree_at(tmp_path / "side"), {"a.py"}) == 1


def test_an_edit_that_nobody_saw_drops_what_it_made_false(bench: Bench) -> None:
    bench.keep("file", File("a.py"))
    bench.keep("other", File("src/b.py"))
    bench.repo.write("a.py", "LIMIT = 2\n")
    assert bench.upkeep.drop_broken(bench.tree, None) == 1
    assert bench.left == ["other"]


def test_what_was_found_out_at_another_commit_is_left_for_the_way_back(bench: Bench) -> None:
    bench.keep("file", File("a.py"))
    bench.repo.checkout("--quiet", "-b", "topic")
    bench.repo.write("a.py", "LIMIT = 2\n")
    bench.repo.commit("another limit")
    assert bench.upkeep.drop_broken(bench.tree, None) == 0
    bench.repo.checkout("main")
    assert bench.upkeep.drop_broken(bench.tree, None) == 0
    assert bench.left == ["file"]


def test_an_answer_that_names_another_work_tree_is_not_judged_by_this_one(bench: Bench) -> None:
    bench.keep("file", File("a.py"), root="/somewhere/else")
    bench.repo.write("a.py", "LIMIT = 2\n")
    assert bench.upkeep.drop_broken(bench.tree, {"a.py"}) == 0


def test_an_event_about_an_unchanged_file_drops_nothing(bench: Bench) -> None:
    bench.keep("file", File("a.py"))
    assert bench.upkeep.drop_broken(bench.tree, {"a.py", "src/b.py"}) == 0
    assert bench.left == ["file"]


def test_slots_that_are_gone_are_forgotten(bench: Bench) -> None:
    bench.keep("file", File("a.py"))
    bench.entries.store.clear()
    assert bench.upkeep.drop_broken(bench.tree, {"a.py"}) == 0
    assert bench.postings.slots(str(bench.tree.common_dir), ["a.py"], limit=9) == []
