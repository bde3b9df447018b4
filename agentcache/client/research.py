"""`with cache.research(question) as run`: one question, answered once for all that was read."""

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from agentcache.client.gathering import Gathering
from agentcache.client.look import Look
from agentcache.client.scopes import scope_of
from agentcache.client.shelf import Found, Spot
from agentcache.client.threads import off_loop
from agentcache.client.using import Desk, still_holds
from agentcache.core.entry import Kind
from agentcache.core.moment import said_of_now, said_of_work
from agentcache.core.place import place_of
from agentcache.core.policy import refuse_question
from agentcache.core.query import read_query
from agentcache.core.reasons import Reason
from agentcache.repo.worktree import WorkTree
from agentcache.verdicts import Kept


class Research(Look):
    """One run, to be entered once, sync or async; it reads as a Look does.

    `answer`: the one that was kept for this question, in these or other words, and is true now;
    None when it is to be found. `reason`: why.

    All that decorated tools look at inside the block is what the answer rests on, in tasks and
    threads too. A task or a thread of a pool may work for any run: what runs in another one than
    the run's own, a run as well, concerns every run that is open. `apart`: all that this one does
    happens in its own thread and in tasks that it begins itself, and no other run waits for it.
    """

    def __init__(self, desk: Desk, question: str, *, user: str, agent: str, apart: bool) -> None:
        desk.lifetime.check()
        session = desk.shelf.session
        tree = WorkTree.find(session.cwd)
        self._gathered = Gathering(time.time_ns(), is_run=True, is_apart=apart)
        super().__init__(
            self._gathered, desk.gatherings, observer=desk.shelf.observer, tree=tree,
            cwd=session.cwd,
        )  # fmt: skip
        self.question = question
        self.answer: str | None = None
        self.reason = Reason.OFF
        self._desk = desk
        scope = scope_of(session, tree, user=user, agent=agent)
        self._spot = Spot(Kind.RESEARCH, scope, tree, place_of(scope, "", question), question)
        self._found = Found(Reason.OFF)
        self._kept: Kept | None = None
        self._opened: AbstractContextManager[None] | None = None

    def keep(self, answer: str, *, calls: int = 1) -> Kept:
        """Keep `answer`, which took `calls` model calls, if all it was read from is known.

        To be called in the block, once the answer is there; what became of it has a Reason.
        """
        self._desk.lifetime.check()
        self._kept = self._keep(answer, calls)
        return self._kept

    def _keep(self, answer: str, calls: int) -> Kept:
        refusal = self._gathered.refusal
        evidence = self._gathered.evidence
        refused = self._refused(answer)
        if refused is not None:
            return Kept(refused)
        # What the model was told of the day and of the work at hand is not seen here: a question
        # alone may speak of them first.
        leans = said_of_now(answer, self.question) or said_of_work(answer, self.question)
        if leans is not None:
            return Kept(Reason.LEANS_ON_MOMENT, detail={"what": leans})
        if refusal is None and not evidence:
            refusal = (Reason.NO_EVIDENCE, "no tool looked at anything")
        if refusal is None and self._desk.gatherings.late_for(self._gathered):
            refusal = (Reason.UNSETTLED, "a tool still runs, and what it reads is not known yet")
        if refusal is None and self._desk.gatherings.forked_since(self._gathered):
            refusal = (Reason.OPAQUE_TOOL, "what a fork looked at")
        refusal = refusal or still_holds(evidence, self._desk.shelf.observer, self._spot.tree)
        if refusal is not None:
            return Kept(refusal[0], detail={"what": refusal[1]})
        return self._desk.shelf.keep(self._spot, answer, evidence, calls=calls)

    def _refused(self, answer: str) -> Reason | None:
        if self._desk.is_off:
            return Reason.OFF
        if self.answer is not None:
            return self.reason
        if self._opened is None or not self._gathered.is_open:
            return Reason.NOT_RESEARCH
        if type(answer) is not str:
            return Reason.OPAQUE_REPLY
        if not answer.strip():
            return Reason.EMPTY_REPLY
        return refuse_question(read_query(self.question))

    def _join(self) -> None:
        if not self._gathered.is_apart:
            self._gathered.concern(self._desk.gatherings.concerned())

    def _find(self) -> None:
        if self._desk.is_off:
            return
        self._found = self._desk.shelf.find(self._spot)
        self.reason = self._found.reason
        entry = self._found.entry
        if entry is not None:
            self.answer = entry.reply.text
            self._gathered.note(entry.evidence)

    def _begin(self) -> None:
        self._opened = self._desk.gatherings.opened(self._gathered)
        self._opened.__enter__()

    def _end(self, error: BaseException | None) -> None:
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
        refusal = self._gathered.refusal
        if error is not None:
            refusal = refusal or (Reason.TOOL_ERROR, repr(error))
        self._gathered.tell(self._gathered.evidence, refusal)
        if not self._desk.is_off:
            self._desk.shelf.note(self._spot, self._found, self._kept)

    def __enter__(self) -> Self:
        self._join()
        self._find()
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(error)

    async def __aenter__(self) -> Self:
        self._join()
        await off_loop(self._desk, self._find, otherwise=None)
        self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(error)
