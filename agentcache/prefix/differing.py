"""Where two texts differ, and a few words around that place."""

from typing import TypeVar

AnyText = TypeVar("AnyText", str, bytes)

_BEFORE, _AFTER = 36, 80


def common_length(one: AnyText, other: AnyText) -> int:
    """How long the common beginning is; by halves, since slices are compared at once."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_suffix_length(one: AnyText, other: AnyText) -> int:
    """How long the common end is that does not reach into the common beginning."""
    start = common_length(one, other)
    low, high = 0, min(len(one), len(other)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle :] == other[len(other) - middle :]:
            low = middle
        else:
            high = middle - 1
    return low


def around(text: str, at: int) -> str:
    """At most 120 characters of `text` around `at`, in one line, with dots where it is cut."""
    start, end = max(0, at - _BEFORE), min(len(text), at + _AFTER)
    shown = "".join(map(_visible, text[start:end]))
    return ("…" if start else "") + shown + ("…" if end < len(text) else "")


def _visible(character: str) -> str:
    """What a terminal would act upon is shown by a sign."""
    if character == "\n":
        return "⏎"
    return character if character.isprintable() else "·"
