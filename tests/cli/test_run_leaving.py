"""What an agent leaves running when `agentcache run` ends, and a server that leaves before it."""

import sys
from pathlib import Path

from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.server import run_cli, wait_until_gone

PYTHON = sys.executable

ASK_WHEN_TOLD = """
import os, pathlib, sys, time, urllib.request, urllib.error
told, said = map(pathlib.Path, sys.argv[1:])
while not told.exists():
    time.sleep(0.02)
try:
    status = urllib.request.urlopen(os.environ["ANTHROPIC_BASE_URL"] + "/v1/models").status
except urllib.error.HTTPError as error:
    status = error.code
said.write_text(str(status))
"""
LEAVE_IT_RUNNING = f"""
import subprocess, sys
null = subprocess.DEVNULL
command = [sys.executable, "-c", {ASK_WHEN_TOLD!r}, *sys.argv[1:]]
print(subprocess.Popen(command, start_new_session=True, stdout=null, stderr=null).pid)
"""


def test_what_an_agent_leaves_running_is_served_on(home: Path, tmp_path: Path) -> None:
    told, said = tmp_path / "told", tmp_path / "said"
    command = [PYTHON, "-c", LEAVE_IT_RUNNING, str(told), str(said)]
    with ScriptedProvider(lambda _: Answer(text="x")) as provider:
        done = run_cli(home, "run", "-q", "--", *command, env={"ANTHROPIC_BASE_URL": provider.url})
        told.touch()
        wait_until_gone(int(done.stdout))
    assert said.read_text() == "200"


STOP_AND_ASK = """
import os, subprocess, sys, urllib.request
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/models"
subprocess.run([sys.executable, "-m", "agentcache", "stop"], check=True, capture_output=True)
print([urllib.request.urlopen(url).status for _ in range(20)])
"""


def test_no_request_of_a_session_is_refused_when_its_server_is_stopped(home: Path) -> None:
    with ScriptedProvider(lambda _: Answer(text="x")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        done = run_cli(home, "run", "-q", "--", PYTHON, "-c", STOP_AND_ASK, env=env)
    assert done.stdout == f"{[200] * 20}\n", done.stderr
