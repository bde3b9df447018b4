"""The form of a question once more, with what is worded differently but asked alike made equal.

Each rule is a function of a form; all of them together take a form to its skeleton. Who does what
to whom stays in the order of the words; a rule that is not certain of that leaves the form alone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agentcache.core.query import (
    active,
    doings,
    likely,
    nominal,
    phrasing,
    reworded,
    things,
    variants,
)
from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    ATTRIBUTES,
    BARE_PARTICIPLES,
    BASE_OF_THIRD,
    BASES,
    MODIFIERS,
    NAMED_KINDS,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.likeness import (
    CASELESS,
    MEMBER_OF,
    SAME_PAIR,
    SAME_WORD,
)
from agentcache.core.query.naming import kept_words
from agentcache.core.query.nouns import EXTREMES, is_boundary, owner_of, phrase_end, singular

Link = tuple[str, str, str]
"""Two neighbours in a compound and the preposition that joined them before: `key of cache`.

It is "" where the first one is the name of the second: `the key max_age`.
"""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What is compared. Equal forms agree, with no link and no kind against another.

    `links` are not part of the equality: a compound says less than `of`, `for` or `in` does. Nor
    are `kinds`, the names with what they are said to be: a name alone says less.
    """

    form: Form
    links: frozenset[Link]
    kinds: frozenset[tuple[str, str]] = frozenset()


_OPENING_CLAUSES = frozenset(("does", "that", "which", "who"))
_FLATTENED = frozenset(("of", "for", "in"))
_VERB_FIRST = frozenset((Intent.HOW_TO, Intent.REQUEST, Intent.WHO))
_LAST_VERB = {Intent.HOW: "work", Intent.WHAT: "mean"}
"""What is no noun where it stands last."""
_OWN_PLACE = word_set(
    "bug bugs comment comments part parts all some each most rest one any number list kind sort "
    "type types lot bit end start top beginning difference change changes user users client clients"
)
"""Heads for which `X in Y`, `X for Y` and `Y X` are different things."""
_PARTS = word_set(
    "slots columns rows fields entries steps stages layers bits bytes buckets shards partitions "
    "pages levels cells"
)
"""What is in a thing is counted as what it has."""
_LITERALS = frozenset(("`true", "`false"))
_ABOUT = word_set(
    "test tests documentation example examples mock mocks benchmark benchmarks fixture fixtures"
)


def skeleton_of(form: Form, named: Iterable[tuple[str, str]]) -> Skeleton:
    """The skeleton of a form, in whose text names of things stood behind what they name."""
    kinds = _kinds_in(form.words)
    for rule in _RULES:
        form = rule(form)
    skeleton = _flattened(form)
    for rule in _LAST:
        skeleton = Skeleton(rule(skeleton.form), skeleton.links)
    links = {(singular(name), SAME_WORD.get(kind, kind), "") for name, kind in named}
    return Skeleton(skeleton.form, skeleton.links | links, kinds)


def _kinds_in(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    """`run` with `method` of `the run method` and `the method run`."""
    said = [SAME_WORD.get(word, word) for word in words]
    pairs = (*pairwise(said), *((after, before) for before, after in pairwise(said)))
    return frozenset((name, kind) for name, kind in pairs if name[0] == "`" and kind in NAMED_KINDS)


def _plain_words(form: Form) -> Form:
    """One wording for words that are one thing; see the tables of `likeness`."""
    words: list[str] = []
    for word in form.words:
        for piece in _pieces(word):
            pair = SAME_PAIR.get((words[-1], piece)) if words else None
            if pair is not None:
                words[-1] = pair
            else:
                words.append(piece)
    if form.intent is Intent.HOW_TO and words[:1] == ["configured"]:
        words[0] = "configure"
    for at in range(len(words) - 1):
        if words[at] in {"at", "during"} and words[at + 1] in {"startup", "shutdown", "boot"}:
            words[at] = "on"
    apart, kept = _told_apart(words), kept_words(form, words)
    plain = [
        word if at in kept or word in apart else SAME_WORD.get(word, word)
        for at, word in enumerate(words)
    ]
    return make_form(form.intent, form.auxiliary, plain)


def _told_apart(words: Sequence[str]) -> set[str]:
    """The words of a class of which there are two: `validated after it is checked`."""
    found = {MEMBER_OF[word] for word in words if word in MEMBER_OF}
    classes = Counter(first for first, _ in found)
    return {word for word in words if word in MEMBER_OF and classes[MEMBER_OF[word][0]] > 1}


def _pieces(word: str) -> list[str]:
    if word[0] == "`":
        if word in _LITERALS:
            return [word[1:]]
        name = word[1:].lower()
        is_name = name in CASELESS and name != word[1:] and name.capitalize() != word[1:]
        return [name] if is_name else [word]
    if word[0].isupper():
        return [word.lower() if word.lower() in CASELESS else "`" + word]
    if word[0].isalpha() and "-" in word:
        return [part for part in word.split("-") if part]
    return [word]


def _number_does_not_matter(form: Form) -> Form:
    """`do` and `does`: the noun itself says whether it is one or many."""
    if form.auxiliary in {"do-one", "do-many"}:
        return Form(form.intent, "do", form.words)
    return form


_RULES = (
    likely.definition_asked,
    _plain_words,
    *nominal.RULES,
    *doings.RULES,
    *things.RULES,
    *reworded.RULES,
    *phrasing.RULES,
    *likely.RULES,
    *variants.RULES,
    _number_does_not_matter,
    *active.RULES,
    nominal.doing_that,
)
_LAST = (*reworded.LAST, *phrasing.LAST)


def _flattened(form: Form) -> Skeleton:
    """The last `A of B` as the compound `B A`, with a link that remembers the preposition."""
    words = list(form.words)
    links: set[Link] = set()
    for at in range(len(words) - 2, 0, -1):
        if words[at] not in _FLATTENED:
            continue
        is_clause = form.auxiliary == "do" or not _OPENING_CLAUSES.isdisjoint(words[:at])
        auxiliary = FINITE if is_clause else form.auxiliary
        start, end = _nouns_before(words, at, auxiliary), _nouns_after(words, at + 1)
        start = max(start, 1) if form.intent in _VERB_FIRST else start
        if end == len(words) and words[-1] == _LAST_VERB.get(form.intent):
            end -= 1
        if not _may_flatten(words, start, at, end, is_clause=auxiliary == FINITE):
            continue
        is_done_there = auxiliary == FINITE and _is_verb(words, start - 1)
        if words[at - 1] == "set" and end == len(words) and form.auxiliary == "be":
            continue  # `where is the set of keys` is not where a key is set
        if words[at] == "in" and is_done_there:
            continue  # where it is done, not where the thing is
        is_told_of = end < len(words) and _is_said(words[end])
        if words[at] != "of" and (is_told_of or form.intent in _VERB_FIRST):
            continue  # where or for what it is done: `errors in the log` are no `log errors`
        if _may_be_noun(words, start - 1, auxiliary) or _may_be_noun(words, end, auxiliary):
            continue
        is_same = words[at - 1] in _ABOUT or _is_owned(form, words[start:at], words[at])
        is_same = is_same or (form.intent is Intent.HOW_MANY and words[at - 1] in _PARTS)
        joint = "of" if is_same else words[at]
        links.add((singular(words[end - 1]), words[start], joint))
        owner = words[at + 1 : end]
        is_counted = form.intent is Intent.LIST and is_told_of
        if words[at] in {"of", "for"} and not is_counted and (start or "does" not in words):
            owner = owner_of(words[at - 1], owner)
        words = [*words[:start], *owner, *words[start:at], *words[end:]]
        break
    return Skeleton(make_form(form.intent, form.auxiliary, words), frozenset(links))


def _nouns_before(words: list[str], end: int, auxiliary: str) -> int:
    """Where the noun phrase before `end` begins; only a clause has a verb to stop at."""
    at = end
    while at > 0 and not is_boundary(words, at - 1) and not _is_said(words[at - 1]):
        if auxiliary == FINITE and _is_verb(words, at - 1):
            break
        at -= 1
    return at


def _nouns_after(words: list[str], start: int) -> int:
    """Where the noun phrase that begins at `start` ends."""
    end = phrase_end(words, start)
    return next((at for at in range(start, end) if _is_said(words[at])), end)


def _is_said(word: str) -> bool:
    """Whether a word is no noun but what is said of one."""
    return word == "be" or word.endswith("+")


def _is_verb(words: list[str], at: int) -> bool:
    word = words[at]
    return at > 0 and (word in BASE_OF_THIRD or word.endswith("+") or word in BASES)


def _may_be_noun(words: list[str], at: int, auxiliary: str) -> bool:
    """Whether what ends a noun phrase as a verb may as well be its noun, as `run` and `stream`."""
    if not 0 < at < len(words) or words[at] not in BARE_PARTICIPLES | BASES:
        return False
    if words[at] in BARE_PARTICIPLES and not auxiliary:
        return True
    others = (place for place in range(len(words)) if place != at)
    return any(_is_verb_or_done(words, place, auxiliary) for place in others)


def _is_verb_or_done(words: list[str], at: int, auxiliary: str) -> bool:
    is_done = words[at] in PARTICIPLES or words[at].endswith("+")
    is_verb = _is_verb(words, at) or words[at] in BASE_OF_THIRD
    return is_done or (auxiliary == FINITE and is_verb)


def _is_owned(form: Form, head: list[str], joint: str) -> bool:
    """Whether a head says which relation is meant: `default size for X`."""
    if form.intent is Intent.HOW and form.words[-1] == "work":
        return joint == "for"
    is_value = form.intent is Intent.WHAT and not form.auxiliary
    return is_value and (head[0] == "default" or (joint == "for" and head[-1] in ATTRIBUTES))


def _is_named_number(head: list[str]) -> bool:
    """`magic number` is a thing of its own, `maximum number` counts what follows."""
    return head[-1] == "number" and head[-2:-1] in (["magic"], ["port"], ["version"], ["line"])


def _may_flatten(words: list[str], start: int, at: int, end: int, *, is_clause: bool) -> bool:
    head, things = words[start:at], words[at + 1 : end]
    if not head or not things or (len(things) == 1 and things[0] in MODIFIERS):
        return False
    if things[0] in EXTREMES:
        return False
    if words.count(words[at]) > 1 or (head[-1] in _OWN_PLACE and not _is_named_number(head)):
        return False
    if head[-1] in _ABOUT and words[at] == "in":
        return False
    is_after_verb = any(word in BASE_OF_THIRD for word in words[1:start])
    if (
        is_clause
        and not is_after_verb
        and any(_is_verb(words, place) for place in range(at + 1, end))
    ):
        return False
    is_followed = end < len(words) and words[end] in PREPOSITIONS
    return not is_followed or words[at] == "of"
