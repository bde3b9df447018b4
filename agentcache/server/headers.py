"""Which headers go through: all of them but those that belong to one connection."""

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from agentcache.server.upstream import Headers

# RFC 9110, section 7.6.1, and what aiohttp writes itself.
_CONNECTION = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def to_upstream(
    headers: Iterable[tuple[str, str]], *, has_body: bool, user_info: str = ""
) -> Headers:
    """A client's headers for the provider: identity encoding asked for, ours left out.

    `has_body`: the body is sent as bytes of known length, so its old length is left out.
    `user_info`: credentials of the upstream URL, which clients put over an own authorization.
    """
    sent = _through(headers)
    for name in [name for name in sent if name.lower().startswith("x-agentcache")]:
        sent.popall(name, None)
    if has_body:
        sent.popall("Content-Length", None)
    sent.popall("Expect", None)
    sent["Accept-Encoding"] = "identity"
    if user_info:
        sent["Authorization"] = f"Basic {b64encode(unquote_to_bytes(user_info)).decode()}"
    return sent


def to_client(headers: Headers, *, decision: str) -> Headers:
    """A provider's headers for the client, with what was decided."""
    sent = _through(headers.items())
    sent["x-agentcache"] = decision
    return sent


def _through(headers: Iterable[tuple[str, str]]) -> Headers:
    pairs = list(headers)
    named = {
        token.strip().lower()
        for name, value in pairs
        if name.lower() == "connection"
        for token in value.split(",")
    }
    return Headers([pair for pair in pairs if pair[0].lower() not in _CONNECTION | named])
