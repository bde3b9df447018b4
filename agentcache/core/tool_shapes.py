"""The reading tools of known hosts, as data.

A tool that is not listed, or is used with a parameter that is not listed, is opaque. Listed
meanings cover every host that has a tool of that name, by the wider reading where they differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from agentcache.core.evidence import Among


class Kind(StrEnum):
    """What a tool does."""

    READ = "read"
    GLOB = "glob"
    GREP = "grep"
    LS = "ls"
    SHELL = "shell"


class Role(StrEnum):
    """What a parameter of a tool means."""

    PATH = "path"
    OFFSET = "offset"  # first line, counted from 0 or from 1: hosts differ
    LIMIT = "limit"
    PATTERN = "pattern"
    INCLUDE = "include"
    TYPE = "type"
    IGNORE_CASE = "ignore_case"
    BEFORE = "before"
    AFTER = "after"
    AROUND = "around"
    MODE = "mode"
    MULTILINE = "multiline"
    PARTS = "parts"  # only the matching parts of lines are shown
    COMMAND = "command"
    WORKDIR = "workdir"
    CAP = "cap"  # how much of the result is shown
    INERT = "inert"  # changes how the result is laid out, or nothing
    OFF = "off"  # understood only when absent or false


@dataclass(frozen=True, slots=True)
class ToolShape:
    """One tool: its kind and its parameters.

    `shows_totals`: a read of some lines tells how many the file has. `names_only`: a search
    without a mode lists files. `folds_case`: a search may ignore case unasked. `depth`: of a
    listing, 0 for the whole tree. `among`: which files a search or listing goes over.
    """

    kind: Kind
    roles: Mapping[str, Role]
    shows_totals: bool = False
    names_only: bool = False
    folds_case: bool = False
    depth: int = 1
    among: Among = Among.ALL


def _roles(text: str) -> Mapping[str, Role]:
    """`name:role` pairs; a name alone is its own role."""
    pairs = (word.partition(":") for word in text.split())
    return {name: Role(role or name) for name, _, role in pairs}


_READ = ToolShape(Kind.READ, _roles("file_path:path offset limit allow_large:inert"))
_QWEN_READ = ToolShape(
    Kind.READ, _roles("file_path:path absolute_path:path path offset limit"), shows_totals=True
)
_OPENCODE_READ = ToolShape(Kind.READ, _roles("filePath:path offset limit"), shows_totals=True)
_GREP = ToolShape(
    Kind.GREP,
    _roles(
        "pattern path glob:include type output_mode:mode -i:ignore_case"
        " case_insensitive:ignore_case -n:inert -A:after -B:before -C:around context:around"
        " head_limit:cap offset:cap multiline -o:parts"
    ),
    names_only=True,
    among=Among.VISIBLE,
)
_GREP_ROLES = _roles("pattern path include glob:include limit:cap")
_OPENCODE_GREP = ToolShape(Kind.GREP, _GREP_ROLES, among=Among.VISIBLE)
_QWEN_GREP = ToolShape(Kind.GREP, _GREP_ROLES, folds_case=True, among=Among.VISIBLE)
_SHELL = ToolShape(
    Kind.SHELL,
    _roles(
        "command cmd:command description:inert timeout:inert timeout_ms:inert workdir"
        " working_directory:workdir directory:workdir cwd:workdir yield_time_ms:inert"
        " max_output_tokens:cap login:inert justification:inert sandbox_permissions:inert"
        " with_escalated_permissions:inert"
        " run_in_background:off is_background:off dangerouslyDisableSandbox:inert type:inert"
        " env:off user:off stdin:off tty:off"
    ),
)

TOOLS: Mapping[str, ToolShape] = {
    "Read": _READ,
    "Grep": _GREP,
    "Glob": ToolShape(Kind.GLOB, _roles("pattern path")),
    "LS": ToolShape(Kind.LS, _roles("path ignore:off"), depth=0),
    "Bash": _SHELL,
    "read": _OPENCODE_READ,
    "grep": _OPENCODE_GREP,
    "glob": ToolShape(Kind.GLOB, _roles("pattern path"), among=Among.VISIBLE),
    "list": ToolShape(Kind.LS, _roles("path ignore:off"), depth=0, among=Among.VISIBLE),
    "bash": _SHELL,
    "read_file": _QWEN_READ,
    "grep_search": _QWEN_GREP,
    "search_file_content": _QWEN_GREP,
    "list_directory": ToolShape(
        Kind.LS, _roles("path dir_path:path ignore:off file_filtering_options:off")
    ),
    "run_shell_command": _SHELL,
    "shell": _SHELL,
    "shell_command": _SHELL,
    "exec_command": _SHELL,
    "local_shell": _SHELL,
}
"""Every known tool by its exact name."""

READ_ONLY_TOOLS = frozenset(name for name, tool in TOOLS.items() if tool.kind is not Kind.SHELL)
"""Tools that cannot change anything, whatever their arguments."""
