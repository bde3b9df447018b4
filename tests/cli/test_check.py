"""`agentcache check` and `ls --commit`, on a store that is filled by hand."""

import os
import time
import tracemalloc
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path

import pytest

from agentcache.cli import group
from agentcache.core.codec import Json, JsonObject, convert, decode_json, decode_json_object
from agentcache.core.entry import Cost, Entry, Kind, Slot, encode_slot
from agentcache.core.evidence import Evidence, File, Lines, Look, Observation, Search
from agentcache.core.values import Reply, Scope, Stop, Text, Usage, WireName
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store.disk import DiskStore
from support.repositories import Repo, make_repository
from support.server import run_cli

FILES = {"a.py": "one\ntwo\nthree\n", "b.py": "import a\n"}


class Kept:
    """A home whose store holds what a test puts there, and a repository."""

    def __init__(self, place: Path) -> None:
        self.home = place / "home"
        self.repo = make_repository(place / "repository", FILES)
        self.first = self.repo.git("rev-parse", "HEAD")

    def add(
        self,
        question: str,
        *looks: Look,
        root: str = "",
        of: Repo | None = None,
        kind: Kind = Kind.RESEARCH,
        slots: int = 1,
    ) -> str:
        """Keep an answer that rests on what `looks` see now, in so many slots; its id."""
        tree = WorkTree.find((of or self.repo).root)
        assert tree is not None
        observer = Observer(clock_ns=time.time_ns)
        evidence = tuple(Observation(look, observer.observe(look, tree).digest) for look in looks)
        entry = replace(an_entry(question, tree, evidence, root=root), kind=kind)
        store = DiskStore(self.home / "store", size_limit=1 << 30)
        for slot in range(slots):
            store.save(f"{kind}:{question}{slot or ''}", encode_slot(Slot((entry,))))
        store.close()
        return entry.id

    def check(self, *arguments: str) -> JsonObject:
        done = run_cli(self.home, "check", "--json", *arguments, cwd=self.repo.root)
        assert done.returncode == 0, done.stderr
        return decode_json_object(done.stdout)

    def broken(self, *arguments: str) -> list[Json]:
        rows = convert(self.check(*arguments)["broken"], list[dict[str, Json]])
        return [row["question"] for row in rows]

    def listed(self, *arguments: str, cwd: Path | None = None) -> list[Json]:
        done = run_cli(self.home, "ls", "--json", *arguments, cwd=cwd or self.repo.root)
        assert done.returncode == 0, done.stderr
        return [row["question"] for row in convert(decode_json(done.stdout), list[dict[str, Json]])]


def an_entry(question: str, tree: WorkTree, evidence: Evidence, *, root: str) -> Entry:
    return Entry(
        kind=Kind.RESEARCH,
        scope=Scope(
            tenant="default",
            user="",
            repository=str(tree.common_dir),
            upstream="http://127.0.0.1",
            wire=WireName.ANTHROPIC,
            model="m",
            profile="p",
            registry="r",
            parameters="",
            directory="",
        ),
        question=question,
        reply=Reply("m", (Text("an answer"),), Stop.END),
        evidence=evidence,
        cost=Cost(3, Usage()),
        made_at=1_700_000_000.0,
        commit=tree.head(),
        root=root,
    )


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_the_work_tree_as_it_is_now_is_what_is_checked(kept: Kept) -> None:
    kept.add("first line?", Lines("a.py", 1, 1))
    kept.add("all of it?", File("a.py"))
    kept.repo.write("a.py", "one\ntwo\nfour\n")
    found = kept.check()
    assert (found["alive"], found["commit"]) == (1, None)
    (broken,) = convert(found["broken"], list[dict[str, Json]])
    assert (broken["question"], broken["changed"]) == ("all of it?", "a.py")
    assert broken["why"] == "it is not what it was"


def test_a_search_that_finds_something_else_is_named_by_what_it_looked_for(kept: Kept) -> None:
    kept.add("where is two?", Search(".", "two"))
    kept.repo.write("a.py", "one\n")
    (broken,) = convert(kept.check()["broken"], list[dict[str, Json]])
    assert broken["changed"] == "the search for 'two' in ."


def test_without_git_a_commit_cannot_be_asked_for_and_that_is_said(kept: Kept) -> None:
    done = run_cli(kept.home, "check", "--at", "HEAD", cwd=kept.repo.root, env={"PATH": "/nowhere"})
    assert (done.returncode, done.stderr) == (
        1,
        "agentcache: git was not found: install it, or put it on PATH\n",
    )


def test_a_commit_is_checked_without_touching_the_work_tree(kept: Kept) -> None:
    kept.add("first line?", Lines("a.py", 1, 1))
    kept.add("all of it?", File("a.py"))
    kept.repo.git("branch", "before")
    kept.repo.write("a.py", "one\ntwo\nfour\n")
    kept.repo.commit()
    kept.repo.git("rm", "-q", "a.py")
    assert kept.broken("--at", "before") == []
    assert kept.broken("--at", "HEAD") == ["all of it?"]
    assert kept.broken() == ["first line?", "all of it?"]
    assert not kept.repo.path("a.py").exists()


def test_answers_of_other_repositories_and_work_trees_are_counted_not_checked(
    kept: Kept, tmp_path: Path
) -> None:
    other = make_repository(tmp_path / "other", FILES)
    kept.add("here?", File("a.py"))
    kept.add("there?", File("a.py"), of=other)
    kept.add("in another tree?", File("a.py"), root=str(tmp_path / "worktree"))
    kept.add("from the prompt?")
    found = kept.check()
    assert (found["alive"], found["broken"]) == (1, [])
    assert found["not_checked"] == {
        "of other repositories": 1,
        "true in another work tree only": 1,
        "resting on the prompt alone": 1,
    }
    assert found["other_repositories"] == {str(other.root / ".git"): 1}
    assert kept.check("--repository", str(other.root))["alive"] == 1


def test_broken_answers_are_removed_only_when_asked(kept: Kept) -> None:
    kept.add("first line?", Lines("a.py", 1, 1))
    kept.add("all of it?", File("a.py"))
    kept.repo.write("a.py", "one\nother\n")
    kept.check()
    assert kept.listed() == ["first line?", "all of it?"]
    assert kept.check("--remove")["removed"] == 1
    assert kept.listed() == ["first line?"]


def test_what_cannot_be_looked_at_now_is_not_removed(kept: Kept) -> None:
    kept.add("all of it?", File("a.py"))
    content = kept.repo.path("a.py").read_bytes()
    kept.repo.path("a.py").unlink()
    os.mkfifo(kept.repo.path("a.py"))
    assert kept.broken("--remove") == ["all of it?"]
    kept.repo.path("a.py").unlink()
    kept.repo.write("a.py", content)
    assert kept.check()["alive"] == 1


def test_nothing_is_cleared_that_nobody_was_asked_about(kept: Kept) -> None:
    kept.add("all of it?", File("a.py"))
    done = run_cli(kept.home, "clear", cwd=kept.repo.root)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert kept.listed() == ["all of it?"]
    assert run_cli(kept.home, "clear", "--yes").stdout == "removed 1 entry\n"
    assert kept.listed() == []


def test_what_stands_in_two_slots_is_one_entry_and_leaves_both(kept: Kept) -> None:
    id_ = kept.add("where?", kind=Kind.DECISION, slots=2)
    kept.add("how?", kind=Kind.DECISION)
    assert kept.listed() == ["where?", "how?"]
    stats = decode_json_object(run_cli(kept.home, "stats", "--json").stdout)
    assert stats["entries"] == 2
    assert run_cli(kept.home, "rm", id_).stdout == f"removed {id_}: where?\n"
    assert kept.listed() == ["how?"]


def test_what_rests_on_a_version_is_said_to(kept: Kept) -> None:
    kept.add("count()", kind=Kind.TOOL)
    kept.add("from the prompt?")
    rows = run_cli(kept.home, "ls").stdout.splitlines()[1:]
    assert ["its version" in row for row in rows] == [True, False]
    assert kept.check()["not_checked"] == {
        "resting on the version of a tool alone": 1,
        "resting on the prompt alone": 1,
    }


def test_no_id_is_no_beginning_of_one(kept: Kept) -> None:
    kept.add("all of it?", File("a.py"))
    done = run_cli(kept.home, "rm", "")
    assert (done.returncode, done.stdout) == (1, "")
    assert kept.listed() == ["all of it?"]


def test_show_says_in_which_repository_an_answer_holds(kept: Kept) -> None:
    id_ = kept.add("all of it?", File("a.py"))
    assert f"in:       {kept.repo.root}\n" in run_cli(kept.home, "show", id_).stdout


def test_the_repository_is_listed_where_there_is_more_than_one(kept: Kept, tmp_path: Path) -> None:
    def rows() -> list[str]:
        done = run_cli(kept.home, "ls", env={"COLUMNS": "300"})
        return [" ".join(line.split()) for line in done.stdout.splitlines()]

    kept.add("here?", File("a.py"))
    assert "repository" not in rows()[0]
    kept.add("there?", File("a.py"), of=make_repository(tmp_path / "other", FILES))
    assert rows()[0].endswith("rests on repository question")
    assert [row.split()[-2:] for row in rows()[1:]] == [
        ["repository", "here?"],
        ["other", "there?"],
    ]
    same = tmp_path / "elsewhere" / "other"
    kept.add("and there?", File("a.py"), of=make_repository(same, FILES))
    _, here, there, and_there = rows()
    assert here.endswith(" repository here?")
    assert there.endswith(f" {tmp_path / 'other'} there?")
    assert and_there.endswith(f" {same} and there?")


def test_removing_at_a_commit_is_refused(kept: Kept) -> None:
    done = run_cli(kept.home, "check", "--remove", "--at", "HEAD", cwd=kept.repo.root)
    assert done.returncode == 2
    assert "--remove goes without --at" in done.stderr


@pytest.mark.parametrize(("percent", "code"), [("50", 0), ("50.1", 1), ("0", 0)])
def test_a_share_can_be_demanded(kept: Kept, percent: str, code: int) -> None:
    kept.add("first line?", Lines("a.py", 1, 1))
    kept.add("all of it?", File("a.py"))
    kept.repo.write("a.py", "one\nother\n")
    done = run_cli(kept.home, "check", "--fail-under", percent, cwd=kept.repo.root)
    assert done.returncode == code, done.stderr


def test_a_share_of_nothing_is_not_reached_where_other_repositories_have_entries(
    kept: Kept, tmp_path: Path
) -> None:
    kept.add("all of it?", File("a.py"))
    kept.repo.git("clone", "--quiet", ".", str(tmp_path / "clone"))

    def check(*arguments: str, cwd: Path = tmp_path / "clone") -> tuple[int, str]:
        done = run_cli(kept.home, "check", "--at", "HEAD", *arguments, cwd=cwd)
        return done.returncode, done.stderr

    code, said = check("--fail-under", "80")
    assert code == 1
    assert f"{kept.repo.root} has 1 entry\n" in said
    assert check("--fail-under", "0")[0] == 0
    assert check()[0] == 0
    assert check("--fail-under", "80", cwd=kept.repo.root) == (0, "")


def test_a_share_of_nothing_is_not_reached_where_another_work_tree_has_entries(
    kept: Kept, tmp_path: Path
) -> None:
    kept.add("in another tree?", File("a.py"), root=str(tmp_path / "worktree"))
    done = run_cli(kept.home, "check", "--fail-under", "1", cwd=kept.repo.root)
    assert done.returncode == 1
    assert "true in another work tree only: 1" in done.stdout


@pytest.mark.parametrize(("is_there", "way"), [(True, ""), (False, ""), (False, "clone/../")])
def test_answers_of_another_clone_are_checked_when_asked(
    kept: Kept, tmp_path: Path, *, is_there: bool, way: str
) -> None:
    kept.add("first line?", Lines("a.py", 1, 1))
    kept.add("all of it?", File("a.py"))
    kept.add("in that tree?", File("a.py"), root=str(kept.repo.root))
    clone = tmp_path / "clone"
    kept.repo.git("clone", "--quiet", ".", str(clone))
    (clone / "a.py").write_text("one\nother\n", encoding="utf-8")
    place = kept.repo.root
    if not is_there:
        place.rename(tmp_path / "gone")
    of = ("--repository", str(clone), "--entries-of", f"{place.parent}/{way}{place.name}")
    done = run_cli(kept.home, "check", "--json", *of, cwd=tmp_path)
    found = decode_json_object(done.stdout)
    assert (found["checked"], found["alive"]) == (2, 1)
    assert found["not_checked"] == {"true in another work tree only": 1}
    done = run_cli(kept.home, "check", "--remove", *of, cwd=tmp_path)
    assert done.returncode == 2
    assert "--remove goes without --at and --entries-of" in done.stderr


def test_a_clone_that_nothing_is_known_of_is_told(kept: Kept, tmp_path: Path) -> None:
    kept.add("all of it?", File("a.py"))
    done = run_cli(kept.home, "check", "--entries-of", str(tmp_path / "typo"), cwd=kept.repo.root)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"{str(tmp_path / 'typo')!r} is no repository, and nothing is kept of" in done.stderr
    kept.repo.git("clone", "--quiet", ".", str(tmp_path / "clone"))
    done = run_cli(kept.home, "check", "--entries-of", str(tmp_path / "clone"), cwd=kept.repo.root)
    assert done.returncode == 0, done.stderr


def test_with_nothing_kept_nothing_is_broken(kept: Kept) -> None:
    done = run_cli(kept.home, "check", "--fail-under", "100", cwd=kept.repo.root)
    assert done.returncode == 0
    assert done.stdout.endswith("0 answers checked\n  alive:  0\n  broken: 0\n")
    assert done.stderr == "agentcache: there was nothing to check\n"
    found = kept.check("--fail-under", "100")
    assert (found["checked"], found["alive"], found["alive_percent"]) == (0, 0, None)


def test_people_read_what_changed_and_why(kept: Kept) -> None:
    id_ = kept.add("is [red]b[/red] there?", File("b.py"))
    kept.repo.git("rm", "-q", "b.py")
    kept.repo.commit()
    done = run_cli(kept.home, "check", "--at", "main", cwd=kept.repo.root, env={"COLUMNS": "200"})
    assert f"commit {kept.repo.git('rev-parse', 'HEAD')[:12]} of" in done.stdout
    assert "broken: 1" in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if line.startswith(id_)]
    assert "b.py" in row
    assert "it is not in commit" in row
    assert "is [red]b[/red] there?" in row
    assert done.stderr == ""


def test_a_bare_repository_is_said_to_have_no_work_tree(kept: Kept, tmp_path: Path) -> None:
    kept.repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    done = run_cli(kept.home, "check", "--at", "HEAD", cwd=tmp_path / "bare")
    assert (done.returncode, done.stdout) == (1, "")
    assert "in no work tree of a git repository" in done.stderr


@pytest.mark.parametrize("arguments", [("--at", "no-such"), ("--repository", "/")])
def test_what_cannot_be_checked_is_a_users_error(kept: Kept, arguments: tuple[str, ...]) -> None:
    done = run_cli(kept.home, "check", *arguments, cwd=kept.repo.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert repr(arguments[1]) in done.stderr


def test_ls_shows_at_which_commit_each_was_made(kept: Kept) -> None:
    kept.add("first?", File("a.py"))
    done = run_cli(kept.home, "ls", "--commit", cwd=kept.repo.root)
    assert kept.first[:12] in done.stdout
    assert kept.first[:12] not in run_cli(kept.home, "ls", cwd=kept.repo.root).stdout


def test_ls_filters_by_the_beginning_of_an_id_and_by_names(kept: Kept, tmp_path: Path) -> None:
    kept.add("first?", File("a.py"))
    kept.repo.git("tag", "v1")
    kept.repo.commit()
    kept.add("second?", File("a.py"))
    assert kept.listed("--commit", "v1") == ["first?"]
    assert kept.listed("--commit", "main") == ["second?"]
    assert kept.listed("--commit", "HEAD~1") == ["first?"]
    assert kept.listed("--commit", kept.first[:8], cwd=tmp_path) == ["first?"]
    assert kept.listed("--commit", "0" * 8) == []


def test_ls_of_an_unknown_branch_is_a_users_error(kept: Kept) -> None:
    done = run_cli(kept.home, "ls", "--commit", "no-such", cwd=kept.repo.root)
    assert done.returncode == 1
    assert "'no-such'" in done.stderr


@pytest.mark.parametrize("arguments", ["ls", "ls --json", "check"])
def test_entries_are_read_one_by_one(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    name, *options = arguments.split()
    options += ["--repository", str(kept.repo.root)] if name == "check" else []
    monkeypatch.setenv("AGENTCACHE_HOME", str(kept.home))
    tree = WorkTree.find(kept.repo.root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    looks = [Lines("a.py", number, number) for number in range(1, 16)]
    evidence = tuple(Observation(look, observer.observe(look, tree).digest) for look in looks)
    entry = an_entry("", tree, evidence, root="")

    def most_held(count: int) -> int:
        """Bytes held at most, with so many entries."""
        store = DiskStore(kept.home / "store", size_limit=1 << 30)
        slots = (Slot((replace(entry, question=f"question {n}?"),)) for n in range(count))
        store.save_all({f"research:{n}": encode_slot(slot) for n, slot in enumerate(slots)})
        store.close()
        with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
            tracemalloc.start()
            group.main([name, *options], standalone_mode=False)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    few, many = most_held(2_100), most_held(2_600)  # some slots are remembered, some fitted
    assert (many - few) / 500 < 1_500


def test_ls_of_many_answers_names_them_all(kept: Kept, tmp_path: Path) -> None:
    tree = WorkTree.find(kept.repo.root)
    assert tree is not None
    store = DiskStore(kept.home / "store", size_limit=1 << 30)
    entries = (an_entry(f"question {number}?", tree, (), root="") for number in range(2_001))
    store.save("research:all", encode_slot(Slot(tuple(entries))))
    store.close()
    lines = run_cli(kept.home, "ls", "--commit", cwd=tmp_path).stdout.splitlines()
    assert len(lines) == 2_002
    assert lines[-1].endswith("question 2000?")
