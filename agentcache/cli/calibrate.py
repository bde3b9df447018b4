"""`agentcache calibrate`."""

from dataclasses import asdict

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import as_json, print_json
from agentcache.cli.numbers import FiniteRange
from agentcache.cli.pairs import LazyModel, Pair, Progress, read_pairs
from agentcache.core.counting import counted
from agentcache.core.query import agree, read_query
from agentcache.errors import UsageError
from agentcache.match.calibrate import Calibration, Point, Row, calibrate, require_enough
from agentcache.match.embedding import Embedder
from agentcache.match.matcher import cosine_of
from agentcache.server.config import find_places, load_config, write_threshold


@click.command()
@click.argument("pairs", metavar="PAIRS.jsonl")
@click.option(
    "--max-wrong",
    type=FiniteRange(0, 1, min_open=True, max_open=True),
    default=0.005,
    show_default=True,
    help="The share of near-misses that may be served at most, with 95% confidence.",
)
@click.option("--write", is_flag=True, help="Store the threshold in the configuration file.")
@click.option("--download", is_flag=True, help="Fetch a configured hub model that is not on disk.")
@as_json
def command(*, pairs: str, max_wrong: float, write: bool, download: bool, as_json: bool) -> None:
    """Choose the similarity threshold from labelled pairs of questions.

    Each line of the file is an object with "a", "b" and "label": 1 where the answer to a is a right
    and complete answer to b, else 0. Near-misses are what counts: questions that look alike and
    are not.
    """
    places = find_places()
    labelled = _labelled(pairs)
    rights = sum(pair.label == 1 for pair in labelled)
    require_enough(rights, len(labelled) - rights, max_wrong=max_wrong)
    embedder = LazyModel(
        places, load_config(places).match.model, may_download=download
    ).load()  # without a model there is nothing to calibrate
    found = calibrate(_rows(labelled, embedder), max_wrong=max_wrong)
    if write:
        write_threshold(places, found.chosen.threshold)
    if as_json:
        is_written = {"max_wrong": max_wrong, "model": embedder.digest, "written": write}
        print_json({**asdict(found), **is_written})
        return
    _show(found, max_wrong)
    if write:
        click.echo(f"written to {places.config}")


def _labelled(source: str) -> list[Pair]:
    pairs = list(read_pairs(source))
    for number, pair in enumerate(pairs, start=1):
        if pair.label is None:
            raise UsageError(f"{source!r}, pair {number}: there is no label: add 1 or 0")
    return pairs


def _rows(pairs: list[Pair], embedder: Embedder) -> list[Row]:
    progress = Progress("pairs embedded")
    rows: list[Row] = []
    try:
        for pair in pairs:
            one, other = read_query(pair.a), read_query(pair.b)
            rows.append(
                Row(
                    score=cosine_of(embedder, one.text, other.text),
                    agrees=agree(one, other).is_agreed,
                    is_right=pair.label == 1,
                    is_certain=one.key == other.key,
                )
            )
            progress.step()
    finally:
        progress.close()
    return rows


def _show(found: Calibration, max_wrong: float) -> None:
    from rich.table import Table

    chosen = found.chosen
    click.echo(
        f"{counted(found.paraphrases, 'paraphrase')}, "
        f"{counted(found.near_misses, 'near-miss', 'near-misses')}\n"
        f"threshold {chosen.threshold:.3f}: precision {chosen.precision:.1%}, recall "
        f"{chosen.recall:.1%}, {chosen.wrong} wrong, at most {chosen.bound:.2%} of near-misses "
        f"served with 95% confidence (Clopper-Pearson; {max_wrong:.2%} allowed)"
    )
    table = Table("", "threshold", "precision", "recall", "served", "wrong", "bound",
                  box=None, pad_edge=False)  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for at, point in enumerate(found.curve):
        if point == chosen or at % 4 == 0:
            table.add_row("chosen" if point == chosen else "ours", *_cells(point))
    for point in found.peers:
        table.add_row("cosine alone", *_cells(point))
    open_console().print(table)


def _cells(point: Point) -> list[str]:
    return [
        f"{point.threshold:.3f}",
        f"{point.precision:.1%}",
        f"{point.recall:.1%}",
        f"{point.served:,}",
        f"{point.wrong:,}",
        f"{point.bound:.2%}",
    ]
