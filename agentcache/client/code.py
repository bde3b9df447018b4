"""What a tool's code is: so that a changed tool never answers with what the old one gave.

Its bytecode and that of the functions and classes of its own package that it uses, wrapped or not;
what these read, as it is at every use (client/telling.py); and the source of the modules of its
package that define what they read, or that they import where they use them, with all that such
modules import in turn. Nothing is imported for it.

What a function holds that is not found by its name in its module, as one that another made, is
told whole: what cannot be is like nothing but itself, in this process, and too much of it, unless
it is a table of plain values, is never the same. All else that cannot be told is told by the source
of its module. Of an object that is not seen into those attributes are told that code reads by name,
and of the process what client/surroundings.py has. What a function of the tool only counts or
writes down is left out; what it remembers is not: its next use does not look at that again.

Not seen: what else becomes of an object that is not seen into, methods that are replaced in their
class after the first use, names that are only made at run time (`getattr`, `import_module`), and
other packages. Where these matter, a tool has a version.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import _lru_cache_wrapper, partial
from itertools import islice
from operator import is_
from types import CellType, CodeType, FunctionType, ModuleType
from typing import cast

from agentcache.client.exact import InexactError
from agentcache.client.sources import digest_of_source, imports_of, origins, resolved, source_of
from agentcache.client.surroundings import read_around
from agentcache.client.telling import (
    CONTAINERS,
    MOST,
    Telling,
    is_code,
    name_of,
    parts_of,
    wrapped_by,
)
from agentcache.client.writing import Writes, filled, steps_of
from agentcache.core.codec import digest
from agentcache.errors import UsageError

_PLAIN = (bool, int, float, complex, str, bytes, re.Pattern)
_DISPATCHED = {"registry"}
"""Where functions of `singledispatch` hold those that they choose among."""

_Read = tuple[Callable[[], object], bool, object]
"""What gives a value as it is now, whether its module's source tells it, and what it was, `...` for
anything: no source tells of another that took its place."""


class Code:
    """The code of `function`; raises UsageError for what has none that can be read.

    `is_versioned`: a version stands for what becomes of the objects that it holds.
    """

    def __init__(self, function: Callable[..., object], *, is_versioned: bool = False) -> None:
        if not isinstance(function, FunctionType):
            raise UsageError(f"{function!r} is no function: wrap what it calls in one")
        self._function, self._is_versioned = function, is_versioned
        self._static: str | None = None
        self._reads: list[_Read] = []
        self._numbers: dict[int, tuple[int, object]] = {}
        self._names: frozenset[str] = frozenset()
        self._code: list[tuple[Callable[[], object], object]] = []
        self._memories: list[_lru_cache_wrapper[object]] = []
        self._last: tuple[list[object], str] = [], ""

    def digest(self) -> str:
        """Of the code as it is now: constants that it reads may have changed.

        Raises InexactError where a cache of its own holds what tools gave it in an earlier use.
        """
        if any(read() is not code for read, code in self._code):
            self._static, self._last = None, ([], "")  # a cell that ran again, a module's reload
        if self._static is None:
            # At the first use: what a function refers to may be defined after it.
            walk = _Walk(self._function, is_versioned=self._is_versioned)
            self._reads, self._numbers, self._code = walk.reads, walk.numbers, walk.code
            self._names = frozenset() if self._is_versioned else frozenset(walk.names)
            self._memories = [] if self._is_versioned else [*filter(_is_of_tools, walk.memories)]
            self._static = digest([walk.bodies, walk.sources()])
        for each in self._memories:
            if each.cache_info().currsize:
                raise InexactError(f"{each!r} remembers what was read before")
        values, (last, known) = [read() for read, *_ in self._reads], self._last
        if known and all(map(is_, values, last)):
            return known
        is_told, numbers, names = self._is_versioned, self._numbers, self._names
        tellings = [
            Telling(numbers, is_told or (known and _is_still(was, now)), is_told, names)
            for (_, known, was), now in zip(self._reads, values, strict=True)
        ]
        told = [one.tell(value) for one, value in zip(tellings, values, strict=True)]
        made = digest([self._static, told])
        if all(one.is_fixed for one in tellings):
            self._last = values, made
        return made


class _Walk:
    """One walk over functions; `bodies`: their code as JSON, `reads`: what else they rest on.

    `names`: of all attributes that they may read, without those that functions themselves only
    count or write down; with `is_versioned` all that they write. `code`: what gives each function
    and class that was met, and what it gave. `memories`: of functions, that were met.
    `has_tools`: whether a decorated tool was.
    """

    def __init__(self, function: FunctionType, *, is_versioned: bool = False) -> None:
        self.bodies: list[object] = []
        self.reads: list[_Read] = []
        self.numbers: dict[int, tuple[int, object]] = {}
        self.names: set[str] = set()
        self.code: list[tuple[Callable[[], object], object]] = []
        self.memories: list[_lru_cache_wrapper[object]] = []
        self.has_tools = False
        self._is_versioned = is_versioned
        self._attributes = Writes()
        self._functions: list[FunctionType] = []
        self._members: list[tuple[type, str, bool]] = []
        # A package that is run is the module `__main__`.
        named = (function.__module__, function.__globals__.get("__package__"))
        self._packages = {name.partition(".")[0] for name in named if name}
        self._met: dict[object, object] = {}
        self._modules: set[str] = set()
        self._waiting = [function]
        while self._waiting:  # a chain of calls may be longer than Python's stack
            function = self._waiting.pop()
            self._add(function)
            self._attributes.add_attributes(_codes(function.__code__))
            if not self._waiting:
                self._add_attributes()
        self.names -= self._attributes.idle

    def sources(self) -> list[object]:
        """What the modules hold whose objects are read, as JSON."""
        return [[name, *digest_of_source(name)] for name in sorted(self._modules)]

    def _add(self, function: FunctionType) -> None:
        if not self._is_new(("code", id(function)), function):
            return
        codes, space = list(_codes(function.__code__)), function.__globals__
        self._functions.append(function)
        self.code.append((partial(getattr, function, "__code__"), function.__code__))
        self.bodies.append([self._number(function), [_body(code) for code in codes]])
        names = frozenset(name for code in codes for name in code.co_names)
        self.names |= names
        found = [space[name] for name in sorted(names & space.keys())]
        around = read_around(names, found, (each for code in codes for each in code.co_consts))
        self.reads += [(read, True, ...) for read in around]
        module = function.__module__
        for each in wrapped_by(function):
            self._take(each, names)
        self._rest_on_imported(_imported_by(codes, str(space.get("__package__") or "")))
        place = space.get("__name__")
        has_source = source_of(str(place)) is not None
        writes = Writes()
        writes.add_variables(codes)
        left_out = writes.written if self._is_versioned else writes.idle
        held = _held_by(function, codes, left_out)
        self.bodies.append([name for name, _ in held])
        is_sourced = has_source and name_of(function) is not None
        for name, read in held:
            known = None if name in writes.written else is_sourced
            self._use(read, names, (module, ""), is_sourced=known)
        if place is None or self._is_ours(place):
            for name in sorted((names & space.keys()) - left_out - filled(codes, space)):
                known = None if name in writes.written else has_source
                self._use(partial(space.get, name), names, (module, name), is_sourced=known)

    def _add_attributes(self) -> None:
        """Take in what functions and classes hold besides code, as it is at every use."""
        left_out, filled = self._attributes.idle, self._attributes.filled
        members, self._members = self._members, []
        for kind, name, is_sourced in members:
            value = vars(kind).get(name)
            if name not in left_out and not (name in filled and type(value) in CONTAINERS):
                self.reads.append((partial(vars(kind).get, name), is_sourced, value))
        functions, self._functions = self._functions, []
        names = frozenset(self.names)
        for function in () if self._is_versioned else functions:
            has_source = source_of(str(function.__module__)) is not None
            place, held = (function.__module__, ""), vars(function)
            for name in sorted((names | _DISPATCHED) & (held.keys() - left_out)):
                self._use(partial(held.get, name), names, place, is_sourced=has_source)

    def _number(self, value: object) -> int:
        return self.numbers.setdefault(id(value), (len(self.numbers), value))[0]

    def _is_new(self, key: object, value: object = None) -> bool:
        """Whether `key` is; `value` lives on, so that no other gets its id."""
        is_new = key not in self._met
        self._met[key] = value
        return is_new

    def _use(
        self,
        read: Callable[[], object],
        names: frozenset[str],
        place: tuple[str, str],
        *,
        is_sourced: bool | None,
    ) -> None:
        """Take in what `read` gives: of a module, a name, "" where it is none of its names.

        `is_sourced`: whether its source tells it, None where it is what a tool remembers.
        """
        value = read()
        if self._take(value, names):
            self.code.append((read, value))
        else:
            self.reads.append((read, is_sourced is not False, ... if is_sourced is None else value))
            self._rest_on(value, *place)

    def _take(self, value: object, names: frozenset[str]) -> bool:
        """Whether `value` is code alone, taken in if it is ours; `names`: what is read of it."""
        if is_code(value):
            return self._take_code(value, names)
        if wrapped := wrapped_by(value):
            return self._take_wrapped(value, wrapped, names)
        waiting = [value]
        for each in waiting:
            if is_code(each) or wrapped_by(each):
                self._take(each, names)
            elif self._is_new(("parts", id(each)), each):
                self._add_class(type(each))
                waiting += islice(parts_of(each)[0], max(0, MOST - len(waiting)))
        return False

    def _take_wrapped(
        self, value: object, wrapped: Iterable[object], names: frozenset[str]
    ) -> bool:
        key = ("wrapped", id(value))
        if self._is_new(key, (value, False)):
            if isinstance(value, _lru_cache_wrapper):
                self.memories.append(value)
            self._add_class(type(value))
            is_all = parts_of(value)[1]
            are_code = [each is None or self._take(each, names) for each in wrapped]
            self._met[key] = (value, is_all and all(are_code))
        self.bodies.append([type(value).__name__, self._number(value)])
        return bool(cast("tuple[object, bool]", self._met[key])[1])

    def _take_code(self, value: object, names: frozenset[str]) -> bool:
        name = name_of(value)
        if isinstance(value, FunctionType):
            if _is_tool(value):
                self.has_tools = True
                return self._take(wrapped_by(value)[0], names)  # a tool is what it runs
            if self._is_ours(value.__module__):
                self._waiting.append(value)
                self.bodies.append(self._number(value))
                return True
            for each in wrapped_by(value):
                self._take(each, names)
        elif isinstance(value, ModuleType):
            self._take_module(value, names)
        elif isinstance(value, type):
            self._add_class(value)
            if self._is_ours(value.__module__):
                self.bodies.append(self._number(value))
                return True
        self.bodies.append(name)
        return name is not None

    def _take_module(self, module: ModuleType, names: frozenset[str]) -> None:
        if self._is_ours(module.__name__) and self._is_new((id(module), names), module):
            has_source = source_of(module.__name__) is not None
            for name in sorted(names & vars(module).keys()):
                read = partial(getattr, module, name, None)
                self._use(read, names, (module.__name__, name), is_sourced=has_source)

    def _add_class(self, kind: type) -> None:
        for each in kind.__mro__:
            if self._is_ours(each.__module__) and self._is_new(id(each), each):
                self.bodies.append([[one.__module__, one.__qualname__] for one in each.__mro__])
                for name in sorted(vars(each)):
                    self._add_member(each, name, vars(each)[name])

    def _add_member(self, kind: type, name: str, member: object) -> None:
        if isinstance(member, FunctionType):
            self.bodies.append([name, self._number(member)])
            self._waiting.append(member)
        elif not name.startswith("__"):
            is_code_alone = self._take(member, frozenset())
            is_sourced = name_of(kind) is not None and source_of(kind.__module__) is not None
            if is_code_alone or self._is_versioned or _is_fixed(kind, member):
                self.bodies.append([name, Telling(self.numbers, is_sourced).tell(member)])
            else:
                self.bodies.append(name)
                self._members.append((kind, name, is_sourced))
            if not is_code_alone:
                self._rest_on(member, kind.__module__, "")

    def _rest_on_imported(self, modules: Iterable[str]) -> None:
        """Note `modules`, those above them and what all of these import, as far as it is ours."""
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if self._is_ours(name) and self._is_new(("source", name)):
                self._modules.add(name)
                waiting.append(name.rpartition(".")[0])
                for base, given, _ in imports_of(name):
                    waiting += [base, f"{base}.{given}"] if given else [base]

    def _rest_on(self, value: object, module: str, name: str) -> None:
        """Note the modules that define `value`, which cannot be seen into."""
        if _is_plain(value):
            return
        places = [(module, name)]
        for place in places:
            if self._is_ours(place[0]):
                self._modules.add(place[0])
                places += [each for each in origins(*place) if each not in places]

    def _is_ours(self, module: object) -> bool:
        return isinstance(module, str) and module.partition(".")[0] in self._packages


def _imported_by(codes: Iterable[CodeType], package: str) -> Iterator[str]:
    """What the import statements in `codes` name, which may be modules or what is in them."""
    for code in codes:
        steps = steps_of(code)
        for level, taken, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opname == "IMPORT_NAME":
                module = resolved("." * level.argval + step.argval, package)
                yield module
                yield from (f"{module}.{item}" for item in taken.argval or ())


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _body(code: CodeType) -> list[object]:
    given = [each for each in code.co_consts if not isinstance(each, CodeType)]
    constants = [Telling({}, is_sourced=False, left=sys.maxsize).tell(each) for each in given]
    return [code.co_code.hex(), code.co_exceptiontable.hex(), code.co_names, constants]


def _held_by(
    function: FunctionType, codes: Sequence[CodeType], left_out: set[str]
) -> list[tuple[str, Callable[[], object]]]:
    """The defaults of a function and what it has of those around it, as they are when read."""
    named = function.__kwdefaults__ or {}
    held: list[tuple[str, Callable[[], object]]] = []
    held += [("", partial(_itself, each)) for each in function.__defaults__ or ()]
    held += [(name, partial(_itself, named[name])) for name in sorted(named)]
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    left_out = left_out | filled(codes, {name: _content(cell) for name, cell in cells.items()})
    return held + [(name, partial(_content, cells[name])) for name in cells if name not in left_out]


def _is_of_tools(memory: "_lru_cache_wrapper[object]") -> bool:
    """Whether what a function's memory holds may have come from tools."""
    wrapped: object = memory
    while not isinstance(wrapped, FunctionType) and wrapped_by(wrapped):
        wrapped = wrapped_by(wrapped)[0]
    return isinstance(wrapped, FunctionType) and (_is_tool(wrapped) or _Walk(wrapped).has_tools)


def _is_tool(function: FunctionType) -> bool:
    return function.__globals__.get("__package__") == __package__ and bool(wrapped_by(function))


def _is_still(was: object, now: object) -> bool:
    """Whether `now` is what its module's source tells of, as far as another could be told apart."""
    return was is ... or was is now or not type(now).__weakrefoffset__


def _is_fixed(kind: type, member: object) -> bool:
    """Whether a member of `kind` stands for code, or stays what it is."""
    is_bound = hasattr(type(member), "__get__")
    return is_bound or issubclass(kind, Enum) or type(member).__module__ == "_abc"


def _is_plain(value: object) -> bool:
    """Whether it is told whole without the source of a module, as constants are."""
    if isinstance(value, (tuple, frozenset)):
        return len(value) < MOST and all(map(_is_plain, value))
    return value is None or isinstance(value, _PLAIN)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _itself(value: object) -> object:
    return value
