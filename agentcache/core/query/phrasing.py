"""Loosening rules for what stands beside a verb: who does it, where, how; and for defaults.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BARE_PARTICIPLES,
    BASE_OF_GERUND,
    BASES,
    CONNECTIVES,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.likeness import SAME_WORD
from agentcache.core.query.nouns import is_boundary, phrase_end
from agentcache.core.query.tokens import is_path

_NO_MANNER = word_set(
    "only early daily weekly monthly hourly yearly nightly family reply supply multiply apply "
    "assembly anomaly likely mostly mainly nearly hardly rarely recently currently previously "
    "directly immediately initially finally newly firstly lastly"
)
"""Words in -ly that are no adverb of manner, or that say when, how far or how often."""
_IN_CODE = word_set(
    "read used imported included declared called exported exposed needed requested allocated "
    "loaded applied"
)
_IN_FILES = _IN_CODE | word_set("enabled disabled configured")
"""What a piece of code does in itself: `read by a.py` is `read in a.py`."""
_CODE_FILES = word_set("dockerfile makefile manifest")
_CODE_PLACES = _CODE_FILES | word_set(
    "backend frontend firmware loop file module script class function package crate handler isr "
    "callback constructor destructor subroutine routine hook method"
)
_IN_NAMED = word_set("used called imported avoided needed")


def _manner_first(form: Form) -> Form:
    """`settings saved by X automatically` as `settings automatically saved by X`."""
    words = list(form.words)
    done = [at for at, word in enumerate(words) if at and _is_done(words, at)]
    manner = [at for at, word in enumerate(words) if at and _is_manner(word)]
    if len(done) != 1 or len(manner) != 1 or manner[0] == done[0] - 1:
        return form
    at = manner[0]
    is_beside = at == done[0] + 1 or at + 1 == len(words)
    if not is_beside or (set(words) & CONNECTIVES):
        return form
    adverb = words.pop(at)
    words.insert(done[0], adverb)
    return make_form(form.intent, form.auxiliary, words)


def _times_last(form: Form) -> Form:
    """`lock early released` and `lock released by X early` as `lock released early by X`."""
    words = list(form.words)
    done = [at for at, word in enumerate(words) if at and _is_passive(words, at)]
    times = [at for at, word in enumerate(words) if at and word in _TIMELY]
    if len(done) != 1 or len(times) != 1 or times[0] == done[0] + 1:
        return form
    at = times[0]
    is_whole = at + 1 == len(words) and not set(words[done[0] :]) & (CONNECTIVES | BASES)
    if at + 1 != done[0] and not is_whole:
        return form
    adverb = words.pop(at)
    words.insert(done[0] if at < done[0] else done[0] + 1, adverb)
    return make_form(form.intent, form.auxiliary, words)


_TIMELY = word_set("early late twice once")


def _is_passive(words: list[str], at: int) -> bool:
    word = words[at]
    after = words[at + 1] if at + 1 < len(words) else "in"
    return word.endswith("+") or (
        word in PARTICIPLES and (after in PREPOSITIONS or after in _TIMELY)
    )


def _is_manner(word: str) -> bool:
    return word.endswith("ly") and len(word) > 5 and word.isalpha() and word not in _NO_MANNER


def _is_done(words: list[str], at: int) -> bool:
    word = words[at]
    if word.endswith("+"):
        return True
    after = words[at + 1] if at + 1 < len(words) else "in"
    return word in PARTICIPLES and (after in PREPOSITIONS or _is_manner(after))


def _listed_agent_first(form: Form) -> Form:
    """`values written to X by Y` as `values written by Y to X`; also `per` and its like."""
    words = _per_last(list(form.words))
    if form.intent not in {Intent.LIST, Intent.HOW_MANY} or words.count("by") != 1:
        return form
    by = words.index("by")
    at = next((at for at, word in enumerate(words[:by]) if word.endswith("+")), by)
    between = words[at + 1 : by]
    is_whole = len(between) > 1 and phrase_end(between, 1) == len(between)
    if not is_whole or between[0] not in PREPOSITIONS:
        return replace(form, words=tuple(words))
    if words[by + 1 : by + 2] in ([], ["default"]):
        return form
    end = phrase_end(words, by + 1)
    return replace(form, words=(*words[: at + 1], *words[by:end], *between, *words[end:]))


def _per_last(words: list[str]) -> list[str]:
    """`messages per page returned by X` as `messages returned by X per page`."""
    done = next((at for at, word in enumerate(words) if word.endswith("+")), 0)
    at = words.index("per") if "per" in words[:done] else 0
    if not at or phrase_end(words[:done], at + 1) < done or words[done + 1 : done + 2] != ["by"]:
        return words
    return [*words[:at], *words[done:], *words[at:done]]


def _done_in_code(form: Form) -> Form:
    """`read by a.py` as `read in a.py`: what a file of code reads is read in it."""
    words = list(form.words)
    for at in range(len(words) - 2):
        done = words[at].removesuffix("+")
        if words[at + 1] != "by" or words.count("by") != 1:
            continue
        end = phrase_end(words, at + 2)
        if end > at + 2 and _does_in_itself(done, words[end - 1]):
            words[at + 1] = "in"
            return make_form(form.intent, form.auxiliary, words)
    return form


def _does_in_itself(done: str, place: str) -> bool:
    """Whether what is done by a file or a part of the code is done in it."""
    if place[0] == "`" and (done in _IN_NAMED or (is_path(place) and done in _IN_FILES)):
        return True
    head = place.removeprefix("`").lower()
    return head in (_CODE_FILES if done in _IN_FILES - _IN_CODE else _CODE_PLACES) and (
        done in _IN_FILES
    )


def _not_done(form: Form) -> Form:
    """`parameters not updated by X` as `parameters that are not updated by X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words.count("not") != 1:
        return form
    at = words.index("not")
    is_done = at + 1 < len(words) and words[at + 1].removesuffix("+") in PARTICIPLES
    if not at or not is_done or phrase_end(words, 0) < at:
        return form
    rest = [words[at + 1].removesuffix("+"), *words[at + 2 :]]
    before = words[: at - 1] if words[at - 1] == "be" else words[:at]
    return replace(form, words=(*before, "be", "not", *rest))


def _after_done(form: Form) -> Form:
    """`after X has been saved` as `after X is saved`."""
    words = list(form.words)
    for at in range(2, len(words) - 2):
        is_perfect = words[at] in {"has", "have"} and words[at + 1] == "been"
        is_after = "after" in words[:at] and phrase_end(words, words.index("after") + 1) == at
        if is_perfect and is_after and words[at + 2] in PARTICIPLES:
            return replace(form, words=(*words[:at], "is", *words[at + 2 :]))
    return form


def _after_doing(form: Form) -> Form:
    """`sent after saving a model` as `sent after a model is saved`, where nobody is named."""
    words = list(form.words)
    at = next((at for at, word in enumerate(words) if word in {"after", "before"}), 0)
    base = BASE_OF_GERUND.get(words[at + 1]) if 0 < at < len(words) - 2 else None
    is_passive = form.auxiliary == "be" or any(word.endswith("+") for word in words[:at])
    if base not in AGENTIVE or not is_passive or "by" in words or "of" in words[:at]:
        return form
    if phrase_end(words, at + 2) < len(words):
        return form
    done = PARTICIPLE_OF[base or ""]
    return replace(
        form, words=(*words[: at + 1], *words[at + 2 :], "is", SAME_WORD.get(done, done))
    )


def _placed_for(form: Form) -> Form:
    """`where is X configured for Y` as `where is X for Y configured`."""
    words = list(form.words)
    if form.intent is not Intent.WHERE or form.auxiliary != "be" or words.count("for") != 1:
        return form
    at = words.index("for")
    is_done = at > 1 and words[at - 1] in _SET_FOR and phrase_end(words, 0) == at - 1
    if not is_done or phrase_end(words, at + 1) < len(words) or at + 1 == len(words):
        return form
    return replace(form, words=(*words[: at - 1], *words[at:], words[at - 1]))


_SET_FOR = word_set("configured set defined declared computed")


def _behaving(form: Form) -> Form:
    """`describe the behavior of X` as `explain X`."""
    words = form.words
    is_named = len(words) > 2 and words[:2] == ("behavior", "of") and words[2][0] == "`"
    return replace(form, words=words[2:]) if form.intent is Intent.EXPLAIN and is_named else form


def _applying(form: Form) -> Form:
    """`limit applies to X`, `limit on X`, `limit for X` as `limit of X`."""
    words = list(form.words)
    is_finite = form.intent is Intent.LIST and form.auxiliary == FINITE
    if is_finite and "applies" in words[1:]:
        at = words.index("applies")
        things, owner = words[:at], words[at + 2 :]
        is_whole = phrase_end(things, 0) == at and phrase_end(owner, 0) == len(owner) > 0
        if words[at + 1 : at + 2] == ["to"] and is_whole and things[-1] in _LIMITS:
            return make_form(Intent.WHAT, "", [*things, "of", *owner])
    joint = "on" if "on" in words else "for"
    if form.intent is Intent.WHAT and not form.auxiliary and words.count(joint) == 1:
        at = words.index(joint)
        is_limit = at and words[at - 1] in _LIMITS and phrase_end(words, 0) == at
        if is_limit and phrase_end(words, at + 1) == len(words) > at + 1:
            return replace(form, words=(*words[:at], "of", *words[at + 1 :]))
    return form


_LIMITS = word_set("limit timeout quota threshold cap")


def _how_long(form: Form) -> Form:
    """`how long is the delay of X` as `what is the delay of X`."""
    words = list(form.words)
    if form.intent is not Intent.HOW or form.auxiliary != "be" or words[0] not in _EXTENTS:
        return form
    things = words[1:]
    end = phrase_end(things, 0)
    if not end or things[end - 1] not in _EXTENTS[words[0]]:
        return form
    is_whole = end == len(things) or (
        things[end] in {"of", "for"} and phrase_end(things, end + 1) == len(things)
    )
    return make_form(Intent.WHAT, "", things) if is_whole else form


_TIMES = word_set("delay timeout interval period duration ttl lifetime window")
_SIZES = word_set("size limit capacity quota")
_EXTENTS = {"long?": _TIMES, "large?": _SIZES, "big?": _SIZES, "high?": _SIZES}


def _set_by_default(form: Form) -> Form:
    """`X set to by default` as `default X`; `X by default` likewise."""
    words = list(form.words)
    if form.intent not in {Intent.WHAT, Intent.LIST} or form.auxiliary:
        return form
    if words[-4:] in (["set+", "to", "by", "default"], ["set", "to", "by", "default"]):
        things = words[:-4]
        if things and phrase_end(things, 0) == len(things) and "default" not in things:
            return make_form(Intent.WHAT, "", ["default", *things])
    return form


def _set_for(form: Form) -> Form:
    """`what timeout is set for X` as `what is the timeout for X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or len(words) < 4:
        return form
    at = next((at for at, word in enumerate(words) if word in _SET), 0)
    is_value = at and words[at - 1] in _TIMES | _SIZES | _LIMITS | {"rate", "port", "value"}
    is_for = words[at + 1 : at + 2] == ["for"] and phrase_end(words, 0) >= at
    if is_value and is_for and phrase_end(words, at + 2) == len(words) > at + 2:
        return make_form(Intent.WHAT, "", [*words[:at], *words[at + 1 :]])
    return form


_SET = frozenset(("set+", "configured+"))


def _used_for_doing(form: Form) -> Form:
    """`algorithm used for compressing pages` as `algorithm used to compress pages`."""
    words = list(form.words)
    for at in range(len(words) - 3):
        is_used = words[at] in {"used", "used+"} and words[at + 1] == "for"
        if is_used and words[at + 2] in BASE_OF_GERUND and not is_boundary(words, at + 3):
            done = ["to", BASE_OF_GERUND[words[at + 2]]]
            return replace(form, words=(*words[: at + 1], *done, *words[at + 3 :]))
    return form


def _described_done(form: Form) -> Form:
    """`indexed columns of X` as `columns of X that are indexed`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words.count("of") != 1:
        return form
    at = words.index("of")
    is_many = at > 1 and words[at - 1].endswith("s") and not words[at - 1].endswith("ss")
    is_done = words[0] in PARTICIPLES and words[0] not in BARE_PARTICIPLES
    if (
        is_many
        and is_done
        and phrase_end(words, 0) == at
        and phrase_end(words, at + 1) == len(words)
    ):
        return replace(form, words=(*words[1:], words[0] + "+"))
    return form


def _contained(form: Form) -> Form:
    """`fields contained by X` as `X fields`."""
    words = list(form.words)
    is_held = form.intent is Intent.LIST and not form.auxiliary and len(words) > 3
    if is_held and words[0] in _MEMBERS and words[1] in _HELD and words[2] in {"by", "in"}:
        owner = words[3:]
        if phrase_end(owner, 0) == len(owner) and not is_path(owner[-1]):
            return replace(form, words=(*owner, words[0]))
    return form


_MEMBERS = word_set("fields columns members methods properties variants")
_HELD = frozenset(("contained+", "held+"))


def _default_first(form: Form) -> Form:
    """`evaluation default batch size` as `default evaluation batch size`."""
    words = form.words
    if form.intent is not Intent.WHAT or form.auxiliary or words.count("default") != 1:
        return form
    if phrase_end(list(words), 0) < len(words) or words[-1] == "default":
        return form
    rest = [word for word in words if word != "default"]
    return replace(form, words=("default", *rest))


_OF_WORDS: tuple[tuple[frozenset[str], Callable[[Form], Form]], ...] = (
    (frozenset(("after",)), _after_done),
    (frozenset(("after", "before")), _after_doing),
    (frozenset(("for",)), _placed_for),
    (frozenset(("behavior",)), _behaving),
    (frozenset(("not",)), _not_done),
    (frozenset(("by",)), _listed_agent_first),
    (frozenset(("by",)), _done_in_code),
    (_TIMELY, _times_last),
    (frozenset(("applies", "on", "for")), _applying),
    (frozenset(("default",)), _set_by_default),
    (_SET, _set_for),
    (frozenset(("used", "used+")), _used_for_doing),
    (frozenset(("of",)), _described_done),
    (_HELD, _contained),
    (frozenset(_EXTENTS), _how_long),
)
"""In the order in which they are applied, each with the words of which it needs one."""


def phrased(form: Form) -> Form:
    """The form with all rules applied that have a word in it."""
    if any(_is_manner(word) for word in form.words):
        form = _manner_first(form)
    words = frozenset(form.words)
    for needed, rule in _OF_WORDS:
        if not needed.isdisjoint(words):
            form = rule(form)
            words = frozenset(form.words)
    return form


RULES: tuple[Callable[[Form], Form], ...] = (phrased,)
LAST: tuple[Callable[[Form], Form], ...] = (_default_first,)
"""Those that are applied to compounds."""
