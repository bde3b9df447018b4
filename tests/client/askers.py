"""One agent on the real Anthropic SDK, in the forms in which the library can be used."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message

import agentcache_nano_claude_code
from agentcache import AgentCache
from support.agent import SYSTEM, TOOLS, Agent
from support.loop_registry import PATHS, Registry, ToolDef

PROXIES = (
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
)  # fmt: skip


class Form(StrEnum):
    """How the library is used."""

    LIBRARY_SYNC = "library, sync"
    LIBRARY_ASYNC = "library, async"
    CONNECTED_SYNC = "connected, sync"
    CONNECTED_ASYNC = "connected, async"
    ADAPTED = "connected, its tools behind an adapter"

    @property
    def is_async(self) -> bool:
        return self in (Form.LIBRARY_ASYNC, Form.CONNECTED_ASYNC)

    @property
    def is_embedded(self) -> bool:
        return self in (Form.LIBRARY_SYNC, Form.LIBRARY_ASYNC)


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, its provider's URL, the library's home, and the server's when it is needed."""

    repository: Path
    url: str
    home: Path
    server_home: Callable[[], Path]

    @contextmanager
    def cache(self, form: Form, **options: Any) -> Iterator[AgentCache]:  # noqa: ANN401  # of open
        """A cache of that form."""
        if form.is_embedded:
            with AgentCache.open(self.repository, home=self.home, **options) as cache:
                yield cache
            return
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("AGENTCACHE_HOME", str(self.server_home()))
            with AgentCache.connect(self.repository, **options) as cache:
                yield cache

    @contextmanager
    def asker(self, form: Form, *, streams: bool = False) -> Iterator["Asker"]:
        """An agent behind a cache of that form."""
        with self.cache(form) as cache, ExitStack() as stack:
            asker = Asker(self, cache, is_async=form.is_async, streams=streams)
            stack.callback(asker.close)
            if form is Form.ADAPTED:
                stack.callback(asker.adapt().detach)
            yield asker


class Adapted(Agent):
    """An agent that runs its tools from a registry."""

    def __init__(self, base_url: str, repository: Path, registry: Registry) -> None:
        super().__init__(base_url, repository)
        self._registry = registry

    def _tool(self, name: str, given: Mapping[str, str]) -> str:
        config = {"_worktree_cwd": str(self.repository)}
        return str(self._registry.execute_tool(name, dict(given), config))


def _tool(name: str, agent: Agent) -> ToolDef:
    def func(params: Mapping[str, str], _config: object) -> str:
        return agent._tool(name, params)

    return ToolDef(name, {"input_schema": {"properties": PATHS}}, func, read_only=name != "Write")


class Asker:
    """Asks and runs tools until the model answers; `verdicts` has a word for every request."""

    def __init__(self, place: Place, cache: AgentCache, *, is_async: bool, streams: bool) -> None:
        self.verdicts: list[str] = []
        self.cache = cache
        self._streams = streams
        self._tools = Agent(place.url, place.repository)
        self._runner = asyncio.Runner() if is_async else None
        self._http: httpx2.Client | None = None
        if is_async:
            self._async_http = cache.async_http_client()
            self._async_http.event_hooks = {"response": [self._note_async]}
            self._async = anthropic.AsyncAnthropic(
                api_key="k", base_url=place.url, http_client=self._async_http, max_retries=0
            )
        else:
            self._http = cache.http_client()
            self._http.event_hooks = {"response": [self._note]}
            self._sync = anthropic.Anthropic(
                api_key="k", base_url=place.url, http_client=self._http, max_retries=0
            )

    def adapt(self) -> agentcache_nano_claude_code.Attached:
        """Have its tools in a registry as nano-claude-code has it, behind the adapter for that."""
        registry, agent = Registry(), self._tools
        for name in ("Read", "Grep", "Glob", "Bash", "Write"):
            registry.register_tool(_tool(name, agent))
        attached = agentcache_nano_claude_code.attach(registry, self.cache)
        assert attached is not None
        self._tools = Adapted(agent.base_url, agent.repository, registry)
        return attached

    def close(self) -> None:
        """Close what it opened."""
        if self._http is not None:
            self._http.close()
        if self._runner is not None:
            self._runner.run(self._async_http.aclose())
            self._runner.close()

    def _note(self, response: httpx2.Response) -> None:
        verdict, _, rest = response.headers["x-agentcache"].partition(";")
        # Why a miss is one differs by a moment: the server's watcher drops what changed.
        reason = rest.rpartition("reason=")[2] if verdict == "hit" else ""
        self.verdicts.append(f"{verdict} {reason}".strip())

    async def _note_async(self, response: httpx2.Response) -> None:
        self._note(response)

    def opening(self, question: str) -> str:
        """Ask; the verdict on the question itself, or the name of the error that came."""
        before = len(self.verdicts)
        try:
            self.ask(question)
        except anthropic.APIError as error:
            return type(error).__name__
        return self.verdicts[before]

    def ask(self, question: str) -> str:
        """The answer."""
        messages: list[Any] = [{"role": "user", "content": question}]
        while True:
            message = self._create(messages)
            uses = [block for block in message.content if block.type == "tool_use"]
            if not uses:
                return "".join(block.text for block in message.content if block.type == "text")
            content: list[dict[str, Any]] = [
                {"type": "tool_use", "id": use.id, "name": use.name, "input": use.input}
                for use in uses
            ]
            results = [self._tools._run(use) for use in content]
            messages.append({"role": "assistant", "content": content})
            messages.append({"role": "user", "content": results})

    def _create(self, messages: list[Any]) -> Message:
        asked: dict[str, Any] = {
            "model": "claude-scripted-1",
            "max_tokens": 1000,
            "system": SYSTEM,
            "tools": list(TOOLS),
            "messages": messages,
        }
        if self._runner is not None:
            return self._runner.run(self._create_async(asked))
        if self._streams:
            with self._sync.messages.stream(**asked) as stream:
                return stream.get_final_message()
        message: Message = self._sync.messages.create(**asked)
        return message

    async def _create_async(self, asked: dict[str, Any]) -> Message:
        if self._streams:
            async with self._async.messages.stream(**asked) as stream:
                return await stream.get_final_message()
        message: Message = await self._async.messages.create(**asked)
        return message
