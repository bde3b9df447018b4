"""What a tool's code is now, however often and whenever it was asked before."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agentcache.client.code import Code


class Odd(str):
    """A text that shows itself as something else from time to time."""

    __slots__ = ()
    shown = "1"

    def __repr__(self) -> str:
        return self.shown


ODD = Odd("1")
FREE: object = None
VALUES: list[object] = [
    1, True, 1.0, 10**20, 10**20 + 1, "1", b"1", (1,), (True,), ([1],), (ODD,), frozenset({1}),
    None, [1], {"a": 1}, re.compile("1"), re.compile("1", re.IGNORECASE), ODD, object(),
]  # fmt: skip


def reading() -> object:
    return FREE


@given(steps=st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(["1", "2"]))))
def test_the_code_is_what_it_is_to_someone_who_sees_it_first(
    steps: list[tuple[object, str]],
) -> None:
    known = Code(reading)
    for value, shown in [(None, "1"), *steps]:
        globals()["FREE"], Odd.shown = value, shown
        digests = {known.digest(), known.digest()}
        globals()["FREE"] = None
        fresh = Code(reading)
        fresh.digest()  # what kind of thing a name stands for is seen once
        globals()["FREE"] = value
        assert digests == {fresh.digest()}
    globals()["FREE"] = None
