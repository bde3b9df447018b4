"""`AgentCache`: what an orchestrator imports. It says where the cache is; the parts do the work."""

import asyncio
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, cast

from agentcache.client.connected import Connected
from agentcache.client.deciding import Asking, decision_in, summary_of
from agentcache.client.embedded import Embedded
from agentcache.client.research import Research
from agentcache.client.threads import off_loop
from agentcache.client.told import Told
from agentcache.client.tools import ToolDecorator, decorated
from agentcache.core.codec import Json
from agentcache.core.session import Mode, Replay, Session
from agentcache.errors import UsageError
from agentcache.repo.apart import git_apart
from agentcache.server.config import Config, Places, find_places, load_config
from agentcache.store.ledger import Event

if TYPE_CHECKING:
    from agentcache.client.transport import (
        AsyncBaseTransport,
        AsyncClient,
        BaseTransport,
        Client,
    )


log = logging.getLogger(__name__)

T = TypeVar("T")


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

        Equal requests on their way share one. On an embedded store a stream that is closed ends
        its request, and is not left for a retry; through the server it may be.

        Agents that are sent to `repo` of `open` by where the process stands are served there
        only: once it stands elsewhere, all passes.
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

    def tool(
        self,
        *,
        observes: Sequence[str] = (),
        version: Told | None = None,
        semantic: str | None = None,
        user: Told = "",
        public: bool = False,
    ) -> ToolDecorator:
        """Make a read-only function one that runs once for all that it looks at; sync or async.

        `observes`: its parameters that are files which it reads whole. `version`: a text, or what
        gives it, that stands for all else it knows. Without either it reads through its first
        parameter, `look: Look`, which its callers do not give; with them it may do so too.

        `semantic`: the parameter that is a question, which may be asked in other words; all others
        are exact. `user`: whose results these are, unless they are `public`.

        Texts and JSON are kept, and served only while all that was looked at is unchanged. Errors,
        empty results, and whatever else it returns are just returned. Raises UsageError for a
        function that cannot be watched.
        """
        self.where.lifetime.check()
        decorator = partial(
            decorated,
            self.where.desk,
            observes=(observes,) if isinstance(observes, str) else tuple(observes),
            semantic=semantic,
            version=version,
            user=user,
            public=public,
        )
        return cast("ToolDecorator", decorator)

    def research(
        self, question: str, *, user: str = "", agent: str = "", apart: bool = False
    ) -> Research:
        """A run for one question, to be used as a context, sync or async.

            with cache.research("Where is the retry limit set?") as run:
                if run.answer is None:
                    run.keep(ask_my_agent(run.question))

        `user`: whose answers these are. `agent`: names what else must be equal (model, prompt).
        `apart`: it shares nothing with other runs that are open, see Research. Raises UsageError.
        """
        return Research(self.where.desk, question, user=user, agent=agent, apart=apart)

    def decide(
        self,
        state: object,
        registry: Sequence[object],
        choose: Callable[[], T],
        *,
        choice: Json = None,
        user: str = "",
        agent: str = "",
    ) -> T:
        """The next tools in `state`: as chosen before in an equal one, else what `choose` returns.

        `state`: JSON, the messages so far, or the question alone. `registry`: the definitions of
        the tools, `choice` the `tool_choice`; a decision is served under an equal registry only.
        `choose` returns JSON such as `{"name": ..., "arguments": ...}`, or a list of that. Ids of
        tool uses are fresh in what is served. `user` and `agent` as for `research`.
        """
        self.where.lifetime.check()
        desk = self.where.desk
        asking = decision_in(desk, state, registry, choice=choice, user=user, agent=agent)
        return _asked(asking, choose)

    async def async_decide(
        self,
        state: object,
        registry: Sequence[object],
        choose: Callable[[], Awaitable[T]],
        *,
        choice: Json = None,
        user: str = "",
        agent: str = "",
    ) -> T:
        """As `decide`, for a `choose` that is awaited."""
        self.where.lifetime.check()
        desk = self.where.desk
        asking = decision_in(desk, state, registry, choice=choice, user=user, agent=agent)
        return await _asked_async(asking, choose)

    def compact(
        self,
        messages: object,
        instruction: str,
        summarise: Callable[[], T],
        *,
        model: str = "",
        user: str = "",
    ) -> T:
        """The summary of `messages`: as made before of equal ones, else what `summarise` returns.

        Found by the messages, the `instruction` and the `model`. Only a text is kept; a
        `summarise` that was cut is to raise.
        """
        self.where.lifetime.check()
        asking = summary_of(self.where.desk, messages, instruction, model=model, user=user)
        return _asked(asking, summarise)

    async def async_compact(
        self,
        messages: object,
        instruction: str,
        summarise: Callable[[], Awaitable[T]],
        *,
        model: str = "",
        user: str = "",
    ) -> T:
        """As `compact`, for a `summarise` that is awaited."""
        self.where.lifetime.check()
        asking = summary_of(self.where.desk, messages, instruction, model=model, user=user)
        return await _asked_async(asking, summarise)

    @property
    def last(self) -> Event | None:
        """What was decided last and why, for a Call or inside the loop; None before the first.

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


def _asked(asking: Asking, ask: Callable[[], T]) -> T:
    found = asking.find()
    if found is not None:
        return cast("T", found[0])
    answer = ask()
    asking.end(answer)
    return answer


async def _asked_async(asking: Asking, ask: Callable[[], Awaitable[T]]) -> T:
    found = await off_loop(asking.desk, asking.find, otherwise=None)
    if found is not None:
        return cast("T", found[0])
    answer = await ask()
    await off_loop(asking.desk, lambda: asking.end(answer), otherwise=None)
    return answer


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
    if ".." in cwd.parts:
        cwd = cwd.resolve()  # `..` out of a link leads to where that leads
    if not cwd.is_dir():
        raise UsageError(f"{str(repo)!r} is no directory: name one inside the repository")
    if replay_ttl is not None and not replay_ttl >= 0:
        raise UsageError(f"replay_ttl must be 0 or more seconds, not {replay_ttl!r}")
    if mode == Mode.ON and (name := git_apart(os.environ, cwd)):
        log.warning("%s is set, so agents are shown what the cache does not see: observing", name)
        mode = Mode.OBSERVE
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
