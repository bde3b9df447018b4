"""Unmodified hosts behind `agentcache run`: as without it, and answered from the cache."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentcache.core.codec import canonical_json
from agentcache.prefix.prompt import Block, read_prompt
from hosts.test_hosts_alone import ANSWER, EDIT, QUESTION, REQUEST, is_side_call
from support.hosts import HOSTS, HostRun, isolated_environment, run_host
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher
from support.provider_values import ProviderRequest
from support.repositories import make_repository
from support.server import run_cli

pytestmark = pytest.mark.hosts

REWORDED = "Find where the retry limit is set."
FILES: dict[str, str | bytes] = {
    "settings.py": '"""Settings."""\n\nRETRY_LIMIT = 5\nTIMEOUT = 30\n',
    "client.py": "from settings import RETRY_LIMIT\n\n\ndef fetch():\n    return RETRY_LIMIT\n",
    "README.md": "# Demo\n",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A place where hosts run, with a home for agentcache beside it."""

    place: Path

    @property
    def repo(self) -> Path:
        return self.place / "repo"

    @property
    def cache_home(self) -> Path:
        return self.place / "agentcache"

    def fresh_repository(self) -> None:
        """The repository as it was at first, at the same path."""
        shutil.rmtree(self.repo, ignore_errors=True)
        make_repository(self.repo, FILES)

    def run(self, name: str, provider: ScriptedProvider, question: str, *, behind: bool) -> HostRun:
        """Run a host on its own, or behind `agentcache run`."""
        environment = isolated_environment(self.place / "home")
        prefix: Sequence[str] = ()
        if behind:
            # The way from the agent to us is not in it: that the product must add by itself.
            direct = provider.url.removeprefix("http://")
            environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), direct)
            environment["AGENTCACHE_HOME"] = str(self.cache_home)
            prefix = (sys.executable, "-m", "agentcache", "run", "--")
        arguments = ["settings.py"] if HOSTS[name].environment == "aider" else []
        return run_host(
            name,
            repo=self.repo,
            base_env=environment,
            question=question,
            provider_url=provider.url,
            prefix=prefix,
            arguments=arguments,
        )

    def script(self) -> Researcher:
        """A model for every question here."""
        course = Course((Grep("RETRY_LIMIT"), Read("settings.py")), ANSWER)
        message = Course((), "feat: raise the timeout")
        plan = {f"USER: {REQUEST}": message, REQUEST: Course((), EDIT)}
        return Researcher(plan | {QUESTION: course, REWORDED: course}, root=self.repo)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    desk.fresh_repository()
    yield desk
    run_cli(desk.cache_home, "stop")


_ID = re.compile(r"\b(toolu|call|fc|chatcmpl|msg|resp|rs|req)_[A-Za-z0-9]+")
_OWN_HEADERS = {"host", "accept-encoding", "connection", "content-length", "accept"}
_TIMES = re.compile(
    r"\d+(?:\.\d+)? ?s\b|127\.0\.0\.1:\d+|\$[\d.]+|\d\d:\d\d:\d\d|Commit [0-9a-f]{7}"
)
_SPINNER = frozenset("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")


def plain_request(request: ProviderRequest) -> tuple[object, ...]:
    """A request without what differs between any two runs: ids, and its connection.

    And without breakpoints, which we add where a host sets none: they are no part of the prompt.
    """
    headers = {name: value for name, value in request.headers.items() if name not in _OWN_HEADERS}
    body: object = request.body
    if request.wire is not None and request.body_json is not None:
        blocks = read_prompt(request.wire, request.body).blocks
        prompt = {"tools", "system", "messages", "instructions", "input"}
        others = {name: value for name, value in request.body_json.items() if name not in prompt}
        told = [(block.place, said(block)) for block in blocks]
        body = (told, _ID.sub(r"\1_ID", canonical_json(others).decode()))
    return (request.method, request.path, request.query, headers, body)


def said(block: Block) -> str:
    """A block without ids; ripgrep's threads give the files of a search in any order."""
    text = _ID.sub(r"\1_ID", block.content.decode())
    return "".join(sorted(text)) if block.kind == "tool_result" else text


def marks(request: ProviderRequest) -> set[tuple[str, str]]:
    """Where a request's breakpoints stand, and for how long they are to live."""
    if request.wire is None or request.body_json is None:
        return set()
    blocks = read_prompt(request.wire, request.body).blocks
    return {(block.place, block.mark) for block in blocks if block.mark is not None}


def asked(requests: Sequence[ProviderRequest]) -> list[ProviderRequest]:
    """The requests that every run makes."""
    return [request for request in requests if not is_side_call(request)]


def work_tree(root: Path) -> dict[str, bytes]:
    """Every file but git's own and a host's notes, and what was committed."""
    files = {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not str(path.relative_to(root)).startswith((".git/", ".aider"))
    }
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=root, check=True, capture_output=True
    ).stdout
    return files | {"git log": log}


def plain_output(text: str) -> str:
    """Standard output without times, prices, ports, commit ids, and spinners."""
    lines = [line for line in re.split(r"[\r\n]+", text) if not _SPINNER & set(line)]
    return _TIMES.sub("_", "\n".join(lines))


EVERY_HOST = [
    pytest.param(name, marks=pytest.mark.xdist_group(host.environment))
    for name, host in HOSTS.items()
]


@pytest.mark.parametrize("name", EVERY_HOST)
def test_a_host_behind_the_cache_does_what_it_does_without(name: str, desk: Desk) -> None:
    question = REQUEST if name == "aider-edit" else QUESTION
    with ScriptedProvider(desk.script()) as provider:
        alone = desk.run(name, provider, question, behind=False)
        requests_alone, tree_alone = list(provider.requests), work_tree(desk.repo)
        desk.fresh_repository()
        behind = desk.run(name, provider, question, behind=True)
        requests_behind = provider.requests[len(requests_alone) :]

    assert provider.violations == []
    seen_behind, seen_alone = (
        [plain_request(request) for request in asked(requests)]
        for requests in (requests_behind, requests_alone)
    )
    assert seen_behind == seen_alone
    for alone_, behind_ in zip(asked(requests_alone), asked(requests_behind), strict=True):
        assert marks(alone_) <= marks(behind_)
    assert work_tree(desk.repo) == tree_alone
    assert plain_output(behind.stdout) == plain_output(alone.stdout)
    assert behind.exit_code == alone.exit_code == 0
    assert "agentcache: " in behind.stderr.splitlines()[-1]
    assert "requests seen" not in behind.stderr


# mini-swe-agent ends a run by a shell command, not by an answer; nothing of it can be kept.
# The matrix asks for a text and no more.
CACHEABLE = [
    pytest.param(name, marks=pytest.mark.xdist_group(host.environment))
    for name, host in HOSTS.items()
    if host.environment != "mini" and name not in ("aider-edit", "sdk-matrix")
]


DECIDED = (
    "cheetahclaws-anthropic",
    "cheetahclaws-openai",
    "pydantic-ai-anthropic",
    "pydantic-ai-chat",
    "sdk-anthropic",
    "sdk-chat",
    "sdk-responses",
)
"""Hosts whose steps are decided again: by reading tools, and not stored by the provider."""


@pytest.mark.parametrize("name", CACHEABLE)
def test_a_host_asks_again_in_other_words_without_a_model_call(name: str, desk: Desk) -> None:
    with ScriptedProvider(desk.script()) as provider:
        first = desk.run(name, provider, QUESTION, behind=True)
        calls = calls_of(provider)
        again = desk.run(name, provider, QUESTION, behind=True)
        reworded = desk.run(name, provider, REWORDED, behind=True)
        calls_again = calls_of(provider) - calls
        make_edit(desk.repo)
        desk.run(name, provider, QUESTION, behind=True)
        calls_after_edit = calls_of(provider) - calls - calls_again

    assert provider.violations == []
    assert ANSWER in first.stdout
    assert (again.exit_code, reworded.exit_code) == (0, 0)
    assert ANSWER in again.stdout
    assert ANSWER in reworded.stdout
    assert calls_again == 0, reworded.stderr
    # What is asked for before the edited file is read is decided as before.
    assert calls_after_edit == (1 if name in DECIDED else calls)


def calls_of(provider: ScriptedProvider) -> int:
    return sum(not is_side_call(request) for request in provider.calls)


def make_edit(repo: Path) -> None:
    """Change the file that the answer was read from, at its end."""
    settings = repo / "settings.py"
    settings.write_text(settings.read_text() + "LATER = 1\n")
