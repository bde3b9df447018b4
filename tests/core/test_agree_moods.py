"""What may, can or must be done, and by what code: one mood is not another."""

import pytest

from agentcache.core.query import agree, read_query

SAME = """
Can a plugin add rules? | Is it possible for a plugin to add rules?
Can `drain` be called twice? | Is it permitted to call `drain` twice?
Can the `Lane` class be deleted? | Can we delete the `Lane` class?
Can the mixer be reset? | Can one reset the mixer?
Can a job be retried? | Is it possible to retry a job?
Can a guest open the ledger? | Is a guest allowed to open the ledger?
Which threads can touch `Lane`? | Which threads are permitted to touch `Lane`?
Which exceptions can `drain` raise? | Which exceptions may `drain` raise?
Must the path end with a slash? | Does the path have to end with a slash?
Must the index be rebuilt? | Does the index need to be rebuilt?
Which invariants must hold? | Which invariants have to hold?
What must the file contain? | What does the file have to contain?
Are gamepads supported on Linux? | Is there support for gamepads on Linux?
Are gamepads supported on Linux? | Is there any support for gamepads on Linux?
Does `Lane` support gzip? | Does `Lane` have support for gzip?
What is the difference between `Lane` and `Track`? | What distinguishes `Lane` from `Track`?
What is the difference between `Lane` and `Track`? | What sets `Lane` apart from `Track`?
What frees `Lane`? | Who frees `Lane`?
Which code maps `.geo` to its driver? | Which place maps `.geo` to its driver?
Where is `Lane` freed? | Find the spot at which `Lane` is freed.
Where are settings loaded from? | From which places are settings loaded?
Which option switches on `trace`? | Which option enables `trace`?
"""
APART = """
Can a job be retried? | Must a job be retried?
Can a job be retried? | Is a job retried?
Can a job be retried? | Is it necessary to retry a job?
Can a job be retried? | Is it impossible to retry a job?
Can a job be retried? | How can a job be retried?
Can `drain` be passed to `fill`? | Can I pass `fill` to `drain`?
Can a file be locked? | Can one file lock another?
Which threads can touch `Lane`? | Which threads may not touch `Lane`?
Which plugins can write files? | Which plugins write files?
Must the index be rebuilt? | Does the index get rebuilt?
Must users register? | Do users need a register?
Which options must the server have? | Which options does the server have to start?
What must the parser do with `Lane`? | What does the parser have to do with `Lane`?
Is there support for `Lane` in `Track`? | Is there support for `Track` in `Lane`?
Are gamepads supported? | Is there full support for gamepads?
Does `Lane` support `Track`? | Does `Track` have support for `Lane`?
What is the difference between `Lane` and `Track`? | What distinguishes `Lane`?
What is the difference between `Lane` and `Track`? | What makes `Lane` from `Track`?
What frees `Lane`? | When is `Lane` freed?
What approves refunds? | Who approves refunds?
What does `Lane` free? | Who frees `Lane`?
Where are settings loaded? | From which places are settings loaded?
Which values does the parser enable? | Which values does the parser switch on?
"""


def cases(table: str) -> list[list[str]]:
    return [line.split(" | ") for line in table.strip().splitlines()]


@pytest.mark.parametrize(("one", "other"), cases(SAME))
def test_one_mood_in_other_words_is_the_same_question(one: str, other: str) -> None:
    assert agree(read_query(one), read_query(other)).is_agreed


@pytest.mark.parametrize(("one", "other"), cases(APART))
def test_what_may_be_done_is_not_what_must_or_is_done(one: str, other: str) -> None:
    assert not agree(read_query(one), read_query(other)).is_agreed
