"""What a host tells the model on a run's way is in the answer, so it must not be served later."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest

from agentcache.core.codec import Json, convert, encode_json
from support.agent import Agent
from support.provider import ScriptedProvider
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

QUESTION = "Where is RETRY_LIMIT defined?"
GREP = ToolCall("Grep", {"pattern": "RETRY_LIMIT", "output_mode": "content"})
READ = ToolCall("Read", {"file_path": "shop/settings.py"})
QUEUED = "<system-reminder>\nThe user sent a message: only the tests.\n</system-reminder>"
TODO = "<system-reminder>\nYour todo list has changed.\n</system-reminder>"
LEFT = "<system-reminder>\n<total_tokens>149 tokens left</total_tokens>\n</system-reminder>"
SILENT = "The user hasn't heard from you in a while. As you continue, keep them updated on it."

MODEL = "claude-opus-5"
"""One that takes system turns."""

Messages = list[dict[str, Json]]


@dataclass(slots=True)
class Host(Agent):
    """A host that changes the messages before it sends them."""

    change: Callable[[Messages], None] = lambda _: None

    def request(self, messages: Sequence[Json]) -> bytes:
        """The body of one request."""
        # Not super(): a dataclass with slots is another class than the one it stands in.
        changed = convert(list(messages), Messages)
        self.change(changed)
        return Agent.request(self, list(changed))


def results_of(message: dict[str, Json]) -> Messages:
    return convert(message["content"], Messages)


def beside(block: str) -> Callable[[Messages], None]:
    def change(messages: Messages) -> None:
        for message in messages[2::2]:
            message["content"] = [*results_of(message), {"type": "text", "text": block}]

    return change


def within(block: str) -> Callable[[Messages], None]:
    def change(messages: Messages) -> None:
        for message in messages[2::2]:
            *others, last = results_of(message)
            message["content"] = [*others, {**last, "content": f"{last['content']}\n\n{block}"}]

    return change


def once(block: str) -> Callable[[Messages], None]:
    """Beside the first results only, and only while they are the last."""

    def change(messages: Messages) -> None:
        if len(messages) == 3:
            beside(block)(messages)

    return change


def apart(block: str) -> Callable[[Messages], None]:
    """In a system turn of its own behind each turn of results."""

    def change(messages: Messages) -> None:
        for place in range(len(messages) - 1, 0, -2):
            messages.insert(place + 1, {"role": "system", "content": block})

    return change


SAYING = [
    beside,
    within,
    apart,
    pytest.param(once, marks=pytest.mark.breaks_prefix("what is said once is gone later")),
]


def without_first_results(messages: Messages) -> None:
    del messages[1:-2]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    def script(request: ProviderRequest) -> Answer:
        said = encode_json(list(request.messages)).decode()
        if '"Read"' in said:
            return Answer(text="In the tests.")
        return Answer(tools=(READ if '"Grep"' in said else GREP,))

    with ScriptedProvider(script) as provider:
        yield provider


@pytest.fixture
def host(server: LiveServer, provider: ScriptedProvider, repository: Repo) -> Callable[..., Host]:
    def start(change: Callable[[Messages], None] = lambda _: None) -> Host:
        base = server.session(repository.root).base(provider.url)
        return Host(base, repository.root, model=MODEL, change=change)

    wait_until_settled(repository)
    return start


@pytest.mark.parametrize("say", SAYING)
def test_an_answer_that_may_follow_a_remark_is_not_kept(
    server: LiveServer,
    host: Callable[..., Host],
    say: Callable[[str], Callable[[Messages], None]],
) -> None:
    told = host(say(QUEUED)).ask(QUESTION)
    assert server.why(told.replies[-1].id)["kept"] == "reminded"
    assert host().ask(QUESTION).is_made_anew


@pytest.mark.parametrize(
    ("say", "block"),
    [(beside, TODO), (within, TODO), (within, LEFT), (apart, LEFT), (apart, SILENT),
     pytest.param(once, TODO, marks=pytest.mark.breaks_prefix("what is said once is gone later"))],
)  # fmt: skip
def test_what_a_host_always_says_keeps_no_answer_from_being_kept(
    server: LiveServer,
    host: Callable[..., Host],
    say: Callable[[str], Callable[[Messages], None]],
    block: str,
) -> None:
    host(say(block)).ask(QUESTION)
    server.kept()
    assert host().ask(QUESTION).opening.reason == "same_text"


@pytest.mark.parametrize("block", ["<diagnostics>\nsettings.py:3: unused\n</diagnostics>"])
@pytest.mark.parametrize("say", [beside, apart])
def test_a_remark_in_other_tags_is_one_too(
    server: LiveServer,
    host: Callable[..., Host],
    say: Callable[[str], Callable[[Messages], None]],
    block: str,
) -> None:
    told = host(say(block)).ask(QUESTION)
    assert server.why(told.replies[-1].id)["kept"] == "reminded"


@pytest.mark.parametrize("say", [beside, within])
def test_an_answer_rests_on_the_instructions_of_a_directory_that_the_host_told(
    server: LiveServer,
    host: Callable[..., Host],
    repository: Repo,
    say: Callable[[str], Callable[[Messages], None]],
) -> None:
    place = repository.write("shop/CLAUDE.md", "# Shop\n\nName the line.\n")
    wait_until_settled(repository)
    block = f"<system-reminder>\nContents of {place}:\n\n{place.read_text()}\n</system-reminder>"
    host(say(block)).ask(QUESTION)
    server.kept()
    assert host().ask(QUESTION).opening.reason == "same_text"
    repository.write("shop/CLAUDE.md", "# Shop\n\nName no line.\n")
    assert host().ask(QUESTION).is_made_anew


def test_an_answer_from_results_that_the_host_left_out_later_is_not_kept(
    server: LiveServer, host: Callable[..., Host]
) -> None:
    told = host(without_first_results).ask(QUESTION)
    assert server.why(told.replies[-1].id)["kept"] == "unobservable"
    assert host().ask(QUESTION).is_made_anew
