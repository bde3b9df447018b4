"""What a tool may have looked at where hosts differ under one name."""

from collections.abc import Iterator
from dataclasses import replace

from agentcache.core.agreement_files import numbers_shown, tells_counts
from agentcache.core.agreement_search import shows_numbers
from agentcache.core.evidence import File, Lines, Look, Search
from agentcache.core.vocabulary import Body


def readings(look: Look, body: Body) -> Iterator[Look]:
    """What a tool that showed `body` may have looked at by `look`, the likeliest first.

    Some show the lines where others list files, some heed the case where others do not; a later
    reading counts only where the disk says that the earlier ones are wrong.
    """
    if not isinstance(look, Search):
        if isinstance(look, Lines) and body.limit and tells_counts(body.text):
            yield File(look.path)  # how many lines there are is told of the whole
            return
        if isinstance(look, Lines) and body.is_plain:
            yield from _lines_shown(look, body)
        yield look
        return
    # Lines may move where no numbers are shown.
    is_numbered = not body.is_plain or shows_numbers(body.text)
    lines = replace(look, names_only=False, numbered=is_numbered)
    asked = (look, lines) if look.names_only else (lines,)
    yield from asked
    if look.ignore_case:
        yield from (replace(reading, ignore_case=False) for reading in asked)


def _lines_shown(look: Lines, body: Body) -> Iterator[Lines]:
    """The very lines that are shown, where `look` has more for hosts that count from 0.

    Fewer than were asked for rest on the end of the file too.
    """
    span = numbers_shown(body.text) if body.limit else None
    if span is None or span[1] - span[0] + 1 != body.limit:
        return
    if span[0] - look.start in (0, 1) and span[1] <= look.end:
        yield Lines(look.path, *span)
