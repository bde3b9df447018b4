"""What a shell command looks at, when it surely only reads; anything else is refused.

The Looks may cover more than the command read, never less. Exit codes need no look of their own:
they follow from what was read.
"""

import re
import shlex
from dataclasses import dataclass

from agentcache.core.evidence import BEYOND, File, Lines, Listing, Look, Search, Tree
from agentcache.core.plain_glob import covering
from agentcache.core.shell_git import git_looks
from agentcache.core.shell_options import place, read_options, refuse_detached, tree_of_glob
from agentcache.core.shell_paths import hides_git, is_nameless, keeps_lines, speaks
from agentcache.core.shell_search import grep_looks, numbers_lines, rg_looks
from agentcache.core.shell_words import Command, NotPlainError, Pipe, Word, split_line

_FIND_TESTS = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-type"})
_FIND_DEPTHS = frozenset({"-maxdepth", "-mindepth"})
_FIND_WORDS = frozenset({"-not", "!", "-o", "-or", "-a", "-and", "(", ")", "-print", "-prune"})
_SED_PRINT = re.compile(r"(\d+)(?:,(\d+|\$))?p")
_SED_SEARCH = re.compile(r"/[^/\\]*/p")
_FLAGS = {
    "cat": frozenset("nbAETsvetu"),
    "head": frozenset("qv#"),
    "tail": frozenset("qvr#"),
    "nl": frozenset(),
    "wc": frozenset("lwcmL"),
    "sort": frozenset("rnufVghbs"),
    "uniq": frozenset("cdui"),
    "cut": frozenset("s"),
    "tr": frozenset("dscC"),
}
_VALUED = {
    "head": frozenset("nc"),
    "tail": frozenset("nc"),
    "nl": frozenset("bwsvn"),
    "sort": frozenset("kt"),
    "uniq": frozenset("fs"),
    "cut": frozenset("dfcb"),
}
_LS_FLAGS = frozenset("aA1RFplhtSrdGkgo") | {"--all", "--almost-all", "--recursive"}
_NO_COLORS = frozenset({"never", "no", "none", "auto", "tty", "if-tty"})
_TREE_FLAGS = frozenset("adfn") | {"--noreport", "--dirsfirst"}


@dataclass(frozen=True, slots=True)
class ShellReading:
    """What a command line looks at.

    `is_plain`: its text is all that its one look shows, unfiltered. `is_raw`: nothing numbers its
    lines, so that contents may read as if something did. `cwd`: where it leaves a shell that lives
    on. `unnamed`: looks whose text may count what is in `.git` and not tell. `is_read`: nothing in
    its text is a command's own word, as a count is. `is_lines`: all of it is whole lines of files.
    """

    looks: tuple[Look, ...]
    is_plain: bool
    is_raw: bool
    cwd: str
    unnamed: frozenset[Look] = frozenset()
    is_read: bool = False
    is_lines: bool = False


def shell_looks(command: str, *, cwd: str) -> tuple[Look, ...] | None:
    """Everything that `command`, run in the absolute `cwd`, can depend on; None when not sure."""
    reading = read_shell(command, cwd=cwd)
    return None if reading is None else reading.looks


def read_shell(command: str, *, cwd: str) -> ShellReading | None:
    """As `shell_looks`, with what is needed to judge the command's text; None when not sure."""
    looks: list[Look] = []
    plain: list[bool] = []
    raw: list[bool] = []
    unnamed: set[Look] = set()
    parts: list[Command] = []
    home = cwd
    passed: set[str] = set()
    try:
        for pipe in split_line(command):
            _refuse_after_cd(pipe, moved=cwd != home)
            if pipe.commands[0][0] == Word("cd"):
                cwd = _change_directory(pipe, cwd)
                passed |= {cwd} - {home}
                continue
            for place_in_pipe, part in enumerate(pipe.commands):
                found, is_plain = _command_looks(part, cwd, home, piped=place_in_pipe > 0)
                looks += found
                plain.append(is_plain)
                raw.append(not all(_is_numbered(look, part) for look in found))
                unnamed.update(found if hides_git(pipe, place_in_pipe) else ())
            parts += pipe.commands
    except NotPlainError:
        return None
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
    shells = ("bash", "sh", "zsh", "/bin/bash", "/bin/sh", "/bin/zsh", "/usr/bin/bash")
    if len(arguments) == 3 and arguments[0] in shells and arguments[1] in ("-c", "-lc"):
        return arguments[2]
    return shlex.join(arguments)


def _refuse_after_cd(pipe: Pipe, *, moved: bool) -> None:
    if moved and pipe.joiner != "&&":
        raise NotPlainError("commands that run even where cd failed")


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
    command: Command, cwd: str, home: str, *, piped: bool
) -> tuple[tuple[Look, ...], bool]:
    name = command[0].text
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
    if name in ("echo", "pwd", "true"):
        return _nothing(command), False
    reader = {"sed": _sed, "ls": _ls, "tree": _tree, "find": _find}.get(name)
    if reader is not None:
        return reader(command, cwd, piped=piped)
    if name in _FLAGS:
        return _file_reader(command, cwd, piped=piped)
    raise NotPlainError(f"the command {name!r}")


def _nothing(command: Command) -> tuple[Look, ...]:
    if any(word.glob_at >= 0 for word in command):
        raise NotPlainError("a glob that lists files")
    return ()


def _file_reader(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`cat` and everything that reads the files it is given, or else its input."""
    name = command[0].text
    options = read_options(command, flags=_FLAGS[name], valued=_VALUED.get(name, ()))
    files = [word for word in options.rest if word.text != "-"]
    if name in ("tr", "uniq"):
        if name == "uniq" and files:
            raise NotPlainError("uniq with files, of which it writes one")
        files = []
    if not files and not piped:
        raise NotPlainError(f"{name} would read its standard input")
    if name == "head" and len(files) == 1 and not options.has("c"):
        return _head(files[0], options.all("n", "#"), cwd)
    if name == "wc" and len(options.rest) == 1 and {flag for flag, _ in options.given} == {"l"}:
        return tuple(_count(word, cwd) for word in files), False  # more are aligned by their sizes
    plain = name == "cat" and {letter for letter, _ in options.given} <= {"n"}
    return tuple(_file(word, cwd) for word in files), plain


def _head(file: Word, counts: list[str], cwd: str) -> tuple[tuple[Look, ...], bool]:
    count = counts[-1] if counts else "10"
    if file.glob_at >= 0 or not (count.isascii() and count.isdigit()) or int(count) < 1:
        return (_file(file, cwd),), False
    return (Lines(place(file.text, cwd), 1, int(count)),), True


def _count(word: Word, cwd: str) -> Look:
    file = _file(word, cwd)
    return Lines(file.path, BEYOND, 0) if isinstance(file, File) else file


def _file(word: Word, cwd: str) -> Look:
    return tree_of_glob(word, cwd) if word.glob_at >= 0 else File(place(word.text, cwd))


def _sed(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`sed -n` with line ranges and searches that print; other scripts can write files."""
    options = read_options(command, flags="nE", valued="e")
    scripts = options.all("e")
    if not scripts and options.rest and options.rest[0].glob_at < 0:
        scripts = [options.rest.pop(0).text]
    steps = [step.strip() for script in scripts for step in script.split(";")]
    ranges = [_SED_PRINT.fullmatch(step) for step in steps]
    if not options.has("n") or not steps:
        raise NotPlainError("sed that does more than print")
    for step, printed in zip(steps, ranges, strict=True):
        if printed is None and not _SED_SEARCH.fullmatch(step):
            raise NotPlainError(f"the sed script {step!r}")
    if not options.rest and not piped:
        raise NotPlainError("sed would read its standard input")
    printed = ranges[0]
    if len(options.rest) == 1 and len(steps) == 1 and printed and options.rest[0].glob_at < 0:
        start = int(printed.group(1))
        end = 0 if printed.group(2) == "$" else int(printed.group(2) or start)
        if start >= 1 and (end == 0 or end >= start):
            return (Lines(place(options.rest[0].text, cwd), start, end),), True
    return tuple(_file(word, cwd) for word in options.rest), False


def _ls(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    del piped  # it never reads its input
    refuse_detached(command, "--color")
    options = read_options(command, flags=_LS_FLAGS, valued=("--color",))
    if not _NO_COLORS.issuperset(options.all("--color")):
        raise NotPlainError("ls with colours, which tell what links lead to")
    marks = options.has("F", "G")
    is_long = options.has("l", "g", "o")
    if is_long and (marks or options.has("p")):
        raise NotPlainError("a long listing with marks, which tell what links lead to")
    with_stat = marks or is_long or options.has("t", "S")
    is_of_roots = options.has("d") or (options.has("t", "S") and len(options.rest) > 1)
    depth = 0 if options.has("R", "--recursive") else 1
    looks = tuple(
        tree_of_glob(word, cwd)
        if word.glob_at >= 0
        else Listing(
            place(word.text, cwd),
            depth=depth,
            with_stat=with_stat,
            with_link=(with_stat or is_of_roots) and not _is_here(word),
            with_dots=with_stat and (is_of_roots or options.has("a", "--all")),
        )
        for word in options.rest or [Word(".")]
    )
    if with_stat:
        # A tree of a glob holds no sizes and times, so those globs are beyond us.
        if any(isinstance(look, Tree) for look in looks):
            raise NotPlainError("a long listing of a glob")
        return looks, False
    return looks, depth == 1 and not options.has("d", "p")


def _tree(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    del piped
    options = read_options(command, flags=_TREE_FLAGS, valued="LIP")
    depth = options.number("L")
    if any(word.glob_at >= 0 for word in options.rest):
        raise NotPlainError("tree of a glob")
    roots = options.rest or [Word(".")]
    looks = tuple(
        Listing(place(word.text, cwd), depth=depth, with_link=not _is_here(word)) for word in roots
    )
    return looks, False


def _find(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`find` with tests on names and kinds alone; no actions but printing."""
    del piped
    words = list(command[1:])
    if any(word.glob_at >= 0 for word in words):
        raise NotPlainError("find with an unquoted glob")
    roots: list[Word] = []
    while words and not words[0].text.startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    names: list[str] = []
    depth = 0
    is_conjunction = True
    while words:
        word = words.pop(0).text
        if word in _FIND_WORDS:
            # What stands behind `-print` decides on nothing that is printed.
            is_last = word == "-print" and not words
            is_conjunction = is_conjunction and (word in ("-a", "-and") or is_last)
            continue
        if word not in _FIND_TESTS | _FIND_DEPTHS or not words:
            raise NotPlainError(f"the find expression {word!r}")
        value = words.pop(0).text
        if word == "-maxdepth":
            depth = _depth(value)
        elif word == "-name":
            names.append(value)
        else:
            is_conjunction = is_conjunction and word == "-type"
    single = is_conjunction and len(names) == 1 and not re.search(r"[{/\[]", names[0])
    pattern = covering(names[0]) if single else ""
    looks = tuple(
        Listing(place(root.text, cwd), pattern, depth=depth, with_link=not _is_here(root))
        for root in roots or [Word(".")]
    )
    # Without any test it prints everything, the root and `.git` included.
    return looks, single and pattern == names[0]


def _is_here(word: Word) -> bool:
    """Whether `word` names the current directory or one above it, which is listed as no link."""
    return all(part in ("", ".", "..") for part in word.text.split("/"))


def _depth(value: str) -> int:
    if not value.isascii() or not value.isdigit() or value == "0":
        raise NotPlainError(f"the depth {value!r}")
    return int(value)
