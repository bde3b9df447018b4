"""How short to answer, said at the end of a question without a mark before it."""

from agentcache.core.query.lexicon import word_set

_BRIEFLY = (" in brief", " briefly", " in short", " in a few sentences", " in one sentence",
            " in a sentence", " in a few words", " and let me know",
            " and report back to me")  # fmt: skip
_LASTING = word_set(
    "held hold holds holding paused pause pauses shown show shows displayed display displays "
    "blocked block blocks blocking locked lock locks sleep sleeps slept wait waits waiting blink "
    "blinks flash flashes print prints printed log logs logged say says said reply replies "
    "respond responds write writes written stopped stop stops suspended suspend suspends kept keep"
)
"""What is done briefly, or in one sentence, by what is asked about."""


def without_brevity(text: str) -> str:
    """`explain X briefly` as `explain X`; `held briefly` may tell how long."""
    if _LASTING.isdisjoint(text.lower().split()):
        for ending in _BRIEFLY:
            text = text.removesuffix(ending)
    return text
