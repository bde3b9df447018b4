"""Which names git does not ignore: asked once, and again when anything moved that it rests on."""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from agentcache.repo.ignoring import ignored_directories
from agentcache.repo.rules import Footing, Rules
from agentcache.repo.survey import Survey
from agentcache.repo.sweep import State, Sweep
from agentcache.repo.worktree import WorkTree

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class _Answers:
    """What git told of the names that a sweep without `pruned` saw."""

    sweep: Sweep
    structure: int
    footing: Footing
    survey: Survey


class Visible:
    """Git's answers on one work tree; for any thread.

    `whole` gives the sweep over all of the tree. `clock_ns` gives nanoseconds since the epoch.
    """

    def __init__(
        self, tree: WorkTree, whole: Callable[[], Sweep], *, clock_ns: Callable[[], int]
    ) -> None:
        self._tree = tree
        self._whole = whole
        self._shown = Sweep(tree, ".", clock_ns=clock_ns)
        self._rules = Rules(tree, clock_ns=clock_ns)
        self._pruned: frozenset[str] | None = None
        self._answers: _Answers | None = None
        self._lock = Lock()

    @property
    def size(self) -> int:
        """How many names are remembered."""
        return self._shown.size

    def see(self) -> tuple[Sweep, State, Survey] | None:
        """All that may be visible, and git's word on what is; None when that cannot be told.

        Directories that git ignores, and that hold nothing tracked, are not entered. The names and
        sources are looked at before git is asked, so that what changes meanwhile is seen later.
        """
        with self._lock:
            for _ in range(_ROUNDS):
                known = self._answers
                pruned = self._pruned
                if pruned is None:
                    pruned = self._pruned = ignored_directories(self._tree)
                sweep = self._shown if pruned else self._whole()
                state = sweep.refresh(pruned)
                footing = None if state is None else self._rules.footing(state.nested)
                if state is None or footing is None:
                    return None
                if (
                    known is not None
                    and known.sweep is sweep
                    and known.structure == state.structure
                    and known.footing.carries(footing)
                ):
                    return None if known.survey.is_loose else (sweep, state, known.survey)
                survey = Survey(self._tree)
                self._pruned = _prunable(survey, state, pruned)
                self._answers = _Answers(sweep, state.structure, footing, survey)
                if self._pruned == pruned:
                    return None if survey.is_loose else (sweep, state, survey)
            self._answers = None
        return None


def _prunable(survey: Survey, state: State, pruned: frozenset[str]) -> frozenset[str]:
    """The directories that need not be entered: ignored by their own name, nothing visible below.

    As git is asked after the sweep, `pruned` ones that are none make another necessary: the rules
    may have moved, and git at first also names directories that hold nothing but ignored files.
    """
    holders = survey.directories | {name.rstrip("/") for name in survey.visible}
    empty = {
        path
        for path, identity in state.names.items()
        if stat.S_ISDIR(identity[0])
        and path not in holders
        and (path.rpartition("/")[0] or ".") in survey.directories
    }
    ignored = survey.ignores(sorted(empty | pruned)) - holders
    return frozenset(path for path in ignored if not survey.is_in_repository(path))
