"""`agentcache doctor`."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import click

from agentcache import __version__
from agentcache.cli.child import ANTHROPIC, OPENAI
from agentcache.cli.inspect import as_json, open_ledger, open_store, print_json
from agentcache.core.codec import CodecError, decode_json_object
from agentcache.core.counting import counted
from agentcache.errors import AgentCacheError, ModelError, StoreError
from agentcache.match.embedding import load_embedder
from agentcache.repo.worktree import WorkTree
from agentcache.server.client import control, running
from agentcache.server.config import Places, find_places, load_config, read_rules
from agentcache.server.lock import read_owner
from agentcache.server.network import network_of
from agentcache.store.postings import Postings
from agentcache.store.private import private_directory, why_unwritable

REACH_TIMEOUT = 3.0
"""Seconds to wait for a connection."""

_MAKE_ROOM = "make room there, or set AGENTCACHE_HOME to another directory"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `advice` says what to do when it is not well."""

    name: str
    is_well: bool
    found: str
    advice: str = ""


@click.command()
@as_json
def command(*, as_json: bool) -> int:
    """Check what is installed, reachable and writable here, and say what to do.

    Exits with 1 when something has to be done.
    """
    places = find_places()
    checks = _CHECKS.items()
    findings = list(_said_once(_guarded(name, check, places) for name, check in checks))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            mark = (
                click.style("ok ", fg="green") if finding.is_well else click.style("!! ", fg="red")
            )
            click.echo(f"{mark} {finding.name}: {finding.found}")
            if finding.advice:
                click.echo(f"      {finding.advice}")
    return 0 if all(finding.is_well for finding in findings) else 1


def _said_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The same with what is wrong with the configuration told there alone."""
    wrong = None
    for finding in findings:
        if finding.found == wrong:
            yield replace(finding, found="not checked: see configuration", advice="")
            continue
        yield finding
        if finding.name == "configuration" and not finding.is_well:
            wrong = finding.found


def _guarded(name: str, check: Callable[[Places], Finding], places: Places) -> Finding:
    try:
        return check(places)
    except StoreError as error:
        advice = "if nothing else helps, move it away: it is then begun anew"
        if why := why_unwritable(places.home):
            advice = f"{why}; {_MAKE_ROOM}"
        return Finding(name, is_well=False, found=str(error), advice=advice)
    except AgentCacheError as error:
        return Finding(name, is_well=False, found=str(error))


def _program(_: Places) -> Finding:
    python = ".".join(map(str, sys.version_info[:3]))
    parts = [f"{name} {version(name)}" for name in ("aiohttp", "diskcache", "msgspec", "wcmatch")]
    found = f"{__version__}, Python {python}, {', '.join(parts)}"
    return Finding("agentcache", is_well=True, found=found)


def _git(_: Places) -> Finding:
    git = shutil.which("git")
    if git is None:
        return Finding("git", is_well=False, found="not on PATH", advice="install git")
    done = subprocess.run([git, "--version"], capture_output=True, text=True, check=False)
    return Finding("git", is_well=done.returncode == 0, found=done.stdout.strip())


def _configuration(places: Places) -> Finding:
    read_rules(places, load_config(places).prefix)
    found = str(places.config) if places.config.exists() else f"defaults (no {places.config})"
    return Finding("configuration", is_well=True, found=found)


def _model(places: Places) -> Finding:
    """Whether the model loads; it is an extra, so that it may be missing where none is set."""
    model = load_config(places).match.model
    private_directory(places.home)  # the packaged one is put there
    try:
        load_embedder(model, home=places.home)
    except ModelError as error:
        return Finding(
            "model",
            is_well=not model and find_spec("fastembed") is None,
            found=f"none, so that the structure of questions decides alone: {error}",
        )
    return Finding("model", is_well=True, found=f"{model or 'the packaged one'}, loaded")


def _store(places: Places) -> Finding:
    private_directory(places.home)  # of the store's own directory alone the store itself asks that
    with open_store(may_begin=True) as store:
        store.save("doctor", b"well")
        store.delete("doctor")
        found = f"{places.store}, writable, {store.volume() / 1e6:.1f} MB"
    return Finding("store", is_well=True, found=found)


def _ledger(places: Places) -> Finding:
    with open_ledger(may_begin=True) as ledger:
        lookups = ledger.counters().get("lookups", 0)
    return Finding("ledger", is_well=True, found=f"{places.ledger}, {counted(lookups, 'lookup')}")


def _postings(places: Places) -> Finding:
    Postings(places.postings).close()
    return Finding("postings", is_well=True, found=str(places.postings))


def _server(places: Places) -> Finding:
    owner = running(places)
    if owner is not None:
        status = control(owner, "GET", "status")
        told = status.get("notices")
        notices = [str(notice) for notice in told] if isinstance(told, list) else []
        is_whole = status.get("store") is True and status.get("ledger") is True
        return Finding(
            "server",
            is_well=is_whole,
            found="; ".join([f"pid {owner.pid}, {owner.url}", *notices]),
            advice="" if is_whole else "`agentcache stop` ends it, and the next run begins anew",
        )
    if why := why_unwritable(places.home):
        return Finding("server", is_well=False, found=f"cannot start: {why}", advice=_MAKE_ROOM)
    stale = read_owner(places.lock)
    found = "not running; `agentcache run` starts it"
    if stale is not None:
        found = f"not running (the last one, pid {stale.pid}, did not leave in order)"
    return Finding("server", is_well=True, found=found)


def _repository(_: Places) -> Finding:
    tree = WorkTree.find(str(Path.cwd()))
    if tree is None:
        return Finding(
            "repository",
            is_well=False,
            found=f"{Path.cwd()} is in no git repository",
            advice="run agents inside a repository: only there an answer can be verified",
        )
    head = tree.head()
    return Finding(
        "repository", is_well=True, found=f"{tree.root} at {head[:12] if head else 'no commit'}"
    )


def _watched(places: Places) -> Finding:
    """Whether the server watches where we stand. That saves time only: not to is well, too."""
    tree, owner = WorkTree.find(str(Path.cwd())), running(places)
    roots = control(owner, "GET", "status").get("watched") if owner is not None else None
    found = f"not now; where a session stands is, or {places.log} says why it cannot be"
    if tree is not None and isinstance(roots, list) and str(tree.root) in roots:
        found = f"{tree.root}, as long as a session stands in it"
    return Finding("watched", is_well=True, found=found)


def _providers(_: Places) -> Finding:
    """Whether a connection can be made to where requests go, or to the proxy on the way."""
    network = network_of(os.environ)
    found: list[str] = []
    is_any_reached = False
    for name, usual in (("ANTHROPIC_BASE_URL", ANTHROPIC), ("OPENAI_BASE_URL", OPENAI)):
        url = os.environ.get(name) or usual
        failure = _unreachable(network.proxy_for(url) or url)
        is_any_reached |= failure is None
        found.append(f"{url} ({failure or 'reached'})")
    advice = "" if is_any_reached else "check the network, the proxy variables and the base URLs"
    return Finding("providers", is_well=is_any_reached, found=", ".join(found), advice=advice)


def _unreachable(url: str) -> str | None:
    """Why no connection can be made to the host of `url`; None when it can."""
    parts = urlsplit(url)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=REACH_TIMEOUT).close()
    except OSError as error:
        return f"not reached: {error.strerror or error}"
    return None


def _settings(_: Places) -> Finding:
    """Claude Code's settings files beat the environment, so that a session would see nothing."""
    for path in (Path.home() / ".claude/settings.json", Path.cwd() / ".claude/settings.json",
                 Path.cwd() / ".claude/settings.local.json"):  # fmt: skip
        try:
            environment = decode_json_object(path.read_bytes()).get("env")
        except (OSError, CodecError):
            continue
        if isinstance(environment, dict) and "ANTHROPIC_BASE_URL" in environment:
            return Finding(
                "agents' settings",
                is_well=False,
                found=f"{path} sets ANTHROPIC_BASE_URL, which beats the session's",
                advice="remove it there and export it in the shell; it is then the upstream",
            )
    return Finding("agents' settings", is_well=True, found="none in the way")


_CHECKS: dict[str, Callable[[Places], Finding]] = {
    "agentcache": _program,
    "git": _git,
    "configuration": _configuration,
    "model": _model,
    "store": _store,
    "ledger": _ledger,
    "postings": _postings,
    "server": _server,
    "repository": _repository,
    "watched": _watched,
    "providers": _providers,
    "agents' settings": _settings,
}
