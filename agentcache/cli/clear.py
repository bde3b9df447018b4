"""`agentcache clear`."""

import sys

import click

from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json
from agentcache.core.counting import counted


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--counters", is_flag=True, help="Forget the ledger and its counters too.")
@as_json
def command(*, yes: bool, counters: bool, as_json: bool) -> int:
    """Remove everything that is kept."""
    with open_store() as store:
        count = sum(1 for _ in held_entries(store))
        entries = counted(count, "entry", "entries")
        if count and not yes:
            if not sys.stdin.isatty():
                raise click.UsageError(f"nobody can be asked about {entries}: give --yes")
            if not click.confirm(f"Remove {entries}?"):
                click.echo("nothing was removed")
                return 1
        store.clear()
    if counters:
        with open_ledger() as ledger:
            ledger.clear()
    if as_json:
        print_json({"removed": count})
    else:
        click.echo(f"removed {entries}")
    return 0
