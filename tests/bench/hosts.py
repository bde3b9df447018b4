"""Sessions of real hosts behind the real server, as they send and repaired.

For each: the share of the prompts' bytes that is equal to the request before, the share of tokens
that the provider reads by its rules (as simulated over what arrived), and the cost of the input in
units of a plain token; then by how much the prompts grew. `--quick`: only the hosts of our own.
"""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.codec import JsonObject, encode_json
from support.host_sessions import Session, play_twice
from support.measuring import read_options
from support.prefix_measures import Measured, measure
from support.session_plans import SESSIONS


def row(session: Session) -> JsonObject:
    """The numbers of a session, played twice."""
    with tempfile.TemporaryDirectory() as place:
        played = play_twice(session, Path(place))
    before, after = (measure(one.requests, url=session.url) for one in played)
    return {
        "session": session.name,
        "as sent": _figures(before),
        "repaired": _figures(after),
        "growth": after.size / before.size - 1,
    }


def _figures(found: Measured) -> JsonObject:
    return {"share": found.share, "read": found.read, "cost": found.cost, "reach": found.reach}


def _shown(figures: object) -> str:
    assert isinstance(figures, dict)  # it was just made
    return f"{figures['share']:.1%} / {figures['read']:.1%} / {figures['cost']:,.0f}"


def main() -> None:
    """Play, measure and print."""
    options = read_options(__doc__)
    chosen = [one for one in SESSIONS.values() if not (options.quick and one.environment)]
    rows = [row(session) for session in chosen]
    if options.as_json:
        sys.stdout.write(encode_json({"benchmark": "hosts", "rows": rows}).decode() + "\n")
        return
    table = Table(title="Equal to the request before / read from the cache / input cost")
    for name in ("session", "as sent", "repaired", "growth"):
        table.add_column(name)
    for found in rows:
        shown = (_shown(found["as sent"]), _shown(found["repaired"]))
        table.add_row(str(found["session"]), *shown, f"{found['growth']:.1%}")
    Console(width=None if sys.stdout.isatty() else 150).print(table)


if __name__ == "__main__":
    main()
