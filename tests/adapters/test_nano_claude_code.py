"""The adapter for registries of tools, on one of the hosts' shape."""

import http.client
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

import agentcache_nano_claude_code as adapter
from agentcache import AgentCache
from agentcache.errors import UsageError
from support.loop_registry import Registry, Value
from support.repositories import make_repository, wait_until_settled


@dataclass
class Remembering:
    """A cache that gives everything again, and what it was asked."""

    asked: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)

    def serve(
        self, name: str, arguments: dict[str, Any], cwd: str, run: Callable[[], Any]
    ) -> Value:
        self.asked.append((name, arguments, cwd))
        key = json.dumps([name, arguments], sort_keys=True)
        if key not in self.kept:
            self.kept[key] = run()
        return self.kept[key]


def attached(registry: object, cache: object) -> adapter.Attached:
    found = adapter.attach(registry, cache)
    assert found is not None
    return found


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_searches_are_asked_for_with_the_place_that_they_start_from(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = Remembering()
    attached(registry, cache)
    registry.register_tool(registry.tool("Grep"))
    monkeypatch.chdir(tmp_path)
    registry.execute_tool("Grep", {"pattern": "x"})
    registry.execute_tool("Grep", {"pattern": "x"}, {"_worktree_cwd": "/else"})
    registry.execute_tool("Grep", {"pattern": "x", "path": "/there"}, {})
    assert cache.asked == [
        ("Grep", {"pattern": "x", "path": str(tmp_path)}, str(tmp_path)),
        ("Grep", {"pattern": "x", "path": "/else"}, "/else"),
        ("Grep", {"pattern": "x", "path": "/there"}, str(tmp_path)),
    ]
    assert [params["path"] for _, params in registry.ran] == [str(tmp_path), "/else", "/there"]


def test_tools_that_were_there_before_are_served_too(registry: Registry) -> None:
    registry.register_tool(registry.tool("Grep"))
    cache = Remembering()
    attached(registry, cache)
    for _ in range(2):
        assert registry.execute_tool("Grep", {"pattern": "x", "path": "/a"}) == "Grep"
    assert len(registry.ran) == 1


@pytest.mark.parametrize(
    "name", ["Read", "Glob", "TaskList", "WebFetch", "Bash", "Agent", "mcp__x__Grep"]
)
def test_every_other_tool_runs_each_time_whatever_it_claims(registry: Registry, name: str) -> None:
    cache = Remembering()
    attached(registry, cache)
    registry.register_tool(registry.tool(name))
    for _ in range(3):
        registry.execute_tool(name, {"path": "/a"})
    assert len(registry.ran) == 3
    assert cache.asked == []


def test_without_the_adapter_the_host_gives_what_it_remembers(registry: Registry) -> None:
    registry.register_tool(registry.tool("TaskList"))
    for _ in range(3):
        registry.execute_tool("TaskList", {})
    assert len(registry.ran) == 1


@pytest.mark.parametrize(
    "params",
    [
        {"pattern": "x", "path": "src"},
        {"pattern": "x", "path": 3},
        {"pattern": "x", "path": "/a", "glob": "src/*.py"},
        None,
        "text",
    ],
)
def test_arguments_that_cannot_be_placed_are_the_tools_own(
    registry: Registry, params: object
) -> None:
    cache = Remembering()
    attached(registry, cache)
    registry.register_tool(registry.tool("Grep"))
    assert registry.execute_tool("Grep", params) == "Grep"
    assert registry.ran == [("Grep", params)]
    assert cache.asked == []


@pytest.mark.parametrize(("name", "value"), [("PATH", "/nowhere"), ("RIPGREP_CONFIG_PATH", "/c")])
def test_a_search_by_rules_that_are_not_known_is_the_tools_own(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    cache = Remembering()
    attached(registry, cache)
    registry.register_tool(registry.tool("Grep"))
    monkeypatch.setenv(name, value)
    registry.execute_tool("Grep", {"pattern": "x", "path": "/a"})
    assert cache.asked == []
    monkeypatch.undo()
    registry.execute_tool("Grep", {"pattern": "x", "path": "/a"})
    assert len(cache.asked) == 1


def test_what_a_tool_raises_is_raised(registry: Registry) -> None:
    attached(registry, Remembering())
    tool = registry.tool("Grep")

    def fail(_params: object, _config: object) -> str:
        raise ZeroDivisionError

    tool.func = fail
    registry.register_tool(tool)
    with pytest.raises(ZeroDivisionError):
        registry.execute_tool("Grep", {"path": "/a"})


def test_detaching_restores_everything(registry: Registry) -> None:
    before = registry.tool("Grep")
    funcs = {"before": before.func}
    registry.register_tool(before)
    own = {name: getattr(registry, name) for name in ("register_tool", "_cache_key")}
    attachment = attached(registry, Remembering())
    later = registry.tool("Grep")
    funcs["later"] = later.func
    registry.register_tool(later)
    assert later.func is not funcs["later"]
    assert registry._cache_key is not own["_cache_key"]
    attachment.detach()
    attachment.detach()
    assert before.func is funcs["before"]
    assert later.func is funcs["later"]
    assert {name: getattr(registry, name) for name in own} == own
    assert attached(registry, Remembering()) is not attachment


def test_what_another_has_put_over_it_stays_and_calls_the_tool(registry: Registry) -> None:
    cache = Remembering()
    attachment = attached(registry, cache)
    tool = registry.tool("Grep")
    registry.register_tool(tool)
    ours = tool.func

    def hooked(params: object, config: object) -> object:
        return ours(params, config)

    tool.func = hooked
    attachment.detach()
    assert cast("object", tool.func) is hooked
    assert registry.execute_tool("Grep", {"path": "/a"}) == "Grep"
    assert cache.asked == []


def test_it_attaches_once(registry: Registry) -> None:
    attachment = attached(registry, Remembering())
    assert adapter.attach(registry, Remembering()) is None
    attachment.detach()
    assert adapter.attach(registry, Remembering()) is not None


class _Plain:
    pass


class _NoTools:
    _registry: dict[str, object] = {"x": object()}  # noqa: RUF012  # as a host's module has it

    def register_tool(self, tool: object) -> None:
        raise AssertionError(tool)


@pytest.mark.parametrize("other", [_Plain(), _NoTools(), json])
def test_what_has_another_shape_is_left_alone(other: object) -> None:
    before = dict(vars(other))
    assert adapter.attach(other, Remembering()) is None
    assert vars(other) == before


@pytest.mark.parametrize("schema", [None, {}, {"input_schema": None}, {"input_schema": {}}, "text"])
def test_a_tool_of_another_shape_is_registered_as_it_is(registry: Registry, schema: object) -> None:
    attached(registry, Remembering())
    tool = registry.tool("Grep")
    func = tool.func
    tool.schema = cast("dict[str, Any]", schema)
    registry.register_tool(tool)
    assert registry._registry["Grep"].func is func


def test_without_a_session_only_the_unverified_cache_is_switched_off(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AGENTCACHE_SESSION", raising=False)
    assert adapter.attach(registry) is not None
    registry.register_tool(registry.tool("Grep"))
    for _ in range(2):
        registry.execute_tool("Grep", {"path": "/a"})
    assert len(registry.ran) == 2


# A session with a server that is not as it should be.


@contextmanager
def server_that_says(status: int, body: bytes) -> Iterator[tuple[str, list[Any]]]:
    """A server's session root, and the messages that it got."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/s/token", got
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"hit": true}'),
        (200, b'{"hit": true, "text": 3}'),
        (200, b'{"hit": "yes", "text": "x"}'),
        (200, b"[]"),
        (200, b"no json"),
        (404, b'{"hit": true, "text": "x"}'),
        (500, b""),
    ],
)
def test_an_answer_that_is_none_is_a_miss(status: int, body: bytes) -> None:
    with server_that_says(status, body) as (root, got):
        session = adapter.Session(root, "host")
        assert session.serve("Grep", {}, "/", lambda: "ran") == "ran"
        assert [message["op"] for message in got] == ["lookup"]


def test_a_server_that_is_gone_is_not_asked_again_for_a_while() -> None:
    with server_that_says(200, b"{}") as (root, _):
        pass
    session = adapter.Session(root, "host")
    assert session.serve("Grep", {}, "/", lambda: "ran") == "ran"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http.client, "HTTPConnection", None)
        assert session.serve("Grep", {}, "/", lambda: "ran") == "ran"


def test_arguments_that_are_no_json_do_not_stop_the_session_from_being_asked() -> None:
    with server_that_says(200, b'{"hit": true, "text": "served"}') as (root, got):
        session = adapter.Session(root, "host")
        assert session.serve("Grep", {"pattern": object()}, "/", lambda: "ran") == "ran"
        assert session.serve("Grep", {"pattern": "x"}, "/", lambda: "ran") == "served"
        assert len(got) == 1


@pytest.mark.parametrize("given", [None, 3, ["text"]])
def test_a_result_that_is_no_text_is_not_kept(given: object) -> None:
    with server_that_says(200, b'{"hit": false, "ticket": "t"}') as (root, got):
        assert adapter.Session(root, "host").serve("Grep", {}, "/", lambda: given) is given
        assert [message["op"] for message in got] == ["lookup"]


# In an orchestrator, with the library.


def search(params: Value, _config: Value) -> str:
    """What a host's Grep shows."""
    command = ["rg", "--files-with-matches", "-e", params["pattern"], params["path"]]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_in_an_orchestrator_the_library_answers(registry: Registry, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", {"a.py": "LIMIT = 1\n", "b.py": "B = 1\n"})
    wait_until_settled(repo)
    tool = registry.tool("Grep")
    runs = []

    def func(params: object, config: object) -> str:
        runs.append(params)
        return search(params, config)

    tool.func = func
    registry.register_tool(tool)
    use = {"pattern": "LIMIT", "path": str(repo.root)}
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        attachment = attached(registry, cache)
        first, again = (registry.execute_tool("Grep", use) for _ in range(2))
        repo.write("a.py", "LIMITS = 1\n")
        repo.write("b.py", "LIMIT = 1\n")
        later = registry.execute_tool("Grep", use)
    closed = registry.execute_tool("Grep", use)  # the tool alone
    assert first == again == str(repo.path("a.py"))
    assert set(later.split()) == set(closed.split()) == {str(repo.path(f"{n}.py")) for n in "ab"}
    assert len(runs) == 3
    attachment.detach()


def test_research_that_a_hosts_tools_take_part_in_is_not_kept(
    registry: Registry, tmp_path: Path
) -> None:
    repo = make_repository(tmp_path / "repo", {"a.py": "A = 1\n"})
    tool = registry.tool("Grep")
    tool.func = search
    registry.register_tool(tool)
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        attached(registry, cache)
        with cache.research("Which module sets A?") as run:
            run.read("a.py")
            registry.execute_tool("Grep", {"pattern": "A", "path": str(repo.root)})
            kept = run.keep("a.py")
    assert kept.reason == "opaque_tool"


def test_a_cache_that_was_closed_says_so_nowhere(registry: Registry, tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", {"a.py": "A = 1\n"})
    with AgentCache.open(repo.root, home=tmp_path / "home") as cache:
        pass
    attached(registry, cache)
    registry.register_tool(registry.tool("Grep"))
    with pytest.raises(UsageError):
        cache.research("Where?")
    assert registry.execute_tool("Grep", {"path": str(repo.root)}) == "Grep"
