"""What is asked in a roundabout way, put straight: `the reason for S to V`, `the maximum number`.

It reads tokens that still have their articles, before an active clause is made a passive one.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    BASE_OF_THIRD,
    BASES,
    MODALS,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_REASON = ["what", "is", "the", "reason", "for"]
_NUMBER = ["what", "is", "the"], ["number", "of"]
_EXTREMES = {"maximum": ["at", "most"], "minimum": ["at", "least"], "default": ["by", "default"]}
_MANNERS = word_set(
    "automatically asynchronously directly dynamically eagerly explicitly globally lazily manually "
    "statically"
)
_RELATED = (["related"], ["related", "to", "each", "other"])


def put_straight(tokens: list[str]) -> list[str]:
    """The tokens in the shorter way in which the same may be asked."""
    tokens = _why(_related(_by_default(_decided(tokens))))
    return _manner_last(_at_most(tokens))


def _why(tokens: list[str]) -> list[str]:
    """`what is the reason for S to V` as `why does S V`."""
    end = _thing_end(tokens, 5) if tokens[:5] == _REASON else 0
    if end < 6 or tokens[end : end + 1] != ["to"] or tokens[end + 1 : end + 2] == ["be"]:
        return tokens
    is_done = tokens[end + 1 : end + 2] != [] and tokens[end + 1] in BASES
    return ["why", "does", *tokens[5:end], *tokens[end + 1 :]] if is_done else tokens


def _decided(tokens: list[str]) -> list[str]:
    """`how is it decided (by S) which` as `how does S decide which`, `how do we decide which`."""
    if tokens[:3] != ["how", "is", "it"] or tokens[3:4] not in (["decided"], ["determined"]):
        return tokens
    end = _thing_end(tokens, 5) if tokens[4:5] == ["by"] else 4
    if end == 5 or not _WHICH.intersection(tokens[end : end + 1]):
        return tokens
    doer = ["does", *tokens[5:end]] if end > 5 else ["do", "we"]
    return ["how", *doer, tokens[3].removesuffix("d"), *tokens[end:]]


_WHICH = word_set("which what who whether when where how if")


def _thing_end(tokens: list[str], start: int) -> int:
    """Where a noun phrase ends that may begin with an article."""
    at = start + 1 if tokens[start : start + 1] and tokens[start] in ARTICLES else start
    return phrase_end(tokens, at)


def _by_default(tokens: list[str]) -> list[str]:
    """`does S default to V` as `is S V by default`."""
    end = _thing_end(tokens, 1)
    is_asked = tokens[:1] == ["does"] and tokens[-3:-1] == ["default", "to"]
    if not is_asked or tokens[1:-3] == [] or end < len(tokens) - 3:
        return tokens
    return ["is", *tokens[1:-3], tokens[-1], "by", "default"]


def _related(tokens: list[str]) -> list[str]:
    """`how are X and Y related`, `how does X relate to Y` as the relation between them."""
    if tokens[:5] in (
        ["what", "relationship", "is", "there", "between"],
        ["what", "relation", "is", "there", "between"],
        ["what", "is", "the", "relationship", "between"],
    ):
        return [*_relation(), *tokens[5:]]
    if tokens[:2] == ["how", "are"] and tokens.count("and") == 1 and "related" in tokens:
        at = tokens.index("related")
        return [*_relation(), *tokens[2:at]] if tokens[at:] in _RELATED else tokens
    for opening, verb in (("does", "relate"), ("is", "related")):
        if tokens[:2] == ["how", opening] and verb in tokens and "and" not in tokens:
            at = tokens.index(verb)
            one, other = tokens[2:at], tokens[at + 2 :]
            is_whole = tokens[at + 1 : at + 2] == ["to"] and one and other
            return [*_relation(), *one, "and", *other] if is_whole else tokens
    return tokens


def _relation() -> list[str]:
    return ["what", "is", "the", "relation", "between"]


def _at_most(tokens: list[str]) -> list[str]:
    """`what is the maximum number of X that S V` as `how many X does S V at most`."""
    said = _EXTREMES.get(tokens[3], []) if (tokens[:3], tokens[4:6]) == _NUMBER else []
    end = phrase_end(tokens, 6) if said else 0
    end = next((at for at in range(7, end) if tokens[at] in ARTICLES), end)  # `GPUs the app uses`
    things, rest = tokens[6:end], tokens[end:]
    rest = rest[1:] if rest[:1] in (["that"], ["which"]) else rest
    if not things or not rest or set(rest) & {"and", "or", "if", "when", ","}:
        return tokens
    if rest[0] in PARTICIPLES:
        return ["how", "many", *things, "are", *rest, *said]
    at = _thing_end(rest, 0)
    if at > 1 and rest[at - 1] in BASE_OF_THIRD and MODALS.isdisjoint(rest[at : at + 1]):
        at -= 1
    if not 0 < at < len(rest):
        return tokens
    verb, doer, after = rest[at], rest[:at], [*rest[at + 1 :], *said]
    if verb in MODALS and len(after) > 2:
        return ["how", "many", *things, verb, *doer, *after]
    if verb in BASE_OF_THIRD:
        return ["how", "many", *things, "does", *doer, BASE_OF_THIRD[verb], *after]
    return tokens


def _manner_last(tokens: list[str]) -> list[str]:
    """`which files directly import X` as `which files import X directly`."""
    if tokens[:1] not in (["which"], ["what"]):
        return tokens
    at = next((at for at in range(2, len(tokens) - 2) if tokens[at] in _MANNERS), 0)
    if not at or (tokens[at + 1] not in BASES and tokens[at + 1] not in BASE_OF_THIRD):
        return tokens
    is_last = not PREPOSITIONS.intersection(tokens[at:]) and "and" not in tokens[at:]
    is_subject = phrase_end(tokens[:at], 1) == at
    return [*tokens[:at], *tokens[at + 1 :], tokens[at]] if is_last and is_subject else tokens
