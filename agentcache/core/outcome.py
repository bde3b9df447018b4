"""What a tool came upon in the place that it was to read, by its own words: a directory, nothing.

Whether these words are true is not known here.
"""

import posixpath
import re

from agentcache.core.evidence import File, GitRef, Lines, Listing, Look, Tree
from agentcache.core.reminders import without_reminders
from agentcache.core.tool_output import output_of_failed
from agentcache.core.tool_shapes import TOOLS, Kind
from agentcache.core.values import ToolResult, ToolUse

_DIRECTORY = re.compile(r"<path>[^\n]*</path>\n<type>directory</type>\n<entries>\n")

# Some hosts look for names that are alike in the directory, and may have found none.
_NO_FILE = re.compile(
    r"File not found: (?P<path>[^\n]+)(?:\n+Did you mean [^\n]*(?:\n[^\n]+)*)?\s*"
    r"|(?:<tool_use_error>)?File does not exist\.[^\n]*"
)
_NO_FILE_ALONE = "Could not read file because no file was found at the specified path."
_NO_FILE_OF_SHELL = re.compile(
    r"\w+: (?:cannot (?:access|open) |can't read )?"
    r"['\"\u2018]?(?P<path>[^'\"\u2018\u2019\n]+)['\"\u2019]?(?: for reading)?"
    r": No such file or directory(?: \(os error 2\))?\r?"
)


def looks_behind(use: ToolUse, result: ToolResult, looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """`looks`, those of `use`, as its result tells them: a read may have listed a directory."""
    if TOOLS[use.name].kind is not Kind.READ or not _DIRECTORY.match(result.text):
        return looks
    return tuple(Listing(look.path, depth=1) for look in looks if isinstance(look, File | Lines))


def looks_at_nothing(
    use: ToolUse, result: ToolResult, looks: tuple[Look, ...], *, cwd: str
) -> tuple[Look, ...]:
    """What a tool that failed looked at, where it says that there is nothing; else ().

    `looks`: those of `use`, run in `cwd`, which all have to be below that and named as not there.
    Others are behind them: of what else is beside them, which the text may tell too.
    """
    places = [_place(look) for look in looks]
    if not all(place.startswith(f"{cwd}/") for place in places):
        return ()
    kind, text = TOOLS[use.name].kind, without_reminders(result.text).strip()
    if kind is Kind.SHELL:
        return looks if _tells_of_each(output_of_failed(text) or "", places) else ()
    if kind is not Kind.READ:
        return ()
    if text == _NO_FILE_ALONE:
        return looks
    said = _NO_FILE.fullmatch(text)
    if said is None or (said["path"] and not _are_same(said["path"], places[0])):
        return ()
    return (*looks, Listing(posixpath.dirname(places[0]), depth=1))


def _tells_of_each(text: str, places: list[str]) -> bool:
    """Whether `text` says of each of `places`, and nothing else, that there is no such file."""
    rows = [_NO_FILE_OF_SHELL.fullmatch(row) for row in text.strip().split("\n")]
    shown = [row["path"] for row in rows if row is not None]
    return (
        len(shown) == len(rows)
        and all(any(_are_same(each, place) for each in shown) for place in places)
        and all(any(_are_same(each, place) for place in places) for each in shown)
    )


def _are_same(shown: str, place: str) -> bool:
    return f"/{place}".endswith(f"/{posixpath.normpath(shown)}")


def _place(look: Look) -> str:
    if isinstance(look, GitRef | Tree):
        return ""
    return look.path if isinstance(look, File | Lines) else look.root
