"""What a comparison of two questions comes to; imported without any model."""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_THRESHOLD = 0.6
"""The cosine below which questions that agree in structure are not taken for the same."""


class Verdict(StrEnum):
    """What the answer of one question is to another."""

    SAME = "same"
    NEAR = "near"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Match:
    """`score`: 1.0 for equal text or key, else the cosine; None without a model."""

    verdict: Verdict
    score: float | None
    reason: str
