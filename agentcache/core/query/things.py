"""Loosening rules for questions for things: which, list, what is, is there.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from dataclasses import replace

from agentcache.core.query.clauses import passive_of
from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    ATTRIBUTES,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    KINDS,
    MODIFIERS,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.listing import agreeing
from agentcache.core.query.nouns import is_boundary, phrase_end
from agentcache.core.query.tokens import is_path

_REPOSITORY = frozenset(("repository", "project"))
_GETS = frozenset(("get", "gets"))
_DESCRIBED = word_set("structure layout format schema shape signature")
_TAKEN = frozenset(("taken+", "accepted+"))
_OFFERED = frozenset(("provided+", "offered+"))
_COMMANDS = word_set(
    "command commands script scripts option flag setting envvar endpoint function method helper "
    "hook tool utility library module crate middleware decorator algorithm"
)
_AGENTS_OF_NOTHING = word_set(
    "code codebase repository this-repository project library program package"
)
_DESCRIBING = (["of"], ["'s"], ["for"], ["that"], ["which"], ["from"], ["behind"], ["with"])
"""What may say which code is meant: `by the code of the loader`."""
_TYPE_KINDS = KINDS | word_set("struct interface trait enum")
_HERE_WORDS = frozenset(("repository", "project", "codebase"))


def _phrase_end(words: list[str], start: int) -> int:
    """The end of a noun phrase in which a marked participle is no noun."""
    end = phrase_end(words, start)
    return next((at for at in range(start, end) if words[at].endswith("+")), end)


def here(form: Form) -> Form:
    """One word for `this project` and `our codebase`; `by the code` says nothing."""
    words: list[str] = []
    for word in form.words:
        if word in _HERE_WORDS and words and words[-1] in {"this", "our"}:
            words[-1] = "this-repository"
        else:
            words.append(word)
    for at in range(1, len(words) - 1):
        is_agent = words[at] == "by" and words[at + 1] in _AGENTS_OF_NOTHING
        if is_agent and is_boundary(words, at + 2) and words[at + 2 : at + 3] not in _DESCRIBING:
            words = [*words[:at], *words[at + 2 :]]
            break
    return make_form(form.intent, form.auxiliary, words)


def marked(form: Form) -> Form:
    """`events emitted by X` and `events be emitted by X` alike, verbs we do not know included."""
    words = list(form.words)
    if form.intent not in {Intent.LIST, Intent.HOW_MANY}:
        return form
    if form.auxiliary == FINITE:
        at = next((at for at, word in enumerate(words) if word in _GETS), len(words))
        if at + 1 >= len(words) or words[at + 1] not in PARTICIPLES:
            return form
        words = [*words[:at], words[at + 1] + "+", *words[at + 2 :]]
        return make_form(form.intent, "", words)
    if form.auxiliary:
        return form
    for at in range(1, len(words)):
        follows = words[at + 1] if at + 1 < len(words) else "in"
        is_done = words[at] in PARTICIPLES or words[at].endswith("ed")
        if not is_done or follows not in PREPOSITIONS:
            continue
        before = words[: at - 1] if words[at - 1] == "be" and at > 1 else words[:at]
        if before and not is_boundary(before, len(before) - 1):
            return replace(form, words=(*before, words[at] + "+", *words[at + 1 :]))
    return form


def raised(form: Form) -> Form:
    """`exceptions that X can raise` as `errors raised by X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or words[0] not in {"exceptions", "errors"}:
        return form
    if form.auxiliary == FINITE and words[1:4] == ["can", "be", "raised"]:
        return make_form(Intent.LIST, "", ["errors", "raised+", *words[4:]])
    if "raised+" in words[1:2] and not form.auxiliary:
        return replace(form, words=("errors", *words[1:]))
    return form


def offered(form: Form) -> Form:
    """`commands that the tool offers` as `commands of the tool`; `return type of X` as a verb."""
    words = list(form.words)
    is_type = form.intent is Intent.WHAT and words[:3] == ["return", "type", "of"]
    if is_type and form.auxiliary != "was":
        return make_form(Intent.LIST, "", ["type", "returned+", "by", *words[3:]])
    if form.intent is not Intent.LIST or form.auxiliary:
        return form
    for at in range(1, len(words) - 2):
        if words[at] in _OFFERED and words[at + 1] == "by":
            owner = words[at + 2 :]
            is_whole = phrase_end(words[:at], 0) == at and phrase_end(owner, 0) == len(owner)
            return replace(form, words=(*owner, *words[:at])) if is_whole else form
    return form


def own_parameters(form: Form) -> Form:
    """`parameters that X takes`, `parameters to X` as `parameters of X`."""
    words = list(form.words)
    if form.intent is Intent.LIST and words[:2] == ["parameters", "to"] and len(words) == 3:
        return replace(form, words=(words[2], "parameters"))
    is_taken = form.intent is Intent.LIST and not form.auxiliary and len(words) == 4
    if is_taken and words[0] == "parameters" and words[1] in _TAKEN and words[2] == "by":
        return replace(form, words=(words[3], "parameters"))
    return form


def doing_things(form: Form) -> Form:
    """`tests covering the flow` as `tests that cover the flow`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary:
        return form
    for at in range(1, min(3, len(words) - 1)):
        is_plural = words[at - 1].endswith("s") and not words[at - 1].endswith("ss")
        finite = agreeing(words[at : at + 1], words[at - 1])
        if finite and is_plural and not is_boundary(words, at + 1):
            return make_form(Intent.LIST, FINITE, [*words[:at], finite, *words[at + 1 :]])
    return form


def available(form: Form) -> Form:
    """`which X are available` as `list the X`."""
    words = form.words
    if form.intent is Intent.LIST and not form.auxiliary and words[-2:] == ("be", "available"):
        return replace(form, words=words[:-2]) if len(words) > 2 else form
    return form


def thing_done(form: Form) -> Form:
    """`what is the database used by X` as `which database is used by X`."""
    words = list(form.words)
    if form.intent is not Intent.WHAT or form.auxiliary or words[0] == "a":
        return form
    end = phrase_end(words, 0)
    if 0 < end < len(words) - 1 and words[end] in PARTICIPLES:
        return make_form(Intent.LIST, "", [*words[:end], words[end] + "+", *words[end + 1 :]])
    if 0 < end < len(words) - 1 and words[end] == "that" and words[end + 1] in BASE_OF_THIRD:
        return make_form(Intent.LIST, FINITE, [*words[:end], *words[end + 1 :]])
    return form


def what_done(form: Form) -> Form:
    """`what does X return if Y` as `what is returned by X if Y`."""
    words = list(form.words)
    if form.intent is not Intent.WHAT or form.auxiliary != "does":
        return form
    at = next((at for at, word in enumerate(words) if at and word in BASES), 0)
    if not at or phrase_end(words, 0) < at or words[at] not in AGENTIVE:
        return form
    if at + 1 < len(words) and words[at + 1] in CONNECTIVES:
        done = [PARTICIPLE_OF[words[at]] + "+", "by", *words[:at], *words[at + 1 :]]
        return make_form(Intent.LIST, "", done)
    return form


def used_to(form: Form) -> Form:
    """`which command is used to run X`, `the command to run X` as `which command runs X`."""
    words = list(form.words)
    if form.intent is Intent.LIST and not form.auxiliary:
        marks = [["used+", "to"]]
    elif form.intent is Intent.WHAT and not form.auxiliary:
        marks = [["to"]]
    else:
        return form
    for at in range(1, len(words) - 2):
        size = next((len(mark) for mark in marks if words[at : at + len(mark)] == mark), 0)
        base = words[at + size]
        if words[at : at + 2] == ["used+", "for"] and at + 3 < len(words) and len(marks[0]) > 1:
            size, base = 2, BASE_OF_GERUND.get(words[at + 2], "")
        if not size or base not in BASES or words[at - 1] not in _COMMANDS:
            continue
        finite = _finite(base, words[at - 1])
        return make_form(Intent.LIST, FINITE, [*words[:at], finite, *words[at + size + 1 :]])
    return form


_GERUND_OF = {base: gerund for gerund, base in BASE_OF_GERUND.items()}


def _finite(base: str, noun: str) -> str:
    return agreeing([_GERUND_OF[base]], noun) or base


def used_by_default(form: Form) -> Form:
    """`which X is used by default` as `what is the default X`."""
    words = list(form.words)
    is_listed = form.intent is Intent.LIST and not form.auxiliary and "used+" in words
    if not is_listed or words[-2:] != ["by", "default"]:
        return form
    at = words.index("used+")
    things, by = words[:at], words[at + 1 : -2]
    if not things or phrase_end(things, 0) < at or things[-1].endswith("s"):
        return form
    if not by:
        return make_form(Intent.WHAT, "", ["default", *things])
    if by[0] == "by" and len(by) > 1 and phrase_end(by, 1) == len(by):
        return make_form(Intent.WHAT, "", [*by[1:], "default", *things])
    return form


def value_asked(form: Form) -> Form:
    """`which type does X have` as `what is the type of X`; `versions of X` as `X versions`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or len(words) < 2:
        return form
    if words[:2] == ["value", "be"] and words[-2:] in (["set+", "to"], ["set", "to"]):
        return make_form(Intent.WHAT, "", [*words[2:-2], "value"])
    if words[:2] == ["value", "does"] and words[-1] in {"hold", "have"} and len(words) > 3:
        return make_form(Intent.WHAT, "", [*words[2:-1], "value"])
    if words[0] in ATTRIBUTES and words[1] == "be" and phrase_end(words, 2) == len(words) > 2:
        return make_form(Intent.WHAT, "", [*words[2:], words[0]])
    if words[1] == "of" and (words[0] in ATTRIBUTES or words[0].removesuffix("s") in ATTRIBUTES):
        end = _phrase_end(words, 2)
        if end > 2 and not (end == 3 and words[2] in MODIFIERS):
            words = [*words[2:end], words[0], *words[end:]]
    is_value = words[-1] in ATTRIBUTES and not words[-1].endswith("s")
    if is_value and phrase_end(words, 0) == len(words):
        return make_form(Intent.WHAT, "", words)
    return make_form(form.intent, form.auxiliary, words)


def value_set(form: Form) -> Form:
    """`what is X set to`, `what is X equal to` as `what is the value of X`."""
    words = list(form.words)
    is_asked = form.intent is Intent.WHAT and not form.auxiliary and len(words) > 2
    if (
        is_asked
        and words[-1] == "to"
        and words[-2] in {"set", "set+", "equal"}
        and phrase_end(words[:-2], 0) == len(words) - 2
    ):
        return replace(form, words=(*words[:-2], "value"))
    return form


def described(form: Form) -> Form:
    """`describe the structure of X` as `what is the structure of X`; what this is about."""
    words = list(form.words)
    is_one = len(words) > 1 and phrase_end(words, 0) == len(words)
    if form.intent is Intent.EXPLAIN and is_one and words[-1] in _DESCRIBED:
        return make_form(Intent.WHAT, "", words)
    if form.intent is Intent.WHAT and words == ["this-repository", "about"]:
        return make_form(Intent.DOES_WHAT, "does", words[:1])
    return form


def named(form: Form) -> Form:
    """`what does the Scheduler class do` as `explain Scheduler`: what has a name of its own."""
    words = list(form.words)
    if form.intent not in {Intent.DOES_WHAT, Intent.EXPLAIN}:
        return form
    if len(words) == 2 and words[0][0] == "`" and words[1] in _TYPE_KINDS:
        words = words[:1]
    elif len(words) == 2 and words[1][0] == "`" and words[0] in _TYPE_KINDS:
        words = words[1:]
    if len(words) == 1 and words[0][0] == "`" and form.auxiliary in {"", "does"}:
        return make_form(Intent.EXPLAIN, "", words)
    return form


def contained(form: Form) -> Form:
    """`what does PATH contain`, `the contents of PATH` as `what is in PATH`."""
    words = list(form.words)
    if len(words) == 2 and is_path(words[0]):
        is_verb = form.intent is Intent.WHAT and form.auxiliary == "does" and words[1] == "contain"
        if is_verb or (form.intent is Intent.LIST and words[1] == "contents"):
            return make_form(Intent.LIST, "", ["in", words[0]])
    if form.intent is Intent.LIST and words[:2] == ["contents", "of"] and len(words) == 3:
        return make_form(Intent.LIST, "", ["in", words[2]]) if is_path(words[2]) else form
    return form


def exists(form: Form) -> Form:
    """`does the project have X`, `does a X exist` as `is there a X`."""
    words = list(form.words)
    if form.intent is not Intent.YES_NO or form.auxiliary != "do":
        return form
    if words[0] in _REPOSITORY and words[1:2] in (["have"], ["include"]) and len(words) > 2:
        rest = words[3:] if words[2] == "any" else words[2:]
        return make_form(Intent.EXISTS, "", rest) if rest else form
    if words[-1] == "exist" and phrase_end(words[:-1], 0) == len(words) - 1 > 0:
        return make_form(Intent.EXISTS, "", words[:-1])
    return form


def is_done(form: Form) -> Form:
    """`do X get cached`, `do we cache X` and `does S cache X` as `are X cached (by S)`."""
    words = list(form.words)
    if form.intent is not Intent.YES_NO or form.auxiliary != "do":
        return form
    if words[0] == "we":
        passive = passive_of(words[1:])
        return make_form(Intent.YES_NO, "be", passive) if passive else form
    for at in range(1, len(words) - 1):
        if words[at] == "get" and words[at + 1] in PARTICIPLES:
            return make_form(Intent.YES_NO, "be", [*words[:at], *words[at + 1 :]])
    return _with_agent(words) or form


def _with_agent(words: list[str]) -> Form | None:
    verbs = [at for at, word in enumerate(words) if at and word in BASES]
    if len(verbs) != 1 or words[verbs[0]] not in AGENTIVE:
        return None
    subject, things = words[: verbs[0]], words[verbs[0] + 1 :]
    if "default" in words:
        return None
    if not things or phrase_end(subject, 0) < len(subject) or phrase_end(things, 0) < len(things):
        return None
    done = PARTICIPLE_OF[words[verbs[0]]]
    return make_form(Intent.YES_NO, "be", [*things, done, "by", *subject])


RULES = (
    here, value_set, marked, raised, offered, own_parameters, doing_things, available, thing_done,
    what_done, used_to, used_by_default, value_asked, described, named, contained, exists, is_done,
)  # fmt: skip
"""In the order in which they are applied."""
