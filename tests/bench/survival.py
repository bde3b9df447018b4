"""How many answers are still alive 1, 5 and 20 commits later, and whether any of them is stale.

Over the history (first parents) of each repository given, or of this project and a generated one:
at commits spread over it, an executable answerer answers questions with an agent's reading tools
(numbered searches and reads, and searches without numbers, as shells print them). Later each
answer is judged at the commits 1, 5 and 20 further on, from git's objects alone, by

- commit keys: alive while the commit is the same;
- file keys: alive while every file that was shown or found has its content (no search is run
  again, so a new file that would match goes unseen);
- ours: `CommitView.verify` of the evidence;
- the oracle: every use of a tool, run again, prints the same text. A line that moved counts
  where the tool had printed its number, and does not where it had not. Nothing that serves the
  text that tools printed can keep more without the risk of being wrong.

`over`: what ours drops for each answer that the oracle drops. `stale`: alive, although the answer,
computed again, is another: must be 0. `beyond`: alive, although the oracle says dead.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.codec import JsonObject, encode_json
from agentcache.core.evidence import Evidence, Look, Observation
from agentcache.repo.commit import CommitView
from agentcache.repo.objects import Blobs
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.answering import Question, Tools, Use, files_at, questions_on
from support.histories import make_history

DISTANCES = (1, 5, 20)
METHODS = ("commit keys", "file keys", "ours", "oracle")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: commits that are begun at, questions at each, commits looked back."""

    starts: int
    questions: int
    span: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and everything that a method may judge it by."""

    question: Question
    answer: str
    uses: tuple[Use, ...]
    evidence: Evidence
    files: tuple[tuple[str, bytes | None], ...]


@dataclass(slots=True)
class Tally:
    """What became of the answers of one repository at one distance."""

    answers: int = 0
    alive: Counter[str] = field(default_factory=Counter)
    stale: Counter[str] = field(default_factory=Counter)
    beyond: int = 0
    coarse: Counter[str] = field(default_factory=Counter)
    listed: list[str] = field(default_factory=list)

    def share(self, method: str) -> float:
        """Percent alive."""
        return 100 * self.alive[method] / max(self.answers, 1)

    @property
    def of_oracle(self) -> float:
        """Percent of what the oracle keeps that ours keeps too."""
        return 100 * self.alive["ours"] / max(self.alive["oracle"], 1)

    @property
    def over(self) -> float:
        """Answers that ours drops for each one that the oracle drops."""
        return (self.answers - self.alive["ours"]) / max(self.answers - self.alive["oracle"], 1)

    def add(self, other: "Tally") -> None:
        """Count what `other` counted."""
        self.answers += other.answers
        self.beyond += other.beyond
        for mine, more in (
            (self.alive, other.alive), (self.stale, other.stale), (self.coarse, other.coarse)
        ):  # fmt: skip
            mine.update(more)

    def to_json(self) -> JsonObject:
        """Counts, and the ratios made of them."""
        return {
            "answers": self.answers,
            "alive": {method: self.alive[method] for method in METHODS},
            "alive_percent": {method: self.share(method) for method in METHODS},
            "of_oracle_percent": self.of_oracle,
            "over_invalidation": self.over,
            "stale": {method: self.stale[method] for method in METHODS},
            "beyond": self.beyond,
            "too_coarse": dict(self.coarse),
        }


class Moment:
    """One commit: its files, and the view of it that verifies evidence."""

    def __init__(self, tree: WorkTree, commit: str) -> None:
        self.blobs = Blobs(tree)
        self.files = files_at(tree, commit, self.blobs)
        self.view = CommitView(tree, commit, observer=Observer(clock_ns=time.time_ns))

    def close(self) -> None:
        """Let git's processes go."""
        self.blobs.close()
        self.view.close()


def ask(moment: Moment, question: Question) -> Kept:
    """Answer a question at one commit, with the evidence for it."""
    tools = Tools(moment.files)
    answer = question.answer(tools)
    looks: dict[Look, None] = dict.fromkeys(use.look for use in tools.uses)
    shown = dict.fromkeys(path for use in tools.uses for path in use.found)
    return Kept(
        question,
        answer,
        tuple(tools.uses),
        tuple(Observation(look, moment.view.digest(look)) for look in looks),
        tuple((path, moment.files.get(path)) for path in shown),
    )


def judge(kept: Kept, later: Moment, tally: Tally) -> None:
    """Count what each method makes of an answer at a later commit."""
    tools = Tools(later.files)
    broken = later.view.verify(kept.evidence)
    alive = {
        "commit keys": False,
        "file keys": all(later.files.get(path) == content for path, content in kept.files),
        "ours": broken is None,
        "oracle": all(use.again(tools) == use.printed for use in kept.uses),
    }
    is_same = kept.question.answer(Tools(later.files)) == kept.answer
    tally.answers += 1
    for method in METHODS:
        tally.alive[method] += alive[method]
        tally.stale[method] += alive[method] and not is_same
    tally.beyond += alive["ours"] and not alive["oracle"]
    if alive["ours"] and not is_same:
        tally.listed.append(f"{kept.question} at {later.view.commit}")
    if broken is not None and alive["oracle"]:
        style = "numbered" if kept.question.numbered else "unnumbered"
        kind = type(broken.observation.look).__name__
        tally.coarse[f"{kept.question.kind}, {style}: {kind}"] += 1


def measure(tree: WorkTree, size: Size) -> dict[int, Tally]:
    """The tallies of one repository by distance."""
    listed = tree.git("rev-list", "--first-parent", f"--max-count={size.span}", "HEAD")
    commits = listed.decode().split()[::-1]
    tallies = {distance: Tally() for distance in DISTANCES}
    last = len(commits) - 1 - max(DISTANCES)
    if last < 0:
        return {}
    starts = sorted({round(last * place / max(size.starts - 1, 1)) for place in range(size.starts)})
    for start in starts:
        moment = Moment(tree, commits[start])
        asked = questions_on(moment.files, size.questions, seed=start)
        answers = [ask(moment, question) for question in asked]
        moment.close()
        for distance, tally in tallies.items():
            later = Moment(tree, commits[start + distance])
            for kept in answers:
                judge(kept, later, tally)
            later.close()
    return tallies


def tree_at(path: Path) -> WorkTree:
    """The work tree at `path`, or a git directory without one in its place."""
    if (path / "HEAD").exists() and (path / "objects").exists():
        return WorkTree(path, path, path)
    tree = WorkTree.find(path)
    if tree is None:
        raise SystemExit(f"{str(path)!r} is no git repository")
    return tree


def repositories(given: Sequence[Path], size: Size) -> Iterator[tuple[str, dict[int, Tally]]]:
    """The tallies of each repository, by its name; those with too short a history are left out."""
    for path in given:
        name = path.parent.name if path.name == "repo" else path.name
        yield name, measure(tree_at(path.resolve()), size)
    if given:
        return
    own = WorkTree.find(Path(__file__))
    if own is not None:
        yield "this project", measure(own, size)
    with tempfile.TemporaryDirectory() as place:
        history = make_history(Path(place) / "generated", commits=min(size.span, 80))
        yield "generated", measure(tree_at(history.root), size)


def table(found: dict[str, dict[int, Tally]]) -> Table:
    """One row for each repository and distance."""
    shown = Table(title="Answers alive after some commits (%)")
    for heading in ("repository", "commits", "answers", *METHODS, "ours of oracle", "over"):
        shown.add_column(heading, justify="left" if heading == "repository" else "right")
    for heading in ("stale", "stale file keys", "beyond"):
        shown.add_column(heading, justify="right")
    for name, tallies in found.items():
        for distance, tally in tallies.items():
            shares = [f"{tally.share(method):.1f}" for method in METHODS]
            ratios = [f"{tally.of_oracle:.1f}", f"{tally.over:.2f}x"]
            counts = [tally.stale["ours"], tally.stale["file keys"], tally.beyond]
            shown.add_row(
                name, str(distance), str(tally.answers), *shares, *ratios, *map(str, counts)
            )
    return shown


def plot(tallies: dict[int, Tally], path: Path) -> None:
    """Survival over distance, all repositories together, as the file's ending says."""
    import matplotlib as mpl  # noqa: PLC0415  # only here, and slow

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # as above

    figure, axes = plt.subplots(figsize=(7, 4.5))
    for method in METHODS:
        shares = [100.0, *(tallies[distance].share(method) for distance in DISTANCES)]
        axes.plot([0, *DISTANCES], shares, marker="o", label=method)
    axes.set_xlabel("commits later")
    axes.set_ylabel("answers alive (%)")
    axes.set_ylim(-3, 103)
    axes.set_xticks([0, *DISTANCES])
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("repositories", nargs="*", type=Path, help="work trees or git directories")
    parser.add_argument("--quick", action="store_true", help="few answers, below 20 seconds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--plot", type=Path, help="write a picture (.png or .svg)")
    parser.add_argument("--starts", type=int, help="commits at which answers are made")
    told = parser.parse_args()
    size = Size(3, 15, 60) if told.quick else Size(20, 40, 1500)
    size = Size(told.starts or size.starts, size.questions, size.span)
    found = {name: tallies for name, tallies in repositories(told.repositories, size) if tallies}
    total = {distance: Tally() for distance in DISTANCES}
    for tallies in found.values():
        for distance, tally in tallies.items():
            total[distance].add(tally)
    rows = found | {"all": total}
    if told.plot:
        plot(total, told.plot)
    if told.json:
        as_json: JsonObject = {
            name: {str(distance): tally.to_json() for distance, tally in tallies.items()}
            for name, tallies in rows.items()
        }
        sys.stdout.write(encode_json(as_json).decode() + "\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table(rows))
    furthest = total[max(DISTANCES)]
    console.print(
        f"at {max(DISTANCES)} commits ours keeps {furthest.of_oracle:.1f}% of what the "
        f"oracle keeps (goal: 90%) and drops {furthest.over:.2f}x what it drops (goal: 1.1x)"
    )
    for name, tallies in found.items():
        for tally in tallies.values():
            for line in tally.listed:
                console.print(f"stale in {name}: {line}", markup=False)
    for what, count in furthest.coarse.most_common():
        console.print(f"alive to the oracle only: {what}: {count}", markup=False)


if __name__ == "__main__":
    main()
