"""Loosening rules for nouns that name a doing: `explain image caching`, `on component insertion`.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable

from agentcache.core.query.clauses import passive_of
from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BASE_OF_DONE,
    BASE_OF_GERUND,
    BASES,
    CONNECTIVES,
    PARTICIPLE_OF,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.likeness import (
    DONE_AT_SIDES,
    DONE_NOUNS,
    NEVER_OBJECTS,
    OBJECT_NOUNS,
    SAME_WORD,
    SIDES,
)
from agentcache.core.query.nouns import is_boundary, phrase_end

_LABILE = word_set(
    "run work start stop fail change return crash exit scale poll listen behave begin belong blend "
    "collapse communicate compensate conform contribute depend differ end exist expand expire fit "
    "finish grow happen interact iterate join live mean move navigate occur react recur rely "
    "respond resume rotate shrink sleep spin split step survive talk wait wake walk have get"
)
"""Verbs that also say what their subject does by itself: `explain worker polling`."""
_MEDIA = word_set(
    "disk memory redis ram cpu gpu thread process task service module system engine daemon node "
    "host bot machine app application core kernel database network browser plugin cluster runtime "
    "backend frontend job test edge cloud regex user agent client"
)
"""Nouns that may stand before a doing without being what it is done to: `disk caching`."""
_DOES = word_set("do does perform performs")
_DOERS = ("er", "or", "ent", "ant", "ist", "api", "cli")
_NO_DOERS = word_set(
    "error order header number buffer color vector cursor tensor pointer parameter character layer "
    "folder letter filter event component document content comment argument element statement "
    "segment payment fragment constant attachment deployment payment refund identifier"
)
"""Nouns that end like doers and are what is done to."""
_AFTER_DOING = PREPOSITIONS - {"of", "for", "by"}
_PLACED_BY_PAIR = {
    "conversion": "converted", "mapping": "mapped", "translation": "translated",
    "transformation": "converted",
}  # fmt: skip
"""Nouns of turning one thing into another, certain where both things are named."""


def done_by(noun: str, *, is_object_told: bool = False) -> str | None:
    """The participle that says the same as a noun of doing: `caching` as `cached`.

    `is_object_told`: `of X` follows, so that the noun before it cannot be where it is done.
    """
    if noun in DONE_NOUNS:
        return DONE_NOUNS[noun]
    if is_object_told and noun in OBJECT_NOUNS:
        return OBJECT_NOUNS[noun]
    base = BASE_OF_GERUND.get(noun)
    if base is None or base in _LABILE or not (is_object_told or base in AGENTIVE):
        return None
    done = PARTICIPLE_OF[base]
    return SAME_WORD.get(done, done)


def _is_doer(noun: str) -> bool:
    if noun.rstrip("s") in _NO_DOERS:
        return False
    return noun[0] in '`"#' or noun in _MEDIA or noun.rstrip("s").endswith(_DOERS)


def _explained(form: Form) -> Form:
    """`explain image caching in X`, `how does the caching of images work` as how it is done."""
    words = list(form.words)
    if (
        form.intent is Intent.HOW
        and form.auxiliary in {"do-one", "do-many"}
        and "work" in words[1:]
    ):
        at = words.index("work", 1)
        if words[at + 1 : at + 2] == ["for"]:
            return make_form(form.intent, form.auxiliary, [*words[:at], *words[at + 1 :], "work"])
        if at + 1 < len(words) and words[at + 1] not in _AFTER_DOING:
            return form
        words = [*words[:at], *words[at + 1 :]]
    elif form.intent is not Intent.EXPLAIN:
        return form
    done = object_first(words) or _compound(words)
    return make_form(Intent.HOW, "be", done) if done else form


def object_first(words: list[str]) -> list[str] | None:
    """`caching of images in X` as `images cached in X`."""
    if len(words) > 4 and words[0] in _PLACED_BY_PAIR and words[1] == "from":
        end = phrase_end(words, 2)
        is_pair = end > 2 and words[end : end + 1] in (["to"], ["into"])
        return [*words[2:end], _PLACED_BY_PAIR[words[0]], *words[end:]] if is_pair else None
    if (owned := _owned_doing(words)) is not None:
        return owned
    done = done_by(words[0], is_object_told=True) if len(words) > 2 else None
    if words[1:2] != ["of"] or done is None:
        return None
    end = phrase_end(words, 2)
    if end == 2 or (end < len(words) and words[end] not in _AFTER_DOING | {"by"}):
        return None
    return [*words[2:end], done, *words[end:]]


def _owned_doing(words: list[str]) -> list[str] | None:
    """`S's caching of images` as `images cached by S`; `download and caching of images`."""
    if len(words) > 4 and words[1] == "and" and words[3] == "of":
        both = [done_by(words[at], is_object_told=True) for at in (0, 2)]
        end = phrase_end(words, 4)
        if both[0] and both[1] and end == len(words):
            return [*words[4:], both[0], "and", both[1]]
    if words.count("'s") != 1 or words.count("of") != 1:
        return None
    at = words.index("'s")
    done = done_by(words[at + 1], is_object_told=True) if words[at + 2 : at + 3] == ["of"] else None
    end = phrase_end(words, at + 3)
    if done is None or phrase_end(words, 0) < at or not at or end == at + 3:
        return None
    if BASE_OF_DONE.get(done) not in AGENTIVE:
        return None  # `the user's grouping of X`: what is grouped by user is not what he groups
    return [*words[at + 3 : end], done, "by", *words[:at], *words[end:]]


def _compound(words: list[str]) -> list[str] | None:
    """`image caching in X` as `images cached in X`."""
    end = phrase_end(words, 0)
    if end < 2 or (end < len(words) and words[end] not in _AFTER_DOING):
        return None
    done, thing = done_by(words[end - 1]), words[end - 2]
    if thing in SIDES and words[end - 1] in DONE_AT_SIDES:
        return None
    if done is None or (_is_doer(thing) and words[end - 1] not in DONE_NOUNS):
        return None
    return [*words[: end - 2], thing + "~", done, *words[end:]]


def _found_done(form: Form) -> Form:
    """`find the conversion of A to B`, `where does the caching of X happen` as where it is done."""
    words = list(form.words)
    if form.intent is Intent.LIST and not form.auxiliary and words[1:2] == ["of"]:
        end = phrase_end(words, 2)
        if words[0] in _PLACED_BY_PAIR and words[end : end + 1] in (["to"], ["into"]) and end > 2:
            turned = [*words[2:end], _PLACED_BY_PAIR[words[0]], *words[end:]]
            return make_form(Intent.WHERE, "be", turned)
    if form.intent is not Intent.WHERE:
        return form
    at = next((at for at, word in enumerate(words) if word in {"happen", "occur"}), 0)
    is_placed = at + 1 == len(words) or words[at + 1] in _AFTER_DOING
    if at and is_placed and form.auxiliary in {"do-one", "do-many"}:
        doing = [*words[:at], *words[at + 1 :]]
        done = object_first(doing) or _compound(doing)
        return make_form(Intent.WHERE, "be", done) if done else form
    return form


def doing_that(form: Form) -> Form:
    """`class does the expansion of X` as `class expands X`."""
    if form.intent is not Intent.LIST or _DOES.isdisjoint(form.words):
        return form
    words = list(form.words)
    at = next((at for at, word in enumerate(words) if at and word in _DOES), 0)
    if not at or form.auxiliary not in {FINITE, ""} or phrase_end(words, 0) < at:
        return form
    if words[at + 2 : at + 3] == ["of"]:
        done, things = done_by(words[at + 1], is_object_told=True), words[at + 3 :]
        if phrase_end(things, 0) == 0:
            return form
    else:  # `does token validation`, and not `does token validation call`
        placed = None if words[-1] in BASES else _placed_compound(words[at + 1 :])
        done, things = (placed[-1], placed[:-1]) if placed else (None, [])
    base = BASE_OF_DONE.get(done or "")
    if base is None:
        return form
    verb = THIRD_OF[base] if words[at] in {"does", "performs"} else base
    return make_form(form.intent, FINITE, [*words[:at], verb, *things])


_TURNED = frozenset(
    ("converted", "mapped", "translated", "compiled", "serialized", "deserialized", "parsed")
)


def _turned(form: Form) -> Form:
    """`converted into X` as `converted to X`."""
    if "into" not in form.words:
        return form
    words = list(form.words)
    for at in range(len(words) - 1):
        if words[at].removesuffix("+") in _TURNED and words[at + 1] == "into":
            words[at + 1] = "to"
    return make_form(form.intent, form.auxiliary, words)


def _reason(form: Form) -> Form:
    """`the reason for adding X to Y` as why X is added to Y."""
    words = list(form.words)
    if form.intent is not Intent.WHAT or form.auxiliary or words[:2] != ["reason", "for"]:
        return form
    rest = words[2:]
    if owned := _owned_doing(rest):
        return make_form(Intent.WHY, "be", owned)
    base = BASE_OF_GERUND.get(rest[0]) if rest else None
    if base and (passive := passive_of([base, *rest[1:]])):
        return make_form(Intent.WHY, "be", passive)
    end = next((at for at in range(1, len(rest)) if rest[at] in BASE_OF_GERUND), 0)
    is_subject = end and not any(word in PREPOSITIONS | CONNECTIVES for word in rest[:end])
    if is_subject and end + 1 < len(rest) and not is_boundary(rest, end - 1):
        return make_form(
            Intent.WHY, "do-one", [*rest[:end], BASE_OF_GERUND[rest[end]], *rest[end + 1 :]]
        )
    return form


def _on_doing(form: Form) -> Form:
    """`on component insertion` as `if component is inserted`."""
    words = list(form.words)
    if words.count("on") != 1 or set(words) & {"if", "when", "by"}:
        return form
    at = words.index("on")
    if not at or phrase_end(words, at + 1) < len(words) or len(words) - at < 3:
        return form
    done = DONE_NOUNS.get(words[-1])
    if done is None or words[-2][0] in "`#":
        return form
    return make_form(
        form.intent, form.auxiliary, [*words[:at], "if", *words[at + 1 : -1], "is", done]
    )


def _placed_compound(words: list[str]) -> list[str] | None:
    """`sensor calibration`, said of code, as `sensor calibrated`."""
    done = DONE_NOUNS.get(words[-1]) or OBJECT_NOUNS.get(words[-1]) if len(words) > 1 else None
    if done is None or words[-2] in SIDES or words[-1] in NEVER_OBJECTS:
        return None
    return [*words[:-2], words[-2] + "~", done] if phrase_end(words, 0) == len(words) else None


def _code_doing(form: Form) -> Form:
    """`the code registering X`, `the code for the generation of X` as where it is done."""
    words = list(form.words)
    if (
        form.intent is not Intent.WHERE
        or form.auxiliary != "be"
        or not {words[0], words[-1]} & {"code", "logic"}
    ):
        return form
    if words[0] not in {"code", "logic"}:
        done = _placed_compound(words[:-1])
        return make_form(Intent.WHERE, "be", done) if done else form
    rest = words[1:]
    if rest[:1] == ["for"] and (done := object_first(rest[1:]) or _compound(rest[1:])):
        return make_form(Intent.WHERE, "be", done)
    base = BASE_OF_GERUND.get(rest[0]) if rest else None
    passive = passive_of([base, *rest[1:]]) if base else None
    return make_form(Intent.WHERE, "be", passive) if passive else form


RULES: tuple[Callable[[Form], Form], ...] = (
    _explained, _found_done, _reason, _on_doing, _code_doing, _turned,
)  # fmt: skip
"""In the order in which they are applied."""
