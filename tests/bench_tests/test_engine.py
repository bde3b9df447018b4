"""The benchmark on a real engine runs, and its token counts are what the moves promise."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentcache.core.codec import convert, decode_json_object
from support.hosts import host_environment

SCRIPT = Path(__file__).parent.parent / "bench/engine.py"

pytestmark = [pytest.mark.hosts, pytest.mark.xdist_group("engine")]


def test_both_orders_are_measured_as_sent_and_repaired() -> None:
    try:
        host_environment("engine")
    except RuntimeError as error:
        pytest.skip(str(error))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = decode_json_object(done.stdout)
    shares = convert(found["figures"], dict[str, float])
    rows = convert(found["comparisons"], list[dict[str, object]])
    sides = [
        f"{order}, all three, {side}"
        for order in ("system first", "tools first")
        for side in ("as sent", "repaired")
    ]
    assert [row["name"] for row in rows] == [f"first byte, {side}" for side in sides]
    for order in ("system first", "tools first"):
        assert shares[f"{order}, all three, as sent: cached, %"] <= 5
        assert shares[f"{order}, all three, repaired: cached, %"] >= 94
