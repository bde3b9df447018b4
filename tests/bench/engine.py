"""What an unstable prefix costs on llama.cpp's own server, and what the moves give back.

Measured: the time until the answer to turns 2 to 8 begins, of sessions whose host disturbs the
prompt in one way or in all, as sent and repaired; and as figures the share of these prompts that
the engine had cached, as it counts them. Both go through our server, as sent with no moves. The
chat template has the system prompt first (over OpenAI's wire) or the tools (over Anthropic's).
Baseline: the same session with nothing to disturb it, as sent. The three run turn by turn, each on
an engine of its own, so that a busy machine is busy for all of them.
The model is random, 4 layers wide 128; quick: one layer wide 32, 3 turns, one disturbance.
"""

import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.values import WireName
from agentcache.prefix.moves import ALL_MOVES
from support.engine import Counted, Order, cached_share, drive, live_engine, make_model
from support.measuring import Comparison, Report, read_options
from support.server import LiveServer, live_server
from support.unstable import TURNS, Disturbance, bodies, corpus

_WIRES = {Order.SYSTEM_FIRST: WireName.OPENAI_CHAT, Order.TOOLS_FIRST: WireName.ANTHROPIC}
_ORDERS = {Order.SYSTEM_FIRST: "system first", Order.TOOLS_FIRST: "tools first"}


def _first(counted: Iterable[Counted]) -> list[float]:
    """Milliseconds until the answers of all turns but the first began."""
    return [1000 * one.first for one in counted][1:]


def _measure(report: Report, server: LiveServer, model: Path, order: Order, *, quick: bool) -> None:
    disturbances = [Disturbance.ALL] if quick else [*Disturbance][1:]
    with ExitStack() as stack:
        engines = [stack.enter_context(live_engine(model, order)) for _ in range(3)]
        for disturbance in disturbances:
            plain, disturbed = (
                bodies(_WIRES[order], kind, turns=3 if quick else TURNS)
                for kind in (Disturbance.NONE, disturbance)
            )
            sessions = (
                drive(server, engines[0], plain, moves=()),
                drive(server, engines[1], disturbed, moves=()),
                drive(server, engines[2], disturbed, moves=ALL_MOVES),
            )
            stable, as_sent, repaired = zip(*zip(*sessions, strict=True), strict=True)
            report.figures[f"{_ORDERS[order]}, stable: cached, %"] = cached_share(stable)
            for side, counted in (("as sent", as_sent), ("repaired", repaired)):
                name = f"{_ORDERS[order]}, {disturbance}, {side}"
                report.figures[f"{name}: cached, %"] = cached_share(counted)
                report.comparisons.append(
                    Comparison(f"first byte, {name}", _first(counted), "stable", _first(stable))
                )


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    report = Report("A session on llama.cpp's server (ms)")
    with tempfile.TemporaryDirectory() as directory:
        layers, width = (1, 32) if options.quick else (4, 128)
        model = make_model(Path(directory), corpus(), layers=layers, width=width)
        with live_server(Path(directory) / "home") as server:
            for order in Order:
                _measure(report, server, model, order, quick=options.quick)
    report.show(options)


if __name__ == "__main__":
    main()
