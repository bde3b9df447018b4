"""A session's tool results over HTTP, as hosts ask for them."""

import http.client
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agentcache.core.codec import JsonObject, decode_json_object, encode_json
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode
from agentcache.server.tools import BODY_LIMIT, TICKET_LIMIT, session_of
from agentcache.store.ledger import TOOL_RUN, Event, Ledger
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import LiveServer, Session, live_server


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a session, which stands in `repo`."""

    session: Session
    repo: Repo
    name: str = "host"

    def say(self, message: object, *, method: str = "POST") -> tuple[int, JsonObject]:
        """What the server answers; nothing where that is no JSON."""
        body = message if isinstance(message, bytes) else encode_json(message)
        owner = self.session.server.owner
        connection = http.client.HTTPConnection("127.0.0.1", owner.port, timeout=30)
        try:
            path = f"/s/{self.session.token}/_agentcache/tool"
            connection.request(method, path, body)
            answer = connection.getresponse()
            said = answer.read()
            return answer.status, decode_json_object(said) if answer.status == 200 else {}
        finally:
            connection.close()

    def lookup(self, name: str, **arguments: object) -> JsonObject:
        """What is known of a use of a tool."""
        message = {"op": "lookup", "name": name, "arguments": arguments, "host": self.name}
        status, said = self.say(message | {"cwd": str(self.repo.root)})
        assert status == 200
        return said

    def keep(self, ticket: object, text: str, *, is_error: bool = False) -> bool:
        """Give a result; whether it was taken."""
        message = {"op": "keep", "ticket": ticket, "text": text, "is_error": is_error}
        status, said = self.say(message)
        assert status == 200
        return said["taken"] is True

    def grep(self, pattern: str = "LIMIT") -> JsonObject:
        """What is known of a search over the repository."""
        return self.lookup("Grep", pattern=pattern, path=str(self.repo.root))

    @property
    def found(self) -> str:
        """What that search gives at first."""
        return str(self.repo.path("limits.py"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo", {"limits.py": "LIMIT = 10\n", "other.py": "A = 1\n"})
    wait_until_settled(repo)
    return repo


@pytest.fixture
def host(server: LiveServer, repo: Repo) -> Host:
    return Host(server.session(repo.root), repo)


def test_a_result_is_served_while_all_it_was_read_from_is_unchanged(host: Host) -> None:
    missed = host.grep()
    assert missed["hit"] is False
    assert host.keep(missed["ticket"], host.found)
    assert host.grep() == {"hit": True, "text": host.found, "reason": "tool"}
    host.repo.write("other.py", "LIMIT = 1\n")
    assert host.grep()["reason"] == "evidence_changed"


def test_a_result_that_the_disk_does_not_confirm_is_not_kept(host: Host) -> None:
    assert host.keep(host.grep()["ticket"], str(host.repo.path("other.py")))
    assert host.grep()["hit"] is False


@pytest.mark.parametrize("text", ["", "  \n", "No matches found", "Error: no such directory"])
def test_an_empty_result_and_one_that_tells_of_an_error_are_not_kept(host: Host, text: str) -> None:
    assert host.keep(host.grep("NOWHERE")["ticket"], text)
    assert host.grep("NOWHERE")["hit"] is False


def test_a_result_that_is_marked_as_an_error_is_not_kept(host: Host) -> None:
    assert host.keep(host.grep()["ticket"], host.found, is_error=True)
    assert host.grep()["hit"] is False


@pytest.mark.parametrize("name", ["TaskList", "Bash", "WebFetch", "Agent", "mcp__x__Grep", ""])
def test_a_tool_that_nothing_is_known_of_gets_no_ticket(host: Host, name: str) -> None:
    assert host.lookup(name) == {"hit": False, "reason": "opaque_tool"}


def test_a_ticket_is_taken_once_and_from_its_own_session_only(
    host: Host, server: LiveServer
) -> None:
    ticket = host.grep()["ticket"]
    other = Host(server.session(host.repo.root), host.repo)
    assert not other.keep(ticket, host.found)
    assert host.keep(ticket, host.found)
    assert not host.keep(ticket, host.found)
    assert not host.keep("none", host.found)


def test_hosts_do_not_share_what_they_lay_out_differently(host: Host) -> None:
    assert host.keep(host.grep()["ticket"], host.found)
    other = Host(host.session, host.repo, name="other")
    assert other.grep()["hit"] is False


def test_tenants_do_not_share(host: Host, server: LiveServer) -> None:
    assert host.keep(host.grep()["ticket"], host.found)
    assert Host(server.session(host.repo.root), host.repo).grep()["hit"] is True
    apart = Host(server.session(host.repo.root, tenant="apart"), host.repo)
    assert apart.grep()["hit"] is False


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_session_that_does_not_serve_neither_gives_nor_takes(
    host: Host, server: LiveServer, mode: Mode
) -> None:
    assert host.keep(host.grep()["ticket"], host.found)
    silent = Host(server.session(host.repo.root, mode=mode), host.repo)
    assert silent.grep() == {"hit": False, "reason": "observing"}


def test_old_tickets_make_room_for_new_ones(host: Host) -> None:
    ticket = host.grep()["ticket"]
    for number in range(TICKET_LIMIT):
        host.grep(f"LIMIT{number}")
    assert not host.keep(ticket, host.found)


@pytest.mark.parametrize(
    "message",
    [
        b"no json",
        b"[]",
        {"op": "forget"},
        {"op": "lookup", "name": "Grep", "arguments": [], "cwd": "/"},
        {"op": "lookup", "name": "Grep", "arguments": {}, "cwd": "src"},
        {"op": "lookup", "name": "Grep", "arguments": {}},
        {"op": "keep", "ticket": 3},
    ],
)
def test_a_message_that_is_none_is_refused(host: Host, message: object) -> None:
    assert host.say(message)[0] == 400


def test_other_methods_lengths_and_sessions_are_refused(host: Host) -> None:
    assert host.say({}, method="PUT")[0] == 405
    unknown = Host(Session(host.session.server, "unknown"), host.repo)
    assert unknown.say({"op": "lookup"})[0] == 404
    owner = host.session.server.owner
    connection = http.client.HTTPConnection("127.0.0.1", owner.port, timeout=30)
    path = f"/s/{host.session.token}/_agentcache/tool"
    connection.putrequest("POST", path)
    connection.putheader("content-length", str(BODY_LIMIT + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_deep_argument_is_a_miss_like_any_other(host: Host) -> None:
    deep = b"[" * 5000 + b"]" * 5000
    root = os.fsencode(host.repo.root)
    body = b'{"op":"lookup","name":"Grep","cwd":"%s","arguments":{"pattern":%s}}' % (root, deep)
    status, said = host.say(body)
    assert status == 400 or said["hit"] is False


def test_the_summary_counts_it_apart_and_why_tells_of_it(host: Host, server: LiveServer) -> None:
    assert host.keep(host.grep()["ticket"], host.found)
    assert host.grep()["hit"] is True
    summary = host.session.end()
    assert (summary["tools:hit"], summary["tools:miss"], summary["tools:kept"]) == (1, 1, 1)
    assert summary["requests"] == 0
    assert not [name for name in summary if name.startswith("hit:")]
    told = server.why()
    assert (told["verdict"], told["reason"]) == ("hit", "tool")
    assert str(told["question"]).startswith("Grep {")


def test_what_was_decided_last_is_about_the_agents_question_when_there_is_one(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    asked = Event(id="1", at=1, session="s", verdict="miss", reason=Reason.NO_ENTRY, run="1")
    ledger.record(replace(asked, id="0", run=TOOL_RUN, reason=Reason.TOOL), add={})
    first = ledger.find("last")
    ledger.record(asked, add={})
    ledger.record(replace(asked, id="2", run=TOOL_RUN, reason=Reason.TOOL), add={})
    last = ledger.find("last")
    ledger.close()
    assert first is not None
    assert last is not None
    assert (first.id, last.id) == ("0", "1")


def test_only_the_one_path_below_a_session_is_meant() -> None:
    assert session_of("/s/abc_-9/_agentcache/tool") == "abc_-9"
    for path in (
        "/s/abc/_agentcache/tools",
        "/s/abc/https/x.example/_agentcache/tool",
        "/_agentcache/tool",
        "/s//_agentcache/tool",
    ):
        assert session_of(path) is None
