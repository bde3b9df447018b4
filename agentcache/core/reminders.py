"""What a host says to the model in the midst of a run, beside what the tools gave back."""

import re
from collections.abc import Collection, Iterable, Iterator

from agentcache.core.codec import CodecError, Json, decode_json

_BEGIN, _END = "<system-reminder>", "</system-reminder>"
_ANY = re.compile(rf"^[ \t]*{_BEGIN}.*?(?:{_END}|\Z)", re.DOTALL | re.MULTILINE)

# What hosts say whatever was asked and read: that a list of tasks is kept, that code may be
# malicious, that a file is empty, how much was used, that nothing was said for long, where a
# command led. All else may be a user's word, or what a file says.
_STANDING = re.compile(
    r"(?:<[^<>]*>)?\s*(?:this is a reminder that )?(?:the (?:todowrite|task) tools? ha"
    r"|your todo list (?:is|has|was)|the current task still has unfinished todo items"
    r"|todos have been|whenever you read a file|warning: the file exists)",
    re.IGNORECASE,
)

_WHOLE = re.compile(
    r"(?:<system-reminder>)?\s*(?:<total_tokens>\d+ tokens left</total_tokens>"
    r"|token usage: \d+/\d+; \d+ remaining|output tokens\W+turn: [\d\Wk]*\bsession: [\d\Wk]*"
    r"|usd budget: \$[\d.]+/\$[\d.]+; \$[\d.]+ remaining|elapsed time so far: [\dhms ]+"
    r"|the user hasn't heard from you in a while\. as you continue, keep them updated[^\n]{0,90}"
    r"|plan mode still active \([\w ]{0,60}\)\. read-only except [\w ]{0,20}\([^\n()]+\)\."
    r" follow (?:5-phase|the plan|iterative) workflow(?: described earlier|: [\w, ]{0,80})?\."
    r" end turns with \w+ \([\w ]+\) or \w+ \([\w ]+\)\. never ask [\w ]{0,50}\."
    r"|# environment update\s+- primary working directory: [^\n]+ \(was [^\n]+\))"
    r"\s*(?:</system-reminder>)?\s*",
    re.IGNORECASE,
)

# The instructions of a directory below, which hosts give when a file in it was read.
_OF_A_FILE = re.compile(
    r"\s*<system-reminder>\n(?:Contents of (?=[^\n]+:\n\n)|Instructions from: )"
    r"(?P<path>/[^\n]*/(?:CLAUDE|AGENTS|CONTEXT)\.md):?\n(?P<text>.*)</system-reminder>\s*",
    re.DOTALL,
)

# What stands before the items of the agent's own list, where a reminder repeats it, and behind.
_LISTING = re.compile(
    r"(?:contents of your todo list|existing tasks|unfinished todo items):\s*", re.IGNORECASE
)
_ITEM = re.compile(r"\[?(?:#?\d+\.|-) \[\w+\] (?P<item>.*)")
_BEHIND_ITEMS = re.compile(r"keep the todo list current[^\n]*|</system-reminder>|", re.IGNORECASE)

_OF_A_USER = re.compile(
    r"\buser(?:'s)? (?:sent|said|asked|message)|\bmust address\b", re.IGNORECASE
)


def without_reminders(text: str) -> str:
    """`text` without the reminders that a host appends to results."""
    said, begin, _ = text.partition(_BEGIN)
    if not begin or not text.rstrip().endswith(_END):
        return text
    result = said.rstrip()
    # White space at the end of the line before belongs to the result: `5<tab>` is an empty line.
    return result and result + said[len(result) :].partition("\n")[0]


def remark_in(
    between: Iterable[str], results: Iterable[str], listed: Collection[str] = ()
) -> str | None:
    """The first thing a host said that an answer may follow, such as a user's next message.

    `between`: the host's blocks that stood beside results; `results`: their texts; `listed`: what
    the run itself wrote on its lists. None where only those remarks stand that a host makes
    whatever was asked, that repeat such a list, and that show a file.
    """
    said = _said(between, results)
    return next((each for each in said if not _is_standing(each, listed) and not _told(each)), None)


def files_told(between: Iterable[str], results: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The paths and contents of the files that a host showed unasked, of what `remark_in` takes.

    Whether they are that is not known here.
    """
    return frozenset(filter(None, map(_told, _said(between, results))))


def _said(between: Iterable[str], results: Iterable[str]) -> list[str]:
    return [*between, *(block for text in results for block in _reminders(text))]


def _told(block: str) -> tuple[str, str] | None:
    found = _OF_A_FILE.fullmatch(block)
    return None if found is None else (found["path"], found["text"])


def _is_standing(block: str, listed: Collection[str]) -> bool:
    is_known = _WHOLE.fullmatch(block) or _STANDING.match(block)
    return is_known is not None and _OF_A_USER.search(block) is None and _repeats(block, listed)


def _repeats(block: str, listed: Collection[str]) -> bool:
    """Whether the list that `block` repeats, if it does, holds nothing but what is `listed`."""
    heading = _LISTING.search(block)
    if heading is None:
        return True
    shown = block[heading.end() :]
    if shown.startswith(("[{", "[]")):
        return _is_of(shown[: shown.rfind("]") + 1], listed)
    items = [row for row in shown.split("\n") if not _BEHIND_ITEMS.fullmatch(row.strip())]
    found = [_ITEM.fullmatch(row) for row in items]
    return all(
        each is not None and (each["item"] in listed or each["item"].removesuffix("]") in listed)
        for each in found
    )


def _is_of(text: str, listed: Collection[str]) -> bool:
    try:
        items = decode_json(text)
    except CodecError:
        return False
    return isinstance(items, list) and all(_content(item) in listed for item in items)


def _content(item: Json) -> Json:
    return item.get("content") if isinstance(item, dict) else None


def _reminders(text: str) -> Iterator[str]:
    if _BEGIN in text:
        yield from (match.group().strip() for match in _ANY.finditer(text))
        end = text[len(without_reminders(text)) :]
        yield from (_BEGIN + said for said in end.split(_BEGIN)[1:])
