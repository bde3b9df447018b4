"""Two things in either order: each question with rewordings (=) and look-alikes (!)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import read_query
from support.rewordings import groups, is_agreed, mixed_up, told_apart

TABLE = """
Explain the difference between the `ops` guard and the `web` guard
= What is the difference between the `web` guard and the `ops` guard?
! What is the difference between the `web` guard and the `api` guard?
! What is the relation between the `web` guard and the `ops` guard?
! Explain the transition between the `ops` guard and the `web` guard
! What is the difference in order between the `web` guard and the `ops` guard?
! Is there a difference between the `ops` guard and the `web` guard?
! What happens between the `ops` guard and the `web` guard?
! What is the difference between the `web` guard and all `ops` guards?
What is the difference between `check` and `infer` in the typing module?
= In the typing module, how do `infer` and `check` differ?
= What is the difference between `infer` and `check` in the typing module?
! How do `infer` and `check` differ?
! How do `infer` and `check` differ in speed?
! How does `check` in the typing module differ from `infer` in the parser?
! How does `infer` check the typing module?
! In the typing module, does `infer` or `check` differ?
! In the parser, how do `infer` and `check` differ?
! What is the difference between `infer` and the typing module in `check`?
How does `Rope` differ from `Gap`?
= How do `Gap` and `Rope` differ from each other?
= How do `Gap` and `Rope` differ from one another?
! How does `Rope` differ from `Gap` in size?
! How do `Rope` and `Gap` differ from `Slab`?
Which crates depend on `libc` and `nix`?
= Which crates depend on `nix` and `libc`?
! Which crates depend on `nix` or `libc`?
! Which crates depend on `nix`?
! Which crates do `nix` and `libc` depend on?
! Which crates depend on `nix` and not `libc`?
! Which crates depend on both `nix` and `libc`?
! Which crate depends on `nix` and `libc` first?
! Which crates depended on `nix` and `libc`?
Where are currency codes and country codes validated?
= Where are country codes and currency codes validated?
! Where are country codes and currency validated?
! Where are country and currency codes validated?
! Where are country codes or currency codes validated?
! Where are country codes validated?
! Where do country codes and currency codes validate?
! Where are country codes and currency codes not validated?
! Where are both country codes and currency codes validated?
Where are the `b` and `a` modules loaded?
= Where are the `a` and `b` modules loaded?
! Where is the `a` module loaded?
! Where are the `a` and `c` modules loaded?
! Where are the `a` and `b` modules unloaded?
Is a warning or an error emitted if a module is not found?
= If a module is not found, is an error or a warning emitted?
! If a module is not found, is an error emitted?
! If a module is found, is an error or a warning emitted?
! If a module is not found, is an error and a warning emitted?
! If a module is not found, is neither an error nor a warning emitted?
! If a module is not found, should an error or a warning be emitted?
! Is a module not found if an error or a warning is emitted?
! If a module is not found, is an error or an exception emitted?
! Was a warning or an error emitted if a module is not found?
Does `psycopg2` or `asyncpg` back the pool in production?
= In production, does `asyncpg` or `psycopg2` back the pool?
! In production, does the pool back `asyncpg` or `psycopg2`?
! Do `psycopg2` and `asyncpg` back the pool in production?
! Does `psycopg2` or `aiopg` back the pool in production?
! Does `psycopg2` or `asyncpg` back the pool in development?
! Does `psycopg2` or `asyncpg` not back the pool in production?
Are both the heap and the stack zeroed at boot?
= At boot, are both the stack and the heap zeroed?
! At boot, are the stack and the heap zeroed?
! At boot, is the stack or the heap zeroed?
! At boot, is either the stack or the heap zeroed?
! At boot, are both the stack and the heap not zeroed?
! At boot, are both the stack and the pool zeroed?
! At shutdown, are both the stack and the heap zeroed?
"""

SWAPPED = """
How are `{}` and `{}` merged?
How are `{}` and `{}` joined?
How are `{}` and `{}` concatenated?
How are `{}` and `{}` compared?
Where are `{}` and `{}` called first?
Where are `{}` and `{}` set to 1 respectively?
What is the mapping between `{}` and `{}`?
What is the conversion between `{}` and `{}`?
What is the ratio between `{}` and `{}`?
Which function maps between `{}` and `{}`?
What happens between `{}` and `{}`?
What is the sign of the difference between `{}` and `{}`?
What is the time difference between `{}` and `{}`?
What is the parent relation between `{}` and `{}`?
How is the difference between `{}` and `{}` computed?
Which function returns the difference between `{}` and `{}`?
Where is the relation between `{}` and `{}` defined?
Does `f` include `{}` and `{}` in that order?
Does `f` handle `{}` or raise `{}`?
Does `f` read `{}` and write `{}`?
Is a `{}` or the `{}` deleted?
Is the old `{}` or `{}` version deleted?
Is there an index on `{}` and `{}`?
Which tables are sorted by `{}` and `{}`?
What does `f` return for `{}` and `{}`?
What does `f` do when called with `{}` and `{}`?
Where is `f` called with `{}` and `{}`?
Does `f` run after `{}` and before `{}`?
Where is `{}` converted to `{}`?
Does `f` use `{}` instead of `{}`?
Is `{}` run before `{}`?
Is the key of `{}` or `{}` checked?
Is the limit for `{}` or `{}` checked?
Is `{}` the default or `{}`?
Is `{}` used in `f` or `{}` called?
Is `{}` or rather `{}` used?
What is the difference between `{}` in `f` and `{}`?
What is the difference between `{}` and the parent of `{}`?
Where are `{}` and then `{}` loaded?
Where are `{}` and `{}` of `f` loaded?
How do I call `{}` and `{}`?
How does `{}` and `{}` version compare?
"""
ADJECTIVES = """
Where are {} caches and logs stored? | Where are {} logs and caches stored?
How do the {} index and key differ? | How do the {} key and index differ?
Where are {} and country codes stored? | Where are country codes and {} stored?
Is the {} slow or the parser? | Is the parser or the {} slow?
Is the header of the {} or the body checked? | Is the header of the body or the {} checked?
"""
NAMES = st.sampled_from(("`alpha`", "`beta_b`", "`Gamma`", "`delta.py`", "`EPSILON`", "`--zeta`"))


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


@pytest.mark.parametrize("frame", SWAPPED.strip().splitlines())
def test_two_things_are_not_swapped_where_their_order_may_matter(frame: str) -> None:
    assert not is_agreed(frame.format("alpha", "beta"), frame.format("beta", "alpha"))


@pytest.mark.parametrize("pair", ADJECTIVES.strip().splitlines())
def test_what_is_said_of_one_of_two_things_is_not_said_of_the_other(pair: str) -> None:
    one, other = pair.format("old", "old").split(" | ")
    assert not is_agreed(one, other)


@pytest.mark.parametrize("text", ["And", "or", "Where is `a` and", "Which of `a` or"])
def test_a_text_that_ends_with_and_is_read_without_an_error(text: str) -> None:
    assert read_query(text).text == text


@given(one=NAMES, other=NAMES)
def test_a_difference_is_the_same_from_both_sides(one: str, other: str) -> None:
    frame = "What is the difference between {} and {}?"
    assert is_agreed(frame.format(one, other), frame.format(other, one))


@given(one=NAMES, other=NAMES, third=NAMES)
def test_a_difference_to_another_thing_is_another_question(
    one: str, other: str, third: str
) -> None:
    frame = "What is the difference between {} and {}?"
    is_same = {one, other} == {one, third}
    assert is_agreed(frame.format(one, other), frame.format(third, one)) == is_same
