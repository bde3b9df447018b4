"""What a hit costs: 30 observed files, alone and with one search over a repository of 300 files.

Measured: `Driver.lookup` in this process for a Call that was read already, which loads the
entry and verifies all of its evidence; and the whole request through the server on a connection
that stays open. Baselines of the same run, in turns: one get of a row of the entry's size from a
bare SQLite file; reading and hashing the 30 files without checking anything; and for requests
through the server one to its status, which shows what HTTP alone costs.
Goal: 1 ms in process for 30 files.
"""

import hashlib
import http.client
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.session import Session
from agentcache.core.values import Call
from agentcache.middleware import Driver, Hit, Lookup
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.server.routes import CONTROL
from agentcache.store.disk import DiskStore
from agentcache.wire import anthropic
from support.agent import Agent
from support.measuring import Comparison, Report, read_options
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher, Turn
from support.repositories import Repo, make_repository
from support.server import live_server

_FILES = 300
_OBSERVED = [f"package/part{number % 10}/module{number}.py" for number in range(30)]
_HEADERS = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01"}
_RACY = 2.5
"""Seconds until a file counts as old enough that its times alone can prove it unchanged."""

_READS: tuple[Turn, ...] = (tuple(Read(name) for name in _OBSERVED),)
_COURSES = {
    "30 files": ("Where is SETTING_7 defined?", _READS),
    "30 files, 1 search": ("Where is SETTING_8 defined?", (*_READS, Grep("SETTING_8"))),
}


def _make_files(place: Path) -> Repo:
    lines = "".join(f"    value_{number} = {number}\n" for number in range(150))
    return make_repository(
        place,
        {
            f"package/part{number % 10}/module{number}.py": f"SETTING_{number} = 1\n\n{lines}"
            for number in range(_FILES)
        },
    )


def _time(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _in_turns(repeats: int, **asks: Callable[[], object]) -> dict[str, list[float]]:
    """Milliseconds of each ask, by name, after one round that does not count."""
    samples: dict[str, list[float]] = {name: [] for name in asks}
    for number in range(repeats + 1):
        for name, ask in asks.items():
            took = _time(ask)
            if number:
                samples[name].append(took)
    return samples


class _Kept:
    """One question that was researched through the server, and in this process as well."""

    def __init__(self, agent: Agent, cache: Driver, question: str) -> None:
        answer = agent.ask(question)
        self.body = answer.requests[0]
        self._cache = cache
        self._session = Session("bench", str(agent.repository), "default")
        self.call = self._call(self.body)
        for body, reply in zip(answer.requests, answer.replies, strict=True):
            lookup = self._look(self._call(body))
            kept = cache.keep(lookup, anthropic.decode_reply(reply.body))
        if kept.entry is None:
            raise RuntimeError(f"the answer was not kept: {kept!r}")
        self.evidence = kept.entry.evidence

    def _call(self, body: bytes) -> Call:
        return anthropic.decode_call(body, {})

    def _look(self, call: Call) -> Lookup:
        return self._cache.lookup("1", call, session=self._session, upstream="http://u")

    def lookup(self) -> bool:
        return isinstance(self._look(self.call).verdict, Hit)


class _Connection:
    """Requests on one connection that stays open."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = headers

    def request(self, method: str, url: str, body: bytes | None = None) -> str:
        parts = urlsplit(url)
        self._connection.request(method, parts.path, body=body, headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        return response.headers.get("x-agentcache", "")

    def close(self) -> None:
        self._connection.close()


def _read_and_hash(repository: Repo) -> None:
    for name in _OBSERVED:
        hashlib.sha1(repository.path(name).read_bytes(), usedforsecurity=False).hexdigest()


def _database(directory: Path, size: int) -> sqlite3.Connection:
    database = sqlite3.connect(directory / "bare.db", isolation_level=None)
    database.execute("CREATE TABLE IF NOT EXISTS entries (name TEXT PRIMARY KEY, value BLOB)")
    database.execute("INSERT OR REPLACE INTO entries VALUES ('a', ?)", (b"x" * size,))
    return database


def _compare(
    name: str, kept: _Kept, agent: Agent, repository: Repo, directory: Path, repeats: int
) -> list[Comparison]:
    base = agent.base_url
    control = f"http://{urlsplit(base).netloc}{CONTROL}/status"
    size = len(repr(kept.evidence))
    with (
        closing(_Connection(base, _HEADERS)) as connection,
        closing(_database(directory, size)) as database,
    ):
        post = (f"{base}/v1/messages", kept.body)
        if not (kept.lookup() and connection.request("POST", *post).startswith("hit")):
            raise RuntimeError(f"{name}: what was just answered is no hit")
        found = _in_turns(
            repeats,
            row=lambda: database.execute("SELECT value FROM entries WHERE name = 'a'").fetchone(),
            read=lambda: _read_and_hash(repository),
            lookup=kept.lookup,
            status=lambda: connection.request("GET", control),
            http=lambda: connection.request("POST", *post),
        )
    return [
        Comparison(f"lookup in process, {name}", found["lookup"], "sqlite get", found["row"]),
        Comparison(f"lookup in process, {name}", found["lookup"], "read and hash", found["read"]),
        Comparison(f"hit through the server, {name}", found["http"], "status", found["status"]),
        Comparison(f"hit through the server, {name}", found["http"], "read, hash", found["read"]),
    ]


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    report = Report("A hit: the entry loaded and all of its evidence verified (ms)")
    plan = {question: Course(turns, "In its module.") for question, turns in _COURSES.values()}
    with tempfile.TemporaryDirectory() as place, ScriptedProvider(Researcher(plan)) as provider:
        directory = Path(place)
        repository = _make_files(directory / "repository")
        store = DiskStore(directory / "store", size_limit=1 << 30)
        cache = Driver(
            store=store,
            observer=Observer(clock_ns=time.time_ns),
            find_tree=WorkTree.find,
            clock_ns=time.time_ns,
        )
        with closing(store), live_server(directory / "home") as server:
            session = server.session(repository.root)
            agent = Agent(session.base(provider.url), repository.root)
            time.sleep(_RACY)
            for name, (question, _) in _COURSES.items():
                kept = _Kept(agent, cache, question)
                repeats = 40 if options.quick else 500
                report.comparisons += _compare(name, kept, agent, repository, directory, repeats)
    report.show(options)


if __name__ == "__main__":
    main()
