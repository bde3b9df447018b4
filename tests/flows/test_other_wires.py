"""Research over both OpenAI wires with the official client, and chats without tools."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from agentcache.core.codec import Json, convert, decode_json_object, encode_json
from flows.conftest import QUESTION, REWORDED, truth
from flows.wires import CHAT, MESSAGES, decoded, request_body
from support.agent import HttpReply, post
from support.provider import ScriptedProvider
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

MODEL = "gpt-scripted-1"
TOOLS = {"Read": ("file_path",), "Grep": ("pattern",)}


def schema(parameters: tuple[str, ...]) -> dict[str, object]:
    properties = {parameter: {"type": "string"} for parameter in parameters}
    return {"type": "object", "properties": properties, "required": list(parameters)}


def run_tool(repository: Path, name: str, arguments: str) -> str:
    given = convert(decode_json_object(arguments), dict[str, str])
    if name == "Read":
        return (repository / given["file_path"]).read_text()
    command = f"grep -rn -- '{given['pattern']}' *"
    done = subprocess.run(
        ["bash", "-c", command], cwd=repository, capture_output=True, text=True, check=True
    )
    return done.stdout


def ask_chat(client: OpenAI, repository: Path, question: str, *, streams: bool) -> str:
    """A tool loop over chat completions."""
    tools: Any = [
        {"type": "function", "function": {"name": name, "parameters": schema(parameters)}}
        for name, parameters in TOOLS.items()
    ]
    messages: list[Any] = [
        {"role": "system", "content": "You answer questions about a repository."},
        {"role": "user", "content": question},
    ]
    while True:
        if streams:
            with client.chat.completions.stream(
                model=MODEL, messages=messages, tools=tools
            ) as stream:
                message: Any = stream.get_final_completion().choices[0].message
        else:
            completion = client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
            message = completion.choices[0].message
        if not message.tool_calls:
            return str(message.content)
        calls = [
            {"id": call.id, "type": "function",
             "function": {"name": call.function.name, "arguments": call.function.arguments}}
            for call in message.tool_calls
        ]  # fmt: skip
        messages.append({"role": "assistant", "content": message.content, "tool_calls": calls})
        for call in message.tool_calls:
            result = run_tool(repository, call.function.name, call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def ask_responses(client: OpenAI, repository: Path, question: str, *, streams: bool) -> str:
    """A tool loop over responses, without state at the provider."""
    tools: Any = [
        {"type": "function", "name": name, "parameters": schema(parameters), "strict": False}
        for name, parameters in TOOLS.items()
    ]
    said: list[Any] = [{"role": "user", "content": question}]
    given: Any = {"model": MODEL, "tools": tools, "store": False, "instructions": "You answer."}
    while True:
        if streams:
            with client.responses.stream(input=said, **given) as stream:
                response: Any = stream.get_final_response()
        else:
            response = client.responses.create(input=said, **given)
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return str(response.output_text)
        for call in calls:
            result = run_tool(repository, call.name, call.arguments)
            said += [
                {"type": "function_call", "call_id": call.call_id, "name": call.name,
                 "arguments": call.arguments},
                {"type": "function_call_output", "call_id": call.call_id, "output": result},
            ]  # fmt: skip


@pytest.fixture
def client(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> Iterator[OpenAI]:
    base = server.session(repository.root).base(f"{provider.url}/v1")
    with (
        httpx2.Client(trust_env=False, timeout=30) as http,
        OpenAI(api_key="k", base_url=base, http_client=http, max_retries=0) as client,
    ):
        yield client


@pytest.mark.parametrize("streams", [False, True], ids=["json", "sse"])
@pytest.mark.parametrize("ask", [ask_chat, ask_responses])
def test_research_is_answered_again_until_what_was_read_changes(
    client: OpenAI,
    repository: Repo,
    provider: ScriptedProvider,
    ask: Callable[..., str],
    streams: bool,
) -> None:
    def asked(question: str) -> int:
        before = len(provider.calls)
        text = ask(client, repository.root, question, streams=streams)
        assert text == truth(repository.root)
        return len(provider.calls) - before

    assert [asked(QUESTION), asked(QUESTION), asked(REWORDED)] == [3, 0, 0]
    assert asked("Where is RETRY_LIMIT used?") == 3
    repository.write("shop/settings.py", "\nRETRY_LIMIT = 6\n")
    wait_until_settled(repository)
    # The first step is decided as for the other words.
    assert [asked(REWORDED), asked(QUESTION)] == [2, 0]
    repository.write("docs/notes.md", "Something else.\n")
    repository.commit("Edit the notes")
    assert asked(QUESTION) == 0


@pytest.mark.parametrize("ask", [ask_chat, ask_responses])
def test_an_answer_is_served_in_the_form_that_is_asked_for(
    client: OpenAI, repository: Repo, provider: ScriptedProvider, ask: Callable[..., str]
) -> None:
    texts = {ask(client, repository.root, QUESTION, streams=streams)
             for streams in (True, False, True)}  # fmt: skip
    assert texts == {truth(repository.root)}
    assert len(provider.calls) == 3


def test_the_wires_do_not_share_answers(
    client: OpenAI, repository: Repo, provider: ScriptedProvider
) -> None:
    for number, ask in enumerate((ask_chat, ask_responses), start=1):
        ask(client, repository.root, QUESTION, streams=False)
        assert len(provider.calls) == 3 * number


# Chats without tools: the files stand in the prompt, as Aider has it


class Chat:
    """Asks as Aider does: files and repository map in earlier messages, no tools."""

    def __init__(self, url: str, path: str, **fields: Json) -> None:
        self.url, self.path, self.fields = url, path, fields
        self.files = "shop/settings.py\n```\nRETRY_LIMIT = 5\n```"
        self.map = "shop/client.py: def fetch"

    def ask(self, question: str) -> HttpReply:
        """One request."""
        turns: list[Json] = [
            {"role": "user", "content": f"Here are summaries of some files.\n{self.map}"},
            {"role": "assistant", "content": "Ok, I won't try and edit those files."},
            {"role": "user", "content": f"I have added these files to the chat.\n{self.files}"},
            {"role": "assistant", "content": "Ok, any changes I propose will be to those files."},
            {"role": "user", "content": question},
        ]
        body = decode_json_object(request_body(self.path, "", messages=turns, **self.fields))
        return post(self.url + self.path, encode_json(body))


@pytest.fixture
def url(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> str:
    provider._script = lambda request: Answer(text=f"Answer {request.number}.")
    return server.session(repository.root).base(provider.url)


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("fields", [{}, {"temperature": 0}, {"stream": True}], ids=str)
def test_a_chat_without_tools_is_answered_again_in_other_words(
    url: str, path: str, fields: dict[str, Json]
) -> None:
    chat = Chat(url, path, **fields)
    first, again, reworded = (chat.ask(question) for question in (QUESTION, QUESTION, REWORDED))
    assert [first.verdict, again.verdict, reworded.verdict] == ["miss", "hit", "hit"]
    assert reworded.reason == "same_meaning"
    assert decoded(path, reworded.body).text == "Answer 1."


@pytest.mark.parametrize("changed", ["files", "map"])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_chat_whose_files_changed_is_asked_again(url: str, path: str, changed: str) -> None:
    chat = Chat(url, path, temperature=0)
    chat.ask(QUESTION)
    assert chat.ask(QUESTION).verdict == "hit"
    before = getattr(chat, changed)
    setattr(chat, changed, before.replace("5", "6") + " ")
    assert [chat.ask(QUESTION).verdict, chat.ask(REWORDED).verdict] == ["miss", "hit"]
    setattr(chat, changed, before)
    assert decoded(path, chat.ask(REWORDED).body).text == "Answer 1."


@pytest.mark.parametrize(
    "fields",
    [
        {"web_search_options": {}},
        {"enable_search": True},
        {"plugins": [{"id": "web"}]},
        {"model": "gpt-scripted-1:online"},
        {"model": "gpt-scripted-search-preview"},
    ],
    ids=str,
)
def test_a_chat_for_which_the_provider_looks_into_the_web_is_not_kept(
    url: str, fields: dict[str, Json]
) -> None:
    chat = Chat(url, CHAT, **fields)
    assert [chat.ask(QUESTION).verdict for _ in range(2)] == ["miss"] * 2
    usual = Chat(url, CHAT, web_search_options=None, enable_search=False, plugins=[])
    assert [usual.ask(QUESTION).verdict for _ in range(2)] == ["miss", "hit"]


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_sampled_chat_is_not_kept(url: str, path: str) -> None:
    chat = Chat(url, path, temperature=0.7)
    assert [chat.ask(QUESTION).verdict for _ in range(3)] == ["miss"] * 3


@pytest.mark.parametrize("streams", [False, True], ids=["json", "sse"])
def test_an_answer_of_a_model_that_reasons_is_served_without_the_reasoning(
    client: OpenAI, repository: Repo, provider: ScriptedProvider, streams: bool
) -> None:
    def script(request: ProviderRequest) -> Answer:
        if any(message.results for message in request.messages):
            return Answer(text="In shop/settings.py.", thinking="There it is.")
        return Answer(tools=(ToolCall("Read", {"file_path": "shop/settings.py"}),), thinking="Hm.")

    provider._script = script
    wait_until_settled(repository)
    for calls in (2, 0):
        before = len(provider.calls)
        text = ask_responses(client, repository.root, QUESTION, streams=streams)
        assert text == "In shop/settings.py."
        assert len(provider.calls) - before == calls
