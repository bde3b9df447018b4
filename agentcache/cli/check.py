"""`agentcache check`: how many kept answers hold, now or at a commit that is not checked out."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click

from agentcache.cli.console import open_console
from agentcache.cli.inspect import (
    Held,
    as_json,
    held_entries,
    open_store,
    print_json,
    remove_entry,
    rests_on_version,
)
from agentcache.cli.numbers import FiniteRange
from agentcache.core.codec import JsonObject
from agentcache.core.counting import counted
from agentcache.core.evidence import Evidence
from agentcache.errors import UsageError
from agentcache.repo.observe import Broken, Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store import Store
from agentcache.store.entries import Entries

_MOST_NAMED = 5
"""Other repositories that are named; `--json` has them all."""
_ELSEWHERE = "of other repositories"
_OTHER_TREE = "true in another work tree only"
_PROMPT = "resting on the prompt alone"
_VERSION = "resting on the version of a tool alone"


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is told of an entry that does not hold; not the entry, of which there may be many."""

    slot: str
    id: str
    question: str
    commit: str | None
    broken: Broken


@dataclass(slots=True)
class _Found:
    """What a check found. `skipped`: why entries were not checked, and how many."""

    commit: str | None
    alive: int = 0
    broken: list[_Gone] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)

    @property
    def removable(self) -> list[_Gone]:
        """What is broken for certain: what cannot be looked at now may hold all the same."""
        return [gone for gone in self.broken if gone.broken.is_known]

    @property
    def checked(self) -> int:
        """How many could be checked."""
        return self.alive + len(self.broken)

    @property
    def share(self) -> float | None:
        """Percent of what was checked that is alive; None when nothing was."""
        return 100 * self.alive / self.checked if self.checked else None


@click.command()
@click.option("--at", metavar="COMMIT", help="Check against a commit, which is not checked out.")
@click.option(
    "--repository",
    type=click.Path(exists=True, file_okay=False),
    default=".",
    help="Of which repository the answers are checked; where you stand, if not given.",
)
@click.option(
    "--entries-of",
    metavar="PATH",
    multiple=True,
    help="Check what was kept for the repository at PATH too, of which this is another clone.",
)
@click.option("--remove", is_flag=True, help="Remove what no longer holds in the work tree.")
@click.option(
    "--fail-under",
    type=FiniteRange(0, 100),
    metavar="PERCENT",
    help="Exit with 1 when fewer of the checked answers are alive.",
)
@as_json
def command(
    *,
    at: str | None,
    repository: str,
    entries_of: tuple[str, ...],
    remove: bool,
    fail_under: float | None,
    as_json: bool,
) -> None:
    """Say which kept answers hold in the work tree as it is now, or at a commit.

    \b
    agentcache check                    in the work tree
    agentcache check --at origin/main   after a merge, in a CI job: no checkout is made
    """
    if remove and (at is not None or entries_of):
        raise click.UsageError(
            "--remove goes without --at and --entries-of: an answer that does not hold at that "
            "commit, or in this clone, may hold in its own work tree; check it there"
        )
    tree = WorkTree.find(repository)
    if tree is None:
        where = f"{repository!r} is in no work tree of a git repository"  # a bare one has none
        raise UsageError(f"{where}: give one with --repository")
    with open_store() as store, _verifier(tree, at) as (verify, commit):
        with _progress(store) as entries:
            found = _check(entries, tree, entries_of, verify, commit)
        for gone in found.removable if remove else ():
            remove_entry(store, gone.slot, gone.id)
    if as_json:
        print_json(_json(found, tree, removed=remove))
    else:
        _print(found, tree, removed=remove)
    if fail_under is not None and not _passes(found, fail_under):
        sys.exit(1)


def _passes(found: _Found, percent: float) -> bool:
    """Whether so many percent are alive; says why not, and where there was nothing to check.

    A share of nothing is none where there are answers which could not be checked here.
    """
    if found.share is not None:
        if found.share < percent:
            click.echo(f"agentcache: {found.share:.1f}% are alive, below {percent:g}%", err=True)
        return found.share >= percent
    click.echo("agentcache: there was nothing to check", err=True)
    for path, count in found.elsewhere.most_common(_MOST_NAMED):
        entries = counted(count, "entry", "entries")
        where = path.removesuffix("/.git") or "what is in no repository"
        click.echo(f"  {where} has {entries}", err=True)
    if found.elsewhere:
        click.echo("  --entries-of PATH checks them here, where this is a clone of PATH", err=True)
    return not percent or not (found.elsewhere or found.skipped[_OTHER_TREE])


@contextmanager
def _verifier(
    tree: WorkTree, at: str | None
) -> Iterator[tuple[Callable[[Evidence], Broken | None], str | None]]:
    """What verifies evidence, and the commit that it verifies against; raises ObserveError."""
    observer = Observer(clock_ns=time.time_ns)
    if at is None:
        yield (lambda evidence: observer.verify(evidence, tree)), None
        return
    from agentcache.repo.commit import CommitView

    with CommitView(tree, at, observer=observer) as view:
        yield view.verify, view.commit


@contextmanager
def _progress(store: Store) -> Iterator[Iterable[Held]]:
    """The entries one by one, with a bar on a terminal; it counts slots, most of which hold one."""
    entries = held_entries(store)
    if not sys.stderr.isatty():
        yield entries
        return
    slots = sum(1 for _ in Entries(store).slots())
    with click.progressbar(entries, length=slots, label="checking", file=sys.stderr) as shown:
        yield shown


def _check(
    entries: Iterable[Held],
    tree: WorkTree,
    entries_of: Sequence[str],
    verify: Callable[[Evidence], Broken | None],
    commit: str | None,
) -> _Found:
    found = _Found(commit)
    named = {_common_dir(path): path for path in entries_of}
    repositories = {str(tree.common_dir), *named}
    unknown = {place for place in named if not Path(place).is_dir()}
    for held in entries:
        unknown.discard(held.entry.scope.repository)
        if held.entry.scope.repository not in repositories:
            found.skipped[_ELSEWHERE] += 1
            found.elsewhere[held.entry.scope.repository] += 1
        elif held.entry.root not in ("", str(tree.root)):
            found.skipped[_OTHER_TREE] += 1
        elif not held.entry.evidence:
            found.skipped[_VERSION if rests_on_version(held.entry) else _PROMPT] += 1
        elif (broken := verify(held.entry.evidence)) is None:
            found.alive += 1
        else:
            gone = _Gone(held.slot, held.entry.id, held.entry.question, held.entry.commit, broken)
            found.broken.append(gone)
    for place in unknown:
        raise UsageError(
            f"{named[place]!r} is no repository, and nothing is kept of one that was there: "
            "--entries-of takes the path of the clone that the answers were found out in"
        )
    return found


def _common_dir(path: str) -> str:
    """What entries name the repository at `path` by, which need not be there any more."""
    tree = WorkTree.find(path) if Path(path).is_dir() else None
    if tree is not None:
        return str(tree.common_dir)
    place = Path(path).resolve()
    return str(place if place.name.endswith(".git") else place / ".git")


def _json(found: _Found, tree: WorkTree, *, removed: bool) -> JsonObject:
    return {
        "repository": str(tree.root),
        "commit": found.commit,
        "checked": found.checked,
        "alive": found.alive,
        "alive_percent": found.share,
        "broken": [
            {
                "id": gone.id,
                "question": gone.question,
                "made_at_commit": gone.commit,
                "changed": gone.broken.what,
                "why": gone.broken.why,
                "observation": gone.broken.observation.to_json(),
            }
            for gone in found.broken
        ],
        "removed": len(found.removable) if removed else 0,
        "not_checked": dict(found.skipped),
        "other_repositories": dict(found.elsewhere),
    }


def _print(found: _Found, tree: WorkTree, *, removed: bool) -> None:
    where = f"commit {found.commit[:12]}" if found.commit else "the work tree"
    click.echo(f"{where} of {tree.root}: {counted(found.checked, 'answer')} checked")
    share = "" if found.share is None else f" ({found.share:.1f}%)"
    click.echo(f"  alive:  {found.alive}{share}")
    taken = f", {len(found.removable)} removed" if removed and found.broken else ""
    click.echo(f"  broken: {len(found.broken)}{taken}")
    for why, skipped in found.skipped.items():
        click.echo(f"  not checked, {why}: {skipped}")
    if not found.broken:
        return
    from rich.table import Table

    table = Table("id", "changed", "why", "question", box=None, pad_edge=False)
    for gone in found.broken:
        question = " ".join(gone.question.split())[:80]
        table.add_row(gone.id, gone.broken.what, gone.broken.why, question)
    click.echo()
    open_console().print(table)
