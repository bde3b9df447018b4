"""Credentials in a request's body: providers take some for the servers whose tools they call.

A key leaves out only what surely is one, as a gap: with one and without one are two requests. What
is stored, recorded or shown leaves out whatever may be one.
"""

import re
from collections.abc import Iterable

from agentcache.core.codec import Json, JsonObject, decode_json, decode_raw_object, encode_json
from agentcache.errors import WireError
from agentcache.wire.fields import CREDENTIAL_HEADER, FORESEEN, SECRET_FIELD
from agentcache.wire.reading import as_objects, understood, unmarked

GAP = "..."
"""What stands in the place of a credential."""

_TOKENS = ("authorization", "authorization_token")
_SERVERS = "mcp_servers"
_FUNCTIONS = (None, "function", "custom")
_URL = re.compile(r"(https?://)(?:[^/@?#\s]*@)?([^/?#\s]+)\S*")


def plain_tool(tool: JsonObject) -> JsonObject:
    """A definition as it counts for a key: without marks, a server's without its credentials."""
    plain = unmarked(tool)
    return _plain_server(plain) if plain.get("type") == "mcp" else plain


def with_plain_servers(kept: JsonObject) -> JsonObject:
    """A request's fields as they count for a key, the servers of tools without credentials."""
    servers = kept.get(_SERVERS)
    if not isinstance(servers, list):
        return kept
    plain = [_plain_server(one) if isinstance(one, dict) else one for one in servers]
    return {**kept, _SERVERS: plain}


def _plain_server(server: JsonObject) -> JsonObject:
    plain = {name: GAP if name in _TOKENS and it else it for name, it in server.items()}
    headers = plain.get("headers")
    if isinstance(headers, dict):
        # The other headers may choose what the server offers.
        plain["headers"] = {
            name: GAP if CREDENTIAL_HEADER.search(name) else it for name, it in headers.items()
        }
    return plain


def shown_tool(tool: JsonObject) -> JsonObject:
    """A definition as it may be stored or shown; what a function says of its own stays."""
    return tool if tool.get("type") in _FUNCTIONS else _hidden_in(tool, is_secret=False)


def shown_item(item: JsonObject) -> JsonObject:
    """An item of a conversation as it may be stored or shown: some of them offer tools."""
    if item.get("type") != "additional_tools":
        return item
    return {**item, "tools": [shown_tool(tool) for tool in as_objects(item.get("tools"), "tools")]}


def shown_body(body: str) -> str:
    """A request body as it may be recorded; the very text where it holds no credential.

    Of one that cannot be read nobody knows what it holds: a gap.
    """
    try:
        with understood("a request"):
            members = decode_raw_object(body.encode())
            values = {name: decode_json(bytes(members[name])) for name in _read_of(members)}
            shown = {name: _shown_field(name, value) for name, value in values.items()}
    except WireError:
        return GAP
    return body if shown == values else encode_json({**members, **shown}).decode()


def _read_of(names: Iterable[str]) -> list[str]:
    """Those fields in which a credential may stand; what was said is the host's own."""
    return [
        name for name in names if name not in FORESEEN or name in (_SERVERS, "input", "metadata")
    ]


def _shown_field(name: str, value: Json) -> Json:
    if name not in ("tools", "input"):
        return _hidden_in({name: value}, is_secret=False)[name]
    if not isinstance(value, list):
        return value
    show = shown_tool if name == "tools" else shown_item
    return [show(one) if isinstance(one, dict) else one for one in value]


def _hidden_in(value: JsonObject, *, is_secret: bool) -> JsonObject:
    return {
        name: _hidden(item, is_secret=is_secret or bool(SECRET_FIELD.search(name)))
        for name, item in value.items()
    }


def _hidden(value: Json, *, is_secret: bool) -> Json:
    """`value` with gaps for the texts below a name for secrets; of URLs only the host stays."""
    if isinstance(value, str):
        return GAP if is_secret else _URL.sub(rf"\1\2/{GAP}", value)
    if isinstance(value, list):
        return [_hidden(item, is_secret=is_secret) for item in value]
    return _hidden_in(value, is_secret=is_secret) if isinstance(value, dict) else value
