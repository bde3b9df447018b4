"""`agentcache demo`."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from agentcache.cli.console import open_console
from agentcache.cli.demo_provider import DemoProvider, definition_pattern
from agentcache.cli.inspect import as_json, print_json
from agentcache.core.codec import decode_json_object
from agentcache.errors import ServerError, UsageError
from agentcache.repo.worktree import NO_GIT

_PYTHON = (sys.executable, "-P", "-m")
"""Python without the modules of the directory it stands in, which is anybody's repository."""

_SMALL_REPOSITORY = {
    "shop/orders.py": (
        '"""Orders."""\n\nRETRY_LIMIT = 5\n\n\ndef cancel_order(number):\n'
        '    """Cancel an order that has not been sent."""\n    return number\n'
    ),
    "shop/payments.py": '"""Payments."""\n\n\ndef refund(number):\n    return -number\n',
    "README.md": "# A shop\n",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One ask of the demo. `verdict` on the question, whatever was decided on its way.

    `seconds`: from the start of the agent to its end.
    """

    what: str
    question: str
    answer: str
    model_calls: int
    verdict: str
    why: str
    seconds: float


@click.command()
@as_json
def command(*, as_json: bool) -> int:
    """See it work without a key.

    A scripted provider and a small agent run through the real server, on a copy of the repository
    you stand in, or on a small one. Your files and your cache are not touched.
    """
    began = time.monotonic()
    if shutil.which("git") is None:
        raise UsageError(NO_GIT)
    with tempfile.TemporaryDirectory(prefix="agentcache-demo-") as place:
        repository, origin = _copy(Path(place) / "repository")
        name, path = _find_subject(repository)
        with DemoProvider().serving() as provider:
            demo = _Demo(Path(place), repository, provider, tell=_tell(quiet=as_json))
            with demo.server():
                steps = list(_steps(demo, name, path))
    if as_json:
        print_json({"repository": origin, "steps": [asdict(step) for step in steps]})
    else:
        _print_table(steps, origin, time.monotonic() - began)
    return 0 if _is_as_promised(steps) else 1


def _steps(demo: "_Demo", name: str, path: str) -> Iterator[Step]:
    asked, reworded = f"Where is `{name}` defined?", f"Find the definition of `{name}`"
    yield demo.ask("asked for the first time", asked)
    yield demo.ask("asked in other words", reworded)
    demo.commit_something_else()
    yield demo.ask("after an unrelated commit", asked)
    demo.insert_line(path)
    yield demo.ask(f"after an edit to {path}", asked)
    yield demo.ask("asked again", reworded)


def _is_as_promised(steps: list[Step]) -> bool:
    first, reworded, committed, edited, again = (step.model_calls for step in steps)
    return bool(first and edited) and not (reworded or committed or again)


class _Demo:
    """A repository, a provider, and a server with a home of its own."""

    def __init__(
        self, place: Path, repository: Path, provider: DemoProvider, *, tell: Callable[[str], None]
    ) -> None:
        self._repository, self._provider, self._tell = repository, provider, tell
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        kept = {name: text for name, text in os.environ.items() if name.upper() not in names}
        self._environment = {
            **kept,
            "AGENTCACHE_HOME": str(place / "home"),
            "ANTHROPIC_BASE_URL": provider.url,
        }

    def _cli(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [*_PYTHON, "agentcache", *arguments],
            env=self._environment,
            cwd=self._repository,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            ended = f"`agentcache {arguments[0]}` ended with {done.returncode}"
            raise ServerError(f"{ended}: {done.stderr.strip()}")
        return done

    @contextmanager
    def server(self) -> Iterator[None]:
        """Run the demo's server, which is gone afterwards, also after ^C; raises ServerError.

        It is started here because one that `run` starts may not be there yet when ^C comes.
        """
        process = None
        try:
            with _interrupts_held():  # or one could come before `process` is known
                process = subprocess.Popen(
                    [*_PYTHON, "agentcache", "serve"],
                    env=self._environment,
                    stdout=subprocess.PIPE,
                    start_new_session=True,  # or ^C ends it before `run`, which would start another
                )
            if process.stdout is None or not process.stdout.readline():
                raise ServerError("the demo's server could not be started")
            yield
        finally:
            if process is not None:
                process.terminate()
                process.communicate()

    def ask(self, what: str, question: str) -> Step:
        """Run the agent behind `agentcache run` and ask `why` afterwards."""
        self._tell(f"{what}: {question}")
        calls, began = self._provider.calls, time.monotonic()
        agent = (*_PYTHON, "agentcache.cli.demo_agent", question)
        answer = self._cli("run", "--quiet", "--", *agent).stdout.strip()
        seconds = time.monotonic() - began
        why = decode_json_object(self._cli("why", "--json").stdout)
        detail = why["detail"] if isinstance(why["detail"], dict) else {}
        changed = f": {detail['changed']}" if "changed" in detail else ""
        return Step(
            what=what,
            question=question,
            answer=answer,
            model_calls=self._provider.calls - calls,
            verdict="miss" if "research" in detail else str(why["verdict"]),
            why=f"{detail.get('research', why['reason'])}{changed}",
            seconds=round(seconds, 2),
        )

    def commit_something_else(self) -> None:
        note = self._repository / "agentcache-demo-note.md"
        note.write_text("A file that no answer was read from.\n")
        _git(self._repository, "add", "--", note.name)
        _git(self._repository, "commit", "--quiet", "--no-verify", "-m", "Add a note")

    def insert_line(self, path: str) -> None:
        file = self._repository / path
        file.write_bytes(b"\n" + file.read_bytes())


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a ^C that comes meanwhile be heeded at the end."""
    held: list[bool] = []
    heeding = signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heeding)
        if held:
            signal.raise_signal(signal.SIGINT)


def _copy(target: Path) -> tuple[Path, str]:
    """A clone of the repository we stand in if it has something to ask for, else a small one."""
    found = subprocess.run(
        ["git", "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    top = found.stdout.strip()
    if found.returncode == 0 and _definition(Path(top)) is not None:
        _git(Path(top), "clone", "--quiet", "--shared", "--depth=1", "file://" + top, str(target))
        if _definition(target) is not None:
            return target, top
    target.mkdir(parents=True, exist_ok=True)
    _git(target, "init", "--quiet")
    for name, text in _SMALL_REPOSITORY.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(text)
    _git(target, "add", "--all")
    _git(target, "commit", "--quiet", "-m", "A small shop")
    return target, "a small repository made for this"


def _find_subject(repository: Path) -> tuple[str, str]:
    found = _definition(repository)
    if found is None:
        raise UsageError("the demo's repository holds no definition to ask for")
    return found


def _definition(repository: Path) -> tuple[str, str] | None:
    """A name that is defined once, and the file where it is."""
    listed = subprocess.run(
        ["git", "grep", "-IE", definition_pattern("[A-Za-z_][A-Za-z0-9_]{5,}")],
        cwd=repository,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    ).stdout
    places: dict[str, list[str]] = {}
    for line in listed.splitlines()[:5000]:
        path, _, text = line.partition(":")
        match = re.search(definition_pattern(r"([A-Za-z_][A-Za-z0-9_]{5,})"), text)
        if match is not None and path.endswith((".py", ".ts", ".js", ".go", ".rs", ".java", ".c")):
            places.setdefault(match.group(2), []).append(path)
    return next(((name, at[0]) for name, at in places.items() if len(at) == 1), None)


def _git(repository: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=agentcache demo", "-c", "user.email=demo@example.invalid")
    done = subprocess.run(
        ["git", *identity, "-c", "commit.gpgsign=false", *arguments],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UsageError(f"git {arguments[0]} failed: {done.stderr.strip()}")


def _tell(*, quiet: bool) -> Callable[[str], None]:
    return (lambda _: None) if quiet else lambda text: click.echo(f"... {text}", err=True)


def _print_table(steps: list[Step], origin: str, seconds: float) -> None:
    from rich.table import Table
    from rich.text import Text

    console = open_console()
    console.print(f"\nagentcache demo on {origin}", soft_wrap=True)
    table = Table()
    for heading in ("what happened", "model calls", "answered by", "why", "answer"):
        table.add_column(heading, overflow="fold")
    table.columns[1].justify = "right"
    for step in steps:
        by = Text("the model") if step.model_calls else Text("the cache", "green")
        why = step.why.replace("_", " ", 1)
        table.add_row(step.what, str(step.model_calls), by, why, step.answer)
    console.print(table)
    without = steps[0].model_calls * len(steps)
    console.print(
        f"{sum(step.model_calls for step in steps)} model calls instead of {without},"
        f" in {seconds:.1f} s."
    )
