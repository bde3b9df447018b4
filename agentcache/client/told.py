"""What a tool is told besides its arguments, such as its version: a text, or what gives it."""

import inspect
from collections.abc import Callable

from agentcache.client.exact import InexactError
from agentcache.client.telling import is_shown_whole
from agentcache.errors import UsageError

Told = str | Callable[[], str]
"""A text, or what gives it whenever it is asked for."""


def told(what: Told) -> str:
    """The text now; raises InexactError for what is none, and may show as one in two states."""
    if isinstance(what, str):
        return what
    found: object = what()
    if isinstance(found, str) or is_shown_whole(found):
        return str(found)
    if inspect.iscoroutine(found):
        found.close()  # nobody awaits it
    raise InexactError(f"{what!r} gives {type(found).__name__}, which is no text")


def check_told(name: str, what: object) -> None:
    """Raise UsageError where `what` can never be told."""
    if isinstance(what, str) or (callable(what) and not inspect.iscoroutinefunction(what)):
        return
    raise UsageError(f"{name}={what!r} is to be a text, or a plain function that gives one")
