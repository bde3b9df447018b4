"""The command line: one module per command, imported only when it is used."""

import errno
import importlib
import os
import sys
from typing import NoReturn

import click

from agentcache import __version__
from agentcache.errors import AgentCacheError

# Loading by name keeps `agentcache run` quick: no command pays for another's imports.
_COMMANDS = {
    "run": "Run an agent with its model requests going through the cache.",
    "serve": "Be the user's server (started on demand by `run`).",
    "stop": "Ask the server to leave.",
    "why": "Say why a request was answered as it was.",
    "ls": "List what is kept.",
    "tools": "List the sets of tools that answers were kept for.",
    "check": "Say which kept answers hold, now or at a commit.",
    "show": "Show a kept answer and what it rests on.",
    "rm": "Remove a kept answer.",
    "clear": "Remove everything that is kept.",
    "stats": "Show what was looked up, answered and saved.",
    "doctor": "Check the installation and say what to do.",
    "match": "Say whether two questions are the same to the cache.",
    "lint": "Say which Calls of a recording broke their prefix, and why.",
    "calibrate": "Set the similarity threshold from your own labelled pairs.",
    "simulate": "Price a recorded session by the providers' prefix-cache rules.",
    "demo": "See it work: a scripted provider, a small agent, no key needed.",
}


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"agentcache.cli.{cmd_name}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:  # the names that it compares are those of loaded ones
            raise click.NoSuchCommand(args[0], possibilities=_COMMANDS, ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="agentcache")
def group() -> None:
    """Make a coding agent's repeated work cheap; rather ask again than be wrong.

    \b
    agentcache run -- claude        any agent, unmodified
    agentcache why last             why was that a hit or a miss?
    agentcache demo                 see it work without a key
    """


def main() -> None:
    """Run a command; errors become messages and exit codes."""
    _open_closed_streams()
    if not _is_anywhere():
        click.echo("agentcache: the working directory is gone: change to another one", err=True)
        sys.exit(1)
    try:
        code = group.main(
            prog_name="agentcache", standalone_mode=False, color=None if _may_colour() else False
        )
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except AgentCacheError as error:
        click.echo(f"agentcache: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            _report()
        click.echo(f"agentcache: what was to be written was not: {error.strerror}", err=True)
        sys.exit(1)
    except Exception:  # noqa: BLE001  # the CLI's rim: a bug of ours becomes a report
        _report()
    sys.exit(code if isinstance(code, int) else 0)


def _open_closed_streams() -> None:
    """Stand in for what a caller closed, as git does: else the next file opened gets its number.

    A program that is started is given none: it finds closed what was closed.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number, inheritable=False)
                os.close(opened)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def _may_colour() -> bool:
    """Whether a terminal may be sent colours, as rich decides it for tables."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in ("dumb", "unknown")


def _is_anywhere() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  # nothing else of pathlib is needed to start
    except FileNotFoundError:
        return False
    return True


def _report() -> NoReturn:
    from agentcache.cli.report import write_report

    click.echo(f"agentcache: a bug in agentcache; please report it with {write_report()}", err=True)
    sys.exit(3)
