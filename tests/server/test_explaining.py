"""Which Calls are explained when."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from agentcache.core.session import Session
from agentcache.core.values import WireName
from agentcache.pipeline import Received
from agentcache.prefix.rules import load_rules
from agentcache.server.explaining import MOST_UNWRITTEN, Explaining, Sent
from agentcache.server.network import Network
from agentcache.server.prefixes import Prefixes
from agentcache.server.sessions import LiveSession
from agentcache.server.states import States
from agentcache.store.ledger import Ledger
from agentcache.store.memory import MemoryStore

RECEIVED = Received(status=200, body=b"{}")
BODY = b'{"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello?"}]}'
SENT = Sent(WireName.ANTHROPIC, "http://upstream/v1/messages", BODY, BODY, "", {})


def live_session(name: str) -> LiveSession:
    return LiveSession(Session(name, "/", "tenant"), Network(), 0.0)


def test_the_end_of_a_session_waits_for_its_own_calls_alone() -> None:
    async def play() -> tuple[int, int]:
        states = States(None)
        prefixes = Prefixes(states=states, rules=load_rules(None), ledger=None, clock=lambda: 0.0)
        with ThreadPoolExecutor(1) as executor:
            explaining = Explaining(
                prefixes=prefixes, states=states, ledger=None, executor=executor
            )
            explaining.note_call()  # so that nothing is explained yet
            one, other = live_session("one"), live_session("other")
            for live in (other, one, other, one):
                await explaining.note_return(live, SENT, RECEIVED, event="e", times=(0.0, 0.0, 0.0))
            await explaining.settle(one)
            explained = len(one.blocks), len(other.blocks)
            await explaining.settle()
            assert other.blocks
            return explained

    assert asyncio.run(play()) == (1, 0)


def test_what_is_known_is_written_also_where_there_is_never_quiet(tmp_path: Path) -> None:
    async def play(ledger: Ledger, states: States) -> None:
        prefixes = Prefixes(states=states, rules=load_rules(None), ledger=ledger, clock=lambda: 0.0)
        live = live_session("busy")
        with ThreadPoolExecutor(1) as executor:
            explaining = Explaining(
                prefixes=prefixes, states=states, ledger=ledger, executor=executor
            )
            for _ in range(MOST_UNWRITTEN):
                prefixes.count(live, {"prefix:calls": 1})
                explaining.note_call()
                await explaining.note_return(live, SENT, RECEIVED, event="e", times=(0.0, 0.0, 0.0))
            assert ledger.counters() == {"prefix:calls": MOST_UNWRITTEN}
            assert States(store).load("name") == b"value"
            await explaining.settle()

    store = MemoryStore(clock=lambda: 0.0)
    states = States(store)
    states.save("name", b"value")
    ledger = Ledger(tmp_path / "ledger")
    try:
        asyncio.run(play(ledger, states))
    finally:
        ledger.close()
