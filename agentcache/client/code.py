"""What a tool's code is: so that a changed tool never answers with what the old one gave.

Its bytecode and that of the functions and classes of its own package that it uses, wrapped or not;
the constants that these read, as they are now; and the source of the modules of its package that
define any other object that they read, or that they import where they use them, with all that such
modules import in turn. Nothing is imported for it.

Not seen: what such an object becomes at run time, code that is replaced after the first use, names
that are only made at run time (`getattr`, `import_module`), and other packages. Where these
matter, a tool has a version.
"""

import ast
import dis
import os
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from hashlib import sha256
from importlib.util import resolve_name
from inspect import getattr_static
from operator import is_
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import cast

from agentcache.core.codec import digest
from agentcache.errors import UsageError

_STORES = ("STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF")
_PLAIN = (bool, int, float, complex, str, bytes, re.Pattern)
_WRAPPERS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (MethodType, ("__func__", "__self__")),
    (staticmethod, ("__func__",)),
    (classmethod, ("__func__",)),
    (property, ("fget", "fset", "fdel")),
    (cached_property, ("func",)),
    (partial, ("func",)),
)
"""What holds functions, and where."""

_BEGAN = time.time_ns() - 50_000_000
_PROCESS = secrets.token_hex(8)
"""When this process had loaded nothing yet, and what tells it from others."""

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
            walk = _Walk(self._function)
            self._reads = walk.reads
            self._static = digest([walk.bodies, walk.sources()])
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

    def __init__(self, function: FunctionType) -> None:
        self.bodies: list[object] = []
        self.reads: list[_Read] = []
        # A package that is run is the module `__main__`.
        named = (function.__module__, function.__globals__.get("__package__"))
        self._packages = {name.partition(".")[0] for name in named if name}
        self._met: set[object] = set()
        self._modules: set[str] = set()
        self._waiting = [function]
        while self._waiting:  # a chain of calls may be longer than Python's stack
            self._add(self._waiting.pop())

    def sources(self) -> list[object]:
        """What the modules hold whose objects are read, as JSON."""
        return [[name, *_digest_of_source(name)] for name in sorted(self._modules)]

    def _add(self, function: FunctionType) -> None:
        if not self._is_new(id(function)):
            return
        codes = list(_codes(function.__code__))
        self.bodies.append([_body(code) for code in codes])
        named = function.__kwdefaults__ or {}
        given = [*(function.__defaults__ or ()), *(named[name] for name in sorted(named))]
        self.bodies.append([sorted(named), [_constant(each) for each in given]])
        written = {
            each.argval for code in codes for each in dis.get_instructions(code)
            if each.opname in _STORES
        }  # fmt: skip
        names = frozenset(name for code in codes for name in code.co_names)
        module, space = function.__module__, function.__globals__
        for each in (*given, *_held_by(function)):
            self._take(each, names)
        self._rest_on_imported(_imported_by(codes, str(space.get("__package__") or "")))
        for name in sorted(names - written):
            if name in space:
                self._use(partial(space.get, name), names, module, name)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            if name not in written:
                self._use(partial(_content, cell), names, module, "")

    def _is_new(self, key: object) -> bool:
        is_new = key not in self._met
        self._met.add(key)
        return is_new

    def _use(self, read: _Read, names: frozenset[str], module: str, name: str) -> None:
        """Take in what `read` gives: `name` of `module`, "" where it is none of its names."""
        value = read()
        if not self._take(value, names):
            self.reads.append(read)
            self._rest_on(value, module, name)

    def _take(self, value: object, names: frozenset[str]) -> bool:
        """Whether `value` is code, which is taken in if it is ours; `names`: what is read of it."""
        held = _held_by(value)
        for each in held:
            self._take(each, names)
        if isinstance(value, FunctionType):
            if self._is_ours(value.__module__):
                self._waiting.append(value)
        elif isinstance(value, ModuleType):
            if self._is_ours(value.__name__) and self._is_new((id(value), names)):
                for name in sorted(names & vars(value).keys()):
                    self._use(partial(getattr, value, name, None), names, value.__name__, name)
        else:
            is_class = isinstance(value, type)
            self._add_class(cast("type", value) if is_class else type(value))
            return is_class or bool(held)
        return True

    def _add_class(self, kind: type) -> None:
        for each in kind.__mro__:
            if self._is_ours(each.__module__) and self._is_new(id(each)):
                for name in sorted(vars(each)):
                    self._add_member(each, name, vars(each)[name])

    def _add_member(self, kind: type, name: str, member: object) -> None:
        if isinstance(member, FunctionType):
            self.bodies.append(name)
            self._waiting.append(member)
        elif not name.startswith("__"):
            self.bodies.append([name, _constant(member)])
            if not self._take(member, frozenset()):
                self._rest_on(member, kind.__module__, "")

    def _rest_on_imported(self, modules: Iterable[str]) -> None:
        """Note `modules`, those above them and what all of these import, as far as it is ours."""
        waiting = list(modules)
        while waiting:
            name = waiting.pop()
            if self._is_ours(name) and self._is_new(("source", name)):
                self._modules.add(name)
                waiting.append(name.rpartition(".")[0])
                for base, given, _ in _imports_of(name):
                    waiting += [base, f"{base}.{given}"] if given else [base]

    def _rest_on(self, value: object, module: str, name: str) -> None:
        """Note the modules that define `value`, which cannot be seen into."""
        if _is_plain(value):
            return
        places = [(module, name)]
        for place in places:
            if self._is_ours(place[0]):
                self._modules.add(place[0])
                places += [each for each in _origins(*place) if each not in places]

    def _is_ours(self, module: object) -> bool:
        return isinstance(module, str) and module.partition(".")[0] in self._packages


def _held_by(value: object) -> tuple[object, ...]:
    """The functions and objects that make up a wrapped function."""
    for kind, names in _WRAPPERS:
        if isinstance(value, kind):
            return tuple(getattr(value, name) for name in names)
    if isinstance(value, (type, ModuleType)):
        return ()
    wrapped = getattr_static(value, "__wrapped__", None)
    return () if wrapped is None else (wrapped,)


def _imported_by(codes: Iterable[CodeType], package: str) -> Iterator[str]:
    """What the import statements in `codes` name, which may be modules or what is in them."""
    for code in codes:
        steps = [each for each in dis.get_instructions(code) if each.opname != "EXTENDED_ARG"]
        for level, taken, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opname == "IMPORT_NAME":
                module = _resolved("." * level.argval + step.argval, package)
                yield module
                yield from (f"{module}.{item}" for item in taken.argval or ())


def _resolved(name: str, package: str) -> str:
    try:
        return resolve_name(name, package)
    except ImportError:
        return ""


def _source_of(module: str) -> tuple[str, os.stat_result] | None:
    """The file of a module, which need not be loaded, and its status; None for what has none."""
    path = getattr(sys.modules.get(module), "__file__", None)
    paths = [path] if isinstance(path, str) else _places_of(module)
    for path in paths:
        with suppress(OSError):
            return path, os.stat(path)  # noqa: PTH116  # strings, as modules have them
    return None


def _places_of(module: str) -> list[str]:
    """Where the file of a module that is not loaded would be."""
    above, _, name = module.rpartition(".")
    folders = [str(each) for each in getattr(sys.modules.get(above), "__path__", ())]
    if above and not folders and (found := _source_of(above)) is not None:
        folder, end = os.path.split(found[0])
        folders = [folder] if end == "__init__.py" else []
    ends = (f"{name}.py", f"{name}/__init__.py")
    return [f"{folder}/{end}" for folder in folders for end in ends]


def _imports_of(module: str) -> Iterator[tuple[str, str, str]]:
    """The modules that a module imports from, what it takes of them, and the name that it gets."""
    found = _source_of(module)
    if found is None:
        return
    path, stat = found
    is_package = os.path.basename(path) == "__init__.py"  # noqa: PTH119  # as above
    package = module if is_package else module.rpartition(".")[0]
    package = str(getattr(sys.modules.get(module), "__package__", None) or package)
    for level, base, given, known_as in _read_source(path, stat.st_ctime_ns, stat.st_size)[1]:
        yield _resolved("." * level + base, package), given, known_as


def _digest_of_source(module: str) -> tuple[str, str]:
    """Of its file now, and the process whose module may be another; "" for what is not there."""
    found = _source_of(module)
    if found is None:
        return "", ""
    path, stat = found
    known = _read_source(path, stat.st_ctime_ns, stat.st_size)[0]
    return known, _PROCESS if stat.st_ctime_ns > _BEGAN else ""


def _origins(module: str, name: str) -> Iterator[tuple[str, str]]:
    """Where `module` has `name` from, and as what; nothing for its own."""
    for base, given, known_as in _imports_of(module) if name else ():
        if known_as in (name, "*"):
            yield base, name if known_as == "*" else given


@lru_cache(maxsize=64)
def _read_source(
    path: str, changed_ns: int, size: int
) -> tuple[str, tuple[tuple[int, str, str, str], ...]]:
    """The digest of a file, and what it imports: level, module, name, and the name it gets."""
    del changed_ns, size  # which tell the states of a file apart
    try:
        source = Path(path).read_bytes()
    except OSError:
        return "", ()
    try:
        steps = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):  # compiled, or not the text that was loaded
        steps = []
    whole = [(0, each.name, "", "") for step in steps if isinstance(step, ast.Import)
             for each in step.names]  # fmt: skip
    parts = [
        (step.level, step.module or "", each.name, each.asname or each.name)
        for step in steps
        if isinstance(step, ast.ImportFrom)
        for each in step.names
    ]
    return sha256(source).hexdigest(), (*whole, *parts)


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
    if isinstance(value, re.Pattern):  # whose repr is cut
        return [type(value).__name__, value.flags, _constant(value.pattern)]
    if isinstance(value, _PLAIN):
        return [type(value).__name__, repr(value)]
    return None


def _is_plain(value: object) -> bool:
    """Whether `_constant` tells all of it."""
    if isinstance(value, (tuple, frozenset)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, _PLAIN)


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
