"""What every wire must hold of replies: told again as they were, and never when they were cut."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import Opaque, Reply, Stop, Text, ToolResult, ToolUse, Usage
from agentcache.errors import WireError
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses
from agentcache.wire.sse import parse_events, write_json_event
from wire.examples import ANSWER, NOW, REPLY, WIRES, call_of, changed, ids, replies, without_ids

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.NAME)


def written(wire: Wire, reply: Reply, *, wants_usage: bool = True) -> bytes:
    call = replace(call_of(wire), wants_usage=wants_usage)
    return wire.encode_stream(reply, call, new_id=ids(), now=NOW)


def as_json(wire: Wire, reply: Reply) -> JsonObject:
    return decode_json_object(wire.encode_reply(reply, call_of(wire), new_id=ids(), now=NOW))


def kinds(reply: Reply) -> list[str]:
    return [part.kind for part in reply.parts if isinstance(part, Opaque)]


def stream(*events: JsonObject, end: bytes = b"") -> bytes:
    return b"".join(map(write_json_event, events)) + end


@every_wire
@given(data=st.data())
def test_a_reply_is_read_as_it_was_written(wire: Wire, data: st.DataObject) -> None:
    reply = data.draw(replies(wire=wire))
    call = replace(call_of(wire), wants_usage=True)
    as_body = wire.decode_reply(wire.encode_reply(reply, call, new_id=ids(), now=NOW))
    as_stream = wire.decode_stream(wire.encode_stream(reply, call, new_id=ids(), now=NOW))
    assert without_ids(as_body) == reply
    assert without_ids(as_stream) == reply
    uses = [part.id for part in as_stream.parts if isinstance(part, ToolUse)]
    assert len(set(uses)) == len(uses)
    assert all(uses)


@every_wire
def test_ids_are_fresh(wire: Wire) -> None:
    new_id = ids()
    first, second = (
        wire.decode_reply(wire.encode_reply(REPLY, call_of(wire), new_id=new_id, now=NOW))
        for _ in range(2)
    )
    assert first != second
    assert without_ids(first) == without_ids(second)


@every_wire
@pytest.mark.parametrize("wants_usage", [True, False])
def test_a_stream_cut_at_any_event_is_a_wire_error(wire: Wire, wants_usage: bool) -> None:
    body = written(wire, REPLY, wants_usage=wants_usage)
    events = body.split(b"\n\n")[:-1]
    assert wire.decode_stream(body)
    for kept in range(len(events)):
        with pytest.raises(WireError):
            wire.decode_stream(b"".join(event + b"\n\n" for event in events[:kept]))


@every_wire
@given(data=st.data())
def test_a_stream_cut_at_any_byte_is_a_wire_error(wire: Wire, data: st.DataObject) -> None:
    body = written(wire, ANSWER)
    with pytest.raises(WireError):
        wire.decode_stream(body[: data.draw(st.integers(0, len(body) - 1))])


@every_wire
@given(data=st.data())
def test_a_json_reply_cut_at_any_byte_is_a_wire_error(wire: Wire, data: st.DataObject) -> None:
    body = encode_json(as_json(wire, REPLY))
    with pytest.raises(WireError):
        wire.decode_reply(body[: data.draw(st.integers(0, len(body) - 1))])


@every_wire
def test_an_event_after_the_end_is_a_wire_error(wire: Wire) -> None:
    body = written(wire, ANSWER)
    again = next(event for event in body.split(b"\n\n") if b"content" in event)
    with pytest.raises(WireError):
        wire.decode_stream(body + again + b"\n\n")


@every_wire
@pytest.mark.parametrize("part", [Opaque("thinking", "0" * 64), ToolResult("a", "b")])
def test_what_is_neither_text_nor_tool_use_is_not_written(
    wire: Wire, part: Opaque | ToolResult
) -> None:
    reply = replace(ANSWER, parts=(*ANSWER.parts, part))
    with pytest.raises(WireError):
        as_json(wire, reply)
    with pytest.raises(WireError):
        written(wire, reply)


@every_wire
@pytest.mark.parametrize("stop", [Stop.MAX_TOKENS, Stop.REFUSAL, Stop.OTHER])
def test_a_reply_that_did_not_end_by_itself_is_not_written(wire: Wire, stop: Stop) -> None:
    with pytest.raises(WireError):
        as_json(wire, replace(ANSWER, stop=stop))


@every_wire
def test_an_error_is_no_reply(wire: Wire) -> None:
    error: JsonObject = {"type": "error", "error": {"type": "overloaded_error", "message": "m"}}
    with pytest.raises(WireError):
        wire.decode_reply(encode_json(error))
    first = parse_events(written(wire, ANSWER))[0]
    body = stream(decode_json_object(first.data), error) + b"data: [DONE]\n\n"
    with pytest.raises(WireError):
        wire.decode_stream(body)


@every_wire
def test_an_error_beside_a_reply_is_a_wire_error_or_opaque(wire: Wire) -> None:
    body = {**as_json(wire, ANSWER), "error": {"message": "m"}}
    try:
        assert kinds(wire.decode_reply(encode_json(body))) == ["error"]
    except WireError:
        assert wire is not anthropic


def test_usage_totals_include_cached_tokens_on_every_wire() -> None:
    usage = Usage(10, 5, cache_read_tokens=6, cache_write_tokens=3)
    details: JsonObject = {"cached_tokens": 6, "cache_write_tokens": 3}
    given_usage: tuple[tuple[Wire, JsonObject], ...] = (
        (
            anthropic,
            {
                "input_tokens": 1,
                "output_tokens": 5,
                "cache_read_input_tokens": 6,
                "cache_creation_input_tokens": 3,
            },
        ),
        (
            openai_chat,
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": details},
        ),
        (
            openai_responses,
            {"input_tokens": 10, "output_tokens": 5, "input_tokens_details": details},
        ),
    )
    for wire, counted in given_usage:
        body = {**as_json(wire, ANSWER), "usage": counted}
        assert wire.decode_reply(encode_json(body)).usage == usage
        assert wire.decode_reply(encode_json({**body, "usage": None})).usage == Usage()


ANTHROPIC_TEXT = ("content", 0)
CHAT_MESSAGE = ("choices", 0, "message")
OUTPUT = ("output", 0, "content", 0)


@pytest.mark.parametrize(
    ("wire", "path", "value", "found"),
    [
        (anthropic, ("container",), {"id": "c"}, ["container"]),
        (anthropic, ("diagnostics",), {"cache_miss_reason": {"type": "x"}}, []),
        (anthropic, (*ANTHROPIC_TEXT, "citations"), [{"type": "page"}], ["citations"]),
        (anthropic, (*ANTHROPIC_TEXT, "citations"), [], []),
        (anthropic, ANTHROPIC_TEXT, {"type": "thinking", "thinking": "t"}, ["thinking"]),
        (anthropic, ANTHROPIC_TEXT, {"type": "redacted_thinking"}, ["redacted_thinking"]),
        (anthropic, ANTHROPIC_TEXT, {"type": "server_tool_use", "id": "s"}, ["server_tool_use"]),
        (anthropic, ("content", 1, "caller"), {"type": "direct"}, []),
        (anthropic, ("content", 1, "caller"), {"type": "program", "tool_id": "x"}, ["tool_use"]),
        (anthropic, ("content", 1, "toolset_name"), "browser", ["tool_use"]),
        (openai_chat, (*CHAT_MESSAGE, "refusal"), "no", ["refusal"]),
        (openai_chat, (*CHAT_MESSAGE, "audio"), {"id": "a"}, ["audio"]),
        (openai_chat, (*CHAT_MESSAGE, "annotations"), [{"type": "url"}], ["annotations"]),
        (openai_chat, (*CHAT_MESSAGE, "annotations"), [], []),
        (openai_chat, (*CHAT_MESSAGE, "reasoning_content"), "hm", ["reasoning_content"]),
        (openai_chat, (*CHAT_MESSAGE, "content"), [{"type": "text"}], ["content"]),
        (openai_chat, ("choices", 0, "logprobs"), {"content": [{"token": "a"}]}, ["logprobs"]),
        (openai_chat, ("citations",), ["u"], ["citations"]),
        (openai_chat, (*CHAT_MESSAGE, "tool_calls", 0, "extra_content"), "s", ["tool_call"]),
        (openai_chat, (*CHAT_MESSAGE, "tool_calls", 0, "type"), "custom", ["tool_call"]),
        (
            openai_chat,
            (*CHAT_MESSAGE, "tool_calls", 0, "function"),
            {"name": "f", "arguments": "{bro"},
            ["tool_call"],
        ),
        (
            openai_chat,
            (*CHAT_MESSAGE, "tool_calls", 0, "function"),
            {"name": "f", "arguments": None},
            ["tool_call"],
        ),
        (openai_responses, (*OUTPUT, "annotations"), [{"type": "url"}], ["annotations"]),
        (openai_responses, (*OUTPUT, "logprobs"), [{"token": "a"}], ["logprobs"]),
        (openai_responses, OUTPUT, {"type": "refusal", "refusal": "no"}, ["refusal"]),
        (openai_responses, ("output", 0, "phase"), "final_answer", []),
        (openai_responses, ("output", 0, "tomorrow"), "x", ["tomorrow"]),
        (openai_responses, ("output", 0), {"type": "reasoning", "id": "r"}, ["reasoning"]),
        (openai_responses, ("output", 1, "arguments"), "[1]", ["function_call"]),
        (openai_responses, ("output", 1, "namespace"), "n", ["function_call"]),
        (openai_responses, ("output", 1, "type"), "custom_tool_call", ["custom_tool_call"]),
        (openai_responses, ("conversation",), {"id": "c"}, ["conversation"]),
    ],
)
def test_what_cannot_be_told_again_is_opaque(
    wire: Wire, path: tuple[str | int, ...], value: Json, found: list[str]
) -> None:
    body = changed(as_json(wire, REPLY), path, value)
    assert kinds(wire.decode_reply(encode_json(body))) == found


def test_a_custom_tools_call_is_known_by_its_id_and_cannot_be_told_again() -> None:
    item: JsonObject = {"type": "custom_tool_call", "call_id": "1", "name": "exec", "input": "x"}
    body = {"model": "m", "status": "completed", "output": [item]}
    use, rest = openai_responses.decode_reply(encode_json(body)).parts
    assert use == ToolUse("1", "exec", {"input": "x"})
    assert isinstance(rest, Opaque)


@pytest.mark.parametrize(
    ("wire", "path", "value", "stop"),
    [
        (anthropic, ("stop_reason",), "max_tokens", Stop.MAX_TOKENS),
        (anthropic, ("stop_reason",), "refusal", Stop.REFUSAL),
        (anthropic, ("stop_reason",), "stop_sequence", Stop.OTHER),
        (openai_chat, ("choices", 0, "finish_reason"), "length", Stop.MAX_TOKENS),
        (openai_chat, ("choices", 0, "finish_reason"), "content_filter", Stop.REFUSAL),
        (openai_chat, ("choices", 0, "finish_reason"), "error", Stop.OTHER),
    ],
)
def test_other_ends_are_told_apart(
    wire: Wire, path: tuple[str | int, ...], value: Json, stop: Stop
) -> None:
    body = changed(as_json(wire, ANSWER), path, value)
    assert wire.decode_reply(encode_json(body)).stop == stop


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_output_tokens", Stop.MAX_TOKENS),
        ("content_filter", Stop.REFUSAL),
        ("steered", Stop.OTHER),
        (None, Stop.OTHER),
    ],
)
def test_an_incomplete_response_says_why(reason: str | None, stop: Stop) -> None:
    response = {**as_json(openai_responses, ANSWER), "status": "incomplete"}
    response["incomplete_details"] = {"reason": reason}
    event: JsonObject = {"type": "response.incomplete", "response": response}
    reply = openai_responses.decode_stream(stream(event))
    assert (reply.stop, reply.parts) == (stop, ANSWER.parts)


@pytest.mark.parametrize("status", ["queued", "in_progress", "failed", "cancelled", None])
def test_a_response_that_is_not_finished_is_a_wire_error(status: str | None) -> None:
    body = {**as_json(openai_responses, ANSWER), "status": status}
    with pytest.raises(WireError):
        openai_responses.decode_reply(encode_json(body))


def test_a_failed_response_is_a_wire_error() -> None:
    response = {**as_json(openai_responses, ANSWER), "status": "failed"}
    events: list[JsonObject] = [
        {"type": "response.failed", "response": response},
        {"type": "error"},
    ]
    for event in events:
        with pytest.raises(WireError, match="carried an error"):
            openai_responses.decode_stream(stream(event))


def test_a_responses_stream_may_give_its_items_one_by_one_only() -> None:
    response = as_json(openai_responses, ANSWER)
    output = response["output"]
    assert isinstance(output, list)
    done: list[JsonObject] = [{"type": "response.output_item.done", "item": i} for i in output]
    end: JsonObject = {"type": "response.completed", "response": {**response, "output": []}}
    reply = openai_responses.decode_stream(stream(*done, end, end=b"data: [DONE]\n\n"))
    assert reply.parts == ANSWER.parts
    end["response"] = {**response, "output": [*output, *output]}
    with pytest.raises(WireError, match="1 items were finished but 2 stand"):
        openai_responses.decode_stream(stream(*done, end))


def test_an_empty_text_block_is_no_part() -> None:
    empty: JsonObject = {"type": "text", "text": ""}
    body = {**as_json(anthropic, ANSWER), "content": [empty]}
    assert anthropic.decode_reply(encode_json(body)).parts == ()
    changed_body = changed(as_json(openai_responses, ANSWER), (*OUTPUT, "text"), "")
    assert openai_responses.decode_reply(encode_json(changed_body)).parts == ()


START: JsonObject = {
    "type": "message_start",
    "message": {"type": "message", "model": "m", "content": [], "usage": {"input_tokens": 3}},
}
END: tuple[JsonObject, ...] = (
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
)


def block(start: JsonObject, *deltas: JsonObject, index: int = 0) -> list[JsonObject]:
    between: list[JsonObject] = [
        {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
    ]
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        *between,
        {"type": "content_block_stop", "index": index},
    ]


TEXT = {"type": "text_delta", "text": "Hi"}
JSON_DELTA = {"type": "input_json_delta", "partial_json": '{"a": 1}'}
USE: JsonObject = {"type": "tool_use", "id": "t", "name": "n", "input": {}}


@pytest.mark.parametrize(
    ("events", "parts"),
    [
        (block({"type": "text", "text": ""}, {**TEXT}), (Text("Hi"),)),
        (block({"type": "text", "text": "Oh "}, {**TEXT}), (Text("Oh Hi"),)),
        ([{"type": "ping"}, *block({**USE})], (ToolUse("t", "n", {}),)),
        (block({**USE}, {**JSON_DELTA}), (ToolUse("t", "n", {"a": 1}),)),
        (block({**USE, "input": {"b": 2}}), (ToolUse("t", "n", {"b": 2}),)),
    ],
)
def test_an_anthropic_stream_is_put_together(
    events: list[JsonObject], parts: tuple[Text | ToolUse, ...]
) -> None:
    reply = anthropic.decode_stream(stream(START, *events, *END))
    assert reply == Reply("m", parts, Stop.END, Usage(3, 4))


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (
            block({"type": "text", "text": ""}, {**TEXT}, {"type": "citations_delta", "x": 1}),
            ["deltas"],
        ),
        (block({"type": "thinking", "thinking": ""}, {"type": "thinking_delta"}), ["thinking"]),
        (block({**USE}, {"type": "input_json_delta", "partial_json": "[1"}), ["tool_use"]),
        (block({**USE}, {**JSON_DELTA}, {"type": "other_delta"}), ["tool_use"]),
    ],
)
def test_unusual_blocks_of_an_anthropic_stream_are_opaque(
    events: list[JsonObject], found: list[str]
) -> None:
    assert kinds(anthropic.decode_stream(stream(START, *events, *END))) == found


@pytest.mark.parametrize(
    "events",
    [
        [START, START, *END],
        [*END],
        [START, END[1]],
        [START, *block({"type": "text", "text": ""})[:-1], *END],
        [START, *block({"type": "text", "text": ""})[1:], *END],
        [START, *block({"type": "text", "text": ""}, index=1), *END],
        [START, {"type": "of_tomorrow"}, *END],
        [START, *END, *block({"type": "text", "text": ""})],
    ],
)
def test_an_anthropic_stream_out_of_order_is_a_wire_error(events: list[JsonObject]) -> None:
    with pytest.raises(WireError):
        anthropic.decode_stream(stream(*events))


DONE = b"data: [DONE]\n\n"


def chunk(delta: JsonObject, finish: str | None = None, index: Json = 0) -> JsonObject:
    choice: JsonObject = {"index": index, "delta": delta, "finish_reason": finish}
    return {"model": "m", "choices": [choice], "obfuscation": "xxx"}


def tool_delta(**fields: Json) -> JsonObject:
    return chunk({"tool_calls": [fields]})


@pytest.mark.parametrize(
    ("chunks", "found"),
    [
        ([chunk({"content": "a"}), chunk({"content": "b"})], []),
        ([chunk({"content": "a", "reasoning_content": "hm"})], ["deltas"]),
        ([chunk({"content": ["a"]})], ["deltas"]),
        ([chunk({"content": "a"}, index=1), chunk({"content": "b"}, "stop", index=1)], ["choice"]),
        ([{"choices": [], "citations": ["u"]}], ["citations"]),
        ([tool_delta(index=0, id="c", type="custom", custom={"input": "x"})], ["tool_call"]),
    ],
)
def test_what_a_chat_stream_cannot_tell_again_is_opaque(
    chunks: list[JsonObject], found: list[str]
) -> None:
    body = stream(*chunks, chunk({}, "stop"), end=DONE)
    assert kinds(openai_chat.decode_stream(body)) == found


def test_a_server_that_repeats_a_tools_name_is_read_and_one_that_changes_it_is_not() -> None:
    first = tool_delta(index=0, id="c", type=None, function={"name": "f", "arguments": '{"a"'})
    again = tool_delta(index=0, id="c", type="function", function={"name": "f", "arguments": ":1}"})
    silent = tool_delta(index=0, id="", function={"name": None, "arguments": None})
    body = stream(first, again, silent, chunk({}, "tool_calls"), end=DONE)
    assert openai_chat.decode_stream(body).parts == (ToolUse("c", "f", {"a": 1}),)
    other = tool_delta(index=0, function={"name": "g"})
    with pytest.raises(WireError, match="said twice"):
        openai_chat.decode_stream(stream(first, other, chunk({}, "tool_calls"), end=DONE))


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk({"content": "a"})],
        [chunk({"content": "a"}, "stop"), chunk({"content": "b"}, index=1)],
        [chunk({"content": "a"}, "stop", index="0")],
        [tool_delta(index=1, id="c"), chunk({}, "stop")],
        [tool_delta(id="c"), chunk({}, "stop")],
        [{"choices": []}],
    ],
)
def test_an_unfinished_chat_stream_is_a_wire_error(chunks: list[JsonObject]) -> None:
    with pytest.raises(WireError):
        openai_chat.decode_stream(stream(*chunks, end=DONE))


def test_chat_usage_is_streamed_only_when_it_was_asked_for() -> None:
    assert b"prompt_tokens" in written(openai_chat, ANSWER, wants_usage=True)
    assert b"usage" not in written(openai_chat, ANSWER, wants_usage=False)


def test_response_events_are_numbered_in_order() -> None:
    events = parse_events(written(openai_responses, REPLY))
    values = [decode_json_object(event.data) for event in events]
    assert [value["sequence_number"] for value in values] == list(range(len(values)))
    assert [value["type"] for value in values] == [event.name for event in events]
