"""Whether two questions that are worded differently ask the same: structure decides.

Agreement is equality of skeletons: nothing may stand on one side only, and nothing may be
substituted but the few words of `likeness`. Everything else is a refusal with its reason.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from agentcache.core.codec import digest
from agentcache.core.query.form import Form, Intent
from agentcache.core.query.lexicon import (
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    FUNCTION_WORDS,
    MODALS,
    NEGATIONS,
    PARTICIPLE_OF,
    SCOPE_WORDS,
)
from agentcache.core.query.likeness import FOREIGN, OPPOSITES
from agentcache.core.query.loose import Link, Skeleton, skeleton_of
from agentcache.core.query.nouns import singular
from agentcache.core.query.question import Query, form_of, named_in


class Refusal(StrEnum):
    """Why two questions are not known to be the same."""

    NOT_UNDERSTOOD = "not-understood"
    NOT_ENGLISH = "not-english"
    IDENTIFIERS = "identifiers"
    NUMBERS = "numbers"
    NEGATION = "negation"
    OPPOSITE = "opposite"
    SCOPE = "scope"
    MODALITY = "modality"
    ASPECT = "aspect"
    WORDS = "words"
    DIRECTION = "direction"


SENTENCES = {
    Refusal.NOT_UNDERSTOOD: "one of the two is not of a form that is understood",
    Refusal.NOT_ENGLISH: "only English questions are compared by their structure",
    Refusal.IDENTIFIERS: "they name different identifiers, paths, flags or quoted texts",
    Refusal.NUMBERS: "they name different numbers or versions",
    Refusal.NEGATION: "one denies or excepts what the other does not",
    Refusal.OPPOSITE: "they use words of opposite meaning",
    Refusal.SCOPE: "they ask about a different part of the whole",
    Refusal.MODALITY: "what is, what was, what can be and what should be are different",
    Refusal.ASPECT: "they ask for different kinds of answer",
    Refusal.WORDS: "they use different words",
    Refusal.DIRECTION: "the same words stand in another relation",
}
"""Each refusal in the user's words."""


@dataclass(frozen=True, slots=True)
class Accord:
    """Whether two questions agree. `refusal` is None exactly where they do.

    `detail`: the words in which they differ, empty where nothing can be named.
    """

    refusal: Refusal | None = None
    detail: tuple[str, ...] = ()

    @property
    def is_agreed(self) -> bool:
        """Whether an answer to one is an answer to the other."""
        return self.refusal is None

    @property
    def sentence(self) -> str:
        """The reason in the user's words."""
        if self.refusal is None:
            return "the questions agree in structure"
        words = ", ".join(word[1:] if word[0] in '`"#' else word for word in self.detail)
        return SENTENCES[self.refusal] + (f" ({words})" if words else "")


def agree(one: Query, other: Query) -> Accord:
    """Whether an answer to one question is an answer to the other; pure, symmetric, reflexive."""
    if one.key == other.key:
        return Accord()
    first, second = _skeleton(one.text), _skeleton(other.text)
    if first is None or second is None:
        return Accord(Refusal.NOT_UNDERSTOOD)
    if foreign := _foreign(first, second):
        return Accord(Refusal.NOT_ENGLISH, foreign)
    if not _equal(first.form, second.form):
        return _refusal(first.form, second.form)
    return _beside(first, second)


def agreement_key(query: Query) -> str | None:
    """Equal for all questions that agree with one another; None where none can but the same key.

    The other way does not hold: `agree` decides. It makes candidates findable without a model.
    """
    return _agreement_key(query.text) if query.is_canonical else None


@lru_cache(maxsize=64)  # asked for research and for the first decision of one run
def _agreement_key(text: str) -> str | None:
    skeleton = _skeleton(text)
    if skeleton is None or _foreign(skeleton):
        return None
    form = skeleton.form
    words = [singular(word) if _is_plain(word) else word for word in form.words]
    return digest([form.intent, form.auxiliary, words])


@lru_cache(maxsize=1024)  # one question is compared with many candidates
def _skeleton(text: str) -> Skeleton | None:
    form = form_of(text)
    return None if form is None else skeleton_of(form, named_in(text))


def _equal(one: Form, other: Form) -> bool:
    """Equal, where a word marked with `~` stood in a compound and tells no number."""
    if (one.intent, one.auxiliary) != (other.intent, other.auxiliary):
        return False
    if len(one.words) != len(other.words):
        return False
    return all(map(_is_one_word, one.words, other.words))


def _is_one_word(one: str, other: str) -> bool:
    if one == other:
        return True
    is_free = one.endswith("~") or other.endswith("~")
    return is_free and _is_plain(one) and _is_plain(other) and singular(one) == singular(other)


def _is_plain(word: str) -> bool:
    return word[0].isalpha()


def _foreign(*skeletons: Skeleton) -> tuple[str, ...]:
    words = {word for skeleton in skeletons for word in skeleton.form.words}
    return tuple(sorted(words & FOREIGN))


def _clashing(one: frozenset[Link], other: frozenset[Link]) -> bool:
    """Whether the same neighbours are joined by different prepositions."""
    joined = {link[:2]: link[2] for link in one}
    return any(joined.get(link[:2], link[2]) != link[2] for link in other)


def _beside(one: Skeleton, other: Skeleton) -> Accord:
    """Whether what stands beside two equal forms agrees."""
    if _clashing(one.links, other.links):
        prepositions = {link[2] for link in one.links ^ other.links}
        return Accord(Refusal.DIRECTION, tuple(sorted(filter(None, prepositions))))
    kinds = _other_kinds(one.kinds, other.kinds)
    return Accord(Refusal.WORDS, kinds) if kinds else Accord()


def _other_kinds(
    one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]
) -> tuple[str, ...]:
    """What one name is said to be in two ways: the method `run` is not the function `run`."""
    names = {name for name, _ in one} & {name for name, _ in other}
    return tuple(sorted(kind for name, kind in one ^ other if name in names))


def _refusal(one: Form, other: Form) -> Accord:
    """The most telling difference of two forms that are not equal."""
    mine, others = Counter(one.words), Counter(other.words)
    apart = _sorted((mine - others) + (others - mine))
    for refusal, differing in (
        (Refusal.IDENTIFIERS, tuple(word for word in apart if word[0] in '`"')),
        (Refusal.NUMBERS, tuple(word for word in apart if word[0] == "#")),
        (Refusal.NEGATION, _denials(one, other, apart)),
        (Refusal.OPPOSITE, _opposites(mine - others, others - mine)),
        (Refusal.SCOPE, tuple(word for word in apart if word in SCOPE_WORDS)),
        (Refusal.MODALITY, _moods(one, other)),
        (Refusal.ASPECT, _aspects(one, other)),
        (Refusal.WORDS, tuple(word for word in apart if word not in FUNCTION_WORDS)),
    ):
        if differing:
            return Accord(refusal, differing)
    return Accord(Refusal.DIRECTION, apart)


def _sorted(words: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(words))


def _denials(one: Form, other: Form, apart: tuple[str, ...]) -> tuple[str, ...]:
    if one.auxiliary.endswith("-not") != other.auxiliary.endswith("-not"):
        return ("not",)
    return tuple(word for word in apart if word in NEGATIONS)


def _opposites(mine: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    pairs = ((a, b) for a in sorted(mine) for b in sorted(others))
    for a, b in pairs:
        if frozenset((_base(a), _base(b))) in OPPOSITES:
            return (a, b)
    return ()


def _base(word: str) -> str:
    word = word.removesuffix("+")
    return BASE_OF_THIRD.get(word) or BASE_OF_GERUND.get(word) or _BASE_OF_DONE.get(word) or word


_BASE_OF_DONE = {participle: verb for verb, participle in PARTICIPLE_OF.items()}


def _moods(one: Form, other: Form) -> tuple[str, ...]:
    """Modal verbs and the past, wherever the form keeps them."""
    moods = MODALS | {"was", "did"}
    sets = ({form.auxiliary.removesuffix("-not"), *form.words} & moods for form in (one, other))
    return tuple(sorted(next(sets) ^ next(sets)))


def _aspects(one: Form, other: Form) -> tuple[str, ...]:
    if one.intent is other.intent:
        return ()
    names: tuple[Intent, Intent] = (one.intent, other.intent)
    return tuple(sorted(str(name) for name in names))
