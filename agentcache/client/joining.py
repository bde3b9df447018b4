"""How a request begins: looked up, then sent upstream, or answered with an equal one's reply.

Written once for both colours. Equal requests of one cache that are on their way at the same time
share one, under the server's rules. They get its reply when that is whole, and go upstream
themselves when it fails, breaks off, or is not read on. The request ends as its own caller ends
it: what nobody has read to the end is read by nobody, and is not left for a retry.
"""

import asyncio
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, replace
from functools import partial
from threading import get_ident
from typing import Any, TypeAlias, TypeVar, cast

from agentcache.client.embedded import Embedded
from agentcache.client.flights import Again, Asker, Flight, Follow, Lead, Whole
from agentcache.client.threads import handed
from agentcache.core.reasons import Reason
from agentcache.pipeline import Decision
from agentcache.sharing import LANDING_LIMIT, flight_key
from agentcache.wire import Wire

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a model. `upstream`: where it goes, `url` with its query.

    `longest`: seconds that its caller would wait for the provider.
    """

    wire: Wire
    body: bytes
    headers: Mapping[str, str]
    upstream: str
    url: str
    longest: float


@dataclass(frozen=True, slots=True)
class Answered:
    """By an entry, whose bytes the decision has, or by another's `whole` reply."""

    decision: Decision
    whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class Leading:
    """It goes upstream, as `flight`, which is to be ended."""

    decision: Decision
    flight: Flight


@dataclass(frozen=True, slots=True)
class _Wait:
    """Until all `futures` are done, or for so many `seconds`."""

    futures: "frozenset[Future[Any]]"
    seconds: float


_Steps: TypeAlias = Generator[_Wait | Callable[[], object], object, T]
"""What waits, or may block, is yielded to the colour that does it, and gives its result back."""


def joined(cache: Embedded, asked: Asked) -> Answered | Leading:
    """Begin a request on this thread."""
    steps = _joining(cache, asked, Asker(get_ident()))
    said: object = None
    try:
        while True:
            step = steps.send(said)
            said = wait(step.futures, step.seconds) if isinstance(step, _Wait) else step()
    except StopIteration as end:
        return cast("Answered | Leading", end.value)


async def joined_async(cache: Embedded, asked: Asked) -> Answered | Leading:
    """As `joined`, for a task; what may block runs on the cache's own threads."""
    steps = _joining(cache, asked, Asker(get_ident(), id(asyncio.current_task())))
    here: dict[Future[Any], asyncio.Future[Any]] = {}
    said: object = None
    try:
        while True:
            step = steps.send(said)
            if isinstance(step, _Wait):
                here |= {one: asyncio.wrap_future(one) for one in step.futures - here.keys()}
                await asyncio.wait([here[one] for one in step.futures], timeout=step.seconds)
            else:
                said = await handed(cache.executor, step)
    except StopIteration as end:
        return cast("Answered | Leading", end.value)
    except RuntimeError:
        cache.lifetime.check()  # without it there are no threads
        raise
    finally:
        for one in here.values():
            one.cancel()


def _joining(cache: Embedded, asked: Asked, asker: Asker) -> _Steps[Answered | Leading]:
    decide = partial(cache.decide, asked.wire, asked.body, asked.headers, asked.upstream)
    since: int | None = cache.flights.now
    while True:
        decision = cast("Decision", (yield decide))
        if decision.is_settled:
            return Answered(decision)
        is_asked = decision.answer is None
        key = flight_key(decision, asked.url, asked.body) if is_asked else None
        entered = cache.flights.enter(key, decision.awaited, asker=asker, since=since)
        if not isinstance(entered, Again):
            break
        since = None
        if entered.landings:
            yield _Wait(entered.landings, LANDING_LIMIT)
        if cache.lifetime.is_over:
            break
    if decision.answer is not None:
        yield partial(cache.note_hit, decision)
        return Answered(decision)
    if isinstance(entered, Follow):
        whole = yield from _followed(cache, entered.flight, asker, asked.longest)
        if whole is not None:
            shared = replace(decision, verdict="hit", reason=Reason.IN_FLIGHT)
            yield partial(cache.note_shared, shared)
            return Answered(shared, whole)
    flight = entered.flight if isinstance(entered, Lead) else cache.flights.alone(asker)
    return Leading(decision, flight)


def _followed(
    cache: Embedded, flight: Flight, asker: Asker, longest: float
) -> _Steps[Whole | None]:
    """The reply that `flight` comes to, None when there is none to wait for."""
    if flight.waits_for(asker):
        return None
    for seconds in flight.patience(longest):
        yield _Wait(frozenset({flight.ended}), seconds)
        if flight.ended.done():
            return flight.ended.result()
        if cache.lifetime.is_over:
            return None
    cache.flights.forget(flight)
    return None
