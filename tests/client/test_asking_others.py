"""A loop whose agent asks another one, both through one cache."""

from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest
from anthropic.types import MessageParam, ToolUseBlock

from agentcache import AgentCache
from agentcache.core.codec import convert
from flows.conftest import QUESTION
from support.agent import TOOLS, Agent, tool
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Read, Researcher
from support.provider_values import ToolCall
from support.repositories import Repo, wait_until_settled

PROMPT = "Find every place where TIMEOUT is set."
ASK = ToolCall("Agent", {"prompt": PROMPT})
MAIN_TOOLS = (*TOOLS, tool("Agent", "prompt"))


@pytest.fixture
def provider(repository: Repo) -> Iterator[ScriptedProvider]:
    wait_until_settled(repository)
    plan = {
        QUESTION: Course((Read("shop/client.py"), ASK), "In shop/settings.py."),
        PROMPT: Course((Read("shop/settings.py"),), "TIMEOUT = 30"),
    }
    with ScriptedProvider(Researcher(plan)) as provider:
        yield provider


def ask(client: anthropic.Anthropic, root: Path, question: str, *, spoils: bool = False) -> str:
    """Run a loop; `spoils`: what the other agent said is passed on with more words."""
    messages: list[MessageParam] = [{"role": "user", "content": question}]
    while True:
        reply = client.messages.create(
            model="claude-scripted-1",
            max_tokens=500,
            system="You answer questions about a repository.",
            tools=convert(list(MAIN_TOOLS), list),
            messages=messages,
        )
        uses = [block for block in reply.content if isinstance(block, ToolUseBlock)]
        if not uses:
            return "".join(block.text for block in reply.content if block.type == "text")
        messages.append({"role": "assistant", "content": reply.content})
        texts = [run(client, root, use, spoils=spoils) for use in uses]
        messages.append(
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": use.id, "content": text}
                    for use, text in zip(uses, texts, strict=True)
                ],
            }
        )


def run(client: anthropic.Anthropic, root: Path, use: ToolUseBlock, *, spoils: bool) -> str:
    given = {name: str(value) for name, value in use.input.items()}
    if use.name != "Agent":
        return Agent("", root)._tool(use.name, given)
    return ask(client, root, given["prompt"]) + (" It is said." if spoils else "")


def test_a_loop_that_asks_another_agent_is_answered_until_what_that_one_read_changes(
    repository: Repo, provider: ScriptedProvider, tmp_path: Path
) -> None:
    with (
        AgentCache.open(repository.root, home=tmp_path / "home") as cache,
        anthropic.Anthropic(
            api_key="k", base_url=provider.url, http_client=cache.http_client()
        ) as client,
    ):
        ask(client, repository.root, QUESTION)
        calls = len(provider.calls)
        ask(client, repository.root, QUESTION)
        assert len(provider.calls) == calls
        repository.write("shop/settings.py", "TIMEOUT = 31\n")
        ask(client, repository.root, QUESTION)
        assert len(provider.calls) > calls


def test_a_loop_that_passes_on_something_else_is_not_answered(
    repository: Repo, provider: ScriptedProvider, tmp_path: Path
) -> None:
    with (
        AgentCache.open(repository.root, home=tmp_path / "home") as cache,
        anthropic.Anthropic(
            api_key="k", base_url=provider.url, http_client=cache.http_client()
        ) as client,
    ):
        ask(client, repository.root, QUESTION, spoils=True)
        assert cache.last is not None
        assert cache.last.kept == "opaque_tool"
