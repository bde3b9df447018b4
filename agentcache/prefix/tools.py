"""Canonical tools: each definition in its first-seen bytes and order, late ones appended.

Two definitions are equal when their values are: key order and white space do not count, nor does
the order of a schema's `required` names. Deferred tools are outside the prefix and left alone; so
are those with a credential, of which nothing is kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentcache.core.codec import Json, RawJson, as_raw, decode_raw_object, digest
from agentcache.prefix.body import object_of, with_member
from agentcache.wire.credentials import shown_tool
from agentcache.wire.fields import CACHE_MARKS
from agentcache.wire.reading import unmarked


@dataclass(frozen=True, slots=True)
class Definition:
    """A tool of a request. `key`: digest of its value; `text`: its JSON without marks.

    `mark`: the name and JSON text of the mark it carries, None without one.
    """

    key: str
    text: bytes
    is_deferred: bool
    holds_credential: bool
    mark: tuple[str, bytes] | None

    @property
    def is_apart(self) -> bool:
        """Whether it is sent as it comes, at its place, and not kept."""
        return self.is_deferred or self.holds_credential


def read_definitions(tools: Sequence[RawJson]) -> tuple[Definition, ...]:
    """The definitions of a request's tools; raises CodecError."""
    return tuple(map(_definition, map(bytes, tools)))


@lru_cache(maxsize=4096)
def _definition(text: bytes) -> Definition:
    raw = as_raw(text)
    value = object_of(raw)
    mark = None
    for name in CACHE_MARKS & value.keys():
        mark = (name, bytes(decode_raw_object(raw)[name]))
        raw = with_member(raw, name, None)
    key = digest(_by_value(unmarked(value)))
    holds_credential = shown_tool(value) != value
    return Definition(key, bytes(raw), bool(value.get("defer_loading")), holds_credential, mark)


def _by_value(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _as_set(key, item) for key, item in value.items()}
    return [_by_value(item) for item in value] if isinstance(value, list) else value


def _as_set(key: str, item: Json) -> Json:
    if key == "required" and isinstance(item, list):
        names = [name for name in item if isinstance(name, str)]
        if len(names) == len(item):
            return [*sorted(names)]
    return _by_value(item)


@lru_cache(maxsize=64)
def definitions_of(texts: tuple[str, ...]) -> tuple[Definition, ...]:
    """The definitions with these JSON texts; raises CodecError."""
    return tuple(_definition(text.encode()) for text in texts)


def is_plain(tools: Sequence[Definition]) -> bool:
    """Whether none is apart and no two are equal: offered again, they are as they were."""
    return len({tool.key for tool in tools if not tool.is_apart}) == len(tools)


def arrange(known: Sequence[str], offered: Iterable[Definition]) -> list[str]:
    """The keys of the tools that are offered: the known ones in their order, then the late ones.

    `known`: the keys in the order in which they were sent before. What is apart is left out.
    """
    left = [tool.key for tool in offered if not tool.is_apart]
    order: list[str] = []
    for key in known:
        if key in left:
            left.remove(key)
            order.append(key)
    return order + left


def emit(
    tools: Sequence[RawJson],
    offered: Sequence[Definition],
    order: Sequence[str],
    first_seen: dict[str, bytes],
) -> Sequence[RawJson]:
    """The tools in `order` and in their first-seen bytes; `tools` itself where that is the same.

    Tools that are apart keep their places, marks the places in the list at which the host set them.
    """
    if not offered:
        return tools
    keys = iter(order)
    result: list[RawJson] = []
    is_changed = False
    for raw, tool in zip(tools, offered, strict=True):
        if tool.is_apart:
            result.append(raw)
            continue
        key = next(keys)
        text = first_seen[key]
        if key == tool.key and text == tool.text:
            result.append(raw)
            continue
        is_changed = True
        emitted = as_raw(text)
        result.append(with_member(emitted, *tool.mark) if tool.mark else emitted)
    return result if is_changed else tools
