"""`agentcache show`."""

from dataclasses import asdict

import click

from agentcache.cli.inspect import (
    as_json,
    find_entry,
    open_store,
    print_json,
    rests_on_version,
)
from agentcache.core.codec import Json, encode_json
from agentcache.core.counting import counted
from agentcache.core.entry import Entry
from agentcache.core.evidence import Look
from agentcache.core.policy import uses_of
from agentcache.core.values import Scope


@click.command()
@click.argument("id_", metavar="ID")
@as_json
def command(*, id_: str, as_json: bool) -> None:
    """Show a kept answer and what it rests on. ID may be shortened."""
    with open_store() as store:
        entry = find_entry(store, id_).entry
    if as_json:
        print_json({**entry_summary(entry), "answer": entry.reply.text})
        return
    click.echo(f"{entry.kind} {entry.id}")
    click.echo(f"question: {entry.question or '(none was read)'}")
    if entry.scope.model:  # a tool's result has none
        click.echo(f"model:    {entry.scope.model} at {entry.scope.upstream}")
    click.echo(f"in:       {repository_path(entry.scope) or '-'}")
    click.echo(f"commit:   {entry.commit or '-'}")
    tokens = entry.cost.usage.input_tokens + entry.cost.usage.output_tokens
    click.echo(f"saves:    {counted(entry.cost.calls, 'model call')}, {counted(tokens, 'token')}")
    alone = "the tool's version" if rests_on_version(entry) else "the prompt itself"
    click.echo("rests on:" if entry.evidence else f"rests on: {alone}")
    for seen in entry.evidence:
        click.echo(f"  {look_text(seen.look)}  {seen.digest[:12]}")
    click.echo(f"\n{entry.reply.text}")
    for use in uses_of(entry.reply):
        click.echo(f"asks for {use.name} with {encode_json(use.arguments).decode()}")


def repository_path(scope: Scope) -> str:
    """Where a scope's repository lies, as people know it; empty where there is none."""
    return scope.repository.removesuffix("/.git")


def look_text(look: Look) -> str:
    """A Look as a person reads it: its kind and what was given for it."""
    given = ", ".join(f"{name}={value}" for name, value in asdict(look).items() if value)
    return f"{type(look).__name__}({given})"


def entry_summary(entry: Entry) -> dict[str, Json]:
    """An entry as `--json` prints it, without its answer."""
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "question": entry.question,
        "made_at": entry.made_at,
        "commit": entry.commit,
        "root": entry.root,
        "scope": asdict(entry.scope),
        "calls": entry.cost.calls,
        "usage": asdict(entry.cost.usage),
        "evidence": [seen.to_json() for seen in entry.evidence],
    }
