"""What the runs of a session ended with: an agent that was asked by another one reports just that.

In memory only; nothing is proven from before what is forgotten.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

from agentcache.core.entry import Cost
from agentcache.core.evidence import Evidence
from agentcache.core.subagents import plain_report
from agentcache.core.values import Usage

REPORTS = 2_000
"""Ends of runs that are remembered, of all sessions."""


RUNS = 100
"""Of one question that began and did not end; of those before only when they began is known."""

NO_COST = Cost(0, Usage())


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended: by what `evidence` in the work tree `root`, () where it is not proven.

    `at_ns`: when it was asked for. `cost`: nothing for an answer that was served.
    """

    evidence: Evidence
    root: str
    at_ns: int
    cost: Cost = NO_COST


@dataclass(frozen=True, slots=True)
class _Ended:
    """The newest proven report in the same words, and when one that is not proven was given."""

    proven: Report | None = None
    unproven_ns: int = 0

    @property
    def newest_ns(self) -> int:
        """When there was the last one."""
        return max(self.unproven_ns, self.proven.at_ns if self.proven else 0)


@dataclass(frozen=True, slots=True)
class _Noted:
    """That a run began, or, with a `report`, that one ended; `is_one`: both, by one reply."""

    session: str
    question: str
    at_ns: int
    text: str = ""
    report: Report | None = None
    is_one: bool = False


class Reports:
    """The reports of all sessions; for any thread."""

    def __init__(self) -> None:
        self._ended: OrderedDict[bytes, _Ended] = OrderedDict()
        # A host may begin again, from a summary of what was read, or show what nobody can read:
        # so a run that does not end counts too.
        self._begun: OrderedDict[bytes, tuple[int, ...]] = OrderedDict()
        self._noted: deque[_Noted] = deque()
        self._forgotten_ns = 0
        self._lock = Lock()

    def begin(self, session: str, question: str, at_ns: int) -> None:
        """Note that a run which began with `question` goes on with tools."""
        self._note(_Noted(session, question, at_ns))

    def note(
        self, session: str, question: str, text: str, report: Report, *, is_one: bool = False
    ) -> None:
        """Note that a run which began with `question` ended with `text`.

        `is_one`: by its first reply.
        """
        self._note(_Noted(session, question, report.at_ns, text, report, is_one))

    def _note(self, noted: _Noted) -> None:
        with self._lock:
            self._noted.append(noted)  # few are ever looked for
            if len(self._noted) > REPORTS:
                self._forget(self._noted.popleft().at_ns)

    def find(self, session: str, question: str, text: str, *, since_ns: int) -> Report | None:
        """The newest report `text` since then.

        None where one is among them that is not proven, or a run that did not end.
        """
        with self._lock:
            while self._noted:
                self._take(self._noted.popleft())
            found = self._ended.get(_name(session, question, plain_report(text)), _Ended())
            begun = self._begun.get(_name(session, question), ())
            unproven_ns = max(found.unproven_ns, self._forgotten_ns, *begun)
        if found.proven is None or unproven_ns >= since_ns:
            return None
        return found.proven if found.proven.at_ns >= since_ns else None

    def _take(self, noted: _Noted) -> None:
        asked = _name(noted.session, noted.question)
        if noted.report is None:
            begun = (*self._begun.pop(asked, ()), noted.at_ns)
            self._begun[asked] = begun[-RUNS:]
            self._forget(*begun[:-RUNS])
        else:
            begun = self._begun.pop(asked, ())
            if left := begun[:-1] if noted.report.evidence and not noted.is_one else begun:
                self._begun[asked] = left
            self._take_end(noted, noted.report)
        while len(self._begun) > REPORTS:
            self._forget(*self._begun.popitem(last=False)[1])

    def _take_end(self, noted: _Noted, report: Report) -> None:
        name = _name(noted.session, noted.question, plain_report(noted.text))
        ended = self._ended.pop(name, _Ended())
        self._ended[name] = (
            replace(ended, proven=report)
            if report.evidence
            else replace(ended, unproven_ns=max(report.at_ns, ended.unproven_ns))
        )
        while len(self._ended) > REPORTS:
            self._forget(self._ended.popitem(last=False)[1].newest_ns)

    def _forget(self, *at_ns: int) -> None:
        self._forgotten_ns = max((self._forgotten_ns, *at_ns))


def _name(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode(errors="surrogatepass")).digest()
