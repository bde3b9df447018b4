"""The server's log file: what went wrong and where, never what a request said."""

import logging
import traceback
from logging.handlers import RotatingFileHandler
from pathlib import Path


class WithoutWords(logging.Filter):
    """Leaves of an error its kind and its place: an HTTP parser's quote the request's headers."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let `record` pass, its exception without the message."""
        if record.exc_info:
            kind, _, trace = record.exc_info
            place = "".join(traceback.format_tb(trace))
            record.exc_text = place + (kind.__name__ if kind else "")
            record.exc_info = None
        return True


def log_to(path: Path) -> None:
    """Write this process's log to `path`, which is begun anew when it is long.

    What cannot be written, as on a full disk, is left out in silence.
    """
    logging.raiseExceptions = False
    handler = RotatingFileHandler(path, maxBytes=1 << 20, backupCount=1)
    handler.addFilter(WithoutWords())
    logging.basicConfig(
        level=logging.INFO,
        handlers=[handler],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
