"""The benchmarks run and say what they promise; how fast anything is, no test asserts."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentcache.core.codec import convert, decode_json_object

BENCHMARKS = Path(__file__).parent.parent / "bench"
KEYS = {
    "name",
    "baseline",
    "samples",
    "p50_ms",
    "p99_ms",
    "baseline_p50_ms",
    "baseline_p99_ms",
    "added_p50_ms",
    "ratio_p50",
}


@pytest.mark.parametrize(
    ("script", "measured", "figures"),
    [
        (
            "proxy.py",
            {
                *(
                    f"first byte, {load}, {size}"
                    for load in ("1 stream", "8 streams", "8 at once")
                    for size in ("30 KB", "300 KB")
                ),
                "whole stream of 4000 events at once",
            },
            set(),
        ),
        (
            "lookup.py",
            {
                f"{how}, {what}"
                for how in ("lookup in process", "hit through the server")
                for what in ("30 files", "30 files, 1 search")
            },
            set(),
        ),
        (
            "start.py",
            {
                "run -- true, server warm",
                "run -- true, no server yet",
                "python -c '', for orientation",
            },
            {"resident memory of the idle server, MB"},
        ),
        (
            "tools.py",
            {
                *(
                    f"{what}, {how}"
                    for what in ("miss", "hit")
                    for how in ("a declared file", "through a Look")
                ),
                "hit, asynchronous",
                "miss, asynchronous",
            },
            set(),
        ),
        (
            "scale.py",
            {
                f"{what}, 300 entries"
                for what in ("exact", "canonical", "agreeing", "keep", "30 stats", "numpy scan")
            },
            {
                "300 entries: memory for each that was hit, bytes",
                "300 entries: on disk for each beyond its value, bytes",
            },
        ),
    ],
    ids=["proxy", "lookup", "start", "tools", "scale"],
)
def test_a_benchmark_compares_what_it_measures_with_a_baseline(
    script: str, measured: set[str], figures: set[str]
) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), "--quick", "--json"],
        cwd=BENCHMARKS.parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = decode_json_object(done.stdout)
    comparisons = convert(found["comparisons"], list[dict[str, object]])
    names = {str(row["name"]) for row in comparisons}
    peers = {name for name in names if name.startswith(("mneme-cache", "qdrant-client"))}
    assert names - peers == measured
    for row in comparisons:
        assert row.keys() == KEYS
        numbers = [value for value in row.values() if not isinstance(value, str)]
        assert all(isinstance(value, int | float) for value in numbers)
    assert convert(found["figures"], dict[str, float]).keys() == figures


def test_without_json_a_table_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "start.py"), "--quick"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ratio p50" in done.stdout
    assert "run -- true, server warm" in done.stdout
