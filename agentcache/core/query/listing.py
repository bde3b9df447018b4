"""Questions for things of a kind: which, list, find, show; all of them in one order of words."""

from agentcache.core.query.clauses import Clause, agent_passive, mark
from agentcache.core.query.form import FINITE, Form, Intent, from_nominal, make_form
from agentcache.core.query.lexicon import (
    ARTICLES,
    ATTRIBUTES,
    AUXILIARIES,
    BASE_OF_DONE,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    DEFINABLES,
    DO,
    HAVE,
    MODALS,
    NEGATIONS,
    PARTICIPLES,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.likely import responsible_in_full, which_as_that
from agentcache.core.query.nouns import (
    drop_articles,
    is_boundary,
    is_plain_phrase,
    join_nouns,
    nouns_in_place,
    phrase_end,
)
from agentcache.core.query.restating import does_inside, several
from agentcache.core.query.tokens import NotCanonicalError, is_path

_HELD_IN = word_set("hold define declare implement contain")
_HOLDS = word_set("have contain include define declare")
HERE = (["this", "repository"], ["this", "project"], ["codebase"], ["we"])
_TOOLS = word_set(
    "command script function method flag option setting target tool helper utility query hook"
)
"""What is named by what it does."""
DOERS = word_set(
    "module class function method package component service crate struct script pass trait "
    "controller plugin subsystem library layer middleware migration hook"
)
"""What does itself what is done in it."""
_DONE_THERE = word_set("imported used defined declared implemented called mentioned referenced")
_OWN_WORDS = frozenset(("that", "which", "who"))


def ask_which(tokens: list[str]) -> Form:
    """`which X ...`, `what X ...`: the first token is not looked at."""
    return make_form(Intent.LIST, *which_words(tokens[1:]))


def which_words(tokens: list[str]) -> Clause:
    """The clause after `which`: a verb is marked FINITE, a passive by the sign of `mark`."""
    words = drop_articles(tokens)
    if passive := _object_relative(tokens):
        return "", passive
    at = next((at for at, word in enumerate(words) if word in AUXILIARIES), None)
    if not at or _has_clause(words[:at]):
        return _holding(words)
    things, head, rest = join_nouns(words[:at]), words[at], words[at + 1 :]
    if head in {"is", "are"}:
        return _which_are(things, rest)
    if head in {"do", "does"}:
        return _which_do(things, head, rest)
    return _modal_passive(things, head, rest) or _holding([*things, *words[at:]])


def _has_clause(words: list[str]) -> bool:
    """`test verifies that keys`, `runs if it` before `are`: the auxiliary of a second clause."""
    if any(word in {"if", "when", "while", "once", "unless", "until"} for word in words[1:]):
        return True
    at = words.index("that") if "that" in words else 0
    return at > 1 and words[at - 1] in BASE_OF_THIRD


def _modal_passive(things: list[str], head: str, rest: list[str]) -> Clause | None:
    """`trait must a component implement` as `trait must be implemented by a component`."""
    passive = agent_passive(rest) if head in MODALS and len(rest) > 1 else None
    if passive and head == "can" and rest[-1] in {"raise", "throw"}:
        return "", [*things, *passive]
    if passive is None or rest[-1] not in BASES:
        return None
    return FINITE, [*things, head, "be", passive[0].removesuffix("+"), *passive[1:]]


def _holding(words: list[str]) -> Clause:
    """`file has X` as `file contains X`; `X exist` as `X`."""
    if words[-1:] == ["exist"] and len(words) > 1:
        return "", words[:-1]
    if len(words) > 2 and words[0] in {"file", "files"} and words[1] in HAVE:
        words = [words[0], "contains" if words[1] == "has" else "contain", *words[2:]]
    return FINITE, words


def _object_relative(tokens: list[str]) -> list[str] | None:
    """`crates the parser uses` as `crates used by parser`; the article shows where S begins."""
    at = next((at for at, token in enumerate(tokens) if at and _opens(token)), len(tokens))
    things, clause = tokens[:at], drop_articles(tokens[at:])
    if len(clause) < 2 or phrase_end(things, 0) < at or not at:
        return None
    if any(word in BASES or word in BASE_OF_THIRD for word in things):
        return None
    base = base_of(clause[-1])
    passive = agent_passive([*clause[:-1], base]) if base else None
    return [*drop_articles(things), *passive] if passive else None


def base_of(third: str) -> str | None:
    """The base of a verb with its `s`, also of one that we do not know."""
    if third in BASE_OF_THIRD:
        return BASE_OF_THIRD[third]
    base = third.removesuffix("s")
    is_regular = third.endswith("s") and not third.endswith(("ss", "us", "is", "es"))
    return base if is_regular and third.isalpha() and third.islower() else None


def _opens(token: str) -> bool:
    """Whether a token begins a noun phrase of its own."""
    return token in ARTICLES or token in {"this", "our"} or token[0] == "`"


def _which_are(things: list[str], rest: list[str]) -> Clause:
    is_inside = rest[-1:] == ["in"] and things[-1] in DOERS and len(rest) > 1
    if is_inside and rest[-2] in PARTICIPLES and does_inside(things[-1], BASE_OF_DONE[rest[-2]]):
        return FINITE, [*things, THIRD_OF[BASE_OF_DONE[rest[-2]]], *rest[:-2]]
    if rest[:2] == ["responsible", "for"] and (finite := agreeing(rest[2:3], things[-1])):
        return FINITE, [*things, finite, *rest[3:]]
    return "", _without_be(things, rest)


def _without_be(things: list[str], rest: list[str]) -> list[str]:
    if not rest:
        return [*things, "be"]
    if rest == ["there"] or (rest[0] == "there" and rest[1] in PREPOSITIONS):
        return nouns_in_place([*things, *rest[1:]])
    if rest[0] in {"defined", "declared"} and rest[1:2] == ["in"] and things[-1] in DEFINABLES:
        return [*things, *rest[1:]]
    is_bare = rest[0] in PARTICIPLES or rest[0] == "in"
    return [*things, *mark_first(rest)] if is_bare else [*things, "be", *rest]


def mark_first(words: list[str]) -> list[str]:
    """The words with a leading participle marked as passive."""
    return [words[0] + "+", *words[1:]] if words[0] in PARTICIPLES else words


def agreeing(gerund: list[str], noun: str) -> str | None:
    """The finite form of a gerund that goes with a noun; None if it is not a verb we know."""
    base = BASE_OF_GERUND.get(gerund[0]) if gerund else None
    if base is None:
        return None
    is_plural = noun.endswith("s") and not noun.endswith("ss")
    return base if is_plural else THIRD_OF[base]


def _which_do(things: list[str], head: str, rest: list[str]) -> Clause:
    if rest[-1:] and rest[-1] in _HOLDS and rest[:-1] in HERE:
        return "", things
    if len(rest) == 2 and rest[-1] in _HOLDS and is_path(rest[0]) and things[-1] in DEFINABLES:
        return "", [*things, "in", rest[0]]
    if len(rest) > 1 and rest[-1] == "have" and "of" not in things and phrase_end(rest, 0) > 0:
        return "", join_nouns([*things, "of", *rest[:-1]])
    return _which_done(things, head, rest)


def _which_done(things: list[str], head: str, rest: list[str]) -> Clause:
    if rest[:1] == ["we"] and rest[1:2] and rest[1] in BASES and is_boundary(rest, 2):
        return "", [*things, mark(rest[1]), *rest[2:]]
    if rest[:1] == ["not"]:
        return FINITE, [*things, head, *rest]
    if rest[:1] != ["we"] and (passive_by := _denied(rest) or agent_passive(rest)):
        return "", [*things, *passive_by]
    return "", [*things, "do" if head == "do" else "does", *rest]


def _denied(rest: list[str]) -> list[str] | None:
    """`S not V` as `be not V-ed by S`."""
    if rest.count("not") != 1 or not 0 < phrase_end(rest, 0) == rest.index("not"):
        return None
    denied = agent_passive([word for word in rest if word != "not"])
    return ["be", "not", denied[0].removesuffix("+"), *denied[1:]] if denied else None


def held_there(tokens: list[str], at: int) -> Form | None:
    """`in which directory are X`, `in which files is X used` as `which directory contains X`."""
    things, rest = tokens[1:at], drop_articles(tokens[at + 1 :])
    is_many = things[-1].endswith("s")
    is_live = tokens[at] in DO and rest[-1:] in (["live"], ["reside"])
    if is_live:
        rest = rest[:-1]
    if (is_live or tokens[at] in {"is", "are"}) and rest and phrase_end(rest, 0) == len(rest):
        return ask_which([*things, "contain" if is_many else "contains", *rest])
    is_named = len(rest) == 2 and rest[0][0] == "`" and tokens[at] in {"is", "are"}
    if is_many and is_named and rest[1] in _DONE_THERE:
        return ask_which([*things, BASE_OF_DONE[rest[1]], rest[0]])
    return None


def doing_thing(tokens: list[str]) -> Form | None:
    """`the class handling the webhooks`, `the test verifying that ...` as `which class handles`.

    An article, a name or a plural after the gerund shows that it is none of a compound.
    """
    at = next((at for at, token in enumerate(tokens) if at > 1 and token in BASE_OF_GERUND), 0)
    if not at or at + 1 >= len(tokens) or tokens[0] != "the" or tokens[1] in NEGATIONS:
        return None
    things, rest = tokens[1:at], tokens[at + 1 :]
    if phrase_end(things, 0) < len(things) or not things[-1].isalpha():
        return None
    end = phrase_end(rest, 0)
    is_plural = end > 0 and rest[end - 1].endswith("s") and not rest[end - 1].endswith("ss")
    is_clause = rest[0] in ARTICLES or rest[0][0] in '`"' or rest[0] == "that"
    if not is_clause and not (is_plural and rest[0] not in PREPOSITIONS):
        return None
    finite = agreeing(tokens[at : at + 1], things[-1])
    words = drop_articles([*things, finite or "", *rest])
    return make_form(Intent.LIST, FINITE, words) if finite else None


def for_doing(tokens: list[str]) -> Form | None:
    """`the option for setting X`, `the target to build X` as `which option sets X`."""
    at = next((at for at, token in enumerate(tokens) if token in {"for", "to"}), 0)
    if at < 2 or at + 2 >= len(tokens) or tokens[0] != "the" or tokens[at - 1] not in _TOOLS:
        return None
    verb = tokens[at + 1]
    base = BASE_OF_GERUND.get(verb) if tokens[at] == "for" else verb
    things = tokens[1:at]
    if base not in BASES or phrase_end(things, 0) < len(things):
        return None
    words = drop_articles([*things, THIRD_OF[base or ""], *tokens[at + 2 :]])
    return make_form(Intent.LIST, FINITE, words)


def ask_list(tokens: list[str]) -> Form:
    """`list X`: everything that is X."""
    rest = tokens[1:]
    if rest[:1] == ["all"]:
        rest = rest[2:] if rest[1:2] == ["of"] else rest[1:]
    elif rest[:1] == ["every"]:
        rest = _plural(rest[1:])
        if "that" in rest[1:-1] and rest[rest.index("that") + 1] in BASE_OF_THIRD:
            at = rest.index("that") + 1
            rest = [*rest[:at], BASE_OF_THIRD[rest[at]], *rest[at + 1 :]]
    words = drop_articles(rest)
    if not words:
        raise NotCanonicalError(tokens[0])
    if passive := _object_relative(rest[1:] if rest[0] in ARTICLES else rest):
        return make_form(Intent.LIST, "", passive)
    return _listed(words)


def _listed(words: list[str]) -> Form:
    if callers := callers_of(words):
        return callers
    if words[:2] == ["subclasses", "of"] and len(words) == 3:
        return make_form(Intent.LIST, FINITE, ["classes", "extend", words[2]])
    if words[0] in {"usages", "uses"} and words[1:2] == ["of"] and (used := from_nominal(words)):
        return make_form(Intent.WHERE, "be", used)
    head, words = words[0], responsible_in_full(join_nouns(words))
    end = phrase_end(words, 0)
    if 0 < end < len(words) - 1 and words[end] in _OWN_WORDS:
        return make_form(Intent.LIST, *_relative(words[:end], words[end:]))
    if finite := _with_subject(words):
        return make_form(Intent.LIST, FINITE, finite)
    is_owner = words[0] in PARTICIPLES and words[0] != head  # `columns of the indexed table`
    return make_form(Intent.LIST, "", words if is_owner else list_words(words))


def list_words(words: list[str]) -> list[str]:
    """The things to be listed with what narrows them, as `which` would ask for them."""
    end = phrase_end(words, 0)
    if words[0] in PARTICIPLES and end > 1 and words[end : end + 1] in ([], ["in"]):
        return [*words[1:end], words[0] + "+", *words[end:]]
    for at in range(1, len(words) - 1):
        if words[at] in {"defined", "declared"} and words[at + 1] == "in":
            return _without_be(words[:at], words[at:])
        if words[at] in PARTICIPLES and (words[at + 1] in PREPOSITIONS):
            return [*words[:at], *mark_first(words[at:])]
    if words[-1] in PARTICIPLES and len(words) > 1:
        return [*words[:-1], words[-1] + "+"]
    return nouns_in_place(words)


def _relative(things: list[str], rest: list[str]) -> Clause:
    """`things that are used`, `things that use X`, `things that X uses`."""
    clause = rest[1:]
    if clause[0] in {"is", "are"}:
        return _which_are(things, clause[1:])
    if clause[0] in AUXILIARIES or clause[0] in BASES or clause[0] in BASE_OF_THIRD:
        return _holding([*things, *clause])
    if by := held_by(things, clause):
        return FINITE, by
    base = base_of(clause[-1]) or clause[-1]
    passive = agent_passive([*clause[:-1], base])
    return "", [*things, *(passive or rest)]


def held_by(things: list[str], clause: list[str]) -> list[str] | None:
    """`struct that X is held by` as `struct holds X`; also `in`, where the thing itself does it."""
    if clause[-1:] not in (["by"], ["in"]) or not set(clause[-2:-1]) & PARTICIPLES:
        return None
    base = BASE_OF_DONE[clause[-2]]
    if clause[-1] == "in" and base not in _HELD_IN:
        return None
    at = phrase_end(clause, 0)
    if not 0 < at == len(clause) - 3 or clause[at] not in {"is", "are"}:
        return None
    is_many = things[-1].endswith("s") and not things[-1].endswith("ss")
    return [*things, base if is_many else THIRD_OF[base], *clause[:at]]


def _with_subject(words: list[str]) -> list[str] | None:
    """`services calling foo` as `services call foo`."""
    for at in range(1, len(words) - 1):
        follows = words[at + 1]
        is_verb = words[at] in BASE_OF_GERUND and words[at - 1] not in PREPOSITIONS
        if is_verb and (follows in PREPOSITIONS or follows[0] in '`"'):
            finite = agreeing(words[at : at + 1], words[at - 1])
            return [*words[:at], finite, *words[at + 1 :]] if finite else None
    return None


def _plural(words: list[str]) -> list[str]:
    """`TODO comment in X` as `TODO comments in X`."""
    end = phrase_end(words, 0)
    end = next((at for at in range(1, end) if _is_doing(words, at)), end)
    things = several(words[:end])
    if things is None:
        raise NotCanonicalError(" ".join(words))
    return [*things, *words[end:]]


def _is_doing(words: list[str], at: int) -> bool:
    """Whether a gerund with its object stands at `at`, as in `component implementing X`."""
    follows = words[at + 1] if at + 1 < len(words) else ""
    return words[at] in BASE_OF_GERUND and (follows in ARTICLES or follows[:1] in {'"', "`"})


def ask_find(tokens: list[str]) -> Form:
    """`find X` asks where X is, or lists what fits, but `tests skipped` has no place."""
    rest = tokens[1:]
    if rest[:1] in (["all"], ["every"]):
        return ask_list(tokens)
    words = drop_articles(rest)
    if not words:
        raise NotCanonicalError(tokens[0])
    if doing := doing_thing(rest) or for_doing(rest):
        return doing
    if passive := _object_relative(rest[1:] if rest[0] in ARTICLES else rest):
        return make_form(Intent.LIST, "", passive)
    words = join_nouns(words)
    if nominal := from_nominal(words):
        return make_form(Intent.WHERE, "be", nominal)
    if is_plain_phrase(words) and not callers_of(words) and not _with_subject(words):
        return make_form(Intent.WHERE, "be", words)
    return _listed(words)


def ask_show(tokens: list[str]) -> Form:
    """`show X`: an attribute is asked for its value, all of a kind for a list."""
    rest = tokens[2:] if tokens[1:2] == ["me"] else tokens[1:]
    if rest[:1] in (["all"], ["every"]):
        return ask_list(["list", *rest])
    rest = which_as_that(rest)
    words = join_nouns(drop_articles(rest))
    if len(words) > 1 and words[-1] in ATTRIBUTES:
        is_plural = words[-1].endswith("s")
        return make_form(Intent.LIST if is_plural else Intent.WHAT, "", words)
    return make_form(Intent.REQUEST, "", ["show", *words])


def callers_of(words: list[str]) -> Form | None:
    """`who calls foo`, `callers of foo` as `functions call foo`."""
    if words[0:1] in (["calls"], ["call"], ["invokes"]):
        name = words[1:]
    elif words[:2] == ["callers", "of"]:
        name = words[2:]
    else:
        return None
    if not name or name[0][0] != "`":
        return None
    return make_form(Intent.LIST, FINITE, ["functions", "call", *name])
