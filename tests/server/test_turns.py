"""Works in threads: one after the other, in their order, and nobody waits long for a slow one."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from agentcache.server.turns import Turns

HOURS = 10_000.0


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(max_workers=4) as executor:
        yield executor


def test_works_that_come_together_run_one_at_a_time_in_their_order(
    executor: ThreadPoolExecutor,
) -> None:
    steps: list[tuple[str, int]] = []

    def work(number: int) -> int:
        steps.append(("begins", number))
        sum(range(100_000))
        steps.append(("ends", number))
        return number

    async def together() -> list[int]:
        turns = Turns(executor, patience=HOURS)
        return await asyncio.gather(*[turns.run(partial(work, number)) for number in range(20)])

    assert asyncio.run(together()) == list(range(20))
    assert steps == [(step, number) for number in range(20) for step in ("begins", "ends")]


def test_one_that_takes_long_lets_the_next_begin(executor: ThreadPoolExecutor) -> None:
    async def around_a_slow_one() -> None:
        turns, may_end = Turns(executor), threading.Event()
        slow = asyncio.create_task(turns.run(may_end.wait))
        await asyncio.sleep(0)
        try:
            assert await turns.run(lambda: "next") == "next"
            assert not slow.done()
        finally:
            may_end.set()
        assert await slow

    asyncio.run(around_a_slow_one())


def test_one_that_fails_says_so_and_lets_the_next_begin(executor: ThreadPoolExecutor) -> None:
    async def behind_a_failure() -> int:
        turns = Turns(executor, patience=HOURS)
        with pytest.raises(ZeroDivisionError):
            await turns.run(lambda: 1 // 0)
        return await turns.run(lambda: 1)

    assert asyncio.run(behind_a_failure()) == 1


@pytest.mark.parametrize("leaving", [0, 1])
def test_nobody_waits_for_a_work_whose_caller_left(
    executor: ThreadPoolExecutor, leaving: int
) -> None:
    async def behind_one_that_leaves() -> None:
        turns, may_end = Turns(executor, patience=HOURS), threading.Event()
        tasks = [asyncio.create_task(turns.run(may_end.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        last = asyncio.create_task(turns.run(lambda: 1))
        await asyncio.sleep(0)
        tasks[leaving].cancel()
        may_end.set()
        assert await last == 1
        assert await tasks[1 - leaving]
        assert tasks[leaving].cancelled()

    asyncio.run(behind_one_that_leaves())
