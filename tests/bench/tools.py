"""What `@cache.tool` costs: a miss beyond its tool, and a hit that verifies one file.

The tool reads one file of 5 KB. Measured in this process, on a store on disk: a miss, which is
looked for, run, proven and kept; a hit, which is looked for and verified; and both of an
asynchronous tool, which keeps by a thread. Baseline of the same run, in turns: the tool alone. The
figures are of two peers where they happen to be installed: toolrecall's cached read of a file,
which looks at its times, and memory-reuse's, which looks at nothing.
Goal: 0.2 ms added to a miss, 0.1 ms for a hit.
"""

import asyncio
import importlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache import AgentCache, Look
from support.measuring import Comparison, Report, read_options
from support.repositories import make_repository, wait_until_settled

_RACY = 2.5
"""Seconds until a file counts as old enough that its times alone can prove it unchanged."""


def _time(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


async def _times(ask: Callable[[], object], repeats: int) -> list[float]:
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        await ask()  # type: ignore[misc]  # a tool's coroutine
        found.append((time.perf_counter() - began) * 1000)
    return found


def _measured(cache: AgentCache, path: str, repeats: int) -> list[Comparison]:
    numbers = count()

    def plain(path: str, number: int = 0) -> str:
        del number
        with open(path) as file:  # noqa: PTH123  # as tools do
            return file.read()

    @cache.tool()
    def looking(look: Look, path: str, number: int = 0) -> str:
        del number
        return look.read(path)

    @cache.tool(observes=("path",))
    async def asynchronous(path: str, number: int = 0) -> str:
        return plain(path, number)

    declared = cache.tool(observes=("path",))(plain)
    asks: dict[str, Callable[[], object]] = {
        "the tool": lambda: plain(path),
        "miss, a declared file": lambda: declared(path, next(numbers)),
        "miss, through a Look": lambda: looking(path, next(numbers)),
        "hit, a declared file": lambda: declared(path, -1),
        "hit, through a Look": lambda: looking(path, -1),
    }
    samples: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(repeats + 1):
        for name, ask in asks.items():
            took = _time(ask)
            if number:
                samples[name].append(took)
    last = cache.last
    if last is None or last.verdict != "hit":
        raise RuntimeError(f"a hit was expected, not {last!r}")
    base = samples.pop("the tool")
    both: dict[str, Callable[[], object]] = {
        "miss, asynchronous": lambda: asynchronous(path, next(numbers)),
        "hit, asynchronous": lambda: asynchronous(path, -1),
    }
    for name, ask in both.items():
        samples[name] = asyncio.run(_times(ask, repeats + 1))[1:]
    return [Comparison(name, found, "the tool", base) for name, found in samples.items()]


def _toolrecall(path: str, home: Path, repeats: int) -> list[float]:
    os.environ["HOME"] = str(home)
    cache = importlib.import_module("toolrecall.cache")
    cache.cached_read(path)
    return [_time(lambda: cache.cached_read(path)) for _ in range(repeats)]


def _memory_reuse(path: str, _: Path, repeats: int) -> list[float]:
    cache = importlib.import_module("memory_reuse").MemoryCache()

    text = Path(path).read_text()

    async def measure() -> list[float]:
        await cache.tool.set("read", {"path": path}, text, "global", None, 600)
        return await _times(lambda: cache.tool.get("read", {"path": path}, "global", None), repeats)

    return asyncio.run(measure())


_PEERS = {
    "toolrecall: a hit that looks at the file's times (p50, microseconds)": _toolrecall,
    "memory-reuse: a hit that looks at nothing (p50, microseconds)": _memory_reuse,
}


def _peers(path: str, home: Path, repeats: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, measure in _PEERS.items():
        try:
            found[name] = median(measure(path, home, repeats)) * 1000
        except ModuleNotFoundError:
            continue
    return found


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    report = Report("A tool behind the cache, beside the tool alone (ms)")
    repeats = 40 if options.quick else 400
    with tempfile.TemporaryDirectory() as place:
        directory = Path(place)
        text = "".join(f"value_{number} = {number}\n" for number in range(280))
        repository = make_repository(directory / "repository", {"package/module.py": text})
        wait_until_settled(repository)
        time.sleep(_RACY)
        path = str(repository.path("package/module.py"))
        with AgentCache.open(repository.root, home=directory / "home") as cache:
            report.comparisons += _measured(cache, path, repeats)
        report.figures = _peers(path, directory, repeats)
    report.show(options)


if __name__ == "__main__":
    main()
