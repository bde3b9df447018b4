"""`agentcache serve`."""

import sys

import click

from agentcache.server.client import LOCKED
from agentcache.server.config import find_places, load_config
from agentcache.server.lock import LockedError, Owner


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Where to listen; 0 lets the system choose."
)
@click.option("--detached", is_flag=True, hidden=True, help="Log to the file, say nothing.")
@click.option("--inherited", type=int, nargs=2, hidden=True, help="The lock and the socket to use.")
def command(*, port: int | None, detached: bool, inherited: tuple[int, int] | None) -> None:
    """Be the server of this user on 127.0.0.1.

    It owns the store, answers every `agentcache run`, and leaves when idle. There is one per
    user; a second one says so and exits with code 75.
    """
    from agentcache.server.app import serve

    places = find_places()
    config = load_config(places)

    def ready(owner: Owner) -> None:
        if not detached:
            click.echo(f"agentcache: serving on {owner.url} (pid {owner.pid}); ^C to stop")

    try:
        serve(
            places,
            config,
            port=config.port if port is None else port,
            ready=ready,
            logs=detached,
            inherited=inherited,
        )
    except LockedError as error:
        click.echo(f"agentcache: {error}", err=True)
        sys.exit(LOCKED)
