"""`agentcache why`."""

import sys
from dataclasses import replace
from datetime import datetime

import click

from agentcache.cli.inspect import as_json, held_entries, open_ledger, open_store, print_json
from agentcache.core.codec import Json, JsonObject
from agentcache.core.counting import counted
from agentcache.core.policy import scope_differences
from agentcache.core.query import read_query
from agentcache.core.reasons import SENTENCES, Reason
from agentcache.prefix.breaks import break_lines
from agentcache.store.ledger import Event, Ledger, event_json

_MOST_ASIDES = 3


@click.command()
@click.argument("id_", default="last", metavar="[ID|SESSION|last]")
@click.option(
    "--prefix",
    "of_prefixes",
    is_flag=True,
    help="Say which requests of a session broke their prefix, so that the provider's cache missed.",
)
@as_json
def command(*, id_: str, of_prefixes: bool, as_json: bool) -> None:
    """Say why a request was a hit or a miss, and what became of its reply.

    ID is of a request (in its `x-agentcache` header) or of an entry, and may be shortened;
    without one the last request that asked something is meant, before those that the agent makes
    for itself without tools (for a title, say).

    With --prefix a SESSION is named, as `agentcache run` names it when it ends; the last one by
    default. `agentcache lint` says the same of a recording.
    """
    if of_prefixes:
        with open_ledger() as ledger:
            _tell_prefixes(ledger, id_, as_json=as_json)
        return
    with open_ledger() as ledger:
        event = ledger.find(id_) if id_ else None  # `why "$ID"` without an ID is about none
        last = event and ledger.outcome(event)
        asides = ledger.asides(event) if event is not None and id_ == "last" else []
    if event is None:
        click.echo(f"agentcache: {_unknown(id_)}", err=True)
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
    if asides:
        named = ", ".join(f"`agentcache why {each.id}`" for each in asides[:_MOST_ASIDES])
        click.echo(f"  after it {counted(len(asides), 'request')} without tools: {named}")


def _unknown(id_: str) -> str:
    """What is told of an id that no request has, and of an entry that none is known of."""
    if id_ == "last":
        return "nothing was asked yet"
    with open_store() as store:
        ids = (held.entry.id for held in held_entries(store))
        entry = next((name for name in ids if id_ and name.startswith(id_)), None)
    if entry is None:
        return f"no request or entry {id_!r}"
    return f"no request tells of the entry {entry}: `agentcache show {entry}` does"


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
    return [
        f"  {name}: {value}" for name, value in detail.items() if name not in ("keep", "prefix")
    ]


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
        if entry.id != mine.id and entry.kind is mine.kind and read_query(entry.question).key == key
    ]
    return min(differences, key=len, default=[])


def _tell_prefixes(ledger: Ledger, name: str, *, as_json: bool) -> None:
    """Print every break of a session's prefixes."""
    last = ledger.find("last") if name == "last" else None
    session = last.session if last else name
    events = ledger.of_session(session)[::-1]
    if not events:
        message = "nothing was asked yet" if name == "last" else f"no session {name!r} is known"
        click.echo(f"agentcache: {message}", err=True)
        sys.exit(1)
    told = [(event, found) for event in events if (found := _prefix_of(event))]
    broken = [found for _, found in told if "verdict" in found]
    lost = sum(tokens for found in broken if isinstance(tokens := found["tokens"], int))
    if as_json:
        print_json(
            {
                "session": session,
                "calls": len(events),
                "breaks": [{"id": event.id, "at": event.at, **found} for event, found in told],
                "tokens_lost": lost,
            }
        )
        return
    click.echo(
        f"session {session}: {counted(len(events), 'request')}, "
        f"{counted(len(broken), 'broken prefix', 'broken prefixes')}, "
        f"about {counted(lost, 'token')} could not be read from the provider's cache"
    )
    for event, found in told:
        at = datetime.fromtimestamp(event.at).astimezone().strftime("%H:%M:%S")
        lines = break_lines(found) if "verdict" in found else ["the prefix holds, as far as we see"]
        for number, line in enumerate(lines):
            click.echo(f"{at} {event.id}: {line}" if not number else line)
        if "provider" in found:
            click.echo(f"  the provider says: {found['provider']}")


def _prefix_of(event: Event) -> JsonObject:
    found = event.detail.get("prefix")
    return found if isinstance(found, dict) else {}
