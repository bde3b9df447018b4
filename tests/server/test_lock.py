"""One server per home; a killed one leaves no lock behind."""

import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from agentcache.errors import AgentCacheError, ServerError
from agentcache.server.lock import LockedError, Owner, ServerLock, read_owner

HOLD = (
    "import sys\nfrom pathlib import Path\n"
    "from agentcache.server.lock import LockedError, ServerLock\n"
    "sys.stdin.readline()\n"
    "try:\n    lock = ServerLock(Path(sys.argv[1]))\n"
    "except LockedError:\n    print('refused', flush=True)\n    sys.exit()\n"
    "lock.announce(port=4321, version='9')\nprint('held', flush=True)\nsys.stdin.readline()\n"
)


def holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "server.lock"


def test_the_owner_says_who_it_is_and_how_to_reach_it(path: Path) -> None:
    lock = ServerLock(path)
    owner = lock.announce(port=4321, version="1.2")
    assert read_owner(path) == owner
    assert (owner.pid, owner.port, owner.version) == (os.getpid(), 4321, "1.2")
    assert owner.url == "http://127.0.0.1:4321"
    lock.close()


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    lock = ServerLock(path)
    lock.announce(port=1, version="1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    lock.close()


def test_tokens_are_never_the_same(path: Path) -> None:
    tokens = set()
    for _ in range(3):
        lock = ServerLock(path)
        tokens.add(lock.announce(port=1, version="1").control)
        lock.close()
    assert len(tokens) == 3
    assert min(map(len, tokens)) >= 40


def test_a_second_announcement_takes_the_place_of_the_first(path: Path) -> None:
    lock = ServerLock(path)
    lock.announce(port=60000, version="long version")
    assert read_owner(path) != lock.announce(port=1, version="1")
    owner = read_owner(path)
    assert owner is None or owner.port == 1
    lock.close()


def test_a_lock_that_is_handed_over_is_held_on_and_reached_as_before(path: Path) -> None:
    before = ServerLock(path)
    owner = before.announce(port=4321, version="1")
    after = ServerLock(path, inherited=os.dup(before.hand_over()))
    before.close()
    assert read_owner(path) == owner
    with pytest.raises(LockedError):
        ServerLock(path)
    assert after.announce(port=4321, version="2") == replace(owner, version="2")
    after.close()
    assert read_owner(path) is None


def test_a_second_server_is_told_who_has_it(path: Path) -> None:
    with holder(path) as process:
        go(process)
        assert said(process) == "held"
        with pytest.raises(LockedError, match=rf"pid {process.pid}, http://127\.0\.0\.1:4321"):
            ServerLock(path)
        owner = read_owner(path)
        assert owner is not None
        assert owner.pid == process.pid
        go(process)


def test_one_that_has_not_announced_itself_yet_is_starting(path: Path) -> None:
    lock = ServerLock(path)
    with pytest.raises(LockedError, match="starting"):
        ServerLock(path)
    lock.close()


def test_a_killed_owner_frees_the_lock(path: Path) -> None:
    with holder(path) as process:
        go(process)
        assert said(process) == "held"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert read_owner(path) is not None
        lock = ServerLock(path)
        assert read_owner(path) is None
        lock.close()


def test_an_orderly_end_leaves_no_owner(path: Path) -> None:
    lock = ServerLock(path)
    lock.announce(port=1, version="1")
    lock.close()
    assert read_owner(path) is None
    ServerLock(path).close()


def test_of_many_that_start_at_once_one_wins(path: Path) -> None:
    processes = [holder(path) for _ in range(6)]
    for process in processes:
        go(process)
    assert sorted(map(said, processes)) == ["held"] + ["refused"] * 5
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b'{"pid": 1}', b"\xff"])
def test_a_file_that_is_no_announcement_names_nobody(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert read_owner(path) is None


def test_no_file_names_nobody(path: Path) -> None:
    assert read_owner(path) is None


def test_a_place_that_cannot_be_used_is_an_error_of_ours(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(ServerError, match="cannot use"):
        ServerLock(path)
    path.rmdir()
    path.parent.rmdir()
    path.parent.write_bytes(b"")
    with pytest.raises(AgentCacheError):
        ServerLock(path)


def test_what_older_servers_wrote_is_overwritten(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"pid":1,"port":2,"version":"' + b"x" * 500 + b'","control":"c"}')
    assert read_owner(path) == Owner(1, 2, "x" * 500, "c")
    lock = ServerLock(path)
    owner = lock.announce(port=3, version="1")
    assert read_owner(path) == owner
    lock.close()
