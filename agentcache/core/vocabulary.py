"""What a use of a known host's tool looks at, and what it showed."""

from dataclasses import dataclass, field

from agentcache.core.codec import Json
from agentcache.core.evidence import Among, File, Lines, Listing, Look, Search, Tree
from agentcache.core.pattern import Dialect, translate
from agentcache.core.plain_glob import covering, may_lead_out, may_name_git
from agentcache.core.shell import ShellReading, join_arguments, read_shell
from agentcache.core.shell_options import place
from agentcache.core.shell_search import ripgrep_include, with_rules
from agentcache.core.shell_words import NotPlainError
from agentcache.core.tool_output import looks_failed, unwrap_shell
from agentcache.core.tool_shapes import TOOLS, Kind, Role, ToolShape
from agentcache.core.values import ToolResult, ToolUse

_MAY_REPEAT = (Role.CAP, Role.INERT)


class _Opaque(Exception):  # noqa: N818  # a decision on its way out, not an error
    pass


@dataclass(slots=True)
class _Given:
    """The arguments of a use, by role; empty and false ones are left out."""

    values: dict[Role, Json] = field(default_factory=dict)

    def text(self, role: Role) -> str:
        value = self.values.get(role, "")
        if not isinstance(value, str):
            raise _Opaque
        return value

    def count(self, role: Role) -> int:
        if role not in self.values:
            return 0
        value = self.values[role]
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if not isinstance(value, int) or value < 0:
            raise _Opaque
        return value

    def flag(self, role: Role) -> bool:
        value = self.values.get(role, False)
        if not isinstance(value, bool):
            raise _Opaque
        return value


def looks_of(use: ToolUse, *, cwd: str) -> tuple[Look, ...] | None:
    """Everything that the result of `use` can depend on, at absolute paths; None when opaque.

    `cwd`: the absolute directory that the host's relative paths start from.
    """
    tool = TOOLS.get(use.name)
    if tool is None:
        return None
    try:
        return _looks(tool, _given(use, tool), cwd)
    except _Opaque:
        return None


def _looks(tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...] | None:
    try:
        return _BY_KIND[tool.kind](tool, given, cwd)
    except (_Opaque, NotPlainError):
        return None


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a result without its host's wrapper.

    `is_plain`: it is laid out as what its one look shows, not filtered, counted or joined with
    other output. `is_part`: the tool was asked to show only a part of what its look covers.
    `is_raw`: nothing numbers its lines, so that contents may read as if something did. `limit`: how
    many lines of a file were asked for, 0 for no such limit. `unnamed`, `is_read`, `is_lines` and
    `passed` as in `ShellReading`. `is_terminal` as in `ShellOutput`.
    """

    text: str
    is_plain: bool = True
    is_part: bool = False
    is_raw: bool = False
    limit: int = 0
    unnamed: frozenset[Look] = frozenset()
    is_read: bool = False
    is_lines: bool = False
    is_terminal: bool = False
    passed: frozenset[str] = frozenset()


def result_body(use: ToolUse, result: ToolResult, *, cwd: str = "/") -> Body | None:
    """What `use`, run in `cwd`, showed; None when it failed, was refused or did not end."""
    tool = TOOLS.get(use.name)
    if tool is None or result.is_error:
        return None
    if tool.kind is Kind.SHELL:
        return _shell_body(use, tool, result, cwd)
    text = result.text
    if looks_failed(text):
        return None
    try:
        given = _given(use, tool)
        limit = given.count(Role.LIMIT)
    except _Opaque:
        return Body(text, is_plain=False)
    is_part = Role.CAP in given.values
    if tool.kind is Kind.READ and tool.shows_totals:
        is_part = Role.OFFSET in given.values or Role.LIMIT in given.values
    is_exact = tool.kind is Kind.READ or _is_exact(tool, given)
    is_counted = given.values.get(Role.MODE) == "count"
    is_plain = is_exact and not is_counted and Role.PARTS not in given.values
    return Body(text, is_plain=is_plain, is_part=is_part, limit=limit)


def _is_exact(tool: ToolShape, given: _Given) -> bool:
    """Whether the one look of a search or a listing has no names that its glob leaves out."""
    looks = _looks(tool, given, "/") or ()
    return len(looks) == 1 and not _is_wider(given, looks[0])


def _is_wider(given: _Given, look: Look) -> bool:
    if isinstance(look, Listing):
        glob = given.values.get(Role.PATTERN, "")
        return bool(glob) and (not look.pattern or "?" in str(glob))
    glob = str(given.values.get(Role.INCLUDE, ""))
    return "?" in glob or "!" in glob


def _shell_body(use: ToolUse, tool: ToolShape, result: ToolResult, cwd: str) -> Body | None:
    output = unwrap_shell(result.text)
    if output is None or looks_failed(output.text):
        return None
    try:
        given = _given(use, tool)
        reading = read_shell(_command(given), cwd=_workdir(given, cwd))
    except (_Opaque, NotPlainError):
        reading = None
    is_plain = reading is not None and reading.is_plain
    if output.found_nothing and not (is_plain and _is_search(reading)):
        return None
    if reading is None:
        return Body(output.text, is_plain=False)
    return Body(
        output.text,
        is_plain=is_plain and not output.is_cut,
        is_raw=reading.is_raw,
        unnamed=reading.unnamed,
        is_read=reading.is_read,
        is_lines=reading.is_lines and not output.is_cut,
        is_terminal=output.is_terminal,
        passed=reading.passed,
    )


def _is_search(reading: ShellReading | None) -> bool:
    return reading is not None and all(isinstance(look, Search) for look in reading.looks)


def directory_after(use: ToolUse, *, cwd: str) -> str | None:
    """Where `use` leaves a shell that lives on between commands; None when that is not known."""
    tool = TOOLS.get(use.name)
    if tool is None or tool.kind is not Kind.SHELL:
        return cwd
    try:
        given = _given(use, tool)
        if Role.WORKDIR in given.values:
            return cwd
        reading = read_shell(_command(given), cwd=cwd)
    except (_Opaque, NotPlainError):
        return None
    return None if reading is None else reading.cwd


def _given(use: ToolUse, tool: ToolShape) -> _Given:
    given = _Given()
    for name, value in use.arguments.items():
        if value is None or value is False or value in ("", [], {}):
            continue
        role = tool.roles.get(name)
        if role is None or role is Role.OFF or (role in given.values and role not in _MAY_REPEAT):
            raise _Opaque
        given.values[role] = value
    return given


def _path(given: _Given, cwd: str) -> str:
    text = given.text(Role.PATH)
    if text.startswith("~"):
        raise _Opaque
    return place(text or ".", cwd)


def _read_looks(tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...]:
    if not given.text(Role.PATH):
        raise _Opaque
    path = _path(given, cwd)
    offset, limit = given.count(Role.OFFSET), given.count(Role.LIMIT)
    if tool.shows_totals or not (offset or limit):
        return (File(path),)
    # From 0 the lines are offset + 1 to offset + limit, from 1 one less: these are both.
    return (Lines(path, max(offset, 1), offset + limit if limit else 0),)


def _glob_looks(tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...]:
    pattern = given.text(Role.PATTERN)
    if not pattern or "\\" in pattern or pattern.startswith(("~", "!")):
        raise _Opaque
    root = _path(given, cwd)
    parts = pattern.split("/")
    if may_lead_out(pattern.lstrip("/").removeprefix("./")) or may_name_git(pattern):
        raise _Opaque
    fixed: list[str] = []
    if pattern.startswith("/"):
        while len(parts) > 1 and not any(mark in parts[0] for mark in "*?[{("):
            fixed.append(parts.pop(0))
        root, pattern = place("/".join(fixed) or "/", cwd), "/".join(parts)
    known = covering(pattern.removeprefix("./"))
    # Where it is not known what a host makes of it, all names count, ignored ones too.
    return (Listing(root, known, among=tool.among if known else Among.ALL),)


def _grep_looks(tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...]:
    pattern = given.text(Role.PATTERN)
    mode = given.text(Role.MODE)
    given.flag(Role.PARTS)
    if not pattern or mode not in ("", "content", "files_with_matches", "count"):
        raise _Opaque
    root = _path(given, cwd)
    translated = None if given.flag(Role.MULTILINE) else translate(pattern, Dialect.RUST)
    if translated is None:
        return with_rules((Tree(root),), tool.among)
    around = given.count(Role.AROUND)
    names_only = mode == "files_with_matches" or (not mode and tool.names_only)
    return (
        Search(
            root,
            translated,
            ignore_case=tool.folds_case or given.flag(Role.IGNORE_CASE),
            include=_include(given),
            before=0 if names_only else max(given.count(Role.BEFORE), around),
            after=0 if names_only else max(given.count(Role.AFTER), around),
            names_only=names_only,
            among=tool.among,
        ),
    )


def _include(given: _Given) -> str:
    globs, kind = given.text(Role.INCLUDE), given.text(Role.TYPE)
    # Some hosts split at blanks, and at commas outside braces.
    parts = globs.split() if "{" in globs else globs.replace(",", " ").split()
    return ripgrep_include(parts, [kind] if kind else [])


def _ls_looks(tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...]:
    return (Listing(_path(given, cwd), depth=tool.depth, among=tool.among),)


def _shell_looks(_tool: ToolShape, given: _Given, cwd: str) -> tuple[Look, ...]:
    reading = read_shell(_command(given), cwd=_workdir(given, cwd))
    if reading is None:
        raise _Opaque
    return reading.looks


def _command(given: _Given) -> str:
    command = given.values.get(Role.COMMAND)
    if isinstance(command, list):
        return join_arguments([word if isinstance(word, str) else "\0" for word in command])
    return given.text(Role.COMMAND)


def _workdir(given: _Given, cwd: str) -> str:
    """Another directory may be another repository, which only a `cd` is checked for."""
    directory = place(given.text(Role.WORKDIR) or ".", cwd)
    if directory != cwd and "git" in _command(given):
        raise _Opaque
    return directory


_BY_KIND = {
    Kind.READ: _read_looks,
    Kind.GLOB: _glob_looks,
    Kind.GREP: _grep_looks,
    Kind.LS: _ls_looks,
    Kind.SHELL: _shell_looks,
}
