"""Sessions of real hosts in which their prompts change, played behind a real agentcache server."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from support.hosts import HOSTS, host_environment, isolated_environment
from support.prefix_net import broken_prefixes
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Researcher
from support.provider_values import Answer, ProviderRequest
from support.repositories import ENVIRONMENT, make_repository
from support.server import run_cli

_SUPPORT = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Session:
    """What a user types into a host, turn by turn, and how the model goes about it.

    `host`: a key of HOSTS, or "nano-anthropic" and "nano-openai"; `arguments`: for its command.
    `edits`: what the repository's files must say in the end, by path.
    """

    name: str
    host: str
    files: Mapping[str, str]
    turns: tuple[str, ...]
    plan: Mapping[str, Course]
    edits: Mapping[str, str]
    arguments: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """The key of REQUIREMENTS that it needs, "" for none."""
        return HOSTS[self.host].environment if self.host in HOSTS else ""

    @property
    def url(self) -> str:
        """Where a user would send it."""
        if self.host.endswith("openai"):
            return "https://api.openai.com/v1/chat/completions"
        return "https://api.anthropic.com/v1/messages"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a session.

    `requests`: what arrived at the provider for a model, but for cheetahclaws' guesses at the next
    question, which not every run makes. `files`: of the work tree, by path. `breaks`: a paragraph
    for each prefix that broke.
    """

    requests: tuple[ProviderRequest, ...]
    files: Mapping[str, bytes]
    breaks: tuple[str, ...]
    stderr: str


def play_twice(session: Session, place: Path) -> tuple[Played, Played]:
    """Play it side by side as the host sends it, and repaired, each in a directory of its own."""
    with ThreadPoolExecutor(2) as pool:
        sent = pool.submit(play, session, place / "a", prefix=["--prefix", "off"])
        repaired = pool.submit(play, session, place / "b", prefix=[])
        return sent.result(), repaired.result()


def play(session: Session, place: Path, *, prefix: Sequence[str]) -> Played:
    """Play it in a fresh repository below `place`; `prefix`: options of `agentcache run`.

    Raises AssertionError when a rule of the provider
    was broken, and where an edit was not made.
    """
    repo, cache = place / "repo", place / "agentcache"
    make_repository(repo, dict(session.files))
    script = Researcher(session.plan, otherwise=Answer(text="chore: go on"))
    try:
        with ScriptedProvider(script) as provider:
            done = _run(session, repo, provider.url, prefix)
    finally:
        run_cli(cache, "stop")
    assert provider.violations == []
    assert done.returncode == 0, done.stderr
    files = _work_tree(repo)
    for path, text in session.edits.items():
        assert text.encode() in files[path], (path, text, done.stdout, done.stderr)
    calls = tuple(call for call in provider.calls if call.json.get("tools") != [])
    return Played(calls, files, tuple(broken_prefixes(provider)), done.stderr)


def _run(
    session: Session, repo: Path, url: str, prefix: Sequence[str]
) -> "subprocess.CompletedProcess[str]":
    direct = url.removeprefix("http://")
    command, variables = _command(session, url)
    own = {
        **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
        "AGENTCACHE_HOME": str(repo.parent / "agentcache"),
        "PYTHONHASHSEED": "0",  # Aider's files are a set: in the same order in both runs
    }
    return subprocess.run(
        [sys.executable, "-m", "agentcache", "run", *prefix, "--", *command, *session.arguments],
        cwd=repo,
        env=variables | isolated_environment(repo.parent / "home") | ENVIRONMENT | own,
        input="".join(f"{turn}\n" for turn in session.turns),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _command(session: Session, url: str) -> tuple[list[str], dict[str, str]]:
    """A host's command for a whole session, and the variables that point it at the provider."""
    if session.host.startswith("nano-"):
        wire = session.host.removeprefix("nano-")
        keys = {"ANTHROPIC_API_KEY": "sk-ant-not-a-key", "OPENAI_API_KEY": "sk-not-a-key"}
        urls = {"ANTHROPIC_BASE_URL": url, "OPENAI_BASE_URL": f"{url}/v1"}
        model = "claude-sonnet-4-5" if wire == "anthropic" else "gpt-5.1"
        return [sys.executable, str(_SUPPORT / "nano_host.py"), wire, model], keys | urls
    host = HOSTS[session.host]
    place = host_environment(host.environment)
    variables = {name: text.replace("{url}", url) for name, text in host.variables.items()}
    if host.environment == "cheetahclaws":
        script = _SUPPORT / "host_scripts" / "cheetahclaws_at_leisure.py"
        model = host.command[host.command.index("-m") + 1]
        return [str(place.python), str(script), "--accept-all", "-m", model], variables
    words = [part.replace("{bin}", str(place.bin)) for part in host.command]
    return words[: words.index("--message")], variables


def _work_tree(root: Path) -> Mapping[str, bytes]:
    """Every file but git's own and a host's notes."""
    return {
        name: path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not (name := str(path.relative_to(root))).startswith((".git/", ".aider", ".nano"))
    }
