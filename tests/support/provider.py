"""A model provider on 127.0.0.1 that answers by script and refuses what the real ones refuse."""

import asyncio
import random
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from aiohttp import web

from agentcache.core.codec import CodecError, JsonObject, decode_json_object, encode_json
from support import prefix_net
from support.provider_replies import error_body, error_event, json_reply, sse_reply
from support.provider_rules import breaches, missing_auth
from support.provider_values import Answer, ProviderRequest, Script

MODELS = ("claude-scripted-1", "gpt-scripted-1")


@dataclass(frozen=True, slots=True)
class WholeEvents:
    """Every SSE event leaves in one write."""


@dataclass(frozen=True, slots=True)
class SingleBytes:
    """Every byte leaves in a write of its own."""


@dataclass(frozen=True, slots=True)
class RandomChunks:
    """Writes of 1 to `largest` bytes that know nothing of events; equal seeds cut equally."""

    seed: int
    largest: int = 64


Chunking: TypeAlias = WholeEvents | SingleBytes | RandomChunks


class ScriptedProvider:
    """`with ScriptedProvider(script) as provider:` serves at `provider.url` until it is left.

    `requests` has everything that came in, `violations` a sentence for every rule of the
    provider that was broken. A script that raises gives status 500 and lands in `failures`;
    leaving the context then fails. `refused` has the numbers of requests that broke a rule.
    `abandoned` has the numbers of requests whose client left before its answer was complete,
    `left` is set with the first. `drops_connections`: the server closes after each answer
    although the answer did not say so, as idle timeouts do.
    """

    def __init__(
        self, script: Script, *, chunks: Chunking | None = None, drops_connections: bool = False
    ) -> None:
        self.requests: list[ProviderRequest] = []
        self.violations: list[str] = []
        self.failures: list[BaseException] = []
        self.refused: set[int] = set()
        self.abandoned: list[int] = []
        self.left = threading.Event()
        self.url = ""
        self._script = script
        self._chunks = chunks or WholeEvents()
        self._drops_connections = drops_connections
        self._connections: dict[object, int] = {}
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="scripted provider", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def tls_url(self) -> str:
        """An https URL of this server, where every TLS handshake fails."""
        return self.url.replace("http://", "https://")

    @property
    def calls(self) -> list[ProviderRequest]:
        """Only the requests to a model."""
        return [request for request in self.requests if request.wire is not None]

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        prefix_net.started.append(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        if error is None and self.failures:
            raise AssertionError(f"the script failed: {self.failures!r}") from self.failures[0]

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        async with self._listening() as stopping:
            await stopping.wait()

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[asyncio.Event]:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        app = web.Application(client_max_size=256 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._started.set()
        try:
            yield self._stopping
        finally:
            await runner.cleanup()

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        request = await self._record(incoming)
        answer = self._decide(request)
        try:
            response = await self._send(answer, request, incoming)
        except (asyncio.CancelledError, ConnectionError):
            if self._stopping is not None and not self._stopping.is_set():
                self.abandoned.append(request.number)
                self.left.set()
            raise
        if self._drops_connections and incoming.transport is not None:
            # close() lets what was written drain first
            asyncio.get_running_loop().call_soon(incoming.transport.close)
        return response

    async def _record(self, incoming: web.Request) -> ProviderRequest:
        arrived = time.monotonic()
        body = await incoming.read()
        parsed: JsonObject | None
        try:
            parsed = decode_json_object(body)
        except CodecError:
            parsed = None
        connection = self._connections.setdefault(incoming.protocol, len(self._connections) + 1)
        request = ProviderRequest(
            number=len(self.requests) + 1,
            connection=connection,
            method=incoming.method,
            path=incoming.path,
            query=incoming.query_string,
            headers={name.lower(): value for name, value in incoming.headers.items()},
            body=body,
            body_json=parsed,
            arrived=arrived,
        )
        self.requests.append(request)
        return request

    def _decide(self, request: ProviderRequest) -> Answer:
        if (fixed := _fixed_answer(request)) is not None:
            return fixed
        status, found = _refusal(request)
        if found:
            self.refused.add(request.number)
            place = f"#{request.number} {request.method} {request.path}"
            self.violations.extend(f"{place}: {breach}" for breach in found)
            return _json_answer(status, error_body(request.wire, status, "; ".join(found)))
        try:
            return self._script(request)
        except Exception as error:  # noqa: BLE001  a failing script must fail the test, not hang it
            self.failures.append(error)
            return Answer(text=f"the script failed: {error!r}", status=500)

    async def _send(
        self, answer: Answer, request: ProviderRequest, incoming: web.Request
    ) -> web.StreamResponse:
        content_type, events = _events(answer, request)
        headers = {"content-type": content_type, "request-id": f"req_{request.number:024d}"}
        response = web.StreamResponse(status=answer.status, headers=headers | dict(answer.headers))
        if not content_type.startswith("text/event-stream"):
            response.content_length = sum(map(len, events))
        if answer.gate is not None and answer.gate_after_events == 0:
            await answer.gate.passed()
        if answer.cut_at_byte == 0 or answer.cut_after_events == 0:
            return _abort(incoming, response)
        await response.prepare(incoming)
        if await self._write(answer, events, response):
            return _abort(incoming, response)
        await response.write_eof()
        return response

    async def _write(
        self, answer: Answer, events: list[bytes], response: web.StreamResponse
    ) -> bool:
        """Write the events; True if the answer wants the connection cut after them."""
        left = answer.cut_at_byte
        for number, event in enumerate(events, start=1):
            allowed = event if left is None else event[:left]
            for piece in self._pieces(allowed, number):
                await response.write(piece)
            if left is not None:
                left -= len(allowed)
            if left == 0 or number == answer.cut_after_events:
                await response.drain()
                return True
            if answer.gate is not None and number == answer.gate_after_events:
                await answer.gate.passed()
        return False

    def _pieces(self, event: bytes, number: int) -> Iterator[bytes]:
        match self._chunks:
            case WholeEvents():
                yield event
            case SingleBytes():
                yield from (event[place : place + 1] for place in range(len(event)))
            case RandomChunks(seed, largest):
                chance = random.Random(f"{seed}/{number}")  # noqa: S311  not for secrets
                while event:
                    size = chance.randint(1, largest)
                    yield event[:size]
                    event = event[size:]


def _abort(incoming: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if incoming.transport is not None:
        # What was written goes out, but the body's end is never sent.
        incoming.transport.close()
    return response


def _events(answer: Answer, request: ProviderRequest) -> tuple[str, list[bytes]]:
    wire = request.wire
    if answer.body is not None:
        return "application/json", [answer.body]
    if answer.status != 200 or wire is None:
        return "application/json", [error_body(wire, answer.status, answer.text)]
    if not request.stream:
        return "application/json", [json_reply(answer, request)]
    events = sse_reply(answer, request)
    if answer.fail_after_events is not None:
        events = [*events[: answer.fail_after_events], error_event(wire)]
    return "text/event-stream; charset=utf-8", events


def _json_answer(status: int, body: bytes) -> Answer:
    return Answer(status=status, body=body)


def _refusal(request: ProviderRequest) -> tuple[int, list[str]]:
    if found := list(missing_auth(request.headers)):
        return 401, found
    if request.wire is None or request.body_json is None:
        return 400, ["the request body is not a JSON object"]
    return 400, list(breaches(request.wire, request.body_json, request.headers))


def _fixed_answer(request: ProviderRequest) -> Answer | None:
    match request.method, request.path:
        case "GET", "/v1/models":
            listed = [{"id": name, "object": "model", "type": "model"} for name in MODELS]
            return _json_answer(200, encode_json({"object": "list", "data": listed}))
        case "POST", "/v1/messages/count_tokens":
            return _json_answer(200, encode_json({"input_tokens": max(1, len(request.body) // 4)}))
        case _ if request.wire is None:
            return _json_answer(404, error_body(None, 404, f"no such path: {request.path}"))
        case _:
            return None
