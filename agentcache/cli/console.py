"""Where tables are printed: fitted to a terminal, and whole lines for who reads a pipe."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

_WIDE = 1_000
"""More than any row of ours: who searches or cuts lines gets a row for each thing."""


def open_console() -> "Console":
    """Prints what it is given as it stands: a question may hold what looks like markup."""
    from rich.console import Console  # only for tables

    is_fitted = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(markup=False, highlight=False, width=None if is_fitted else _WIDE)
