"""What `agentcache run -- true` costs to start and end, and what its idle server holds in memory.

Measured: the whole command with a server that runs already (warm), and with none, which it then
starts (cold). Baseline: plain `true`, and as the floor of everything written in Python an
interpreter that does nothing, all started in the same way and in turns.
Goals of the design: 0.3 s warm, 1.5 s cold, below 120 MB resident.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.server.client import ensure_server
from support.measuring import Comparison, Report, read_options
from support.server import LiveServer, live_server, places_of, plain_environment

_TRUE = ("true",)
_EMPTY = (sys.executable, "-c", "")
_RUN = (sys.executable, "-m", "agentcache", "run", "--quiet", "--", "true")


def _time(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Milliseconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, env=dict(environment), stdin=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} says nothing of its memory")


def _warm(home: Path, repeats: int, report: Report) -> None:
    environment = plain_environment(AGENTCACHE_HOME=str(home))
    plain, empty, run = list[float](), list[float](), list[float]()
    with live_server(home) as server:
        for _ in range(repeats):
            plain.append(_time(_TRUE, environment))
            empty.append(_time(_EMPTY, environment))
            run.append(_time(_RUN, environment))
        resident = _resident_mb(server.owner.pid)
    report.comparisons.append(Comparison("run -- true, server warm", run, "true", plain))
    report.comparisons.append(Comparison("python -c '', for orientation", empty, "true", plain))
    report.figures["resident memory of the idle server, MB"] = resident


def _cold(directory: Path, repeats: int, report: Report) -> None:
    plain, run = list[float](), list[float]()
    for number in range(repeats):
        home = directory / f"cold{number}"
        environment = plain_environment(AGENTCACHE_HOME=str(home))
        plain.append(_time(_TRUE, environment))
        run.append(_time(_RUN, environment))
        places = places_of(home)
        LiveServer(places, ensure_server(places)).stop()
    report.comparisons.append(Comparison("run -- true, no server yet", run, "true", plain))


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    report = Report("Starting an agent behind the cache (ms)")
    with tempfile.TemporaryDirectory() as directory:
        _warm(Path(directory) / "warm", 5 if options.quick else 50, report)
        _cold(Path(directory), 2 if options.quick else 15, report)
    report.show(options)


if __name__ == "__main__":
    main()
