"""The tools of known hosts, in plain Python on the real disk: no code of the product.

`run_tool` gives what the host would send to the model. Commands that are not imitated run in a
real shell. `test_tools.py` holds the imitations against the real programs.
"""

import errno
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from oracle.ignoring import IgnoreRules
from support.repositories import ENVIRONMENT

Arguments: TypeAlias = Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a tool."""

    name: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Result:
    """What the host sends to the model."""

    text: str
    is_error: bool = False


class ToolFailedError(Exception):
    """The tool could not do it; the text is what the host says."""


def run_tool(use: Use, root: Path) -> Result:
    """The result of `use` by a host that stands in `root`."""
    try:
        return Result(_TOOLS[use.name](use.arguments, root))
    except ToolFailedError as failed:
        return Result(str(failed), is_error=True)
    except OSError as error:
        return Result(f"Error: {error}", is_error=True)


def _lines(path: Path) -> list[str]:
    """The lines of a text file without their `\\n`."""
    if not path.exists():
        raise ToolFailedError("File does not exist.")
    if path.is_dir():
        raise ToolFailedError("EISDIR: illegal operation on a directory, read")
    lines = path.read_bytes().decode(errors="replace").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _read(given: Arguments, root: Path) -> str:
    """As Claude Code reads: numbered from 1, from line `offset` on."""
    lines = _lines(root / str(given["file_path"]))
    start = max(int(given.get("offset", 1)), 1)
    limit = int(given.get("limit", 2000))
    shown = lines[start - 1 : start - 1 + limit]
    if not lines:
        return (
            "<system-reminder>Warning: the file exists but the contents are empty."
            "</system-reminder>"
        )
    if not shown:
        return (
            "<system-reminder>Warning: the file exists but is shorter than the provided offset"
            f" ({start}). The file has {len(lines)} lines.</system-reminder>"
        )
    return "\n".join(f"{n:>6}→{line.removesuffix(chr(13))}" for n, line in enumerate(shown, start))


def _open_read(given: Arguments, root: Path) -> str:
    """As opencode reads: from line `offset` + 1 on, in tags."""
    lines = _lines(root / str(given["filePath"]))
    start, limit = int(given.get("offset", 0)), int(given.get("limit", 2000))
    shown = lines[start : start + limit]
    rows = [f"{number:05}| {line}" for number, line in enumerate(shown, start + 1)]
    more = len(lines) > start + len(shown)
    last = start + len(shown)
    end = (
        f"(File has more lines. Use 'offset' parameter to read beyond line {last})"
        if more
        else f"(End of file - total {len(lines)} lines)"
    )
    return "\n".join(["<file>", *rows, "", end, "</file>"])


def files_below(root: Path, top: Path, *, every: bool = False) -> Iterator[str]:
    """Regular files that ripgrep goes over, or `every` one, relative to `root` in path order."""
    rules = None if every else IgnoreRules(root)
    for directory, directories, names in os.walk(top):
        relative = os.path.relpath(directory, root)
        prefix = "" if relative == "." else f"{relative}/"
        directories[:] = sorted(
            name
            for name in directories
            if name != ".git"
            and (rules is None or _is_seen(rules, prefix + name, is_directory=True))
        )
        for name in sorted(names):
            path = prefix + name
            is_plain = name != ".git" and not (root / path).is_symlink()
            if is_plain and (rules is None or _is_seen(rules, path, is_directory=False)):
                yield path


def _is_seen(rules: IgnoreRules, path: str, *, is_directory: bool) -> bool:
    hidden = os.path.basename(path).startswith(".")  # noqa: PTH119  # strings, for speed
    return not hidden and not rules.skips(path, is_directory=is_directory)


def _matches(root: Path, paths: Iterator[str], pattern: str) -> Iterator[tuple[str, int, str]]:
    regex = re.compile(pattern)
    for path in paths:
        content = (root / path).read_bytes().decode(errors="replace")
        lines = content.split("\n")
        for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
            if regex.search(line):
                yield path, number, line


def _searched(given: Arguments, root: Path) -> Iterator[tuple[str, int, str]]:
    top = root / str(given.get("path", "."))
    if not top.exists():
        raise ToolFailedError(f"Path does not exist: {top}")
    glob = str(given.get("glob", ""))
    names = [os.path.relpath(top, root)] if top.is_file() else files_below(root, top)
    chosen = (name for name in names if not glob or glob_regex(glob).fullmatch(name))
    return _matches(root, chosen, str(given["pattern"]))


def _grep(given: Arguments, root: Path) -> str:
    """As Claude Code's search: names of files unless the content is asked for."""
    found = sorted(_searched(given, root))
    if given.get("output_mode") == "content":
        return "\n".join(f"{p}:{n}:{text}" for p, n, text in found) or "No matches found"
    names = list(dict.fromkeys(path for path, _, _ in found))
    return "\n".join([f"Found {len(names)} files", *names]) if names else "No files found"


def _open_grep(given: Arguments, root: Path) -> str:
    """As opencode's search: matches below the path of their file."""
    found = sorted(_searched({**given, "glob": given.get("include", "")}, root))
    if not found:
        return "No files found"
    rows = [f"Found {len(found)} matches"]
    current = ""
    for path, number, text in found:
        if path != current:
            rows += ([""] if current else []) + [f"{root / path}:"]
            current = path
        rows.append(f"  Line {number}: {text}")
    return "\n".join(rows)


def glob_regex(pattern: str) -> re.Pattern[str]:
    """A glob of `*` and `**/` over whole paths; one without `/` is for the last part."""
    text = pattern if "/" in pattern else f"**/{pattern}"
    parts = [re.escape(part).replace(r"\*", "[^/]*") for part in text.split("**/")]
    return re.compile("(?:.*/)?".join(parts))


def _glob(given: Arguments, root: Path) -> str:
    """Absolute paths of all files, ignored ones too."""
    regex = glob_regex(str(given["pattern"]))
    names = [
        str(root / path) for path in files_below(root, root, every=True) if regex.fullmatch(path)
    ]
    return "\n".join(names) or "No files found"


def _open_glob(given: Arguments, root: Path) -> str:
    regex = glob_regex(str(given["pattern"]))
    names = [str(root / path) for path in files_below(root, root) if regex.fullmatch(path)]
    return "\n".join(names) or "No files found"


def _ls(given: Arguments, root: Path) -> str:
    """As Claude Code's tree of a directory."""
    top = root / str(given["path"])
    if not top.is_dir():
        raise ToolFailedError(f"ENOTDIR: not a directory: {top}")
    rows = [f"- {top}/"]
    _tree_rows(top, "  ", rows)
    return "\n".join(rows)


def _tree_rows(directory: Path, indent: str, rows: list[str]) -> None:
    for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
        if entry.name.startswith("."):
            continue
        is_directory = entry.is_dir(follow_symlinks=False)
        rows.append(f"{indent}- {entry.name}{'/' if is_directory else ''}")
        if is_directory:
            _tree_rows(directory / entry.name, indent + "  ", rows)


def _bash(given: Arguments, root: Path) -> str:
    command = str(given["command"])
    words = shlex.split(command)
    imitation = (
        None
        if any(mark in command for mark in (" | ", " && ", "; "))
        else COMMANDS.get(" ".join(words[:2])) or (COMMANDS.get(words[0]))
    )
    output = imitation(words, root) if imitation else real_output(command, root)
    return output.removesuffix("\n") or "(Bash completed with no output)"


def real_output(command: str, root: Path) -> str:
    """What the command really prints; raises ToolFailedError when it fails."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=root,
        # A login shell says what is in the profile at home, which may fail when many run at once.
        env={**os.environ, **ENVIRONMENT, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode > 1 or done.stderr or (done.returncode and done.stdout):
        raise ToolFailedError(f"Error: exit code {done.returncode}: {done.stderr!r}")
    return done.stdout.decode(errors="replace")


def _content(name: str, root: Path) -> str:
    path = root / name
    if not path.is_file():
        raise ToolFailedError(f"cat: {name}: No such file or directory")
    return path.read_bytes().decode(errors="replace")


def _whole_lines(name: str, root: Path, start: int, end: int) -> str:
    """Lines as `\\n` ends them, and nothing else does."""
    parts = re.findall(r"[^\n]*\n|[^\n]+\Z", _content(name, root))
    return "".join(parts[start - 1 : end])


def _cat(words: list[str], root: Path) -> str:
    return "".join(_content(name, root) for name in words[1:])


def _sed(words: list[str], root: Path) -> str:
    start, end = words[2].removesuffix("p").split(",")
    return _whole_lines(words[3], root, int(start), int(end))


def _head(words: list[str], root: Path) -> str:
    return _whole_lines(words[3], root, 1, int(words[2]))


def _wc(words: list[str], root: Path) -> str:
    return f"{_content(words[2], root).count(chr(10))} {words[2]}\n"


def _shell_ls(words: list[str], root: Path) -> str:
    name = words[1]
    if not os.path.lexists(root / name):
        raise ToolFailedError(f"ls: cannot access '{name}': No such file or directory")
    if _is_circle(root / name):
        raise ToolFailedError(f"ls: cannot access '{name}': Too many levels of symbolic links")
    if not (root / name).is_dir():
        return f"{name}\n"
    names = sorted(path.name for path in (root / name).iterdir())
    return "".join(f"{each}\n" for each in names if not each.startswith("."))


def _is_circle(path: Path) -> bool:
    """Whether it is a link that leads to itself, unlike one that leads to nothing."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _shell_grep(words: list[str], root: Path) -> str:
    """`grep -rnE` and `grep -rlE` of a pattern in one or more places below the root."""
    pattern, places = words[2], words[3:]
    found: list[tuple[str, int, str]] = []
    for name in places:
        top = root / name
        if not top.exists():
            raise ToolFailedError(f"grep: {name}: No such file or directory")
        found += sorted(_matches(root, iter(_below(root, name)), pattern))
    if "l" in words[1]:
        return "".join(f"{path}\n" for path in dict.fromkeys(path for path, _, _ in found))
    return "".join(f"{path}:{number}:{text}\n" for path, number, text in found)


def _below(root: Path, name: str) -> Iterator[str]:
    """Regular files at and below `name`, which may itself be a link; no link is followed below."""
    if (root / name).is_file():
        yield name
        return
    for directory, directories, names in os.walk(root / name):
        directories.sort()
        relative = os.path.relpath(directory, root)
        for each in sorted(names):
            if not (root / relative / each).is_symlink():
                yield f"{relative}/{each}"


def _find(words: list[str], root: Path) -> str:
    """`find PLACE -name PATTERN`; a place that is a link is not followed."""
    regex = glob_regex(words[3])
    top = root / words[1]
    if not os.path.lexists(top):
        raise ToolFailedError(f"find: '{words[1]}': No such file or directory")
    found = [words[1]] if regex.fullmatch(words[1].rpartition("/")[2]) else []
    if not top.is_symlink():
        for directory, directories, names in os.walk(top):
            relative = os.path.relpath(directory, root)
            inside = [f"{relative}/{name}" for name in directories + names]
            found += [path for path in inside if regex.fullmatch(path)]
    return "".join(f"{path}\n" for path in sorted(found))


COMMANDS: Mapping[str, Callable[[list[str], Path], str]] = {
    "cat": _cat,
    "sed -n": _sed,
    "head -n": _head,
    "wc -l": _wc,
    "ls": _shell_ls,
    "ls -la": lambda words, root: real_output(shlex.join(words), root),
    "grep -rnE": _shell_grep,
    "grep -rlE": _shell_grep,
    "find": _find,
}
"""The commands that are imitated, by their first words."""

_TOOLS: Mapping[str, Callable[[Arguments, Path], str]] = {
    "Read": _read,
    "Grep": _grep,
    "Glob": _glob,
    "LS": _ls,
    "Bash": _bash,
    "bash": _bash,
    "read": _open_read,
    "grep": _open_grep,
    "glob": _open_glob,
}
