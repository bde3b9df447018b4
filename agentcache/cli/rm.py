"""`agentcache rm`."""

import click

from agentcache.cli.inspect import as_json, find_entry, open_store, print_json, remove_entry


@click.command()
@click.argument("id_", metavar="ID")
@as_json
def command(*, id_: str, as_json: bool) -> None:
    """Remove a kept answer. ID may be shortened."""
    with open_store() as store:
        held = find_entry(store, id_)
        remove_entry(store, held)
    if as_json:
        print_json({"removed": held.entry.id})
    else:
        click.echo(f"removed {held.entry.id}: {held.entry.question or '(none was read)'}")
