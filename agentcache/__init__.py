"""agentcache: agent-loop caching middleware for coding assistants."""

__version__ = "0.1.0"
