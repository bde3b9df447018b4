"""The cause of a difference between two prompts: what kind of drift it is."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from agentcache.core.codec import (
    CodecError,
    Json,
    JsonObject,
    canonical_json,
    decode_json,
    decode_json_object,
)
from agentcache.core.conversation import part_question
from agentcache.core.profile import read_profile
from agentcache.prefix.differing import common_length
from agentcache.prefix.notes import has_note, without_note
from agentcache.prefix.prompt import Block, Level, Prompt
from agentcache.prefix.verdict import Verdict
from agentcache.wire.reading import object_or_empty


def cause_of(earlier: Prompt, later: Prompt, at: int, level: Level) -> Verdict:
    """Why block `at`, the first that differs, differs; `level`: the level that it breaks."""
    if level is Level.MESSAGES:
        return _cause_in_messages(earlier.blocks, later.blocks, at)
    before, after = _at_level(earlier, level), _at_level(later, level)
    return (_cause_in_tools if level is Level.TOOLS else _cause_in_system)(before, after)


def value_of(block: Block) -> str:
    """What a block says: its text where it is text, else its JSON."""
    value = decode_json(block.content)
    inner = value[1] if isinstance(value, list) else None
    text = object_or_empty(inner).get("text")
    return text if isinstance(text, str) else block.content.decode()


def _at_level(prompt: Prompt, level: Level) -> list[Block]:
    return [block for block in prompt.blocks if block.level is level]


def _cause_in_tools(before: Sequence[Block], after: Sequence[Block]) -> Verdict:
    was, now = [_unordered(tool) for tool in before], [_unordered(tool) for tool in after]
    if was == now:
        return Verdict.UNSTABLE_JSON
    if Counter(was) == Counter(now):
        return Verdict.TOOL_ORDER
    old, new = {_name(tool): tool for tool in before}, {_name(tool): tool for tool in after}
    first = next((pair for pair in zip(old, new, strict=False) if pair[0] != pair[1]), None)
    if old.keys() == new.keys() and first:
        return Verdict.TOOL_ORDER
    changed = next((n for n in old if n in new and old[n].content != new[n].content), None)
    if changed is not None and _comes_first(changed, old, new):
        return _cause_in_tool(old[changed], new[changed])
    gone = any(name not in new for name in (first[:1] if first else old))
    return Verdict.TOOL_REMOVED if gone else Verdict.LATE_TOOL


def _comes_first(name: str, old: Iterable[str], new: Iterable[str]) -> bool:
    """Whether everything before the tool of that name is the same list of names."""
    before, after = list(old), list(new)
    place = before.index(name)
    return before[: place + 1] == after[: place + 1]


def _cause_in_tool(old: Block, new: Block) -> Verdict:
    if _unordered(old) == _unordered(new):
        return Verdict.UNSTABLE_JSON
    was, now = _description(old), _description(new)
    return Verdict.VOLATILE if is_volatile(was, now) else Verdict.TOOL_CHANGED


def _name(tool: Block) -> str:
    return tool.place.partition(" ")[2]


def _description(tool: Block) -> str:
    """All texts of a definition: a volatile fact can also stand in a parameter's description."""
    return "\n".join(_strings(decode_json(tool.content)))


def _strings(value: Json) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in inner for text in _strings(item)]


def _cause_in_system(before: Sequence[Block], after: Sequence[Block]) -> Verdict:
    was, now = "\n".join(map(value_of, before)), "\n".join(map(value_of, after))
    if _squeezed(was) == _squeezed(now):
        return Verdict.MESSAGE_SHAPE
    return Verdict.VOLATILE if is_volatile(was, now) else Verdict.SYSTEM_CHANGED


def _cause_in_messages(before: Sequence[Block], after: Sequence[Block], at: int) -> Verdict:
    if _is_compaction(before, after, at):
        return Verdict.COMPACTION
    if _is_of_notes(before, after, at):
        return Verdict.NOTES
    return _cause_in_blocks(before, after, at)


def _cause_in_blocks(before: Sequence[Block], after: Sequence[Block], at: int) -> Verdict:
    old, new = before[at], after[at]
    if _unordered(old) == _unordered(new):
        return Verdict.UNSTABLE_JSON
    was, now = value_of(old), value_of(new)
    if old.kind == new.kind == "text" and old.role == new.role != "assistant":
        if is_volatile(was, now):
            return Verdict.VOLATILE
        if _is_reminder(was) or _is_reminder(now):
            return Verdict.MESSAGE_SHAPE
    if _is_reminder(was) or _has_moved(before, after, at) or _is_reshaped(before, after, at):
        return Verdict.MESSAGE_SHAPE
    return Verdict.HISTORY_REWRITTEN


def _is_compaction(before: Sequence[Block], after: Sequence[Block], at: int) -> bool:
    if any("compaction" in block.kind for block in after[at:]):
        return not any("compaction" in block.kind for block in before)
    first = next(block.message for block in before if block.level is Level.MESSAGES)
    return (
        after[at].message <= first + 1
        and after[-1].message < before[-1].message
        # Otherwise only the oldest messages were dropped, or something was put before them.
        and all(block.content != after[at].content for block in before[at:])
        and all(block.content != before[at].content for block in after[at:])
    )


def _is_reminder(text: str) -> bool:
    """Whether a host wrote all of it, in tags of its own."""
    around, words = part_question(text)
    return bool(around) and not words


def _has_moved(before: Sequence[Block], after: Sequence[Block], at: int) -> bool:
    """Whether the block stands elsewhere now: in another message, or another one went before it."""
    return any(block.content == before[at].content for block in after[at + 1 :]) and not any(
        block.content == after[at].content for block in before[at + 1 :]
    )


def _is_reshaped(before: Sequence[Block], after: Sequence[Block], at: int) -> bool:
    """Whether the two messages say the same in other blocks."""
    old, new = _said(before, before[at].message), _said(after, after[at].message)
    return bool(old) and old == new


def _said(blocks: Sequence[Block], message: int) -> str:
    return _squeezed(
        "".join(
            value_of(block)
            for block in blocks
            if block.message == message and block.level is Level.MESSAGES
        )
    )


def _is_of_notes(before: Sequence[Block], after: Sequence[Block], at: int) -> bool:
    """Whether a note of ours came or went here, and all that the host says goes on."""
    if not (has_note(value_of(before[at])) or has_note(value_of(after[at]))):
        return False
    return _without_notes(after).startswith(_without_notes(before))


def _without_notes(blocks: Sequence[Block]) -> str:
    said = (without_note(value_of(block)) for block in blocks if block.level is Level.MESSAGES)
    return _squeezed("".join(said))


def _squeezed(text: str) -> str:
    return "".join(text.split())


_JSON_TEXTS = ("arguments", "parameters", "input")


def _unordered(block: Block) -> bytes:
    """The content with keys, and lists of nothing but strings, in one order."""
    return canonical_json(_in_order(decode_json(block.content)))


def _in_order(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _in_order(_opened(key, item)) for key, item in value.items()}
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        if len(texts) == len(value):
            return [*sorted(texts)]
        return [_in_order(item) for item in value]
    return value


def _opened(key: str, value: Json) -> Json:
    """What a JSON text holds, where arguments of a tool are sent as one."""
    if key not in _JSON_TEXTS or not isinstance(value, str):
        return value
    try:
        found: JsonObject = decode_json_object(value)
    except CodecError:
        return value
    return found


# More than read_profile takes out: here a wrong guess costs a word, there a wrong answer.
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}|\b\d{10,}\b|\b(?=[a-z]*\d)[0-9a-f]{7,}\b"
    r"|https?://\S*(?:session|conversation|thread)",
    re.IGNORECASE,
)


# Around a difference; a fact is shorter, and a system prompt may be very long.
_NEAR = 4096


def is_volatile(was: str, now: str) -> bool:
    """Whether two texts differ first in what changes with the moment: a time, an id, git state."""
    at = common_length(was, now)
    if at == len(was) == len(now):
        return False
    start = was.rfind("\n", 0, max(0, at - _NEAR)) + 1
    was, now = (text[start : at + _NEAR] for text in (was, now))
    at -= start
    old, new = read_profile(was), read_profile(now)
    if old.static == new.static:
        return True
    if _MOMENT.search(_word(was, at)) and _MOMENT.search(_word(now, at)):
        return True
    texts = ((was, [fact.text for fact in old.facts]), (now, [fact.text for fact in new.facts]))
    return any(_stands_in(text, at, fact) for text, facts in texts for fact in facts)


def _word(text: str, at: int) -> str:
    """What stands around `at` between white space."""
    start = max(text.rfind(space, 0, at) for space in " \n\t") + 1
    found = re.compile(r"\S*").match(text, start)
    return found.group() if found else ""


def _stands_in(text: str, at: int, fact: str) -> bool:
    start = text.find(fact, max(0, at - len(fact)))
    return 0 <= start <= at <= start + len(fact)
