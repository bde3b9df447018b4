"""Whatever is broken around the cache, the agent gets the provider's answer, and is told."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentcache.core.codec import encode_json
from agentcache.server.client import running
from agentcache.server.config import Places
from agentcache.store.disk import DiskStore
from flows.conftest import FILES, QUESTION, researcher, truth
from flows.wires import CHAT, MESSAGES, fresh, request_body
from support.agent import Agent, post
from support.ownership import directory_of_another_user
from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.repositories import Repo
from support.server import (
    LiveServer,
    live_server,
    places_of,
    plain_environment,
    run_cli,
    wait_until_gone,
)


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A home with a store and a ledger that were used before, whose server is gone."""
    with live_server(tmp_path / "home") as server:
        server.stop()
    places = places_of(tmp_path / "home")
    yield places
    if (owner := running(places)) is not None:
        os.kill(owner.pid, signal.SIGTERM)
        wait_until_gone(owner.pid)


def run_agent(places: Places, repository: Repo, provider: ScriptedProvider) -> str:
    """Run a small agent below `agentcache run`; it must get an answer. What run says to stderr."""
    body = encode_json(request_body(CHAT, fresh(), temperature=0).decode())
    program = (
        "import os, sys, urllib.request\n"
        "url = os.environ['OPENAI_BASE_URL'] + '/chat/completions'\n"
        "headers = {'content-type': 'application/json', 'authorization': 'Bearer k'}\n"
        f"request = urllib.request.Request(url, {body.decode()}.encode(), headers)\n"
        "sys.stdout.write(urllib.request.urlopen(request, timeout=30).read().decode())\n"
    )
    done = run_cli(
        places.home, "run", "--", sys.executable, "-c", program,
        cwd=repository.root, env={"OPENAI_BASE_URL": f"{provider.url}/v1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "All is well." in done.stdout
    return done.stderr


def corrupt_store(places: Places) -> None:
    for path in places.store.glob("cache.db*"):
        path.write_bytes(b"this is no database " * 500)


def newer_store(places: Places) -> None:
    (places.store / "version.json").write_text('{"version": 99}')


def foreign_store(places: Places) -> None:
    shutil.rmtree(places.store)
    places.store.symlink_to(directory_of_another_user(places.home))


def store_that_is_a_file(places: Places) -> None:
    shutil.rmtree(places.store)
    places.store.write_text("")


def damaged_version(places: Places) -> None:
    (places.store / "version.json").write_text("{")


def corrupt_ledger(places: Places) -> None:
    for path in places.home.glob("ledger.db*"):
        path.write_bytes(b"this is no database " * 500)


def ledger_that_is_a_directory(places: Places) -> None:
    places.ledger.unlink()
    places.ledger.mkdir()


def postings_that_are_a_directory(places: Places) -> None:
    for path in places.home.glob("postings.db*"):
        path.unlink()
    places.postings.mkdir()


BROKEN = [
    corrupt_store, newer_store, foreign_store, store_that_is_a_file, damaged_version,
    corrupt_ledger, ledger_that_is_a_directory, postings_that_are_a_directory,
]  # fmt: skip


@pytest.mark.parametrize("break_it", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_home_is_told_and_the_agent_runs(
    places: Places,
    repository: Repo,
    provider: ScriptedProvider,
    break_it: Callable[[Places], None],
) -> None:
    break_it(places)
    name = next((each for each in ("ledger", "postings") if each in break_it.__name__), "store")
    told = run_agent(places, repository, provider)
    reached = {"OPENAI_BASE_URL": provider.url}
    doctor = run_cli(places.home, "doctor", cwd=repository.root, env=reached)
    assert name in told, (told, doctor.stdout)
    assert len(provider.calls) == 1
    if break_it in (corrupt_store, corrupt_ledger):  # these are put aside and begun anew
        assert doctor.returncode == 0, doctor.stdout
    else:
        assert doctor.returncode == 1
        assert f"!!  {name}" in doctor.stdout


def test_a_store_that_cannot_be_used_is_a_counted_miss(
    places: Places, repository: Repo, provider: ScriptedProvider
) -> None:
    newer_store(places)
    with live_server(places.home) as server:
        session = server.session(repository.root)
        asked = Agent(session.base(provider.url), repository.root).ask(QUESTION)
        assert asked.text == truth(repository.root)
        assert {reply.reason for reply in asked.replies} == {"store_failed"}
        assert session.end()["miss:store_failed"] == 3


def test_a_full_disk_is_no_error_for_the_agent(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    with live_server(tmp_path / "home") as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        agent.ask(QUESTION)
        assert agent.ask(QUESTION).opening.verdict == "hit"
        limits = resource.prlimit(server.owner.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.owner.pid, resource.RLIMIT_FSIZE, (0, limits[1]))
        long = Answer(text="Long. " * 20_000)
        provider._script = lambda _: long
        url = server.session(repository.root).base(provider.url) + CHAT
        for _ in range(3):
            reply = post(url, request_body(CHAT, fresh(), temperature=0))
            assert (reply.status, reply.verdict) == (200, "miss")
            assert long.text in reply.body.decode()
        # What is there can still be read.
        assert agent.ask(QUESTION).opening.verdict == "hit"
        resource.prlimit(server.owner.pid, resource.RLIMIT_FSIZE, limits)
        body = request_body(CHAT, fresh(), temperature=0)
        assert [post(url, body).verdict for _ in range(2)] == ["miss", "hit"]


def run_on_full_disk(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """As `run_cli`, where no byte can be written to a file, nor by what it starts."""
    command = [sys.executable, "-m", "agentcache", *arguments]
    return subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command],
        env=plain_environment(AGENTCACHE_HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_server_that_cannot_start_on_a_full_disk_says_so_and_the_agent_runs(
    tmp_path: Path,
) -> None:
    leave = [sys.executable, "-c", "raise SystemExit(3)"]
    done = run_on_full_disk(tmp_path / "home", "run", "--", *leave)
    assert done.returncode == 3
    assert "could not be started: nothing can be written in" in done.stderr
    assert "File too large; the agent runs without the cache" in done.stderr


def test_doctor_asks_for_room_on_a_full_disk(tmp_path: Path) -> None:
    doctor = run_on_full_disk(tmp_path / "home", "doctor")
    assert "move it away" not in doctor.stdout
    assert doctor.stdout.count("make room there") == len(("store", "ledger", "postings", "server"))


def test_clear_makes_room_on_a_full_disk_and_the_server_goes_on(tmp_path: Path) -> None:
    with (
        ScriptedProvider(lambda _: Answer(text="x")) as provider,
        live_server(tmp_path / "home") as server,
    ):
        url = server.session(tmp_path).base(provider.url) + CHAT
        body = request_body(CHAT, fresh(), temperature=0)
        assert [post(url, body).verdict for _ in range(2)] == ["miss", "hit"]
        done = run_on_full_disk(server.places.home, "clear", "--yes")
        assert (done.returncode, done.stderr) == (0, "")
        assert [post(url, body).verdict for _ in range(2)] == ["miss", "hit"]
    assert [path.name for path in server.places.home.glob("store*")] == ["store"]


def test_a_server_in_the_foreground_says_on_a_full_disk_only_that(tmp_path: Path) -> None:
    done = run_on_full_disk(tmp_path / "home", "serve", "--detached")
    assert done.returncode == 1
    assert done.stderr == "agentcache: what was to be written was not: File too large\n"


def test_a_store_that_is_deleted_under_the_server_is_no_error_for_the_agent(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    with live_server(tmp_path / "home") as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        agent.ask(QUESTION)
        shutil.rmtree(server.places.store)
        server.places.ledger.unlink()
        for _ in range(3):
            assert agent.ask(QUESTION).text == truth(repository.root)
        repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
        assert agent.ask(QUESTION).text == truth(repository.root)


def test_hostile_rows_in_the_store_are_misses(
    server: LiveServer, repository: Repo, agent: Agent
) -> None:
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    store = DiskStore(server.places.store, size_limit=1 << 30)
    names = list(store.names())
    for name, rubbish in zip(
        names, [b"", b"{", b'{"version":1,"entries":[{}]}'] * len(names), strict=False
    ):
        store.save(name, rubbish)
    store.close()
    asked = agent.ask(QUESTION)
    assert asked.text == truth(repository.root)
    assert asked.opening.verdict == "miss"


@pytest.mark.parametrize("what", ["repository", "git directory"])
def test_a_repository_that_is_deleted_under_the_session_is_a_counted_miss(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, what: str
) -> None:
    session = server.session(repository.root)
    agent = Agent(session.base(provider.url), repository.root)
    agent.ask(QUESTION)
    body = agent.request([{"role": "user", "content": QUESTION}])
    gone = repository.root if what == "repository" else repository.root / ".git"
    shutil.rmtree(gone)
    provider._script = lambda _: Answer(text="Nowhere.")
    reply = post(agent.base_url + MESSAGES, body)
    assert (reply.status, reply.verdict, reply.reason) == (200, "miss", "no_repository")
    assert b"Nowhere." in reply.body
    assert session.end()["miss:no_repository"] == 1


def test_a_session_outside_a_repository_is_a_counted_miss(
    server: LiveServer, tmp_path: Path
) -> None:
    place = tmp_path / "no repository"
    for name, content in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(content)
    with ScriptedProvider(researcher(place)) as provider:
        session = server.session(place)
        for number in (1, 2):
            asked = Agent(session.base(provider.url), place).ask(QUESTION)
            assert asked.text == truth(place)
            assert asked.opening.reason == "no_repository"
            assert len(provider.calls) == 3 * number
        assert session.end()["miss:no_repository"] == 6


WAITING = """
import os, sys, time, urllib.request
url = os.environ['OPENAI_BASE_URL'] + '/chat/completions'
headers = {'content-type': 'application/json', 'authorization': 'Bearer k'}
for line in sys.stdin:
    request = urllib.request.Request(url, line.encode(), headers)
    for _ in range(600):
        try:
            text = urllib.request.urlopen(request, timeout=30).read().decode()
            break
        except OSError as error:
            text = repr(error)
            time.sleep(0.05)
    print(text, flush=True)
"""


def test_a_server_that_is_killed_is_replaced_while_the_agent_runs(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    home = tmp_path / "home"
    process = subprocess.Popen(
        [sys.executable, "-m", "agentcache", "run", "--", sys.executable, "-c", WAITING],
        env=plain_environment(AGENTCACHE_HOME=str(home), OPENAI_BASE_URL=f"{provider.url}/v1"),
        cwd=repository.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        body = request_body(CHAT, fresh(), temperature=0).decode()

        def ask() -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(body + "\n")
            process.stdin.flush()
            return process.stdout.readline()

        assert "All is well." in ask()
        assert "All is well." in ask()  # from the cache: the first answer is kept by now
        first = running(places_of(home))
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)
        wait_until_gone(first.pid)
        assert "All is well." in ask()
        second = running(places_of(home))
        assert second is not None
        assert (second.port, second.pid != first.pid) == (first.port, True)
        process.stdin.close()
        process.stdin = None
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert "1 model request, 1 answered from the cache" in process.stderr.read()
    with live_server(home):  # so that the server is gone afterwards
        assert len(provider.calls) == 1, "what was kept outlived the killed server"
