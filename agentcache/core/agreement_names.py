"""Whether the text of a listing shows the names that are there."""

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from agentcache.core.evidence import Listing
from agentcache.core.reminders import without_reminders
from agentcache.core.sight import Seen, is_likeliest, is_notice, places_of
from agentcache.core.vocabulary import Body

_NOTHING = re.compile(
    r"\s*+(?:no files (?:found|matched|matching).*|\(?(?:empty|no output)\)?)?\s*", re.IGNORECASE
)
_CHROME = re.compile(
    r"\s*+(?:found (\d+) (?:files?|matching|entries|items|paths).*|directory listing for .*"
    r"|listed (\d+) items?(?:\(s\))? in .*|\(\d+ [\w-]+-ignored(?:, \d+ [\w-]+-ignored)*\)"
    r"|(\d+) files?|-{3,}|there are more files .*|note: .*"
    r"|<path>.*</path>|<type>directory</type>|</?entries>|\((\d+) entries\))?\s*",
    re.IGNORECASE,
)
_ENTRIES = "<entries>"
_GAP = re.compile(r"\t| {2,}")
_LEFT_OUT = re.compile(r"\s*\(\d+ [\w-]+-ignored\b", re.IGNORECASE)
_KINDS = ("[DIR] ", "[FILE] ")
_MARKS = re.compile(r"^(?:[\s│|├└─]*(?:- )?)(?:\[(?:DIR|FILE)\] )?")


def shows_names(look: Listing, seen: Seen, body: Body) -> bool | None:
    """Whether every name shown exists and none is missing.

    None when only names are missing that some tools would not show, or it was cut by the host.
    """
    rows = [row.removesuffix("\r") for row in without_reminders(body.text).split("\n")]
    if _NOTHING.fullmatch("\n".join(rows)):
        return _nothing_shown(look, seen, "\n".join(rows).strip())
    names = _Names(look, seen)
    reading = _Reading(is_cut=body.is_part, is_in_columns=body.is_terminal)
    if not all(_read_row(row, names, reading) for row in rows):
        return False
    missing = names.paths - reading.shown
    if missing and not reading.is_cut:
        return None if missing <= names.doubtful else False
    counted = {len(reading.shown), len(names.paths)} if reading.is_cut else {len(reading.shown)}
    return None if reading.is_loose or not reading.counts <= counted else True


def tells_of_left_out(text: str) -> bool:
    """Whether a listing counts names that it does not show, so that nothing proves their number."""
    return any(_LEFT_OUT.match(row) is not None for row in text.split("\n"))


class _Names:
    """What is there, by the ways a row names it."""

    def __init__(self, look: Listing, seen: Seen) -> None:
        self.look, self.seen = look, seen
        self.paths = {name.rstrip("/") for name in seen.names}
        self.directories = {name.rstrip("/") for name in seen.names if name.endswith("/")}
        self.doubtful = {name.rstrip("/") for name in seen.doubtful}
        self.by_last: dict[str, set[str]] = {}
        for name in self.paths:
            self.by_last.setdefault(posixpath.basename(name), set()).add(name)

    def named(self, shown: str) -> tuple[set[str], bool]:
        """The paths that `shown` names, and whether it can only mean that one."""
        places = places_of(shown, self.look.root, self.seen.bases)
        found = self.paths.intersection(places)
        is_sure = all(is_likeliest(place, places, self.look.root) for place in found)
        # What some tools leave out may have been of another kind, or not ignored, when shown.
        return found, is_sure and len(found) == 1 and self.doubtful.isdisjoint(found)


@dataclass(slots=True)
class _Reading:
    """What the rows so far have shown, and the counts that they told.

    `is_in_columns`: rows may be of several names. `is_loose`: some only after something around them
    was cut, or the result was cut.
    """

    is_cut: bool
    is_in_columns: bool = False
    shown: set[str] = field(default_factory=set)
    counts: set[int] = field(default_factory=set)
    is_loose: bool = False


def _read_row(row: str, names: _Names, reading: _Reading) -> bool:
    """Take in one row; False when nothing on disk explains it."""
    found, is_sure = names.named(row)
    is_sure = is_sure and (not row.endswith("/") or found <= names.directories)
    if not found:
        found, is_sure = _read_marked(row, names)
    if not found and reading.is_in_columns:
        found = _in_columns(row, names)
    if found:
        reading.shown |= found
        reading.is_loose = reading.is_loose or not is_sure
        return True
    if is_notice(row):
        reading.is_cut = reading.is_loose = True  # a name could read like a host's remark
        return True
    path = _split(row)[1]
    if _is_root(path, names.look, names.seen):
        # In the root of the work tree there always is one.
        is_git = posixpath.basename(path) == ".git"
        above = places_of(posixpath.dirname(path), names.look.root, names.seen.bases)
        reading.is_loose = reading.is_loose or (is_git and not (names.look.root == "." in above))
        return True
    chrome = _CHROME.fullmatch(row)
    if chrome is not None:
        reading.counts.update(int(count) for count in chrome.groups() if count)
    if row == _ENTRIES:
        # Among entries a bare name is no directory, and a link is of the kind of what it leads to.
        reading.is_loose = True
        return names.look.root not in names.paths  # of a file, which may read like this
    return chrome is not None


def _in_columns(row: str, names: _Names) -> set[str]:
    """The paths in a row of several; none when one of them is not there."""
    shown = [each for each in _GAP.split(row.strip()) if each not in ("", ".", "..")]
    found = [names.named(each)[0] for each in shown]
    return set().union(*found) if all(found) else set()


def _read_marked(row: str, names: _Names) -> tuple[set[str], bool]:
    """As `_Names.named`, for what a host put around a path, though it could be of the name."""
    marks, path = _split(row)
    found, is_sure = names.named(path)
    if not found:
        # In a tree a bare name says nothing of its directory: it stands for each of that name.
        return (names.by_last.get(path, set()) if marks else set()), False
    is_whole = marks in _KINDS and path == row[len(marks) :]
    return found, is_sure and is_whole and (marks == _KINDS[0]) == (found <= names.directories)


def _split(row: str) -> tuple[str, str]:
    """The marks before the path that a row shows, and that path."""
    match = _MARKS.match(row)
    marks = match.group() if match is not None else ""
    return marks, row[len(marks) :].strip().removeprefix("./").rstrip("/*@") or "."


def _nothing_shown(look: Listing, seen: Seen, text: str) -> bool | None:
    if not seen.names:
        # A file may be named like the remark.
        could_be_name = text and fnmatchcase(text, look.pattern.rpartition("/")[2] or "*")
        return None if could_be_name else True
    return None if set(seen.names) <= seen.doubtful else False


def _is_root(path: str, look: Listing, seen: Seen) -> bool:
    """Whether `path` is the listed directory itself, or `.git`, which no listing goes into."""
    if path in (".", "..", ".git", look.root, *seen.bases) or path.endswith("/.git"):
        return True
    return look.root in places_of(path, look.root, seen.bases)
