"""An agent that suspends itself: the shell gets its terminal back, as it does without `run`."""

import os
import pty
import signal
import sys
from pathlib import Path

import pytest

from support.terminals import shown_by

PYTHON = sys.executable
SUSPEND = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP); print('on again'); exit(5)"


@pytest.mark.timeout(60)
def test_an_agent_that_suspends_itself_gives_the_terminal_back_until_it_goes_on(home: Path) -> None:
    child, descriptor = pty.fork()
    if child == 0:
        os.environ.update(AGENTCACHE_HOME=str(home))
        os.execv(PYTHON, [PYTHON, "-m", "agentcache", "run", "-q", "--", PYTHON, "-c", SUSPEND])  # noqa: S606
    _, status = os.waitpid(child, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(child, signal.SIGCONT)
    code, shown = shown_by(child, descriptor)
    assert code == 5
    assert b"on again" in shown
