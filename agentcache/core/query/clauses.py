"""Clauses after a question word: the order of words becomes that of a statement, voice is kept.

`where is X set`, `where X is set`, `where X gets set` and `where do we set X` are one clause;
`where does X set` is another, because the auxiliary stays beside the words.
"""

from agentcache.core.query.lexicon import (
    AGENTIVE,
    ARTICLES,
    AUXILIARIES,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    DO,
    FUNCTION_WORDS,
    HAVE,
    MODALS,
    PARTICIPLE_OF,
    PARTICIPLES,
    PARTICLES,
    PREPOSITIONS,
    participle_of,
    word_set,
)
from agentcache.core.query.nouns import drop_articles, join_nouns

Clause = tuple[str, list[str]]
"""The auxiliary and the words without it, in the order of a statement."""

_GENERIC_SUBJECTS = (
    ["we"],
    ["one"],
    ["code"],
    ["codebase"],
    ["this", "project"],
    ["this", "repository"],
)
_GET = frozenset(("get", "gets"))
_HAPPENS = frozenset(("happens", "occurs", "works"))
_NUMBERED = {"do": "do-many", "does": "do-one", "did": "did"}
_UNPLAIN = word_set("'s its it their them itself themselves not never only also of to default")


def read_clause(tokens: list[str]) -> Clause:
    """A clause in either order, without articles; `get` and `we` as the plain passive."""
    if len(tokens) > 2 and tokens[0] in AUXILIARIES and tokens[1] == "not":
        auxiliary, words = read_clause([tokens[0], *tokens[2:]])
        return auxiliary + "-not", words
    words = drop_articles(tokens)
    if not words:
        return "", words
    head = words[0]
    if head in DO and (unknown := _by_articles(tokens)):
        words = ["are", *unknown]
        head = "are"
    if head in DO:
        return _do_question(DO[head], head, words[1:])
    if head in BE:
        return BE[head], join_nouns(words[1:])
    if head in HAVE or head in MODALS:
        return HAVE.get(head, head), words[1:]
    return _statement(words)


def _by_articles(tokens: list[str]) -> list[str] | None:
    """`does the S V the O ...` with a verb that we do not know as `O V-ed by S ...`."""
    if (
        tokens[0] not in {"do", "does"}
        or set(tokens) & (_UNPLAIN | PARTICLES)
        or tokens[1:2] == ["we"]
    ):
        return None
    at = next((at for at in range(3, len(tokens)) if tokens[at] in ARTICLES), 0)
    if not at or tokens[at - 1] in BASES or not may_be_verb(tokens[at - 1]):
        return None
    subject, rest = drop_articles(tokens[1 : at - 1]), drop_articles(tokens[at:])
    if not subject or any(word in BASES or word in PREPOSITIONS for word in subject[1:]):
        return None
    if any(_is_clausal(word) for word in (*subject, *rest)):
        return None
    ends = (at for at, word in enumerate(rest) if word in PREPOSITIONS and word != "of")
    end = next(ends, len(rest))
    return [*rest[:end], participle_of(tokens[at - 1]), "by", *subject, *rest[end:]]


def passive_of(words: list[str]) -> list[str] | None:
    """`log failed payments in X` as `failed payments logged in X`; None where it is not certain."""
    if len(words) < 2 or words[0] not in BASES:
        return None
    return _passive(PARTICIPLE_OF[words[0]], words[1:])


def _ours(words: list[str]) -> list[str] | None:
    """What stands after `we`: its first word is the verb, whether we know it or not."""
    if words[:1] and words[0] not in BASES and may_be_verb(words[0]):
        return _passive(participle_of(words[0]), words[1:])
    return passive_of(words)


def may_be_verb(word: str) -> bool:
    """Whether a word that we do not know may be the base form of a verb."""
    return len(word) > 3 and word.isalpha() and word.islower() and word not in FUNCTION_WORDS


def _passive(done: str, rest: list[str]) -> list[str] | None:
    verb = [done]
    if not rest:
        return None
    if rest[0] in PARTICLES:
        verb, rest = [*verb, rest[0]], rest[1:]
    ends = (at for at, word in enumerate(rest) if at and _ends_object(word))
    end = next(ends, len(rest))
    if not rest or rest[0] in PREPOSITIONS or any(_is_clausal(word) for word in rest):
        return None
    return [*rest[:end], *verb, *rest[end:]]


def _ends_object(word: str) -> bool:
    return (word in PREPOSITIONS and word != "of") or word == "instead"


def agent_passive(words: list[str]) -> list[str] | None:
    """`S V` and `S V PREPOSITION ...` as `V-ed by S ...`; None where the verb is not certain."""
    at = _only_verb(words)
    if at is None:
        return _unknown_last(words)
    rest = words[at + 1 :]
    if rest and (rest[0] not in PREPOSITIONS or len(rest) == 1):
        return None
    return [mark(words[at]), "by", *words[:at], *rest]


def _unknown_last(words: list[str]) -> list[str] | None:
    """`S V` where no other word can be the verb: what follows `which X does` ends in it."""
    if len(words) < 2 or not may_be_verb(words[-1]) or words[-1] in PARTICIPLES:
        return None
    if any(word in BASES for word in words[1:]) or any(_is_clausal(word) for word in words):
        return None
    if any(word in PREPOSITIONS or word in _UNPLAIN for word in words):
        return None
    return [participle_of(words[-1]) + "+", "by", *words[:-1]]


def _only_verb(words: list[str]) -> int | None:
    """Where the verb of `S V ...` stands; S has no preposition and the clause no second verb."""
    verbs = [
        at
        for at, word in enumerate(words)
        if at and word in BASES and words[at - 1] not in PREPOSITIONS
    ]
    if not verbs or any(_is_clausal(word) for word in words):
        return None
    if len(verbs) > 1 and verbs[-1] != len(words) - 1:
        return None
    at = verbs[-1]
    if words[at] not in AGENTIVE:
        return None
    is_plain = not any(word in PREPOSITIONS or word in _UNPLAIN for word in words[:at])
    return at if is_plain else None


def _with_agent(auxiliary: str, words: list[str]) -> Clause:
    """`how does S V O` as `how is O V-ed by S`."""
    at = _only_verb(words)
    if at is None or at + 1 == len(words):
        return auxiliary, words
    subject, things = words[:at], words[at + 1 :]
    if any(word in PREPOSITIONS or word in _UNPLAIN for word in things):
        return auxiliary, words
    return "be", [*things, PARTICIPLE_OF[words[at]], "by", *subject]


def mark(verb: str) -> str:
    """The participle of a base form, marked as passive: `read` is then not the active `read`."""
    return PARTICIPLE_OF[verb] + "+"


def _is_clausal(word: str) -> bool:
    return word in CONNECTIVES or word in AUXILIARIES or not (word[0].isalnum() or word[0] in '`"#')


def _do_question(auxiliary: str, head: str, words: list[str]) -> Clause:
    for subject in _GENERIC_SUBJECTS:
        size = len(subject)
        if words[:size] == subject and auxiliary == "do":
            if subject == ["code"] and any(word in BASES for word in words[2:]):
                continue  # `how does the code split work`
            passive = _ours(words[size:])
            return ("be", join_nouns(passive)) if passive else ("do-we", words[size:])
    for at in range(1, len(words) - 1):
        if words[at] == "get" and words[at + 1] in PARTICIPLES and auxiliary == "do":
            return "be", join_nouns([*words[:at], *words[at + 1 :]])
    if auxiliary == "did":
        return "did", words
    return _with_agent(_NUMBERED[head], words)


def _statement(words: list[str]) -> Clause:
    if words[0] == "we":
        passive = _ours(words[1:])
        return ("be", join_nouns(passive)) if passive else ("do-we", words[1:])
    finite = [at for at, word in enumerate(words) if _is_finite(words, at, word)]
    if len(finite) > 1:
        return "", words
    if finite:
        at = finite[0]
        word, rest = words[at], [*words[:at], *words[at + 1 :]]
        if word in BE or word in _GET:
            return BE.get(word, "be"), join_nouns(rest)
        return HAVE.get(word, _NUMBERED.get(word, word)), rest
    return _singular_or_plural(words)


def _is_finite(words: list[str], at: int, word: str) -> bool:
    if word in _GET:
        return at + 1 < len(words) and words[at + 1] in PARTICIPLES
    return word in AUXILIARIES


def _singular_or_plural(words: list[str]) -> Clause:
    if words[-1] in _HAPPENS and len(words) > 1:
        return "do-one", [*words[:-1], BASE_OF_THIRD[words[-1]]]
    for at in range(1, len(words)):
        base = BASE_OF_THIRD.get(words[at])
        if base is None or words[at - 1] in PREPOSITIONS:
            continue
        if at + 1 < len(words) and words[at + 1] in BASES:
            break  # `the worker logs rotate`: the word before a verb is the subject
        return _with_agent("do-one", [*words[:at], base, *words[at + 1 :]])
    return _with_agent("do-many", words)
