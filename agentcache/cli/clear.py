"""`agentcache clear`."""

import sys

import click

from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--counters", is_flag=True, help="Forget the ledger and its counters too.")
@as_json
def command(*, yes: bool, counters: bool, as_json: bool) -> None:
    """Remove everything that is kept."""
    with open_store() as store:
        count = sum(1 for _ in held_entries(store))
        if count and not yes and sys.stdin.isatty():
            click.confirm(f"Remove {count} entries?", abort=True)
        store.clear()
    if counters:
        with open_ledger() as ledger:
            ledger.clear()
    if as_json:
        print_json({"removed": count})
    else:
        click.echo(f"removed {count} entries")
