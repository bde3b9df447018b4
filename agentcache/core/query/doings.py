"""Loosening rules for questions for what is done: where, how, why, when, explain.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.clauses import passive_of
from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    NAMED_KINDS,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.likeness import (
    DOER_NOUNS,
    DONE_AT_SIDES,
    DONE_NOUNS,
    MECHANISMS,
    NEVER_OBJECTS,
    OBJECT_NOUNS,
    PLACED_NOUNS,
    SIDES,
)
from agentcache.core.query.nominal import object_first
from agentcache.core.query.nouns import is_boundary, phrase_end

_ASKED_OF_CLAUSES = frozenset((Intent.WHERE, Intent.HOW, Intent.WHY, Intent.WHEN))
_UNPLAIN = word_set("its it their them itself themselves not never only also to default")
_HAPPENING = frozenset(("happen", "work", "occur"))
_PERFORMED = frozenset(("performed", "done", "run"))
_CODE_HEADS = (["code"], ["logic"], ["part", "of", "code"], ["part", "of", "codebase"],
               ["piece", "of", "code"], ["code", "path"])  # fmt: skip
_CODE_FIRST = frozenset(head[0] for head in _CODE_HEADS) | {"file"}
_DEFINES = word_set(
    "defines declares implements configures registers sets initializes creates exports parses "
    "handles generates builds computes loads"
)
_DECIDING = word_set(
    "decide determine know check control see find tell detect define choose depend depends decides "
    "determines knows checks controls sees finds tells detects defines chooses decided determined "
    "chosen deciding determining knowing checking of on"
)
ALL_DONE = DONE_NOUNS | OBJECT_NOUNS
_ALL_NOUNS = frozenset(ALL_DONE)
_BASE_OF_DONE = {participle: verb for verb, participle in PARTICIPLE_OF.items()}


def _code_as_where(form: Form) -> Form:
    """`which code parses dates`, `the code that parses dates` as `where are dates parsed`."""
    if not form.words or form.words[0] not in _CODE_FIRST:
        return form
    words = list(form.words)
    is_where = form.intent is Intent.WHERE and form.auxiliary == "be"
    is_list = form.intent is Intent.LIST and form.auxiliary in {FINITE, ""}
    if not is_where and not is_list:
        return form
    for head in (*_CODE_HEADS, *([["file"]] if is_list else [])):
        rest = words[len(head) :]
        is_file = head == ["file"] and rest[:1] and rest[0] not in _DEFINES
        if words[: len(head)] == head and rest and not is_file:
            return (_told_after(rest) if is_where else _told_to_do(rest)) or form
    return form


def _told_after(rest: list[str]) -> Form | None:
    """`that parses dates`, `responsible for parsing dates`, said of code."""
    if rest[0] in {"that", "which", "for", "to"}:
        return _done(rest[1:])
    return _done(rest[2:]) if rest[:2] == ["responsible", "for"] else None


def _told_to_do(rest: list[str]) -> Form | None:
    """`parses dates`, `is responsible for the parsing of dates`, said of code."""
    rest = rest[1:] if rest[0] == "be" else rest
    if rest[:2] != ["responsible", "for"]:
        return _done(rest)
    done = object_first(rest[2:])
    return make_form(Intent.WHERE, "be", done) if done else _done(rest[2:])


def _done(words: list[str]) -> Form | None:
    """`parses dates in X` as where it is done."""
    base = BASE_OF_THIRD.get(words[0]) or BASE_OF_GERUND.get(words[0]) if words else None
    if base is None and words and words[0] in BASES:
        base = words[0]
    at = words.index("if") if "if" in words[2:] else len(words)
    passive = passive_of([base, *words[1:at]]) if base else None
    if passive:
        passive += words[at:]
    return make_form(Intent.WHERE, "be", passive) if passive else None


def _doing_as_done(form: Form) -> Form:
    """`explain the handling of X`, `where is the X validation` as how or where it is done."""
    if form.intent is Intent.EXPLAIN:
        nouns, intent = _ALL_NOUNS, Intent.HOW
    elif form.intent is Intent.WHERE and form.auxiliary == "be":
        nouns, intent = PLACED_NOUNS, Intent.WHERE
    else:
        return form
    words = list(form.words)
    if len(words) > 2 and words[0] in nouns and words[1] == "of":
        end = phrase_end(words, 2)
        done = [*words[2:end], ALL_DONE[words[0]], *words[end:]]
        return make_form(intent, "be", done) if end > 2 and "of" not in done else form
    words = _with_owner_first(words)
    if words[-2:-1] and words[-2] in SIDES and words[-1] in DONE_AT_SIDES | OBJECT_NOUNS.keys():
        return form
    is_named = len(words) > 1 and words[-1] in nouns and words[-1] not in NEVER_OBJECTS
    if is_named and phrase_end(words[:-1], 0) == len(words) - 1:
        done = [*words[:-2], words[-2] + "~", ALL_DONE[words[-1]]]
        return make_form(intent, "be", done)
    return form


def _with_owner_first(words: list[str]) -> list[str]:
    """`validation of tokens in X` stays; `X implementation of Y` as `Y X implementation`."""
    if words.count("of") != 1 or words[-1] == "of":
        return words
    at = words.index("of")
    if at < 2 or phrase_end(words, at + 1) < len(words):
        return words
    return [*words[at + 1 :], *words[:at]]


def _doer_as_done(form: Form) -> Form:
    """`where is the dispatcher of messages` as `where are messages dispatched`."""
    words = list(form.words)
    is_where = form.intent is Intent.WHERE and form.auxiliary == "be"
    if not is_where or len(words) < 3 or words[0] not in DOER_NOUNS or words[1] != "of":
        return form
    if phrase_end(words, 2) < len(words) or any(word[0] == "`" for word in words):
        return form  # what an identifier names may have a parser of its own
    return make_form(Intent.WHERE, "be", [*words[2:], DOER_NOUNS[words[0]]])


def _mechanism_as_how(form: Form) -> Form:
    """`explain the retry mechanism` as `how does the retry mechanism work`."""
    words = list(form.words)
    if form.intent is not Intent.EXPLAIN or len(words) < 2 or words[-1] not in MECHANISMS:
        return form
    if phrase_end(words, 0) < len(words):
        return form
    return make_form(Intent.HOW, "do-one", [*words, "work"])


def _when_as_if(form: Form) -> Form:
    """`which tests fail when X` as `if X`; `decides when` is another thing than `decides if`."""
    words = list(form.words)
    for at in range(1, len(words) - 1):
        is_condition = words[at - 1] not in _DECIDING and words[at + 1] != "to"
        if words[at] == "whether" or (words[at] == "when" and is_condition):
            words[at] = "if"
    return make_form(form.intent, form.auxiliary, words)


def _its_own(form: Form) -> Form:
    """`how does the cache compute its key` as `how is the cache key computed`."""
    words = list(form.words)
    if form.intent not in {Intent.HOW, Intent.WHERE} or form.auxiliary != "do-one":
        return form
    if words.count("its") != 1:
        return form
    at = words.index("its")
    subject, verb, things = words[: at - 1], words[at - 1], words[at + 1 :]
    if not subject or not things or verb not in AGENTIVE:
        return form
    if phrase_end(subject, 0) < len(subject) or phrase_end(things, 0) < len(things):
        return form
    return make_form(form.intent, "be", [*subject, *things, PARTICIPLE_OF[verb]])


def _implemented_in(form: Form) -> Form:
    """`how is X implemented in Y` as `how is the Y X implemented`, and of no other verb."""
    words = list(form.words)
    if (
        form.intent is not Intent.HOW
        or words.count("implemented") != 1
        or words[0] == "implemented"
    ):
        return form
    at = words.index("implemented")
    things, place = words[:at], words[at + 2 :]
    if words[at + 1 : at + 2] != ["in"] or not at or phrase_end(things, 0) < at or not place:
        return form
    if phrase_end(place, 0) < len(place) or place[0][0] == "`":
        return form
    return replace(form, words=(*place, *things, "implemented"))


def _asked_how_to(form: Form) -> Form:
    """`how can X be cleared` as `how do I clear X`."""
    words = list(form.words)
    if form.intent is not Intent.HOW or form.auxiliary != "can" or words.count("be") != 1:
        return form
    at = words.index("be")
    base = _BASE_OF_DONE.get(words[at + 1]) if at + 1 < len(words) else None
    if base is None or not at or not (CONNECTIVES | {",", "not"}).isdisjoint(words[:at]):
        return form
    return make_form(Intent.HOW_TO, "", [base, *words[:at], *words[at + 2 :]])


_FROM_THERE = {(done, "from") for done in ("called", "used")}


def _called_from(form: Form) -> Form:
    """`where is X called from` as `where is X called`; what is sent from there is sent there."""
    is_where = form.intent is Intent.WHERE and form.auxiliary == "be"
    if is_where and form.words[-2:] in _FROM_THERE:
        return replace(form, words=form.words[:-1])
    return form


def _in_which_file(form: Form) -> Form:
    """`which file is X defined in`, `which file contains the definition of X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or words[0] != "file" or len(words) < 4:
        return form
    if words[1] == "be" and words[-1] == "in" and words[-2] in PARTICIPLES:
        return make_form(Intent.WHERE, "be", words[2:-1])
    if words[1] == "contains" and words[2] == "definition" and words[3] == "of":
        return make_form(Intent.WHERE, "be", [*words[4:], "defined"])
    return form


def _with_agent(form: Form) -> Form:
    """`how does S V O in X` as `how is O V-ed by S in X`."""
    words = list(form.words)
    if form.auxiliary not in {"do-one", "do-many"} or form.intent not in _ASKED_OF_CLAUSES:
        return form
    if words[0].endswith("?"):
        return form  # `how long does X wait`
    verbs = [at for at, word in enumerate(words) if at and word in AGENTIVE]
    ends = (at for at, word in enumerate(words) if word in PREPOSITIONS)
    end = next(ends, len(words))
    if not verbs or verbs[0] != verbs[-1] or words[end : end + 1] == ["of"]:
        return form
    at = verbs[0]
    subject, things = words[:at], words[at + 1 : end]
    if not things or at > end or phrase_end(subject, 0) < at:
        return form
    if set(words) & _UNPLAIN or phrase_end(things, 0) < len(things) or set(words) & CONNECTIVES:
        return form
    done = [*things, PARTICIPLE_OF[words[at]], "by", *subject, *words[end:]]
    return make_form(form.intent, "be", done)


def _agent_first(form: Form) -> Form:
    """`O V-ed in X by S` as `O V-ed by S in X`."""
    words = list(form.words)
    if form.auxiliary != "be" or words.count("by") != 1 or "of" in words:
        return form
    by = words.index("by")
    at = next((at for at, word in enumerate(words) if at and word in PARTICIPLES), by)
    between = words[at + 1 : by]
    if not between or between[0] not in PREPOSITIONS or phrase_end(words, by + 1) < len(words):
        return form
    return replace(form, words=(*words[: at + 1], *words[by:], *between))


def _taking_place(form: Form) -> Form:
    """`where does token validation happen`, `how does it work` as where and how it is done."""
    words = list(form.words)
    is_active = form.auxiliary in {"do-one", "do-many"} and words[-1] in _HAPPENING
    is_passive = form.auxiliary == "be" and words[-1] in _PERFORMED
    if form.intent not in _ASKED_OF_CLAUSES or not (is_active or is_passive) or len(words) < 3:
        return form
    if words[-1] == "work" and form.intent is not Intent.HOW:
        return form
    words = words[:-1]
    if words[-2:-1] and words[-2] in SIDES and words[-1] in DONE_AT_SIDES | OBJECT_NOUNS.keys():
        return form
    if done := object_first(words):
        return make_form(form.intent, "be", done)
    is_done = words[-1] in ALL_DONE.keys() - NEVER_OBJECTS and len(words) > 1
    if is_done and phrase_end(words[:-1], 0) == len(words) - 1:
        return make_form(form.intent, "be", [*words[:-2], words[-2] + "~", ALL_DONE[words[-1]]])
    return form


def _without_kinds(form: Form) -> Form:
    """`the constant MAX_SIZE` as `MAX_SIZE`, where nothing else can hang on the word."""
    words = list(form.words)
    for at, word in enumerate(words):
        if word[0] != "`":
            continue
        if at and words[at - 1] in NAMED_KINDS and _is_end(words, at + 1):
            return replace(form, words=(*words[: at - 1], *words[at:]))
        is_after = at + 1 < len(words) and words[at + 1] in NAMED_KINDS
        if is_after and _is_end(words, at + 2):
            return replace(form, words=(*words[: at + 1], *words[at + 2 :]))
    return form


def _is_end(words: list[str], at: int) -> bool:
    return is_boundary(words, at) or words[at] in PARTICIPLES or words[at].endswith("+")


def _sorted_places(form: Form) -> Form:
    """`read from X at Y` and `read at Y from X` in one order."""
    words = list(form.words)
    starts = [at for at, word in enumerate(words) if word in PREPOSITIONS]
    if form.intent not in _ASKED_OF_CLAUSES or form.auxiliary != "be" or len(starts) < 2:
        return form
    if words[starts[0] - 1] not in PARTICIPLES or "of" in words:
        return form
    ends = [*starts[1:], len(words)]
    places = [words[start:end] for start, end in zip(starts, ends, strict=True)]
    if len({place[0] for place in places}) < len(places) or any(len(p) < 2 for p in places):
        return form
    if any(phrase_end(place, 1) < len(place) for place in places):
        return form
    ordered = [word for place in sorted(places) for word in place]
    return replace(form, words=(*words[: starts[0]], *ordered))


RULES: tuple[Callable[[Form], Form], ...] = (
    _code_as_where,
    _doing_as_done,
    _doer_as_done,
    _mechanism_as_how,
    _when_as_if,
    _without_kinds,
    _taking_place,
    _its_own,
    _with_agent,
    _agent_first,
    _sorted_places,
    _implemented_in,
    _asked_how_to,
    _called_from,
    _in_which_file,
)
"""In the order in which they are applied."""
