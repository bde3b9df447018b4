"""What the wires have in common when they write a kept reply as a new answer."""

from collections.abc import Iterator

from agentcache.core.values import Reply, Stop, Text, ToolUse
from agentcache.errors import WireError

_PIECE = 400


def writable_parts(reply: Reply) -> tuple[Text | ToolUse, ...]:
    """The parts of a reply that can be written.

    Raises WireError if one is neither Text nor ToolUse, or if the reply did not end by itself:
    such a reply is never kept, and it cannot be told here as it was.
    """
    if reply.stop not in {Stop.END, Stop.TOOL_USE}:
        raise WireError(f"a reply that ended with {reply.stop!r} cannot be written; do not keep it")
    parts = tuple(part for part in reply.parts if isinstance(part, Text | ToolUse))
    if len(parts) != len(reply.parts):
        kinds = [type(part).__name__ for part in reply.parts]
        raise WireError(f"only Text and ToolUse can be written, not {kinds!r}; do not keep it")
    return parts


def pieces(text: str) -> Iterator[str]:
    """`text` in the portions of a stream; none for an empty text."""
    return (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
