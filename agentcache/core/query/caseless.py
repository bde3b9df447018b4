"""Patterns that ignore case, and are quick where a text has none."""

import re
from collections.abc import Iterator


class Caseless:
    """A pattern in lower case that texts match in any case; methods as of `re.Pattern`.

    To ignore case, `re` tries each word of an alternation at each letter; in lower-case ASCII there
    is nothing to ignore, and it goes by the first letters.
    """

    __slots__ = ("_any", "_lower", "pattern")

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._any = re.compile(pattern, re.IGNORECASE)
        self._lower = re.compile(pattern)

    def search(self, text: str) -> re.Match[str] | None:
        """The first place that matches."""
        return self._for(text).search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """What matches at the beginning."""
        return self._for(text).match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """All places that match."""
        return self._for(text).finditer(text)

    def split(self, text: str) -> list[str]:
        """What stands between the places that match, for a pattern without groups."""
        return self._for(text).split(text)

    def sub(self, replacement: str, text: str) -> str:
        """The text with `replacement` in all places that match."""
        return self._for(text).sub(replacement, text)

    def _for(self, text: str) -> re.Pattern[str]:
        return self._lower if text.isascii() and text.islower() else self._any
