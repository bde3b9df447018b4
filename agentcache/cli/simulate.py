"""`agentcache simulate`: what a recorded session would have read and cost under each policy."""

from collections.abc import Sequence

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import as_json, print_json
from agentcache.cli.pairs import Progress
from agentcache.cli.recordings import chosen_rules, read_recordings
from agentcache.core.codec import Json, JsonObject
from agentcache.errors import UsageError
from agentcache.prefix.rules import ModelRules
from agentcache.prefix.simulate import (
    POLICIES,
    Outcome,
    Policy,
    PricedCall,
    Simulation,
    read_policy,
    simulate,
)


@click.command()
@click.argument("recording", metavar="RECORDING")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="NAME",
    help="as-sent, all, oracle, or moves joined by '+', such as tools+freeze; more than one may "
    "be given. Without it: as sent, each move alone, all, oracle.",
)
@click.option("--provider", metavar="NAME", help="Whose rules hold, whatever the recorded URLs.")
@click.option(
    "--rules",
    "rules_file",
    metavar="FILE",
    help="TOML with rules of your own instead of the configured ones.",
)
@click.option("--calls", "with_calls", is_flag=True, help="Say it for each call, too.")
@as_json
def command(
    *,
    recording: str,
    policies: tuple[str, ...],
    provider: str | None,
    rules_file: str | None,
    with_calls: bool,
    as_json: bool,
) -> None:
    """Price a recorded session under the providers' published rules.

    RECORDING is a file that `agentcache run --record DIR` made, or a directory of them, whose
    sessions then share the provider's cache. A cost of 1 is one plain input token; "relative" is
    the cost by that of the same session without any cache; "reachable" is what a cache that never
    forgets would have read of what the policy sends. "oracle" is that cache for what was sent as
    it is: a policy that repairs prefixes can read more.
    """
    chosen = [_policy(name) for name in dict.fromkeys(policies or POLICIES)]
    rules = chosen_rules(rules_file)
    session = read_recordings(recording)
    progress = Progress("calls replayed")
    try:
        found = [
            simulate(session, policy, rules, provider=provider, step=progress.step)
            for policy in chosen
        ]
    finally:
        progress.close()
    if as_json:
        print_json(_json(recording, found, with_calls=with_calls))
    else:
        _print(found, with_calls=with_calls)


def _policy(name: str) -> Policy:
    try:
        return read_policy(name)
    except UsageError as error:
        raise click.BadParameter(str(error), param_hint="--policy") from error


def _json(source: str, found: Sequence[Simulation], *, with_calls: bool) -> JsonObject:
    rules: list[Json] = [
        {
            "model": model,
            "provider": one.provider,
            "pattern": one.pattern,
            "as_of": one.as_of,
            "source": one.source,
            "conflict": one.conflict,
        }
        for model, one in _rules_used(found)
    ]
    policies: list[Json] = [_policy_json(one, with_calls=with_calls) for one in found]
    return {"recording": source, "rules": rules, "policies": policies}


def _policy_json(one: Simulation, *, with_calls: bool) -> JsonObject:
    charge = one.charge
    calls: list[Json] = [_call_json(call) for call in one.calls]
    return {
        "policy": one.policy,
        "calls": len(one.calls),
        **{outcome.value: one.outcomes.get(outcome, 0) for outcome in Outcome},
        "tokens": charge.total,
        "read": charge.read,
        "read_share": one.read_share,
        "written": dict(charge.written),
        "fresh": charge.fresh,
        "reachable": one.reachable,
        "cost": one.cost,
        "relative_cost": one.relative_cost,
        **({"by_call": calls} if with_calls else {}),
    }


def _call_json(call: PricedCall) -> JsonObject:
    return {
        "at": call.at,
        "model": call.model,
        "outcome": call.outcome.value,
        "note": call.note,
        "read": call.charge.read,
        "written": dict(call.charge.written),
        "fresh": call.charge.fresh,
        "reachable": call.reachable,
        "cost": call.cost,
        "moves": [move.value for move in sorted(call.moves)],
    }


def _rules_used(found: Sequence[Simulation]) -> list[tuple[str, ModelRules]]:
    """Each model of the Calls with its rules, in the order of the first Call."""
    used = {
        (call.model, call.rules.provider): call.rules
        for call in found[0].calls
        if call.rules is not None
    }
    return [(model, rules) for (model, _), rules in used.items()]


def _print(found: Sequence[Simulation], *, with_calls: bool) -> None:
    from rich.table import Table

    for model, rules in _rules_used(found):
        known = "" if rules.pattern else ", the default for models it does not know"
        click.echo(f"{model}: rules of {rules.provider} as of {rules.as_of}{known}")
        if rules.conflict:
            click.echo(f"  sources disagree: {rules.conflict}")
    table = Table("policy", "calls", "read", "written", "fresh", "cost", "relative", "reachable",
                  box=None, pad_edge=False)  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for one in found:
        table.add_row(*_cells(one))
    click.echo()
    open_console().print(table)
    for one in found if with_calls else ():
        _print_calls(one)
    _print_unpriced(found)


def _cells(one: Simulation) -> list[str]:
    charge = one.charge
    reachable = one.reachable / charge.total if charge.total else 0.0
    return [
        one.policy,
        f"{one.outcomes.get(Outcome.PRICED, 0):,}",
        f"{one.read_share:.1%}",
        f"{sum(charge.written.values()):,}",
        f"{charge.fresh:,}",
        f"{one.cost:,.0f}",
        f"{one.relative_cost:.3f}",
        f"{reachable:.1%}",
    ]


def _print_calls(one: Simulation) -> None:
    began = one.calls[0].at
    click.echo(f"\n{one.policy}")
    for number, call in enumerate(one.calls, start=1):
        charge = call.charge
        written = ", ".join(f"{count:,} for {ttl}" for ttl, count in charge.written.items())
        numbers = (
            f"read {charge.read:,}  written {written or 0}  fresh {charge.fresh:,}  "
            f"cost {call.cost:,.0f}"
        )
        what = numbers if call.outcome is Outcome.PRICED else f"{call.outcome}: {call.note}"
        by = f"  by {', '.join(sorted(call.moves))}" if call.moves else ""
        click.echo(f"  {number:>4}  +{call.at - began:,.1f} s  {what}{by}")


def _print_unpriced(found: Sequence[Simulation]) -> None:
    """What was left out of the totals, and of each kind the first reason."""
    for one in found:
        for outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.UNREAD):
            notes = [call.note for call in one.calls if call.outcome is outcome]
            if notes:
                click.echo(f"{one.policy}: {len(notes)} {outcome}, not priced; first: {notes[0]}")
