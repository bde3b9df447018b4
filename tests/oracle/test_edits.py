"""A rule that changes nothing tests nothing: each one does something where it has its partner."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from oracle.edits import DIRECTORY_EDITS, FILE_EDITS, IGNORE_FILES
from oracle.git_edits import GIT_EDITS
from oracle.playing import Playground
from oracle.world import Setting, Step, World

WRITING = frozenset({"index", "logs", "objects", "ORIG_HEAD", "COMMIT_EDITMSG", "AUTO_MERGE"})
"""What git writes also where nothing that a tool shows is another."""


def git_step(how: str) -> Step:
    return Step("git", {"how": how, "tree": 0})


def edit(how: str, file: str = "pkg/alpha.py") -> Step:
    return Step("edit", {"how": how, "file": file, "number": 5, "tree": 0})


def edit_directory(how: str, directory: str = "pkg") -> Step:
    return Step("edit_directory", {"how": how, "directory": directory, "number": 0, "tree": 0})


BEFORE_GIT: Mapping[str, Sequence[Step]] = {
    "checkout main": [git_step("checkout other")],
    "stash": [edit("write")],
    "stash pop": [edit("write"), git_step("stash")],
    "reset to main": [git_step("checkout other")],
    "restore": [edit("write")],
    "clean": [edit("write", "pkg/trace.log")],
    "add": [edit("write", "pkg/core/new.py")],
    "add ignored": [edit("write", "build/out.py")],
    "submodule update": [git_step("submodule")],
    "pack refs": [git_step("new branch")],
    "gc": [git_step("new branch")],
}
BEFORE_DIRECTORY: Mapping[str, Sequence[Step]] = {
    "move back": [edit_directory("move")],
    "from link": [edit_directory("to link")],
    "make": [edit_directory("delete")],
}
OTHERS: Sequence[tuple[Sequence[Step], Step]] = [
    *(([], Step("ignore", {"file": name, "number": 2, "tree": 0})) for name in IGNORE_FILES[1:]),
    ([edit("delete")], Step("mend", {"tree": 0})),
    ([], Step("add_worktree", {})),
    ([Step("add_worktree", {})], Step("remove_worktree", {})),
]


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    ground = Playground()
    yield ground
    ground.close()


@pytest.fixture
def world(playground: Playground) -> Iterator[World]:
    world = playground.world(Setting())
    yield world
    world.close()


def contents(world: World) -> dict[str, object]:
    """What stands in the files and links of the world, those of git too."""
    place = world.roots[0].parent
    found: dict[str, object] = {}
    for path in place.rglob("*"):
        below = path.relative_to(place)
        if ".git" not in below.parts or not WRITING.intersection(below.parts):
            is_link = path.is_symlink()
            target = path.readlink() if is_link else None
            found[str(below)] = path.read_bytes() if path.is_file() and not is_link else target
    listing = ["git", "ls-files", "--stage", "-v"]
    found["tracked"] = subprocess.run(
        listing, cwd=world.roots[0], capture_output=True, check=True
    ).stdout
    return found


def contents_and_identities(world: World) -> tuple[object, object]:
    """Also which inodes there are, and the times and modes of each."""
    place = world.roots[0].parent
    stats = {str(path.relative_to(place)): path.lstat() for path in place.rglob("*")}
    return contents(world), {
        name: (found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_nlink)
        for name, found in stats.items()
        if ".git" not in Path(name).parts
    }


@pytest.mark.parametrize("how", list(GIT_EDITS))
def test_what_git_does_changes_more_than_its_own_notes(world: World, how: str) -> None:
    for step in BEFORE_GIT.get(how, ()):
        world.apply(step)
    before = contents(world)
    world.apply(git_step(how))
    assert contents(world) != before


@pytest.mark.parametrize("how", list(FILE_EDITS))
def test_an_edit_of_a_file_changes_one(world: World, how: str) -> None:
    before = contents_and_identities(world)
    world.apply(edit(how))
    assert contents_and_identities(world) != before


@pytest.mark.parametrize("how", list(DIRECTORY_EDITS))
def test_an_edit_of_a_directory_changes_one(world: World, how: str) -> None:
    for step in BEFORE_DIRECTORY.get(how, ()):
        world.apply(step)
    before = contents_and_identities(world)
    world.apply(edit_directory(how))
    assert contents_and_identities(world) != before


@pytest.mark.parametrize(("first", "step"), OTHERS, ids=str)
def test_what_else_happens_changes_something(
    world: World, first: Sequence[Step], step: Step
) -> None:
    for each in first:
        world.apply(each)
    before = contents(world)
    world.apply(step)
    assert contents(world) != before


def test_the_submodule_goes_to_its_other_commit_and_back(world: World) -> None:
    library = world.roots[0] / "vendor/lib/lib.py"
    shown = [library.read_text()]
    for _ in range(2):
        world.apply(git_step("submodule"))
        shown.append(library.read_text())
    assert shown[0] == shown[2] != shown[1]
