"""A change that makes a kept answer false drops it, through the real server and its watcher."""

import time
from collections.abc import Callable

from agentcache.core.codec import Json
from flows.conftest import QUESTION
from flows.test_commands import entries_of, kept_id
from support.agent import Agent
from support.provider import ScriptedProvider
from support.repositories import Repo
from support.server import LiveServer

PATIENCE = 60.0
"""Seconds until a watcher on a busy machine must have told of a change."""


def until(is_so: Callable[[], bool], act: Callable[[int], object]) -> None:
    """Act again and again: nobody says when a watcher has begun to watch."""
    ends = time.monotonic() + PATIENCE
    number = 0
    while not is_so():
        assert time.monotonic() < ends
        act(number)
        number += 1
        time.sleep(0.3)


def ids_of(server: LiveServer, repository: Repo) -> list[Json]:
    return [entry["id"] for entry in entries_of(server, repository)]


def test_an_edit_drops_the_answer_and_why_still_tells_what_changed(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    id_ = kept_id(server, agent, repository)
    until(
        lambda: id_ not in ids_of(server, repository),
        lambda number: repository.write("shop/settings.py", f"RETRY_LIMIT = {number}\n"),
    )
    opening = agent.ask(QUESTION).opening
    assert (opening.verdict, opening.reason) == ("hit", "decision")
    said = server.cli("why", opening.id).stdout
    assert "research: evidence_changed" in said
    assert "changed: shop/settings.py" in said
    assert id_ in said
    assert '"dropped":0' not in server.cli("stats", "--json").stdout


def test_an_edit_elsewhere_leaves_the_answer(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    kept_id(server, agent, repository)
    kept = ids_of(server, repository)
    for number in range(5):
        repository.write("docs/notes.md", f"{number}\n")
        time.sleep(0.3)
    assert ids_of(server, repository) == kept


def test_an_edit_while_no_session_stood_in_the_tree_drops_the_answer_when_one_does(
    server: LiveServer, provider: ScriptedProvider, repository: Repo
) -> None:
    session = server.session(repository.root)
    id_ = kept_id(server, Agent(session.base(provider.url), repository.root), repository)
    session.end()
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    server.session(repository.root)
    until(lambda: id_ not in ids_of(server, repository), lambda _: None)
