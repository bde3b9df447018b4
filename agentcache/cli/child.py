"""The environment and command line with which an agent's requests come to the session."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agentcache.core.codec import JsonObject
from agentcache.errors import UsageError
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


def child_environment(
    environ: Mapping[str, str],
    root: str,
    *,
    adapts: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, str]:
    """The agent's environment: every base URL below `root`, the session's own URL.

    A base URL that is none stays as it is, and `tell` is called with a line about it. `adapts`:
    known loops get their adapter, unless the user has set AGENTCACHE_ADAPTERS.
    """
    child = dict(environ)
    wanted: dict[str, str] = {name: environ[name] for name in _OWN_URLS if environ.get(name)}
    for provider, names in _BASE_URLS.items():
        named = [environ[name] for name in names if environ.get(name)]
        wanted |= {name: environ.get(name) or (named or [provider])[0] for name in names}
    for name, url in wanted.items():
        try:
            child[name] = routed(root, url)
        except UsageError as error:
            if environ.get(name):  # not for each name that would have followed it
                tell(f"{name} is left as it is: {error}")
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
    child.setdefault("AGENTCACHE_ADAPTERS", "1" if adapts else "0")
    return child


def child_command(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """The command line; hosts that ignore the variables get what they read instead."""
    program, *arguments = command
    if is_codex(command) and "AGENTCACHE_SESSION" in environment:
        base = environment["OPENAI_BASE_URL"]
        return [program, "-c", f'openai_base_url="{base}"', *arguments]
    return [program, *arguments]


def is_codex(command: Sequence[str]) -> bool:
    """Whether a command line starts Codex."""
    return Path(command[0]).name.removesuffix(".js") == "codex"


def is_chatgpt_login(auth: JsonObject) -> bool:
    """Whether Codex's `auth.json` holds an account's tokens instead of an API key.

    Its requests then go to another service, which takes no other base URL.
    """
    return bool(auth.get("tokens")) and not auth.get("OPENAI_API_KEY")


def find_program(program: str, environ: Mapping[str, str]) -> str | None:
    """Where the shell would find `program`, None when it would not."""
    return shutil.which(program, path=environ.get("PATH"))
