"""`agentcache why`."""

import sys
from dataclasses import replace

import click

from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json
from agentcache.core.codec import Json
from agentcache.core.policy import scope_differences
from agentcache.core.query import read_query
from agentcache.core.reasons import SENTENCES, Reason
from agentcache.store.ledger import Event, event_json


@click.command()
@click.argument("id_", default="last", metavar="[ID|last]")
@as_json
def command(*, id_: str, as_json: bool) -> None:
    """Say why a request was a hit or a miss, and what became of its reply.

    ID is of a request (in its `x-agentcache` header) or of an entry, and may be shortened;
    without one the last request that asked something is meant.
    """
    with open_ledger() as ledger:
        event = ledger.find(id_)
        last = event and ledger.outcome(event)
    if event is None:
        message = "nothing was asked yet" if id_ == "last" else f"no request or entry {id_!r}"
        click.echo(f"agentcache: {message}", err=True)
        sys.exit(1)
    if last is not None and last.id != event.id:
        # What a question came to is said by the last step of its run.
        detail = event.detail | {
            name: last.detail[name] for name in ("keep",) if name in last.detail
        }
        event = replace(event, kept=last.kept, entry=last.entry, detail=detail)
    elsewhere = _elsewhere(event) if event.reason is Reason.NO_ENTRY else []
    if as_json:
        print_json(
            {**event_json(event), "because": SENTENCES[event.reason], "elsewhere": list(elsewhere)}
        )
        return
    for line in explain(event, elsewhere):
        click.echo(line)


def explain(event: Event, elsewhere: list[str]) -> list[str]:
    """An event in words. `elsewhere`: scope fields that alone keep an equal question apart."""
    lines = [f"{event.verdict} ({event.reason}): {SENTENCES[event.reason]}"]
    if event.question:
        lines.append(f"  question: {' '.join(event.question.split())[:300]}")
    lines += _detail_lines(event.detail)
    if elsewhere:
        lines.append(f"  it is kept in another scope, which differs in: {', '.join(elsewhere)}")
    if event.kept is not None:
        lines.append(f"  its reply ({event.kept}): {SENTENCES[event.kept]}")
        keep = event.detail.get("keep")
        lines += _detail_lines(keep) if isinstance(keep, dict) else []
    if event.entry:
        lines.append(f"  entry: {event.entry} (`agentcache show {event.entry}`)")
    return lines


def _detail_lines(detail: dict[str, Json]) -> list[str]:
    return [f"  {name}: {value}" for name, value in detail.items() if name != "keep"]


def _elsewhere(event: Event) -> list[str]:
    """In which fields the nearest scope that holds this question differs."""
    key = read_query(event.question).key
    with open_store() as store:
        entries = [held.entry for held in held_entries(store) if held.entry.question]
    mine = next((entry for entry in entries if entry.id == event.entry), None)
    if mine is None:
        return []
    differences = [
        scope_differences(mine.scope, entry.scope)
        for entry in entries
        if entry.id != mine.id and read_query(entry.question).key == key
    ]
    return min(differences, key=len, default=[])
