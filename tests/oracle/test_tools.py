from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from oracle.playing import Playground
from oracle.questions import COMMON, Host
from oracle.rules import draw_step
from oracle.tools import Result, ToolFailedError, Use, real_output, run_tool
from oracle.world import Setting

EDITS = ("edit", "edit_directory", "ignore", "mend")


@pytest.fixture(scope="module")
def playground() -> Iterator[Playground]:
    ground = Playground()
    yield ground
    ground.close()


def _edited_root(playground: Playground, seed: int) -> Iterator[Path]:
    """The work tree after every ten random edits."""
    random = Random(seed)  # noqa: S311  # chance, not secrecy
    world = playground.world(Setting())
    try:
        for _ in range(12):
            done = 0
            while done < 10:
                step = draw_step(random)
                if step.rule in EDITS:
                    world.apply(step)
                    done += 1
            yield world.roots[0]
    finally:
        world.close()


def _really(command: str, root: Path) -> Result:
    try:
        output = real_output(command, root)
    except ToolFailedError as failed:
        return Result(str(failed), is_error=True)
    return Result(output.removesuffix("\n"))


def _commands() -> list[str]:
    found: list[str] = []
    for question in COMMON:
        plan = question.plan(Host.SHELL, Path("/"))
        found += [str(use.arguments["command"]) for use in next(plan)]
    return found


@pytest.mark.parametrize("seed", range(4))
def test_an_imitated_command_prints_what_the_real_one_prints(
    playground: Playground, seed: int
) -> None:
    for root in _edited_root(playground, seed):
        for command in _commands():
            imitated = run_tool(Use("Bash", {"command": command}), root)
            real = _really(command, root)
            assert imitated.is_error == real.is_error, command
            if not imitated.is_error:
                text = imitated.text.removeprefix("(Bash completed with no output)")
                assert sorted(text.split("\n")) == sorted(real.text.split("\n")), command


@pytest.mark.parametrize("seed", range(4))
def test_an_imitated_search_finds_what_ripgrep_finds(playground: Playground, seed: int) -> None:
    for root in _edited_root(playground, seed):
        for place in (".", "pkg", "docs"):
            for pattern in (r"^(def|class) \w+", "retries", "TODO"):
                given = {"pattern": pattern, "path": place, "output_mode": "content"}
                imitated = run_tool(Use("Grep", given), root)
                command = f"rg --no-config -n --no-heading -H '{pattern}' {place}"
                real = _really(command, root)
                assert imitated.is_error == real.is_error
                shown = [] if imitated.text == "No matches found" else imitated.text.splitlines()
                if not imitated.is_error:
                    wanted = [line.removeprefix("./") for line in real.text.splitlines()]
                    assert sorted(shown) == sorted(wanted), command


@pytest.mark.parametrize(("tool", "options"), [("Glob", "--no-ignore --hidden"), ("glob", "")])
def test_an_imitated_glob_lists_what_ripgrep_lists(
    playground: Playground, tool: str, options: str
) -> None:
    for root in _edited_root(playground, 9):
        for pattern in ("**/*.py", "*.md"):
            imitated = run_tool(Use(tool, {"pattern": pattern}), root).text
            shown = [] if imitated == "No files found" else imitated.splitlines()
            chosen = f"-g '!**/.git' -g '{pattern}'"
            if options:
                real = _really(f"rg --no-config --files {options} {chosen}", root).text.splitlines()
            else:
                # A glob of ripgrep overrules ignore files, which opencode's does not.
                suffix = pattern.rpartition("*")[2]
                listed = _really("rg --no-config --files", root).text.splitlines()
                real = [line for line in listed if line.endswith(suffix)]
            assert sorted(shown) == sorted(str(root / line) for line in real), pattern
