"""`agentcache rm`."""

import click

from agentcache.cli.inspect import as_json, find_entry, open_store, print_json, remove_everywhere


@click.command()
@click.argument("id_", metavar="ID")
@as_json
def command(*, id_: str, as_json: bool) -> None:
    """Remove a kept answer. ID may be shortened."""
    with open_store() as store:
        entry = find_entry(store, id_).entry
        remove_everywhere(store, entry)
    if as_json:
        print_json({"removed": entry.id})
    else:
        click.echo(f"removed {entry.id}: {entry.question or '(none was read)'}")
