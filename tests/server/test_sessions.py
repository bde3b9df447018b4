"""A session lives as long as its `run`, and then as long as something uses it."""

import pytest

from agentcache.core.session import Mode, Replay
from agentcache.server.network import Network
from agentcache.server.sessions import ALIVE_FOR, Sessions
from agentcache.server.spec import SessionSpec

LINGER = 100.0
SPEC = SessionSpec("/", "tenant", Mode.ON, Replay.SAFE, 60.0, Network())


@pytest.fixture
def sessions() -> Sessions:
    made = Sessions(linger=LINGER)
    made.begin("token", SPEC, now=0.0)
    return made


def is_found_after_another_began(sessions: Sessions, *, now: float) -> bool:
    sessions.begin("other", SPEC, now=now)
    return sessions.find("token") is not None


def test_one_whose_run_goes_on_is_never_forgotten(sessions: Sessions) -> None:
    assert is_found_after_another_began(sessions, now=9 * LINGER)


def test_one_whose_run_ended_is_forgotten_when_nothing_used_it_for_long(sessions: Sessions) -> None:
    sessions.end("token", now=1.0)
    assert is_found_after_another_began(sessions, now=LINGER)
    assert not is_found_after_another_began(sessions, now=1.0 + LINGER)


def test_every_use_of_one_whose_run_ended_lets_it_live_on(sessions: Sessions) -> None:
    sessions.end("token", now=1.0)
    assert sessions.use("token", now=LINGER) is not None
    assert is_found_after_another_began(sessions, now=2 * LINGER - 1)
    assert not is_found_after_another_began(sessions, now=2 * LINGER)


def test_one_whose_run_ended_counts_only_when_something_used_it_since(sessions: Sessions) -> None:
    sessions.use("token", now=1.0)
    sessions.end("token", now=2.0)
    assert len(sessions) == 0
    sessions.use("token", now=3.0)
    assert len(sessions) == 1


def test_one_whose_run_ended_keeps_no_idle_server(sessions: Sessions) -> None:
    assert sessions.is_any_alive(ALIVE_FOR - 1)
    sessions.end("token", now=1.0)
    assert not sessions.is_any_alive(1.0)


def test_one_that_registers_again_has_not_ended(sessions: Sessions) -> None:
    sessions.end("token", now=1.0)
    sessions.begin("token", SPEC, now=2.0)
    assert is_found_after_another_began(sessions, now=9 * LINGER)


def test_no_session_is_nobodys(sessions: Sessions) -> None:
    assert sessions.use("unknown", now=1.0) is None
    sessions.end("unknown", now=1.0)
    assert sessions.find("unknown") is None
