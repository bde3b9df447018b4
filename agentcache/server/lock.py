"""Lock files: one process that owns a directory, one server per user and how to reach it.

A lock is held on the open file for as long as its process lives, so that a killed one leaves none;
the text in the file says who holds it.
"""

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentcache.core.codec import CodecError, decode_json_as, encode_json
from agentcache.errors import ServerError
from agentcache.store.private import private_directory
from agentcache.store.standing import Standing


@dataclass(frozen=True, slots=True)
class Owner:
    """The server that holds the lock. `control` is the token of the control interface."""

    pid: int
    port: int
    version: str
    control: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class LockedError(ServerError):
    """Another server holds the lock."""


class ServerLock:
    """Held by one process at a time; `close` gives it up."""

    def __init__(self, path: Path, *, inherited: int | None = None) -> None:
        """Take the lock; raises LockedError that names the owner when another holds it.

        `inherited`: the open file of a server before us that hands its lock over.
        """
        try:
            before = read_owner(path) if inherited is not None else None
            file = hold(path) if inherited is None else _unbuffered(inherited)
        except OSError as error:
            raise ServerError(f"cannot use {str(path)!r}: {error.strerror}") from error
        if file is None:
            owner = read_owner(path)
            raise LockedError(
                f"a server is already running (pid {owner.pid}, {owner.url})"
                if owner
                else f"another server is starting: {str(path)!r} is locked"
            )
        self._file = file
        self._is_ours = True
        self.is_inherited = inherited is not None
        self._control = before.control if before else secrets.token_urlsafe(32)
        self._standing = Standing(path)

    @property
    def is_gone(self) -> bool:
        """Whether nobody finds us by the file any more, which was removed."""
        return self._standing.is_gone()

    def announce(self, *, port: int, version: str) -> Owner:
        """Write into the file who we are, now that we listen on `port`."""
        owner = Owner(os.getpid(), port, version, self._control)
        self._file.seek(0)
        self._file.truncate()
        left = encode_json(owner)
        while left:  # a disk that fills takes a part
            left = left[self._file.write(left) :]
        return owner

    def hand_over(self) -> int:
        """The open file, which holds the lock for who inherits it, and the way to reach us."""
        self._is_ours = False
        return self._file.fileno()

    def close(self) -> None:
        """Forget the owner and give up the lock, unless it was handed over."""
        if self._is_ours:
            self._file.truncate(0)
        self._file.close()


def hold(path: Path) -> IO[bytes] | None:
    """The emptied file at `path`, locked until it is closed; None when another holds it.

    Raises StoreError for a directory that is not private, OSError for a file that fails.
    """
    private_directory(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    file = _unbuffered(descriptor)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.truncate(0)
    return file


def _unbuffered(descriptor: int) -> IO[bytes]:
    """What a full disk did not take is not tried again when the file is closed."""
    return os.fdopen(descriptor, "r+b", buffering=0)


def read_owner(path: Path) -> Owner | None:
    """Who last announced itself at `path` and did not leave in order; it may have been killed."""
    try:
        return decode_json_as(path.read_bytes(), Owner)
    except (OSError, CodecError):
        return None
