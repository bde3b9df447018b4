"""What a command line looks at, of all that is read from it."""

from agentcache.core.evidence import Look
from agentcache.core.shell import read_shell


def shell_looks(command: str, *, cwd: str) -> tuple[Look, ...] | None:
    """Everything that `command` can depend on; None when not sure."""
    reading = read_shell(command, cwd=cwd)
    return None if reading is None else reading.looks
