"""A server that is stopped in a session ends what it began, while the next one answers already."""

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

from agentcache.server.client import control, running
from agentcache.server.lock import Owner
from flows.wires import HEADERS, MESSAGES, decoded, fresh, request_body
from support.agent import post
from support.provider import ScriptedProvider
from support.provider_values import Answer, Gate
from support.server import LiveServer, live_server


def next_one(before: LiveServer) -> Owner:
    """The server that took over, which nobody here starts."""
    for _ in range(400):
        owner = running(before.places)
        if owner is not None and owner.pid != before.owner.pid:
            return owner
        time.sleep(0.05)
    raise AssertionError("no server took over")


def test_a_reply_goes_on_to_its_end_while_the_next_server_answers(tmp_path: Path) -> None:
    gate = Gate()
    answers = iter([Answer(text="slow", gate=gate, gate_after_events=2), Answer(text="quick")])
    with (
        ScriptedProvider(lambda _: next(answers)) as provider,
        live_server(tmp_path / "home") as before,
    ):
        parts = urlsplit(before.session(tmp_path).base(provider.url) + MESSAGES)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        body = request_body(MESSAGES, fresh(), stream=True)
        connection.request("POST", parts.path, body=body, headers=HEADERS)
        slow = connection.getresponse()
        begun = slow.read1()
        before.cli("stop")
        after = LiveServer(before.places, next_one(before))
        quick = post(after.session(tmp_path).base(provider.url) + MESSAGES, body)
        gate.open()
        whole = begun + slow.read()
        connection.close()
    assert decoded(MESSAGES, quick.body).text == "quick"
    assert decoded(MESSAGES, whole).text == "slow"
    assert after.owner.port == before.owner.port
    assert after.owner.pid != before.owner.pid


def test_a_server_that_is_stopped_before_its_sessions_found_it_hands_over_too(
    tmp_path: Path,
) -> None:
    """As where `agentcache stop` is said twice: they come back to it only with their next beat."""
    with live_server(tmp_path / "home") as first:
        first.session(tmp_path)
        control(first.owner, "POST", "handover")
        second = LiveServer(first.places, next_one(first))
        control(second.owner, "POST", "handover")
        third = next_one(second)
    assert third.port == first.owner.port
