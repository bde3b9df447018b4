"""`agentcache ls`."""

import time

import click

from agentcache.cli.inspect import as_json, held_entries, open_store, print_json
from agentcache.cli.show import entry_summary


@click.command()
@as_json
def command(*, as_json: bool) -> None:
    """List what is kept, oldest first."""
    with open_store() as store:
        entries = [held.entry for held in held_entries(store)]
    if as_json:
        print_json([entry_summary(entry) for entry in entries])
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("id", "kind", "age", "calls", "rests on", "question", box=None, pad_edge=False)
    now = time.time()
    for entry in entries:
        table.add_row(
            entry.id,
            entry.kind,
            age(now - entry.made_at),
            str(entry.cost.calls),
            f"{len(entry.evidence)} looks" if entry.evidence else "the prompt",
            " ".join(entry.question.split())[:100],
        )
    Console().print(table if entries else "nothing is kept yet")


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
