"""On what kind of file system a path lies."""

import os
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_LOCAL = frozenset(
    b"bcachefs btrfs ext2 ext3 ext4 f2fs jfs overlay ramfs reiserfs tmpfs xfs zfs".split()
)


def is_local(path: str) -> bool:
    """Whether the file system there keeps times as those of local disks do, as far as known.

    Others may show attributes that are older than what another machine or the host has written.
    """
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return True  # not Linux: mounts cannot be told apart, and most are local
    real = os.fsencode(os.path.realpath(path)) + b"/"
    best, kind = b"", b""
    for line in lines:
        first, _, second = line.partition(b" - ")
        point = first.split(b" ")[4].replace(b"\\040", b" ").rstrip(b"/") + b"/"
        if real.startswith(point) and len(point) >= len(best):
            best, kind = point, second.split(b" ")[0]
    return kind in _LOCAL
