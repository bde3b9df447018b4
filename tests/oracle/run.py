"""Play the staleness oracle for long: `python tests/oracle/run.py --steps 1000000 --processes 2`.

Every process plays seeded episodes of its own. Exit code 1 when a stale answer was served; what
led to it is printed in as few steps as could be found, with its seed.
"""

import argparse
import multiprocessing
import secrets
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from queue import Empty
from typing import TypeAlias

sys.path.insert(0, str(Path(__file__).parent.parent))

from oracle.asking import Counts
from oracle.playing import EPISODE, Playground, play_episode

_SHOWN_EVERY_S = 30.0
_SEEDS = 1 << 40


@dataclass(frozen=True, slots=True)
class Told:
    """What one episode came to; `stale` is the way to a stale answer, "" when there was none."""

    counts: Counter[str]
    stale: str


Queue: TypeAlias = "multiprocessing.Queue[Told]"


def _play(seed: int, steps: int, end: float, directory: str | None, queue: Queue) -> None:
    playground = Playground(directory)
    try:
        done = 0
        while done < steps and time.monotonic() < end:
            counts = Counts()
            length = min(EPISODE, steps - done)
            stale = play_episode(playground, seed, counts=counts, steps=length)
            done += length
            seed += 1
            queue.put(Told(counts.of, "" if stale is None else str(stale)))
    finally:
        playground.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000, help="of all processes together")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, help="of the first episode; any if not given")
    parser.add_argument("--minutes", type=float, default=24 * 60.0, help="at most")
    parser.add_argument("--directory", help="for the repositories; the system's own if not given")
    return parser.parse_args()


def _line(total: Counts, began: float) -> str:
    of, took = total.of, time.monotonic() - began
    return (
        f"{took:7.0f} s  {of['steps']:>9,} steps ({of['steps'] / took:.0f}/s)  "
        f"{of['asks']:,} asks  {of['hits']:,} hits ({of['hits'] / max(of['asks'], 1):.0%})  "
        f"{of['stale']} stale  over-invalidation {total.over_invalidation:.3f}x"
    )


def _follow(workers: list[multiprocessing.Process], queue: Queue) -> Counts:
    """Gather what the workers tell, and print how far they are."""
    total, began = Counts(), time.monotonic()
    shown = began
    while True:
        is_over = not any(worker.is_alive() for worker in workers)
        try:
            told = queue.get(timeout=0 if is_over else 1)
        except Empty:
            if is_over:
                break
            continue
        total.of.update(told.counts)
        if told.stale:
            total.of["stale"] += 1
            print(told.stale, flush=True)  # noqa: T201  # a command
        if time.monotonic() - shown > _SHOWN_EVERY_S:
            shown = time.monotonic()
            print(_line(total, began), flush=True)  # noqa: T201  # as above
    print(_line(total, began))  # noqa: T201  # as above
    return total


def main() -> int:
    """Play, print, and give the exit code."""
    options = _options()
    seed = secrets.randbelow(_SEEDS) if options.seed is None else options.seed
    print(f"the first seed is {seed}", flush=True)  # noqa: T201  # a command
    queue: Queue = multiprocessing.Queue()
    end = time.monotonic() + options.minutes * 60
    share = -(-options.steps // options.processes)
    workers = [
        multiprocessing.Process(
            target=_play, args=(seed + number * _SEEDS, share, end, options.directory, queue)
        )
        for number in range(options.processes)
    ]
    for worker in workers:
        worker.start()
    total = _follow(workers, queue)
    for name, number in sorted(total.of.items(), key=lambda item: -item[1]):
        print(f"  {number:>9,}  {name}")  # noqa: T201  # as above
    failed = [worker.exitcode for worker in workers if worker.exitcode]
    if failed:
        print(f"{len(failed)} processes failed")  # noqa: T201  # as above
    return 1 if total.of["stale"] or failed else 0


if __name__ == "__main__":
    sys.exit(main())
