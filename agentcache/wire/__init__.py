"""JSON and SSE bytes to core values and back, one module per wire; no SDK, no sockets."""

from collections.abc import Callable, Mapping
from typing import Protocol

from agentcache.core.values import Call, Reply, WireName


class Wire(Protocol):
    """What every wire module offers, as module-level functions of these names.

    `headers` have lower-case names. `new_id` gives an unguessable string of [0-9a-f], as long as
    a wire needs; `now` is seconds since the epoch.
    """

    NAME: WireName

    def decode_call(self, body: bytes, headers: Mapping[str, str]) -> Call:
        """Read a request body; raises WireError when it is not understood."""

    def decode_reply(self, body: bytes) -> Reply:
        """Read a complete JSON answer; raises WireError on an error object or anything else."""

    def decode_stream(self, body: bytes) -> Reply:
        """Read a complete SSE answer; raises WireError if it was cut or carried an error."""

    def encode_reply(
        self, reply: Reply, call: Call, *, new_id: Callable[[], str], now: float
    ) -> bytes:
        """Write `reply` as the JSON answer to `call`: fresh ids, usage marked as cached."""

    def encode_stream(
        self, reply: Reply, call: Call, *, new_id: Callable[[], str], now: float
    ) -> bytes:
        """Write `reply` as the SSE answer to `call`: fresh ids, usage marked as cached."""
