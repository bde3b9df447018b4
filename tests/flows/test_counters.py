"""The counters add up, whatever happened: every request to a model is one hit or one miss."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject
from agentcache.core.session import Mode
from agentcache.core.values import Usage
from flows.conftest import FILES, researcher
from flows.wires import MESSAGES, RESPONSES, fresh, request_body
from support.agent import Agent, post
from support.agent import Answer as Asked
from support.provider import ScriptedProvider
from support.provider_values import Answer, ProviderRequest, overloaded
from support.repositories import Repo, make_repository
from support.server import LiveServer, Session, live_server

QUESTIONS = (
    "Where is RETRY_LIMIT defined?",
    "Find the definition of RETRY_LIMIT",
    "Where is RETRY_LIMIT used?",
    "Change RETRY_LIMIT to 9.",
)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[LiveServer]:
    """A server whose counters are this test's only."""
    with live_server(tmp_path / "home") as server:
        yield server


@dataclass
class Spending:
    """A model that researches, says what each reply cost, and fails when told to."""

    repository: Path
    is_failing: bool = False
    spent: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: ProviderRequest) -> Answer:
        """The next reply; its usage is never the same twice."""
        if self.is_failing:
            return overloaded()
        usage = Usage(1000 + request.number, request.number)
        self.spent["input_tokens"] += usage.input_tokens
        self.spent["output_tokens"] += usage.output_tokens
        return replace(researcher(self.repository)(request), usage=usage)


def total(group: Json) -> int:
    assert isinstance(group, dict)
    return sum(value for value in group.values() if isinstance(value, int))


def consistent(stats: JsonObject) -> None:
    assert stats["lookups"] == total(stats["hits"]) + total(stats["misses"])


def summed(summaries: list[JsonObject]) -> Counter[str]:
    found: Counter[str] = Counter()
    for summary in summaries:
        found.update({name: count for name, count in summary.items() if isinstance(count, int)})
    return found


@dataclass
class World:
    """Sessions of every mode on one server, and what should have been counted."""

    repository: Repo
    provider: ScriptedProvider
    model: Spending
    sessions: dict[Mode, Session]
    replies: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    not_counted: int = 0

    def act(self, chance: random.Random) -> None:
        """Do one thing at random."""
        match chance.randrange(6):
            case 0:
                self.repository.write(
                    "shop/settings.py", f"RETRY_LIMIT = {chance.randrange(3)}\nTIMEOUT = 30\n"
                )
            case 1:
                self.model.is_failing = not self.model.is_failing
            case 2:
                self._count(Mode.ON, [self._send(Mode.ON, chance.choice(["garbage", "replay"]))])
            case _:
                mode = chance.choice([Mode.ON, Mode.ON, Mode.ON, Mode.OBSERVE, Mode.OFF])
                base = self.sessions[mode].base(self.provider.url)
                asked = Agent(base, self.repository.root).ask(chance.choice(QUESTIONS))
                self._count(mode, _verdicts(asked))

    def _send(self, mode: Mode, kind: str) -> str:
        base = self.sessions[mode].base(self.provider.url)
        body = b"{" if kind == "garbage" else request_body(RESPONSES, "Note this.", temperature=0)
        reply = post(base + RESPONSES, body)
        return f"{reply.verdict}:{reply.reason}"

    def _count(self, mode: Mode, verdicts: list[str]) -> None:
        self.requests += len(verdicts)
        if mode is Mode.OFF:
            self.not_counted += len(verdicts)
            assert set(verdicts) == {"pass:off"}
        else:
            self.replies.update(verdicts)


def _verdicts(asked: Asked) -> list[str]:
    return [f"{reply.verdict}:{reply.reason}" for reply in asked.replies]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_the_counters_add_up(alone: LiveServer, tmp_path: Path, seed: int) -> None:
    repository = make_repository(tmp_path / "repository", dict(FILES))
    model = Spending(repository.root)
    with ScriptedProvider(model) as provider:
        sessions = {mode: alone.session(repository.root, mode=mode) for mode in Mode}
        world = World(repository, provider, model, sessions)
        chance = random.Random(seed)  # noqa: S311  not for secrets
        for _ in range(40):
            world.act(chance)
        ended = {mode: session.end() for mode, session in sessions.items()}
    stats = alone.stats()
    consistent(stats)
    counted = {f"{verdict}:{reason}": count
               for verdict, group in (("hit", stats["hits"]), ("miss", stats["misses"]))
               if isinstance(group, dict)
               for reason, count in group.items()}  # fmt: skip
    assert counted == dict(world.replies)
    sums = summed(list(ended.values()))
    assert sums["requests"] == world.requests
    assert sums["lookups"] == stats["lookups"]
    groups = (("hit", "hits"), ("miss", "misses"), ("kept", "kept"), ("saved", "saved"),
              ("asked", "asked"))  # fmt: skip
    for group, name in groups:
        assert {key.partition(":")[2]: value for key, value in sums.items()
                if key.startswith(f"{group}:")} == stats[name]  # fmt: skip
    assert stats["asked"]["calls"] == len(provider.calls) - world.not_counted  # type: ignore[index,call-overload]
    assert not [name for name in ended[Mode.OBSERVE] if name.startswith(("hit:", "saved:"))]
    assert ended[Mode.OBSERVE].get("kept:kept") is None
    assert set(ended[Mode.OFF]) == {"session", "requests"}


def test_what_a_hit_saved_is_what_its_run_cost(alone: LiveServer, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", dict(FILES))
    model = Spending(repository.root)
    with ScriptedProvider(model) as provider:
        session = alone.session(repository.root)
        agent = Agent(session.base(provider.url), repository.root)
        agent.ask(QUESTIONS[0])
        cost, calls = Counter(model.spent), len(provider.calls)
        decided = 1001 + 1002  # what the first two steps took in
        for times in (1, 2, 3):
            assert agent.ask(QUESTIONS[times % 2]).opening.verdict == "hit"
            expected = {name: times * count for name, count in cost.items()}
            stats = alone.stats()
            assert stats["saved"] == {"calls": times * calls, **expected}
        repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
        before = Counter(model.spent)
        agent.ask(QUESTIONS[0])
        agent.ask(QUESTIONS[0])
        second = model.spent - before
        assert len(provider.calls) == calls + 1
        summary = session.end()
        assert summary["hit:decision"] == 2
        assert summary["saved:input_tokens"] == (
            3 * cost["input_tokens"] + decided + (decided + second["input_tokens"])
        )
        assert summary["asked:input_tokens"] == model.spent["input_tokens"]
        assert summary["asked:output_tokens"] == model.spent["output_tokens"]


def test_the_last_reply_of_a_session_is_in_its_summary(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    for _ in range(10):
        session = server.session(repository.root)
        question = fresh()
        post(session.base(provider.url) + MESSAGES, request_body(MESSAGES, question, temperature=0))
        summary = session.end()
        assert (summary["lookups"], summary["asked:calls"]) == (1, 1)


def test_an_observing_session_counts_what_it_would_have_answered(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Agent
) -> None:
    agent.ask(QUESTIONS[0])
    session = server.session(repository.root, mode=Mode.OBSERVE)
    asked = Agent(session.base(provider.url), repository.root).ask(QUESTIONS[1])
    assert _verdicts(asked) == ["miss:observed_hit", "miss:underway", "miss:underway"]
    assert session.end()["miss:observed_hit"] == 1
    assert len(provider.calls) == 6
