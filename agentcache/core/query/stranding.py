"""A preposition in front of the question word, put where the rules of openings know it.

`to what is X set` becomes `what is X set to`, `after how many N` becomes `after what number of N`,
`by whom can X be read` becomes `who can read X`. Where its verb is not certain it stays in front.
"""

from agentcache.core.query.lexicon import (
    AUXILIARIES,
    BASE_OF_DONE,
    BASES,
    BE,
    CONNECTIVES,
    DO,
    MODALS,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import is_boundary, phrase_end

_WHICH = frozenset(("which", "what"))
_WHOM = frozenset(("who", "whom"))
_STRANDED = word_set("as since until about of")
"""Prepositions that no rule for `on which port` knows."""
_KEPT = word_set("by in at")
_ATTRIBUTES = frozenset((("in", "unit"), ("in", "units"), ("under", "license")))
_IS = frozenset(("is", "are"))
_SAID_IN = word_set("given measured expressed released licensed")
_NEVER_BEHIND = (CONNECTIVES - {"and", "or"}) | (
    word_set("where what which who whom whose how why when before after since until instead than")
    | {",", "not"}
)


def with_preposition(tokens: list[str]) -> list[str]:
    """The tokens of a question that begins with a preposition; at least three of them."""
    joint, rest = tokens[0], tokens[1:]
    if tokens[:3] == ["for", "how", "long"]:
        return rest
    if rest[:2] == ["how", "many"] and rest[2] not in AUXILIARIES:
        return [joint, "what", "number", "of", *rest[2:]]
    if rest[0] in _WHICH | _WHOM:
        return _by_whom_may(joint, rest) or _attribute(joint, rest) or _behind(tokens) or tokens
    return tokens


def _behind(tokens: list[str]) -> list[str] | None:
    """`to what is X set`, `as which user does X run`, `from which class does X inherit`."""
    joint, rest = tokens[0], tokens[1:]
    if rest[1] in AUXILIARIES and joint not in _KEPT:
        return _stranded(joint, ["who" if rest[0] in _WHOM else "what"], rest[1:])
    at = next((at for at, token in enumerate(rest) if token in AUXILIARIES), 0)
    is_whole = at > 1 and rest[0] in _WHICH and phrase_end(rest, 1) == at
    is_known = joint in _STRANDED or (joint == "from" and rest[-1] == "inherit")
    return _stranded(joint, rest[:at], rest[at:]) if is_whole and is_known else None


def _attribute(joint: str, rest: list[str]) -> list[str] | None:
    """`in which unit is X given` as `what is the unit of X`, `under which license` likewise."""
    if (joint, *rest[1:2]) not in _ATTRIBUTES or rest[0] not in _WHICH or rest[2] not in _IS:
        return None
    if rest[1] == "unit" and rest[-1] not in _SAID_IN:
        return None  # `in which unit is X` may ask for a file
    things = rest[3:-1] if rest[-1] in _SAID_IN else rest[3:]
    end = phrase_end(things, 0)
    if things[end : end + 1] == ["in"] and things[end + 1 :] != []:
        end = phrase_end(things, end + 1)
    is_whole = things != [] and end == len(things)
    return ["what", "is", "the", rest[1].removesuffix("s"), "of", *things] if is_whole else None


def _by_whom_may(joint: str, rest: list[str]) -> list[str] | None:
    """`by whom can X be read` as `who can read X`."""
    at = next((at for at, token in enumerate(rest) if token in AUXILIARIES), 0)
    is_asked = joint == "by" and at and rest[at] in MODALS
    if not is_asked or not (_NEVER_BEHIND - {"than"}).isdisjoint(rest[at:]):
        return None
    if rest[0] in _WHOM and at > 1:
        return None  # `by whom else can X be read`
    asked = ["who"] if rest[0] in _WHOM else rest[:at]
    be = next((be for be in range(at + 2, len(rest) - 1) if rest[be] == "be"), 0)
    base = BASE_OF_DONE.get(rest[be + 1]) if be else None
    if base is None or not AUXILIARIES.isdisjoint(rest[at + 1 : be]):
        return None
    return [*asked, rest[at], base, *rest[at + 1 : be], *rest[be + 2 :]]


def _stranded(joint: str, asked: list[str], clause: list[str]) -> list[str] | None:
    """The preposition behind its verb, where that is the last word or stands before a place."""
    if not _NEVER_BEHIND.isdisjoint(clause):
        return None
    if _is_plain_end(clause) or (clause[-1] in PREPOSITIONS and clause[-2] in BASES):
        return [*asked, *clause, joint]
    verbs = PARTICIPLES if clause[0] in BE else BASES if clause[0] in DO else frozenset()
    found = [
        at
        for at in range(2, len(clause) - 1)
        if clause[at] in verbs and clause[at + 1] in PREPOSITIONS and is_boundary(clause, at + 1)
    ]
    if len(found) != 1 or clause[found[0] + 1] in {"of", joint}:
        return None
    at = found[0] + 1
    return [*asked, *clause[:at], joint, *clause[at:]]


def _is_plain_end(clause: list[str]) -> bool:
    """Whether no place, time or manner stands behind the verb."""
    return len(clause) > 1 and (PREPOSITIONS - {"of"}).isdisjoint(clause[1:])
