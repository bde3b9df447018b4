"""The library: the cache in an orchestrator's own process, and the sessions it has elsewhere."""
