"""From labelled pairs to the threshold that keeps wrong answers below a bound; pure.

The bound is the one-sided 95% upper limit of Clopper and Pearson (Biometrika 26, 1934) on the share
of near-misses that would be served; with none wrong among n it is 1 - 0.05 ** (1 / n), about 3 / n
(the "rule of three", Hanley and Lippman-Hand, JAMA 249, 1983).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agentcache.core.counting import counted
from agentcache.errors import UsageError

CONFIDENCE = 0.95
PEERS = (0.85, 0.95)
"""Cosines from which other caches serve, without looking at the structure."""
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled pair and its cosine. `is_certain`: equal text or key, served at any threshold."""

    score: float
    agrees: bool
    is_right: bool
    is_certain: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold gives. `served` and `wrong` are counts; `bound` is the upper limit."""

    threshold: float
    precision: float
    recall: float
    served: int
    wrong: int
    bound: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The chosen point, the curve it is chosen from, and what peers' thresholds give."""

    chosen: Point
    curve: tuple[Point, ...]
    peers: tuple[Point, ...]
    paraphrases: int
    near_misses: int


def calibrate(rows: Sequence[Row], *, max_wrong: float) -> Calibration:
    """The threshold that serves most paraphrases with an upper bound of at most `max_wrong`.

    Of several that serve as many, the highest: it is the most cautious.

    Raises UsageError: `max_wrong` is no share, the pairs are too few to show it, or no threshold
    keeps it.
    """
    rights = sum(row.is_right for row in rows)
    misses = len(rows) - rights
    require_enough(rights, misses, max_wrong=max_wrong)
    curve = tuple(_point(rows, step / _STEPS) for step in range(_STEPS + 1))
    allowed = [point for point in curve if point.bound <= max_wrong]
    if not allowed:
        least = min(curve, key=lambda point: point.bound)
        raise UsageError(
            f"no threshold keeps wrong answers at {max_wrong:.2%}: {least.threshold:.2f} is best "
            f"and serves {least.wrong} of {misses} near-misses, an upper bound of {least.bound:.2%}"
        )
    peers = tuple(_peer_point(rows, threshold) for threshold in PEERS)
    chosen = max(allowed, key=lambda point: (point.recall, point.threshold))
    return Calibration(chosen, curve, peers, rights, misses)


def require_enough(rights: int, misses: int, *, max_wrong: float) -> None:
    """Raise UsageError where so many paraphrases and near-misses cannot show `max_wrong`."""
    if not 0 < max_wrong < 1:
        raise UsageError(f"max-wrong must be above 0 and below 1, not {max_wrong!r}")
    needed = needed_near_misses(max_wrong)
    if misses < needed or not rights:
        raise UsageError(
            f"{counted(misses, 'near-miss', 'near-misses')} and {counted(rights, 'paraphrase')} "
            f"are too few: to show at most {max_wrong:.2%} wrong with 95% confidence, {needed} "
            "near-misses are needed with none served, and at least one paraphrase; add pairs or "
            "raise --max-wrong"
        )


def needed_near_misses(max_wrong: float) -> int:
    """How many near-misses, none of them served, show at most `max_wrong`: about 3 / max_wrong."""
    needed = math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-max_wrong))
    while upper_bound(0, needed) > max_wrong:
        needed += 1  # the logarithms are rounded
    return needed


def upper_bound(wrong: int, of: int) -> float:
    """The Clopper-Pearson one-sided 95% upper limit of a share, 1.0 where nothing was seen."""
    if wrong >= of:
        return 1.0
    if wrong == 0:
        return float(-math.expm1(math.log(1 - CONFIDENCE) / of))
    low, high = wrong / of, 1.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _at_most(wrong, of, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, of: int, share: float) -> float:
    """The chance of at most `wrong` in `of` where each is wrong with `share`."""
    log_share, log_rest = math.log(share), math.log1p(-share)
    logs = (
        math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1)
        + k * log_share + (of - k) * log_rest
        for k in range(wrong + 1)
    )  # fmt: skip
    return math.fsum(math.exp(log) for log in logs)


def _point(rows: Sequence[Row], threshold: float) -> Point:
    served = [row for row in rows if row.is_certain or (row.agrees and row.score >= threshold)]
    return _counted(rows, served, threshold)


def _peer_point(rows: Sequence[Row], threshold: float) -> Point:
    return _counted(rows, [row for row in rows if row.score >= threshold], threshold)


def _counted(rows: Sequence[Row], served: Sequence[Row], threshold: float) -> Point:
    right = sum(row.is_right for row in served)
    wrong = len(served) - right
    rights = sum(row.is_right for row in rows)
    return Point(
        threshold=threshold,
        precision=right / len(served) if served else 1.0,
        recall=right / rights if rights else 0.0,
        served=len(served),
        wrong=wrong,
        bound=upper_bound(wrong, len(rows) - rights),
    )
