"""What is in the kinds of the standard library that hold settings; no code of theirs is run."""

import gc
from array import array
from collections import ChainMap, UserDict, UserList, UserString
from configparser import ConfigParser, RawConfigParser, SectionProxy
from contextvars import ContextVar
from hashlib import sha256
from threading import local
from types import MappingProxyType

_CONVERTERS = {"int", "float", "boolean"}
"""What every parser can turn a value into."""


def inside_of(value: object) -> list[object] | None:
    """All that makes up `value`, None where its kind is another or that cannot be told."""
    kind = type(value)
    if kind in (UserDict, UserList, UserString, local):
        return [vars(value)]
    if kind in (ConfigParser, RawConfigParser):
        return _parsed(vars(value))
    return _parts_of(kind, value)


def _parts_of(kind: type, value: object) -> list[object] | None:
    if kind is array and isinstance(value, array):
        return [value.typecode, sha256(value).hexdigest()]
    if kind is ContextVar and isinstance(value, ContextVar):
        return [value.name, value.get(None)]
    if kind is MappingProxyType:
        return gc.get_referents(value)
    if kind is ChainMap:
        return [vars(value).get("maps")]
    if kind is SectionProxy:
        return [vars(value).get("_name"), vars(value).get("_parser")]
    return None


def _parsed(state: dict[str, object]) -> list[object] | None:
    converters = vars(state["_converters"]).get("_data")
    interpolation = type(state.get("_interpolation"))
    if not isinstance(converters, dict) or converters.keys() != _CONVERTERS:
        return None
    if interpolation.__module__ != ConfigParser.__module__ or "BOOLEAN_STATES" in state:
        return None
    told = ("_sections", "_defaults", "default_section", "optionxform")
    return [*(state.get(name) for name in told), interpolation]
