"""Questions that are asked round about: `what is it that makes X`, `things that are open`.

It reads tokens that still have their articles; what is not certain stays as it is.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_THAT = frozenset(("that", "which"))
_STATES = word_set(
    "open closed undefined unsaved unused empty expired stale pending nested invalid hidden "
    "visible deprecated corrupt malformed disabled enabled encrypted optional nullable idle "
    "offline online inactive archived locked blocked queued interrupted unknown unread unsigned "
    "untracked"
)
"""What things are at the time: `open orders` says no more than `orders that are open`."""
_SOME = (["anything"], ["something"], ["anyone"], ["someone"])
_ALLOWED = word_set("supported allowed permitted")
_CLAUSES = word_set("what how when where why whether") | AUXILIARIES
_FEWEST = 4
_SHORTEST = 6
"""Words of a question with a thing that is described."""


def asked_straight(tokens: list[str]) -> list[str]:
    """The tokens without what only points at their question."""
    if len(tokens) < _FEWEST:
        return tokens
    if tokens[0] in {"which", "what"} and tokens[1:3] == ["values", "can"]:
        return _possible(tokens)
    if tokens[0] in {"has", "have"} and "been" in tokens:
        return _having_done(tokens)
    if _THAT.isdisjoint(tokens):
        return tokens
    if tokens[0] in {"what", "who"} and tokens[1:4] == ["is", "it", "that"]:
        return _cleft(tokens)
    if tokens[:1] in (["which"], ["what"]):
        tokens = _existing(_which_one(tokens))
    return _least(_described(tokens))


def _possible(tokens: list[str]) -> list[str]:
    """`which values can X take` as `what are the possible values of X`."""
    owner = tokens[3:-1]
    is_taken = tokens[-1] in {"take", "have"} and owner and phrase_end(owner, 0) == len(owner)
    return ["what", "are", "the", "possible", "values", "of", *owner] if is_taken else tokens


def _having_done(tokens: list[str]) -> list[str]:
    """`has X been replaced by anything` as `has anything replaced X`."""
    at = tokens.index("been")
    things, doer = tokens[1:at], tokens[at + 3 :]
    is_done = tokens[at + 1 : at + 2] and tokens[at + 1] in PARTICIPLES
    if not is_done or tokens[at + 2 : at + 3] != ["by"] or not things or not doer:
        return tokens
    is_doer = doer[0] in ARTICLES or doer in _SOME or (doer[0][0] == "`" and len(doer) == 1)
    start = 1 if things[0] in ARTICLES else 0
    end = 1 if doer[0] in ARTICLES else 0
    is_whole = phrase_end(things, start) == len(things) and phrase_end(doer, end) == len(doer)
    return [tokens[0], *doer, tokens[at + 1], *things] if is_doer and is_whole else tokens


def _least(tokens: list[str]) -> list[str]:
    """`the minimum X version that is supported` as `the minimum supported X version`."""
    is_asked = tokens[:3] == ["what", "is", "the"] and tokens[3] in {"minimum", "maximum"}
    is_told = tokens[-3:-1] == ["that", "is"] and tokens[-1] in _ALLOWED
    if not is_asked or not is_told or phrase_end(tokens, 4) != len(tokens) - 3:
        return tokens
    return [*tokens[:4], tokens[-1], *tokens[4:-3]]


def _cleft(tokens: list[str]) -> list[str]:
    """`what is it that makes the X restart` as `what makes the X restart`."""
    is_clause = tokens[4:5] and tokens[4] in BASE_OF_THIRD and tokens[5:6]
    is_object = is_clause and (tokens[5] in ARTICLES or tokens[5][0] == "`")
    return [tokens[0], *tokens[4:]] if is_object else tokens


def _which_one(tokens: list[str]) -> list[str]:
    """`which is the function that maps X` as `which function maps X`."""
    if tokens[0] != "which" or tokens[1] not in {"is", "are"} or tokens[2:3] != ["the"]:
        return tokens
    end = phrase_end(tokens, 3)
    verb = tokens[end + 1] if end + 2 < len(tokens) and end > 3 else ""
    is_told = tokens[end : end + 1] == ["that"]
    is_clause = verb in (BASE_OF_THIRD if tokens[1] == "is" else BASES)
    if not verb or not is_told or not is_clause or not _begins(tokens, end + 2):
        return tokens
    return ["which", *tokens[3:end], *tokens[end + 1 :]]


def _begins(tokens: list[str], at: int) -> bool:
    """Whether what is done to follows a verb at once."""
    return tokens[at] in ARTICLES or tokens[at] in PREPOSITIONS or tokens[at][0] == "`"


def _existing(tokens: list[str]) -> list[str]:
    """`which functions are there that return X` as `which functions return X`."""
    end = phrase_end(tokens, 1)
    is_there = tokens[end : end + 2] in (["is", "there"], ["are", "there"])
    if not is_there or end == 1 or len(tokens) < end + 5 or tokens[end + 2] not in _THAT:
        return tokens
    is_verb = tokens[end + 3] in (BASE_OF_THIRD if tokens[end] == "is" else BASES)
    return [*tokens[:end], *tokens[end + 3 :]] if is_verb else tokens


def _described(tokens: list[str]) -> list[str]:
    """`what happens to orders that are open` as `what happens to open orders`."""
    if tokens[0] not in _CLAUSES or len(tokens) < _SHORTEST:
        return tokens
    at = next((at for at, token in enumerate(tokens) if at > 2 and token in _THAT), 0)
    if not at or tokens[at + 1 : at + 2] != ["are"] or tokens[at + 2 : at + 3] == []:
        return tokens
    thing, state, before = tokens[at - 1], tokens[at + 2], tokens[at - 2]
    follows = tokens[at + 3] if at + 3 < len(tokens) else ""
    is_many = thing.isalpha() and thing.endswith("s") and not thing.endswith(("ss", "us", "is"))
    is_alone = before in ARTICLES or before in PREPOSITIONS or before in BASES or before in BE
    is_whole = not follows or follows in CONNECTIVES - {"and", "or", "but"}
    if state not in _STATES or not is_many or not is_alone or not is_whole:
        return tokens
    return [*tokens[: at - 1], state, thing, *tokens[at + 3 :]]
