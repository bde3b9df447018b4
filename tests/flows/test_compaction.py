"""Summaries of conversations on the wire: the same history by the same instruction is served."""

from itertools import count

import pytest

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.session import Replay
from flows.wires import CHAT, MESSAGES, RESPONSES, WIRES, decoded
from support.agent import TOOLS, HttpReply, post
from support.provider import ScriptedProvider
from support.provider_values import Answer, Ending, ToolCall
from support.repositories import Repo
from support.server import LiveServer

COMPACT = "Your task is to create a detailed summary of the conversation so far."
FLAT = "[user]: Where is it?\n[assistant]: In a.py.\n"
_numbers = count(1)


@pytest.fixture
def url(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> str:
    """The base URL of a session whose provider numbers its answers."""
    provider._script = lambda request: Answer(text=f"Summary {request.number}.")
    return server.session(repository.root).base(provider.url)


def said(role: str, text: str) -> Json:
    return {"role": role, "content": text}


def history() -> list[Json]:
    """A conversation that nobody had yet in this test process."""
    number = next(_numbers)
    return [said("user", f"Where is thing_{number}?"), said("assistant", f"In file_{number}.py.")]


def body(path: str, turns: list[Json], **fields: Json) -> bytes:
    own: dict[str, JsonObject] = {
        MESSAGES: {"max_tokens": 100, "messages": turns, "model": "claude-scripted-1"},
        CHAT: {"messages": turns, "model": "gpt-scripted-1"},
        RESPONSES: {"input": turns, "store": False, "model": "gpt-scripted-1"},
    }
    return encode_json({**own[path], **fields})


def ask_twice(url: str, path: str, request: bytes) -> tuple[HttpReply, HttpReply]:
    return post(url + path, request), post(url + path, request)


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize("path", WIRES)
def test_a_summary_is_served_again_although_it_was_sampled(
    url: str, provider: ScriptedProvider, path: str, streams: bool
) -> None:
    request = body(path, [*history(), said("user", COMPACT)], temperature=1, stream=streams)
    first, second = ask_twice(url, path, request)
    assert (first.verdict, second.verdict, second.reason) == ("miss", "hit", "compaction")
    assert decoded(path, first.body).text == decoded(path, second.body).text == "Summary 1."
    assert len(provider.calls) == 1


@pytest.mark.breaks_prefix("another question follows where the instruction stood")
def test_a_fork_of_the_conversation_is_summarised_anew(url: str) -> None:
    turns = history()
    others = ([*turns, said("user", "Why?"), said("assistant", "So.")], turns[:1], history())
    post(url + MESSAGES, body(MESSAGES, [*turns, said("user", COMPACT)]))
    for other in others:
        assert (
            post(url + MESSAGES, body(MESSAGES, [*other, said("user", COMPACT)])).verdict == "miss"
        )
    assert post(url + MESSAGES, body(MESSAGES, [*turns, said("user", COMPACT)])).verdict == "hit"


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "claude-scripted-2"},
        {"max_tokens": 50},
        {"system": "Be brief."},
        {"metadata": {"user_id": "somebody-else"}},
    ],
    ids=str,
)
def test_another_scope_is_another_summary(url: str, fields: JsonObject) -> None:
    turns = [*history(), said("user", COMPACT)]
    post(url + MESSAGES, body(MESSAGES, turns))
    assert post(url + MESSAGES, body(MESSAGES, turns, **fields)).verdict == "miss"


def test_another_instruction_is_another_summary(url: str) -> None:
    turns = history()
    post(url + MESSAGES, body(MESSAGES, [*turns, said("user", COMPACT)]))
    longer = body(MESSAGES, [*turns, said("user", COMPACT + " Be brief.")])
    assert post(url + MESSAGES, longer).verdict == "miss"


def test_a_summary_that_names_the_id_of_a_tool_use_is_not_served_to_others(
    url: str, provider: ScriptedProvider
) -> None:
    provider._script = lambda _: Answer(text="It was found by toolu_a.")
    for id_ in ("toolu_a", "toolu_b"):
        use: Json = {"type": "tool_use", "id": id_, "name": "Read", "input": {"file_path": "a.py"}}
        result: Json = {"type": "tool_result", "tool_use_id": id_, "content": "A"}
        turns: list[Json] = [
            {"role": "user", "content": "Where is it?"},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
            said("assistant", "In a.py."),
            said("user", COMPACT),
        ]
        assert post(url + MESSAGES, body(MESSAGES, turns, tools=list(TOOLS))).verdict == "miss"


def test_the_date_in_the_system_prompt_does_not_matter_unless_the_summary_names_it(
    url: str, provider: ScriptedProvider
) -> None:
    prompt = "You help.\nToday's date: 2026-11-{}"
    for text, verdict in (("All is well.", "hit"), ("Asked on 2026-11-20.", "miss")):
        provider._script = lambda _, text=text: Answer(text=text)  # type: ignore[misc]
        turns = [*history(), said("user", COMPACT)]
        post(url + MESSAGES, body(MESSAGES, turns, system=prompt.format(20)))
        later = post(url + MESSAGES, body(MESSAGES, turns, system=prompt.format(21)))
        assert later.verdict == verdict


@pytest.mark.parametrize("path", WIRES)
def test_hosts_that_flatten_the_conversation_are_understood(url: str, path: str) -> None:
    text = f"Summarize the following conversation history concisely.\n\n{FLAT}{next(_numbers)}"
    first, second = ask_twice(url, path, body(path, [said("user", text)], temperature=1))
    assert (first.verdict, second.reason) == ("miss", "compaction")


def test_another_instruction_over_a_history_that_was_seen_is_recognised(url: str) -> None:
    turns = history()
    fields: JsonObject = {"tools": list(TOOLS)}
    post(url + MESSAGES, body(MESSAGES, turns[:1], **fields))
    asked = [*turns, said("user", "Boil it down to a title, five words at most!")]
    first, second = ask_twice(url, MESSAGES, body(MESSAGES, asked, system="You title."))
    assert first.verdict == "miss"
    assert second.reason == "compaction"
    unseen = [*history(), asked[-1]]
    request = body(MESSAGES, unseen, system="You title.")
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, request)] == ["miss", "miss"]


def test_votes_over_a_history_that_was_seen_are_each_asked_for(url: str) -> None:
    turns = history()
    fields: JsonObject = {"tools": list(TOOLS)}
    post(url + MESSAGES, body(MESSAGES, turns[:1], **fields))
    asked = [*turns, said("user", "Was that right? Reply with your vote.")]
    request = body(MESSAGES, asked, system="You judge.", temperature=0.7)
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, request)] == ["miss", "miss"]


@pytest.mark.parametrize("path", [MESSAGES, CHAT])
def test_a_history_with_tools_is_summarised_once(
    url: str, provider: ScriptedProvider, path: str
) -> None:
    number = next(_numbers)
    own: dict[str, list[Json]] = {
        MESSAGES: [
            said("user", f"Where is thing_{number}?"),
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "Grep", "input": {"pattern": "x"}}]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.py"}]},
        ],
        CHAT: [
            said("user", f"Where is thing_{number}?"),
            {"role": "assistant", "tool_calls": [
                {"id": "call_1", "type": "function",
                 "function": {"name": "Grep", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "a.py"},
        ],
    }  # fmt: skip
    tools: dict[str, list[Json]] = {
        MESSAGES: list(TOOLS),
        CHAT: [
            {"type": "function", "function": {"name": "Grep", "parameters": {"type": "object"}}}
        ],
    }
    turns = [*own[path], said("assistant", "In a.py."), said("user", COMPACT)]
    first, second = ask_twice(url, path, body(path, turns, tools=tools[path]))
    assert (first.verdict, second.verdict, second.reason) == ("miss", "hit", "compaction")
    assert len(provider.calls) == 1  # the second was looked up before anything was sent


@pytest.mark.parametrize(
    "answer",
    [
        Answer(text="Cut", ending=Ending.MAX_TOKENS),
        Answer(text="No.", ending=Ending.REFUSAL),
        Answer(text="Summary.", thinking="Hm."),
        Answer(text=" "),
        Answer(tools=(ToolCall("Grep", {"pattern": "x"}),)),
    ],
    ids=["cut", "refused", "thought", "empty", "tools"],
)
def test_what_is_no_whole_summary_is_never_kept(
    url: str, provider: ScriptedProvider, answer: Answer
) -> None:
    provider._script = lambda _: answer
    request = body(MESSAGES, [*history(), said("user", COMPACT)], tools=list(TOOLS))
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, request)] == ["miss", "miss"]


def test_the_user_may_forbid_it(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, url: str
) -> None:
    request = body(MESSAGES, [*history(), said("user", COMPACT)])
    ask_twice(url, MESSAGES, request)
    strict = server.session(repository.root, replay=Replay.NEVER).base(provider.url)
    assert post(strict + MESSAGES, request).verdict == "miss"
    assert post(url + MESSAGES, request, {"x-agentcache-ttl": "0"}).verdict == "miss"
    late = post(url + MESSAGES, request, {"x-agentcache-ttl": "0.000001"})
    assert (late.verdict, late.reason) == ("miss", "expired")


def test_a_response_that_the_provider_stores_is_not_served(url: str) -> None:
    request = body(RESPONSES, [*history(), said("user", COMPACT)], store=True)
    assert [reply.verdict for reply in ask_twice(url, RESPONSES, request)] == ["miss", "miss"]
