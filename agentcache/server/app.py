"""The server's process: what it owns, its control interface, and when it leaves."""

import asyncio
import gc
import hmac
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from agentcache import __version__
from agentcache.core.codec import CodecError, JsonObject, decode_json_as, encode_json
from agentcache.core.version import RELEASE
from agentcache.errors import ServerError, StoreError, UsageError
from agentcache.match.embedding import load_embedder
from agentcache.match.same import Matcher
from agentcache.middleware import Driver
from agentcache.prefix.rules import Rules, load_rules
from agentcache.repo.observe import Observer
from agentcache.repo.watch import Watcher
from agentcache.repo.worktree import WorkTree
from agentcache.server.calls import Calls
from agentcache.server.client import spawn
from agentcache.server.config import Config, Places, read_rules
from agentcache.server.explaining import Explaining
from agentcache.server.lock import Owner, ServerLock
from agentcache.server.logs import log_to
from agentcache.server.network import CERTIFICATE_VARIABLES
from agentcache.server.prefixes import Prefixes
from agentcache.server.proxy import Proxy
from agentcache.server.routes import CONTROL
from agentcache.server.sessions import ALIVE_FOR, Sessions
from agentcache.server.settings import without_other_settings
from agentcache.server.spec import SessionSpec
from agentcache.server.states import States
from agentcache.server.tools import Tools, session_of
from agentcache.server.upstream import Upstreams
from agentcache.server.watching import Watching
from agentcache.store.disk import DiskStore
from agentcache.store.entries import Entries
from agentcache.store.ledger import Ledger
from agentcache.store.postings import Postings
from agentcache.tool_results import ToolResults

log = logging.getLogger(__name__)

T = TypeVar("T")

BODY_LIMIT = 1 << 30
"""Bytes of a request; far above what any provider takes, so that the provider is who refuses."""

HEAD_LIMIT, HEADERS_LIMIT = 1 << 16, 1 << 10
"""Bytes of a request's first line and of a header, and how many of these: as for its body."""


_LOOKS_EVERY = 10.0
"""Seconds from one look whether we can still be found to the next."""


class Server:
    """Everything that the server's process owns. `notices` say what could not be used."""

    def __init__(self, places: Places, config: Config, *, clock: Callable[[], float]) -> None:
        self._config = config
        self._clock = clock
        self._started = self._last_request = clock()
        self._is_settling: Callable[[], bool] = lambda: clock() - self._started < ALIVE_FOR
        self._places = places
        self._held: tuple[ServerLock, socket.socket] | None = None
        self.notices: list[str] = []
        self.owner: Owner | None = None
        self._executor = ThreadPoolExecutor(max_workers=8, thread_name_prefix="agentcache")
        self._store = self._try(lambda: DiskStore(places.store, size_limit=config.size_limit))
        self._ledger = self._try(lambda: Ledger(places.ledger))
        for opened in (self._store, self._ledger):
            if opened is not None and opened.set_aside is not None:
                self._notice(f"a damaged file was put aside as {opened.set_aside}; a new one begun")
        self._sessions = Sessions(linger=config.idle_timeout)
        self._upstreams = Upstreams()
        self._postings = self._try(lambda: Postings(places.postings))
        observer = Observer(clock_ns=time.time_ns)
        cache = Driver(
            store=self._store,
            observer=observer,
            find_tree=WorkTree.find,
            clock_ns=time.time_ns,
            postings=self._postings,
            matcher=Matcher(
                load=lambda: load_embedder(config.match.model, home=places.home),
                threshold=config.match.threshold,
            ),
        )
        self._watching = Watching(
            cache=cache, observer=observer, watcher=Watcher(), note=self._note_dropped
        )
        self._calls = Calls(
            cache=cache,
            ledger=self._ledger,
            executor=self._executor,
            clock=clock,
            new_id=lambda: secrets.token_hex(16),
        )
        self._tools = Tools(
            sessions=self._sessions,
            results=ToolResults(
                entries=Entries(self._store),
                observer=observer,
                find_tree=WorkTree.find,
                clock_ns=time.time_ns,
            )
            if self._store is not None
            else None,
            ledger=self._ledger,
            executor=self._executor,
            clock=clock,
            new_id=lambda: secrets.token_hex(16),
        )
        states = States(self._store)
        self._prefixes = Prefixes(
            states=states,
            rules=self._load_rules(places),
            ledger=self._ledger,
            clock=clock,
        )
        self._explaining = Explaining(
            prefixes=self._prefixes,
            states=states,
            ledger=self._ledger,
            executor=self._executor,
        )
        self._proxy = Proxy(
            sessions=self._sessions,
            calls=self._calls,
            upstreams=self._upstreams,
            prefixes=self._prefixes,
            explaining=self._explaining,
            clock=clock,
            is_settling=self._is_settling,
        )
        self._leave = asyncio.Event()

    def _try(self, opened: Callable[[], T]) -> T | None:
        try:
            return opened()
        except StoreError as error:
            self._notice(str(error))
            return None

    def _load_rules(self, places: Places) -> Rules:
        try:
            return read_rules(places, self._config.prefix)
        except UsageError as error:
            self._notice(f"{error}; ours hold until `agentcache stop` and the next run")
            return load_rules(None)

    def _note_dropped(self, count: int) -> None:
        if self._ledger is not None:
            self._ledger.count({"dropped": count})

    def _notice(self, text: str) -> None:
        log.warning("%s", text)
        self.notices.append(text)

    async def run(
        self, lock: ServerLock, listening: socket.socket, *, ready: Callable[[Owner], None]
    ) -> None:
        """Serve until told to leave or idle for long. `ready` is called once it answers."""
        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", CONTROL + "/{action:.*}", self._control)
        app.router.add_route("*", "/{path:.*}", self._proxied)
        runner = web.AppRunner(
            app,
            access_log=None,
            handler_cancellation=True,
            auto_decompress=False,
            max_line_size=HEAD_LIMIT,
            max_field_size=HEAD_LIMIT,
            max_headers=HEADERS_LIMIT,
        )
        await runner.setup()
        try:
            await web.SockSite(runner, listening).start()
            self._held = lock, listening
            self.owner = lock.announce(port=runner.addresses[0][1], version=RELEASE)
            self._places.last_port.write_text(str(self.owner.port))
            ready(self.owner)
            # What is loaded by now stays: a full collection takes 5 ms without it, 40 with it.
            gc.freeze()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._leave.set)
            await self._until_idle(lock)
        finally:
            await runner.cleanup()
            await self._close()

    async def _until_idle(self, lock: ServerLock) -> None:
        while not self._leave.is_set():
            idle = self._clock() - self._last_request
            left = self._config.idle_timeout - idle
            is_over = left <= 0 or lock.is_gone
            if is_over and not self._sessions.is_any_alive(self._clock()):
                log.info("idle for %.0f s, or not to be found any more: leaving", idle)
                return
            try:
                timeout = min(max(left, 1.0), _LOOKS_EVERY)
                await asyncio.wait_for(self._leave.wait(), timeout=timeout)
            except TimeoutError:
                continue

    async def _close(self) -> None:
        await self._proxy.settle()
        await self._calls.settle()
        await self._explaining.settle()
        await self._tools.settle()
        self._sessions.close(self._clock())
        await self._upstreams.close()
        await asyncio.to_thread(self._watching.close)
        self._executor.shutdown()
        for owned in (self._store, self._ledger, self._postings):
            if owned is not None:
                owned.close()

    async def _proxied(self, request: web.Request) -> web.StreamResponse:
        self._last_request = self._clock()
        tools_of = session_of(request.path)
        if tools_of is not None:
            return await self._tools.handle(request, tools_of)
        return await self._proxy.handle(request)

    async def _control(self, request: web.Request) -> web.Response:
        self._last_request = self._clock()
        offered = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.owner is None or not hmac.compare_digest(offered, self.owner.control):
            return web.Response(status=403, text="agentcache: wrong control token")
        action, _, name = request.match_info["action"].partition("/")
        do = {
            ("GET", "status"): self._status,
            ("PUT", "sessions"): self._begin,
            ("DELETE", "sessions"): self._end,
            ("POST", "shutdown"): self._shutdown,
            ("POST", "handover"): self._hand_over,
        }.get((request.method, action))
        if do is None:
            return web.Response(status=404, text=f"agentcache: no such action {action!r}")
        return await do(name, request)

    async def _status(self, _name: str, _request: web.Request) -> web.Response:
        return _answer(
            {
                "pid": os.getpid(),
                "version": __version__,
                "uptime": self._clock() - self._started,
                "sessions": len(self._sessions),
                "watched": list(self._watching.roots),
                "store": self._store is not None,
                "ledger": self._ledger is not None,
                "notices": [*self.notices, *self._removed()],
            }
        )

    def _removed(self) -> list[str]:
        opened = {"store": self._store, "ledger": self._ledger}
        return [
            f"the {name} was removed while the server used it, and begun anew"
            for name, each in opened.items()
            if each is not None and each.was_removed
        ]

    async def _begin(self, token: str, request: web.Request) -> web.Response:
        try:
            spec = decode_json_as(await request.read(), SessionSpec)
        except CodecError as error:
            return web.Response(status=400, text=f"agentcache: {error}")
        spec, apart = without_other_settings(spec)
        try:
            live = self._sessions.begin(token, spec, now=self._clock())
        except StoreError as error:
            return web.Response(status=400, text=f"agentcache: {error}")
        self._upstreams.prepare(live.network)
        self._executor.submit(self._watching.begin, token, spec.cwd)
        return _answer({"session": live.session.name, "notices": [*self.notices, *apart]})

    async def _end(self, token: str, _request: web.Request) -> web.Response:
        live = self._sessions.find(token)
        if live is None or live.ended is not None:
            return web.Response(status=404, text="agentcache: no such session")
        self._executor.submit(self._watching.end, token)
        await self._proxy.settle()
        await self._calls.settle()
        await self._explaining.settle(live)
        await self._tools.settle()
        self._sessions.end(token, now=self._clock())
        return _answer(live.summary())

    async def _shutdown(self, _name: str, _request: web.Request) -> web.Response:
        self._leave.set()
        return _answer({"pid": os.getpid()})

    async def _hand_over(self, name: str, request: web.Request) -> web.Response:
        """Leave, and where sessions live to a server that takes the lock and the socket over.

        So nobody is refused meanwhile: who comes waits at the socket until that one answers.
        """
        if self._held is not None and not self._leave.is_set():
            lock, listening = self._held
            # Sessions of the server before may not have found this one yet.
            is_awaited = lock.is_inherited and self._is_settling()
            if is_awaited or self._sessions.is_any_alive(self._clock()):
                with suppress(ServerError):  # the sessions start one themselves
                    spawn(self._places, None, inherited=(lock.hand_over(), listening.fileno()))
        return await self._shutdown(name, request)


def _listen(port: int, last_port: int) -> socket.socket:
    """Listen on `port`; for 0 where the last server did, if that is free, for its sessions' sake.

    Raises ServerError.
    """
    if port == 0 and last_port:
        with suppress(OSError, OverflowError):
            return socket.create_server(("127.0.0.1", last_port))
    try:
        return socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise ServerError(
            f"port {port} cannot be used: {_plain(error)}; choose another with --port, or 0"
        ) from error


def _plain(error: OSError | OverflowError) -> str:
    """What the system says of it, without what asyncio puts around."""
    number = getattr(error, "errno", None)
    return os.strerror(number).lower() if number else str(error)


def _read_port(path: Path) -> int:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return 0


def _answer(value: JsonObject) -> web.Response:
    return web.Response(body=encode_json(value), content_type="application/json")


def serve(
    places: Places,
    config: Config,
    *,
    port: int,
    ready: Callable[[Owner], None],
    logs: bool,
    inherited: tuple[int, int] | None = None,
) -> None:
    """Be the user's server until it leaves.

    Raises ServerError when another one is, or `port` is unusable. `logs`: write to the log file,
    for a server without a terminal. `inherited`: the lock and the socket of the one before.
    """
    for name in CERTIFICATE_VARIABLES:
        # OpenSSL would read the starting shell's for every session.
        os.environ.pop(name, None)
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # who starts us may have some blocked
    # Reading a long request in a thread must not hold the loop up: 0.5 ms, not 5, until it yields.
    sys.setswitchinterval(0.0005)
    lock = ServerLock(places.lock, inherited=inherited[0] if inherited else None)
    try:
        if logs:
            log_to(places.log)
        with (
            socket.socket(fileno=inherited[1])
            if inherited
            else _listen(port, _read_port(places.last_port)) as listening
        ):
            asyncio.run(_serve(places, config, lock, listening, ready))
    finally:
        lock.close()


async def _serve(
    places: Places,
    config: Config,
    lock: ServerLock,
    listening: socket.socket,
    ready: Callable[[Owner], None],
) -> None:
    await Server(places, config, clock=time.time).run(lock, listening, ready=ready)
