"""Uses of an agent's own list: what says nothing else, and what does not."""

import pytest

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.conversation import ToolRun
from agentcache.core.own_lists import items_in, without_lists
from agentcache.core.reminders import remark_in
from agentcache.core.values import ToolResult, ToolUse

TODOS: list[Json] = [
    {"content": "Look it up", "status": "in_progress"},
    {"content": "Answer", "status": "pending"},
]
MODIFIED = (
    "Todos have been modified successfully. Ensure that you continue to use the todo list to track "
    "your progress. Please proceed with the current tasks if applicable"
)
LATEST = (
    f"{MODIFIED}\n\n<system-reminder>\nYour todo list has changed. Here it is:\n\n{{}}. Continue "
    "on with the tasks at hand if applicable.\n</system-reminder>"
)
TOOLS_UNUSED = "<system-reminder>\nThe task tools haven't been used recently.\n</system-reminder>"


def run(name: str, text: str, arguments: JsonObject, *, is_error: bool = False) -> ToolRun:
    return ToolRun(ToolUse("t", name, arguments), ToolResult("t", text, is_error))


def written(todos: Json) -> str:
    return encode_json(todos).decode()


def create(number: int, subject: str = "Look it up") -> ToolRun:
    text = f"Task #{number} created successfully: {subject}"
    return run("TaskCreate", text, {"subject": subject, "description": "In the code."})


DONE = run("TaskUpdate", "Updated task #1 status", {"taskId": "1", "status": "completed"})
SHOWN = run("TaskList", "#1 [completed] Look it up\n#2 [pending] Answer [blocked by #1]", {})
READ = run("Read", "     1\ta", {"file_path": "a"})


@pytest.mark.parametrize(
    "uses",
    [
        [run("TodoWrite", MODIFIED, {"todos": TODOS})],
        [run("TodoWrite", f"{MODIFIED}\n\n{TOOLS_UNUSED}", {"todos": TODOS})],
        [run("todowrite", written(TODOS), {"todos": TODOS})],
        [run("todo_write", MODIFIED, {"todos": TODOS})],
        [run("todo_write", LATEST.format(written(TODOS)), {"todos": TODOS})],
        [run("update_plan", "Plan updated", {"plan": [], "explanation": "It is long."})],
        [create(1), create(2, "Answer"), DONE, SHOWN],
        [create(2, "Answer"), create(1)],
        [run("TaskList", "No tasks found", {})],
    ],
    ids=[
        "TodoWrite",
        "TodoWrite_reminded",
        "todowrite",
        "todo_write",
        "todo_write_repeated",
        "update_plan",
        "tasks",
        "tasks_at_once",
        "no_tasks",
    ],
)
def test_what_says_only_what_the_run_wrote_is_left_out(uses: list[ToolRun]) -> None:
    assert without_lists([READ, *uses, READ]) == (READ, READ)


@pytest.mark.parametrize(
    "use",
    [
        run("TodoWrite", f"{MODIFIED}. LIMIT is 3.", {"todos": TODOS}),
        run("TodoWrite", MODIFIED, {"todos": TODOS}, is_error=True),
        run("TodoWrite", MODIFIED, {"todos": TODOS, "notes": "x"}),
        run("todowrite", written(TODOS[:1]), {"todos": TODOS}),
        run("todowrite", written([*TODOS, {"content": "Old"}]), {"todos": TODOS}),
        run("todowrite", "updated", {"todos": TODOS}),
        run("todo_write", LATEST.format(written([{"content": "Old"}])), {"todos": TODOS}),
        run("todo_write", "Failed to modify todos.", {"todos": TODOS}),
        run("update_plan", "Plan updated, and LIMIT is 3", {"plan": []}),
        create(2),
        run("TaskCreate", "Task #1 created successfully: Other", {"subject": "Look it up"}),
        DONE,
        SHOWN,
        run("TaskGet", "Task #1: Look it up", {"taskId": "1"}),
    ],
    ids=[
        "said_more",
        "failed",
        "unknown_argument",
        "another_list",
        "a_longer_list",
        "unknown_words",
        "another_latest_list",
        "qwen_failed",
        "plan_said_more",
        "a_list_from_before",
        "another_subject",
        "an_unknown_task",
        "unknown_tasks_listed",
        "another_tool",
    ],
)
def test_what_says_more_stays(use: ToolRun) -> None:
    assert without_lists([use]) == (use,)


def test_a_list_that_shows_another_subject_for_a_task_stays() -> None:
    shown = run("TaskList", "#1 [completed] Look it up elsewhere", {})
    assert without_lists([create(1), shown]) == (shown,)


def test_a_subject_that_was_changed_may_be_listed() -> None:
    arguments: JsonObject = {"taskId": "1", "subject": "Find it"}
    changed = run("TaskUpdate", "Updated task #1 subject", arguments)
    shown = run("TaskList", "#1 [pending] Find it", {})
    assert without_lists([create(1), changed, shown]) == ()


UNFINISHED = (
    "<system-reminder>\nThe current task still has unfinished todo items:\n- [pending] {}\n"
    "Keep the todo list current and continue the task.\n</system-reminder>"
)
EXISTING = (
    "<system-reminder>\nThe TodoWrite tool hasn't been used recently.\n\n\nHere are the existing "
    "contents of your todo list:\n\n[1. [in_progress] Look it up\n2. [pending] {}]\n"
    "</system-reminder>"
)
TASKS = (
    "The task tools haven't been used recently.\n\n\nHere are the existing tasks:\n\n"
    "#1. [pending] {}"
)
CHANGED = (
    "<system-reminder>\nYour todo list has changed. Here are the latest contents of your todo "
    'list:\n\n[{{"content":"{}","status":"pending"}}]. Continue.\n</system-reminder>'
)


@pytest.mark.parametrize("said", [UNFINISHED, EXISTING, TASKS, CHANGED])
def test_a_reminder_may_repeat_the_list_that_the_run_wrote(said: str) -> None:
    listed = items_in([run("TodoWrite", MODIFIED, {"todos": TODOS})])
    assert listed == {"Look it up", "Answer"}
    assert remark_in([said.format("Answer")], [], listed) is None


@pytest.mark.parametrize("said", [UNFINISHED, EXISTING, TASKS, CHANGED])
def test_a_reminder_of_a_list_from_before_is_a_remark(said: str) -> None:
    old = said.format("LIMIT is 3")
    assert remark_in([old], [], items_in([run("TodoWrite", MODIFIED, {"todos": TODOS})])) == old
