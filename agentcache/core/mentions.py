"""Files that a user named with `@`: hosts read them before they ask, and say so in the question."""

import re
from collections.abc import Iterator, Sequence

from agentcache.core.codec import CodecError, JsonObject, decode_json_object
from agentcache.core.values import ToolResult, ToolUse

# Claude Code puts each part in a reminder, OpenCode in a text of its own.
_CALLED = re.compile(
    r"(?P<tag><system-reminder>\n)?Called the (?P<tool>\w+) tool with the following input: "
    r"(?P<input>\{.*\})(?(tag)\n</system-reminder>)"
)
_RESULT = re.compile(
    r"<system-reminder>\nResult of calling the (?P<tool>\w+) tool:\n"
    r"(?P<text>.*)\n</system-reminder>",
    re.DOTALL,
)
_OPENCODE_READ = "read"
_OPENCODE_FILE = "<path>"

# Qwen Code puts the contents between texts.
_BEFORE, _BEHIND = "--- Content from referenced files ---", "--- End of content ---"
_FILE = re.compile(r"Content from (?P<path>[^\n]+):")
_QWEN_READ = "read_file"


def mentions_in(texts: Sequence[str]) -> tuple[tuple[tuple[ToolUse, ToolResult], ...], set[int]]:
    """The tools that a host ran for what the user named, with their results.

    `texts`: those of the turns that ask. Also the places among them of what the host said of it.
    """
    found: list[tuple[ToolUse, ToolResult]] = []
    places: set[int] = set()
    for first, count, pairs in (*_called(texts), *_enclosed(texts)):
        places |= set(range(first, first + count))
        for name, arguments, text in pairs:
            id_ = f"mention-{len(found)}"
            found.append((ToolUse(id_, name, arguments), ToolResult(id_, text)))
    return tuple(found), places


_Pairs = list[tuple[str, JsonObject, str]]


def _called(texts: Sequence[str]) -> Iterator[tuple[int, int, _Pairs]]:
    for place in range(len(texts) - 1):
        called = _CALLED.fullmatch(texts[place].strip())
        if called is None:
            continue
        try:
            arguments = decode_json_object(called["input"])
        except CodecError:
            continue
        after = texts[place + 1].strip()
        result = _RESULT.fullmatch(after) if called["tag"] else None
        if result is not None and result["tool"] == called["tool"]:
            yield place, 2, [(called["tool"], arguments, result["text"])]
        elif not called["tag"] and after.startswith(_OPENCODE_FILE) and called["tool"] == "Read":
            yield place, 2, [(_OPENCODE_READ, arguments, after)]


def _enclosed(texts: Sequence[str]) -> Iterator[tuple[int, int, _Pairs]]:
    said = [text.strip() for text in texts]
    if _BEFORE not in said or _BEHIND not in said:
        return
    first, last = said.index(_BEFORE), len(said) - 1 - said[::-1].index(_BEHIND)
    heads = [_FILE.fullmatch(text) for text in said[first + 1 : last : 2]]
    if last - first != 2 * len(heads) + 1:
        return
    pairs: _Pairs = [
        (_QWEN_READ, {"absolute_path": head["path"]}, texts[first + 2 + 2 * place])
        for place, head in enumerate(heads)
        if head is not None
    ]
    if pairs and len(pairs) == len(heads):
        yield first, last - first + 1, pairs
