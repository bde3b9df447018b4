"""What every wire must hold of requests: one reading, and a digest that moves when it should."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.core.values import Opaque, Text, Tool, ToolResult, ToolUse, Turn
from agentcache.errors import WireError
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses
from wire.examples import ANTHROPIC, BODIES, CHAT, RESPONSES, SCHEMA, changed, read

every_body = pytest.mark.parametrize(
    ("wire", "body"), BODIES, ids=[wire.NAME for wire, _ in BODIES]
)
EPHEMERAL: JsonObject = {"type": "ephemeral"}
BREAKPOINT: JsonObject = {"mode": "explicit"}


def shuffled(value: Json, draw: random.Random) -> Json:
    if isinstance(value, list):
        return [shuffled(item, draw) for item in value]
    if isinstance(value, dict):
        keys = draw.sample(sorted(value), len(value))
        return {key: shuffled(value[key], draw) for key in keys}
    return value


@every_body
def test_the_three_wires_give_one_reading(wire: Wire, body: JsonObject) -> None:
    call = read(wire, body)
    assert call.wire == wire.NAME
    assert (call.model, call.system, call.user) == ("m-1", ("Be brief.",), "user_ab_account_cd")
    assert [tool.name for tool in call.tools] == ["Read"]
    assert (call.temperature, call.stream) == (0.0, False)
    question, step, result = call.turns
    assert question == Turn("user", (Text("Where is the limit?"),))
    assert step.role == "assistant"
    text, use = (part for part in step.parts if not isinstance(part, Opaque))
    assert text == Text("I look.")
    assert isinstance(use, ToolUse)
    assert (use.name, use.arguments) == ("Read", {"path": "a.py"})
    assert result == Turn("user", (ToolResult(use.id, "LIMIT = 10"),))


@every_body
@given(draw=st.randoms(use_true_random=False))
def test_key_order_makes_no_difference(wire: Wire, body: JsonObject, draw: random.Random) -> None:
    assert read(wire, shuffled(body, draw)) == read(wire, body)


@pytest.mark.parametrize(
    ("wire", "body", "path", "value"),
    [
        (anthropic, ANTHROPIC, ("system",), "Be brief."),
        (anthropic, ANTHROPIC, ("stream",), True),
        (anthropic, ANTHROPIC, ("metadata", "user_id"), "user_ab_account_cd_session_other"),
        (anthropic, ANTHROPIC, ("metadata", "trace"), "t"),
        (anthropic, ANTHROPIC, ("service_tier",), "auto"),
        (anthropic, ANTHROPIC, ("cache_control",), EPHEMERAL),
        (anthropic, ANTHROPIC, ("diagnostics",), {"previous_message_id": None}),
        (anthropic, ANTHROPIC, ("tools", 0, "cache_control"), EPHEMERAL),
        (
            anthropic,
            ANTHROPIC,
            ("messages", 0, "content"),
            [{"type": "text", "text": "Where is the limit?", "cache_control": EPHEMERAL}],
        ),
        (
            anthropic,
            ANTHROPIC,
            ("messages", 2, "content", 0, "content"),
            [{"type": "text", "text": "LIMIT = 10", "cache_control": EPHEMERAL}],
        ),
        (openai_chat, CHAT, ("stream",), True),
        (openai_chat, CHAT, ("prompt_cache_key",), "k"),
        (openai_chat, CHAT, ("prompt_cache_options",), {"prewarm": False}),
        (openai_chat, CHAT, ("stream_options",), {"include_usage": True}),
        (openai_chat, CHAT, ("messages", 0, "cache_control"), EPHEMERAL),
        (openai_chat, CHAT, ("tools", 0, "cache_control"), EPHEMERAL),
        (openai_chat, CHAT, ("tools", 0, "function", "cache_control"), EPHEMERAL),
        (
            openai_chat,
            CHAT,
            ("messages", 1, "content"),
            [
                {
                    "type": "text",
                    "text": "Where is the limit?",
                    "prompt_cache_breakpoint": BREAKPOINT,
                }
            ],
        ),
        (
            openai_chat,
            CHAT,
            ("messages", 3, "content"),
            [{"type": "text", "text": "LIMIT = 10"}],
        ),
        (openai_responses, RESPONSES, ("store",), True),
        (openai_responses, RESPONSES, ("client_metadata",), {"turn": "1"}),
        (openai_responses, RESPONSES, ("metadata",), {"turn": "1"}),
        (openai_responses, RESPONSES, ("prompt_cache_retention",), "24h"),
        (openai_responses, RESPONSES, ("input", 0, "type"), "message"),
        (
            openai_responses,
            RESPONSES,
            ("input", 0, "content"),
            [
                {
                    "type": "input_text",
                    "text": "Where is the limit?",
                    "prompt_cache_breakpoint": BREAKPOINT,
                }
            ],
        ),
        (openai_responses, RESPONSES, ("input", 1, "id"), "rs_2"),
        (openai_responses, RESPONSES, ("input", 2, "id"), "msg_2"),
        (openai_responses, RESPONSES, ("input", 2, "content"), "I look."),
        (openai_responses, RESPONSES, ("input", 3, "id"), "fc_2"),
        (
            openai_responses,
            RESPONSES,
            ("input", 4, "output"),
            [{"type": "input_text", "text": "LIMIT = 10"}],
        ),
    ],
)
def test_what_does_not_shape_the_reply_leaves_the_digest(
    wire: Wire, body: JsonObject, path: tuple[str | int, ...], value: Json
) -> None:
    plain, other = read(wire, body), read(wire, changed(body, path, value))
    assert other.digest == plain.digest
    assert (other.tools, other.turns) == (plain.tools, plain.turns)
    assert (other.system, other.parameters) == (plain.system, plain.parameters)


@pytest.mark.parametrize(
    ("wire", "body", "path", "value"),
    [
        *[(wire, body, ("model",), "m-2") for wire, body in BODIES],
        *[(wire, body, ("temperature",), 1) for wire, body in BODIES],
        *[(wire, body, ("tool_choice",), "none") for wire, body in BODIES],
        *[(wire, body, ("a_field_of_tomorrow",), 1) for wire, body in BODIES],
        *[(wire, body, ("tools", 0, "description"), "other") for wire, body in BODIES],
        (anthropic, ANTHROPIC, ("system",), "Be long."),
        (anthropic, ANTHROPIC, ("max_tokens",), 0),
        (anthropic, ANTHROPIC, ("metadata", "user_id"), "user_xy_account_cd_session_ef"),
        (anthropic, ANTHROPIC, ("messages", 0, "content"), "Where?"),
        (anthropic, ANTHROPIC, ("messages", 1, "content", 0, "signature"), "t"),
        (anthropic, ANTHROPIC, ("messages", 1, "content", 2, "id"), "toolu_2"),
        (anthropic, ANTHROPIC, ("messages", 1, "content", 2, "input", "cache_control"), 1),
        (
            anthropic,
            ANTHROPIC,
            ("tools", 0, "input_schema", "properties", "cache_control"),
            {"type": "string"},
        ),
        (anthropic, ANTHROPIC, ("messages", 2, "content", 0, "content"), "LIMIT = 99"),
        (anthropic, ANTHROPIC, ("messages", 2, "content", 0, "is_error"), True),
        (openai_chat, CHAT, ("user",), "other"),
        (openai_chat, CHAT, ("messages", 0, "content"), "Be long."),
        (openai_chat, CHAT, ("messages", 3, "content"), "LIMIT = 99"),
        (openai_chat, CHAT, ("prompt_cache_options",), {"prewarm": True}),
        (openai_responses, RESPONSES, ("instructions",), "Be long."),
        (openai_responses, RESPONSES, ("previous_response_id",), "resp_1"),
        (openai_responses, RESPONSES, ("tools", 0, "strict"), False),
        (openai_responses, RESPONSES, ("input", 1, "encrypted_content"), "y"),
        (openai_responses, RESPONSES, ("input", 4, "output"), "LIMIT = 99"),
    ],
)
def test_what_shapes_the_reply_moves_the_digest(
    wire: Wire, body: JsonObject, path: tuple[str | int, ...], value: Json
) -> None:
    assert read(wire, changed(body, path, value)).digest != read(wire, body).digest


@every_body
def test_headers_that_switch_features_are_parameters(wire: Wire, body: JsonObject) -> None:
    headers = {"anthropic-beta": "b", "openai-beta": "c", "authorization": "secret"}
    call = read(wire, body, headers)
    assert call.parameters["anthropic-beta"] == "b"
    assert call.parameters["openai-beta"] == "c"
    assert "authorization" not in call.parameters
    assert call.digest != read(wire, body).digest


@pytest.mark.parametrize(
    ("wire", "body", "names"),
    [
        (anthropic, ANTHROPIC, {"max_tokens", "temperature"}),
        (openai_chat, CHAT, {"max_tokens", "temperature"}),
        (openai_responses, RESPONSES, {"max_output_tokens", "temperature"}),
    ],
)
def test_parameters_are_what_is_neither_prompt_nor_left_out(
    wire: Wire, body: JsonObject, names: set[str]
) -> None:
    assert set(read(wire, body).parameters) == names


@every_body
def test_a_body_may_say_as_little_as_a_model_and_a_question(wire: Wire, body: JsonObject) -> None:
    key = "input" if wire is openai_responses else "messages"
    call = read(wire, {"model": "m", key: [{"role": "user", "content": "Hi"}]})
    assert call.turns == (Turn("user", (Text("Hi"),)),)
    assert (call.system, call.tools, call.user, call.temperature) == ((), (), "", None)
    assert call.wants_usage is (wire is not openai_chat)
    assert call.stream is not read(wire, {**body, "stream": True}).stream


@pytest.mark.parametrize(
    ("wire", "body"),
    [
        *[(wire, {**body, "model": 1}) for wire, body in BODIES],
        *[(wire, {**body, "temperature": "hot"}) for wire, body in BODIES],
        *[(wire, {**body, "temperature": True}) for wire, body in BODIES],
        *[(wire, {**body, "temperature": 10**400}) for wire, body in BODIES],
        *[(wire, {**body, "tools": [{}]}) for wire, body in BODIES],
        *[(wire, {**body, "tools": {"a": 1}}) for wire, body in BODIES],
        (anthropic, changed(ANTHROPIC, ("messages", 0, "role"), "tool")),
        (anthropic, {**ANTHROPIC, "system": [{"type": "image"}]}),
        (anthropic, {**ANTHROPIC, "messages": "Hi"}),
        (anthropic, {**ANTHROPIC, "messages": ["Hi"]}),
        (anthropic, {**ANTHROPIC, "metadata": {"user_id": 7}}),
        (openai_chat, changed(CHAT, ("messages", 1, "role"), "function")),
        (openai_chat, changed(CHAT, ("messages", 0, "content"), [{"type": "x"}])),
        (openai_chat, changed(CHAT, ("messages", 1, "content"), [{"no": "type"}])),
        (openai_responses, changed(RESPONSES, ("input", 0, "role"), "tool")),
        (openai_responses, changed(RESPONSES, ("input", 0), {"no": "type"})),
        (openai_responses, {**RESPONSES, "input": None}),
    ],
)
def test_what_is_not_understood_is_a_wire_error(wire: Wire, body: JsonObject) -> None:
    with pytest.raises(WireError):
        read(wire, body)


@pytest.mark.parametrize(
    ("given_id", "user"),
    [
        ("user_ab_account_cd_session_ef", "user_ab_account_cd"),
        ("me", "me"),
        (
            '{"session_id":"s","device_id":"d","account_uuid":"a"}',
            '{"account_uuid":"a","device_id":"d"}',
        ),
        ("7", "7"),
    ],
)
def test_the_anthropic_user_is_named_without_the_session(given_id: str, user: str) -> None:
    assert read(anthropic, {**ANTHROPIC, "metadata": {"user_id": given_id}}).user == user


@pytest.mark.parametrize("wire", [openai_chat, openai_responses])
def test_an_openai_user_is_told_apart_by_both_its_names(wire: Wire) -> None:
    bodies = dict(BODIES)
    unnamed = {
        name: value
        for name, value in bodies[wire].items()
        if name not in ("user", "safety_identifier")
    }
    named: list[JsonObject] = [
        {},
        {"user": "app"},
        {"safety_identifier": "ann"},
        {"user": "app", "safety_identifier": "ann"},
        {"user": "app", "safety_identifier": "bob"},
    ]
    assert len({read(wire, {**unnamed, **names}).user for names in named}) == 5
    same: JsonObject = {"user": "ann", "safety_identifier": "ann"}
    assert read(wire, {**unnamed, **same}).user == "ann"


def test_images_and_thinking_are_opaque_at_their_place() -> None:
    image: JsonObject = {"type": "image", "source": {"type": "url", "url": "u"}}
    call = read(anthropic, changed(ANTHROPIC, ("messages", 2, "content", 0, "content"), [image]))
    thinking = call.turns[1].parts[0]
    assert isinstance(thinking, Opaque)
    assert thinking.kind == "thinking"
    result, shown = call.turns[2].parts
    assert result == ToolResult("toolu_1", "")
    assert isinstance(shown, Opaque)
    assert shown.kind == "image"


def test_texts_of_one_result_are_joined_by_newlines_and_errors_marked() -> None:
    blocks: list[Json] = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    block: JsonObject = {"type": "tool_result", "tool_use_id": "t", "is_error": True}
    body = changed(ANTHROPIC, ("messages", 2, "content"), [{**block, "content": blocks}, block])
    assert read(anthropic, body).turns[2].parts == (
        ToolResult("t", "a\nb", is_error=True),
        ToolResult("t", "", is_error=True),
    )


def test_a_system_message_inside_the_conversation_is_a_turn() -> None:
    late: JsonObject = {"role": "system", "content": "The date changed."}
    turn = Turn("system", (Text("The date changed."),))
    for wire, body, key in (
        (anthropic, ANTHROPIC, "messages"),
        (openai_chat, CHAT, "messages"),
        (openai_responses, RESPONSES, "input"),
    ):
        messages = body[key]
        assert isinstance(messages, list)
        call = read(wire, {**body, key: [*messages, late]})
        assert call.turns[-1] == turn
        assert call.system == ("Be brief.",)


def test_leading_developer_messages_belong_to_the_system_text() -> None:
    items: list[Json] = [{"role": "developer", "content": "A"}, {"role": "user", "content": "B"}]
    call = read(openai_responses, {"model": "m", "instructions": "I", "input": items})
    assert call.system == ("I", "A")
    assert read(openai_chat, {"model": "m", "messages": items}).system == ("A",)


def test_a_plain_text_input_is_one_user_message() -> None:
    as_text = read(openai_responses, {"model": "m", "input": "Hi"})
    as_item = read(openai_responses, {"model": "m", "input": [{"role": "user", "content": "Hi"}]})
    assert as_text == as_item


def test_results_of_one_step_are_one_turn_in_chat() -> None:
    messages: list[Json] = [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "user", "content": "go on"},
        {"role": "tool", "tool_call_id": "c", "content": None},
    ]
    assert read(openai_chat, {"model": "m", "messages": messages}).turns == (
        Turn("user", (ToolResult("a", "1"), ToolResult("b", "2"))),
        Turn("user", (Text("go on"),)),
        Turn("user", (ToolResult("c", ""),)),
    )


def test_chat_tool_calls_are_read_whatever_their_input_is() -> None:
    calls: list[Json] = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{broken"}},
        {"id": "b", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"id": "c", "type": "custom", "custom": {"name": "g", "input": '{"x": 1}'}},
    ]
    message: JsonObject = {"role": "assistant", "content": None, "tool_calls": calls}
    refused: JsonObject = {"role": "assistant", "refusal": "no", "reasoning_content": "hm"}
    turns = read(openai_chat, {"model": "m", "messages": [message, refused]}).turns
    assert turns[0].parts == (
        ToolUse("a", "f", {"input": "{broken"}),
        ToolUse("b", "f", {}),
        ToolUse("c", "g", {"input": '{"x": 1}'}),
    )
    assert [getattr(part, "kind", "") for part in turns[1].parts] == [
        "reasoning_content",
        "refusal",
    ]


def test_chat_custom_and_unusual_tools_have_names() -> None:
    tools: list[Json] = [{"type": "custom", "custom": {"name": "g"}}, {"type": "web_search"}]
    call = read(openai_chat, {**CHAT, "tools": tools})
    assert [tool.name for tool in call.tools] == ["g", "web_search"]


def test_tools_that_an_input_item_adds_are_offered_like_all_others() -> None:
    offer: JsonObject = {
        "type": "additional_tools",
        "id": "at_1",
        "role": "developer",
        "tools": [{"type": "namespace", "name": "files", "tools": []}, {"type": "web_search"}],
    }
    told: JsonObject = {"type": "message", "role": "developer", "content": "Be brief."}
    asked: JsonObject = {"type": "message", "role": "user", "content": "Where?"}
    body: JsonObject = {"model": "m", "input": [offer, told, asked]}
    call = read(openai_responses, body)
    assert [tool.name for tool in call.tools] == ["files", "web_search"]
    assert call.system == ("Be brief.",)
    assert [turn.role for turn in call.turns] == ["user"]
    assert read(openai_responses, changed(body, ("input", 0, "id"), "at_2")).digest == call.digest
    other = read(openai_responses, changed(body, ("input", 0, "tools", 0, "name"), "g"))
    assert other.digest != call.digest


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call", "name": "read", "arguments": "{}"},
        {"type": "custom_tool_call", "name": "read", "input": "x"},
    ],
)
def test_tools_of_one_name_in_two_namespaces_are_two(item: JsonObject) -> None:
    def name(**more: Json) -> str:
        items: list[Json] = [{**item, "call_id": "1", **more}]
        (part,) = read(openai_responses, {"model": "m", "input": items}).turns[0].parts
        assert isinstance(part, ToolUse)
        return part.name

    assert name() == "read"
    assert name(namespace="mcp") == "mcp.read"


def test_items_of_one_step_are_one_turn_in_responses() -> None:
    items: list[Json] = [
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
        {"type": "custom_tool_call", "call_id": "1", "name": "patch", "input": "*** x"},
        {"type": "local_shell_call", "id": "2", "action": {"command": ["ls"]}},
        {"type": "item_reference", "id": "rs_1"},
        {"type": "custom_tool_call_output", "call_id": "1", "output": "done"},
        {"type": "local_shell_call_output", "id": "2", "output": "a.py"},
        {"type": "computer_call_output", "call_id": "3", "output": {"type": "screenshot"}},
        {"type": "mcp_approval_response", "approval_request_id": "4", "approve": True},
    ]
    turns = read(openai_responses, {"model": "m", "input": items}).turns
    assert [turn.role for turn in turns] == ["user", "user", "assistant", "user"]
    assert turns[2].parts[:2] == (
        ToolUse("1", "patch", {"input": "*** x"}),
        ToolUse("2", "local_shell", {"command": ["ls"]}),
    )
    assert turns[3].parts[:2] == (ToolResult("1", "done"), ToolResult("2", "a.py"))
    kinds = [part.kind for turn in turns for part in turn.parts if isinstance(part, Opaque)]
    assert kinds == ["item_reference", "computer_call_output", "mcp_approval_response"]


def test_the_blocks_of_a_result_are_told_apart() -> None:
    blocks: list[Json] = [{"type": "input_text", "text": text} for text in ("a\n", "b")]
    items: list[Json] = [
        {"type": "custom_tool_call", "call_id": "1", "name": "exec", "input": "x"},
        {"type": "custom_tool_call_output", "call_id": "1", "output": blocks},
    ]
    (result,) = read(openai_responses, {"model": "m", "input": items}).turns[1].parts
    assert isinstance(result, ToolResult)
    assert (result.text, result.blocks) == ("a\n\nb", ("a\n", "b"))


def test_an_item_id_that_carries_meaning_stays_in_the_digest() -> None:
    stored = changed(RESPONSES, ("input", 1, "encrypted_content"), None)
    for body, path in ((stored, ("input", 1, "id")), (RESPONSES, ("input", 4, "call_id"))):
        assert read(openai_responses, changed(body, path, "other")).digest != (
            read(openai_responses, body).digest
        )


def test_a_tools_digest_covers_its_whole_definition() -> None:
    def tool(body: JsonObject) -> Tool:
        (found,) = read(openai_responses, body).tools
        return found

    strict = tool(RESPONSES)
    loose = tool(changed(RESPONSES, ("tools", 0, "strict"), False))  # noqa: FBT003 - a JSON value
    turned = tool(changed(RESPONSES, ("tools", 0, "parameters"), dict(reversed(SCHEMA.items()))))
    assert strict == turned
    assert strict.name == loose.name
    assert strict.digest != loose.digest


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_message_under_a_name_holds_more_than_is_read(role: str) -> None:
    said: JsonObject = {"role": role, "content": "Mine is the till."}
    named = read(openai_chat, {**CHAT, "messages": [said | {"name": "Ann"}]})
    assert any(isinstance(part, Opaque) for part in named.turns[0].parts)
    bare = read(openai_chat, {**CHAT, "messages": [said]})
    assert not any(isinstance(part, Opaque) for part in bare.turns[0].parts)
