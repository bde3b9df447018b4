"""What changed in a system prompt, and whether it is the kind of thing that changes.

Two prompts are compared line by line. A change is recognised where only facts of the moment differ
(dates, times, ids, directories), or where it lies in a part that hosts rebuild: git status and
commits, environment, memory, lists of files. Everything else is an unknown change.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher


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
        lines = before.split("\n")
        for change in _changes(number, before, after):
            if not allow_unknown and not _is_recognised(change, lines):
                return None
            found.append(change)
        if allow_unknown and not _is_mostly_kept(before, found, number):
            return None
    return tuple(found)


def describe_changes(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """In lines for the model: how the texts `old` became `new`, of which there are as many.

    What was replaced by the same with other facts is not named; everything else that is gone is.
    """
    said: list[str] = []
    for number, (before, after) in enumerate(zip(old, new, strict=True)):
        lines = before.split("\n")
        for change in _changes(number, before, after):
            gone = [line for line in lines[change.start : change.end] if line.strip()]
            now = [line for line in change.lines if line.strip()]
            if not gone and not now:
                continue
            said += [change.heading] if change.heading else []
            said += now
            if gone and not _is_of_facts(change, lines):
                said += [GONE, *gone]
    return said


GONE = "(no longer:)"
"""What stands before lines that are gone."""


def apply_changes(old: Sequence[str], changes: Sequence[Change]) -> tuple[str, ...]:
    """`old` with the changes made: `changes_between(old, new)` made to `old` gives `new`."""
    texts = [text.split("\n") for text in old]
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        texts[change.text][change.start : change.end] = change.lines
    return tuple("\n".join(lines) for lines in texts)


def _changes(number: int, before: str, after: str) -> Iterator[Change]:
    if before == after:
        return
    old, new = before.split("\n"), after.split("\n")
    # The ends are most of a long prompt; the matcher is quadratic in what is left.
    first = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    inner, wanted = old[first : len(old) - last], new[first : len(new) - last]
    for tag, i, j, k, m in SequenceMatcher(None, inner, wanted, autojunk=False).get_opcodes():
        if tag != "equal":
            start, end = first + i, first + j
            change = Change(number, start, end, tuple(wanted[k:m]))
            is_plain = _speaks_for_itself(change, old)
            yield change if is_plain else replace(change, heading=_heading(old, start))


def _is_mostly_kept(before: str, found: Sequence[Change], number: int) -> bool:
    lines = before.count("\n") + 1
    gone = sum(change.end - change.start for change in found if change.text == number)
    return 2 * gone < lines


_HEX = r"[0-9a-f]"
_FACTS = re.compile(
    rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"
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
    r"|\b\d+(?:st|nd|rd|th)?\b"
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
_HEADING = re.compile(r"\s*(?:(#{1,6})\s+\S.*|<([A-Za-z][\w-]*)(?:\s[^<>]*)?>\s*|[^\n]{1,80}:\s*)$")


def _is_recognised(change: Change, old: Sequence[str]) -> bool:
    return _speaks_for_itself(change, old) or bool(_REBUILT.search(change.heading))


def _speaks_for_itself(change: Change, old: Sequence[str]) -> bool:
    """Whether it is recognised wherever it stands: other facts, or another branch."""
    lines = [line for line in (*old[change.start : change.end], *change.lines) if line.strip()]
    return _is_of_facts(change, old) or all(_BRANCH.fullmatch(line) for line in lines)


def _is_of_facts(change: Change, old: Sequence[str]) -> bool:
    gone = old[change.start : change.end]
    return len(gone) == len(change.lines) and all(map(_differ_in_facts, gone, change.lines))


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


def _masked(line: str) -> tuple[str, list[str]]:
    return _FACTS.sub("\0", line), _FACTS.findall(line)


def _heading(lines: Sequence[str], place: int) -> str:
    """The heading of the part in which line number `place` stands, "" for none."""
    closed: set[str] = set()
    is_apart = False
    level = 7
    for line in reversed(lines[:place]):
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
