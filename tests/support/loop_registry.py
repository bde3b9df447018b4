"""A registry of tools of the shape that nano-claude-code and cheetahclaws have."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""What only the host knows the type of."""

PATHS = {"pattern": {"type": "string"}, "path": {"type": "string"}}


@dataclass
class ToolDef:
    """As hosts define a tool."""

    name: str
    schema: dict[str, Any]
    func: Callable[[Any, Any], Any]
    read_only: bool = False


@dataclass
class Registry:
    """As hosts keep tools, with the cache of read-only ones that some have. `ran`: what did run."""

    _registry: dict[str, ToolDef] = field(default_factory=dict)
    _cache: dict[object, str] = field(default_factory=dict)
    ran: list[tuple[str, Any]] = field(default_factory=list)
    kind: type = ToolDef

    def register_tool(self, tool: ToolDef) -> None:
        self._registry[tool.name] = tool

    def _cache_key(self, name: str, params: object) -> object:
        return json.dumps([name, params], sort_keys=True, default=str)

    def execute_tool(self, name: str, params: Value, config: Value = None) -> Value:
        tool = self._registry[name]
        key = self._cache_key(name, params)
        if tool.read_only and key in self._cache:
            return self._cache[key]
        result = tool.func(params, config)
        if tool.read_only:
            self._cache[key] = result
        return result

    def tool(self, name: str, *, read_only: bool = True, gives: object = None) -> ToolDef:
        """A tool that notes what it was run with and returns `gives`."""

        def func(params: Value, _config: Value) -> Value:
            self.ran.append((name, params))
            return name if gives is None else gives

        return ToolDef(name, {"input_schema": {"properties": PATHS}}, func, read_only)
