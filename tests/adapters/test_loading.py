"""What `agentcache run` tells the programs below it of adapters."""

import sys
from pathlib import Path

import pytest

from support.server import run_cli


@pytest.mark.parametrize(("option", "told"), [("--quiet", "1"), ("--observe", "0"), ("--off", "0")])
def test_loops_are_adapted_only_where_answers_are_served(
    tmp_path: Path, option: str, told: str
) -> None:
    look = "import os; print(os.environ['AGENTCACHE_ADAPTERS'])"
    done = run_cli(tmp_path, "run", option, "--", sys.executable, "-c", look)
    run_cli(tmp_path, "stop")
    assert done.stdout.strip() == told
