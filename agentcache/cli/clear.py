"""`agentcache clear`."""

import sys

import click

from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json
from agentcache.core.counting import counted
from agentcache.errors import StoreError
from agentcache.server.config import find_places
from agentcache.store.disk import remove_store
from agentcache.store.private import is_full


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--counters", is_flag=True, help="Forget the ledger and its counters too.")
@as_json
def command(*, yes: bool, counters: bool, as_json: bool) -> int:
    """Remove everything that is kept."""
    removed: int | None
    try:
        removed = _clear(yes=yes)
    except StoreError as error:
        if not is_full(error):
            raise
        _confirm("everything that is kept", yes=yes)
        remove_store(find_places().store)
        removed = None  # what cannot be opened cannot be counted
    if counters:
        with open_ledger() as ledger:
            ledger.clear()
    if as_json:
        print_json({"removed": removed})
    elif removed is None:
        click.echo("removed everything that was kept")
    else:
        click.echo(f"removed {counted(removed, 'entry', 'entries')}")
    return 0


def _clear(*, yes: bool) -> int:
    with open_store() as store:
        count = sum(1 for _ in held_entries(store))
        if count:
            _confirm(counted(count, "entry", "entries"), yes=yes)
        store.clear()
    return count


def _confirm(what: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"nobody can be asked about {what}: give --yes")
    if not click.confirm(f"Remove {what}?"):
        click.echo("nothing was removed")
        sys.exit(1)
