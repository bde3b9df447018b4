"""What the moves read back of nine disturbances, by the provider's rules as simulated."""

import pytest

from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import Simulation, read_policy, simulate
from support.disturbances import Disturbance, Marks, make_bodies, make_recording

# The share that could be read, as measured before any of this was built.
REACHABLE = {
    Disturbance.NONE: 0.888,
    Disturbance.TOOL_ORDER: 0.888,
    Disturbance.KEY_ORDER: 0.888,
    Disturbance.TIMESTAMP: 0.887,
    Disturbance.DATE: 0.887,
    Disturbance.LATE_TOOL: 0.840,
    Disturbance.PARALLEL: 0.874,
    Disturbance.BLOCKS: 0.885,
    Disturbance.FOUR_MARKS: 0.888,
}


def simulated(disturbance: Disturbance, marks: Marks, policy: str) -> Simulation:
    recording = make_recording(make_bodies(disturbance, marks))
    return simulate(recording, read_policy(policy), load_rules(None))


@pytest.mark.parametrize("disturbance", Disturbance)
@pytest.mark.parametrize("marks", Marks)
def test_the_moves_read_what_is_reachable(disturbance: Disturbance, marks: Marks) -> None:
    repaired = simulated(disturbance, marks, "all")
    assert round(repaired.read_share, 3) >= REACHABLE[disturbance]


@pytest.mark.parametrize("disturbance", Disturbance)
@pytest.mark.parametrize("marks", Marks)
def test_the_moves_never_cost_more_than_what_was_sent(
    disturbance: Disturbance, marks: Marks
) -> None:
    sent, repaired = (simulated(disturbance, marks, policy) for policy in ("as-sent", "all"))
    assert repaired.cost <= sent.cost
    assert repaired.charge.read >= sent.charge.read


@pytest.mark.parametrize("disturbance", [Disturbance.NONE, Disturbance.FOUR_MARKS])
def test_what_needs_no_repair_is_sent_as_it_came(disturbance: Disturbance) -> None:
    calls = simulated(disturbance, Marks.HAND, "all").calls
    assert all(not call.moves for call in calls)
