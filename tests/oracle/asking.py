"""An agent that asks through the cache, and the judge of every answer that the cache serves.

On a hit the answer is worked out again from the disk, by the tools alone, and must be equal. On a
miss the run is played as a proxy would see it: every Call is looked up, every reply offered. Where
a decision is served it must be the one that the model would have made.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Thread

from agentcache.core.decision import OUR_IDS
from agentcache.core.entry import Kind
from agentcache.core.policy import uses_of
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import (
    Call,
    Reply,
    Stop,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    Usage,
    WireName,
)
from agentcache.middleware import Driver, Hit, Lookup
from oracle.questions import TOOL_NAMES, Host, Question
from oracle.tools import Result, Use, run_tool

_VARIANTS = 4
"""Answers to one question that the cache keeps side by side."""


class StaleError(AssertionError):
    """An answer was served that is not what the disk says."""


@dataclass(slots=True)
class Counts:
    """What happened: `asks`, `hits`, `kept`, `miss: <reason>`, `refused: <reason>` and others.

    `invalid`: misses because evidence changed; `needless`: those of them where every tool showed
    what it had shown when an answer was kept.
    """

    of: Counter[str] = field(default_factory=Counter)

    @property
    def over_invalidation(self) -> float:
        """How many answers were given up for each that had to be."""
        due = self.of["invalid"] - self.of["needless"]
        return self.of["invalid"] / due if due else 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks what and where."""

    question: Question
    host: Host
    root: Path
    session: str = "one"
    phrase: int = 0

    @property
    def text(self) -> str:
        """The question in the words of the phrase."""
        return self.question.texts[self.phrase % len(self.question.texts)]


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What happens while a question is asked.

    `racing`: in another thread, while the opening Call is looked up; `opened`: before the first
    tool runs; `ran`: when tools have run; `answered`: before the answer is kept.
    """

    racing: Callable[[], None] | None = None
    opened: Callable[[], None] | None = None
    ran: Callable[[], None] | None = None
    answered: Callable[[], None] | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether the world stands still."""
        return not (self.racing or self.opened or self.ran or self.answered)


NOTHING = Meanwhile()


def answer_now(asked: Asked) -> tuple[str, tuple[Result, ...]]:
    """The true answer, worked out by the tools alone, and what they gave."""
    plan = asked.question.plan(asked.host, asked.root)
    seen: list[Result] = []
    try:
        uses = next(plan)
        while True:
            results = tuple(run_tool(use, asked.root) for use in uses)
            seen += results
            uses = plan.send(results)
    except StopIteration as end:
        return str(end.value), tuple(seen)


class Asker:
    """Asks through whatever cache it is given, one question after the other."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self._ids = count()
        self._shown: dict[tuple[str, Host], deque[tuple[str, ...]]] = {}

    def ask(self, cache: Driver, asked: Asked, meanwhile: Meanwhile = NOTHING) -> None:
        """One question from its opening to its answer; raises StaleError."""
        self.counts.of["asks"] += 1
        # Whoever asks while the file changes may be told what was true before or after.
        allowed = {answer_now(asked)[0]} if meanwhile.racing else set()
        with _at_the_same_time(meanwhile.racing):
            lookup = self._look_up(cache, asked, ())
        verdict = lookup.verdict
        if isinstance(verdict, Hit) and verdict.entry.kind is Kind.RESEARCH:
            self._judge(asked, verdict.entry.reply.text, allowed)
            return
        reason = str(verdict.detail["research"] if isinstance(verdict, Hit) else verdict.reason)
        self.counts.of[f"miss: {reason}"] += 1
        seen, kept = self._play(cache, asked, lookup, meanwhile)
        self._count(asked, reason, seen, kept=kept, is_still=meanwhile.is_nothing)

    def _judge(self, asked: Asked, served: str, allowed: set[str]) -> None:
        self.counts.of["hits"] += 1
        true, _ = answer_now(asked)
        if served not in {true, *allowed}:
            raise StaleError(
                f"{asked.host} asked {asked.text!r} in {asked.root.name!r}\n"
                f"  served: {served!r}\n  true:   {true!r}"
            )

    def _play(
        self, cache: Driver, asked: Asked, lookup: Lookup, meanwhile: Meanwhile
    ) -> tuple[tuple[Result, ...], bool]:
        """The run of a miss: what its tools gave, and whether its answer was kept."""
        plan = asked.question.plan(asked.host, asked.root)
        turns: list[Turn] = []
        seen: list[Result] = []
        _happen(meanwhile.opened)
        try:
            uses = next(plan)
            while True:
                named = self._decided(lookup, uses)
                turns.append(_said(named))
                reply = Reply("scripted", turns[-1].parts, Stop.TOOL_USE, Usage(10, 1))
                if isinstance(lookup.verdict, Hit):
                    cache.note_served(lookup, reply)
                else:
                    cache.keep(lookup, reply)
                results = tuple(run_tool(use, asked.root) for use in uses)
                seen += results
                turns.append(_told(named, results))
                if len(turns) == 2:
                    _happen(meanwhile.ran)
                lookup = self._look_up(cache, asked, turns)
                uses = plan.send(results)
        except StopIteration as end:
            answer = str(end.value)
        if isinstance(lookup.verdict, Hit):
            raise StaleError(f"{asked.text!r}: tools were asked for where the model answered")
        _happen(meanwhile.answered)
        kept = cache.keep(lookup, Reply("scripted", (Text(answer),), Stop.END, Usage(10, 1)))
        self.counts.of["kept" if kept.entry else f"refused: {kept.reason}"] += 1
        return tuple(seen), kept.entry is not None

    def _decided(self, lookup: Lookup, uses: Sequence[Use]) -> list[tuple[str, Use]]:
        """What the model asks for, with ids; a decision that is served has ids of ours."""
        begin = "use_"
        if isinstance(lookup.verdict, Hit):
            self.counts.of["decisions"] += 1
            begin = OUR_IDS[0]
            served = [(use.name, use.arguments) for use in uses_of(lookup.verdict.entry.reply)]
            due = [(use.name, dict(use.arguments)) for use in uses]
            if served != due:
                raise StaleError(f"{lookup.question!r}\n  decided: {served!r}\n  due: {due!r}")
        return [(f"{begin}{next(self._ids)}", use) for use in uses]

    def _look_up(self, cache: Driver, asked: Asked, turns: Sequence[Turn]) -> Lookup:
        session = Session(asked.session, str(asked.root), "tenant")
        number = str(next(self._ids))
        opening = Turn("user", (Text(asked.text),))
        call = Call(
            wire=WireName.ANTHROPIC,
            model="scripted",
            system=(f"You are {asked.host}.\nWorking directory: {asked.root}\n",),
            tools=_OFFERED[asked.host],
            turns=(opening, *turns),
            parameters={},
            user="",
            stream=False,
            wants_usage=True,
            temperature=None,
            digest=number,
        )
        return cache.lookup(number, call, session=session, upstream="http://upstream")

    def _count(
        self, asked: Asked, reason: str, seen: tuple[Result, ...], *, kept: bool, is_still: bool
    ) -> None:
        shown = tuple(result.text for result in seen)
        variants = self._shown.setdefault(
            (asked.question.texts[0], asked.host), deque(maxlen=_VARIANTS)
        )
        if reason == Reason.EVIDENCE_CHANGED and is_still:
            self.counts.of["invalid"] += 1
            if shown in variants:
                self.counts.of["needless"] += 1
                self.counts.of[f"needless: {asked.host}: {asked.question.texts[0]}"] += 1
        if kept and is_still:
            variants.append(shown)


@contextmanager
def _at_the_same_time(happen: Callable[[], None] | None) -> Iterator[None]:
    if happen is None:
        yield
        return
    thread = Thread(target=happen)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _happen(event: Callable[[], None] | None) -> None:
    if event is not None:
        event()


def _said(named: Sequence[tuple[str, Use]]) -> Turn:
    uses = (ToolUse(id_, use.name, dict(use.arguments)) for id_, use in named)
    return Turn("assistant", tuple(uses))


def _told(named: Sequence[tuple[str, Use]], results: Sequence[Result]) -> Turn:
    parts = (
        ToolResult(id_, result.text, result.is_error)
        for (id_, _), result in zip(named, results, strict=True)
    )
    return Turn("user", tuple(parts))


_OFFERED = {host: tuple(Tool(name, name) for name in names) for host, names in TOOL_NAMES.items()}
