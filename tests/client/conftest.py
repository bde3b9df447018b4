"""A repository, a provider, a home for the library, and one server for those who connect."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache import AgentCache
from client.askers import PROXIES, Form, Place
from client.loops import COLOURS, Loop
from client.together import Entries
from flows.conftest import FILES, researcher
from support.provider import ScriptedProvider
from support.provider_values import Gate
from support.repositories import Repo, make_repository
from support.server import LiveServer, live_server


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repository", dict(FILES))


@pytest.fixture(params=COLOURS)
def loop(repository: Repo, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Loop]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield Loop(cache, repository, request.param)


@pytest.fixture
def provider(repository: Repo) -> Iterator[ScriptedProvider]:
    with ScriptedProvider(researcher(repository.root)) as provider:
        yield provider
        assert provider.violations == []


@pytest.fixture
def place(
    repository: Repo,
    provider: ScriptedProvider,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Place:
    """Where a test's caches stand; the server is started only for those who connect."""
    return Place(
        repository.root,
        provider.url,
        tmp_path / "library",
        lambda: request.getfixturevalue("server").places.home,
    )


@pytest.fixture
def gate() -> Iterator[Gate]:
    """Opened in the end, or nothing would end."""
    gate = Gate()
    yield gate
    gate.open()


@pytest.fixture
def cache(place: Place) -> Iterator[AgentCache]:
    """An embedded one, for both colours."""
    with place.cache(Form.LIBRARY_SYNC) as cache:
        yield cache


@pytest.fixture
def entries(cache: AgentCache, monkeypatch: pytest.MonkeyPatch) -> Entries:
    """How what is asked of it begins."""
    return Entries(cache, monkeypatch)
