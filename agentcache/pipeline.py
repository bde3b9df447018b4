"""One request to a model: read, looked up, its reply kept, and what the ledger says of both.

The server and the library do the same with it, each in its own colour and place. This is the rim
where a failure of the cache becomes a counted miss: nothing that goes wrong in here may reach an
agent. Everything is synchronous and may be called from any thread.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from agentcache.core.codec import JsonObject
from agentcache.core.policy import uses_of
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import Call, Reply, Usage
from agentcache.errors import WireError
from agentcache.middleware import Driver, Hit, Kept, Lookup
from agentcache.store.ledger import WITHOUT_TOOLS, Event
from agentcache.wire import Wire

log = logging.getLogger(__name__)

TTL_HEADER = "x-agentcache-ttl"
"""A request's own time to live for replays, in seconds; 0 neither serves nor keeps one."""

COPY_LIMIT = 64 << 20
"""Bytes of a reply that are remembered; longer ones are not kept."""

_JSON = "application/json"
_SSE = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one request. `answer`: the bytes that answer it, None on a miss.

    `run`: the id of the Call with which the run began that a served step belongs to.
    """

    reason: Reason
    verdict: str = "miss"
    id: str = ""
    call: Call | None = None
    wire: Wire | None = None
    lookup: Lookup | None = None
    answer: bytes | None = None
    detail: JsonObject = field(default_factory=dict)
    run: str = ""

    @property
    def slots(self) -> list[str]:
        """Where its reply can be kept: as the answer to its question, or to this request."""
        if self.lookup is None:
            return []
        question = [] if self.lookup.slot is None else [self.lookup.slot]
        return [*question, *self._own_slots(self.lookup)]

    @property
    def awaited(self) -> list[str]:
        """Where another's reply could answer it: a run that is underway takes no answer."""
        if self.lookup is None or self.lookup.is_opening:
            return self.slots
        return self._own_slots(self.lookup)

    def _own_slots(self, lookup: Lookup) -> list[str]:
        return [slot for slot in (lookup.replay, lookup.compaction) if slot is not None]

    @property
    def is_settled(self) -> bool:
        """Whether nothing better can be just being kept: a run's first step is not its answer."""
        is_step = self.reason in (Reason.DECISION, Reason.DECISION_MEANING)
        return self.answer is not None and not is_step

    @property
    def goes_on(self) -> bool:
        """Whether its answer asks for tools, and its run goes on from there."""
        verdict = self.lookup.verdict if self.lookup else None
        if self.answer is None or not isinstance(verdict, Hit):
            return False
        return bool(uses_of(verdict.entry.reply))

    @property
    def header(self) -> str:
        """The value of `x-agentcache`."""
        name = f" id={self.id};" if self.id else ""
        return f"{self.verdict};{name} reason={self.reason}"

    @property
    def answer_headers(self) -> dict[str, str]:
        """The headers of `answer`."""
        streams = self.call is not None and self.call.stream
        named = f"req_agentcache_{self.id}"
        headers = {
            "Content-Type": _SSE if streams else _JSON,
            "request-id": named,
            "x-request-id": named,
            "x-agentcache": self.header,
        }
        return headers | ({"Cache-Control": "no-cache"} if streams else {})


@dataclass(frozen=True, slots=True)
class Received:
    """What came of a request that went to its provider.

    `status`: 0 when no response began, then `unreachable` says why, unless the client left.
    `is_stream`: whether it was one of server-sent events. `body`: None when it broke off.
    """

    status: int = 0
    is_stream: bool = False
    body: bytes | None = None
    unreachable: str | None = None


class Pipeline:
    """Decides with `cache`; `clock` gives seconds since the epoch, `new_id` 32 hex digits."""

    def __init__(
        self, cache: Driver, *, clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self._cache = cache
        self._clock = clock
        self._new_id = new_id

    def decide(
        self,
        wire: Wire,
        body: bytes,
        headers: Mapping[str, str],
        *,
        session: Session,
        upstream: str,
    ) -> Decision:
        """Read a request and look it up; `headers` have lower-case names, `upstream` no query."""
        id_ = self._new_id()[:12]
        decision = Decision(Reason.NOT_UNDERSTOOD, id=id_, wire=wire)
        try:
            call = wire.decode_call(body, headers)
            session = with_ttl(session, headers)
            lookup = self._cache.lookup(id_, call, session=session, upstream=upstream)
            verdict = lookup.verdict
            if not isinstance(verdict, Hit):
                return Decision(
                    verdict.reason,
                    id=id_,
                    call=call,
                    wire=wire,
                    lookup=lookup,
                    detail=verdict.detail,
                )
            decision = replace(decision, call=call, lookup=lookup)
            encode = wire.encode_stream if call.stream else wire.encode_reply
            reply = verdict.entry.reply
            answer = encode(reply, call, new_id=self._new_id, now=self._clock())
        except WireError as error:
            return replace(decision, detail={"error": str(error)})
        except Exception:
            log.exception("the lookup of a request failed")
            return replace(decision, reason=Reason.CACHE_FAILED)
        return replace(
            decision, verdict="hit", reason=verdict.reason, answer=answer, detail=verdict.detail
        )

    def served(self, decision: Decision) -> Decision:
        """`decision`, which is not made again: its answer goes to the client."""
        lookup, wire, answer = decision.lookup, decision.wire, decision.answer
        if not decision.goes_on or lookup is None or wire is None or answer is None:
            return decision
        try:
            # Its run goes on by the ids that this answer was given.
            reply = _read(wire, answer, is_stream=lookup.call.stream)
            return replace(decision, run=self._cache.note_served(lookup, reply))
        except Exception:
            log.exception("noting a step that is served failed")
            return decision

    def land(self, decision: Decision, received: Received) -> tuple[Kept, Usage]:
        """Read the copy of a reply and keep what may be kept; the tokens are the provider's."""
        failed = _failure(received)
        if failed is not None or received.body is None or decision.wire is None:
            return failed or Kept(Reason.CUT), Usage()
        usage = Usage()
        try:
            reply = _read(decision.wire, received.body, is_stream=received.is_stream)
            usage = reply.usage
            if decision.lookup is None:
                return Kept(Reason.NOT_UNDERSTOOD), usage
            return self._cache.keep(decision.lookup, reply), usage
        except WireError as error:
            return Kept(Reason.CUT, detail={"error": str(error)}), usage
        except Exception:
            log.exception("keeping a reply failed")
            return Kept(Reason.CACHE_FAILED), usage

    def note(
        self,
        decision: Decision,
        session: Session,
        *,
        add: Mapping[str, int],
        entry: str | None = None,
        kept: Kept | None = None,
    ) -> tuple[Event, dict[str, int]]:
        """What the ledger says of a Call, and what it adds to the counters.

        `entry`: the id of the one served. `kept`: what became of the reply. `add`: to be counted
        besides the verdict.
        """
        counts = {"lookups": 1, f"{decision.verdict}:{decision.reason}": 1, **add}
        detail = dict(decision.detail)
        if decision.call is not None and not decision.call.tools:
            detail["tools"] = WITHOUT_TOOLS
        if kept is not None:
            counts[f"kept:{kept.reason}"] = 1
            entry = kept.entry.id if kept.entry else entry
            detail |= {"keep": kept.detail} if kept.detail else {}
        event = Event(
            id=decision.id,
            at=self._clock(),
            session=session.name,
            verdict=decision.verdict,
            reason=decision.reason,
            question=decision.lookup.question if decision.lookup else "",
            entry=entry,
            run=kept.run if kept else decision.run or decision.id,
            kept=kept.reason if kept else None,
            detail=detail,
        )
        return event, counts


def asked_counts(usage: Usage) -> dict[str, int]:
    """What asking the provider adds to the counters."""
    return {
        "asked:calls": 1,
        "asked:input_tokens": usage.input_tokens,
        "asked:output_tokens": usage.output_tokens,
    }


def with_ttl(session: Session, headers: Mapping[str, str]) -> Session:
    """The session with the time to live that this request asks for; one that is no number is 0."""
    asked = headers.get(TTL_HEADER)
    if asked is None:
        return session
    try:
        return replace(session, replay_ttl=max(float(asked), 0.0))
    except ValueError:
        return replace(session, replay_ttl=0.0)


def has_ended(wire: Wire | None, body: bytes) -> bool:
    """Whether `body` is a stream of server-sent events with the last one that its wire has."""
    try:
        return wire is not None and wire.decode_stream(body) is not None
    except WireError:
        return False
    except Exception:
        log.exception("a stream could not be read")
        return False


def _failure(received: Received) -> Kept | None:
    """Why there is no reply to read; None when there is one."""
    if received.unreachable is not None:
        return Kept(Reason.UPSTREAM_UNREACHABLE, detail={"error": received.unreachable})
    if received.status == 200:
        return None
    reason = Reason.PROVIDER_ERROR if received.status else Reason.CUT
    return Kept(reason, detail={"status": received.status})


def _read(wire: Wire, body: bytes, *, is_stream: bool) -> Reply:
    return wire.decode_stream(body) if is_stream else wire.decode_reply(body)
