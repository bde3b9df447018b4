"""Sessions of an agent whose host disturbs the beginning of its prompt, as lists of bodies.

In the engine's tokens the system prompt has 5.0k, the 15 tools 3.9k, and a turn adds 0.3k.
"""

import random
from enum import StrEnum

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import WireName

TURNS = 8
_RULES = 154
_LINES = 16
_VERBS = (
    "read", "write", "list", "find", "check", "build", "render", "parse", "merge", "split",
    "store", "fetch", "send", "count", "close",
)  # fmt: skip
_NOUNS = (
    "file", "module", "branch", "request", "session", "token", "header", "schema", "index",
    "parser", "buffer", "socket", "record", "worker", "cache", "digest", "packet", "column",
    "report", "layout", "vector", "margin", "signal", "thread", "window", "message",
)  # fmt: skip
_JOINTS = ("before", "after", "unless", "while", "because", "until", "whenever", "although")


class Disturbance(StrEnum):
    """What a host changes in its prompt from one turn to the next."""

    NONE = "stable"
    TIMESTAMP = "timestamp on top"
    SHUFFLED = "tools and their keys shuffled"
    GIT = "git status in mid-system"
    ALL = "all three"


def bodies(wire: WireName, disturbance: Disturbance, *, turns: int = TURNS) -> list[JsonObject]:
    """The requests of a session: a question, then a tool's use and its result with every turn."""
    messages: list[Json] = [{"role": "user", "content": "Rename the setting and fix its users."}]
    found: list[JsonObject] = []
    for turn in range(turns):
        system, tools = _system(turn, disturbance), _tools(wire, turn, disturbance)
        found.append(_body(wire, system, tools, messages))
        messages = [*messages, *_step(wire, turn)]
    return found


def corpus() -> str:
    """What a tokenizer is trained on to read these sessions."""
    return "\n".join(
        encode_json(bodies(wire, Disturbance.NONE)[-1]).decode()
        for wire in (WireName.ANTHROPIC, WireName.OPENAI_CHAT)
    )


def _body(wire: WireName, system: str, tools: list[Json], messages: list[Json]) -> JsonObject:
    head: JsonObject = {"model": "random", "max_tokens": 2, "temperature": 0, "stream": True}
    if wire is WireName.ANTHROPIC:
        return {**head, "system": system, "tools": tools, "messages": messages}
    told: Json = {"role": "system", "content": system}
    usage: JsonObject = {"stream_options": {"include_usage": True}}
    return {**head, **usage, "tools": tools, "messages": [told, *messages]}


def _system(turn: int, disturbance: Disturbance) -> str:
    stamped = turn if disturbance in (Disturbance.TIMESTAMP, Disturbance.ALL) else 0
    edited = turn if disturbance in (Disturbance.GIT, Disturbance.ALL) else 0
    changed = [f" M src/{_NOUNS[number]}.py" for number in range(edited, edited + 3)]
    parts = (
        f"Current time: 2026-11-21T10:{stamped:02}:{7 * stamped:02}Z",
        "You are a coding agent. You work in a repository with the tools that you are given.",
        _rules("Style", _RULES),
        "\n".join(["# Git status", "On branch main", *changed]),
        _rules("Safety", _RULES),
    )
    return "\n\n".join(parts)


def _rules(title: str, count: int) -> str:
    chance = random.Random(title)  # noqa: S311  # not for secrets
    return "\n".join([f"# {title}", *(f"- {_sentence(chance)}" for _ in range(count))])


def _sentence(chance: random.Random) -> str:
    clauses = (
        f"{chance.choice(_VERBS)} the {chance.choice(_NOUNS)} of the {chance.choice(_NOUNS)}"
        for _ in range(2)
    )
    return f" {chance.choice(_JOINTS)} ".join(clauses).capitalize() + "."


def _tools(wire: WireName, turn: int, disturbance: Disturbance) -> list[Json]:
    tools: list[Json] = [_tool(wire, number) for number in range(len(_VERBS))]
    if disturbance not in (Disturbance.SHUFFLED, Disturbance.ALL):
        return tools
    chance = random.Random(turn)  # noqa: S311  # not for secrets
    chance.shuffle(tools)
    return [_with_shuffled_keys(tool, chance) for tool in tools]


def _tool(wire: WireName, number: int) -> JsonObject:
    chance = random.Random(number)  # noqa: S311  # not for secrets
    names = chance.sample(_NOUNS, 5)
    properties: JsonObject = {
        name: {"type": "string", "description": _sentence(chance)} for name in names
    }
    schema: JsonObject = {"type": "object", "properties": properties, "required": [*names[:2]]}
    about: JsonObject = {
        "name": f"{_VERBS[number]}_{names[0]}",
        "description": " ".join(_sentence(chance) for _ in range(2)),
    }
    if wire is WireName.ANTHROPIC:
        return {**about, "input_schema": schema}
    return {"type": "function", "function": {**about, "parameters": schema}}


def _with_shuffled_keys(value: Json, chance: random.Random) -> Json:
    if isinstance(value, dict):
        items = [(key, _with_shuffled_keys(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [_with_shuffled_keys(item, chance) for item in value]
    return value


def _step(wire: WireName, turn: int) -> list[Json]:
    chance = random.Random(100 + turn)  # noqa: S311  # not for secrets
    name = f"toolu_{turn}"
    arguments: JsonObject = {"path": f"src/{_NOUNS[turn]}.py"}
    result = "\n".join(f"{line}: {_sentence(chance)}" for line in range(_LINES))
    if wire is WireName.ANTHROPIC:
        use: JsonObject = {"type": "tool_use", "id": name, "name": "read_file", "input": arguments}
        shown: JsonObject = {"type": "tool_result", "tool_use_id": name, "content": result}
        return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [shown]}]
    called: JsonObject = {"name": "read_file", "arguments": encode_json(arguments).decode()}
    return [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": name, "type": "function", "function": called}],
        },
        {"role": "tool", "tool_call_id": name, "content": result},
    ]
