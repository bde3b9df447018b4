"""`agentcache stats`."""

from collections.abc import Mapping

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json
from agentcache.core.codec import Json
from agentcache.core.counting import counted
from agentcache.core.reasons import SENTENCES, Reason

_GROUPS = {
    "hit": "hits",
    "miss": "misses",
    "kept": "kept",
    "saved": "saved",
    "asked": "asked",
    "prefix": "prefixes",
    "tools": "tools",
}
"""What counters begin with, and the group that they are shown in."""


@click.command()
@as_json
def command(*, as_json: bool) -> None:
    """Show what was looked up, answered and saved since the counters began."""
    with open_ledger() as ledger:
        counters = ledger.counters()
    with open_store() as store:
        entries, volume = sum(1 for _ in held_entries(store)), store.volume()
    stats = read_counters(counters)
    if as_json:
        print_json(
            {
                **stats,
                "dropped": counters.get("dropped", 0),
                "entries": entries,
                "bytes": volume,
            }
        )
        return
    from rich.table import Table

    table = Table("what", "count", "", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row("lookups", f"{counters.get('lookups', 0):,}", "")
    for verdict in ("hit", "miss", "kept"):
        for reason, count in _by_reason(counters, verdict).items():
            table.add_row(f"  {verdict}: {reason}", f"{count:,}", SENTENCES[Reason(reason)])
    table.add_row("saved model calls", f"{counters.get('saved:calls', 0):,}", "")
    table.add_row("saved input tokens", f"{counters.get('saved:input_tokens', 0):,}", "")
    table.add_row("saved output tokens", f"{counters.get('saved:output_tokens', 0):,}", "")
    for outcome, count in _by_reason(counters, "tools").items():
        table.add_row(f"tool results: {outcome}", f"{count:,}", "")
    prefixes = _by_reason(counters, "prefix")
    repaired = f"of {prefixes.get('calls', 0):,} that may be shaped"
    table.add_row("prompts kept stable", f"{prefixes.get('repaired', 0):,}", repaired)
    lost = f"about {counted(prefixes.get('tokens_lost', 0), 'token')} (`agentcache why --prefix`)"
    table.add_row("broken prefixes", f"{prefixes.get('breaks', 0):,}", lost)
    table.add_row("dropped", f"{counters.get('dropped', 0):,}", "entries that a change made false")
    table.add_row("entries", f"{entries:,}", f"{volume / 1e6:.1f} MB")
    open_console().print(table)


def read_counters(counters: Mapping[str, int]) -> dict[str, Json]:
    """Counters in groups; `lookups` is the sum of hits and misses.

    `kept` says what became of the replies that came from a provider, by reason; `prefixes` what
    was done so that the provider's own cache hits, and how often it could not; `tools` of results
    of tools that were asked for inside a loop.
    """
    groups: dict[str, Json] = {"lookups": counters.get("lookups", 0)}
    for group, name in _GROUPS.items():
        groups[name] = dict(_by_reason(counters, group))
    return groups


def _by_reason(counters: Mapping[str, int], group: str) -> dict[str, int]:
    return {
        name.partition(":")[2]: value
        for name, value in counters.items()
        if name.startswith(f"{group}:")
    }
