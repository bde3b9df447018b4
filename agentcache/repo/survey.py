"""Which names a search or listing goes over: all below its root, or those that ripgrep walks."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentcache.core.evidence import Among
from agentcache.errors import ObserveError
from agentcache.repo.globs import matches
from agentcache.repo.ignoring import (
    IGNORE_FILES,
    Reading,
    has_odd_rules,
    hidden_in,
    ignored_of,
    listed_in,
    may_be_forgotten,
    readings,
    rules_around,
    rules_in,
)
from agentcache.repo.reading import lstat
from agentcache.repo.walk import Name, walk
from agentcache.repo.worktree import WorkTree

_LEFT_OUT = "hiddenhidden"
_MOST_UNSURE = 50_000
"""Names of which an observer remembers the contents; of more it would read some every time."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a look goes over, sorted by path.

    `rules` is a digest of the ignore files that may leave some of it out, "" when git's word,
    which the names carry, decides alone.
    """

    names: list[Name]
    rules: str = ""


@dataclass(slots=True, eq=False)
class Survey:
    """The names of a work tree during one verification, so that git is asked once.

    It must not live longer, unless all that git's answers rest on is watched (`repo.snapshot`).
    """

    tree: WorkTree
    _ignored: dict[tuple[str, ...], list[frozenset[str]]] = field(default_factory=dict)
    _readings: tuple[Reading, ...] | None = None
    _visible: frozenset[str] | None = None
    _left_out: Mapping[str, str] = field(default_factory=dict)
    _is_loose: bool = False
    _directories: frozenset[str] | None = None
    _repositories: frozenset[str] | None = None
    _has_ignore_files: bool | None = None

    def scene(
        self, root: str, *, depth: int = 0, among: Among = Among.ALL, include: str = ""
    ) -> Scene:
        """Everything below the directory `root`; raises ObserveError.

        With VISIBLE, files only: those that are not ignored, and ignored ones that an `include`
        asks for, as ripgrep's globs overrule ignore files.
        """
        if among is Among.VISIBLE and (visible := self.visible_scene(root, include)) is not None:
            return visible
        names = sorted(walk(self.tree, root, depth=depth), key=_path)
        if among is Among.ALL:
            return Scene(names)
        if len(names) > _MOST_UNSURE:
            raise ObserveError(f"tools may show more than {_MOST_UNSURE} names below {root!r}")
        below = [name.path for name in names if name.is_directory]
        unsure = [replace(name, is_sure=False) for name in (*names, *self._linked(root, names))]
        return Scene(sorted(unsure, key=_path), rules_around(self.tree, root, below))

    def _linked(self, root: str, names: list[Name]) -> list[Name]:
        """The tracked files below `root` that are reached through links alone, as git does."""
        prefix = "" if root == "." else f"{root}/"
        found: dict[str, Name] = {}
        for path in self.visible - {name.path for name in names}:
            if path.startswith(prefix):
                self._add(found, path)
        return list(found.values())

    @property
    def visible(self) -> frozenset[str]:
        """What stands there and is visible by any reading of the rules, asked once."""
        if self._visible is None:
            listed = [listed_in(self.tree, reading) for reading in self.readings]
            every = frozenset().union(*listed)
            gone = {name for name in every if lstat(self.tree.to_absolute(name)) is None}
            self._is_loose = any(map(self._is_link, _above(gone)))
            shown = [names - gone for names in listed]
            named = [hidden_in(self.tree, reading) for reading in self.readings]
            self._visible = frozenset().union(*shown)
            missing = [
                self._visible - some | names for some, names in zip(shown, named, strict=True)
            ]
            self._left_out = {
                name: _mark(name in names for names in missing)
                for name in frozenset().union(*missing)
            }
        return self._visible

    @property
    def is_loose(self) -> bool:
        """Whether tracked names that are gone may come to be behind a link, unseen from here."""
        return self.visible is not None and self._is_loose

    def _is_link(self, path: str) -> bool:
        found = lstat(self.tree.to_absolute(path))
        return found is not None and stat.S_ISLNK(found.st_mode)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """`readings`, asked once."""
        if self._readings is None:
            self._readings = readings(self.tree)
        return self._readings

    @property
    def directories(self) -> frozenset[str]:
        """Every directory that holds something visible; `.` is the root."""
        if self._directories is None:
            self._directories = frozenset({".", *_above(self.visible)})
        return self._directories

    @property
    def repositories(self) -> frozenset[str]:
        """The directories below the root with files of this repository and a `.git` of their own.

        There ripgrep forgets the rules of git that stand above, and git does not.
        """
        if self._repositories is None:
            self._repositories = frozenset(
                name
                for name in self.directories
                if name != "." and os.path.lexists(f"{self.tree.to_absolute(name)}/.git")
            )
        return self._repositories

    def is_in_repository(self, path: str) -> bool:
        """Whether `path` is one of `repositories` or below one."""
        return any(path == name or path.startswith(f"{name}/") for name in self.repositories)

    def ignores(self, names: Sequence[str]) -> frozenset[str]:
        """Those of `names` that every reading of the rules leaves out."""
        return frozenset.intersection(*self._ignored_by_reading(names))

    def _ignored_by_reading(self, names: Sequence[str]) -> list[frozenset[str]]:
        """`ignored_of` by each reading, asked once."""
        key = tuple(names)
        if key not in self._ignored:
            self._ignored[key] = [ignored_of(self.tree, each, names) for each in self.readings]
        return self._ignored[key]

    def visible_scene(self, root: str, include: str) -> Scene | None:
        """`scene` with VISIBLE; None when all names must be gone over instead."""
        is_outside = root.startswith("/")
        if is_outside or self._has_own_ignore_rules() or may_be_forgotten(self.tree, root):
            return None
        if root != "." and (root not in self.directories or any(self._ignored_by_reading([root]))):
            return None
        top = os.path.realpath(self.tree.root)
        if os.path.realpath(self.tree.to_absolute(root)) != os.path.normpath(f"{top}/{root}"):
            return None  # a link leads somewhere else
        if self.is_in_repository(root):
            return None
        prefix = "" if root == "." else f"{root}/"
        found: dict[str, Name] = {}
        others = [name for name in self.repositories if name.startswith(prefix)]
        below = [path for path in self.visible if path.startswith(prefix)]
        others += [path.rstrip("/") for path in below if not self._add(found, path)]
        if include and not self._add_overruled(found, root, include, frozenset(others)):
            return None
        inside = self._add_repositories(found, others)
        names = sorted(found.values(), key=_path)
        return Scene(names, rules_in(self.tree, inside) if inside else "")

    def _add(self, found: dict[str, Name], path: str) -> bool:
        """Add a visible file; False when it is a repository, of which git names no more."""
        status = lstat(self.tree.to_absolute(path.rstrip("/")))
        if status is not None and stat.S_ISDIR(status.st_mode):
            return False
        if status is not None:
            mark = self._left_out.get(path, "")
            found[path] = Name(path, status, is_sure=not mark, mark=mark)
        return True

    def _add_repositories(self, found: dict[str, Name], repositories: list[str]) -> list[str]:
        """Add all of nested repositories, whose own rules are not asked; their directories.

        Hosts that read the rules above on their own may leave out what these name.
        """
        names = [name for repository in repositories for name in walk(self.tree, repository)]
        files = [name for name in names if not name.is_directory]
        ignored = self._ignored_by_reading(sorted(name.path for name in files))
        for name in files:
            mark = _mark(name.path in left_out for left_out in ignored)
            found[name.path] = replace(name, is_sure=False, mark=mark)
        return [*repositories, *(name.path for name in names if name.is_directory)]

    def _add_overruled(
        self, found: dict[str, Name], root: str, include: str, nested: frozenset[str]
    ) -> bool:
        """Add ignored files that match `include`; False when an ignored directory may match."""
        queue = [name for name in self.directories if name == root or _is_below(name, root)]
        queue = queue or [root]
        while queue:
            unknown: list[str] = []
            for directory in queue:
                if self.is_in_repository(directory):
                    continue
                for name in walk(self.tree, directory, depth=1):
                    if name.is_directory and name.path not in self.directories:
                        unknown.append(name.path)
                    elif name.path not in found and matches(name.path, include):
                        mark = "" if name.is_directory else _LEFT_OUT
                        found[name.path] = replace(name, is_sure=False, mark=mark)
            ignored = self._ignored_by_reading(unknown)[0]  # others have no globs that overrule
            if any(matches(name, include) for name in ignored):
                return False
            queue = [name for name in unknown if name not in ignored and name not in nested]
        return True

    def _has_own_ignore_rules(self) -> bool:
        """Whether ripgrep's own ignore files stand anywhere, which can overrule git's.

        Or rules that some versions of it do not read as git does.
        """
        if self._has_ignore_files is None:
            root = self.tree.root
            places = [str(root / name) for name in self.directories]
            places += [str(parent) for parent in root.parents]
            self._has_ignore_files = any(
                os.path.lexists(f"{place}/{name}") for place in places for name in IGNORE_FILES
            ) or has_odd_rules(self.tree, self.directories)
        return self._has_ignore_files


def _mark(is_left_out: Iterable[bool]) -> str:
    """Which readings leave a name out, ripgrep's first; "" for none."""
    told = list(is_left_out)
    if not any(told):
        return ""
    return "".join("hidden" if each else "shown" for each in (told[0], told[-1]))


def _above(names: Iterable[str]) -> set[str]:
    """Every directory that `names` stand in, without the root."""
    found = set[str]()
    for name in names:
        parent = name.rstrip("/").rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found


def _path(name: Name) -> str:
    return name.path


def _is_below(name: str, root: str) -> bool:
    return root == "." or name.startswith(f"{root}/")
