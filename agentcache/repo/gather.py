"""From the tool runs of a conversation to the Evidence that its answer rests on.

Nothing is believed: each tool's result is held against the disk as it is now. Where the text of a
result cannot prove that, nothing that was looked at may have changed since the run began.
"""

from collections.abc import Sequence

from agentcache.core.agreement import Agreement, shows
from agentcache.core.conversation import ToolRun
from agentcache.core.evidence import Evidence, GitRef, Look, Observation
from agentcache.core.reasons import Reason
from agentcache.core.vocabulary import looks_of, result_body
from agentcache.errors import ObserveError
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree


class NotProvenError(Exception):
    """A run whose answer must not be kept: `reason`, and what stood against it."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason = reason
        self.what = what


def gather(
    runs: Sequence[ToolRun],
    *,
    tree: WorkTree,
    observer: Observer,
    cwd: str,
    opened_ns: int | None,
    opened_head: str | None,
) -> Evidence:
    """The Observations behind `runs`, each one proven; raises NotProvenError.

    `opened_ns` and `opened_head`: when the run began, and the commit that HEAD was then; None
    when its beginning was not seen.
    """
    seen: dict[Look, Observation] = {}
    for run in runs:
        looks = looks_of(run.use, cwd=cwd)
        if looks is None:
            raise NotProvenError(Reason.OPAQUE_TOOL, run.use.name)
        body = result_body(run.use, run.result)
        if body is None:
            raise NotProvenError(Reason.TOOL_ERROR, run.use.name)
        for look in looks:
            observed = _proven(look, body, tree, observer, opened_ns, opened_head)
            if seen.setdefault(observed.look, observed) != observed:
                raise NotProvenError(Reason.UNSETTLED, str(look))
    return tuple(seen.values())
