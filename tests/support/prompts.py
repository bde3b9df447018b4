"""Request bodies of a small conversation, for tests of what a prefix cache sees."""

from collections.abc import Sequence

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.prompt import Prompt, read_prompt
from support.agent import tool

SYSTEM = "You are a careful agent.\nYou answer questions about a repository.\nYou never guess."
TOOLS: tuple[JsonObject, ...] = (tool("Read", "path"), tool("Grep", "pattern"), tool("Bash", "cmd"))


def said(text: str) -> JsonObject:
    """A user message."""
    return {"role": "user", "content": text}


def turn(number: int) -> list[Json]:
    """The model calls a tool, and its result."""
    use: JsonObject = {
        "type": "tool_use",
        "id": f"toolu_{number}",
        "name": "Read",
        "input": {"path": f"file{number}.py", "limit": 10},
    }
    result: JsonObject = {
        "type": "tool_result",
        "tool_use_id": f"toolu_{number}",
        "content": f"line {number} of a file",
    }
    return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]


def conversation(turns: int, question: str = "Where is the retry limit set?") -> list[Json]:
    """A question and so many turns."""
    return [said(question), *(message for number in range(turns) for message in turn(number))]


def body(
    messages: Sequence[Json],
    *,
    system: Json = SYSTEM,
    tools: Sequence[JsonObject] = TOOLS,
    model: str = "claude-opus-5",
    **fields: Json,
) -> bytes:
    """A request on Anthropic's wire."""
    return encode_json(
        {
            "model": model,
            "max_tokens": 100,
            "system": system,
            "tools": list(tools),
            "messages": list(messages),
            **fields,
        }
    )


def prompt(
    messages: Sequence[Json],
    *,
    system: Json = SYSTEM,
    tools: Sequence[JsonObject] = TOOLS,
    model: str = "claude-opus-5",
    **fields: Json,
) -> Prompt:
    """The Prompt of that request."""
    data = body(messages, system=system, tools=tools, model=model, **fields)
    return read_prompt(WireName.ANTHROPIC, data)


def chat(messages: Sequence[Json], *, model: str = "gpt-5.6", **fields: Json) -> Prompt:
    """A Prompt on OpenAI's chat wire."""
    data = encode_json({"model": model, "messages": list(messages), **fields})
    return read_prompt(WireName.OPENAI_CHAT, data)
