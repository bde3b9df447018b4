"""Which requests go to the provider before anybody has read them."""

import pytest

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.session import Mode, Replay, Session
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body
from agentcache.server.steps import is_plain_step

SESSION = Session("s", "/", "tenant")
TOOLS: Json = [{"name": "Read", "description": "Reads a file.", "input_schema": {}}]
ASKED: JsonObject = {"role": "user", "content": "Where is X?"}
USED: JsonObject = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "t1", "name": "Read", "input": {}}],
}
TOLD: JsonObject = {
    "role": "user",
    "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "X = 1, in summary"}],
}
OPENING: JsonObject = {"model": "m", "max_tokens": 9, "tools": TOOLS, "messages": [ASKED]}
STEP: JsonObject = {**OPENING, "messages": [ASKED, USED, TOLD]}
CHAT: JsonObject = {
    "model": "m",
    "tools": TOOLS,
    "messages": [
        ASKED,
        {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "X"},
    ],
}
RESPONSES: JsonObject = {
    "model": "m",
    "tools": TOOLS,
    "input": [
        ASKED,
        {"type": "function_call", "call_id": "c1", "name": "Read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "X"},
    ],
}


def plain(body: JsonObject, session: Session = SESSION, wire: str = "anthropic") -> bool:
    return is_plain_step(read_body(WireName(wire), encode_json(body)), session)


def test_what_brings_a_tools_result_is_a_plain_step_on_every_wire() -> None:
    assert plain(STEP)
    assert plain(CHAT, wire="openai-chat")
    assert plain(RESPONSES, wire="openai-responses")


@pytest.mark.parametrize(
    "field", [{"temperature": 0}, {"previous_response_id": "r"}, {"conversation": "c"}]
)
def test_what_may_be_replayed_or_stands_on_hidden_turns_is_none(field: JsonObject) -> None:
    assert not plain({**STEP, **field})


def test_a_question_is_none_and_one_that_follows_a_run_is_one() -> None:
    assert not plain(OPENING)
    told: JsonObject = {
        **TOLD,
        "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "X = 1"}],
    }
    assert plain({**STEP, "messages": [ASKED, USED, told, ASKED]})


def test_what_may_ask_for_a_summary_is_none() -> None:
    asked: JsonObject = {"role": "user", "content": "Summarise this conversation."}
    assert not plain({**STEP, "messages": [ASKED, USED, TOLD, asked]})
    without_tools = {key: value for key, value in STEP.items() if key != "tools"}
    assert not plain({**without_tools, "messages": [ASKED, USED, TOLD, ASKED]})


def test_a_step_that_follows_on_a_decision_of_ours_is_none() -> None:
    ours: JsonObject = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "toolu_ac1", "name": "Read", "input": {}}],
    }
    assert not plain({**STEP, "messages": [ASKED, ours, TOLD, USED, TOLD]})


def test_a_text_that_quotes_the_words_of_the_wire_makes_no_step() -> None:
    said = 'How do "tool_result" and "role":"tool" differ from "toolu_ac" in `x`?'
    assert not plain({**OPENING, "messages": [{"role": "user", "content": said}]})
    assert plain({**STEP, "messages": [{"role": "user", "content": said}, USED, TOLD]})


@pytest.mark.parametrize(
    "session",
    [
        Session("s", "/", "t", mode=Mode.OBSERVE),
        Session("s", "/", "t", replay=Replay.ALWAYS),
        Session("s", "/", "t", replay_ttl=0.0),
    ],
    ids=["observes", "replays all", "replays none"],
)
def test_other_sessions_have_none(session: Session) -> None:
    assert not plain(STEP, session)
