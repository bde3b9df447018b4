"""A session with the user's server, kept alive until it is closed."""

import logging
import os

from agentcache.client.keeper import Keeper
from agentcache.client.lifetime import Lifetime
from agentcache.client.using import Desk
from agentcache.core.session import Session
from agentcache.errors import UsageError
from agentcache.server.config import Config, Places
from agentcache.server.network import network_of, unspoken_proxies
from agentcache.server.routes import session_root
from agentcache.server.sessions import session_name
from agentcache.server.spec import SessionSpec
from agentcache.store.ledger import Event, Ledger

log = logging.getLogger(__name__)


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
        )
        self.lifetime = Lifetime()
        self._places = places
        self._keeper = Keeper(places, spec, tell=log.info, warn=log.warning)
        self.root = session_root(self._keeper.begin().url, self._keeper.token)
        self._keeper.__enter__()

    @property
    def desk(self) -> Desk:
        """What the caches inside a loop stand on; raises UsageError: there is none yet."""
        raise UsageError(
            "tools, research, decisions and summaries are not kept at the server yet: use "
            "AgentCache.open(), which keeps them itself"
        )

    @property
    def last(self) -> Event | None:
        """What was decided for the newest Call, as far as the server has written it down.

        Raises StoreError.
        """
        ledger = Ledger(self._places.ledger)
        try:
            events = ledger.of_session(session_name(self._keeper.token))
        finally:
            ledger.close()
        return events[0] if events else None

    def close(self) -> None:
        """End the session; nothing where that was done, or in a fork."""
        if self.lifetime.end():
            self._keeper.__exit__()
            self._keeper.end()
