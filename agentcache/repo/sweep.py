"""All names below a directory by their stat identities, and which of them changed when.

A sweep looks at every name each time; it never opens a file and knows nothing of git but its name.
What is racily new counts as changed in the next sweep, whatever that sees.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from agentcache.errors import ObserveError
from agentcache.repo.ignoring import RULE_FILES
from agentcache.repo.mounts import is_local
from agentcache.repo.reading import Identity, identity_of, is_old
from agentcache.repo.worktree import WorkTree

MOST_NAMES = 100_000
"""Names that one sweep goes over; larger trees are looked at without one."""

_MOST_LOGGED = 2_000
_MOST_ENTRIES = 64
_REST_NS = 60_000_000_000
"""How long a sweep that could not be made is not tried again."""


@dataclass(frozen=True, slots=True)
class State:
    """What one sweep saw. `generation` rises whenever anything changed against the one before.

    `structure` is the generation at which a name, a directory or a link last changed, or a file
    that holds ignore rules. `names` are paths as Looks have them, with the top itself. `nested`
    are the directories below the tree's root that have a `.git`.
    """

    generation: int
    structure: int
    names: Mapping[str, Identity]
    nested: frozenset[str]
    log: tuple[tuple[int, frozenset[str]], ...]
    forgotten: int

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """The paths that changed after `generation`; None when that is not known any more."""
        if generation == self.generation:
            return frozenset()
        if not self.forgotten <= generation < self.generation:
            return None
        return frozenset().union(*(paths for then, paths in self.log if then > generation))


@dataclass(frozen=True, slots=True)
class _Sight:
    """A State as the next sweep compares with it; `paths`, `keys` and `identities` go together."""

    state: State
    pruned: frozenset[str]
    paths: list[str]
    keys: list[str]
    identities: list[Identity]
    racy: frozenset[str]
    has_racy_structure: bool


class Sweep:
    """The directory `top` of a work tree, swept again and again; for any thread.

    `clock_ns` gives nanoseconds since the epoch.
    """

    def __init__(self, tree: WorkTree, top: str, *, clock_ns: Callable[[], int]) -> None:
        self.top = top
        self._clock_ns = clock_ns
        self._place = tree.to_absolute(top)
        self._above = [tree.to_absolute(part) for part in _upwards(top)]
        self._prefix = "" if top == "." else f"{top}/"
        self._lock = Lock()
        self._begun = 0
        self._sight: _Sight | None = None
        self._rests_until = 0

    @property
    def size(self) -> int:
        """How many names are remembered."""
        sight = self._sight
        return 0 if sight is None else len(sight.keys)

    def refresh(self, pruned: frozenset[str] = frozenset()) -> State | None:
        """What is there now, without what is below the directories `pruned`.

        None when a sweep cannot tell: something cannot be looked at, a link leads here, another
        file system is mounted below, or there are too many names.
        """
        arrived = self._begun
        with self._lock:
            sight = self._sight
            if sight is not None and sight.pruned == pruned and self._begun > arrived:
                return sight.state  # another thread's sweep, which began after this call
            self._begun += 1
            began = self._clock_ns()
            if sight is None and began < self._rests_until:
                return None
            try:
                self._sight = self._look_again(sight, began, pruned)
            except (PermissionError, ObserveError):
                self._sight = None
                self._rests_until = began + _REST_NS
                return None
            except OSError:  # it changes right now
                self._sight = None
                return None
            return self._sight.state

    def _look_again(self, sight: _Sight | None, began: int, pruned: frozenset[str]) -> _Sight:
        for place in self._above:
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                raise ObserveError(f"{place!r} is no directory itself")
        if sight is None or sight.pruned != pruned or sight.has_racy_structure:
            return self._scan(sight, began, pruned)
        try:
            now = list(map(identity_of, map(os.lstat, sight.paths)))
        except OSError:
            return self._scan(sight, began, pruned)
        if now == sight.identities:
            return _without_changes(sight, began) if sight.racy else sight
        moved = {
            key: new
            for key, old, new in zip(sight.keys, sight.identities, now, strict=True)
            if old != new
        }
        names = sight.state.names
        if any(_is_structural(key, names[key], new) for key, new in moved.items()):
            return self._scan(sight, began, pruned)
        racy = {
            key for key in {*moved, *sight.racy} if not is_old(moved.get(key) or names[key], began)
        }
        state = _next(sight.state, {**names, **moved}, frozenset(moved) | sight.racy)
        return _Sight(
            state, pruned, sight.paths, sight.keys, now, frozenset(racy), has_racy_structure=False
        )

    def _scan(self, sight: _Sight | None, began: int, pruned: frozenset[str]) -> _Sight:
        names, nested = self._all_names(pruned)
        if sight is None:
            generation = 1 + self._begun  # never one that was given out before
            state = State(generation, generation, names, nested, (), generation)
        else:
            old = sight.state.names
            changed = frozenset(key for key, _ in names.items() ^ old.items()) | sight.racy
            is_structural = (
                sight.has_racy_structure
                or nested != sight.state.nested
                or any(_is_structural(key, old.get(key), names.get(key)) for key in changed)
            )
            state = _next(sight.state, names, changed, nested, is_structural=is_structural)
        young = [key for key, identity in names.items() if not is_old(identity, began)]
        keys = list(names)
        return _Sight(
            state=state,
            pruned=pruned,
            paths=[self._path_of(key) for key in keys],
            keys=keys,
            identities=list(names.values()),
            racy=frozenset(key for key in young if not stat.S_ISDIR(names[key][0])),
            has_racy_structure=any(_is_structural(key, names[key], names[key]) for key in young),
        )

    def _path_of(self, key: str) -> str:
        # The top may be reached through a link above it; what counts is the directory itself.
        return (
            f"{self._place}/{key.removeprefix(self._prefix)}"
            if key != self.top
            else f"{self._place}/."
        )

    def _all_names(self, pruned: frozenset[str]) -> tuple[dict[str, Identity], frozenset[str]]:
        if not is_local(self._place):
            raise ObserveError(f"{self._place!r} is on a file system whose times are not known")
        top = identity_of(os.lstat(f"{self._place}/."))
        names = {self.top: top}
        nested: set[str] = set()
        queue = [(self._place, self._prefix)]
        while queue:
            directory, prefix = queue.pop()
            for name, identity in _entries(directory):
                path = prefix + name
                if name == ".git":
                    nested.add(prefix[:-1])
                    continue
                if stat.S_ISDIR(identity[0]):
                    if path in pruned:
                        continue
                    if identity[1] != top[1]:
                        raise ObserveError(f"{path!r} is on another file system")
                    queue.append((f"{directory}/{name}", f"{path}/"))
                elif stat.S_ISLNK(identity[0]) and name in RULE_FILES:
                    raise ObserveError(f"{path!r} is a link: not every git follows it")
                names[path] = identity
            if len(names) > MOST_NAMES:
                raise ObserveError(f"more than {MOST_NAMES} names below {self.top!r}")
        return names, frozenset(nested - {""})


def _entries(directory: str) -> Iterator[tuple[str, Identity]]:
    """What stands in a directory; what vanishes meanwhile is seen by the next sweep."""
    with suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                yield entry.name, identity_of(entry.stat(follow_symlinks=False))


def _upwards(top: str) -> Iterable[str]:
    """The directories from the root of the tree down to `top`, without the root."""
    parts = [] if top == "." else top.split("/")
    return ("/".join(parts[: count + 1]) for count in range(len(parts)))


def _is_structural(path: str, old: Identity | None, new: Identity | None) -> bool:
    if old is None or new is None or stat.S_IFMT(old[0]) != stat.S_IFMT(new[0]):
        return True
    return not stat.S_ISREG(new[0]) or path.endswith(RULE_FILES)


def _without_changes(sight: _Sight, began: int) -> _Sight:
    """Nothing was seen to change, but what was racily new may have."""
    names = sight.state.names
    racy = frozenset(key for key in sight.racy if not is_old(names[key], began))
    state = _next(sight.state, names, sight.racy)
    return _Sight(
        state,
        sight.pruned,
        sight.paths,
        sight.keys,
        sight.identities,
        racy,
        has_racy_structure=False,
    )


def _next(
    state: State,
    names: Mapping[str, Identity],
    changed: frozenset[str],
    nested: frozenset[str] | None = None,
    *,
    is_structural: bool = False,
) -> State:
    if not changed and not is_structural:
        return state
    generation = state.generation + 1
    log, forgotten = (*state.log, (generation, changed)), state.forgotten
    while sum(len(paths) for _, paths in log) > _MOST_LOGGED or len(log) > _MOST_ENTRIES:
        forgotten, log = log[0][0], log[1:]
    return State(
        generation=generation,
        structure=generation if is_structural else state.structure,
        names=names,
        nested=state.nested if nested is None else nested,
        log=log,
        forgotten=forgotten,
    )
