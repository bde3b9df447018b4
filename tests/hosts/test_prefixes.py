"""Real hosts behind the real server, as they send and repaired: what a provider's cache reads."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from support.host_sessions import play_twice
from support.prefix_measures import measure, tools_called
from support.session_plans import SESSIONS

pytestmark = pytest.mark.breaks_prefix("each session is also sent as the host would send it")


@dataclass(frozen=True, slots=True)
class Floor:
    """What a repaired session reaches at least.

    `share`: of the prompts' bytes that are equal to the request before; `read`: of the tokens that
    are read from the cache; `cost`: at most, as a share of what the session costs as it is sent.
    """

    share: float
    read: float
    cost: float


FLOORS = {
    "nano-anthropic, 4 turns": Floor(0.882, 0.882, 0.237),
    "nano-anthropic, long": Floor(0.91, 0.91, 0.205),
    "nano-openai, long": Floor(0.91, 0.905, 0.62),
    "cheetahclaws-anthropic, 4 turns": Floor(0.9, 0.9, 0.82),
    "Aider, 63 KB of chat files, own marks": Floor(0.859, 0.78, 0.45),
    "Aider, 63 KB of chat files, no marks": Floor(0.859, 0.81, 0.31),
    "Aider, 63 KB of chat files, OpenAI": Floor(0.859, 0.85, 0.54),
}
EVERY_SESSION = [
    pytest.param(
        name,
        marks=[pytest.mark.hosts, pytest.mark.xdist_group(session.environment)]
        if session.environment
        else [],
    )
    for name, session in SESSIONS.items()
]


@pytest.mark.parametrize("name", EVERY_SESSION)
def test_a_repaired_session_does_the_same_and_is_read_from_the_cache(
    name: str, tmp_path: Path
) -> None:
    session, floor = SESSIONS[name], FLOORS[name]
    sent, repaired = play_twice(session, tmp_path)

    assert tools_called(repaired.requests) == tools_called(sent.requests)
    assert repaired.files == sent.files
    assert len(repaired.requests) == len(sent.requests)
    if session.environment != "aider":  # which shows its files anew behind the history
        assert repaired.breaks == ()
    before = measure(sent.requests, url=session.url)
    after = measure(repaired.requests, url=session.url)
    assert after.size <= 1.03 * before.size
    assert after.share >= max(before.share, floor.share)
    assert after.read >= max(before.read, floor.read)
    assert after.cost <= min(1, floor.cost) * before.cost
