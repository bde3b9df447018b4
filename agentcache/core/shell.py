"""What a shell command looks at, when it surely only reads; anything else is refused.

The Looks may cover more than the command read, never less. Exit codes need no look of their own:
they follow from what was read.
"""

import shlex
from dataclasses import dataclass, replace

from agentcache.core.evidence import File, Lines, Listing, Look, Search
from agentcache.core.shell_git import git_looks
from agentcache.core.shell_listing import LISTERS, is_found_whole, trees_of_find
from agentcache.core.shell_options import place, tree_of_glob
from agentcache.core.shell_passed import (
    looks_below,
    passed_command,
    prints_names,
    refuse_unless_it_reads,
)
from agentcache.core.shell_paths import git_names, hides_git, is_nameless, keeps_lines, speaks
from agentcache.core.shell_readers import READERS
from agentcache.core.shell_search import grep_looks, numbers_lines, rg_looks
from agentcache.core.shell_words import (
    LOOP,
    LOOP_OF_WHOLE,
    Command,
    NotPlainError,
    Pipe,
    Word,
    split_line,
)

_SHELLS = ("bash", "sh", "zsh", "/bin/bash", "/bin/sh", "/bin/zsh", "/usr/bin/bash")


@dataclass(frozen=True, slots=True)
class ShellReading:
    """What a command line looks at.

    `is_plain`: its text is all that its one look shows, unfiltered. `is_raw`: nothing numbers its
    lines, so that contents may read as if something did. `cwd`: where it leaves a shell that lives
    on. `unnamed`: looks whose text may count what is in `.git` and not tell. `is_read`: nothing in
    its text is a command's own word, as a count is. `is_lines`: all of it is whole lines of files.
    `passed`: the directories it went to on the way, each of which must be there: where a `cd`
    fails, what follows it may run all the same.
    """

    looks: tuple[Look, ...]
    is_plain: bool
    is_raw: bool
    cwd: str
    unnamed: frozenset[Look] = frozenset()
    is_read: bool = False
    is_lines: bool = False
    passed: frozenset[str] = frozenset()


def read_shell(command: str, *, cwd: str) -> ShellReading | None:
    """Everything that `command`, run in the absolute `cwd`, can depend on; None when not sure."""
    try:
        pipes = split_line(command)
        line = _line_of_a_shell(pipes)
        if line is None:
            return _read_pipes(pipes, cwd)
        reading = _read_pipes(split_line(line, may_go_up=False), cwd)
        return None if reading is None else replace(reading, cwd=cwd)
    except NotPlainError:
        return None


def _line_of_a_shell(pipes: tuple[Pipe, ...]) -> str | None:
    """LINE where all that runs is `bash -lc LINE`, else None."""
    if len(pipes) != 1 or len(pipes[0].commands) != 1 or pipes[0].is_silent:
        return None
    words = pipes[0].commands[0]
    texts = [word.text for word in words]
    is_fixed = all(word.glob_at < 0 for word in words)
    return texts[2] if is_fixed and _runs_a_line(texts) else None


def _read_pipes(pipes: tuple[Pipe, ...], cwd: str) -> ShellReading | None:
    """As `read_shell`, of a line that is split; raises NotPlainError."""
    looks: list[Look] = []
    plain: list[bool] = []
    raw: list[bool] = []
    unnamed: set[Look] = set()
    parts: list[Command] = []
    home = cwd
    passed: set[str] = set()
    for before, pipe in zip((None, *pipes), pipes, strict=False):
        if pipe.joiner == "||" and before is not None and _is_cd(before):
            raise NotPlainError("a command that runs where cd failed")
        if pipe.is_mixed and any(part[0] == Word("xargs") for part in pipe.commands):
            raise NotPlainError("names among errors")
        if _is_cd(pipe):
            cwd = _change_directory(pipe, cwd)
            passed |= {cwd} - {home}
            continue
        for place_in_pipe, part in enumerate(pipe.commands):
            found, is_plain = _command_looks(part, cwd, home, pipe.commands[:place_in_pipe])
            looks += found
            plain.append(is_plain)
            raw.append(not all(_is_numbered(look, part) for look in found))
            if hides_git(pipe, place_in_pipe):
                unnamed.update(found)
            else:
                looks += git_names(pipe, place_in_pipe)
        parts += pipe.commands
    if not plain or not all(any(_is_below(look, each) for look in looks) for each in passed):
        return None  # whether such a directory exists would be seen by no look
    is_plain = len(plain) == 1 and plain[0] and len(looks) == 1
    return ShellReading(
        tuple(dict.fromkeys(looks)),
        is_plain,
        any(raw),
        cwd,
        frozenset(unnamed),
        is_read=not any(map(speaks, parts)),
        is_lines=_is_lines(looks, parts, is_listed=plain[0]),
        passed=frozenset(passed),
    )


def _is_lines(looks: list[Look], parts: list[Command], *, is_listed: bool) -> bool:
    """`is_listed`: the first of `parts` shows all that it finds."""
    if all(isinstance(look, File | Lines) for look in looks):
        return all(map(keeps_lines, parts))
    is_search = len(looks) == 1 and isinstance(looks[0], Search) and is_listed
    return is_search and not is_nameless(parts[0]) and all(map(keeps_lines, parts[1:]))


def _is_numbered(look: Look, command: Command) -> bool:
    """Whether a command shows what it looked at by the numbers of lines, or by names alone."""
    if isinstance(look, Search) and command[0].text != "git":
        return look.names_only or numbers_lines(command)
    return isinstance(look, Listing)


def join_arguments(arguments: list[str]) -> str:
    """An argument list as the shell line that means it; `bash -lc LINE` is its LINE."""
    return arguments[2] if _runs_a_line(arguments) else shlex.join(arguments)


def _runs_a_line(arguments: list[str]) -> bool:
    return len(arguments) == 3 and arguments[0] in _SHELLS and arguments[1] in ("-c", "-lc")


def _is_cd(pipe: Pipe) -> bool:
    return pipe.commands[0][0] == Word("cd")


def _is_below(look: Look, directory: str) -> bool:
    path = look.path if isinstance(look, File | Lines) else getattr(look, "root", "")
    return f"{path}/".startswith(directory.rstrip("/") + "/")


def _change_directory(pipe: Pipe, cwd: str) -> str:
    words = pipe.commands[0]
    if len(pipe.commands) != 1 or len(words) != 2 or words[1].glob_at >= 0:
        raise NotPlainError("a cd that is not to one directory")
    if pipe.joiner == "||":
        raise NotPlainError("a cd that runs where something failed")
    if words[1].text.startswith("-"):
        raise NotPlainError("a cd with options")
    return place(words[1].text, cwd)


def _command_looks(
    command: Command, cwd: str, home: str, before: tuple[Command, ...]
) -> tuple[tuple[Look, ...], bool]:
    """`before`: the commands of the pipe whose output it gets."""
    name = command[0].text
    piped = bool(before)
    if command[0].glob_at >= 0:
        raise NotPlainError(f"the command {name!r}")
    if name in ("grep", "egrep", "fgrep"):
        return grep_looks(command, cwd=cwd, piped=piped)
    if name == "rg":
        return rg_looks(command, cwd=cwd, piped=piped)
    if name == "git":
        if cwd != home:
            raise NotPlainError("git in another directory, which may be another repository")
        return git_looks(command, cwd=cwd)
    if command[0] in (LOOP, LOOP_OF_WHOLE):
        return _looped(command, cwd), False
    if name == "xargs":
        return _xargs(command, cwd, home, before), False
    reader = READERS.get(name) or LISTERS.get(name)
    if reader is None:
        raise NotPlainError(f"the command {name!r}")
    return reader(command, cwd, piped=piped)


def _looped(command: Command, cwd: str) -> tuple[Look, ...]:
    """Everything that a loop may go over, which begins in `cwd`."""
    if any(word.glob_at < 0 for word in command[1:]):
        raise NotPlainError("a loop that is not read")
    trees = tuple(tree_of_glob(word, cwd) for word in command[1:])
    return trees if command[0] == LOOP_OF_WHOLE else looks_below(trees, cwd)


def _xargs(command: Command, cwd: str, home: str, before: tuple[Command, ...]) -> tuple[Look, ...]:
    first, *filters = before or (command,)
    if not filters and is_found_whole(first):
        refuse_unless_it_reads(passed_command(command, by_nul=True))
        return trees_of_find(first, cwd)
    are_lines = all(map(keeps_lines, filters)) and not any(
        _command_looks(each, cwd, home, before[:1])[0] for each in filters
    )
    if cwd != home or not prints_names(first) or not are_lines:
        raise NotPlainError("names that xargs may take apart")
    refuse_unless_it_reads(passed_command(command, by_nul=False))
    found, _ = _command_looks(first, cwd, home, ())
    return looks_below(found, home)
