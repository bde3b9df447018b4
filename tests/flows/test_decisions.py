"""Decisions on the wire: a state of a run that was decided before costs no model call."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agentcache.core.codec import Json, JsonObject, convert, decode_json_object
from agentcache.core.session import Mode, Replay
from agentcache.core.values import ToolUse
from flows.conftest import QUESTION, REWORDED, truth
from flows.wires import MESSAGES, decoded
from support.agent import SYSTEM, TOOLS, Agent, Answer, HttpReply, post, tool
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Names, Read, Researcher, Shell
from support.provider_values import Answer as Said
from support.provider_values import ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer


def course(provider: ScriptedProvider, repository: Repo, *turns: object) -> None:
    """Let the model take these turns, whatever words RETRY_LIMIT stands in."""
    taken = Course(turns, lambda _: truth(repository.root))  # type: ignore[arg-type]
    provider._script = Researcher({"RETRY_LIMIT": taken})


def verdicts(asked: Answer) -> list[str]:
    return [f"{reply.verdict}:{reply.reason}" for reply in asked.replies]


def settle(agent: Agent, question: str = QUESTION) -> None:
    """Ask, and ask again: the second time waits until the first answer is kept."""
    agent.ask(question)
    assert verdicts(agent.ask(question)) == ["hit:same_text"]


def edit(repository: Repo, value: int = 6) -> None:
    repository.write("shop/settings.py", f"RETRY_LIMIT = {value}\n")


def test_after_an_edit_only_what_differs_is_asked(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    settle(agent)
    assert len(provider.calls) == 3
    edit(repository)
    asked = agent.ask(QUESTION)
    # The search finds the same files; only what is read in them is another text.
    assert verdicts(asked) == ["hit:decision", "hit:decision", "miss:underway"]
    assert asked.text == truth(repository.root)
    assert len(provider.calls) == 4


def test_a_step_whose_tool_shows_something_else_goes_to_the_model(
    agent: Agent, repository: Repo
) -> None:
    agent.ask(QUESTION)
    repository.write("shop/more.py", "RETRY_LIMIT = 1\n")
    asked = agent.ask(QUESTION)
    assert verdicts(asked) == ["hit:decision", "miss:underway", "miss:underway"]
    assert asked.text == truth(repository.root)


def test_an_answer_after_served_decisions_is_kept_and_served_while_it_is_true(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    settle(agent)
    edit(repository)
    agent.ask(QUESTION)
    assert server.kept() == "kept"
    calls = len(provider.calls)
    assert verdicts(agent.ask(QUESTION)) == ["hit:same_text"]
    assert len(provider.calls) == calls
    edit(repository, 7)
    assert agent.ask(QUESTION).text == truth(repository.root)


def test_a_run_from_a_served_decision_is_not_kept_when_the_world_moves_under_it(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    """What `git log` showed cannot be proven by its text: the run must have been seen to begin."""
    course(provider, repository, Grep("RETRY_LIMIT"), Shell("git log --oneline"))
    wait_until_settled(repository)
    settle(agent)
    repository.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    wait_until_settled(repository)
    asked = agent.ask(QUESTION)
    assert asked.is_made_anew
    assert server.kept(asked.opening.id) == "kept"
    repository.git("commit", "-q", "--allow-empty", "-m", "Nothing again")
    wait_until_settled(repository)
    script = provider._script

    def meddling(request: ProviderRequest) -> Said:
        if len(request.messages) == 5:
            repository.git("commit", "-q", "--allow-empty", "-m", "Meanwhile")
        return script(request)

    provider._script = meddling
    asked = agent.ask(QUESTION)
    assert asked.is_made_anew
    assert server.kept(asked.opening.id) == "unsettled"


def test_every_served_decision_has_ids_of_its_own(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    steps = (Read("shop/settings.py"), Read("shop/client.py"))
    course(provider, repository, steps, (Grep("TIMEOUT"), Names("*.py")))
    agent.ask(QUESTION)
    ids: list[str] = []
    for value in (6, 7):
        edit(repository, value)
        asked = agent.ask(QUESTION)
        assert asked.opening.reason == "decision"
        uses = [part for part in decoded(MESSAGES, asked.opening.body).parts
                if isinstance(part, ToolUse)]  # fmt: skip
        assert [use.arguments for use in uses] == [
            {"file_path": "shop/settings.py"}, {"file_path": "shop/client.py"},
        ]  # fmt: skip
        ids += [use.id for use in uses]
    assert len(set(ids)) == 4
    assert all(id_.startswith("toolu_ac") and len(id_) == 40 for id_ in ids)
    # The provider, which is strict about ids, has seen them in the steps that it was asked for.
    assert any(id_ in call.body.decode() for call in provider.calls for id_ in ids)


def test_other_words_take_the_first_step_of_the_same_question(
    agent: Agent, repository: Repo
) -> None:
    settle(agent)
    edit(repository)
    asked = agent.ask(REWORDED)
    assert verdicts(asked) == ["hit:decision_meaning", "miss:underway", "miss:underway"]
    assert asked.text == truth(repository.root)
    assert verdicts(agent.ask("Where is RETRY_LIMIT used?"))[0] == "miss:no_entry"


def test_why_tells_what_was_decided_and_why_the_answer_was_not_served(
    server: LiveServer, agent: Agent, repository: Repo
) -> None:
    settle(agent)
    edit(repository)
    said = server.cli("why", agent.ask(QUESTION).opening.id).stdout
    assert said.startswith("hit (decision): the same state of the conversation was decided before")
    assert "research: evidence_changed" in said
    assert "changed: shop/settings.py" in said


# Forks and histories


def send(agent: Agent, messages: Sequence[Json]) -> HttpReply:
    return post(agent.base_url + MESSAGES, agent.request(messages))


def step(agent: Agent, messages: list[Json], reply: HttpReply) -> list[Json]:
    """The conversation after the tools of `reply` have run."""
    content = convert(decode_json_object(reply.body)["content"], list[dict[str, Json]])
    results = [agent._run(block) for block in content if block["type"] == "tool_use"]
    said: list[Json] = [
        {"role": "assistant", "content": list(content)}, {"role": "user", "content": results},
    ]  # fmt: skip
    return [*messages, *said]


def test_a_forked_conversation_is_decided_as_the_first_was(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    settle(agent)
    edit(repository)
    opening: list[Json] = [{"role": "user", "content": QUESTION}]
    first = send(agent, opening)
    forks = [step(agent, opening, first) for _ in range(2)]
    replies = [send(agent, fork) for fork in forks]
    assert [reply.reason for reply in replies] == ["decision", "decision"]
    assert len({reply.body for reply in replies}) == 2
    assert len(provider.calls) == 3
    ends = [send(agent, step(agent, fork, reply))
            for fork, reply in zip(forks, replies, strict=True)]  # fmt: skip
    assert [decoded(MESSAGES, end.body).text for end in ends] == [truth(repository.root)] * 2


def test_the_same_last_message_after_another_history_is_another_state(
    agent: Agent, repository: Repo
) -> None:
    settle(agent)
    edit(repository)
    opening: list[Json] = [{"role": "user", "content": QUESTION}]
    told = step(agent, opening, send(agent, opening))
    asked_for = convert(told[1], dict[str, Json])
    (use,) = convert(asked_for["content"], list[dict[str, Json]])
    other: Json = {"role": "assistant", "content": [{**use, "input": {"pattern": "RETRY_LIM"}}]}
    assert send(agent, [told[0], other, told[2]]).reason == "underway"
    spoken: Json = {"role": "assistant", "content": [{"type": "text", "text": "Well."}, use]}
    assert send(agent, [told[0], spoken, told[2]]).reason == "underway"
    elsewhere: Json = {"role": "user", "content": "Where is RETRY_LIMIT set?"}
    assert send(agent, [elsewhere, *told[1:]]).reason == "underway"
    assert send(agent, told).reason == "decision"


# Registries


def changed(name: str, **fields: Json) -> tuple[JsonObject, ...]:
    return tuple({**each, **fields} if each["name"] == name else each for each in TOOLS)


@pytest.mark.parametrize(
    "change",
    [
        {"tools": TOOLS[:-1]},
        {"tools": (*TOOLS, tool("Edit", "file_path"))},
        {"tools": changed("Grep", description="Grep, but better")},
        {"tools": changed("Grep", input_schema=tool("Grep", "pattern")["input_schema"])},
        {"fields": {"tool_choice": {"type": "any"}}},
        {"system": SYSTEM + " Be brief."},
        {"model": "claude-scripted-2"},
    ],
    ids=["removed", "added", "description", "schema", "tool_choice", "system", "model"],
)
def test_another_registry_finds_no_decision(
    agent: Agent, repository: Repo, change: dict[str, object]
) -> None:
    settle(agent)
    edit(repository)
    other = replace(agent, **change)  # type: ignore[arg-type]
    assert verdicts(other.ask(QUESTION))[0] == "miss:no_entry"
    assert verdicts(agent.ask(QUESTION))[0] == "hit:decision"


def test_a_registry_in_another_order_finds_the_decision(agent: Agent, repository: Repo) -> None:
    settle(agent)
    edit(repository)
    turned = [dict(reversed(each.items())) for each in reversed(TOOLS)]
    assert verdicts(replace(agent, tools=turned).ask(QUESTION))[0] == "hit:decision"


# What is never kept


@pytest.mark.parametrize(
    "turn",
    [
        Shell("cat shop/settings.py"),
        ToolCall("Write", {"file_path": "docs/new.md", "content": "x"}),
        ToolCall("WebFetch", {}),
        (Read("shop/settings.py"), Shell("git status")),
    ],
    ids=["shell", "write", "unknown", "both"],
)
def test_only_tools_that_are_known_to_read_are_decided_for(
    agent: Agent, repository: Repo, provider: ScriptedProvider, turn: object
) -> None:
    agent.tools = (*TOOLS, tool("WebFetch"))
    agent.overrides["WebFetch"] = "5"
    course(provider, repository, turn)
    agent.ask(QUESTION)
    edit(repository)
    asked = agent.ask(QUESTION)
    assert [reply.verdict for reply in asked.replies] == ["miss", "miss"]


def test_nothing_is_decided_after_a_step_that_may_do_more_than_read(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    course(provider, repository, Read("docs/notes.md"), Shell("touch docs/x"), Read(".gitignore"))
    agent.ask(QUESTION)
    reasons = ["hit:decision", "miss:underway", "miss:underway", "miss:underway"]
    assert verdicts(agent.ask(QUESTION)) == reasons


def test_a_decision_that_leans_on_a_fact_of_the_moment_is_not_kept(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    prompt = "You answer.\nToday's date: 2026-11-{}\n"
    course(provider, repository, Grep("2026-11-21"))
    agent.overrides["Grep"] = "No files found"  # which is not so, and the answer not kept
    repository.write("docs/notes.md", "2026-11-21")
    for day in (21, 22):
        agent.system = prompt.format(day)
        assert verdicts(agent.ask(QUESTION))[0] == "miss:no_entry"
    course(provider, repository, Grep("RETRY_LIMIT"))
    agent.ask(QUESTION)
    agent.system = prompt.format(23)
    assert verdicts(agent.ask(QUESTION))[0] == "hit:decision"


def test_a_decision_that_names_a_work_tree_is_served_there_only(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    second = repository.root.parent / "second"
    repository.git("worktree", "add", "-q", str(second))
    other = replace(agent, base_url=server.session(second).base(provider.url), repository=second)
    provider._script = Researcher(
        {"RETRY_LIMIT": Course((Read("shop/settings.py"),), lambda _: truth(repository.root))},
        root=repository.root,
    )
    settle(agent)
    for root in (repository.root, second):
        (root / "shop/settings.py").write_text("RETRY_LIMIT = 7\n")
    assert verdicts(other.ask(QUESTION))[0] == "miss:evidence_changed"
    edit(repository, 8)
    assert verdicts(agent.ask(QUESTION))[0] == "hit:decision"


def test_a_question_that_leans_on_the_moment_is_never_decided(agent: Agent) -> None:
    question = "What changed in RETRY_LIMIT since yesterday?"
    agent.ask(question)
    assert verdicts(agent.ask(question))[0] == "miss:leans_on_moment"


# What the user says


@pytest.mark.parametrize("ttl", [None, "0", "0.000001"])
def test_who_wants_no_replay_is_served_no_decision(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider, ttl: str | None
) -> None:
    settle(agent)
    edit(repository)
    session = server.session(repository.root, replay=Replay.SAFE if ttl else Replay.NEVER)
    headers = {"x-agentcache-ttl": ttl} if ttl else {}
    strict = replace(agent, base_url=session.base(provider.url), headers=headers)
    assert verdicts(strict.ask(QUESTION)) == ["miss:evidence_changed"] + ["miss:underway"] * 2
    edit(repository, 7)
    if ttl != "0.000001":  # then its own step took the place of the other
        assert verdicts(agent.ask(QUESTION))[0] == "hit:decision"


def test_an_observing_session_counts_decisions_and_serves_none(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    settle(agent)
    edit(repository)
    session = server.session(repository.root, mode=Mode.OBSERVE)
    watching = replace(agent, base_url=session.base(provider.url))
    asked = verdicts(watching.ask(QUESTION))
    assert asked == ["miss:observed_hit", "miss:underway", "miss:underway"]
    assert "saved:calls" not in session.end()


def test_what_a_decision_saves_is_the_one_call_that_it_cost(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    settle(agent)
    edit(repository)
    session = server.session(repository.root)
    counting = replace(agent, base_url=session.base(provider.url))
    assert verdicts(counting.ask(QUESTION))[:2] == ["hit:decision"] * 2
    summary = session.end()
    assert (summary["hit:decision"], summary["saved:calls"]) == (2, 2)
    assert (summary["asked:calls"], summary["kept:kept"]) == (1, 1)
