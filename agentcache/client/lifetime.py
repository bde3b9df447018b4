"""Whether a cache may be used here and now: open, and in the process that opened it."""

import os

from agentcache.errors import UsageError


class Lifetime:
    """From opening to `end`, in the process that made it.

    `cwd`: where the agents stand. They move with the process, if it stands there too.
    """

    def __init__(self, cwd: str) -> None:
        self._pid = os.getpid()
        self._has_ended = False
        here = _directory()
        self._place = here if here == os.path.realpath(cwd) else None

    @property
    def has_moved(self) -> bool:
        """Whether the agents stand elsewhere now: what they read is not where it was kept for."""
        return self._place is not None and _directory() != self._place

    @property
    def is_over(self) -> bool:
        """Whether it was closed, or this is a fork of the process that opened it."""
        return self._has_ended or os.getpid() != self._pid

    def check(self) -> None:
        """Raise UsageError when the cache cannot be used here."""
        if os.getpid() != self._pid:
            raise UsageError(
                f"this cache was opened by process {self._pid} and cannot be used in its fork "
                f"{os.getpid()}, which shares its files and connections: use "
                "AgentCache.connect() in each process, or open it after forking"
            )
        if self._has_ended:
            raise UsageError("this cache was closed: open or connect it again to go on")

    def end(self) -> bool:
        """Be over; whether this was for the caller to do, who then gives up what is owned."""
        if self.is_over:
            return False
        self._has_ended = True
        return True


def _directory() -> str:
    """Where the process stands, "" where that is gone."""
    try:
        return os.getcwd()  # noqa: PTH109  # strings, as all paths here
    except OSError:
        return ""
