"""Samples compared with a baseline of the same run, as a table or as JSON; asserts nothing."""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table

from agentcache.core.codec import JsonObject, encode_json


@dataclass(frozen=True, slots=True)
class Options:
    """What a benchmark was told: `quick` for a tenth of the samples, `as_json` for machines."""

    quick: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Samples in milliseconds beside samples of a baseline, taken in turns in one run."""

    name: str
    samples: Sequence[float]
    baseline: str
    baseline_samples: Sequence[float]

    def to_json(self) -> JsonObject:
        """Medians, 99th percentiles, and how the medians differ."""
        p50, base = median(self.samples), median(self.baseline_samples)
        return {
            "name": self.name,
            "baseline": self.baseline,
            "samples": len(self.samples),
            "p50_ms": p50,
            "p99_ms": percentile(self.samples, 0.99),
            "baseline_p50_ms": base,
            "baseline_p99_ms": percentile(self.baseline_samples, 0.99),
            "added_p50_ms": p50 - base,
            "ratio_p50": p50 / base,
        }


@dataclass(slots=True)
class Report:
    """What a benchmark found. `figures`: single numbers that have no baseline, by name and unit."""

    title: str
    comparisons: list[Comparison] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    def show(self, options: Options) -> None:
        """Print it."""
        rows = [comparison.to_json() for comparison in self.comparisons]
        if options.as_json:
            found: JsonObject = {
                "benchmark": self.title,
                "comparisons": list(rows),
                "figures": dict(self.figures),
            }
            sys.stdout.write(encode_json(found).decode() + "\n")
            return
        console = Console(width=None if sys.stdout.isatty() else 150)
        console.print(_table(self.title, rows))
        for name, value in self.figures.items():
            console.print(f"{name}: {value:.1f}")


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all samples do not exceed."""
    return sorted(samples)[max(math.ceil(len(samples) * share) - 1, 0)]


def read_options(description: str | None, arguments: Sequence[str] | None = None) -> Options:
    """The options of a benchmark's command line."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few samples, below 10 seconds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    told = parser.parse_args(arguments)
    return Options(quick=told.quick, as_json=told.json)


_COLUMNS = {
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "baseline_p50_ms": "base p50",
    "baseline_p99_ms": "base p99",
    "added_p50_ms": "added p50",
    "ratio_p50": "ratio p50",
}


def _table(title: str, rows: Sequence[Mapping[str, object]]) -> Table:
    table = Table(title=title)
    for heading in ("measured", "baseline"):
        table.add_column(heading)
    for heading in ("samples", *_COLUMNS.values()):
        table.add_column(heading, justify="right")
    for row in rows:
        numbers = [f"{row[key]:.2f}" for key in _COLUMNS]
        table.add_row(str(row["name"]), str(row["baseline"]), str(row["samples"]), *numbers)
    return table
