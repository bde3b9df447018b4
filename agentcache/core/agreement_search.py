"""Whether the text of a search shows the lines that match, in the layouts of known hosts."""

import re
from dataclasses import dataclass, field

from agentcache.core.evidence import Search
from agentcache.core.reminders import without_reminders
from agentcache.core.required import required_text
from agentcache.core.sight import (
    BYTE_ORDER_MARK,
    Found,
    Seen,
    is_likeliest,
    is_notice,
    places_of,
)
from agentcache.core.vocabulary import Body

_NOTHING = re.compile(
    r"\s*+(?:\(?no (?:matches|files|results|output)\b.*|found 0 (?:matches|files).*)?\s*",
    re.IGNORECASE,
)
_CHROME = re.compile(
    r"\s*+(?:found \d+ (?:matches|match|files?|lines?|total).*|-{2,}|results? for .*)?\s*",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\s*found (\d+) (?:total )?(matches|match|lines?|files?|total)\b.*", re.IGNORECASE
)
_LONGEST_REMARK = 200
_CUT_LINE = re.compile(r"(?:\.\.\.|…)(?:\s*\[(.*)\])?\s*\Z")
_CUT_ROW = re.compile(r"(?<![^\n])([^\n]*)\.\.\.\n-{2,}\n(?=\[\d+ lines? truncated\][^\n]*\s*\Z)")
_BETWEEN = re.compile(r"[:-](\d+)[:-]")
_NUMBER_FIRST = re.compile(r"(?:\s*(?:Line |L)(\d+): ?|(\d+)[:\t-])(.*)")


_NUMBER = re.compile(r"(?:^|[:\-])[ \t]*(?:Line |L)?\d+(?:[:\-\t |]|→)", re.MULTILINE)


def shows_numbers(text: str) -> bool:
    """Whether something in the text of a search may be the number of a line."""
    return _NUMBER.search(text) is not None


@dataclass(slots=True)
class _Index:
    """What was found, by the ways a result names it."""

    by_place: dict[tuple[str, int], Found] = field(default_factory=dict)
    by_text: dict[str, set[str]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    look: Search = field(default_factory=lambda: Search(".", ""))
    bases: tuple[str, ...] = ()
    is_loose: bool = False

    def paths(self, shown: str) -> list[str]:
        """The found paths that `shown` may name; `is_loose` tells later that it may be others."""
        found = self._known(shown)
        if found:
            return found
        bare = shown.strip()
        path = bare.removeprefix("File: ").rstrip(":")
        found = self._known(path) if path != shown else []
        if found and (bare != shown or self.look.names_only):
            self.is_loose = True
        return found

    def _known(self, shown: str) -> list[str]:
        places = places_of(shown, self.look.root, self.bases)
        found = [place for place in places if place in self.known]
        if not all(is_likeliest(place, places, self.look.root) for place in found):
            self.is_loose = True
        return found


def shows_matches(look: Search, seen: Seen, body: Body) -> bool | None:
    """Whether every line shown was found and every match found is shown.

    None when matches are missing that only some tools would show, when it was cut by the host, and
    for lines without numbers: equal ones may have been more or fewer.
    """
    text = without_reminders(body.text).replace("\r\n", "\n")
    matches = [found for found in seen.found if found.is_match]
    if _NOTHING.fullmatch(text):
        return _nothing_shown(look, matches, text.strip())
    index = _index(look, seen)
    reading = _Reading(cut=body.is_part)
    for row in _whole_rows(text, index).rstrip("\n").split("\n"):
        if not _read_row(row, index, reading):
            return False
    if not reading.cut:
        if look.names_only:
            answer = _missing([found for found in matches if found.path not in reading.headed])
        else:
            places = reading.shown
            answer = _missing([each for each in matches if (each.path, each.number) not in places])
        if not answer:
            return answer
    doubtful = {found.path for found in seen.found if not found.is_required}
    shown = {path for path, _ in reading.shown} | reading.headed
    is_sure = not (reading.is_loose or reading.has_notice or index.is_loose)
    is_sure = is_sure and doubtful.isdisjoint(shown) and _counts_agree(look, matches, reading)
    return True if is_sure else None


def stands_in_found(look: Search, seen: Seen, text: str) -> bool:
    """Whether every line of `text` shows something that was found, but for what a host cut."""
    index, reading = _index(look, seen), _Reading(cut=True)
    rows = without_reminders(text).replace("\r\n", "\n").rstrip("\n").split("\n")
    return any(map(is_notice, rows)) or all(_read_row(row, index, reading) for row in rows)


def shows_context(look: Search, seen: Seen, body: Body) -> bool:
    """Whether a text that agrees shows all lines around the matches that it shows."""
    index, reading = _index(look, seen), _Reading(cut=body.is_part)
    for row in without_reminders(body.text).replace("\r\n", "\n").rstrip("\n").split("\n"):
        _read_row(row, index, reading)
    matches = {(found.path, found.number) for found in seen.found if found.is_match}
    last = max((found.number for found in seen.found), default=0)
    around = {
        (path, number)
        for path, middle in reading.shown & matches
        for number in range(max(middle - look.before, 1), min(middle + look.after, last) + 1)
    }
    return all(place in reading.shown for place in around if place in index.by_place)


@dataclass(slots=True)
class _Reading:
    """What the rows so far have shown.

    `is_loose`: some only after their white space was cut, or without numbers. `has_notice`: one
    seems to be the host's remark that the result was cut; it could be a line of a file as well.
    """

    cut: bool
    shown: set[tuple[str, int]] = field(default_factory=set)
    headed: set[str] = field(default_factory=set)
    current: str = ""
    is_loose: bool = False
    has_notice: bool = False
    counts: list[tuple[int, str]] = field(default_factory=list)


def _read_row(row: str, index: _Index, reading: _Reading) -> bool:
    """Take in one row; False when nothing on disk explains it."""
    explained = _explain(row, index, reading)
    paths = index.paths(row)
    if not explained and paths:
        reading.headed.update(paths)
        reading.current = paths[0] if len(paths) == 1 else ""
        return True
    if not explained:
        explained = _without_number(row, index)
        reading.is_loose = reading.is_loose or bool(explained)
    if explained:
        reading.shown |= explained
        return True
    if is_notice(row):
        reading.cut = reading.has_notice = True
        return True
    if told := _TOLD.fullmatch(row):
        reading.counts.append((int(told[1]), told[2].lower()))
    elif index.look.names_only and row.strip():
        return False  # a name could read like the rest
    return _CHROME.fullmatch(row) is not None


def _whole_rows(text: str, index: _Index) -> str:
    """`text` without the row in the middle of which the host cut it, where a match begins so."""
    cut = _CUT_ROW.search(text)
    if cut is None:
        return text
    heads = ["", *(f"{base}/" for base in index.bases)]
    is_begun = any(
        f"{head}{found.path}:{found.number}:{found.text}".startswith(cut[1])
        for found in index.by_place.values()
        for head in heads
    )
    return text[: cut.start()] + text[cut.end() :] if is_begun else text


def _counts_agree(look: Search, matches: list[Found], reading: _Reading) -> bool:
    """Whether the numbers that a host told of what it found are those of what there is."""
    files = len({found.path for found in matches})
    lines = {files} if look.names_only else {len(matches), len(reading.shown)}
    return all(
        count == files if what.startswith("file") else count in lines
        for count, what in reading.counts
    )


def _nothing_shown(look: Search, matches: list[Found], text: str) -> bool | None:
    if matches or look.names_only:
        return _missing(matches)
    if text and _may_match(look, text):
        return None  # a line that was found may read like the remark
    # Empty lines that matched would look alike where hosts strip white space.
    needed = required_text(look.pattern, ignore_case=look.ignore_case)
    return True if needed.strip() else None


def _may_match(look: Search, text: str) -> bool:
    if len(text) > _LONGEST_REMARK:
        return True
    flags = re.IGNORECASE if look.ignore_case else 0
    return re.search(look.pattern, text, flags) is not None


def _missing(matches: list[Found]) -> bool | None:
    if not matches:
        return True
    return False if any(found.is_required for found in matches) else None


def _index(look: Search, seen: Seen) -> _Index:
    index = _Index(look=look, bases=seen.bases)
    for found in seen.found:
        index.by_place[found.path, found.number] = found
        for text in _texts(found):
            index.by_text.setdefault(text, set()).add(found.path)
        index.known.add(found.path)
    return index


def _texts(found: Found) -> set[str]:
    """How a tool may show the line that was found: some leave a byte order mark out."""
    whole = found.text.removesuffix("\r")
    return {whole, whole.removeprefix(BYTE_ORDER_MARK)}


def _explain(row: str, index: _Index, reading: _Reading) -> set[tuple[str, int]]:
    """The places that `row` shows as they are on disk; empty when there is none."""
    for match in _BETWEEN.finditer(row):
        paths = index.paths(row[: match.start()])
        places = _at(index, paths, match.group(1), row[match.end() :], reading)
        if places:
            return places
    first = _NUMBER_FIRST.fullmatch(row)
    if first is not None:
        single = list(index.known) if len(index.known) == 1 else []
        paths = [reading.current] if reading.current in index.known else single
        number = first.group(1) or first.group(2)
        return _at(index, paths, number, first.group(3), reading)
    return set()


def _at(
    index: _Index, paths: list[str], number: str, text: str, reading: _Reading
) -> set[tuple[str, int]]:
    places: set[tuple[str, int]] = set()
    for path in paths:
        found = index.by_place.get((path, int(number)))
        if found is None:
            continue
        whole = found.text.removesuffix("\r")
        if text == whole:
            places.add((path, found.number))
        elif text.strip() in map(str.strip, _texts(found)) or _is_start(text, whole):
            reading.is_loose = reading.is_loose or not _tells_cut(text, whole)
            places.add((path, found.number))
    return places


def _without_number(row: str, index: _Index) -> set[tuple[str, int]]:
    """`path:text`, or the text alone; equal lines of a file are shown together."""
    if not row:
        return set()  # more likely a separator
    texts: list[tuple[str | None, str]] = [(None, row)]
    texts += [(row[: at.start()], row[at.end() :]) for at in re.finditer("[:-]", row)]
    for shown_path, text in texts:
        holders = index.by_text.get(text, set())
        if not holders:
            continue
        paths = holders if shown_path is None else holders & set(index.paths(shown_path))
        if paths and (shown_path is not None or len(paths) == 1):
            return {
                place
                for place, found in index.by_place.items()
                if found.path in paths and text in _texts(found)
            }
    return set()


def _is_start(shown: str, whole: str) -> bool:
    """Whether `shown` is the beginning of a long line that the host cut."""
    cut = _CUT_LINE.search(shown)
    return cut is not None and cut.start() >= 100 and whole.startswith(shown[: cut.start()])


def _tells_cut(shown: str, whole: str) -> bool:
    """Whether `shown` says that it was cut from `whole`, and tells no other count than its own.

    Dots alone may have stood at the end of a line.
    """
    cut = _CUT_LINE.search(shown)
    if cut is None or not cut[1] or not _is_start(shown, whole):
        return False
    known = {len(whole), len(whole) - cut.start(), cut.start()}
    return all(int(count) in known for count in re.findall(r"\d+", cut[1]))
