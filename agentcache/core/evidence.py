"""What an answer was read from: Looks at the world, and the Observations they gave.

A Look says what was looked at, an Observation adds the digest of what was seen. Nothing here
touches a file: `repo.observe` looks, this module says what has to be equal.

Paths are relative to the work tree with `/` between parts, or absolute when they lie outside it.
"""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from agentcache.core.codec import JsonObject

ABSENT = "absent"
"""The digest of a path that does not exist."""


BEYOND = 1 << 31
"""A line that no file has."""


class Among(StrEnum):
    """Which files a listing or search goes over; never `.git`."""

    ALL = "all"
    VISIBLE = "visible"  # tracked, or untracked and not ignored: what ripgrep walks, and more


@dataclass(frozen=True, slots=True)
class File:
    """A whole file, by content: the digest is git's blob id."""

    path: str


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines `start` to `end` of a file, 1-based and inclusive; `end` 0 is the end of the file.

    From the start `BEYOND` on only how many lines there are is seen, and how the last one ends.
    """

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Listing:
    """Names below `root` that match `pattern` (glob with `**` and braces; "" is every name).

    `depth` 0 is unlimited, 1 the direct children only. `with_stat` adds mode, size and mtime,
    for listings that print them, and `with_dots` the same of the root itself and of the directory
    above it. `with_link`: where the root points, when it is a link. A pattern without `/` is
    matched against the last part.
    """

    root: str
    pattern: str = ""
    depth: int = 0
    with_stat: bool = False
    among: Among = Among.ALL
    with_link: bool = False
    with_dots: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Lines below `root` (a directory or a file) that match `pattern`.

    `pattern` is a Python regular expression, tried on each line. `include`: glob that a file's
    path or last part must match, "" for all. `before` and `after`: context lines that were shown
    too. `names_only`: only which files match was shown, so only that counts. `numbered`: the
    numbers of the lines may have been shown, so they count too.
    """

    root: str
    pattern: str
    ignore_case: bool = False
    include: str = ""
    before: int = 0
    after: int = 0
    names_only: bool = False
    among: Among = Among.ALL
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class GitRef:
    """What a revision name resolves to.

    Names that no revision can have stand for more: `core.shell_git` has them (`*` is every ref).
    """

    name: str


@dataclass(frozen=True, slots=True)
class Tree:
    """Every name and content below `root`: for pure commands that are not understood finer."""

    root: str


Look: TypeAlias = File | Lines | Listing | Search | GitRef | Tree


def words_of(look: Look) -> str:
    """What was looked at, as people call it: a path, a ref, a search, the names in a directory.

    >>> words_of(Search("src", "LIMIT")), words_of(Listing("."))
    ("the search for 'LIMIT' in src", 'the names in .')
    """
    match look:
        case File() | Lines():
            return look.path
        case GitRef():
            return look.name
        case Search():
            return f"the search for {look.pattern[:60]!r} in {look.root}"
        case Listing():
            return f"the names in {look.root}"
        case Tree():
            return f"all in {look.root}"


# Of plain values only, so that nothing has to be copied as `asdict` does.
_FIELDS: dict[type[object], tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (File, Lines, Listing, Search, GitRef, Tree)
}

LookT_co = TypeVar("LookT_co", bound=Look, covariant=True)


@dataclass(frozen=True, slots=True)
class Observed(Generic[LookT_co]):
    """One thing that was looked at, and the digest of what was seen."""

    look: LookT_co
    digest: str

    def to_json(self) -> JsonObject:
        """`{"look": "File", "digest": ..., ...the look's fields}`."""
        look = self.look
        shown: JsonObject = {"look": type(look).__name__, "digest": self.digest}
        for name in _FIELDS[type(look)]:
            shown[name] = getattr(look, name)
        return shown


if TYPE_CHECKING:
    Observation: TypeAlias = Observed[Look]
else:
    Observation = Observed  # a class, which knows its kind of Look only where it is decoded

Evidence: TypeAlias = tuple[Observation, ...]
