"""Single-flight: one request on its way to a provider, read by everyone who asked for the same.

A flight is pumped by a task of its own, so that it outlives the client that began it while others
still read; it ends when nobody is left. What the provider says reaches every reader as it comes.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass

import aiohttp

from agentcache.pipeline import COPY_LIMIT, Received
from agentcache.server.upstream import Headers, UnreachableError


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a response."""

    status: int
    reason: str
    headers: Headers


class BrokenError(Exception):
    """Upstream broke off in the middle of a body."""


class LeftError(BrokenError):
    """Nobody was left to read the rest of a body."""


class Flight:
    """One response, as far as it has come.

    `is_held`: all of it is remembered, to be read from the start again and as a whole at the end.
    `began_at`, `first_at`: when it was begun and when the response was, in seconds since the epoch.
    """

    def __init__(
        self,
        response: AbstractAsyncContextManager[aiohttp.ClientResponse],
        *,
        clock: Callable[[], float],
        is_held: bool = True,
    ) -> None:
        self._response = response
        self._is_held = is_held
        self._chunks: list[bytes] = []
        self._size = 0
        self._readers = 0
        self._moved = asyncio.Event()
        self.error: Exception | None = None
        self.is_delivered = False
        self.on_delivery: Callable[[], None] | None = None
        self.is_done = False
        self._head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._has_begun = self._is_unwanted = False
        self._clock = clock
        self.began_at = clock()
        self.first_at: float | None = None

    def start(self, landed: Callable[["Flight"], Awaitable[None]]) -> None:
        """Begin; `landed` runs once at the end, however it ends."""
        self._task = asyncio.create_task(self._pump(landed))

    async def _pump(self, landed: Callable[["Flight"], Awaitable[None]]) -> None:
        self._has_begun, has_ended = True, False
        try:
            if self._is_unwanted:
                raise asyncio.CancelledError  # noqa: TRY301  # one way out for both
            async with self._response as response:
                self.first_at = self._clock()
                reason = response.reason or ""
                self._head.set_result(Head(response.status, reason, Headers(response.headers)))
                self._wake()
                async for chunk in response.content.iter_any():
                    self._chunks.append(chunk)
                    self._size += len(chunk)
                    self._wake()
            has_ended = True
        except (UnreachableError, aiohttp.ClientError, OSError, TimeoutError) as error:
            self._fail(error)
        except asyncio.CancelledError:
            self._fail(LeftError("nobody was left to read it"))
        finally:
            if not has_ended and self.error is None:  # by an error that nobody foresaw
                self._fail(BrokenError("it could not be read"))
            self.is_done = True
            self._wake()
            await landed(self)

    def _fail(self, error: Exception) -> None:
        self.error = error
        if not self._head.done():
            self._head.set_exception(error)
            self._head.exception()  # a flight that nobody reads is no unhandled error

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def head(self) -> Head:
        """The beginning of the response; raises UnreachableError when none came."""
        return await asyncio.shield(self._head)

    @property
    def body(self) -> bytes | None:
        """The whole body, None unless it ended cleanly and was held, and is short enough."""
        return None if self.error else self._copy

    @property
    def _copy(self) -> bytes | None:
        if not (self.is_done and self._is_held) or self._size > COPY_LIMIT:
            return None
        return b"".join(self._chunks)

    @property
    def left(self) -> bytes | None:
        """What had come of a stream when its last reader left; None where it did not end so."""
        return self._copy if self.is_stream and isinstance(self.error, LeftError) else None

    @property
    def received(self) -> Received:
        """What came of it, once it is done."""
        unreachable = str(self.error) if isinstance(self.error, UnreachableError) else None
        return Received(self.status, self.is_stream, self.body, unreachable)

    @property
    def is_broken(self) -> bool:
        """Whether it is known that its body will never be whole."""
        return self._is_unwanted or (self.is_done and self.body is None)

    @property
    def status(self) -> int:
        """The response's status, 0 while or when there is none."""
        return self._head.result().status if self._has_head else 0

    @property
    def is_stream(self) -> bool:
        """Whether the body is a stream of server-sent events."""
        kind = self._head.result().headers.get("Content-Type", "") if self._has_head else ""
        return kind.startswith("text/event-stream")

    @property
    def _has_head(self) -> bool:
        return self._head.done() and self._head.exception() is None

    @contextmanager
    def joined(self) -> Iterator[None]:
        """Be one of its readers; when the last one leaves early the flight is cancelled."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if self._readers == 0 and not self.is_done:
                self.cancel()

    @property
    def is_unread(self) -> bool:
        """Whether it is whole, and nobody has got to the end of it."""
        return not (self.is_delivered or self.is_broken)

    async def read(self) -> AsyncIterator[bytes]:
        """The body's chunks from the first on; raises BrokenError where upstream broke off."""
        position = 0
        while True:
            moved = self._moved
            while position < len(self._chunks):
                yield self._chunks[position]
                if not self._is_held:
                    self._chunks[position] = b""
                position += 1
            if self.is_done:
                break
            await moved.wait()
        if self.error is not None:
            raise BrokenError(str(self.error)) from self.error

    def delivered(self) -> None:
        """A reader has passed all of it on."""
        self.is_delivered = True
        if self.on_delivery is not None:
            self.on_delivery()

    def cancel(self) -> None:
        """End it before its time."""
        # A task that is cancelled before its first step never runs, and would never land.
        self._is_unwanted = True
        if self._task is not None and self._has_begun:
            self._task.cancel()
