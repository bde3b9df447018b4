"""What an answer tells of the moment that it was given in."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from datetime import date
from functools import lru_cache

MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
DAY = r"(?:Mon|Tue(?:s)?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_DAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        rf"(?P<month>{MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b.*?\b(?P<year>\d{{4}})",
        rf"(?P<day>\d{{1,2}})\s+(?P<month>{MONTH})\.?,?\s+(?P<year>\d{{4}})",
    )
)
_COUNT = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty"
    r"|(?:a )?(?:few|couple(?: of)?|dozen)|several|many|some)"
)
_ABOUT = (
    r"(?:(?:about|around|roughly|approximately|nearly|almost|exactly|just|only|under|over|another"
    r"|at (?:most|least)|(?:less|more|fewer) than) )?"
)
_SPAN = r"(?:days?|weeks?|months?|quarters?|years?|decades?)"
_OF_NOW = re.compile(
    rf"\b(?:today(?:'s|\u2019s)?|tomorrow|yesterday|tonight|as of (?:now|today|this)|overdue"
    rf"|(?:for|within|in the (?:next|last|past|coming)) {_ABOUT}(?P<constant>\d+) {_SPAN}"
    rf"|(?:in|for|by|within) {_ABOUT}{_COUNT} {_SPAN}|{_COUNT} (?:more|further) {_SPAN}"
    rf"|{_COUNT} {_SPAN} (?:ago|left|from now|old|away|late|overdue|behind|out of date|remain\w*)"
    rf"|(?:{_SPAN}|hours?|minutes?) (?:ago|from now)|(?:days|weeks|months|years|decades) old"
    rf"|(?:next|last|this) (?:{_SPAN}|{DAY}|morning|afternoon|evening|night|weekend)|already past"
    r"|(?P<state>(?:has|have|already|yet|not|is|are) (?:expired|lapsed|ended)"
    r"|(?:is|are) (?:still|currently|no longer|not yet) valid"
    r"|(?:is|are|lies?) (?:\w+ )?in the (?:past|future)"
    r"|(?:past|reached) (?:its|their|the) end[- ]of[- ](?:life|support)"
    r"|(?:has|have|already) passed(?! (?:\w+ )?(?:to|into|in|as|through|by|on|along|down|over|from"
    r"|a|an|the|its|validation|checks?)\b)))\b",
    re.IGNORECASE,
)
"""`constant`: no count from now where it was shown; `state`: none of now where it is supposed."""

_SUPPOSED = re.compile(
    r"\b(?:if|when|whenever|whether|once|unless|until|after|as soon as)\b", re.IGNORECASE
)
_OF_WORK = re.compile(
    r"\b(?:un(?:committed|tracked|staged|pushed)|(?:current|this|your|same) branch"
    r"|(?:local|pending) (?:changes?|files?)|(?:latest|recent|last|newest|previous) commits?"
    r"|(?:clean|dirty) (?:work\w*|tree|repo\w*)"
    r"|(?:tree|repo\w*) (?:is|was) (?:\w+ )?(?:clean|dirty|modified))\b",
    re.IGNORECASE,
)
_MAY_BE_OF_WORK = re.compile(
    r"\b(?:checked[ -]out|(?:is|are|been|has|have|were|not|locally|currently|already|yet) (?:\w+ )?"
    r"(?:modified|staged|committed|dirty|pushed)|recently committed|modified (?:changes?|files?)"
    r"|work(?:ing)? tree|on (?:the )?(?:branch )?[`'\"]?(?:main|master)\b)",
    re.IGNORECASE,
)
"""Programs push, commit and stage as well."""

_OF_GIT = re.compile(
    r"\b(?:git|branch|commits?|head|locally|currently|still|yet|right now|at present|you(?:'re)? "
    r"(?:are|have)|you're|repo(?:sitory)?|files?|changes?|everything|nothing|tree|status)\b",
    re.IGNORECASE,
)
_BY_NOW = re.compile(r"\b(?:locally|currently|yet)\b", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`\n]*`")
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)|\n")


def said_of_now(answer: str, seen: str) -> str | None:
    """What `answer` says of the day it was given on, although nothing in `seen` says so."""
    ends = _ends_of_sentences(answer)
    supposing = [found.span() for found in _SUPPOSED.finditer(answer)]
    for match in _OF_NOW.finditer(answer):
        start, _ = _sentence_of(match, ends)
        before = bisect_right(supposing, match.start(), key=lambda span: span[1])
        is_supposed = match["state"] is not None and before and supposing[before - 1][0] >= start
        is_shown = match.group() in seen or (
            # What numbers a line is no constant.
            match["constant"] is not None
            and re.search(rf"\b{match['constant']}\b(?![\t\u2192:|])", seen)
        )
        if not (is_shown or is_supposed):
            return match.group()
    return None


def said_of_work(answer: str, seen: str, changed: Collection[str] = ()) -> str | None:
    """What `answer` says of a branch and of changes on it, although nothing in `seen` says so.

    `changed`: names of files that git calls changed.
    """
    ends = _ends_of_sentences(answer)
    read = lru_cache(maxsize=1)(lambda start, end: _Sentence(answer, start, end, changed))
    is_seen = lru_cache(maxsize=None)(seen.__contains__)
    for match in (*_OF_WORK.finditer(answer), *_MAY_BE_OF_WORK.finditer(answer)):
        said = match.group()
        is_sure = match.re is _OF_WORK or _BY_NOW.search(said)
        speaks = is_sure or read(*_sentence_of(match, ends)).speaks_of_work_beside(match)
        if speaks and not is_seen(said):
            return said
    return None


class _Sentence:
    """What stands in a sentence, however often it is asked what stands beside something in it."""

    def __init__(self, answer: str, start: int, end: int, changed: Collection[str]) -> None:
        text = answer[start:end]
        plain = _QUOTED.sub(lambda quoted: "`" * len(quoted.group()), text)
        self._start = start
        self._words = [found.span() for found in _OF_GIT.finditer(text)]
        self._plain_words = [found.span() for found in _OF_GIT.finditer(plain)]
        named = ((text.find(name), text.rfind(name), len(name)) for name in changed)
        self._names = [
            place
            for first, last, length in named
            if first >= 0
            for place in ((first, first + length), (last, last + length))
        ]

    def speaks_of_work_beside(self, match: re.Match[str]) -> bool:
        """Whether it names a changed file, or says a word of git's, before or behind `match`."""
        start, end = (place - self._start for place in match.span())
        # One that begins or ends a quote leaves open what else is quoted.
        words = self._words if "`" in match.group() else self._plain_words
        return any(
            stop <= start or end <= begin
            for places in (words, self._names)
            for begin, stop in places
        )


def _ends_of_sentences(answer: str) -> list[int]:
    """Where sentences end, both ends of the text among them."""
    return [0, *(end.end() for end in _SENTENCE_END.finditer(answer)), len(answer)]


def _sentence_of(match: re.Match[str], ends: Sequence[int]) -> tuple[int, int]:
    """Where the sentence begins and ends that a match stands in."""
    return ends[bisect_right(ends, match.start()) - 1], ends[bisect_left(ends, match.end())]


@lru_cache(maxsize=64)
def spellings(text: str) -> tuple[str, ...]:
    """The day in `text` in the forms in which people write one; () where there is no day."""
    day = _day(text)
    if day is None:
        return ()
    name = _MONTHS[day.month - 1]
    forms = [form for month in (name, name[:3]) for form in (f"{month} {{d}}", f"{{d}} {month}")]
    forms += [
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "{d}.{m}.%Y",
        "{m}/{d}/%Y",
    ]
    return tuple(day.strftime(form).format(d=day.day, m=day.month) for form in forms)


def _day(text: str) -> date | None:
    found = next((match for pattern in _DAYS if (match := pattern.search(text))), None)
    if found is None:
        return None
    month = found["month"]
    short = [name[:3] for name in _MONTHS]
    number = int(month) if month.isdigit() else short.index(month[:3].title()) + 1
    try:
        return date(int(found["year"]), number, int(found["day"]))
    except ValueError:
        return None
