"""The scripted researcher's model, asked over each wire by the shortest loop that speaks it."""

from collections.abc import Callable
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from support.provider import ScriptedProvider
from support.provider_reading import mapping, objects, string
from support.provider_scripts import SUBMIT, Course, Grep, Names, Read, Researcher, Shell

QUESTION = "Where is the limit?"
SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "why": {"type": "string"}},
    "required": ["command", "why"],
}
READING: JsonObject = {"type": "object", "properties": {"filePath": {"type": "string"}}}
TOOLS = {"bash": SCHEMA, "read": READING}
Called = list[tuple[str, JsonObject]]


def post(url: str, path: str, body: JsonObject) -> JsonObject:
    place = urlsplit(url)
    connection = HTTPConnection(place.hostname or "", place.port, timeout=20)
    headers = {"content-type": "application/json", "authorization": "Bearer x"}
    connection.request("POST", path, encode_json(body), headers | {"anthropic-version": "1"})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    assert response.status == 200, data
    return decode_json_object(data)


def play_anthropic(url: str) -> tuple[Called, str]:
    called: Called = []
    tools: list[Json] = [{"name": name, "input_schema": schema} for name, schema in TOOLS.items()]
    messages: list[Json] = [{"role": "user", "content": QUESTION}]
    body: JsonObject = {"model": "m", "max_tokens": 9, "tools": tools, "messages": messages}
    while True:
        content = objects(post(url, "/v1/messages", body)["content"])
        uses = [block for block in content if block["type"] == "tool_use"]
        if not uses:
            return called, string(content[0]["text"])
        called += [(string(use["name"]), mapping(use["input"])) for use in uses]
        results: list[Json] = [
            {"type": "tool_result", "tool_use_id": use["id"], "content": "saw"} for use in uses
        ]
        messages.append({"role": "assistant", "content": [*content]})
        messages.append({"role": "user", "content": results})


def play_chat(url: str) -> tuple[Called, str]:
    called: Called = []
    tools: list[Json] = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in TOOLS.items()
    ]
    messages: list[Json] = [{"role": "user", "content": QUESTION}]
    body: JsonObject = {"model": "m", "tools": tools, "messages": messages}
    while True:
        choice = objects(post(url, "/v1/chat/completions", body)["choices"])[0]
        message = mapping(choice["message"])
        calls = objects(message.get("tool_calls"))
        if not calls:
            return called, string(message["content"])
        messages.append(message)
        for call in calls:
            function = mapping(call["function"])
            arguments = decode_json_object(string(function["arguments"]))
            called.append((string(function["name"]), arguments))
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": "saw"})


def play_responses(url: str) -> tuple[Called, str]:
    called: Called = []
    tools: list[Json] = [
        {"type": "function", "name": name, "parameters": schema} for name, schema in TOOLS.items()
    ]
    items: list[Json] = [{"role": "user", "content": QUESTION}]
    body: JsonObject = {"model": "m", "tools": tools, "input": items}
    while True:
        output = objects(post(url, "/v1/responses", body)["output"])
        calls = [item for item in output if item["type"] == "function_call"]
        if not calls:
            return called, string(objects(output[0]["content"])[0]["text"])
        items += calls
        for call in calls:
            arguments = decode_json_object(string(call["arguments"]))
            called.append((string(call["name"]), arguments))
            sent: JsonObject = {"type": "function_call_output", "call_id": call["call_id"]}
            items.append(sent | {"output": "saw"})


Play = Callable[[str], tuple[Called, str]]
every_wire = pytest.mark.parametrize("play", [play_anthropic, play_chat, play_responses])


@every_wire
def test_a_researcher_calls_the_offered_tools_by_their_own_schema(play: Play) -> None:
    course = Course(((Grep("LIMIT"), Read("a.py")), Read("b.py")), "done")
    with ScriptedProvider(Researcher({QUESTION: course})) as provider:
        called, final = play(provider.url)
    assert called == [
        ("bash", {"command": "grep -rn LIMIT .", "why": "look"}),
        ("read", {"filePath": "a.py"}),
        ("read", {"filePath": "b.py"}),
    ]
    assert final == "done"
    assert provider.violations == []
    assert len(provider.requests) == 3


@every_wire
def test_a_researchers_answer_may_be_made_of_what_the_tools_gave(play: Play) -> None:
    course = Course((Names("*.py"), Shell("git log")), " and ".join)
    with ScriptedProvider(Researcher({QUESTION: course})) as provider:
        called, final = play(provider.url)
    assert [arguments["command"] for _, arguments in called] == ["ls *.py", "git log"]
    assert final == "saw and saw"


@every_wire
def test_a_researcher_answers_otherwise_what_it_has_no_plan_for(play: Play) -> None:
    with ScriptedProvider(Researcher({"something else": Course((), "no")})) as provider:
        assert play(provider.url) == ([], "All is well.")


def test_a_researcher_submits_where_the_host_wants_a_submission() -> None:
    body: JsonObject = {
        "model": "m",
        "messages": [{"role": "user", "content": f"{QUESTION} End with echo {SUBMIT}."}],
        "tools": [{"type": "function", "function": {"name": "bash", "parameters": SCHEMA}}],
    }
    with ScriptedProvider(Researcher({QUESTION: Course((), "it's 5")})) as provider:
        reply = post(provider.url, "/v1/chat/completions", body)
    message = mapping(objects(reply["choices"])[0]["message"])
    function = mapping(objects(message["tool_calls"])[0]["function"])
    command = string(decode_json_object(string(function["arguments"]))["command"])
    assert command == f"""printf '%s\\n' {SUBMIT} 'it'"'"'s 5'"""
