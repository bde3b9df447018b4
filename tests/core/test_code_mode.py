"""Scripts of Codex's `exec`: which of them are read as the commands that they run."""

import pytest

from agentcache.core.code_mode import commands_within
from agentcache.core.codec import Json, encode_json
from agentcache.core.conversation import ToolRun
from agentcache.core.values import ToolResult, ToolUse

ENDED = "Script completed\nWall time 0.2 seconds\nOutput:\n"
CALL = 'tools.exec_command({cmd: "cat a.py"})'
LIST = 'tools.exec_command({cmd: "ls"})'
BOTH = f"Promise.all([{CALL}, {LIST}])"
ONE = ("cat a.py", "Exit code: 0\nWall time: 0 seconds\nOutput:\none\n")
TWO = ("ls", "Exit code: 0\nWall time: 0 seconds\nOutput:\ntwo\n")


def script(source: str, *shown: str, ended: str = ENDED, name: str = "exec") -> ToolRun:
    blocks = (ended, *shown)
    return ToolRun(
        ToolUse("1", name, {"input": source}), ToolResult("1", "\n".join(blocks), blocks=blocks)
    )


def told(**fields: Json) -> str:
    return encode_json({"chunk_id": "a1", "exit_code": 0, "output": "one\n", **fields}).decode()


def read(run: ToolRun) -> list[tuple[Json, str]] | None:
    """The commands of a script and their results, None where it is not read."""
    found = commands_within([run])
    if found == [run]:
        return None
    assert {each.use.name for each in found} <= {"exec_command"}
    return [(each.use.arguments["cmd"], each.result.text) for each in found]


@pytest.mark.parametrize(
    "source",
    [
        f"const r = await {CALL};\ntext(r.output);",
        f"let r = await {CALL}\ntext(r.output)",
        f'// @exec: {{"yield_time_ms": 20000}}\nconst r = await {CALL};;\n// so\ntext(r.output)',
        f"text((await {CALL}).output);",
        f"const [r] = await Promise.all([{CALL},]); text(r.output);",
        f"const all = await Promise.all([{CALL}]); for (const r of all) text(r.output);",
    ],
)
def test_the_output_of_a_command_is_its_result(source: str) -> None:
    assert read(script(source, "one\n")) == [ONE]
    assert read(script(source, "one\n", name="functions.exec")) == [ONE]


@pytest.mark.parametrize("source", [f"text(await {CALL})", f"const r = await {CALL}; text(r);"])
def test_an_object_tells_its_output_and_how_it_ended(source: str) -> None:
    assert read(script(source, told())) == [ONE]
    failed = [("cat a.py", "Exit code: 2\nWall time: 0 seconds\nOutput:\none\n")]
    assert read(script(source, told(exit_code=2))) == failed


@pytest.mark.parametrize(
    "source",
    [
        f"const [a, b] = await {BOTH};\ntext(a.output); text(b.output);",
        f"const all = await {BOTH};\nfor (const r of all) {{ text(r.output); }}",
        f"const a = await {CALL}; text(a.output); text((await {LIST}).output);",
    ],
)
def test_each_item_is_the_result_of_its_own_command(source: str) -> None:
    assert read(script(source, "one\n", "two\n")) == [ONE, TWO]


def test_items_stand_in_the_order_in_which_they_were_shown() -> None:
    source = f"const [a, b] = await {BOTH};\ntext(b.output); text(a.output);"
    assert read(script(source, "two\n", "one\n")) == [TWO, ONE]


def test_a_heading_is_no_result() -> None:
    source = f"text('== a ==');\nconst r = await {CALL};\ntext(r.output);"
    assert read(script(source, "== a ==", "one\n")) == [ONE]
    assert read(script(source, "== b ==", "one\n")) is None
    source = f"const all = await {BOTH}; for (const r of all) {{ text('--'); text(r.output) }}"
    assert read(script(source, "--", "one\n", "--", "two\n")) == [ONE, TWO]


def test_arguments_are_taken_as_they_were_given() -> None:
    source = "text(await tools.exec_command({'cmd': \"ls\", workdir: `/w`, login: false, n: 250,}))"
    (run,) = commands_within([script(source, told())])
    assert run.use == ToolUse(
        "1", "exec_command", {"cmd": "ls", "workdir": "/w", "login": False, "n": 250}
    )


@pytest.mark.parametrize(
    ("constant", "text"),
    [
        (r'"rg \"a\\.b\"\tc"', 'rg "a\\.b"\tc'),
        (r"'it\'s $x ${y}'", "it's $x ${y}"),
        ("`one\ntwo \\` $x \\${y}`", "one\ntwo ` $x ${y}"),
        (r'"\d"', None),
        (r'"\x41"', None),
        (r'"\u0041"', None),
        ('"a\\\nb"', None),
        ('"a\nb"', None),
        ("`a ${b}`", None),
        ("`a\r\nb`", None),
        ('"a', None),
    ],
)
def test_a_command_is_the_text_that_its_constant_stands_for(
    constant: str, text: str | None
) -> None:
    found = read(script(f"text(await tools.exec_command({{cmd: {constant}}}))", told()))
    assert found == (None if text is None else [(text, ONE[1])])


@pytest.mark.parametrize(
    "source",
    [
        f"const r = await {CALL}; await tools.apply_patch('x'); text(r.output);",
        f"const r = await {CALL}; tools.exec_command({{cmd: 'rm b'}}); text(r.output);",
        f"const r = await {CALL}; const s = await {CALL}; text(r.output);",
        f"const [r] = await {BOTH}; text(r.output);",
        f"const [r, r] = await {BOTH}; text(r.output);",
        f"const r = {CALL}; text(r.output);",
        f"text({CALL});",
        f"text(await {CALL}.output);",
        f"const r = await {CALL}; text(r.output.slice(0, 3));",
        f"const r = await {CALL}; text(r.output + '');",
        f"const r = await {CALL}; text(`${{r.output}}`);",
        f"const r = await {CALL}; if (r) text(r.output);",
        f"const r = await {CALL}; text(s.output);",
        f"text(r.output); const r = await {CALL};",
        f"const all = await {BOTH}; text(all);",
        f"const r = await {CALL}; for (const s of r) text(s.output);",
        f"for (const s of s) text(s.output); text(await {CALL});",
        f"const text = await {CALL}; text(text.output);",
        "const cmd = 'ls'; text(await tools.exec_command({cmd}));",
        "text(await tools.exec_command({cmd: 'l' + 's'}));",
        "text(await tools.exec_command({cmd: 'ls', cmd: 'cat a.py'}));",
        "text(await tools.exec_command({...given}));",
        "text(await tools['exec_command']({cmd: 'ls'}));",
        f"const r = await {CALL}; // and\u2028tools.exec_command({{cmd: 'rm b'}})\ntext(r.output);",
        f"const r = await {CALL}; /* so */ text(r.output);",
        "const r = await",
        "const",
        "",
    ],
)
def test_no_other_script_is_read(source: str) -> None:
    assert read(script(source, told())) is None


@pytest.mark.parametrize(
    "run",
    [
        script(f"text(await {CALL})"),
        script(f"const [a, b] = await {BOTH}; text(a.output); text(b.output);"),
        script(f"text((await {CALL}).output)", "one\n", "more"),
        script(f"text((await {CALL}).output)", "one\n", ended=ENDED.replace("completed", "failed")),
        script(f"text((await {CALL}).output)", "one\n", ended=ENDED + "one"),
        script(f"text((await {CALL}).output)", "[omitted 1 text items ...]"),
        script(f"text((await {CALL}).output)", "one\n", name="run"),
        script(f"text(await {CALL})", "one\n"),
        script(f"text(await {CALL})", told(exit_code=None)),
        script(f"text(await {CALL})", told(session_id=3)),
        ToolRun(ToolUse("1", "exec", {}), ToolResult("1", "x", blocks=(ENDED,))),
        ToolRun(ToolUse("1", "exec", {"input": "x"}), ToolResult("1", "x")),
    ],
)
def test_a_script_that_did_not_end_as_it_reads_is_not_read(run: ToolRun) -> None:
    assert read(run) is None


@pytest.mark.parametrize(
    ("wait", "seconds", "is_read"),
    [
        ("", "9.9", True),
        ("", "10.0", False),
        (", yield_time_ms: 1000", "0.9", True),
        (", yield_time_ms: 1000", "1.0", False),
        (", yield_time_ms: 1", "0.1", True),
        (", yield_time_ms: 1", "0.2", False),
        (", yield_time_ms: 99000", "30.0", False),
        (", yield_time_ms: '1000'", "0.2", False),
    ],
)
def test_an_output_is_whole_only_where_no_command_can_have_been_left_running(
    wait: str, seconds: str, is_read: bool
) -> None:
    source = f'text((await tools.exec_command({{cmd: "cat a.py"{wait}}})).output)'
    run = script(source, "one\n", ended=ENDED.replace("0.2", seconds))
    assert read(run) == ([ONE] if is_read else None)


@pytest.mark.parametrize("shown", [("\n",), ("",), ()])
def test_a_bare_output_that_is_empty_is_that_of_a_command_that_failed(
    shown: tuple[str, ...],
) -> None:
    found = read(script(f"text((await {CALL}).output)", *shown))
    text = f"Exit code: 1\nWall time: 0 seconds\nOutput:\n{''.join(shown)}"
    assert found == [("cat a.py", text)]


def test_a_script_without_commands_is_none_and_other_tools_stay() -> None:
    other = ToolRun(ToolUse("2", "Read", {"file_path": "a.py"}), ToolResult("2", "one"))
    assert commands_within([script("text('so')", "so"), other]) == [other]


def test_a_long_script_of_loops_is_given_up_at_once() -> None:
    calls = ", ".join([CALL] * 2000)
    loops = "for (const r of all) text(r.output);" * 2000
    assert read(script(f"const all = await Promise.all([{calls}]); {loops}", "one\n")) is None
