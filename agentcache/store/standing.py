"""Whether a file that is open still stands where it was opened: SQLite goes on writing to none."""

import os
from pathlib import Path


class Standing:
    """One file that is open, by its identity."""

    def __init__(self, path: Path) -> None:
        """`path`: of a file that is there."""
        self._path = str(path)
        self._identity = self._now()

    def is_gone(self) -> bool:
        """Whether there is no such file any more, or another one."""
        return self._identity is None or self._now() != self._identity

    def clear_away(self) -> None:
        """Remove what SQLite left beside a file that is gone, which it would take for a new one's.

        Raises OSError.
        """
        if self._now() is None:
            for ending in ("-wal", "-shm"):
                Path(self._path + ending).unlink(missing_ok=True)

    def _now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  # this is asked at every hit
        except OSError:
            return None
        return found.st_dev, found.st_ino
