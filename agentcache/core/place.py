"""Where the answer to a question or its run's first decision stands, and two shorter ways there."""

from dataclasses import dataclass

from agentcache.core.codec import digest
from agentcache.core.entry import Kind
from agentcache.core.query import FORM_VERSION, Query, agreement_key, read_query
from agentcache.core.values import Scope


@dataclass(frozen=True, slots=True)
class Place:
    """The place of `question` in what must be equal besides it; `base` is the digest of that."""

    base: str
    question: str
    kind: Kind = Kind.RESEARCH

    @property
    def query(self) -> Query:
        """The question in its form."""
        return read_query(self.question)

    @property
    def slot(self) -> str:
        """The slot of all questions of its canonical form."""
        return f"{self.kind}:{self.base}:{self.query.key}"

    @property
    def text(self) -> str:
        """The name under which its slot is noted for questions in the same words."""
        return f"text:{self.base}:{digest([FORM_VERSION, self.question])}"

    @property
    def is_alone(self) -> bool:
        """Whether no question of another canonical form can agree with it."""
        return agreement_key(self.query) is None

    @property
    def near(self) -> str:
        """What the names begin with under which the slots of all questions that agree are noted."""
        return f"near:{self.base}:{agreement_key(self.query) or self.query.key}:"


def place_of(scope: Scope, context: str, question: str) -> Place:
    """The Place of a question; `context`: what its answer rests on besides, "" for its evidence."""
    return Place(digest([scope, context]), question)


def opening_of(scope: Scope, question: str) -> Place:
    """The Place of the first decision of a run that begins with `question`."""
    return Place(digest([scope, Kind.DECISION]), question, Kind.DECISION)
