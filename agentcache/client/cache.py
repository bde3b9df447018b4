"""`AgentCache`: what an orchestrator imports. It says where the cache is; the parts do the work."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from agentcache.client.connected import Connected
from agentcache.client.embedded import Embedded
from agentcache.core.session import Mode, Replay, Session
from agentcache.errors import UsageError
from agentcache.server.config import Config, Places, find_places, load_config
from agentcache.store.ledger import Event

if TYPE_CHECKING:
    from agentcache.client.transport import (
        AsyncBaseTransport,
        AsyncClient,
        BaseTransport,
        Client,
    )


class AgentCache:
    """A cache for the agents of this process, to be used as a context, sync or async.

        with AgentCache.open() as cache:
            claude = anthropic.Anthropic(http_client=cache.http_client())

    `where`: the embedded store or the session with the server that it stands on.
    """

    def __init__(self, where: Embedded | Connected) -> None:
        self.where = where

    @classmethod
    def open(
        cls,
        repo: str | os.PathLike[str] = ".",
        *,
        home: str | os.PathLike[str] | None = None,
        tenant: str | None = None,
        mode: Mode | str = Mode.ON,
        replay: Replay | str | None = None,
        replay_ttl: float | None = None,
    ) -> Self:
        """Open the embedded store of the repository that `repo` lies in; one process at a time.

        `home`: a directory instead of the user's cache home, which then holds `config.toml` too.
        The rest is as for `agentcache run`, None as configured; `replay_ttl` in seconds.
        Raises InUseError that tells whose it is, UsageError, or StoreError.
        """
        places = find_places() if home is None else _places_in(Path(home))
        config = load_config(places)
        session = _session(repo, config, tenant, mode, replay, replay_ttl)
        return cls(Embedded(session, places, config))

    @classmethod
    def connect(
        cls,
        repo: str | os.PathLike[str] = ".",
        *,
        tenant: str | None = None,
        mode: Mode | str = Mode.ON,
        replay: Replay | str | None = None,
        replay_ttl: float | None = None,
    ) -> Self:
        """Begin a session with the user's server, which is started if there is none.

        Options as for `open`. Raises ServerError, UsageError or StoreError.
        """
        places = find_places()
        config = load_config(places)
        session = _session(repo, config, tenant, mode, replay, replay_ttl)
        return cls(Connected(session, places, config))

    def http_client(self, *, transport: "BaseTransport | None" = None) -> "Client":
        """A client for `anthropic.Anthropic(http_client=...)` and `openai.OpenAI(http_client=...)`.

        `transport`: what goes to the provider, for verification or proxies of your own; by
        default as the environment says. It is yours to close, as with any client. Raises
        UsageError when httpx2 is missing.
        """
        self.where.lifetime.check()
        with _httpx2_needed():
            from agentcache.client.transport import client_of  # noqa: PLC0415  # only here
        return client_of(self.where, transport)

    def async_http_client(self, *, transport: "AsyncBaseTransport | None" = None) -> "AsyncClient":
        """As `http_client`, for the asynchronous clients of both on asyncio."""
        self.where.lifetime.check()
        with _httpx2_needed():
            from agentcache.client.transport import async_client_of  # noqa: PLC0415  # as above
        return async_client_of(self.where, transport)

    @property
    def last(self) -> Event | None:
        """What was decided for the newest Call and why, None before the first.

        Connected: as far as the server has written it down; raises StoreError.
        """
        return self.where.last

    def close(self) -> None:
        """Give the store or the session up; again, or in a forked process, it does nothing."""
        self.where.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)


def _places_in(home: Path) -> Places:
    return Places(home.absolute(), home.absolute() / "config.toml")


def _session(
    repo: str | os.PathLike[str],
    config: Config,
    tenant: str | None,
    mode: Mode | str,
    replay: Replay | str | None,
    replay_ttl: float | None,
) -> Session:
    cwd = Path(repo).absolute()
    if not cwd.is_dir():
        raise UsageError(f"{str(repo)!r} is no directory: name one inside the repository")
    if replay_ttl is not None and not replay_ttl >= 0:
        raise UsageError(f"replay_ttl must be 0 or more seconds, not {replay_ttl!r}")
    try:
        return Session(
            name=secrets.token_hex(4),
            cwd=str(cwd),
            tenant=config.tenant if tenant is None else tenant,
            mode=Mode(mode),
            replay=config.replay if replay is None else Replay(replay),
            replay_ttl=config.replay_ttl if replay_ttl is None else replay_ttl,
        )
    except ValueError as error:
        known = ", ".join([*Mode, *Replay])
        raise UsageError(f"{error}; mode and replay are of {known}") from error


@contextmanager
def _httpx2_needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(
            f"{error.name!r} is not installed: it comes with the SDKs anthropic 2 and openai 3, or "
            "with agentcache-middleware[sdk]"
        ) from error
