"""What repairing a prefix gives on llama.cpp's own server, in tokens as that server counts them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from agentcache.core.values import WireName
from agentcache.prefix.moves import ALL_MOVES
from support.engine import Counted, Order, cached_share, drive, live_engine, make_model
from support.server import LiveServer, live_server
from support.unstable import TURNS, Disturbance, bodies, corpus

pytestmark = [pytest.mark.hosts, pytest.mark.xdist_group("engine")]

WIRES = (WireName.ANTHROPIC, WireName.OPENAI_CHAT)
REPAIRED = 94.0
"""Percent of the prompts of turns 2 to 8 that the engine must have cached."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A server, and the URL of an engine for each order."""

    server: LiveServer
    engines: dict[Order, str]

    def as_sent(
        self, order: Order, wire: WireName, disturbance: Disturbance, *, turns: int = TURNS
    ) -> list[Counted]:
        sent = bodies(wire, disturbance, turns=turns)
        return list(drive(self.server, self.engines[order], sent, moves=()))

    def repaired(self, order: Order, wire: WireName, disturbance: Disturbance) -> list[Counted]:
        sent = bodies(wire, disturbance)
        return list(drive(self.server, self.engines[order], sent, moves=ALL_MOVES))


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    place = tmp_path_factory.mktemp("engine")
    model = make_model(place, corpus())
    with ExitStack() as stack:
        engines = {order: stack.enter_context(live_engine(model, order)) for order in Order}
        yield Setting(stack.enter_context(live_server(place / "home")), engines)


@pytest.mark.parametrize("disturbance", [*Disturbance][1:])
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("order", Order)
def test_a_repaired_session_reads_nearly_all_of_its_prompts_from_the_engines_cache(
    setting: Setting, order: Order, wire: WireName, disturbance: Disturbance
) -> None:
    counted = setting.repaired(order, wire, disturbance)
    assert len(counted) == TURNS
    assert cached_share(counted) >= REPAIRED


@pytest.mark.parametrize(
    ("order", "wire", "disturbance", "most"),
    [
        (Order.SYSTEM_FIRST, WireName.OPENAI_CHAT, Disturbance.TIMESTAMP, 5),
        (Order.SYSTEM_FIRST, WireName.ANTHROPIC, Disturbance.SHUFFLED, 60),
        (Order.SYSTEM_FIRST, WireName.OPENAI_CHAT, Disturbance.GIT, 30),
        (Order.SYSTEM_FIRST, WireName.ANTHROPIC, Disturbance.ALL, 5),
        (Order.TOOLS_FIRST, WireName.OPENAI_CHAT, Disturbance.TIMESTAMP, 45),
        (Order.TOOLS_FIRST, WireName.ANTHROPIC, Disturbance.SHUFFLED, 5),
        (Order.TOOLS_FIRST, WireName.OPENAI_CHAT, Disturbance.GIT, 70),
        (Order.TOOLS_FIRST, WireName.ANTHROPIC, Disturbance.ALL, 5),
    ],
)
def test_as_sent_the_engine_reads_no_more_than_stands_before_what_changed(
    setting: Setting, order: Order, wire: WireName, disturbance: Disturbance, most: float
) -> None:
    # Three turns tell it; each of them is read anew, which takes long.
    counted = setting.as_sent(order, wire, disturbance, turns=3)
    assert cached_share(counted) <= most


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("order", Order)
def test_a_stable_session_is_read_alike_with_the_moves_and_without(
    setting: Setting, order: Order, wire: WireName
) -> None:
    def later(counted: list[Counted]) -> list[tuple[int, int]]:
        return [(one.prompt, one.cached) for one in counted[1:]]

    as_sent = setting.as_sent(order, wire, Disturbance.NONE)
    assert later(as_sent) == later(setting.repaired(order, wire, Disturbance.NONE))
    assert cached_share(as_sent) >= REPAIRED


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_that_is_sent_again_is_the_same_prompt_to_the_engine(
    setting: Setting, wire: WireName
) -> None:
    twice = [sent for body in bodies(wire, Disturbance.ALL, turns=3) for sent in (body, body)]
    engine = setting.engines[Order.SYSTEM_FIRST]
    counted = list(drive(setting.server, engine, twice, moves=ALL_MOVES))
    for first, again in zip(counted[::2], counted[1::2], strict=True):
        assert (again.prompt, again.cached) == (first.prompt, first.prompt - 1)
