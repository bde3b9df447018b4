"""What has come of the reply to a request that went upstream, and where it lands."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from agentcache.client.embedded import Embedded
from agentcache.client.flights import Whole
from agentcache.client.joining import Leading
from agentcache.client.threads import handed
from agentcache.pipeline import COPY_LIMIT, Received
from agentcache.sharing import is_whole


class Copy:
    """A copy of it; `land` hands it on, once, to the cache and to those who follow.

    A client may close a stream when it has read its last event: whether the reply is whole is
    read from the copy.
    """

    def __init__(self, cache: Embedded, leading: Leading) -> None:
        self._cache, self._decision, self._flight = cache, leading.decision, leading.flight
        self._head = Received()
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self._extensions: Mapping[str, object] = {}
        self._chunks: list[bytes] = []
        self._size = 0
        self._is_broken = self._has_landed = False

    def begin(
        self,
        status: int,
        kind: str,
        *,
        headers: Iterable[tuple[bytes, bytes]],
        extensions: Mapping[str, object],
    ) -> None:
        """A response has begun, of a content type."""
        self._head = Received(status, kind.startswith("text/event-stream"))
        self._headers, self._extensions = tuple(headers), extensions
        self._flight.rest()
        if status != 200 and not self._cache.lifetime.is_over:
            self._cache.flights.end(self._flight, None)

    def go_on(self) -> None:
        """The next piece of it is asked for."""
        self._flight.go_on()

    def add(self, chunk: bytes) -> bytes:
        """A piece of it, given back as it is."""
        self._flight.rest()
        self._size += len(chunk)
        if self._size <= COPY_LIMIT:
            self._chunks.append(chunk)
        return chunk

    def fail(self, unreachable: str | None = None) -> None:
        """It broke off, or never began: `unreachable` says why, if that is the provider's."""
        self._is_broken = True
        if not self._head.status and unreachable is not None:
            self._head = Received(unreachable=unreachable)

    def land(self) -> None:
        """It is over."""
        if self._has_landed or self._cache.lifetime.is_over:
            return
        self._has_landed = True
        self._flight.go_on()
        is_there = not self._is_broken and self._size <= COPY_LIMIT
        body = b"".join(self._chunks) if is_there else None
        whole = None
        try:
            kept = self._cache.note_landed(self._decision, replace(self._head, body=body))
            if body is not None and kept is not None and is_whole(kept):
                whole = Whole(self._headers, self._extensions, body)
        finally:
            self._cache.flights.end(self._flight, whole)

    async def land_off_loop(self) -> None:
        """As `land`, also when who waits for it is cancelled."""
        with suppress(RuntimeError):  # the cache was closed meanwhile and keeps nothing any more
            await handed(self._cache.executor, self.land)
