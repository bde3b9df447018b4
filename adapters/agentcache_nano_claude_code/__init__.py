"""The adapter for nano-claude-code loops: not written yet; `agentcache run` serves that host without it."""
