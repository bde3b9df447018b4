"""Whether a path that goes up by `..` leads where it reads, as it does where no links are."""

import os
import re
import shlex
from collections.abc import Iterator

from agentcache.core.codec import Json

_DOTS = re.compile(r"\.['\"\\]*\.")
_UP = re.compile(r"(?<![\w.])\.\.(?![\w.])")
_WORD = re.compile(r"[^\s'\"=;|&(){},<>]+")
_MOST_PLACES = 64


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
