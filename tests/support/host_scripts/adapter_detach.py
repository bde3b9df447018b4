"""Attaches an adapter to its real host and detaches it: `adapter_detach.py ADAPTER MODULE`.

Says what the adapter had changed, and what was not restored. Runs in the host's environment.
"""

import importlib
import sys
from types import ModuleType


def state(module: ModuleType) -> dict[str, object]:
    """Everything that an adapter may change: the module, its classes, its tools."""
    found = {name: value for name, value in vars(module).items() if callable(value)}
    for name, kind in list(found.items()):
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            found.update({f"{name}.{key}": value for key, value in vars(kind).items()})
    for name, tool in getattr(module, "_registry", {}).items():
        found[f"tool {name}"] = tool.func
    return found


def different(before: dict[str, object], after: dict[str, object]) -> str:
    """The names of what is no longer the same object."""
    names = sorted(n for n in before.keys() | after.keys() if before.get(n) is not after.get(n))
    return ", ".join(names) or "nothing"


adapter, module = (importlib.import_module(name) for name in sys.argv[1:3])
if hasattr(module, "register_tool"):
    importlib.import_module(module.__name__.replace("tool_registry", "tools"))
before = state(module)
attached = adapter.attach(module)
sys.stdout.write(f"changed: {different(before, state(module))}\n")
attached.detach()
sys.stdout.write(f"not restored: {different(before, state(module))}\n")
