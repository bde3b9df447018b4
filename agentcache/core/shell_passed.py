"""Commands that are given the names which `find` found: by its own `-exec`, or by `xargs -0`.

Without `-0` xargs takes names apart at their blanks and quotes, so that they may name anything.
"""

from agentcache.core.evidence import File, Lines, Listing, Look, Search
from agentcache.core.shell_options import read_options
from agentcache.core.shell_readers import READERS
from agentcache.core.shell_search import grep_looks, search_options
from agentcache.core.shell_words import Command, NotPlainError, Word

_GREPS = ("grep", "egrep", "fgrep")
_NAME = Word("name")
_AT_NAME = "/name"


def passed_command(command: Command) -> Command:
    """COMMAND of `xargs -0 COMMAND`; raises NotPlainError where names are not passed whole."""
    begins = 1
    while begins < len(command) and command[begins].text.startswith("-"):
        begins += 2 if command[begins].text == "-n" else 1
    options = read_options(command[:begins], flags="0r", valued="n")
    if not options.has("0") or options.rest:
        raise NotPlainError("xargs that may take names apart")
    return command[begins:]


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
    if isinstance(look, File | Lines):
        return look.path == _AT_NAME
    return isinstance(look, Listing | Search) and look.root == _AT_NAME
