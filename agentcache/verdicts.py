"""What was decided for a Call: values that the driver makes and its callers read."""

from dataclasses import dataclass, field

from agentcache.core.codec import JsonObject
from agentcache.core.conversation import Reading, Stage
from agentcache.core.entry import Entry, Kind
from agentcache.core.evidence import Evidence
from agentcache.core.place import Place
from agentcache.core.profile import Fact
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.subagents import is_asked
from agentcache.core.values import Call, Scope
from agentcache.repo.gather import Beginning
from agentcache.repo.worktree import WorkTree


@dataclass(frozen=True, slots=True)
class Hit:
    """`entry`, which stands in `slot`, answers the Call; `detail` says more for `why`."""

    entry: Entry
    reason: Reason
    slot: str
    detail: JsonObject = field(default_factory=dict)

    @property
    def verified(self) -> Evidence:
        """What its answer rests on, which holds; () where it rests on the request."""
        return self.entry.evidence if self.entry.kind is Kind.RESEARCH else ()


@dataclass(frozen=True, slots=True)
class Miss:
    """The provider must be asked; `detail` says more for `why`."""

    reason: Reason
    detail: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Research:
    """The question of a Call that is, or may become, a research run, and its answer's place."""

    reading: Reading
    place: Place


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was decided for the Call `id` before its provider is asked, and what `keep` needs.

    `facts`: of the moment, left out of `scope`. `reading`: its conversation, the Reason where that
    is no run. `research`: the Reason where it is none. `replay`:
    the slot of its exact replay, None where it may not be replayed. `compaction`: the slot of the
    summary that it asks for, None where it asks for none. `beginning`: when and where the Call
    came in.
    """

    id: str
    call: Call
    session: Session
    verdict: Hit | Miss
    scope: Scope
    facts: tuple[Fact, ...]
    reading: Reading | Reason
    research: Research | Reason
    replay: str | None
    compaction: str | None
    tree: WorkTree | None
    beginning: Beginning

    @property
    def root(self) -> str:
        """The root of its work tree, "" where there is none."""
        return str(self.tree.root) if self.tree else ""

    @property
    def slot(self) -> str | None:
        """Where its answer stands, None where it is no research."""
        return None if isinstance(self.research, Reason) else self.research.place.slot

    @property
    def question(self) -> str:
        """What was asked, "" where no question was read."""
        return "" if isinstance(self.research, Reason) else self.research.reading.question

    @property
    def asked_others(self) -> bool:
        """Whether its run asked other agents."""
        reading = self.reading
        return not isinstance(reading, Reason) and any(is_asked(run.use) for run in reading.runs)

    @property
    def is_opening(self) -> bool:
        """Whether an answer to its question would be given now: later its run goes its own way."""
        research = self.research
        return not isinstance(research, Reason) and research.reading.stage is Stage.OPENING


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a reply: `entry` in `slot` when it was kept, `detail` for `why` when not.

    `run`: the id of the Call with which its run began, "" when that was not seen.
    """

    reason: Reason
    entry: Entry | None = None
    slot: str = ""
    detail: JsonObject = field(default_factory=dict)
    run: str = ""
