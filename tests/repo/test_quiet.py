"""`quiet_since` looks at each file once; what it says is what looking along both ways says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.core.evidence import File
from agentcache.repo.observe import quiet_since
from agentcache.repo.worktree import WorkTree
from support.repositories import make_repository

LAST_NS = 10**18 + 10**15
SOME_DAY_NS = 4 * 10**18
PATHS = [
    "a.py", "src/b.py", "gone/c.py", "to_file.py", "to_directory/b.py", "to_outside/x.py",
    "src/../a.py", "../beside/x.py", "to_nothing.py", "to_directory/../a.py", ".",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with links, reached through a link; no two things in it are equally old."""
    times = iter(range(10**18, LAST_NS, 10**12))
    real = tmp_path / "real"
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "x.py").write_text("x\n")
    make_repository(real, {"a.py": "a\n", "src/b.py": "b\n"})
    for name, target in [
        ("to_file.py", "src/b.py"), ("to_directory", "src"), ("to_nothing.py", "nothing"),
        ("to_outside", "../beside"),
    ]:  # fmt: skip
        (real / name).symlink_to(target)
    (tmp_path / "linked").symlink_to("real")
    for place in sorted(tmp_path.rglob("*")):
        if ".git" not in place.parts:
            time = next(times)
            os.utime(place, ns=(time, time), follow_symlinks=False)
    return tmp_path


def both_ways(path: str, tree: WorkTree) -> list[os.stat_result]:
    """What stands at `path` and above it, and at where it really is and above that."""
    tops = {str(tree.root), os.path.realpath(tree.root), "/"}

    def upwards(place: str) -> Iterator[str]:
        yield place
        while place not in tops:
            place = os.path.dirname(place)  # noqa: PTH120  # as the code has it
            yield place

    ways = [*upwards(path), *upwards(os.path.realpath(path))]
    return [os.lstat(way) for way in ways if os.path.lexists(way)]


@pytest.mark.parametrize("name", ["real", "linked"])
@pytest.mark.parametrize("path", PATHS)
def test_a_file_is_quiet_when_all_that_leads_to_it_is(
    root: Path, name: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The time of the last change of an inode cannot be set, so it is left out of both.
    monkeypatch.setattr("agentcache.repo.observe._is_older", _is_modified_before)
    tree = WorkTree.find(root / name)
    assert tree is not None
    found = both_ways(tree.to_absolute(path), tree)
    # What stands above the place of the test changes meanwhile: of that it is only said that it
    # is younger than all else, and older than some day to come.
    given = {each.st_mtime_ns for each in found if each.st_mtime_ns < LAST_NS}
    moments = {moment + delta for moment in given for delta in (0, 1)} | {SOME_DAY_NS}
    for since in sorted(moments):
        expected = all(_is_modified_before(each, since) for each in found)
        assert quiet_since(File(path), tree, since) == expected, since


def _is_modified_before(found: os.stat_result, since_ns: int) -> bool:
    return found.st_mtime_ns < since_ns
