"""What the modules of a tool's package are made of: their source as it is now, and its imports.

Modules need not be loaded, and nothing is imported for it.
"""

import ast
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.util import resolve_name
from pathlib import Path


def _began_ns() -> int:
    """When this process began; where the system does not tell, when it loaded this module."""
    now = time.time_ns()
    with suppress(OSError, ValueError, IndexError, AttributeError):
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        began = ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        return now - max(0, time.clock_gettime_ns(time.CLOCK_BOOTTIME) - began)
    return now


_BEGAN = _began_ns() - 50_000_000
_PROCESS = secrets.token_hex(8)
"""When this process had loaded nothing yet, and what tells it from others."""


def resolved(name: str, package: str) -> str:
    """The whole name of a module that is imported as `name` in `package`, "" for what is none."""
    try:
        return resolve_name(name, package)
    except ImportError:
        return ""


def source_of(module: str) -> tuple[str, os.stat_result] | None:
    """The file of a module, which need not be loaded, and its status; None for what has none."""
    path = getattr(sys.modules.get(module), "__file__", None)
    paths = [path] if isinstance(path, str) else _places_of(module)
    for path in paths:
        with suppress(OSError):
            return path, os.stat(path)  # noqa: PTH116  # strings, as modules have them
    return None


def _places_of(module: str) -> list[str]:
    """Where the file of a module that is not loaded would be."""
    above, _, name = module.rpartition(".")
    folders = [str(each) for each in getattr(sys.modules.get(above), "__path__", ())]
    if above and not folders and (found := source_of(above)) is not None:
        folder, end = os.path.split(found[0])
        folders = [folder] if end == "__init__.py" else []
    ends = (f"{name}.py", f"{name}/__init__.py")
    return [f"{folder}/{end}" for folder in folders for end in ends]


def imports_of(module: str) -> Iterator[tuple[str, str, str]]:
    """The modules that a module imports from, what it takes of them, and the name that it gets."""
    found = source_of(module)
    if found is None:
        return
    path, stat = found
    is_package = os.path.basename(path) == "__init__.py"  # noqa: PTH119  # as above
    package = module if is_package else module.rpartition(".")[0]
    package = str(getattr(sys.modules.get(module), "__package__", None) or package)
    for level, base, given, known_as in _read_source(path, stat.st_ctime_ns, stat.st_size)[1]:
        yield resolved("." * level + base, package), given, known_as


def digest_of_source(module: str) -> tuple[str, str]:
    """Of its file now, and the process whose module may be another; "" for what is not there."""
    found = source_of(module)
    if found is None:
        return "", ""
    path, stat = found
    known = _read_source(path, stat.st_ctime_ns, stat.st_size)[0]
    return known, _PROCESS if stat.st_ctime_ns > _BEGAN else ""


def origins(module: str, name: str) -> Iterator[tuple[str, str]]:
    """Where `module` has `name` from, and as what; nothing for its own."""
    for base, given, known_as in imports_of(module) if name else ():
        if known_as in (name, "*"):
            yield base, name if known_as == "*" else given


@lru_cache(maxsize=64)
def _read_source(
    path: str, changed_ns: int, size: int
) -> tuple[str, tuple[tuple[int, str, str, str], ...]]:
    """The digest of a file, and what it imports: level, module, name, and the name it gets."""
    del changed_ns, size  # which tell the states of a file apart
    try:
        source = Path(path).read_bytes()
    except OSError:
        return "", ()
    try:
        steps = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):  # compiled, or not the text that was loaded
        steps = []
    whole = [(0, each.name, "", "") for step in steps if isinstance(step, ast.Import)
             for each in step.names]  # fmt: skip
    parts = [
        (step.level, step.module or "", each.name, each.asname or each.name)
        for step in steps
        if isinstance(step, ast.ImportFrom)
        for each in step.names
    ]
    return sha256(source).hexdigest(), (*whole, *parts)
