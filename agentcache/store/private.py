"""Private directories: ours, for us alone, or not used at all."""

import errno
import os
import sqlite3
import stat
import tempfile
from pathlib import Path

from agentcache.errors import StoreError

_PROBED = 4096
"""Bytes: with room for fewer a disk is full."""


def set_aside(path: Path) -> Path:
    """Rename what is damaged to a free name beside it, for its owner to look at; the new name."""
    names = (path.with_name(f"{path.name}.corrupt{n or ''}") for n in range(1000))
    aside = next(name for name in names if not name.exists())
    try:
        return path.rename(aside)
    except OSError as error:
        raise StoreError(f"{str(path)!r} is damaged and cannot be renamed: {error}") from error


def is_damage(error: StoreError) -> bool:
    """Whether `error` says that a database is no database, rather than busy, full or not ours."""
    cause = error.__cause__
    return isinstance(cause, sqlite3.DatabaseError) and not isinstance(
        cause, sqlite3.OperationalError
    )


def is_full(error: StoreError) -> bool:
    """Whether `error` says that nothing could be written, which SQLite has to even to delete."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def why_unwritable(directory: Path) -> str | None:
    """Why nothing can be written in `directory`, as on a full disk; None where something can.

    Where there is no such directory yet, it is the one above that counts.
    """
    directory = next(
        (one for one in (directory, *directory.parents) if os.access(one, os.F_OK)),
        directory,
    )
    if not directory.is_dir():
        return None
    try:
        with tempfile.TemporaryFile(dir=directory) as probe:
            probe.write(bytes(_PROBED))
    except OSError as error:
        return f"nothing can be written in {str(directory)!r}: {error.strerror or error}"
    return None


def private_directory(path: Path) -> Path:
    """Make `path` (mode 0700) or check that it is ours and nobody else's; raises StoreError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except FileExistsError as error:
        raise StoreError(f"cannot use {str(path)!r}: it is no directory") from error
    except OSError as error:
        raise StoreError(
            f"cannot use {str(path)!r}: {error.strerror or error}: "
            "set AGENTCACHE_HOME to a directory of your own that can be written"
        ) from error
    _refuse_anothers(path, found)
    if stat.S_IMODE(found.st_mode) & 0o077:
        try:
            path.chmod(0o700)
        except OSError as error:
            raise StoreError(f"cannot close {str(path)!r} to others: {error.strerror}") from error
    return path


def is_ours(path: Path) -> bool:
    """Whether there is a directory at `path`; raises StoreError for one that is not ours."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise StoreError(f"cannot use {str(path)!r}: {error.strerror or error}") from error
    _refuse_anothers(path, found)
    return stat.S_ISDIR(found.st_mode)


def _refuse_anothers(path: Path, found: os.stat_result) -> None:
    if found.st_uid != os.geteuid():
        raise StoreError(
            f"{str(path)!r} belongs to user id {found.st_uid}, not to you ({os.geteuid()}): "
            "remove it, or set AGENTCACHE_HOME to a directory of your own"
        )
