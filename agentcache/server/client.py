"""Reaching the server from another process: finding it, starting it, its control interface.

Standard library only, and no import of the server itself: `agentcache run` waits for this.
"""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from agentcache.core.codec import CodecError, JsonObject, decode_json_object, encode_json
from agentcache.core.version import RELEASE
from agentcache.errors import ServerError
from agentcache.server.config import Places
from agentcache.server.lock import Owner, read_owner
from agentcache.server.routes import CONTROL
from agentcache.store.private import private_directory, why_unwritable

LOCKED = 75
"""Exit code of a server that found another one in its place (EX_TEMPFAIL of sysexits.h)."""

START_LIMIT = 20.0
"""Seconds to wait for a server that was started."""

KEYS = frozenset({signal.SIGINT, signal.SIGQUIT})
"""The signals that a terminal sends for keys."""


def control(
    owner: Owner, method: str, action: str, body: object = None, *, timeout: float = 10.0
) -> JsonObject:
    """One request to the control interface; raises ServerError."""
    connection = http.client.HTTPConnection("127.0.0.1", owner.port, timeout=timeout)
    try:
        connection.request(
            method,
            f"{CONTROL}/{action}",
            body=None if body is None else encode_json(body),
            headers={"Authorization": f"Bearer {owner.control}"},
        )
        response = connection.getresponse()
        text = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ServerError(f"the server (pid {owner.pid}, {owner.url}) fails: {error}") from error
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        said = text.decode(errors="replace").removeprefix("agentcache: ")
        raise ServerError(f"the server said {response.status}: {said}")
    try:
        return decode_json_object(text)
    except CodecError as error:
        raise ServerError(f"what listens at {owner.url} is not agentcache: {error}") from error


def running(places: Places) -> Owner | None:
    """The server of these places if it answers."""
    owner = read_owner(places.lock)
    if owner is None:
        return None
    try:
        control(owner, "GET", "status", timeout=5)
    except ServerError:
        return None
    return read_owner(places.lock) or owner  # it may have taken over from that one meanwhile


def ensure_server(
    places: Places, *, port: int | None = None, tell: Callable[[str], None] = lambda _: None
) -> Owner:
    """The running server, started if there is none; raises ServerError.

    An idle server of another release is asked to leave first. `port`: where a new one is to
    listen, None for the configured one. `tell` is called with a line when waiting takes long.
    """
    private_directory(places.home)
    owner = running(places)
    if owner is not None and owner.version != RELEASE and _retired(owner):
        owner = None
    return owner or _start(places, port, tell)


def _retired(owner: Owner) -> bool:
    """Whether a server of another release had nothing to do and left."""
    if control(owner, "GET", "status").get("sessions"):
        return False
    control(owner, "POST", "shutdown")
    return True


def _start(places: Places, port: int | None, tell: Callable[[str], None]) -> Owner:
    began = time.monotonic()
    process = spawn(places, port)
    told = False
    while (waited := time.monotonic() - began) < START_LIMIT:
        owner = running(places)
        if owner is not None:
            # It may end before this process does, which is to leave no zombie of it then.
            in_background(process.wait)
            return owner
        if process.poll() == LOCKED:
            process = spawn(places, port)
        elif process.poll() is not None:
            raise ServerError(f"the server could not be started: {_last_words(places)}")
        if waited > 1 and not told:
            tell("starting the server ...")
            told = True
        time.sleep(0.01)
    raise ServerError(f"the server did not start in {START_LIMIT:.0f} s: {_last_words(places)}")


def in_background(work: Callable[[], object]) -> threading.Thread:
    """Start a daemon thread that leaves KEYS to the main one, also where that one waits for them.

    What it starts has them blocked.
    """
    thread = threading.Thread(target=work, daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, KEYS)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return thread


def spawn(
    places: Places, port: int | None, *, inherited: tuple[int, int] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a server; raises ServerError.

    `inherited`: the open files of a lock and of a socket that listens, which it takes over.
    """
    command = [sys.executable, "-m", "agentcache", "serve", "--detached"]
    command += [] if port is None else ["--port", str(port)]
    command += [] if inherited is None else ["--inherited", *map(str, inherited)]
    environment = dict(os.environ)
    if environment.get("AGENTCACHE_HOME"):  # may be relative, and the server stands elsewhere
        environment["AGENTCACHE_HOME"] = str(places.home)
    environment.pop("GIT_CONFIG_PARAMETERS", None)  # of one `git -c`, whose alias or hook we are in
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    try:
        with os.fdopen(os.open(places.errors, flags, 0o600), "wb") as errors:
            return subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
                pass_fds=inherited or (),
                cwd=places.home,
            )
    except OSError as error:
        raise ServerError(f"the server could not be started: {error}") from error


def _last_words(places: Places) -> str:
    """What a server said last; where it could write nothing at all, why."""
    try:
        lines = places.errors.read_text(errors="replace").strip().splitlines()
    except OSError as error:
        return str(error)
    return (
        lines[-1].removeprefix("agentcache: ")
        if lines
        else why_unwritable(places.home) or "it said nothing"
    )
