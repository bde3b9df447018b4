"""Runs in every Python program below `agentcache run`: base URLs, and adapters for known loops.

Standard library only, nothing imported before the program imports it, and never a reason for the
program to fail: without `AGENTCACHE_SESSION` it does nothing at all.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself is not imported at run time
    from importlib.machinery import ModuleSpec
    from typing import Any

_SDKS = {"anthropic": ("Anthropic", "AsyncAnthropic"), "openai": ("OpenAI", "AsyncOpenAI")}
# Names of modules are only hints; what they hold says whether an adapter attaches.
_ADAPTERS = {
    "tool_registry": "agentcache_nano_claude_code",
    "base_coder": "agentcache_aider",
    "repomap": "agentcache_aider",
}


def _routed(session: str, base_url: object) -> object:
    """The session's URL that stands for `base_url`, which stays as it is when it is one already."""
    text = str(base_url)
    scheme, separator, rest = text.partition("://")
    if text.startswith(session) or not separator or scheme not in ("http", "https"):
        return base_url
    return session + "/" + scheme + "/" + rest.rstrip("/")


def _wrap(kind: Any, session: str) -> None:
    """Make `kind(base_url=...)` go through the session; clouds' clients do not."""
    original = kind.__init__
    clouds = kind.__module__.partition(".")[0] + ".lib."

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            is_special = any(one.__module__.startswith(clouds) for one in type(self).__mro__)
            if kwargs.get("base_url") is not None and not is_special:
                kwargs["base_url"] = _routed(session, kwargs["base_url"])
        except Exception:
            pass  # what cannot be read is the SDK's to refuse
        original(self, *args, **kwargs)

    __init__.__wrapped__ = original  # type: ignore[attr-defined]
    kind.__init__ = __init__


def _wrap_sdk(module: Any, session: str) -> None:
    """Make the clients of an SDK go through the session."""
    for kind in _SDKS[module.__name__]:
        _wrap(getattr(module, kind), session)


def _adapt(module: Any, session: str) -> None:
    """Attach the adapter for `module`; its package need not be where this program imports from."""
    import importlib.util

    name = _ADAPTERS[module.__name__.rpartition(".")[2]]
    adapter = sys.modules.get(name)
    if adapter is None:
        # Beside the package in a wheel, below `adapters` in a checkout.
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        places = [os.path.join(root, name), os.path.join(root, "adapters", name)]
        files = [os.path.join(place, "__init__.py") for place in places]
        spec = importlib.util.spec_from_file_location(name, next(filter(os.path.exists, files)))
        adapter = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        spec.loader.exec_module(adapter)  # type: ignore[union-attr]
        sys.modules[name] = adapter
    adapter.attach(module)


def _work_for(name: str) -> Any:
    """What is to be done once the module `name` is there; None for almost every module."""
    if name in _SDKS:
        return _wrap_sdk
    is_loop = name.rpartition(".")[2] in _ADAPTERS
    return _adapt if is_loop and os.environ.get("AGENTCACHE_ADAPTERS") != "0" else None


class _Finder:
    """Finds nothing itself; lets a module's own loader run, then does our work on it."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._looking: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        work = _work_for(name)
        if work is None or name in self._looking:
            return None
        self._looking.add(name)
        try:
            import importlib.util

            spec = importlib.util.find_spec(name)
        finally:
            self._looking.discard(name)
        if spec is None or not hasattr(spec.loader, "exec_module"):
            return spec
        loader: Any = spec.loader
        load, session = loader.exec_module, self._session

        def exec_module(module: Any) -> None:
            load(module)
            try:
                work(module, session)
            except Exception:
                pass  # a module of another shape is left as it is

        loader.exec_module = exec_module
        return spec


def _chain() -> None:
    """Run the `sitecustomize` that this one stands in front of."""
    import importlib.machinery

    here = os.path.dirname(os.path.abspath(__file__))
    rest = [place for place in sys.path if os.path.abspath(place or os.curdir) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is None or spec.loader is None:
        return
    module = type(sys)("sitecustomize")
    module.__spec__, module.__file__ = spec, spec.origin
    spec.loader.exec_module(module)


if os.environ.get("AGENTCACHE_SESSION"):
    sys.meta_path.insert(0, _Finder(os.environ["AGENTCACHE_SESSION"]))
_chain()
