"""How long an event loop may wait for what is nearly always there at once."""

_LONGEST = 0.001
"""Seconds: about what anything else on a loop takes."""

_PAUSE = 100
"""How many times as long as it waited it does not wait again."""


class Pace:
    """Whether the results of a tool are found quickly enough to be looked for on an event loop.

    `now`, and how long it took, in seconds.
    """

    def __init__(self) -> None:
        self._was_slow = False
        self._slow_until = 0.0

    def is_quick(self, now: float) -> bool:
        """Whether they were, lately."""
        return now >= self._slow_until

    def took(self, seconds: float, now: float) -> None:
        """Note how long the loop had to wait; once means nothing, where others compute too."""
        is_slow = seconds > _LONGEST
        if is_slow and self._was_slow:
            self._slow_until = now + _PAUSE * seconds
        self._was_slow = is_slow
