"""PURE: what shapes a prompt so that a provider's prefix cache hits, prices it, and explains it."""
