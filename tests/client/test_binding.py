"""A Binder gives what `inspect.Signature.bind` gives, or raises as it does."""

import inspect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.client.binding import Binder


def none() -> None: ...
def plain(path: object, limit: object = 10, deep: object = None) -> None: ...
def named(path: object, *, limit: object, deep: object = None) -> None: ...
def first(path: object, /, limit: object = 10) -> None: ...
def many(path: object, *deep: object, limit: object = 10) -> None: ...
def open_ended(path: object, **deep: object) -> None: ...


FUNCTIONS: list[Callable[..., None]] = [none, plain, named, first, many, open_ended]
NAMES = ["path", "limit", "deep", "other"]
VALUES = st.sampled_from([0, "a", None, inspect.Parameter.empty])


def bound(
    function: Callable[..., None], args: list[object], kwargs: dict[str, object]
) -> list[tuple[str, object]] | str:
    """As the standard library has it."""
    try:
        found = inspect.signature(function).bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    found.apply_defaults()
    return list(found.arguments.items())


@pytest.mark.parametrize("function", FUNCTIONS)
@given(
    args=st.lists(VALUES, max_size=4),
    kwargs=st.dictionaries(st.sampled_from(NAMES), VALUES),
)
def test_a_binder_does_what_the_signature_does(
    function: Callable[..., None], args: list[object], kwargs: dict[str, object]
) -> None:
    expected = bound(function, args, kwargs)
    binder = Binder(inspect.signature(function))
    try:
        found: list[tuple[str, object]] | str = list(binder.bind(tuple(args), kwargs).items())
    except TypeError as error:
        found = str(error)
    assert found == expected
