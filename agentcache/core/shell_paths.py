"""Whether the text of a pipe tells which files its lines come from, and that they are lines.

No Look goes into `.git`, though `find`, `grep -r` and the like do. A text that names what it shows
tells so; a count, a part of a line or an exit code does not. What keeps commands out of the
directory `.git` does not keep them from a file of that name, as linked worktrees have it.
"""

import re
from itertools import pairwise

from agentcache.core.evidence import GitRef
from agentcache.core.shell_git import GIT_NAMES, GIT_TEXTS
from agentcache.core.shell_listing import split_actions
from agentcache.core.shell_readers import replaces
from agentcache.core.shell_search import search_options
from agentcache.core.shell_words import Command, Pipe

_GREPS = ("grep", "egrep", "fgrep")
_LINE_KEEPERS = {
    "cat": frozenset(),
    "head": frozenset("nq"),
    "tail": frozenset("nq"),
    "sed": frozenset("nEre"),
    "sort": frozenset("rnufVghbskt"),
    "uniq": frozenset(),
}
_UNIQUE_LINES = frozenset("ur")
"""The letters of `sort` that make it leave out nothing but lines that are there once more."""

_FILTERS = frozenset("ivEFGPwxesSmABC#") | {
    "--ignore-case", "--invert-match", "--extended-regexp", "--fixed-strings", "--regexp",
    "--word-regexp", "--line-regexp", "--max-count",
}  # fmt: skip
"""The options by which a search in a pipe shows whole lines and nothing else."""

_COUNTS = ("c", "--count", "--count-matches", "L", "--files-without-match")
_SPEAKERS = frozenset({"basename", "dirname", "echo", "pwd", "tree", "git", "true", "printf"})

_ENDING = (
    r"(?:\[[A-Za-z]+\]|(?!(?:bitmap|graph|idx|keep|lock|log|mtimes|new|old|pack|pid|promisor|rev"
    r"|sample)\b)[A-Za-z]\w*)"
)
_ENDED = rf"[^{{}},]*\.(?:{_ENDING}|\{{{_ENDING}(?:,{_ENDING})*\}})"
_NOT_IN_GIT = re.compile(rf"{_ENDED}|\{{{_ENDED}(?:,{_ENDED})*\}}")
"""Globs of names that end as nothing does that git makes."""

_BUT_GIT_DIRS = frozenset({"!.git", "!.git/", "!.git/*", "!.git/**", "!**/.git/*", "!**/.git/**"})
_GIT = frozenset({"./.git*", "*/.git*", "*.git*"})
_BELOW_GIT = frozenset({"./.git/*", "*/.git/*"})
_PRINTS = frozenset({"-print", "-print0"})
_UNNAMING = ("-exec", "-print0")
"""Actions of `find` that show what other commands say of the names, or names that are no lines."""

_PRUNED_GIT = (["-name", ".git", "-prune"], ["-path", "./.git", "-prune"])


def hides_git(pipe: Pipe, at: int) -> bool:
    """Whether what the command `at` a place of `pipe` finds in `.git` may count without a name."""
    command, rest = pipe.commands[at], pipe.commands[at + 1 :]
    enters = _ENTERS.get(command[0].text)
    if enters is None:
        return False
    if not enters(command) and not (_is_read_on(command, rest) and _finds_git(command)):
        return False
    return _hides_names(pipe, at)


def git_names(pipe: Pipe, at: int) -> tuple[GitRef, ...]:
    """What `.git` itself is, where the command `at` a place of `pipe` may count it.

    Only of commands for which `hides_git` does not hold.
    """
    name = pipe.commands[at][0].text
    meets = _MEETS.get(name)
    is_shown = name == "ls" and pipe.commands[at + 1 :] == ()
    if meets is None or is_shown or not meets(pipe.commands[at]) or not _hides_names(pipe, at):
        return ()
    return (GitRef(GIT_TEXTS if name == "rg" or name in _GREPS else GIT_NAMES),)


def _hides_names(pipe: Pipe, at: int) -> bool:
    """Whether something in `.git` may count without a name for what a command goes over."""
    command, rest = pipe.commands[at], pipe.commands[at + 1 :]
    name = command[0].text
    if pipe.is_silent or name == "tree" or _is_read_on(command, rest):
        return True  # an exit code alone is left, or a count in the last line
    if is_nameless(command):
        return not rest or not all(map(_keeps_order, rest))
    for each in rest:
        if _drops_git(each, is_under_dot=name == "find"):
            return False
        if not keeps_lines(each):
            return True
    return False


def is_nameless(command: Command) -> bool:
    """Whether the lines of a command that walks do not begin with the path of a file."""
    name = command[0].text
    if name in ("ls", "find"):
        return name == "ls"
    names = ("I" if name == "rg" else "h", "--no-filename", "--heading", "q", "--quiet")
    return search_options(command).has(*names)


def keeps_lines(command: Command) -> bool:
    """Whether a command of a pipe shows some of the lines that it is given, as they are."""
    name = command[0].text
    if name == "rg" or name in _GREPS:
        return {option for option, _ in search_options(command).given} <= _FILTERS
    letters = _letters(command)
    if name == "sed" and replaces(command):
        return False
    is_unique = name == "sort" and "u" in letters
    known = _UNIQUE_LINES if is_unique else _LINE_KEEPERS.get(name)
    return known is not None and letters <= known


def _keeps_order(command: Command) -> bool:
    """Whether a command of a pipe takes off its beginning or end alone."""
    return command[0].text in ("head", "tail") and keeps_lines(command)


def speaks(command: Command) -> bool:
    """Whether a command may say something where there is nothing to read."""
    name = command[0].text
    if name == "wc":  # of several files it tells the sum of what there is
        return sum(not word.text.startswith("-") for word in command[1:]) != 1
    if name == "awk":  # which comes to its end without a file
        return any("END" in word.text for word in command)
    is_search = name == "rg" or name in _GREPS
    return name in _SPEAKERS or (is_search and search_options(command).has(*_COUNTS))


def _letters(command: Command) -> set[str]:
    """The letters in all options; a long option is one as well, by its whole text."""
    texts = [word.text for word in command[1:] if word.text.startswith("-")]
    short = "".join(text[1:] for text in texts if not text.startswith("--"))
    return set(re.findall("[A-Za-z]", short)) | {text for text in texts if text.startswith("--")}


def _drops_git(command: Command, *, is_under_dot: bool) -> bool:
    """Whether a command of a pipe leaves out every line on something in `.git`, by its name."""
    if command[0].text not in _GREPS:
        return False
    options = search_options(command)
    given = {name for name, _ in options.given}
    if "v" not in given or not given <= {"v", "E"} or len(options.rest) != 1:
        return False
    between = "|" if "E" in given or command[0].text == "egrep" else r"\|"
    patterns = {re.sub(r"[\\^]", "", each) for each in options.rest[0].text.split(between)}
    dropped = {".git", ".git/"} | ({"/.git", "/.git/", "./.git/"} if is_under_dot else set())
    return command[0].text != "fgrep" and not dropped.isdisjoint(patterns)


def _grep_enters(command: Command) -> bool:
    excluded = search_options(command).all("--exclude-dir")
    but = {value for text in excluded for value in text.strip("{}").split(",")}
    return ".git" not in but and _grep_meets(command)


def _grep_meets(command: Command) -> bool:
    options = search_options(command)
    if not options.has("r", "--recursive", "R", "--dereference-recursive"):
        return False
    roots = options.rest if options.has("e", "--regexp") else options.rest[1:]
    if roots and all(root.glob_at >= 0 for root in roots):
        return False  # no glob that is understood expands to `.git`
    globs = options.all("--include")
    return not (globs and all(map(_NOT_IN_GIT.fullmatch, globs)))


def _rg_enters(command: Command) -> bool:
    options = search_options(command)
    globs = options.all("g", "--glob")
    asked = [glob for glob in globs if not glob.startswith("!")]
    if not asked and not _BUT_GIT_DIRS.isdisjoint(globs):
        return False
    is_all = options.has("--hidden") or sum(name == "u" for name, _ in options.given) > 1
    # A glob that asks for a hidden name has it searched unasked.
    if is_all:
        return not (asked and all(map(_NOT_IN_GIT.fullmatch, asked)))
    return not all(_NOT_IN_GIT.fullmatch(glob) or re.match(r"/?\w", glob) for glob in asked)


def _is_read_on(command: Command, rest: tuple[Command, ...]) -> bool:
    """Whether what a `find` finds is read by others, or shown as names that are no lines."""
    is_passed = any(each[0].text == "xargs" for each in rest)
    return command[0].text == "find" and (
        is_passed or any(word.text in _UNNAMING for word in command)
    )


def _find_enters(command: Command) -> bool:
    words = [word.text for word in split_actions(command)[0]]
    is_flat = any(pair == ("-maxdepth", "1") for pair in pairwise(words))
    return not is_flat and _finds_git(command, but=_GIT | _BELOW_GIT)


def _finds_git(command: Command, but: frozenset[str] = _GIT) -> bool:
    """Whether a `find` may come to `.git` or below it: in a worktree it is a file.

    `but`: the paths that a test leaves out for that.
    """
    words = [word.text for word in split_actions(command)[0]]
    while words and not words[0].startswith(("-", "(", "!")):
        words.pop(0)
    if words[:3] in _PRUNED_GIT and words[3:4] in (["-o"], ["-or"]):
        return False
    branches: list[list[str]] = [[]]
    for word in words:
        if word in ("-o", "-or"):
            branches.append([])
        else:
            branches[-1].append(word)
    if "(" not in words:
        branches = [branch for branch in branches if not _PRINTS.isdisjoint(branch)] or branches
    return not all(_is_beside_git(branch, but) for branch in branches)


def _is_beside_git(branch: list[str], but: frozenset[str]) -> bool:
    """Whether a conjunction of tests of `find` is true of nothing in `.git`."""
    for at, (test, value) in enumerate(pairwise(branch)):
        is_negated = at > 0 and branch[at - 1] in ("-not", "!")
        if test in ("-name", "-iname") and not is_negated and _NOT_IN_GIT.fullmatch(value):
            return ("!" not in branch and "-not" not in branch) or "(" not in branch
        if test in ("-path", "-wholename") and is_negated and value in but:
            return True
    return False


def _ls_enters(command: Command) -> bool:
    letters = _letters(command)
    is_deep = not letters.isdisjoint({"R", "--recursive"})
    return is_deep and not letters.isdisjoint({"a", "A", "--all", "--almost-all"})


def _tree_enters(command: Command) -> bool:
    texts = [word.text for word in command]
    is_left_out = any(
        (option, value) == ("-L", "1") or (option == "-I" and ".git" in value.split("|"))
        for option, value in pairwise(texts)
    )
    return "a" in _letters(command) and not is_left_out


def _rg_meets(command: Command) -> bool:
    options = search_options(command)
    globs = options.all("g", "--glob")
    is_all = options.has("--hidden") or sum(name == "u" for name, _ in options.given) > 1
    return is_all and "!.git" not in globs and not _BUT_GIT_DIRS.isdisjoint(globs)


def _ls_meets(command: Command) -> bool:
    """Whether it marks what kind of thing `.git` is."""
    letters = _letters(command)
    is_all = not letters.isdisjoint({"a", "A", "--all", "--almost-all"})
    return is_all and not letters.isdisjoint("pFlgo")


def _tree_meets(command: Command) -> bool:
    texts = [word.text for word in command]
    is_left_out = any(
        option == "-I" and ".git" in value.split("|") for option, value in pairwise(texts)
    )
    return "a" in _letters(command) and not is_left_out


_ENTERS = {
    **dict.fromkeys(_GREPS, _grep_enters),
    "rg": _rg_enters,
    "find": _find_enters,
    "ls": _ls_enters,
    "tree": _tree_enters,
}
_MEETS = {
    **dict.fromkeys(_GREPS, _grep_meets),
    "rg": _rg_meets,
    "find": _finds_git,
    "ls": _ls_meets,
    "tree": _tree_meets,
}
