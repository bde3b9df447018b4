"""What commands look at that list names, or ask for one: `ls`, `tree`, `find` and `test`."""

import re
from collections.abc import Mapping

from agentcache.core.evidence import Listing, Look, Tree
from agentcache.core.plain_glob import covering
from agentcache.core.shell_options import Reader, place, read_options, refuse_detached, tree_of_glob
from agentcache.core.shell_passed import refuse_unless_it_reads
from agentcache.core.shell_words import Command, NotPlainError, Word

_FIND_TESTS = frozenset({"-name", "-iname", "-path", "-ipath", "-wholename", "-type"})
_KINDS = frozenset({"-e", "-f", "-d"})
_ENDS = {"[": "]", "[[": "]]"}
_FIND_DEPTHS = frozenset({"-maxdepth", "-mindepth"})
_FIND_WORDS = frozenset(
    {"-not", "!", "-o", "-or", "-a", "-and", "(", ")", "-print", "-print0", "-prune"}
)
_EACH = Word("{}")
_LS_FLAGS = frozenset("aA1RFplhtSrdGkgo") | {"--all", "--almost-all", "--recursive"}
_NO_COLORS = frozenset({"never", "no", "none", "auto", "tty", "if-tty"})
_TREE_FLAGS = frozenset("adfn") | {"--noreport", "--dirsfirst"}


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


def split_actions(command: Command) -> tuple[list[Word], list[Command]]:
    """The words of a `find` without its name, `-print` for each `-exec`; and what those run."""
    words: list[Word] = []
    actions: list[Command] = []
    rest = list(command[1:])
    while rest:
        word = rest.pop(0)
        if word.text != "-exec":
            words.append(word)
            continue
        action: list[Word] = []
        while rest and rest[0].text != ";" and not (rest[0].text == "+" and action[-1:] == [_EACH]):
            each = rest.pop(0)
            action.append(_EACH if each.text == _EACH.text else each)
        if not rest or action.pop(-1) != _EACH or any(_EACH.text in word.text for word in action):
            raise NotPlainError("an -exec whose names do not stand at its end")
        del rest[0]
        actions.append(tuple(action))
        words.append(Word("-print"))
    return words, actions


def is_found_whole(command: Command) -> bool:
    """Whether all that `command` prints are names as they are, each of which begins with a root."""
    texts = [word.text for word in command]
    is_alone = {"-print", "-exec"}.isdisjoint(texts)
    return texts[0] == "find" and texts[-1] == "-print0" and is_alone


def trees_of_find(command: Command, cwd: str) -> tuple[Look, ...]:
    """Everything below the places where a `find` begins."""
    words, _ = split_actions(command)
    return tuple(Tree(place(root.text, cwd)) for root in _pop_roots(words))


def _pop_roots(words: list[Word]) -> list[Word]:
    roots: list[Word] = []
    while words and not words[0].text.startswith(("-", "(", "!")):
        roots.append(words.pop(0))
    return roots or [Word(".")]


def _find(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """`find` with tests on names and kinds alone; no actions but printing and reading."""
    del piped
    words, actions = split_actions(command)
    for action in actions:
        refuse_unless_it_reads(action)
    if any(word.glob_at >= 0 for word in words):
        raise NotPlainError("find with an unquoted glob")
    roots = _pop_roots(words)
    pattern, depth, is_all = _found_names(words)
    looks = tuple(
        Listing(place(root.text, cwd), pattern, depth=depth, with_link=not _is_here(root))
        for root in roots
    )
    if actions:
        return (*looks, *trees_of_find(command, cwd)), False
    return looks, is_all


def _found_names(words: list[Word]) -> tuple[str, int, bool]:
    """The names and the depth that tests of `find` ask for, and whether for nothing else."""
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
    # Without any test it prints everything, the root and `.git` included.
    return pattern, depth, single and pattern == names[0]


def _is_here(word: Word) -> bool:
    """Whether `word` names the current directory or one above it, which is listed as no link."""
    return all(part in ("", ".", "..") for part in word.text.split("/"))


def _is(command: Command, cwd: str, *, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """A test whether there is one file or directory."""
    del piped
    words = [word.text for word in command[1:]]
    if words[-1:] == [_ENDS.get(command[0].text)]:
        del words[-1]
    elif command[0].text in _ENDS:
        raise NotPlainError("a test without an end")
    if words[:1] == ["!"]:
        del words[0]
    if any(word.glob_at >= 0 for word in command[1:]) or len(words) != 2 or words[0] not in _KINDS:
        raise NotPlainError(f"the test {' '.join(words)!r}")
    return (Listing(place(words[1], cwd), depth=1),), False


def _depth(value: str) -> int:
    if not value.isascii() or not value.isdigit() or value == "0":
        raise NotPlainError(f"the depth {value!r}")
    return int(value)


LISTERS: Mapping[str, Reader] = {
    "ls": _ls,
    "tree": _tree,
    "find": _find,
    **dict.fromkeys(("test", *_ENDS), _is),
}
"""How the words of these commands are read."""
