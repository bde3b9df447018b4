"""One real server for all flows of a test process; every test brings its own repository."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.raw_upstream import RawUpstream
from support.agent import Agent
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import LiveServer, live_server

FILES = {
    "shop/settings.py": '"""Settings."""\n\nRETRY_LIMIT = 5\nTIMEOUT = 30\n',
    "shop/client.py": (
        "from shop.settings import RETRY_LIMIT\n\n\ndef fetch():\n    return RETRY_LIMIT\n"
    ),
    "docs/notes.md": "Nothing of interest.\n",
    ".gitignore": "build/\n",
}
QUESTION = "Where is RETRY_LIMIT defined?"
REWORDED = "Find the definition of RETRY_LIMIT"


def truth(repository: Path) -> str:
    """The answer, recomputed from the disk."""
    lines = (repository / "shop/settings.py").read_text().splitlines()
    number, line = next((n, line) for n, line in enumerate(lines, 1) if "RETRY_LIMIT" in line)
    return f"shop/settings.py:{number}: {line}"


def researcher(repository: Path) -> Researcher:
    """A model that greps, reads the settings, and answers with the truth of that moment."""
    course = Course(
        turns=(Grep("RETRY_LIMIT"), Read("shop/settings.py")),
        final=lambda _: truth(repository),
    )
    return Researcher({"RETRY_LIMIT": course})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    made = make_repository(tmp_path / "repository", dict(FILES))
    wait_until_settled(made)
    return made


@pytest.fixture
def provider(repository: Repo) -> Iterator[ScriptedProvider]:
    with ScriptedProvider(researcher(repository.root)) as provider:
        yield provider
        assert provider.violations == []


@pytest.fixture
def agent(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> Agent:
    """An agent behind the server, in a session of its own."""
    return Agent(server.session(repository.root).base(provider.url), repository.root)


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def base(
    server: LiveServer, upstream: RawUpstream, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The session's URL that stands for the raw upstream."""
    return server.session(tmp_path_factory.mktemp("cwd")).base(upstream.url)
