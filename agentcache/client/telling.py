"""What a value that a tool holds is, as JSON: values that may not be the same are told apart.

It sees into containers, dataclasses and what wraps functions, and runs no code of theirs. Whatever
else has no name in its module is like nothing but itself.
"""

import re
import secrets
import sys
from abc import ABC
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import _lru_cache_wrapper, cached_property, partial
from hashlib import sha256
from inspect import getattr_static
from itertools import islice
from pathlib import PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, MethodType, ModuleType
from typing import Any, Generic, Protocol
from uuid import UUID
from weakref import ref

from agentcache.client.settings import inside_of
from agentcache.core.codec import encode_json

MOST = 10_000
"""Values that are told of one, which is looked at whenever its tool is used."""
_MOST_IN_TABLE = 1_000_000
_LEVELS = 5
_TABLES = (list, tuple, set, frozenset)
_DEEPEST = 50
_LONGEST = 1_000
_TEXTS = (str, bytes, int, float, complex)
CONTAINERS = (tuple, list, set, frozenset, dict, deque)
_BASES = (*_TEXTS, *CONTAINERS)
_PLAIN = (
    *(*_TEXTS, bool, bytearray, range, type(None), type(...)),
    *(PosixPath, WindowsPath, PurePosixPath, PureWindowsPath),
    *(date, datetime, time, timedelta, Decimal, Fraction, UUID),
)
_CODE = (type, FunctionType, ModuleType, BuiltinFunctionType, MethodDescriptorType)
_WRAPPERS: tuple[tuple[type, tuple[str, ...]], ...] = (
    (MethodType, ("__func__", "__self__")),
    (staticmethod, ("__func__",)),
    (classmethod, ("__func__",)),
    (property, ("fget", "fset", "fdel")),
    (cached_property, ("func",)),
    (partial, ("func", "args", "keywords")),
    (_lru_cache_wrapper, ("__wrapped__",)),
)
"""What holds functions, and where."""

_marks: dict[int, tuple["ref[object]", str]] = {}
"""By id: what tells an object from all others, in any process."""


@dataclass(slots=True)
class Telling:
    """One telling of a value, as it is now.

    `numbers`: by id, of the functions and classes whose code is told elsewhere. `is_sourced`: what
    cannot be told is None, as the source of a module tells it. `is_versioned`: objects that may
    become another are not seen into, as a version tells of them. `names`: the attributes that are
    told of objects that are not seen into.

    Known after it: `left`, below 0 for a value of which not all was told; `is_fixed`, whether the
    very same value is always told the same, whatever becomes of it.
    """

    numbers: Mapping[int, tuple[int, object]]
    is_sourced: bool
    is_versioned: bool = False
    names: frozenset[str] = frozenset()
    left: int = MOST
    is_fixed: bool = True
    _around: list[object] = field(default_factory=list)

    def tell(self, value: Any) -> object:  # noqa: ANN401  # of any kind
        """`value` as JSON."""
        kind = type(value)
        if self._around and self.left < 0:
            return None
        if kind in _PLAIN:
            return self._plain(kind, value)
        for number, each in enumerate(self._around):
            if each is value:
                return ["around", number]
        left = self.left = self.left - 1
        told: object = None
        if (kind in CONTAINERS and len(value) > left) or len(self._around) > _DEEPEST:
            self.left = -1
        else:
            self._around.append(value)
            told = self._seen(kind, value)
            self._around.pop()
        if self.left >= 0:
            return told
        self.is_fixed = False
        if not self.is_versioned and (table := _as_table(value)):
            self.left = left
            return table
        return None if self.is_versioned or self._around else secrets.token_hex(16)

    def _plain(self, kind: type, value: Any) -> object:  # noqa: ANN401  # as above
        self.is_fixed &= kind is not bytearray
        shown = hex(value) if kind is int else repr(value)  # decimal digits have a limit
        self.left -= 1 + len(shown) // _LONGEST
        is_long = len(shown) > _LONGEST
        return [kind.__name__, sha256(shown.encode()).hexdigest() if is_long else shown]

    def _seen(self, kind: type, value: Any) -> object:  # noqa: ANN401  # as above
        if is_code(value):
            return self._code(value)
        if kind is re.Pattern:  # whose repr is cut
            return ["pattern", value.flags, self.tell(value.pattern)]
        if issubclass(kind, Enum):
            named = str(getattr_static(value, "_name_", ""))
            return [self._code(kind), named, self.tell(getattr_static(value, "_value_", None))]
        parts, is_all = parts_of(value)
        if self.is_versioned and _may_become_another(kind):
            parts, is_all = (), False
        told = [self.tell(each) for each in parts]
        if self.names and not (parts or is_all):
            self.is_fixed = False
            told = self._named(value)
        if issubclass(kind, (set, frozenset)):
            told.sort(key=repr)
        is_wrapper = wrapped_by(value) != ()
        if parts != () and not is_wrapper and kind not in (tuple, frozenset):
            self.is_fixed = False
        return [self._code(kind), told, None if is_all else self._unseen(value)]

    def _named(self, value: object) -> list[object]:
        """Those attributes of an object that are told."""
        state = _state(value)
        held = state if type(state) is tuple else (state,)  # of slots it is the second
        found = {name: each[name] for each in held if type(each) is dict for name in each}
        return [[name, self.tell(found[name])] for name in sorted(self.names & found.keys())]

    def _code(self, value: object) -> object:
        known = self.numbers.get(id(value))
        name = name_of(value)
        if known is not None:
            return ["code", known[0], name]
        return self._unseen(value) if name is None else name

    def _unseen(self, value: object) -> object:
        return None if self.is_sourced else _mark_of(value)


def _as_table(value: Any) -> list[str] | None:  # noqa: ANN401  # as above
    """What is too much to be told value by value, by its JSON; None for what is no table."""
    if not _is_table(value):
        return None
    ordered = sorted(value, key=repr) if type(value) in (set, frozenset) else value
    try:
        return ["table", sha256(encode_json(ordered)).hexdigest()]
    except (TypeError, ValueError, OverflowError):
        return None


def _is_table(value: Any) -> bool:  # noqa: ANN401  # as above
    """Whether `value` is made of plain values alone, in containers of few levels."""
    level, left = [value], _MOST_IN_TABLE
    for _ in range(_LEVELS):
        below: list[object] = []
        for each in level:
            if type(each) is dict:
                below += (*each.keys(), *each.values())
            elif type(each) in _TABLES:
                below += each
            elif type(each) not in (*_TEXTS, bool, type(None)):
                return False
            if len(below) > left:
                return False
        level = below
    return not level


def is_code(value: object) -> bool:
    """Whether `value` is a function, a class or a module."""
    return issubclass(type(value), _CODE)


def is_shown_whole(value: object) -> bool:
    """Whether its text says all there is to `value`; None says nothing."""
    if type(value) in (tuple, list, dict):
        items = value.items() if isinstance(value, dict) else value
        return all(each is None or is_shown_whole(each) for each in items)  # type: ignore[attr-defined]  # as seen
    return value is not None and type(value) in _PLAIN


def parts_of(value: Any) -> tuple[Iterable[object], bool]:  # noqa: ANN401  # as above
    """What `value` is made of, and whether that is all there is to it."""
    kind = type(value)
    if wrapped := wrapped_by(value):
        return wrapped, any(kind is each for each, _ in _WRAPPERS)
    if kind in _PLAIN:
        return (), True
    for base in _BASES:
        if issubclass(kind, base):
            return _parts_of_base(base, value)
    if (inside := inside_of(value)) is not None:
        return inside, True
    plain = (object, ABC, Generic, Protocol)
    is_seen = any("__dataclass_fields__" in vars(each) for each in kind.__mro__) and all(
        each in plain or "__dataclass_fields__" in vars(each) for each in kind.__mro__
    )
    return ([_state(value)], True) if is_seen else ((), False)


def _parts_of_base(base: type, value: Any) -> tuple[list[object], bool]:  # noqa: ANN401  # as above
    is_whole = type(value) is base
    if base in _TEXTS:
        shown = int.__format__(value, "x") if base is int else base.__repr__(value)
        return [shown, _state(value)], True
    if base is tuple:
        more = [] if is_whole else [_state(value)]
        return [*more, *islice(tuple.__iter__(value), MOST)], True
    if type(value) is OrderedDict:
        return list(islice(OrderedDict.items(value), MOST)), True
    items = dict.items(value) if base is dict else base.__iter__(value)  # type: ignore[attr-defined]
    return list(islice(items, MOST)), is_whole


def wrapped_by(value: object) -> tuple[object, ...]:
    """The functions and objects that make up a wrapped function."""
    for kind, names in () if type(value) in _PLAIN else _WRAPPERS:
        if issubclass(type(value), kind):
            return tuple(getattr(value, name) for name in names)
    if type(value) in _PLAIN or isinstance(value, (type, ModuleType)):
        return ()
    wrapped = getattr_static(value, "__wrapped__", None)
    return () if wrapped is None else (wrapped,)


def name_of(value: Any) -> list[str] | None:  # noqa: ANN401  # as above
    """The module that a function, class or module is found in, and its name there."""
    if isinstance(value, ModuleType):
        return [value.__name__] if sys.modules.get(value.__name__) is value else None
    is_method = type(value) is MethodDescriptorType
    module = getattr(value.__objclass__ if is_method else value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = vars(found).get(part) if isinstance(found, (type, ModuleType)) else None
    for _ in range(_DEEPEST):
        if found is value:
            return [module, name]
        is_bound = isinstance(found, (staticmethod, classmethod))
        found = found.__func__ if is_bound else getattr_static(found, "__wrapped__", None)
    return None


def _may_become_another(kind: type) -> bool:
    """Whether objects of `kind` are of a dataclass that is not frozen."""
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and not parameters.frozen


def _state(value: object) -> object:
    return object.__getstate__(value)


def _mark_of(value: object) -> str:
    known = _marks.get(id(value))
    if known is not None and known[0]() is value:
        return known[1]
    mark, key = secrets.token_hex(16), id(value)
    try:
        reference = ref(value, lambda _: _marks.pop(key, None))
    except TypeError:  # it would have to be kept for good
        return mark
    _marks[key] = reference, mark
    return mark
