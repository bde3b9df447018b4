"""A recorded session: JSON lines, a head and then one line for every Call with its times and usage.

Nothing but what is named here is ever written: no header that could hold a credential.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from agentcache.core.codec import CodecError, decode_json_as, encode_json
from agentcache.core.values import Usage, WireName
from agentcache.errors import UsageError

T = TypeVar("T")

VERSION = 1
"""Of the form of a recording."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line. `began`: seconds since the epoch."""

    agentcache_recording: int
    session: str
    began: float


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One Call as the host sent it.

    `at`: when it was sent; `first` and `ended`: when its reply began and ended, None where it did
    not (all in seconds since the epoch). `url`: where it was to go, without a query. `body`: the
    request body as text, byte for byte but for its credentials. `headers`: only those that shape
    the reply or number an attempt. `usage`: as the provider said it, None where it said nothing.
    `reply_id`: the provider's name for the reply. `miss_reason`: the provider's own diagnosis, ""
    for none.
    """

    at: float
    wire: WireName
    url: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    first: float | None = None
    ended: float | None = None
    status: int | None = None
    usage: Usage | None = None
    reply_id: str = ""
    miss_reason: str = ""


@dataclass(frozen=True, slots=True)
class Recording:
    """A session's Calls in the order in which they were sent."""

    head: Head
    calls: tuple[RecordedCall, ...]


def encode_lines(parts: Iterable[Head | RecordedCall]) -> Iterator[bytes]:
    """One line for each part, its newline included."""
    return (encode_json(part) + b"\n" for part in parts)


def decode_recording(data: bytes, *, name: str) -> Recording:
    """A Recording from the bytes of a file called `name`.

    Raises UsageError where it is empty, cut, of another version, or none of ours; the message
    names the line.
    """
    lines = data.split(b"\n")
    if not data.strip():
        raise UsageError(f"{name!r} is empty; `agentcache run --record DIR` makes recordings")
    head = _decode(lines[0], Head, f"{name!r} is no recording of agentcache")
    if head.agentcache_recording != VERSION:
        raise UsageError(
            f"{name!r} has version {head.agentcache_recording}, this agentcache reads {VERSION}"
        )
    if lines[-1]:
        raise UsageError(f"{name!r} is cut in line {len(lines)}: its end is missing")
    calls = [
        _decode(line, RecordedCall, f"line {number} of {name!r} cannot be read")
        for number, line in enumerate(lines[1:-1], 2)
    ]
    return Recording(head, tuple(sorted(calls, key=lambda call: call.at)))


def _decode(line: bytes, kind: type[T], what: str) -> T:
    try:
        return decode_json_as(line, kind)
    except CodecError as error:
        raise UsageError(f"{what}: {error}") from error
