"""Real host agents, each in an environment of its own, run headless against a provider's URL.

Environments are made once and kept; they are keyed by what is installed in them. Making one needs
the package index, running a host needs nothing but the provider.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
import uv

_SDKS = ("anthropic==2.12.0", "openai==3.54.0")
REQUIREMENTS: Mapping[str, tuple[str, ...]] = {
    "aider": ("aider-chat==0.86.2",),
    "cheetahclaws": ("cheetahclaws==3.5.89", *_SDKS),
    # llama.cpp's own server in a wheel, and what writes a model for it
    "engine": ("xllamacpp==2026.10.11549", "gguf==0.19.0", "tokenizers==0.23.3", "numpy==2.4.6"),
    # this litellm imports mcp as soon as tools are sent, but does not require it
    "mini": ("mini-swe-agent==2.4.6", "litellm==1.106.2", "mcp==2.3.0"),
    "pydantic-ai": ("pydantic-ai-slim[anthropic,openai]==2.68.0", *_SDKS),
    "sdks": _SDKS,
}
_SCRIPTS = Path(__file__).parent / "host_scripts"
_READY = "complete"
_CLAUDE = "claude-sonnet-4-5"
_GPT = "gpt-4.1"


@dataclass(frozen=True, slots=True)
class HostEnvironment:
    """A virtual environment: its interpreter, and the directory of its commands."""

    python: Path
    bin: Path


@dataclass(frozen=True, slots=True)
class Host:
    """How a host is started and pointed at a provider.

    In `command`, {bin}, {python}, {scripts}, {home} and {question} are replaced; in `variables`
    {url} is the provider's base URL without a path. `keeps_temperature`: sends temperature 0.
    `session`: the command that takes a line of standard input for each turn of the user.
    """

    environment: str
    command: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    keeps_temperature: bool = False
    session: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostRun:
    """How a host's run ended. Some hosts end with 0 whatever happened: look at the text too."""

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str


_ANTHROPIC = {"ANTHROPIC_API_KEY": "sk-ant-not-a-key", "ANTHROPIC_BASE_URL": "{url}"}
_OPENAI = {"OPENAI_API_KEY": "sk-not-a-key", "OPENAI_BASE_URL": "{url}/v1"}
_LITELLM = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
_MINI = {
    "MSWEA_CONFIGURED": "true",
    "MSWEA_SILENT_STARTUP": "1",
    "MSWEA_COST_TRACKING": "ignore_errors",
    **_LITELLM,
}


def _aider(model: str, *arguments: str) -> tuple[str, ...]:
    quiet = "--yes-always --no-check-update --no-analytics --no-show-model-warnings"
    plain = "--no-show-release-notes --no-gitignore --no-pretty"
    return ("{bin}/aider", "--model", model, *quiet.split(), *plain.split(), *arguments)


def _cheetahclaws(model: str) -> tuple[str, ...]:
    return ("{bin}/cheetahclaws", "-p", "--accept-all", "-m", model, "{question}")


def _mini(model: str) -> tuple[str, ...]:
    output = ("-o", "{home}/trajectory.json")
    return ("{bin}/mini", "-m", model, "-t", "{question}", "-y", "--exit-immediately", *output)


def _script(name: str, *arguments: str) -> tuple[str, ...]:
    return ("{python}", f"{{scripts}}/{name}", *arguments, "{question}")


_AIDER_OPENAI = {"OPENAI_API_KEY": "sk-not-a-key", "OPENAI_API_BASE": "{url}/v1", **_LITELLM}
_CUSTOM = {"CUSTOM_API_KEY": "sk-not-a-key", "CUSTOM_BASE_URL": "{url}/v1"}
_ENDPOINT = {"ANTHROPIC_API_KEY": "sk-ant-not-a-key", "ANTHROPIC_ENDPOINT": "{url}"}
_CLAUDE_ASK = _aider(f"anthropic/{_CLAUDE}", "--message", "/ask {question}")
_CLAUDE_EDIT = _aider(f"anthropic/{_CLAUDE}", "--message", "{question}")
_GPT_ASK = _aider(f"openai/{_GPT}", "--message", "/ask {question}")
_PYDANTIC = "pydantic_ai_research.py"
_SDK = "sdk_research.py"

HOSTS: Mapping[str, Host] = {
    "aider-anthropic": Host("aider", _CLAUDE_ASK, _ANTHROPIC | _LITELLM, keeps_temperature=True),
    "aider-edit": Host(
        "aider",
        _CLAUDE_EDIT,
        _ANTHROPIC | _LITELLM,
        keeps_temperature=True,
        session=_aider(f"anthropic/{_CLAUDE}"),
    ),
    "aider-openai": Host("aider", _GPT_ASK, _AIDER_OPENAI, keeps_temperature=True),
    "cheetahclaws-anthropic": Host(
        "cheetahclaws",
        _cheetahclaws(_CLAUDE),
        _ENDPOINT,
        session=("{bin}/cheetahclaws", "--accept-all", "-m", _CLAUDE),
    ),
    "cheetahclaws-openai": Host("cheetahclaws", _cheetahclaws(f"custom/{_GPT}"), _CUSTOM),
    "mini-anthropic": Host("mini", _mini(f"anthropic/{_CLAUDE}"), _ANTHROPIC | _MINI),
    "mini-openai": Host("mini", _mini(f"openai/{_GPT}"), _OPENAI | _MINI),
    "pydantic-ai-anthropic": Host(
        "pydantic-ai", _script(_PYDANTIC, f"anthropic:{_CLAUDE}"), _ANTHROPIC
    ),
    "pydantic-ai-chat": Host("pydantic-ai", _script(_PYDANTIC, f"openai-chat:{_GPT}"), _OPENAI),
    "pydantic-ai-responses": Host(
        "pydantic-ai", _script(_PYDANTIC, f"openai-responses:{_GPT}"), _OPENAI
    ),
    "sdk-anthropic": Host("sdks", _script(_SDK, "anthropic", _CLAUDE), _ANTHROPIC),
    "sdk-chat": Host("sdks", _script(_SDK, "openai-chat", _GPT), _OPENAI, keeps_temperature=True),
    "sdk-matrix": Host("sdks", _script("sdk_matrix.py"), _ANTHROPIC | _OPENAI),
    "sdk-responses": Host("sdks", _script(_SDK, "openai-responses", _GPT), _OPENAI),
}


def host_environment(name: str) -> HostEnvironment:
    """The environment with REQUIREMENTS[name], made if this machine has none yet.

    Raises RuntimeError with uv's words when it cannot be made.
    """
    requirements = REQUIREMENTS[name]
    key = "\n".join([sys.version, sys.platform, *requirements])
    place = _cache() / f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    # Made where it stays, as commands carry absolute paths: the lock and the mark, written last,
    # do what a rename would do.
    with _locked(place.with_suffix(".lock")):
        if not (place / _READY).exists():
            shutil.rmtree(place, ignore_errors=True)
            _uv("venv", "--python", sys.executable, str(place))
            python = str(place / "bin" / "python")
            _uv("pip", "install", "--compile-bytecode", "--python", python, *requirements)
            (place / _READY).touch()
    return HostEnvironment(python=place / "bin" / "python", bin=place / "bin")


def isolated_environment(home: Path) -> dict[str, str]:
    """Variables of a user whose home is `home` and whose only network is the loopback."""
    home.mkdir(parents=True, exist_ok=True)
    nowhere = "http://127.0.0.1:9"
    loopback = "127.0.0.1,localhost"
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "COLUMNS": "200",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), nowhere),
        **dict.fromkeys(("NO_PROXY", "no_proxy"), loopback),
    }


def run_host(
    name: str,
    *,
    repo: Path,
    base_env: Mapping[str, str],
    question: str | Sequence[str],
    provider_url: str,
    prefix: Sequence[str] = (),
    arguments: Sequence[str] = (),
    timeout: float = 120,
) -> HostRun:
    """Run HOSTS[name] in `repo` until it ends.

    The host's own variables point it at `provider_url`; `base_env` (see isolated_environment) is
    laid over them and nothing else is inherited. `prefix` goes before the command, `arguments`
    after it. Several questions are the turns of one session. Raises subprocess.TimeoutExpired
    when `timeout` seconds are over.
    """
    host = HOSTS[name]
    place = host_environment(host.environment)
    is_session = not isinstance(question, str)
    typed = "".join(f"{turn}\n" for turn in question) if is_session else None
    words = {
        "{bin}": str(place.bin),
        "{python}": str(place.python),
        "{scripts}": str(_SCRIPTS),
        "{home}": base_env["HOME"],
        "{question}": question if isinstance(question, str) else "",
    }
    parts = host.session if is_session else host.command
    command = (*prefix, *(_filled(part, words) for part in parts), *arguments)
    pointed = {key: value.replace("{url}", provider_url) for key, value in host.variables.items()}
    return _run(command, cwd=repo, env=pointed | dict(base_env), typed=typed, timeout=timeout)


def _filled(part: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        part = part.replace(word, value)
    return part


def _run(
    command: tuple[str, ...],
    *,
    cwd: Path,
    env: Mapping[str, str],
    typed: str | None,
    timeout: float,
) -> HostRun:
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL if typed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            stdout, stderr = child.communicate(typed, timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)  # its children hold the pipes open
            raise
        return HostRun(command, child.returncode, stdout, stderr)


def _cache() -> Path:
    chosen = os.environ.get("AGENTCACHE_TEST_HOSTS")
    return Path(chosen) if chosen else platformdirs.user_cache_path("agentcache-tests") / "hosts"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _uv(*arguments: str) -> None:
    done = subprocess.run(
        [uv.find_uv_bin(), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"uv {' '.join(arguments)!r} failed: {done.stderr.strip()}")
