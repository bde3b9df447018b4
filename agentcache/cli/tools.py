"""`agentcache tools`: the registries of tools that something is kept for."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import click

from agentcache.cli.inspect import as_json, held_entries, open_store, print_json
from agentcache.cli.ls import age
from agentcache.core.entry import Entry, Kind
from agentcache.core.policy import uses_of


@dataclass(slots=True)
class _Registry:
    """What is kept under one tag. `named`: the tools that kept decisions ask for."""

    tag: str
    entries: Counter[Kind] = field(default_factory=Counter)
    models: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    last_kept: float = 0.0


@click.command()
@as_json
def command(*, as_json: bool) -> None:
    """List the sets of tools that answers were kept for, by their tags, the newest first.

    Another set of tools, a changed definition or another tool_choice is another tag, and what is
    kept under the old one is not found any more.
    """
    with open_store() as store:
        found = _registries(held.entry for held in held_entries(store))
    if as_json:
        print_json([_json(registry) for registry in found])
        return
    if not found:
        click.echo("nothing is kept yet")
        return
    now = time.time()
    for registry in found:
        kept = ", ".join(f"{count} {kind}" for kind, count in sorted(registry.entries.items()))
        tag = registry.tag or "no set of tools"
        click.echo(f"{tag}  {kept}  (the last {age(now - registry.last_kept)} ago)")
        if models := sorted(filter(None, registry.models)):  # a tool's result has none
            click.echo(f"  models: {', '.join(models)}")
        if registry.named:
            click.echo(f"  decisions ask for: {', '.join(sorted(registry.named))}")


def _registries(entries: Iterable[Entry]) -> list[_Registry]:
    found: dict[str, _Registry] = {}
    for entry in entries:
        tag = entry.scope.registry
        registry = found.setdefault(tag, _Registry(tag))
        registry.entries[entry.kind] += 1
        registry.models.add(entry.scope.model)
        registry.named.update(use.name for use in uses_of(entry.reply))
        registry.last_kept = max(registry.last_kept, entry.made_at)
    return sorted(found.values(), key=lambda registry: (-registry.last_kept, registry.tag))


def _json(registry: _Registry) -> dict[str, object]:
    return {
        "tag": registry.tag,
        "entries": {kind.value: registry.entries[kind] for kind in Kind},
        "models": sorted(registry.models),
        "tools": sorted(registry.named),
        "last_kept": registry.last_kept,
    }
