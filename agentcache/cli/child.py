"""The environment and command line with which an agent's requests come to the session."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentcache.server.routes import routed

ANTHROPIC = "https://api.anthropic.com"
OPENAI = "https://api.openai.com/v1"

# Every name under which hosts look for a base URL, by the provider that stands behind it; the
# first one that the user has set says where the others go.
_BASE_URLS: dict[str, tuple[str, ...]] = {
    ANTHROPIC: ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE", "ANTHROPIC_ENDPOINT"),
    OPENAI: ("OPENAI_BASE_URL", "OPENAI_API_BASE"),
}
# Names that only mean something when the user has set them.
_OWN_URLS = ("CUSTOM_BASE_URL", "OPENROUTER_API_BASE", "DEEPSEEK_API_BASE", "GEMINI_API_BASE")

_LOOPBACK = "127.0.0.1,localhost"


def child_environment(environ: Mapping[str, str], root: str) -> dict[str, str]:
    """The agent's environment: every base URL below `root`, the session's own URL.

    Raises UsageError for a base URL that is none.
    """
    child = dict(environ)
    for provider, names in _BASE_URLS.items():
        named = [environ[name] for name in names if environ.get(name)]
        for name in names:
            child[name] = routed(root, environ.get(name) or (named[0] if named else provider))
    for name in _OWN_URLS:
        if environ.get(name):
            child[name] = routed(root, environ[name])
    direct = environ.get("no_proxy") or environ.get("NO_PROXY", "")
    for name in ("NO_PROXY", "no_proxy"):
        kept = environ.get(name) or direct
        child[name] = kept if kept == "*" else ",".join(filter(None, (kept, _LOOPBACK)))
    if not (environ.get("ANTHROPIC_BASE_URL") or ANTHROPIC).startswith(ANTHROPIC):
        # Claude Code puts a token that changes with every request into the prompt of other servers.
        child.setdefault("CLAUDE_CODE_ATTRIBUTION_HEADER", "0")
    shim = str(Path(__file__).parent.parent / "shim")
    child["PYTHONPATH"] = os.pathsep.join(filter(None, (shim, environ.get("PYTHONPATH"))))
    child["AGENTCACHE_SESSION"] = root
    return child


def child_command(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The command line; hosts that ignore the variables get what they read instead."""
    program, *arguments = command
    if Path(program).name.removesuffix(".js") == "codex":
        base = environment["OPENAI_BASE_URL"]
        return [program, "-c", f'openai_base_url="{base}"', *arguments]
    return [program, *arguments]


def find_program(program: str, environ: Mapping[str, str]) -> str | None:
    """Where the shell would find `program`, None when it would not."""
    return shutil.which(program, path=environ.get("PATH"))
