"""Whether the text of a listing shows the names that are there."""

import posixpath
import re

from agentcache.core.evidence import Listing
from agentcache.core.sight import Seen, is_notice, without_reminders
from agentcache.core.vocabulary import Body

_NOTHING = re.compile(
    r"\s*(?:no files (?:found|matched|matching).*|\(?(?:empty|no output)\)?)?\s*", re.IGNORECASE
)
_CHROME = re.compile(
    r"\s*(?:found \d+ (?:files?|matching|entries|items|paths).*|directory listing for .*"
    r"|\d+ files?|-{3,}|there are more files .*|note: .*|total \d+)?\s*",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^(?:[\s│|├└─]*(?:- )?)(?:\[(?:DIR|FILE)\] )?")


def shows_names(look: Listing, seen: Seen, body: Body) -> bool | None:
    """Whether every name shown exists and none is missing.

    None when only names are missing that some tools would not show.
    """
    rows = without_reminders(body.text).splitlines()
    if _NOTHING.fullmatch("\n".join(rows)):
        return _nothing_shown(seen)
    by_last: dict[str, list[str]] = {}
    for name in seen.names:
        bare = name.rstrip("/")
        by_last.setdefault(posixpath.basename(bare), []).append(bare)
    shown: set[str] = set()
    cut = body.is_part
    is_loose = False
    for row in rows:
        text = _MARKS.sub("", row).strip()
        path = text.removeprefix("./").rstrip("/*@") or "."
        matched = _matching(path, by_last)
        if matched:
            shown.update(matched)
            is_loose = is_loose or _is_loose(path, matched, look)
        elif is_notice(row):
            cut = True
        elif not _is_root(path, text, look) and not _CHROME.fullmatch(row):
            return False
    missing = {name.rstrip("/") for name in seen.names} - shown
    if missing and not cut:
        return None if missing <= {name.rstrip("/") for name in seen.doubtful} else False
    return None if is_loose else True


def _is_loose(path: str, matched: list[str], look: Listing) -> bool:
    """Whether a bare name stands for something further down, so that it may be another's."""
    if "/" in path:
        return len(matched) > 1
    return any(posixpath.dirname(name) != look.root.removeprefix(".") for name in matched)


def _nothing_shown(seen: Seen) -> bool | None:
    if not seen.names:
        return True
    return None if set(seen.names) <= seen.doubtful else False


def _matching(path: str, by_last: dict[str, list[str]]) -> list[str]:
    """The names that `path` may be: equal from the end, as far as the shorter one goes."""
    candidates = by_last.get(posixpath.basename(path), [])
    if path in candidates:
        return [path]
    return [name for name in candidates if name.endswith(f"/{path}") or path.endswith(f"/{name}")]


def _is_root(path: str, text: str, look: Listing) -> bool:
    """Whether `path` is the listed directory itself, or `.git`, which no listing goes into."""
    if path in (".", "..", ".git", look.root) or path.endswith("/.git"):
        return True
    if look.root == ".":
        return text.startswith("/") and text.endswith("/")
    return path.endswith(f"/{look.root}")
