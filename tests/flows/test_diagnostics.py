"""The provider's own diagnosis of a cache miss, asked for where a user allows it, beside ours."""

import time
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.prefix.moves import Move
from flows.raw_upstream import Play, RawUpstream, Received, answer, ask
from support.loops import Loop
from support.server import LiveServer, Session

ASKING = (Move.DIAGNOSTICS,)


class Diagnosing:
    """Anthropic's API as far as it tells why a cache missed: by the reply that is named."""

    def __init__(self) -> None:
        self._told: dict[str, JsonObject] = {}

    def __call__(self, received: Received) -> Play:
        body = decode_json_object(received.body)
        name = f"msg_{len(self._told) + 1}"
        self._told[name] = body
        reply: JsonObject = {
            "id": name, "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 10, "output_tokens": 1},
            "diagnostics": self._diagnosis(body),
        }  # fmt: skip
        return answer(encode_json(reply), headers=[("content-type", "application/json")])

    def _diagnosis(self, body: JsonObject) -> Json:
        asked = body.get("diagnostics")
        if not isinstance(asked, dict) or not (name := asked["previous_message_id"]):
            return None
        before = self._told.get(str(name))
        kind = "previous_message_not_found" if before is None else ""
        for field in ("system", "tools", "model") if before else ():
            kind = f"{field}_changed" if before and before[field] != body[field] else kind
        if not kind:
            return None
        return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": 7}}


def send(session: Session, upstream: RawUpstream, loop: Loop) -> JsonObject:
    """What arrived upstream, once the reply to it is noted."""
    server, before = session.server, noted(session.server)
    base = session.base(upstream.url)
    assert ask(base, "POST", "/v1/messages", encode_json(loop.body())).status == 200
    ends = time.monotonic() + 20
    while noted(server) == before:
        assert time.monotonic() < ends
        time.sleep(0.02)
    return decode_json_object(upstream.last.body)


def noted(server: LiveServer) -> Json:
    return server.stats()["lookups"]


BREAKS = pytest.mark.breaks_prefix("the provider is to say so")


@pytest.mark.parametrize(
    ("change", "agrees"),
    [
        pytest.param("system", True, marks=BREAKS),
        pytest.param("tools", True, marks=BREAKS),
        ("nothing", None),
    ],
)
def test_the_provider_is_asked_and_its_verdict_is_shown(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path, change: str, agrees: bool | None
) -> None:
    upstream.script = Diagnosing()
    session, loop = server.session(tmp_path, moves=ASKING), Loop()
    first = send(session, upstream, loop)
    assert first["diagnostics"] == {"previous_message_id": None}
    if change == "system":
        loop.system += "\nBe long."
    if change == "tools":
        loop.tools.reverse()
    loop.step(1)
    second = send(session, upstream, loop)
    assert second["diagnostics"] == {"previous_message_id": "msg_1"}
    summary = session.end()
    said = decode_json_object(
        server.cli("why", "--prefix", str(summary["session"]), "--json").stdout
    )
    if agrees is None:
        assert said["breaks"] == []
        return
    assert summary["prefix:provider_agrees"] == 1
    assert isinstance(said["breaks"], list)
    (broken,) = said["breaks"]
    assert isinstance(broken, dict)
    assert broken["provider"] == broken["reason"] == f"{change}_changed"


def test_nothing_is_asked_unless_the_user_allows_it(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    upstream.script = Diagnosing()
    assert "diagnostics" not in send(server.session(tmp_path), upstream, Loop())


def test_a_host_that_asks_itself_is_left_alone(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    upstream.script = Diagnosing()
    body: JsonObject = {**Loop().body(), "diagnostics": {"previous_message_id": "msg_9"}}
    session = server.session(tmp_path, moves=ASKING)
    ask(session.base(upstream.url), "POST", "/v1/messages", encode_json(body))
    assert decode_json_object(upstream.last.body) == body
