"""What a tool came upon in the place that it was to read, as its own words tell: a directory."""

import re

from agentcache.core.evidence import File, Lines, Listing, Look
from agentcache.core.values import ToolResult, ToolUse
from agentcache.core.vocabulary import TOOLS, Kind

_DIRECTORY = re.compile(r"<path>[^\n]*</path>\n<type>directory</type>\n<entries>\n")


def looks_behind(use: ToolUse, result: ToolResult, looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """`looks`, those of `use`, as its result tells them: a read may have listed a directory."""
    if TOOLS[use.name].kind is not Kind.READ or not _DIRECTORY.match(result.text):
        return looks
    return tuple(Listing(look.path, depth=1) for look in looks if isinstance(look, File | Lines))
