"""The rules as a Hypothesis state machine, which shrinks what fails to the steps that matter."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from oracle.asking import Counts
from oracle.playing import Playground
from oracle.rules import RULES, Rule
from oracle.world import Setting, Step, World

_COPIES = {"ask": 3, "edit": 3}
"""Hypothesis plays all rules equally often, so the common ones stand there more than once."""


def _played(each: Rule) -> Callable[..., None]:
    def play(self: "StalenessMachine", **values: str | int) -> None:
        self.world.apply(Step(each.name, values))

    play.__name__ = each.name  # which Hypothesis prints
    return play


class StalenessMachine(RuleBasedStateMachine):
    """Needs a `playground`, which a subclass gives it."""

    playground: Playground
    counts: Counts
    world: World

    @initialize(
        is_ahead=st.booleans(),
        on_disk=st.sampled_from([False, False, False, True]),  # making a store takes long
        capacity=st.sampled_from([50_000, 20]),
    )
    def begin(self, *, is_ahead: bool, on_disk: bool, capacity: int) -> None:
        """A fresh world."""
        self.world = self.playground.world(Setting(is_ahead, on_disk, capacity), self.counts)

    def teardown(self) -> None:
        """The world ends."""
        if hasattr(self, "world"):
            self.world.close()


def machine(
    playground: Playground, counts: Counts, rules: Sequence[Rule] = RULES
) -> type[StalenessMachine]:
    """The machine in `playground`, with a rule for every one of `rules` that can be repeated."""
    members: dict[str, Any] = {"playground": playground, "counts": counts}
    make_rule: Any = rule  # its types know no values by name
    for number, each in enumerate(rules):
        if "racing" in each.values.get("when", ()) or each.name == "ask_while_told":
            continue  # what threads do is not the same again
        values: dict[str, Any] = {
            name: st.sampled_from(choices) for name, choices in each.values.items()
        }
        for copy in range(_COPIES.get(each.name, 1)):
            members[f"{each.name}_{number}_{copy}"] = make_rule(**values)(_played(each))
    return type("Machine", (StalenessMachine,), members)
