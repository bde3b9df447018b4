"""Prompts kept stable by the server: for every session, unless it is told not to, and explained."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentcache.core.codec import JsonObject, decode_json_object, encode_json
from agentcache.core.session import Mode
from agentcache.core.values import WireName
from agentcache.prefix.moves import Move
from agentcache.prefix.recording import decode_recording
from flows.raw_upstream import Play, RawUpstream, Received, answer, ask
from support.loops import Loop
from support.server import LiveServer, Session, live_server

SECRET = "sk-very-secret"  # made up
REPLY: JsonObject = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Done."}], "stop_reason": "end_turn",
    "usage": {"input_tokens": 100, "output_tokens": 2},
}  # fmt: skip

Send = Callable[[Loop], JsonObject]


def sender(session: Session, upstream: RawUpstream) -> Send:
    """What sends a loop's next request through `session`, and gives what arrived upstream."""
    upstream.script = lambda _: answer(
        encode_json(REPLY), headers=[("content-type", "application/json")]
    )

    def send(loop: Loop) -> JsonObject:
        headers = {"x-api-key": SECRET, "anthropic-version": "2023-06-01"}
        base, body = session.base(upstream.url), encode_json(loop.body())
        reply = ask(base, "POST", "/v1/messages", body, **headers)
        assert reply.status == 200
        return decode_json_object(upstream.last.body)

    return send


@pytest.fixture
def own_upstream() -> Iterator[RawUpstream]:
    with RawUpstream() as upstream:
        yield upstream


def new_day(loop: Loop) -> None:
    loop.system = loop.system.replace("2026-11-20", "2026-11-21")


def test_a_new_date_reaches_the_provider_at_the_tail(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session, loop = server.session(tmp_path), Loop()
    send = sender(session, upstream)
    first = send(loop)
    new_day(loop)
    loop.step(1)
    second = send(loop)
    assert second["system"] == first["system"]
    assert "2026-11-21" in encode_json(second["messages"]).decode()
    counts = session.end()
    assert (counts["prefix:calls"], counts["prefix:repaired:freeze"]) == (2, 1)
    assert "prefix:breaks" not in counts


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_a_session_can_do_without(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session, loop = server.session(tmp_path, moves=()), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    loop.step(1)
    assert send(loop) == loop.body()
    counts = session.end()
    assert counts["prefix:breaks"] == 1


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_why_names_the_break_and_its_repair(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session, loop = server.session(tmp_path, moves=()), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    loop.step(1)
    send(loop)
    name = str(session.end()["session"])
    said = decode_json_object(server.cli("why", "--prefix", name, "--json").stdout)
    breaks = said["breaks"]
    assert isinstance(breaks, list)
    (broken,) = breaks
    assert isinstance(broken, dict)
    assert (broken["verdict"], broken["reason"]) == ("volatile-in-prefix", "system_changed")
    assert broken["move"] == Move.FREEZE
    text = server.cli("why", "--prefix", name).stdout
    assert "2026-11-20" in text
    assert "system[0]" in text


def test_why_of_an_unknown_session_says_so(server: LiveServer) -> None:
    done = server.cli("why", "--prefix", "nobody")
    assert done.returncode == 1
    assert "no session 'nobody'" in done.stderr


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_an_observing_session_only_counts(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session, loop = server.session(tmp_path, mode=Mode.OBSERVE), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    loop.step(1)
    assert send(loop) == loop.body()
    counts = session.end()
    assert counts["prefix:would_repair:freeze"] == 1
    assert "prefix:repaired" not in counts


def test_a_request_that_is_not_understood_passes_untouched_and_is_counted(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session = server.session(tmp_path)
    sender(session, upstream)
    body = b'{"model": "m", "messages": "?"}'
    ask(session.base(upstream.url), "POST", "/v1/messages", body)
    assert upstream.last.body == body
    assert session.end()["prefix:not_understood"] == 1


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_an_upstream_that_refuses_what_was_shaped_gets_it_as_it_was(
    server: LiveServer, own_upstream: RawUpstream, tmp_path: Path
) -> None:
    upstream = own_upstream  # it is left alone from then on
    session, loop = server.session(tmp_path), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    loop.step(1)
    count = len(upstream.received)

    def choosy(received: Received) -> Play:
        has_note = b"system-reminder" in received.body
        reply: JsonObject = {"type": "error", "error": {"type": "bad", "message": "no"}}
        status = "400 Bad Request" if has_note else "200 OK"
        return answer(encode_json(reply if has_note else REPLY), status=status)

    upstream.script = choosy
    base, body = session.base(upstream.url), encode_json(loop.body())
    assert ask(base, "POST", "/v1/messages", body).status == 200
    assert len(upstream.received) == count + 2
    loop.step(2)
    assert ask(base, "POST", "/v1/messages", encode_json(loop.body())).status == 200
    assert len(upstream.received) == count + 3
    assert decode_json_object(upstream.last.body) == loop.body()
    assert session.end()["prefix:refused"] == 1


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_a_server_that_fails_on_each_shaped_request_gets_them_as_they_were(
    server: LiveServer, own_upstream: RawUpstream, tmp_path: Path
) -> None:
    upstream = own_upstream
    session, loop = server.session(tmp_path), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    upstream.script = failing
    for step, requests in enumerate((2, 2, 1)):
        loop.step(step)
        count = len(upstream.received)
        body = encode_json(loop.body())
        assert ask(session.base(upstream.url), "POST", "/v1/messages", body).status == 200
        assert len(upstream.received) == count + requests
        assert decode_json_object(upstream.last.body) == loop.body()
    assert session.end()["prefix:refused"] == 1


@pytest.mark.breaks_prefix("it is sent as the host made it")
def test_a_server_that_fails_now_and_then_gets_shaped_requests(
    server: LiveServer, own_upstream: RawUpstream, tmp_path: Path
) -> None:
    upstream = own_upstream
    session, loop = server.session(tmp_path), Loop()
    send = sender(session, upstream)
    well = upstream.script
    send(loop)
    new_day(loop)
    for step, script in enumerate((failing, well, failing, well)):
        upstream.script = script
        loop.step(step)
        send(loop)
    assert b"system-reminder" in upstream.last.body
    assert "prefix:refused" not in session.end()


def failing(received: Received) -> Play:
    """Answers as llama.cpp does to what a model's chat template does not take: our notes."""
    if b"system-reminder" in received.body:
        return answer(b'{"error":{"code":500}}', status="500 Internal Server Error")
    return answer(encode_json(REPLY))


def test_a_request_that_is_refused_either_way_gets_the_providers_own_answer(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    session, loop = server.session(tmp_path), Loop()
    send = sender(session, upstream)
    send(loop)
    new_day(loop)
    loop.step(1)
    upstream.script = lambda _: answer(b'{"type":"error"}', status="400 Bad Request")
    reply = ask(session.base(upstream.url), "POST", "/v1/messages", encode_json(loop.body()))
    assert (reply.status, reply.body) == (400, b'{"type":"error"}')
    assert "prefix:refused" not in session.end()


def test_a_conversation_goes_on_stable_after_a_restart(
    upstream: RawUpstream, tmp_path: Path
) -> None:
    loop = Loop()
    bodies = []
    for day in range(2):
        with live_server(tmp_path / "home") as server:
            bodies.append(sender(server.session(tmp_path), upstream)(loop))
        if not day:
            new_day(loop)
            loop.step(1)
    assert bodies[0]["system"] == bodies[1]["system"]
    assert "2026-11-21" in encode_json(bodies[1]["messages"]).decode()


def test_a_recording_holds_what_was_sent_and_no_credential(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    place = tmp_path / "recordings"
    session, loop = server.session(tmp_path, record=str(place)), Loop()
    send = sender(session, upstream)
    told = [encode_json(loop.body())]
    send(loop)
    new_day(loop)
    loop.step(1)
    told.append(encode_json(loop.body()))
    send(loop)
    session.end()
    (path,) = place.glob("*.jsonl")
    assert [each.name for each in place.iterdir() if each != path] == [".gitignore"]
    assert (place / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert SECRET.encode() not in path.read_bytes()
    calls = decode_recording(path.read_bytes(), name="it").calls
    assert [call.body.encode() for call in calls] == told
    assert {call.wire for call in calls} == {WireName.ANTHROPIC}
    assert all(call.at <= (call.first or 0) <= (call.ended or 0) for call in calls)
    assert [call.reply_id for call in calls] == ["msg_1", "msg_1"]
    assert [call.usage.input_tokens for call in calls if call.usage] == [100, 100]
    assert calls[0].headers == {"anthropic-version": "2023-06-01"}


def test_a_recording_can_be_simulated_and_linted(
    server: LiveServer, upstream: RawUpstream, tmp_path: Path
) -> None:
    place = tmp_path / "recordings"
    session, loop = server.session(tmp_path, record=str(place)), Loop()
    send = sender(session, upstream)
    for number in range(3):
        send(loop)
        loop.system = loop.system.replace(f"11-2{number}", f"11-2{number + 1}")
        loop.step(number)
    session.end()
    simulated = server.cli("simulate", str(place), "--json")
    assert simulated.returncode == 0, simulated.stderr
    linted = server.cli("lint", str(place), "--max-breaks", "0")
    assert linted.returncode == 1, linted.stderr
    assert "volatile-in-prefix" in linted.stdout


def test_a_directory_that_cannot_be_written_is_told_before_the_agent_begins(
    server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = server.cli("run", "--record", str(tmp_path / "file" / "below"), "--", "true")
    assert done.returncode == 0
    assert "cannot be written" in done.stderr
    assert "runs without the cache" in done.stderr


def test_a_move_that_does_not_exist_is_a_users_error(server: LiveServer) -> None:
    done = server.cli("run", "--prefix", "tools,freeeze", "--", "true")
    assert done.returncode not in (0, 3)
    assert "'freeeze' is no move" in done.stderr
