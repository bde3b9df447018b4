"""Tools made by one function are told apart by what they hold; a module's own stays the same."""

import json
import os
import subprocess
import sys
import time
from argparse import Namespace
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from agentcache.client.code import Code


@dataclass
class Rule:
    word: str


@dataclass(frozen=True, slots=True)
class Slotted:
    word: Any


class Plain:
    __slots__ = ("word",)

    def __init__(self, word: str) -> None:
        self.word = word


class Named(NamedTuple):
    word: str


class Matcher:
    def __init__(self, word: str) -> None:
        self.word = word

    def match(self, line: str) -> bool:
        return self.word in line


class Word(str):
    __slots__ = ("more",)
    more: str


def word_of(word: str, more: str) -> Word:
    made = Word(word)
    made.more = more
    return made


def has(word: str, line: str) -> bool:
    return word in line


def closed(held: object) -> Callable[..., Any]:
    return lambda: held


def defaulted(held: object) -> Callable[..., Any]:
    return lambda _held=held: _held


def local_class(held: object) -> type:
    class Local:
        word = held

    return Local


HELD: dict[str, Callable[[str], object]] = {
    "a deque": lambda word: deque([word]),
    "a day": lambda word: date(2026, 11, 1 + (word == "a")),
    "a decimal": lambda word: Decimal(len(word) + (word == "a")),
    "a list": lambda word: [word],
    "a dict": lambda word: {"word": [word]},
    "a set": lambda word: {word},
    "a tuple of lists": lambda word: ([word],),
    "a bytearray": lambda word: bytearray(word.encode()),
    "a path": lambda word: Path("root") / word,
    "a named tuple": Named,
    "a dataclass": Rule,
    "a dataclass with slots": Slotted,
    "a dataclass that holds a list": lambda word: Slotted([word]),
    "a text with more": lambda word: word_of("x", word),
    "a partial": lambda word: partial(has, word),
    "a partial with names": lambda word: partial(has, line=word),
    "a cached partial": lambda word: cache(partial(has, word)),
    "a method": lambda word: Matcher(word).match,
    "an object": Matcher,
    "a list of objects": lambda word: [Matcher(word)],
    "a local class": lambda word: local_class([word]),
    "a counter": lambda word: Counter([word]),
    "a dict with defaults": lambda word: defaultdict(list, {word: []}),
    "functions of others": lambda word: json.dumps if word == "a" else json.loads,
    "functions built in": lambda word: len if word == "a" else max,
    "classes": lambda word: int if word == "a" else str,
    "modules": lambda word: json if word == "a" else os,
    "methods of a class": lambda word: str.lower if word == "a" else str.upper,
    "functions in a list": lambda word: [has if word == "a" else word_of],
    "bare objects": lambda _: object(),
    "a large number": lambda word: [10**5000 + (word == "a")],
    "a lone surrogate": lambda word: ["\ud800" + word],
}


@pytest.mark.parametrize("make", [closed, defaulted])
@pytest.mark.parametrize("name", HELD)
def test_tools_of_one_factory_are_told_apart_by_what_they_hold(
    name: str, make: Callable[[object], Callable[..., Any]]
) -> None:
    one, other = Code(make(HELD[name]("a"))), Code(make(HELD[name]("b")))
    assert one.digest() != other.digest()
    # What cannot be seen into, nor be watched until it is gone, is not even like itself.
    assert (one.digest() == one.digest()) == (name != "a dict with defaults")


@pytest.mark.parametrize(
    "name", [name for name in HELD if "object" not in name and name not in
             ("a method", "a local class", "a counter", "a dict with defaults")]
)  # fmt: skip
def test_tools_that_hold_the_same_are_the_same(name: str) -> None:
    one, other = (Code(closed(HELD[name]("a"))).digest() for _ in "12")
    assert one == other


def test_an_object_that_cannot_be_seen_into_is_the_same_as_itself() -> None:
    held = Matcher("a")
    assert Code(closed(held)).digest() == Code(closed(held)).digest()


def test_which_of_two_functions_is_held_where_is_a_part_of_a_tool() -> None:
    def made(*held: object) -> Code:
        one, two, three = held
        return Code(lambda: (one, two, three))

    f, g = (lambda: 1), (lambda: 2)
    assert len({made(f, f, g).digest(), made(f, g, g).digest(), made(g, f, g).digest()}) == 3


@pytest.mark.parametrize("name", ["a list", "a dict", "a set", "a dataclass", "a counter"])
def test_what_becomes_of_it_later_is_seen(name: str) -> None:
    held: Any = HELD[name]("a")
    tool = Code(closed(held))
    before = tool.digest()
    if isinstance(held, Rule):
        held.word = "b"
    else:
        held.clear()
    assert tool.digest() != before


def helper() -> int:
    return 1


def calling_helper() -> int:
    return helper()


OBJECTS: dict[str, Callable[[str], Any]] = {
    "parsed arguments": lambda word: Namespace(word=word),
    "a namespace": lambda word: SimpleNamespace(word=word),
    "an object": Matcher,
    "an object in an object": lambda word: SimpleNamespace(word=Matcher(word)),
    "a list in an object": lambda word: SimpleNamespace(word=[word]),
    "an object with slots": Plain,
}


SETTINGS: Any = None


def reading_settings() -> object:
    return SETTINGS.word


def counting_settings() -> object:
    SETTINGS.count += 1
    return SETTINGS.word


@pytest.mark.parametrize("name", OBJECTS)
def test_what_a_tool_reads_of_an_object_is_a_part_of_it(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = []
    for word in "aab":
        monkeypatch.setitem(globals(), "SETTINGS", OBJECTS[name](word))
        digests.append(Code(reading_settings).digest())
    assert digests[0] == digests[1] != digests[2]


def test_what_becomes_of_settings_is_seen_unless_a_version_stands_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(globals(), "SETTINGS", SimpleNamespace(word="a"))
    plain, versioned = (Code(reading_settings, is_versioned=each) for each in (False, True))
    before = plain.digest(), versioned.digest()
    SETTINGS.word = "b"
    assert plain.digest() != before[0]
    assert versioned.digest() == before[1]


def test_what_a_tool_does_not_read_of_an_object_or_writes_there_is_no_part_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = SimpleNamespace(word="a", count=0, other="a")
    monkeypatch.setitem(globals(), "SETTINGS", settings)
    tool = Code(counting_settings)
    before = tool.digest()
    counting_settings()
    settings.other = "b"
    assert tool.digest() == before


@pytest.mark.parametrize("reading", [lambda: os.environ["A_WORD"], lambda: os.getenv("A_WORD")])
def test_what_a_tool_reads_of_the_environment_is_a_part_of_it(
    reading: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A_WORD", raising=False)
    tool = Code(reading)
    digests = {tool.digest()}
    for word in "ab":
        monkeypatch.setenv("A_WORD", word)
        digests.add(tool.digest())
    assert len(digests) == 3


def test_code_that_is_replaced_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Code(calling_helper)
    first = tool.digest()
    monkeypatch.setitem(globals(), "helper", lambda: 2)  # as a cell of a notebook that runs again
    second = tool.digest()
    monkeypatch.undo()
    assert tool.digest() == first != second
    monkeypatch.setattr(helper, "__code__", (lambda: 3).__code__)  # as reloading modules does
    assert tool.digest() not in (first, second)


def test_what_a_command_line_says_is_a_part_of_a_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    tool = Code(lambda: sys.argv[1])
    before = tool.digest()
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--other"])
    assert tool.digest() != before


def test_a_text_that_can_name_no_variable_is_none() -> None:
    assert Code(lambda: os.environ.get("A_WORD", "\ud800")).digest()


def test_a_list_that_a_tool_only_fills_is_no_part_of_it() -> None:
    calls: list[int] = []
    tool = Code(lambda: calls.append(1))
    before = tool.digest()
    calls.append(1)
    assert tool.digest() == before
    read: list[int] = []
    reading = Code(lambda: read.append(len(read)))
    before = reading.digest()
    read.append(1)
    assert reading.digest() != before


def deep(of: object) -> list[object]:
    for _ in range(10_000):
        of = [of]
    return [of]


def round_about(word: str) -> list[object]:
    held: list[object] = [word]
    held.append({"again": held})
    return held


def test_circles_are_told_and_what_is_too_large_or_too_deep_is_never_the_same() -> None:
    one, same, other = (Code(closed(round_about(word))).digest() for word in "aab")
    assert one == same != other
    doubled: list[object] = []
    for _ in range(60):
        doubled = [doubled, doubled]
    for held in (deep("a"), [object()] * 20_000, doubled):
        assert Code(closed(held)).digest() != Code(closed(held)).digest()


TABLES: list[Callable[[str], object]] = [
    lambda word: [*range(20_000), word],
    lambda word: {*map(str, range(20_000)), word},
    lambda word: {str(number): {"path": [f"{number}.{word}"]} for number in range(5_000)},
]


@pytest.mark.parametrize("make", TABLES)
def test_large_tables_are_told_apart_by_all_that_they_hold(make: Callable[[str], object]) -> None:
    one, same, other = (Code(closed(make(word))).digest() for word in "aab")
    assert one == same != other


def test_a_large_table_of_a_module_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for word in "aab":
        monkeypatch.setitem(globals(), "SETTINGS", Named(word=TABLES[2](word)))  # type: ignore[arg-type]
        digests.append(Code(reading_settings).digest())
    assert digests[0] == digests[1] != digests[2]


MODULE = """
import re, sys
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from agentcache.client.code import Code

class Policy: pass
@dataclass
class Rules:
    words: list = field(default_factory=lambda: ["a"])
MISSING, POLICY, RULES = object(), Policy(), Rules()
WORDS, TABLE, SEEN = ["a"], {"a": [re.compile("a")], "b": len}, {"a", "b", "c"}
MANY, CHECKS = {str(n) for n in range(20_000)}, [lambda: 1, Policy()]

def limited(policy):
    def around(function):
        @wraps(function)
        def wrapper(*given):
            return policy and function(*given)
        return wrapper
    return around

@cache
def helper(): return RULES.words
joined = partial(helper)

@limited(Policy())
def tool(path, more=MISSING, policy=Policy()):
    return WORDS, TABLE, SEEN, MANY, CHECKS, POLICY, helper(), joined()
"""


def test_a_tool_of_a_module_is_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "a_module_of_tools.py").write_text(MODULE)
    time.sleep(0.2)  # what is younger than a process may not be what it loads
    told = "import a_module_of_tools as m; print(m.Code(m.tool).digest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", told],
            env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


def test_source_that_changed_before_the_cache_was_imported_may_not_be_what_runs(
    tmp_path: Path,
) -> None:
    module = tmp_path / "edited_early.py"
    module.write_text("STATE = iter([1])\ndef tool(): return next(STATE)\n")
    edit = f"p = pathlib.Path({str(module)!r}); p.write_text(p.read_text().replace('1', '2'))"
    digest = "from agentcache.client.code import Code; print(Code(m.tool).digest())"
    early, late = (
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import pathlib, time, edited_early as m; {does}; time.sleep(.2); {digest}",
            ],
            env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
            check=True,
            capture_output=True,
        ).stdout
        for does in (edit, "pass")
    )
    assert early != late
