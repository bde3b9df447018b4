"""Requests shaped for the provider's prefix cache, for every session that lets it be done."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus
from threading import Lock

from agentcache.core.session import Mode
from agentcache.core.values import WireName
from agentcache.errors import StoreError, WireError
from agentcache.prefix.body import Body
from agentcache.prefix.rules import Rules
from agentcache.prefix.stabilise import Stabilised, States, stabilise
from agentcache.server.sessions import LiveSession
from agentcache.store.ledger import Ledger

log = logging.getLogger(__name__)


ALONE_FOR = 3600.0
"""Seconds for which an upstream that refused a shaped request gets requests as hosts make them."""

_REFUSED = (400, 413, 422)
"""What a server says to a request that it does not take in this form."""

_FAILED = 500
"""What llama.cpp's server says to one that a model's chat template does not take, and any server
in trouble to all."""


class Prefixes:
    """Applies the moves, and counts what they did in `ledger`.

    `states`: where what is known of conversations lies. `clock`: seconds since the epoch.
    """

    def __init__(
        self,
        *,
        states: States,
        rules: Rules,
        ledger: Ledger | None,
        clock: Callable[[], float],
    ) -> None:
        self._states = states
        self._rules = rules
        self._ledger = ledger
        self._clock = clock
        self._lock = Lock()
        self._counted: Counter[str] = Counter()
        self._alone: dict[str, float] = {}
        self._failed: set[str] = set()

    def stabilise(
        self, live: LiveSession, wire: WireName, body: bytes | Body, *, upstream: str
    ) -> Stabilised:
        """The body to send in the place of `body`; whatever goes wrong, that is `body` itself."""
        untouched = Stabilised(body.data if isinstance(body, Body) else body)
        if not live.moves or self._clock() < self._alone.get(upstream, 0.0):
            return untouched
        session = live.session
        try:
            done = stabilise(
                wire,
                body,
                states=self._states,
                owner=f"{session.tenant}\0{session.cwd}",
                upstream=upstream,
                now=self._clock(),
                moves=live.moves,
                rules=self._rules,
            )
        except WireError:
            self.count(live, {"prefix:not_understood": 1})
            return untouched
        except Exception:
            log.exception("the prefix of a request could not be stabilised")
            self.count(live, {"prefix:failed": 1})
            return untouched
        self._note(live, done)
        return untouched if session.mode is Mode.OBSERVE else done

    def is_refused(self, upstream: str, status: int) -> bool:
        """Whether a request that was shaped is to be sent again as the host made it.

        `status`: of the answer that `upstream` gave it.
        """
        if status < HTTPStatus.BAD_REQUEST:
            self._failed.discard(upstream)
        return status in _REFUSED or status == _FAILED

    def leave_alone(self, live: LiveSession, upstream: str, *, status: int) -> None:
        """Note that `upstream` refused a request that was shaped and took it as it was.

        `status`: of the refusal. A server's trouble may have been over by then: it counts from the
        second on, with no shaped request taken in between.
        """
        if status == _FAILED and upstream not in self._failed:
            self._failed.add(upstream)
            return
        self._failed.discard(upstream)
        log.warning("%s refused a request with a stable prefix; it gets them as they are", upstream)
        self._alone[upstream] = self._clock() + ALONE_FOR
        self.count(live, {"prefix:refused": 1})

    def _note(self, live: LiveSession, done: Stabilised) -> None:
        word = "would_repair" if live.session.mode is Mode.OBSERVE else "repaired"
        counts = {"prefix:calls": 1, **{f"prefix:{word}:{move}": 1 for move in done.moves}}
        self.count(live, counts | ({f"prefix:{word}": 1} if done.moves else {}))

    def count(self, live: LiveSession, counts: Mapping[str, int]) -> None:
        """Add to the session's counters and to the ledger's."""
        if not counts:
            return
        live.counts.update(counts)
        with self._lock:
            self._counted.update(counts)

    def flush(self) -> None:
        """Write what was counted; a ledger that fails loses it."""
        with self._lock:
            counts, self._counted = self._counted, Counter()
        if self._ledger is not None and counts:
            try:
                self._ledger.count(counts)
            except StoreError as error:
                log.warning("%s", error)
