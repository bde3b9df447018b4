"""Whether a search can find anything in a content, told at once for the whole of it.

Only a "no" is certain: what is not ruled out is searched line by line, by `FileSearch`.
"""

import re
from dataclasses import dataclass

from agentcache.repo.reading import is_binary, is_utf16
from agentcache.repo.searching import FileSearch

_UNUSUAL = re.compile(rb"[^\t\r\n\x20-\x7e]")
_AROUND_WORDS = re.compile(r"\(\?<!\\w\)|\(\?!\\w\)|\(\?:")
_BLANK = "[ \t\r]"
# They match the end of a line, or stand for the ends of a whole text.
_ACROSS_LINES = re.compile(r"\(\?|\[\^|\\[AZWDsnvf0-9xuUN]")


@dataclass(frozen=True, slots=True)
class Nature:
    """What of a content matters here. `longest`: of its lines, in bytes."""

    is_binary: bool
    is_usual: bool
    longest: int

    @classmethod
    def of(cls, content: bytes) -> "Nature":
        """The nature of `content`."""
        return cls(
            is_binary=is_binary(content) or is_utf16(content),
            is_usual=_UNUSUAL.search(content) is None,
            longest=max(map(len, content.split(b"\n"))),
        )


class Prefilter:
    """One search; contents of printable ASCII can be ruled out by it."""

    def __init__(self, search: FileSearch) -> None:
        self._literal = search.literal
        self._longest = search.longest
        self._whole = _over_lines(search)

    def rules_out(self, content: bytes, nature: Nature) -> bool:
        """Whether `FileSearch.of_content` would surely find nothing in `content`."""
        if nature.is_binary:
            return False
        if self._literal is not None:
            return self._literal not in content
        if self._whole is None or not nature.is_usual or nature.longest > self._longest:
            return False
        return self._whole.search(content) is None


def _over_lines(search: FileSearch) -> "re.Pattern[bytes] | None":
    """A pattern that finds something in a text wherever `search` finds it in one of its lines."""
    pattern = search.look.pattern
    if "[" not in pattern:
        pattern = pattern.replace(r"\\", r"\x5c").replace(r"\s", _BLANK).replace(r"\x5c", r"\\")
    if not pattern.isascii() or _ACROSS_LINES.search(_AROUND_WORDS.sub("", pattern)):
        return None
    flags = re.MULTILINE | (re.IGNORECASE if search.look.ignore_case else 0)
    try:
        return re.compile(pattern.encode(), flags)
    except (re.error, OverflowError, RecursionError):
        return None
