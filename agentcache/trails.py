"""The runs that are underway: each step is known by the ids of the tools asked for before it."""

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from agentcache.core.conversation import ToolRun
from agentcache.core.entry import Cost
from agentcache.core.own_lists import items_in
from agentcache.core.policy import last_results, uses_of
from agentcache.core.reasons import Reason
from agentcache.core.reminders import files_told, remark_in
from agentcache.core.values import Reply, Text, Turn, Usage
from agentcache.repo.gather import Beginning
from agentcache.verdicts import Lookup

TRAILS = 20_000
"""Tool uses whose run's beginning is remembered."""

ALIKE = 50
"""Runs of different questions that are told apart where one id stands for a tool use of each."""


@dataclass(frozen=True, slots=True)
class Trail:
    """How a run came to where it is: how it began, and what it has cost so far.

    `question`: what it began with, "" where that was not read. `asked`: the ids of the tools that
    were asked for. `remark`: what the host said beside their results that an answer may follow,
    also where it is said no longer; None where it said nothing. `told`: the files that it showed
    unasked, and what it showed of them. `said`: the model's own words so far, without blanks
    and thoughts.
    """

    run: str
    beginning: Beginning
    cost: Cost
    question: str = ""
    asked: tuple[str, ...] = ()
    remark: str | None = None
    told: frozenset[tuple[str, str]] = frozenset()
    said: str = ""

    def is_whole(self, runs: Sequence[ToolRun]) -> bool:
        """Whether the host still shows all that it was asked for: `runs` are those it shows."""
        return Counter(self.asked) <= Counter(run.use.id for run in runs)

    def has_said(self, turns: Iterable[Turn]) -> bool:
        """Whether the model said the words of its `turns`, which hosts trim and leave out."""
        parts = [part for turn in turns if turn.role == "assistant" for part in turn.parts]
        return all(_bare(part.text) in self.said for part in parts if isinstance(part, Text))


class Trails:
    """The trails of all runs underway; for any thread."""

    def __init__(self) -> None:
        self._trails: OrderedDict[str, tuple[Trail, ...]] = OrderedDict()
        self._lock = Lock()

    def follow(self, lookup: Lookup, reply: Reply) -> Trail:
        """The trail of the run that `reply` belongs to, laid on for the tools it asks for."""
        # Ids repeat with some models, and the work of each agent lies in its own directory.
        owner = f"{lookup.session.name} {lookup.beginning.cwd}"
        reading = lookup.reading
        question = "" if isinstance(reading, Reason) else reading.question
        results = [f"{owner} {id_}" for id_ in last_results(lookup.call)]
        remark, told = _remark(lookup)
        with self._lock:
            found = [self._take(result, question) for result in results]
            trail = (
                found[0]
                if found
                else Trail(lookup.id, lookup.beginning, Cost(0, Usage()), question)
            )
            if trail is None:
                steps = sum(turn.role == "assistant" for turn in lookup.call.turns)
                unseen = Beginning(lookup.beginning.cwd, None, None)
                trail = Trail("", unseen, Cost(steps, Usage()), question)
            asked = uses_of(reply)
            trail = replace(
                trail,
                cost=Cost(trail.cost.calls + 1, trail.cost.usage + reply.usage),
                asked=(*trail.asked, *(use.id for use in asked)),
                remark=trail.remark or remark,
                told=trail.told | told,
                said=trail.said + _bare(reply.text),
            )
            for use in asked:
                self._lay(f"{owner} {use.id}", trail)
        return trail

    def _take(self, name: str, question: str) -> Trail | None:
        """The trail for a tool use in a run that began with `question`, "" where none is read."""
        trails = self._trails.pop(name, ())
        ours = [trail for trail in trails if question in ("", trail.question)]
        others = tuple(trail for trail in trails if trail not in ours[:1])
        if others:
            self._trails[name] = others
        return ours[0] if ours else None

    def _lay(self, name: str, trail: Trail) -> None:
        """Remember `trail` for a tool use; where ids repeat, what either run has is safe."""
        trails = self._trails.pop(name, ())
        for other in trails:
            if other.question == trail.question:
                trail = _both(trail, other)
        others = tuple(other for other in trails if other.question != trail.question)
        self._trails[name] = (trail, *others)[:ALIKE]
        while len(self._trails) > TRAILS:
            self._trails.popitem(last=False)


def _both(trail: Trail, other: Trail) -> Trail:
    """`trail` with all that speaks against either."""
    earlier = min(other.beginning, trail.beginning, key=lambda each: each.opened_ns or 0)
    return replace(
        trail,
        beginning=earlier,
        asked=tuple((Counter(trail.asked) | Counter(other.asked)).elements()),
        remark=trail.remark or other.remark,
        told=trail.told | other.told,
    )


# How thoughts stand among words: some hosts put them there, and some take them out.
_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)


def _bare(text: str) -> str:
    return "".join(_THOUGHTS.sub("", text).split())


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
