"""Phrases that say the same in other words, brought to one wording before the rules see them."""

from agentcache.core.query.fronting import bound_last, word_in_front
from agentcache.core.query.headings import as_question
from agentcache.core.query.lexicon import (
    AUXILIARIES,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end
from agentcache.core.query.phrases import TABLE
from agentcache.core.query.tokens import NotCanonicalError
from agentcache.core.query.turning import question_first

_Rule = tuple[bool, tuple[str, ...], tuple[str, ...]]


def _read(table: str) -> dict[tuple[str, ...], list[_Rule]]:
    """The rules by the first two words they are about, or the only one, the longest first."""
    rules: dict[tuple[str, ...], list[_Rule]] = {}
    for line in table.strip().splitlines():
        said, _, becomes = line.partition(" = ")
        words = tuple(said.removeprefix("^ ").split())
        rule = (said.startswith("^"), words, tuple(becomes.split()))
        rules.setdefault(words[:2], []).append(rule)
    for found in rules.values():
        found.sort(key=lambda rule: len(rule[1]), reverse=True)
    return rules


_RULES = _read(TABLE)
_FILLERS = frozenset(("actually", "basically"))
_COMPARED = word_set(
    "match matches matched matching compare compares compared equal equals pin pins pinned round "
    "rounds rounded reproduce reproduced reproduces copy copies copied follow follows followed"
)
"""What may be done exactly: requirements that are pinned are not all pinned exactly."""
_LAST_FILLERS = (
    ["exactly"],
    ["precisely"],
    ["under", "the", "hood"],
)


def rewrite_phrases(tokens: list[str]) -> list[str]:
    """The tokens with each phrase of the table replaced once, from left to right."""
    tokens = as_question(word_in_front(_one_by_one(_without_fillers(tokens))))
    tokens = _restated(bound_last(question_first(tokens)))
    rewritten: list[str] = []
    at = 0
    while at < len(tokens):
        rule = _rule_at(tokens, at)
        if rule is None:
            rewritten.append(tokens[at])
            at += 1
        else:
            rewritten += rule[1]
            at += len(rule[0])
    return rewritten


def _one_by_one(tokens: list[str]) -> list[str]:
    """The tokens with words set apart that only seem to be of a phrase of the table.

    `the different defaults of A and B` are those that differ, `the role of an admin` is no purpose.
    """
    at = next((at for at, token in enumerate(tokens[:4]) if token == "different"), 0)
    if at and ("and" in tokens or not _is_plural(tokens[at + 1 :])):
        raise NotCanonicalError(tokens[at])
    at = next((at for at, token in enumerate(tokens[:5]) if token in _AIMS), 0)
    start = at + 3 if tokens[at + 2 : at + 3] in (["the"], ["a"], ["an"]) else at + 2
    is_of = at and tokens[at + 1 : at + 2] == ["of"] and start < len(tokens)
    if is_of and tokens[phrase_end(tokens, start) - 1] in _PERSONS:
        raise NotCanonicalError(tokens[at])
    return tokens


def _is_plural(tokens: list[str]) -> bool:
    """Whether the noun phrase that opens these tokens ends in a plural."""
    verbs = AUXILIARIES | BASES
    end = next(
        (at for at, token in enumerate(tokens) if token in verbs or (at and token in _THIRDS)), None
    )
    noun = tokens[:end][-1] if tokens[:end] else ""
    noun = tokens[phrase_end(tokens[:end], 0) - 1] if noun else noun
    return noun.endswith("s") and not noun.endswith("ss")


_THIRDS = BASE_OF_THIRD.keys()
_AIMS = frozenset(("role", "goal", "aim", "point"))
_PERSONS = word_set(
    "admin administrator user member player guest owner customer employee account person people "
    "actor visitor moderator maintainer team group collaborator author users members players"
)


def _restated(tokens: list[str]) -> list[str]:
    """Openings that hold words of the question: `what is the table that stores X`."""
    if tokens[:4] in _NAMED and tokens[4:5] == ["of"]:
        tokens = ["what", "is", "the", *[token for token in tokens[5:] if token]]
    if tokens[:3] in _PROCESSES and len(tokens) > 6 and tokens[4] in {"for", "of", "to"}:
        base = BASE_OF_GERUND.get(tokens[5])
        if tokens[3] in _PROCESS_NOUNS and base:
            return ["how", "to", base, *tokens[6:]]
    if tokens[:3] in _PROCESSES and "that" in tokens[4:7]:
        at = tokens.index("that")
        is_clause = at + 1 < len(tokens) and tokens[at + 1] in BASE_OF_THIRD
        return ["which", *tokens[3:at], *tokens[at + 1 :]] if is_clause else tokens
    return _place_last(_by_default(tokens))


def _place_last(tokens: list[str]) -> list[str]:
    """`where in X is Y` as `where is Y in X`."""
    if tokens[:3] == ["where", "in", "the"] and tokens[3:4] and tokens[3] in _HERE:
        return [tokens[0], *tokens[4:]]
    if tokens[:1] == ["where"] and tokens[1:2] and tokens[1] in PREPOSITIONS:
        subject = next((at for at in range(3, len(tokens)) if tokens[at] in {"the", "a", "an"}), 0)
        at = next((at for at, token in enumerate(tokens) if token in AUXILIARIES), 0)
        if 2 < subject < at:  # `where on X the token is stored`
            return [tokens[0], *tokens[subject:], *tokens[1:subject]]
        return [tokens[0], *tokens[at:], *tokens[1:at]] if at > 2 else tokens
    return tokens


def _by_default(tokens: list[str]) -> list[str]:
    """`what is the page size by default` as `what is the default page size`."""
    is_asked = tokens[:3] in _PROCESSES and tokens[-2:] == ["by", "default"] and len(tokens) > 5
    if is_asked and not set(tokens[3:-2]) & (CONNECTIVES | {"default"} | PARTICIPLES):
        at = tokens.index("'s") + 1 if "'s" in tokens else 3
        return [*tokens[:at], "default", *tokens[at:-2]]
    return tokens


_HERE = frozenset(("code", "codebase", "repository"))
_NAMED = (["what", "is", "the", "name"],)
_PROCESSES = (["what", "is", "the"],)
_PROCESS_NOUNS = frozenset(("process", "procedure", "way", "method", "recipe"))


def _without_fillers(tokens: list[str]) -> list[str]:
    """Without words that only insist; `exactly` before another word may count something."""
    fillers = [*_LAST_FILLERS, ["internally"]] if tokens[:1] == ["how"] else _LAST_FILLERS
    if not _COMPARED.isdisjoint(tokens):
        fillers = []
    for filler in fillers:
        if len(tokens) > len(filler) + 2 and tokens[-len(filler) :] == filler:
            tokens = tokens[: -len(filler)]
    return [token for at, token in enumerate(tokens) if not (at and token in _FILLERS)]


def _rule_at(tokens: list[str], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for head in (tuple(tokens[at : at + 2]), (tokens[at],)):
        for is_first, words, becomes in _RULES.get(head, ()):
            if is_first and at:
                continue
            end = at + len(words)
            if tuple(tokens[at:end]) == words and (end < len(tokens) or at > 1):
                return None if _chooses(tokens, words, end) else (words, becomes)
    return None


def _chooses(tokens: list[str], words: tuple[str, ...], end: int) -> bool:
    """Whether it is asked what a thing switches on, which it may choose by and not enable."""
    is_last = end == len(tokens) or tokens[end] in PREPOSITIONS
    return words in _SWITCHES and is_last and tokens[0] in {"which", "what"}


_SWITCHES = (("switch", "on"), ("switches", "on"), ("switched", "on"))
