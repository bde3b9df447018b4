"""Proving the answer of a run: by what its tools showed, and what the agents it asked rest on."""

import os
from collections.abc import Sequence

from agentcache.core.code_mode import commands_within
from agentcache.core.conversation import Stage, ToolRun
from agentcache.core.decision import steps_of
from agentcache.core.entry import Cost
from agentcache.core.evidence import Evidence, Look
from agentcache.core.own_lists import without_lists
from agentcache.core.policy import leaning_run, uses_of
from agentcache.core.reasons import Reason
from agentcache.core.subagents import defined_at, is_asked, prompt_of, reports_in
from agentcache.core.values import Reply
from agentcache.core.vocabulary import looks_of
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.reports import NO_COST, Report, Reports
from agentcache.trails import Trail
from agentcache.verdicts import Lookup


def prove(
    lookup: Lookup, reply: Reply, trail: Trail, *, observer: Observer, reports: Reports
) -> tuple[Evidence, Cost]:
    """What the answer `reply` rests on, and what it cost, each with that of the agents asked.

    Raises NotProvenError.
    """
    reading, tree = lookup.reading, lookup.tree
    if isinstance(reading, Reason):
        raise NotProvenError(reading, "no run that began with a question")
    if not (reading.mentions or reading.runs) or tree is None:
        raise NotProvenError(Reason.NO_EVIDENCE, "no tool ran")
    since_ns = trail.beginning.opened_ns
    if since_ns is None:  # what the host left out before it was seen is not known
        raise NotProvenError(Reason.BEGINNING_UNSEEN, reading.question[:80])
    if not trail.is_whole(reading.runs):
        raise NotProvenError(Reason.UNOBSERVABLE, "results that the host left out later")
    if not trail.has_said(steps_of(lookup.call)):
        raise NotProvenError(Reason.UNOBSERVABLE, "words that are not the model's own")
    runs = without_lists((*reading.mentions, *reading.runs))
    asked = [run for run in runs if is_asked(run.use)]
    own = commands_within(run for run in runs if not is_asked(run.use))
    looks = _looks_of(own, trail.beginning)
    found = [_reported(run, lookup, tree, since_ns, reports) for run in asked]
    known = tuple(dict.fromkeys(each for report in found for each in report.evidence))
    broken = observer.verify(known, tree) if known else None
    if broken is not None:
        raise NotProvenError(Reason.UNSETTLED, broken.what)
    evidence = gather(
        own,
        tree=tree,
        observer=observer,
        beginning=trail.beginning,
        looks=looks,
        told=trail.told,
        known=known,
        quiet=_definitions(asked, tree, trail.beginning.cwd),
    )
    if trail.remark is not None:
        raise NotProvenError(Reason.REMINDED, trail.remark[:80])
    leans = leaning_run(
        lookup.call,
        lookup.facts,
        root=str(tree.root),
        question=reading.question,
        runs=runs,
        answer=reply.text,
    )
    if leans is not None:
        raise NotProvenError(Reason.LEANS_ON_MOMENT, leans)
    cost = trail.cost
    for report in found:
        cost = Cost(cost.calls + report.cost.calls, cost.usage + report.cost.usage)
    return evidence, cost


def note_begun(lookup: Lookup, reply: Reply, reports: Reports) -> None:
    """Note that a run begins, where the first reply of one, `reply`, asks for tools."""
    reading = lookup.reading
    if not isinstance(reading, Reason) and reading.stage is Stage.OPENING and uses_of(reply):
        began_ns = lookup.beginning.opened_ns or 0
        reports.begin(lookup.session.name, reading.question, began_ns)


def note_ended(
    lookup: Lookup, reply: Reply, reports: Reports, evidence: Evidence = (), cost: Cost = NO_COST
) -> None:
    """Note what `reply` rests on, for the run that asked for it; () where it is not proven."""
    reading = lookup.reading
    if isinstance(reading, Reason) or uses_of(reply):
        return
    report = Report(evidence, lookup.root, lookup.beginning.opened_ns or 0, cost)
    is_one = reading.stage is Stage.OPENING
    reports.note(lookup.session.name, reading.question, reply.text, report, is_one=is_one)


def _looks_of(runs: Sequence[ToolRun], beginning: Beginning) -> list[tuple[Look, ...]]:
    """The looks of each run, where they began; raises NotProvenError.

    Before anything is looked at: a long run that edited need not be read again.
    """
    found: list[tuple[Look, ...]] = []
    for run in runs:
        looks = looks_of(run.use, cwd=beginning.cwd)
        if looks is None:
            raise NotProvenError(Reason.OPAQUE_TOOL, run.use.name)
        found.append(looks)
    return found


def _reported(
    run: ToolRun, lookup: Lookup, tree: WorkTree, since_ns: int, reports: Reports
) -> Report:
    """What the agent that `run` asked reported; raises NotProvenError.

    It began and ended after the run that asked it began, in the same session and work tree.
    """
    prompt = prompt_of(run.use)
    for text in reports_in(run.result) if prompt else ():
        found = reports.find(lookup.session.name, prompt or "", text, since_ns=since_ns)
        if found is not None and found.root == str(tree.root):
            return found
    raise NotProvenError(Reason.OPAQUE_TOOL, f"{run.use.name}, whose report is not proven")


def _definitions(asked: Sequence[ToolRun], tree: WorkTree, cwd: str) -> list[Look]:
    """Where the project may say how the agents go about it, from the root down to `cwd`."""
    root, directories = str(tree.root), [str(tree.root)]
    below = os.path.relpath(cwd, root)
    for part in below.split("/") if below.partition("/")[0] not in (".", "..") else ():
        directories.append(f"{directories[-1]}/{part}")
    looks = (look for run in asked for look in defined_at(run.use, tuple(directories)))
    return list(dict.fromkeys(looks))
