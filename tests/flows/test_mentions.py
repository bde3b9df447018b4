"""Files that a question names with `@` and that the host shows: the answer rests on them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from agentcache.core.codec import Json, convert, encode_json
from flows.conftest import FILES
from support.agent import Agent, HttpReply, post
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Researcher
from support.provider_values import Answer
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import LiveServer

QUESTION = "How many retries does @shop/settings.py allow?"
SETTINGS = "shop/settings.py"


def numbered(place: Path, between: str) -> str:
    lines = place.read_text().split("\n")
    return "\n".join(f"{number}{between}{line}" for number, line in enumerate(lines, 1))


def by_claude_code(root: Path, place: str) -> list[str]:
    called = encode_json({"file_path": str(root / place)}).decode()
    shown = numbered(root / place, "\t")
    return [
        (
            f"<system-reminder>\nCalled the Read tool with the following input: {called}\n"
            "</system-reminder>"
        ),
        f"<system-reminder>\nResult of calling the Read tool:\n{shown}\n</system-reminder>",
        QUESTION,
    ]


def by_opencode(root: Path, place: str) -> list[str]:
    called = encode_json({"filePath": str(root / place)}).decode()
    lines = (root / place).read_text().splitlines()
    shown = "\n".join(f"{number}: {line}" for number, line in enumerate(lines, 1))
    return [
        f"Called the Read tool with the following input: {called}",
        (
            f"<path>{root / place}</path>\n<type>file</type>\n<content>\n{shown}\n\n"
            f"(End of file - total {len(lines)} lines)\n</content>"
        ),
        QUESTION,
    ]


def by_qwen_code(root: Path, place: str) -> list[str]:
    return [
        QUESTION,
        "\n--- Content from referenced files ---",
        f"\nContent from {place}:\n",
        (root / place).read_text(),
        "\n--- End of content ---",
    ]


HOSTS = [by_claude_code, by_opencode, by_qwen_code]
Telling = Callable[[Path, str], list[str]]


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider(lambda _: Answer(text="It allows 5 of them.")) as provider:
        yield provider


@pytest.fixture
def ask(
    server: LiveServer, provider: ScriptedProvider, repository: Repo
) -> Callable[[list[str]], HttpReply]:
    base = server.session(repository.root).base(provider.url)
    tools: list[Json] = [{"name": "Read", "description": "r", "input_schema": {"type": "object"}}]

    def ask(texts: list[str]) -> HttpReply:
        content: list[Json] = [{"type": "text", "text": text} for text in texts]
        body = encode_json(
            {
                "model": "claude-scripted-1",
                "max_tokens": 1000,
                "system": "You answer questions about a repository.",
                "tools": tools,
                "messages": [{"role": "user", "content": content}],
            }
        )
        return post(f"{base}/v1/messages", body)

    wait_until_settled(repository)
    return ask


@pytest.mark.parametrize("tell", HOSTS)
def test_an_answer_that_was_read_from_a_mentioned_file_alone_is_served(
    server: LiveServer, repository: Repo, ask: Callable[[list[str]], HttpReply], tell: Telling
) -> None:
    told = ask(tell(repository.root, SETTINGS))
    assert server.kept(told.id) == "kept"
    assert ask(tell(repository.root, SETTINGS)).reason == "same_text"


@pytest.mark.parametrize("tell", HOSTS)
def test_it_ends_with_an_edit_to_that_file(
    server: LiveServer, repository: Repo, ask: Callable[[list[str]], HttpReply], tell: Telling
) -> None:
    server.kept(ask(tell(repository.root, SETTINGS)).id)
    before = tell(repository.root, SETTINGS)
    repository.write(SETTINGS, "RETRY_LIMIT = 7\n")
    assert ask(tell(repository.root, SETTINGS)).verdict == "miss"
    # Also where the host still shows what stood there before.
    stale = ask(before)
    assert (stale.verdict, stale.reason) == ("miss", "evidence_changed")


@pytest.mark.parametrize("tell", HOSTS)
def test_an_answer_from_contents_that_are_not_on_disk_is_not_kept(
    server: LiveServer, repository: Repo, ask: Callable[[list[str]], HttpReply], tell: Telling
) -> None:
    before = tell(repository.root, SETTINGS)
    repository.write(SETTINGS, "RETRY_LIMIT = 7\n")
    wait_until_settled(repository)
    assert server.kept(ask(before).id) != "kept"
    assert ask(before).verdict == "miss"


def test_a_mentioned_directory_is_a_listing_that_the_answer_rests_on(
    server: LiveServer, repository: Repo, ask: Callable[[list[str]], HttpReply]
) -> None:
    def told() -> list[str]:
        place = repository.root / "shop"
        called = encode_json({"command": f"ls {place}", "description": f"Lists {place}"}).decode()
        shown = "\n".join(sorted(each.name for each in place.iterdir()))
        return [
            (
                f"<system-reminder>\nCalled the Bash tool with the following input: {called}\n"
                "</system-reminder>"
            ),
            f"<system-reminder>\nResult of calling the Bash tool:\n{shown}\n</system-reminder>",
            "How many modules does @shop hold?",
        ]

    before = told()
    assert server.kept(ask(before).id) == "kept"
    assert ask(before).reason == "same_text"
    repository.write("shop/more.py", "")
    assert ask(before).reason == "evidence_changed"
    assert ask(told()).verdict == "miss"


def test_the_question_is_told_without_what_a_host_put_around_it(
    server: LiveServer, repository: Repo, ask: Callable[[list[str]], HttpReply]
) -> None:
    told = ask(by_qwen_code(repository.root, SETTINGS))
    assert server.why(told.id)["question"] == QUESTION


class Mentioning(Agent):
    """An agent whose host shows a file that the question names."""

    def request(self, messages: Sequence[Json]) -> bytes:
        asked = convert(messages[0], dict[str, Json])
        _, *told = by_qwen_code(self.repository, SETTINGS)
        content: list[Json] = [{"type": "text", "text": text} for text in (asked["content"], *told)]
        return Agent.request(self, [{**asked, "content": content}, *messages[1:]])


def test_what_a_mentioned_file_calls_a_directory_is_not_where_the_agent_works(
    server: LiveServer, repository: Repo, tmp_path: Path
) -> None:
    settings = f"{FILES[SETTINGS]}# directory: /\n"
    repository.write(SETTINGS, settings)
    other = make_repository(tmp_path / "other", {**FILES, SETTINGS: settings})
    wait_until_settled(repository)
    wait_until_settled(other)
    course = Course((Grep("RETRY_LIMIT"),), "In two files.")
    with ScriptedProvider(Researcher({"RETRY_LIMIT": course})) as provider:
        base = server.session(repository.root).base(provider.url)
        system = f"You answer questions.\nWorking directory: {other.root}"
        agent = Mentioning(base, other.root, system=system)
        first = agent.ask("Which files use RETRY_LIMIT?")
        assert server.kept(first.replies[-1].id) == "kept"
        other.write("shop/more.py", "RETRY_LIMIT = 9\n")
        assert agent.ask("Which files use RETRY_LIMIT?").replies[-1].verdict == "miss"
