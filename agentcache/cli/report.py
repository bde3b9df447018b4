"""A report of our own bug, for the user to read and pass on."""

import platform
import tempfile
import traceback
from pathlib import Path

from agentcache import __version__


def write_report() -> Path:
    """Write the current exception's traceback to a private file; its path."""
    text = f"agentcache {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    with tempfile.NamedTemporaryFile(
        "w", prefix="agentcache-report-", suffix=".txt", delete=False
    ) as file:
        file.write(text + "\n" + traceback.format_exc())
    return Path(file.name)
