from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.evidence import ABSENT
from agentcache.errors import ObserveError
from agentcache.repo.ignoring import ignored_of, listed_in
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.txt": "a\n", "src/b.py": "b\n"})


def tree_at(path: Path) -> WorkTree:
    tree = WorkTree.find(path)
    assert tree is not None
    return tree


def test_the_tree_is_found_from_any_path_in_it_even_one_that_does_not_exist(repo: Repo) -> None:
    for path in (repo.root, repo.path("src/b.py"), repo.path("src/new/deep.py")):
        tree = tree_at(path)
        assert tree.root == repo.root
        assert tree.common_dir == (repo.root / ".git").resolve()


def test_outside_of_a_repository_there_is_no_tree(tmp_path: Path) -> None:
    assert WorkTree.find(tmp_path) is None
    (tmp_path / ".git").mkdir()
    assert WorkTree.find(tmp_path) is None
    (tmp_path / ".git").rmdir()
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert WorkTree.find(tmp_path) is None


def test_head_is_the_commit_on_a_branch_packed_or_detached(repo: Repo) -> None:
    tree = tree_at(repo.root)
    first = repo.git("rev-parse", "HEAD")
    assert tree.head() == first
    repo.git("pack-refs", "--all")
    assert tree.head() == first
    second = repo.commit("second")
    assert tree.head() == second
    repo.checkout("--detach", first)
    assert tree.head() == first


def test_head_of_an_unborn_or_broken_branch_is_none(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "new")
    tree = tree_at(repo.root)
    assert tree.head() is None
    assert tree.resolve("HEAD") == ABSENT
    repo.write(".git/HEAD", "rubbish")
    assert tree.head() is None
    repo.write(".git/HEAD", "ref: ../../outside")
    assert tree.head() is None
    repo.write(".git/HEAD", b"\xff\xfe")
    assert tree.head() is None


def test_a_linked_worktree_has_its_own_head_and_shares_the_repository(
    repo: Repo, tmp_path: Path
) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side = Repo(tmp_path / "side")
    side.write("new.txt", "x")
    commit = side.commit()
    tree = tree_at(side.root)
    assert tree.head() == commit != tree_at(repo.root).head()
    assert tree.common_dir == tree_at(repo.root).common_dir
    assert tree.git_dir != tree.common_dir


def test_a_revision_resolves_as_git_says(repo: Repo) -> None:
    tree = tree_at(repo.root)
    first = repo.git("rev-parse", "HEAD")
    repo.git("tag", "v1")
    second = repo.commit("second")
    assert tree.resolve("HEAD") == second
    assert tree.resolve("HEAD~1") == tree.resolve("v1") == first
    assert tree.resolve("main") == second
    assert tree.resolve("nothing") == ABSENT
    assert tree.resolve("--help") == ABSENT


def test_every_ref_and_the_branch_of_head_count_for_the_star(repo: Repo) -> None:
    tree = tree_at(repo.root)
    seen = {tree.resolve("*")}
    repo.git("branch", "side")
    seen.add(tree.resolve("*"))
    repo.checkout("side")
    seen.add(tree.resolve("*"))
    assert len(seen) == 3


def test_what_is_staged_counts_for_the_index_and_refreshing_it_does_not(repo: Repo) -> None:
    tree = tree_at(repo.root)
    before = tree.resolve(":")
    repo.age()
    repo.git("status")
    assert tree.resolve(":") == before
    repo.write("new.txt", "x")
    assert tree.resolve(":") == before
    repo.git("add", "new.txt")
    assert tree.resolve(":") != before


def test_our_git_leaves_the_index_as_it_is_where_the_users_own_would_refresh_it(
    repo: Repo,
) -> None:
    index = repo.path(".git/index")
    repo.path("a.txt").touch()
    before = index.stat()
    tree_at(repo.root).git("status")
    assert (index.stat().st_ino, index.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    repo.git("status")
    assert index.stat().st_mtime_ns != before.st_mtime_ns


def test_listed_names_are_tracked_or_untracked_but_not_ignored(repo: Repo) -> None:
    repo.write(".gitignore", "*.log\n")
    repo.write("x.log", "x")
    repo.write("with space ü.txt", "x")
    repo.remove("a.txt")
    listed = {".gitignore", "a.txt", "src/b.py", "with space ü.txt"}
    assert listed_in(tree_at(repo.root), ()) == listed


def test_paths_are_relative_inside_and_absolute_outside(repo: Repo, tmp_path: Path) -> None:
    tree = tree_at(repo.root)
    inside = str(repo.path("src/b.py"))
    assert tree.to_relative(inside) == "src/b.py"
    assert tree.to_relative(str(repo.root)) == "."
    assert tree.to_relative(str(repo.root) + "x/y") == str(repo.root) + "x/y"
    assert tree.to_absolute("src/b.py") == inside
    link = tmp_path / "link"
    link.symlink_to(repo.root)
    assert tree_at(link).to_relative(inside) == "src/b.py"


@given(
    root=st.sampled_from(["/", "/place", "/place/.hidden tree"]),
    path=st.text("ab./ ", max_size=8),
)
def test_a_path_is_joined_as_pathlib_joins_it(root: str, path: str) -> None:
    tree = WorkTree(Path(root), Path(root), Path(root))
    joined = path if path.startswith("/") else str(Path(root) / path)
    assert tree.to_absolute(path) == joined


def test_a_hostile_repository_gets_nothing_run(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    script = repo.write(".git/trap", f"#!/bin/sh\ntouch {trap}\n")
    script.chmod(0o755)
    repo.git("config", "core.fsmonitor", str(script))
    repo.git("config", "core.hooksPath", str(script.parent))
    tree = tree_at(repo.root)
    listed_in(tree, ())
    tree.resolve("*")
    tree.resolve(":")
    ignored_of(tree, (), ["x"])
    assert not trap.exists()


def test_git_that_fails_is_an_observe_error(repo: Repo) -> None:
    tree = tree_at(repo.root)
    repo.write(".git/index", "rubbish")
    with pytest.raises(ObserveError, match="ls-files"):
        listed_in(tree, ())


def test_the_work_trees_of_a_clone_know_each_other(repo: Repo, tmp_path: Path) -> None:
    repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    repo.git("worktree", "add", "--quiet", "-b", "gone", str(tmp_path / "gone"))
    (tmp_path / "gone").rename(tmp_path / "moved")
    other = make_repository(tmp_path / "other", {"a.txt": "a\n"})
    main, side = tree_at(repo.root), tree_at(tmp_path / "side")
    assert main.siblings() == [main, side]
    assert side.siblings() == [side, main]
    assert tree_at(other.root).siblings() == [tree_at(other.root)]


@pytest.mark.parametrize(
    ("text", "shown", "is_named"),
    [
        ("It is {root}/a.py.", None, True),
        ("It is {link}/a.py.", "", True),
        ("It is {link}/missing.py, as {link} says.", "", True),
        ("It is called `{name}`.", "", True),
        ("It is called `{name}`.", "It is {root}/a.py.", True),
        ("It is {name}-web.", "", True),
        ("It is called `{name}`.", "The README names {name}.", False),
        ("It is called `{name}`.", None, False),
        ("It is {name}s.", "", False),
        ("It is /usr/bin/env, a.py and /a.py.", "", False),
    ],
)
def test_a_text_names_a_work_tree_by_a_path_or_by_a_name_that_nothing_showed(
    repo: Repo, tmp_path: Path, text: str, shown: str | None, is_named: bool
) -> None:
    link = tmp_path / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(repo.root)
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    given = {"root": repo.root, "link": link, "name": repo.root.name}
    seen = None if shown is None else shown.format(**given)
    assert tree.is_named_in(text.format(**given), shown=seen) is is_named
