"""`agentcache run`: the agent's own input, output, signals and exit code."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agentcache.server.client import ensure_server, running
from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.server import places_of, plain_environment, run_cli, servers_below, wait_until_gone
from support.terminals import shown_by

PYTHON = sys.executable
POST = """
import os, urllib.request
body = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Where is X defined?"}]}'
headers = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers)) as reply:
    print(reply.headers["x-agentcache"])
    reply.read()
"""


def test_the_exit_code_is_the_agents(home: Path) -> None:
    assert run_cli(home, "run", "--", PYTHON, "-c", "raise SystemExit(42)").returncode == 42


def test_an_agent_ended_by_a_signal_ends_with_128_and_its_number(home: Path) -> None:
    kill = "import os; os.kill(os.getpid(), 9)"
    assert run_cli(home, "run", "--", PYTHON, "-c", kill).returncode == 128 + 9


def test_standard_input_and_output_are_the_agents(home: Path) -> None:
    echo = "import sys; sys.stdout.write(sys.stdin.read().upper()); sys.stderr.write('to stderr')"
    done = subprocess.run(
        [PYTHON, "-m", "agentcache", "run", "--quiet", "--", PYTHON, "-c", echo],
        input="some words",
        env=plain_environment(AGENTCACHE_HOME=str(home)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("SOME WORDS", "to stderr")


def test_the_arguments_are_the_agents_as_they_stand(home: Path) -> None:
    show = "import sys; print(sys.argv[1:])"
    arguments = ["--help", "-x", "a  b", "", "--", "$HOME", "*"]
    done = run_cli(home, "run", "-q", "--", PYTHON, "-c", show, *arguments)
    assert done.stdout.strip() == str(arguments)


def test_the_terminal_is_the_agents(home: Path) -> None:
    look = "import os; print(os.isatty(0), os.isatty(1), os.tcgetpgrp(0) == os.getpgrp())"
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(AGENTCACHE_HOME=str(home))
        os.execv(PYTHON, [PYTHON, "-m", "agentcache", "run", "--", PYTHON, "-c", look])  # noqa: S606
    code, shown = shown_by(child, descriptor)
    assert code == 0
    assert b"True True True" in shown


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGINT, signal.SIGQUIT]
)
def test_a_signal_to_run_reaches_the_agent(home: Path, number: signal.Signals) -> None:
    wait = (
        "import signal, sys\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\nwhile True: signal.pause()"
    )
    with subprocess.Popen(
        [PYTHON, "-m", "agentcache", "run", "-q", "--", PYTHON, "-c", wait],
        env=plain_environment(AGENTCACHE_HOME=str(home)),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=30) == 7


def test_a_key_that_interrupts_reaches_the_agent_once(home: Path) -> None:
    count = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "os.kill(os.getppid(), signal.SIGSTOP)\n"  # or two may come as one
        "print('ready', flush=True)\n"
        "signal.sigwait({signal.SIGINT})\n"
        "os.kill(os.getppid(), signal.SIGCONT)\n"
        "print('again' if signal.sigtimedwait({signal.SIGINT}, 0.5) else 'once')"
    )
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(AGENTCACHE_HOME=str(home))
        os.execv(PYTHON, [PYTHON, "-m", "agentcache", "run", "-q", "--", PYTHON, "-c", count])  # noqa: S606
    shown = b""
    while b"ready" not in shown:
        shown += os.read(descriptor, 1024)
    os.write(descriptor, b"\x03")
    while not shown.endswith((b"again\r\n", b"once\r\n")):
        shown += os.read(descriptor, 1024)
    _, status = os.waitpid(child, 0)
    os.close(descriptor)
    assert os.waitstatus_to_exitcode(status) == 0
    assert shown.endswith(b"once\r\n")


def test_an_unknown_command_is_a_clear_message_and_127(home: Path) -> None:
    done = run_cli(home, "run", "--", "no-such-agent-anywhere")
    assert done.returncode == 127
    assert "'no-such-agent-anywhere' was not found" in done.stderr


def test_a_command_that_cannot_run_is_a_clear_message_and_126(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    done = run_cli(home, "run", "--", str(broken))
    assert done.returncode == 126
    assert "cannot be run" in done.stderr


def test_a_file_that_is_no_program_cannot_run(home: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("to do\n")
    for place in (tmp_path / "notes.txt", tmp_path):
        done = run_cli(home, "run", "--", str(place))
        assert done.returncode == 126
        assert "not executable" in done.stderr


def test_a_time_to_live_that_is_no_number_is_a_wrong_command_line(home: Path) -> None:
    for told in ("nan", "inf", "-1"):
        assert run_cli(home, "run", "--replay-ttl", told, "--", "true").returncode == 2


def test_no_command_is_a_wrong_command_line(home: Path) -> None:
    for arguments in (["run"], ["run", "--"], ["run", "--observe"]):
        done = run_cli(home, *arguments)
        assert done.returncode == 2
        assert "agentcache run -- claude" in done.stderr


def test_the_command_may_stand_without_the_two_dashes(home: Path) -> None:
    assert run_cli(home, "run", PYTHON, "-c", "raise SystemExit(5)").returncode == 5


def test_a_closing_line_says_what_was_saved(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        first = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
        second = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
    assert "1 model request, 0 answered from the cache" in first.stderr
    assert "1 model request, 1 answered from the cache; saved 1 model call and" in second.stderr
    assert first.stdout.startswith("miss; id=")
    assert second.stdout.startswith("hit; id=")
    assert len(provider.calls) == 1


def test_a_session_without_requests_says_where_to_look(home: Path) -> None:
    done = run_cli(home, "run", "--", PYTHON, "-c", "")
    assert "0 requests seen" in done.stderr


def test_observing_serves_nothing_and_counts_what_would_have_been(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        fresh = run_cli(home, "run", "--observe", "--", PYTHON, "-c", POST, env=env)
        run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
        observed = run_cli(home, "run", "--observe", "--", PYTHON, "-c", POST, env=env)
    assert "reason=observed_hit" in observed.stdout
    assert "1 would have been answered" in observed.stderr
    assert "nothing was kept, since the session only observed" in fresh.stderr
    assert len(provider.calls) == 3


def test_an_agent_to_which_git_shows_another_index_is_only_observed(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
        env["GIT_INDEX_FILE"] = "index.of.a.hook"
        observed = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
    assert "reason=observed_hit" in observed.stdout
    assert "GIT_INDEX_FILE is set" in observed.stderr


@pytest.mark.parametrize(
    ("added", "said"),
    [({"HOME": "/nowhere"}, "HOME is not what the server was started with"),
     ({"GIT_CONFIG_GLOBAL": "/nowhere"}, "GIT_CONFIG_GLOBAL is not what the server"),
     ({"XDG_CONFIG_HOME": f"{Path.home()}/.config/"}, "")],
)  # fmt: skip
def test_an_agent_whose_git_has_other_settings_than_the_servers_is_only_observed(
    home: Path, added: dict[str, str], said: str
) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url, "XDG_CONFIG_HOME": ""}
        run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
        observed = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env | added)
    assert ("reason=observed_hit" in observed.stdout) == bool(said)
    assert said in observed.stderr


def test_a_server_that_an_alias_of_git_started_has_not_the_settings_of_that_command(
    home: Path,
) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        added = {"GIT_CONFIG_PARAMETERS": "'user.name'='x'"}
        first = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env | added)
        run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
        served = run_cli(home, "run", "--", PYTHON, "-c", POST, env=env)
    assert "only observing" in first.stderr
    assert "hit;" in served.stdout


def test_off_only_proxies(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="In x.py.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        for _ in range(2):
            done = run_cli(home, "run", "--off", "--", PYTHON, "-c", POST, env=env)
            assert "pass; id=; reason=off" in done.stdout or "pass; reason=off" in done.stdout
    assert len(provider.calls) == 2
    assert run_cli(home, "ls").stdout.strip() == "nothing is kept yet"


def test_two_starts_at_once_give_one_server(home: Path) -> None:
    command = [PYTHON, "-m", "agentcache", "run", "-q", "--", PYTHON, "-c", ""]
    env = plain_environment(AGENTCACHE_HOME=str(home))
    starts = [subprocess.Popen(command, env=env) for _ in range(4)]
    assert [start.wait(timeout=60) for start in starts] == [0, 0, 0, 0]
    owner = running(places_of(home))
    assert owner is not None
    assert ensure_server(places_of(home)) == owner
    for pid in servers_below(home) - {owner.pid}:
        wait_until_gone(pid)  # the ones that came second find the lock taken and leave
    assert servers_below(home) == {owner.pid}


def test_a_second_server_names_the_first_and_leaves(home: Path) -> None:
    owner = ensure_home_server(home)
    done = run_cli(home, "serve")
    assert done.returncode == 75
    assert f"pid {owner}" in done.stderr


def ensure_home_server(home: Path) -> int:
    assert run_cli(home, "run", "-q", "--", PYTHON, "-c", "").returncode == 0
    found = running(places_of(home))
    assert found is not None
    return found.pid


def test_a_recording_that_cannot_be_written_is_a_wrong_command_line(home: Path) -> None:
    done = run_cli(home, "run", "--record", "/proc/none", "--", PYTHON, "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--record" in done.stderr
    assert "nothing can be written in '/proc'" in done.stderr


def test_outside_a_repository_the_closing_line_says_that_nothing_is_kept(
    home: Path, tmp_path: Path
) -> None:
    post = POST.replace("}]}", '}],"tools":[{"name":"Grep","input_schema":{"type":"object"}}]}')
    with ScriptedProvider(lambda _: Answer(text="x")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        done = run_cli(home, "run", "--", PYTHON, "-c", post, cwd=tmp_path, env=env)
    assert "in no git repository, where no answer can be verified" in done.stderr


def test_an_idle_server_that_keeps_by_other_rules_is_replaced(home: Path) -> None:
    older = "from agentcache.core import version as v; v.RELEASE = 'x'; import agentcache.cli as c"
    with subprocess.Popen(
        [PYTHON, "-c", f"{older}; c.main()", "serve"],
        env=plain_environment(AGENTCACHE_HOME=str(home)),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert "serving on" in server.stdout.readline()
        assert ensure_home_server(home) != server.pid
        assert server.wait(timeout=30) == 0


def test_an_idle_server_leaves(home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text("idle_timeout = 0.2\n")
    pid = ensure_home_server(home)
    wait_until_gone(pid)
    assert running(places_of(home)) is None


def test_a_port_that_is_taken_is_said_and_the_agent_runs_without_the_cache(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="x")) as provider:
        port = provider.url.rpartition(":")[2]
        done = run_cli(home, "run", "--port", port, "--", PYTHON, "-c", "raise SystemExit(3)")
    assert done.returncode == 3
    assert (
        f"could not be started: port {port} cannot be used: address already in use" in done.stderr
    )
    assert "without the cache" in done.stderr


def test_a_home_that_cannot_be_used_is_said_and_the_agent_runs_without_the_cache(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    done = run_cli(tmp_path / "file" / "home", "run", "--", PYTHON, "-c", "raise SystemExit(3)")
    assert done.returncode == 3
    assert "cannot use" in done.stderr


def test_a_home_may_be_told_from_where_one_stands(home: Path) -> None:
    env = {"AGENTCACHE_HOME": home.name}
    done = run_cli(home, "run", "--", PYTHON, "-c", "", cwd=home.parent, env=env)
    assert "without the cache" not in done.stderr
    assert running(places_of(home)) is not None


def test_a_configuration_that_is_wrong_is_said_with_its_value(home: Path) -> None:
    home.mkdir()
    for text, said in (
        ('replay = "sometimes"\n', "sometimes"),
        ("idle_timeout = -1.0\n", "-1.0"),
        ("port = 'x'\n", "port"),
        ("= nonsense\n", "config.toml"),
        ("replya = 'safe'\n", "replya"),
    ):
        (home / "config.toml").write_text(text)
        done = run_cli(home, "run", "--", PYTHON, "-c", "")
        assert done.returncode == 1, text
        assert said in done.stderr


def test_a_configuration_that_cannot_be_read_is_said_and_the_agent_runs_without_the_cache(
    home: Path,
) -> None:
    """As in a home that another user closed: nothing in it is for this user to mend."""
    home.mkdir()
    (home / "config.toml").symlink_to("config.toml")
    done = run_cli(home, "run", "--", PYTHON, "-c", "raise SystemExit(3)")
    assert done.returncode == 3
    assert "config.toml' cannot be used: " in done.stderr
    assert "the agent runs without the cache" in done.stderr
    assert run_cli(home, "ls").returncode == 1


def test_behind_a_socks_proxy_the_agent_runs_without_the_cache(home: Path) -> None:
    env = {"ALL_PROXY": "socks5://user:secret@127.0.0.1:9"}
    look = "import os; print(os.environ.get('AGENTCACHE_SESSION'))"
    done = run_cli(home, "run", "--", PYTHON, "-c", look, env=env)
    assert done.stdout == "None\n"
    assert "socks5://127.0.0.1 is no HTTP proxy" in done.stderr
    assert "secret" not in done.stderr


ASK_AFTER_A_WHILE = """
import os, sys, time, urllib.request, urllib.error
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/models"
print("ready", flush=True)
sys.stdin.readline()
for _ in range(200):
    try:
        print(urllib.request.urlopen(url).status)
        break
    except urllib.error.HTTPError as error:
        assert error.code == 503, error.code
    except OSError:
        pass
    time.sleep(0.05)
"""


def test_a_server_that_is_killed_is_replaced_at_its_port(home: Path) -> None:
    with (
        ScriptedProvider(lambda _: Answer(text="x")) as provider,
        subprocess.Popen(
            [PYTHON, "-m", "agentcache", "run", "-q", "--", PYTHON, "-c", ASK_AFTER_A_WHILE],
            env=plain_environment(AGENTCACHE_HOME=str(home), ANTHROPIC_BASE_URL=provider.url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        owner = running(places_of(home))
        assert owner is not None
        os.kill(owner.pid, signal.SIGKILL)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.stdout.readline() == "200\n"
        assert process.wait(timeout=30) == 0
    after = running(places_of(home))
    assert after is not None
    assert (after.port, after.pid != owner.pid) == (owner.port, True)


def test_a_home_in_which_nothing_can_be_begun_does_not_keep_the_agent_from_running(
    home: Path,
) -> None:
    """As on a file system that is mounted for reading."""
    (home / "server.err").mkdir(parents=True)
    done = run_cli(home, "run", "--", PYTHON, "-c", "raise SystemExit(4)")
    assert done.returncode == 4
    assert "the server could not be started: " in done.stderr
    assert "the agent runs without the cache" in done.stderr


REPLACED = """
import json, os, pathlib, signal, time
lock = pathlib.Path(os.environ["AGENTCACHE_HOME"], "server.lock")
before = json.loads(lock.read_text())["pid"]
os.kill(before, signal.SIGKILL)
while not (text := lock.read_text()) or json.loads(text)["pid"] == before:
    time.sleep(0.05)
time.sleep(0.5)
"""


@pytest.mark.parametrize(
    ("after", "said"),
    [("", "replaced on the way, and no request was seen since"),
     (POST, "since the server was replaced: 1 model request, ")],
)  # fmt: skip
def test_the_closing_line_says_that_a_server_left_with_what_it_had_counted(
    home: Path, after: str, said: str
) -> None:
    with ScriptedProvider(lambda _: Answer(text="x")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        done = run_cli(home, "run", "--", PYTHON, "-c", POST + REPLACED + after, env=env)
    assert said in done.stderr
