"""Two things in a coordination that has no order, in one order: `A and B` as `B and A`.

It reads tokens that still have their articles, which show where a noun phrase begins. An order may
be meant wherever it is not known that none is: two things are converted, mapped or called in turn.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    DO,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import is_boundary

_IN_TURN = word_set(
    "respectively first last then before after order ordered ordering sequence turn priority "
    "precedence former latter else rather otherwise instead vice"
)
_DIFFERENCES = word_set("difference differences distinction relation relationship")
_ASKED = (
    ["what", "is"], ["what", "are"], ["is", "there"], ["are", "there"], ["explain"], ["describe"],
)  # fmt: skip
"""Behind these a difference is none of two numbers, which has a sign."""
_TAKING = word_set(
    "use uses import imports implement implements need needs support supports contain contains "
    "mention mentions define defines declare declares export exports handle handles reference "
    "references read reads call calls respect respects honor honors have has include includes"
)
"""Verbs that take two things at once."""
_RELYING = word_set("depend depends rely relies")
_ONE_BY_ONE = word_set(
    "defined declared set configured used stored created registered tested implemented imported "
    "exported validated checked parsed handled enabled disabled documented logged cached computed "
    "calculated read written loaded called deleted cleared reset updated kept laid rendered shown "
    "zeroed locked initialized freed allocated received emitted generated"
)
"""What is done to two things as it is done to each."""
_TOLD = word_set("to i you we one")
_PLACING = word_set("in on at if when inside within during under by")
"""What may stand behind two things and surely says something of both."""
_LONGEST = 3

_Phrase = tuple[str, list[str]]
"""An article or nothing, and the words behind it."""


def in_any_order(tokens: list[str]) -> list[str]:
    """The tokens with the two things of a coordination without order in one order."""
    joint = "and" if "and" in tokens else "or"
    if tokens.count("and") + tokens.count("or") != 1 or "," in tokens:
        return tokens
    at = tokens.index(joint)
    if at + 1 == len(tokens):
        return tokens
    start, end = _start_of(tokens, at), _end_of(tokens, at + 1)
    if not start or end is None or not _IN_TURN.isdisjoint(tokens):
        return tokens
    if end < len(tokens) and tokens[end] in PREPOSITIONS and tokens[end] not in _PLACING:
        return tokens
    is_free = _is_choice if joint == "or" else _is_sum
    one, other = _phrase(tokens[start:at]), _phrase(tokens[at + 1 : end])
    shared = _shared(one, other) if joint == "and" else []
    if shared:
        other = (other[0], other[1][: -len(shared)])
    is_told = tokens[start - 1] in {"between", "both"} and other[0] != ""
    if not is_free(tokens, start, end) or not (_is_pair(one, other) or (is_told and one[0])):
        return tokens
    first, second = sorted((one[1], other[1]))
    articles = ([word] if word else [] for word in (one[0], other[0]))
    both = [*next(articles), *first, joint, *next(articles), *second, *shared]
    return [*tokens[:start], *both, *tokens[end:]]


def _start_of(tokens: list[str], end: int) -> int:
    """Where the noun phrase before `end` surely begins, 0 where that is not certain."""
    for at in range(end - 1, max(end - _LONGEST - 2, 0), -1):
        before = tokens[at - 1]
        if tokens[at] in ARTICLES:
            return at if at + 1 < end else 0
        if not _is_noun(tokens, at):
            return 0
        if before in AUXILIARIES or before in PREPOSITIONS or before == "both":
            return at
        if before in _TAKING and tokens[at][0] == "`":
            return at
    return 0


def _is_noun(tokens: list[str], at: int) -> bool:
    """Whether a word is a name, a noun beyond doubt, or a noun by its article."""
    word, before = tokens[at], tokens[at - 1]
    is_told = before in ARTICLES or (before[0] == "`" and tokens[at - 2] in ARTICLES)
    if word[0] == "`" or (word.isalpha() and is_told):
        return word not in PARTICIPLES
    is_verb = word in BASES or word in BASE_OF_THIRD or word in BASE_OF_GERUND
    return word.isalpha() and not is_verb and word not in PARTICIPLES and not _is_end(tokens, at)


def _end_of(tokens: list[str], start: int) -> int | None:
    """Where the noun phrase that begins at `start` surely ends."""
    first = start + 1 if tokens[start] in ARTICLES else start
    for at in range(first, min(first + _LONGEST + 1, len(tokens) + 1)):
        if at > first and _is_end(tokens, at):
            return at
        if at == len(tokens) or not _is_noun(tokens, at):
            return None
    return None


def _is_end(tokens: list[str], at: int) -> bool:
    """Whether no noun can stand at `at`: what is done follows, a place, a verb with its object."""
    if is_boundary(tokens, at) or tokens[at] in ARTICLES:
        return True
    follows = tokens[at + 1] if at + 1 < len(tokens) else ""
    if tokens[at] in PARTICIPLES or tokens[at].endswith("ed"):
        return not follows or follows in CONNECTIVES | PREPOSITIONS
    is_verb = tokens[at] in BASES or tokens[at] in BASE_OF_THIRD or tokens[0] in DO
    return is_verb and (follows in ARTICLES or (follows[:1] == "`" and tokens[0] not in DO))


def _phrase(tokens: list[str]) -> _Phrase:
    return (tokens[0], tokens[1:]) if tokens[0] in ARTICLES else ("", tokens)


def _shared(one: _Phrase, other: _Phrase) -> list[str]:
    """The noun that two names share: `the a and b modules`."""
    is_named = len(one[1]) == 1 and len(other[1]) == 2 and not other[0]
    is_named = is_named and one[1][0][0] == other[1][0][0] == "`"
    is_many = other[1][-1].endswith("s") and not other[1][-1].endswith("ss")
    return other[1][1:] if is_named and is_many else []


def _is_pair(one: _Phrase, other: _Phrase) -> bool:
    """Whether nothing that is said of one of two things may be said of both."""
    (article, mine), (its, others) = one, other
    if (its and not article) or (its and (its == "the") != (article == "the")):
        return False
    if len(mine) == len(others) == 1:
        return (mine[0][0] == "`") == (others[0][0] == "`")
    return len(mine) == len(others) and mine[-1] == others[-1]


def _is_choice(tokens: list[str], start: int, _end: int) -> bool:
    """Whether `is it A or B` is asked, of which nothing hangs on A alone."""
    return tokens[0] in AUXILIARIES and not _hangs(tokens, start)


def _hangs(tokens: list[str], start: int) -> bool:
    """Whether `the key of A or B` may be the key of A, or else B."""
    if tokens[start - 1] not in PREPOSITIONS:
        return False
    done = tokens[start - 2] if start > 1 else "of"
    is_verb = done in _RELYING or (done in PARTICIPLES and tokens[start - 3] not in ARTICLES)
    return not is_verb


def _is_sum(tokens: list[str], start: int, end: int) -> bool:
    """Whether `A and B` stands where each of the two is meant."""
    before = tokens[start - 1]
    if before == "between":
        asked = tokens[: start - 3] if tokens[start - 3] in ARTICLES else tokens[: start - 2]
        return tokens[start - 2] in _DIFFERENCES and asked in _ASKED
    if before == "both":
        return start < 2 or not _hangs([*tokens[: start - 1], *tokens[start:]], start - 1)
    if before == "on":
        return tokens[start - 2] in _RELYING
    done = tokens[end] if end < len(tokens) else ""
    is_told_how = tokens[0] == "how" and not _TOLD.isdisjoint(tokens[1:3])
    is_taken = before in _TAKING and not is_told_how
    return is_taken or (before in BE and done in _ONE_BY_ONE)
