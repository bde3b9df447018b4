"""What only the store on disk does: privacy, versions, damage, limits, other processes."""

import errno
import os
import pickle
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from agentcache.errors import StoreError
from agentcache.store.disk import VERSION, DiskStore
from support.ownership import directory_of_another_user

LIMIT = 1 << 30


@contextmanager
def opened(directory: Path, *, size_limit: int = LIMIT) -> Iterator[DiskStore]:
    store = DiskStore(directory, size_limit=size_limit)
    try:
        yield store
    finally:
        store.close()


def change(directory: Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back, as someone who can write it would."""
    with closing(sqlite3.connect(directory / "cache.db")) as database, database:
        database.execute(statement, values)


def script(
    body: str, *arguments: object, preexec_fn: Callable[[], None] | None = None
) -> list[str]:
    """The command line of a program that has DiskStore and Path at hand."""
    del preexec_fn
    head = (
        "import os, sys\nfrom pathlib import Path\n"
        "from agentcache.errors import StoreError\nfrom agentcache.store.disk import DiskStore\n"
    )
    return [sys.executable, "-c", head + textwrap.dedent(body), *map(str, arguments)]


def _alter(directory: Path, chance: Random) -> None:
    """Give one byte of the only value another value, as a failing disk may."""
    files = list(directory.rglob("*.val"))
    with closing(sqlite3.connect(directory / "cache.db")) as database:
        ((stored,),) = database.execute("SELECT value FROM Cache")
    altered = bytearray(files[0].read_bytes() if files else stored)
    altered[chance.randrange(len(altered))] ^= chance.randrange(1, 256)
    if files:
        files[0].write_bytes(altered)
    else:
        change(directory, "UPDATE Cache SET value = ?", bytes(altered))


class _Payload:
    def __init__(self, trap: Path) -> None:
        self._trap = trap

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._trap),)


class TestPickle:
    def test_a_planted_value_is_refused_and_never_run(self, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"value")
            payload = pickle.dumps(_Payload(trap))
            change(directory, "UPDATE Cache SET mode = 4, value = ?", payload)
            with pytest.raises(StoreError, match="not plain bytes"):
                store.load("name")
        assert not trap.exists()

    def test_a_planted_file_of_a_value_is_refused_and_never_run(self, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"value")
            (directory / "planted.val").write_bytes(pickle.dumps(_Payload(trap)))
            change(directory, "UPDATE Cache SET mode = 4, value = NULL, filename = 'planted.val'")
            with pytest.raises(StoreError):
                store.load("name")
        assert not trap.exists()

    def test_a_planted_key_is_refused_and_never_run(self, tmp_path: Path) -> None:
        trap = tmp_path / "trap"
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"value")
            change(directory, "UPDATE Cache SET key = ?, raw = 0", pickle.dumps(_Payload(trap)))
            with pytest.raises(StoreError, match="not plain text"):
                list(store.names())
            assert store.load("name") is None
            assert store.clear() == 1
        assert not trap.exists()

    def test_the_trap_would_have_worked(self, tmp_path: Path) -> None:
        pickle.loads(pickle.dumps(_Payload(tmp_path / "trap")))  # noqa: S301  # our own bytes
        assert (tmp_path / "trap").is_dir()


class TestFileNames:
    @pytest.mark.parametrize("name", ["../secret", "x/../../secret", "{absolute}"])
    def test_a_file_outside_is_never_read(self, tmp_path: Path, name: str) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(b"not yours")
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"v" * 100_000)
            change(directory, "UPDATE Cache SET filename = ?", name.format(absolute=secret))
            with pytest.raises(StoreError, match="not plain bytes"):
                store.load("name")

    @pytest.mark.parametrize("name", ["../secret", "{absolute}"])
    @pytest.mark.parametrize("act", ["delete", "clear", "save"])
    def test_a_file_outside_is_never_removed(self, tmp_path: Path, name: str, act: str) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(b"not yours")
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"v" * 100_000)
            change(directory, "UPDATE Cache SET filename = ?", name.format(absolute=secret))
            if act == "save":
                store.save("name", b"new")
            elif act == "delete":
                store.delete("name")
            else:
                store.clear()
        assert secret.read_bytes() == b"not yours"

    def test_a_link_out_of_the_directory_is_not_followed(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_bytes(b"not yours")
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"v" * 100_000)
            (directory / "link").symlink_to(secret)
            change(directory, "UPDATE Cache SET filename = 'link'")
            with pytest.raises(StoreError):
                store.load("name")


class TestDirectory:
    @pytest.mark.parametrize("mode", [None, 0o755, 0o777, 0o700])
    def test_it_is_private_whatever_it_was(self, tmp_path: Path, mode: int | None) -> None:
        directory = tmp_path / "store"
        if mode is not None:
            directory.mkdir()
            directory.chmod(mode)
        with opened(directory):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700

    def test_another_users_directory_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        directory = directory_of_another_user(tmp_path)
        before = sorted(directory.iterdir())
        with pytest.raises(StoreError, match=f"belongs to user id {directory.stat().st_uid}"):
            DiskStore(directory, size_limit=LIMIT)
        assert sorted(directory.iterdir()) == before

    def test_a_file_in_its_place_is_a_store_error(self, tmp_path: Path) -> None:
        (tmp_path / "store").write_bytes(b"")
        with pytest.raises(StoreError, match="cannot use"):
            DiskStore(tmp_path / "store", size_limit=LIMIT)


def _bytes_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


class TestVersions:
    def test_a_newer_store_is_refused_and_left_byte_for_byte(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.save("name", b"value")
        (tmp_path / "version.json").write_text(f'{{"version": {VERSION + 1}, "more": true}}')
        before = _bytes_of(tmp_path)
        with pytest.raises(StoreError, match="upgrade agentcache"):
            DiskStore(tmp_path, size_limit=LIMIT)
        assert _bytes_of(tmp_path) == before

    @pytest.mark.parametrize("text", ["", "{", "[]", '"1"'])
    def test_a_damaged_version_is_a_store_error(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "version.json").write_text(text)
        with pytest.raises(StoreError, match="damaged"):
            DiskStore(tmp_path, size_limit=LIMIT)

    def test_processes_that_begin_a_store_at_once_never_see_half_a_version(
        self, tmp_path: Path
    ) -> None:
        body = """
            sys.stdin.readline()
            for number in range(60):
                DiskStore(Path(sys.argv[1], str(number)), size_limit=1 << 30)._check_version()
            """
        command = script(body, tmp_path)
        processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.close()
        assert [process.wait() for process in processes] == [0, 0, 0]
        assert not list(tmp_path.glob("*.corrupt*"))


class TestDamage:
    def test_a_database_of_random_bytes_is_set_aside_and_kept(self, tmp_path: Path) -> None:
        directory = tmp_path / "store"
        with opened(directory) as store:
            store.save("name", b"value")
        for path in directory.glob("cache.db-*"):
            path.unlink()
        (directory / "cache.db").write_bytes(b"\x13\x37" * 5000)
        with opened(directory) as store:
            assert store.set_aside == tmp_path / "store.corrupt"
            assert store.load("name") is None
            store.save("name", b"new")
            assert store.load("name") == b"new"
        assert (tmp_path / "store.corrupt" / "cache.db").read_bytes() == b"\x13\x37" * 5000
        with opened(directory) as store:
            assert (store.set_aside, store.load("name")) == (None, b"new")

    def test_a_second_damaged_store_does_not_take_the_first_ones_place(
        self, tmp_path: Path
    ) -> None:
        for junk in (b"first", b"second"):
            directory = tmp_path / "store"
            directory.mkdir(exist_ok=True)
            for path in directory.glob("cache.db*"):
                path.unlink()
            (directory / "cache.db").write_bytes(junk * 3000)
            DiskStore(directory, size_limit=LIMIT).close()
        kept = {path.name: (path / "cache.db").read_bytes()[:6] for path in tmp_path.glob("*.c*")}
        assert kept == {"store.corrupt": b"firstf", "store.corrupt1": b"second"}

    def test_damage_that_is_found_later_is_a_store_error(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for number in range(200):
                store.save(str(number), b"v" * 2000)
        database = tmp_path / "cache.db"
        content = database.read_bytes()
        database.write_bytes(content[:16384] + b"\xaa" * (len(content) - 16384))
        failed = 0
        with opened(tmp_path) as store:
            for number in range(200):
                try:
                    assert store.load(str(number)) in (b"v" * 2000, None)
                except StoreError:
                    failed += 1
        assert failed

    def test_a_value_whose_file_is_gone_is_no_value(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.save("name", b"v" * 100_000)
            for path in tmp_path.rglob("*.val"):
                path.unlink()
            assert store.load("name") is None

    @pytest.mark.parametrize("size", [1, 300, 20_000, 100_000])
    def test_a_value_with_an_altered_byte_is_no_value_and_is_saved_anew(
        self, tmp_path: Path, size: int
    ) -> None:
        value, chance = bytes(range(256)) * (size // 256) + b"v" * (size % 256), Random(size)  # noqa: S311  # not for secrets
        with opened(tmp_path) as store:
            for _ in range(20):
                store.save("name", value)
                _alter(store.directory, chance)
                assert store.load("name") is None
            store.save_all({"name": value})
            assert store.load("name") == value

    @pytest.mark.parametrize("left", [0, 3, 4, 50_000])
    def test_a_value_whose_file_was_torn_is_no_value(self, tmp_path: Path, left: int) -> None:
        with opened(tmp_path) as store:
            store.save("name", b"v" * 100_000)
            for path in tmp_path.rglob("*.val"):
                os.truncate(path, left)
            assert store.load("name") is None

    def test_a_value_of_another_name_is_no_value(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.save("one", b"the answer to one")
            store.save_all({"other": b"the answer to another"})
        change(tmp_path, "UPDATE Cache SET key = key || '-moved'")
        with opened(tmp_path) as store:
            assert [store.load(name) for name in store.names()] == [None, None]


class TestLimits:
    def test_large_values_lie_in_files_of_their_own(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.save("name", os.urandom(5 << 20))
            files = list(tmp_path.rglob("*.val"))
            assert [path.stat().st_size for path in files] == [4 + (5 << 20)]  # with its checksum
            store.delete("name")
            assert list(tmp_path.rglob("*.val")) == []

    def test_the_least_recently_used_go_first(self, tmp_path: Path) -> None:
        limit = 2 << 20
        with opened(tmp_path, size_limit=limit) as store:
            for number in range(100):
                store.save(str(number), b"v" * 50_000)
                store.touch("0")
            left = set(store.names())
            assert store.volume() <= limit + 200_000
            assert {"0", "99"} <= left
            assert "1" not in left

    def test_a_full_disk_is_a_store_error_and_spares_what_was_there(self, tmp_path: Path) -> None:
        body = """
            import resource, signal
            store = DiskStore(Path(sys.argv[1]), size_limit=1 << 30)
            for number in range(50):
                store.save(f"early{number}", b"e" * 1000)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            size = max(path.stat().st_size for path in Path(sys.argv[1]).glob("cache.db*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, -1))
            failed = 0
            for number in range(50):
                for value in (b"l" * 1000, b"l" * 10_000_000):
                    try:
                        store.save(f"late{number}", value)
                    except StoreError:
                        failed += 1
            assert failed, "the disk was never full"
            for number in range(50):
                assert store.load(f"early{number}") == b"e" * 1000, number
                assert store.load(f"late{number}") in (None, b"l" * 1000)
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
            store.save("after", b"a" * 100_000)
            assert store.load("after") == b"a" * 100_000
            """
        done = subprocess.run(
            script(body, tmp_path), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        with opened(tmp_path) as store:
            assert all(store.load(f"early{number}") == b"e" * 1000 for number in range(50))


class TestProcesses:
    def test_two_do_not_lose_each_others_entries(self, tmp_path: Path) -> None:
        body = """
            store = DiskStore(Path(sys.argv[1]), size_limit=1 << 30)
            for number in range(150):
                store.save(f"{sys.argv[2]}:{number}", sys.argv[2].encode() * (number * 300))
            """
        with opened(tmp_path):
            pass
        processes = [subprocess.Popen(script(body, tmp_path, name)) for name in "ab"]
        assert [process.wait(60) for process in processes] == [0, 0]
        with opened(tmp_path) as store:
            for name in "ab":
                for number in range(150):
                    assert store.load(f"{name}:{number}") == name.encode() * (number * 300)

    def test_a_killed_writer_leaves_whole_values_only(self, tmp_path: Path) -> None:
        body = """
            store = DiskStore(Path(sys.argv[1]), size_limit=1 << 30)
            number = 0
            while True:
                for size in (10, 90_000):
                    store.save(f"{size}:{number}", str(number % 10).encode() * size)
                number += 1
                print(number, flush=True)
            """
        for _ in range(3):
            with subprocess.Popen(script(body, tmp_path), stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                for _ in range(20):
                    process.stdout.readline()
                process.send_signal(signal.SIGKILL)
            with opened(tmp_path) as store:
                assert store.set_aside is None
                names = list(store.names())
                assert len(names) >= 38
                for name in names:
                    size, number = map(int, name.split(":"))
                    assert store.load(name) == str(number % 10).encode() * size


class TestMisuse:
    def test_only_bytes_are_values(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store, pytest.raises(StoreError, match="must be bytes"):
            store.save("name", {"a": 1})  # type: ignore[arg-type]

    def test_only_text_is_a_key(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store, pytest.raises(StoreError, match="must be text"):
            store.save(("a", 1), b"value")  # type: ignore[arg-type]

    def test_a_name_that_is_no_unicode_is_a_store_error(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store, pytest.raises(StoreError):
            store.load("\ud800")

    def test_a_disk_that_fails_is_a_store_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        with opened(tmp_path) as store:
            monkeypatch.setattr(store._opened.cache, "set", fail)
            with pytest.raises(StoreError, match="Input/output error"):
                store.save("name", b"value")


SIZES = [0, 1, 10_000, 20_000, 40_000]
"""Of values in the database, and of one in a file of its own."""


@pytest.mark.parametrize("before", SIZES)
@pytest.mark.parametrize("after", SIZES)
def test_values_that_are_saved_together_take_the_place_of_others_and_of_their_files(
    tmp_path: Path, before: int, after: int
) -> None:
    with opened(tmp_path / "store") as store:
        store.save("a", b"a" * before, ttl=3600)
        store.save("other", b"o" * before)
        store.save_all({"b": b"b", "a": b"A" * after, "c": b"c" * 50_000})
        expected = {"a": b"A" * after, "other": b"o" * before, "b": b"b", "c": b"c" * 50_000}
        assert {name: store.load(name) for name in store.names()} == expected
        files = [path for path in store.directory.rglob("*") if path.suffix == ".val"]
        assert len(files) == sum(len(value) >= 1 << 15 for value in expected.values())
        store.touch("a")
        assert store.delete("a")


def test_values_that_are_saved_together_stay_when_others_had_a_time(tmp_path: Path) -> None:
    with opened(tmp_path / "store") as store:
        store.save("a", b"a", ttl=0.0)
        store.save_all({"a": b"b"})
        assert store.load("a") == b"b"


def test_a_full_store_makes_room_for_values_that_are_saved_together(tmp_path: Path) -> None:
    with opened(tmp_path / "store", size_limit=1 << 20) as store:
        for batch in range(30):
            store.save_all({f"{batch}:{number}": b"x" * 8_000 for number in range(16)})
        assert store.volume() < 3 << 20
        assert store.load("29:15") == b"x" * 8_000
        assert store.load("0:0") is None
