"""`agentcache stop`."""

import click

from agentcache.server.client import control, running
from agentcache.server.config import find_places


@click.command()
def command() -> None:
    """Ask the server to leave; sessions under way start another one when they need it."""
    owner = running(find_places())
    if owner is None:
        click.echo("agentcache: no server is running")
        return
    control(owner, "POST", "handover")
    click.echo(f"agentcache: the server (pid {owner.pid}) is leaving")
