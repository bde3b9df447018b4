"""What tools hold in classes, functions and other places than variables, as it is at every use."""

import contextvars
import os
import struct
import threading
from collections import OrderedDict, UserDict
from collections.abc import Callable
from functools import singledispatch
from pathlib import Path
from typing import ClassVar

import pytest

from agentcache.client.code import Code


class Base:
    inherited = "1"


class Settings(Base):
    word = "1"
    words: ClassVar[list[str]] = ["1"]
    count = 0
    calls: ClassVar[list[str]] = []

    @classmethod
    def told(cls) -> str:
        return cls.word


@singledispatch
def shown(value: object) -> str:
    return f"any {value}"


def remembering() -> str:
    return str(remembering.word)  # type: ignore[attr-defined]  # of a function


USER = contextvars.ContextVar("USER", default="1")
LOCAL = threading.local()
MORE: UserDict[str, str] = UserDict(word="1")
ORDERED = OrderedDict(a="", b="")
PACKED = struct.Struct("<I")
NAME = "A_WORD_OF_TESTS"
VARIABLES = os.environ


def of_a_class() -> object:
    return Settings.word


def of_a_class_by_its_method() -> object:
    return Settings.told()


def of_the_class_above() -> object:
    return Settings.inherited


def in_a_list_of_a_class() -> object:
    return Settings.words[0]


def of_a_function() -> object:
    return remembering()


def of_a_context() -> object:
    return USER.get()


def of_a_thread() -> object:
    return LOCAL.word


def of_a_user_dict() -> object:
    return MORE["word"]


def of_an_order() -> object:
    return list(ORDERED)


def dispatched() -> object:
    return shown("x")


def named_by_a_constant() -> object:
    return os.environ.get(NAME)


def of_an_alias() -> object:
    return VARIABLES.get("A_WORD_OF_TESTS")


def of_the_directory() -> object:
    return str(Path.cwd())


CHANGES: list[tuple[Callable[[], object], Callable[[pytest.MonkeyPatch, Path], object]]] = [
    (of_a_class, lambda patch, _: patch.setattr(Settings, "word", "2")),
    (of_a_class_by_its_method, lambda patch, _: patch.setattr(Settings, "word", "2")),
    (of_the_class_above, lambda patch, _: patch.setattr(Base, "inherited", "2")),
    (in_a_list_of_a_class, lambda patch, _: patch.setattr(Settings, "words", ["2"])),
    (of_a_function, lambda patch, _: patch.setattr(remembering, "word", "2", raising=False)),
    (of_a_context, lambda _, __: USER.set("2")),
    (of_a_thread, lambda patch, _: patch.setattr(LOCAL, "word", "2", raising=False)),
    (of_a_user_dict, lambda patch, _: patch.setitem(MORE, "word", "2")),
    (of_an_order, lambda _, __: ORDERED.move_to_end("a")),
    (dispatched, lambda _, __: shown.register(str)(lambda value: f"text {value}")),
    (named_by_a_constant, lambda patch, _: patch.setenv(NAME, "2")),
    (of_an_alias, lambda patch, _: patch.setenv(NAME, "2")),
    (of_the_directory, lambda patch, place: patch.chdir(place)),
]


@pytest.mark.parametrize(("reading", "change"), CHANGES, ids=[one.__name__ for one, _ in CHANGES])
def test_what_a_tool_reads_is_told_as_it_is_now(
    reading: Callable[[], object],
    change: Callable[[pytest.MonkeyPatch, Path], object],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(remembering, "word", "1", raising=False)
    monkeypatch.setattr(LOCAL, "word", "1", raising=False)

    def both() -> None:
        code, before = Code(reading), reading()
        known = code.digest()
        assert code.digest() == known
        change(monkeypatch, tmp_path)
        assert reading() != before
        assert code.digest() != known

    contextvars.copy_context().run(both)


def test_another_object_is_another_even_if_neither_can_be_seen_into(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = Code(lambda: PACKED.size)
    before = code.digest()
    monkeypatch.setitem(globals(), "PACKED", struct.Struct("<Q"))
    assert code.digest() != before
    monkeypatch.undo()
    assert code.digest() == before


def counting() -> str:
    Settings.count += 1
    Settings.calls.append("")
    return Settings.word


def test_what_is_counted_in_a_class_or_only_filled_is_no_part_of_a_tool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Settings, "count", 0)
    monkeypatch.setattr(Settings, "calls", [])
    code = Code(counting)
    before = code.digest()
    counting()
    assert code.digest() == before


def test_a_version_stands_for_what_becomes_of_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    code = Code(of_a_class, is_versioned=True)
    before = code.digest()
    monkeypatch.setattr(Settings, "word", "2")
    assert code.digest() == before
