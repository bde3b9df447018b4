"""Words of a class that stay what they are: names, and what means another thing beside a word.

`the delete method` is not `the remove method`, and a `verified` e-mail is not a `validated` one.
"""

import re
from collections.abc import Sequence

from agentcache.core.query.form import FINITE, Form, Intent
from agentcache.core.query.lexicon import (
    ARTICLES,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    MODALS,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.likeness import DOING_BASES, MEMBER_OF

_NAMED = word_set(
    "action api button callback class command constraint decorator directory endpoint event "
    "function handler helper hook instruction job key keyword menu method mode name operation "
    "operator page pass permission request route script stage statement step subcommand target "
    "task template tool trait view"
)
"""What bears the name that stands before it: `the delete endpoint`."""
_BEFORE_VERB = MODALS | word_set("to not do does did we i you they users it")
_WITH_VERB = frozenset(("do", "do-one", "do-many", "does", "did", "did-not", FINITE)) | MODALS
_COMMON = word_set("limit cap")
"""Nouns as well as verbs: a `retry cap` is a `retry limit`."""

_BESIDE = {
    tuple(words.split()): word_set(neighbours)
    for words, neighbours in {
        "flag switch flags switches": (
            "statement statements network ethernet limit country icon image drawn rendered"
        ),
        "field attribute fields attributes": (
            "html xml dom svg css form forms tag tags element elements span"
        ),
        "parameter argument parameters arguments": (
            "type generic template url query route path model formal actual parsed parser compiler "
            "function functions"
        ),
        "stage phase stages phases": "deployed deploy deployment environment environments",
        "ordered": (
            "item items product products pizza pizzas customer customers goods meal meals shop "
            "cart part parts supplier suppliers ticket tickets order orders user users"
        ),
        "verify": (
            "email emails phone phones account accounts user users identity domain domains address "
            "addresses member members customer customers"
        ),
        "produce": "message messages record records event events topic topics kafka producer queue",
        "info information": "level levels log logs logger logged message messages printed endpoint",
    }.items()
}
_NEIGHBOURS = {word: neighbours for words, neighbours in _BESIDE.items() for word in words}
_COMPOUND_ONLY = word_set("identifier identifiers")
"""An `identifier` alone is a word of a language, a `user identifier` an `id`."""


# Without an article or a word beside it, what is called or returned is a function of that name.
_SHORT = r"(args?|configs?|dbs?|dev|dir|envs|impls?|max|min|params?|prod|repos?)"
_SHORT_NAMES = (
    re.compile(
        rf"( (?:is|are) ){_SHORT}"
        r"(?= (?:called|defined|declared|implemented|imported|invoked|overridden)\b)"
    ),
    re.compile(rf"( (?:call|import)s ){_SHORT}(?=\W?\Z)"),
    re.compile(rf"(\bdoes ){_SHORT}(?= (?:do|return|take|call)\b)"),
)


def with_short_names(text: str) -> str:
    """`text` with names in backticks that are short for other words: `max` is no `maximum`."""
    for pattern in _SHORT_NAMES:
        text = pattern.sub(r"\1`\2`", text)
    return text


def kept_words(form: Form, words: Sequence[str]) -> set[int]:
    """The places of the words that no other word of their class stands for."""
    found = frozenset(words)
    return {
        at
        for at, word in enumerate(words)
        if word in MEMBER_OF
        and (
            (word in DOING_BASES and _is_name(form, words, at))
            or not _NEIGHBOURS.get(MEMBER_OF[word][1], frozenset[str]()).isdisjoint(found)
            or (MEMBER_OF[word][1] in _COMPOUND_ONLY and not _is_second(words, at))
        )
    }


def _is_name(form: Form, words: Sequence[str], at: int) -> bool:
    """Whether the base of a verb names something, as in `where is delete called`."""
    before = words[at - 1] if at else ""
    after = words[at + 1] if at + 1 < len(words) else ""
    if before in _BEFORE_VERB or words[at] in _COMMON:
        return False
    if not _has_verb(form, words, at):
        return True
    is_object = before in PREPOSITIONS or _is_finite(before)
    return after in _NAMED and (is_object or any(map(BASES.__contains__, words[at + 2 :])))


def _has_verb(form: Form, words: Sequence[str], at: int) -> bool:
    """Whether the clause has room for a verb in its base form."""
    if form.intent is Intent.DOES_WHAT:
        return False
    if form.intent in {Intent.HOW_TO, Intent.REQUEST} and at == 0:
        return True
    is_last = at + 1 == len(words) or words[at + 1] in PREPOSITIONS
    is_told = words[0] in BASE_OF_THIRD or any(map(_is_finite, words[1:at]))
    if is_last and form.auxiliary == FINITE and at and is_told:
        return not (CONNECTIVES - {"and", "or"}).isdisjoint(words[:at])
    if form.auxiliary.removesuffix("-not") in _WITH_VERB or {"do", "does"} & {*words}:
        return True
    return not (CONNECTIVES - {"and", "or"}).isdisjoint(words[:at])


def _is_finite(word: str) -> bool:
    return word in BASE_OF_THIRD or word in BASES


def _is_second(words: Sequence[str], at: int) -> bool:
    """Whether a word stands behind another of its phrase, or before `of`."""
    before = words[at - 1] if at else ""
    is_of = words[at + 1 : at + 2] in (["of"], ("of",))
    is_noun = before[:1].isalpha() or before[:1] == "`"
    return is_of or (is_noun and before not in CONNECTIVES | ARTICLES | _BEFORE_VERB)
