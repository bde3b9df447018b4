"""What a provider's prefix cache makes of the requests of a session."""

from collections.abc import Sequence
from dataclasses import dataclass

from agentcache.core.codec import Json, encode_json
from agentcache.prefix.differing import common_length
from agentcache.prefix.prompt import Level, Prompt, read_prompt
from agentcache.prefix.recording import VERSION, Head, RecordedCall, Recording
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import read_policy, simulate
from support.provider_values import ProviderRequest

GAP = 20.0
"""Seconds between two requests: an agent at work."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers of a session.

    `share`: of all prompts' bytes, those that are equal to the beginning of the request before in
    the same conversation; `reach`: what it would be if prompts only grew. `read`: the share of its
    tokens that the provider reads by its rules; `cost`: of the input, in units of a plain token.
    `size`: bytes of all prompts.
    """

    share: float
    reach: float
    read: float
    cost: float
    size: int
    calls: int


def measure(requests: Sequence[ProviderRequest], *, url: str) -> Measured:
    """The numbers of requests that a provider at `url` got, as they were sent."""
    size = equal = grown = 0
    newest: dict[Json, bytes] = {}
    for request in requests:
        assert request.wire is not None
        prompt = read_prompt(request.wire, request.body)
        text = b"\n".join(block.content for block in prompt.blocks)
        before = newest.get(conversation(prompt), b"")
        size += len(text)
        equal += _common(before, text)
        grown += min(len(before), len(text))
        newest[conversation(prompt)] = text
    simulated = simulate(_recording(requests, url), read_policy("as-sent"), load_rules(None))
    return Measured(
        share=equal / size,
        reach=grown / size,
        read=simulated.read_share,
        cost=simulated.cost,
        size=size,
        calls=len(requests),
    )


def conversation(prompt: Prompt) -> str:
    """What tells a host's main loop from its side calls: model, tools or none, how it begins."""
    system = next((block.content for block in prompt.blocks if block.level is Level.SYSTEM), b"")
    has_tools = any(block.level is Level.TOOLS for block in prompt.blocks)
    return repr((prompt.model, has_tools, system.partition(b"\\n")[0][:80]))


def tools_called(requests: Sequence[ProviderRequest]) -> list[tuple[str, str]]:
    """Names and arguments of all tools that the longest conversation shows, in order."""
    longest = max(requests, key=lambda request: len(request.messages))
    return [
        (call.name, encode_json(call.arguments).decode())
        for message in longest.messages
        for call in message.calls
    ]


def _common(one: bytes, other: bytes) -> int:
    return common_length(one.decode("latin-1"), other.decode("latin-1"))


def _recording(requests: Sequence[ProviderRequest], url: str) -> Recording:
    calls = [
        RecordedCall(
            at=GAP * number,
            wire=request.wire,
            url=url,
            body=request.body.decode(),
            first=GAP * number + 1,
            ended=GAP * number + 2,
            status=200,
        )
        for number, request in enumerate(requests)
        if request.wire is not None
    ]
    return Recording(Head(VERSION, "measured", 0.0), tuple(calls))
