"""Commands on a home of their own: empty stores, clearing, help, our own bugs."""

import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from agentcache.cli.demo import Step, _print_table
from agentcache.core.codec import decode_json, decode_json_object
from agentcache.store.ledger import Ledger
from support.ownership import directory_of_another_user
from support.repositories import make_repository
from support.server import plain_environment, run_cli, servers_below

COMMANDS = [
    "run", "serve", "stop", "why", "ls", "tools", "check", "show", "rm", "clear", "stats", "doctor",
    "match", "calibrate", "demo",
]  # fmt: skip


def test_help_names_every_command(tmp_path: Path) -> None:
    shown = run_cli(tmp_path, "--help").stdout
    assert all(f"  {command} " in shown for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    done = run_cli(tmp_path, command, "--help")
    assert done.returncode == 0
    assert f"Usage: agentcache {command}" in done.stdout


def test_an_unknown_command_is_a_wrong_command_line(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "rum")
    assert done.returncode == 2
    assert "'rum'" in done.stderr
    assert "Did you mean" in done.stderr
    assert "run" in done.stderr


def test_an_empty_home_is_no_error(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run_cli(home, "ls").stdout == "nothing is kept yet\n"
    assert decode_json(run_cli(home, "ls", "--json").stdout) == []
    assert decode_json_object(run_cli(home, "stats", "--json").stdout)["lookups"] == 0
    assert run_cli(home, "clear").stdout == "removed 0 entries\n"
    assert run_cli(home, "stop").stdout == "agentcache: no server is running\n"
    done = run_cli(home, "why")
    assert (done.returncode, done.stderr) == (1, "agentcache: nothing was asked yet\n")


READING = [["ls"], ["ls", "--json"], ["show", "ab"], ["stats"], ["tools"], ["why"], ["rm", "ab"],
           ["check"], ["clear", "--yes"], ["why", "--prefix"]]  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_what_only_reads_makes_nothing_where_there_is_nothing(
    tmp_path: Path, command: list[str]
) -> None:
    repository = make_repository(tmp_path / "repository", {"a.py": "x\n"})
    done = run_cli(tmp_path / "home", *command, cwd=repository.root)
    assert "bug" not in done.stderr
    assert not (tmp_path / "home").exists()
    (tmp_path / "home").mkdir()
    run_cli(tmp_path / "home", *command, cwd=repository.root)
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("command", ["ls", "stats", "why"])
def test_what_only_reads_makes_nothing_in_a_home_of_another_user(
    tmp_path: Path, command: str
) -> None:
    home = directory_of_another_user(tmp_path)
    before = sorted(home.iterdir())
    done = run_cli(home, command)
    assert done.returncode == 1
    assert "belongs to user id" in done.stderr
    assert sorted(home.iterdir()) == before


def test_a_directory_that_is_gone_and_a_full_disk_are_no_bugs(tmp_path: Path) -> None:
    for command in ("mkdir gone; cd gone; rmdir ../gone; {} ls", "{} ls > /dev/full"):
        done = subprocess.run(
            ["bash", "-c", command.format(f"{sys.executable} -m agentcache")],
            cwd=tmp_path,
            env=plain_environment(AGENTCACHE_HOME=str(tmp_path)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr.startswith("agentcache: ")
        assert "bug" not in done.stderr


def test_what_is_damaged_is_put_aside_and_said(tmp_path: Path) -> None:
    run_cli(tmp_path, "doctor")
    for file, command in (("store/cache.db", "ls"), ("ledger.db", "why"), ("ledger.db", "doctor")):
        (tmp_path / file).write_bytes(b"this is no database " * 500)
        done = run_cli(tmp_path, command, cwd=tmp_path)
        assert "what was damaged was put aside as" in done.stderr
        assert f"{tmp_path / file.partition('/')[0]}.corrupt" in done.stderr


def test_doctor_says_that_the_configured_rules_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[prefix]\nrules = 'gone.toml'\n")
    done = run_cli(tmp_path, "doctor", cwd=tmp_path)
    assert "!!  configuration: the rules in 'gone.toml' cannot be used" in done.stdout


def test_doctor_says_once_what_is_wrong_with_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("size_limit = 'much'\n", encoding="utf-8")
    done = run_cli(tmp_path, "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("config.toml") == 1
    assert "store: not checked: see configuration\n" in done.stdout


def test_doctor_says_whether_the_model_loads(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[match]\nmodel = '/nowhere'\n")
    done = run_cli(tmp_path, "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert "!!  model: none, so that the structure of questions decides alone" in done.stdout
    assert "'/nowhere' is no directory" in done.stdout


def test_doctor_makes_nothing_in_a_home_of_another_user(tmp_path: Path) -> None:
    home = directory_of_another_user(tmp_path)
    before = set(home.iterdir())
    done = run_cli(home, "doctor", cwd=tmp_path)
    assert done.returncode == 1
    assert f"!!  store: '{home}' belongs to user id " in done.stdout
    assert set(home.iterdir()) == before


@pytest.mark.parametrize("command", ["doctor", "run -- true"])
def test_a_home_that_cannot_be_made_is_said_with_what_to_do(command: str) -> None:
    done = run_cli(Path("/proc/none"), *command.split())
    assert "set AGENTCACHE_HOME to a directory" in done.stdout + done.stderr
    assert "move it away" not in done.stdout
    assert "`agentcache run` starts it" not in done.stdout


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_none(
    tmp_path: Path, variable: dict[str, str]
) -> None:
    environ = plain_environment(AGENTCACHE_HOME=str(tmp_path), TERM="xterm") | variable
    told, ours = pty.openpty()
    command = [sys.executable, "-m", "agentcache", "doctor"]
    with subprocess.Popen(command, env=environ, stdin=ours, stdout=ours, stderr=ours) as doctor:
        os.close(ours)
        assert b"\x1b" not in os.read(told, 1000)
        doctor.kill()
    os.close(told)


def test_output_into_a_pipe_has_no_colour(tmp_path: Path) -> None:
    for command in ("stats", "ls", "doctor"):
        assert "\x1b[" not in run_cli(tmp_path, command).stdout


def test_a_reader_that_goes_away_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m agentcache --help | head -c 1 > /dev/null"
    done = subprocess.run(
        ["bash", "-c", command],
        env=plain_environment(AGENTCACHE_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "bug" not in done.stderr


def test_the_demo_keeps_its_promises_on_a_small_repository(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "demo", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    steps = decode_json_object(done.stdout)["steps"]
    assert isinstance(steps, list)
    assert [(step["model_calls"], step["verdict"]) for step in steps] == [  # type: ignore[index,call-overload]
        (3, "miss"),
        (0, "hit"),
        (0, "hit"),
        (2, "miss"),  # although the first step is decided as before
        (0, "hit"),
    ]
    assert "evidence_changed: shop/orders.py" in str(steps[3])
    assert not (tmp_path / "server.lock").exists()


def test_the_demo_runs_no_code_of_the_repository_it_stands_in(tmp_path: Path) -> None:
    files = {"click.py": "raise SystemExit('not click')\n", "b.py": "def some_function(): ...\n"}
    repository = make_repository(tmp_path / "repository", files)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agentcache", "demo"],
        cwd=repository.root,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"agentcache demo on {repository.root}" in done.stdout


def test_a_demo_whose_agent_fails_says_how(tmp_path: Path) -> None:
    git = tmp_path / "bin" / "git"
    git.parent.mkdir()
    git.write_text(
        '#!/bin/sh\n[ "$1 $2" = "grep -nE" ] && echo "nothing found" >&2 && exit 1\n'
        f'exec {shutil.which("git")} "$@"\n'
    )
    git.chmod(0o755)
    path = os.pathsep.join([str(git.parent), os.environ["PATH"]])
    done = run_cli(tmp_path, "demo", cwd=tmp_path, env={"PATH": path})
    assert done.returncode == 1
    assert "agentcache: `agentcache run` ended with 1: " in done.stderr
    assert "IsADirectoryError" in done.stderr, "what the agent said of the file that it found"


HEEDING_INT = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Tests may run where it is ignored, as behind `&` in a script."""


def test_a_demo_that_is_interrupted_leaves_no_server(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HEEDING_INT, "-m", "agentcache", "demo"],
        cwd=tmp_path,
        env=plain_environment(TMPDIR=str(tmp_path)),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as demo:
        while not servers_below(tmp_path) and demo.poll() is None:
            time.sleep(0.01)
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        assert demo.wait(timeout=60) == 130
    left = servers_below(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGTERM)
    assert not left
    assert list(tmp_path.iterdir()) == []


INTERRUPTED_AS_IT_STARTS = """
import signal, subprocess, sys
from agentcache.cli import main

execute = subprocess.Popen._execute_child

def interrupted(self, args, *others):
    execute(self, args, *others)
    if "serve" in args:
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
subprocess.Popen._execute_child = interrupted
sys.argv[1:] = ["demo"]
main()
"""


def test_a_demo_that_is_interrupted_as_its_server_starts_leaves_none(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AS_IT_STARTS],
        cwd=tmp_path,
        env=plain_environment(TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
    )
    left = servers_below(tmp_path)
    for pid in left:
        os.kill(pid, signal.SIGTERM)
    assert (done.returncode, left) == (130, set()), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_demo_uses_the_repository_it_stands_in_and_leaves_it_alone(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    before = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    done = run_cli(tmp_path, "demo", cwd=root / "agentcache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"agentcache demo on {root}" in " ".join(done.stdout.split())
    after = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert after == before


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
def test_a_stream_that_the_caller_closed_is_no_bug(tmp_path: Path, closed: str) -> None:
    repo = make_repository(tmp_path / "repository", {"a": "b\n"})
    commands = ("calibrate -", "check", "run --off -- sh -c 'exit 7'")
    script = "\n".join(
        f"{sys.executable} -m agentcache {each} {closed}; echo $?" for each in commands
    )
    done = subprocess.run(
        ["bash", "-c", script], env=plain_environment(AGENTCACHE_HOME=str(tmp_path / "home")),
        cwd=repo.root, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    run_cli(tmp_path / "home", "stop")
    codes = [line for line in done.stdout.splitlines() if line.isdigit()]
    assert codes == ["1", "0", "7"]


def test_an_agent_finds_closed_what_the_caller_closed(tmp_path: Path) -> None:
    script = f"{sys.executable} -m agentcache run -q --off -- sh -c 'echo lost' >&-"
    done = subprocess.run(
        ["bash", "-c", script], env=plain_environment(AGENTCACHE_HOME=str(tmp_path / "home")),
        cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    run_cli(tmp_path / "home", "stop")
    assert done.returncode != 0
    assert "Bad file descriptor" in done.stderr or "I/O error" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("calibrate", "-", "--max-wrong", "2"), ("calibrate", "-", "--max-wrong", "0"),
     ("simulate", ".", "--policy", "nothing"), ("check", "--at", "HEAD", "--remove")],
)  # fmt: skip
def test_an_option_that_cannot_be_is_a_wrong_command_line(
    home: Path, arguments: tuple[str, ...]
) -> None:
    assert run_cli(home, *arguments).returncode == 2


def test_the_demo_s_table_is_whole_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)  # which what runs tests in parallel sets
    why = "changed: " + "a/very/long/path/" * 9
    _print_table([Step("Asked", "Where?", "There.", 3, "miss", why, 0.1)], "here", 1.0)
    assert why in capsys.readouterr().out


def test_a_row_that_is_read_from_a_pipe_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o700)
    with closing(Ledger(tmp_path / "home/ledger.db")) as ledger:
        ledger.count({"lookups": 1, "miss:underway": 1})
    lines = run_cli(tmp_path / "home", "stats").stdout.splitlines()
    assert any("miss: underway" in line and "when it began" in line for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [["check", "--fail-under", "nan"], ["match", "a", "b", "--threshold", "nan"],
     ["run", "--replay-ttl", "inf", "--", "true"]],
    ids=" ".join,
)  # fmt: skip
def test_what_is_no_number_is_a_wrong_command_line(tmp_path: Path, arguments: list[str]) -> None:
    done = run_cli(tmp_path / "home", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "is no finite number" in done.stderr
