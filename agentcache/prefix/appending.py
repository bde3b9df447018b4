"""Whether a conversation only appends, by what stood in the Call before: O(1) evidence.

When the message that was the newest still stands at its index, all before it is taken to stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from agentcache.prefix.positions import Turns

_MOST_HEAD = 256
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of a conversation's Calls for the breakpoints of the next.

    `count`, `newest`, `system`: the messages of the newest Call, its last message's digest, and
    those of its system blocks. `head`: digests of its first messages as they came, as many as were
    looked at.

    `stood`: how many messages stood as in the Call before it; `system_stood`: how many system
    blocks. `appended`, `broke`: how often Calls only appended, and how often not; `streak`: how
    often they appended since they last did not.

    `wrote`: the last breakpoint on a message, which wrote all before it to the provider's cache;
    `wrote_before`: that of the Call before, where it stands. Both are (message, block).
    """

    count: int = 0
    newest: str = ""
    system: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    stood: int = 0
    system_stood: int = 0
    appended: int = 0
    streak: int = 0
    broke: int = 0
    wrote: tuple[int, int] | None = None
    wrote_before: tuple[int, int] | None = None

    @property
    def just_broke(self) -> bool:
        """Whether the newest Call did not append to the one before."""
        return self.broke > 0 and self.streak == 0

    def expects_append(self, *, has_tools: bool) -> bool:
        """Whether the next Call is likely to append: that tool loops do is taken for granted."""
        return self.streak > 0 or (has_tools and self.broke <= self.appended)


def follow(earlier: Marks, turns: Turns, system: tuple[str, ...]) -> Marks:
    """What is known with one more Call, all but `wrote`; the very `earlier` for the same again.

    `system`: the digests of its system blocks.
    """
    count, newest = len(turns), turns.digest(len(turns) - 1)
    if (count, newest, system) == (earlier.count, earlier.newest, earlier.system):
        return earlier
    now = partial(
        replace,
        earlier,
        count=count,
        newest=newest,
        system=system,
        system_stood=len(system) if not earlier.count else _common(earlier.system, system),
        wrote=None,
    )
    if not earlier.count:
        return now(head=_extended((), turns))
    if system == earlier.system and _stands(earlier, turns):
        return now(
            head=_extended(earlier.head, turns),
            stood=earlier.count,
            appended=earlier.appended + 1,
            streak=earlier.streak + 1,
            wrote_before=earlier.wrote,
        )
    stood = _standing(earlier.head, turns)
    wrote = earlier.wrote if earlier.wrote and earlier.wrote[0] < stood else None
    is_same_system = system == earlier.system
    return now(
        head=_extended(earlier.head[:stood], turns),
        stood=stood if is_same_system else 0,
        streak=0,
        broke=earlier.broke + 1,
        wrote_before=wrote if is_same_system else None,
    )


def _stands(earlier: Marks, turns: Turns) -> bool:
    return len(turns) > earlier.count and turns.digest(earlier.count - 1) == earlier.newest


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _standing(head: Sequence[str], turns: Turns) -> int:
    """How many messages from the start have these digests."""
    most = min(len(head), len(turns))
    return next((at for at in range(most) if turns.raw_digest(at) != head[at]), most)


def _extended(head: tuple[str, ...], turns: Turns) -> tuple[str, ...]:
    """`head` and the digests of what follows it, for each Call of not much more than so many bytes.

    The rest follows with the next Calls.
    """
    found, most = list(head), min(len(turns), _MOST_HEAD)
    left = _HEAD_BYTES
    while left > 0 and len(found) < most:
        left -= turns.size(len(found))
        found.append(turns.raw_digest(len(found)))
    return tuple(found)
