import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import JsonObject
from agentcache.core.evidence import Among, File, Lines, Listing, Look, Search, Tree
from agentcache.core.tool_shapes import READ_ONLY_TOOLS, TOOLS
from agentcache.core.values import ToolResult, ToolUse
from agentcache.core.vocabulary import directory_after, looks_of, result_body

VISIBLE = Among.VISIBLE


RULES = Listing("/w", among=Among.VISIBLE)
"""What ripgrep goes over, beside a Tree that tells what is in it."""


def use(name: str, **arguments: object) -> ToolUse:
    given_arguments: JsonObject = dict(arguments)  # type: ignore[arg-type]  # tests give JSON
    return ToolUse("1", name, given_arguments)


@pytest.mark.parametrize(
    ("run", "looks"),
    [
        (use("Read", file_path="/w/a.py"), (File("/w/a.py"),)),
        (use("Read", file_path="src/../a.py"), None),
        (use("Read", file_path="/w/a", offset=10, limit=5), (Lines("/w/a", 10, 15),)),
        (use("Read", file_path="/w/a", limit=5), (Lines("/w/a", 1, 5),)),
        (use("Read", file_path="/w/a", offset=7), (Lines("/w/a", 7, 0),)),
        (use("Read", file_path="/w/a", offset=None, limit=None), (File("/w/a"),)),
        (use("Read", file_path="/w/a", allow_large=True), (File("/w/a"),)),
        (use("read", filePath="/w/a", offset=7, limit=2), (File("/w/a"),)),
        (use("read_file", absolute_path="/w/a"), (File("/w/a"),)),
        (
            use("Grep", pattern="foo", output_mode="content", **{"-i": True, "-C": 2, "-n": True}),
            (Search("/w", "foo", ignore_case=True, before=2, after=2, among=VISIBLE),),
        ),
        (use("Grep", pattern="foo"), (Search("/w", "foo", names_only=True, among=VISIBLE),)),
        (
            use("Grep", pattern="foo", path="src", glob="*.{ts,tsx}", output_mode="count"),
            (Search("/w/src", "foo", include="*.{ts,tsx}", among=VISIBLE),),
        ),
        (
            use("Grep", pattern="foo", type="py", head_limit=3, output_mode="content"),
            (Search("/w", "foo", include="*.{py,pyi}", among=VISIBLE),),
        ),
        (
            use("Grep", pattern="foo", output_mode="content", **{"-o": True}),
            (Search("/w", "foo", among=VISIBLE),),
        ),
        (use("Grep", pattern="foo", type="cobol"), (
            Search("/w", "foo", names_only=True, among=VISIBLE),
        )),
        (use("Grep", pattern="a.*b", multiline=True), (Tree("/w"), RULES)),
        (use("Grep", pattern="(?<!x)y"), (Tree("/w"), RULES)),
        (use("grep", pattern="foo", include="*.py"), (
            Search("/w", "foo", include="*.py", among=VISIBLE),
        )),
        (use("grep_search", pattern="foo"), (
            Search("/w", "foo", ignore_case=True, among=VISIBLE),
        )),
        (use("Glob", pattern="**/*.py"), (Listing("/w", "**/*.py"),)),
        (use("Glob", pattern="/x/src/*.py"), (Listing("/x/src", "*.py"),)),
        (use("Glob", pattern="*.py", path="src"), (Listing("/w/src", "*.py"),)),
        (use("Glob", pattern="@(a|b).py"), (Listing("/w", ""),)),
        (use("Glob", pattern="**/*.{toml}"), (Listing("/w", ""),)),
        (use("Glob", pattern="src/./*.py"), (Listing("/w", ""),)),
        (use("Glob", pattern="./*.py"), (Listing("/w", "*.py"),)),
        (use("Glob", pattern="**/*.{ts,tsx}"), (Listing("/w", "**/*.{ts,tsx}"),)),
        (use("Glob", pattern="?.py"), (Listing("/w", "*.py"),)),
        (use("glob", pattern="*.py"), (Listing("/w", "*.py", among=VISIBLE),)),
        (use("glob", pattern="*.{py}"), (Listing("/w", ""),)),
        (use("Glob", pattern="{1..3}.py"), (Listing("/w", ""),)),
        (use("Read", file_path="/w/a", offset=7.0, limit="2"), (Lines("/w/a", 7, 9),)),
        (use("LS", path="/w/src"), (Listing("/w/src"),)),
        (use("list_directory", path="/w/src"), (Listing("/w/src", depth=1),)),
        (use("Bash", command="cat a.py", description="read", timeout=5), (File("/w/a.py"),)),
        (use("bash", command="cat a.py"), (File("/w/a.py"),)),
        (use("shell", command=["bash", "-lc", "cat a.py"], workdir="/w"), (File("/w/a.py"),)),
        (use("shell", command=["cat", "a.py"], workdir="/x"), (File("/x/a.py"),)),
        (use("exec_command", cmd="cat a.py", yield_time_ms=1000), (File("/w/a.py"),)),
        (use("run_shell_command", command="ls", is_background=False), (Listing("/w", depth=1),)),
    ],
)  # fmt: skip
def test_a_known_tool_looks_at_what_it_reads(run: ToolUse, looks: tuple[Look, ...] | None) -> None:
    assert looks_of(run, cwd="/w") == looks


@pytest.mark.parametrize(
    "run",
    [
        use("Write", file_path="/w/a", content="x"),
        use("TaskList"),
        use("READ", file_path="/w/a"),
        use("Read"),
        use("Read", file_path=""),
        use("Read", file_path="/w/a", pages="1-2"),
        use("Read", file_path="/w/a", offset=-1),
        use("Read", file_path="/w/a", offset="x"),
        use("Read", file_path=["/w/a"]),
        use("Read", file_path="~/a"),
        use("Grep", pattern=""),
        use("Grep", pattern="x", output_mode="other"),
        use("Grep", pattern="x", brand_new=True),
        use("Glob", pattern="../*.py"),
        use("Glob", pattern="{/x,a}/*.py"),
        use("Glob", pattern="{a,../b}/*.py"),
        use("Glob", pattern=".git/hooks/*"),
        use("Glob", pattern="/w/.git/hooks/*"),
        use("Glob", pattern=".{git,x}/hooks/*"),
        use("Grep", pattern="x", glob="*.{py}"),
        use("Grep", pattern="x", glob="*.{py,md},*.zz"),
        use("grep_search", pattern="x", include="*.{py}"),
        use("LS", path="/w", ignore=["x"]),
        use("Bash", command="rm x"),
        use("Bash", command="cat x", run_in_background=True),
        use("Bash", command=["cat", 1]),
        use("Bash"),
        use("Grep", pattern="x", **{"-i": "yes"}),
        use("Grep", pattern="x", **{"-o": "yes"}),
        use("shell", command=["git", "log"], workdir="/x"),
    ],
)
def test_an_unknown_tool_or_parameter_is_opaque(run: ToolUse) -> None:
    assert looks_of(run, cwd="/w") is None


def test_shells_are_not_among_the_tools_that_only_read() -> None:
    assert "Read" in READ_ONLY_TOOLS
    assert not READ_ONLY_TOOLS & {"Bash", "bash", "shell", "exec_command", "run_shell_command"}
    assert set(TOOLS) > READ_ONLY_TOOLS


@pytest.mark.parametrize(
    ("name", "text", "body"),
    [
        ("shell", "Exit code: 0\nWall time: 0.1 seconds\nOutput:\nhello\n", "hello\n"),
        (
            "exec_command",
            (
                "Chunk ID: a1b2c3\nWall time: 0.0500 seconds\nProcess exited with code 0\n"
                "Original token count: 2\nOutput:\nhello\n"
            ),
            "hello\n",
        ),
        ("shell", '{"output":"hello","metadata":{"exit_code":0,"duration_seconds":0.1}}', "hello"),
        ("bash", "<returncode>0</returncode>\n<output>\nhello\n</output>", "hello\n"),
        ("Bash", "hello", "hello"),
        ("Bash", "hello\nShell cwd was reset to /w", "hello"),
        ("Bash", "(no output)", ""),
        ("Bash", "(Bash completed with no output)", ""),
        ("Bash", "(no output)\n\n<system-reminder>\nBe brief.\n</system-reminder>", ""),
        ("Bash", "{ not JSON", "{ not JSON"),
        ("Bash", '{"output": "data of the file"}', '{"output": "data of the file"}'),
        (
            "run_shell_command",
            (
                "Command: ls\nDirectory: (root)\nOutput: hello\nError: (none)\nExit Code: 0\n"
                "Signal: (none)\nBackground PIDs: (none)\nProcess Group PGID: 1"
            ),
            "hello",
        ),
    ],
)
def test_the_wrapper_of_the_host_is_taken_off(name: str, text: str, body: str) -> None:
    got = result_body(use(name, command="cat a"), ToolResult("1", text))
    assert got is not None
    assert got.text == body


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("shell", "Exit code: 1\nWall time: 0.1 seconds\nOutput:\nhello\n"),
        ("exec_command", "Wall time: 1 seconds\nProcess running with session ID 7\nOutput:\nx"),
        ("shell", '{"output":"x","metadata":{"exit_code":2}}'),
        ("bash", "<returncode>1</returncode>\n<output>\nhello\n</output>"),
        ("bash", "<returncode>-1</returncode>\n<exception>timed out</exception>"),
        ("Bash", "Error: timed out after 30s (process killed)"),
        ("Bash", "cat: a: No such file or directory"),
        ("Bash", "x\n[stderr]\nwarning"),
        ("Bash", "0\nrg: No files were searched, which means ripgrep probably applied a filter"),
        ("Bash", "src  [error opening dir]\n\n0 directories, 0 files"),
        ("Bash", "fatal: not a git repository"),
        ("Bash", "Permission denied"),
        ("Bash", "Denied by the user"),
        ("Bash", "<tool_use_error>no</tool_use_error>"),
    ],
)
def test_a_failed_run_has_no_body(name: str, text: str) -> None:
    assert result_body(use(name, command="cat a"), ToolResult("1", text)) is None


FOUND_NOTHING = [
    ("exec_command", "Chunk ID: a1\nWall time: 0.1 seconds\nProcess exited with code 1\nOutput:\n"),
    ("shell", '{"output":"","metadata":{"exit_code":1}}'),
    (
        "run_shell_command",
        "Command: x\nDirectory: /w\nOutput: (empty)\nError: (none)\nExit Code: 1\nSignal: (none)",
    ),
]


@pytest.mark.parametrize(("name", "text"), FOUND_NOTHING)
@pytest.mark.parametrize("command", ["grep -rn foo .", "rg -n foo src"])
def test_a_search_that_ends_with_1_and_says_nothing_found_nothing(
    name: str, text: str, command: str
) -> None:
    body = result_body(use(name, command=command), ToolResult("1", text))
    assert body is not None
    assert (body.text, body.is_plain) == ("", True)


@pytest.mark.parametrize(("name", "text"), FOUND_NOTHING)
@pytest.mark.parametrize("command", ["cat a", "ls", "find . -name a", "cat a && grep foo a"])
def test_any_other_command_that_ends_with_1_failed(name: str, text: str, command: str) -> None:
    assert result_body(use(name, command=command), ToolResult("1", text)) is None


def test_a_search_that_ends_with_1_and_says_something_failed() -> None:
    text = '{"output":"a.py:1:foo","metadata":{"exit_code":1}}'
    assert result_body(use("shell", command="grep -rn foo ."), ToolResult("1", text)) is None


def test_an_output_without_its_middle_is_not_plain() -> None:
    wrapper = "Wall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n"
    text = (
        "Warning: truncated output (original: 9)\nTotal output lines: 3\n\na = …5 chars truncated…c"
    )
    body = result_body(use("exec_command", cmd="cat a"), ToolResult("1", wrapper + text))
    assert body is not None
    assert (body.text, body.is_plain) == ("a = …5 chars truncated…c", False)


QWEN = "Command: x\nDirectory: .\nOutput: {}\nError: (none)\nExit Code: {}\nSignal: (none)"
SAVED = {
    "Bash": (
        "<persisted-output>\nOutput too large (56.8KB). Full output saved to: /home/me/x.txt\n\n"
        "Preview (first 2KB):\n{}\n...\n</persisted-output>"
    ),
    "bash": "...output truncated...\n\nFull output saved to: /home/me/tool_1\n\n{}",
    "run_shell_command": (
        "Tool output was too large and has been truncated.\n"
        "The full output has been saved to: /home/me/x.output\nRead it there.\n\n"
        f"Truncated part of the output:\n{QWEN}"
    ),
}


@pytest.mark.parametrize("name", SAVED)
def test_an_output_that_the_host_saved_elsewhere_is_not_plain(name: str) -> None:
    text = SAVED[name].format("a = 1\n...\nc", 0)
    body = result_body(use(name, command="cat a"), ToolResult("1", text))
    assert body is not None
    assert (body.text, body.is_plain, body.is_lines) == ("a = 1\n...\nc", False, False)


def test_an_output_that_the_host_saved_elsewhere_may_be_of_a_failure() -> None:
    for name, printed in (("bash", "cat: b: Permission denied"), ("run_shell_command", "a = 1")):
        text = SAVED[name].format(printed, 2)
        assert result_body(use(name, command="cat a b"), ToolResult("1", text)) is None


def test_an_error_mark_of_the_wire_is_enough() -> None:
    failed = ToolResult("1", "fine", is_error=True)
    assert result_body(use("Read", file_path="/a"), failed) is None


@pytest.mark.parametrize(
    ("run", "is_plain", "is_part"),
    [
        (use("Read", file_path="/a"), True, False),
        (use("read", filePath="/a", offset=3), True, True),
        (use("Grep", pattern="x", head_limit=3), True, True),
        (use("Grep", pattern="x", output_mode="count"), False, False),
        (use("Grep", pattern="x", output_mode="content", **{"-o": True}), False, False),
        (use("Bash", command="cat a"), True, False),
        (use("Bash", command="cat a | wc -l"), False, False),
        (use("Glob", pattern="*.py"), True, False),
        (use("Glob", pattern="*.{py}"), False, False),
        (use("Glob", pattern="?.py"), False, False),
        (use("Grep", pattern="x", glob="*.py"), True, False),
        (use("Grep", pattern="x", glob="?.py"), False, False),
        (use("Grep", pattern="x", glob="!*.py"), False, False),
    ],
)
def test_a_body_tells_how_it_shows_what_was_looked_at(
    run: ToolUse, *, is_plain: bool, is_part: bool
) -> None:
    body = result_body(run, ToolResult("1", "text"))
    assert body is not None
    assert (body.is_plain, body.is_part) == (is_plain, is_part)


@pytest.mark.parametrize("run", [use("Bash", command="cat a | sort"), use("Read", file_path="/a")])
def test_a_result_that_the_host_has_cleared_tells_nothing(run: ToolUse) -> None:
    assert result_body(run, ToolResult("1", "[Old tool result content cleared]")) is None


def test_an_output_of_many_empty_lines_is_unwrapped_at_once() -> None:
    began = time.process_time()
    assert result_body(use("Bash", command="cat a"), ToolResult("1", "x" + "\n" * 50_000 + "x"))
    assert time.process_time() - began < 3


def test_a_shell_may_be_left_in_another_directory() -> None:
    assert directory_after(use("Bash", command="cd src && cat a"), cwd="/w") == "/w/src"
    assert directory_after(use("Bash", command="rm x"), cwd="/w") is None
    assert directory_after(use("Bash", command="cat a", workdir="/x"), cwd="/w") == "/w"
    assert directory_after(use("Bash", command="cat a", unknown=1), cwd="/w") is None
    assert directory_after(use("Read", file_path="/a"), cwd="/w") == "/w"


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()


@given(
    name=st.sampled_from(sorted(TOOLS)),
    arguments=st.dictionaries(
        st.sampled_from(sorted({name for tool in TOOLS.values() for name in tool.roles})), JSON
    ),
)
def test_arguments_of_any_kind_are_read_or_refused(name: str, arguments: JsonObject) -> None:
    looks_of(ToolUse("1", name, arguments), cwd="/w")
    result_body(ToolUse("1", name, arguments), ToolResult("1", "x"))
