import os
import sys
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from oracle.asking import Counts, StaleError
from oracle.broken import BLIND_WHATEVER_THE_TIME, BROKEN
from oracle.machine import machine
from oracle.playing import EPISODE, Playground, play_episode
from oracle.questions import FILES
from oracle.rules import ABOUT_REFS, ABOUT_RUNS, ABOUT_TIMES, RULES, Rule
from oracle.world import MakeObserver, make_observer

STEPS = int(os.environ.get("AGENTCACHE_ORACLE_STEPS", "20000"))
FIRST_SEED = int(os.environ.get("AGENTCACHE_ORACLE_SEED", "20260000"))
FOUND_WITHIN = 16
"""Episodes of 300 steps in which every broken observer must be found out."""


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    ground = Playground()
    yield ground
    ground.close()


@pytest.mark.timeout(0)
def test_no_answer_that_is_served_differs_from_one_worked_out_from_the_disk(
    playground: Playground,
) -> None:
    counts = Counts()
    for seed in range(FIRST_SEED, FIRST_SEED + max(STEPS // EPISODE, 1)):
        stale = play_episode(playground, seed, counts=counts)
        assert stale is None, str(stale)
    of = counts.of
    assert of["hits"] > 0.25 * of["asks"], of
    assert of["decisions"] > 0.03 * of["asks"], of
    assert counts.over_invalidation < 1.2, of


@pytest.mark.timeout(0)
def test_no_interleaving_that_hypothesis_finds_serves_a_stale_answer(
    playground: Playground,
) -> None:
    run_state_machine_as_test(
        machine(playground, Counts()),
        settings=settings(
            max_examples=max(STEPS // 300, 1),
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _is_found_out(observer: MakeObserver, rules: Sequence[Rule] = RULES) -> bool:
    ground = Playground(observer=observer, shrinking_s=0.0)
    try:
        for seed in range(FOUND_WITHIN):
            if play_episode(ground, seed, counts=Counts(), steps=300, rules=rules) is not None:
                return True
    finally:
        ground.close()
    return False


@pytest.mark.parametrize("name", list(BROKEN))
def test_an_observer_that_is_wrong_is_found_out(name: str) -> None:
    rules = {"ignores refs": ABOUT_REFS, "takes a run for a moment": ABOUT_RUNS}.get(name, RULES)
    assert _is_found_out(BROKEN[name], rules)


def test_an_identity_of_files_without_ctime_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_ctime(found: os.stat_result) -> tuple[int, int, int, int, int, int]:
        return (found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, 0)

    for module in list(sys.modules.values()):
        if module.__name__.startswith("agentcache.repo.") and hasattr(module, "identity_of"):
            monkeypatch.setattr(module, "identity_of", without_ctime)
    assert _is_found_out(make_observer, ABOUT_TIMES)


def test_hypothesis_finds_a_blind_observer_in_three_steps() -> None:
    ground = Playground(observer=BLIND_WHATEVER_THE_TIME)
    ask: dict[str, Sequence[str | int]] = {
        "host": ("claude",), "question": (8, 9), "tree": (0,)
    }  # fmt: skip
    edit: dict[str, Sequence[str | int]] = {
        "how": ("write", "touch"), "file": FILES[:1], "number": (0, 4), "tree": (0,)
    }  # fmt: skip
    rules = (Rule("ask", 1, ask), Rule("edit", 1, edit), Rule("wait", 1))
    try:
        with pytest.raises(StaleError) as found:
            run_state_machine_as_test(
                machine(ground, Counts(), rules),
                settings=settings(
                    max_examples=200,
                    stateful_step_count=8,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate, Phase.shrink),
                    derandomize=True,
                    suppress_health_check=list(HealthCheck),
                ),
            )
    finally:
        ground.close()
    steps = [line for line in "\n".join(found.value.__notes__).splitlines() if "state." in line]
    assert [line.partition("(")[0] for line in steps] == [
        "state.begin", "state.ask", "state.edit", "state.ask", "state.teardown",
    ]  # fmt: skip
