"""Questions whose question word stands last, or behind a clause, with it in front.

`X stores what`, `X is stored by which class`, `while parsing, how is X told` become `what does X
store`, `by which class is X stored`, `how is X told while parsing`. It reads tokens that still
have their articles; what is not certain stays as it is.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BASE_OF_DONE,
    BASE_OF_THIRD,
    BE,
    CONNECTIVES,
    MODALS,
    PREPOSITIONS,
    third_of,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_MUTUALLY = (["from", "each", "other"], ["from", "one", "another"])
_WHICH = frozenset(("which", "what"))
_ASKING = word_set(
    "where what which who whose how why when whether list find name show explain describe locate "
    "enumerate give tell"
)
_LEADING = PREPOSITIONS | word_set("if when while once given")
_OPENINGS = word_set("where what which who whose how why when") | AUXILIARIES
_PARTS = frozenset(("column", "field", "row", "cell", "section"))
"""What is in such a thing is in the part of it that is told before."""
_OF_THINGS = frozenset(("of", "besides", "except", "per"))
_HOW_MUCH = word_set("many much long often")
_PLACES = word_set("place places spot spots location locations")


def question_first(tokens: list[str]) -> list[str]:
    """The tokens with their question word first."""
    tokens = [word for at, word in enumerate(tokens) if not _is_idle(tokens, at)]
    tokens = _part_of(_in_places(_clause_last(tokens)))
    return _asked_last(tokens) or _difference(_done_by(_share_behind(_per_one(tokens))))


def _done_by(tokens: list[str]) -> list[str]:
    """`what is done by X with Y` as `what does X do with Y`."""
    end = phrase_end(tokens, 4)
    if tokens[:4] != ["what", "is", "done", "by"] or end == 4:
        return tokens
    return ["what", "does", *tokens[4:end], "do", *tokens[end:]]


def _difference(tokens: list[str]) -> list[str]:
    """`how do X and Y differ`, `how does X differ from Y` as their difference."""
    if tokens[:1] != ["how"] or tokens[1:2] not in (["do"], ["does"]) or "differ" not in tokens:
        return tokens
    at = tokens.index("differ")
    things, rest = tokens[2:at], tokens[at + 1 :]
    rest = [] if rest in _MUTUALLY else rest
    end = rest.index("in") if rest.count("in") == 1 else len(rest)
    rest, place = rest[:end], rest[end:]
    both = [*things, "and", *rest[1:]] if rest[:1] == ["from"] and "and" not in things else things
    if (rest and both is things) or both.count("and") != 1 or len(both) < 3:
        return tokens
    return ["what", "is", "the", "difference", "between", *both, *place]


def _is_idle(tokens: list[str], at: int) -> bool:
    """Whether `being` stands in `is X being handled`, which asks what `is X handled` asks."""
    is_being = tokens[at] == "being" and tokens[at - 1] not in PREPOSITIONS | CONNECTIVES
    return is_being and not BE.keys().isdisjoint(tokens[:at]) and tokens[at + 1 :] != []


def _clause_last(tokens: list[str]) -> list[str]:
    """`in X, where is Y` as `where is Y in X`, `while parsing, how is Y told` likewise."""
    if "," not in tokens or tokens[0] not in _LEADING or tokens[0] in AUXILIARIES:
        return tokens
    at = tokens.index(",")
    rest = tokens[at + 1 :]
    if at < 2 or len(rest) < 2 or tokens[1] in _WHICH or _ASKING & {tokens[0]} - {"when"}:
        return tokens
    is_asked = rest[0] in _OPENINGS or (rest[0] in PREPOSITIONS and rest[1] in _WHICH)
    if not is_asked or "," in rest or not {"and", "or"}.isdisjoint(rest[-2:]):
        return tokens
    if tokens[0] in _OF_THINGS:
        start = 2 if rest[:2] == ["how", "many"] else 1
        end = phrase_end(rest, start)
        is_thing = rest[0] in {*_WHICH, "how"} and start < end < len(rest)
        if is_thing or tokens[0] == "of":
            return [*rest[:end], *tokens[:at], *rest[end:]] if is_thing else tokens
    return [*rest, *tokens[:at]]


def _per_one(tokens: list[str]) -> list[str]:
    """`how many X for each Y` as `how many X per Y`."""
    if tokens[:1] != ["how"] or not tokens[1:2] or tokens[1] not in _HOW_MUCH:
        return tokens
    at = next((at for at in range(2, len(tokens) - 1) if tokens[at] in {"each", "every"}), 0)
    if at < 3 or tokens[at - 1] != "for" or tokens[at + 1] == "other":
        return tokens
    return [*tokens[: at - 1], "per", *tokens[at + 1 :]]


def _share_behind(tokens: list[str]) -> list[str]:
    """`how many X are open per Y` as `how many X per Y are open`."""
    if tokens[:2] != ["how", "many"] or tokens.count("per") != 1:
        return tokens
    at, noun = tokens.index("per"), phrase_end(tokens, 2)
    end = phrase_end(tokens, at + 1)
    is_last = tokens[end:] in ([], ["at", "most"], ["at", "least"])
    if not is_last or not 2 < noun < at or end == at + 1:
        return tokens
    return [*tokens[:noun], *tokens[at:end], *tokens[noun:at], *tokens[end:]]


def _part_of(tokens: list[str]) -> list[str]:
    """`stored in the A column in X` as `stored in the A column of X`."""
    if "in" not in tokens or _PARTS.isdisjoint(tokens):
        return tokens
    inner = tokens.index("in")
    at = tokens.index("in", inner + 1) if "in" in tokens[inner + 1 : -1] else 0
    if not at:
        return tokens
    start, end = (spot + 2 if tokens[spot + 1] in ARTICLES else spot + 1 for spot in (inner, at))
    is_whole = phrase_end(tokens, start) == at > start and phrase_end(tokens, end) == len(tokens)
    is_part = is_whole and tokens[at - 1] in _PARTS and end < len(tokens)
    return [*tokens[:at], "of", *tokens[at + 1 :]] if is_part else tokens


def _in_places(tokens: list[str]) -> list[str]:
    """`in which places is X used` as `where is X used`; what is read from a place is not in it."""
    at = 1 if tokens[:1] in (["in"], ["at"], ["from"]) else 0
    if not at or tokens[1:2] not in (["which"], ["what"]) or len(tokens) < 5:
        return tokens
    end = 3
    if tokens[end : end + 2] == ["in", "the"] or tokens[end : end + 2] == ["of", "the"]:
        end = end + 3 if tokens[end + 2 : end + 3] in (["code"], ["codebase"]) else end
    is_place = tokens[2] in _PLACES or (tokens[2] in {"part", "point"} and end > 3)
    where = ["from", "where"] if tokens[0] == "from" else ["where"]
    return [*where, *tokens[end:]] if is_place and tokens[end] in AUXILIARIES else tokens


def _asked_last(tokens: list[str]) -> list[str] | None:
    """`X is stored by which class` as `by which class is X stored`."""
    at = next((at for at in range(len(tokens) - 1, 1, -1) if tokens[at] in _WHICH), 0)
    if not at or tokens[0] in _ASKING | AUXILIARIES | PREPOSITIONS | CONNECTIVES:
        return None
    asked, said = tokens[at:], tokens[:at]
    end = phrase_end(asked, 1)
    if end > 1 and asked[end : end + 1] in (["of"], ["in"], ["on"]):
        end = phrase_end(asked, end + 2 if asked[end + 1 :] else end)
    if end < len(asked) or "," in said or not _ASKING.isdisjoint(said):
        return None
    joint = [said.pop()] if said[-1] in PREPOSITIONS else []
    if joint == ["by"] and said[-2:-1] in (["is"], ["are"]) and (base := base_of_done(said[-1])):
        head = asked[phrase_end(asked, 1) - 1]
        is_many = head.endswith("s") and not head.endswith(("ss", "us", "is"))
        return [*asked, base if is_many else third_of(base), *said[:-2]]
    be = next((at for at, token in enumerate(said) if at and token in AUXILIARIES), 0)
    if be and (said[be] in BE or said[be] in MODALS or said[be] in {"does", "do"}):
        turned = [said[be], *said[:be], *said[be + 1 :]]
    elif not be and not joint and (base := BASE_OF_THIRD.get(said[-1])):
        turned = ["does", *said[:-1], base]
    elif said[-1] in {"has", "have"} and not joint:
        turned = ["does" if said[-1] == "has" else "do", *said[:-1], "have"]
    else:
        return None
    if joint and len(asked) == 1:
        return [*asked, *turned, *joint]
    return [*joint, *asked, *turned]


def base_of_done(done: str) -> str | None:
    """The base of a participle, also of a regular one that we do not know."""
    if done in BASE_OF_DONE:
        return BASE_OF_DONE[done]
    stem = done.removesuffix("ed")
    if stem == done or len(stem) < 3 or not done.isalpha():
        return None
    if stem[-1] == "i":
        return stem[:-1] + "y"
    if stem[-1] == stem[-2] and stem[-1] not in "lsfz":
        return stem[:-1]
    is_short = stem[-1] not in "aeiouwxy" and stem[-2] in "aeiou" and stem[-3] not in "aeiou"
    is_short = is_short and not stem.endswith(("er", "en", "or", "on", "it", "et", "al", "el"))
    return stem + "e" if is_short or stem[-1] in "cgvuz" or stem.endswith(("us", "rs")) else stem
