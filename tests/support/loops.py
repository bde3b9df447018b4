"""An agent's loop as a provider sees it: the whole conversation again with every Call."""

from dataclasses import dataclass, field

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import WireName


@dataclass
class Loop:
    """What a host holds between its Calls; change what it sends by changing its fields."""

    wire: WireName = WireName.ANTHROPIC
    system: str = "You are an agent.\nToday's date is 2026-11-20.\nBe short."
    tools: list[Json] = field(default_factory=list)
    messages: list[Json] = field(default_factory=list)
    model: str = "claude-sonnet-4-5"

    def __post_init__(self) -> None:
        self.tools = self.tools or [tool(self.wire, name) for name in ("Read", "Grep")]
        self.messages = self.messages or [{"role": "user", "content": "Where is it?"}]

    def body(self) -> JsonObject:
        """The next request."""
        return request(self.wire, self.model, self.system, self.tools, self.messages)

    def step(self, number: int) -> None:
        """The model asked for a tool and the host ran it."""
        self.messages += step(self.wire, number)


def request(
    wire: WireName, model: str, system: str, tools: list[Json], messages: list[Json]
) -> JsonObject:
    """A request body on a wire."""
    head: JsonObject = {"model": model, "max_tokens": 1000, "tools": tools}
    if wire is WireName.ANTHROPIC:
        return {**head, "system": system, "messages": messages}
    if wire is WireName.OPENAI_CHAT:
        return {**head, "messages": [{"role": "system", "content": system}, *messages]}
    return {**head, "instructions": system, "input": messages}


def tool(wire: WireName, name: str) -> JsonObject:
    """The definition of a tool on a wire."""
    schema: JsonObject = {"type": "object", "properties": {"path": {"type": "string"}}}
    if wire is WireName.ANTHROPIC:
        return {"name": name, "description": f"Does {name}.", "input_schema": schema}
    if wire is WireName.OPENAI_CHAT:
        return {"type": "function", "function": {"name": name, "parameters": schema}}
    return {"type": "function", "name": name, "parameters": schema}


def step(wire: WireName, number: int) -> list[Json]:
    """A tool use and its result, unlike those of other numbers."""
    name, path, result = f"toolu_{number}", f"a{number}.py", f"{number}: x = 1"
    if wire is WireName.ANTHROPIC:
        thought: JsonObject = {"type": "thinking", "thinking": "Hm.", "signature": f"sig-{number}"}
        use: JsonObject = {"type": "tool_use", "id": name, "name": "Read", "input": {"path": path}}
        shown: JsonObject = {"type": "tool_result", "tool_use_id": name, "content": result}
        said: list[Json] = [thought, {**use, "x_future": number}]
        return [
            {"role": "assistant", "content": said, "x_future": {"n": number}},
            {"role": "user", "content": [shown]},
        ]
    arguments = encode_json({"path": path}).decode()
    if wire is WireName.OPENAI_CHAT:
        called: JsonObject = {"name": "Read", "arguments": arguments}
        calls: list[Json] = [{"id": name, "type": "function", "function": called}]
        return [
            {"role": "assistant", "content": None, "tool_calls": calls, "x_future": number},
            {"role": "tool", "tool_call_id": name, "content": result},
        ]
    return [
        {"type": "reasoning", "id": f"rs_{number}", "encrypted_content": f"sealed-{number}"},
        {"type": "function_call", "call_id": name, "name": "Read", "arguments": arguments},
        {"type": "function_call_output", "call_id": name, "output": result},
    ]
