"""Request bodies of the three wires as one conversation, read leniently and without the product.

The product's own decoders are under test, so the scripted provider has eyes of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from agentcache.core.codec import CodecError, Json, JsonObject, decode_json_object
from agentcache.core.values import WireName


@dataclass(frozen=True, slots=True)
class OfferedTool:
    """A tool in a request; `schema` is the JSON schema of its arguments."""

    name: str
    schema: JsonObject

    @property
    def properties(self) -> JsonObject:
        """Argument name to the schema of that argument."""
        return mapping(self.schema.get("properties"))

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments that must be given."""
        return tuple(
            name for name in sequence(self.schema.get("required")) if isinstance(name, str)
        )


@dataclass(frozen=True, slots=True)
class CalledTool:
    """A tool call in an earlier turn of the conversation."""

    id: str
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What the client says a tool gave."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message or item; tool results have the role `user` on every wire."""

    role: str
    text: str
    calls: tuple[CalledTool, ...] = ()
    results: tuple[ToolOutput, ...] = ()


def sequence(value: Json) -> list[Json]:
    """The list itself, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def mapping(value: Json) -> JsonObject:
    """The object itself, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Json) -> list[JsonObject]:
    """The objects in a list."""
    return [item for item in sequence(value) if isinstance(item, dict)]


def string(value: Json) -> str:
    """The string itself, or "" for anything else."""
    return value if isinstance(value, str) else ""


def plain_text(content: Json) -> str:
    """String content, or the text blocks of a list joined by newlines."""
    if isinstance(content, str):
        return content
    kinds = {"text", "input_text", "output_text"}
    blocks = [block for block in objects(content) if block.get("type") in kinds]
    return "\n".join(string(block.get("text")) for block in blocks)


def read_tools(body: JsonObject) -> tuple[OfferedTool, ...]:
    """The function tools of any wire, in their order."""
    found = []
    for tool in objects(body.get("tools")):
        inner = mapping(tool.get("function")) or tool
        schema = mapping(inner.get("input_schema")) or mapping(inner.get("parameters"))
        if name := string(inner.get("name")):
            found.append(OfferedTool(name, schema))
    return tuple(found)


def read_system(wire: WireName | None, body: JsonObject) -> str:
    """The instructions that stand before the conversation."""
    if wire is WireName.ANTHROPIC:
        return plain_text(body.get("system"))
    listed = body.get("messages" if wire is WireName.OPENAI_CHAT else "input")
    leading = [
        plain_text(message.get("content"))
        for message in objects(listed)
        if message.get("role") in {"system", "developer"}
    ]
    return "\n".join([string(body.get("instructions")), *leading]).strip("\n")


def read_messages(wire: WireName | None, body: JsonObject) -> tuple[Message, ...]:
    """The conversation of a request; empty for a path that carries none."""
    match wire:
        case WireName.ANTHROPIC:
            return tuple(_anthropic(message) for message in objects(body.get("messages")))
        case WireName.OPENAI_CHAT:
            return tuple(_chat(objects(body.get("messages"))))
        case WireName.OPENAI_RESPONSES:
            given = body.get("input")
            if isinstance(given, str):
                return (Message("user", given),)
            return tuple(_responses(objects(given)))
        case None:
            return ()


def _anthropic(message: JsonObject) -> Message:
    blocks = objects(message.get("content"))
    return Message(
        role=string(message.get("role")),
        text=plain_text(message.get("content")),
        calls=tuple(
            CalledTool(string(b.get("id")), string(b.get("name")), mapping(b.get("input")))
            for b in blocks
            if b.get("type") == "tool_use"
        ),
        results=tuple(
            ToolOutput(string(b.get("tool_use_id")), plain_text(b.get("content")))
            for b in blocks
            if b.get("type") == "tool_result"
        ),
    )


def _chat(messages: list[JsonObject]) -> Iterator[Message]:
    for message in messages:
        role, text = string(message.get("role")), plain_text(message.get("content"))
        if role == "tool":
            output = ToolOutput(string(message.get("tool_call_id")), text)
            yield Message("user", "", results=(output,))
        elif role not in {"system", "developer"}:
            calls = tuple(
                _called(string(call.get("id")), mapping(call.get("function")))
                for call in objects(message.get("tool_calls"))
            )
            yield Message(role, text, calls=calls)


def _responses(items: list[JsonObject]) -> Iterator[Message]:
    for item in items:
        match item.get("type", "message"):
            case "function_call":
                yield Message("assistant", "", calls=(_called(string(item.get("call_id")), item),))
            case "function_call_output":
                output = ToolOutput(string(item.get("call_id")), plain_text(item.get("output")))
                yield Message("user", "", results=(output,))
            case "message" if item.get("role") not in {"system", "developer"}:
                yield Message(string(item.get("role")), plain_text(item.get("content")))
            case _:
                pass


def _called(identity: str, function: JsonObject) -> CalledTool:
    try:
        arguments = decode_json_object(string(function.get("arguments")) or "{}")
    except CodecError:
        arguments = {}
    return CalledTool(identity, string(function.get("name")), arguments)
