"""Runs that ask other agents: kept by what all of them read, or not at all."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from agentcache.core.codec import Json, JsonObject, convert, encode_json
from agentcache.store.ledger import Event, Ledger
from flows.conftest import QUESTION
from support.agent import TOOLS, Agent, Answer, post, tool
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher, Turn
from support.provider_values import Answer as ModelAnswer
from support.provider_values import ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

PROMPT = "Find every place where TIMEOUT is set. Report the lines."
REPORT = "TIMEOUT is set in shop/settings.py:\nTIMEOUT = 30"
ASK = ToolCall("Agent", {"description": "Find it", "prompt": PROMPT, "subagent_type": "Explore"})
SEARCHING: tuple[Turn, ...] = (Grep("TIMEOUT"), Read("shop/settings.py"))
READERS = tuple(each for each in TOOLS if each["name"] in ("Read", "Grep", "Write"))
MAIN_TOOLS = (*TOOLS, tool("Agent", "description", "prompt", "subagent_type"))


def plain(text: str) -> str:
    return text


@dataclass(slots=True)
class Asking(Agent):
    """An agent that asks others, each in a conversation of its own.

    `asks`: what is made of the prompt on the way there; `wraps`: of the report on the way back;
    `shown`: what a tool for lists says.
    `others`: where other agents ask, "" for where this one does. `instead`: what another agent
    comes to. `after`: called with each report.
    """

    asks: Callable[[str], str] = plain
    wraps: Callable[[str], str] = plain
    others: str = ""
    instead: Callable[[str], str] | None = None
    shown: str = ""
    after: list[Callable[[], object]] = field(default_factory=list)
    system_of_others: str = "You search. You never change anything."

    def _run(self, use: Mapping[str, Json]) -> Json:
        if use["name"] == "todowrite":
            return {"type": "tool_result", "tool_use_id": use["id"], "content": self.shown}
        if use["name"] != "Agent":
            return Agent._run(self, use)
        given = convert(use["input"], dict[str, str])
        ask = self.instead or (lambda prompt: self.other().ask(self.asks(prompt)).text)
        text = ask(given["prompt"])
        for each in self.after:
            each()
        return {"type": "tool_result", "tool_use_id": use["id"], "content": self.wraps(text)}

    def other(self) -> Agent:
        return Asking(
            self.others or self.base_url,
            self.repository,
            system=self.system_of_others,
            tools=(*READERS, MAIN_TOOLS[-1]),
        )


def kept(server: LiveServer, answer: Answer) -> object:
    """What became of the last reply of a run."""
    return landed(server, answer).kept


def landed(server: LiveServer, answer: Answer) -> Event:
    """What the ledger says of the last reply of a run, once that is written down."""
    ledger = Ledger(server.places.ledger)
    try:
        for _ in range(400):
            event = ledger.find(answer.replies[-1].id)
            if event is not None and event.kept is not None:
                return event
            time.sleep(0.05)
        raise AssertionError("nothing became of it")
    finally:
        ledger.close()


def script(*asked: Turn, searching: Sequence[Turn] = SEARCHING) -> Researcher:
    plan = {
        QUESTION: Course((Read("shop/client.py"), *asked), "It is in shop/settings.py."),
        "every place": Course(tuple(searching), REPORT),
        "every deep place": Course((ASK,), REPORT),
    }
    return Researcher(plan)


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider(script(ASK)) as provider:
        yield provider
        assert provider.violations == []


@pytest.fixture
def agent(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> Asking:
    base = server.session(repository.root).base(provider.url)
    return Asking(base, repository.root, tools=MAIN_TOOLS)


def test_a_run_that_asked_another_agent_is_answered_without_a_model_call(
    agent: Asking, provider: ScriptedProvider
) -> None:
    first = agent.ask(QUESTION)
    calls = len(provider.calls)
    again = agent.ask(QUESTION)
    assert (again.opening.verdict, again.opening.reason) == ("hit", "same_text")
    assert (again.text, len(provider.calls)) == (first.text, calls)


def test_a_change_to_what_only_the_other_agent_read_ends_the_answer(
    server: LiveServer, agent: Asking, repository: Repo
) -> None:
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write("shop/settings.py", "TIMEOUT = 31\n")
    again = agent.ask(QUESTION)
    assert again.is_made_anew
    detail = convert(server.why(again.opening.id)["detail"], dict[str, str])
    assert (detail["research"], detail["changed"]) == ("evidence_changed", "shop/settings.py")


def test_a_new_file_that_the_other_agent_would_have_found_ends_the_answer(
    server: LiveServer, agent: Asking, repository: Repo
) -> None:
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write("shop/more.py", "TIMEOUT = 1\n")
    assert agent.ask(QUESTION).is_made_anew


def test_a_definition_of_the_agents_that_is_added_ends_the_answer(
    server: LiveServer, agent: Asking, repository: Repo
) -> None:
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write(".claude/agents/Explore.md", "Answer in French.\n")
    assert agent.ask(QUESTION).is_made_anew


@pytest.mark.parametrize(
    "place", ["agent-memory/Explore", "agent-memory-local/Explore", "skills/x"]
)
def test_a_text_that_a_definition_puts_before_an_agent_ends_the_answer_when_it_changes(
    server: LiveServer, agent: Asking, repository: Repo, place: str
) -> None:
    repository.write(f".claude/{place}/TEXT.md", "It is 30.\n")
    wait_until_settled(repository)
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write(f".claude/{place}/TEXT.md", "It is 31.\n")
    assert agent.ask(QUESTION).is_made_anew


def test_definitions_are_seen_in_a_directory_whose_name_begins_with_a_dot(
    server: LiveServer, provider: ScriptedProvider, repository: Repo
) -> None:
    repository.write(".hidden/shop/settings.py", "TIMEOUT = 30\n")
    repository.write(".hidden/shop/client.py", "pass\n")
    wait_until_settled(repository)
    cwd = repository.root / ".hidden"
    agent = Asking(server.session(cwd).base(provider.url), cwd, tools=MAIN_TOOLS)
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write(".hidden/.claude/agents/Explore.md", "Answer in French.\n")
    assert agent.ask(QUESTION).is_made_anew


def test_what_the_other_agent_did_is_saved_too(server: LiveServer, agent: Asking) -> None:
    entry = landed(server, agent.ask(QUESTION)).entry
    assert entry is not None
    assert "6 model calls" in server.cli("show", entry).stdout


FRAMED = (
    "  <tools-used-before-summary>Grep, Read</tools-used-before-summary>\n  \n[Subagent hand-back] "
    "What stands below is indented. The report follows:\n  {}"
)
TRAILED = (
    "\nagentId: a1b2 (use SendMessage with to: 'a1b2' to go on)\n<usage>subagent_tokens: 12\n"
    "tool_uses: 2\nduration_ms: 40</usage>"
)
TAGGED = '<task id="ses_1" state="completed">\n<task_result>\n{}\n</task_result>\n</task>'


@pytest.mark.parametrize(
    "wraps",
    [lambda text: FRAMED.format(text.replace("\n", "\n  ")) + TRAILED, TAGGED.format],
    ids=["framed_and_trailed", "tagged"],
)
def test_a_report_is_known_inside_what_hosts_put_around_it(
    server: LiveServer, agent: Asking, wraps: Callable[[str], str]
) -> None:
    agent.wraps = wraps
    assert kept(server, agent.ask(QUESTION)) == "kept"


@pytest.mark.parametrize(
    "wraps",
    [lambda text: text.replace("30", "31"), lambda text: text[:-4]],
    ids=["edited", "cut"],
)
def test_a_result_that_is_not_what_the_other_agent_said_is_not_kept(
    server: LiveServer, agent: Asking, wraps: Callable[[str], str]
) -> None:
    agent.wraps = wraps
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"
    assert agent.ask(QUESTION).is_made_anew


def test_another_prompt_than_the_one_in_the_conversation_is_not_kept(
    server: LiveServer, agent: Asking
) -> None:
    agent.asks = lambda prompt: f"{prompt} Look in every place."
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_an_agent_that_wrote_makes_the_run_that_asked_it_not_kept(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    write = ToolCall("Write", {"file_path": "notes.md", "content": "x"})
    provider._script = script(ASK, searching=(*SEARCHING, write))
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_an_agent_that_read_nothing_makes_the_run_that_asked_it_not_kept(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    provider._script = script(ASK, searching=())
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_an_agent_that_was_answered_from_the_cache_counts_with_what_that_answer_rests_on(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Asking
) -> None:
    prompt = "Find every place where TIMEOUT is set."
    asking: JsonObject = {**ASK.arguments, "prompt": prompt}
    provider._script = script(ToolCall("Agent", asking))
    assert kept(server, agent.other().ask(prompt)) == "kept"
    calls = len(provider.calls)
    assert kept(server, agent.ask(QUESTION)) == "kept"
    assert len(provider.calls) - calls == 3
    repository.write("shop/settings.py", "TIMEOUT = 31\n")
    assert agent.ask(QUESTION).is_made_anew


def test_two_agents_with_one_prompt_are_kept(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    provider._script = script((ASK, ASK))
    assert kept(server, agent.ask(QUESTION)) == "kept"


def test_of_two_agents_with_one_prompt_and_one_report_neither_may_have_written(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Asking
) -> None:
    write = ToolCall("Write", {"file_path": "notes.md", "content": "x"})
    reading = script((ASK, ASK))
    writing = script((ASK, ASK), searching=(*SEARCHING, write))
    ended: list[None] = []

    def end() -> None:
        ended.append(None)
        agent.system_of_others = "You search too."  # what the first one said does not answer it

    agent.after.append(end)

    def model(request: ProviderRequest) -> ModelAnswer:
        return writing(request) if ended else reading(request)

    provider._script = model
    answer = agent.ask(QUESTION)
    assert (len(ended), (repository.root / "notes.md").exists()) == (2, True)
    assert kept(server, answer) == "opaque_tool"


class Seeing(Agent):
    """An agent whose tools show images."""

    def _run(self, use: Mapping[str, Json]) -> Json:
        source: Json = {"type": "base64", "media_type": "image/png", "data": "aGk="}
        image: Json = {"type": "image", "source": source}
        return {"type": "tool_result", "tool_use_id": use["id"], "content": [image]}


def test_of_two_agents_with_one_prompt_and_one_report_none_may_be_unread(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    provider._script = script((ASK, ASK))
    others = [agent.other(), Seeing(agent.base_url, agent.repository, "You see.", READERS)]
    agent.instead = lambda prompt: others.pop(0).ask(prompt).text
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


SUMMARY = f"<summary>\n{REPORT}\n</summary>"


@pytest.mark.parametrize("texts", [(SUMMARY, PROMPT), (PROMPT, SUMMARY)])
def test_what_an_agent_read_before_its_conversation_was_summarised_is_not_forgotten(
    server: LiveServer, provider: ScriptedProvider, agent: Asking, texts: tuple[str, str]
) -> None:
    summarised = Course((Read("docs/notes.md"),), REPORT)
    asked = script(ASK)
    provider._script = replace(asked, plan={"<summary>": summarised, **asked.plan})

    def ask(prompt: str) -> str:
        other = agent.other()
        post(other.base_url + "/v1/messages", other.request([{"role": "user", "content": prompt}]))
        return other.ask([{"type": "text", "text": text} for text in texts]).text

    agent.instead = ask
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_a_report_from_before_the_run_began_proves_nothing(
    server: LiveServer, agent: Asking
) -> None:
    known = agent.other().ask(PROMPT).text
    agent.instead = lambda _: known
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_a_report_from_another_session_proves_nothing(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Asking
) -> None:
    agent.others = server.session(repository.root).base(provider.url)
    assert kept(server, agent.ask(QUESTION)) == "opaque_tool"


def test_an_edit_after_the_other_agent_ended_is_not_kept(
    server: LiveServer, repository: Repo, agent: Asking
) -> None:
    agent.after.append(lambda: repository.write("shop/settings.py", "TIMEOUT = 31\n"))
    assert kept(server, agent.ask(QUESTION)) in ("unsettled", "opaque_tool")
    assert agent.ask(QUESTION).is_made_anew


def test_an_agent_that_asked_a_third_one_counts_with_what_that_one_read(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Asking
) -> None:
    deep: JsonObject = {**ASK.arguments, "prompt": "Find every deep place where it is set."}
    provider._script = script(ToolCall("Agent", deep))
    assert kept(server, agent.ask(QUESTION)) == "kept"
    repository.write("shop/settings.py", "TIMEOUT = 31\n")
    assert agent.ask(QUESTION).is_made_anew


def test_what_the_model_passes_on_of_the_moment_is_not_kept(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    agent.system = f"{agent.system}\nToday's date: 2026-11-22"
    asking: JsonObject = {**ASK.arguments, "prompt": f"{PROMPT} It is 2026-11-22."}
    provider._script = script(ToolCall("Agent", asking))
    assert kept(server, agent.ask(QUESTION)) == "leans_on_moment"


TODOS: list[Json] = [{"content": "Ask", "status": "pending"}, {"content": "Say", "status": "done"}]
PLAN = ToolCall("todowrite", {"todos": TODOS})


@pytest.mark.parametrize(
    ("shown", "became"), [(TODOS, "kept"), ([*TODOS, {"content": "Old"}], "opaque_tool")]
)
def test_a_run_that_keeps_a_list_is_kept_where_the_list_is_its_own(
    server: LiveServer, provider: ScriptedProvider, agent: Asking, shown: Json, became: str
) -> None:
    agent.shown = encode_json(shown).decode()
    agent.tools = (*MAIN_TOOLS, tool("todowrite", "todos"))
    provider._script = script(PLAN, ASK)
    assert kept(server, agent.ask(QUESTION)) == became


def test_a_run_that_only_asked_is_kept(
    server: LiveServer, provider: ScriptedProvider, agent: Asking
) -> None:
    plan = {QUESTION: Course((ASK,), "There."), "every place": Course(SEARCHING, REPORT)}
    provider._script = Researcher(plan)
    assert kept(server, agent.ask(QUESTION)) == "kept"
