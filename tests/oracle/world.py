"""One repository with a cache in front of it, and the rules of what can happen: `World.apply`.

Time. A file's times tell that it did not change only if it was not changed again within one tick
of the kernel's clock, at most 10 ms; the product believes them once they are 2.05 s old. So that
this is met in every few steps and not in hours, the observer of an episode with `is_ahead` has a
clock that is 2.05 s minus `WINDOW_NS` ahead of the real one: it then believes times that are
`WINDOW_NS` (20 ms) old. That is still two ticks, so an edit after that has later times on any
kernel, and a stale answer is a bug in either kind of episode. `Driver` itself always has the
real clock: with a clock ahead it would take edits during a run for edits before it.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from agentcache.middleware import Driver
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store import Store
from agentcache.store.disk import DiskStore
from agentcache.store.memory import MemoryStore
from oracle.asking import NOTHING, Asked, Asker, Counts, Meanwhile
from oracle.edits import DIRECTORY_EDITS, FILE_EDITS, mend, write_ignore
from oracle.files import copy_template, git
from oracle.git_edits import GIT_EDITS
from oracle.questions import COMMON, RARE, Host

WINDOW_NS = 20_000_000
_QUIET_NS = 60_000_000
_RECENT = 24
_BELIEVED_AFTER_NS = 2_050_000_000

Clock: TypeAlias = Callable[[], int]
MakeObserver: TypeAlias = Callable[[Clock, int], Observer]
Value: TypeAlias = str | int


def make_observer(clock_ns: Clock, capacity: int) -> Observer:
    """The product's own."""
    return Observer(clock_ns=clock_ns, capacity=capacity)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: a rule's name and the values it was given."""

    rule: str
    values: Mapping[str, Value]

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.rule}({given})"


@dataclass(frozen=True, slots=True)
class Setting:
    """What an episode is played with; `capacity`: files that the observer remembers."""

    is_ahead: bool = True
    on_disk: bool = False
    capacity: int = 50_000


class World:
    """A copy of the template below `place` and a cache over it."""

    def __init__(
        self,
        template: Path,
        place: Path,
        setting: Setting,
        *,
        counts: Counts | None = None,
        observer: MakeObserver = make_observer,
    ) -> None:
        self.counts = counts or Counts()
        self.roots = [copy_template(template, place)]
        self._place = place
        self._setting = setting
        self._make_observer = observer
        self._asker = Asker(self.counts)
        self._recent: list[tuple[str, int, int]] = []
        self._store = self._open_store()
        self._observer = self._open_observer()
        self._cache = self._open_cache()

    def _open_store(self) -> Store:
        if self._setting.on_disk:
            return DiskStore(self._place / "store", size_limit=1 << 30)
        return MemoryStore(clock=time.time)

    def _open_observer(self) -> Observer:
        ahead = _BELIEVED_AFTER_NS - WINDOW_NS if self._setting.is_ahead else 0
        return self._make_observer(lambda: time.time_ns() + ahead, self._setting.capacity)

    def _open_cache(self) -> Driver:
        return Driver(
            store=self._store,
            observer=self._observer,
            find_tree=WorkTree.find,
            clock_ns=time.time_ns,
        )

    def close(self) -> None:
        """Give up everything, the files too."""
        self._close_observer()
        self._store.close()
        shutil.rmtree(self._place, ignore_errors=True)

    def _close_observer(self) -> None:
        close = getattr(self._observer, "close", None)
        if close is not None:
            close()

    def resolve(self, step: Step) -> Step:
        """`step` with the question itself for `back`, the place of one among the last asked."""
        values = dict(step.values)
        back = values.pop("back", None)
        if back is None:
            return step
        if not self._recent:
            return Step("wait", {})
        host, question, rare = self._recent[int(back) % len(self._recent)]
        return Step(step.rule, {"host": host, "question": question, "rare": rare, **values})

    def apply(self, step: Step) -> None:
        """Let it happen; raises StaleError when the cache serves what is not true."""
        step = self.resolve(step)
        self.counts.of["steps"] += 1
        _RULES[step.rule](self, **step.values)

    def _root(self, tree: Value) -> Path:
        return self.roots[int(tree) % len(self.roots)]

    def ask(  # the values of a rule
        self, *, host: str, question: int, tree: int, rare: int = 0, phrase: int = 0,
        meanwhile: Meanwhile = NOTHING,
    ) -> None:  # fmt: skip
        """A question, in other words and in another session by `phrase`."""
        who = (host, question, rare)
        if who in self._recent:
            self._recent.remove(who)
        self._recent.insert(0, who)
        del self._recent[_RECENT:]
        asked = Asked(
            (RARE if rare else COMMON)[question],
            Host(host),
            self._root(tree),
            session=("one", "two")[phrase // 2],
            phrase=phrase,
        )
        self._asker.ask(self._cache, asked, meanwhile)

    def ask_while_edited(  # two steps in one
        self, *, host: str, question: int, rare: int, tree: int, when: str,
        how: str, file: str, number: int,
    ) -> None:  # fmt: skip
        """A question, and an edit on the way to its answer."""

        def happen() -> None:
            self.edit(how=how, file=file, number=number, tree=tree)

        meanwhile = Meanwhile(**{when: happen})
        self.ask(host=host, question=question, rare=rare, tree=tree, meanwhile=meanwhile)

    def ask_while_told(self, *, host: str, question: int, rare: int, tree: int) -> None:
        """A question, and a watcher that speaks up at the same time."""
        meanwhile = Meanwhile(racing=lambda: self.tell(tree=tree))
        self.ask(host=host, question=question, rare=rare, tree=tree, meanwhile=meanwhile)

    def edit(self, *, how: str, file: str, number: int, tree: int) -> None:
        """One file changes."""
        with suppress(OSError):
            FILE_EDITS[how](self._root(tree) / file, number)

    def edit_directory(self, *, how: str, directory: str, number: int, tree: int) -> None:
        """A whole directory changes."""
        with suppress(OSError, shutil.Error):
            DIRECTORY_EDITS[how](self._root(tree) / directory, number)

    def ignore(self, *, file: str, number: int, tree: int) -> None:
        """Other files are ignored."""
        with suppress(OSError):
            write_ignore(self._root(tree), file, number)

    def mend(self, *, tree: int) -> None:
        """What edits have worn down stands again."""
        with suppress(OSError):
            mend(self._root(tree))

    def git(self, *, how: str, tree: int) -> None:
        """Git does something."""
        with suppress(OSError):
            GIT_EDITS[how](self._root(tree))

    def add_worktree(self) -> None:
        """A second work tree of the same clone."""
        second = self._place / "second"
        if len(self.roots) == 1 and git(self.roots[0], "worktree", "add", "--quiet", str(second)):
            self.roots.append(second)

    def remove_worktree(self) -> None:
        """The second work tree is gone, and another may come to its place."""
        if len(self.roots) > 1:
            git(self.roots[0], "worktree", "remove", "--force", str(self.roots.pop()))
            shutil.rmtree(self._place / "second", ignore_errors=True)

    def restart(self) -> None:
        """Another server over the same store."""
        self._close_observer()
        if self._setting.on_disk:
            self._store.close()
            self._store = self._open_store()
        self._observer = self._open_observer()
        self._cache = self._open_cache()

    def clear(self) -> None:
        """The user clears the store."""
        self._store.clear()

    def tell(self, *, tree: int) -> None:
        """A watcher tells that something changed, whether or not it did."""
        refresh = getattr(self._observer, "refresh", None)
        found = WorkTree.find(self._root(tree))
        if refresh is not None and found is not None:
            self.counts.of["refreshed"] += 1
            refresh(found)

    def settle(self) -> None:
        """Nothing happens until the times of all files are believed, those before a run too."""
        time.sleep(_QUIET_NS / 1e9)

    def wait(self) -> None:
        """Nothing happens for a tick."""
        time.sleep(0.005)


_RULES: Mapping[str, Callable[..., None]] = {
    name: getattr(World, name)
    for name in (
        "ask", "ask_while_edited", "ask_while_told", "edit",
        "edit_directory", "ignore", "mend", "git", "add_worktree", "remove_worktree", "restart",
        "clear", "tell", "settle", "wait",
    )
}  # fmt: skip
