"""The text that must stand in a line for a pattern to match it, whatever tool tries the pattern.

Tools differ in what a letter is and in how long a line may be; none of them finds `def parse` in a
line without `def parse`. Where no such text is sure it is "".
"""

import re

_REPEAT = re.compile(r"\{\d*,?\d*\}")
_FOLDS_FAR = re.compile("[ksiKSI]")
"""Letters that some tools take for others beyond ASCII when they ignore case."""

_SHORTEST = 2


def required_text(pattern: str, *, ignore_case: bool = False) -> str:
    """A piece of ASCII that every match of `pattern`, a Python expression, holds; "" for none.

    In lower case when the case is ignored.
    """
    pieces = _Pieces(pattern).read()
    if ignore_case:
        pieces = [part for piece in pieces for part in _FOLDS_FAR.split(piece.lower())]
    longest = max(pieces, key=len, default="")
    return longest if len(longest) >= _SHORTEST else ""


class _Pieces:
    """One pass over a pattern: literal text outside groups, between everything else."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.pieces = [""]

    def read(self) -> list[str]:
        """The pieces that must be there; none where the pattern has alternatives."""
        if re.search(r"\(\?[a-zA-Z]*x|\(\?[aiLmsu]+\)", self.pattern):
            return []  # flags for the whole of it change what its letters mean
        while self.at < len(self.pattern):
            here = self.pattern[self.at]
            self.at += 1
            if here == "|":
                return []
            self._item(here)
        return self.pieces

    def _item(self, here: str) -> None:
        if here == "\\":
            self._escape()
        elif here == "(":
            self._skip_group()
        elif here == "[":
            self._skip_set()
        elif here in "?*" or (here == "{" and _REPEAT.match(self.pattern, self.at - 1)):
            self._optional(here)
        elif here in ".^$+" or not here.isascii():
            self.pieces.append("")
        else:
            self.pieces[-1] += here

    def _escape(self) -> None:
        escaped = self.pattern[self.at : self.at + 1]
        self.at += 1
        if escaped.isascii() and escaped.isprintable() and not escaped.isalnum():
            self.pieces[-1] += escaped
        else:
            self.pieces.append("")
            # What belongs to a number or a name is no text: `\x41`, `\u0041`, `\N{BULLET}`.
            following = re.compile(r"[0-9a-zA-Z]*(?:\{[^}]*\})?")
            if escaped in set("0123456789xuUN"):
                found = following.match(self.pattern, self.at)
                self.at = found.end() if found else self.at

    def _optional(self, here: str) -> None:
        """What stands before may be missing."""
        self.pieces[-1] = self.pieces[-1][:-1]
        self.pieces.append("")
        if here == "{":
            self.at = self.pattern.index("}", self.at) + 1

    def _skip_group(self) -> None:
        self.pieces.append("")
        depth = 1
        while depth and self.at < len(self.pattern):
            here = self.pattern[self.at]
            self.at += 1
            if here == "\\":
                self.at += 1
            elif here == "[":
                self._skip_set()
            elif here in "()":
                depth += 1 if here == "(" else -1

    def _skip_set(self) -> None:
        self.pieces.append("")
        if self.pattern.startswith("^", self.at):
            self.at += 1
        if self.pattern.startswith("]", self.at):
            self.at += 1
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1
