"""The runs that are underway: each step is known by the ids of the tools asked for before it."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from agentcache.core.entry import Cost
from agentcache.core.own_lists import items_in
from agentcache.core.policy import last_results, uses_of
from agentcache.core.reasons import Reason
from agentcache.core.reminders import files_told, remark_in
from agentcache.core.values import Reply, Usage
from agentcache.repo.gather import Beginning
from agentcache.verdicts import Lookup

TRAILS = 20_000
"""Tool uses whose run's beginning is remembered."""


@dataclass(frozen=True, slots=True)
class Trail:
    """How a run came to where it is: how it began, and what it has cost so far.

    `uses`: how many tools were asked for. `remark`: what the host said beside their results that
    an answer may follow, also where it is said no longer; None where it said nothing. `told`: the
    files that it showed unasked, and what it showed of them.
    """

    run: str
    beginning: Beginning
    cost: Cost
    uses: int = 0
    remark: str | None = None
    told: frozenset[tuple[str, str]] = frozenset()


class Trails:
    """The trails of all runs underway; for any thread."""

    def __init__(self) -> None:
        self._trails: OrderedDict[str, Trail] = OrderedDict()
        self._lock = Lock()

    def follow(self, lookup: Lookup, reply: Reply) -> Trail:
        """The trail of the run that `reply` belongs to, laid on for the tools it asks for."""
        # Ids repeat with some models, and the work of each agent lies in its own directory.
        owner = f"{lookup.session.name} {lookup.beginning.cwd}"
        results = [f"{owner} {id_}" for id_ in last_results(lookup.call)]
        remark, told = _remark(lookup)
        with self._lock:
            found = [self._trails.pop(result, None) for result in results]
            trail = found[0] if found else Trail(lookup.id, lookup.beginning, Cost(0, Usage()))
            if trail is None:
                steps = sum(turn.role == "assistant" for turn in lookup.call.turns)
                unseen = Beginning(lookup.beginning.cwd, None, None)
                trail = Trail("", unseen, Cost(steps, Usage()))
            asked = uses_of(reply)
            trail = replace(
                trail,
                cost=Cost(trail.cost.calls + 1, trail.cost.usage + reply.usage),
                uses=trail.uses + len(asked),
                remark=trail.remark or remark,
                told=trail.told | told,
            )
            for use in asked:
                self._lay(f"{owner} {use.id}", trail)
        return trail

    def _lay(self, name: str, trail: Trail) -> None:
        """Remember `trail` for a tool use; where ids repeat, the earlier beginning is safe."""
        other = self._trails.get(name, trail)
        earlier = min(other.beginning, trail.beginning, key=lambda each: each.opened_ns or 0)
        uses, remark = min(other.uses, trail.uses), trail.remark or other.remark
        told = trail.told | other.told
        trail = replace(trail, beginning=earlier, uses=uses, remark=remark, told=told)
        self._trails[name] = trail
        while len(self._trails) > TRAILS:
            self._trails.popitem(last=False)


def _remark(lookup: Lookup) -> tuple[str | None, frozenset[tuple[str, str]]]:
    """What the host said by now that an answer may follow, and the files that it showed.

    That it cannot be read is a remark too.
    """
    reading = lookup.reading
    if isinstance(reading, Reason):
        return str(reading), frozenset()
    results = [run.result.text for run in reading.runs]
    remark = remark_in(reading.asides, results, items_in(reading.runs))
    return remark, files_told(reading.asides, results)
