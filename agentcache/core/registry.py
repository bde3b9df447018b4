"""The registry of tools that a Call offers: its tag, and whether a name in it says which tool."""

from collections.abc import Sequence

from agentcache.core.codec import Json, digest
from agentcache.core.values import Tool


def registry_tag(tools: Sequence[Tool], choice: Json = None) -> str:
    """`tools:v1:<digest>` of the definitions, whatever their order, and of the `tool_choice`."""
    return "tools:v1:" + digest([sorted([tool.name, tool.digest] for tool in tools), choice])[:32]


def is_ambiguous(tools: Sequence[Tool]) -> bool:
    """Whether two different tools go by one name."""
    return len({tool.name for tool in tools}) < len({(tool.name, tool.digest) for tool in tools})


def read_tools(definitions: Sequence[Json]) -> tuple[Tool, ...]:
    """Tools from their JSON definitions in the form of any provider.

    Raises ValueError for a definition without a name.
    """
    return tuple(Tool(_name(definition), digest(definition)) for definition in definitions)


def _name(definition: Json) -> str:
    found = definition if isinstance(definition, dict) else {}
    inner = found.get("function")
    name = (inner if isinstance(inner, dict) else found).get("name") or found.get("type")
    if not isinstance(name, str):
        raise ValueError(f"{definition!r} defines no tool: give it a name")  # noqa: TRY004  # JSON, not a type of ours
    return name
