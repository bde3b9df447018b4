"""The adapter for Aider loops, not written yet: `agentcache run` serves them as is."""
