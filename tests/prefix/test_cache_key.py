"""The key that routes a conversation's Calls to one machine."""

import pytest

from agentcache.core.codec import JsonObject, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.cache_key import place_cache_key
from agentcache.prefix.rules import load_rules

CHAT: JsonObject = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "hi"}]}


def sent(wire: WireName, request: JsonObject, upstream: str) -> bytes:
    before = read_body(wire, encode_json(request))
    rules = load_rules().for_call(wire, upstream, str(request["model"]))
    return write_body(before, place_cache_key(before, key="k1", rules=rules))


def test_a_conversation_is_routed_at_openai() -> None:
    after = decode_json_object(sent(WireName.OPENAI_CHAT, CHAT, "https://api.openai.com/v1"))
    assert after == {**CHAT, "prompt_cache_key": "k1"}


@pytest.mark.parametrize("own", ["mine", "", None])
def test_a_key_that_the_host_sends_stays(own: str | None) -> None:
    request: JsonObject = {**CHAT, "prompt_cache_key": own}
    after = sent(WireName.OPENAI_CHAT, request, "https://api.openai.com/v1")
    assert after == encode_json(request)


@pytest.mark.parametrize(
    ("wire", "upstream", "model"),
    [
        (WireName.ANTHROPIC, "https://api.anthropic.com", "claude-sonnet-4-5"),
        (WireName.OPENAI_CHAT, "http://127.0.0.1:8000/v1", "qwen3"),
        (WireName.OPENAI_CHAT, "http://127.0.0.1:8000/v1", "gpt-4.1"),
        (WireName.OPENAI_CHAT, "https://gateway.example/v1", "gpt-4.1"),
    ],
)
def test_a_host_that_may_not_know_the_parameter_gets_none(
    wire: WireName, upstream: str, model: str
) -> None:
    request: JsonObject = {**CHAT, "model": model}
    assert sent(wire, request, upstream) == encode_json(request)
