"""The same request again: replayed where that is allowed, shared while it is in flight."""

import http.client

import pytest

from agentcache.core.codec import Json, convert, decode_json_object
from agentcache.core.session import Replay
from agentcache.core.values import ToolUse
from flows.conftest import QUESTION, truth
from flows.wires import (
    CHAT,
    MESSAGES,
    RESPONSES,
    WIRES,
    decoded,
    fresh,
    request_body,
)
from support.agent import TOOLS, Agent, HttpReply, post, tool
from support.provider import ScriptedProvider
from support.provider_values import (
    Answer,
    Ending,
    ToolCall,
    html_page,
    overloaded,
)
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer


def note() -> str:
    """What is no question, so that only a replay could answer it."""
    return fresh("Remember this: the thing")


@pytest.fixture
def url(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> str:
    """The base URL of a session whose provider numbers its answers."""
    provider._script = lambda request: Answer(text=f"Answer {request.number}.")
    return server.session(repository.root).base(provider.url)


def ask_twice(
    url: str, path: str, body: bytes, headers: dict[str, str] | None = None
) -> tuple[HttpReply, HttpReply]:
    return post(url + path, body, headers), post(url + path, body, headers)


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("streams", [False, True])
def test_temperature_0_is_replayed(
    url: str,
    provider: ScriptedProvider,
    path: str,
    streams: bool,
) -> None:
    body = request_body(path, note(), temperature=0, stream=streams)
    first, second = ask_twice(url, path, body)
    assert (first.verdict, second.verdict, second.reason) == ("miss", "hit", "replay")
    assert decoded(path, second.body).text == decoded(path, first.body).text == "Answer 1."
    assert (
        second.headers["content-type"].partition(";")[0]
        == (first.headers["content-type"].partition(";")[0])
    )
    assert len(provider.calls) == 1


def test_a_run_goes_on_from_a_step_that_is_replayed(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    agent.fields = {"temperature": 0}
    agent.ask(QUESTION)
    server.kept()
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    wait_until_settled(repository)
    again = agent.ask(QUESTION)
    assert (again.opening.reason, again.text) == ("replay", truth(repository.root))
    assert server.kept(again.replies[-1].id) == "kept"
    assert agent.ask(QUESTION).opening.reason == "same_text"


def test_what_is_kept_for_a_replay_alone_is_told_as_kept_and_why_it_answers_no_question(
    server: LiveServer, agent: Agent, provider: ScriptedProvider
) -> None:
    provider._script = lambda _: Answer(text="I just know.")
    agent.fields = {"temperature": 0}
    assert server.kept(agent.ask(QUESTION).opening.id) == "kept"
    told = server.why()
    assert told["detail"] == {"keep": {"otherwise": "no_evidence", "what": "no tool ran"}}
    replayed = agent.ask(QUESTION).opening
    assert (replayed.reason, server.why(replayed.id)["entry"]) == ("replay", told["entry"])


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("fields", [{}, {"temperature": 0.01}, {"temperature": 1}], ids=str)
def test_another_temperature_is_asked_again(
    url: str, provider: ScriptedProvider, path: str, fields: dict[str, Json]
) -> None:
    first, second = ask_twice(url, path, request_body(path, note(), **fields))
    assert (first.verdict, second.verdict) == ("miss", "miss")
    assert len(provider.calls) == 2


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("streams", [False, True])
def test_a_replay_comes_in_the_form_that_is_asked_for(
    url: str,
    path: str,
    streams: bool,
) -> None:
    text = note()
    first = post(url + path, request_body(path, text, temperature=0, stream=streams))
    other = post(url + path, request_body(path, text, temperature=0, stream=not streams))
    assert other.verdict == "hit"
    one, two = decoded(path, first.body), decoded(path, other.body)
    assert (one.parts, one.stop, one.model) == (two.parts, two.stop, two.model)
    assert other.body.startswith(b"{") is streams
    kind = "application/json" if streams else "text/event-stream"
    assert other.headers["content-type"].startswith(kind)


def test_the_user_says_that_everything_may_be_replayed(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    session = server.session(repository.root, replay=Replay.ALWAYS)
    body = request_body(MESSAGES, note(), temperature=1)
    first, second = ask_twice(session.base(provider.url), MESSAGES, body)
    assert (first.verdict, second.verdict) == ("miss", "hit")


def test_the_user_says_that_nothing_may_be_replayed(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, url: str
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    ask_twice(url, MESSAGES, body)
    session = server.session(repository.root, replay=Replay.NEVER)
    first, second = ask_twice(session.base(provider.url), MESSAGES, body)
    assert (first.verdict, second.verdict) == ("miss", "miss")
    assert len(provider.calls) == 3


@pytest.mark.parametrize("ttl", ["0", "-1", "0.0", "garbage", "", "nan", "-inf", "1h"])
def test_a_request_without_time_to_live_neither_keeps_nor_serves(url: str, ttl: str) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    none = {"x-agentcache-ttl": ttl}
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, body, none)] == ["miss", "miss"]
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, body)] == ["miss", "hit"]
    assert post(url + MESSAGES, body, none).verdict == "miss"
    assert post(url + MESSAGES, body).verdict == "hit"


@pytest.mark.parametrize("ttl", ["60", "1e3", " 60 ", "inf"])
def test_a_request_with_time_to_live_keeps_and_serves(url: str, ttl: str) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    headers = {"x-agentcache-ttl": ttl}
    assert [reply.verdict for reply in ask_twice(url, MESSAGES, body, headers)] == ["miss", "hit"]


def test_a_reply_older_than_the_time_to_live_is_expired(
    url: str, provider: ScriptedProvider
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    ask_twice(url, MESSAGES, body)
    late = post(url + MESSAGES, body, {"x-agentcache-ttl": "0.000001"})
    assert (late.verdict, late.reason) == ("miss", "expired")
    assert len(provider.calls) == 2


def test_a_session_without_time_to_live_neither_keeps_nor_serves(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    session = server.session(repository.root, replay_ttl=0.0)
    body = request_body(MESSAGES, note(), temperature=0)
    replies = ask_twice(session.base(provider.url), MESSAGES, body)
    assert [reply.verdict for reply in replies] == ["miss", "miss"]
    own = {"x-agentcache-ttl": "60"}
    replies = ask_twice(session.base(provider.url), MESSAGES, body, own)
    assert [reply.verdict for reply in replies] == ["miss", "hit"]


NEVER: dict[str, Answer] = {
    "cut_in_the_body": Answer(text="A long enough answer.", cut_at_byte=30),
    "cut_after_events": Answer(text="A long enough answer.", cut_after_events=3),
    "error_in_the_stream": Answer(text="A long enough answer.", fail_after_events=4),
    "refusal": Answer(text="I will not.", ending=Ending.REFUSAL),
    "max_tokens": Answer(text="A long enough ans", ending=Ending.MAX_TOKENS),
    "thinking": Answer(text="Yes.", thinking="Is it so? It is."),
    "overloaded": overloaded(),
    "rate_limit": overloaded(429),
    "server_error": Answer(text="Oh", status=500),
    "html": html_page(200),
    "empty_body": Answer(body=b""),
    "empty_object": Answer(body=b"{}"),
    "error_with_200": Answer(body=b'{"type":"error","error":{"type":"x","message":"m"}}'),
}


def can_answer(path: str, answer: Answer, *, streams: bool) -> bool:
    """Chat completions carry no thinking, and a JSON answer has no events."""
    has_events = answer.cut_after_events is not None or answer.fail_after_events is not None
    return not (path == CHAT and answer.thinking) and (streams or not has_events)


@pytest.mark.parametrize(
    ("path", "streams", "answer"),
    [
        pytest.param(path, streams, answer, id=f"{name}-{path}-{streams}")
        for path in WIRES
        for streams in (False, True)
        for name, answer in NEVER.items()
        if can_answer(path, answer, streams=streams)
    ],
)
def test_what_did_not_end_well_is_never_replayed(
    url: str,
    provider: ScriptedProvider,
    path: str,
    streams: bool,
    answer: Answer,
) -> None:
    provider._script = lambda _: answer
    body = request_body(path, note(), temperature=0, stream=streams)
    for number in (1, 2):
        try:
            assert post(url + path, body).verdict == "miss"
        except (http.client.IncompleteRead, ConnectionError):
            assert answer.cut_at_byte or answer.cut_after_events
        assert len(provider.calls) == number


def test_a_call_of_a_tool_that_may_write_is_never_replayed(
    url: str, provider: ScriptedProvider
) -> None:
    for name, given in [("Write", {"file_path": "a", "content": "b"}), ("Bash", {"command": "ls"}),
                        ("mcp__x__y", {})]:  # fmt: skip
        use = ToolCall(name, dict(given))
        provider._script = lambda _, use=use: Answer(tools=(use,))  # type: ignore[misc]
        offered: list[Json] = [*TOOLS, tool("mcp__x__y")]
        body = request_body(MESSAGES, note(), temperature=0, tools=offered)
        assert [reply.verdict for reply in ask_twice(url, MESSAGES, body)] == ["miss", "miss"]


TOOL: dict[str, Json] = {
    MESSAGES: tool("Read", "file_path"),
    CHAT: {"type": "function", "function": {"name": "Read", "parameters": {"type": "object"}}},
    RESPONSES: {"type": "function", "name": "Read", "parameters": {"type": "object"}},
}


def ids_of(path: str, body: bytes) -> set[str]:
    """The message's id, and those of its tool calls."""
    uses = [part.id for part in decoded(path, body).parts if isinstance(part, ToolUse)]
    return {str(decode_json_object(body)["id"]), *uses}


def following(path: str, body: bytes, asked: dict[str, Json]) -> dict[str, Json]:
    """The next request of a conversation: what came, and the results of its tools."""
    reply = decode_json_object(body)
    uses = [part.id for part in decoded(path, body).parts if isinstance(part, ToolUse)]
    key = "input" if path == RESPONSES else "messages"
    said: list[Json] = [*asked[key]]  # type: ignore[misc]
    if path == MESSAGES:
        said.append({"role": "assistant", "content": reply["content"]})
        results: list[Json] = [
            {"type": "tool_result", "tool_use_id": each, "content": "x"} for each in uses
        ]
        said.append({"role": "user", "content": results})
    elif path == CHAT:
        said.append(reply["choices"][0]["message"])  # type: ignore[index,call-overload]
        said += [{"role": "tool", "tool_call_id": each, "content": "x"} for each in uses]
    else:
        said += convert(reply["output"], list[Json])
        said += [{"type": "function_call_output", "call_id": each, "output": "x"} for each in uses]
    return asked | {key: said}


@pytest.mark.parametrize("path", WIRES)
def test_every_replay_has_ids_of_its_own_that_the_provider_takes(
    url: str, provider: ScriptedProvider, path: str
) -> None:
    uses = tuple(ToolCall("Read", {"file_path": name}) for name in ("a.py", "b.py"))
    provider._script = lambda request: (
        Answer(text="Let me see.", tools=uses) if request.number == 1 else Answer(text="Done.")
    )
    fields: dict[str, Json] = {"temperature": 0, "tools": [TOOL[path]]}
    asked = decode_json_object(request_body(path, note(), **fields))
    replies = [post(url + path, request_body(path, "", **asked)) for _ in range(4)]
    assert [reply.verdict for reply in replies] == ["miss", "hit", "hit", "hit"]
    ids = [ids_of(path, reply.body) for reply in replies]
    assert all(len(each) == 3 for each in ids)
    assert len(set.union(*ids)) == 12
    for number, reply in enumerate(replies, start=1):
        # A second question, so that no following turn is itself a replay.
        after = following(path, reply.body, asked) | {"temperature": 0.5 + number / 10}
        ended = post(url + path, request_body(path, "", **after))
        assert (ended.status, ended.verdict) == (200, "miss"), ended.body
    assert provider.violations == []
