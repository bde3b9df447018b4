"""`agentcache lint`: which Calls of a recording broke their prefix, and why."""

import sys
from dataclasses import asdict

import click

from agentcache.cli.inspect import as_json, print_json
from agentcache.cli.recordings import chosen_rules, read_recordings
from agentcache.core.codec import JsonObject
from agentcache.prefix.breaks import break_json, break_lines
from agentcache.prefix.lint import BrokenCall, Report, lint
from agentcache.prefix.verdict import Verdict


@click.command()
@click.argument("recording", metavar="RECORDING")
@click.option(
    "--max-breaks",
    type=click.IntRange(min=0),
    metavar="N",
    help="Exit with 1 when more Calls than this broke their prefix.",
)
@click.option("--rules", metavar="FILE", help="Rules of your own instead of the configured ones.")
@as_json
def command(*, recording: str, max_breaks: int | None, rules: str | None, as_json: bool) -> None:
    """Say where a recorded session broke the prefix that a provider caches.

    RECORDING is a file that `agentcache run --record DIR` made, or a directory of them.

    \b
    agentcache run --record DIR -- claude   makes a recording
    agentcache lint FILE                    what broke, where, why, and what would repair it
    agentcache lint FILE --max-breaks 0     for CI
    """
    found = lint(read_recordings(recording), chosen_rules(rules))
    if as_json:
        print_json(report_json(found))
    else:
        for line in report_lines(found):
            click.echo(line)
    # Those of our own notes are told, but no host can mend them.
    count = sum(one.broken.verdict is not Verdict.NOTES for one in found.breaks)
    if max_breaks is not None and count > max_breaks:
        allowed = f"{count}, allowed are {max_breaks}"
        click.echo(f"agentcache: broken prefixes: {allowed}", err=True)
        sys.exit(1)


def report_json(report: Report) -> JsonObject:
    """A Report for scripts."""
    return {
        "calls": report.calls,
        "conversations": report.conversations,
        "tokens_lost": report.tokens_lost,
        "breaks": [
            {
                "call": one.number,
                "earlier": one.earlier,
                "at": one.at,
                "provider_says": one.provider,
                **break_json(one.broken),
            }
            for one in report.breaks
        ],
        "findings": [
            {
                "verdict": one.verdict.value,
                "call": one.number,
                "times": one.times,
                "what": one.what,
                "repair": one.repair,
            }
            for one in report.findings
        ],
        "unread": [{"call": one.number, "why": one.why} for one in report.unread],
        "agreement": asdict(report.agreement),
    }


def report_lines(report: Report) -> list[str]:
    """A Report for people."""
    lines = [line for one in report.breaks for line in (*_broken_lines(one), "")]
    for finding in report.findings:
        times = f", {finding.times} times" if finding.times > 1 else ""
        lines += [
            f"call {finding.number}{times}: {finding.verdict}: {finding.what}",
            f"  repair: {finding.repair}",
            "",
        ]
    for unread in report.unread:
        lines += [f"call {unread.number} cannot be read and is left out: {unread.why}", ""]
    return [*lines, *_sum_lines(report)]


def _broken_lines(one: BrokenCall) -> list[str]:
    earlier = f", after call {one.earlier}" if one.earlier else ", a fork"
    said = f"; the provider says {one.provider}" if one.provider else ""
    first, *rest = break_lines(break_json(one.broken))
    return [f"call {one.number} (+{one.at:,.1f} s{earlier}): {first}{said}", *rest]


def _sum_lines(report: Report) -> list[str]:
    unread = f", not read: {len(report.unread)}" if report.unread else ""
    broke = f"broken prefixes: {len(report.breaks)}, tokens lost: about {report.tokens_lost:,}"
    lines = [f"calls: {report.calls}{unread}, conversations: {report.conversations}, {broke}"]
    agreement = report.agreement
    if agreement != type(agreement)():
        lines.append(
            f"the provider's own diagnosis: {agreement.agree} agree, {agreement.disagree} "
            f"disagree, {agreement.unavailable} unavailable"
        )
    return lines
