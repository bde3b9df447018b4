"""A phrase that names what is asked, without a verb: `default port of the server?`.

It becomes `what is the default port of the server`, also after `give me` and `tell me`. Only for
nouns of which a thing has one, or a few, to be told; any other phrase may be a topic to explain.
"""

from agentcache.core.query.lexicon import (
    ARTICLES,
    AUXILIARIES,
    BASE_OF_DONE,
    CONNECTIVES,
    NEGATIONS,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_TOLD = word_set(
    "version license licence name type visibility signature lifetime size length limit bound unit "
    "value default timeout port encoding format capacity depth order sequence precedence interval "
    "tolerance dtype schema threshold number radius frequency resolution width height seed "
    "meaning purpose path id identifier ttl duration"
)
"""What one thing has one of: `license of the regex library`."""
_TOLD_MANY = word_set("values types contents units formats")
_TELLING = word_set("default maximum minimum initial allowed supported accepted possible valid")
"""What asks for a value before any other noun: `default port of X`, `allowed values for X`."""
_DESCRIBING = _TELLING | word_set(
    "return exit current overall total upper lower page file batch buffer queue stack cache pool "
    "retry connection request thread worker max-age logging log time line word character byte bit"
)
_EXITS = frozenset((("exit", "status"), ("exit", "code"), ("return", "value"), ("return", "type")))
_OWNED = frozenset(("of", "for"))
_JOINTS = word_set("of for in on per at under")
_GIVEN = (["give", "me"], ["tell", "me"])
_NO_NOUN = AUXILIARIES | PREPOSITIONS | CONNECTIVES | {"where", "list", "find", "explain"}
_SHORTEST = 3


def as_question(tokens: list[str]) -> list[str]:
    """The tokens as a question with a verb; as they are where more may be meant."""
    if len(tokens) < _SHORTEST:
        return tokens
    if tokens[:2] in _GIVEN and tokens[2:3] == ["the"]:
        return _asked(tokens[3:]) or tokens
    if tokens[0] in _NO_NOUN:
        return tokens
    return _asked(tokens[1:] if tokens[0] == "the" else tokens) or tokens


def _asked(words: list[str]) -> list[str] | None:
    """`what is the WORDS`; None where they are no such phrase."""
    head = phrase_end(words, 0)
    if len(words) < _SHORTEST or head in {0, len(words)} or not _is_plain(words):
        return None
    is_many = words[head - 1] in _TOLD_MANY
    joints = _OWNED if head == 1 else _JOINTS
    is_told = is_many or _is_told(words[:head])
    if is_told and words[head] in joints and _DESCRIBING.issuperset(words[: head - 1]):
        return ["what", "are" if is_many else "is", "the", *words] if _owns(words, head) else None
    return _accepted_by(words, head)


def _owns(words: list[str], at: int) -> bool:
    """Whether only phrases like `of X`, `in Y` stand from `at` to the end."""
    while at < len(words):
        end = phrase_end(words, at + 1)
        if words[at] not in _JOINTS or end == at + 1 or words[end - 1] in ARTICLES:
            return False
        at = end
    return True


def _is_told(phrase: list[str]) -> bool:
    is_named = len(phrase) > 1 and phrase[0] in _TELLING and phrase[-1][0].islower()
    is_one = not phrase[-1].endswith("s") or phrase[-1].endswith(("ss", "us", "is"))
    return phrase[-1] in _TOLD or tuple(phrase[-2:]) in _EXITS or (is_named and is_one)


def _is_plain(words: list[str]) -> bool:
    return not any(
        word in AUXILIARIES or word in CONNECTIVES or word in NEGATIONS or word in ",:;()[]{}"
        for word in words
    )


def _accepted_by(words: list[str], head: int) -> list[str] | None:
    """`types accepted by X` as `which types are accepted by X`."""
    is_done = words[head : head + 1] != [] and words[head] in BASE_OF_DONE
    if head != 1 or not is_done or words[head + 1 : head + 2] != ["by"] or len(words) < 4:
        return None
    if words[0] not in _TOLD_MANY:
        return None
    return ["which", words[0], "are", *words[1:]]
