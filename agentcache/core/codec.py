"""JSON and TOML to values and back; the only module that knows the codec library."""

import os
import re
import threading
from dataclasses import is_dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar, cast, get_args, get_type_hints

import msgspec

from agentcache.errors import AgentCacheError

T = TypeVar("T")

if TYPE_CHECKING:
    Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
else:
    Json = Any  # the codec's word for it: recursive aliases mean nothing to it
JsonObject: TypeAlias = dict[str, Json]
RawJson: TypeAlias = msgspec.Raw
"""JSON text that was not read; `bytes(...)` of it is the text."""

_sorted = msgspec.json.Encoder(order="sorted")
_as_is = msgspec.json.Encoder()


# msgspec answers to nesting deeper than Python's stack with RecursionError.
_NOT_READ = (msgspec.MsgspecError, UnicodeError, RecursionError)


class CodecError(AgentCacheError):
    """The bytes are not the JSON or TOML that was expected; the message names the place."""


def decode_json(data: bytes | str) -> Json:
    """Any JSON text as plain Python values; raises CodecError."""
    try:
        return cast("Json", msgspec.json.decode(data))
    except _NOT_READ as error:
        raise CodecError(f"not JSON: {error}") from error


def decode_json_object(data: bytes | str) -> JsonObject:
    """A JSON text whose outermost value is an object; raises CodecError."""
    value = decode_json(data)
    if not isinstance(value, dict):
        raise CodecError(f"a JSON object was expected, not {type(value).__name__}")
    return value


def decode_json_as(data: bytes | str, kind: type[T]) -> T:
    """A JSON text as a dataclass, checked field by field; raises CodecError."""
    try:
        return cast("T", (_decoders.get(kind) or _decoder(kind)).decode(data))
    except _NOT_READ as error:
        raise CodecError(f"not a {kind.__name__}: {error}") from error


_decoders: dict[type[Any], "msgspec.json.Decoder[Any]"] = {}
"""One for each kind that was asked for: making one takes longer than using it."""


_learning = threading.Lock()
"""Held while msgspec learns what a class is: where two threads meet a class that it does not know
yet, the second one reads what is half written, and the process dies (0.22)."""
os.register_at_fork(
    before=_learning.acquire, after_in_parent=_learning.release, after_in_child=_learning.release
)


def _decoder(kind: type[T]) -> "msgspec.json.Decoder[T]":
    with _learning:
        return _decoders.setdefault(kind, msgspec.json.Decoder(kind))


def _converted(value: object, kind: type[T]) -> T:
    if kind not in _decoders:
        _decoder(kind)
    return msgspec.convert(value, type=kind)


def convert(value: Json, kind: type[T]) -> T:
    """A decoded JSON value as a dataclass, checked field by field; raises CodecError."""
    try:
        return _converted(value, kind)
    except _NOT_READ as error:
        raise CodecError(f"not a {kind.__name__}: {error}") from error


_raw_objects = msgspec.json.Decoder(dict[str, RawJson])
_raw_lists = msgspec.json.Decoder(list[RawJson])


def decode_raw_object(data: bytes | RawJson) -> dict[str, RawJson]:
    """The members of a JSON object, unread; raises CodecError."""
    try:
        return _raw_objects.decode(data)
    except _NOT_READ as error:
        raise CodecError(f"not a JSON object: {error}") from error


def decode_raw_list(data: bytes | RawJson) -> list[RawJson]:
    """The items of a JSON list, unread; raises CodecError."""
    try:
        return _raw_lists.decode(data)
    except _NOT_READ as error:
        raise CodecError(f"not a JSON list: {error}") from error


RawList: TypeAlias = list[RawJson] | bytes | None
"""The items of a list; the text of what is no list; None for what is missing or null."""


def decode_in_parts(
    data: bytes, first: str, second: str, *, foreseen: tuple[str, ...]
) -> tuple[dict[str, RawJson], RawList, RawList]:
    """The members of a JSON object, two of them taken apart as lists; raises CodecError.

    With no other members than the `foreseen` ones it takes one pass instead of two.
    """
    try:
        parts = _decoder_in_parts(first, second, foreseen).decode(data)
    except msgspec.ValidationError:  # an unforeseen member, or no list
        members = decode_raw_object(data)
        return members, _items(members.pop(first, None)), _items(members.pop(second, None))
    except _NOT_READ as error:
        raise CodecError(f"not a JSON object: {error}") from error
    found = {name: getattr(parts, name) for name in foreseen}
    members = {name: value for name, value in found.items() if value is not None}
    return members, getattr(parts, first), getattr(parts, second)


@cache
def _decoder_in_parts(
    first: str, second: str, foreseen: tuple[str, ...]
) -> "msgspec.json.Decoder[Any]":
    fields: list[tuple[str, Any, Any]] = [(name, RawJson, None) for name in foreseen]
    fields += [(name, list[RawJson] | None, None) for name in (first, second)]
    kind = msgspec.defstruct("Parts", fields, forbid_unknown_fields=True)
    return msgspec.json.Decoder(kind)


def decode_json_but(
    data: bytes, unread: str, *, foreseen: tuple[str, ...]
) -> tuple[JsonObject, RawJson | None]:
    """The members of a JSON object, and apart from them the one `unread`; raises CodecError.

    With no other members than the `foreseen` ones it takes one pass instead of two.
    """
    try:
        parts = _decoder_but(unread, foreseen).decode(data)
    except msgspec.ValidationError:  # an unforeseen member, or no object
        unknown = decode_raw_object(data)
        left = unknown.pop(unread, None)
        return {name: decode_json(bytes(value)) for name, value in unknown.items()}, left
    except _NOT_READ as error:
        raise CodecError(f"not JSON: {error}") from error
    members = {
        name: value for name in foreseen if (value := getattr(parts, name)) is not msgspec.UNSET
    }
    return members, getattr(parts, unread)


@cache
def _decoder_but(unread: str, foreseen: tuple[str, ...]) -> "msgspec.json.Decoder[Any]":
    fields: list[tuple[str, Any, Any]] = [(name, Any, msgspec.UNSET) for name in foreseen]
    kind = msgspec.defstruct(
        "Parts", [*fields, (unread, RawJson, None)], forbid_unknown_fields=True
    )
    return msgspec.json.Decoder(kind)


def _items(raw: RawJson | None) -> RawList:
    text = b"null" if raw is None else bytes(raw)
    return decode_raw_list(text) if text[:1] == b"[" else None if text == b"null" else text


def as_raw(text: bytes) -> RawJson:
    """JSON text to be put into a value as it is."""
    return RawJson(text)


def decode_toml_as(data: bytes | str, kind: type[T]) -> T:
    """A TOML text as a dataclass, checked field by field, no other keys; raises CodecError."""
    try:
        value = msgspec.toml.decode(data)
        _refuse_unknown_keys(value, kind)
        return _converted(value, kind)
    except (*_NOT_READ, ValueError) as error:
        raise CodecError(_with_choices(str(error), kind)) from error


def _with_choices(said: str, kind: object) -> str:
    """Msgspec's words with the keys as TOML has them, and the values that there are for a key."""
    said, _, place = said.partition(" - at `$.")
    if not place:
        return said
    path = re.sub(r"\[[^\]]*\]", "", place.rstrip("`")).split(".")
    for name in path:
        kind = get_type_hints(kind).get(name) if is_dataclass(kind) else None
    choices = next((one for one in (kind, *get_args(kind)) if _is_enum(one)), None)
    there_are = f"; there are {', '.join(choices)}" if choices is not None else ""
    return f"{'.'.join(path)}: {said[:1].lower()}{said[1:]}{there_are}"


def _is_enum(kind: object) -> TypeGuard[type[StrEnum]]:
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def _refuse_unknown_keys(value: object, kind: object) -> None:
    """Raise CodecError for a key that the dataclass, or one inside of it, does not have."""
    if not isinstance(value, dict) or not isinstance(kind, type) or not is_dataclass(kind):
        return
    known = get_type_hints(kind)
    for name, inner in value.items():
        if name not in known:
            raise CodecError(f"unknown key {name!r}; there are {', '.join(known)}")
        _refuse_unknown_keys(inner, known[name])


def encode_json(value: object) -> bytes:
    """JSON in the order the value has; dataclasses become objects."""
    return _as_is.encode(value)


def canonical_json(value: object) -> bytes:
    """JSON with sorted keys: equal values give equal bytes."""
    return _sorted.encode(value)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, 64 hex digits."""
    return sha256(canonical_json(value)).hexdigest()
