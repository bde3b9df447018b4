"""What providers say of a reply besides the reply, on every wire, plain and streamed."""

import pytest

from agentcache.core.codec import JsonObject, encode_json
from agentcache.wire.sse import write_json_event
from agentcache.wire.told import Told, read_told

MISS: JsonObject = {"cache_miss_reason": {"type": "tools_changed", "cache_missed_input_tokens": 9}}
BODIES: dict[str, tuple[bytes, bool, Told]] = {
    "anthropic": (
        encode_json({"id": "msg_1", "diagnostics": MISS}),
        False,
        Told("msg_1", "tools_changed"),
    ),
    "anthropic, no miss": (
        encode_json({"id": "msg_1", "diagnostics": {"cache_miss_reason": None}}),
        False,
        Told("msg_1"),
    ),
    "anthropic, streamed": (
        write_json_event({"type": "message_start", "message": {"id": "msg_2", "diagnostics": MISS}})
        + write_json_event({"type": "message_stop"}),
        True,
        Told("msg_2", "tools_changed"),
    ),
    "responses, a miss": (
        encode_json(
            {
                "id": "resp_1",
                "prompt_cache_diagnostics": {"type": "cache_miss", "reason": "input_changed"},
            }
        ),
        False,
        Told("resp_1", "input_changed"),
    ),
    "responses, a hit": (
        encode_json({"id": "resp_1", "prompt_cache_diagnostics": {"type": "cache_hit"}}),
        False,
        Told("resp_1"),
    ),
    "responses, unknown": (
        write_json_event(
            {
                "type": "response.completed",
                "response": {
                    "id": "resp_1",
                    "prompt_cache_diagnostics": {"type": "comparison_response_not_found"},
                },
            }
        ),
        True,
        Told("resp_1", "comparison_response_not_found"),
    ),
    "chat, streamed": (
        write_json_event({"id": "chatcmpl-1", "choices": []}) + b"data: [DONE]\n\n",
        True,
        Told("chatcmpl-1"),
    ),
    "no JSON": (b"<html>", False, Told()),
    "nothing": (b"", False, Told()),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_reply_is_read_for_its_name_and_its_diagnosis(name: str) -> None:
    body, is_stream, told = BODIES[name]
    assert read_told(body, is_stream=is_stream) == told
