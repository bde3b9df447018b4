"""agentcache: agent-loop caching middleware for coding assistants.

Its names are imported when they are used: `import agentcache` costs nothing, and `agentcache run`
starts with little.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentcache.client.cache import AgentCache
    from agentcache.client.look import Look
    from agentcache.core.session import Mode, Replay
    from agentcache.errors import AgentCacheError

__all__ = ["AgentCache", "AgentCacheError", "Look", "Mode", "Replay", "__version__"]

__version__ = "0.1.0"

_HOMES = {
    "AgentCache": "agentcache.client.cache",
    "AgentCacheError": "agentcache.errors",
    "Look": "agentcache.client.look",
    "Mode": "agentcache.core.session",
    "Replay": "agentcache.core.session",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'agentcache' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
