"""Questions whose question word stands in its place: `X holds the token under which key`.

They become `under which key does X hold the token`. `At most how many` and some clauses before a
comma are put last as well. It reads tokens that still have their articles; where the verb is not
certain the tokens stay as they are.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    MODALS,
    NEGATIONS,
    PARTICLES,
    PREPOSITIONS,
    third_of,
    word_set,
)
from agentcache.core.query.nouns import phrase_end
from agentcache.core.query.stranding import with_preposition
from agentcache.core.query.tokens import is_path, is_strong
from agentcache.core.query.turning import base_of_done

_WHICH = frozenset(("which", "what"))
_WHOM = frozenset(("who", "whom"))
_QUESTION_WORDS = word_set("where what which who whom whose how why when whether")
_NOT_SAID = (
    _QUESTION_WORDS
    | AUXILIARIES
    | PREPOSITIONS
    | CONNECTIVES
    | word_set(
        "list find name show explain describe locate enumerate give tell i we you it they there he "
        "she this that these those and please , ( ) : ;"
    )
)
_MARKS = frozenset(",:;()[]{}-")
_EXTENTS = frozenset(("many", "much"))
_LONG = word_set("long often far large big deep old fast")
_BOUNDS = (["at", "most"], ["at", "least"])
_JOINED = word_set("of in on for per")
_SUBORDINATE = (CONNECTIVES - {"and", "or", "how", "why", "what", "who", "which", "when"}) | (
    word_set("before after since until instead than")
)
_CLAUSES = word_set("unless because since whenever")
_PHRASES = (
    ("relative", "to"),
    ("compared", "to"),
    ("compared", "with"),
    ("regardless", "of"),
    ("depending", "on"),
    ("instead", "of"),
)
_OPENINGS = _QUESTION_WORDS | AUXILIARIES
_BASE_OF = {**BASE_OF_THIRD} | {
    third_of(base): base
    for base in word_set(
        "occupy stand consist point sit end fall default go last stay remain lie reside"
    )
}
"""The verbs of which only the third person is looked for: `ends` is not `end`, which is a noun."""
_PLACES = word_set("in on at for during within inside under with by given after before from")
_PASSIVE = word_set("is are get gets be")
_SHORTEST = 4


def word_in_front(tokens: list[str]) -> list[str]:
    """The tokens with their question word first; as they are where that is not certain."""
    if len(tokens) < _SHORTEST or tokens[0] in _OPENINGS:
        return tokens
    tokens = bound_last(_clause_behind(tokens))
    tokens = _asked_in_front(tokens) or tokens
    return with_preposition(tokens) if tokens[0] in PREPOSITIONS else tokens


def _clause_behind(tokens: list[str]) -> list[str]:
    """`relative to X, when is Y called` as `when is Y called relative to X`.

    After a comma also `in F, X defaults to what`.
    """
    if tokens.count(",") != 1:
        return tokens
    at = tokens.index(",")
    clause, rest = tokens[:at], tokens[at + 1 :]
    if len(clause) < 2 or len(rest) < 3 or not _QUESTION_WORDS.isdisjoint(clause):
        return tokens
    is_new = clause[0] in _CLAUSES or tuple(clause[:2]) in _PHRASES
    if not (is_new or clause[0] in _PLACES) or not _SUBORDINATE.isdisjoint(rest):
        return tokens
    if is_new and (rest[0] in _OPENINGS or _asks_with_preposition(rest)):
        return [*rest, *clause]
    turned = _asked_in_front(rest)
    return [*turned, *clause] if turned else tokens


def _asks_with_preposition(tokens: list[str]) -> bool:
    return tokens[0] in PREPOSITIONS and tokens[1] in _WHICH | _WHOM


def bound_last(tokens: list[str]) -> list[str]:
    """`at most how many X`, `how many X are allowed at most per Y` with `at most` at the end."""
    if len(tokens) < _SHORTEST:
        return tokens
    if tokens[:3] == ["up", "to", "how"] and tokens[3] in _EXTENTS:
        return [*tokens[2:], "at", "most"]
    if tokens[:2] in _BOUNDS and tokens[2] == "how" and tokens[3] in _EXTENTS | _LONG:
        return [*tokens[2:], *tokens[:2]]
    return _bound_behind(tokens) if tokens[0] == "how" and "at" in tokens else tokens


def _bound_behind(tokens: list[str]) -> list[str]:
    places = [at for at in range(len(tokens) - 1) if tokens[at : at + 2] in _BOUNDS]
    is_counted = tokens[1] in _EXTENTS | _LONG
    if len(places) != 1 or not is_counted or not _SUBORDINATE.isdisjoint(tokens):
        return tokens
    at = places[0]
    after = tokens[at + 2] if at + 2 < len(tokens) else ""
    if after not in PREPOSITIONS or after == "of" or tokens[at - 1] in PREPOSITIONS:
        return tokens
    return [*tokens[:at], *tokens[at + 2 :], *tokens[at : at + 2]]


def _asked_in_front(tokens: list[str]) -> list[str] | None:
    """`X lives in which module` as `in which module does X live`."""
    parts = _parts(tokens)
    if parts is None:
        return None
    asked, said, place = parts
    joint = [said.pop()] if said[-1] in PREPOSITIONS else []
    if joint == ["of"] and said[-2:] == ["a", "value"] and asked[-1] == "type":
        joint, said = [], said[:-2]  # `returns a value of which type`
    if len(said) < 2 or not NEGATIONS.isdisjoint(said) or said[-1] in ARTICLES:
        return None
    if joint == ["by"]:
        return None if place else _doer_first(asked, said)
    turned = _with_auxiliary(said) or _with_do(said)
    if turned and joint and (len(asked) == 1 or joint[0] in PARTICLES):
        return [*asked, *turned, *joint, *place]
    return [*joint, *asked, *turned, *place] if turned else None


def _parts(tokens: list[str]) -> tuple[list[str], list[str], list[str]] | None:
    """What is asked, what is said before it, and a file in which it is asked."""
    if tokens[0] in _NOT_SAID or tokens[0] in BASES or not _MARKS.isdisjoint(tokens):
        return None
    at = next((at for at in range(len(tokens) - 1, 1, -1) if _asks_at(tokens, at)), 0)
    if not at:
        return None
    asked, said, place = tokens[at:], tokens[:at], []
    if asked[-2:-1] == ["in"] and (is_path(asked[-1]) or (len(asked) == 3 and is_strong(asked[2]))):
        asked, place = asked[:-2], asked[-2:]
    if not _is_whole(asked) or not _QUESTION_WORDS.isdisjoint(said):
        return None
    return ["who"] if asked[0] in _WHOM else asked, said, place


def _asks_at(tokens: list[str], at: int) -> bool:
    if tokens[at] == "how":
        return tokens[at + 1 : at + 2] != [] and tokens[at + 1] in _EXTENTS
    return tokens[at] in _WHICH or tokens[at] in _WHOM


def _is_whole(asked: list[str]) -> bool:
    """Whether nothing but one noun phrase is asked for."""
    if asked[0] in _WHOM:
        return len(asked) == 1
    start = 2 if asked[0] == "how" else 1
    end = phrase_end(asked, start)
    if end < len(asked) and asked[end] in _JOINED and (end > start or asked[end] == "of"):
        end = phrase_end(asked, end + 1)
    is_told = not any(
        word in ARTICLES and asked[at] not in _JOINED for at, word in enumerate(asked[1:])
    )
    is_counted = asked[0] != "how" or end > start
    return end == len(asked) and is_counted and is_told and asked[1:] != ["one"]


def _doer_first(asked: list[str], said: list[str]) -> list[str] | None:
    """`X is sent to Y by whom` as `who sends X to Y`, also `X can be sent`."""
    done = max((at for at in range(2, len(said)) if said[at - 1] in _PASSIVE), default=0)
    base = base_of_done(said[done]) if done else None
    rest = said[done + 1 :]
    if base is None or asked[0] == "how" or (rest and rest[0] not in PREPOSITIONS | PARTICLES):
        return None
    end = phrase_end(asked, 1)
    is_many = len(asked) > 1 and (end == 1 or _is_many(asked[end - 1]))
    if said[done - 1] != "be" and said[done - 2] not in AUXILIARIES:
        verb, things = [base if is_many else third_of(base)], said[: done - 1]
    elif said[done - 1] == "be" and said[done - 2] in MODALS and done > 2:
        verb, things = [said[done - 2], base], said[: done - 2]
    else:
        return None
    if not _is_plain(things) or not (AUXILIARIES | CONNECTIVES).isdisjoint(rest):
        return None
    return [*asked, *verb, *things, *rest]


def _is_plain(things: list[str]) -> bool:
    """Whether things have at most one clause behind a `that`, and nothing else that is said."""
    if not things or things[-1] in PREPOSITIONS:
        return False
    plain = things[: things.index("that")] if "that" in things[1:-1] else things
    return bool(plain) and (AUXILIARIES | CONNECTIVES | {"that"}).isdisjoint(plain)


def _with_auxiliary(said: list[str]) -> list[str] | None:
    """`X is set` as `is X set`, where one auxiliary stands in it."""
    places = [at for at, token in enumerate(said) if token in AUXILIARIES]
    if len(places) != 1 or not places[0] or said[places[0]] in {"had", "did"}:
        return None
    at = places[0]
    if not _is_plain(said[:at]) or "that" in said:
        return None
    if said[at] in {"has", "have"}:
        is_last = at == len(said) - 1
        return ["does" if said[at] == "has" else "do", *said[:at], "have"] if is_last else None
    return [said[at], *said[:at], *said[at + 1 :]] if said[at] in BE or said[at] in MODALS else None


def _with_do(said: list[str]) -> list[str] | None:
    """`X holds the token` as `does X hold the token`, where only one word can be the verb."""
    if not (AUXILIARIES | CONNECTIVES | {"that", ","}).isdisjoint(said):
        return None
    found = [at for at in range(1, len(said)) if _may_be_verb(said, at)]
    if len(found) > 1:
        found = [at for at in found if _is_followed(said, at)]
    if len(found) != 1:
        return None
    at = found[0]
    base = _BASE_OF.get(said[at])
    if base is not None and not _is_many(said[at - 1]):
        return ["does", *said[:at], base, *said[at + 1 :]]
    return ["do", *said[:at], said[at], *said[at + 1 :]] if base is None else None


def _may_be_verb(said: list[str], at: int) -> bool:
    before = said[at - 1]
    if before in ARTICLES or before in PREPOSITIONS:
        return False
    if said[at] in _BASE_OF:
        return True
    return said[at] in BASES and _is_many(before) and before[0].isalpha()


def _is_followed(said: list[str], at: int) -> bool:
    """Whether an object, a place or the question word stands behind a verb."""
    after = said[at + 1] if at + 1 < len(said) else "the"
    return after in ARTICLES or after[0] == "`"


def _is_many(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is"))
