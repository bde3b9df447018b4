"""The proxy: every request of a session, answered from the cache or by its provider.

What is not a request to a model passes through. What the provider says goes to the client byte for
byte, as it comes; a copy is read once it has ended.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

import aiohttp
from aiohttp import web

from agentcache.core.codec import encode_json
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode
from agentcache.core.values import WireName
from agentcache.errors import WireError
from agentcache.prefix.body import Body, read_body
from agentcache.server.calls import Calls, Decision, with_ttl
from agentcache.server.explaining import Explaining, Sent
from agentcache.server.flights import BrokenError, Flight, Head
from agentcache.server.headers import to_client, to_upstream
from agentcache.server.prefixes import Prefixes
from agentcache.server.routes import Route, read_route
from agentcache.server.sessions import LiveSession, Sessions
from agentcache.server.spec import BEAT
from agentcache.server.steps import is_plain_step
from agentcache.server.upstream import Headers, UnreachableError, Upstreams
from agentcache.sharing import FlightKey, flight_key
from agentcache.wire import Wire
from agentcache.wire.reading import shaping_headers, shaping_query
from agentcache.wire.route import wire_for

RETRY_WINDOW = 60.0
"""Seconds for which a reply that its client did not live to read waits for a retry."""

_EXPECTED_WITHIN = 1.5 * BEAT
"""Seconds for which a request waits for its session to find the server that took over."""

_CLIENT_LEFT = 499
"""Read by nobody."""

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class _Sending:
    """A request as it goes upstream. `call`: what is told of it afterwards, None for no Call."""

    live: LiveSession
    method: str
    url: str
    headers: Headers
    body: object
    call: Sent | None = None


class Proxy:
    """Answers `/s/...`; `calls` decides, `upstreams` connects.

    `is_settling`: whether sessions of the server before may not have found this one yet.
    """

    def __init__(
        self,
        *,
        sessions: Sessions,
        calls: Calls,
        upstreams: Upstreams,
        prefixes: Prefixes,
        explaining: Explaining,
        is_settling: Callable[[], bool],
        clock: Callable[[], float],
    ) -> None:
        self._clock = clock
        self._sessions = sessions
        self._prefixes = prefixes
        self._explaining = explaining
        self._is_settling = is_settling
        self._calls = calls
        self._upstreams = upstreams
        self._flights: dict[FlightKey, Flight] = {}
        self._landings: dict[Flight, asyncio.Future[None]] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._answer(request)
        except aiohttp.ClientConnectionResetError:
            # A write finds that the client left before the loop tells, and ends the handler.
            return web.Response(status=_CLIENT_LEFT)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw_path, _, query = request.raw_path.partition("?")
        route = read_route(raw_path)
        live = await self._expected(route.token) if route else None
        if route is None or live is None:
            return self._no_session(is_route=route is not None)
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return _problem(426, "upgrade_required", "agentcache: use HTTP, not a websocket")
        live.requests += 1
        wire = wire_for(request.method, route.path)
        if wire is None or live.session.mode is Mode.OFF:
            reason = Reason.NOT_A_CALL if wire is None else Reason.OFF
            return await self._pass(request, route, query, live, reason)
        return await self._call(request, route, query, live, wire)

    async def _expected(self, token: str) -> LiveSession | None:
        """The session of `token`; one of the server before is waited for a little."""
        now = asyncio.get_running_loop().time
        until = now() + _EXPECTED_WITHIN
        while (live := self._sessions.use(token, now=self._clock())) is None:
            if now() > until or not self._is_settling():
                break
            await asyncio.sleep(0.02)
        return live

    def _no_session(self, *, is_route: bool) -> web.Response:
        if not (is_route and self._is_settling()):
            gone = "agentcache: this URL belongs to no session: its `run` ended a while ago"
            return _problem(404, "not_found_error", gone)
        answer = _problem(503, "overloaded_error", "agentcache: the server has just started")
        answer.headers["retry-after"] = "1"
        return answer

    async def _pass(
        self, request: web.Request, route: Route, query: str, live: LiveSession, reason: Reason
    ) -> web.StreamResponse:
        has_body = request.can_read_body
        length = request.content_length
        body: object = None
        if has_body:
            body = _stream(request) if length is None or length > 1 << 20 else await request.read()
        headers = to_upstream(
            request.headers.items(), has_body=isinstance(body, bytes), user_info=route.user_info
        )
        sending = _Sending(live, request.method, _url(route, query), headers, body)
        decision = Decision(reason=reason, verdict="pass")
        flight = self._launch(sending, _made(decision), is_held=False)
        return await self._relay(request, flight, decision)

    async def _call(
        self, request: web.Request, route: Route, query: str, live: LiveSession, wire: Wire
    ) -> web.StreamResponse:
        self._explaining.note_call()
        body = await request.read()
        lowered = {name.lower(): value for name, value in request.headers.items()}
        upstream = route.url + shaping_query(query)
        deciding = self._calls.decide(wire, body, lowered, session=live.session, upstream=upstream)
        headers = to_upstream(request.headers.items(), has_body=True, user_info=route.user_info)
        sending = _Sending(live, request.method, _url(route, query), headers, body)
        sent = asyncio.Event()
        parts = _taken_apart(wire.NAME, body)
        if parts is not None and is_plain_step(parts, with_ttl(live.session, lowered)):
            # It goes to the provider at once and is read while that one thinks.
            shape = tuple(sorted(shaping_headers(lowered).items()))
            key: FlightKey | None = (live.session.tenant, sending.url, sha256(body).digest(), shape)
            decided: asyncio.Future[Decision] = asyncio.ensure_future(_after(sent, deciding))
        else:
            # Awaited as it stands: in a task's extra turn of the loop an equal flight could land.
            decided = _made(await deciding)
            if decided.result().answer is not None:
                return await self._serve(request, decided.result(), live)
            key = flight_key(decided.result(), sending.url, body)
        if key is not None and (flight := self._flights.get(key)) is not None:
            sent.set()
            shared = await self._share(request, flight, await asyncio.shield(decided), live)
            if shared is not None:
                return shared
            key = None
        stable = self._prefixes.stabilise(live, wire.NAME, parts or body, upstream=route.url)
        call = Sent(wire.NAME, route.url, body, stable.body, stable.conversation, lowered)
        sending = replace(sending, body=stable.body, call=call)
        flight = self._launch(sending, decided, key=key, sent=sent.set)
        with flight.joined():
            # A client that leaves ends its own waiting, not the decision that the flight counts by.
            decision = await asyncio.shield(decided)
            if decision.answer is not None:
                return await self._serve(request, decision, live)
            return await self._relay(request, flight, decision)

    async def _serve(
        self, request: web.Request, decision: Decision, live: LiveSession
    ) -> web.StreamResponse:
        answer = decision.answer or b""
        response = web.StreamResponse(headers=decision.answer_headers)
        if decision.call is None or not decision.call.stream:
            response.content_length = len(answer)
        await response.prepare(request)
        await response.write(answer)
        await response.write_eof()
        self._calls.note_hit(decision, live)
        return response

    async def _share(
        self, request: web.Request, flight: Flight, decision: Decision, live: LiveSession
    ) -> web.StreamResponse | None:
        """Answer from a flight that another request began; None when it has no good answer."""
        reason = Reason.RETRY if flight.is_done else Reason.IN_FLIGHT
        with flight.joined():
            try:
                head = await flight.head()
            except (UnreachableError, BrokenError):
                return None
            if head.status != 200 or flight.is_broken:
                return None
            shared = replace(decision, verdict="hit", reason=reason)
            response = await self._relay(request, flight, shared)
        self._calls.note_shared(shared, live, is_whole=flight.error is None)
        return response

    def _launch(
        self,
        sending: _Sending,
        decided: asyncio.Future[Decision],
        *,
        key: FlightKey | None = None,
        is_held: bool = True,
        sent: Callable[[], None] = lambda: None,
    ) -> Flight:
        flight = Flight(
            self._request(sending, sent),
            clock=self._clock,
            is_held=is_held,
        )
        if key is not None:
            self._flights[key] = flight
        self._landings[flight] = asyncio.get_running_loop().create_future()

        async def landed(flight: Flight) -> None:
            try:
                await note(flight)
            finally:
                self._landings.pop(flight).set_result(None)

        async def note(flight: Flight) -> None:
            sent()  # or it never was, and never will be
            if key is not None and self._flights.get(key) is flight:
                del self._flights[key]
            decision = await decided
            receiving = asyncio.ensure_future(self._calls.received(decision, flight))
            is_miss = decision.verdict == "miss"
            noting = self._calls.note_landed(decision, receiving, sending.live) if is_miss else None
            received = await receiving
            if sending.call is not None:
                times = (flight.began_at, flight.first_at, self._clock())
                await self._explaining.note_return(
                    sending.live, sending.call, received, event=decision.id, times=times
                )
            if noting is not None:
                may_return = await noting
                if key is not None and may_return and flight.is_unread:
                    self._leave_for_retry(key, flight)

        flight.start(landed)
        return flight

    @asynccontextmanager
    async def _request(
        self, sending: _Sending, sent: Callable[[], None]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; one that was shaped and is refused is sent again as the host made it."""
        live, call = sending.live, sending.call
        send = partial(
            self._upstreams.request,
            live.network,
            sending.method,
            sending.url,
            headers=sending.headers,
            sent=sent,
        )
        async with send(body=sending.body) as response:
            refused = response.status
            is_shaped = call is not None and call.body is not call.told
            if not (call and is_shaped and self._prefixes.is_refused(call.url, refused)):
                yield response
                return
        call.body = call.told
        async with send(body=call.told) as response:
            if response.ok:
                self._prefixes.leave_alone(live, call.url, status=refused)
            yield response

    async def settle(self) -> None:
        """Wait until every reply that has come is noted."""
        while landing := [one for flight, one in self._landings.items() if flight.is_done]:
            await asyncio.wait(landing)

    def _leave_for_retry(self, key: FlightKey, flight: Flight) -> None:
        """Keep a whole reply that nobody got to the end of, for the retry that may come."""

        def forget() -> None:
            if self._flights.get(key) is flight:
                del self._flights[key]

        if self._flights.setdefault(key, flight) is flight:
            flight.on_delivery = forget
            asyncio.get_running_loop().call_later(RETRY_WINDOW, forget)

    async def _relay(
        self, request: web.Request, flight: Flight, decision: Decision
    ) -> web.StreamResponse:
        with flight.joined():
            try:
                head = await flight.head()
            except (UnreachableError, BrokenError) as error:
                return _unreachable(request, error, decision)
            response = _response(head, decision.header)
            await response.prepare(request)
            try:
                async for chunk in flight.read():
                    await response.write(chunk)
            except BrokenError:
                # The client must see that it was cut: every host takes a clean end for complete.
                if request.transport is not None:
                    request.transport.close()
                return response
            await response.write_eof()
            flight.delivered()
            return response


async def _after(sent: asyncio.Event, deciding: Coroutine[None, None, Decision]) -> Decision:
    await sent.wait()
    return await deciding


def _made(decision: Decision) -> asyncio.Future[Decision]:
    """A decision that was made already, for those who wait for one."""
    made = asyncio.get_running_loop().create_future()
    made.set_result(decision)
    return made


def _url(route: Route, query: str) -> str:
    return f"{route.url}?{query}" if query else route.url


def _taken_apart(wire: WireName, body: bytes) -> Body | None:
    """The body for those who need only parts of it; None when it is not understood."""
    try:
        return read_body(wire, body)
    except WireError:
        return None


async def _stream(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk


def _response(head: Head, decision: str) -> web.StreamResponse:
    return web.StreamResponse(
        status=head.status, reason=head.reason, headers=to_client(head.headers, decision=decision)
    )


def _unreachable(request: web.Request, error: Exception, decision: Decision) -> web.Response:
    route = read_route(request.raw_path.partition("?")[0])
    return _problem(
        502,
        "api_error",
        f"agentcache: {route.origin if route else 'the provider'} cannot be reached: {error}",
        decision=replace(decision, reason=Reason.UPSTREAM_UNREACHABLE).header,
    )


def _problem(
    status: int, kind: str, message: str, *, decision: str = "pass; reason=not_a_call"
) -> web.Response:
    """An error of ours in the form that both providers' clients read."""
    body = {"type": "error", "error": {"type": kind, "message": message, "code": kind}}
    return web.Response(
        status=status,
        body=encode_json(body),
        content_type=_JSON,
        headers={"x-agentcache": decision},
    )
