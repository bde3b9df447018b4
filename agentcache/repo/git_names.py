"""Where there is a `.git` in a work tree, and what it is."""

import os
import stat
from hashlib import sha256
from typing import TYPE_CHECKING

from agentcache.errors import ObserveError
from agentcache.repo.reading import lstat, read_file

if TYPE_CHECKING:
    from agentcache.repo.worktree import WorkTree


def git_names_digest(tree: "WorkTree", *, with_texts: bool) -> str:
    """The digest of every `.git` below the root and of its kind; raises ObserveError.

    `with_texts`: of what is written in those that are files, too.
    """

    def fail(error: OSError) -> None:
        raise ObserveError(f"{error.filename!r} cannot be listed: {error.strerror}") from error

    rows: list[bytes] = []
    root = str(tree.root)
    for directory, directories, names in os.walk(root, onerror=fail):
        directories.sort()
        if ".git" not in (*directories, *names):
            continue
        place = f"{directory}/.git"
        found = lstat(place)
        kind = stat.S_IFMT(found.st_mode) if found is not None else 0
        if kind != stat.S_IFREG and directory != root:
            raise ObserveError(f"{place!r} is a git directory, of which nothing is seen")
        read = read_file(place) if with_texts and kind == stat.S_IFREG else None
        text = read[0] if read is not None else b""
        rows += [os.fsencode(directory[len(root) :]), b"%o" % kind, text]
        directories[:] = [name for name in directories if name != ".git"]
    return sha256(b"".join(b"%d:%b" % (len(row), row) for row in rows)).hexdigest()
