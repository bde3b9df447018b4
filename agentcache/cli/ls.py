"""`agentcache ls`."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import (
    as_json,
    held_entries,
    open_store,
    print_json_rows,
    rests_on_version,
)
from agentcache.cli.show import entry_summary, repository_path
from agentcache.core.counting import counted
from agentcache.core.entry import Entry
from agentcache.errors import ObserveError, UsageError

_ID_PREFIX = re.compile(r"[0-9a-f]{4,64}")
_MOST_FITTED = 2_000
"""Rows up to which the columns are fitted to the terminal; with more of them that takes long."""


@click.command()
@click.option(
    "--commit",
    is_flag=False,
    flag_value="",
    metavar="[COMMIT]",
    help="Show at which commit each was made; with a commit, a branch or a tag, only those.",
)
@as_json
def command(*, commit: str | None, as_json: bool) -> None:
    """List what is kept, oldest first."""
    wanted = _commit_id(commit) if commit else ""
    with open_store() as store:
        entries = (
            held.entry
            for held in held_entries(store)
            if not wanted or (held.entry.commit or "").startswith(wanted)
        )
        if as_json:
            print_json_rows(entry_summary(entry) for entry in entries)
            return
        now = time.time()
        # Not the entries: there may be a hundred thousand, with all that they rest on.
        rows = [_cells(entry, now) for entry in entries]
    if not rows:
        click.echo(f"nothing was made at {commit}" if wanted else "nothing is kept yet")
        return
    headings = ["id", "kind", "age", "calls", "rests on", "question"]
    if commit is not None:
        headings.insert(1, "commit")
    repositories = _names({row["repository"] for row in rows})
    if len(repositories) > 1:
        headings.insert(-1, "repository")
    named = ({**row, "repository": repositories[row["repository"]]} for row in rows)
    cells = ([each[heading] for heading in headings] for each in named)
    _print_rows(headings, cells, is_fitted=len(rows) <= _MOST_FITTED)


def _commit_id(text: str) -> str:
    """The id, or the beginning of ids, that `text` means; raises UsageError.

    What the repository here calls so comes first: a branch may be called like an id.
    """
    from agentcache.repo.objects import resolve_commit
    from agentcache.repo.worktree import WorkTree

    tree = WorkTree.find(".")
    try:
        if tree is not None:
            return resolve_commit(tree, text)
    except ObserveError as error:
        if not _ID_PREFIX.fullmatch(text):
            raise UsageError(str(error)) from error
    if not _ID_PREFIX.fullmatch(text):
        raise UsageError(f"{text!r} is no commit id, and there is no repository here to ask")
    return text


def _names(repositories: set[str]) -> dict[str, str]:
    """Each repository by the name of its directory, or by all of its path where two share that."""
    shared = Counter(Path(each).name for each in repositories)
    return {
        each: (each if shared[Path(each).name] > 1 else Path(each).name) or "-"
        for each in repositories
    }


def _cells(entry: Entry, now: float) -> dict[str, str]:
    return {
        "id": entry.id,
        "commit": (entry.commit or "-")[:12],
        "kind": entry.kind,
        "age": age(now - entry.made_at),
        "calls": str(entry.cost.calls),
        "rests on": _rests_on(entry),
        "repository": repository_path(entry.scope),
        "question": " ".join(entry.question.split())[:100],
    }


def _rests_on(entry: Entry) -> str:
    if entry.evidence:
        return counted(len(entry.evidence), "look")
    return "its version" if rests_on_version(entry) else "the prompt"


def _print_rows(headings: Sequence[str], rows: Iterable[list[str]], *, is_fitted: bool) -> None:
    if not is_fitted:
        for row in ([*headings], *rows):
            click.echo("  ".join(cell.ljust(12) for cell in row).rstrip())
        return
    from rich.table import Table

    table = Table(*headings, box=None, pad_edge=False)
    table.columns[0].no_wrap = True  # a cut id is of no use
    table.columns[0].min_width = 12
    for row in rows:
        table.add_row(*row)
    open_console().print(table)


def age(seconds: float) -> str:
    """A duration as people say it: `40 s`, `12 min`, `3 h`, `5 d`.

    >>> age(40), age(800), age(11000), age(500000)
    ('40 s', '13 min', '3 h', '5 d')
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return (
                f"{seconds / size:.0f} {unit}" if unit == "min" else f"{seconds // size:.0f} {unit}"
            )
    return f"{seconds:.0f} s"
