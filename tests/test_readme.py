"""Every command block of the README runs, as it stands there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentcache.server.config import Config, Places, load_config
from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.repositories import make_repository
from support.server import plain_environment, run_cli

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"(?:<!-- ([a-z ]+) -->\n)?```(\w+)\n(.*?)```", README, re.DOTALL)


def blocks(language: str, mark: str = "") -> list[str]:
    return [text for marked, kind, text in BLOCKS if (kind, marked) == (language, mark)]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    run_cli(tmp_path / "home", "stop")


def shell(text: str, *, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text],
        cwd=cwd,
        env=plain_environment(**variables),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_block_is_known_to_a_test_here() -> None:
    known = {
        ("python", "orchestrator"),
        ("sh", "demo command"),
        ("sh", "test command"),
        ("sh", ""),
        ("text", ""),
        ("toml", ""),
    }
    assert {(kind, mark) for mark, kind, _ in BLOCKS} <= known
    assert len(blocks("sh")) == 4


def test_one_command_installs_and_shows_the_demo(tmp_path: Path) -> None:
    (command,) = blocks("sh", "demo command")
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).exists():
            (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "copy" / name).write_bytes((ROOT / name).read_bytes())
    shown = shell(command, cwd=tmp_path / "copy")
    assert "model calls instead of" in shown


def test_the_command_that_ci_runs_is_the_one_in_the_readme() -> None:
    (command,) = blocks("sh", "test command")
    said = subprocess.run(
        ["bash", "-c", r"sed -n '/^command=/p' .ci/run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "<!-- test command -->" in said
    assert "-m pytest" in command


def test_the_agent_and_the_inspecting_commands_run_as_shown(tmp_path: Path, home: Path) -> None:
    repository = make_repository(tmp_path / "repository", {"a.py": "RETRY_LIMIT = 5\n"})
    # Claude Code is not in the package index of Python; its place takes a small agent.
    (tmp_path / "bin").mkdir()
    claude = tmp_path / "bin/claude"
    claude.write_text(f'#!/bin/sh\nexec {sys.executable} -m agentcache.cli.demo_agent "$2"\n')
    claude.chmod(0o755)
    programs = f"{claude.parent}:{Path(sys.executable).parent}"
    own, first_day, prefixes, _ = blocks("sh")
    with ScriptedProvider(lambda _: Answer(text="In a.py.")) as provider:
        variables = {
            "AGENTCACHE_HOME": str(home),
            "ANTHROPIC_BASE_URL": provider.url,
            "HOME": str(tmp_path),
        }
        path = f"export PATH={programs}:$PATH\n"
        shown = shell(path + own, cwd=repository.root, **variables)
        assert "In a.py." in shown
        assert "miss (no_entry)" in shown
        assert "lookups" in shell(path + first_day, cwd=repository.root, **variables)
        told = shell(path + prefixes, cwd=repository.root, **variables)
        assert "broken prefixes: 0" in told
        assert "as-sent" in told


def test_the_benchmarks_run_as_shown() -> None:
    *_, commands = blocks("sh")
    python = f"PATH={Path(sys.executable).parent}:$PATH\n"
    assert "ratio" in shell(python + commands, cwd=ROOT).lower()


def test_the_configuration_shown_is_the_default(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "config.toml").write_text(text)
    assert load_config(Places(tmp_path, tmp_path / "config.toml")) == Config()
