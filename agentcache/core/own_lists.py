"""Tools for an agent's own list of what is to be done, as data: what they write down and confirm.

A use of one looks at nothing and changes nothing but the list. It proves nothing, and stands
against nothing where its result is a fixed confirmation or tells only what the run itself wrote.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentcache.core.codec import CodecError, Json, decode_json
from agentcache.core.conversation import ToolRun
from agentcache.core.reminders import without_reminders

_MODIFIED = (
    "Todos have been modified successfully. Ensure that you continue to use the todo list to track "
    "your progress. Please proceed with the current tasks if applicable"
)
_OF_QWEN = re.compile(
    rf"{re.escape(_MODIFIED)}\n\n<system-reminder>\nYour todo list has changed\. [^\n\[]*\n\n"
    r"(?P<list>\[.*\])\. Continue on with the tasks at hand if applicable\.\n</system-reminder>"
    r"|Todo list (?:is already up to date\. No changes were needed|has been cleared)\.\n\n"
    r"<system-reminder>\nYour todo list (?:was not modified|is now empty)[^\n\[]*\n"
    r"</system-reminder>"
)
_CREATED = re.compile(r"Task #(?P<id>\d{1,4}) created successfully: (?P<subject>.*)", re.DOTALL)
_UPDATED = re.compile(
    r"Updated task #(?P<id>\d{1,4})"
    r"(?: (?:(?:, )?(?:subject|description|activeForm|status|blocks|blockedBy|deleted))*)?"
)
_LISTED = re.compile(
    r"#(?P<id>\d{1,4}) \[(?:pending|in_progress|completed)\] (?P<subject>.*?)"
    r"(?: \[blocked by #\d{1,4}(?:, #\d{1,4})*\])?"
)
_NO_TASKS = "No tasks found"


@dataclass(slots=True)
class _Written:
    """What a run wrote down so far.

    `subjects`: those that each task had. `most`: how many tasks the whole run asks for.
    """

    most: int
    items: set[str] = field(default_factory=set)
    subjects: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _ListTool:
    """One tool: the names of its arguments, and whether a result confirms a use and no more.

    What `is_confirmed` takes is noted as written.
    """

    arguments: frozenset[str]
    is_confirmed: Callable[[ToolRun, _Written], bool]


def without_lists(runs: Sequence[ToolRun]) -> tuple[ToolRun, ...]:
    """`runs`, all those of a conversation, without those that only kept the agent's own list."""
    written = _written_by(runs)
    return tuple(run for run in runs if not _is_of_list(run, written))


def items_in(runs: Sequence[ToolRun]) -> frozenset[str]:
    """The items that a run wrote down on its lists, as hosts repeat them."""
    written = _written_by(runs)
    for run in runs:
        _is_of_list(run, written)
    return frozenset(written.items)


def _written_by(runs: Iterable[ToolRun]) -> _Written:
    return _Written(sum(run.use.name == "TaskCreate" for run in runs))


def _is_of_list(run: ToolRun, written: _Written) -> bool:
    tool = _TOOLS.get(run.use.name)
    if tool is None or run.result.is_error or not tool.arguments >= run.use.arguments.keys():
        return False
    return tool.is_confirmed(run, written)


def _modified(run: ToolRun, written: _Written) -> bool:
    written.items |= set(_contents(run.use.arguments.get("todos")))
    return without_reminders(run.result.text).strip() == _MODIFIED


def _restated(run: ToolRun, written: _Written) -> bool:
    given = run.use.arguments.get("todos")
    written.items |= set(_contents(given))
    return _is_json(run.result.text, given)


def _modified_or_restated(run: ToolRun, written: _Written) -> bool:
    given = run.use.arguments.get("todos")
    said = _OF_QWEN.fullmatch(run.result.text.strip())
    if said is None:
        return _modified(run, written)
    written.items |= set(_contents(given))
    return said["list"] is None or _is_json(said["list"], given)


def _planned(run: ToolRun, _written: _Written) -> bool:
    return run.result.text.strip() == "Plan updated"


def _created(run: ToolRun, written: _Written) -> bool:
    """A task beyond those of this run stands on a list that was there before."""
    said = _CREATED.fullmatch(without_reminders(run.result.text).strip())
    subject = run.use.arguments.get("subject")
    if said is None or said["subject"] != subject or said["id"] in written.subjects:
        return False
    written.items.add(said["subject"])
    written.subjects[said["id"]] = {said["subject"]}
    return 1 <= int(said["id"]) <= written.most


def _updated(run: ToolRun, written: _Written) -> bool:
    said = _UPDATED.fullmatch(without_reminders(run.result.text).strip())
    if said is None or said["id"] != run.use.arguments.get("taskId"):
        return False
    subject = run.use.arguments.get("subject")
    if isinstance(subject, str):
        written.items.add(subject)
        written.subjects.get(said["id"], set()).add(subject)
    return said["id"] in written.subjects


def _listed(run: ToolRun, written: _Written) -> bool:
    text = without_reminders(run.result.text).strip()
    if text == _NO_TASKS:
        return True
    rows = [_LISTED.fullmatch(row) for row in text.split("\n")]
    return all(
        row is not None and row["subject"] in written.subjects.get(row["id"], ()) for row in rows
    )


def _contents(todos: Json) -> Iterator[str]:
    for todo in todos if isinstance(todos, list) else ():
        content = todo.get("content") if isinstance(todo, dict) else None
        if isinstance(content, str):
            yield content


def _is_json(text: str, value: Json) -> bool:
    try:
        return value is not None and decode_json(text) == value
    except CodecError:
        return False


_TOOLS: Mapping[str, _ListTool] = {
    "TodoWrite": _ListTool(frozenset({"todos"}), _modified),
    "todowrite": _ListTool(frozenset({"todos"}), _restated),
    "todo_write": _ListTool(frozenset({"todos"}), _modified_or_restated),
    "update_plan": _ListTool(frozenset({"plan", "explanation"}), _planned),
    "TaskCreate": _ListTool(frozenset({"subject", "description", "activeForm"}), _created),
    "TaskUpdate": _ListTool(
        frozenset(
            {"taskId", "status", "subject", "description", "activeForm"}
            | {"addBlocks", "addBlockedBy"}
        ),
        _updated,
    ),
    "TaskList": _ListTool(frozenset(), _listed),
}
