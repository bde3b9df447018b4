"""Tools by which an agent asks another one, as data: the prompt, and the report that comes back.

Whether a report is what the other agent said, and what that rests on, is not known here.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentcache.core.evidence import File, Look, Tree
from agentcache.core.reminders import without_reminders
from agentcache.core.values import ToolResult, ToolUse

# What hosts put around a report. All that varies in there is ids, counts, and names of tools.
_COUNTED = r"<usage>(?:\w+: \d+\n?)+</usage>"
_TRAILER = re.compile(rf"\nagentId: [\w-]+(?: \([^()\n]*\))?(?:\n{_COUNTED})?\Z")
_FRAMED = re.compile(
    r"(?:  <tools-used-before-summary>[\w.:, -]*</tools-used-before-summary>\n  \n)?"
    r"\[Subagent hand-back\] [^\n]* The report follows:\n(?P<report>  [^\n]*(?:\n  [^\n]*)*)\n?"
)
_TAGGED = re.compile(
    r'<task id="\w+" state="completed">\n<task_result>\n(?P<report>.*)\n</task_result>\n</task>',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _AgentTool:
    """One tool: where in a project the agents that it may ask are defined, and what they are told.

    Claude Code puts skills and an agent's own memory into the agent's prompt.
    """

    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()


_CLAUDE = _AgentTool(
    directories=(
        ".claude/agents",
        ".claude/agent-memory",
        ".claude/agent-memory-local",
        ".claude/skills",
    )
)
_QWEN = _AgentTool(directories=(".qwen/agents",))
_TOOLS: Mapping[str, _AgentTool] = {
    "Agent": _CLAUDE,
    "Task": _CLAUDE,
    "task": _AgentTool(
        files=("opencode.json", "opencode.jsonc"),
        directories=(".opencode/agent", ".opencode/agents", *_QWEN.directories),
    ),
    "agent": _QWEN,
}

# An agent that has its work elsewhere, or goes on from what it did before, is not asked once.
_NEVER = ("isolation", "resume", "task_id", "cwd", "working_dir")


def is_asked(use: ToolUse) -> bool:
    """Whether `use` asks another agent."""
    return use.name in _TOOLS


def prompt_of(use: ToolUse) -> str | None:
    """What `use` asks another agent that begins with nothing else; None where it may not."""
    prompt = use.arguments.get("prompt")
    if use.name not in _TOOLS or not isinstance(prompt, str):
        return None
    return None if any(use.arguments.get(name) for name in _NEVER) else prompt.strip()


def defined_at(use: ToolUse, directories: tuple[str, ...]) -> tuple[Look, ...]:
    """Where the agents that `use` may ask are defined in a project, at each of `directories`."""
    tool = _TOOLS[use.name]
    files = [File(f"{above}/{name}") for above in directories for name in tool.files]
    trees = [Tree(f"{above}/{name}") for above in directories for name in tool.directories]
    return (*files, *trees)


def reports_in(result: ToolResult) -> tuple[str, ...]:
    """What may be the report in a result: its whole text, and what a known wrapper is around."""
    if result.is_error:
        return ()
    return tuple(dict.fromkeys(plain_report(text) for text in _unwrapped(result.text)))


def plain_report(text: str) -> str:
    """A report as reports are compared: hosts trim them, and some turn odd line ends."""
    return "\n".join(text.splitlines()).strip()


def _unwrapped(text: str) -> Iterator[str]:
    text = without_reminders(text)
    for each in dict.fromkeys((text, _TRAILER.sub("", text))):
        yield each
        if framed := _FRAMED.fullmatch(each):
            yield "\n".join(line[2:] for line in framed["report"].split("\n"))
        if tagged := _TAGGED.fullmatch(each):
            yield tagged["report"]
