"""What is done on a thread of the cache's for who waits on an event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, TypeVar

from agentcache.client.using import Desk

T = TypeVar("T")


async def off_loop(desk: Desk, work: Callable[[], T], *, otherwise: T) -> T:
    """What `work` gives, on a thread of the cache's; `otherwise` where there is none any more."""
    if desk.is_off:
        return otherwise
    try:
        landing = handed(desk.executor, work)
    except RuntimeError:  # it is being closed
        return otherwise
    return await landing


def handed(executor: Executor, work: Callable[[], T]) -> "asyncio.Future[T]":
    """What `work` will have given, on a thread; cancelling it stops nobody's work.

    Raises RuntimeError when the threads are being closed. `run_in_executor` takes twice as long.
    """
    loop = asyncio.get_running_loop()
    landing: asyncio.Future[T] = loop.create_future()

    def land(settle: Callable[[Any], None], result: object) -> None:
        if not landing.done():  # it may be cancelled
            settle(result)

    def run() -> None:
        try:
            settled: tuple[Callable[[Any], None], object] = landing.set_result, work()
        except BaseException as error:  # noqa: BLE001  # it is passed on
            settled = landing.set_exception, error
        with suppress(RuntimeError):  # the loop may be over
            loop.call_soon_threadsafe(land, *settled)

    executor.submit(run)
    return landing
