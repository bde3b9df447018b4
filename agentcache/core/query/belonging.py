"""Loosening rules for who does, holds, has and needs what, and where it belongs.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BASE_OF_DONE,
    CONNECTIVES,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.likeness import SAME_WORD
from agentcache.core.query.nominal import done_by
from agentcache.core.query.nouns import phrase_end

_PARAMETERS = frozenset(("parameter", "parameters"))
_MACHINE_DOES = frozenset(
    SAME_WORD.get(third, third)
    for third in map(
        THIRD_OF.__getitem__,
        word_set(
            "call invoke set clear emit dispatch publish acquire release allocate free close open "
            "flush invalidate evict trigger register unregister spawn increment decrement reset "
            "refresh throw catch raise instantiate initialize mutate enqueue dequeue"
        ),
    )
)
_PEOPLE_DO = word_set("publishes releases opens closes registers triggers allocates")
"""What only code does to what has a name in it: `who closes stale issues`."""


def who_does(form: Form) -> Form:
    """`who emits X` as `what emits X`, for what only code does."""
    is_named = any(word[0] == "`" for word in form.words)
    if form.words[0] in _PEOPLE_DO and not is_named:
        return form
    if form.intent is Intent.WHO and len(form.words) > 1 and form.words[0] in _MACHINE_DOES:
        return make_form(Intent.LIST, FINITE, list(form.words))
    return form


def its_own(form: Form) -> Form:
    """`how does X send its Y to Z` as `how is the X Y sent to Z`."""
    words = list(form.words)
    is_asked = form.intent in {Intent.HOW, Intent.WHERE} and form.auxiliary == "do-one"
    if not is_asked or words.count("its") != 1 or set(words) & CONNECTIVES:
        return form
    at = words.index("its")
    subject, verb, rest = words[: at - 1], words[at - 1], words[at + 1 :]
    end = phrase_end(rest, 0)
    if not subject or verb not in AGENTIVE or phrase_end(subject, 0) < len(subject) or not end:
        return form
    things, place = rest[:end], rest[end:]
    is_place = place[:1] and place[0] in PREPOSITIONS - {"of", "by"}
    if not is_place or phrase_end(place, 1) < len(place) or "not" in rest:
        return form
    done = PARTICIPLE_OF[verb]
    return make_form(form.intent, "be", [*subject, *things, SAME_WORD.get(done, done), *place])


_MANNER_OF = {
    adverb.removesuffix("ally") if adverb.endswith("ically") else adverb.removesuffix("ly"): adverb
    for adverb in word_set(
        "recursively iteratively eagerly asynchronously synchronously concurrently incrementally "
        "automatically periodically dynamically atomically statically optimistically manually "
        "speculatively"
    )
} | {"lazy": "lazily"}  # fmt: skip


def in_manner(form: Form) -> Form:
    """`explain the recursive flattening of X` as `how is X recursively flattened`."""
    words = list(form.words)
    if form.intent is Intent.HOW and form.auxiliary == "be" and len(words) > 2:
        said = _MANNER_OF.get(words[-2].removesuffix("~")) if words[-2].endswith("~") else None
        is_told = said and words[-1] in PARTICIPLES and phrase_end(words[:-2], 0) == len(words) - 2
        return replace(form, words=(*words[:-2], said or "", words[-1])) if is_told else form
    is_work = form.intent is Intent.HOW and form.auxiliary in {"do-one", "do-many"}
    if is_work and words[-1:] == ["work"]:
        words = words[:-1]
    elif form.intent is not Intent.EXPLAIN:
        return form
    adverb = _MANNER_OF.get(words[0])
    if adverb is None or len(words) < 4 or words[2] != "of":
        return form
    done = done_by(words[1], is_object_told=True)
    if done is None or phrase_end(words, 3) < len(words):
        return form
    return make_form(Intent.HOW, "be", [*words[3:], adverb, done])


_PLACES_OF = {
    ("mount", "point"): "mounted", ("storage", "location"): "stored",
    ("insertion", "point"): "inserted", ("injection", "point"): "injected",
}  # fmt: skip


def place_of(form: Form) -> Form:
    """`find the mount point of X` as `where is X mounted`."""
    words = list(form.words)
    if form.intent is not Intent.WHERE or form.auxiliary != "be" or len(words) < 4:
        return form
    done = _PLACES_OF.get((words[0], words[1]))
    if done is None or words[2] != "of" or phrase_end(words, 3) < len(words):
        return form
    return make_form(Intent.WHERE, "be", [*words[3:], done])


def having(form: Form) -> Form:
    """`tables with an index` as `tables that have an index`; `without` likewise."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary:
        return form
    end = phrase_end(words, 0)
    joint = words[end] if end < len(words) else ""
    if not end or joint not in {"with", "without"} or words[end - 1].endswith("+"):
        return form
    things, had = words[:end], words[end + 1 :]
    is_many = things[-1].endswith("s") and not things[-1].endswith(("ss", "us", "is"))
    if not is_many or not had or phrase_end(had, 0) < len(had) or things[-1] == "files":
        return form
    have = ["have"] if joint == "with" else ["do", "not", "have"]
    return make_form(Intent.LIST, FINITE, [*things, *have, *had])


_HOLDERS = word_set(
    "header struct class module package crate enum trait interface table column field variable "
    "envvar constant map registry section key cookie"
)
_HELD = frozenset(("held+", "contained+", "declared+"))


def held_in(form: Form) -> Form:
    """`in which header is X declared` as `which header declares X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words[-1] != "in" or len(words) < 5:
        return form
    be = words.index("be") if "be" in words else 0
    is_plain = (
        be and phrase_end(words[:be], 0) == be and phrase_end(words, be + 1) >= len(words) - 2
    )
    if not is_plain or words[-2] not in _HELD or words[be - 1] not in _HOLDERS:
        return form
    third = THIRD_OF[BASE_OF_DONE[words[-2].removesuffix("+")]]
    return make_form(Intent.LIST, FINITE, [*words[:be], third, *words[be + 1 : -2]])


_STRUCTS = word_set("struct enum trait interface")
_PARTS = word_set("fields members variants methods")


def parts_of_kind(form: Form) -> Form:
    """`fields of the X struct` as `fields of X`."""
    words = form.words
    is_list = form.intent is Intent.LIST and not form.auxiliary and len(words) == 3
    if is_list and words[0][0] == "`" and words[1] in _STRUCTS and words[2] in _PARTS:
        return replace(form, words=(words[0], words[2]))
    return form


def pinned(form: Form) -> Form:
    """`to which version is X pinned` as `which version of X is pinned`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words[:2] != ["version", "be"]:
        return form
    at = words.index("pinned+") if "pinned+" in words else 0
    rest = ["in" if word == "by" else word for word in words[at + 1 :]]
    if at < 3 or rest.count("to") != 1 or phrase_end(words[:at], 2) < at:
        return form
    if "to" not in (rest[0], rest[-1]):
        return form
    rest = [word for word in rest if word != "to"]
    return replace(form, words=(*words[2:at], "version", "pinned+", *rest))


def needed(form: Form) -> Form:
    """`fields needed by X` as `needed fields of X`."""
    words = list(form.words)
    at = words.index("needed+") if "needed+" in words else 0
    if form.intent is not Intent.LIST or form.auxiliary or not at:
        return form
    if at + 1 == len(words) and words[1:2] == ["of"] and words[0] in _OWN:
        is_whole = phrase_end(words[:at], 2) == at > 2
        return replace(form, words=("needed+", *words[:at])) if is_whole else form
    if len(words) < at + 3:
        return form
    owner = words[at + 2 :]
    is_plain = phrase_end(words[:at], 0) == at and phrase_end(owner, 0) == len(owner)
    if words[at + 1] not in {"by", "in"} or not is_plain or words[at - 1] not in _OWN:
        return form
    return replace(form, words=("needed+", *words[:at], "of", *owner))


_OWN = word_set("fields parameters variables columns options properties props inputs settings keys")


def from_there(form: Form) -> Form:
    """`messages from Y accepted by X` as `messages accepted by X from Y`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words.count("from") != 1:
        return form
    at = words.index("from")
    done = next((spot for spot in range(at, len(words)) if words[spot].endswith("+")), 0)
    place, by = words[at:done], words[done + 1 :]
    is_plain = phrase_end(words, 0) == at and phrase_end(place, 1) == len(place) > 1
    if not at or not done or not is_plain or by[:1] != ["by"] or len(by) < 2:
        return form
    if phrase_end(by, 1) < len(by) or by[1] == "default":
        return form
    return replace(form, words=(*words[:at], words[done], *by, *place))


def is_there(form: Form) -> Form:
    """`does a test for X exist` as `is there a test for X`."""
    words = form.words
    if form.intent is not Intent.YES_NO or form.auxiliary != "do" or words[-1] != "exist":
        return form
    things = list(words[:-1])
    end = phrase_end(things, 0)
    is_two = 0 < end < len(things) - 1 and things[end] in {"for", "of"}
    if not is_two or phrase_end(things, end + 1) < len(things) or "not" in things:
        return form
    return make_form(Intent.EXISTS, "", things)


def parameter_to(form: Form) -> Form:
    """`second parameter to X` as `second parameter of X`."""
    words = list(form.words)
    at = words.index("to") if words.count("to") == 1 else 0
    is_named = 0 < at < len(words) - 1 and words[at + 1][0] == "`" and "from" not in words
    if form.intent is not Intent.WHAT or not is_named or words[at - 1] not in _PARAMETERS:
        return form
    return replace(form, words=(*words[:at], "of", *words[at + 1 :]))


OF_WORDS: tuple[tuple[frozenset[str], Callable[[Form], Form]], ...] = (
    (_MACHINE_DOES, who_does),
    (frozenset(("its",)), its_own),
    (frozenset((*_MANNER_OF, *(f"{word}~" for word in _MANNER_OF))), in_manner),
    (frozenset(("point", "location")), place_of),
    (frozenset(("with", "without")), having),
    (_HELD, held_in),
    (_STRUCTS, parts_of_kind),
    (frozenset(("pinned+",)), pinned),
    (frozenset(("needed+",)), needed),
    (frozenset(("from",)), from_there),
    (frozenset(("exist",)), is_there),
    (_PARAMETERS, parameter_to),
)
"""In the order in which they are applied, each with the words of which it needs one."""
