"""What the runs of a session ended with: an agent that was asked by another one reports just that.

In memory only; what is forgotten is not proven.
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


class Reports:
    """The reports of all sessions; for any thread."""

    def __init__(self) -> None:
        self._ended: OrderedDict[bytes, _Ended] = OrderedDict()
        self._noted: deque[tuple[str, str, str, Report]] = deque(maxlen=REPORTS)
        self._lock = Lock()

    def note(self, session: str, question: str, text: str, report: Report) -> None:
        """Note that a run which began with `question` ended with `text`."""
        self._noted.append((session, question, text, report))  # few are ever looked for

    def find(self, session: str, question: str, text: str, *, since_ns: int) -> Report | None:
        """The newest report `text` since then; None where one is among them that is not proven."""
        with self._lock:
            while self._noted:
                self._take(*self._noted.popleft())
            found = self._ended.get(_name(session, question, text))
        if found is None or found.proven is None or found.unproven_ns >= since_ns:
            return None
        return found.proven if found.proven.at_ns >= since_ns else None

    def _take(self, session: str, question: str, text: str, report: Report) -> None:
        name = _name(session, question, text)
        ended = self._ended.pop(name, _Ended())
        self._ended[name] = (
            replace(ended, proven=report)
            if report.evidence
            else replace(ended, unproven_ns=max(report.at_ns, ended.unproven_ns))
        )
        while len(self._ended) > REPORTS:
            self._ended.popitem(last=False)


def _name(session: str, question: str, text: str) -> bytes:
    parts = "\0".join((session, question, plain_report(text)))
    return sha256(parts.encode(errors="surrogatepass")).digest()
