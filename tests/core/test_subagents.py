"""The tools by which an agent asks another one: prompts, and reports inside what is around them."""

import pytest

from agentcache.core.codec import JsonObject
from agentcache.core.evidence import File, Tree
from agentcache.core.subagents import defined_at, is_asked, plain_report, prompt_of, reports_in
from agentcache.core.values import ToolResult, ToolUse

REPORT = "It is in a.py.\n\n  x = 1"
NOTE = "  <tools-used-before-summary>Grep, mcp__a.b</tools-used-before-summary>\n  \n"
FRAME = "[Subagent hand-back] It is indented. The report follows:\n"
INDENTED = REPORT.replace("\n", "\n  ")
TRAILER = (
    "\nagentId: a1b2 (use SendMessage with to: 'a1b2' to go on)\n<usage>subagent_tokens: 12\n"
    "tool_uses: 2\nduration_ms: 40</usage>"
)
TAGGED = '<task id="ses_1" state="{}">\n<task_result>\n{}\n</task_result>\n</task>'
REMINDER = "\n\n<system-reminder>\nThe task tools haven't been used.\n</system-reminder>"


def use(name: str = "Agent", more: JsonObject | None = None) -> ToolUse:
    return ToolUse("t", name, {"prompt": " Where is it? ", **(more or {})})


def reports(text: str) -> tuple[str, ...]:
    return reports_in(ToolResult("t", text))


@pytest.mark.parametrize(
    "text",
    [
        REPORT,
        f"{REPORT}\n",
        REPORT + TRAILER,
        f"{REPORT}\nagentId: a1b2",
        f"{FRAME}  {INDENTED}",
        f"{NOTE}{FRAME}  {INDENTED}",
        f"{NOTE}{FRAME}  {INDENTED}{TRAILER}",
        TAGGED.format("completed", REPORT),
        REPORT + REMINDER,
    ],
)
def test_a_report_is_found_inside_what_hosts_put_around_it(text: str) -> None:
    assert REPORT in reports(text)


@pytest.mark.parametrize(
    "text",
    [
        f"It said: {REPORT}",
        f"{REPORT}\nworktreePath: /w\nagentId: a1b2",
        REPORT + TRAILER.replace("12", "many"),
        f"{FRAME}{REPORT}",
        f"  SECURITY WARNING: look at it.\n{FRAME}  {INDENTED}",
        f"{FRAME}  {INDENTED}\nAnd more.",
        TAGGED.format("running", REPORT),
        TAGGED.format("completed", REPORT) + "\nIt took long.",
    ],
)
def test_a_report_is_not_found_inside_anything_else(text: str) -> None:
    assert REPORT not in reports(text)


def test_a_result_that_is_an_error_has_no_report() -> None:
    assert reports_in(ToolResult("t", REPORT, is_error=True)) == ()


def test_odd_line_ends_count_as_hosts_turn_them() -> None:
    assert plain_report(" a\r\nb\u2028c\n") == "a\nb\nc"


@pytest.mark.parametrize("name", ["Agent", "Task", "task", "agent"])
def test_the_prompt_of_a_use_is_known(name: str) -> None:
    assert is_asked(use(name))
    assert prompt_of(use(name, {"subagent_type": "Explore"})) == "Where is it?"


@pytest.mark.parametrize("more", [{"isolation": "worktree"}, {"resume": "a1"}, {"task_id": "s"}])
def test_an_agent_that_goes_on_or_works_elsewhere_has_no_prompt(more: JsonObject) -> None:
    assert prompt_of(use(more=more)) is None


def test_a_prompt_that_is_no_text_is_none() -> None:
    assert prompt_of(use(more={"prompt": ["Where is it?"]})) is None
    assert not is_asked(use("Read"))
    assert prompt_of(use("Read")) is None


def test_where_agents_are_defined_is_known_for_each_directory() -> None:
    told = ("agents", "agent-memory", "agent-memory-local", "skills")
    every = [Tree(f"{at}/.claude/{name}") for at in ("/r", "/r/a") for name in told]
    assert list(defined_at(use(), ("/r", "/r/a"))) == every
    assert File("/r/opencode.json") in defined_at(use("task"), ("/r",))
