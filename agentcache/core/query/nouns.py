"""Noun phrases: `the cache's size`, `the size of the cache` and `the cache size` are one.

Only phrases whose ends are certain are touched; everything else keeps its words and their order.
"""

from agentcache.core.query.lexicon import (
    AFTER_ARTICLE,
    ARTICLES,
    ATTRIBUTES,
    AUXILIARIES,
    BARE_PARTICIPLES,
    CONNECTIVES,
    DEFINABLES,
    MODIFIERS,
    OPTION_KINDS,
    PARTICIPLES,
    POSTPOSED,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.tokens import is_path

_HARD = PREPOSITIONS | CONNECTIVES | AUXILIARIES | frozenset(("'s", "there", "not", "been"))
_PLAIN_PREPOSITIONS = frozenset(("of", "in", "for"))


_SINGULAR = {
    "caches": "cache", "indices": "index", "children": "child", "vertices": "vertex",
    "matrices": "matrix", "processes": "process", "series": "series", "types": "type",
    "axes": "axis", "databases": "database", "aliases": "alias", "buses": "bus",
    "statuses": "status", "canvas": "canvas", "analyses": "analysis",
}  # fmt: skip


def singular(word: str) -> str:
    """The singular of a plain noun; a word that is none comes back changed at most in its `s`."""
    word = word.removesuffix("~")
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def owner_of(head: str, owner: list[str]) -> list[str]:
    """The owner of `A of Bs` as it stands in the compound `B A`: one A tells no number of Bs."""
    is_many = head.endswith("s") and not head.endswith(("ss", "us", "is"))
    is_counted = any(word in _COUNTED or word[0] == "#" for word in owner)
    if is_many or is_counted or not owner[-1][0].islower() or len(owner[-1]) < 4:
        return owner
    return [*owner[:-1], singular(owner[-1])]


_GIVING = word_set("send show give offer grant pass tell teach assign hand")
_RECEIVERS = word_set(
    "user users client clients server servers caller callers customer customers player players "
    "peer peers worker workers browser host kernel driver parser plugin plugins scheduler admin "
    "admins guest guests subscriber subscribers listener listeners consumer consumers"
)


def may_be_given(verb: str, things: list[str]) -> bool:
    """Whether `show the user errors` may say to whom it is done, as `show errors to the user`."""
    is_told = verb in _GIVING and len(things) > 2 and things[0] in ARTICLES
    return is_told and things[1] in _RECEIVERS and things[-1].endswith("s")


EXTREMES = frozenset(("default", "maximum", "minimum"))
_COUNTED = word_set(
    "all any every each some both either most few least first last several many other own same "
    "different this these those which what such other's multiple various"
)


def drop_articles(tokens: list[str]) -> list[str]:
    """Without `the`, `a` and `an`, but for `a few`, `the most` and their like."""
    return [
        token
        for at, token in enumerate(tokens)
        if token not in ARTICLES or (at + 1 < len(tokens) and tokens[at + 1] in AFTER_ARTICLE)
    ]


def is_boundary(tokens: list[str], at: int) -> bool:
    """Whether a noun phrase cannot go on over the token at `at`; the end is a boundary."""
    if at >= len(tokens):
        return True
    token = tokens[at]
    if token in _HARD or not (token[0].isalnum() or token[0] in '`"#'):
        return True
    if token in BARE_PARTICIPLES or token in PARTICIPLES:
        return at + 1 == len(tokens) or (tokens[at + 1] in PREPOSITIONS and tokens[at + 1] != "of")
    return False


def phrase_end(tokens: list[str], start: int) -> int:
    """The index after the noun phrase that begins at `start`."""
    at = start
    while not is_boundary(tokens, at):
        at += 1
    return at


def _phrase_start(tokens: list[str], end: int) -> int:
    at = end
    while at > 0 and not is_boundary(tokens, at - 1):
        at -= 1
    return at


def join_nouns(tokens: list[str]) -> list[str]:
    """Possessives as `of`, and `of` after an attribute as a compound; articles are gone before."""
    tokens = drop_kinds(_undo_possessive(tokens))
    if tokens.count("of") != 1:
        return tokens
    at = tokens.index("of")
    start, end = _phrase_start(tokens, at), phrase_end(tokens, at + 1)
    if at - start != 1 or tokens[start] not in ATTRIBUTES or end == at + 1:
        return tokens
    if end == at + 2 and tokens[at + 1] in MODIFIERS:
        return tokens
    if end < len(tokens) and tokens[end] in BARE_PARTICIPLES and _is_done(tokens[:start]):
        return tokens  # `sent by the format of the export set`
    if tokens[at + 1] in EXTREMES:
        return tokens  # `timeout of the default client` is no `default client timeout`
    owner = owner_of(tokens[start], tokens[at + 1 : end])
    return [*tokens[:start], *owner, tokens[start], *tokens[end:]]


def _is_done(tokens: list[str]) -> bool:
    """Whether a participle stands in the tokens."""
    return any(token in PARTICIPLES for token in tokens)


def _undo_possessive(tokens: list[str]) -> list[str]:
    if tokens.count("'s") != 1 or "of" in tokens:
        return tokens
    at = tokens.index("'s")
    start, end = _phrase_start(tokens, at), phrase_end(tokens, at + 1)
    if start == at or end == at + 1:
        return tokens
    return [*tokens[:start], *tokens[at + 1 : end], "of", *tokens[start:at], *tokens[end:]]


def drop_kinds(tokens: list[str]) -> list[str]:
    """`option --all` and `--all option` as `--all`, where nothing can hang on the word.

    Not of functions, methods and types: two may have one name, which agreement looks at.
    """
    for at, token in enumerate(tokens):
        if token[0] != "`":
            continue
        if at and _names_kind(tokens[at - 1], token) and is_boundary(tokens, at + 1):
            return [*tokens[: at - 1], *tokens[at:]]
        after = tokens[at + 1] if at + 1 < len(tokens) else ""
        if _names_kind(after, token) and is_boundary(tokens, at + 2):
            return [*tokens[: at + 1], *tokens[at + 2 :]]
    return tokens


def _names_kind(word: str, token: str) -> bool:
    if word in OPTION_KINDS:
        return token.startswith("`--")
    return word == "file" and is_path(token)


def nouns_in_place(words: list[str]) -> list[str]:
    """`functions of PATH` as `functions in PATH`; `tests of PATH` are elsewhere."""
    if len(words) > 2 and words[-2] == "of" and is_path(words[-1]) and words[-3] in DEFINABLES:
        return [*words[:-2], "in", words[-1]]
    return words


def is_plain_phrase(words: list[str]) -> bool:
    """Whether words are a noun phrase with at most `of`, `in` and `for`, and say nothing of it.

    `tests of X` is one; `tests skipped`, `tests running on CI`, `tests available in X` are not.
    """
    for at, word in enumerate(words):
        follows = words[at + 1] if at + 1 < len(words) else "in"
        if word in _HARD and word not in _PLAIN_PREPOSITIONS:
            return False
        if at and word.endswith("ing") and words[at - 1].endswith("s"):
            return False
        if at and follows in PREPOSITIONS and _is_postposed(word):
            return False
        if at and (word in PARTICIPLES and word not in BARE_PARTICIPLES):
            return False
    return True


def _is_postposed(word: str) -> bool:
    return (
        word in POSTPOSED or word in BARE_PARTICIPLES or word.endswith(("ed", "able", "ible", "ly"))
    )
