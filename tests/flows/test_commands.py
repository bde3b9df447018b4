"""The inspecting commands say what is true, for people and for scripts."""

from pathlib import Path

import pytest

from agentcache.core.codec import Json, convert, decode_json, decode_json_object
from flows.conftest import QUESTION, REWORDED, truth
from support.agent import Agent
from support.provider import ScriptedProvider
from support.repositories import Repo
from support.server import LiveServer


def entries_of(server: LiveServer, repository: Repo) -> list[dict[str, Json]]:
    listed = convert(decode_json(server.cli("ls", "--json").stdout), list[dict[str, Json]])
    common = str(repository.root / ".git")
    return [
        entry
        for entry in listed
        if convert(entry["scope"], dict[str, Json])["repository"] == common
    ]


def kept_id(server: LiveServer, agent: Agent, repository: Repo) -> str:
    """Ask, wait until the answer is kept, and give its id."""
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.reason == "same_text"
    *steps, entry = entries_of(server, repository)
    assert [step["kind"] for step in steps] == ["decision", "decision"]
    assert entry["kind"] == "research"
    return str(entry["id"])


def test_ls_and_show_tell_what_is_kept_and_what_it_rests_on(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    id_ = kept_id(server, agent, repository)
    assert f"{id_}  research" in server.cli("ls").stdout
    shown = server.cli("show", id_[:8]).stdout
    assert f"question: {QUESTION}" in shown
    assert "File(path=shop/settings.py)" in shown
    assert shown.rstrip().endswith(truth(repository.root))
    *_, entry = entries_of(server, repository)
    assert entry["calls"] == 3
    assert entry["commit"] == repository.git("rev-parse", "HEAD").strip()
    assert decode_json_object(server.cli("show", id_, "--json").stdout)["answer"] == truth(
        repository.root
    )


def test_rm_makes_the_next_answer_the_models_own(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    id_ = kept_id(server, agent, repository)
    assert id_ in server.cli("rm", id_).stdout
    asked = agent.ask(QUESTION)
    assert asked.is_made_anew
    assert (
        convert(server.why(asked.opening.id)["detail"], dict[str, Json])["research"] == "no_entry"
    )


@pytest.mark.parametrize("command", ["show", "rm"])
def test_an_unknown_id_is_a_clear_message_and_exit_code_1(server: LiveServer, command: str) -> None:
    done = server.cli(command, "ffffffffffff")
    assert done.returncode == 1
    assert "'ffffffffffff'" in done.stderr
    assert "agentcache ls" in done.stderr


def test_why_names_the_file_that_changed(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    id_ = kept_id(server, agent, repository)
    repository.write("shop/settings.py", "RETRY_LIMIT = 12\n")
    opening = agent.ask(QUESTION).opening
    said = server.cli("why", opening.id).stdout
    assert said.startswith("hit (decision): ")
    assert "research: evidence_changed" in said
    assert "changed: shop/settings.py" in said
    assert id_ in said
    asked = server.why(opening.id)
    assert asked["reason"] == "decision"
    assert asked["kept"] == "kept"


def test_why_of_a_rewording_says_so_and_names_the_entry(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    id_ = kept_id(server, agent, repository)
    agent.ask(REWORDED)
    said = server.cli("why").stdout
    assert said.startswith("hit (same_meaning): ")
    assert id_ in said


def test_why_tells_of_the_question_and_how_to_ask_of_what_the_host_asked_aside(
    server: LiveServer, agent: Agent
) -> None:
    opening = agent.ask(QUESTION).opening
    tools, agent.tools = agent.tools, ()
    aside = agent.ask("Write a short title for this session.").opening
    agent.tools = tools
    said = server.cli("why").stdout
    assert f"question: {QUESTION}" in said
    assert f"`agentcache why {aside.id}`" in said
    assert server.why()["id"] == opening.id
    assert server.why(aside.id)["id"] == aside.id
    assert "tools: none" in server.cli("why", aside.id).stdout


def test_why_names_the_field_in_which_another_scope_differs(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    kept_id(server, agent, repository)
    agent.model = "claude-scripted-2"
    opening = agent.ask(QUESTION).opening
    agent.ask(QUESTION)
    said = server.cli("why", opening.id).stdout
    assert "differs in: model" in said


@pytest.mark.parametrize("id_", ["nothing-like-it", ""])
def test_why_of_something_unknown_is_a_clear_message_and_exit_code_1(
    server: LiveServer, agent: Agent, id_: str
) -> None:
    agent.ask(QUESTION)
    server.kept()
    done = server.cli("why", id_)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"no request or entry {id_!r}" in done.stderr


def test_the_counters_of_stats_add_up(server: LiveServer, agent: Agent) -> None:
    agent.ask(QUESTION)
    agent.ask(QUESTION)
    agent.ask("Where is TIMEOUT defined?")
    stats = server.stats()
    hits, misses = (convert(stats[name], dict[str, int]) for name in ("hits", "misses"))
    assert stats["lookups"] == sum(hits.values()) + sum(misses.values())
    assert "lookups" in server.cli("stats").stdout


def test_doctor_finds_nothing_wrong_in_a_repository(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, tmp_path: Path
) -> None:
    env = {"HOME": str(tmp_path), "ANTHROPIC_BASE_URL": provider.url}
    done = server.cli("doctor", "--json", cwd=repository.root, env=env)
    findings = convert(decode_json(done.stdout), list[dict[str, Json]])
    assert done.returncode == 0, findings
    assert {finding["name"] for finding in findings} >= {"git", "store", "server", "repository"}
    assert all(finding["is_well"] for finding in findings)


def test_doctor_says_that_the_tree_where_a_session_stands_is_watched(
    server: LiveServer, repository: Repo
) -> None:
    def watched() -> str:
        found = server.cli("doctor", "--json", cwd=repository.root).stdout
        findings = convert(decode_json(found), list[dict[str, Json]])
        return next(str(one["found"]) for one in findings if one["name"] == "watched")

    assert watched().startswith("not now")
    session = server.session(repository.root)
    assert any(watched().startswith(str(repository.root)) for _ in range(20))  # it begins soon
    session.end()


def test_doctor_says_that_no_provider_is_reached(server: LiveServer, repository: Repo) -> None:
    nobody = "http://127.0.0.1:1"
    env = {"ANTHROPIC_BASE_URL": nobody, "OPENAI_BASE_URL": nobody}
    done = server.cli("doctor", cwd=repository.root, env=env)
    assert done.returncode == 1
    assert f"{nobody} (not reached: Connection refused)" in done.stdout
    assert "check the network" in done.stdout


def test_doctor_says_what_to_do_about_settings_that_beat_the_session(
    server: LiveServer, repository: Repo
) -> None:
    repository.write(
        ".claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:1"}}'
    )
    done = server.cli("doctor", cwd=repository.root)
    assert done.returncode == 1
    assert "sets ANTHROPIC_BASE_URL" in done.stdout
    assert "remove it there" in done.stdout
