"""Never in the way: what the provider says arrives as without the cache, whatever fails."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from agentcache import AgentCache, Mode
from agentcache.client.connected import Connected
from agentcache.client.embedded import Embedded
from agentcache.core.reasons import Reason
from agentcache.errors import StoreError
from agentcache.pipeline import TTL_HEADER
from client.askers import Form, Place
from flows.conftest import QUESTION
from flows.raw_upstream import Play, RawUpstream, chunked
from flows.wires import HEADERS, MESSAGES, WIRES, fresh, reply_events, request_body
from support.provider import RandomChunks, ScriptedProvider
from support.provider_values import Answer, Ending, Gate, html_page, overloaded
from support.repositories import Repo
from support.server import live_server, wait_until_gone

EMBEDDED = [Form.LIBRARY_SYNC, Form.LIBRARY_ASYNC]
ANSWERS = {
    "whole": Answer(text="word " * 500),
    "overloaded": overloaded(retry_after="3"),
    "error": Answer(text="Oh", status=500),
    "html": html_page(502),
    "max_tokens": Answer(text="So far", ending=Ending.MAX_TOKENS),
    "not json": Answer(body=b"\xff\xfe nothing", status=200),
    "error in the stream": Answer(text="word " * 50, fail_after_events=3),
}


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider(lambda _: Answer(text="Yes."), chunks=RandomChunks(3)) as provider:
        yield provider


def note() -> str:
    """What is no question, so that only a replay can answer it."""
    return fresh("Remember this: the thing")


def send(
    cache: AgentCache | None,
    form: Form,
    url: str,
    *,
    content: bytes | None = None,
    method: str = "POST",
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    """One request by a client of the cache, or by one without."""
    sent = HEADERS | (headers or {})
    if not form.is_async:
        with cache.http_client() if cache else httpx2.Client() as http:
            return http.request(method, url, content=content, headers=sent)

    async def request() -> httpx2.Response:
        async with cache.async_http_client() if cache else httpx2.AsyncClient() as http:
            return await http.request(method, url, content=content, headers=sent)

    return asyncio.run(request())


def told(response: httpx2.Response) -> list[tuple[str, str]]:
    """Its headers, but for those that are ours or of the moment."""
    ours = ("x-agentcache", "date", "request-id")
    return [pair for pair in response.headers.multi_items() if pair[0] not in ours]


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("form", EMBEDDED)
@pytest.mark.parametrize("name", ANSWERS)
def test_a_miss_is_byte_for_byte_what_the_provider_says(
    place: Place, provider: ScriptedProvider, name: str, form: Form, streams: bool
) -> None:
    gateway = ANSWERS[name]
    body = request_body(MESSAGES, note(), temperature=0, stream=streams)
    fixed: list[httpx2.Response] = []
    provider._script = lambda _: gateway
    with place.cache(form) as cache:
        fixed = [send(one, form, place.url + MESSAGES, content=body) for one in (None, cache)]
    plain, cached = fixed
    assert (cached.status_code, told(cached)) == (plain.status_code, told(plain))
    assert without_ids(cached.content) == without_ids(plain.content)
    assert provider.requests[0].body == provider.requests[1].body == body


def without_ids(content: bytes) -> list[bytes]:
    """The provider's fresh ids are of one length; what stands around them is compared."""
    return [word for word in content.split(b'"') if not word.startswith((b"msg_", b"req_"))]


@pytest.mark.parametrize("form", EMBEDDED)
def test_the_provider_gets_the_request_as_it_is(
    place: Place, provider: ScriptedProvider, form: Form
) -> None:
    added = {"anthropic-beta": "b-2026-01-01", "x-agentcache-ttl": "60", "Accept-Encoding": "br"}
    body = b" " + request_body(MESSAGES, note(), unknown={"b": 1, "a": 2})
    with place.cache(form) as cache:
        for one in (None, cache):
            send(one, form, f"{place.url}{MESSAGES}?beta=true", content=body, headers=added)
    plain, cached = provider.requests
    ours = {"x-agentcache-ttl": "60"}
    assert dict(cached.headers) == {
        name: value for name, value in plain.headers.items() if name not in ours
    } | {"accept-encoding": "identity"}
    assert (cached.body, cached.query) == (body, plain.query)


@pytest.mark.parametrize("form", Form)
def test_what_is_no_request_to_a_model_passes(place: Place, form: Form) -> None:
    with place.cache(form) as cache:
        listed = send(cache, form, f"{place.url}/v1/models", method="GET")
        assert listed.json() == send(None, form, f"{place.url}/v1/models", method="GET").json()
        assert listed.headers["x-agentcache"] == "pass; reason=not_a_call"
        counted = send(
            cache, form, f"{place.url}/v1/messages/count_tokens",
            content=request_body(MESSAGES, QUESTION),
        )  # fmt: skip
        assert counted.status_code == 200
        assert counted.headers["x-agentcache"] == "pass; reason=not_a_call"


@pytest.mark.parametrize("form", [Form.LIBRARY_SYNC, Form.CONNECTED_SYNC])
def test_a_url_arrives_as_it_is_written(place: Place, form: Form) -> None:
    target = "/v1/files/a%2Fb%20c/d+e;f?after=x%26y&q=%C3%A4+z&q=2"
    with RawUpstream() as upstream, place.cache(form) as cache:
        for one in (None, cache):
            send(one, form, upstream.url + target, method="GET")
    plain, cached = upstream.received
    assert cached.target == plain.target == target


@pytest.mark.parametrize("ends", [True, False], ids=["ends", "breaks off"])
@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("form", EMBEDDED)
def test_a_stream_that_breaks_off_after_its_last_event_is_not_kept(
    place: Place, form: Form, path: str, ends: bool
) -> None:
    events = reply_events(path, Answer(text="All of it."))
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    body = request_body(path, note(), temperature=0, stream=True)
    with RawUpstream() as upstream, place.cache(form) as cache:
        upstream.script = lambda _: Play([head, *chunked(events, end=ends)], keep=ends)
        with nullcontext() if ends else pytest.raises(httpx2.TransportError):
            send(cache, form, upstream.url + path, content=body)
        assert cache.last is not None
        assert cache.last.kept == (Reason.KEPT if ends else Reason.CUT)


@pytest.mark.parametrize("form", EMBEDDED)
def test_what_is_not_understood_passes(
    place: Place, provider: ScriptedProvider, form: Form
) -> None:
    with place.cache(form) as cache:
        said = send(cache, form, place.url + MESSAGES, content=b"{not json")
        assert said.status_code == 400
        assert "reason=not_understood" in said.headers["x-agentcache"]
    assert provider.requests[0].body == b"{not json"


@pytest.mark.parametrize("form", Form)
def test_while_the_process_stands_elsewhere_than_at_opening_all_passes(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    stands = {"a": place.repository, "b": tmp_path}
    monkeypatch.chdir(place.repository)
    with place.cache(form) as cache:
        said = []
        for where in "aaba":
            monkeypatch.chdir(stands[where])
            said.append(send(cache, form, place.url + MESSAGES, content=body))
    verdicts = [each.headers["x-agentcache"].partition(";")[0] for each in said]
    assert verdicts == ["miss", "hit", "pass", "hit"]
    assert "reason=moved" in said[2].headers["x-agentcache"]


@pytest.mark.parametrize("form", EMBEDDED)
def test_where_it_was_opened_for_another_place_the_process_may_go_anywhere(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form) as cache:
        for verdict in ("miss", "hit"):
            said = send(cache, form, place.url + MESSAGES, content=body)
            assert said.headers["x-agentcache"].partition(";")[0] == verdict
            monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_a_cache_only_observes_where_git_shows_agents_something_else(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(tmp_path / "other"))
    with place.cache(Form.LIBRARY_SYNC) as cache:
        assert cache.where.desk.shelf.session.mode is Mode.OBSERVE
    monkeypatch.setenv(name, {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index"}.get(name, "."))
    with place.cache(Form.LIBRARY_SYNC) as cache:
        assert cache.where.desk.shelf.session.mode is Mode.ON


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(("mode", "verdict"), [(Mode.OFF, "pass"), (Mode.OBSERVE, "miss")])
def test_a_cache_that_is_off_or_observes_serves_nothing(
    place: Place, provider: ScriptedProvider, form: Form, mode: Mode, verdict: str
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form, mode=mode) as cache:
        for _ in range(2):
            said = send(cache, form, place.url + MESSAGES, content=body)
            assert said.headers["x-agentcache"].partition(";")[0] == verdict
    assert len(provider.calls) == 2


@pytest.mark.parametrize("form", EMBEDDED)
def test_a_reply_that_cannot_be_read_arrives_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch, form: Form
) -> None:
    monkeypatch.setattr("agentcache.wire.anthropic.decode_reply", broken)
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form) as cache:
        assert "Yes." in send(cache, form, place.url + MESSAGES, content=body).text
        assert cache.last is not None
        assert cache.last.kept == Reason.CACHE_FAILED


@pytest.mark.parametrize("form", EMBEDDED)
def test_an_error_is_not_kept_even_if_its_body_is_a_reply(
    place: Place, provider: ScriptedProvider, form: Form
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    whole = send(None, form, place.url + MESSAGES, content=body).content
    provider._script = lambda _: Answer(status=500, body=whole)
    with place.cache(form) as cache:
        assert send(cache, form, place.url + MESSAGES, content=body).status_code == 500
        assert cache.last is not None
        assert cache.last.kept == Reason.PROVIDER_ERROR


@pytest.mark.parametrize("form", EMBEDDED)
def test_what_one_provider_said_is_no_answer_of_another(
    place: Place, provider: ScriptedProvider, form: Form
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    with ScriptedProvider(lambda _: Answer(text="No.")) as other, place.cache(form) as cache:
        for url, said in ((provider.url, "Yes."), (other.url, "No."), (provider.url, "Yes.")):
            assert said in send(cache, form, url + MESSAGES, content=body).text
        assert (len(provider.calls), len(other.calls)) == (1, 1)


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("the cache has a bug")


def full(*_: object, **__: object) -> None:
    raise StoreError("the disk is full")


@pytest.mark.parametrize("form", EMBEDDED)
@pytest.mark.parametrize(
    ("what", "how", "reason"),
    [
        ("lookup", broken, Reason.CACHE_FAILED),
        ("keep", broken, Reason.NOT_A_QUESTION),
        ("note_use", full, Reason.NOT_A_QUESTION),
        ("note_use", broken, Reason.NOT_A_QUESTION),
        ("record", full, Reason.NOT_A_QUESTION),
    ],
)
def test_a_failure_of_the_cache_is_a_counted_miss(
    place: Place, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch, form: Form,
    what: str, how: Callable[..., None], reason: Reason,
) -> None:  # fmt: skip
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form) as cache:
        assert isinstance(cache.where, Embedded)
        owner = cache.where.ledger if what == "record" else cache.where.driver
        monkeypatch.setattr(owner, what, how)
        for _ in range(2):
            said = send(cache, form, place.url + MESSAGES, content=body)
            assert "Yes." in said.text
            if said.headers["x-agentcache"].startswith("miss"):
                assert cache.last is not None
                assert cache.last.reason == reason
    expected = 1 if what in ("note_use", "record") else 2
    assert len(provider.calls) == expected


@pytest.mark.parametrize("form", EMBEDDED)
def test_a_provider_that_cannot_be_reached_raises_as_without_the_cache(
    place: Place, form: Form
) -> None:
    url = "http://127.0.0.1:9" + MESSAGES
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form) as cache:
        for one in (None, cache):
            with pytest.raises(httpx2.ConnectError):
                send(one, form, url, content=body)
        assert cache.last is not None
        assert cache.last.kept == Reason.UPSTREAM_UNREACHABLE


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("form", Form)
def test_a_reply_that_is_cut_raises_in_the_sdk_as_without_the_cache(
    place: Place, provider: ScriptedProvider, form: Form, streams: bool
) -> None:
    provider._script = lambda _: Answer(text="Some words that end too soon.", cut_at_byte=200)
    asked: dict[str, Any] = {
        "model": "claude-scripted-1", "max_tokens": 9, "extra_body": {"temperature": 0},
        "messages": [{"role": "user", "content": note()}],
    }  # fmt: skip

    def ask(http: httpx2.Client) -> type[BaseException]:
        options: dict[str, Any] = {"api_key": "k", "base_url": place.url, "max_retries": 0}
        client = anthropic.Anthropic(http_client=http, **options)
        with pytest.raises(Exception, match=r"\w") as raised:  # noqa: PT012  # either of two
            if streams:
                with client.messages.stream(**asked) as stream:
                    stream.get_final_message()
            else:
                client.messages.create(**asked)
        return raised.type

    with place.cache(form) as cache, cache.http_client() as http, httpx2.Client() as plain:
        assert ask(http) is ask(plain)
        provider._script = lambda _: Answer(text="Whole.")
        text = "".join(
            block.text
            for block in anthropic.Anthropic(api_key="k", base_url=place.url, http_client=http)
            .messages.create(**asked)
            .content
            if block.type == "text"
        )
        assert text == "Whole."


def test_a_stream_that_its_reader_leaves_is_not_kept(
    place: Place, provider: ScriptedProvider
) -> None:
    gate = Gate()
    provider._script = lambda _: Answer(text="word " * 50, gate=gate, gate_after_events=3)
    body = request_body(MESSAGES, note(), temperature=0, stream=True)
    with place.cache(Form.LIBRARY_SYNC) as cache, cache.http_client() as http:
        url = place.url + MESSAGES
        with http.stream("POST", url, content=body, headers=HEADERS) as response:
            next(response.iter_raw())
        assert cache.last is not None
        assert (cache.last.verdict, cache.last.kept) == ("miss", Reason.CUT)
        gate.open()
        assert http.post(url, content=body, headers=HEADERS).headers["x-agentcache"][:4] == "miss"


def test_a_task_that_is_cancelled_keeps_nothing(place: Place, provider: ScriptedProvider) -> None:
    gate = Gate()
    provider._script = lambda _: Answer(text="word " * 50, gate=gate, gate_after_events=3)
    body = request_body(MESSAGES, note(), temperature=0, stream=True)

    async def test() -> None:
        async with place_cache.async_http_client() as http:
            url = place.url + MESSAGES
            asking = asyncio.create_task(http.post(url, content=body, headers=HEADERS))
            await asyncio.to_thread(gate.reached.wait, 20)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            gate.open()
            assert (await http.post(url, content=body, headers=HEADERS)).headers["x-agentcache"][
                :4
            ] == "miss"

    with place.cache(Form.LIBRARY_ASYNC) as place_cache:
        asyncio.run(test())
        events = place_cache.where.ledger.counters()  # type: ignore[union-attr]  # it is embedded
        assert (events["kept:cut"], events["kept:kept"]) == (1, 1)


def test_a_stream_that_its_reader_leaves_leaves_nothing_open(place: Place) -> None:
    happened: list[str] = []

    class Endless(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                while True:
                    yield b"event: ping\n\n"
            finally:
                happened.append("left")

        async def aclose(self) -> None:
            happened.append("closed")

    async def test() -> None:
        mine = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Endless()))
        async with cache.async_http_client(transport=mine) as http:
            url = "https://far.invalid" + MESSAGES
            async with http.stream("POST", url, content=body, headers=HEADERS) as response:
                await anext(response.aiter_raw())
            assert happened == ["left", "closed"]

    body = request_body(MESSAGES, note(), temperature=0, stream=True)
    with place.cache(Form.LIBRARY_ASYNC) as cache:
        asyncio.run(test())


def test_a_transport_of_ones_own_is_what_goes_to_the_provider(
    place: Place,
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    seen: list[httpx2.Request] = []

    def provider(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=reply)

    with ScriptedProvider(lambda _: Answer(text="Mine.")) as scripted:
        reply = httpx2.post(scripted.url + MESSAGES, content=body, headers=HEADERS).content
    mine = httpx2.MockTransport(provider)
    with place.cache(Form.LIBRARY_SYNC) as cache, cache.http_client(transport=mine) as http:
        for _ in range(2):
            said = http.post("https://far.invalid" + MESSAGES, content=body, headers=HEADERS)
            assert "Mine." in said.text
    assert [str(request.url) for request in seen] == ["https://far.invalid" + MESSAGES]


def test_the_environments_proxy_is_used(
    place: Place, provider: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", provider.url)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with place.cache(Form.LIBRARY_SYNC) as cache, cache.http_client() as http:
        body = request_body(MESSAGES, note(), temperature=0)
        http.post("http://far.invalid" + MESSAGES, content=body, headers=HEADERS)
    assert provider.requests[0].headers["host"] == "far.invalid"


@pytest.mark.parametrize("path", WIRES)
def test_a_request_may_say_how_long_a_replay_lives(place: Place, path: str) -> None:
    body = request_body(path, note(), temperature=0)
    with place.cache(Form.LIBRARY_SYNC) as cache:
        for _ in range(2):
            said = send(
                cache, Form.LIBRARY_SYNC, place.url + path, content=body,
                headers={"x-agentcache-ttl": "0"},
            )  # fmt: skip
            assert said.headers["x-agentcache"].startswith("miss")


@pytest.mark.parametrize("form", [Form.CONNECTED_SYNC, Form.CONNECTED_ASYNC])
def test_where_the_server_is_gone_the_provider_is_asked_without_it(
    place: Place, provider: ScriptedProvider, form: Form
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    with place.cache(form) as cache:
        assert isinstance(cache.where, Connected)
        cache.where.root = "http://127.0.0.1:9/s/token"
        said = send(cache, form, place.url + MESSAGES, content=body, headers={TTL_HEADER: "9"})
        assert said.headers["x-agentcache"] == "pass; reason=cache_failed"
        assert "Yes." in said.text
    assert provider.requests[0].body == body
    assert TTL_HEADER not in provider.requests[0].headers


def test_a_server_that_dies_is_replaced_by_another(
    repository: Repo, provider: ScriptedProvider, tmp_path: Path
) -> None:
    body = request_body(MESSAGES, note(), temperature=0)
    with live_server(tmp_path / "home") as server:
        place = Place(repository.root, provider.url, tmp_path, lambda: server.places.home)
        with place.cache(Form.CONNECTED_SYNC) as cache, cache.http_client() as http:
            os.kill(server.owner.pid, signal.SIGKILL)
            wait_until_gone(server.owner.pid)
            verdict, until = "pass", time.monotonic() + 20
            while verdict != "miss" and time.monotonic() < until:
                reply = http.post(place.url + MESSAGES, content=body, headers=HEADERS)
                # An SDK tries this again: the server has not heard of the session yet.
                assert "Yes." in reply.text or reply.headers["retry-after"] == "1"
                verdict = reply.headers["x-agentcache"].partition(";")[0]
                time.sleep(0.1)
    assert verdict == "miss"
