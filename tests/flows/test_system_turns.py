"""Hosts that put a word of their own, as a system turn, behind what the user and tools say."""

from collections.abc import Sequence

from agentcache.core.codec import Json, JsonObject
from flows.conftest import QUESTION, REWORDED
from support.agent import Agent
from support.provider import ScriptedProvider
from support.repositories import Repo
from support.server import LiveServer


class Talkative(Agent):
    """An agent with a system turn behind each of the user's."""

    def request(self, messages: Sequence[Json]) -> bytes:
        told: JsonObject = {"role": "system", "content": "<left>9 of 10</left>"}
        turns: list[Json] = []
        for message in messages:
            turns.append(message)
            if isinstance(message, dict) and message["role"] == "user":
                turns.append(told)
        return super().request(turns)


def test_a_run_with_system_turns_is_followed_from_its_question(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    session = server.session(repository.root)
    agent = Talkative(session.base(provider.url), repository.root, model="claude-opus-5")
    first = agent.ask(QUESTION)
    assert server.why(first.opening.id)["kept"] == "kept"
    again = agent.ask(REWORDED)
    assert (again.opening.verdict, again.text) == ("hit", first.text)
    # What it saves is the whole run, which was seen from its question on.
    assert session.end()["saved:calls"] == len(provider.calls) == len(first.replies)
