"""A real agentcache server in a home of its own, and the command line beside it."""

import os
import re
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentcache.core.codec import JsonObject, decode_json_object
from agentcache.core.session import Mode, Replay
from agentcache.server.client import control, ensure_server, running
from agentcache.server.config import Places
from agentcache.server.lock import Owner
from agentcache.server.network import Network
from agentcache.server.routes import routed, session_root
from agentcache.server.spec import SessionSpec

_LEFT_OUT = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "AGENTCACHE_SESSION", "PYTHONPATH"),
    *("COLUMNS", "LINES"),  # as pytest-xdist sets them
)


def plain_environment(**added: str) -> dict[str, str]:
    """The environment of the tests without proxies and provider URLs, and what is added."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() not in _LEFT_OUT and not name.startswith(("ANTHROPIC_", "OPENAI_"))
    }
    return kept | added


@dataclass(frozen=True, slots=True)
class Session:
    """A registered session."""

    server: "LiveServer"
    token: str

    def base(self, upstream: str) -> str:
        """The URL that stands for the base URL `upstream`."""
        return routed(session_root(self.server.owner.url, self.token), upstream)

    def end(self) -> JsonObject:
        """End it; its summary."""
        return control(self.server.owner, "DELETE", f"sessions/{self.token}")


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server that runs, and the places it owns."""

    places: Places
    owner: Owner

    def session(self, cwd: Path, **changes: object) -> Session:
        """Register a session that stands in `cwd`."""
        spec = SessionSpec(
            cwd=str(cwd),
            tenant="default",
            mode=Mode.ON,
            replay=Replay.SAFE,
            replay_ttl=3600.0,
            network=Network(),
        )
        session = Session(self, secrets.token_urlsafe(12))
        control(self.owner, "PUT", f"sessions/{session.token}", replace(spec, **changes))  # type: ignore[arg-type]
        return session

    def cli(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run `agentcache` on this server's home."""
        return run_cli(self.places.home, *arguments, cwd=cwd, env=env)

    def why(self, event: str = "last") -> JsonObject:
        """What `agentcache why --json` says."""
        return decode_json_object(self.cli("why", event, "--json").stdout)

    def kept(self, event: str = "last") -> object:
        """What became of a reply, once that is written down: a client has it before."""
        for _ in range(100):
            kept = self.why(event).get("kept")
            if kept is not None:
                return kept
            time.sleep(0.05)
        return None

    def stats(self) -> JsonObject:
        """What `agentcache stats --json` says."""
        return decode_json_object(self.cli("stats", "--json").stdout)

    def stop(self) -> None:
        """Ask it to leave and wait until it has."""
        control(self.owner, "POST", "shutdown")
        wait_until_gone(self.owner.pid)


def run_cli(
    home: Path, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `agentcache` as a user would, with `home` as AGENTCACHE_HOME."""
    return subprocess.run(
        [sys.executable, "-m", "agentcache", *arguments],
        env=plain_environment(AGENTCACHE_HOME=str(home)) | dict(env or {}),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def places_of(home: Path) -> Places:
    """The places that AGENTCACHE_HOME=home means."""
    return Places(home, home / "config.toml")


@contextmanager
def live_server(home: Path) -> Iterator[LiveServer]:
    """Start a server for `home`; it is gone afterwards, however the test ended."""
    places = places_of(home)
    done = run_cli(home, "run", "--quiet", "--", sys.executable, "-c", "")
    assert done.returncode == 0, done.stderr
    owner = ensure_server(places)
    try:
        yield LiveServer(places, owner)
    finally:
        last = running(places)
        if last is not None:
            control(last, "POST", "shutdown")
            wait_until_gone(last.pid)


def wait_until_gone(pid: int) -> None:
    """Wait for a process that is not our child to end."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [], 20)
    finally:
        os.close(descriptor)


def servers_below(place: Path) -> set[int]:
    """The servers that run in the home `place`, or in one below it; their process ids."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_server = b"\0agentcache\0serve\0" in (process / "cmdline").read_bytes()
            environment = (process / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile
        home = re.search(rb"(?:^|\0)AGENTCACHE_HOME=([^\0]*)", environment)
        if is_server and home and Path(os.fsdecode(home.group(1))).is_relative_to(place):
            found.add(int(process.name))
    return found
