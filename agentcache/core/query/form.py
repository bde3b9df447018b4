"""The form of a question: what is asked, and about what, in an order that keeps who does what."""

from dataclasses import dataclass
from enum import StrEnum

from agentcache.core.query.lexicon import NOMINALS
from agentcache.core.query.nouns import phrase_end
from agentcache.core.query.tokens import is_strong


class Intent(StrEnum):
    """What kind of answer is asked for."""

    WHERE = "where"
    HOW = "how"
    HOW_TO = "how-to"
    HOW_MANY = "how-many"
    WHY = "why"
    WHEN = "when"
    WHO = "who"
    WHOSE = "whose"
    WHAT = "what"  # what is X: its value or its nature
    DOES_WHAT = "does-what"  # what does the parser do
    LIST = "list"  # which X: everything of a kind, or the one that fits
    PURPOSE = "purpose"
    EXPLAIN = "explain"
    EXISTS = "exists"
    YES_NO = "yes-no"
    REQUEST = "request"  # summarize X, trace X: the verb stands first among the words
    EXACT = "exact"  # not understood: only the same text is the same question


@dataclass(frozen=True, slots=True)
class Form:
    """Equal forms are the same question. `auxiliary` keeps voice, mood and tense."""

    intent: Intent
    auxiliary: str
    words: tuple[str, ...]


FINITE = "finite"
"""Marks a clause with a verb: `which test runs` is not `list the test runs`."""


def make_form(intent: Intent, auxiliary: str, words: list[str]) -> Form:
    """A form of words that are still being worked on."""
    return Form(intent, auxiliary, tuple(words))


def from_nominal(words: list[str]) -> list[str] | None:
    """`definition of X in F` as `X defined in F`."""
    if len(words) < 3 or words[0] not in NOMINALS or words[1] != "of":
        return None
    if words[0] == "usage" and not is_strong(words[2]):
        return None  # `the usage of the CLI` may be its help text
    end = phrase_end(words, 2)
    return [*words[2:end], NOMINALS[words[0]], *words[end:]] if end > 2 else None
