"""The rows of agentcache/repo/CASES.md on git, each both ways: what breaks and what holds."""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.evidence import ABSENT, Among, File, GitRef, Lines, Listing, Search, Tree
from agentcache.repo.context import is_quiet_context
from agentcache.repo.worktree import WorkTree
from support.changes import (
    EVERY,
    VISIBLE,
    after,
    is_seen,
    is_stale_after,
    is_unseen_and_broken,
    shell,
)
from support.places import FILES, Place
from support.repositories import Repo, make_repository, wait_until_settled

ALL, TREE = Listing("."), Tree(".")
HEAD, INDEX, REFS = GitRef("HEAD"), GitRef(":"), GitRef("*")
CONTEXT, FLAGS, TRACKED = GitRef(":context"), GitRef(":flags"), GitRef(":tracked")
BRANCHES, TAGS = GitRef(":branches"), GitRef(":tags")
BASIC, UNFILTERED = GitRef(":basic-patterns"), GitRef(":no-filters")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


def committed(repo: Repo, name: str, content: str) -> None:
    repo.write(name, content)
    repo.commit()


def test_a_commit_of_what_is_there_breaks_refs_alone(place: Place) -> None:
    place.repo.write("src/b.py", "LIMIT = 99\n")
    place.repo.git("add", "--all")
    after(
        place,
        place.repo.commit,
        breaks=[HEAD, REFS, GitRef("main"), GitRef("HEAD~1")],
        holds=[INDEX, File("src/b.py"), ALL, EVERY, VISIBLE, TREE],
    )


def test_a_branch_switched_and_switched_back_holds(place: Place) -> None:
    place.repo.checkout("-b", "side")
    committed(place.repo, "src/b.py", "LIMIT = 99\n")
    place.repo.checkout("main")
    seen = [place.see(look) for look in (HEAD, REFS, INDEX, File("src/b.py"), EVERY, TREE)]
    after(
        place,
        lambda: place.repo.checkout("side"),
        breaks=[HEAD, REFS, INDEX, File("src/b.py"), EVERY, VISIBLE, TREE],
        holds=[GitRef("main"), GitRef("side"), File("a.py"), ALL],
    )
    place.repo.checkout("main")
    assert all(place.holds(each) for each in seen)


def test_housekeeping_of_git_holds(place: Place) -> None:
    def tidy() -> None:
        place.repo.git("pack-refs", "--all")
        place.repo.git("gc", "--quiet")
        place.repo.age()
        place.repo.git("update-index", "--refresh")
        place.repo.git("status")

    after(place, tidy, holds=[HEAD, REFS, INDEX, GitRef("main"), File("a.py"), EVERY, VISIBLE, ALL])
    after(place, lambda: place.repo.git("tag", "v1"), breaks=[REFS, GitRef("v1")], holds=[HEAD])


def test_an_untracked_file_counts_like_a_tracked_one(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write("new.py", "LIMIT = 1\n"),
        breaks=[File("new.py"), ALL, EVERY, VISIBLE, TREE],
        holds=[INDEX, HEAD, File("a.py"), Listing("src")],
    )
    after(
        place,
        lambda: place.repo.git("add", "new.py"),
        breaks=[INDEX],
        holds=[File("new.py"), ALL, EVERY, VISIBLE, TREE],
    )


def test_an_ignored_file_counts_for_all_but_what_leaves_ignored_files_out(place: Place) -> None:
    visible = Listing(".", "*.log", among=Among.VISIBLE)
    assert place.observer.observe(Listing(".", among=Among.VISIBLE), place.tree).names != ()
    after(
        place,
        lambda: place.repo.write("x.log", "LIMIT = 1\n"),
        breaks=[File("x.log"), ALL, EVERY, TREE, visible],
        holds=[VISIBLE, Search("src", "LIMIT", among=Among.VISIBLE), INDEX],
    )


def test_an_ignored_file_made_tracked_becomes_visible(place: Place) -> None:
    place.repo.write("x.log", "LIMIT = 1\n")
    after(
        place,
        lambda: place.repo.git("add", "--force", "x.log"),
        breaks=[VISIBLE, INDEX],
        holds=[File("x.log"), ALL, EVERY, TREE, HEAD],
    )


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude", "global"])
def test_a_new_ignore_rule_breaks_searches_that_showed_what_it_hides(
    place: Place, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    (tmp_path / "config").write_text(f"[core]\nexcludesFile = {tmp_path}/ignore\n")
    place.repo.write("local.txt", "LIMIT = 1\n")
    path = tmp_path / "ignore" if where == "global" else place.repo.path(where)
    after(
        place,
        lambda: path.write_text("*.log\nbuild/\nlocal.txt\n"),
        breaks=[VISIBLE],
        holds=[File("local.txt"), EVERY, ALL, INDEX, Search("src", "LIMIT", among=Among.VISIBLE)],
    )
    after(place, lambda: path.write_text("*.log\nbuild/\n"), breaks=[VISIBLE], holds=[EVERY])


def test_the_untracked_cache_and_the_monitor_of_git_are_not_trusted(place: Place) -> None:
    for name in ("core.untrackedCache", "core.fsmonitor", "feature.manyFiles"):
        place.repo.git("config", name, "true")
    place.repo.git("update-index", "--force-untracked-cache")
    place.repo.git("-c", "core.fsmonitor=false", "status")
    after(
        place,
        lambda: place.repo.write("src/new.py", "LIMIT = 1\n"),
        breaks=[VISIBLE, EVERY, ALL],
        holds=[INDEX, File("a.py")],
    )
    assert not place.repo.path(".git/fsmonitor--daemon.ipc").exists()


def test_what_git_is_told_not_to_look_at_is_looked_at(place: Place) -> None:
    place.repo.git("update-index", "--assume-unchanged", "src/b.py")
    place.repo.git("update-index", "--skip-worktree", "a.py")
    after(
        place,
        lambda: (place.repo.write("src/b.py", "LIMIT = 1\n"), place.repo.write("a.py", "LIMIT\n")),
        breaks=[File("src/b.py"), File("a.py"), EVERY, VISIBLE, TREE],
        holds=[INDEX, HEAD, ALL],
    )


def test_a_file_meant_to_be_added_is_in_the_index(place: Place) -> None:
    place.repo.write("new.py", "LIMIT = 1\n")
    after(
        place,
        lambda: place.repo.git("add", "--intent-to-add", "new.py"),
        breaks=[INDEX],
        holds=[File("new.py"), EVERY, VISIBLE, ALL, HEAD],
    )
    after(place, lambda: place.repo.git("add", "new.py"), breaks=[INDEX], holds=[VISIBLE, HEAD])


def test_a_mode_in_the_index_is_part_of_the_index(place: Place) -> None:
    after(
        place,
        lambda: place.repo.git("update-index", "--chmod=+x", "src/b.py"),
        breaks=[INDEX],
        holds=[File("src/b.py"), Listing("src", with_stat=True), EVERY, VISIBLE, HEAD],
    )


def test_a_submodule_is_searched_and_its_commits_are_its_own(place: Place) -> None:
    sub = make_repository(place.repo.path("sub"), {"s.py": "LIMIT\n", ".gitignore": "*.tmp\n"})
    place.repo.commit("add a submodule")
    assert "160000" in place.repo.git("ls-files", "--stage", "sub")
    after(
        place,
        lambda: sub.write("s.py", "LIMIT twice\n"),
        breaks=[File("sub/s.py"), EVERY, VISIBLE, Search("sub", "LIMIT"), TREE],
        holds=[HEAD, INDEX, ALL, File("a.py"), Search("src", "LIMIT")],
    )
    after(
        place,
        lambda: sub.commit("in the submodule"),
        holds=[HEAD, REFS, INDEX, EVERY, VISIBLE, ALL, TREE],
    )
    after(place, lambda: place.repo.git("add", "sub"), breaks=[INDEX], holds=[HEAD, EVERY, VISIBLE])
    inner = WorkTree.find(sub.path("s.py"))
    assert inner is not None
    assert inner.root == sub.root


def test_a_nested_repository_is_searched_ignored_files_and_all(place: Place) -> None:
    nested = make_repository(place.repo.path("in/nested"), {".gitignore": "*.tmp\n", "n.py": "1\n"})
    after(
        place,
        lambda: nested.write("n.py", "LIMIT\n"),
        breaks=[EVERY, VISIBLE, TREE],
        holds=[ALL, INDEX, HEAD],
    )
    after(
        place,
        lambda: nested.write("x.tmp", "LIMIT\n"),
        breaks=[EVERY, VISIBLE, ALL],
        holds=[INDEX, File("in/nested/n.py")],
    )
    after(
        place,
        lambda: nested.commit("in the nested one"),
        holds=[EVERY, VISIBLE, ALL, TREE, HEAD, REFS, INDEX],
    )


def test_a_git_that_comes_to_be_below_is_a_name_that_is_listed(place: Place) -> None:
    after(
        place,
        lambda: place.repo.git("init", "--quiet", "src"),
        breaks=[ALL, Listing(".", "*.md"), Listing("src", depth=1), Listing(".", depth=2)],
        holds=[Listing(".", depth=1), Listing("docs"), EVERY, File("src/b.py"), INDEX, HEAD],
    )
    after(place, lambda: place.repo.write("src/.git/x", "1"), breaks=[], holds=[ALL])


def test_a_linked_worktree_is_a_tree_of_its_own(place: Place, tmp_path: Path) -> None:
    place.repo.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    side, tree = Repo(tmp_path / "side"), WorkTree.find(tmp_path / "side")
    assert tree is not None
    evidence = [place.see(look) for look in (HEAD, INDEX, File("src/b.py"), EVERY, VISIBLE, TREE)]
    assert place.observer.verify(tuple(evidence), tree) is None
    after(
        place,
        lambda: committed(side, "src/b.py", "LIMIT = 99\n"),
        breaks=[REFS, GitRef("side")],
        holds=[HEAD, INDEX, File("src/b.py"), EVERY, VISIBLE, ALL],
    )
    assert all(place.observer.verify((each,), tree) is not None for each in evidence)


def test_a_sparse_checkout_is_what_is_on_disk(place: Place) -> None:
    after(
        place,
        lambda: place.repo.git("sparse-checkout", "set", "docs"),
        breaks=[File("src/b.py"), ALL, EVERY, VISIBLE, TREE],
        holds=[INDEX, HEAD, REFS, File("a.py"), Listing("docs"), GitRef("HEAD~0")],
    )
    after(
        place,
        lambda: place.repo.git("sparse-checkout", "disable"),
        breaks=[File("src/b.py"), ALL, EVERY, VISIBLE],
        holds=[INDEX, HEAD, File("a.py")],
    )


def test_a_checkout_that_turns_line_ends_is_a_change(place: Place) -> None:
    def turn(value: str) -> Callable[[], object]:
        def checkout() -> None:
            place.repo.git("config", "core.autocrlf", value)
            place.repo.remove("src/b.py")
            place.repo.checkout("--", "src/b.py")

        return checkout

    after(
        place,
        turn("true"),
        breaks=[File("src/b.py"), Lines("src/b.py", 1, 2), EVERY, VISIBLE],
        holds=[HEAD, INDEX, ALL, Search(".", "LIMIT", names_only=True), File("a.py")],
    )
    assert b"\r\n" in place.repo.path("src/b.py").read_bytes()
    after(place, turn("false"), breaks=[File("src/b.py"), EVERY], holds=[HEAD, INDEX])


def test_a_pointer_of_large_file_storage_is_the_text_that_is_on_disk(place: Place) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    committed(place.repo, "data.csv", pointer)
    after(
        place,
        lambda: place.repo.write("data.csv", "LIMIT,1\n"),
        breaks=[File("data.csv"), EVERY, VISIBLE, TREE],
        holds=[HEAD, INDEX, ALL],
    )


def test_a_git_file_in_the_place_of_the_git_directory_is_the_same(
    place: Place, tmp_path: Path
) -> None:
    after(
        place,
        lambda: place.repo.git("init", "--quiet", f"--separate-git-dir={tmp_path / 'apart'}"),
        holds=[File("a.py"), EVERY, ALL, TREE],
    )
    tree = WorkTree.find(place.repo.root)
    assert tree is not None
    assert tree.git_dir == tmp_path / "apart"
    place.tree = tree
    after(
        place,
        lambda: committed(place.repo, "src/b.py", "LIMIT = 99\n"),
        breaks=[HEAD, REFS, INDEX, VISIBLE, EVERY],
        holds=[ALL, File("a.py")],
    )


def test_a_git_directory_that_was_moved_is_another_repository_with_the_same_content(
    place: Place, tmp_path: Path
) -> None:
    place.repo.git("init", "--quiet", f"--separate-git-dir={tmp_path / 'apart'}")
    first = WorkTree.find(place.repo.root)
    assert first is not None
    place.tree = first
    evidence = tuple(place.see(look) for look in (HEAD, REFS, INDEX, File("a.py"), VISIBLE))
    (tmp_path / "apart").rename(tmp_path / "moved")
    assert WorkTree.find(place.repo.root) is None
    assert not place.holds(evidence[0])
    assert place.holds(evidence[3])
    place.repo.write(".git", f"gitdir: {tmp_path / 'moved'}\n")
    second = WorkTree.find(place.repo.root)
    assert second is not None
    assert second.common_dir != first.common_dir  # so no answer is found in its scope
    assert place.observer.verify(evidence, second) is None


def test_the_head_of_a_table_of_refs_is_asked_of_git(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    fake_git_with_a_table_of_refs(place.repo, state, monkeypatch)
    state.write_text("1" * 40)
    after(
        place,
        lambda: state.write_text("2" * 40),
        breaks=[HEAD],
        holds=[File("a.py"), EVERY, ALL],
    )
    state.write_text("")
    assert place.see(HEAD).digest == ABSENT


def fake_git_with_a_table_of_refs(repo: Repo, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that knows reftable, which the git of this machine need not: HEAD is in `state`."""
    repo.path(".git/reftable").mkdir()
    repo.write(".git/HEAD", "ref: refs/heads/.invalid\n")
    (state.parent / "bin").mkdir()
    git = state.parent / "bin" / "git"
    git.write_text(f'#!/bin/sh\ncase "$*" in *HEAD*) cat {state};; *) echo main;; esac\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}{os.pathsep}{os.environ['PATH']}")


def test_a_repository_without_commits_has_files_and_no_head(tmp_path: Path) -> None:
    place = Place(tmp_path / "repo")
    shutil.rmtree(place.repo.path(".git"))
    place.repo.git("init", "--quiet", "--initial-branch=main")
    assert place.tree.head() is None
    assert place.see(HEAD).digest == ABSENT
    after(
        place,
        lambda: place.repo.write("src/b.py", "LIMIT = 99\n"),
        breaks=[File("src/b.py"), EVERY, VISIBLE, TREE],
        holds=[HEAD, REFS, INDEX, ALL, File("a.py")],
    )
    after(
        place,
        lambda: place.repo.commit("the first"),
        breaks=[HEAD, REFS, INDEX],
        holds=[File("src/b.py"), EVERY, VISIBLE, ALL],
    )


def test_a_broken_head_leaves_files_and_nothing_that_git_must_tell(place: Place) -> None:
    seen = [place.see(look) for look in (HEAD, INDEX, REFS, VISIBLE)]
    for broken in ("rubbish", "ref: ../../outside", "", b"\xff\xfe", "ref: refs/heads/gone"):
        place.repo.write(".git/HEAD", broken)
        assert place.tree.head() is None
        assert place.see(HEAD).digest == ABSENT
        assert not place.holds(seen[0])
    place.repo.write(".git/HEAD", "rubbish")
    after(
        place,
        lambda: place.repo.write("src/b.py", "LIMIT = 99\n"),
        breaks=[File("src/b.py"), EVERY],
        holds=[File("a.py"), ALL],
    )
    for look in (INDEX, REFS, VISIBLE):
        assert is_unseen_and_broken(place, look)
    place.repo.write("src/b.py", FILES["src/b.py"])
    place.repo.write(".git/HEAD", "ref: refs/heads/main\n")
    assert all(place.holds(each) for each in seen)


def test_a_detached_head_is_its_commit(place: Place) -> None:
    after(
        place,
        lambda: place.repo.checkout("--detach"),
        breaks=[REFS],  # which branch HEAD is on is shown with the refs
        holds=[HEAD, INDEX, File("a.py"), EVERY, VISIBLE, TREE],
    )
    after(
        place,
        lambda: place.repo.git("commit", "--quiet", "--allow-empty", "--message", "x"),
        breaks=[HEAD, REFS],
        holds=[GitRef("main"), INDEX, EVERY],
    )


def test_a_repository_that_is_deleted_under_us_holds_nothing(place: Place, tmp_path: Path) -> None:
    looks = (File("a.py"), Lines("a.py", 1, 2), ALL, EVERY, VISIBLE, TREE, HEAD, INDEX, REFS)
    seen = [place.see(look) for look in looks]
    place.repo.root.rename(tmp_path / "elsewhere")
    assert not any(place.holds(each) for each in seen)
    assert not is_seen(place, INDEX)
    assert WorkTree.find(place.repo.root) is None
    (tmp_path / "elsewhere").rename(place.repo.root)
    assert all(place.holds(each) for each in seen)


def test_the_file_of_peoples_names_is_part_of_what_git_shows_of_them(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write(".mailmap", "B <b@example.invalid> <tester@example.invalid>\n"),
        breaks=[GitRef(".mailmap"), ALL],
        holds=[HEAD, EVERY, VISIBLE],
    )


def test_what_is_done_inside_the_git_directory_is_not_seen_by_looks_at_files(place: Place) -> None:
    after(
        place,
        lambda: place.repo.write(".git/hooks/x.py", "LIMIT = 1\n"),
        holds=[ALL, EVERY, VISIBLE, TREE, HEAD, REFS, INDEX],
    )
    after(
        place,
        lambda: place.repo.write(".git/config", place.repo.path(".git/config").read_text() + "\n"),
        breaks=[File(".git/config")],  # unless it is asked for by its name
        holds=[ALL, EVERY, TREE],
    )


def test_what_git_is_in_a_place_counts_where_it_may_be_counted(place: Place) -> None:
    names, texts = GitRef(":git-names"), GitRef(":git-texts")
    after(place, place.repo.commit, breaks=[HEAD], holds=[names, texts])
    after(place, lambda: place.repo.write("src/.git", "gitdir: x\n"), breaks=[names, texts])
    after(place, lambda: place.repo.write("src/.git", "y\n"), breaks=[texts], holds=[names])
    place.repo.remove("src/.git")
    seen = place.see(names)
    place.repo.git("init", "--quiet", "src")
    assert is_unseen_and_broken(place, names)
    assert not place.holds(seen)


@pytest.mark.parametrize("command", ["git log", "git show HEAD"])
def test_notes_on_commits_are_shown_with_them(place: Place, command: str) -> None:
    assert not is_stale_after(place, command, "git notes add -m hello HEAD")
    after(
        place,
        lambda: place.repo.git("notes", "add", "--force", "-m", "good bye", "HEAD"),
        breaks=[CONTEXT, REFS],
        holds=[HEAD, INDEX, File("a.py")],
    )
    after(place, lambda: place.repo.git("tag", "v1"), holds=[CONTEXT])


def test_replaced_commits_are_shown_in_the_place_of_the_real_ones(place: Place) -> None:
    place.repo.commit("second")
    assert not is_stale_after(place, "git log --oneline", "git replace --graft HEAD")
    after(
        place,
        lambda: place.repo.git("replace", "--delete", place.repo.git("rev-parse", "HEAD")),
        breaks=[CONTEXT, REFS],
        holds=[HEAD, INDEX],
    )


def test_a_shallow_clone_has_a_history_that_grows(tmp_path: Path) -> None:
    place = Place(tmp_path / "origin")
    place.repo.commit("second")
    shallow = Place(tmp_path / "shallow")
    shallow.repo.git("remote", "add", "origin", f"file://{place.repo.root}")
    shallow.repo.git("fetch", "--quiet", "--depth=1", "origin", "main")
    shallow.repo.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    after(shallow, lambda: shallow.repo.git("fetch", "--quiet"), holds=[CONTEXT, HEAD])
    change = "git fetch --quiet --unshallow origin"
    assert not is_stale_after(shallow, "git log --oneline", change)


@pytest.mark.parametrize("key", ["log.decorate", "core.notesRef", "notes.displayRef"])
def test_names_of_refs_beside_commits_depend_on_all_refs(place: Place, key: str) -> None:
    after(place, lambda: place.repo.git("tag", "v8"), breaks=[REFS], holds=[CONTEXT])
    place.repo.git("config", key, "full")
    after(place, lambda: place.repo.git("tag", "v7"), breaks=[REFS, CONTEXT])
    place.repo.git("config", "log.decorate", "short")
    assert not is_stale_after(place, "git log --oneline", "git tag v9")
    place.repo.git("branch", "other")
    assert not is_stale_after(place, "git log --oneline", "git checkout --quiet other")


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("git log", "git config format.pretty %an"),
        ("git blame a.py", "git config blame.ignoreRevsFile .git/without"),
        ("git show", "git config include.path more"),
        ("git show", "echo '[color]\nui = always' > .git/inert"),
        ("git ls-files", "git config core.quotePath false"),
        ("git branch --list", "git config branch.sort -refname"),
        ("git log", "echo 'B <b@x> <tester@example.invalid>' > .git/names"),
    ],
)
def test_the_configuration_of_git_changes_what_it_shows(
    place: Place, command: str, change: str
) -> None:
    place.repo.git("branch", "other")
    place.repo.write("a.py", "import sys\n")
    place.repo.write("é.py", "")
    place.repo.write(".git/more", "[core]\nabbrev = 12\n[diff]\nnoprefix = true\n")
    place.repo.write(".git/inert", "")
    place.repo.git("config", "include.path", "inert")
    place.repo.git("config", "mailmap.file", ".git/names")
    place.repo.write(".git/without", place.repo.commit("second"))
    assert not is_stale_after(place, command, change.replace("echo", "printf"))


def test_what_is_a_persons_own_in_the_configuration_changes_nothing(place: Place) -> None:
    def configure() -> None:
        for key in ("user.name", "remote.up.url", "branch.main.remote", "alias.l", "push.default"):
            place.repo.git("config", key, "simple")

    after(place, configure, holds=[CONTEXT, HEAD, REFS, INDEX])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("log.date", "relative"),
        ("log.showSignature", "true"),
        ("format.pretty", "%ar"),
        ("diff.external", "cat"),
        ("diff.x.textconv", "cat"),
        ("core.attributesFile", "%(prefix)/attributes"),
        ("diff.submodule", "log"),
        ("mailmap.blob", "HEAD:names"),
    ],
)
def test_what_git_asks_a_program_or_the_clock_for_cannot_be_looked_at(
    place: Place, key: str, value: str
) -> None:
    seen = place.see(CONTEXT)
    place.repo.git("config", key, value)
    assert is_unseen_and_broken(place, CONTEXT)
    assert is_seen(place, HEAD)
    place.repo.git("config", "--unset", key)
    assert place.holds(seen)


def test_fewer_digits_of_an_object_id_than_git_itself_would_show_cannot_be_looked_at(
    place: Place,
) -> None:
    for digits in ("4", "6"):
        place.repo.git("config", "core.abbrev", digits)
        assert not is_seen(place, CONTEXT)
    for digits in ("7", "12", "no", "auto"):
        place.repo.git("config", "core.abbrev", digits)
        assert is_seen(place, CONTEXT)


def test_a_tag_that_is_named_as_head_is_warned_of_by_whatever_git_shows(place: Place) -> None:
    assert not is_stale_after(place, "git log -1 --oneline 2>&1", "git tag HEAD")


def test_a_visible_file_that_cannot_be_looked_at_is_not_taken_for_gone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.lstat

    def look_at(path: str, *, dir_fd: int | None = None) -> os.stat_result:
        if str(path).endswith("src/b.py"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, dir_fd=dir_fd)

    look = Search(".", "zebra", among=Among.VISIBLE)
    seen = place.see(look)
    monkeypatch.setattr(os, "lstat", look_at)
    assert not is_seen(place, look)
    assert not place.holds(seen)


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes"])
@pytest.mark.parametrize("command", ["git show HEAD", "git grep -n LIMIT src"])
def test_the_attributes_of_files_change_what_git_shows_of_them(
    place: Place, command: str, where: str
) -> None:
    assert not is_stale_after(place, command, f"echo '*.py -diff' > {where}")
    after(
        place,
        lambda: place.repo.write(where, "*.py diff\n"),
        breaks=[CONTEXT],
        holds=[HEAD, REFS, INDEX],
    )


def test_attributes_in_the_index_stand_for_a_file_that_is_not_there(place: Place) -> None:
    place.repo.write(".gitignore", "*\n")
    place.repo.write("src/.gitattributes", "*.py -diff\n")
    after(
        place,
        lambda: place.repo.git("add", "--force", "src/.gitattributes"),
        breaks=[INDEX],
        holds=[CONTEXT],
    )
    place.repo.write("src/b.py", "LIMIT = 99\n")
    place.repo.git("add", "--update")
    assert not is_stale_after(place, "git show HEAD", "rm src/.gitattributes")
    change = "git rm -q --cached src/.gitattributes"
    after(place, lambda: shell(place, change), breaks=[CONTEXT, INDEX], holds=[HEAD, EVERY])


def test_a_link_in_the_place_of_attributes_or_names_is_not_followed(place: Place) -> None:
    place.repo.write("attributes", "*.py -diff\n")
    place.repo.write(".gitattributes", "*.py -diff\n")
    place.repo.write("names", "B <b@example.invalid> <tester@example.invalid>\n")
    place.repo.write(".mailmap", "B <b@example.invalid> <tester@example.invalid>\n")
    assert not is_stale_after(place, "git show", "ln -sf attributes .gitattributes")
    assert not is_stale_after(place, "git log", "ln -sf names .mailmap")


@pytest.mark.parametrize("rules", [".gitignore", ".ignore"])
@pytest.mark.parametrize("behind", ["other", "../other"])
def test_git_searches_what_it_tracks_through_a_link_to_a_directory(
    place: Place, rules: str, behind: str
) -> None:
    place.repo.write(rules, "other/\n")
    shell(place, f"rm -r src; mkdir {behind}; echo 1 > {behind}/b.py; ln -s {behind} src")
    assert not is_stale_after(place, "git grep -n LIMIT", f"echo LIMIT > {behind}/b.py")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_is_told_not_to_look_at_is_not_searched_by_git(place: Place, flag: str) -> None:
    place.repo.write("src/b.py", "LIMIT = 99\n")
    assert not is_stale_after(place, "git grep -n LIMIT src", f"git update-index {flag} src/b.py")
    after(
        place,
        lambda: place.repo.git("update-index", f"--no-{flag.removeprefix('--')}", "src/b.py"),
        breaks=[FLAGS],
        holds=[INDEX, CONTEXT, EVERY, VISIBLE],
    )


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_what_git_is_told_to_take_from_the_index_is_searched_there(place: Place, flag: str) -> None:
    blob = "$(echo LIMIT = 5 | git hash-object -w --stdin)"
    put = f"git update-index --cacheinfo 100644,{blob},src/b.py; git update-index {flag} src/b.py"
    place.repo.git("update-index", flag, "src/b.py")
    after(place, lambda: shell(place, put), breaks=[FLAGS, INDEX], holds=[TRACKED, EVERY, VISIBLE])


def test_what_git_tracks_are_names_whatever_they_hold(place: Place) -> None:
    after(
        place,
        lambda: committed(place.repo, "src/b.py", "LIMIT = 99\n"),
        breaks=[INDEX, HEAD],
        holds=[TRACKED, FLAGS, CONTEXT],
    )
    place.repo.write("new.py", "LIMIT = 1\n")
    assert not is_stale_after(place, "git ls-files", "git add new.py")
    place.repo.write("other.py", "LIMIT = 1\n")
    assert not is_stale_after(place, "git grep -n LIMIT", "git add other.py")
    assert not is_stale_after(place, "git grep -l LIMIT", "git rm -q --cached other.py")


def test_a_name_that_is_not_merged_is_tracked_once_for_each_side(place: Place) -> None:
    place.repo.checkout("-b", "side")
    committed(place.repo, "src/b.py", "LIMIT = 1\n")
    place.repo.checkout("main")
    committed(place.repo, "src/b.py", "LIMIT = 2\n")
    assert not is_stale_after(place, "git ls-files", "git merge side || true")
    place.repo.git("merge", "--abort")
    after(
        place,
        lambda: place.repo.git("merge", "-X", "ours", "side"),
        breaks=[HEAD],
        holds=[TRACKED],
    )


def test_an_empty_file_that_is_added_differs_from_one_meant_to_be_added(place: Place) -> None:
    place.repo.write("new.py", "")
    place.repo.git("add", "--intent-to-add", "new.py")
    assert not is_stale_after(place, "git diff --cached --name-status", "git add new.py")
    place.repo.write("line\nbreak.py", "1\n")
    after(
        place,
        lambda: place.repo.git("add", "line\nbreak.py"),
        breaks=[INDEX],
        holds=[FLAGS, CONTEXT],
    )
    after(
        place,
        lambda: place.repo.git("update-index", "--skip-worktree", "line\nbreak.py"),
        breaks=[FLAGS],
    )


def test_branches_of_other_worktrees_are_marked(place: Place, tmp_path: Path) -> None:
    place.repo.git("branch", "other")
    change = f"git worktree add --quiet {tmp_path / 'side'} other"
    assert not is_stale_after(place, "git branch -a", change)
    after(
        place,
        lambda: place.repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "third")),
        holds=[REFS, HEAD, CONTEXT],
    )


def test_a_commit_on_no_branch_in_another_worktree_is_one_of_all(place: Place) -> None:
    other = Repo(place.repo.root.parent / "other")
    add = ("worktree", "add", "--quiet", "--detach", str(other.root))
    after(place, lambda: place.repo.git(*add), holds=[REFS, HEAD])
    change = f"git -C {other.root} commit --quiet --allow-empty --message beside"
    assert not is_stale_after(place, "git log --all --oneline", change)
    after(place, other.commit, breaks=[REFS], holds=[HEAD])


def test_where_a_detached_head_came_from_is_shown_with_the_branches(place: Place) -> None:
    place.repo.checkout("--detach")
    place.repo.commit("second")
    change = "git reflog expire --expire=all --all"
    assert not is_stale_after(place, "git branch -a", change)
    after(place, lambda: place.repo.write("a.py", ""), holds=[REFS, BRANCHES, HEAD, CONTEXT])


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("git branch", "git branch third"),
        ("git branch", "git branch --move side third"),
        ("git branch", "git branch -D side"),
        ("git branch", "git checkout --quiet side"),
        ("git branch", "git checkout --quiet --detach"),
        ("git branch -r", "git update-ref refs/remotes/up/main HEAD"),
        ("git branch -a", "git symbolic-ref refs/remotes/up/HEAD refs/remotes/up/old"),
        ("git branch --show-current", "git checkout --quiet --orphan new"),
        ("git rev-parse --abbrev-ref HEAD", "git tag main"),
        ("git rev-parse --abbrev-ref HEAD", "git checkout --quiet side"),
        ("git rev-parse --symbolic-full-name HEAD", "git checkout --quiet side"),
        ("git branch", "git config branch.sort committerdate"),
        ("git tag", "git tag v9"),
        ("git tag -l", "git tag --delete v1"),
        ("git tag --list 'v*' --sort=-creatordate", "git tag --force v1 HEAD"),
        ("git tag", "git config tag.sort -refname"),
    ],
)
def test_branches_and_tags_that_come_go_or_are_switched_are_seen(
    place: Place, command: str, change: str
) -> None:
    place.repo.git("branch", "side")
    place.repo.git("tag", "v1")
    place.repo.git("update-ref", "refs/remotes/up/old", "HEAD")
    late = "GIT_COMMITTER_DATE=2035-01-01T00:00:00Z"
    shell(place, f"{late} git commit --quiet --allow-empty --message late")
    place.repo.git("tag", "v2")
    assert not is_stale_after(place, command, change)


def test_a_commit_moves_a_branch_and_not_its_name(place: Place) -> None:
    place.repo.git("tag", "v1")
    after(place, place.repo.commit, breaks=[HEAD, REFS], holds=[BRANCHES, TAGS])
    after(place, lambda: place.repo.git("tag", "v2"), breaks=[TAGS], holds=[BRANCHES])
    after(place, lambda: place.repo.git("branch", "side"), breaks=[BRANCHES], holds=[TAGS])


def test_the_branch_of_head_in_a_table_of_refs_counts_for_the_star(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    fake_git_with_a_table_of_refs(place.repo, state, monkeypatch)
    state.write_text("refs/heads/main")
    after(place, lambda: state.write_text("refs/heads/side"), breaks=[REFS], holds=[File("a.py")])


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("git log --oneline src", "rm -r src"),
        ("git log --oneline HEAD", "touch HEAD"),
        ("git show main:a.py", "touch main:a.py"),
        ("git diff HEAD..main", "touch HEAD..main"),
        ("git diff HEAD main~0", "touch HEAD"),
        ("git diff HEAD main~0", "touch main~0"),
        ("git diff --cached src", "rm -r src"),
        ("git rev-parse a.py", "rm a.py"),
    ],
)
def test_a_word_that_may_be_a_file_is_refused_by_git(
    place: Place, command: str, change: str
) -> None:
    assert not is_stale_after(place, command, change)
    place.repo.write("a.py", "1\n")
    after(place, lambda: place.repo.write("a.py", "2\n"), holds=[Listing("a.py", depth=1)])


@pytest.mark.parametrize("paths", ["'*.py'", "'src/*.py'", "'src/[b].py'", "':!docs'", ":/"])
@pytest.mark.parametrize("behind", ["", "-- "])
def test_git_searches_what_its_patterns_of_paths_stand_for(
    place: Place, paths: str, behind: str
) -> None:
    command = f"git grep -n LIMIT {behind}{paths}"
    assert not is_stale_after(place, command, "echo LIMIT >> src/b.py")


@pytest.mark.parametrize(
    "word",
    ["HEAD", "one+two", "HEAD:src", "HEAD^{tree}", "HEAD@{0}", "@", "@~0", "one+two:", "one+two^0"],
)
def test_a_tree_that_git_searches_is_a_revision_that_is_looked_at(place: Place, word: str) -> None:
    place.repo.checkout("-b", "one+two")
    place.repo.write("src/b.py", "LIMIT = 99\n")
    place.repo.git("add", "--all")
    assert not is_stale_after(place, f"git grep LIMIT '{word}'", "git commit -q -m second")


@pytest.mark.parametrize("key", ["grep.patternType", "grep.extendedRegexp"])
def test_how_git_reads_a_pattern_is_known_where_it_is_told(place: Place, key: str) -> None:
    seen = place.see(BASIC)
    place.repo.git("config", key, "perl" if key == "grep.patternType" else "true")
    assert is_unseen_and_broken(place, BASIC)
    for options in ("", "-E", "-F -E", "-w"):
        command = f"git grep {options} 'LIMIT|parse'"
        assert not is_stale_after(place, command, "echo LIMIT >> src/b.py")
    assert is_seen(place, CONTEXT)
    place.repo.git("config", key, "default" if key == "grep.patternType" else "false")
    assert place.holds(seen)


MANY = """seq 17000 | awk '{print "blob\\ndata " length($0) "\\n" $0}' |
git -c fastimport.unpackLimit=1 fast-import --quiet"""
"""A pack of so many objects that git shows a digit more."""


@pytest.mark.parametrize("command", ["git log --oneline", "git rev-parse --short HEAD", "git show"])
def test_how_much_of_an_object_id_is_shown_depends_on_the_packs(
    place: Place, command: str, tmp_path: Path
) -> None:
    after(place, lambda: place.repo.git("gc", "--quiet"), holds=[CONTEXT])
    wait_until_settled(place.repo)
    began = time.time_ns()
    assert is_quiet_context(place.tree, began, ())
    assert not is_stale_after(place, command, MANY)
    assert not is_quiet_context(place.tree, began, ())
    shared = Place(tmp_path / "shared")
    shutil.rmtree(shared.repo.path(".git"))
    shared.repo.git("init", "--quiet", "--object-format=sha256")
    assert is_seen(shared, CONTEXT)


def test_packs_that_are_shared_with_another_repository_count_as_its_own(
    place: Place, tmp_path: Path
) -> None:
    place.repo.git("clone", "--quiet", "--shared", str(place.repo.root), str(tmp_path / "clone"))
    tree = WorkTree.find(tmp_path / "clone")
    assert tree is not None
    wait_until_settled(place.repo)
    wait_until_settled(Repo(tree.root))
    began, before = time.time_ns(), tree.resolve(":context")
    assert is_quiet_context(tree, began, ())
    shell(place, MANY)
    assert tree.resolve(":context") != before
    assert not is_quiet_context(tree, began, ())


def test_the_file_of_submodules_hides_what_changed_in_them(place: Place) -> None:
    sub = make_repository(place.repo.path("sub"), {"s.py": "LIMIT\n"})
    place.repo.commit("add a submodule")
    sub.commit("in the submodule")
    place.repo.git("config", "--file=.gitmodules", "submodule.sub.path", "sub")
    place.repo.git("add", "sub", ".gitmodules")
    hide = "git config -f .gitmodules submodule.sub.ignore all"
    assert not is_stale_after(place, "git diff --cached --stat", hide)
    place.repo.git("add", ".gitmodules")
    assert not is_stale_after(place, "git diff --cached --stat sub", f"{hide[:-3]} none")
    after(place, lambda: place.repo.write("in/.gitmodules", "x"), holds=[CONTEXT])
    place.repo.rename(".gitmodules", "modules")
    place.repo.link(".gitmodules", "modules")
    assert is_unseen_and_broken(place, CONTEXT)


def test_a_merge_that_is_not_done_has_parents_that_blame_shows(place: Place) -> None:
    place.repo.checkout("-b", "side")
    committed(place.repo, "a.py", "LIMIT\n")
    place.repo.checkout("main")
    place.repo.write("a.py", "LIMIT\n")
    assert not is_stale_after(place, "git blame -s a.py", "git merge -q -s ours --no-commit side")
    after(
        place,
        lambda: place.repo.git("merge", "--quit"),
        breaks=[CONTEXT],
        holds=[HEAD, INDEX, File("a.py")],
    )


def test_what_a_program_makes_of_a_file_is_nothing_to_look_at(place: Place) -> None:
    place.repo.write(".git/filter", "cat")
    committed(place.repo, ".gitattributes", "*.py -filter=x text\n")
    seen = [place.see(look) for look in (UNFILTERED, CONTEXT)]
    assert all(place.holds(each) for each in seen)
    place.repo.git("config", "filter.x.clean", "sh .git/filter")
    assert is_seen(place, CONTEXT)
    committed(place.repo, ".gitattributes", "*.py text\n")
    assert place.holds(seen[0])
    committed(place.repo, ".git/info/attributes", "*.py filter=x\n")
    assert is_unseen_and_broken(place, UNFILTERED)
    change = "echo 'sed s/parse/PARSE/' > .git/filter; touch a.py"
    assert not is_stale_after(place, "git blame a.py", change)


def test_blame_shows_where_a_link_leads_and_not_what_is_there(place: Place) -> None:
    place.repo.write("one", "LIMIT\n")
    place.repo.write("two", "LIMIT\n")
    place.repo.link("link", "one")
    place.repo.commit()
    assert not is_stale_after(place, "git blame link", "ln -sf two link")
