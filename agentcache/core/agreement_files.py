"""Whether the text of a read shows the lines of a file, in the layouts of known hosts."""

import re
from collections.abc import Collection
from functools import lru_cache
from operator import add

from agentcache.core.evidence import File, Lines
from agentcache.core.reminders import without_reminders
from agentcache.core.sight import BYTE_ORDER_MARK, Seen, is_notice
from agentcache.core.vocabulary import Body

_NUMBERED = re.compile(r"\s*(\d+)(?:\t|→|\| ?|: ?)(.*)", re.DOTALL)
_CHROME = re.compile(
    r"\s*+(?:</?(?:file|content|type|path)>|<path>.*</path>|<type>\w+</type>|\(End of file.*\)"
    r"|\(File has more lines.*\)|\(Showing lines .*\)|\[File content truncated.*\]|-{3,})?\s*"
)
_CUT_LINE = re.compile(r"(?:\.\.\.|…)(?:\s*[\[(](.*(?:truncated|omitted|chars).*)[\])])?\s*\Z")
_COUNTS = re.compile(
    r"(?P<first>\d+)\s*(?:-|to)\s*(?P<last>\d+)|(?:of|total:?)\s+(?P<total>\d+)\b"
    r"|(?P<all>\d+)\s+(?:total|lines total)\b|(?P<more>\d+)\s+more\b"
    r"|(?:offset|beyond line|from line)\W{0,3}(?P<next>\d+)"
    r"|(?:after|capped at|limit of)\s+[\d,]+\s+(?:source\s+)?(?:bytes|char\w*|tokens)\b"
    r"|(?P<other>\d[\d,]*)",
    re.IGNORECASE,
)
_MOST_HEADS = 4096
"""Lines up to which what numbers them is remembered."""

_HEAD = re.compile(r"==> .* <==\r?")
_TAGGED = re.compile(r"\s*<\w+>.*</\w+>\s*")
_EMPTY = re.compile(
    r"\s*+(?:\(empty file\)|.*(?:contents are empty|file is empty).*)?\s*", re.DOTALL
)


def shows_lines(look: File | Lines, seen: Seen, body: Body) -> bool | None:
    """Whether `body` shows the lines that were seen, all of them unless it says that it was cut.

    None for lines without numbers, and where nothing but white space is to be seen: some hosts
    strip white space around the whole.
    """
    text = without_reminders(body.text).replace("\r\n", "\n")
    rows = text.split("\n")
    if not any(line.strip() for line in seen.lines) and _shows_nothing(text, rows):
        return None  # an empty file, one of empty lines, or a range behind the end: all look alike
    if not seen.lines:
        return False
    if _is_plainly_numbered(rows, seen):
        return True
    numbered = _numbered(rows)
    if numbered is not None:
        return _shows_numbered(look, seen, body, numbered, rows)
    return _shows_plain(seen, body, rows)


def _shows_nothing(text: str, rows: list[str]) -> bool:
    """Whether no line is shown, and no number of lines but 0 is told around them."""
    if _EMPTY.fullmatch(text):
        return True
    return all(map(_CHROME.fullmatch, rows)) and not any(
        re.search("[1-9]", row) for row in _remarks(rows)
    )


def stands_in_lines(text: str, lines: Collection[str]) -> bool:
    """Whether every line of `text` is one of `lines`, but for what a host cut or `head` adds."""
    known = {"", *(line.strip() for line in lines)}
    rows = without_reminders(text).split("\n")
    return any(map(is_notice, rows)) or all(
        row.strip() in known or _HEAD.fullmatch(row) for row in rows
    )


def numbers_shown(text: str) -> tuple[int, int] | None:
    """The first and the last number in a text of numbered lines and nothing else, else None."""
    rows = without_reminders(text).removesuffix("\n").split("\n")
    first, last = _NUMBERED.fullmatch(rows[0]), _NUMBERED.fullmatch(rows[-1])
    if first is None or last is None or int(last[1]) - int(first[1]) != len(rows) - 1:
        return None
    return int(first[1]), int(last[1])


def _is_plainly_numbered(rows: list[str], seen: Seen) -> bool:
    """Whether all lines are shown and nothing else: what is most common, told without a search."""
    first = _NUMBERED.fullmatch(rows[0])
    if first is None or int(first[1]) != seen.start:
        return False
    width, mark = first.end(1), rows[0][first.end(1) : first.start(2)]
    count = len(seen.lines)
    if count <= _MOST_HEADS:  # of a power of two, so that files of other lengths share them
        heads = _heads(seen.start, 1 << (count - 1).bit_length(), width, mark)
    else:
        heads = _heads.__wrapped__(seen.start, count, width, mark)
    wanted = list(map(add, heads, seen.lines))
    return rows == wanted or (rows[-1] == "" and rows[:-1] == wanted)


@lru_cache(maxsize=32)  # nearly all reads of a host begin at 1 and are numbered alike
def _heads(start: int, count: int, width: int, mark: str) -> tuple[str, ...]:
    """What stands before `count` lines from `start` on."""
    return tuple(str(n).rjust(width) + mark for n in range(start, start + count))


def _numbered(rows: list[str]) -> list[tuple[int, str]] | None:
    """The numbered rows when all but chrome are numbered one after the other, else None."""
    found: list[tuple[int, str]] = []
    for row in rows:
        match = _NUMBERED.fullmatch(row) or _bare_number(row, found)
        if match is not None and (not found or int(match.group(1)) == found[-1][0] + 1):
            found.append((int(match.group(1)), match.group(2) or ""))
        elif not _CHROME.fullmatch(row) and not is_notice(row):
            return None
    return found or None


def _bare_number(row: str, found: list[tuple[int, str]]) -> re.Match[str] | None:
    """A row that is the next number and no more: an empty line whose white space was stripped."""
    return re.fullmatch(r"\s*(\d+)()", row) if found else None


def _shows_numbered(
    look: File | Lines, seen: Seen, body: Body, numbered: list[tuple[int, str]], rows: list[str]
) -> bool | None:
    last_line = seen.start + len(seen.lines) - 1
    first, last = numbered[0][0], numbered[-1][0]
    is_one_more = last == last_line + 1 and numbered[-1][1] == ""
    if is_one_more and seen.ends and not seen.last_is_open:
        # Some hosts number the nothing behind the last end of line; or there was an empty line.
        numbered = numbered[:-1]
        last = last_line
    if first < seen.start or last > last_line or not numbered:
        return False
    for number, shown in numbered:
        line = seen.lines[number - seen.start]
        if _same(shown, line):
            continue
        # A host that cuts by characters may stop in the middle of the last line.
        if number != last or not shown or not line.startswith(shown) or not _is_cut(rows):
            return False
    if not _is_complete(look, seen, body, (first, last), rows):
        return False
    is_sure = not is_one_more and all(
        _is_surely(shown, seen.lines[number - seen.start]) for number, shown in numbered
    )
    return True if is_sure and _counts_agree(rows, seen, (first, last)) else None


def tells_counts(text: str) -> bool:
    """Whether something around the numbered lines of a read tells a number."""
    rows = without_reminders(text).replace("\r\n", "\n").split("\n")
    return any(re.search(r"\d", row) is not None for row in _remarks(rows))


def _remarks(rows: list[str]) -> list[str]:
    return [
        row
        for row in rows
        if not (_NUMBERED.fullmatch(row) or row.strip().isdigit() or _TAGGED.fullmatch(row))
    ]


def _counts_agree(rows: list[str], seen: Seen, span: tuple[int, int]) -> bool:
    """Whether the numbers in the host's remarks are those of the file and of what is shown."""
    first, last = span
    end = seen.start + len(seen.lines) - 1
    # Some hosts count the nothing behind the last end of line.
    totals = [end, end + 1] if not seen.last_is_open else [end]
    wanted = {
        "first": [first],
        "last": [last],
        "total": totals if seen.ends else [],
        "all": totals if seen.ends else [],
        "more": [total - last for total in totals] if seen.ends else [],
        "next": [last, last + 1],
        "other": [last - first + 1],
    }
    return all(
        int(value.replace(",", "")) in wanted[name]
        for row in _remarks(rows)
        for told in _COUNTS.finditer(row)
        for name, value in told.groupdict().items()
        if value
    )


def _is_complete(
    look: File | Lines, seen: Seen, body: Body, span: tuple[int, int], rows: list[str]
) -> bool:
    # An offset counts from 0 or from 1, so a range may be shown without its first or last line.
    slack = 1 if isinstance(look, Lines) and look.start > 1 else 0
    has_last = span[1] == seen.start + len(seen.lines) - 1
    if isinstance(look, Lines) and body.limit:
        # What is short of the limit was the end of the file, and must be that now.
        has_last = span[1] - span[0] + 1 == body.limit or (has_last and seen.ends)
    shows_all = span[0] <= seen.start + slack and has_last
    return shows_all or body.is_part or _is_cut(rows)


def _is_cut(rows: list[str]) -> bool:
    return any(is_notice(row) and not _NUMBERED.fullmatch(row) for row in [*rows[:3], *rows[-5:]])


def _shows_plain(seen: Seen, body: Body, rows: list[str]) -> bool | None:
    """None or False: without numbers nothing tells an empty last line from a stripped line end."""
    wanted = [line.removesuffix("\r") for line in seen.lines]
    if _bare(rows) == _bare(wanted):
        return None
    if not body.is_part and not _is_cut(rows):
        return False
    shown = [row for row in rows if not is_notice(row)]
    while shown and _CHROME.fullmatch(shown[0]):
        shown.pop(0)
    while shown and _CHROME.fullmatch(shown[-1]):
        shown.pop()
    return None if _stands_in(shown, wanted) else False


def _bare(rows: list[str]) -> str:
    return "\n".join(rows).strip().removeprefix(BYTE_ORDER_MARK)


def _stands_in(shown: list[str], wanted: list[str]) -> bool:
    if not shown:
        return False
    for start in range(len(wanted) - len(shown) + 1):
        if all(_same(row, wanted[start + place]) for place, row in enumerate(shown)):
            return True
    return False


def _same(shown: str, line: str) -> bool:
    line = line.removesuffix("\r")
    if shown in (line, line.removeprefix(BYTE_ORDER_MARK)):
        return True
    cut = _CUT_LINE.search(shown)
    if cut is not None and cut.start() >= 200:
        return line.startswith(shown[: cut.start()])
    return False


def _is_surely(shown: str, line: str) -> bool:
    """Whether `shown` is `line`, or says that it was cut and tells no other count than that of it.

    Dots alone may have stood at the end of a line; that a byte order mark begins it was not shown.
    """
    line = line.removesuffix("\r")
    if shown == line.removeprefix(BYTE_ORDER_MARK) != line:
        return False
    cut = _CUT_LINE.search(shown)
    if shown == line or cut is None or not line.startswith(shown[: cut.start()]):
        return True
    counts = re.findall(r"\d+", cut[1] or "")
    known = {len(line), len(line) - cut.start(), cut.start()}
    return cut[1] is not None and all(int(count) in known for count in counts)
