"""Who may open an embedded store, when it may be used, and what `import agentcache` costs."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import agentcache
from agentcache import AgentCache, Mode, Replay
from agentcache.client.embedded import Embedded
from agentcache.errors import InUseError, UsageError
from agentcache.server.client import control
from client.askers import Form, Place
from client.loops import read
from flows.conftest import QUESTION
from flows.wires import HEADERS, MESSAGES, request_body
from support.provider import ScriptedProvider
from support.repositories import Repo, make_repository
from support.server import LiveServer, plain_environment

HOLD = """
import sys
from agentcache import AgentCache
cache = AgentCache.open(sys.argv[1], home=sys.argv[2])
print("open", flush=True)
sys.stdin.readline()
"""

FORK = """
import os, sys
from pathlib import Path
from agentcache import AgentCache, AgentCacheError

repository, home, url, body = sys.argv[1:]
headers = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}

def files():
    found = [path for path in Path(home).rglob("*") if path.is_file()]
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in found}

cache = AgentCache.open(repository, home=home)
http = cache.http_client()
ask = lambda: http.post(url, content=body, headers=headers).headers["x-agentcache"]
print(ask().partition(";")[0])
before = files()
held, hold = os.pipe()
told, tell = os.pipe()
if not os.fork():
    os.close(hold)
    for attempt in (ask, cache.http_client, cache.async_http_client):
        try:
            attempt()
        except AgentCacheError as error:
            print(type(error).__name__, str(os.getppid()) in str(error), "connect()" in str(error))
    with cache:
        pass
    sys.stdout.flush()
    os.write(tell, b".")
    os.read(held, 1)
    os._exit(0)
os.close(held)
os.read(told, 1)
print("untouched", files() == before)
print(ask().partition(";")[0])
cache.close()
AgentCache.open(repository, home=home).close()
print("again")
os.close(hold)
os.wait()
"""


def run(script: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=plain_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_second_opener_is_told_the_owner_and_how_to_connect(
    repository: Repo, tmp_path: Path
) -> None:
    arguments = [sys.executable, "-c", HOLD, str(repository.root), str(tmp_path / "home")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(InUseError, match=rf"process {other.pid}: .*AgentCache\.connect\(\)"):
            AgentCache.open(repository.root, home=tmp_path / "home")
        other.send_signal(signal.SIGKILL)
    AgentCache.open(repository.root, home=tmp_path / "home").close()


def test_it_is_opened_once_in_a_process_too(repository: Repo, tmp_path: Path) -> None:
    with (
        AgentCache.open(repository.root, home=tmp_path / "home"),
        pytest.raises(InUseError, match=f"this process {os.getpid()}:"),
    ):
        AgentCache.open(repository.path("shop"), home=tmp_path / "home")
    AgentCache.open(repository.root, home=tmp_path / "home").close()


def test_the_store_is_one_for_a_clone_and_not_for_another(repository: Repo, tmp_path: Path) -> None:
    repository.git("worktree", "add", str(tmp_path / "worktree"))
    other = make_repository(tmp_path / "other", {"a": "A\n"})
    with AgentCache.open(repository.root, home=tmp_path / "home"):
        AgentCache.open(other.root, home=tmp_path / "home").close()
        AgentCache.open(repository.root, home=tmp_path / "elsewhere").close()
        with pytest.raises(InUseError):
            AgentCache.open(tmp_path / "worktree", home=tmp_path / "home")


def test_what_is_kept_is_there_when_it_is_opened_again(place: Place) -> None:
    for expected in ("miss", "hit same_text"):
        with place.asker(Form.LIBRARY_SYNC) as asker:
            assert asker.opening(QUESTION) == expected


def test_it_lies_in_the_users_home_and_nobody_else_can_read_it(
    repository: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTCACHE_HOME", str(tmp_path / "home"))
    with AgentCache.open(repository.root) as cache:
        assert isinstance(cache.where, Embedded)
        home = cache.where.home
        assert home.parent == tmp_path / "home" / "library"
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert not any(path.name.startswith("agentcache") for path in repository.root.iterdir())


def test_a_fork_is_refused_and_touches_nothing(
    repository: Repo, tmp_path: Path, provider: ScriptedProvider
) -> None:
    body = request_body(MESSAGES, "Remember this.", temperature=0).decode()
    said = run(FORK, str(repository.root), str(tmp_path / "home"), provider.url + MESSAGES, body)
    refused = ["UsageError True True"] * 3
    assert said == ["miss", *refused, "untouched True", "hit", "again"]


@pytest.mark.parametrize("form", Form)
def test_a_closed_cache_says_so(place: Place, form: Form) -> None:
    with place.cache(form) as cache:
        http, async_http = cache.http_client(), cache.async_http_client()
    cache.close()
    with pytest.raises(UsageError, match="was closed"):
        cache.http_client()
    with http, pytest.raises(UsageError, match="was closed"):
        http.post(place.url + MESSAGES, content=b"{}", headers=HEADERS)

    async def post() -> None:
        async with async_http:
            await async_http.post(place.url + MESSAGES, content=b"{}", headers=HEADERS)

    with pytest.raises(UsageError, match="was closed"):
        asyncio.run(post())


def test_a_connected_cache_is_a_session_until_it_is_closed(
    place: Place, server: LiveServer
) -> None:
    def sessions() -> object:
        return control(server.owner, "GET", "status")["sessions"]

    with place.cache(Form.CONNECTED_SYNC):
        assert sessions() == 1
    assert sessions() == 0


def test_it_is_an_asynchronous_context_too(repository: Repo, tmp_path: Path) -> None:
    async def test() -> None:
        async with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
            await cache.async_http_client().aclose()
        with pytest.raises(UsageError, match="was closed"):
            cache.async_http_client()

    asyncio.run(test())


def test_a_directory_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        AgentCache.open(tmp_path / "nowhere", home=tmp_path / "home")


def test_up_from_a_link_is_where_that_leads(repository: Repo, tmp_path: Path) -> None:
    repository.write("sub/here/page.md", "A page\n")
    repository.write("sub/where.md", "sub\n")
    (tmp_path / "where.md").write_text("beside the link\n")
    (tmp_path / "link").symlink_to(repository.root / "sub/here")
    with AgentCache.open(f"{tmp_path}/link/..", home=tmp_path / "home") as cache:
        assert cache.tool()(read)("where.md") == "sub\n"


@pytest.mark.parametrize("replay", [Replay.ALWAYS, "always"])
def test_options_go_before_the_configuration(
    repository: Repo, tmp_path: Path, replay: Replay | str
) -> None:
    (tmp_path / "config.toml").write_text('replay = "never"\ntenant = "ours"\n')
    with AgentCache.open(repository.root, home=tmp_path, replay=replay, mode="observe") as cache:
        assert isinstance(cache.where, Embedded)
        session = cache.where.session
        assert (session.replay, session.mode, session.tenant) == (
            Replay.ALWAYS, Mode.OBSERVE, "ours",
        )  # fmt: skip


@pytest.mark.parametrize("form", [Form.LIBRARY_SYNC, Form.LIBRARY_ASYNC])
def test_what_was_decided_last_is_told(place: Place, form: Form) -> None:
    with place.asker(form) as asker:
        assert asker.cache.last is None
        asker.ask(QUESTION)
        last = asker.cache.last
        assert last is not None
        assert (last.verdict, last.reason, last.kept) == ("miss", "underway", "kept")
        asker.ask(QUESTION)
        last = asker.cache.last
        assert last is not None
        assert (last.verdict, last.reason, last.question) == ("hit", "same_text", QUESTION)


def test_a_connected_cache_tells_what_the_server_wrote(place: Place) -> None:
    with place.asker(Form.CONNECTED_SYNC) as asker:
        asker.ask(QUESTION)
        asker.ask(QUESTION)
        cache = asker.cache
    last = cache.last  # the session has ended: everything is written
    assert last is not None
    assert (last.verdict, last.reason, last.question) == ("hit", "same_text", QUESTION)


def test_without_httpx2_it_says_what_to_install(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    monkeypatch.delitem(sys.modules, "agentcache.client.transport", raising=False)
    with (
        place.cache(Form.LIBRARY_SYNC) as cache,
        pytest.raises(UsageError, match=r"httpx2.*agentcache-middleware\[sdk\]"),
    ):
        cache.http_client()


def test_importing_costs_nothing_until_a_name_is_used() -> None:
    script = (
        "import sys, agentcache, agentcache.cli.run\n"
        "print(*[name for name in ('httpx2', 'aiohttp', 'diskcache', 'agentcache.middleware')"
        " if name in sys.modules])\n"
        "agentcache.AgentCache\nprint('httpx2' in sys.modules)"
    )
    assert run(script) == ["", "False"]


def test_every_public_name_is_there() -> None:
    assert set(dir(agentcache)) == set(agentcache.__all__)
    assert all(getattr(agentcache, name) for name in agentcache.__all__)
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        agentcache.nothing_of_ours  # noqa: B018  # that it is looked up is the test
