"""Repeated research through the real server: answered while true, never after."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.codec import Json
from flows.conftest import QUESTION, REWORDED, truth
from support.agent import SYSTEM, TOOLS, Agent, tool
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Read, Researcher
from support.provider_values import Answer, ProviderRequest
from support.repositories import Repo
from support.server import LiveServer


def calls_of(provider: ScriptedProvider, ask: Callable[[], object]) -> int:
    before = len(provider.calls)
    ask()
    return len(provider.calls) - before


def ask_and_settle(agent: Agent) -> None:
    """Ask, and ask again: the second time waits until the first answer is kept."""
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"


def test_the_same_question_is_answered_without_a_model_call(
    agent: Agent, provider: ScriptedProvider
) -> None:
    first = agent.ask(QUESTION)
    assert [reply.verdict for reply in first.replies] == ["miss", "miss", "miss"]
    again = agent.ask(QUESTION)
    assert (again.opening.verdict, again.opening.reason) == ("hit", "same_text")
    assert again.text == first.text == truth(agent.repository)
    assert len(provider.calls) == 3


def test_the_question_in_other_words_is_answered_without_a_model_call(
    agent: Agent, provider: ScriptedProvider
) -> None:
    agent.ask(QUESTION)
    again = agent.ask(REWORDED)
    assert (again.opening.verdict, again.opening.reason) == ("hit", "same_meaning")
    assert len(provider.calls) == 3


def test_a_question_that_only_agrees_in_structure_is_answered_without_a_model_call(
    agent: Agent, provider: ScriptedProvider
) -> None:
    ask_and_settle(agent)
    again = agent.ask("Which file has the definition of RETRY_LIMIT?")
    assert (again.opening.verdict, again.opening.reason) == ("hit", "agrees")
    assert len(provider.calls) == 3


def test_a_question_that_agrees_is_answered_only_while_its_evidence_holds(
    agent: Agent, repository: Repo
) -> None:
    ask_and_settle(agent)
    repository.write("shop/settings.py", "RETRY_LIMIT = 7\n")
    again = agent.ask("Which file has the definition of RETRY_LIMIT?")
    assert (again.opening.verdict, again.opening.reason) == ("hit", "decision_meaning")
    assert [reply.verdict for reply in again.replies] == ["hit", "miss", "miss"]
    assert again.text == truth(agent.repository)


def test_a_different_question_is_not_answered(agent: Agent) -> None:
    agent.ask(QUESTION)
    assert agent.ask("Where is RETRY_LIMIT used?").opening.verdict == "miss"
    assert agent.ask("Where is RETRY_LIMITS defined?").opening.verdict == "miss"
    assert agent.ask("Where is RETRY_LIMIT not defined?").opening.verdict == "miss"


def test_commits_that_do_not_touch_what_was_read_leave_the_answer(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    ask_and_settle(agent)
    for number in range(3):
        repository.write(f"docs/page{number}.md", f"Page {number}\n")
        repository.commit(f"Add page {number}")
        assert agent.ask(QUESTION).opening.verdict == "hit"
    assert len(provider.calls) == 3


def keep_times(path: Path, change: Callable[[], object]) -> None:
    before = path.stat()
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _edit(repository: Repo) -> None:
    repository.write("shop/settings.py", "\nRETRY_LIMIT = 6\n")


def _edit_of_same_size_and_time(repository: Repo) -> None:
    path = repository.root / "shop/settings.py"
    text = path.read_text().replace("= 5", "= 7")
    keep_times(path, lambda: path.write_text(text))


def _atomic_replace(repository: Repo) -> None:
    path = repository.root / "shop/settings.py"
    other = repository.root / "shop/settings.py.new"
    other.write_text(path.read_text().replace("= 5", "= 8"))
    other.rename(path)


def _symlink_swap(repository: Repo) -> None:
    path = repository.root / "shop/settings.py"
    path.rename(repository.root / "old.txt")
    (repository.root / "docs/other.py").write_text("# moved\nRETRY_LIMIT = 9\n")
    path.symlink_to("../docs/other.py")


def _new_matching_file(repository: Repo) -> None:
    repository.write("shop/extra.py", "RETRY_LIMIT = 99\n")


def _new_matching_file_committed(repository: Repo) -> None:
    _new_matching_file(repository)
    repository.commit("Add another limit")


def _matching_file_deleted(repository: Repo) -> None:
    (repository.root / "shop/client.py").unlink()


def _matching_file_renamed(repository: Repo) -> None:
    (repository.root / "shop/client.py").rename(repository.root / "shop/http.py")


def _case_only_rename(repository: Repo) -> None:
    (repository.root / "shop/client.py").rename(repository.root / "shop/Client.py")


def _branch_with_another_value(repository: Repo) -> None:
    repository.git("checkout", "-q", "-b", "other")
    _edit(repository)
    repository.commit("Another value")


def _edit_and_edit_again_while_dirty(repository: Repo) -> None:
    _edit(repository)
    repository.write("shop/settings.py", "\n\nRETRY_LIMIT = 6\n")


CHANGES = [
    _edit,
    _edit_of_same_size_and_time,
    _atomic_replace,
    _symlink_swap,
    _new_matching_file,
    _new_matching_file_committed,
    _matching_file_deleted,
    _matching_file_renamed,
    _case_only_rename,
    _branch_with_another_value,
    _edit_and_edit_again_while_dirty,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_a_change_to_what_was_read_ends_the_answer_at_once(
    agent: Agent, repository: Repo, change: Callable[[Repo], None]
) -> None:
    ask_and_settle(agent)
    change(repository)
    after = agent.ask(QUESTION)
    assert after.is_made_anew
    assert after.text == truth(repository.root)
    again = agent.ask(REWORDED)
    assert again.opening.verdict == "hit"
    assert again.text == truth(repository.root)


def test_an_edit_that_leaves_everything_shown_as_it_was_leaves_the_answer(
    agent: Agent, repository: Repo
) -> None:
    ask_and_settle(agent)
    text = (repository.root / "shop/client.py").read_text()
    repository.write("shop/client.py", text + "\n\ndef other():\n    return 1\n")
    assert agent.ask(QUESTION).opening.verdict == "hit"


def test_the_answers_of_two_branches_live_side_by_side(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    ask_and_settle(agent)
    _branch_with_another_value(repository)
    ask_and_settle(agent)
    calls = len(provider.calls)
    for branch in ("main", "other", "main"):
        repository.git("checkout", "-q", branch)
        answer = agent.ask(QUESTION)
        assert answer.opening.verdict == "hit"
        assert answer.text == truth(repository.root)
    assert len(provider.calls) == calls


def test_an_edit_stashed_away_brings_the_answer_back(agent: Agent, repository: Repo) -> None:
    ask_and_settle(agent)
    _edit(repository)
    assert agent.ask(QUESTION).is_made_anew
    repository.git("stash", "-q")
    answer = agent.ask(QUESTION)
    assert (answer.opening.verdict, answer.text) == ("hit", truth(repository.root))


def test_an_edit_while_the_answer_is_made_is_not_kept(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    script = provider._script

    def meddling(request: ProviderRequest) -> Answer:
        if len(request.messages) == 5:
            repository.write("shop/settings.py", "# changed meanwhile\nRETRY_LIMIT = 5\n")
        return script(request)

    provider._script = meddling
    agent.ask(QUESTION)
    assert server.kept() == "result_differs"
    assert agent.ask(QUESTION).is_made_anew


def test_a_tool_that_shows_what_is_not_on_disk_is_not_kept(
    server: LiveServer, agent: Agent
) -> None:
    agent.overrides["Read"] = '     1\t"""Settings."""\n     2\t\n     3\tRETRY_LIMIT = 10'
    agent.ask(QUESTION)
    assert server.kept() == "result_differs"
    assert agent.ask(QUESTION).is_made_anew


def test_a_failed_tool_is_not_kept(agent: Agent) -> None:
    agent.overrides["Read"] = "Error: permission denied"
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).is_made_anew


@pytest.mark.parametrize(
    "change",
    [
        {"model": "claude-scripted-2"},
        {"system": SYSTEM + " Answer in French."},
        {"tools": (*TOOLS[:-1], tool("Read2", "path"))},
        {"tools": TOOLS[:-1]},
        {"fields": {"temperature": 0.5}},
        {"fields": {"tool_choice": {"type": "any"}}},
        {"fields": {"metadata": {"user_id": "somebody-else"}}},
        {"headers": {"anthropic-beta": "another-2026-01-01"}},
    ],
    ids=str,
)
def test_another_scope_is_another_answer(
    repository: Repo, agent: Agent, change: dict[str, object]
) -> None:
    agent.ask(QUESTION)
    other = Agent(agent.base_url, repository.root, **change)  # type: ignore[arg-type]
    assert other.ask(QUESTION).opening.verdict == "miss"
    assert agent.ask(QUESTION).opening.verdict == "hit"


def test_another_tenant_gets_nothing(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Agent
) -> None:
    agent.ask(QUESTION)
    session = server.session(repository.root, tenant="other")
    other = Agent(session.base(provider.url), repository.root)
    assert other.ask(QUESTION).opening.verdict == "miss"


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {"x-api-key": "sk-rotated"}},
        {"tools": tuple(reversed(TOOLS))},
        {"fields": {"metadata": {"user_id": "user_1_account_2_session_3"}, "stream": False}},
    ],
    ids=["another key", "another order of tools", "another session id"],
)
def test_what_means_nothing_does_not_split_scopes(
    repository: Repo, agent: Agent, change: dict[str, object]
) -> None:
    if "fields" in change:
        agent.fields = {"metadata": {"user_id": "user_1_account_2_session_9"}}
    agent.ask(QUESTION)
    other = Agent(agent.base_url, repository.root, **change)  # type: ignore[arg-type]
    assert other.ask(QUESTION).opening.verdict == "hit"


def test_another_token_for_a_server_of_tools_does_not_split_scopes(agent: Agent) -> None:
    for verdict, token in (("miss", "one"), ("hit", "two")):
        server: Json = {"name": "s", "url": "https://s.invalid", "authorization_token": token}
        agent.fields = {"mcp_servers": [server]}
        assert agent.ask(QUESTION).opening.verdict == verdict


def test_the_moment_in_a_system_prompt_does_not_split_scopes(agent: Agent) -> None:
    shape = (
        "You answer.\n# Environment\n- Current date: {}\n- Git branch: {}\n- Git status:\n  M {}\n"
        "- Recent commits:\n  {} Do things\n"
    )
    agent.system = shape.format("2026-11-21 Saturday", "main", "a.py", "abc1234")
    agent.ask(QUESTION)
    agent.system = shape.format("2026-11-22 Sunday", "topic", "b.py", "def5678")
    assert agent.ask(QUESTION).opening.verdict == "hit"


def test_two_worktrees_of_one_clone_share_answers_while_both_hold_what_was_read(
    server: LiveServer,
    repository: Repo,
    provider: ScriptedProvider,
    agent: Agent,
    tmp_path: Path,
) -> None:
    ask_and_settle(agent)
    repository.git("worktree", "add", "-q", str(tmp_path / "second"))
    second = tmp_path / "second"
    other = Agent(server.session(second).base(provider.url), second)
    assert other.ask(QUESTION).opening.verdict == "hit"
    (second / "shop/settings.py").write_text("RETRY_LIMIT = 1\n")
    assert other.ask(QUESTION).is_made_anew
    assert agent.ask(QUESTION).opening.verdict == "hit"


@pytest.mark.parametrize("said", ["{link}/shop/settings.py", "In {name}, of course."])
def test_an_answer_that_names_its_work_tree_is_not_given_in_another(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, tmp_path: Path, said: str
) -> None:
    link, second = tmp_path / "link", tmp_path / "second"
    link.symlink_to(repository.root)
    repository.git("worktree", "add", "-q", str(second))
    plan = {QUESTION: Course((Read("shop/settings.py"),), said.format(link=link, name="second"))}
    provider._script = Researcher(plan)
    asked = Agent(server.session(second).base(provider.url), second)
    if "link" in said:
        asked = Agent(server.session(repository.root).base(provider.url), repository.root)
    asked.ask(QUESTION)
    assert asked.ask(QUESTION).opening.reason == "same_text"
    elsewhere = repository.root if asked.repository == second else second
    other = Agent(server.session(elsewhere).base(provider.url), elsewhere)
    assert other.ask(QUESTION).is_made_anew
