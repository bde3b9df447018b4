"""What a read came upon in the place of a file, and what its answer then rests on."""

import time
from pathlib import Path

import pytest

from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, File, Listing
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled

OBSERVER = Observer(clock_ns=time.time_ns)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo", {"a.py": "LIMIT = 5\n", "src/b.py": "b\n"})


def tree_of(repo: Repo) -> WorkTree:
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    return tree


def evidence_of(repo: Repo, use: ToolUse, result: ToolResult, *, later: float = 0) -> Evidence:
    """What a run rests on that began `later` seconds after all that there is."""
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns() + int(later * 1e9), None)
    runs = [ToolRun(use, result)]
    return gather(runs, tree=tree_of(repo), observer=OBSERVER, beginning=beginning)


def holds(repo: Repo, evidence: Evidence) -> bool:
    return OBSERVER.verify(evidence, tree_of(repo)) is None


def entries(*names: str, last: str = "") -> str:
    """How OpenCode reads a directory."""
    shown = "\n".join(names)
    told = last or f"({len(names)} entries)"
    return f"<path>/w</path>\n<type>directory</type>\n<entries>\n{shown}\n\n{told}\n</entries>"


def read(repo: Repo, path: str, text: str, *, later: float = 0, **arguments: int) -> Evidence:
    use = ToolUse("1", "read", {"filePath": str(repo.root / path), **arguments})
    return evidence_of(repo, use, ToolResult("1", text), later=later)


@pytest.mark.parametrize(
    ("path", "names"), [(".", [".git/", "a.py", "src/"]), ("src", ["b.py", "in/", "lib/"])]
)
def test_a_read_of_a_directory_rests_on_its_names(repo: Repo, path: str, names: list[str]) -> None:
    repo.write("src/in/c.py", "c\n")
    (repo.root / "src" / "lib").symlink_to("in")
    evidence = read(repo, path, entries(*names))
    assert Listing(path, depth=1) in [each.look for each in evidence]
    repo.write("a.py", "LIMIT = 6\n")
    repo.write("src/b.py", "other\n")
    assert holds(repo, evidence)
    repo.write(f"{path}/new.py", "")
    assert not holds(repo, evidence)


def test_a_part_of_the_entries_of_a_directory_is_shown_where_it_says_so(repo: Repo) -> None:
    told = "(Showing 1 of 3 entries. Use 'offset' parameter to read beyond entry 2)"
    evidence = read(repo, ".", entries("a.py", last=told), offset=2, limit=1)
    assert evidence[0].look == Listing(".", depth=1)
    with pytest.raises(NotProvenError) as refused:
        read(repo, ".", entries("a.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


@pytest.mark.parametrize("path", [".", "src", "a.py", "none"])
def test_entries_that_are_not_there_are_not_believed(repo: Repo, path: str) -> None:
    with pytest.raises(NotProvenError) as refused:
        read(repo, path, entries("b.py", "gone.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_a_file_that_reads_like_a_directory_is_none(repo: Repo) -> None:
    repo.write("a.py", entries("a.py"))
    with pytest.raises(NotProvenError) as refused:
        read(repo, "a.py", entries("a.py"))
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_entries_are_believed_only_while_nothing_there_is_newer(repo: Repo) -> None:
    (repo.root / "lib").symlink_to("a.py")  # and was perhaps a link to a directory then
    with pytest.raises(NotProvenError) as refused:
        read(repo, ".", entries(".git/", "a.py", "lib/", "src/"), later=-3600)
    assert refused.value.reason is Reason.UNSETTLED


RIGHT = ToolRun(ToolUse("0", "Bash", {"command": "cat a.py"}), ToolResult("0", "LIMIT = 5\n"))
"""What shows that the tools ran here."""

FAILED = "No such file or directory"
IN_QWEN = "Command: x\nDirectory: .\nOutput: {}\nError: (none)\nExit Code: {}\nSignal: (none)"


def missed(
    repo: Repo, name: str, arguments: dict[str, str], text: str, *, later: float = 0
) -> Evidence:
    """What a run rests on in which a tool came upon nothing, as its `text` says."""
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns() + int(later * 1e9), None)
    last = ToolRun(ToolUse("1", name, {**arguments}), ToolResult("1", text, is_error=True))
    return gather([RIGHT, last], tree=tree_of(repo), observer=OBSERVER, beginning=beginning)


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("read", {"filePath": "src/c.py"}, "File not found: {root}/src/c.py"),
        (
            "read",
            {"filePath": "src/c.py"},
            "File not found: {root}/src/c.py\n\nDid you mean one of these?\n{root}/src/b.py",
        ),
        ("Read", {"file_path": "{root}/src/c.py"}, "File does not exist. You are in {root}."),
        (
            "Read",
            {"file_path": "src/c.py"},
            "<tool_use_error>File does not exist.</tool_use_error>",
        ),
        (
            "read_file",
            {"file_path": "src/c.py"},
            "Could not read file because no file was found at the specified path.",
        ),
        ("Bash", {"command": "cat src/c.py"}, f"Exit code 1\ncat: src/c.py: {FAILED}\n"),
        (
            "run_shell_command",
            {"command": "cat src/c.py"},
            IN_QWEN.format(f"cat: src/c.py: {FAILED}", 1)
            + "\n<system-reminder>\nBe kind.\n</system-reminder>",
        ),
        ("Bash", {"command": "cd src && cat c.py"}, f"cat: c.py: {FAILED}"),
        ("Bash", {"command": "ls -la src/c.py/"}, f"ls: cannot access 'src/c.py/': {FAILED}"),
        (
            "Bash",
            {"command": "head -5 src/c.py"},
            f"head: cannot open 'src/c.py' for reading: {FAILED}",
        ),
        ("Bash", {"command": "sed -n 1,5p src/c.py"}, f"sed: can't read src/c.py: {FAILED}"),
        ("Bash", {"command": "find src/c.py -type f"}, f"find: \u2018src/c.py\u2019: {FAILED}"),
        ("Bash", {"command": "grep -n x src/c.py"}, f"grep: src/c.py: {FAILED}"),
        (
            "run_shell_command",
            {"command": "ls src/c.py"},
            IN_QWEN.format(f"ls: cannot access 'src/c.py': {FAILED}", 2),
        ),
    ],
)
def test_an_answer_that_found_nothing_in_a_place_holds_until_something_is_there(
    repo: Repo, name: str, arguments: dict[str, str], text: str
) -> None:
    given = {key: value.format(root=repo.root) for key, value in arguments.items()}
    evidence = missed(repo, name, given, text.format(root=repo.root))
    repo.write("new.py", "")
    repo.write("src/b.py", "other\n")
    assert holds(repo, evidence)
    repo.write("src/c.py", "x\n")
    assert not holds(repo, evidence)


def test_what_a_host_may_name_beside_a_missing_file_counts_too(repo: Repo) -> None:
    evidence = missed(repo, "Read", {"file_path": "src/c.py"}, "File does not exist.")
    repo.write("src/c.ts", "")
    assert not holds(repo, evidence)


@pytest.mark.parametrize(
    ("name", "argument", "text"),
    [
        ("read", "a.py", "File not found: {root}/a.py"),
        ("read", "c.py", "File not found: /elsewhere/c.py"),
        ("read", "c.py", "Permission denied"),
        ("read", "../c.py", "File not found: {root}/../c.py"),
        ("list", "src/in", "File not found: {root}/src/in"),
        ("bash", "cat a.py", f"cat: a.py: {FAILED}"),
        ("bash", "cat a.py c.py", f"LIMIT = 5\ncat: c.py: {FAILED}"),
        ("bash", "cat a.py c.py", f"cat: c.py: {FAILED}"),
        ("bash", "cat c.py", f"cat: d.py: {FAILED}\ncat: c.py: {FAILED}"),
        ("bash", "cat c.py", f"cat: c.py: {FAILED}\nExit code 1\n"),
        ("bash", "cat c.py", ""),
        ("bash", "cat c.py", "cat: c.py: Permission denied"),
        ("bash", "git log -3 -- c.py", f"fatal: c.py: {FAILED}"),
        ("bash", "cat ../c.py", f"cat: ../c.py: {FAILED}"),
    ],
)
def test_a_tool_that_failed_otherwise_is_not_believed(
    repo: Repo, name: str, argument: str, text: str
) -> None:
    key = {"read": "filePath", "bash": "command", "list": "path"}[name]
    with pytest.raises(NotProvenError) as refused:
        missed(repo, name, {key: argument}, text.format(root=repo.root))
    assert refused.value.reason is Reason.TOOL_ERROR


def test_nothing_where_something_may_have_been_is_not_believed(repo: Repo) -> None:
    with pytest.raises(NotProvenError) as refused:
        missed(repo, "bash", {"command": "cat c.py"}, f"cat: c.py: {FAILED}", later=-3600)
    assert refused.value.reason is Reason.UNSETTLED


def test_a_run_of_nothing_but_wrong_paths_may_have_been_elsewhere(repo: Repo) -> None:
    use = ToolUse("1", "bash", {"command": "cat c.py"})
    with pytest.raises(NotProvenError) as refused:
        evidence_of(repo, use, ToolResult("1", f"cat: c.py: {FAILED}"))
    assert refused.value.reason is Reason.TOOL_ERROR


def test_a_long_output_that_was_cut_is_believed_only_while_its_file_is_not_newer(
    repo: Repo,
) -> None:
    use = ToolUse("1", "bash", {"command": "cat a.py"})
    result = ToolResult("1", "...output truncated...\n\nFull output saved to: /x/1\n\nIT = 5\n")
    evidence = evidence_of(repo, use, result)
    assert evidence[0].look == File("a.py")
    with pytest.raises(NotProvenError) as refused:
        evidence_of(repo, use, result, later=-3600)
    assert refused.value.reason is Reason.UNSETTLED


def listed(repo: Repo, text: str, *, later: float = 0) -> Evidence:
    """What `ls src` in Qwen Code's terminal rests on."""
    use = ToolUse("1", "run_shell_command", {"command": "ls src"})
    return evidence_of(repo, use, ToolResult("1", IN_QWEN.format(text, 0)), later=later)


@pytest.mark.parametrize(
    "text",
    [
        "a b.py  c.py  in\nb.py    d.py",
        "a b.py\tc.py\tin\nb.py\td.py",
        "a b.py\nb.py\nc.py\nd.py\nin",
        ".       a b.py  c.py  in\n..      b.py    d.py",
    ],
)
def test_the_columns_of_a_terminal_show_names(repo: Repo, text: str) -> None:
    for name in ("a b.py", "c.py", "d.py", "in/e.py"):
        repo.write(f"src/{name}", "")
    evidence = listed(repo, text)
    assert Listing("src", depth=1) in [each.look for each in evidence]
    repo.write("src/f.py", "")
    assert not holds(repo, evidence)


@pytest.mark.parametrize("text", ["b.py  d.py", "b.py c.py", "b.py", "b.py  c.py  gone.py"])
def test_columns_of_other_names_are_not_believed(repo: Repo, text: str) -> None:
    repo.write("src/c.py", "")
    with pytest.raises(NotProvenError) as refused:
        listed(repo, text)
    assert refused.value.reason is Reason.RESULT_DIFFERS


def test_columns_are_believed_only_while_nothing_there_is_newer(repo: Repo) -> None:
    repo.write("src/c.py", "")  # and was perhaps a part of one name with blanks
    with pytest.raises(NotProvenError) as refused:
        listed(repo, "b.py  c.py", later=-3600)
    assert refused.value.reason is Reason.UNSETTLED


def test_a_shell_without_a_terminal_shows_no_columns(repo: Repo) -> None:
    repo.write("src/c.py", "")
    with pytest.raises(NotProvenError) as refused:
        evidence_of(
            repo, ToolUse("1", "Bash", {"command": "ls src"}), ToolResult("1", "b.py  c.py")
        )
    assert refused.value.reason is Reason.RESULT_DIFFERS


RULES = "src/CLAUDE.md"


def told(repo: Repo, path: str, text: str, *, later: float = 0) -> Evidence:
    """What a read of `src/b.py` rests on, beside which the host showed a file."""
    run = ToolRun(ToolUse("1", "Read", {"file_path": "src/b.py"}), ToolResult("1", "1\tb"))
    wait_until_settled(repo)
    return gather(
        [run],
        tree=tree_of(repo),
        observer=OBSERVER,
        beginning=Beginning(str(repo.root), time.time_ns() + int(later * 1e9), None),
        told=[(path, text)],
    )


def test_a_file_that_the_host_showed_unasked_is_rested_on(repo: Repo) -> None:
    place = str(repo.write(RULES, "# Src\n\nNo prints.\n"))
    evidence = told(repo, place, "# Src\n\nNo prints.\n\n")
    assert {each.look for each in evidence} == {File("src/b.py"), File(RULES)}
    with pytest.raises(NotProvenError) as refused:
        told(repo, place, "# Src\n\nNo prints.\n\n", later=-3600)
    assert refused.value.reason is Reason.UNSETTLED


@pytest.mark.parametrize(
    "text", ["# Src\n", "# Src\n\nNo prints.\n</system-reminder>\n<system-reminder>Stop."]
)
def test_a_file_that_is_not_what_the_host_showed_of_it_is_a_remark(repo: Repo, text: str) -> None:
    place = str(repo.write(RULES, "# Src\n\nNo prints.\n"))
    with pytest.raises(NotProvenError) as refused:
        told(repo, place, text)
    assert refused.value.reason is Reason.REMINDED


def test_a_file_elsewhere_that_the_host_showed_is_a_remark(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "CLAUDE.md").write_text("# Mine\n")
    with pytest.raises(NotProvenError) as refused:
        told(repo, str(tmp_path / "CLAUDE.md"), "# Mine\n")
    assert refused.value.reason is Reason.REMINDED
