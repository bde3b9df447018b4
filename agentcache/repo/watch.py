"""Word of changes in work trees as they happen; the only module that knows the watching library.

It may come late or never: whoever hears it may prepare and tidy up, and must rest no proof on it.
"""

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeAlias

from watchdog.events import (
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer as LibraryObserver
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.polling import PollingObserver

from agentcache.repo.worktree import WorkTree

Changes: TypeAlias = frozenset[str] | None
"""Paths as Looks have them; that of a directory stands for all below it. None: anything changed."""

HEAD_MOVED = ".git/HEAD"
"""Stands among the changes when another commit or branch was checked out."""

REFS_MOVED = ".git/refs"
"""Stands among the changes when a branch or tag was made, moved or deleted."""

_EVENTS: list[type[FileSystemEvent]] = [
    FileModifiedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
_LOSING = ("watchdog.observers.inotify_c", "watchdog.observers.inotify")
_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")
_MOST_PENDING = 10_000
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Watched:
    """A tree, whom to tell, and what has not been told yet; times are of a monotonic clock."""

    tree: WorkTree
    on_change: Callable[[Changes], None]
    first: float
    last: float
    paths: set[str] = field(default_factory=set)
    is_unknown: bool = True
    is_scheduled: bool = False


class Watcher:
    """Watches work trees in threads of its own and tells each change once; for any thread.

    Changes are told after `quiet_s` seconds without another one, at the latest `longest_s` after
    the first. Trees of more than `most_directories` directories are not watched. Every watch
    begins with the word that anything may have changed; where none is possible, that is all.
    """

    def __init__(
        self, *, quiet_s: float = 0.1, longest_s: float = 1.0, most_directories: int = 20_000
    ) -> None:
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        self._library = _Library(most_directories, self._lose_all)
        self._watched: dict[Path, _Watched] = {}
        self._dropped: list[Path] = []
        self._changed = threading.Condition()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="agentcache-watch", daemon=True)

    def watch(self, tree: WorkTree, on_change: Callable[[Changes], None]) -> None:
        """Tell `on_change`, in this watcher's thread, of changes in `tree` from now on."""
        with self._changed:
            if self._is_closed:
                return
            now = time.monotonic()
            if tree.root in self._watched:
                self._dropped.append(tree.root)
            self._watched[tree.root] = _Watched(tree, on_change, now, now)
            if not self._thread.is_alive():
                self._thread.start()
            self._changed.notify()

    def unwatch(self, tree: WorkTree) -> None:
        """Tell no more of `tree`; a word that is on its way may still arrive."""
        with self._changed:
            if self._watched.pop(tree.root, None) is not None:
                self._dropped.append(tree.root)
                self._changed.notify()

    def roots(self) -> set[Path]:
        """Where the trees lie that are watched at this moment."""
        return self._library.roots()

    def close(self) -> None:
        """End all watches and wait for the threads; safe to repeat."""
        with self._changed:
            self._is_closed = True
            self._watched.clear()
            self._changed.notify()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._is_closed or self._has_orders() or self._due()):
                    self._changed.wait(self._patience())
                if self._is_closed:
                    break
                dropped, self._dropped = self._dropped, []
                fresh = [each for each in self._watched.values() if not each.is_scheduled]
                for each in fresh:
                    each.is_scheduled = True
                told = [(each.on_change, _take(each)) for each in self._due()]
            for root in dropped:
                self._library.unschedule(root)
            for each in fresh:
                self._library.schedule(each.tree, partial(self._note, each))
            for on_change, changes in told:
                try:
                    on_change(changes)
                except Exception:  # noqa: BLE001  # whatever fails there, other trees are told all the same
                    _log.exception("what follows from a change in a work tree failed")
        self._library.close()

    def _has_orders(self) -> bool:
        return bool(self._dropped) or not all(each.is_scheduled for each in self._watched.values())

    def _due(self) -> list[_Watched]:
        now = time.monotonic()
        return [
            each for each in self._watched.values() if _is_ready(each) and self._when(each) <= now
        ]

    def _when(self, each: _Watched) -> float:
        return min(each.last + self._quiet_s, each.first + self._longest_s)

    def _patience(self) -> float | None:
        times = [self._when(each) for each in self._watched.values() if _is_ready(each)]
        return max(min(times) - time.monotonic(), 0) if times else None

    def _note(self, each: _Watched, path: str | None) -> None:
        """Called in the library's threads; None when something changed that has no name."""
        with self._changed:
            now = time.monotonic()
            if not each.paths and not each.is_unknown:
                each.first = now
                self._changed.notify()
            each.last = now
            if path is None or len(each.paths) >= _MOST_PENDING:
                each.is_unknown = True
            else:
                each.paths.add(path)

    def _lose_all(self) -> None:
        with self._changed:
            watched = list(self._watched.values())
        for each in watched:
            self._note(each, None)


def _is_ready(each: _Watched) -> bool:
    return each.is_scheduled and (each.is_unknown or bool(each.paths))


def _take(each: _Watched) -> Changes:
    changes = None if each.is_unknown else frozenset(each.paths)
    each.paths, each.is_unknown = set(), False
    return changes


class _Library:
    """The watching library, for one thread; when it cannot watch, that is said once."""

    def __init__(self, most_directories: int, on_loss: Callable[[], None]) -> None:
        self._most_directories = min(most_directories, _share_of_limit())
        self._observer: BaseObserver | None = None
        self._watches: dict[Path, list[ObservedWatch]] = {}
        self._loss = _Loss(on_loss)
        self._has_complained = False

    def schedule(self, tree: WorkTree, on_path: Callable[[str | None], None]) -> None:
        """Begin to watch `tree`, if that is possible."""
        places = [(tree.root, True)]
        if not tree.git_dir.is_relative_to(tree.root):  # another worktree's directory holds them
            places += [(tree.git_dir, False), (tree.common_dir / "refs", True)]
            places.append((tree.common_dir, False))
        if not _has_at_most(self._most_directories, tree.root):
            self._complain(f"{str(tree.root)!r} has more than {self._most_directories} directories")
            return
        watches: list[ObservedWatch] = []
        try:
            observer = self._start()
            for place, is_recursive in places:
                relay = _Relay(tree, on_path)
                watches.append(
                    observer.schedule(
                        relay, str(place), recursive=is_recursive, event_filter=_EVENTS
                    )
                )
        except (OSError, RuntimeError) as error:
            self._complain(f"{str(tree.root)!r} cannot be watched: {error}")
        self._watches[tree.root] = watches

    def roots(self) -> set[Path]:
        """What is watched; for any thread."""
        return {root for root, watches in self._watches.copy().items() if watches}

    def unschedule(self, root: Path) -> None:
        """End the watch of the tree at `root`, if there is one."""
        for watch in self._watches.pop(root, ()):
            if self._observer is not None:
                with suppress(KeyError, OSError):  # the library may have ended it by itself
                    self._observer.unschedule(watch)

    def close(self) -> None:
        """End all watches."""
        for name in _LOSING:
            logging.getLogger(name).removeHandler(self._loss)
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None

    def _start(self) -> BaseObserver:
        if self._observer is None:
            if LibraryObserver is PollingObserver:
                raise OSError("this system offers nothing but polling")
            # It warns about every directory that is made and removed quickly, at length.
            warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
            for name in _LOSING:
                logging.getLogger(name).addHandler(self._loss)
            observer = LibraryObserver()
            observer.daemon = True
            observer.start()
            self._observer = observer
        return self._observer

    def _complain(self, what: str) -> None:
        if not self._has_complained:
            self._has_complained = True
            _log.warning("goes on without a watcher, which costs time but nothing else: %s", what)


class _Relay(FileSystemEventHandler):
    """Hands on the paths of events, as Looks have them."""

    def __init__(self, tree: WorkTree, on_path: Callable[[str | None], None]) -> None:
        self._tree = tree
        self._on_path = on_path

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in the library's thread, which an error would end."""
        for path in (os.fsdecode(event.src_path), os.fsdecode(event.dest_path)):
            if path == str(self._tree.root):
                self._on_path(None)
            elif (meant := _meaning(path, self._tree)) is not None:
                self._on_path(meant)


class _Loss(logging.Handler):
    """Hears of lost events, which the library tells to its loggers only."""

    def __init__(self, on_loss: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_loss = on_loss

    def emit(self, record: logging.LogRecord) -> None:
        """Any warning is taken for a loss: the wording may change."""
        del record
        self._on_loss()


def _meaning(path: str, tree: WorkTree) -> str | None:
    """What to tell of a change at `path`; None for what concerns nobody."""
    for git_dir in dict.fromkeys((str(tree.git_dir), str(tree.common_dir))):
        if path.startswith(f"{git_dir}/"):
            return _of_git(path[len(git_dir) + 1 :], is_own=git_dir == str(tree.git_dir))
    name = path.removeprefix(f"{tree.root}/")
    if name == path or ".git" in name.split("/"):
        return None
    return name


def _of_git(name: str, *, is_own: bool) -> str | None:
    if is_own and name in {"HEAD", "HEAD.lock"}:
        return HEAD_MOVED
    if name.startswith(("refs/", "packed-refs", "reftable/")):
        return REFS_MOVED
    return None


def _share_of_limit() -> int:
    """A quarter of the watches that this user may have in all."""
    try:
        return int(_LIMIT.read_text(encoding="ascii")) // 4
    except (OSError, ValueError):
        return sys.maxsize  # not Linux: a watch is for a whole tree


def _has_at_most(most: int, root: Path) -> bool:
    queue, count = [str(root)], 0
    while queue:
        try:
            with os.scandir(queue.pop()) as entries:
                queue += [each.path for each in entries if each.is_dir(follow_symlinks=False)]
        except OSError:
            continue  # gone, or not ours to see
        count += 1
        if count + len(queue) > most:
            return False
    return True
