"""A session with the user's server: begun, looked after, ended.

Standard library only, and no import of the server itself: `agentcache run` waits for this.
"""

import secrets
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from agentcache.core.codec import JsonObject
from agentcache.errors import AgentCacheError, ServerError
from agentcache.server.client import control, ensure_server, in_background
from agentcache.server.config import Places
from agentcache.server.lock import Owner
from agentcache.server.spec import BEAT, SessionSpec


class Keeper:
    """One session, named by its secret `token`.

    As a context it replaces a server that dies by another at the same port. `tell` is called with
    a line when starting one takes long, `warn` with what the server could not use or said last.
    `was_replaced`: a server is gone, and with it what it had counted of the session.
    """

    def __init__(
        self,
        places: Places,
        spec: SessionSpec,
        *,
        port: int | None = None,
        tell: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self.token = secrets.token_urlsafe(24)
        self._places, self._spec, self._port = places, spec, port
        self._tell, self._warn = tell, warn
        self._owner: Owner | None = None
        self.was_replaced = False
        self._ended = threading.Event()

    def begin(self) -> Owner:
        """Register with the server, started if need be; raises ServerError or StoreError."""
        owner = ensure_server(self._places, port=self._port, tell=self._tell)
        begun = control(owner, "PUT", f"sessions/{self.token}", self._spec)
        if self._owner is None:
            for notice in _texts(begun.get("notices")):
                self._warn(notice)
        else:
            self.was_replaced |= owner != self._owner
        self._owner = owner
        return owner

    def __enter__(self) -> None:
        self._awake, self._wakes = socket.socketpair()
        self._watching = in_background(self._watch)

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._wakes.close()
        self._watching.join(1.0)  # or it may begin again what is just being ended
        self._awake.close()

    def _watch(self) -> None:
        owner = self._owner
        while not self._ended.is_set():
            if owner is None:
                self._ended.wait(BEAT)
            else:
                self._port = owner.port
                self._wait(owner)
            if self._ended.is_set():
                return
            owner = None
            with suppress(AgentCacheError):  # the next beat tries again
                owner = self.begin()

    def _wait(self, owner: Owner) -> None:
        """Wait for the next beat, or until the session or its server ends.

        An agent's own retries last for a second or two: a server that dies is missed at once.
        """
        with suppress(OSError), socket.create_connection(("127.0.0.1", owner.port), BEAT) as line:
            select.select([line, self._awake], [], [], BEAT)

    def end(self) -> JsonObject | None:
        """What the session saved, None when the server is gone."""
        if self._owner is None:
            return None
        try:
            return control(self._owner, "DELETE", f"sessions/{self.token}")
        except ServerError as error:
            self._warn(str(error))
            return None


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
