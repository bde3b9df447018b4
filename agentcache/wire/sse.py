"""Server-sent events, read and written as the HTML specification says.

Knows lines and fields only; what stands in the data is the wires' business.
"""

import re
from dataclasses import dataclass

from agentcache.core.codec import JsonObject, encode_json

_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Clients that split decoded text with `str.splitlines` see a line end in these; as JSON escapes
# they are safe, and inside JSON they can only stand in a string.
_SAFE = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event; `name` is "" if the stream gave none. Ids and retry times are not kept."""

    name: str
    data: str


class SseParser:
    """Reads a stream chunk by chunk; where the chunks are cut makes no difference.

    An event that is not closed by an empty line is never given out.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._skip_newline = False
        self._at_start = True
        self._name = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that `chunk` completes, in order."""
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        *lines, self._rest = _LINE_END.split(self._rest + chunk)
        # A CR ends its line at once; the LF that may follow in the next chunk belongs to it.
        self._skip_newline = self._skip_newline or chunk.endswith(b"\r")
        read = (self._read(line) for line in lines)
        return [event for event in read if event is not None]

    def _read(self, line: bytes) -> Event | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if not line:
            return self._close()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
        elif name == "event":
            self._name = value.removeprefix(" ")
        return None

    def _close(self) -> Event | None:
        event = Event(self._name, "\n".join(self._data)) if self._data else None
        self._name, self._data = "", []
        return event


def parse_events(body: bytes) -> list[Event]:
    """Every complete event of a whole stream."""
    return SseParser().feed(body)


def write_event(event: Event) -> bytes:
    """The bytes of one event; line ends in its data become lines of their own."""
    head = f"event: {event.name}\n" if event.name else ""
    lines = "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", event.data))
    return f"{head}{lines}\n".encode()


def write_json_event(value: JsonObject, *, name: str = "") -> bytes:
    """The bytes of one event whose data is `value` as JSON on one line."""
    return write_event(Event(name, encode_json(value).decode().translate(_SAFE)))
