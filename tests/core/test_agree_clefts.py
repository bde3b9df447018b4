"""What is asked round about: each question with rewordings (=) and look-alikes (!)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rewordings import groups, is_agreed, mixed_up, told_apart

TABLE = """
What makes the indexer restart?
= What is it that makes the indexer restart?
! What is it that the indexer restarts?
! Where is it that the indexer restarts?
! What is it that made the indexer restart?
! What is it that stops the indexer restart?
! Is it that which makes the indexer restart?
! Who is it that makes the indexer restart?
What creates the `sessions` table?
= What is it that creates the table `sessions`?
! What is it that the `sessions` table creates?
! What is it that drops the `sessions` table?
! What is it in the `sessions` table?
! What is it that creates the `users` table?
! Why is it that the `sessions` table is created?
Which function maps the framebuffer?
= Which is the function that maps the framebuffer?
! Which is the function that the framebuffer maps?
! Which functions map the framebuffer?
! Which is the function that does not map the framebuffer?
! Which is the first function that maps the framebuffer?
! Which is the module that maps the framebuffer?
! Which is the function that mapped the framebuffer?
! Which is the function that can map the framebuffer?
! Which is the only function that maps the framebuffer?
Which functions return a `Result`?
= Which are the functions that return a `Result`?
= Which functions are there that return a `Result`?
! Which functions are there that a `Result` returns?
! Which functions are there in `Result`?
! Which functions are there that do not return a `Result`?
! Which function is there that returns a `Result`?
! How many functions are there that return a `Result`?
! Are there functions that return a `Result`?
! Which methods are there that return a `Result`?
! Which functions are there that return all `Result`s?
What happens to open orders when a store is closed?
= What happens to orders that are open when a store is closed?
= If a store is closed, what happens to orders that are open?
! What happens to orders that are closed when a store is open?
! What happens to orders that are not open when a store is closed?
! What happens to all orders that are open when a store is closed?
! What happens to orders when a store is closed?
! What happens to orders that were open when a store is closed?
! What happens to orders that can be open when a store is closed?
! What happens to stores that are open when an order is closed?
! What happens before orders that are open when a store is closed?
! What happens to store orders that are open when a store is closed?
How does the graph evaluate transitions that are interrupted?
= How are interrupted transitions evaluated by the graph?
! How are transitions interrupted by the graph evaluated?
! How does the graph interrupt transitions that are evaluated?
! How are transitions evaluated by the interrupted graph?
! How are uninterrupted transitions evaluated by the graph?
What is the minimum supported macOS version?
= What is the minimum macOS version that is supported?
! What is the maximum macOS version that is supported?
! What is the minimum macOS version that is not supported?
! What is the minimum macOS version?
! What is the minimum iOS version that is supported?
! What is the macOS version that is supported?
! What is the minimum macOS version that is tested?
! Which macOS versions are supported?
What is the purpose of `kEpoch`?
= What is `kEpoch` there for?
! What is `kEpoch`?
! What is there for `kEpoch`?
! What is `kEpoch` waiting for?
! Is `kEpoch` there?
! What is `kEpochs` there for?
When is `A.commit` called?
= At what moment does `A.commit` get called?
! At what moment does `A.commit` call?
! At what moment does `A.commit` get calls?
! How often does `A.commit` get called?
! At what moment does `A.rollback` get called?
! At what moment should `A.commit` get called?
! Where does `A.commit` get called?
What is the value of `kInvalid`?
= What is `kInvalid` equal to?
! What is `kInvalid` compared to?
! What is `kInvalid` not equal to?
! What is equal to `kInvalid`?
! Is `kInvalid` equal to zero?
! When is `kInvalid` equal to zero?
! What is `kValid` equal to?
! What was `kInvalid` equal to?
! What should `kInvalid` be equal to?
What is the initial capacity of `Ring`?
= What capacity does `Ring` have initially?
! What capacity does `Ring` have?
! What capacity does `Ring` have by default?
! What capacity does `Ring` have finally?
! What capacity can `Ring` have initially?
! What ring does `Capacity` have initially?
! What capacity did `Ring` have initially?
! What length does `Ring` have initially?
! What capacity does `Ring` not have initially?
! What items does `Ring` have initially?
What are the possible values of the `style` option?
= Which values can the `style` option take?
! Which values does the `style` option take?
! Which values should the `style` option take?
! Which values can the `style` option not take?
! Which options can take the value `style`?
! Which values can the `theme` option take?
! Which values can the `style` option give?
! Which types can the `style` option take?
! How many values can the `style` option take?
! Can the `style` option take values?
! What are the default values of the `style` option?
Has anything replaced `OldStore`?
= Has `OldStore` been replaced by anything?
! Has `OldStore` replaced anything?
! Has `OldStore` not been replaced by anything?
! Is `OldStore` replaced by anything?
! Was `OldStore` replaced by anything?
! Has anything been replaced by `OldStore`?
! Has `OldStore` been replaced by everything?
! Has `OldStore` been removed by anything?
! Has `OldStore` been replaced by default?
! Can anything replace `OldStore`?
! Has nothing replaced `OldStore`?
! What has replaced `OldStore`?
What is stored in the `payload` column of `jobs`?
= In `jobs`, what is stored in the `payload` column?
! In `payload`, what is stored in the `jobs` column?
! In `jobs`, what is stored in the `state` column?
! In `jobs`, what is stored before the `payload` column?
! In `jobs`, what is stored with the `payload` column?
! In `tasks`, what is stored in the `payload` column?
! In `jobs`, what can be stored in the `payload` column?
! In `jobs`, what is not stored in the `payload` column?
! In `jobs`, where is the `payload` column stored?
! In `jobs`, what was stored in the `payload` column?
! In `jobs`, why is the `payload` column stored?
What is the lifetime of a refresh token?
= What is a refresh token's lifetime?
! What is a refresh token?
! What is a lifetime's refresh token?
! What is a refresh token's length?
! What is an access token's lifetime?
"""
STATES = st.sampled_from(("open", "stale", "undefined", "nested", "queued"))
THINGS = st.sampled_from(("orders", "files", "macros", "jobs"))


@pytest.mark.parametrize(("same", "_look_alikes"), groups(TABLE))
def test_a_question_and_its_rewordings_are_the_same_in_both_orders(
    same: list[str], _look_alikes: list[str]
) -> None:
    assert told_apart(same) == []


@pytest.mark.parametrize(("same", "look_alikes"), groups(TABLE))
def test_no_look_alike_of_a_question_is_the_same_in_either_order(
    same: list[str], look_alikes: list[str]
) -> None:
    assert mixed_up(same, look_alikes) == []


@given(state=STATES, things=THINGS, other=STATES)
def test_things_that_are_in_a_state_are_those_of_that_state_and_of_no_other(
    state: str, things: str, other: str
) -> None:
    one = f"What does the server do with {state} {things}?"
    two = f"What does the server do with {things} that are {other}?"
    assert is_agreed(one, two) == (state == other) == is_agreed(two, one)
