"""`quiet_since` looks at each file once; what it says is what looking along both ways says."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.core.evidence import File, Listing, Look
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


@pytest.mark.parametrize(
    ("look", "changed"),
    [
        (look, place)
        for look in (File("far/x.py"), File("chain.py"), Listing("links"))
        for place in ("else/middle.py", "else", "there/x.py", "there")
        if not (look == File("far/x.py") and place == "else/middle.py")
    ],
)
@pytest.mark.parametrize("name", ["real", "linked"])
def test_what_stands_at_any_hop_of_a_link_or_above_is_not_quiet(
    root: Path, look: Look, changed: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentcache.repo.observe._is_older", _is_modified_before)
    for place in ("there", "else", "real/links"):
        (root / place).mkdir()
    (root / "there" / "x.py").write_text("x\n")
    for place, target in [
        ("else/middle.py", "../there/x.py"), ("else/middle", "../there"),
        ("real/chain.py", "../else/middle.py"), ("real/far", "../else/middle"),
        ("real/links/chain.py", "../../else/middle.py"),
    ]:  # fmt: skip
        (root / place).symlink_to(target)
    tree = WorkTree.find(root / name)
    assert tree is not None
    for each in (root, *root.rglob("*")):
        os.utime(each, ns=(10**18, 10**18), follow_symlinks=False)
    since = SOME_DAY_NS
    assert quiet_since(look, tree, since)
    os.utime(root / changed, ns=(since, since), follow_symlinks=False)
    assert not quiet_since(look, tree, since)


@pytest.mark.parametrize("rules", [".gitignore", ".git/info/exclude", ".git/config"])
def test_a_directory_is_not_quiet_where_ignore_rules_above_it_changed(
    root: Path, rules: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentcache.repo.observe._is_older", _is_modified_before)
    tree = WorkTree.find(root / "real")
    assert tree is not None
    (tree.root / ".gitignore").write_text("")
    for each in (root, *root.rglob("*")):
        os.utime(each, ns=(10**18, 10**18), follow_symlinks=False)
    assert quiet_since(Listing("src"), tree, SOME_DAY_NS)
    os.utime(tree.root / rules, ns=(SOME_DAY_NS, SOME_DAY_NS))
    assert not quiet_since(Listing("src"), tree, SOME_DAY_NS)
    assert quiet_since(File("src/b.py"), tree, SOME_DAY_NS)


def test_links_that_lead_round_and_round_are_not_quiet(root: Path) -> None:
    (root / "real" / "round").symlink_to("about")
    (root / "real" / "about").symlink_to("round")
    tree = WorkTree.find(root / "real")
    assert tree is not None
    assert not quiet_since(File("round"), tree, SOME_DAY_NS)


def _is_modified_before(found: os.stat_result, since_ns: int) -> bool:
    return found.st_mtime_ns < since_ns
