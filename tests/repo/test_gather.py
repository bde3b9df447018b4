"""From what a tool showed to what it must have looked at, on a real repository."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject
from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, File, GitRef, Lines, Search
from agentcache.core.reasons import Reason
from agentcache.core.shell_git import CONTEXT
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.detours import leads_elsewhere
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import ENVIRONMENT, Repo, make_repository, wait_until_settled

FILES = {"a.py": "LIMIT = 5\n", "b.py": "limit = LIMIT\n"}
BOTH = "a.py:1:LIMIT = 5\nb.py:1:limit = LIMIT\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", dict(FILES))


def looked_at(repo: Repo, name: str, text: str, **arguments: str | int) -> object:
    """The one look behind a run of the tool `name`, which showed `text`."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    given: JsonObject = dict(arguments)
    run = ToolRun(ToolUse("1", name, given), ToolResult("1", text))
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), None)
    (found,) = gather(
        [run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning
    )
    return found.look


@pytest.mark.parametrize(
    ("pattern", "text", "ignores_case"),
    [
        ("limit", BOTH, True),
        ("limit", "b.py:1:limit = LIMIT\n", False),
        ("LIMIT", BOTH, True),  # both readings agree, so the wider one counts
    ],
)
def test_a_search_heeds_the_case_only_where_the_disk_says_so(
    repo: Repo, pattern: str, text: str, *, ignores_case: bool
) -> None:
    look = looked_at(repo, "grep_search", text, pattern=pattern)
    assert isinstance(look, Search)
    assert look.ignore_case is ignores_case


def test_a_search_that_agrees_with_no_reading_differs(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "grep_search", "a.py:1:LIMIT = 6\n", pattern="LIMIT")
    assert refused.value.reason is Reason.RESULT_DIFFERS


@pytest.mark.parametrize(
    ("text", "numbered"),
    [
        (BOTH, True),
        ("a.py:LIMIT = 5\nb.py:limit = LIMIT\n", False),
        ("a.py\nLine 1: LIMIT = 5\n\nb.py\nLine 1: limit = LIMIT\n", True),
    ],
)
def test_the_numbers_of_lines_count_only_where_they_were_shown(
    repo: Repo, text: str, *, numbered: bool
) -> None:
    look = looked_at(repo, "grep_search", text, pattern="LIMIT")
    assert isinstance(look, Search)
    assert look.numbered is numbered


NUMBERS = "".join(f"line {number}\n" for number in range(1, 10))


@pytest.mark.parametrize(
    ("offset", "limit", "shown", "lines"),
    [
        (2, 3, range(2, 5), (2, 4)),  # counted from 1
        (2, 3, range(3, 6), (3, 5)),  # from 0
        (0, 3, range(1, 4), (1, 3)),
        (8, 5, range(8, 10), (8, 13)),  # to the end, which was looked for
        (2, 0, range(2, 10), (2, 0)),
    ],
)
def test_a_read_of_some_lines_rests_on_those_that_it_shows(
    repo: Repo, offset: int, limit: int, shown: range, lines: tuple[int, int]
) -> None:
    repo.write("many.txt", NUMBERS)
    text = "".join(f"{number:6}\tline {number}\n" for number in shown)
    given = {name: value for name, value in (("offset", offset), ("limit", limit)) if value}
    look = looked_at(repo, "Read", text, file_path="many.txt", **given)
    assert look == Lines("many.txt", *lines)


@pytest.mark.parametrize(
    ("offset", "limit", "shown"), [(0, 10, range(1, 10)), (5, 6, range(6, 10))]
)
def test_a_read_that_ended_with_its_file_is_not_believed_when_the_file_has_grown(
    repo: Repo, offset: int, limit: int, shown: range
) -> None:
    text = "".join(f"{number:6}\tline {number}\n" for number in shown)
    given = {name: value for name, value in (("offset", offset), ("limit", limit)) if value}
    repo.write("many.txt", NUMBERS)
    assert looked_at(repo, "Read", text, file_path="many.txt", **given)
    repo.write("many.txt", NUMBERS + "line 10\nline 11\nline 12\n")
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Read", text, file_path="many.txt", **given)
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_contents_that_read_like_numbers_do_not_say_what_a_shell_showed(repo: Repo) -> None:
    repo.write("many.txt", "1\n2\n3\n4\n6\t7\t8\t\n7\t8\t\n8\t\n")
    look = looked_at(repo, "Bash", "6\t7\t8\t\n7\t8\t\n8\t\n", command="sed -n 5,8p many.txt")
    assert look == Lines("many.txt", 5, 8)


def gather_git(
    repo: Repo,
    command: str,
    change: Callable[[], object],
    *,
    text: str = "something",
    name: str = "Bash",
) -> Evidence:
    """What a git command rests on, whose run began before the `change`."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    change()
    run = ToolRun(ToolUse("1", name, {"command": command}), ToolResult("1", text))
    return gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)


@pytest.mark.parametrize(
    "command",
    [
        "git log --oneline -5",
        "git show HEAD --stat",
        "git ls-files",
        "git grep -n LIMIT",
        "git blame a.py",
        "git diff --cached",
        "git diff HEAD~1 HEAD --",
        "git diff HEAD~1 HEAD",
        "git log -- a.py",
        "git rev-parse --short HEAD",
        "git show main:a.py",
        "git log --oneline v1..main~1",
        "git diff v1 heads/main --stat --",
        "git grep -n LIMIT v1 -- a.py",
        "git grep -n LIMIT b.py",
    ],
)
def test_a_git_command_is_proven_while_nothing_changes(repo: Repo, command: str) -> None:
    repo.git("tag", "v1")
    looks = {seen.look for seen in gather_git(repo, command, lambda: None)}
    assert GitRef(CONTEXT) in looks


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("git log main", ("branch", "--force", "main", "HEAD~1")),
        ("git log other", ("branch", "other")),
        ("git log v1..", ("tag", "--delete", "v1")),
        ("git show v1:a.py", ("pack-refs", "--all")),
        ("git grep -n LIMIT b.py", ("tag", "b.py")),
    ],
)
def test_a_ref_that_may_have_moved_meanwhile_leaves_what_git_shows_of_it_unproven(
    repo: Repo, command: str, change: tuple[str, ...]
) -> None:
    repo.git("tag", "v1")
    repo.write("c.py", "LIMIT = 1\n")
    repo.commit()
    repo.git("checkout", "--quiet", "--detach")
    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, command, lambda: repo.git(*change))
    assert refused.value.reason is Reason.UNSETTLED


@pytest.mark.parametrize(
    "name",
    ["ORIG_HEAD", "FETCH_HEAD", "main-worktree/HEAD", "worktrees/x/HEAD", "deadbeef", "v1-2-g1234"],
)
def test_a_name_that_more_than_refs_decide_on_is_not_known_for_the_time_of_the_run(
    repo: Repo, name: str
) -> None:
    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, f"git log {name}", lambda: None)
    assert (refused.value.reason, refused.value.what) == (Reason.UNSETTLED, name)


@pytest.mark.parametrize(
    ("name", "words"), [("no..one", "no..one"), ("no~1", "HEAD no~1"), ("HEAD^9", "HEAD^9 HEAD")]
)
def test_a_file_that_is_named_as_commits_is_none(repo: Repo, name: str, words: str) -> None:
    repo.write(name, "1\n")  # git shows what differs in it, as there are no such commits
    repo.commit()
    repo.write(name, "2\n")
    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, f"git diff {words}", lambda: None)
    assert refused.value.reason is Reason.OPAQUE_TOOL


@pytest.mark.parametrize("command", ["git ls-files", "git grep -n LIMIT"])
def test_a_name_that_was_added_meanwhile_leaves_what_git_tracks_unproven(
    repo: Repo, command: str
) -> None:
    repo.write("new.py", "LIMIT = 1\n")
    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, command, lambda: repo.git("add", "new.py"))
    assert (refused.value.reason, refused.value.what) == (Reason.UNSETTLED, ":tracked")


@pytest.mark.parametrize(
    "change",
    [
        "git notes add -m hello",
        "git replace --graft HEAD",
        "git config log.showRoot false",
        "git config --global log.showRoot false",
        "echo '*.py -diff' > .git/info/attributes",
        "echo '*.py -diff' > in/.gitattributes",
        "rm in/it/.gitattributes",
        "rm .git/shallow",
        "rm .git/more",
        "git pack-refs --all",
    ],
)
def test_a_change_of_what_shapes_gits_words_leaves_them_unproven(
    repo: Repo, change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "home" / "config"))
    (tmp_path / "home").mkdir()
    repo.write("in/it/.gitattributes", "")
    repo.commit()
    repo.write(".git/shallow", "")
    repo.write(".git/more", "")
    repo.git("config", "include.path", "more")

    def run() -> None:
        subprocess.run(["sh", "-c", change], cwd=repo.root, check=True, capture_output=True)

    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, "git log --oneline -5", run)
    assert refused.value.reason is Reason.UNSETTLED


def test_a_blame_of_lines_that_are_not_committed_shows_the_clock(repo: Repo) -> None:
    repo.write("a.py", "LIMIT = 6\n")
    text = repo.git("blame", "a.py")
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", text, command="git blame a.py")
    assert refused.value.reason is Reason.OPAQUE_TOOL


def test_a_log_with_colours_is_not_read(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", "\x1b[33mcommit 1234567\x1b[m\n", command="git log -1")
    assert refused.value.reason is Reason.OPAQUE_TOOL


IN_A_TERMINAL = "Command: x\nDirectory: .\nOutput: {}\nError: (none)\nExit Code: 0\n"
DECORATED = {
    "git log --oneline -1": "{id:.7} (HEAD -> main, origin/main) first\n",
    "git log --oneline -2": "{id:.7} (tag: v1) first\n",
    "git log --oneline -3": "{id:.9} (tag: v1) first\n",
    "git show": "commit {id} (main)\nAuthor: A\n",
}


def decorated(repo: Repo, command: str) -> str:
    return DECORATED[command].format(id=repo.git("rev-parse", "HEAD").strip())


@pytest.mark.parametrize("command", DECORATED)
def test_a_log_that_shows_names_beside_commits_rests_on_all_refs(repo: Repo, command: str) -> None:
    evidence = gather_git(repo, command, lambda: None, text=decorated(repo, command))
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    assert observer.verify(evidence, tree) is None
    repo.git("tag", "v2")
    assert observer.verify(evidence, tree) is not None


@pytest.mark.parametrize("shown", ["first", "(main) first"])
def test_a_log_in_a_terminal_rests_on_the_refs_that_it_does_not_show_too(
    repo: Repo, shown: str
) -> None:
    text = IN_A_TERMINAL.format(repo.git("rev-parse", "--short", "HEAD").strip() + f" {shown}")
    evidence = gather_git(
        repo, "git log --oneline -1", lambda: None, text=text, name="run_shell_command"
    )
    assert GitRef("*") in [seen.look for seen in evidence]


@pytest.mark.parametrize(
    "change",
    [
        ("tag", "v2"),
        ("tag", "--delete", "v1"),
        ("pack-refs", "--all"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
        ("checkout", "--quiet", "--detach"),
    ],
)
def test_names_beside_commits_that_may_be_newer_than_the_run_are_not_believed(
    repo: Repo, change: tuple[str, ...]
) -> None:
    repo.git("tag", "v1")
    text = decorated(repo, "git show")
    with pytest.raises(NotProvenError) as refused:
        gather_git(repo, "git show", lambda: repo.git(*change), text=text)
    assert refused.value.reason is Reason.UNSETTLED


def test_names_beside_commits_need_a_run_whose_beginning_was_seen(repo: Repo) -> None:
    text = decorated(repo, "git show")
    assert judged_alone(repo, "Bash", text, command="git show") is Reason.BEGINNING_UNSEEN


def test_a_run_that_looked_at_nothing_is_no_evidence(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        looked_at(repo, "Bash", "hello\n", command="echo hello")
    assert refused.value.reason is Reason.NO_EVIDENCE


@pytest.mark.parametrize(
    ("remark", "whole"),
    [
        ("", False),
        ("\n(File has more lines. Use 'offset' to read on)", False),
        ("\n(File has more lines. Total 9)", True),
        ("\n... (7 more lines truncated)", True),
    ],
)
def test_a_read_of_some_lines_that_tells_how_many_there_are_rests_on_the_whole_file(
    repo: Repo, remark: str, *, whole: bool
) -> None:
    repo.write("many.txt", NUMBERS)
    text = f"     1\tline 1\n     2\tline 2{remark}"
    look = looked_at(repo, "Read", text, file_path="many.txt", limit=2)
    assert isinstance(look, File if whole else Lines)


def judged_alone(repo: Repo, name: str, text: str, **arguments: str | int) -> Reason:
    """What becomes of a run of the tool `name` of which nobody saw when it began."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    run = ToolRun(ToolUse("1", name, dict(arguments)), ToolResult("1", text))
    beginning = Beginning(str(repo.root), None, None)
    try:
        gather([run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)
    except NotProvenError as refused:
        return refused.reason
    return Reason.KEPT


@pytest.mark.parametrize("line", ["more", ""])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Bash", {"command": "grep -n -A2 LIMIT a.py"}),
        ("Bash", {"command": "rg -n -C3 LIMIT a.py"}),
        ("Grep", {"pattern": "LIMIT", "output_mode": "content", "-n": True, "-A": 2}),
    ],
)
def test_context_that_was_added_before_the_answer_is_missed(
    repo: Repo, line: str, name: str, arguments: dict[str, str | int]
) -> None:
    repo.remove("b.py")
    text = "a.py:1:LIMIT = 5" if name == "Grep" else "1:LIMIT = 5\n"
    assert judged_alone(repo, name, text, **arguments) is Reason.KEPT
    repo.write("a.py", FILES["a.py"] + f"{line}\n")
    assert judged_alone(repo, name, text, **arguments) is Reason.BEGINNING_UNSEEN


def test_what_a_listing_says_it_left_out_proves_nothing(repo: Repo) -> None:
    place = str(repo.root)
    text = "Listed 2 item(s) in it:\n---\na.py\nb.py"
    assert judged_alone(repo, "list_directory", text, path=place) is Reason.KEPT
    ignored = f"{text}\n\n(1 git-ignored)"
    reason = judged_alone(repo, "list_directory", ignored, path=place)
    assert reason is Reason.BEGINNING_UNSEEN


@pytest.mark.parametrize(
    ("command", "text", "kept"),
    [
        ("find . -type f | head -3", "./.git/HEAD\n./a.py\n./b.py\n", False),
        ("ls -AR | head -20", ".:\n.git\na.py\n\n./.git:\nHEAD\n", False),
        ("find . -name .git | head", "./.git\n", False),
        ("grep -rc LIMIT . | head -3", "./a.py:1\n./.git/HEAD:0\n", False),
        ("find . -type f | wc -l", "31\n", False),
        ("find . -name '*.py' | wc -l", "2\n", True),
        ("find src -type f | wc -l", "1\n", True),
        ("ls -la | tail -3", "drwxr-xr-x 7 me me 4096 Nov 1 12:00 .git\n", True),
        ("rg -c LIMIT | head -2", "a.py:1\nb.py:1\n", True),
        ("grep -rh url . | head -1", "https://example.org/it.git/x\n", True),
    ],
)
def test_a_text_that_shows_what_is_in_git_is_not_proven(
    repo: Repo, command: str, text: str, *, kept: bool
) -> None:
    repo.write("src/c.py", "x\n")
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), None)
    run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))

    def look() -> Evidence:
        return gather(
            [run], tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning
        )

    if kept:
        assert look()
        return
    with pytest.raises(NotProvenError) as refused:
        look()
    assert refused.value.reason is Reason.OPAQUE_TOOL


def test_matches_that_came_behind_a_limit_that_was_not_reached_are_missed(repo: Repo) -> None:
    given: dict[str, str | int] = {"pattern": "LIMIT", "output_mode": "content", "head_limit": 20}
    text = "a.py:1:LIMIT = 5\nb.py:1:limit = LIMIT"
    assert judged_alone(repo, "Grep", text, **given) is Reason.KEPT
    repo.write("c.py", "more = LIMIT\n")
    assert judged_alone(repo, "Grep", text, **given) is Reason.BEGINNING_UNSEEN


@pytest.mark.parametrize("is_file", [False, True])
def test_a_repository_that_comes_to_be_in_a_listed_directory_breaks_the_listing(
    repo: Repo, *, is_file: bool
) -> None:
    repo.write("src/c.py", "x\n")
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)

    def listed(text: str) -> Evidence:
        wait_until_settled(repo)
        run = ToolRun(ToolUse("1", "Bash", {"command": "ls -A src"}), ToolResult("1", text))
        beginning = Beginning(str(repo.root), time.time_ns(), None)
        return gather([run], tree=tree, observer=observer, beginning=beginning)

    without = listed("c.py\n")
    assert observer.verify(without, tree) is None
    if is_file:
        repo.write("src/.git", "gitdir: ../.git\n")
    else:
        subprocess.run(["git", "init", "-q", "src"], cwd=repo.root, check=True)
    assert observer.verify(without, tree) is not None
    within = listed(".git\nc.py\n")
    assert observer.verify(within, tree) is None
    (repo.root / "src" / ".git").rename(repo.root / "src" / "git")
    assert observer.verify(within, tree) is not None


@pytest.mark.parametrize(
    ("cwd", "arguments", "is_elsewhere"),
    [
        ("link", {"command": "wc -c ../a.py"}, True),
        ("link/in", {"command": "wc -c ../../a.py"}, True),
        ("link/in", {"command": "wc -c ../b.py"}, False),
        (".", {"command": "cd link && cat ../a.py b.py"}, True),
        (".", {"command": "cd 'a link' && cat ../a.py b.py"}, True),
        (".", {"command": "cat ../a.py b.py", "workdir": "link"}, True),
        (".", {"command": "cd deep && cd far && cat ../a.py b.py"}, True),
        (".", {"command": "cd deep && cd near && cat ../a.py b.py"}, False),
        (".", {"command": ["bash", "-lc", "cd link; cat '.'./a.py"]}, True),
        (".", {"command": "cd link && git log main..HEAD"}, False),
        ("deep", {"command": "cat ../a.py er/b.py"}, False),
        ("deep/er/in", {"command": "cat ../../a.py"}, False),
        ("link", {"command": "cat b.py"}, False),
        ("deep", {"file_path": "../a.py"}, False),
        ("link", {"file_path": "../a.py"}, True),
    ],
)
def test_a_path_that_goes_up_from_a_link_may_lead_elsewhere(
    tmp_path: Path, cwd: str, arguments: dict[str, Json], *, is_elsewhere: bool
) -> None:
    (tmp_path / "root").symlink_to("repo")  # which is nothing to what stays below it
    (tmp_path / "repo" / "deep" / "er" / "in").mkdir(parents=True)
    for name, target in [
        ("link", "deep/er"), ("a link", "deep/er"), ("deep/near", "er"), ("deep/far", "er/in"),
    ]:  # fmt: skip
        (tmp_path / "repo" / name).symlink_to(target)
    assert leads_elsewhere(arguments, str(tmp_path / "root" / cwd)) is is_elsewhere


def test_a_run_that_goes_up_from_a_link_is_not_proven(repo: Repo) -> None:
    repo.write("deep/er/b.py", "x\n")
    (repo.root / "link").symlink_to("deep/er")
    text = "LIMIT = 5\nx\n"
    for command, kept in (("cat a.py link/b.py", True), ("cd link && cat ../a.py b.py", False)):
        wait_until_settled(repo)
        tree = WorkTree.find(str(repo.root))
        assert tree is not None
        beginning = Beginning(str(repo.root), time.time_ns(), None)
        run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))
        observer = Observer(clock_ns=time.time_ns)
        if kept:
            assert gather([run], tree=tree, observer=observer, beginning=beginning)
            continue
        with pytest.raises(NotProvenError) as refused:
            gather([run], tree=tree, observer=observer, beginning=beginning)
        assert refused.value.reason is Reason.OPAQUE_TOOL


@pytest.mark.parametrize(("zeros", "kept"), [(0, True), (1, True), (4096, False)])
def test_a_match_in_a_file_that_may_have_holes_is_not_proven(
    repo: Repo, zeros: int, *, kept: bool
) -> None:
    with (repo.root / "a.py").open("ab") as file:
        file.write(b"a\n" * 10_000 + bytes(zeros) + b"\n")
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), None)
    run = ToolRun(ToolUse("1", "Bash", {"command": "grep -c LIMIT a.py"}), ToolResult("1", "1\n"))
    observer = Observer(clock_ns=time.time_ns)
    if kept:
        assert gather([run], tree=tree, observer=observer, beginning=beginning)
        return
    with pytest.raises(NotProvenError) as refused:
        gather([run], tree=tree, observer=observer, beginning=beginning)
    assert refused.value.reason is Reason.UNOBSERVABLE
