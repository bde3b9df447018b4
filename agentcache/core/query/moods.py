"""What may, can or must be done, and by what code, said in one way.

`is it possible to`, `is allowed to`, `has to`; `who frees X` as `what frees X`.

It reads tokens that still have their articles, before an active clause is made a passive one.
"""

from agentcache.core.query.lexicon import ARTICLES, BASES, BE, DO, PARTICIPLE_OF, word_set
from agentcache.core.query.nouns import may_be_given, phrase_end

_ANYBODY = frozenset(("i", "one", "we"))
_ALLOWED = word_set("able allowed permitted")
_POSSIBLE = _ALLOWED | {"possible"}
_PRONOUNS = word_set("it they them this that these those he she you us me")
_ASKED = word_set("what when why where")
_ADVERBS = word_set("again twice once directly manually offline repeatedly safely separately")
_NO_DUTIES = word_set("offer say gain lose")
"""`what does S have to offer` asks what there is."""
_DONE_BY_CODE = word_set(
    "allocates catches consumes deallocates destroys emits frees instantiates invalidates invokes "
    "listens mutates overrides parses polls serializes subscribes throws"
)


def in_one_mood(tokens: list[str]) -> list[str]:
    """The tokens with one modal verb for each mood, and with what anybody does as being done."""
    tokens = ["can" if token == "may" else token for token in tokens]
    return _done_by_anybody(_must(_can(_supported(tokens))))


def _can(tokens: list[str]) -> list[str]:
    """`is it possible to V`, `is S allowed to V` and `S that is able to V` as `can`."""
    if tokens[:2] == ["is", "it"] and tokens[2:3] and tokens[2] in _POSSIBLE:
        if tokens[3:4] == ["to"]:
            return ["can", "i", *tokens[4:]]
        end = phrase_end(tokens, 4) if tokens[3:4] == ["for"] else 0
        return ["can", *tokens[4:end], *tokens[end + 1 :]] if _goes_on(tokens, end) else tokens
    at = next((at for at in range(1, len(tokens)) if tokens[at] in _ALLOWED), 0)
    if not at or tokens[at + 1 : at + 2] != ["to"]:
        return tokens
    if tokens[at - 1] in {"is", "are"}:
        return [*tokens[: at - 1], "can", *tokens[at + 2 :]]
    if tokens[0] in {"is", "are"} and at > 1 and phrase_end(tokens[:at], 1) == at:
        return ["can", *tokens[1:at], *tokens[at + 2 :]]
    return tokens


def _goes_on(tokens: list[str], end: int) -> bool:
    return end > 4 and tokens[end : end + 1] == ["to"] and end + 1 < len(tokens)


def _must(tokens: list[str]) -> list[str]:
    """`does S have to V`, `which S have to V` and `does S need to V` as `must`.

    Not `which options does S have to V`, which may ask what there is to choose from.
    """
    if "must" in tokens and tokens[0] in {"do", "does"}:  # `does S must be`
        at = tokens.index("must")
        return ["must", *tokens[1:at], *tokens[at + 1 :]]
    at = next((at for at in range(1, len(tokens) - 2) if tokens[at] in {"have", "has", "need"}), 0)
    if not at or tokens[at + 1] != "to" or tokens[at + 2 : at + 4] == ["do", "with"]:
        return tokens
    if tokens[at + 2] in _NO_DUTIES:
        return tokens
    asked = 1 if tokens[0] in _ASKED else 0
    if tokens[asked] in DO and tokens[asked] != "did":
        is_whole = at > asked + 1 and phrase_end(tokens[:at], asked + 1) == at
        is_sure = tokens[at] == "have" or not asked
        return (
            [*tokens[:asked], "must", *tokens[asked + 1 : at], *tokens[at + 2 :]]
            if is_whole and is_sure
            else tokens
        )
    is_subject = tokens[0] in {"which", "what"} and phrase_end(tokens[:at], 1) == at
    if is_subject and tokens[at] != "need":
        return [*tokens[:at], "must", *tokens[at + 2 :]]
    return tokens


def _done_by_anybody(tokens: list[str]) -> list[str]:
    """`can i V the O` as `can the O be V-ed`."""
    if tokens[:1] != ["can"] or len(tokens) < 4 or tokens[1] not in _ANYBODY:
        return tokens
    end = phrase_end(tokens, 3)
    while end > 4 and tokens[end - 1] in _ADVERBS:
        end -= 1
    if tokens[1] == "one" and tokens[3] not in ARTICLES and tokens[3][0] not in '`"':
        return tokens  # `can one process lock the file`
    if tokens[2] not in BASES or end == 3 or not _PRONOUNS.isdisjoint(tokens[3:end]):
        return tokens
    if may_be_given(tokens[2], tokens[3:end]):
        return tokens
    return ["can", *tokens[3:end], "be", PARTICIPLE_OF[tokens[2]], *tokens[end:]]


def _supported(tokens: list[str]) -> list[str]:
    """`is there support for X` as `is X supported`; what has support for X supports it."""
    is_any = tokens[2:3] == ["any"]
    start = 3 if is_any else 2
    if tokens[:2] == ["is", "there"] and tokens[start : start + 2] == ["support", "for"]:
        end = phrase_end(tokens, start + 2)
        things = tokens[start + 2 : end] if tokens[end : end + 1] != ["in"] else []
        return ["is", *things, "supported", *tokens[end:]] if things else tokens
    at = tokens.index("support") if tokens.count("support") == 1 else 0
    if at > 2 and tokens[at - 1] in {"have", "has"} and tokens[at + 1 : at + 2] == ["for"]:
        verb = "support" if tokens[at - 1] == "have" else "supports"
        return [*tokens[: at - 1], verb, *tokens[at + 2 :]]
    return tokens


def is_done_by_code(clause: list[str]) -> bool:
    """Whether no person does by hand what a clause without a subject says, as `frees X`."""
    return clause[:1] != [] and clause[0] in _DONE_BY_CODE


def told_apart(tokens: list[str]) -> list[str]:
    """`what distinguishes A from B`, `what sets A apart from B` as their difference."""
    if tokens.count("from") != 1 or tokens[:1] != ["what"] or BE.keys() & set(tokens):
        return tokens
    at = tokens.index("from")
    one, other = tokens[2:at], tokens[at + 1 :]
    if tokens[1] == "sets" and one[-1:] == ["apart"]:
        one = one[:-1]
    elif tokens[1] != "distinguishes":
        return tokens
    return ["what", "is", "the", "difference", "between", *one, "and", *other] if one else tokens
