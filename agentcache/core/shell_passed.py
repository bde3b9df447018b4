"""Commands that are given the names which another found: by `-exec` of `find`, or by `xargs`.

Without `-0` xargs takes names apart at their blanks and quotes, so that they may name anything.
"""

import re

from agentcache.core.evidence import File, GitRef, Lines, Listing, Look, Search, Tree
from agentcache.core.shell_git import WHOLE_NAMES
from agentcache.core.shell_options import read_options
from agentcache.core.shell_readers import READERS
from agentcache.core.shell_search import grep_looks, search_options
from agentcache.core.shell_words import Command, NotPlainError, Word

_GREPS = ("grep", "egrep", "fgrep")
_NAMES = ("l", "--files-with-matches", "--files-without-match", "--files")
_MORE_THAN_NAMES = (
    "c", "--count", "--count-matches", "--color", "--colour", "R", "--dereference-recursive",
)  # fmt: skip
_OTHER_ACTIONS = frozenset({"-exec", "-print0"})
_BEYOND_HERE = re.compile(r"^[-:/]|\.\.")
_APART = re.compile(r"[\s'\"\\]")
_EACH = ("{}", "-I{}")
"""What stands for a name where `xargs` puts each by itself; to no shell is it a glob."""

_NAME = Word("name")
_AT_NAME = "/name"


def passed_command(command: Command, *, by_nul: bool) -> Command:
    """COMMAND of `xargs COMMAND`, or else of `xargs -0 COMMAND`; raises NotPlainError."""
    begins = 1
    while begins < len(command) and command[begins].text.startswith("-"):
        begins += 2 if command[begins].text in ("-n", "-I") else 1
    given = [Word(word.text) if word.text in _EACH else word for word in command[:begins]]
    options = read_options(tuple(given), flags="0r", valued="nI")
    if options.has("0") is not by_nul or options.rest:
        raise NotPlainError("xargs that may take names apart in another way")
    if not options.has("I"):
        return command[begins:]
    *passed, last = command[begins:] or (_NAME,)
    if options.given[-1] != ("I", "{}") or last.text != "{}" or options.has("n"):
        raise NotPlainError("xargs that puts names elsewhere than at the end")
    if any("{}" in word.text for word in passed):
        raise NotPlainError("xargs that puts names in more places than one")
    return tuple(passed)


def prints_names(command: Command) -> bool:
    """Whether all lines that `command` prints are names of what is below the places it goes over.

    Those of `git ls-files` are below the current directory.
    """
    name, *words = (word.text for word in command)
    if name == "find":
        return _OTHER_ACTIONS.isdisjoint(words)
    if name == "git":
        return words[:1] == ["ls-files"] and not any(map(_BEYOND_HERE.search, words))
    if name != "rg" and name not in _GREPS:
        return False
    options = search_options(command)
    is_walk = name == "rg" or options.has("r", "--recursive")
    return is_walk and options.has(*_NAMES) and not options.has(*_MORE_THAN_NAMES)


def looks_below(found: tuple[Look, ...], home: str) -> tuple[Look, ...]:
    """Everything below the places that were gone over for names; raises NotPlainError."""
    roots = [home if isinstance(look, GitRef) else _place(look) for look in found]
    for root in roots:
        if not f"{root}/".startswith(f"{home}/") or _APART.search(root):
            raise NotPlainError(f"names below {root!r}")
    return (*map(Tree, dict.fromkeys(roots)), GitRef(WHOLE_NAMES))


def refuse_unless_it_reads(command: Command) -> None:
    """Raise NotPlainError unless `command` reads the files whose names follow it, and no others."""
    if any(word.glob_at >= 0 for word in command):
        raise NotPlainError("a glob that may stand for options")
    if not command or not all(_is_at_name(look) for look in _looks_of_one(command)):
        raise NotPlainError("a command that reads more than the names it is given")


def _looks_of_one(command: Command) -> tuple[Look, ...]:
    with_name = (*command, _NAME)
    if command[0].text in _GREPS:
        if search_options(command).has("r", "--recursive", "R", "--dereference-recursive"):
            raise NotPlainError("a search that goes into directories")
        return grep_looks(with_name, cwd="/", piped=False)[0]
    reader = READERS.get(command[0].text)
    looks = () if reader is None else reader(with_name, "/", piped=False)[0]
    if not looks:
        raise NotPlainError(f"{command[0].text!r} with names")
    return looks


def _is_at_name(look: Look) -> bool:
    return not isinstance(look, GitRef | Tree) and _place(look) == _AT_NAME


def _place(look: File | Lines | Listing | Search | Tree) -> str:
    return look.path if isinstance(look, File | Lines) else look.root
