"""A client that has read the last event of a stream has read the reply."""

import http.client
from urllib.parse import urlsplit

import pytest

from flows.wires import HEADERS, WIRES, decoded, fresh, reply_events, request_body
from support.agent import post
from support.provider import ScriptedProvider
from support.provider_values import Answer, Gate
from support.server import LiveServer


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("missing", [0, 1])
def test_a_reply_is_kept_when_its_client_leaves_at_the_last_event_and_not_before(
    server: LiveServer, path: str, missing: int
) -> None:
    """Clients close a stream at the event that ends it; upstream ends the response later."""
    text = "It is in shop/settings.py."
    gate = Gate()
    shown = len(reply_events(path, Answer(text=text))) - missing
    answers = iter([Answer(text=text, gate=gate, gate_after_events=shown), Answer(text=text)])
    with ScriptedProvider(lambda _: next(answers)) as provider:
        base = server.session(server.places.home).base(provider.url)
        body = request_body(path, fresh(), stream=True, temperature=0)
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        connection.request("POST", parts.path + path, body=body, headers=HEADERS)
        response = connection.getresponse()
        seen = b""
        while seen.count(b"\n\n") < shown:
            seen += response.read1()
        response.close()
        connection.close()
        assert provider.left.wait(20)
        gate.open()
        event = response.headers["x-agentcache"].partition("id=")[2].partition(";")[0]
        assert server.kept(event) == ("cut" if missing else "kept")
        again = post(base + path, body)
        assert decoded(path, again.body).text == text
        assert again.verdict == ("miss" if missing else "hit")
