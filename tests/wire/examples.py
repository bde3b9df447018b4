"""One request, with everything a wire can say, and one reply for each wire."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import Call, Reply, Stop, Text, ToolUse, Usage
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses

WIRES: tuple[Wire, ...] = (anthropic, openai_chat, openai_responses)

SCHEMA: JsonObject = {"type": "object", "properties": {"path": {"type": "string"}}}

ANTHROPIC: JsonObject = {
    "model": "m-1",
    "max_tokens": 1024,
    "temperature": 0,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "tools": [{"name": "Read", "description": "reads", "input_schema": SCHEMA}],
    "metadata": {"user_id": "user_ab_account_cd_session_ef"},
    "messages": [
        {"role": "user", "content": "Where is the limit?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a.py"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": "LIMIT = 10",
                    "cache_control": {"type": "ephemeral"},
                }
            ],
        },
    ],
}

CHAT: JsonObject = {
    "model": "m-1",
    "max_tokens": 1024,
    "temperature": 0,
    "user": "user_ab_account_cd",
    "tools": [{"type": "function", "function": {"name": "Read", "parameters": SCHEMA}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Where is the limit?"},
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"path": "a.py"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "LIMIT = 10"},
    ],
}

RESPONSES: JsonObject = {
    "model": "m-1",
    "max_output_tokens": 1024,
    "temperature": 0,
    "safety_identifier": "user_ab_account_cd",
    "store": False,
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "Read", "parameters": SCHEMA, "strict": True}],
    "input": [
        {"role": "user", "content": "Where is the limit?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": "completed",
            "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "Read",
            "arguments": '{"path": "a.py"}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "LIMIT = 10"},
    ],
}

BODIES: tuple[tuple[Wire, JsonObject], ...] = (
    (anthropic, ANTHROPIC),
    (openai_chat, CHAT),
    (openai_responses, RESPONSES),
)

REPLY = Reply(
    model="m-1",
    parts=(
        Text("It is ten.\u2028\x85 " * 100),
        ToolUse("given-by-the-wire", "Read", {"path": "ä"}),
    ),
    stop=Stop.TOOL_USE,
    usage=Usage(input_tokens=70, output_tokens=7, cache_read_tokens=70),
)
ANSWER = replace(REPLY, parts=(Text("It is ten."),), stop=Stop.END)

NOW = 1_700_000_000.0


def read(wire: Wire, body: Json, headers: dict[str, str] | None = None) -> Call:
    """The Call of a body given as JSON values."""
    return wire.decode_call(encode_json(body), headers or {})


def call_of(wire: Wire) -> Call:
    """The Call of a wire's example."""
    return next(read(of, body) for of, body in BODIES if of is wire)


def ids() -> Callable[[], str]:
    """A source of ids that never gives one twice."""
    numbers = count(1)
    return lambda: f"{next(numbers):032x}"


def changed(body: JsonObject, path: tuple[str | int, ...], value: Json) -> JsonObject:
    """A deep copy of `body` with `value` at `path`."""
    copy = decode_json_object(encode_json(body))
    *way, last = path
    place: Any = copy
    for step in way:
        place = place[step]
    place[last] = value
    return copy


def without_ids(reply: Reply) -> Reply:
    """The reply with every tool use's id blanked."""
    parts = tuple(
        replace(part, id="") if isinstance(part, ToolUse) else part for part in reply.parts
    )
    return replace(reply, parts=parts)


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
arguments = st.dictionaries(st.text(), json_values, max_size=3)
texts = st.builds(Text, st.text(min_size=1))
uses = st.builds(ToolUse, st.just(""), st.text(min_size=1), arguments)


@st.composite
def replies(draw: st.DrawFn, *, wire: Wire) -> Reply:
    """A reply that a wire can tell: chat knows one text and then tool uses."""
    parts: list[Text | ToolUse]
    if wire is openai_chat:
        parts = [*draw(st.lists(texts, max_size=1)), *draw(st.lists(uses, max_size=3))]
    else:
        parts = draw(st.lists(st.one_of(texts, uses), max_size=5))
    asks = any(isinstance(part, ToolUse) for part in parts)
    tokens = draw(st.integers(0, 10**9))
    usage = Usage(tokens, draw(st.integers(0, 10**9)), cache_read_tokens=tokens)
    stop = Stop.TOOL_USE if asks else Stop.END
    return Reply(draw(st.text(min_size=1)), tuple(parts), stop, usage)
