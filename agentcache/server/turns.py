"""Work in threads, one after the other.

Python runs one thread at a time: works that begin together would all end late together.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """Runs works in `executor`, in the order in which they came.

    `patience`: seconds for which the next one waits, as the one before may wait for a disk.
    """

    def __init__(self, executor: Executor, *, patience: float = 0.01) -> None:
        self._executor = executor
        self._patience = patience
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns; it begins when the one before it has ended or takes long.

        Nothing else runs on the event loop between the end of `work` and the return.
        """
        loop = asyncio.get_running_loop()
        await self._turn.acquire()
        has_turn = True

        def hand_on() -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                self._turn.release()

        timer = loop.call_later(self._patience, hand_on)
        try:
            return await loop.run_in_executor(self._executor, work)
        finally:
            timer.cancel()
            hand_on()
