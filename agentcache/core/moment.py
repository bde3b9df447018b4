"""What an answer tells of the moment that it was given in."""

import re
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
_COUNT = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_SPAN = r"(?:days?|weeks?|months?|quarters?|years?)"
_OF_NOW = re.compile(
    rf"\b(?:today(?:'s|\u2019s)?|tomorrow|yesterday|tonight|as of (?:now|today|this)|overdue"
    rf"|(?:in|for|by) {_COUNT} {_SPAN}|{_COUNT} {_SPAN} (?:ago|left|from now|old|away|late|overdue"
    rf"|remain\w*)|(?:next|last|this) {_SPAN}|already past"
    r"|(?:has|have|already|yet|not|is|are) (?:expired|passed|lapsed|ended))\b",
    re.IGNORECASE,
)


_OF_WORK = re.compile(
    r"\b(?:un(?:committed|tracked|staged|pushed)|checked[ -]out|(?:current|this|your|same) branch"
    r"|(?:is|are|been|has|have|were|not|locally|currently|already|yet) (?:\w+ )?"
    r"(?:modified|staged|committed|dirty|pushed)|(?:local|pending|modified) (?:changes?|files?)"
    r"|(?:latest|recent|last|newest|previous|recently) commit(?:s|ted)?"
    r"|(?:clean|dirty) (?:work\w*|tree|repo\w*)|work(?:ing)? tree|on (?:the )?(?:branch )?"
    r"[`'\"]?(?:main|master)\b)",
    re.IGNORECASE,
)


def said_of_now(answer: str, seen: str) -> str | None:
    """What `answer` says of the day it was given on, although nothing in `seen` says so."""
    return _unseen(_OF_NOW, answer, seen)


def said_of_work(answer: str, seen: str) -> str | None:
    """What `answer` says of a branch and of changes on it, although nothing in `seen` says so."""
    return _unseen(_OF_WORK, answer, seen)


def _unseen(pattern: re.Pattern[str], answer: str, seen: str) -> str | None:
    said = (match.group() for match in pattern.finditer(answer))
    return next((words for words in said if words not in seen), None)


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
