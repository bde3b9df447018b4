"""The pipeline in this process, over a store of its own: what the server is to its sessions."""

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO

from agentcache.client.behind import Behind
from agentcache.client.flights import Flights
from agentcache.client.gathering import Gatherings
from agentcache.client.lifetime import Lifetime
from agentcache.client.shelf import OwnShelf
from agentcache.client.using import Desk
from agentcache.core.codec import digest
from agentcache.core.entry import Cost, Kind
from agentcache.core.policy import saved_counts
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import Usage
from agentcache.errors import InUseError, StoreError
from agentcache.match.embedding import load_embedder
from agentcache.match.same import Matcher
from agentcache.middleware import Driver, Hit, Kept
from agentcache.pipeline import Decision, Pipeline, Received, asked_counts
from agentcache.prefix.moves import Move
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.server.config import Config, Places, read_rules
from agentcache.server.lock import hold
from agentcache.server.network import Network
from agentcache.server.prefixes import Prefixes
from agentcache.server.sessions import LiveSession
from agentcache.server.states import States
from agentcache.store.disk import DiskStore
from agentcache.store.ledger import Event, Ledger
from agentcache.tool_results import ToolResults
from agentcache.wire import Wire

log = logging.getLogger(__name__)


class Embedded:
    """An embedded store, opened by one process at a time, and everything that decides over it.

    `home`: where it lies. `executor`: for callers that must not block; without them no thread of
    ours ever runs. `desk`: what the caches inside a loop stand on. `flights`: what is on its way.
    """

    def __init__(self, session: Session, places: Places, config: Config) -> None:
        """Open it below `places`; raises InUseError, UsageError for bad rules, or StoreError."""
        self.session = session
        self.lifetime = Lifetime(session.cwd)
        self.flights = Flights(clock=time.monotonic)
        self.home = _home_of(session.cwd, places)
        self._last: Event | None = None
        self.executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="agentcache")
        with ExitStack() as opened:
            opened.callback(_let_go, _take(self.home / "open.lock", session.cwd))
            self.store = opened.enter_context(
                closing(DiskStore(self.home / "store", size_limit=config.size_limit))
            )
            self.ledger = opened.enter_context(closing(Ledger(self.home / "ledger.db")))
            matcher = Matcher(
                load=lambda: load_embedder(config.match.model, home=places.home),
                threshold=config.match.threshold,
            )
            self.observer = Observer(clock_ns=time.time_ns)
            self.driver = Driver(
                store=self.store,
                observer=self.observer,
                find_tree=WorkTree.find,
                clock_ns=time.time_ns,
                matcher=matcher,
            )
            tools = opened.enter_context(
                closing(Behind(self.store, self.store.save_all, own=f"{Kind.TOOL}:"))
            )
            self.shelf = OwnShelf(
                session,
                store=self.store,
                tools=tools,
                ledger=self.ledger,
                observer=self.observer,
                matcher=matcher,
            )
            self.desk = Desk(self.shelf, self.lifetime, Gatherings(), self.executor, set())
            self.tool_results = ToolResults(
                entries=self.shelf.tools,
                observer=self.observer,
                find_tree=WorkTree.find,
                clock_ns=time.time_ns,
            )
            opened.callback(self.shelf.flush)
            self._states = States(self.store)
            self._prefixes = Prefixes(
                states=self._states,
                rules=read_rules(places, config.prefix),
                ledger=self.ledger,
                clock=time.time,
            )
            moves = frozenset(config.prefix.chosen) - {Move.DIAGNOSTICS}
            self._live = LiveSession(session, Network(), time.time(), moves)
            opened.callback(self._write_prefixes)
            opened.callback(self.executor.shutdown)  # first of all: what it still does is written
            self._owned = opened.pop_all()
        self._pipeline = Pipeline(
            self.driver, clock=time.time, new_id=lambda: secrets.token_hex(16)
        )

    @property
    def last(self) -> Event | None:
        """What was decided last, for a Call or inside the loop."""
        events = [event for event in (self._last, self.shelf.last) if event is not None]
        return max(events, key=lambda event: event.at, default=None)

    def decide(
        self, wire: Wire, body: bytes, headers: Mapping[str, str], upstream: str
    ) -> Decision:
        """See Pipeline.decide. What is decided for good to be a hit is counted as served."""
        decision = self._pipeline.decide(
            wire, body, headers, session=self.session, upstream=upstream
        )
        if decision.is_settled:
            self.note_hit(decision)
        return decision

    def note_hit(self, decision: Decision) -> None:
        """Count an answer from the cache, which is served."""
        lookup = decision.lookup
        if lookup is not None and isinstance(lookup.verdict, Hit) and not self.lifetime.is_over:
            decision = self._pipeline.served(decision)
            entry = lookup.verdict.entry
            self._note(decision, entry=entry.id, add=saved_counts(entry.cost))
            with _never_in_the_way():
                self.driver.note_use(lookup)

    def tell_runs(self, decision: Decision) -> None:
        """Have the runs that a kept answer is used in rest on what it was read from."""
        lookup = decision.lookup
        if lookup is None or not isinstance(lookup.verdict, Hit):
            return
        evidence, tree = lookup.verdict.entry.evidence, WorkTree.find(self.session.cwd)
        for run in self.desk.gatherings.concerned() if evidence else ():
            run.note(evidence)
            if lookup.tree != tree:
                run.refuse(Reason.OPAQUE_TOOL, "an answer about another work tree")

    def note_shared(self, decision: Decision) -> None:
        """Count an answer shared with another request; what it saved is in that one's usage."""
        if not self.lifetime.is_over:
            self._note(decision, add=saved_counts(Cost(1, Usage())))

    def shape(self, wire: Wire, body: bytes, upstream: str) -> bytes:
        """The body to send in the place of `body`, so that the provider's own cache hits."""
        return self._prefixes.stabilise(self._live, wire.NAME, body, upstream=upstream).body

    def is_refused(self, upstream: str, status: int) -> bool:
        """Whether what was shaped is to be sent again as it was, by the answer's `status`."""
        return self._prefixes.is_refused(upstream, status)

    def leave_alone(self, upstream: str, *, status: int) -> None:
        """Note that `upstream` refused what was shaped, by `status`, and took it as it was."""
        self._prefixes.leave_alone(self._live, upstream, status=status)

    def _write_prefixes(self) -> None:
        self._prefixes.flush()
        self._states.flush()

    def note_landed(self, decision: Decision, received: Received) -> Kept | None:
        """Keep what may be kept of a reply that was missed before, and count.

        Returns what became of it, None when the cache is over.
        """
        if self.lifetime.is_over:
            return None
        with self.flights.landing(decision.slots):
            kept, usage = self._pipeline.land(decision, received)
            if kept.entry is not None:
                self.flights.note_kept(decision.slots)
        self._note(decision, kept=kept, add=asked_counts(usage))
        with _never_in_the_way():
            self._write_prefixes()
        return kept

    def _note(
        self,
        decision: Decision,
        *,
        add: Mapping[str, int],
        entry: str | None = None,
        kept: Kept | None = None,
    ) -> None:
        event, counts = self._pipeline.note(decision, self.session, add=add, entry=entry, kept=kept)
        self._last = event
        with _never_in_the_way():
            self.shelf.flush()  # events stand in the order in which they came
            self.ledger.record(event, add=counts)

    def close(self) -> None:
        """Finish what was begun and give the store up; done once, and never in a fork."""
        if self.lifetime.end():
            self.flights.close()
            with _never_in_the_way():
                self._owned.close()


@contextmanager
def _never_in_the_way() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        log.warning("%s", error)
    except Exception:
        log.exception("the upkeep of the cache failed")


def _home_of(cwd: str, places: Places) -> Path:
    """One for each clone, which all its work trees share, or for a directory that is in none."""
    tree = WorkTree.find(cwd)
    owner = Path(cwd) if tree is None else tree.common_dir
    return places.home / "library" / digest(str(owner.resolve()))[:32]


def _take(path: Path, repository: str) -> IO[bytes]:
    """The lock at `path`, with our name in it; raises InUseError or StoreError."""
    try:
        file = hold(path)
        if file is None:
            raise InUseError(_whose(path, repository))
        file.write(b"%d" % os.getpid())
    except OSError as error:
        raise StoreError(f"cannot use {str(path)!r}: {error.strerror}") from error
    return file


def _whose(path: Path, repository: str) -> str:
    pid = path.read_text() or "that is just starting"
    owner = "this process" if pid == str(os.getpid()) else "process"
    return (
        f"the cache of {repository!r} is open already in {owner} {pid}: share it through the "
        "user's server with AgentCache.connect(), or close it there first"
    )


def _let_go(file: IO[bytes]) -> None:
    file.truncate(0)
    fcntl.flock(file, fcntl.LOCK_UN)  # forks hold the same open file
    file.close()
