"""Phrases that say the same in other words, brought to one wording before the rules see them."""

from agentcache.core.query.lexicon import (
    AUXILIARIES,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    CONNECTIVES,
    PARTICIPLES,
    PREPOSITIONS,
)
from agentcache.core.query.phrases import TABLE
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
_LAST_FILLERS = (
    ["exactly"],
    ["precisely"],
    ["specifically"],
    ["internally"],
    ["under", "the", "hood"],
)


def rewrite_phrases(tokens: list[str]) -> list[str]:
    """The tokens with each phrase of the table replaced once, from left to right."""
    tokens = _restated(question_first(_without_fillers(tokens)))
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
    for filler in _LAST_FILLERS:
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
                return words, becomes
    return None
