"""What is asked in a roundabout way is the same question; what else it asks is not."""

# ruff: noqa: E501  # a case is a line
import pytest

from agentcache.core.query import agree, read_query

SAME = """
Why does `Lane.drain` lock `gate`? | What is the reason for `Lane.drain` to lock `gate`?
Why does the mixer wait for `Lane`? | What's the reason for the mixer to wait for `Lane`?
Is `grace` zero by default? | Does `grace` default to zero?
What is the relation between `Lane` and `Track`? | What relationship is there between `Lane` and `Track`?
What is the relation between `Lane` and `Track`? | How are `Track` and `Lane` related to each other?
What is the relation between `Lane` and `Track`? | How does `Lane` relate to `Track`?
How many rows does `Lane` load per batch? | How many rows does `Lane` load for each batch?
How much memory is reserved per worker? | How much memory is reserved for every worker?
How many GPUs can the launcher use at most? | What is the maximum number of GPUs the launcher can use?
How many lights does `Lane` draw at most? | What is the maximum number of lights that `Lane` draws?
How many workers does the launcher start by default? | What's the default number of workers the launcher starts?
How many rows are sent to the client at most? | What is the maximum number of rows sent to the client?
Which files import `Lane` directly? | Which files directly import `Lane`?
"""
APART = """
Why does `Lane` lock `gate`? | What is the reason for `gate` to lock `Lane`?
Why does the mixer wait? | What is the reason for the mixer to be slow?
Why does `Lane` lock `gate`? | What is the result of `Lane` to lock `gate`?
Is `grace` zero by default? | Does `grace` default to one?
Is `grace` zero by default? | Is `grace` zero?
How are `Lane` and `Track` related? | How are `Lane` and `Track` created?
How are `Lane` and `Track` related? | Are `Lane` and `Track` related?
How does `Lane` relate to `Track`? | How does `Lane` relate to `Tracks`?
How many rows does `Lane` load per batch? | How many rows does `Lane` load in all batches?
How many rows does `Lane` load per batch? | How many batches does `Lane` load per row?
How many workers wait for each other? | How many other workers wait?
How many GPUs can the launcher use at most? | How many GPUs can the launcher use at least?
How many workers does the launcher start by default? | What is the maximum number of workers the launcher starts?
How many workers does the launcher start? | What's the default number of workers the launcher starts?
How many GPUs can the launcher use at most? | What is the minimum number of GPUs the launcher can use?
How many GPUs can the launcher use? | What is the maximum number of GPUs the launcher can use?
How many GPUs does the launcher use at most? | What is the maximum number of GPUs the launcher can use?
What is the maximum number of GPUs that `Lane` uses? | What is the maximum number of GPUs that use `Lane`?
What is the maximum number of rows sent? | How many rows are sent at once?
Which files import `Lane` directly? | Which files import `Lane`?
Which files directly import `Lane`? | Which files does `Lane` import directly?
"""


def cases(table: str) -> list[list[str]]:
    return [line.split(" | ") for line in table.strip().splitlines()]


@pytest.mark.parametrize(("one", "other"), cases(SAME))
def test_a_roundabout_way_to_ask_is_the_same_question(one: str, other: str) -> None:
    assert agree(read_query(one), read_query(other)).is_agreed


@pytest.mark.parametrize(("one", "other"), cases(APART))
def test_what_a_roundabout_way_does_not_ask_is_another_question(one: str, other: str) -> None:
    assert not agree(read_query(one), read_query(other)).is_agreed
