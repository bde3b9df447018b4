"""How the wires read JSON: checked access, marks taken off, parameters, digests.

Knows what the wires have in common, never the shape of one.
"""

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qsl, urlencode

from agentcache.core.codec import (
    CodecError,
    Json,
    JsonObject,
    RawJson,
    as_raw,
    canonical_json,
    decode_json,
    decode_json_but,
    decode_json_object,
    digest,
)
from agentcache.core.values import Opaque, Part, Text, Tool, ToolResult, WireName
from agentcache.errors import WireError
from agentcache.wire.fields import (
    CACHE_MARKS,
    FORESEEN,
    GATEWAYS_HEADER,
    SECRET_NAME,
    SHAPING_HEADERS,
)

LONGEST_OFFER = 512 << 10
"""Bytes of tool definitions that are still remembered."""


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn every way in which JSON can be unreadable into a WireError about `what`."""
    try:
        yield
    except (CodecError, RecursionError) as error:
        # RecursionError: nesting deeper than the interpreter allows is input, not a bug.
        raise WireError(f"{what} cannot be read: {error}") from error


def as_object(value: Json, what: str) -> JsonObject:
    """`value` if it is an object; raises WireError."""
    if not isinstance(value, dict):
        raise WireError(f"{what} must be or hold objects, not {reprlib.repr(value)}")
    return value


def as_text(value: Json, what: str) -> str:
    """`value` if it is a string; raises WireError."""
    if not isinstance(value, str):
        raise WireError(f"{what} must be a string, not {reprlib.repr(value)}")
    return value


def as_objects(value: Json, what: str) -> list[JsonObject]:
    """`value` if it is a list of objects; raises WireError."""
    if not isinstance(value, list):
        raise WireError(f"{what} must be a list, not {reprlib.repr(value)}")
    for item in value:
        if not isinstance(item, dict):
            as_object(item, what)
    return cast("list[JsonObject]", value)


def as_count(value: Json) -> int:
    """A number of tokens; what is missing or no such number counts as 0."""
    return value if type(value) is int and value > 0 else 0


def object_or_empty(value: Json) -> JsonObject:
    """`value` if it is an object, else an empty one: for optional details such as usage."""
    return value if isinstance(value, dict) else {}


def is_empty(value: Json) -> bool:
    """Whether nothing is said: null, false, "", or a list or object of nothing else."""
    if isinstance(value, dict):
        return all(is_empty(item) for item in value.values())
    if isinstance(value, list):
        return all(is_empty(item) for item in value)
    return value is None or value is False or value == ""


def unmarked(block: JsonObject) -> JsonObject:
    """`block` without the marks that only concern the provider's prefix cache."""
    if CACHE_MARKS.isdisjoint(block):
        return block
    return {key: value for key, value in block.items() if key not in CACHE_MARKS}


def text_block(text: str) -> JsonObject:
    """The one form that text has in a normalised body."""
    return {"type": "text", "text": text}


def is_text_block(block: JsonObject) -> bool:
    """Whether a normalised block is text that can be read."""
    return block.get("type") == "text" and isinstance(block.get("text"), str)


def opaque(kind: Json, value: Json) -> Opaque:
    """`value` as content that is not read; raises WireError if `kind` names nothing."""
    return Opaque(as_text(kind, "the type of a block"), digest(value))


def opaque_rest(value: JsonObject, known: Iterable[str]) -> list[Part]:
    """An Opaque for each key that is not known and says something, in the order of the keys."""
    unknown = sorted(value.keys() - set(known))
    return [opaque(key, value[key]) for key in unknown if not is_empty(value[key])]


def read_texts(blocks: Json, what: str) -> list[str]:
    """The texts of normalised blocks; raises WireError when one is no text."""
    found = as_objects(blocks, what)
    if not all(is_text_block(block) for block in found):
        raise WireError(f"{what} holds more than text; it passes through unread")
    return [as_text(block["text"], what) for block in found]


def read_result(call_id: Json, blocks: Json, *, is_error: bool = False) -> list[Part]:
    """A tool's normalised result: its texts as one ToolResult, then what else it holds."""
    found = as_objects(blocks, "a tool result")
    texts = [as_text(block["text"], "text") for block in found if is_text_block(block)]
    others = [opaque(block.get("type"), block) for block in found if not is_text_block(block)]
    id_ = as_text(call_id, "the id of a tool result")
    return [ToolResult(id_, "\n".join(texts), is_error, blocks=tuple(texts)), *others]


def read_block(block: JsonObject) -> Part:
    """A normalised block as Text if it is text, else as Opaque."""
    if is_text_block(block):
        return Text(as_text(block["text"], "text"))
    return opaque(block.get("type"), block)


def read_arguments(text: str) -> JsonObject | None:
    """Tool arguments from their JSON text; None when they are no JSON object.

    An empty text is what some models send for a tool without arguments.
    """
    try:
        return decode_json_object(text) if text.strip() else {}
    except CodecError:
        return None


def read_tool(definition: JsonObject, name: Json) -> Tool:
    """A tool from its unmarked definition; one without a name goes by its type."""
    return Tool(as_text(name or definition.get("type"), "a tool's name"), digest(definition))


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools of a request, and their normalised definitions as canonical JSON."""

    tools: tuple[Tool, ...]
    definitions: RawJson


def read_body(
    body: bytes, *, normal: Callable[[JsonObject], JsonObject], read: Callable[[JsonObject], Tool]
) -> tuple[JsonObject, Offer]:
    """A request body without its tools, and these; raises WireError and CodecError.

    `normal` gives the normal form of a definition, `read` the tool that is defined so.
    """
    raw, text = decode_json_but(body, "tools", foreseen=FORESEEN)
    definitions = b"" if text is None else bytes(text)
    is_long = len(definitions) > LONGEST_OFFER
    return raw, (_read_offer if is_long else _known_offer)(definitions, normal, read)


def _read_offer(
    text: bytes, normal: Callable[[JsonObject], JsonObject], read: Callable[[JsonObject], Tool]
) -> Offer:
    given = as_objects((decode_json(text) if text else None) or [], "tools")
    definitions = [normal(tool) for tool in given]
    tools = tuple(read(definition) for definition in definitions)
    return Offer(tools, as_raw(canonical_json(definitions)))


_known_offer = lru_cache(maxsize=16)(_read_offer)
"""Hosts send the same definitions with every request, and they are most of an opening one."""


def read_named_tool(definition: JsonObject) -> Tool:
    """A tool from an unmarked definition that has its name at the top."""
    return read_tool(definition, definition.get("name"))


def read_temperature(body: JsonObject) -> float | None:
    """The body's temperature; raises WireError when it is no number."""
    value = body.get("temperature")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError(f"temperature must be a number, not {reprlib.repr(value)}")
    try:
        return float(value)
    except OverflowError as error:
        raise WireError(f"temperature is out of range: {reprlib.repr(value)}") from error


def shaping_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those headers that change what the reply is; `headers` have lower-case names."""
    return {
        name: value
        for name, value in headers.items()
        if name in SHAPING_HEADERS or GATEWAYS_HEADER.match(name)
    }


def shaping_query(query: str) -> str:
    """What of a URL's query may change what the reply is, with its `?`; no keys and signatures."""
    told = parse_qsl(query, keep_blank_values=True)
    shaping = [(name, value) for name, value in told if not SECRET_NAME.search(name)]
    return f"?{urlencode(shaping)}" if shaping else ""


def read_parameters(
    kept: JsonObject, prompt: frozenset[str], headers: Mapping[str, str]
) -> JsonObject:
    """Every field of `kept` that is not prompt content, and the headers that shape the reply."""
    fields = {key: value for key, value in kept.items() if key not in prompt}
    return {**fields, **shaping_headers(headers)}


def call_digest(
    wire: WireName, kept: JsonObject, offer: Offer, user: str, headers: Mapping[str, str]
) -> str:
    """The digest of a Call: `kept` is its normalised body without tools and left-out fields."""
    body = {**kept, "tools": offer.definitions}
    return digest({"wire": wire, "body": body, "user": user, "headers": shaping_headers(headers)})
