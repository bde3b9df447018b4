"""Settings that the standard library holds in its own kinds are told by what is in them."""

import sys
from array import array
from collections import ChainMap
from collections.abc import Callable
from configparser import ConfigParser, RawConfigParser
from types import MappingProxyType
from typing import Any

import pytest

from agentcache.client.code import Code

HELD: Any = None
BEHIND = {"limit": 5}


def tool() -> object:
    return HELD


def parsed(kind: type[RawConfigParser], limit: int = 5) -> RawConfigParser:
    parser = kind()
    parser.read_string(f"[DEFAULT]\nname = a\n[shop]\nlimit = {limit}\n")
    return parser


Change = Callable[[Any], object]
KINDS: list[tuple[Callable[[], Any], Change, Change]] = [
    (
        lambda: parsed(ConfigParser),
        lambda each: each.set("shop", "limit", "6"),
        lambda each: each.set("shop", "limit", "5"),
    ),
    (
        lambda: parsed(RawConfigParser),
        lambda each: each["DEFAULT"].update(name="b"),
        lambda each: each["DEFAULT"].update(name="a"),
    ),
    (
        lambda: parsed(ConfigParser)["shop"],
        lambda each: each.parser.set("shop", "limit", "6"),
        lambda each: each.parser.set("shop", "limit", "5"),
    ),
    (
        lambda: ChainMap({}, {"limit": 5}),
        lambda each: each.maps[1].update(limit=6),
        lambda each: each.maps[1].update(limit=5),
    ),
    (
        lambda: MappingProxyType(BEHIND),
        lambda _: BEHIND.update(limit=6),
        lambda _: BEHIND.update(limit=5),
    ),
    (
        lambda: array("i", [5] * 100_000),
        lambda each: each.__setitem__(99_999, 6),
        lambda each: each.__setitem__(99_999, 5),
    ),
]
NAMES = ["parser", "raw parser", "section", "chain", "proxy", "array"]


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Code]:
    def held(value: object) -> Code:
        monkeypatch.setattr(sys.modules[__name__], "HELD", value)
        return Code(tool)

    return held


@pytest.mark.parametrize(("make", "change", "undo"), KINDS, ids=NAMES)
def test_a_change_of_what_is_in_it_is_another_tool_and_its_undoing_the_same(
    hold: Callable[[object], Code],
    make: Callable[[], Any],
    change: Callable[[Any], object],
    undo: Callable[[Any], object],
) -> None:
    value = make()
    code = hold(value)
    before = code.digest()
    change(value)
    assert code.digest() != before
    undo(value)
    assert code.digest() == before


@pytest.mark.parametrize(("make", "change", "undo"), KINDS, ids=NAMES)
def test_two_that_hold_the_same_are_one_tool(
    make: Callable[[], Any],
    change: Callable[[Any], object],
    undo: Callable[[Any], object],
) -> None:
    def made(value: object) -> Callable[[], object]:
        def inner() -> object:
            return value

        return inner

    value, other = make(), make()
    assert Code(made(value)).digest() == Code(made(other)).digest()
    change(value)
    if make is not KINDS[4][0]:
        assert Code(made(value)).digest() != Code(made(other)).digest()
    undo(value)


def test_how_a_parser_reads_its_settings_counts(hold: Callable[[object], Code]) -> None:
    parsers = [parsed(ConfigParser), parsed(ConfigParser), parsed(RawConfigParser)]
    parsers[1].optionxform = str  # type: ignore[assignment, method-assign]
    parsers.append(ConfigParser(interpolation=None))
    parsers[3].read_dict(parsers[0])
    assert len({hold(each).digest() for each in parsers}) == 4
