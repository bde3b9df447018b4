"""Which requests may share one reply: the rules that the server and the library have in common.

Values and counting only; who waits for whom, and in which colour, is known where they wait.
"""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from typing import TypeAlias

from agentcache.core.conversation import has_hidden_history
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode, Replay
from agentcache.core.values import Call
from agentcache.pipeline import Decision
from agentcache.verdicts import Kept

LANDING_LIMIT = 5.0
"""Seconds to wait for an answer to the same question that is just being kept."""

_MOST_LANDED = 1000
"""Slots that are remembered: more than there can be answers while one request is decided."""

_UNREAD = frozenset(
    {Reason.CACHE_FAILED, Reason.CUT, Reason.PROVIDER_ERROR, Reason.UPSTREAM_UNREACHABLE}
)
"""What became of replies of which it is not known that they are whole."""

FlightKey: TypeAlias = tuple[object, ...]


def flight_key(decision: Decision, url: str, body: bytes) -> FlightKey | None:
    """What two requests must have in common to share a reply; None when this one shares none.

    `url`: where it goes, with its query. `body`: as it came. Where the provider itself uses tools
    of other servers, their replies are for the credentials in it, which no digest of a Call has.
    """
    if decision.lookup is None:
        return None
    call, session = decision.lookup.call, decision.lookup.session
    if call.temperature or has_hidden_history(call) or session.mode is not Mode.ON:
        return None
    if session.replay is Replay.NEVER or not session.replay_ttl > 0:
        return None
    as_whom = sha256(body).digest() if _has_servers(call) else b""
    return (session.tenant, url, call.digest, call.stream, call.wants_usage, as_whom)


def _has_servers(call: Call) -> bool:
    """Whether it names servers of tools; such a tool goes by its type."""
    return bool(call.parameters.get("mcp_servers")) or any(t.name == "mcp" for t in call.tools)


def is_whole(kept: Kept) -> bool:
    """Whether the reply that this became of was read to its end, and holds no error."""
    return kept.reason not in _UNREAD


class Landed:
    """In which order answers came to stand in their slots; `now` counts them."""

    def __init__(self) -> None:
        self.now = 0
        self._at: OrderedDict[str, int] = OrderedDict()

    def note(self, slots: Iterable[str]) -> None:
        """An answer has come to stand in `slots`."""
        self.now += 1
        for slot in slots:
            self._at[slot] = self.now
            self._at.move_to_end(slot)
        while len(self._at) > _MOST_LANDED:
            self._at.popitem(last=False)

    def has_changed(self, slots: Iterable[str], since: int) -> bool:
        """Whether one came to stand in any of `slots` after `now` was `since`."""
        return any(self._at.get(slot, 0) > since for slot in slots)
