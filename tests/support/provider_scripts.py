"""Ready scripts: answers in their order, and a research agent's model for every wire and host."""

import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeAlias

from agentcache.core.codec import Json, JsonObject
from support.provider_reading import Message, OfferedTool, mapping
from support.provider_values import Answer, ProviderRequest, ToolCall

SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""What mini-swe-agent wants to see as the first line of a command's output, to end its run."""


class InOrder:
    """The answers one after the other, whatever is asked; one too many requests fails the test."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self._lock = threading.Lock()

    def __call__(self, request: ProviderRequest) -> Answer:
        """The next answer; raises AssertionError when there is none left."""
        with self._lock:
            if not self._answers:
                raise AssertionError(f"no answer is left for {request.question!r}")
            return self._answers.pop(0)


@dataclass(frozen=True, slots=True)
class Read:
    """Look at a file: by a tool for reading, or by `cat`."""

    path: str


@dataclass(frozen=True, slots=True)
class Grep:
    """Search for a regular expression: by a tool for it, or by `grep -rn`."""

    pattern: str
    path: str = "."


@dataclass(frozen=True, slots=True)
class Names:
    """List files that match a glob: by a tool for it, or by `ls`."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Shell:
    """Run a command by the shell tool."""

    command: str


Step: TypeAlias = Read | Grep | Names | Shell | ToolCall
Turn: TypeAlias = Step | tuple[Step, ...]
Final: TypeAlias = str | Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Course:
    """The turns of tool calls (a tuple is called in parallel), then the answer.

    `final` may be a function of the texts of all tool results since the question.
    """

    turns: tuple[Turn, ...]
    final: Final


_READERS = ("Read", "read", "read_file", "ReadFile", "view", "open_file")
_SEARCHERS = ("Grep", "grep", "search", "grep_search", "search_file_content", "search_files")
_LISTERS = ("Glob", "glob", "glob_files", "find_files", "LS", "ls", "list", "list_dir")
_SHELLS = ("Bash", "bash", "shell", "exec_command", "run_shell_command", "run_command")
_PATHS = ("file_path", "path", "filePath", "absolute_path", "target_file", "filename", "dir_path")
_PATTERNS = ("pattern", "query", "regex", "glob")
_COMMANDS = ("command", "cmd")


@dataclass(frozen=True)
class Researcher:
    """A model that researches by plan: the newest message with a key of `plan` is the question.

    Every tool it calls is one that the request offers, with the argument names of that tool's own
    schema. `root`: put before relative paths, for tools that want absolute ones. `otherwise`: the
    answer to everything that no key stands in, such as titles and commit messages.
    """

    plan: Mapping[str, Course]
    root: PurePath | None = None
    otherwise: Answer = field(default_factory=lambda: Answer(text="All is well."))

    def __call__(self, request: ProviderRequest) -> Answer:
        """The next step of the course, or its end."""
        messages = request.messages
        for place in range(len(messages) - 1, -1, -1):
            message = messages[place]
            course = self._course(message.text) if message.role == "user" else None
            if course is not None:
                return self._next(course, messages[place + 1 :], request)
        return self.otherwise

    def _course(self, text: str) -> Course | None:
        return next((course for key, course in self.plan.items() if key in text), None)

    def _next(self, course: Course, since: Sequence[Message], request: ProviderRequest) -> Answer:
        results = [result.text for message in since for result in message.results]
        done = _turns_done(since)
        if request.tools and done < len(course.turns):
            turn = course.turns[done]
            steps = turn if isinstance(turn, tuple) else (turn,)
            return Answer(tools=tuple(self._call(step, request.tools) for step in steps))
        final = course.final if isinstance(course.final, str) else course.final(results)
        if SUBMIT in f"{request.system}{messages_text(request)}" and request.tools:
            command = f"printf '%s\\n' {SUBMIT} {shlex.quote(final)}"
            return Answer(text=final, tools=(self._call(Shell(command), request.tools),))
        return Answer(text=final)

    def _call(self, step: Step, tools: Sequence[OfferedTool]) -> ToolCall:
        match step:
            case ToolCall():
                return step
            case Read(path):
                given: dict[tuple[str, ...], str] = {_PATHS: self._full(path)}
                return _fill(tools, _READERS, given) or _shell(tools, f"cat {shlex.quote(path)}")
            case Grep(pattern, path):
                given = {_PATTERNS: pattern, _PATHS: self._full(path)}
                command = f"grep -rn {shlex.quote(pattern)} {shlex.quote(path)}"
                return _fill(tools, _SEARCHERS, given) or _shell(tools, command)
            case Names(pattern):
                given = {_PATTERNS: pattern}
                return _fill(tools, _LISTERS, given) or _shell(tools, f"ls {pattern}")
            case Shell(command):
                return _shell(tools, command)

    def _full(self, path: str) -> str:
        return path if self.root is None else str(self.root / path)


def messages_text(request: ProviderRequest) -> str:
    """All that was said in a conversation."""
    return "\n".join(message.text for message in request.messages)


def _turns_done(since: Sequence[Message]) -> int:
    """Turns of tool calls; parallel calls that a wire keeps apart are one turn."""
    kinds = ["call" if message.calls else "result" for message in since if _is_tool(message)]
    return sum(
        kind == "call" and (place == 0 or kinds[place - 1] != "call")
        for place, kind in enumerate(kinds)
    )


def _is_tool(message: Message) -> bool:
    return bool(message.calls or message.results)


def _shell(tools: Sequence[OfferedTool], command: str) -> ToolCall:
    found = _fill(tools, _SHELLS, {_COMMANDS: command})
    if found is None:
        raise AssertionError(f"no shell tool among {[tool.name for tool in tools]!r}")
    return found


def _fill(
    tools: Sequence[OfferedTool], names: Sequence[str], given: Mapping[tuple[str, ...], str]
) -> ToolCall | None:
    by_name = {tool.name: tool for tool in tools}
    tool = next((by_name[name] for name in names if name in by_name), None)
    if tool is None:
        return None
    arguments: JsonObject = {}
    for candidates, value in given.items():
        name = next((name for name in candidates if name in tool.properties), None)
        if name is not None:
            arguments[name] = value
    for name in tool.required:
        arguments.setdefault(name, _some_value(mapping(tool.properties.get(name))))
    return ToolCall(tool.name, arguments)


def _some_value(schema: JsonObject) -> Json:
    match schema.get("type"):
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case "array":
            return []
        case "object":
            return {}
        case _:
            return "look"
