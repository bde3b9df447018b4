"""Private directories: ours, for us alone, or not used at all."""

import os
import stat
from pathlib import Path

from agentcache.errors import StoreError


def private_directory(path: Path) -> Path:
    """Make `path` (mode 0700) or check that it is ours and nobody else's; raises StoreError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise StoreError(f"cannot use {str(path)!r}: {error.strerror or error}") from error
    if found.st_uid != os.geteuid():
        raise StoreError(
            f"{str(path)!r} belongs to user id {found.st_uid}, not to you ({os.geteuid()}): "
            "remove it, or set AGENTCACHE_HOME to a directory of your own"
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(0o700)
    return path
