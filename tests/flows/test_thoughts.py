"""Models that think: the words that end a run are kept, and what was thought before them is not."""

from collections.abc import Callable

import pytest

from agentcache.core.codec import JsonObject, decode_json_object
from support.agent import Agent
from support.provider import ScriptedProvider
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

QUESTION = "Where is RETRY_LIMIT defined?"
READ = ToolCall("Read", {"file_path": "shop/settings.py"})


def thinking(request: ProviderRequest) -> Answer:
    if len(request.messages) == 1:
        return Answer(tools=(READ,), thinking="I should look.")
    return Answer(text="In shop/settings.py.", thinking="There it is.")


@pytest.fixture
def asking(server: LiveServer, provider: ScriptedProvider, repository: Repo) -> Callable[[], Agent]:
    provider._script = thinking
    wait_until_settled(repository)
    base = server.session(repository.root).base(provider.url)
    fields: JsonObject = {
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "max_tokens": 4096,
    }
    return lambda: Agent(base, repository.root, fields=dict(fields))


def test_the_words_of_an_answer_are_served_without_the_thoughts(
    server: LiveServer, asking: Callable[[], Agent]
) -> None:
    first = asking().ask(QUESTION)
    server.kept()
    again = asking().ask(QUESTION)
    assert (again.opening.verdict, again.opening.reason) == ("hit", "same_text")
    assert again.text == first.text == "In shop/settings.py."
    assert decode_json_object(again.opening.body)["content"] == [
        {"type": "text", "text": "In shop/settings.py."}
    ]


def test_it_ends_with_what_was_read_and_no_step_with_thoughts_is_decided_as_before(
    server: LiveServer, asking: Callable[[], Agent], repository: Repo
) -> None:
    asking().ask(QUESTION)
    server.kept()
    repository.write("shop/settings.py", "RETRY_LIMIT = 7\n")
    again = asking().ask(QUESTION)
    assert [reply.verdict for reply in again.replies] == ["miss", "miss"]
