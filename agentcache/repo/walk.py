"""Which names there are below a directory: all of them, or those that searching tools go over.

Nothing named `.git` is entered. Symbolic links are named and not followed.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agentcache.core.evidence import Among
from agentcache.errors import ObserveError
from agentcache.repo.globs import matches
from agentcache.repo.reading import lstat
from agentcache.repo.worktree import WorkTree

_MOST_NAMES = 500_000
IGNORE_FILES = (".ignore", ".rgignore")
"""Names of ripgrep's own ignore files, which can overrule git's."""


@dataclass(frozen=True, slots=True)
class Name:
    """`path` as Looks have it; `is_sure`: every tool would go over it."""

    path: str
    status: os.stat_result
    is_sure: bool = True

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


@dataclass(slots=True, eq=False)
class Survey:
    """The names of a work tree during one verification, so that git is asked once.

    It must not live longer, unless all that git's answers rest on is watched (`repo.snapshot`).
    """

    tree: WorkTree
    _ignored: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)
    _visible: frozenset[str] | None = None
    _directories: frozenset[str] | None = None
    _has_ignore_files: bool | None = None

    def names(
        self, root: str, *, depth: int = 0, among: Among = Among.ALL, include: str = ""
    ) -> list[Name]:
        """Everything below the directory `root`, sorted by path; raises ObserveError.

        With VISIBLE, files only: those that are not ignored, and ignored ones that an `include`
        asks for, as ripgrep's globs overrule ignore files.
        """
        if among is Among.VISIBLE and (visible := self.visible_names(root, include)) is not None:
            return visible
        return sorted(walk(self.tree, root, depth=depth), key=lambda name: name.path)

    @property
    def visible(self) -> frozenset[str]:
        """`WorkTree.visible`, asked once."""
        if self._visible is None:
            self._visible = self.tree.visible()
        return self._visible

    @property
    def directories(self) -> frozenset[str]:
        """Every directory that holds something visible; `.` is the root."""
        if self._directories is None:
            found = {"."}
            for name in self.visible:
                parent = name.rstrip("/").rpartition("/")[0]
                while parent and parent not in found:
                    found.add(parent)
                    parent = parent.rpartition("/")[0]
            self._directories = frozenset(found)
        return self._directories

    def ignores(self, names: Sequence[str]) -> frozenset[str]:
        """`WorkTree.ignores`, asked once."""
        key = tuple(names)
        if key not in self._ignored:
            self._ignored[key] = self.tree.ignores(list(names))
        return self._ignored[key]

    def visible_names(self, root: str, include: str) -> list[Name] | None:
        """`names` with VISIBLE; None when all names must be gone over instead."""
        if root.startswith("/") or self._has_own_ignore_rules():
            return None
        if root != "." and (root not in self.directories or self.ignores([root])):
            return None
        top = os.path.realpath(self.tree.root)
        if os.path.realpath(self.tree.to_absolute(root)) != os.path.normpath(f"{top}/{root}"):
            return None  # a link leads somewhere else
        prefix = "" if root == "." else f"{root}/"
        found: dict[str, Name] = {}
        for path in self.visible:
            if path.startswith(prefix):
                self._add(found, path)
        if include and not self._add_overruled(found, root, include):
            return None
        return sorted(found.values(), key=lambda name: name.path)

    def _add(self, found: dict[str, Name], path: str) -> None:
        status = lstat(self.tree.to_absolute(path.rstrip("/")))
        if status is None:
            return
        if stat.S_ISDIR(status.st_mode):
            # A nested repository, of which git names the directory only.
            for name in walk(self.tree, path.rstrip("/")):
                if not name.is_directory:
                    found[name.path] = Name(name.path, name.status, is_sure=False)
        else:
            found[path] = Name(path, status)

    def _add_overruled(self, found: dict[str, Name], root: str, include: str) -> bool:
        """Add ignored files that match `include`; False when an ignored directory may match."""
        queue = [name for name in self.directories if name == root or _is_below(name, root)]
        queue = queue or [root]
        while queue:
            unknown: list[str] = []
            for directory in queue:
                for name in walk(self.tree, directory, depth=1):
                    if name.is_directory and name.path not in self.directories:
                        unknown.append(name.path)
                    elif name.path not in found and matches(name.path, include):
                        found[name.path] = Name(name.path, name.status, is_sure=False)
            ignored = self.ignores(unknown)
            if any(matches(name, include) for name in ignored):
                return False
            nested = {name.rstrip("/") for name in self.visible if name.endswith("/")}
            queue = [name for name in unknown if name not in ignored and name not in nested]
        return True

    def _has_own_ignore_rules(self) -> bool:
        """Whether ripgrep's own ignore files stand anywhere, which can overrule git's."""
        if self._has_ignore_files is None:
            root = self.tree.root
            places = [str(root / name) for name in self.directories]
            places += [str(parent) for parent in root.parents]
            self._has_ignore_files = any(
                os.path.lexists(f"{place}/{name}") for place in places for name in IGNORE_FILES
            )
        return self._has_ignore_files


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


def _is_below(name: str, root: str) -> bool:
    return root == "." or name.startswith(f"{root}/")
