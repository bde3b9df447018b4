"""Tools of an orchestrator in both colours, over one repository."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agentcache import AgentCache, Look
from support.repositories import Repo, wait_until_settled

COLOURS = ("sync", "async")


@dataclass(frozen=True, slots=True)
class Loop:
    """A cache, and its tools as sync calls whatever their colour."""

    cache: AgentCache
    repository: Repo
    colour: str

    def made(self, function: Callable[..., Any], **options: Any) -> Callable[..., Any]:  # noqa: ANN401  # of tool
        """`function` as a decorated tool of the loop's colour, called as a plain function."""
        decorate: Callable[..., Callable[..., Any]] = self.cache.tool(**options)
        if self.colour == "sync":
            return decorate(function)
        tool = decorate(awaitable(function))
        return lambda *args, **kwargs: asyncio.run(tool(*args, **kwargs))

    def said(self) -> str:
        """What was decided last, in a word or two: `hit`, `miss`, or why a miss is not kept."""
        event = self.cache.last
        assert event is not None
        if event.verdict == "hit":
            return "hit"
        return "miss" if event.kept == "kept" else f"miss {event.kept}"

    def settle(self) -> None:
        """Wait until a change could be seen."""
        wait_until_settled(self.repository)


def awaitable(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """An asynchronous function of the same code as far as a cache can see."""

    async def run(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever it takes
        await asyncio.sleep(0)
        return function(*args, **kwargs)

    run.__name__, run.__qualname__ = function.__name__, function.__qualname__
    run.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]  # as inspect reads it
    return run


def declared(root: Path, path: str) -> str:
    """Read a whole file, as a tool does that knows of no cache."""
    return (root / path).read_text()


def read(look: Look, path: str) -> str:
    """Read a whole file through a Look."""
    return look.read(path)


def first_line(look: Look, path: str) -> list[str]:
    """Read one line."""
    return look.lines(path, 1, 1)


def names(look: Look, pattern: str) -> list[str]:
    """List files."""
    return list(look.list(pattern))


def matches(look: Look, pattern: str) -> list[str]:
    """Search."""
    return [f"{found.path}:{found.number}:{found.text}" for found in look.search(pattern)]


def is_absent(look: Look, path: str) -> str:
    """Say whether something is there."""
    return "absent" if look.absent(path) else "present"
