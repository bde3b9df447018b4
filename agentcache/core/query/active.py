"""One voice for what is compared: `is O V-ed by S` as `does S V O`, and its like.

The passive tells its verb and its doer beyond doubt, so it is turned and not the active. Each rule
takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable

from agentcache.core.query.form import Form, Intent, from_nominal, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    AUXILIARIES,
    BARE_PARTICIPLES,
    BASES,
    CONNECTIVES,
    PARTICIPLES,
    PARTICLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nominal import object_first
from agentcache.core.query.nouns import owner_of, phrase_end
from agentcache.core.query.turning import base_of_done

_BY_MEASURE = word_set(
    "group sort order index key multiply divide scale filter search partition shard batch "
    "aggregate bucket classify split rank increment decrement increase decrease prefix suffix "
    "label name tag sign run work"
)
"""Verbs after which `by X` need not name who does it."""
_NOT_INSIDE = word_set(
    "add append attach build cache copy create deploy embed emit generate implement insert install "
    "keep load log mount move output place prepend print produce publish push put raise render "
    "replace report represent run save send store throw transmit upload wrap write"
)
"""What is put, shown or left somewhere: its place need not be where it is done."""
_ADVERBS = {("also",): "also", ("too",): "also", ("as", "well"): "also", ("still",): "still"}
_CLAUSES = frozenset((Intent.YES_NO, Intent.WHERE, Intent.HOW, Intent.WHY, Intent.WHEN))
_DO_OF = {"be": "do", "be-not": "do-not"}
_NO_DOER = word_set(
    "default hand means way design mistake accident name id key value reference copy pointer"
)
"""`by default`, `sorted by name`: not who does it."""
_UNCLEAR = CONNECTIVES - {"and"} | AUXILIARIES | {",", "not"}


def actively(form: Form) -> Form:
    """`is O V-ed REST by S` as `does S V O REST`; of a list `O V-ed by S` as `O does S V`."""
    words = list(form.words)
    is_list = form.intent is Intent.LIST and not form.auxiliary
    if not is_list and (form.intent not in _CLAUSES or form.auxiliary not in _DO_OF):
        return form
    by, is_inside = _doer_at(words)
    places = [at for at in range(by) if _is_done(words, at, is_list=is_list)]
    if not places or (is_inside and form.intent is not Intent.WHERE):
        return form
    done = places[0 if is_list else -1]
    base = base_of_done(words[done].removesuffix("+"))
    end = _doer_end(words, by)
    things, between, doer = words[:done], words[done + 1 : by], words[by + 1 : end]
    if base is None or not _is_done_by(base, doer, is_inside=is_inside):
        return form
    is_clear = _is_certain(things, between, doer) and _is_only_doer(words, by, end)
    if not is_clear or not (done or is_list):
        return form
    doer, rest = _compound(doer), words[end:]
    if is_list:
        return make_form(form.intent, "", [*things, "does", *doer, base, *between, *rest])
    joined = [*doer, base, *things, *between, *rest]
    return make_form(form.intent, _DO_OF[form.auxiliary], joined)


def _doer_at(words: list[str]) -> tuple[int, bool]:
    """Where `by` stands before a doer, or else the `in` before the last place of all."""
    by = next((at for at in range(len(words)) if _is_by_doer(words, at)), 0)
    inside = words.index("in") if not by and words.count("in") == 1 else 0
    is_inside = inside + 1 < _doer_end(words, inside) == len(words) and inside > 0
    return (inside, True) if is_inside else (by, False)


def _is_done_by(base: str, doer: list[str], *, is_inside: bool) -> bool:
    """Whether what is V-ed by or in S, S does."""
    if base in _BY_MEASURE or not doer or (is_inside and base in _NOT_INSIDE):
        return False
    return base not in BASES or base in AGENTIVE or base == "replace" or doer[0][0] == "`"


def _is_certain(things: list[str], between: list[str], doer: list[str]) -> bool:
    """Whether nothing hangs on the things: `dates in UTC written by X` are not written in UTC."""
    if not _UNCLEAR.isdisjoint([*things, *doer, *between]):
        return False
    is_verbal = not between or between[0] in PARTICLES | PREPOSITIONS
    return is_verbal and (PREPOSITIONS - {"of", "for", "between"}).isdisjoint(things)


def _is_only_doer(words: list[str], by: int, end: int) -> bool:
    """Whether nobody else is named behind `by`, and the doer surely ends at `end`."""
    is_end = words[end : end + 1] != ["of"] and BARE_PARTICIPLES.isdisjoint(words[end : end + 1])
    return is_end and not any(_is_by_doer(words, at) for at in range(by + 1, len(words)))


def _doer_end(words: list[str], at: int) -> int:
    """Where the noun phrase after the preposition at `at` ends, with an `of` in it."""
    end = phrase_end(words, at + 1)
    whole = phrase_end(words, end + 1) if words[end : end + 1] == ["of"] else end
    return whole if whole > end + 1 else end


def _compound(words: list[str]) -> list[str]:
    """`filters of the query` as `query filters`."""
    at = words.index("of") if "of" in words else 0
    return [*owner_of(words[at - 1], words[at + 1 :]), *words[:at]] if at else words


def _is_by_doer(words: list[str], at: int) -> bool:
    return words[at] == "by" and 0 < at < len(words) - 1 and words[at + 1] not in _NO_DOER


def _is_done(words: list[str], at: int, *, is_list: bool) -> bool:
    if is_list:
        return words[at].endswith("+")
    is_last = words[at + 1] in PREPOSITIONS or words[at + 1] in PARTICLES
    return at > 0 and is_last and (words[at] in PARTICIPLES or words[at].endswith("ed"))


def owning(form: Form) -> Form:
    """`the worker 's queue` as `the worker queue`."""
    return make_form(form.intent, form.auxiliary, [word for word in form.words if word != "'s"])


def adverb_last(form: Form) -> Form:
    """`does X also V O` and `does X V O as well` in one order."""
    words = list(form.words)
    if form.intent is not Intent.YES_NO or "not" in words or not CONNECTIVES.isdisjoint(words):
        return form
    for said, adverb in _ADVERBS.items():
        for at in range(len(words) - len(said) + 1):
            if tuple(words[at : at + len(said)]) == said and len(words) > len(said) + 1:
                rest = [*words[:at], *words[at + len(said) :]]
                return make_form(form.intent, form.auxiliary, [*rest, adverb])
    return form


def there_is(form: Form) -> Form:
    """`are there usages of X in Y` as `is X used in Y`, `a limit on X` as `is X limited`."""
    words = list(form.words)
    if form.intent is not Intent.EXISTS or len(words) < 3:
        return form
    if words[:2] == ["limit", "on"] and _doer_end(words, 1) == len(words):
        return make_form(Intent.YES_NO, "be", [*words[2:], "limited"])
    done = from_nominal(words) or object_first(words)
    return make_form(Intent.YES_NO, "be", done) if done else form


RULES: tuple[Callable[[Form], Form], ...] = (
    there_is, owning, adverb_last, actively,
)  # fmt: skip
"""In the order in which they are applied, before compounds are made."""
