"""What tells one agentcache from another where they share a home; quick to import."""

from agentcache import __version__

VERSION = 8
"""Of an entry's JSON and of the rules by which it was kept; one of another version is not read."""

RELEASE = f"{__version__}/{VERSION}"
"""Of a server: one that keeps and serves by other rules is another, whatever the package says."""
