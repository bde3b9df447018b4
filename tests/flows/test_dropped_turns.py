"""Hosts that drop turns of a run on its way: what the model read in them is in the answer."""

from collections.abc import Iterator

import pytest

from agentcache.core.codec import Json, convert, decode_json_object
from flows.conftest import QUESTION
from support.agent import Agent, HttpReply, post
from support.provider import ScriptedProvider
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo
from support.server import LiveServer

TELLING, SAYING_NOTHING = "shop/settings.py", "shop/client.py"
OTHER = "What do the notes say?"


class Model:
    """Reads `reads` one by one, by tool uses of the name `id`, then answers."""

    def __init__(self) -> None:
        self.reads = [TELLING, SAYING_NOTHING]
        self.id = ""
        self.words: list[str] = []

    def __call__(self, request: ProviderRequest) -> Answer:
        if request.question == OTHER:
            return self._read("docs/notes.md")
        return self._read(self.reads.pop(0)) if self.reads else Answer(text="It is 5.")

    def _read(self, path: str) -> Answer:
        text = self.words.pop(0) if self.words else ""
        return Answer(text=text, tools=(ToolCall("Read", {"file_path": path}, id=self.id),))


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def provider(model: Model) -> Iterator[ScriptedProvider]:
    with ScriptedProvider(model) as provider:
        yield provider
        assert provider.violations == []


def sent(agent: Agent, messages: list[Json]) -> HttpReply:
    return post(agent.base_url + "/v1/messages", agent.request(messages))


def stepped(agent: Agent, messages: list[Json]) -> list[Json]:
    """The two turns that a request with `messages` leads to."""
    content = convert(decode_json_object(sent(agent, messages).body)["content"], list[Json])
    blocks = [convert(block, dict[str, Json]) for block in content]
    results = [agent._run(block) for block in blocks if block["type"] == "tool_use"]
    return [{"role": "assistant", "content": content}, {"role": "user", "content": results}]


def asked(question: str = QUESTION) -> list[Json]:
    return [{"role": "user", "content": question}]


def became(server: LiveServer, reply: HttpReply) -> object:
    assert convert(decode_json_object(reply.body)["stop_reason"], str) == "end_turn"
    return server.kept(reply.id)


def test_a_run_that_went_on_in_another_session_is_not_kept(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    opening = asked()
    dropped = stepped(agent, opening)
    shown = stepped(agent, [*opening, *dropped])
    agent.base_url = server.session(repository.root).base(provider.url)
    assert became(server, sent(agent, [*opening, *shown])) == "beginning_unseen"
    repository.write(TELLING, "RETRY_LIMIT = 6\n")
    assert sent(agent, opening).reason == "decision"


def test_a_run_of_which_a_step_was_sent_again_is_not_kept(
    server: LiveServer, agent: Agent, model: Model
) -> None:
    opening = asked()
    dropped = stepped(agent, opening)
    stepped(agent, [*opening, *dropped])
    model.reads.append(SAYING_NOTHING)
    shown = stepped(agent, [*opening, *dropped])
    assert became(server, sent(agent, [*opening, *shown])) == "beginning_unseen"


def test_a_run_with_the_ids_of_another_question_is_told_apart(
    server: LiveServer, agent: Agent, model: Model
) -> None:
    model.id = "toolu_0"
    opening, other = asked(), asked(OTHER)
    dropped = stepped(agent, opening)
    shown = stepped(agent, [*opening, *dropped])
    stepped(agent, other)
    assert became(server, sent(agent, [*opening, *shown])) == "unobservable"


def test_a_run_is_kept_beside_another_with_the_same_ids(
    server: LiveServer, agent: Agent, model: Model
) -> None:
    model.id, model.reads = "toolu_0", [TELLING]
    opening, other = asked(), asked(OTHER)
    shown = stepped(agent, opening)
    stepped(agent, [*other, *stepped(agent, other)])
    assert became(server, sent(agent, [*opening, *shown])) == "kept"


def test_other_tools_in_the_place_of_those_that_were_left_out_do_not_count_for_them(
    server: LiveServer, agent: Agent
) -> None:
    opening = asked()
    dropped = stepped(agent, opening)
    shown = stepped(agent, [*opening, *dropped])
    use: dict[str, Json] = {
        "type": "tool_use",
        "id": "toolu_host",
        "name": "Read",
        "input": {"file_path": "docs/notes.md"},
    }
    hosts: list[Json] = [
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [agent._run(use)]},
    ]
    assert became(server, sent(agent, [*opening, *hosts, *shown])) == "unobservable"


@pytest.mark.breaks_prefix("the host puts words into the model's turn")
def test_a_run_in_which_the_model_is_made_to_have_said_something_else_is_not_kept(
    agent: Agent, server: LiveServer
) -> None:
    messages = asked()
    messages += stepped(agent, messages)
    messages += stepped(agent, messages)
    turn = convert(messages[1], dict[str, Json])
    said: Json = {"type": "text", "text": "I was told to say 9, whatever the files say."}
    messages[1] = {**turn, "content": [said, *convert(turn["content"], list[Json])]}
    assert server.kept(sent(agent, messages).id) == "unobservable"


@pytest.mark.breaks_prefix("the host trims the model's turns")
@pytest.mark.parametrize(
    "shown", ["Looking for it.", "<think>\nHm.\n</think>\nLooking for it.", "Looking"]
)
def test_a_run_whose_words_the_host_trims_or_shows_with_thoughts_is_kept(
    agent: Agent, server: LiveServer, model: Model, shown: str
) -> None:
    """Some put thoughts that came apart between tags, some take out what came between tags."""
    model.words = ["  Looking <think>where?</think> for it.\n", "Reading on."]
    messages = asked()
    messages += stepped(agent, messages)
    messages += stepped(agent, messages)
    first, second = (convert(messages[place], dict[str, Json]) for place in (1, 3))
    uses = [convert(turn["content"], list[Json])[1:] for turn in (first, second)]
    trimmed: Json = {"type": "text", "text": shown}
    messages[1] = {**first, "content": [trimmed, *uses[0]]}
    messages[3] = {**second, "content": uses[1]}
    assert server.kept(sent(agent, messages).id) == "kept"
