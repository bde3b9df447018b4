"""The adapter for nano-claude-code loops, not written yet: `agentcache run` serves them as is."""
