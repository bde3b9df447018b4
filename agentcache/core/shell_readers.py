"""What commands look at that read whole files, parts of them or their input, or only speak."""

import re
from collections.abc import Mapping

from agentcache.core.evidence import BEYOND, File, GitRef, Lines, Look, Tree
from agentcache.core.shell_git import GIT_TEXTS
from agentcache.core.shell_options import Options, Reader, place, read_options, tree_of_glob
from agentcache.core.shell_words import Command, NotPlainError, Word

_SED_PRINT = re.compile(r"(\d+)(?:,(\d+|\$))?p")
_SED_LINE = r"(?:\d+|\$|/[^/\\\n]*/)"
_SED_LINES = re.compile(rf"{_SED_LINE}(?:,(?:{_SED_LINE}|\+\d+))?p|\$=")
_SED_LESS = re.compile(rf"{_SED_LINE}(?:,{_SED_LINE})?d|\d+q")
_SED_REPLACE = re.compile(
    rf"(?:{_SED_LINE}(?:,{_SED_LINE})?)?"
    r"s([/|#,:@!%])(?:(?!\1)[^\\\n]|\\[^\n])*\1(?:(?!\1)[^\\\n]|\\[^\n])*\1[gIip\d]*"
)
"""Without the flags `w` and `e`, which write and run."""

_PRINTED_WORDS = re.compile(r"(?:[^%]|%(?:%|-?[0-9.]*[sb]))+")
_AWK_FIELD = r"\$(?:\d+|NF)"
_AWK_TEXT = r'"(?:[^"\\\n]|\\[nt])*"'
_AWK_SEARCH = r"!?/[^/\\\n]*/"
_AWK_LENGTH = rf"length(?:\((?:{_AWK_FIELD})?\))?"
_AWK_COMPARED = rf"(?:F?NR|NF|{_AWK_LENGTH}|{_AWK_FIELD}) *(?:[=!]=|<=?|>=?) *(?:\d+|{_AWK_TEXT})"
_AWK_TEST = rf"(?:{_AWK_COMPARED}|{_AWK_SEARCH}|{_AWK_FIELD} *!?~ *{_AWK_SEARCH})"
_AWK_LINES = rf"{_AWK_TEST}(?: *(?:&&|\|\||,) *{_AWK_TEST})*"
_AWK_SHOWN = rf"(?:{_AWK_FIELD}|F?NR|NF|FILENAME|{_AWK_LENGTH}|{_AWK_TEXT})"
_AWK_PRINT = rf"\{{ *printf?(?: *{_AWK_SHOWN}(?:[ ,]*{_AWK_SHOWN})*)? *\}}"
_AWK_END = rf"END *{_AWK_PRINT}"
_JQ_KNOWN = (
    "add|all|and|any|ascii_downcase|ascii_upcase|contains|del|elif|else|empty|end|endswith|false"
    "|first|flatten|from_entries|group_by|has|if|in|index|inside|join|keys|keys_unsorted|last"
    "|length|ltrimstr|map|map_values|max|max_by|min|min_by|not|null|or|range|reverse|rtrimstr"
    "|select|sort|sort_by|split|startswith|test|then|to_entries|tonumber|tostring|true|type|unique"
    "|unique_by|values|with_entries"
)
_JQ_KEY = r"[A-Za-z_]\w*(?=\s*[:,}])"
_JQ_BEYOND = r"(?:env|now|debug|stderr)\b|input|local|strf|halt|get_|module|builtins"
"""How the words begin that look at more than values, where a key of an object may stand."""

_FILTERS = {
    "awk": re.compile(
        rf" *(?:(?:{_AWK_LINES}(?: *{_AWK_PRINT})?|{_AWK_PRINT})(?: *{_AWK_END})?|{_AWK_END}) *"
    ),
    "jq": re.compile(
        rf"""(?: \.[A-Za-z_]\w* | (?<![\w$@])(?: (?:{_JQ_KNOWN}|\d+)\b | (?!{_JQ_BEYOND}){_JQ_KEY} )
        | "[^"\\]*" | [][.(){{}}|,:?\s<>=!+*/-] )++""",
        re.ASCII | re.VERBOSE,
    ),
}
"""Whole programs that only choose lines, fields or values, or put them into other forms; others may
write, or run anything."""

_NO_FILE = re.compile(r"\A(?:-\Z|/+inet)|=")
"""What awk takes for its input, the network, or a value to set."""

_DIFF_FLAGS = frozenset("qswbBiyaEZ") | {"--brief", "--side-by-side", "--ignore-all-space"}
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
    "cmp": frozenset("s"),
    "column": frozenset("t"),
    "comm": frozenset("123"),
    "paste": frozenset("s"),
    **dict.fromkeys(("tac", "rev", "md5sum", "sha1sum", "sha256sum"), frozenset[str]()),
}
_VALUED = {
    "head": frozenset("nc"),
    "tail": frozenset("nc"),
    "nl": frozenset("bwsvn"),
    "sort": frozenset("kt"),
    "uniq": frozenset("fs"),
    "cut": frozenset("dfcb"),
    "column": frozenset("s"),
    "paste": frozenset("d"),
}


def _words(command: Command, _cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`echo` and its like, which show their own words."""
    del piped
    if any(word.glob_at >= 0 for word in command):
        raise NotPlainError("a glob that lists files")
    return (), False


def _printf(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """With words alone in its format: others set variables, tell the time, or are evaluated."""
    begins = 2 if command[1:2] == (Word("--"),) else 1
    form = command[begins].text if len(command) > begins else ""
    if (begins == 1 and form.startswith("-")) or not _PRINTED_WORDS.fullmatch(form):
        raise NotPlainError(f"the format {form!r}")
    return _words(command, cwd, piped=piped)


def _file_reader(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`cat` and everything that reads the files it is given, or else its input."""
    name = command[0].text
    options = read_options(command, flags=_FLAGS[name], valued=_VALUED.get(name, ()))
    files = [word for word in options.rest if word.text != "-"]
    if name in ("tr", "uniq"):
        if name == "uniq" and files:
            raise NotPlainError("uniq with files, of which it writes one")
        if any(word.glob_at >= 0 for word in files):
            raise NotPlainError("tr with letters that files may be named as")
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
    """`sed` with lines and ranges that print or are left out, and words that are replaced."""
    options, steps = _sed_steps(command)
    if not steps:
        raise NotPlainError("sed without a script")
    prints = (_SED_PRINT, _SED_LINES) if options.has("n") else ()
    for step in steps:
        if not any(known.fullmatch(step) for known in (*prints, _SED_LESS, _SED_REPLACE)):
            raise NotPlainError(f"the sed script {step!r}")
    if not options.rest and not piped:
        raise NotPlainError("sed would read its standard input")
    printed = _SED_PRINT.fullmatch(steps[0])
    if len(options.rest) == 1 and len(steps) == 1 and printed and options.rest[0].glob_at < 0:
        start = int(printed.group(1))
        end = 0 if printed.group(2) == "$" else int(printed.group(2) or start)
        if start >= 1 and (end == 0 or end >= start):
            return (Lines(place(options.rest[0].text, cwd), start, end),), True
    return tuple(_file(word, cwd) for word in options.rest), False


def _sed_steps(command: Command) -> tuple[Options, list[str]]:
    """What `sed` is given besides its script, and the steps of that; raises NotPlainError."""
    options = read_options(command, flags="nEr", valued="e")
    scripts = options.all("e")
    if not scripts and options.rest and options.rest[0].glob_at < 0:
        scripts = [options.rest.pop(0).text]
    return options, [step.strip() for script in scripts for step in script.split(";")]


def replaces(command: Command) -> bool:
    """Whether a `sed` shows other words than it is given."""
    steps = _sed_steps(command)[1]
    return any(step == "$=" or _SED_REPLACE.fullmatch(step) for step in steps)


def _filter(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`awk` and `jq`, with programs that are known."""
    name = command[0].text
    options = read_options(
        command, flags="" if name == "awk" else "rcSMsej", valued="F" if name == "awk" else ""
    )
    program, *files = options.rest or [Word("")]
    if program.glob_at >= 0 or not _FILTERS[name].fullmatch(program.text):
        raise NotPlainError(f"the program {program.text!r}")
    if (not files and not piped) or any(_NO_FILE.search(word.text) for word in files):
        raise NotPlainError(f"{name} would read something else than files")
    return tuple(_file(word, cwd) for word in files), False


def _diff(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`diff` of two files; where they are directories, of the files in them.

    Not with the options that show times.
    """
    options = read_options(command, flags=_DIFF_FLAGS)
    if piped or len(options.rest) != 2 or Word("-") in options.rest:
        raise NotPlainError("a diff of something else than two files")
    places = [place(word.text, cwd) for word in options.rest if word.glob_at < 0]
    if len(places) != 2:
        raise NotPlainError("a diff of globs")
    return (*map(Tree, places), GitRef(GIT_TEXTS)), False


_MODES = re.compile(r"[-+][eux]+|[-+][eux]*o|pipefail")


def _set(command: Command, _cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`set -euo pipefail`, by which a line at most ends sooner, or shows its commands."""
    if piped or len(command) == 1 or not all(_MODES.fullmatch(word.text) for word in command[1:]):
        raise NotPlainError("a mode of the shell that changes what words mean")
    return (), False


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(_FLAGS, _file_reader),
    **dict.fromkeys(_FILTERS, _filter),
    **dict.fromkeys(("echo", "pwd", "true", "basename", "dirname"), _words),
    "diff": _diff,
    "printf": _printf,
    "sed": _sed,
    "set": _set,
}
"""How the words of these commands are read."""
