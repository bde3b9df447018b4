"""Loosening rules for how a name and its kind are most often said again.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.form import Form, Intent
from agentcache.core.query.lexicon import (
    BASE_OF_THIRD,
    BASES,
    NAMED_KINDS,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_DEFINED = frozenset(("defined", "declared", "implemented"))
_CALLABLE = frozenset(("function", "method"))
_SAID_OF_CALLS = (("signature",), ("return", "type"))
_KINDS = (("error", "code"), ("feature", "flag"), ("envvar",))
_ASKED = frozenset((Intent.WHERE, Intent.HOW, Intent.WHEN, Intent.WHY))


def definition_asked(form: Form) -> Form:
    """`where is the class X`, `which file has the X class` as where the class X is defined.

    It reads a form whose names still have their kinds.
    """
    words = form.words
    if form.intent is Intent.LIST and words[:2] in (("file", "contains"), ("file", "be")):
        is_in = words[1] == "be"
        if is_in != (words[-1] == "in") or is_in != (form.auxiliary == ""):
            return form
        words = words[2:-1] if is_in else words[2:]
    elif form.intent is not Intent.WHERE or form.auxiliary != "be":
        return form
    if len(words) != 2 or words[0][0] == words[1][0] or "`" not in {words[0][0], words[1][0]}:
        return form
    name, kind = words if words[0][0] == "`" else words[::-1]
    return Form(Intent.WHERE, "be", (name, kind, "defined")) if kind in _DEFINED_KINDS else form


_DEFINED_KINDS = word_set("class function method struct interface trait enum")


def defined_there(form: Form) -> Form:
    """`find the X class definition` as `where is the X class defined`."""
    words = form.words
    if form.intent is not Intent.WHERE or form.auxiliary != "be" or len(words) != 3:
        return form
    # `class~`: a definition of the kind of a class, as the rules before this one read it
    is_kind = words[1].endswith("~") and words[1][:-1] in NAMED_KINDS
    if words[0][0] != "`" or not is_kind or words[2] not in _DEFINED:
        return form
    return replace(form, words=(words[0], words[2]))


def signature_of(form: Form) -> Form:
    """`signature of the function X`, `function signature of X` as `signature of X`."""
    words = form.words
    if form.intent is not Intent.WHAT or form.auxiliary or len(words) < 3:
        return form
    if words[0][0] == "`" and words[1] in _CALLABLE and words[2:] in _SAID_OF_CALLS:
        return replace(form, words=(words[0], *words[2:]))
    is_of = words[-2] == "of" and words[-1][0] == "`" and words[0] in _CALLABLE
    if is_of and words[1:-2] in _SAID_OF_CALLS:
        return replace(form, words=(words[-1], *words[1:-2]))
    return form


def kind_last(form: Form) -> Form:
    """`where is the error code X raised` as `where is the X error code raised`."""
    words = form.words
    if form.intent not in _ASKED or form.auxiliary != "be":
        return form
    for kind in _KINDS:
        before, at = kind[:-1], len(kind)
        if words[:at] == kind:
            name, rest = words[at : at + 1], words[at + 1 :]
        elif (*words[: at - 1], *words[at : at + 1]) == kind and before:
            name, rest = words[at - 1 : at], words[at + 1 :]
        else:
            continue
        is_done = rest[:1] and rest[0] in PARTICIPLES
        is_end = len(rest) == 1 or (len(rest) > 2 and rest[1] in PREPOSITIONS)
        if name and name[0][0] == "`" and is_done and is_end:
            return replace(form, words=(*name, *kind, *rest))
    return form


def which_as_that(tokens: list[str]) -> list[str]:
    """`the tests which cover X` as `the tests that cover X`, where nothing else is a clause."""
    at = tokens.index("which") if tokens.count("which") == 1 else 0
    follows = tokens[at + 1] if at + 1 < len(tokens) else ""
    start = 1 if tokens[:1] == ["the"] else 0
    is_verb = follows in BASES or follows in BASE_OF_THIRD or follows in {"is", "are"}
    if at <= start or not is_verb or phrase_end(tokens, start) != at:
        return tokens
    return [*tokens[:at], "that", *tokens[at + 1 :]]


def responsible_in_full(words: list[str]) -> list[str]:
    """`module responsible for X` as `module that is responsible for X`."""
    at = words.index("responsible") if "responsible" in words else 0
    is_short = at and words[at + 1 : at + 2] == ["for"] and phrase_end(words, 0) == at + 1
    return [*words[:at], "that", "is", *words[at:]] if is_short and words[at + 2 :] else words


RULES: tuple[Callable[[Form], Form], ...] = (defined_there, signature_of, kind_last)
