"""The state of a conversation in its normal form: equal states give equal JSON.

Ids that only pair the use of a tool with its result become numbers, and facts of the moment are
taken out of system prompts. All else stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object
from agentcache.core.profile import FactKind, read_profile
from agentcache.core.values import Opaque, Part, Text, ToolResult, ToolUse, Turn

# By the type of a block or item, or by its role: the key of the id that pairs a use with its
# result, and a key that shows it to be one, as data of a loop's own may have ids and types too.
_PAIRING: Mapping[Json, tuple[str, str]] = {
    "tool_use": ("id", "input"),
    "tool_result": ("tool_use_id", "content"),
    "function": ("id", "function"),
    "function_call": ("call_id", "arguments"),
    "function_call_output": ("call_id", "output"),
    "tool": ("tool_call_id", "content"),
}
# Items whose `id` names nothing but themselves, and what shows them to be ones.
_ITEMS: Mapping[Json, str] = {
    "message": "role",
    "function_call": "call_id",
    "function_call_output": "call_id",
}

_INSTRUCTING = ("system", "developer")
_INSTRUCTIONS = ("system", "instructions")
_TOLD = (FactKind.GIT, FactKind.DIRECTORY)


def normal_state(state: Json) -> Json:
    """`state` in normal form: messages or items of any provider, or whatever else a loop has."""
    walk = _Walk()
    if isinstance(state, dict):
        told = {name: walk.value(state[name], "system") for name in _INSTRUCTIONS if name in state}
        return walk.value({**state, **told}, "")
    return walk.value(state, "")


def ids_of(state: Json) -> frozenset[str]:
    """The ids that normal form does not tell: equal states may have others."""
    walk = _Walk()
    walk.value(state, "")
    return frozenset(id_ for id_ in (*walk.numbers, *walk.dropped) if id_)


def is_any_named(ids: Iterable[str], text: str) -> bool:
    """Whether one of `ids` stands in `text` as a word of its own."""
    return any(id_ in text and re.search(rf"(?<!\w){re.escape(id_)}(?!\w)", text) for id_ in ids)


def state_of(turns: Iterable[Turn]) -> Json:
    """Turns as JSON, in the form that `normal_state` reads."""
    return [{"role": turn.role, "content": [_block(part) for part in turn.parts]} for turn in turns]


def texts_of(turns: Iterable[Turn]) -> list[str]:
    """All texts that normal form leaves as they are: words, and what tools gave back."""
    return [
        part.text
        for turn in turns
        if turn.role != "system"
        for part in turn.parts
        if isinstance(part, Text | ToolResult)
    ]


def names_id(turns: Iterable[Turn], said: str) -> bool:
    """Whether `said` has the id of a tool use in `turns`, which their state does not tell."""
    ids = [part.id for turn in turns for part in turn.parts if isinstance(part, ToolUse) if part.id]
    return is_any_named(ids, said)


def moment_of(instructions: Iterable[str]) -> Json:
    """What system prompts say of the directory and of git: answers may be worked out from it."""
    facts = [fact for text in instructions for fact in read_profile(text).facts]
    return [[fact.kind, fact.text] for fact in facts if fact.kind in _TOLD]


def _block(part: Part) -> Json:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case ToolUse(id=id_, name=name, arguments=arguments):
            return {"type": "tool_use", "id": id_, "name": name, "input": arguments}
        case ToolResult(id=id_, text=text, is_error=is_error):
            return {
                "type": "tool_result",
                "tool_use_id": id_,
                "content": text,
                "is_error": is_error,
            }
        case Opaque(kind=kind, digest=known):
            return {"type": "opaque", "kind": kind, "digest": known}


@dataclass(slots=True)
class _Walk:
    """One walk over a state; `numbers`: of the ids, in the order in which they were met.

    `dropped`: the ids that have none.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)

    def value(self, value: Json, role: str) -> Json:
        """`value` in normal form; `role`: of whom a text in it is."""
        if isinstance(value, list):
            return [self.value(item, role) for item in value]
        if isinstance(value, dict):
            return self._object(value, role)
        is_instruction = isinstance(value, str) and role in _INSTRUCTING
        return read_profile(value).static if is_instruction else value

    def _object(self, given: JsonObject, role: str) -> Json:
        said = given.get("role")
        role = said if isinstance(said, str) else role
        kind = given.get("type", role)
        kind = kind if isinstance(kind, str) else ""
        pairing, shown_by = _PAIRING.get(kind, ("", ""))
        own_id = "id" if _ITEMS.get(kind, "") in given else ""
        text_role = "" if kind == "tool_result" or role == "tool" else role
        found: JsonObject = {}
        if own_id:
            self.dropped.append(str(given.get(own_id, "")))
        for name in sorted(given.keys() - {own_id}):
            item = given[name]
            if name == pairing and shown_by in given:
                found[name] = self._number(item)
            elif name == "arguments" and isinstance(item, str):
                found[name] = _arguments(item)
            elif name == "input" and kind == "tool_use":
                found[name] = item
            else:
                found[name] = self.value(item, text_role if name in ("content", "text") else "")
        return found

    def _number(self, id_: Json) -> Json:
        return self.numbers.setdefault(id_, len(self.numbers) + 1) if isinstance(id_, str) else id_


def _arguments(text: str) -> Json:
    try:
        return decode_json_object(text)
    except CodecError:
        return text
