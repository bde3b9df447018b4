"""One voice for a clause that says who does what: `does S V the O` becomes `is the O V-ed by S`.

It reads tokens that still have their articles, which show where a noun phrase begins. Where the
verb is not certain the tokens stay as they are. Who does it and to what is never exchanged.
"""

from agentcache.core.query.lexicon import (
    AGENTIVE,
    ARTICLES,
    AUXILIARIES,
    BARE_PARTICIPLES,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    DO,
    MODALS,
    PARTICIPLE_OF,
    PARTICIPLES,
    PARTICLES,
    PREPOSITIONS,
    SCOPE_WORDS,
    word_set,
)
from agentcache.core.query.nouns import may_be_given

_ASKED = word_set("where how why when whether")
_WHICH = frozenset(("which", "what"))
_YES_NO = frozenset(("do", "does"))
_PRONOUNS = word_set("i we you one it they there he she this that these those")
_DETERMINERS = ARTICLES | word_set("our each every all any some both no")
_NEVER_MOVED = word_set(
    "its it their them itself themselves not never only also default what which who whose , ( ) :"
)
_WHOLE = ARTICLES | word_set("repository project codebase code our this")
_GETS = frozenset(("get", "gets"))
_NOT_DONE = word_set("need feed speed embed exceed proceed seed shed bed used")
_SHORTEST = 4
_EXTENTS = word_set("often long far early late soon")
_MEASURING = SCOPE_WORDS | word_set(
    "everything everyone everybody anything anyone anybody more less fewer only than always often"
)
_TWO_THINGS = frozenset(("by", "of", "'s", "for", "to"))
_THEY_ARE = (["they", "are"], ["it", "is"])
_BE_OF = {"do": "is", "does": "is", "did": "was"}
_IS = {"do": "are", "does": "is", "did": "were"}


def in_one_voice(tokens: list[str]) -> list[str]:
    """The tokens with `get done` as `be done` and an active clause with an object as passive."""
    tokens = _not_first(_being_done(_without_get(tokens)))
    if len(tokens) < _SHORTEST:
        return tokens
    if (tokens[0] in PREPOSITIONS and tokens[1:2] != ["where"]) or tokens[0] in _WHICH:
        return _with_object(tokens)
    if tokens[0] not in _ASKED and tokens[0] not in AUXILIARIES:
        return tokens
    size = 0 if tokens[0] in AUXILIARIES else 2 if tokens[1] in _EXTENTS else 1
    if tokens[size] in _BE_OF or tokens[size] in MODALS:
        return _in_passive(tokens[:size], tokens[size], tokens[size + 1 :]) or tokens
    if size == 1 and (tokens[1] in ARTICLES or tokens[1][0] == "`"):
        return _passive(tokens[:1], tokens[1:], is_base=False) or tokens
    return tokens


def _not_first(tokens: list[str]) -> list[str]:
    """`is X not cached` as `is not X cached`, so that one place of `not` is known."""
    at = 0 if tokens[:1] and tokens[0] in AUXILIARIES else 1
    if tokens.count("not") != 1 or tokens[:1] == [] or tokens[0] not in _ASKED | AUXILIARIES:
        return tokens
    deny = tokens.index("not")
    is_asked = at < len(tokens) and tokens[at] in AUXILIARIES and deny > at + 1
    after = tokens[deny + 1] if deny + 1 < len(tokens) else ""
    is_verb = after in BASES or after in PARTICIPLES or after == "be"
    between = tokens[at + 1 : deny]
    if not is_asked or not is_verb or _is_clausal(between):
        return tokens
    if not _MEASURING.isdisjoint(between) or between[-1] == "be":
        return tokens  # `are all X not cached` is not `are not all X cached`
    return [*tokens[: at + 1], "not", *tokens[at + 1 : deny], *tokens[deny + 1 :]]


def _in_passive(asked: list[str], auxiliary: str, clause: list[str]) -> list[str] | None:
    """`did S V O` as `was O V-ed by S`, `should S not V O` as `should not O be V-ed by S`."""
    denied = clause[:1] == ["not"]
    passive = _passive(asked, clause[1:] if denied else clause, is_base=True)
    if passive is None:
        return None
    at = len(asked)
    deny = ["not"] if denied else []
    if auxiliary in _BE_OF:
        return [*asked, _BE_OF[auxiliary], *deny, *passive[at + 1 :]]
    by = passive.index("by", at)
    done = next(end for end in range(by, at, -1) if passive[end] in PARTICIPLES)
    return [*asked, auxiliary, *deny, *passive[at + 1 : done], "be", *passive[done:]]


def _with_object(tokens: list[str]) -> list[str]:
    """`which X does S V O in` as `which X is O V-ed by S in`; `in which X does S V O` likewise."""
    at = next((at for at, token in enumerate(tokens) if token in AUXILIARIES), 0)
    is_first = tokens[0] in PREPOSITIONS and tokens[1] in _WHICH
    if at > 1 and tokens[at] in _YES_NO and (asked := _asked_if(tokens, at)):
        return asked
    if at < 2 or tokens[at] not in _YES_NO or not (is_first or tokens[-1] in PREPOSITIONS):
        return tokens
    last = [] if is_first else tokens[-1:]
    clause = tokens[at + 1 : len(tokens) - len(last)]
    if any(_ends_object(clause, at) for at in range(1, len(clause))):
        return tokens
    passive = _passive(tokens[:at], clause, is_base=True)
    return [*passive, *last] if passive else tokens


def _asked_if(tokens: list[str], at: int) -> list[str] | None:
    """`which X does the S return if ...` as `which X is returned by the S if ...`."""
    end = next((end for end in range(at, len(tokens)) if tokens[end] in {"if", "when"}), 0)
    subject, verb = tokens[at + 1 : end - 1], tokens[end - 1]
    if not end or tokens[0] not in _WHICH or not subject:
        return None
    if verb not in AGENTIVE or _is_clausal(subject):
        return None
    is_whole = not PREPOSITIONS.intersection(subject) and subject[0] not in _PRONOUNS
    is_told = subject[0] in ARTICLES or (subject[0][0] == "`" and len(subject) == 1)
    if not is_whole or not is_told or "not" in subject:
        return None
    return [*tokens[:at], "is", PARTICIPLE_OF[verb], "by", *subject, *tokens[end:]]


def _without_get(tokens: list[str]) -> list[str]:
    """`does X get cached` as `is X cached`, `gets cached` as `is cached`."""
    at = next((at for at, token in enumerate(tokens) if token in _GETS), 0)
    if not at or not _is_done(tokens, at + 1):
        return tokens
    before, after = tokens[:at], tokens[at + 1 :]
    if tokens[at] == "gets":
        return [*before, "is", *after]
    if not MODALS.isdisjoint(before) or before[-1] == "to":
        return [*before, "be", *after]
    asked = next((at for at in range(len(before) - 1, -1, -1) if before[at] in DO), None)
    if asked is None:
        return [*before, "are", *after]
    if any(word in _PRONOUNS or word in CONNECTIVES for word in before[asked + 1 :]):
        return tokens
    return [*before[:asked], _IS[before[asked]], *before[asked + 1 :], *after]


def _being_done(tokens: list[str]) -> list[str]:
    """`before they are logged` as `before being logged`, where nothing else may be meant."""
    for at in range(2, len(tokens) - 3):
        is_clause = tokens[at] in {"before", "after"} and tokens[at + 1 : at + 3] in _THEY_ARE
        is_plain = not _TWO_THINGS.intersection(tokens[:at])
        if is_clause and is_plain and _is_done(tokens, at + 3):
            return [*tokens[: at + 1], "being", *tokens[at + 3 :]]
    return tokens


def _is_done(tokens: list[str], at: int) -> bool:
    """Whether a participle stands at `at` that nothing can be the object of."""
    if tokens[at : at + 2] == ["rate", "limited"]:
        at += 1
    word = tokens[at] if at < len(tokens) else ""
    is_regular = word.endswith("ed") and len(word) > 4 and word.isalpha() and word.islower()
    if word in _NOT_DONE or not (is_regular or word in PARTICIPLES):
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else "in"
    is_compared = tokens[at + 1 : at + 3] == ["relative", "to"]
    is_end = is_compared or after in PREPOSITIONS or after in CONNECTIVES
    return is_end or after.endswith("ly") or after == ","


def _passive(asked: list[str], clause: list[str], *, is_base: bool) -> list[str] | None:
    """`S V O REST` as `is O V-ed by S REST`; None where it is not certain."""
    if len(clause) < 3 or clause[0] in _PRONOUNS or set(clause[:2]) & {"default", "not"}:
        return None
    found = _verb_of(clause, is_base=is_base)
    if found is None or _WHOLE.issuperset(clause[: found[0]]) or _is_clausal(clause[: found[0]]):
        return None
    at, base = found
    particle = clause[at + 1 : at + 2] if clause[at + 1] in PARTICLES else []
    start = at + 1 + len(particle)
    end = next((end for end in range(start, len(clause)) if _ends_object(clause, end)), len(clause))
    things, rest = clause[start:end], clause[end:]
    if base == "get" and things[:1] and things[0] in ARTICLES and rest[:1] in ([], ["from"]):
        base = "obtain"
    if base not in AGENTIVE or not things or set(things) & _NEVER_MOVED:
        return None
    if may_be_given(base, things):
        return None
    if rest[:1] == ["by"] or "," in rest:
        return None
    return [*asked, "is", *things, PARTICIPLE_OF[base], *particle, "by", *clause[:at], *rest]


def _verb_of(clause: list[str], *, is_base: bool) -> tuple[int, str] | None:
    """Where the verb of a statement stands, and its base; None where several words may be it."""
    end = next((at for at in range(1, len(clause)) if _ends_object(clause, at)), len(clause))
    verbs = [(at, base) for at in range(1, end) if (base := _verb_at(clause, at, is_base=is_base))]
    for follows in (_begins_phrase, _is_described):
        for at, base in verbs:
            if follows(clause, at + 1):
                return at, base
        if "of" in clause[:end]:
            return None  # `the scheduling of checks happens`
    return verbs[0] if len(verbs) == 1 and verbs[0][0] + 1 < end else None


def _verb_at(clause: list[str], at: int, *, is_base: bool) -> str | None:
    word, before = clause[at], clause[at - 1]
    if before in ARTICLES or before in PREPOSITIONS or (at == 1 and before in _DETERMINERS):
        return None
    if is_base:
        return word if word in BASES else None
    is_many = before.endswith("s") and not before.endswith(("ss", "us", "is"))
    if is_many:
        return word if word in BASES and before[0] != "`" else None
    return BASE_OF_THIRD.get(word)


def _begins_phrase(clause: list[str], at: int) -> bool:
    """Whether an article or its like stands at `at`, or after a particle there."""
    if at < len(clause) and clause[at] in PARTICLES:
        at += 1
    return at < len(clause) and clause[at] in _DETERMINERS


def _is_described(clause: list[str], at: int) -> bool:
    """Whether a name, a participle or a plural stands at `at`, or the verb after a name."""
    if at >= len(clause):
        return False
    word = clause[at]
    is_plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    is_done = word in PARTICIPLES and word not in BARE_PARTICIPLES
    return (at == 2 and clause[0][0] == "`") or word[0] == "`" or is_done or is_plural


def _ends_object(clause: list[str], at: int) -> bool:
    word = clause[at]
    is_place = word in PREPOSITIONS and word != "of"
    return is_place or word in {",", "instead"} or word in CONNECTIVES - {"and"}


def _is_clausal(words: list[str]) -> bool:
    return any(
        word in CONNECTIVES or word in AUXILIARIES or word in _NEVER_MOVED or word[0] == "#"
        for word in words
    )
