"""Search patterns of grep and ripgrep as Python regular expressions, by a whitelist.

What is not surely equal in Python is None, never a guess: its caller then rests on every content
below the root. Patterns that could backtrack without end are None too.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum


class Dialect(StrEnum):
    """How a tool reads its pattern."""

    FIXED = "fixed"
    BASIC = "basic"  # grep
    EXTENDED = "extended"  # grep -E
    RUST = "rust"  # ripgrep


class _Unsure(Exception):  # noqa: N818  # a decision on its way out, not an error
    pass


_POSIX = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r"\ \t",
    "xdigit": "0-9A-Fa-f",
    "word": r"\w",
}
_RANGES = (("a", "z"), ("A", "Z"), ("0", "9"))
_INTERVAL = re.compile(r"\{(\d{1,3})(,?)(\d{0,3})\}")
_BASIC_INTERVAL = re.compile(r"\\\{(\d{1,3})(,?)(\d{0,3})\\\}")
_MOST_UNBOUNDED = 6
_BEGUN: tuple[list[str], ...] = ([], ["(?:"], ["|"])
"""What stands last where a branch begins."""


def translate(pattern: str, dialect: Dialect) -> str | None:
    """`pattern` for `re.search` on one line without its line end; None when not surely equal.

    Equality holds for lines of printable ASCII and tabs; on other lines the notion of letters
    differs between tools, and whoever searches must allow for that.
    """
    if "\n" in pattern or "\r" in pattern or "\0" in pattern:
        return None
    if dialect is Dialect.FIXED:
        return re.escape(pattern)
    try:
        translated = _Reader(pattern, dialect).read()
        re.compile(translated)
    except (_Unsure, re.error, OverflowError, RecursionError):
        return None
    return translated


@dataclass
class _Reader:
    """One pass over a pattern; `out` grows by whole items."""

    pattern: str
    dialect: Dialect
    at: int = 0
    out: list[str] = field(default_factory=list)
    groups: list[bool] = field(default_factory=list)  # does the open group hold a quantifier?
    closed_loop: bool = False  # the item before is a group that holds one
    may_repeat: bool = False  # a quantifier may follow here
    unbounded: int = 0

    def read(self) -> str:
        ignore_case = self.dialect is Dialect.RUST and self.pattern.startswith("(?i)")
        if ignore_case:
            self.at = 4
        while self.at < len(self.pattern):
            self._item()
        if self.groups:
            raise _Unsure
        text = "".join(self.out)
        return f"(?i:{text})" if ignore_case else text

    def _item(self) -> None:
        token = self._operator()
        if token in ("(", ")", "|", "^", "$"):
            self._structure(token)
        elif token in ("*", "+", "?", "{"):
            self._quantifier(token)
        elif token == "[":
            self._literal(self._bracket())
        elif token == ".":
            self._literal(".")
        elif token:
            self._escape(token)
        else:
            self._literal(re.escape(self.pattern[self.at]))
            self.at += 1

    def _operator(self) -> str:
        """The operator that stands here, "" for a literal, `\\x` for an escape; moves past it."""
        here = self.pattern[self.at]
        if here == "\\":
            return self._escaped_operator()
        if self.dialect is Dialect.BASIC and not self._basic_operator(here):
            return ""
        if here == "{" and not self._opens_interval():
            return ""
        if here in "()|*+?{[.^$":
            self.at += 1
            return here
        return ""

    def _escaped_operator(self) -> str:
        if self.at + 1 >= len(self.pattern):
            raise _Unsure
        following = self.pattern[self.at + 1]
        self.at += 2
        if self.dialect is Dialect.BASIC and following in "()|+?{":
            return following
        return "\\" + following

    def _basic_operator(self, here: str) -> bool:
        if here == "^":
            return self.at == 0 or self.pattern[: self.at].endswith(("\\(", "\\|"))
        if here == "$":
            rest = self.pattern[self.at + 1 :]
            return not rest or rest.startswith(("\\)", "\\|"))
        return here in "*[."

    def _opens_interval(self) -> bool:
        if _INTERVAL.match(self.pattern, self.at):
            return True
        following = self.pattern[self.at + 1 : self.at + 2]
        if self.dialect is Dialect.RUST or following.isdigit() or following == ",":
            raise _Unsure
        if not self.may_repeat:
            raise _Unsure  # grep drops a brace that stands first
        return False

    def _structure(self, token: str) -> None:
        self.closed_loop = False
        self.may_repeat = False
        if token == "(":
            if self.pattern.startswith("?", self.at) and not self.pattern.startswith("?:", self.at):
                raise _Unsure
            if self.dialect is Dialect.RUST and self.pattern.startswith("?:", self.at):
                self.at += 2
            self.groups.append(False)
            self.out.append("(?:")
            return
        if token == ")":
            if not self.groups:
                raise _Unsure
            self.closed_loop = self.groups.pop()
            if self.closed_loop and self.groups:
                self.groups[-1] = True
            self.may_repeat = True
        elif token == "|" and self.groups:
            self.groups[-1] = True  # alternatives may overlap, so repeating them may explode
        elif token == "^" and self.dialect is Dialect.EXTENDED and self.out[-1:] not in _BEGUN:
            raise _Unsure  # an anchor for GNU's grep, a letter for ugrep, as some hosts name grep
        self.out.append(token)

    def _quantifier(self, token: str) -> None:
        if not self.may_repeat:
            raise _Unsure
        text = token
        if token == "{":
            text = self._interval()
        if token != "?":
            if self.closed_loop:
                raise _Unsure
            self.unbounded += 1
            if self.unbounded > _MOST_UNBOUNDED:
                raise _Unsure
        if self.groups:
            self.groups[-1] = True
        if self.dialect is Dialect.RUST and self.pattern.startswith("?", self.at):
            text += "?"
            self.at += 1
        self.may_repeat = False
        self.closed_loop = False
        self.out.append(text)

    def _interval(self) -> str:
        basic = self.dialect is Dialect.BASIC
        start = self.at - (2 if basic else 1)
        match = (_BASIC_INTERVAL if basic else _INTERVAL).match(self.pattern, start)
        if match is None:
            raise _Unsure
        low, comma, high = match.groups()
        if high and not comma:
            raise _Unsure
        self.at = match.end()
        return f"{{{low}{comma}{high}}}"

    def _literal(self, text: str) -> None:
        self.out.append(text)
        self.may_repeat = True
        self.closed_loop = False

    def _escape(self, token: str) -> None:
        letter = token[1]
        rust = self.dialect is Dialect.RUST
        if letter in "wWsS":
            self._literal(token)
        elif letter == "b":  # `\B` is found in an empty line by tools, not by every Python
            self._anchor(token)
        elif rust and letter in "dD":
            self._literal("[0-9]" if letter == "d" else "[^0-9]")
        elif rust and letter == "t":
            self._literal(r"\t")
        elif not rust and letter in "<>":
            self._anchor(r"\b(?=\w)" if letter == "<" else r"\b(?<=\w)")
        elif self._is_mark(letter):
            self._literal(re.escape(letter))
        else:
            raise _Unsure

    def _is_mark(self, letter: str) -> bool:
        """Whether an escape of `letter` is `letter` itself."""
        if letter in "{}":
            return self.dialect is not Dialect.BASIC
        return letter.isascii() and not letter.isalnum() and letter not in "<>'`"

    def _anchor(self, text: str) -> None:
        self.out.append(text)
        self.may_repeat = False
        self.closed_loop = False

    def _bracket(self) -> str:
        """The bracket expression whose `[` was just passed."""
        parts: list[str] = []
        negated = self.pattern.startswith("^", self.at)
        if negated:
            self.at += 1
        first = True
        while True:
            if self.at >= len(self.pattern):
                raise _Unsure
            if self.pattern[self.at] == "]" and not first:
                self.at += 1
                return f"[{'^' if negated else ''}{''.join(parts)}]"
            first = False
            parts.append(self._bracket_item(negated=negated))

    def _bracket_item(self, *, negated: bool) -> str:
        here = self.pattern[self.at]
        if here == "[":
            return self._posix_class()
        if here == "\\" and self.dialect is Dialect.RUST:
            return self._bracket_escape()
        if here == "\\" and (negated or self.pattern[self.at + 1 : self.at + 2].isalnum()):
            raise _Unsure  # a letter for GNU's grep, for ugrep it makes a class of the next one
        if self.dialect is Dialect.RUST and self.pattern[self.at : self.at + 2] in (
            "&&",
            "--",
            "~~",
        ):
            raise _Unsure
        self.at += 1
        after = self.pattern[self.at : self.at + 2]
        if len(after) == 2 and after[0] == "-" and after[1] != "]":
            last = after[1]
            if not any(low <= here <= last <= high for low, high in _RANGES):
                raise _Unsure
            self.at += 2
            return f"{here}-{last}"
        return re.escape(here) if here.isascii() else here

    def _posix_class(self) -> str:
        match = re.compile(r"\[:(\w+):\]").match(self.pattern, self.at)
        if match is None:
            following = self.pattern[self.at + 1 : self.at + 2]
            if self.dialect is Dialect.RUST or following in (":", "=", "."):
                raise _Unsure
            self.at += 1
            return r"\["
        name = match.group(1)
        if name not in _POSIX or (name == "word" and self.dialect is not Dialect.RUST):
            raise _Unsure
        self.at = match.end()
        return _POSIX[name]

    def _bracket_escape(self) -> str:
        letter = self.pattern[self.at + 1 : self.at + 2]
        self.at += 2
        if (
            self.pattern[self.at : self.at + 1] == "-"
            and self.pattern[self.at + 1 : self.at + 2] != "]"
        ):
            raise _Unsure
        if letter and letter in "wWsS":
            return "\\" + letter
        if letter == "d":
            return "0-9"
        if letter == "t":
            return r"\t"
        if letter and letter.isascii() and not letter.isalnum() and letter not in "<>":
            return re.escape(letter)
        raise _Unsure
