"""What `match` and `calibrate` share: reading pairs, the model, and progress."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from agentcache.core.codec import CodecError, decode_json_as
from agentcache.errors import ModelError, UsageError
from agentcache.match.embedding import Embedder, load_embedder
from agentcache.server.config import Places

PATIENCE = 1.0
"""Seconds after which a terminal is told how far the work is."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of a file of pairs. `label`: 1 where the answer to `a` is a right answer to `b`."""

    a: str
    b: str
    label: int | None = None
    kind: str = ""


def read_pairs(source: str) -> Iterator[Pair]:
    """The pairs of a file of JSON lines, `-` for standard input, one at a time.

    Raises UsageError with the name, the line and what is wrong with it; empty lines are no pairs.
    """
    with _opened(source) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                pair = decode_json_as(line, Pair)
            except CodecError as error:
                raise UsageError(f"{source!r}, line {number}: {error}") from error
            if pair.label not in {None, 0, 1}:
                raise UsageError(f"{source!r}, line {number}: label {pair.label!r} is not 0 or 1")
            yield pair


@contextmanager
def _opened(source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        with Path(source).open("rb") as opened:
            yield opened
    except OSError as error:
        raise UsageError(f"{source!r} cannot be read: {error.strerror or error}") from error


class LazyModel:
    """The configured model, loaded when it is first asked for; without it the work goes on."""

    def __init__(self, places: Places, model: str, *, may_download: bool = False) -> None:
        self._places = places
        self._model = model
        self._may_download = may_download
        self._found: Embedder | None = None
        self._is_tried = False

    def load(self) -> Embedder:
        """The model; raises ModelError."""
        return load_embedder(
            self._model,
            home=self._places.home,
            may_download=self._may_download,
            tell=lambda message: click.echo(f"agentcache: {message}", err=True),
        )

    def get(self) -> Embedder | None:
        """The model, or None after its error was told once on standard error."""
        if not self._is_tried:
            self._is_tried = True
            try:
                self._found = self.load()
            except ModelError as error:
                click.echo(f"agentcache: going on without a model: {error}", err=True)
        return self._found


class Progress:
    """A count on standard error, on a terminal and only for what takes longer than a moment."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = self._told = time.monotonic()
        self._count = 0
        self._is_shown = False

    def step(self) -> None:
        """One more is done."""
        self._count += 1
        now = time.monotonic()
        if now - self._told >= PATIENCE and sys.stderr.isatty():
            self._told, self._is_shown = now, True
            rate = self._count / (now - self._started)
            click.echo(f"\r{self._count:,} {self._what} ({rate:,.0f}/s)", err=True, nl=False)

    def close(self) -> None:
        """Leave the line clean."""
        if self._is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)
