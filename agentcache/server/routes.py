"""URLs of the server: `/s/<token>/<scheme>/<host>/<path>` stands for `<scheme>://<host>/<path>`.

A base URL is turned into ours by its text alone, so that nothing has to be registered for it.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from agentcache.errors import UsageError

CONTROL = "/_agentcache"
"""Below it lies the control interface, guarded by the token in the lock file."""

_ROUTE = re.compile(
    r"/s/(?P<token>[A-Za-z0-9_-]+)/(?P<scheme>https?)/(?P<host>[^/\s]+)(?P<path>/.*)?"
)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request came in and where it is to go. `path` begins with `/` or is empty.

    `user_info`: the credentials of the upstream URL, percent-encoded; no part of `origin`.
    """

    token: str
    origin: str
    path: str
    user_info: str = ""

    @property
    def url(self) -> str:
        """The upstream URL without a query."""
        return self.origin + self.path


def session_root(server: str, token: str) -> str:
    """What every URL of a session begins with; `server` is `http://127.0.0.1:<port>`."""
    return f"{server}/s/{token}"


def routed(root: str, base_url: str) -> str:
    """The base URL to give to a client in the place of `base_url`; raises UsageError."""
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        is_usable = False
    if not is_usable:
        raise UsageError(f"{base_url!r} is no base URL such as https://host:port/path")
    host = quote(parts.netloc, safe=":@[]!$&'()*+,;=-._~%")
    return f"{root}/{parts.scheme}/{host}{parts.path.rstrip('/')}"


def read_route(raw_path: str) -> Route | None:
    """The Route of a request's raw path without its query, None when it is not of that form."""
    match = _ROUTE.fullmatch(raw_path)
    if match is None:
        return None
    user_info, _, host = match["host"].rpartition("@")
    if not host:
        return None
    origin = f"{match['scheme']}://{host}"
    return Route(match["token"], origin, _repaired(match["path"] or ""), user_info)


def _repaired(path: str) -> str:
    """The path that a provider knows: hosts differ in whether a base URL holds the `/v1`.

    >>> _repaired("/v1/v1/messages"), _repaired("/messages"), _repaired("/v1/models")
    ('/v1/messages', '/v1/messages', '/v1/models')
    """
    path = re.sub(r"(?:/v1){2,}(?=/)", "/v1", path)
    if "/v1" in path or "/threads/" in path:  # a thread's messages are another API's
        return path
    return re.sub(r"(/messages(?:/[a-z_]+)?)$", r"/v1\1", path)
