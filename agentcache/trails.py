"""The runs that are underway: each step is known by the ids of the tools asked for before it."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from agentcache.core.entry import Cost
from agentcache.core.policy import last_results, uses_of
from agentcache.core.values import Reply, Usage
from agentcache.repo.gather import Beginning
from agentcache.verdicts import Lookup

TRAILS = 20_000
"""Tool uses whose run's beginning is remembered."""


@dataclass(frozen=True, slots=True)
class Trail:
    """How a run came to where it is: how it began, and what it has cost so far."""

    run: str
    beginning: Beginning
    cost: Cost


class Trails:
    """The trails of all runs underway; for any thread."""

    def __init__(self) -> None:
        self._trails: OrderedDict[str, Trail] = OrderedDict()
        self._lock = Lock()

    def follow(self, lookup: Lookup, reply: Reply) -> Trail:
        """The trail of the run that `reply` belongs to, laid on for the tools it asks for."""
        results = [f"{lookup.session.name} {id_}" for id_ in last_results(lookup.call)]
        with self._lock:
            found = [self._trails.pop(result, None) for result in results]
            trail = found[0] if found else Trail(lookup.id, lookup.beginning, Cost(0, Usage()))
            if trail is None:
                steps = sum(turn.role == "assistant" for turn in lookup.call.turns)
                unseen = Beginning(lookup.beginning.cwd, None, None)
                trail = Trail("", unseen, Cost(steps, Usage()))
            trail = replace(trail, cost=Cost(trail.cost.calls + 1, trail.cost.usage + reply.usage))
            for use in uses_of(reply):
                self._lay(f"{lookup.session.name} {use.id}", trail)
        return trail

    def _lay(self, name: str, trail: Trail) -> None:
        """Remember `trail` for a tool use; where ids repeat, the earlier beginning is safe."""
        other = self._trails.get(name, trail)
        earlier = min(other.beginning, trail.beginning, key=lambda each: each.opened_ns or 0)
        trail = replace(trail, beginning=earlier)
        self._trails[name] = trail
        while len(self._trails) > TRAILS:
            self._trails.popitem(last=False)
