"""Observers that are wrong on purpose: a judge that does not find them is none."""

from collections.abc import Mapping

from agentcache.core.evidence import (
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Search,
)
from agentcache.repo.observe import Broken, Observer
from agentcache.repo.worktree import WorkTree
from oracle.world import Clock, MakeObserver


class _Blind(Observer):
    """Takes everything to be as it was."""

    def verify(self, evidence: Evidence, tree: WorkTree) -> Broken | None:
        del evidence, tree
        return None


class _BlindAndCautious(_Blind):
    """As above; nothing that it does hangs on the time."""

    def quiet_since(self, look: Look, tree: WorkTree, since_ns: int) -> bool:
        del look, tree, since_ns
        return False


def _without(*kinds: type[Look]) -> type[Observer]:
    class Partial(Observer):
        """Does not look at some kinds of evidence again."""

        def verify(self, evidence: Evidence, tree: WorkTree) -> Broken | None:
            rest = tuple(each for each in evidence if not isinstance(each.look, kinds))
            return super().verify(rest, tree)

    return Partial


class _Hasty(Observer):
    """Believes that nothing changes while a run is underway."""

    def quiet_since(self, look: Look, tree: WorkTree, since_ns: int) -> bool:
        del look, tree, since_ns
        return True


class _Once(Observer):
    """Verifies an answer once and never again."""

    def __init__(self, *, clock_ns: Clock, capacity: int = 50_000) -> None:
        super().__init__(clock_ns=clock_ns, capacity=capacity)
        self._verified: set[Evidence] = set()

    def verify(self, evidence: Evidence, tree: WorkTree) -> Broken | None:
        if evidence in self._verified:
            return None
        broken = super().verify(evidence, tree)
        if broken is None:
            self._verified.add(evidence)
        return broken


def _making(kind: type[Observer]) -> MakeObserver:
    def make(clock_ns: Clock, capacity: int) -> Observer:
        return kind(clock_ns=clock_ns, capacity=capacity)

    return make


BLIND_WHATEVER_THE_TIME = _making(_BlindAndCautious)
BROKEN: Mapping[str, MakeObserver] = {
    "verifies nothing": _making(_Blind),
    "verifies once": _making(_Once),
    "ignores files": _making(_without(File, Lines)),
    "ignores lines": _making(_without(Lines)),
    "ignores listings": _making(_without(Listing)),
    "ignores searches": _making(_without(Search)),
    "ignores refs": _making(_without(GitRef)),
    "takes a run for a moment": _making(_Hasty),
}
