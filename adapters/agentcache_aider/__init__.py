"""The adapter for aider loops: not written yet; `agentcache run` serves that host without it."""
