"""Any requests at once: each caller gets what it would get alone, and no call is made twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache import AgentCache
from client.askers import PROXIES
from client.together import Together, Way, flights_of, together, verdict
from flows.wires import HEADERS, MESSAGES, decoded, fresh, request_body
from support.provider import RandomChunks, ScriptedProvider
from support.provider_values import Answer, Gate, html_page, overloaded
from support.repositories import make_repository

KINDS = {
    "fine": Answer(text="It is in shop/settings.py. " * 20),
    "short": Answer(text="Yes."),
    "overloaded": overloaded(),
    "page": html_page(502),
    "cut": Answer(text="It ends too soon. " * 20, cut_at_byte=150),
    "error": Answer(text="It ends too soon. " * 20, fail_after_events=3),
}
GOOD = ("fine", "short")


@dataclass(frozen=True, slots=True)
class Stage:
    """A provider that answers by what it is asked, a cache, and clients of every colour."""

    provider: ScriptedProvider
    cache: AgentCache
    sender: Together

    def hold(self, gate: Gate) -> None:
        """Have all answers wait at `gate`, once they are begun."""

        def answer(request: Any) -> Answer:  # noqa: ANN401  # a request of the provider's
            answer = next(KINDS[kind] for kind in KINDS if f"({kind})" in request.messages[0].text)
            return Answer(
                text=answer.text, status=answer.status, body=answer.body, headers=answer.headers,
                cut_at_byte=answer.cut_at_byte, fail_after_events=answer.fail_after_events,
                gate=gate, gate_after_events=0 if answer.cut_at_byte else 1,
            )  # fmt: skip

        self.provider._script = answer


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("r")
    repository = make_repository(root / "repository", {"a": "A\n"})
    with (
        pytest.MonkeyPatch.context() as patched,
        ScriptedProvider(lambda _: Answer(), chunks=RandomChunks(11)) as provider,
        AgentCache.open(repository.root, home=root / "home") as cache,
    ):
        for name in PROXIES:
            patched.delenv(name, raising=False)
        with together(cache, Way.MIXED) as sender:
            yield Stage(provider, cache, sender)


def said(reply: httpx2.Response | BaseException | None) -> tuple[object, ...]:
    """What a caller gets, without what is of the moment."""
    if not isinstance(reply, httpx2.Response):
        return (type(reply),)
    words = [w for w in reply.content.split(b'"') if not w.startswith((b"msg_", b"req_"))]
    return (reply.status_code, reply.headers["content-type"], words)


def alone(url: str, body: bytes) -> tuple[object, ...]:
    """What a caller without a cache gets."""
    try:
        return said(httpx2.post(url, content=body, headers=HEADERS))
    except httpx2.TransportError as error:
        return said(error)


REQUESTS = st.lists(
    st.tuples(st.sampled_from([*KINDS, *GOOD, *GOOD]), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(max_examples=15)
@given(asked=REQUESTS)
def test_each_gets_what_it_would_get_alone_and_no_good_answer_is_asked_for_twice(
    stage: Stage, asked: list[tuple[str, int]]
) -> None:
    url, text, gate = stage.provider.url + MESSAGES, fresh("Remember this: the thing"), Gate()
    bodies = {
        (kind, number): request_body(
            MESSAGES,
            f"({kind}) {text} {number}",
            temperature=0,
            stream=number % 2 == 1 or kind == "error",
        )
        for kind, number in asked
    }
    before = len(stage.provider.calls)
    stage.hold(gate)
    sent = [(one, stage.sender.send(url, bodies[one])) for one in asked]
    gate.open()
    replies = [(one, future.exception(60) or future.result()) for one, future in sent]
    calls = len(stage.provider.calls) - before
    bad = [kind for kind, _ in asked if kind not in GOOD]
    assert calls == len({one for one in asked if one[0] in GOOD}) + len(bad)
    assert len(flights_of(stage.cache)._flights) == 0
    expected = {one: alone(url, body) for one, body in bodies.items()}
    for one, reply in replies:
        if isinstance(reply, httpx2.Response) and verdict(reply) == "hit replay":
            assert decoded(MESSAGES, reply.content).text == KINDS[one[0]].text
        else:
            assert said(reply) == expected[one]
