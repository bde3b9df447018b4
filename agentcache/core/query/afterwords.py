"""What is said behind a question and is asked by it already: `explain` behind how and why.

It knows only whole sentences; a word more and they may ask for another answer.
"""

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import AUXILIARIES, BASE_OF_THIRD, word_set

_EXPLAIN = Caseless(r"\? (?:please )?explain(?:,? please)?[.!]*\Z")
_ALL = Caseless(
    r"\? (?:please )?(?:(?:give|name|show|list|tell)(?: me| us)? )?all of them(?:,? please)?[.!]*\Z"
)
_LIST_ALL = Caseless(
    r"[.?!] (?:please )?(?:list|name|enumerate|show|give)(?: me| us)? (?:them all|all)\b"
)
_EXTENTS = word_set("many much long often big large far deep fast old wide high late early soon")
_SHORTEST = 3
_SENTENCE_MARKS = ("? ", "! ", ". ", "\n")


def without_afterword(text: str) -> str:
    """`text` without a sentence behind its question that asks for what it asks for anyway."""
    for said, is_asked in ((_EXPLAIN, _asks_for_reasons), (_ALL, _asks_for_all)):
        if (found := said.search(text)) is not None:
            question = text[: found.start()]
            is_one = not any(mark in question for mark in _SENTENCE_MARKS)
            return question if is_one and is_asked(question.lower().split()) else text
    return text


def asks_for_all_too(text: str, question: str) -> bool:
    """Whether `text` asks for all of the things of which its question asks for less.

    `How many jobs are queued? Name them all.` is not answered by their number.
    """
    if " all" not in text or _LIST_ALL.search(text.removesuffix(question)) is None:
        return False
    words = question.lower().split()
    if words[:1] == ["how"]:
        return words[1:2] != [] and words[1] in _EXTENTS
    is_whole = words[1:2] != [] and words[1] in {"does", "do", "are", "can"}
    is_thing = words[:1] in (["which"], ["what"]) and not is_whole and not _asks_for_all(words)
    return is_thing or words[:1] == ["what's"] or (words[:1] != [] and words[0] in AUXILIARIES)


def _asks_for_reasons(words: list[str]) -> bool:
    is_how = words[:1] in (["how"], ["why"]) and len(words) > 2
    return is_how and words[1] not in _EXTENTS


def _asks_for_all(words: list[str]) -> bool:
    """Whether things are asked for, and not the one thing that does something."""
    if words[:1] == ["where"]:
        return True
    if words[:1] not in (["which"], ["what"]) or len(words) < _SHORTEST:
        return False
    for at, word in enumerate(words[1:4]):
        if word in AUXILIARIES or (at and word in BASE_OF_THIRD) or not word.isalpha():
            return False
        if word.endswith("s") and not word.endswith(("ss", "us", "is")):
            return True
    return False
