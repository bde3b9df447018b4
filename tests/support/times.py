"""The times that a file system gives to what changes, for tests of what trusts them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentcache.repo import reading, rules, snapshot, sweep
from agentcache.repo.reading import Identity


def make_ticks_differ(root: Path) -> None:
    """Wait until the file system's clock moves on, so that the next change has a later time.

    The clock is read off a file beside `root`.
    """
    probe = root.parent / "probe"
    probe.write_bytes(b"")
    before = probe.stat().st_ctime_ns
    while probe.stat().st_ctime_ns == before:
        probe.write_bytes(b"")


@contextmanager
def coarse_times(grain_ns: int) -> Iterator[None]:
    """A file system whose times stand still for `grain_ns`, so that changes can hide in them."""

    def identity_of(found: os.stat_result) -> Identity:
        *rest, modified, changed = real(found)
        return (*rest, modified - modified % grain_ns, changed - changed % grain_ns)  # type: ignore[return-value]  # six of them

    real = reading.identity_of
    with pytest.MonkeyPatch.context() as patched:
        for module in (reading, rules, snapshot, sweep):
            patched.setattr(module, "identity_of", identity_of)
        yield
