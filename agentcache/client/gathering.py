"""What an answer is read from, collected while it is being made: by a tool, or by a research run.

What runs where a gathering was opened, in its thread and task, concerns those that are open there.
In another it may be work for anybody, such as a worker's that one run started and another uses: it
concerns every open run besides, and in a thread that was handed no context everything that is
open. Whom it concerns learns of it at once. Too much evidence is safe. A fork can only say that it
looked at something.
"""

import asyncio
import os
import secrets
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from mmap import mmap
from threading import Lock
from typing import TypeAlias

from agentcache.core.entry import by_kind
from agentcache.core.evidence import Evidence, Look, Observation
from agentcache.core.reasons import Reason

Place: TypeAlias = "tuple[int, asyncio.Task[object] | None]"
"""A thread, and the task that runs in it."""

_MARK = 16
"""Bytes that tell what a fork did from what it did before."""

Refusal = tuple[Reason, str]
"""Why an answer must not be kept, and what stood against it."""


class Gathering:
    """The observations behind one answer, and what speaks against keeping it; for any thread.

    `concerned`: those whose answers this one may be a part of. `is_late`: more than what it was
    told is only known when it is over.
    """

    def __init__(
        self,
        opened_ns: int,
        *,
        concerned: "Iterable[Gathering]" = (),
        is_late: bool = False,
        is_run: bool = False,
        is_apart: bool = False,
    ) -> None:
        self.opened_ns = opened_ns
        self.is_late = is_late
        self.is_run = is_run
        self.is_apart = is_apart
        self.is_open = True
        self.place: Place | None = None
        self.forks = b""
        self._seen: dict[Look, Observation] = {}
        self._refusal: Refusal | None = None
        self._lock = Lock()
        self.concerned: tuple[Gathering, ...] = ()
        self.concern(concerned)

    def concern(self, others: "Iterable[Gathering]") -> None:
        """Have `others`, and whom they concern, learn of all that is said from now on."""
        found = [one for other in others for one in (other, *other.concerned)]
        self.concerned = tuple(dict.fromkeys((*self.concerned, *found)))

    def note(self, evidence: Iterable[Observation]) -> None:
        """Add observations; two that differ for one look speak against keeping."""
        seen = tuple(evidence)
        self.note_alone(seen)
        for one in self.concerned:
            one.note_alone(seen)

    def refuse(self, reason: Reason, what: str) -> None:
        """Say why the answer must not be kept; what was said first stands."""
        self.refuse_alone((reason, what))
        for one in self.concerned:
            one.refuse_alone((reason, what))

    def tell(self, evidence: Iterable[Observation], refusal: Refusal | None) -> None:
        """Have only those that are concerned rest on `evidence`, and not be kept for `refusal`."""
        for one in self.concerned:
            one.note_alone(evidence)
            if refusal is not None:
                one.refuse_alone(refusal)

    def note_alone(self, evidence: Iterable[Observation]) -> None:
        """As `note`, for this one only."""
        with self._lock:
            for seen in evidence:
                if self._seen.setdefault(seen.look, seen) != seen:
                    self._refusal = self._refusal or (Reason.UNSETTLED, repr(seen.look))

    def refuse_alone(self, refusal: Refusal) -> None:
        """As `refuse`, for this one only; without the lock, which a fork may find held."""
        self._refusal = self._refusal or refusal

    @property
    def refusal(self) -> Refusal | None:
        """What speaks against keeping the answer, None for nothing."""
        return self._refusal

    @property
    def evidence(self) -> Evidence:
        """All that was observed so far, in the order of Entry."""
        with self._lock:
            return by_kind(tuple(self._seen.values()))


_current: ContextVar[tuple[Gathering, ...]] = ContextVar("agentcache gatherings", default=())


class Gatherings:
    """Those of one cache that are open; for any thread and task."""

    def __init__(self) -> None:
        self._open: dict[Gathering, None] = {}
        self._lock = Lock()
        self._pid = os.getpid()
        self._forks = mmap(-1, _MARK)  # which forks of this process share

    def tell_parents(self) -> None:
        """In a fork: something is looked at here, which nobody in the process it is of sees."""
        if os.getpid() != self._pid:
            self._forks[:_MARK] = secrets.token_bytes(_MARK)

    def forked_since(self, gathering: Gathering) -> bool:
        """Whether a fork has looked at something since `gathering` was opened."""
        return self._forks[:_MARK] != gathering.forks

    def concerned(self) -> tuple[Gathering, ...]:
        """Those that what begins here and now may be a part of.

        Those of another cache are told that they rest on what they do not see.
        """
        for one in _current.get():
            if one.is_open and one not in self._open:
                one.refuse(Reason.OPAQUE_TOOL, "what another cache looks at")
        if not self._open:
            return ()
        with self._lock:
            ours = tuple(one for one in _current.get() if one in self._open)
            if ours and ours[-1].place == _place():
                return ours
            if not ours and not _is_handed_on():
                return tuple(self._open)
            others = (one for one in self._open if one not in ours)
            runs = (one for one in others if one.is_run and not one.is_apart)
            return (*ours, *runs)

    def late_for(self, gathering: Gathering) -> bool:
        """Whether something is open whose evidence concerns `gathering` and is not known yet."""
        with self._lock:
            return any(one.is_late and gathering in one.concerned for one in self._open)

    def opened(self, gathering: Gathering) -> AbstractContextManager[None]:
        """Have `gathering` open inside the block, and in what starts from there."""
        gathering.forks = self._forks[:_MARK]
        return _Opened(self._open, self._lock, gathering)


class _Opened(AbstractContextManager[None]):
    """As `contextmanager` would make it of a function, which takes longer; to be entered once."""

    def __init__(self, among: dict[Gathering, None], lock: Lock, gathering: Gathering) -> None:
        self._among, self._lock, self._gathering = among, lock, gathering

    def __enter__(self) -> None:
        self._gathering.place = _place()
        with self._lock:
            self._among[self._gathering] = None
        _current.set((*_current.get(), self._gathering))

    def __exit__(self, *_: object) -> None:
        # Not by its token: a generator may be ended in another context, or before another's end.
        _current.set(tuple(one for one in _current.get() if one is not self._gathering))
        self._gathering.is_open = False
        with self._lock:
            del self._among[self._gathering]


def _place() -> Place:
    return threading.get_ident(), _task()


def _task() -> "asyncio.Task[object] | None":
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs in this thread
        return None


def _is_handed_on() -> bool:
    """Whether what runs here has the context of who began it, or was begun by nobody."""
    return _task() is not None or threading.current_thread() is threading.main_thread()
