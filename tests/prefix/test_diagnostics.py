"""Asking providers why their prefix cache missed: in each provider's own way, never twice."""

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.diagnostics import ask_why
from agentcache.prefix.rules import load_rules

OPENAI = "https://api.openai.com/v1/responses"
ANTHROPIC = "https://api.anthropic.com/v1/messages"


def asked(wire: WireName, url: str, model: str, previous: str | None, **fields: Json) -> JsonObject:
    """A request as it goes out."""
    turns = "input" if wire is WireName.OPENAI_RESPONSES else "messages"
    sent: JsonObject = {"model": model, turns: [{"role": "user", "content": "hi"}], **fields}
    body = read_body(wire, encode_json(sent))
    rules = load_rules(None).for_call(wire, url, model)
    return decode_json_object(write_body(body, ask_why(body, previous_reply=previous, rules=rules)))


@pytest.mark.parametrize("previous", [None, "msg_1"])
def test_anthropic_is_asked_from_the_first_call_on(previous: str | None) -> None:
    sent = asked(WireName.ANTHROPIC, ANTHROPIC, "claude-sonnet-5", previous)
    assert sent["diagnostics"] == {"previous_message_id": previous}


def test_openais_newest_models_are_asked_by_the_reply_before() -> None:
    options: JsonObject = {"mode": "explicit"}
    sent = asked(
        WireName.OPENAI_RESPONSES, OPENAI, "gpt-5.6", "resp_1", prompt_cache_options=options
    )
    assert sent["prompt_cache_options"] == {"mode": "explicit", "comparison_response_id": "resp_1"}


@pytest.mark.parametrize(
    ("wire", "url", "model", "previous"),
    [
        (WireName.OPENAI_RESPONSES, OPENAI, "gpt-5.6", None),  # nothing to compare with
        (WireName.OPENAI_RESPONSES, OPENAI, "gpt-4.1", "resp_1"),  # does not tell
        (WireName.OPENAI_CHAT, OPENAI, "gpt-5.6", "chatcmpl_1"),
        (WireName.OPENAI_RESPONSES, "http://127.0.0.1:1/v1/responses", "llama", "resp_1"),
    ],
)
def test_who_does_not_tell_is_not_asked(
    wire: WireName, url: str, model: str, previous: str | None
) -> None:
    assert not {"diagnostics", "prompt_cache_options"} & asked(wire, url, model, previous).keys()


def test_a_host_that_asks_itself_is_left_alone() -> None:
    own: JsonObject = {"comparison_response_id": "resp_9"}
    sent = asked(WireName.OPENAI_RESPONSES, OPENAI, "gpt-5.6", "resp_1", prompt_cache_options=own)
    assert sent["prompt_cache_options"] == own
