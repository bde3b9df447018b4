"""What is secret passes through and stays nowhere: not on disk, not in what the commands print."""

import base64
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from agentcache.core.codec import Json, JsonObject, convert, decode_json
from agentcache.server.network import Network
from flows.conftest import FILES, QUESTION, researcher
from flows.raw_upstream import RawUpstream, answer
from flows.wires import CHAT, MESSAGES, RESPONSES, fresh, request_body
from support.agent import Agent, post
from support.provider import ScriptedProvider
from support.provider_values import Answer, overloaded
from support.repositories import Repo, make_repository
from support.server import LiveServer, Session, live_server

HEADERS = {
    "x-api-key": "sk-SECRETKEY1",
    "authorization": "Bearer SECRETBEARER2",
    "cookie": "session=SECRETCOOKIE3",
    "x-goog-api-key": "SECRETGOOG4",
    "proxy-authorization": "Basic SECRETPROXY5",
}
SECRETS = (
    "SECRETKEY1", "SECRETBEARER2", "SECRETCOOKIE3", "SECRETGOOG4", "SECRETPROXY5", "SECRETUSER6",
    "SECRETPASS7", "SECRETPASS8", "SECRETQUERY9", "SECRETBROKEN10", "SECRETMCP11", "SECRETMCP12",
)  # fmt: skip


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[LiveServer]:
    """A server whose home nobody else writes to."""
    with live_server(tmp_path / "home") as server:
        yield server


def with_user(url: str, user_info: str) -> str:
    return url.replace("://", f"://{user_info}@")


def unused_url(user_info: str) -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://{user_info}@127.0.0.1:{taken.getsockname()[1]}"


def make_traffic(server: LiveServer, repository: Repo, provider: ScriptedProvider) -> list[str]:
    """Requests of every kind with secrets in every place; the sessions' tokens."""
    plain = server.session(repository.root, record=str(server.places.home / "recordings"))
    base = plain.base(with_user(provider.url, "SECRETUSER6:SECRETPASS7"))
    asking = Agent(base, repository.root, headers=HEADERS)
    asking.ask(QUESTION)
    assert asking.ask(QUESTION).opening.verdict == "hit"
    body = request_body(CHAT, fresh(), temperature=0)
    for _ in range(2):
        post(f"{base}{CHAT}?key=SECRETQUERY9", body, HEADERS)
    for token in ("SECRETMCP11", "SECRETMCP12"):
        for path, fields in with_servers_of_tools(token):
            post(base + path, request_body(path, "Who can be asked?", **fields), HEADERS)
    provider._script = lambda _: overloaded()
    post(base + MESSAGES, request_body(MESSAGES, fresh()), HEADERS)
    provider._script = lambda _: Answer(text="A cut answer.", cut_at_byte=20)
    with pytest.raises(Exception, match="Incomplete"):
        post(base + MESSAGES, request_body(MESSAGES, fresh()), HEADERS)
    post(base + MESSAGES, b"{", HEADERS)
    broken = [
        unused_url("SECRETUSER6:SECRETPASS7"),
        with_user(provider.tls_url, "SECRETUSER6:SECRETPASS7"),
    ]
    for upstream in broken:
        post(plain.base(upstream) + MESSAGES, request_body(MESSAGES, fresh()), HEADERS)
    tokens = [plain.token]
    with RawUpstream() as proxy:
        proxy.script = lambda _: answer(b"no", status="407 Proxy Authentication Required")
        for url in (with_user(proxy.url, "u:SECRETPASS8"), unused_url("u:SECRETPASS8")):
            network = Network(proxies=(("http", url), ("https", url)))
            behind = server.session(repository.root, network=network)
            tokens.append(behind.token)
            for upstream in ("http://upstream.invalid", "https://upstream.invalid"):
                text = request_body(MESSAGES, fresh())
                reply = post(behind.base(upstream) + MESSAGES, text, HEADERS)
                assert b"SECRET" not in reply.body
    send_malformed(plain)
    return tokens


def with_servers_of_tools(token: str) -> list[tuple[str, JsonObject]]:
    """Requests for servers of tools that want a credential, beside a tool that changes with it."""
    named: JsonObject = {"name": f"Read{len(token)}", "description": "Reads."}
    on_messages: Json = [
        {"type": "url", "name": "s", "url": "https://s", "authorization_token": token}
    ]
    on_responses: Json = [
        {
            "type": "mcp",
            "server_label": "s",
            "server_url": f"https://s.invalid/{token}",
            "authorization": token,
            "headers": {"X-Any": token},
        },
        {"type": "function", "parameters": {"type": "object"}, **named},
    ]
    return [
        (MESSAGES, {"mcp_servers": on_messages, "temperature": 0}),
        (RESPONSES, {"tools": on_responses, "temperature": 0}),
    ]


def send_malformed(session: Session) -> None:
    """Requests that are no HTTP, which servers like to write into their logs."""
    parts = urlsplit(session.base("http://127.0.0.1:9"))
    for head in (
        f"POST {parts.path}/v1/messages HTTP/1.1\r\nHost: h\r\nx api key SECRETBROKEN10\r\n\r\n",
        f"POST {parts.path}/v1/messages HTTP/1.1\r\nHost: h\r\nauth: a\0SECRETBROKEN10\r\n\r\n",
        f"POST {parts.path}/SECRETBROKEN10 {session.token}\r\n\r\n",
        f"GET {parts.path}/ HTTP/1.1\r\nHost: h\r\nkey: SECRETBROKEN10{'x' * 9000}\r\n\r\n",
        f"POST {parts.path}/v1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nSECRETBROKEN10",
    ):
        address = (parts.hostname or "", parts.port or 0)
        with socket.create_connection(address, timeout=20) as client:
            client.sendall(head.encode("latin-1"))
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass


def test_no_secret_stays_anywhere(alone: LiveServer, tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "repository", dict(FILES))
    with ScriptedProvider(researcher(repository.root)) as provider:
        tokens = make_traffic(alone, repository, provider)
    secrets = [*SECRETS, *tokens]
    secrets += [base64.b64encode(b"SECRETUSER6:SECRETPASS7").decode()]
    for path in sorted(alone.places.home.rglob("*")):
        content = path.read_bytes().decode("latin-1") if path.is_file() else ""
        found = [secret for secret in secrets if secret in f"{path}{content}"]
        assert not found, (path, found, _around(content, found[0]))
    lock = alone.places.lock.read_text()
    printed = ""
    listed = convert(decode_json(alone.cli("ls", "--json").stdout), list[dict[str, Json]])
    entries = [str(entry["id"]) for entry in listed]
    assert entries
    for arguments in (["ls"], ["stats"], ["doctor"], ["why"], *(["show", id_] for id_ in entries)):
        for form in ([], ["--json"]):
            done = alone.cli(*arguments, *form, cwd=repository.root)
            printed += done.stdout + done.stderr
    assert not [secret for secret in secrets if secret in printed]
    assert alone.owner.control in lock
    assert alone.owner.control not in printed


def _around(text: str, found: str) -> str:
    place = text.index(found)
    return text[max(0, place - 200) : place + 100]


def test_the_provider_gets_the_credentials_of_an_upstream_url(
    server: LiveServer, repository: Repo
) -> None:
    with RawUpstream() as upstream:
        url = with_user(upstream.url, "user%40home:p%3Ass")
        base = server.session(repository.root).base(url)
        for headers in ({}, {"authorization": "Bearer other"}):
            reply = post(base + MESSAGES, request_body(MESSAGES, fresh()), headers)
            assert reply.status == 200
            sent = {name.lower(): value for name, value in upstream.last.headers}
            # As the clients' own libraries do: what the URL says beats the header.
            expected = base64.b64encode(b"user@home:p:ss").decode()
            assert sent["authorization"] == f"Basic {expected}"
            assert sent["host"] == urlsplit(upstream.url).netloc


def test_another_key_or_user_in_the_url_does_not_split_scopes(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    session = server.session(repository.root)
    for number, url in enumerate((provider.url, with_user(provider.url, "a:b"))):
        asked = Agent(session.base(url), repository.root, headers={"x-api-key": f"sk-{number}"})
        assert asked.ask(QUESTION).opening.verdict == ("hit" if number else "miss")


def test_what_lies_in_the_home_is_for_its_owner_only(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Agent
) -> None:
    agent.ask(QUESTION)
    long = Answer(text="Long. " * 20_000)  # long enough to become a file of its own
    provider._script = lambda _: long
    url = server.session(repository.root).base(provider.url) + CHAT
    for _ in range(2):
        post(url, request_body(CHAT, fresh(), temperature=0))
    home = server.places.home
    assert stat.S_IMODE(server.places.store.stat().st_mode) == 0o700
    for path in (home, *home.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert not mode & 0o077, (path, oct(mode))


def test_a_store_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "store").mkdir(parents=True)
    home.chmod(0o755)
    (home / "store").chmod(0o777)
    with live_server(home) as server:
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.places.store.stat().st_mode) == 0o700
