"""What is believed on a result's own word is what the tool would show now, character by character.

The tool ran on one state of the files, the disk is in another, and when the run began was not seen.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agentcache.core.conversation import ToolRun
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from oracle.tools import Result, Use, run_tool
from support.repositories import Repo, make_repository

NAMES = ("a.py", "b.py")
LINES = (
    "",
    " ",
    "x",
    "x = 1",
    "The file is empty.",
    "1\tx",
    "1:x",
    "(End of file - total 2 lines)",
)
CONTENTS = st.none() | st.builds(
    lambda lines, is_open: "\n".join(lines) + ("" if is_open or not lines else "\n"),
    st.lists(st.sampled_from(LINES), max_size=4),
    st.booleans(),
)
FILES = st.fixed_dictionaries(dict.fromkeys(NAMES, CONTENTS))


def uses(root: Path) -> list[Use]:
    """Reads, searches and listings of all hosts."""
    place = f"{root}/a.py"
    shell = (
        "cat a.py", "head -n 2 a.py", "sed -n 2,3p a.py", "sed -n 3,9p a.py", "wc -l a.py", "ls .",
        "grep -rnE x .", "grep -rE x .", "grep -rlE x .", "find . -name '*.py'",
        "tail -n 2 a.py", "cat a.py b.py", "grep -nE '^$' a.py", "grep -E '^$' a.py", "nl -ba a.py",
        "grep -hE 'x|^$' a.py", "grep -nE -A1 x a.py", "grep -nE -C1 x a.py",
    )  # fmt: skip
    return [
        Use("Read", {"file_path": place}),
        Use("Read", {"file_path": place, "limit": 2}),
        *(Use("Read", {"file_path": place, "offset": n, "limit": 2}) for n in (1, 2, 3)),
        Use("read", {"filePath": place}),
        *(Use("read", {"filePath": place, "offset": n, "limit": 2}) for n in (0, 1, 2)),
        *(Use("Bash", {"command": command}) for command in shell),
        Use("Grep", {"pattern": "x"}),
        Use("Grep", {"pattern": "x", "output_mode": "content", "-n": True}),
        Use("grep", {"pattern": "x"}),
        Use("Glob", {"pattern": "*.py"}),
        Use("glob", {"pattern": "*.py"}),
        Use("LS", {"path": str(root)}),
    ]


def put(root: Path, files: Mapping[str, str | None]) -> None:
    for name, content in files.items():
        if content is None:
            (root / name).unlink(missing_ok=True)
        else:
            (root / name).write_text(content)


def is_believed(root: Path, use: Use, result: Result) -> bool:
    """Whether a run with this result counts, though nobody saw when it began."""
    tree = WorkTree.find(root)
    assert tree is not None
    run = ToolRun(
        ToolUse("1", use.name, dict(use.arguments)), ToolResult("1", result.text, result.is_error)
    )
    try:
        gather(
            [run],
            tree=tree,
            observer=Observer(clock_ns=lambda: 0),
            beginning=Beginning(str(root), None, None),
        )
    except NotProvenError:
        return False
    return True


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("agreeing") / "repo", {"README.md": "x\n"})


@settings(max_examples=200)
@given(before=FILES, now=FILES)
@example(before={"a.py": ""}, now={"a.py": "\n\n\n"})
@example(before={"a.py": "\n\n\n"}, now={"a.py": ""})
@example(before={"a.py": "x\n"}, now={"a.py": ""})
@example(before={"a.py": "x\n"}, now={"a.py": "x\nx\nx\n"})
@example(before={"a.py": ""}, now={"a.py": "x\n"})
def test_what_is_believed_is_what_the_tool_would_show_now(
    repository: Repo, before: dict[str, str | None], now: dict[str, str | None]
) -> None:
    root = repository.root
    put(root, before)
    shown = [(use, run_tool(use, root)) for use in uses(root)]
    put(root, now)
    for use, result in shown:
        assert result == run_tool(use, root) or not is_believed(root, use, result)


def test_results_of_files_as_they_are_are_believed(repository: Repo) -> None:
    root = repository.root
    put(root, {"a.py": "x = 1\ny\nz\n", "b.py": "x\n"})
    believed = [use for use in uses(root) if is_believed(root, use, run_tool(use, root))]
    assert len(believed) >= 12
