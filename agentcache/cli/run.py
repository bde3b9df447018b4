"""`agentcache run -- command`: an agent's requests through the cache, all else as without it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from agentcache.cli.child import (
    child_command,
    child_environment,
    find_program,
    is_chatgpt_login,
    is_codex,
)
from agentcache.cli.numbers import FiniteRange
from agentcache.client.keeper import Keeper
from agentcache.core.codec import CodecError, JsonObject, decode_json_object
from agentcache.core.counting import counted
from agentcache.core.session import Mode, Replay
from agentcache.errors import ServerError, StoreError, UsageError
from agentcache.prefix.moves import Move
from agentcache.repo.apart import git_apart, settings_of
from agentcache.server.client import KEYS
from agentcache.server.config import PrefixConfig, find_places, load_config
from agentcache.server.network import network_of, unspoken_proxies
from agentcache.server.routes import session_root
from agentcache.server.spec import SessionSpec
from agentcache.store.private import why_unwritable

NOT_FOUND = 127
NOT_RUNNABLE = 126


@click.command(context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.option(
    "--observe",
    "mode",
    flag_value="observe",
    help="Serve and keep nothing; count what would have been served of what was kept before.",
)
@click.option("--off", "mode", flag_value="off", help="Only proxy.")
@click.option("--tenant", help="Keep this session's entries apart under a name.")
@click.option(
    "--replay",
    type=click.Choice([replay.value for replay in Replay]),
    help="Which requests an earlier reply to the same request may answer"
    " (default: safe, those with temperature 0).",
)
@click.option(
    "--replay-ttl",
    type=FiniteRange(min=0),
    metavar="SECONDS",
    help="How long replies, decisions and summaries may be given again.",
)
@click.option(
    "--prefix",
    "moves",
    metavar="on|off|MOVE,...",
    help="What is done so that the provider's own prefix cache hits: all of it (default), nothing,"
    f" or only some of {', '.join(Move)}.",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Record the requests in a private file in DIR, without credentials,"
    " for `agentcache simulate` and `agentcache lint`. A new DIR is ignored by git and searches.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Where a server started by this is to listen."
)
@click.option(
    "-q", "--quiet", is_flag=True, help="No progress and no closing line; only what went wrong."
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="-- COMMAND [ARGUMENT]...")
def command(  # noqa: PLR0913  # an argument for each option
    *,
    mode: str | None,
    tenant: str | None,
    replay: str | None,
    replay_ttl: float | None,
    moves: str | None,
    record: Path | None,
    port: int | None,
    quiet: bool,
    command: tuple[str, ...],
) -> int:
    """Run an agent with its model requests going through the cache.

    Its input, output, signals and exit code are its own. When the cache cannot be used the agent
    runs without it; a wrong configuration is for you to mend. The closing line on standard error
    says what was saved.

    \b
    agentcache run -- claude -p "Where is the retry limit set?"
    agentcache run --observe -- aider
    """
    if record and (why := why_unwritable(record.absolute())):
        raise click.BadParameter(why, param_hint="--record")
    if not command:
        raise click.UsageError("no command given; for example: agentcache run -- claude")
    if find_program(command[0], os.environ) is None:
        return _say_missing(command[0])
    places = find_places()
    try:
        config = load_config(places)
    except UsageError as error:
        if not isinstance(error.__cause__, OSError):
            raise  # what stands in it is for the user to mend
        return _run_without(str(error), command)
    if mode is None and (name := git_apart(os.environ, Path.cwd())):
        _say(f"{name} is set, so the agent is shown what the cache does not see: only observing")
        mode = "observe"
    spec = SessionSpec(
        cwd=str(Path.cwd()),
        tenant=tenant or config.tenant,
        mode=Mode(mode or "on"),
        replay=Replay(replay) if replay else config.replay,
        replay_ttl=config.replay_ttl if replay_ttl is None else replay_ttl,
        network=network_of(os.environ),
        moves=_read_moves(moves, config.prefix),
        record=str(record.absolute()) if record else "",
        settings=settings_of(os.environ),
    )
    if why := _out_of_reach(spec, command):
        return _run_without(why, command)
    keeper = Keeper(places, spec, port=port, tell=_nothing if quiet else _say, warn=_say)
    try:
        owner = keeper.begin()
    except (ServerError, StoreError) as error:
        return _run_without(str(error), command)
    root = session_root(owner.url, keeper.token)
    environment = child_environment(os.environ, root, adapts=spec.mode is Mode.ON, tell=_say)
    with keeper:
        code = _run(child_command(command, environment), environment)
    summary = keeper.end()
    if not quiet and summary is not None:
        _say(closing_line(summary, is_whole=not keeper.was_replaced))
    return code


def _read_moves(told: str | None, config: PrefixConfig) -> tuple[Move, ...]:
    """The moves that an option's value names; the configuration's where there is none."""
    if told in (None, "on"):
        return config.chosen
    if told == "off":
        return ()
    names = [name.strip() for name in (told or "").split(",")]
    unknown = [name for name in names if name not in list(Move)]
    if unknown:
        raise click.BadParameter(
            f"{unknown[0]!r} is no move; there are on, off, {', '.join(Move)}",
            param_hint="--prefix",
        )
    return tuple(Move(name) for name in names)


def _say_missing(program: str) -> int:
    """Say why `program` cannot be run; the exit code that a shell has for that."""
    if os.path.lexists(program):
        _say(f"{program!r} cannot be run: it is no program, or not executable")
        return NOT_RUNNABLE
    _say(f"{program!r} was not found; is it installed and on PATH?")
    return NOT_FOUND


def _out_of_reach(spec: SessionSpec, command: Sequence[str]) -> str | None:
    """Why the agent's requests cannot go through the server; None where they can."""
    if unspoken := unspoken_proxies(spec.network):
        return f"the proxy {unspoken[0]} is no HTTP proxy"
    if is_codex(command) and _codex_has_an_account():
        return "Codex is logged in with an account, not a key"
    return None


def _codex_has_an_account() -> bool:
    home = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
    try:
        auth = decode_json_object((home / "auth.json").read_bytes())
    except (OSError, CodecError):
        return False
    return not os.environ.get("OPENAI_API_KEY") and is_chatgpt_login(auth)


def _run_without(why: str, command: Sequence[str]) -> int:
    """Say why the cache is of no use, and run the agent as it would have run."""
    _say(f"{why}; the agent runs without the cache")
    return _run(command, dict(os.environ))


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the agent on this terminal; its exit code, or 128 and the signal that ended it."""
    try:
        child = subprocess.Popen(list(command), env=environment)
    except OSError as error:
        _say(f"{command[0]!r} cannot be run: {error.strerror}")
        return NOT_RUNNABLE

    def pass_on(number: int, _frame: object) -> None:
        child.send_signal(number)

    for number in KEYS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, KEYS)
    threading.Thread(target=_pass_on_keys, args=(child,), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, pass_on)
    if hasattr(os, "waitid"):  # macOS has none before Python 3.13
        _stop_with(child)
    code = child.wait()
    return 128 - code if code < 0 else code


def _stop_with(child: "subprocess.Popen[bytes]") -> None:
    """Until the agent ends, stop whenever it stops itself: the shell takes its terminal back."""
    with suppress(ChildProcessError):  # who sent it a signal found that it had ended
        while _waited(child, os.WSTOPPED | os.WEXITED | os.WNOWAIT) == os.CLD_STOPPED:
            # ^Z stops us both: once we go on it went on, too, and has not stopped any more.
            is_stopped = _waited(child, os.WSTOPPED | os.WNOHANG) == os.CLD_STOPPED
            if is_stopped and _has_terminal():
                os.kill(os.getpid(), signal.SIGSTOP)
                child.send_signal(signal.SIGCONT)


def _waited(child: "subprocess.Popen[bytes]", options: int) -> int | None:
    found = os.waitid(os.P_PID, child.pid, options)
    return found.si_code if found else None


def _has_terminal() -> bool:
    """Whether this is the job that has the terminal."""
    try:
        with Path("/dev/tty").open("rb", buffering=0) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _pass_on_keys(child: "subprocess.Popen[bytes]") -> None:
    """Pass on ^C and ^\\ where a process sent them: the terminal sends its own to the agent, too.

    As sudo tells them apart. Handlers are not told who sent a signal; who waits for it is, while
    every thread has it blocked.
    """
    while hasattr(signal, "sigwaitinfo"):  # macOS has none, and its agents get the terminal's only
        sent = signal.sigwaitinfo(KEYS)
        if sent.si_code <= 0:
            child.send_signal(sent.si_signo)


def closing_line(summary: JsonObject, *, is_whole: bool = True) -> str:
    """What was saved, in one line; not `is_whole` where a server left with what it had counted."""
    count = {name: value for name, value in summary.items() if isinstance(value, int)}
    lookups = count.get("lookups", 0)
    hits = sum(value for name, value in count.items() if name.startswith("hit:"))
    if not count.get("requests"):
        if not is_whole:
            return "the server was replaced on the way, and no request was seen since"
        return (
            "0 requests seen: the agent does not use the base-URL variables, or its own settings "
            "name another URL (`agentcache doctor` says where to look)"
        )
    if not lookups:
        return f"{counted(count['requests'], 'request')} passed on, none of them looked up"
    line = "" if is_whole else "since the server was replaced: "
    line += f"{counted(lookups, 'model request')}, {hits} answered from the cache"
    if hits:
        tokens = count.get("saved:input_tokens", 0) + count.get("saved:output_tokens", 0)
        calls = counted(count.get("saved:calls", 0), "model call")
        line += f"; saved {calls} and {counted(tokens, 'token')}"
    if would := count.get("miss:observed_hit"):
        line += f"; {would} would have been answered"
    elif count.get("kept:observing"):
        line += "; nothing was kept, since the session only observed"
    if count.get("miss:no_repository"):
        line += "; it stands in no git repository, where no answer can be verified or kept"
    if repaired := count.get("prefix:repaired"):
        line += f"; {counted(repaired, 'prompt')} kept stable"
    if breaks := count.get("prefix:breaks"):
        broken = counted(breaks, "broken prefix", "broken prefixes")
        line += f"; {broken} (`agentcache why --prefix {summary['session']}`)"
    return line + " (`agentcache why last` says why)"


def _nothing(_: str) -> None:
    return


def _say(text: str) -> None:
    click.secho(f"agentcache: {text}", err=True, dim=sys.stderr.isatty())
