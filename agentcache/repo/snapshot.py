"""A work tree's searches, listings and trees, as they were and what of them changed since.

Every answer rests on a sweep over the names that began after it was asked for. What is remembered
only saves asking git, matching names and combining digests again; no watcher is trusted.
"""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Lock
from typing import TypeAlias, TypeVar

from agentcache.core.evidence import Among, Listing, Look, Search, Tree
from agentcache.errors import ObserveError
from agentcache.repo.globs import matches
from agentcache.repo.listing import observe_listing
from agentcache.repo.reading import Identity, Memory, identity_of
from agentcache.repo.searching import (
    FileSearch,
    digest_of,
    file_row,
    is_shown_by_all,
    rules_row,
    tree_row,
)
from agentcache.repo.survey import Survey
from agentcache.repo.sweep import State, Sweep
from agentcache.repo.visible import Visible
from agentcache.repo.worktree import WorkTree

K = TypeVar("K")
V = TypeVar("V")

_MOST_KEPT = 256
_MOST_FILES = 20_000
_MOST_ROWS = 500_000
_MOST_SWEEPS = 8
_PATIENCE_NS = 2_000_000_000
_MOST_WARMED = 32


Kind: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True, eq=False)
class Universe:
    """The names that a look goes over, and of what kind they are: `stat.S_IFMT` and their mark.

    `links`: those of symbolic links. `rules` as in `Scene`.
    """

    kinds: Mapping[str, Kind]
    links: tuple[str, ...]
    rules: str = ""

    @classmethod
    def of(cls, kinds: Mapping[str, Kind], rules: str = "") -> "Universe":
        """The universe of these names."""
        links = tuple(path for path, (kind, _) in kinds.items() if kind == stat.S_IFLNK)
        return cls(kinds, links, rules)


@dataclass(frozen=True, slots=True)
class _View:
    """What is there now for one look; `survey` has git's answers where they matter."""

    sweep: Sweep
    state: State
    survey: Survey | None

    @property
    def standing(self) -> tuple[Sweep, int, Survey | None]:
        """What must be the same for the same names to be gone over."""
        return (self.sweep, self.state.structure, self.survey)


@dataclass(frozen=True, slots=True)
class _Rows:
    """What each name added to a digest at one generation of a sweep."""

    sweep: Sweep
    generation: int
    universe: Universe
    rows: Mapping[str, bytes]
    digest: str


@dataclass(frozen=True, slots=True)
class _Listed:
    standing: tuple[Sweep, int, Survey | None]
    generation: int
    links: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A whole file that was read when its identity could be trusted."""

    absolute: str
    identity: Identity
    digest: str

    def stands(self) -> bool:
        """Whether the same file is there now."""
        try:
            found = os.stat(self.absolute)  # noqa: PTH116  # the hottest path of a hit
        except (OSError, ValueError):
            return False
        return identity_of(found) == self.identity


class Snapshot:
    """What is remembered of one work tree, for all sessions; for any thread.

    `files` are whole files by their path as Looks have it. `clock_ns` gives nanoseconds since the
    epoch.
    """

    def __init__(self, tree: WorkTree, memory: Memory, *, clock_ns: Callable[[], int]) -> None:
        self.tree = tree
        self.memory = memory
        self.files: dict[str, KnownFile] = {}
        self._clock_ns = clock_ns
        self.visible = Visible(tree, lambda: self.sweep("."), clock_ns=clock_ns)
        self._sweeps: dict[str, Sweep] = {}
        self._universes: dict[tuple[str, bool, str], tuple[object, Universe | None]] = {}
        self._rows: dict[Look, _Rows] = {}
        self._listed: dict[Look, _Listed] = {}
        self._lock = Lock()

    def glance(self) -> "Glance":
        """A look at what is there from now on."""
        return Glance(self)

    @property
    def size(self) -> int:
        """How many names are remembered, by all sweeps."""
        with self._lock:
            sweeps = list(self._sweeps.values())
        return self.visible.size + sum(sweep.size for sweep in sweeps)

    def digest_of_file(self, path: str) -> str:
        """The object id of the file at `path`, which Looks have, or ABSENT; raises ObserveError."""
        absolute = self.tree.to_absolute(path)
        digest = self.memory.blob(absolute)
        remembered = self.memory.recall(absolute, "blob")
        if remembered is not None and remembered[1] == digest:
            with self._lock:
                keep_last(self.files, path, KnownFile(absolute, remembered[0], digest), _MOST_FILES)
        return digest

    def refresh(self) -> None:
        """Sweep again, and look again through the looks that were used last, as time allows."""
        glance, until = self.glance(), self._clock_ns() + _PATIENCE_NS
        with self._lock:
            looks = [*self._rows][-_MOST_WARMED:] + [*self._listed][-_MOST_WARMED:]
        for look in looks:
            if self._clock_ns() > until:
                return
            try:
                glance.digest(look)
            except ObserveError:
                continue  # whoever verifies will be told

    def sweep(self, top: str) -> Sweep:
        """The sweep over all that is below `top`."""
        with self._lock:
            sweep = self._sweeps.get(top) or Sweep(self.tree, top, clock_ns=self._clock_ns)
            keep_last(self._sweeps, top, sweep, _MOST_SWEEPS)
            return sweep

    def universe(
        self, root: str, include: str, view: _View, choose: Callable[[], Universe | None]
    ) -> Universe | None:
        """What `choose` gives, remembered as long as nothing moved that it rests on."""
        key = (root, view.survey is not None, include)
        known = self._universes.get(key)
        if known is not None and known[0] == view.standing:
            return known[1]
        chosen = choose()
        with self._lock:
            keep_last(self._universes, key, (view.standing, chosen), _MOST_KEPT // 8)
        return chosen

    def digest_of_listing(self, look: Listing, view: _View) -> str | None:
        """The digest of what `look` lists; None when links lead to where no sweep goes."""
        known = self._listed.get(look)
        if known is not None and known.standing == view.standing:
            is_same = not look.with_stat or known.generation == view.state.generation
            if is_same and not any(map(os.path.isdir, known.links)):
                return known.digest
        links = tuple(
            self.tree.to_absolute(path)
            for path, (kind, _) in _below(look.root, view.state).kinds.items()
            if kind == stat.S_IFLNK
        )
        if any(map(os.path.isdir, links)):
            return None
        digest = observe_listing(look, view.survey or Survey(self.tree)).digest
        with self._lock:
            listed = _Listed(view.standing, view.state.generation, links, digest)
            keep_last(self._listed, look, listed, _MOST_KEPT)
        return digest

    def digest_of_rows(
        self,
        look: Search | Tree,
        view: _View,
        universe: Universe,
        row_of: Callable[[str, Kind], bytes],
    ) -> str:
        """The digest over what `row_of` gives, which is asked again only where it may differ."""
        known, kinds = self._rows.get(look), universe.kinds
        changed = None
        if known is not None and known.sweep is view.sweep:
            changed = view.state.changed_since(known.generation)
        if known is None or changed is None:
            rows, redo = {}, frozenset(kinds)
        else:
            redo = changed & kinds.keys()
            if universe is not known.universe:
                redo |= {path for path, _ in kinds.items() - known.universe.kinds.items()}
            redo |= {  # what a link leads to is not swept
                path
                for path in universe.links
                if row_of(path, kinds[path]) != known.rows.get(path, b"")
            }
            if not redo and universe is known.universe:
                if known.generation != view.state.generation:
                    self._keep_rows(look, replace(known, generation=view.state.generation))
                return known.digest
            rows = {
                path: row for path, row in known.rows.items() if path in kinds and path not in redo
            }
        for path in redo:
            row = row_of(path, kinds[path])
            if row:
                rows[path] = row
        ordered = [rows[path] for path in sorted(rows)]
        digest = digest_of([*ordered, rules_row(universe.rules)])
        self._keep_rows(look, _Rows(view.sweep, view.state.generation, universe, rows, digest))
        return digest

    def _keep_rows(self, look: Look, rows: _Rows) -> None:
        with self._lock:
            keep_last(self._rows, look, rows, _MOST_KEPT)
            while sum(len(each.rows) for each in self._rows.values()) > _MOST_ROWS:
                del self._rows[next(iter(self._rows))]


class Glance:
    """One verification's look at a Snapshot: each sweep is made once, when it is first needed."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._tree = snapshot.tree
        self._whole: dict[str, tuple[Sweep, State | None]] = {}
        self._visible: tuple[Sweep, State, Survey] | None = None
        self._was_asked = False
        self.survey = Survey(self._tree)

    def digest(self, look: Look) -> str | None:
        """The digest of what is seen through `look`; None when it must be looked at otherwise.

        Raises ObserveError when it cannot be looked at.
        """
        if not isinstance(look, Listing | Search | Tree) or not self._is_plain(look.root):
            return None
        if isinstance(look, Tree):
            view = self._view_of_all(look.root)
            return None if view is None else self._tree_digest(look, view)
        if look.among is Among.ALL:
            if isinstance(look, Listing) and (look.depth == 1 or look.with_dots):
                return None  # one directory is looked at faster; what is above is not swept
            view = self._view_of_all(look.root)
            return None if view is None else self._among_all(look, view)
        return self._among_visible(look)

    def _is_plain(self, root: str) -> bool:
        """Whether `root` is a directory inside the tree, said in the one way that names have."""
        if root == ".":
            return True
        if not root or root != os.path.normpath(root) or root[0] == "/":
            return False
        if {"..", ".git"} & set(root.split("/")):
            return False
        try:
            return stat.S_ISDIR(os.lstat(self._tree.to_absolute(root)).st_mode)
        except (OSError, ValueError):
            return False

    def _view_of_all(self, root: str) -> _View | None:
        parts = root.split("/")
        for top in (".", *("/".join(parts[:count]) for count in range(1, len(parts)))):
            sweep, state = self._whole.get(top, (None, None))
            if sweep is not None and state is not None and root in state.names:
                return _View(sweep, state, None)
        if root not in self._whole:
            sweep = self._snapshot.sweep(root)
            self._whole[root] = (sweep, sweep.refresh())
        sweep, state = self._whole[root]
        return None if state is None else _View(sweep, state, None)

    def _view_of_visible(self) -> _View | None:
        if not self._was_asked:
            self._was_asked = True
            try:
                self._visible = self._snapshot.visible.see()
            except ObserveError:
                return None  # the plain way tells, if it still is so
            if self._visible is not None and self._visible[0] is self._snapshot.sweep("."):
                self._whole["."] = self._visible[:2]
        return None if self._visible is None else _View(*self._visible)

    def _among_visible(self, look: Listing | Search) -> str | None:
        view = self._view_of_visible()
        if view is None or view.survey is None:
            return None
        survey = view.survey
        include = look.pattern if isinstance(look, Listing) else look.include

        def choose() -> Universe | None:
            scene = survey.visible_scene(look.root, include)
            if scene is None:
                return None
            kinds = {
                each.path: (stat.S_IFMT(each.status.st_mode), each.mark) for each in scene.names
            }
            return Universe.of(kinds, scene.rules)

        names = self._snapshot.universe(look.root, include, view, choose)
        if names is None:
            return None  # other rules than git's decide, which are not remembered
        if not names.kinds.keys() <= view.state.names.keys():
            return None  # they came after the sweep
        if isinstance(look, Listing):
            return self._snapshot.digest_of_listing(look, view)
        return self._search_digest(look, view, names)

    def _among_all(self, look: Listing | Search, view: _View) -> str | None:
        if isinstance(look, Listing):
            return self._snapshot.digest_of_listing(look, view)
        names = self._snapshot.universe(look.root, "", view, lambda: _below(look.root, view.state))
        return None if names is None else self._search_digest(look, view, names)

    def _search_digest(self, look: Search, view: _View, names: Universe) -> str:
        search: list[FileSearch] = []
        tree, memory = self._tree, self._snapshot.memory

        def row_of(path: str, of_kind: Kind) -> bytes:
            kind, mark = of_kind
            if look.include and not matches(path, look.include):
                return b""
            if kind not in (stat.S_IFLNK, stat.S_IFREG):
                return b""
            if not search:
                search.append(FileSearch(look))
            if kind == stat.S_IFLNK:
                return search[0].row_of_link(path, tree, memory, mark=mark)
            is_sure = is_shown_by_all(path, look)
            in_file = search[0].of_file(path, tree.to_absolute(path), memory, is_sure=is_sure)
            return file_row(path, in_file, mark=mark)

        return self._snapshot.digest_of_rows(look, view, names, row_of)

    def _tree_digest(self, look: Tree, view: _View) -> str | None:
        root = self._tree.to_absolute(look.root)
        names = self._snapshot.universe(look.root, "", view, lambda: _below(look.root, view.state))
        if names is None:
            return None
        memory = self._snapshot.memory
        return self._snapshot.digest_of_rows(
            look,
            view,
            names,
            lambda path, kind: tree_row(path, kind[0], root, self._tree, memory.blob),
        )


def _below(root: str, state: State) -> Universe:
    prefix = "" if root == "." else f"{root}/"
    return Universe.of(
        {
            path: (stat.S_IFMT(identity[0]), "")
            for path, identity in state.names.items()
            if path.startswith(prefix) and path != "."
        }
    )


def keep_last(kept: dict[K, V], key: K, value: V, most: int) -> None:
    """Put `value` last, and forget what has stood longest."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]
