"""Loosening rules for questions for things whose wording is freer: `things`, `support for`.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    ATTRIBUTES,
    BASE_OF_DONE,
    DEFINABLES,
    PARTICIPLES,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.listing import held_by
from agentcache.core.query.nouns import phrase_end
from agentcache.core.query.tokens import is_path

_MEASURES = word_set(
    "depth width height capacity limit interval period rate count threshold port address precision "
    "delay priority level url host mode backend format strategy policy"
)
_HOLDING = frozenset(("held+", "contained+"))
_IN_ITSELF = frozenset(("declared+", "defined+", "listed+", "documented+", "specified+"))


def counted(form: Form) -> Form:
    """`number of threads spawned by X` as `how many threads are spawned by X`."""
    words = list(form.words)
    if form.intent is not Intent.HOW_MANY or form.auxiliary not in {FINITE, ""}:
        return form
    for at in range(1, len(words) - 2):
        is_relative = words[at] == "that" and words[at + 1] == "are"
        if is_relative and words[at + 2] in PARTICIPLES and phrase_end(words, 0) == at:
            marked = [*words[:at], words[at + 2] + "+", *words[at + 3 :]]
            return make_form(Intent.HOW_MANY, "", marked)
        if words[at] in PARTICIPLES and words[at + 1] == "by" and phrase_end(words, 0) == at:
            marked = [*words[:at], words[at] + "+", *words[at + 1 :]]
            return make_form(Intent.HOW_MANY, "", marked)
    return form


def called_from(form: Form) -> Form:
    """`functions is X called from` as `functions call X`."""
    words = form.words
    if form.intent is not Intent.LIST or form.auxiliary or len(words) != 5:
        return form
    is_called = words[:2] == ("functions", "be") and words[3:] in (
        ("called+", "from"), ("called+", "by"),
    )  # fmt: skip
    if not is_called or words[2][0] != "`":
        return form
    return Form(Intent.LIST, FINITE, ("functions", "call", words[2]))


_HISTORY = word_set("migration commit version release")


def in_history(form: Form) -> Form:
    """`which migration added X`, `in which migration was X added` as `which migration adds X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary != FINITE or words[0] not in _HISTORY:
        return form
    third = THIRD_OF.get(BASE_OF_DONE.get(words[1], "")) if len(words) > 2 else None
    if third and words[1] not in {"run", "set", "put", "cut"}:
        return replace(form, words=(words[0], third, *words[2:]))
    if len(words) > 4 and words[1] == "was" and words[-1] == "in":
        third = THIRD_OF.get(BASE_OF_DONE.get(words[-2], ""))
        is_thing = phrase_end(words[:-2], 2) == len(words) - 2
        return replace(form, words=(words[0], third, *words[2:-2])) if third and is_thing else form
    return form


def of_things(form: Form) -> Form:
    """`which things are enabled by X` as `what is enabled by X`; `existing X` as `X`."""
    words = form.words
    if form.intent is not Intent.LIST or form.auxiliary or len(words) < 2:
        return form
    if (words[0] == "things" and words[1].endswith("+")) or words[:2] == ("value", "returned+"):
        return replace(form, words=words[1:])
    is_many = words[-1].endswith("s") and phrase_end(list(words), 0) > 1
    if words[0] in {"existing", "available"} and is_many:
        return replace(form, words=words[1:])
    return form


def in_itself(form: Form) -> Form:
    """`declared by the manifest` as `declared in the manifest`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary:
        return form
    is_held = len(words) > 2 and words[0] in _HOLDING and words[1] == "by"
    if is_held and words[0] == "contained+" and len(words) == 3 and is_path(words[2]):
        return replace(form, words=("in", words[2]))
    if is_held and words[2] != "default" and not is_path(words[2]):
        return replace(form, words=(words[0], "in", *words[2:]))
    for at in range(1, len(words) - 2):
        is_by = words[at] in _IN_ITSELF and words[at + 1] in {"by", "in"}
        if is_by and words[at - 1] in DEFINABLES and words[at] in {"declared+", "defined+"}:
            return replace(form, words=(*words[:at], "in", *words[at + 2 :]))
        if is_by and words[at + 2] != "default" and phrase_end(words, at + 2) == len(words):
            return replace(form, words=(*words[: at + 1], "in", *words[at + 2 :]))
    return form


def held(form: Form) -> Form:
    """`what is the struct that X is held by` as `which struct holds X`."""
    words = list(form.words)
    if form.intent is not Intent.WHAT or form.auxiliary or "that" not in words[1:]:
        return form
    at = words.index("that")
    if phrase_end(words[:at], 0) < at:
        return form
    finite = held_by(words[:at], words[at + 1 :])
    return make_form(Intent.LIST, FINITE, finite) if finite else form


def implementing(form: Form) -> Form:
    """`implementations of X` as `classes that implement X`."""
    words = form.words
    is_list = form.intent is Intent.LIST and not form.auxiliary and len(words) == 3
    if is_list and words[:2] == ("implementations", "of") and words[2][0] == "`":
        return make_form(Intent.LIST, FINITE, ["classes", "implement", words[2]])
    return form


def measured(form: Form) -> Form:
    """`what depth does X have` as `what is the depth of X`."""
    words = form.words
    if form.intent is not Intent.LIST or form.auxiliary or len(words) < 2:
        return form
    end = words.index("of") if words.count("of") == 1 else len(words)
    head = words[end - 1] if end else ""
    is_plain = len(words) > 1 and "be" not in words and head.isalpha() and head.islower()
    if any(word.endswith("+") for word in words):
        return form
    is_value = head in _MEASURES | ATTRIBUTES or is_plain
    is_value = is_value and not head.endswith("s")
    if not is_value or not end or phrase_end(list(words), 0) < end:
        return form
    is_whole = end == len(words) or phrase_end(list(words), end + 1) == len(words)
    return make_form(Intent.WHAT, "", list(words)) if is_whole else form


def default_first(form: Form) -> Form:
    """`gravity default in X`, from `default value of gravity`, as `default gravity in X`."""
    words = list(form.words)
    if form.intent is not Intent.WHAT or form.auxiliary or words.count("default") != 1:
        return form
    at = words.index("default")
    rest = words[at + 1 :]
    if not at or phrase_end(words, 0) < at or any(word[0] in '`"#' for word in words[:at]):
        return form
    if rest and (rest[0] not in {"in", "of", "for"} or phrase_end(rest, 1) < len(rest)):
        return form
    return replace(form, words=("default", *words[:at], *rest))


def supported(form: Form) -> Form:
    """`is there support for X` as `is X supported`."""
    words = list(form.words)
    if form.intent is not Intent.EXISTS or words[:2] != ["support", "for"]:
        return form
    end = phrase_end(words, 2)
    if end > 2 and words[end : end + 1] == ["in"] and phrase_end(words, end + 1) == len(words):
        return make_form(Intent.YES_NO, "be", [*words[2:end], "supported", "by", *words[end + 1 :]])
    if end == 2 or end < len(words):
        return form
    return make_form(Intent.YES_NO, "be", [*words[2:], "supported"])


def extreme_first(form: Form) -> Form:
    """`upload maximum size`, from `maximum size of an upload`, as `maximum upload size`."""
    words = form.words
    if form.intent is not Intent.WHAT or form.auxiliary:
        return form
    extremes = [word for word in words if word in {"maximum", "minimum"}]
    if len(extremes) != 1 or phrase_end(list(words), 0) < len(words):
        return form
    rest = [word for word in words if word != extremes[0]]
    return replace(form, words=(extremes[0], *rest)) if rest else form


RULES: tuple[Callable[[Form], Form], ...] = (
    counted, called_from, in_history, of_things, in_itself, held, implementing, measured,
    default_first, supported,
)  # fmt: skip
"""In the order in which they are applied."""

LAST: tuple[Callable[[Form], Form], ...] = (extreme_first,)
"""Those that are applied to compounds."""
