"""The net: what a test's scripted providers were sent must extend one prefix per conversation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agentcache.core.values import WireName
from agentcache.errors import WireError
from agentcache.prefix.breaks import break_json, break_lines
from agentcache.prefix.chains import Chains
from agentcache.prefix.prompt import read_prompt
from support.provider_values import PATHS


class Request(Protocol):
    """What the net needs of a request; `wire` is None for one that is no Call."""

    @property
    def number(self) -> int: ...
    @property
    def wire(self) -> WireName | None: ...
    @property
    def body(self) -> bytes: ...


class Asked(Protocol):
    """What the net needs of a provider."""

    @property
    def requests(self) -> Sequence[Request]:
        """Everything that came in."""

    @property
    def refused(self) -> set[int]:
        """The numbers of those that broke a rule: no provider keeps anything of them."""


started: list[Asked] = []
"""Every provider that the running test started."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request to an upstream that only knows bytes."""

    number: int
    wire: WireName | None
    body: bytes


@dataclass
class RawAsked:
    """What such an upstream was asked while the running test ran."""

    requests: list[RawRequest] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)


_raw: dict[int, RawAsked] = {}


def note_raw(upstream: object, path: str, body: bytes, *, is_refused: bool) -> None:
    """An upstream of bytes was asked for `path`, and answers."""
    asked = _raw.get(id(upstream))
    if asked is None or asked not in started:
        asked = _raw[id(upstream)] = RawAsked()
        started.append(asked)
    number = len(asked.requests) + 1
    asked.requests.append(RawRequest(number, PATHS.get(path.partition("?")[0]), body))
    if is_refused:
        asked.refused.add(number)


def broken_prefixes(provider: Asked) -> list[str]:
    """A paragraph for each request that broke the prefix of its conversation.

    Requests of other paths, those that were refused, and those that no wire can read are in no
    conversation.
    """
    chains = Chains()
    told: list[str] = []
    for request in tuple(provider.requests):
        if request.wire is None or request.number in provider.refused:
            continue
        try:
            step = chains.follow(read_prompt(request.wire, request.body))
        except WireError:
            continue
        if step.broken is not None:
            told.append(f"#{request.number}: " + "\n".join(break_lines(break_json(step.broken))))
    return told


def check_prefixes(providers: Sequence[Asked], *, may_break: bool) -> None:
    """Fail when a prefix broke that was not to break; with `may_break`, when none did."""
    told = [one for provider in providers for one in broken_prefixes(provider)]
    if told and not may_break:
        lines = "\n".join(told)
        raise AssertionError(
            f"a conversation did not extend one prefix; mark the test with "
            f'@pytest.mark.breaks_prefix("why") if it means to:\n{lines}'
        )
    if may_break and not told:
        raise AssertionError("the test is marked with breaks_prefix, but no prefix broke")
