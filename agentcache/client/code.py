"""What a tool's code is: so that a changed tool never answers with what the old one gave.

Its bytecode and that of the functions of its own package that it uses, and the constants among the
globals and closures that these read. Other objects that a tool holds are not seen into: where they
matter, it has a version.
"""

import dis
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import is_
from types import CellType, CodeType, FunctionType, ModuleType
from typing import cast

from agentcache.core.codec import digest
from agentcache.errors import UsageError

_STORES = ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF")
_PLAIN = (bool, int, float, complex, str, bytes, re.Pattern)
_Read = Callable[[], object]


class Code:
    """The code of `function`; raises UsageError for what has none that can be read."""

    def __init__(self, function: Callable[..., object]) -> None:
        if not isinstance(function, FunctionType):
            raise UsageError(f"{function!r} is no function: wrap what it calls in one")
        self._function = function
        self._static: str | None = None
        self._reads: list[_Read] = []
        self._last: tuple[list[object], str] = [], ""

    def digest(self) -> str:
        """Of the code as it is now: constants that it reads may have changed."""
        if self._static is None:
            # At the first use: what a function refers to may be defined after it.
            walk = _Walk(self._function.__module__)
            walk.add(self._function)
            self._static = digest(walk.bodies)
            self._reads = walk.reads
        if not self._reads:
            return self._static
        values = [read() for read in self._reads]
        last, known = self._last
        if known and all(map(is_, values, last)):
            return known
        made = digest([self._static, [_constant(value) for value in values]])
        if all(map(_is_fixed, values)):
            self._last = values, made
        return made


class _Walk:
    """One walk over functions; `bodies`: their code as JSON, `reads`: what else they rest on."""

    def __init__(self, module: str) -> None:
        self.bodies: list[object] = []
        self.reads: list[_Read] = []
        self._package = module.partition(".")[0]
        self._met: set[int] = set()

    def add(self, function: FunctionType) -> None:
        """Take in `function` and what it uses."""
        if id(function) in self._met:
            return
        self._met.add(id(function))
        codes = list(_codes(function.__code__))
        self.bodies.append([_body(code) for code in codes])
        self.bodies.append([_constant(each) for each in function.__defaults__ or ()])
        written = {
            each.argval for code in codes for each in dis.get_instructions(code)
            if each.opname in _STORES
        }  # fmt: skip
        names = {name for code in codes for name in code.co_names}
        for name in sorted(names - written):
            if name in function.__globals__:
                self._use(partial(function.__globals__.get, name), names)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            if name not in written:
                self._use(partial(_content, cell), names)

    def _use(self, read: _Read, names: set[str]) -> None:
        value = read()
        if isinstance(value, FunctionType):
            if self._is_ours(value.__module__):
                self.add(value)
        elif isinstance(value, ModuleType):
            if self._is_ours(value.__name__):
                for name in sorted(names & vars(value).keys()):
                    self._use(partial(getattr, value, name, None), set())
        elif isinstance(value, type):
            if self._is_ours(value.__module__):
                self._add_class(value)
        else:
            self.reads.append(read)

    def _add_class(self, kind: type) -> None:
        if id(kind) in self._met:
            return
        self._met.add(id(kind))
        for name in sorted(vars(kind)):
            member = vars(kind)[name]
            if isinstance(member, FunctionType):
                self.add(member)
            elif not name.startswith("__"):
                self.bodies.append([name, _constant(member)])

    def _is_ours(self, module: object) -> bool:
        return isinstance(module, str) and module.partition(".")[0] == self._package


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _body(code: CodeType) -> list[object]:
    constants = [_constant(each) for each in code.co_consts if not isinstance(each, CodeType)]
    return [code.co_code.hex(), code.co_exceptiontable.hex(), code.co_names, constants]


def _constant(value: object) -> object:
    """What tells a constant from others, as JSON; None for what is none."""
    if isinstance(value, tuple):
        return ["tuple", [_constant(each) for each in value]]
    if isinstance(value, frozenset):
        return ["frozenset", sorted(repr(_constant(each)) for each in value)]
    if isinstance(value, _PLAIN):
        return [type(value).__name__, repr(value)]
    return None


def _is_fixed(value: object) -> bool:
    """Whether `_constant` of the very same object is always the same, whatever becomes of it."""
    if type(value) in (tuple, frozenset):
        return all(map(_is_fixed, cast("Iterable[object]", value)))
    if type(value) in _PLAIN:
        return True
    return value.__class__ is type(value) and not isinstance(value, (tuple, frozenset, *_PLAIN))


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None
