"""Whether what a command is given may be something else than it reads, by links or odd names."""

import os
import re
import shlex
from collections.abc import Iterable, Iterator

from agentcache.core.codec import Json
from agentcache.core.evidence import Look, Tree

_DOTS = re.compile(r"\.['\"\\]*\.")
_UP = re.compile(r"(?<![\w.])\.\.(?![\w.])")
_WORD = re.compile(r"[^\s'\"=;|&(){},<>]+")
_MOST_PLACES = 64
_LIST = re.compile(r"\bls\b")


def leads_elsewhere(arguments: Json, cwd: str) -> bool:
    """Whether a path with `..` in the `arguments` of a tool may lead elsewhere than it reads.

    Behind a link `..` is the directory above where the link leads. `cwd`: where the tool stands.
    """
    texts = list(_texts(arguments))
    if not any(_DOTS.search(text) for text in texts):
        return False
    words = [word for text in texts for word in _split(text)]
    ups = max(len(_UP.findall(word)) for word in words)
    if not ups:
        return False
    places = {os.path.normpath(cwd)}
    for word in words:
        places |= {_directory(base, word) for base in places} - {""}
        if len(places) > _MOST_PLACES:
            return True
    return any(_is_elsewhere(each, ups) for each in places)


def may_hold_options(arguments: Json, looks: Iterable[Look]) -> bool:
    """Whether an `ls` in the `arguments` of a tool may take a name for an option, such as `-l`.

    Where it is given a glob. By options other commands show no more than contents and names.
    """
    if not any(map(_LIST.search, _texts(arguments))):
        return False
    trees = {look.root for look in looks if isinstance(look, Tree)}
    return any(name.startswith("-") for tree in filter(os.path.isdir, trees) for name in _in(tree))


def _in(directory: str) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208  # strings, as all paths here
    except OSError:
        return []  # what cannot be listed is no evidence


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _split(text: str) -> list[str]:
    """The words of `text`, as they stand there and as a shell has them, and the whole of a path."""
    try:
        return [*_WORD.findall(text), *shlex.split(text), text]
    except ValueError:
        return [*_WORD.findall(text), text]


def _directory(base: str, word: str) -> str:
    """The directory that `word` names, as it reads; "" when there is none."""
    place = os.path.normpath(os.path.join(base, word))  # noqa: PTH118  # text
    try:
        return place if os.path.isdir(place) else ""  # noqa: PTH112  # of links too
    except ValueError:
        return ""


def _is_elsewhere(place: str, ups: int) -> bool:
    above = os.path.dirname  # what reads like the directory above
    for _ in range(ups):
        if os.path.realpath(above(place)) != above(os.path.realpath(place)):
            return True
        place = above(place)
    return False
