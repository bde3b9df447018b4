"""The one server per user: sessions, the proxy, and who owns what."""
