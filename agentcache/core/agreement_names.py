"""Whether the text of a listing shows the names that are there."""

import posixpath
import re

from agentcache.core.evidence import Listing
from agentcache.core.sight import Seen, is_notice, places_of, without_reminders
from agentcache.core.vocabulary import Body

_NOTHING = re.compile(
    r"\s*(?:no files (?:found|matched|matching).*|\(?(?:empty|no output)\)?)?\s*", re.IGNORECASE
)
_CHROME = re.compile(
    r"\s*(?:found \d+ (?:files?|matching|entries|items|paths).*|directory listing for .*"
    r"|listed \d+ items?(?:\(s\))? in .*|\(\d+ [\w-]+-ignored(?:, \d+ [\w-]+-ignored)*\)"
    r"|\d+ files?|-{3,}|there are more files .*|note: .*|total \d+)?\s*",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^(?:[\s│|├└─]*(?:- )?)(?:\[(?:DIR|FILE)\] )?")


def shows_names(look: Listing, seen: Seen, body: Body) -> bool | None:
    """Whether every name shown exists and none is missing.

    None when only names are missing that some tools would not show, or it was cut by the host.
    """
    rows = without_reminders(body.text).splitlines()
    if _NOTHING.fullmatch("\n".join(rows)):
        return _nothing_shown(seen)
    names = {name.rstrip("/") for name in seen.names}
    by_last: dict[str, set[str]] = {}
    for name in names:
        by_last.setdefault(posixpath.basename(name), set()).add(name)
    doubtful = {name.rstrip("/") for name in seen.doubtful}
    shown: set[str] = set()
    cut = body.is_part
    is_loose = False
    for row in rows:
        marks, path = _split(row)
        exact = names & set(places_of(path, look.root, seen.bases))
        # In a tree a bare name says nothing of its directory: it stands for each of that name.
        nested = by_last.get(path, set()) if marks and not exact else set()
        if exact or nested:
            shown |= exact | nested
            # What some tools leave out may have been of another kind, or not ignored, when shown.
            is_loose = is_loose or len(exact) != 1 or not doubtful.isdisjoint(exact)
        elif is_notice(row):
            cut = is_loose = True  # a name could read like a host's remark
        elif not _is_root(path, look, seen) and not _CHROME.fullmatch(row):
            return False
    missing = names - shown
    if missing and not cut:
        return None if missing <= doubtful else False
    return None if is_loose else True


def _split(row: str) -> tuple[str, str]:
    """The marks before the path that a row shows, and that path."""
    match = _MARKS.match(row)
    marks = match.group() if match is not None else ""
    return marks, row[len(marks) :].strip().removeprefix("./").rstrip("/*@") or "."


def _nothing_shown(seen: Seen) -> bool | None:
    if not seen.names:
        return True
    return None if set(seen.names) <= seen.doubtful else False


def _is_root(path: str, look: Listing, seen: Seen) -> bool:
    """Whether `path` is the listed directory itself, or `.git`, which no listing goes into."""
    if path in (".", "..", ".git", look.root, *seen.bases) or path.endswith("/.git"):
        return True
    return look.root in places_of(path, look.root, seen.bases)
