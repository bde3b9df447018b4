"""Recordings of sessions: a private file each, a line for every Call that went to the provider."""

import logging
import os
from dataclasses import replace
from pathlib import Path
from threading import Lock

from agentcache.errors import StoreError
from agentcache.prefix.recording import VERSION, Head, RecordedCall, encode_lines
from agentcache.wire.credentials import shown_body

log = logging.getLogger(__name__)

RECORDED_HEADERS = (
    "anthropic-beta",
    "anthropic-version",
    "openai-beta",
    "x-stainless-retry-count",
)
"""All other headers are left out: any of them could hold a credential."""


class Recorder:
    """Appends to a private file in `directory`, which it makes if need be; for any thread.

    Raises StoreError where that cannot be done.
    """

    def __init__(self, directory: Path, *, session: str, now: float) -> None:
        self.path = directory / f"session-{session}.jsonl"
        self._lock = Lock()
        try:
            if not directory.exists():
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Below a work tree it would be committed, and found by the agent's own searches.
                (directory / ".gitignore").write_text("*\n")
            is_new = not self.path.exists() or not self.path.stat().st_size
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.fdopen(os.open(self.path, flags, 0o600), "ab")
            if is_new:
                self._write(Head(VERSION, session, now))
        except OSError as error:
            raise StoreError(f"{str(self.path)!r} cannot be written: {error}") from error

    def record(self, call: RecordedCall) -> None:
        """Add a Call without its credentials; a full disk costs the line and nothing else."""
        try:
            self._write(replace(call, body=shown_body(call.body)))
        except (OSError, ValueError) as error:
            log.warning("a Call was not recorded in %s: %s", self.path, error)

    def _write(self, part: Head | RecordedCall) -> None:
        line = b"".join(encode_lines([part]))
        with self._lock:
            place = self._file.seek(0, os.SEEK_END)
            try:
                self._file.write(line)
                self._file.flush()
            except OSError:
                self._file.truncate(place)  # half a line would spoil those to come
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()
