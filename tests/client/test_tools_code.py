"""What a tool's code is now, however often and whenever it was asked before."""

import re
import sys
import textwrap
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.client import sources
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


IMPORT = "from .helpers import thing\n"
CASES = {
    "a function": ("def thing(): return NUM", IMPORT, "thing()"),
    "a default by name": ("def thing(*, n=NUM): return n", IMPORT, "thing()"),
    "a function as a default": (
        "def inner(): return NUM\ndef thing(*, get=inner): return get()", IMPORT, "thing()"
    ),
    "a static method": (
        "class thing:\n @staticmethod\n def get(): return NUM", IMPORT, "thing.get()"
    ),
    "a class method": (
        "class thing:\n @classmethod\n def get(cls): return NUM", IMPORT, "thing.get()"
    ),
    "a property": ("class thing:\n @property\n def n(self): return NUM", IMPORT, "thing().n"),
    "a cached property": (
        "import functools\nclass thing:\n @functools.cached_property\n def n(self): return NUM",
        IMPORT, "thing().n",
    ),
    "a base class": (
        "class Base:\n def get(self): return NUM\nclass thing(Base): pass", IMPORT, "thing().get()"
    ),
    "a nested class": (
        "class thing:\n class I:\n  def get(self): return NUM", IMPORT, "thing.I().get()"
    ),
    "a module in a package": ("def thing(): return NUM", "import PKG.helpers\n",
        "PKG.helpers.thing()"),
    "an import in the midst": ("def thing(): return NUM", "", "local()"),
    "a module imported in the midst": ("def thing(): return NUM", "", "near.thing()"),
    "a package imported in the midst": ("def thing(): return NUM", "", "PKG.helpers.thing()"),
    "functools.cache": (
        "from functools import cache\n@cache\ndef thing(): return NUM", IMPORT, "thing()"
    ),
    "functools.partial": (
        "from functools import partial\ndef one(): return NUM\nthing = partial(one)", IMPORT,
        "thing()"
    ),
    "a method of an object": (
        "class H:\n def get(self): return NUM\nthing = H().get", IMPORT, "thing()"
    ),
    "an object": ("class H:\n def get(self): return NUM\nthing = H()", IMPORT, "thing.get()"),
    "a table of functions": ("def one(): return NUM\nthing = [one]", IMPORT, "thing[0]()"),
    "a list": ("thing = [NUM]", IMPORT, "thing[0]"),
    "a list under another name": ("other = [NUM]",
        "from .helpers import other as thing\n", "thing[0]"),
    "a list among all that is imported": ("thing = [NUM]", "from .helpers import *\n", "thing[0]"),
    "a list of a class": ("class thing:\n items = [NUM]", IMPORT, "thing.items[0]"),
    "a long pattern": (
        f"import re\nthing = re.compile('(?:{'x' * 220})?' + 'ab'[NUM])", IMPORT, "thing.pattern"
    ),
}  # fmt: skip
LOCALS = {
    "an import in the midst": "from .helpers import thing as local",
    "a module imported in the midst": "from . import helpers as near",
    "a package imported in the midst": "import PKG.helpers",
}
PKG = "tools_that_change"


class Package:
    """A package of a tool and its helpers, which is loaded anew for every digest."""

    def __init__(self, root: Path, name: str) -> None:
        self.helper, imports, call = CASES[name]
        self.home = root / PKG
        self.home.mkdir()
        (self.home / "__init__.py").write_text("")
        lines = [imports, "def tool():", f"    {LOCALS.get(name, 'pass')}", f"    return {call}"]
        (self.home / "tool.py").write_text("\n".join(lines).replace("PKG", PKG))

    def digest(self, number: int, *, after: str = "") -> str:
        """What the tool is with helpers of this `number`."""
        text = textwrap.dedent(self.helper).replace("NUM", str(number))
        (self.home / "helpers.py").write_text(f"{text}\n{after}")
        for name in [each for each in sys.modules if each.partition(".")[0] == PKG]:
            del sys.modules[name]
        invalidate_caches()
        tool = import_module(f"{PKG}.tool").tool
        known = Code(tool).digest()
        assert str(tool()) != ""
        assert Code(tool).digest() == known  # it has run, and what it imports is there
        return known


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_what_a_tool_uses_of_its_own_package_is_a_part_of_it(root: Path, name: str) -> None:
    package = Package(root, name)
    one, other = package.digest(0), package.digest(1)
    assert one != other
    assert package.digest(0) == one


def test_a_helper_that_is_seen_through_may_have_new_neighbours(root: Path) -> None:
    package = Package(root, "a function")
    assert package.digest(0) == package.digest(0, after="def other(): return 1\n")


def test_source_that_may_not_be_what_was_loaded_says_nothing_to_other_processes(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = Package(root, "a list")
    one = package.digest(0)
    monkeypatch.setattr(sources, "_PROCESS", "another")
    assert package.digest(0) != one
    monkeypatch.setattr(sources, "_BEGAN", sys.maxsize)  # it began after all of this was written
    one = package.digest(0)
    monkeypatch.setattr(sources, "_PROCESS", "a third")
    assert package.digest(0) == one


def test_an_import_that_fails_where_it_is_used_is_left_to_it(root: Path) -> None:
    (root / "alone_here.py").write_text(
        "def tool():\n    from . import nothing\n"
        "def other():\n    import alone_here.nothing, alone_here\n    alone_here.tool()\n"
    )
    module = import_module("alone_here")
    assert Code(module.tool).digest() != Code(module.other).digest()


def test_what_is_imported_where_it_is_used_is_read_and_not_imported(root: Path) -> None:
    (root / "lazily").mkdir()
    (root / "lazily" / "__init__.py").write_text("def tool():\n    from lazily.near import f\n")
    (root / "lazily" / "near.py").write_text("import lazily.far.table\nraise SystemExit\n")
    (root / "lazily" / "far").mkdir()
    (root / "lazily" / "far" / "__init__.py").write_text("")
    far = root / "lazily" / "far" / "table.py"
    far.write_text("TABLE = [1]\n")
    tool = import_module("lazily").tool
    before = Code(tool).digest()
    assert Code(tool).digest() == before
    assert "lazily.near" not in sys.modules
    far.write_text("TABLE = [1, 2]\n")
    assert Code(tool).digest() != before


def test_a_chain_of_calls_may_be_longer_than_the_stack() -> None:
    count = 2 * sys.getrecursionlimit()
    space: dict[str, object] = {"__name__": "long_chain"}
    lines = [f"def f{number}(): return f{number + 1}()" for number in range(count)]
    exec("\n".join(lines), space)  # noqa: S102  # it is written above
    first = Code(space["f0"]).digest()  # type: ignore[arg-type]  # a function
    exec(f"def f{count - 1}(): return 1", space)  # noqa: S102  # as above
    assert Code(space["f0"]).digest() != first  # type: ignore[arg-type]  # as above


def test_patterns_are_told_apart_by_their_flags() -> None:
    digests = set()
    for flags in (0, re.IGNORECASE):
        globals()["FREE"] = re.compile("x" * 300, flags)
        digests.add(Code(reading).digest())
    globals()["FREE"] = None
    assert len(digests) == 2
