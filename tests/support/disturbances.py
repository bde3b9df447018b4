"""Sessions of an agent in which something breaks the provider's prefix, as real hosts do it.

Twelve turns over a prompt of 14,000 tokens, of which tools are 71%; every turn adds 10% of it. The
proportions are those at which a session that nothing disturbs reads 88.8% with marks set by hand.
"""

import random
from collections.abc import Callable, Sequence
from enum import StrEnum

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.recording import VERSION, Head, RecordedCall, Recording

TURNS = 12
TOOLS = 40
MODEL = "claude-sonnet-4-5"
URL = "https://api.anthropic.com/v1/messages"
_WORDS = ("path", "reads", "lines", "the file", "a pattern", "given", "absolute", "result", "first")
_BROKEN_AT = 6
_LATE_AT = 6


class Disturbance(StrEnum):
    """What a host does to its own prefix."""

    NONE = "none"
    TOOL_ORDER = "tool order shuffled"
    KEY_ORDER = "key order in schemas"
    TIMESTAMP = "timestamp in the first line"
    DATE = "date in the last line"
    LATE_TOOL = "tool added in mid-session"
    PARALLEL = "24 parallel tool calls"
    BLOCKS = "24 text blocks in one turn"
    FOUR_MARKS = "caller already has 4 marks"


class Marks(StrEnum):
    """Which breakpoints the host sets itself."""

    NO = "no"
    HAND = "hand"  # last tool, system, newest message


def make_bodies(disturbance: Disturbance, marks: Marks) -> list[bytes]:
    """The requests of a session, a turn each."""
    chance = random.Random(7)  # noqa: S311  # not for secrets
    tools = [_tool(number, chance) for number in range(TOOLS)]
    late = _tool(TOOLS, chance)
    rules = _words(17_200, chance)
    messages: list[JsonObject] = [{"role": "user", "content": [_text(_words(400, chance))]}]
    bodies = []
    for turn in range(TURNS):
        if turn:
            messages += _turn(turn, disturbance, chance)
        offered = list(tools)
        if disturbance is Disturbance.LATE_TOOL and turn >= _LATE_AT:
            offered.append(late)
        if disturbance is Disturbance.TOOL_ORDER:
            chance.shuffle(offered)
        if disturbance is Disturbance.KEY_ORDER:
            offered = [_shuffled(tool, chance) for tool in offered]
        sent = Session(disturbance, marks, turn)
        bodies.append(sent.body(offered, rules, messages))
    return bodies


class Session:
    """How one turn's request is put together."""

    def __init__(self, disturbance: Disturbance, marks: Marks, turn: int) -> None:
        self._disturbance = disturbance
        self._marks = marks
        self._turn = turn

    def body(self, tools: Sequence[JsonObject], rules: str, messages: list[JsonObject]) -> bytes:
        """The bytes of the request."""
        is_hand = self._marks is Marks.HAND
        mark: JsonObject = {"cache_control": {"type": "ephemeral"}} if is_hand else {}
        lines = [rules]
        if self._disturbance is Disturbance.TIMESTAMP:
            lines.insert(0, f"[2026-11-20 10:{self._turn:02}:17] You are an agent.")
        if self._disturbance is Disturbance.DATE:
            lines.append(f"Today's date is 2026-11-{self._turn + 10}.")
        system = {**_text("\n".join(lines)), **mark}
        offered = [*tools[:-1], {**tools[-1], **mark}]
        newest = [len(messages) - 1]
        if self._disturbance is Disturbance.FOUR_MARKS and len(messages) > 2:
            newest.append(len(messages) - 3)
        sent = [
            _marked(message, mark) if place in newest else message
            for place, message in enumerate(messages)
        ]
        return encode_json(
            {"model": MODEL, "max_tokens": 4096, "tools": offered, "system": [system],
             "messages": sent}
        )  # fmt: skip


def _marked(message: JsonObject, mark: JsonObject) -> JsonObject:
    content = message["content"]
    if not mark or not isinstance(content, list) or not isinstance(content[-1], dict):
        return message
    return {**message, "content": [*content[:-1], {**content[-1], **mark}]}


def _turn(turn: int, disturbance: Disturbance, chance: random.Random) -> list[JsonObject]:
    is_broken = turn == _BROKEN_AT
    count = 24 if is_broken and disturbance is Disturbance.PARALLEL else 1
    size = 4800 if count == 1 else 2300
    names = [f"toolu_{turn}_{number}" for number in range(count)]
    uses: list[Json] = [
        {"type": "tool_use", "id": name, "name": "Tool1", "input": {"argument_0": name}}
        for name in names
    ]
    results: list[Json] = [
        {"type": "tool_result", "tool_use_id": name, "content": [_text(_words(size, chance))]}
        for name in names
    ]
    if is_broken and disturbance is Disturbance.BLOCKS:
        results += [_text(_words(400, chance)) for _ in range(24)]
    return [{"role": "assistant", "content": uses}, {"role": "user", "content": results}]


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": text}


def _words(size: int, chance: random.Random) -> str:
    text = ""
    while len(text) < size:
        text += " ".join(chance.choices(_WORDS, k=12)) + ".\n"
    return text[:size]


def _tool(number: int, chance: random.Random) -> JsonObject:
    properties: JsonObject = {
        f"argument_{place}": {"type": "string", "description": _words(120, chance)}
        for place in range(3)
    }
    schema: JsonObject = {
        "type": "object",
        "properties": properties,
        "required": ["argument_0", "argument_1"],
    }
    return {
        "name": f"Tool{number}",
        "description": _words(240, chance),
        "input_schema": schema,
    }


def _shuffled(tool: JsonObject, chance: random.Random) -> JsonObject:
    def turned(value: Json) -> Json:
        if not isinstance(value, dict):
            return value
        items = [(key, turned(item)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)

    found = turned(tool)
    return found if isinstance(found, dict) else tool


Change = Callable[[int, bytes], bytes]


def make_recording(bodies: Sequence[bytes], change: Change = lambda _, body: body) -> Recording:
    """A session that sends these bodies 20 seconds apart, each as `change` makes it."""
    calls = tuple(
        RecordedCall(
            at=1e9 + 20 * number,
            wire=WireName.ANTHROPIC,
            url=URL,
            body=change(number, body).decode(),
            first=1e9 + 20 * number + 1,
            ended=1e9 + 20 * number + 5,
            status=200,
        )
        for number, body in enumerate(bodies)
    )
    return Recording(Head(VERSION, "made", 1e9), calls)
