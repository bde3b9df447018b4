"""The linter's words."""

from agentcache.core.values import WireName
from agentcache.prefix.moves import Move
from agentcache.prefix.prompt import Level
from agentcache.prefix.verdict import Verdict, move_for, reason_for, repair_for


def test_every_verdict_has_a_repair_and_a_reason_at_every_level() -> None:
    for verdict in Verdict:
        for level in Level:
            assert repair_for(verdict, level)
            for wire in WireName:
                assert reason_for(wire, verdict, level).endswith(("_changed", "_compacted"))


def test_a_repair_names_the_move_that_does_it_where_one_does() -> None:
    for verdict in Verdict:
        for level in Level:
            move = move_for(verdict, level)
            assert move is None or repair_for(verdict, level).count(f"the move {move.value!r}") == 1
    assert move_for(Verdict.VOLATILE, Level.SYSTEM) is Move.FREEZE
    assert move_for(Verdict.VOLATILE, Level.TOOLS) is None


def test_a_repair_says_which_changes_freeze_does_not_know() -> None:
    assert "where a host labels it" in repair_for(Verdict.VOLATILE, Level.SYSTEM)
    assert "where" not in repair_for(Verdict.TOOL_ORDER, Level.TOOLS)
