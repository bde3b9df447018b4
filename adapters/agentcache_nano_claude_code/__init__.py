"""The adapter for nano-claude-code loops and their successor cheetahclaws, known by shape.

It runs in the host's interpreter, where agentcache is not installed: standard library only.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself is not imported at run time
    from collections.abc import Callable
    from typing import Any

_FIELDS = {"name", "schema", "func", "read_only"}
_SERVED = "Grep"  # Read takes no longer than asking; Glob goes into .git, where nothing is watched
_PATIENCE, _REST = 1.0, 30.0  # seconds for an answer, and without a question after none came


class Session:
    """The tool results of the session whose URL is `root`, for `host`; what fails is a miss."""

    def __init__(self, root: str, host: str) -> None:
        place, _, path = root.partition("://")[2].partition("/")
        self._place, self._path, self._host = place, f"/{path}/_agentcache/tool", host
        self._resting_until = 0.0

    def serve(self, name: str, arguments: dict[str, Any], cwd: str, run: Callable[[], Any]) -> Any:
        """The verified result of an earlier run, or that of `run`, which may be kept."""
        use = {"op": "lookup", "name": name, "arguments": arguments, "cwd": cwd, "host": self._host}
        found = self._ask(use)
        if found.get("hit") is True and isinstance(found.get("text"), str):
            return found["text"]
        text = run()
        if "ticket" in found and isinstance(text, str):
            self._ask({"op": "keep", "ticket": found["ticket"], "text": text})
        return text

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        import http.client  # most programs never ask
        import json

        if time.monotonic() < self._resting_until:
            return {}
        connection, said = http.client.HTTPConnection(self._place, timeout=_PATIENCE), None
        try:
            connection.request("POST", self._path, json.dumps(message).encode())
            answer = connection.getresponse()
            said = json.loads(answer.read()) if answer.status == 200 else None
        except (OSError, http.client.HTTPException):
            self._resting_until = time.monotonic() + _REST
        except (TypeError, ValueError):
            pass  # a tool was given what is no JSON
        finally:
            connection.close()
        return said if isinstance(said, dict) else {}


class Attached:
    """A registry whose tools are answered by `cache`, until `detach`."""

    def __init__(self, registry: Any, tools: list[Any], cache: Any) -> None:
        self._cache = cache
        self._replaced: list[tuple[Any, str, Any, Any]] = []
        register = registry.register_tool

        def register_tool(tool: Any, *args: Any, **kwargs: Any) -> Any:
            self._wrap(tool)
            return register(tool, *args, **kwargs)

        self._replace(registry, "register_tool", register_tool)
        if callable(getattr(registry, "_cache_key", None)):
            # What the host keeps of read-only tools is not verified: no key of it is found again.
            self._replace(registry, "_cache_key", lambda *_args, **_kwargs: object())
        for tool in tools:
            self._wrap(tool)

    def detach(self) -> None:
        """Restore what was there; what others have put over it since then calls it through us."""
        self._cache, replaced, self._replaced = None, self._replaced, []
        for place, name, original, ours in replaced:
            if getattr(place, name) is ours:
                setattr(place, name, original)

    def _replace(self, place: Any, name: str, ours: Any) -> None:
        ours.agentcache = self
        self._replaced.append((place, name, getattr(place, name), ours))
        setattr(place, name, ours)

    def _wrap(self, tool: Any) -> None:
        original: Any = getattr(tool, "func", None)
        if self._cache is None or not _is_served(tool) or hasattr(original, "agentcache"):
            return

        def func(params: Any, config: Any) -> Any:
            cache, (arguments, cwd) = self._cache, _placed(params, config)
            if cache is None or not cwd:
                return original(params, config)
            return cache.serve(tool.name, arguments, cwd, lambda: original(arguments, config))

        self._replace(tool, "func", func)


def _is_served(tool: Any) -> bool:
    with suppress(AttributeError, KeyError, TypeError):
        known = tool.schema["input_schema"]["properties"]
        return tool.name == _SERVED and tool.read_only is True and "path" in known
    return False


def _placed(params: Any, config: Any) -> tuple[dict[str, Any], str]:
    """The arguments with the path that the tool would take by itself, and where it stands.

    Nowhere where it may look by other rules than ripgrep's own, or from a place that is not said:
    the working directory may change in another thread while the tool runs.
    """
    with suppress(AttributeError, OSError, TypeError):
        cwd = str((config or {}).get("_worktree_cwd") or os.getcwd())
        path = params.get("path") or cwd
        is_said = os.path.isabs(path) and "/" not in (params.get("glob") or "")
        if is_said and shutil.which("rg") and not os.environ.get("RIPGREP_CONFIG_PATH"):
            return {**params, "path": path}, cwd
    return {}, ""


def attach(registry: Any, cache: Any = None) -> Attached | None:
    """Attach to the module or object `registry`; None when it is no such registry, or attached.

    `cache`: an AgentCache, or what has `serve` as a Session does; by default the session of
    `agentcache run`. Without any only the host's own unverified cache is switched off.
    """
    register = getattr(registry, "register_tool", None)
    tools = list(getattr(registry, "_registry", {}).values())
    kinds = [*map(type, tools), *(one for one in vars(registry).values() if isinstance(one, type))]
    has_tools = any(_FIELDS.issubset(getattr(kind, "__annotations__", ())) for kind in kinds)
    if not callable(register) or hasattr(register, "agentcache") or not has_tools:
        return None
    host, where = getattr(registry, "__name__", ""), getattr(cache, "where", None)
    root = os.environ.get("AGENTCACHE_SESSION", "") if cache is None else getattr(where, "root", "")
    if root:
        cache = Session(root, host)
    elif where is not None:
        from agentcache.client.host_tools import HostTools

        cache = HostTools(where, host)
    return Attached(registry, tools, cache)
