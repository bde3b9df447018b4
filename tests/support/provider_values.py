"""What a scripted provider receives and what a script tells it to answer."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

from agentcache.core.codec import JsonObject
from agentcache.core.values import Usage, WireName
from support.provider_reading import Message, OfferedTool, read_messages, read_system, read_tools

PATHS = {
    "/v1/messages": WireName.ANTHROPIC,
    "/v1/chat/completions": WireName.OPENAI_CHAT,
    "/v1/responses": WireName.OPENAI_RESPONSES,
}


class Ending(StrEnum):
    """Why the scripted reply stops; NATURAL is the end, or the tools it calls."""

    NATURAL = "natural"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"


class Gate:
    """A place where an answer waits until the test lets it go on: `reached` says it waits.

    A gate that was opened stays open. No time is involved on either side.
    """

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._lock = threading.Lock()
        self._is_open = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def open(self) -> None:
        """Let everything that waits here go on, and everything that comes later pass."""
        with self._lock:
            self._is_open = True
            waiting, self._waiting = self._waiting, []
        for loop, event in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def passed(self) -> None:
        """Wait until the gate is open; called by the provider."""
        event = asyncio.Event()
        with self._lock:
            if not self._is_open:
                self._waiting.append((asyncio.get_running_loop(), event))
            else:
                event.set()
        self.reached.set()
        await event.wait()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the scripted model calls; an `id` of "" becomes a fresh one."""

    name: str
    arguments: JsonObject
    id: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: content in the wire's own form, or `status`, `headers` and `body` as given.

    `body`: sent as it is, with `status`. An error `status` without `body` gives the wire's own
    error object with `text` as its message. `usage`: computed from the sizes unless given.

    Events are SSE events; a JSON answer or a raw body counts as one event.
    `gate_after_events`: where `gate` stands, 0 is before the status line.
    `cut_at_byte`, `cut_after_events`: the connection is aborted there.
    `fail_after_events`: the wire's error event comes there, and a clean end after it.
    """

    text: str = ""
    tools: tuple[ToolCall, ...] = ()
    thinking: str = ""
    ending: Ending = Ending.NATURAL
    usage: Usage | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    gate: Gate | None = None
    gate_after_events: int = 0
    cut_at_byte: int | None = None
    cut_after_events: int | None = None
    fail_after_events: int | None = None


def html_page(status: int = 502) -> Answer:
    """What a gateway or a captive portal answers instead of the provider."""
    return Answer(
        status=status,
        headers={"content-type": "text/html; charset=utf-8"},
        body=b"<!doctype html><html><title>Bad gateway</title><h1>Bad gateway</h1></html>",
    )


def overloaded(status: int = 529, *, retry_after: str = "0") -> Answer:
    """An error that clients try again, after `retry_after` seconds."""
    return Answer(text="Overloaded", status=status, headers={"retry-after": retry_after})


@dataclass(frozen=True)
class ProviderRequest:
    """One request as it came in; header names are lower case, `arrived` is monotonic seconds.

    `connection`: the number of the TCP connection it came over, counted from 1.
    `body_json`: None unless the body is a JSON object. `wire`: None for every other path.
    """

    number: int
    connection: int
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    body_json: JsonObject | None
    arrived: float

    @property
    def wire(self) -> WireName | None:
        """The request form its method and path promise."""
        return PATHS.get(self.path) if self.method == "POST" else None

    @property
    def json(self) -> JsonObject:
        """The body's object, empty if it is none."""
        return self.body_json if self.body_json is not None else {}

    @property
    def model(self) -> str:
        """The model asked for, "" if none."""
        model = self.json.get("model")
        return model if isinstance(model, str) else ""

    @property
    def stream(self) -> bool:
        """Whether the answer must be SSE."""
        return self.json.get("stream") is True

    @cached_property
    def system(self) -> str:
        """All instructions before the conversation."""
        return read_system(self.wire, self.json)

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """The conversation, without those instructions."""
        return read_messages(self.wire, self.json)

    @cached_property
    def tools(self) -> tuple[OfferedTool, ...]:
        """The tools the model may call."""
        return read_tools(self.json)

    @property
    def question(self) -> str:
        """The newest text that the user wrote."""
        texts = [message.text for message in self.messages if message.role == "user"]
        return next((text for text in reversed(texts) if text.strip()), "")


Script: TypeAlias = Callable[[ProviderRequest], Answer]
