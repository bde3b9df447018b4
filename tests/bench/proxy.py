"""What the server adds to a streamed miss, against the same request sent straight to the provider.

Measured: the time to the first byte of the body, of requests of 30 KB (an opening question with 38
tools) and 300 KB (a long conversation with them), for one stream after the other, for 8 that run
independently, and for 8 that begin at the same moment; and the time of a whole fast stream.
Baselines, in turns with the measured ones: the same bytes to the same provider without the server,
and through a bare relay of the same library that decides nothing. The provider is a process of its
own that waits between events, so it is never what is busy.
Goal of the design: +2 ms to the first byte at 8 parallel streams (p50).
"""

import asyncio
import itertools
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

import aiohttp

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.codec import Json, JsonObject, encode_json
from support import bare_relay, paced_provider
from support.measuring import Comparison, Report, read_options
from support.repositories import make_repository
from support.server import live_server

_WORDS = ("path", "of the file", "to read", "must be absolute", "not relative", "returns", "lines")
_SIZES = {"30 KB": 30_000, "300 KB": 300_000}
_NUMBERS = itertools.count()

Sides: TypeAlias = tuple[list[float], list[float], list[float]]
"""Samples without anything between, with the bare relay, and with the server."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many streams, whether they begin together, and how many requests each makes."""

    name: str
    streams: int
    together: bool
    requests: int


def _tool(number: int, chance: random.Random) -> JsonObject:
    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count))

    properties: JsonObject = {
        f"argument_{name}": {"type": "string", "description": words(4)} for name in range(4)
    }
    return {
        "name": f"Tool{number}",
        "description": words(20),
        "input_schema": {"type": "object", "properties": properties, "required": ["argument_0"]},
    }


def make_body(size: int) -> bytes:
    """A request of about `size` bytes as a coding agent sends it, unlike every other one."""
    number = next(_NUMBERS)
    chance = random.Random(size)  # noqa: S311  # not for secrets
    question = f"Where is `setting_{number}_of_{time.time_ns()}` defined?"
    reminder = "<system-reminder>\nUse your tools.\n</system-reminder>"
    messages: list[Json] = [
        {"role": "user", "content": [{"type": "text", "text": f"{reminder}\n{question}"}]}
    ]
    request: JsonObject = {
        "model": "claude-paced-1",
        "max_tokens": 32000,
        "stream": True,
        "system": [
            {
                "type": "text",
                "text": "You are a coding agent.\n" + "Follow the style of the code.\n" * 150,
                "cache_control": {"type": "ephemeral"},
            }
        ],
        "tools": [_tool(place, chance) for place in range(38)],
        "messages": messages,
    }
    left = size - len(encode_json(request))
    while left > 4000:
        step = _step(len(messages), chance)
        messages += step
        left -= len(encode_json(step))
    return encode_json(request)


def _step(place: int, chance: random.Random) -> list[Json]:
    lines = [
        f"{number:6}\t    value_{number} = compute(argument={chance.random()!r})  # \u2014 a line"
        for number in range(1, 90)
    ]
    use: JsonObject = {
        "type": "tool_use",
        "id": f"toolu_{place}",
        "name": "Read",
        "input": {"file_path": f"src/module_{place}.py"},
    }
    result: JsonObject = {
        "type": "tool_result",
        "tool_use_id": f"toolu_{place}",
        "content": [{"type": "text", "text": "\n".join(lines)}],
    }
    return [{"role": "assistant", "content": [use]}, {"role": "user", "content": [result]}]


async def _stream(client: aiohttp.ClientSession, base: str, body: bytes, pace: str) -> list[float]:
    """Milliseconds to the first byte of the body and to its end."""
    headers = {
        "content-type": "application/json",
        "x-api-key": "sk-test",
        "anthropic-version": "2023-06-01",
        "x-pace": pace,
    }
    began = time.perf_counter()
    async with client.post(f"{base}/v1/messages", data=body, headers=headers) as response:
        await response.content.readany()
        first = time.perf_counter()
        while await response.content.readany():
            pass
        ended = time.perf_counter()
        if response.status != 200 or "hit" in response.headers.get("x-agentcache", ""):
            raise RuntimeError(f"no miss: {response.status} {response.headers!r}")
    return [(first - began) * 1000, (ended - began) * 1000]


async def _first_bytes(
    client: aiohttp.ClientSession, base: str, load: Load, size: int
) -> list[float]:
    bodies = [[make_body(size) for _ in range(load.requests)] for _ in range(load.streams)]

    async def ask(place: int) -> list[float]:
        if not load.together:
            await asyncio.sleep(place * 0.25 / load.streams)
        return [(await _stream(client, base, body, "paced"))[0] for body in bodies[place]]

    found = await asyncio.gather(*(ask(place) for place in range(load.streams)))
    return [sample for samples in found for sample in samples]


async def _measure(bases: Sequence[str], *, quick: bool, seconds: float) -> Report:
    report = Report("A streamed miss through the server (ms)")
    loads = [
        Load("1 stream", 1, together=False, requests=2 if quick else 4),
        Load("8 streams", 8, together=False, requests=2),
        Load("8 at once", 8, together=True, requests=1),
    ]
    cases: dict[tuple[Load, str], Sides] = {
        (load, size): ([], [], []) for load in loads for size in _SIZES
    }
    whole: Sides = ([], [], [])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        places = list(enumerate(bases))
        for _, base in places:
            await _first_bytes(client, base, loads[2], 30_000)
        ends = time.monotonic() + seconds
        while time.monotonic() < ends or not whole[0]:
            for (load, size), samples in cases.items():
                for side, base in places:
                    samples[side].extend(await _first_bytes(client, base, load, _SIZES[size]))
            for side, base in places * (1 if quick else 2):
                whole[side].append((await _stream(client, base, make_body(30_000), "flood"))[1])
            places.reverse()
    named = {f"first byte, {load.name}, {size}": sides for (load, size), sides in cases.items()}
    named[f"whole stream of {paced_provider.FLOOD_EVENTS} events at once"] = whole
    for name, (direct, relayed, behind) in named.items():
        report.comparisons.append(Comparison(name, behind, "direct", direct))
        report.comparisons.append(Comparison(name, behind, "bare relay", relayed))
    return report


@contextmanager
def _running(module: ModuleType, *arguments: str) -> Iterator[str]:
    command = [sys.executable, str(module.__file__), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"  # type: ignore[union-attr]
        finally:
            process.terminate()


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    with (
        tempfile.TemporaryDirectory() as directory,
        _running(paced_provider) as direct,
        _running(bare_relay, direct) as relayed,
    ):
        repository = make_repository(Path(directory) / "repository", {"a.py": "A = 1\n"})
        with live_server(Path(directory) / "home") as server:
            proxied = server.session(repository.root).base(direct)
            seconds = 2.0 if options.quick else 60.0
            measuring = _measure((direct, relayed, proxied), quick=options.quick, seconds=seconds)
            report = asyncio.run(measuring)
    report.show(options)


if __name__ == "__main__":
    main()
