"""Which wire a request speaks, by its method and path alone."""

from collections.abc import Mapping

from agentcache.core.values import WireName
from agentcache.wire import Wire, anthropic, openai_chat, openai_responses

_WIRES: tuple[tuple[str, Wire], ...] = (
    ("/messages", anthropic),
    ("/chat/completions", openai_chat),
    ("/responses", openai_responses),
)

WIRES: Mapping[WireName, Wire] = {wire.NAME: wire for _, wire in _WIRES}


def wire_for(method: str, path: str) -> Wire | None:
    """The wire of a request for a new reply; None for everything that just passes through.

    `path` is the upstream path without its query. Only a path that *ends* with the name counts:
    token counts, batches and stored responses are other requests.
    """
    if method.upper() != "POST":
        return None
    return next((wire for ending, wire in _WIRES if path.endswith(ending)), None)
