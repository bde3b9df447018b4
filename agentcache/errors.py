"""Every error that agentcache raises itself.

AgentCacheError
├── UsageError        the user gave something that cannot be used; the message says what to do
│   └── InUseError    an embedded store is open elsewhere; the message says whose it is
├── WireError         a body is not in the form its path promises; it passes through untouched
├── StoreError        the store cannot be read or written; the driver counts a miss and goes on
├── ModelError        the embedding model cannot be used; canonical matching goes on without it
├── ObserveError      something cannot be looked at, so nothing may rest on it
└── ServerError       the server cannot be started, reached or trusted
"""


class AgentCacheError(Exception):
    """The root, so that a caller can catch everything of ours and nothing else."""


class UsageError(AgentCacheError):
    """The user gave something that cannot be used."""


class InUseError(UsageError):
    """An embedded store is open already, here or in another process."""


class WireError(AgentCacheError):
    """A request or reply body is not in the form that its path promises."""


class StoreError(AgentCacheError):
    """The store cannot be read or written."""


class ModelError(AgentCacheError):
    """The embedding model cannot be used: missing, damaged, or not the one that was expected."""


class ObserveError(AgentCacheError):
    """Something cannot be looked at: unreadable, too large, or outside what is understood."""


class ServerError(AgentCacheError):
    """The server cannot be started, reached or trusted."""
