"""Which names there are below a directory.

Nothing named `.git` is entered. Symbolic links are named and not followed.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from agentcache.errors import ObserveError
from agentcache.repo.worktree import WorkTree

_MOST_NAMES = 500_000


@dataclass(frozen=True, slots=True)
class Name:
    """`path` as Looks have it; `is_sure`: every tool would go over it.

    `mark`: it is gone over though ignore rules name it, and this tells which tools leave it out.
    """

    path: str
    status: os.stat_result
    is_sure: bool = True
    mark: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory itself, not a link to one."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file itself."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)


def walk(tree: WorkTree, root: str, *, depth: int = 0) -> Iterator[Name]:
    """Everything below the directory `root` (as Looks have it), in no order.

    `depth` 0 is unlimited, 1 the direct children. Raises ObserveError where something cannot be
    listed; what vanishes on the way is left out.
    """
    prefix = "" if root == "." else f"{root.rstrip('/')}/"
    queue = [(tree.to_absolute(root), prefix, 1)]
    count = 0
    while queue:
        directory, prefix, level = queue.pop()
        for entry, status in _entries(directory):
            count += 1
            if count > _MOST_NAMES:
                raise ObserveError(f"more than {_MOST_NAMES} names below {root!r}")
            yield Name(prefix + entry.name, status)
            if stat.S_ISDIR(status.st_mode) and (depth == 0 or level < depth):
                queue.append((entry.path, f"{prefix}{entry.name}/", level + 1))


def _entries(directory: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name == ".git":
                    continue
                try:
                    yield entry, entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
    except FileNotFoundError:
        return
    except OSError as error:
        raise ObserveError(f"{directory!r} cannot be listed: {error.strerror}") from error


def link_target(path: str, tree: WorkTree) -> str:
    """Where the symbolic link at `path` points, "" when it is gone."""
    try:
        return os.readlink(tree.to_absolute(path))  # noqa: PTH115  # Path would tidy it up
    except OSError:
        return ""


def one_line(target: str) -> str:
    """`target` without line ends, which close a row of a digest; NUL stands in no real target."""
    return target.replace("\n", "\0n")
