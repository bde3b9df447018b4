"""Episodes: seeded random steps in a fresh world, and the shortest way to a stale answer."""

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

from oracle.asking import Counts, StaleError
from oracle.files import make_template
from oracle.rules import RULES, Rule, draw_setting, draw_step
from oracle.world import MakeObserver, Setting, Step, Value, World, make_observer

EPISODE = 1500
"""Steps in one world, after which there is a fresh one."""

_TRIES = 2
_FEW = 60


@dataclass(frozen=True, slots=True)
class Stale:
    """A stale answer: how to come to it again, and what was said."""

    seed: int
    setting: Setting
    steps: Sequence[Step]
    said: str

    def __str__(self) -> str:
        rows = [f"stale answer with seed {self.seed}, {self.setting}", *map(str, self.steps)]
        return "\n  ".join(rows) + f"\n{self.said}"


@dataclass(slots=True)
class Playground:
    """A template and a place for the worlds; `directory` None is the system's for temporary files.

    `shrinking_s`: how long a way to a stale answer is made shorter.
    """

    directory: str | None = None
    observer: MakeObserver = make_observer
    shrinking_s: float = 60.0
    _place: Path = field(init=False)

    def __post_init__(self) -> None:
        self._place = Path(tempfile.mkdtemp(prefix="oracle-", dir=self.directory))
        make_template(self._place / "template")

    def close(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self._place, ignore_errors=True)

    def world(self, setting: Setting, counts: Counts | None = None) -> World:
        """A fresh one, to be closed."""
        place = Path(tempfile.mkdtemp(dir=self._place))
        template = self._place / "template"
        return World(template, place, setting, counts=counts, observer=self.observer)

    def play(
        self, setting: Setting, steps: Sequence[Step], *, counts: Counts | None = None,
        pause_s: float = 0.0,
    ) -> tuple[list[Step], str] | None:  # fmt: skip
        """Let `steps` happen: those that led to a stale answer, and what was said of it."""
        world = self.world(setting, counts)
        done: list[Step] = []
        try:
            for step in steps:
                if pause_s:
                    time.sleep(pause_s)
                done.append(world.resolve(step))
                try:
                    world.apply(done[-1])
                except StaleError as error:
                    return done, str(error)
                except Exception as error:
                    error.add_note(f"after {len(done)} steps, the last of them {done[-1]}")
                    raise
        finally:
            world.close()
        return None


def play_episode(
    playground: Playground,
    seed: int,
    *,
    counts: Counts,
    steps: int = EPISODE,
    rules: Sequence[Rule] = RULES,
) -> Stale | None:
    """The episode of `seed`; a stale answer comes with the shortest way to it that was found."""
    random = Random(seed)  # noqa: S311  # chance, not secrecy
    setting = draw_setting(random)
    chosen = [draw_step(random, rules) for _ in range(steps)]
    try:
        failed = playground.play(setting, chosen, counts=counts)
    except Exception as error:
        error.add_note(f"in the episode of seed {seed}, {setting}")
        raise
    return None if failed is None else shrink(playground, Stale(seed, setting, *failed))


def shrink(playground: Playground, stale: Stale) -> Stale:
    """`stale` with as many steps left out as the playground's time for that allows.

    At last the steps are far enough apart for all times to be believed. What takes haste, or
    fails by chance, stays longer than it had to be.
    """
    end = time.monotonic() + playground.shrinking_s

    def fails(steps: Sequence[Step], pause_s: float) -> Stale | None:
        for _ in range(_TRIES):
            failed = playground.play(stale.setting, steps, pause_s=pause_s)
            if failed is not None:
                return replace(stale, steps=failed[0], said=failed[1])
        return None

    asked = stale.steps[-1].values
    same = [step for step in stale.steps if _may_matter(step, asked)]
    shortest = (playground.shrinking_s and fails(same, 0.0)) or stale
    for pause_s in (0.0, 0.025):
        if len(shortest.steps) < _FEW or not pause_s:
            shortest = _shortest(shortest, partial(fails, pause_s=pause_s), end)
    return shortest


def _may_matter(step: Step, asked: Mapping[str, Value]) -> bool:
    names = ("host", "question", "rare")
    return "host" not in step.values or all(step.values.get(n) == asked.get(n) for n in names)


def _shortest(stale: Stale, fails: Callable[[Sequence[Step]], Stale | None], end: float) -> Stale:
    """Leave out halves, quarters and so on, as long as it still fails."""
    size = len(stale.steps) // 2
    while size and time.monotonic() < end:
        place, is_shorter = 0, False
        while place < len(stale.steps) and time.monotonic() < end:
            fewer = [*stale.steps[:place], *stale.steps[place + size :]]
            found = fails(fewer)
            if found is None:
                place += size
            else:
                stale, is_shorter = found, True
        if not is_shorter or size > 1:
            size //= 2
    return stale
