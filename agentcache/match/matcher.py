"""Two questions compared: exact text, then the key, then structure, and similarity as a floor."""

import re

from agentcache.core.query import Accord, Query, Refusal, agree, read_query
from agentcache.core.query.lexicon import FUNCTION_WORDS, word_set
from agentcache.match.embedding import Embedder
from agentcache.match.verdict import DEFAULT_THRESHOLD, Match, Verdict

NEAR = 0.6
"""The cosine from which questions that do not agree are still near to each other."""

NEAR_SHARE = 0.5
"""The share of content words in common from which questions are near without a model."""

_ENDINGS = (
    "ization", "ations", "ation", "ating", "ated", "ates", "ate", "ing", "ies", "ion", "ed", "er",
    "es", "s", "e",
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9_./:-]+")
_ASKING = word_set("where what which who how why when find list show explain describe locate tell")


def judge(
    a: str,
    b: str,
    *,
    embedder: Embedder | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> Match:
    """Compare two questions; raises ModelError only where the given model fails.

    `same` is certain enough to serve the answer of one for the other; `near` is alike, and
    never served. Without a model structure alone decides, which is as strict: see README.
    """
    one, other = read_query(a), read_query(b)
    if one.text == other.text:
        return Match(Verdict.SAME, 1.0, "the texts are equal")
    if one.key == other.key:
        return Match(Verdict.SAME, 1.0, "the canonical forms are equal")
    accord = agree(one, other)
    if embedder is None:
        return _without_model(one, other, accord)
    cosine = cosine_of(embedder, one.text, other.text)
    if accord.is_agreed and cosine >= threshold:
        return Match(Verdict.SAME, cosine, accord.sentence)
    if accord.is_agreed:
        reason = f"{accord.sentence}, but their similarity is below {threshold:.2f}"
        return Match(Verdict.NEAR, cosine, reason)
    return Match(Verdict.NEAR if cosine >= NEAR else Verdict.DIFFERENT, cosine, accord.sentence)


def cosine_of(embedder: Embedder, a: str, b: str) -> float:
    """The cosine of two texts, kept within -1 and 1."""
    return max(-1.0, min(1.0, float(embedder.embed(a) @ embedder.embed(b))))


def _without_model(one: Query, other: Query, accord: Accord) -> Match:
    if accord.is_agreed:
        return Match(Verdict.SAME, None, accord.sentence)
    is_near = shared_content(one.text, other.text) >= NEAR_SHARE
    if accord.refusal is Refusal.NOT_UNDERSTOOD and not is_near:
        return Match(Verdict.DIFFERENT, None, "they share few words")
    return Match(Verdict.NEAR if is_near else Verdict.DIFFERENT, None, accord.sentence)


def shared_content(a: str, b: str) -> float:
    """The share of content stems that two texts have in common, of the one that has fewer."""
    one, other = _stems(a), _stems(b)
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _stems(text: str) -> set[str]:
    words = (word.strip("./:-").lower() for word in _WORD.findall(text))
    return {_stem(word) for word in words if word and word not in FUNCTION_WORDS | _ASKING}


def _stem(word: str) -> str:
    """A rough stem: only for what is near, never for what is the same."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
