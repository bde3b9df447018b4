"""What an agent leaves running when `agentcache run` ends."""

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
