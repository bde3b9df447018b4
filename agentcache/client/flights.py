"""Requests on their way and answers that are just being kept, and who may wait for which.

One for a cache, whatever the colours, threads and event loops of its clients: nothing in here
takes time, and what is waited for is a Future. It knows no transport and no store.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import TypeVar
from weakref import WeakValueDictionary

from agentcache.sharing import FlightKey, Landed

T = TypeVar("T")

GRACE = 1.0
"""Seconds that are waited for whatever reader, and after which it is looked at how it reads."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who makes a request: a thread that waits itself, or a task of its loop."""

    thread: int
    task: int | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A reply that came whole, as it came."""

    headers: tuple[tuple[bytes, bytes], ...]
    extensions: Mapping[str, object]
    body: bytes


class Flight:
    """One request on its way: its `asker` alone reads it, at a pace of its own.

    `key`: what others may share it by, if any.
    `ended` has its reply once that is whole and noted, and None when it never will be. Between
    `go_on` and `rest` it waits for the provider; else for its reader.
    """

    def __init__(
        self, asker: Asker, *, clock: Callable[[], float], key: FlightKey | None = None
    ) -> None:
        self.key = key
        self.ended: Future[Whole | None] = _begun()
        self._asker, self._clock = asker, clock
        self._moves = 0
        self._rested = 0.0
        self._resting_since: float | None = None

    def go_on(self) -> None:
        """More is asked of the provider, or all of it is being noted."""
        self._moves += 1
        self._rested, self._resting_since = self._rest_until_now(), None

    def rest(self) -> None:
        """Some came, for its reader."""
        self._moves += 1
        self._resting_since = self._clock()

    def _rest_until_now(self) -> float:
        since = self._resting_since
        return self._rested if since is None else self._rested + self._clock() - since

    def waits_for(self, asker: Asker) -> bool:
        """Whether it cannot go on while `asker` waits: it is theirs, or on the thread they hold."""
        if asker.task is None:
            return self._asker.thread == asker.thread
        return self._asker == asker

    def patience(self, longest: float) -> Iterator[float]:
        """Seconds to wait for `ended`, again and again, as long as there is hope.

        There is none where its reader takes longer than the provider: it may even be waiting for
        who waits here. Nor where nothing has moved for `longest` seconds.
        """
        began, rested = self._clock(), self._rest_until_now()
        still = 0.0
        while still < longest:
            moves = self._moves
            seconds = min(GRACE, longest - still)
            yield seconds
            if 2 * (self._rest_until_now() - rested) > self._clock() - began:
                return
            still = still + seconds if self._moves == moves else 0.0


@dataclass(frozen=True, slots=True)
class Lead:
    """Send it upstream, as this flight."""

    flight: Flight


@dataclass(frozen=True, slots=True)
class Follow:
    """An equal request is on its way."""

    flight: Flight


@dataclass(frozen=True, slots=True)
class Again:
    """An answer has come meanwhile, or will with these `landings`: look it up again."""

    landings: frozenset[Future[None]]


class Flights:
    """Those of one cache, and what lands; for any thread. `clock`: seconds from anywhere."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        # A reader that is collected as garbage may land in the midst of anything: so it is an
        # RLock, and a flight whose reader is gone without a word is not held here.
        self._lock = RLock()
        self._flights: WeakValueDictionary[FlightKey, Flight] = WeakValueDictionary()
        self._landings: dict[str, Future[None]] = {}
        self._landed = Landed()
        self._is_closed = False

    @property
    def now(self) -> int:
        """The moment before a lookup, for `enter`."""
        return self._landed.now

    def enter(
        self, key: FlightKey | None, slots: Collection[str], *, asker: Asker, since: int | None
    ) -> Lead | Follow | Again:
        """What to do about a request that found no answer.

        `key`: what it shares a flight by, if any. `slots`: where an answer to it would stand.
        `since`: the moment before the lookup, None to take it as it is.
        """
        with self._lock:
            if key is not None and (flight := self._flights.get(key)) is not None:
                return Follow(flight)
            if since is not None:
                landings = frozenset(
                    self._landings[slot] for slot in slots if slot in self._landings
                )
                if landings or self._landed.has_changed(slots, since):
                    return Again(landings)
            flight = Flight(asker, clock=self._clock, key=key)
            if key is not None and not self._is_closed:
                self._flights[key] = flight
            return Lead(flight)

    def alone(self, asker: Asker) -> Flight:
        """One that nobody shares."""
        return Flight(asker, clock=self._clock)

    @contextmanager
    def landing(self, slots: Collection[str]) -> Iterator[None]:
        """While an answer is being kept that may come to stand in `slots`."""
        landing: Future[None] = _begun()
        with self._lock:
            self._landings.update(dict.fromkeys(slots, landing))
        try:
            yield
        finally:
            with self._lock:
                for slot in slots:
                    if self._landings.get(slot) is landing:
                        del self._landings[slot]
            landing.set_result(None)

    def note_kept(self, slots: Collection[str]) -> None:
        """One has come to stand in them."""
        with self._lock:
            self._landed.note(slots)

    def forget(self, flight: Flight) -> None:
        """Have nobody else wait for `flight`."""
        with self._lock:
            if flight.key is not None and self._flights.get(flight.key) is flight:
                del self._flights[flight.key]

    def end(self, flight: Flight, whole: Whole | None) -> None:
        """`flight` is over; once, and not again."""
        with self._lock:
            self.forget(flight)
            if not flight.ended.done():
                flight.ended.set_result(whole)

    def close(self) -> None:
        """Release all who wait, for good."""
        with self._lock:
            self._is_closed = True
            for flight in list(self._flights.values()):
                self.end(flight, None)


def _begun() -> "Future[T]":
    """A Future that nobody who waits for it can cancel."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()
    return future
