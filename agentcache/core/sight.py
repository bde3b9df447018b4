"""What was seen through a Look, in the detail that comparing it with a tool's text needs."""

import re
from dataclasses import dataclass

_NOTICE = re.compile(
    r"truncat|pagination|more (?:lines|matches|results|files|entries)|has more|limit reached"
    r"|results? (?:limited|capped)|showing (?:lines|first|results|\d)|omitted|elided"
    r"|stopped after|output capped|first \d+ results|use offset|too many results",
    re.IGNORECASE,
)

BYTE_ORDER_MARK = "\ufeff"
"""What some files begin with, and many tools do not show."""


@dataclass(frozen=True, slots=True)
class Found:
    """A line that a search shows: a match, or (`is_match` false) context around one.

    `is_required`: every tool would show it; else some leave its file out, as hidden or ignored.
    """

    path: str
    number: int
    text: str
    is_match: bool = True
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Seen:
    """The digest of what was seen, and the detail of it.

    `lines`, without their ends, begin at line `start`; `ends` tells that the file ends with them,
    and `last_is_open` that its last line has no end of line. `names` are paths as Looks have
    them, directories with a trailing `/`; those in `doubtful` some tools leave out. `found` is what
    a search shows; with `is_open` some tools may show more.
    """

    digest: str
    lines: tuple[str, ...] = ()
    start: int = 1
    ends: bool = True
    last_is_open: bool = False
    bases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    doubtful: frozenset[str] = frozenset()
    found: tuple[Found, ...] = ()
    is_open: bool = False


def places_of(shown: str, root: str, bases: tuple[str, ...]) -> list[str]:
    """The paths, as Looks have them, that a tool may mean by `shown` in a result on `root`.

    A relative one starts from the root, or from a directory above it up to the work tree's.
    """
    shown = shown.removeprefix("./").rstrip("/") or "."
    if shown.startswith("/"):
        inside = [base for base in bases if shown.startswith(f"{base}/")]
        return [shown[len(base) + 1 :] for base in inside] or [shown]
    places = [shown]
    parts = [] if root == "." else root.split("/")
    places += ["/".join([*parts[: count + 1], shown]) for count in range(len(parts))]
    return places


def is_likeliest(place: str, places: list[str], root: str) -> bool:
    """Whether `place` is the first of `places` below `root`: a later one is one of two readings."""
    inside = [each for each in places if root == "." or f"{each}/".startswith(f"{root}/")]
    return inside[:1] == [place]


def is_notice(line: str) -> bool:
    """Whether `line` may be a host's remark on a result that was cut."""
    return _NOTICE.search(line) is not None
