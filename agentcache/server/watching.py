"""The work trees of live sessions are watched: a change prepares the next look, and tidies up.

Nothing here is needed for an answer to be right: that is verified when it is asked for.
"""

import logging
from collections.abc import Callable, Collection
from functools import partial
from threading import Lock

from agentcache.errors import StoreError
from agentcache.middleware import Driver
from agentcache.repo.observe import Observer
from agentcache.repo.watch import HEAD_MOVED, Changes, Watcher
from agentcache.repo.worktree import WorkTree

log = logging.getLogger(__name__)


class Watching:
    """Watches a tree while a session stands in it; `note` is told how many entries were dropped."""

    def __init__(
        self,
        *,
        cache: Driver,
        observer: Observer,
        watcher: Watcher,
        note: Callable[[int], None],
    ) -> None:
        self._cache = cache
        self._observer = observer
        self._watcher = watcher
        self._note = note
        self._trees: dict[str, WorkTree] = {}
        self._heads: dict[WorkTree, str] = {}
        self._lock = Lock()

    def begin(self, token: str, cwd: str) -> None:
        """A session began, or says again that it lives."""
        with self._lock:
            if token in self._trees or (tree := WorkTree.find(cwd)) is None:
                return
            is_new = tree not in self._trees.values()
            self._trees[token] = tree
        if is_new:
            self._watcher.watch(tree, partial(self.changed, tree))

    def end(self, token: str) -> None:
        """A session ended."""
        with self._lock:
            tree = self._trees.pop(token, None)
            is_last = tree is not None and tree not in self._trees.values()
        if tree is not None and is_last:
            self._watcher.unwatch(tree)
            self._heads.pop(tree, None)

    @property
    def roots(self) -> list[str]:
        """Where the trees lie that are watched at this moment."""
        return sorted(map(str, self._watcher.roots()))

    def changed(self, tree: WorkTree, changes: Changes) -> None:
        """Drop what `changes` made false.

        Another commit makes nothing false that the way back would not make true again: what it
        touched is left for the branch that it belongs to, as is all that git is just writing. The
        word of a checkout comes last, and may be late. None, with which a watch begins, may stand
        for edits that nobody saw.
        """
        head = _head_of(tree)
        is_moved = changes is not None and HEAD_MOVED in changes
        if changes is None or is_moved:
            self._heads[tree] = head
        is_other = head != self._heads.setdefault(tree, head)
        if is_moved or is_other or (tree.git_dir / "index.lock").exists():
            self._observer.refresh(tree)
        elif changes is None:
            self._observer.refresh(tree)
            self._drop(tree, None)
        elif edited := {path for path in changes if not path.startswith(".git/")}:
            self._drop(tree, edited)

    def _drop(self, tree: WorkTree, edited: Collection[str] | None) -> None:
        try:
            dropped = self._cache.drop_broken(tree, edited)
        except StoreError as error:
            log.warning("%s", error)
            return
        if dropped:
            self._note(dropped)

    def close(self) -> None:
        """End all watches."""
        self._watcher.close()


def _head_of(tree: WorkTree) -> str:
    try:
        return (tree.git_dir / "HEAD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
