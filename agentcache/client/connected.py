"""A session with the user's server, kept alive until it is closed."""

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cached_property

from agentcache.client.behind import Behind
from agentcache.client.gathering import Gatherings
from agentcache.client.keeper import Keeper
from agentcache.client.lifetime import Lifetime
from agentcache.client.shelf import OwnShelf
from agentcache.client.using import Desk
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.errors import UsageError
from agentcache.match.same import Matcher
from agentcache.repo.apart import settings_of
from agentcache.repo.observe import Observer
from agentcache.server.config import Config, Places
from agentcache.server.network import network_of, unspoken_proxies
from agentcache.server.routes import session_root
from agentcache.server.sessions import session_name
from agentcache.server.spec import SessionSpec
from agentcache.store.disk import DiskStore
from agentcache.store.ledger import Event, Ledger

log = logging.getLogger(__name__)

_FOUND = (Reason.SAME_TEXT, Reason.SAME_MEANING, Reason.AGREES)
"""Hits that rest on what was read for them."""


class Connected:
    """A session like one of `agentcache run`; `root` is what its URLs begin with."""

    def __init__(self, session: Session, places: Places, config: Config) -> None:
        """Register with the server, started if need be.

        Raises UsageError for a proxy that the server cannot speak to, ServerError or StoreError.
        """
        network = network_of(os.environ)
        if unspoken := unspoken_proxies(network):
            raise UsageError(
                f"the server cannot speak to the proxy {unspoken[0]}, only to HTTP proxies: use "
                "AgentCache.open(), which goes to the provider itself"
            )
        spec = SessionSpec(
            cwd=session.cwd,
            tenant=session.tenant,
            mode=session.mode,
            replay=session.replay,
            replay_ttl=session.replay_ttl,
            network=network,
            moves=config.prefix.chosen,
            settings=settings_of(os.environ),
        )
        self.lifetime = Lifetime(session.cwd)
        self._session, self._places, self._config = session, places, config
        self._shelf: OwnShelf | None = None
        self._owned: ExitStack | None = None
        self._keeper = Keeper(places, spec, tell=log.info, warn=log.warning)
        self.root = session_root(self._keeper.begin().url, self._keeper.token)
        self._keeper.__enter__()

    @cached_property
    def desk(self) -> Desk:
        """What the caches inside a loop stand on: the user's own store, which the server shares.

        No model is loaded for it in this process: structure alone decides. Raises StoreError.
        """
        with ExitStack() as opened:
            executor = ThreadPoolExecutor(max_workers=4, thread_name_prefix="agentcache")
            limit = self._config.size_limit
            store = opened.enter_context(closing(DiskStore(self._places.store, size_limit=limit)))
            ledger = opened.enter_context(closing(Ledger(self._places.ledger)))
            tools = opened.enter_context(closing(Behind(store, store.save_all)))
            shelf = OwnShelf(
                replace(self._session, name=session_name(self._keeper.token)),
                store=store,
                tools=tools,
                ledger=ledger,
                observer=Observer(clock_ns=time.time_ns),
                matcher=Matcher(),
            )
            opened.callback(shelf.flush)
            opened.callback(executor.shutdown)  # first of all: what it still does is written
            self._shelf = shelf
            self._owned = opened.pop_all()
        return Desk(shelf, self.lifetime, Gatherings(), executor, set())

    def tell_runs(self, said: str) -> None:
        """Have the runs not be kept in which an answer is used that the server gave, as it `said`.

        What that was read from is known only there.
        """
        if said.rpartition("reason=")[2] in _FOUND:
            # Without a desk there are no runs of its own, but those of other caches are told.
            here = Gatherings() if self._shelf is None else self.desk.gatherings
            for run in here.concerned():
                run.refuse(Reason.OPAQUE_TOOL, "an answer of the server's")

    @property
    def last(self) -> Event | None:
        """What was decided for the newest Call, as far as the server has written it down.

        Raises StoreError.
        """
        if self._shelf is not None:
            self._shelf.flush()
        ledger = Ledger(self._places.ledger)
        try:
            events = ledger.of_session(session_name(self._keeper.token))
        finally:
            ledger.close()
        return events[0] if events else None

    def close(self) -> None:
        """End the session; nothing where that was done, or in a fork."""
        if self.lifetime.end():
            if self._owned is not None:
                self._owned.close()
            self._keeper.__exit__()
            self._keeper.end()
