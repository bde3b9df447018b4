"""What changed in a system prompt, and whether it is the kind of thing that changes.

Two prompts are compared line by line. A change is recognised where only facts of the moment differ
(dates, times, ids, directories), or where it lies in a part that hosts rebuild: git status and
commits, environment, memory, lists of files. Everything else is an unknown change.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from agentcache.core.profile import FactKind, is_git_line, read_profile

_MOST_JOINED = 100_000
"""Pairs of equal lines that are looked at between two anchors, in some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class Change:
    """Lines `start` to `end` (not included) of text number `text` are now `lines`.

    `heading`: the heading below which they stand, "" where a line says all by itself.
    """

    text: int
    start: int
    end: int
    lines: tuple[str, ...]
    heading: str = ""


def changes_between(
    old: Sequence[str], new: Sequence[str], *, allow_unknown: bool = False
) -> tuple[Change, ...] | None:
    """How the texts `old` became `new`; None when something changed that is not recognised.

    With `allow_unknown` every change is taken, as long as more than half of the lines are kept.
    """
    if len(old) != len(new):
        return None
    found: list[Change] = []
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        for change, _, is_recognised in _changes(number, before, after, in_full=allow_unknown):
            if not allow_unknown and not is_recognised:
                return None
            found.append(change)
        if allow_unknown and not _is_mostly_kept(before, found, number):
            return None
    return tuple(found)


def differ_in_moment(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether two prompts differ in nothing but dates, times, ids of runs and git's state.

    Only then may one conversation begin with the words of another: whatever else hosts rebuild,
    such as a memory, may tell of one user what another is not to know.
    """
    return len(old) == len(new) and all(
        _lasting(before) == _lasting(after)
        or all(_is_of_moment(change, gone) for change, gone, _ in _changes(number, before, after))
        for number, (before, after) in enumerate(zip(old, new, strict=True))
    )


def _is_of_moment(change: Change, gone: Sequence[str]) -> bool:
    now = change.lines
    if len(gone) == len(now) and all(map(_last_alike, gone, now)):
        return True
    is_of_git = _OF_GIT.search(change.heading) is not None
    lines = [line for line in (*gone, *now) if line.strip()]
    return all(_BRANCH.fullmatch(line) or (is_of_git and is_git_line(line)) for line in lines)


def _last_alike(one: str, other: str) -> bool:
    return _lasting(one) == _lasting(other)


_STAMP = re.compile(r"\A\W{0,3}\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?\W")
"""The time with which some hosts begin a prompt."""


def _lasting(text: str) -> tuple[str, list[str]]:
    profile = read_profile(_STAMP.sub("", text))
    places = [fact.text for fact in profile.facts if fact.kind is FactKind.DIRECTORY]
    return profile.static, places


def describe_changes(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """In lines for the model: how the texts `old` became `new`, of which there are as many.

    What was replaced by the same with other facts is not named; everything else that is gone is,
    and apart from it what is gone from where it stood but still stands in one of `new`.
    """
    left = {line.strip() for text in new for line in text.split("\n")}
    said: list[str] = []
    is_gone = False
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        for change, replaced, _ in _changes(number, before, after, is_told=True):
            now = [line for line in change.lines if line.strip()]
            gone = _gone(change, replaced, left)
            if not gone and not now:
                continue
            said += [NOW] if is_gone else []
            said += [change.heading] if change.heading else []
            said += now + gone
            is_gone = bool(gone)
    return said


GONE = "(no longer:)"
"""What stands before lines that are gone."""

STILL = "(no longer here, but still at another place:)"
"""What stands, after `GONE`, before lines that moved, or stood there more than once."""

NOW = "(now:)"
"""What stands before the next change after lines that are gone; it may have no heading."""


def _gone(change: Change, replaced: Sequence[str], left: set[str]) -> list[str]:
    """In lines for the model: what of `replaced` is gone, when the stripped lines `left` stand."""
    lines = [line for line in replaced if line.strip()]
    if not lines or _is_of_facts(replaced, change.lines):
        return []
    still = [line for line in lines if line.strip() in left]
    gone = [line for line in lines if line.strip() not in left]
    return [GONE, *gone, *([STILL, *still] if still else [])]


def apply_changes(old: Sequence[str], changes: Sequence[Change]) -> tuple[str, ...]:
    """`old` with the changes made: `changes_between(old, new)` made to `old` gives `new`."""
    texts = list(old)
    for number in {change.text for change in changes}:
        lines = texts[number].split("\n")
        here = (change for change in changes if change.text == number)
        for change in sorted(here, key=lambda change: change.start, reverse=True):
            lines[change.start : change.end] = change.lines
        texts[number] = "\n".join(lines)
    return tuple(texts)


def _changes(
    number: int, before: str, after: str, *, in_full: bool = True, is_told: bool = False
) -> Iterator[tuple[Change, Sequence[str], bool]]:
    """Each change of text `number`, the lines that it replaces, and whether it is recognised.

    Unless `in_full`, all that changed is one change where the first would not be recognised.
    If `is_told`, it is one where a heading moved: by itself that would not say over which lines.
    """
    if before == after:
        return
    first, old, new = _inner_lines(before, after)
    is_one = set(old).isdisjoint(new) or not (in_full or _begins_known(before, first, old, new))
    whole = [(0, len(old), 0, len(new))]
    parts = whole if is_one else list(_differing(old, new))
    for i, j, k, m in whole if is_told and _moves_heading(old, new, parts) else parts:
        gone, now = old[i:j], tuple(new[k:m])
        is_plain = _speaks_for_itself(gone, now)
        heading = "" if is_plain else _heading(before, first + i)
        is_recognised = is_plain or bool(_REBUILT.search(heading))
        yield Change(number, first + i, first + j, now, heading), gone, is_recognised


def _begins_known(before: str, first: int, old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether the first change can be recognised; it is found out long before where it ends.

    So is another prompt told from a changed one without the matcher, which is quadratic.
    """
    return (
        _is_of_facts(old[:1], new[:1])
        or any(_speaks_for_itself(lines, ()) for lines in (old[:1], new[:1]) if lines)
        or bool(_REBUILT.search(_heading(before, first)))
    )


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where lines `i` to `j` of `old` became lines `k` to `m` of `new`.

    Lines that stand once in both part them, for the matcher is quadratic: where too much stands
    between two of those, all of it became another.
    """
    i = k = 0
    for j, m in [*_anchors(old, new), (len(old), len(new))]:
        before, after = old[i:j], new[k:m]
        if _is_too_much(before, after):
            yield i, j, k, m
        elif before != after:
            matcher = SequenceMatcher(None, before, after, autojunk=False)
            for tag, a, b, c, d in matcher.get_opcodes():
                if tag != "equal":
                    yield i + a, i + b, k + c, k + d
        i, k = j + 1, m + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Where lines stand that are in both texts once: as many as keep their order."""
    counts, places = Counter(old), {line: place for place, line in enumerate(new)}
    often = {line for line, count in Counter(new).items() if count > 1}
    # The longest increasing sequence: `ends` has the least place at which one of each length ends.
    ends: list[int] = []
    last: list[tuple[int, int]] = []
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for i, line in enumerate(old):
        k = places.get(line)
        if k is None or counts[line] > 1 or line in often:
            continue
        length = bisect_left(ends, k)
        before[i, k] = last[length - 1] if length else None
        ends[length : length + 1] = [k]
        last[length : length + 1] = [(i, k)]
    chain = last[-1] if last else None
    found: list[tuple[int, int]] = []
    while chain is not None:
        found.append(chain)
        chain = before[chain]
    return found[::-1]


def _is_too_much(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether a matcher, which joins every two lines that are equal, would take long."""
    if len(old) * len(new) <= _MOST_JOINED:
        return False
    counts = Counter(new)
    return sum(counts[line] for line in old) > _MOST_JOINED


def _moves_heading(
    old: Sequence[str], new: Sequence[str], parts: Sequence[tuple[int, int, int, int]]
) -> bool:
    gone = {line for i, j, _, _ in parts for line in old[i:j]}
    came = {line for _, _, k, m in parts for line in new[k:m]}
    return any(map(_HEADING.fullmatch, gone & came))


def _inner_lines(before: str, after: str) -> tuple[int, list[str], list[str]]:
    """How many lines at the head are equal, and the lines of both up to the equal ones at the end.

    The ends are most of a long prompt: they are compared whole, without taking lines apart.
    """
    old, new = f"\n{before}\n", f"\n{after}\n"  # so that a line is what stands between two breaks
    first = old.rfind("\n", 0, _common_head(old, new))
    old_rest, new_rest = old[first:], new[first:]
    tail = len(old_rest) - old_rest.find("\n", len(old_rest) - _common_tail(old_rest, new_rest))
    inner, wanted = old_rest[:-tail].split("\n")[1:], new_rest[:-tail].split("\n")[1:]
    return old.count("\n", 0, first), inner, wanted


def _common_head(one: str, other: str) -> int:
    """How many characters two texts have in common at their beginnings."""
    known, most = 0, min(len(one), len(other))
    while known < most:
        end = (known + most + 1) // 2
        if one[known:end] == other[known:end]:
            known = end
        else:
            most = end - 1
    return known


def _common_tail(one: str, other: str) -> int:
    """How many characters two texts have in common at their ends."""
    known, most = 0, min(len(one), len(other))
    while known < most:
        start = (known + most + 1) // 2
        if one[-start : len(one) - known] == other[-start : len(other) - known]:
            known = start
        else:
            most = start - 1
    return known


def _is_mostly_kept(before: str, found: Sequence[Change], number: int) -> bool:
    lines = before.count("\n") + 1
    gone = sum(change.end - change.start for change in found if change.text == number)
    return 2 * gone < lines


_HEX = r"[0-9a-f]"
_FACTS = re.compile(
    rf"(\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"
    r"|\b(?:toolu|call|msg|req|sess|session|conv|thread|run)[_-][A-Za-z0-9_-]+"
    r"|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?"
    r"(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b"
    r"|\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\b\.?)?"
    r"|\b(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b"
    r"|\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
    rf"|\b(?=[a-f]*\d){_HEX}{{7,64}}\b"
    r"|(?<![\w.])/(?:[\w.@+-]+/)*[\w.@+-]+"
    r"|\b\d+(?:st|nd|rd|th)?\b)"
)
# A number alone is a fact only in a line that tells of the moment: "Use 3 retries" is a rule.
_MOMENT = re.compile(
    r"(?i)\b(?:dates?|times?|today|now|current(?:ly)?|session|clock|timestamp|uptime|branch|head"
    r"|commits?|ahead|behind|cwd|pwd|director(?:y|ies)|workspace|folder|pid|port|uuid|id|elapsed"
    r"|tokens?|budget|remaining|modified|updated|generated|cch|version)\b"
)
_BRANCH = re.compile(r"(?i)\W{0,6}(?:current |git |main |active )*branch\b[^:]*:\s*\S+\s*")
_REBUILT = re.compile(
    r"(?i)\b(?:git|status|branch|commits?|environment|env|memory|memories|memory\.md|files?"
    r"|director(?:y|ies)|folders?|tree|workspace|cwd|date|time)\b"
)
_OF_GIT = re.compile(r"(?i)\b(?:git|branch|status|commits?)\b")
_HEADING = re.compile(r"\s*(?:(#{1,6})\s+\S.*|<([A-Za-z][\w-]*)(?:\s[^<>]*)?>\s*|[^\n]{1,80}:\s*)$")


def _speaks_for_itself(gone: Sequence[str], now: Sequence[str]) -> bool:
    """Whether a change is recognised wherever it stands: other facts, or another branch."""
    lines = [line for line in (*gone, *now) if line.strip()]
    return _is_of_facts(gone, now) or all(_BRANCH.fullmatch(line) for line in lines)


def _is_of_facts(gone: Sequence[str], now: Sequence[str]) -> bool:
    return len(gone) == len(now) and all(map(_differ_in_facts, gone, now))


def _differ_in_facts(one: str, other: str) -> bool:
    """Whether two lines are equal but for facts of the moment."""
    if one == other:
        return True
    masked, facts = _masked(one)
    other_masked, other_facts = _masked(other)
    if masked != other_masked:
        return False
    changed = [(a, b) for a, b in zip(facts, other_facts, strict=True) if a != b]
    plain = all(a.isdigit() and b.isdigit() for a, b in changed)
    paths = any(a.startswith("/") for a, _ in changed)
    return bool(_MOMENT.search(one)) if plain or paths else True


@lru_cache(maxsize=32)  # what a prompt was like is compared again in the next Call
def _masked(line: str) -> tuple[str, list[str]]:
    parts = _FACTS.split(line)  # what matches the group stands between what does not
    return "\0".join(parts[::2]), parts[1::2]


def _heading(text: str, place: int) -> str:
    """The heading of the part in which line number `place` stands, "" for none."""
    closed: set[str] = set()
    is_apart = False
    level = 7
    for line in reversed(text.split("\n", place)[:place]):
        text = line.strip()
        if text.startswith("</"):
            closed.add(text[2:].rstrip("> "))
            continue
        match = _HEADING.fullmatch(line)
        if match is None:
            is_apart = is_apart or not text
            continue
        hashes, tag = match.groups()
        if tag:
            if tag in closed:
                closed.discard(tag)
                continue
            return text
        if hashes:
            # The parts of a rebuilt part are rebuilt with it.
            if len(hashes) < level and _REBUILT.search(text):
                return text
            level = min(level, len(hashes))
            if level == 1:
                return ""
            continue
        if not is_apart and level == 7 and _REBUILT.search(text):
            return text
    return ""
