"""Git's objects of one repository, read without a checkout: commits, names, contents.

Nothing is fetched: what a shallow or partial clone does not hold is an ObserveError.
"""

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from agentcache.errors import ObserveError
from agentcache.repo.reading import LARGEST
from agentcache.repo.worktree import NO_GIT, WorkTree, is_no_git

_TIMEOUT_S = 60
_QUIET = (
    "--no-optional-locks",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "protocol.allow=never",  # older versions of git know no other way not to fetch
)  # fmt: skip
_KEPT_BYTES = 256_000_000
"""Of contents, in memory; what is over that is read again when it is needed again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One name of a commit: its path, its mode as git has it, and the object behind it."""

    path: str
    mode: int
    object_id: str

    @property
    def is_directory(self) -> bool:
        """A directory, or a submodule, whose directory is empty in a plain checkout."""
        return self.mode in (0o040000, 0o160000)

    @property
    def is_submodule(self) -> bool:
        """Whether it names a commit of another repository."""
        return self.mode == 0o160000

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == 0o120000

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return not self.is_directory and not self.is_link


def _environment(tree: WorkTree, beside: str) -> dict[str, str]:
    """As `WorkTree.git` has it. `beside` has no index, so that attributes come from its files."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")
    }
    kept |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "LC_ALL": "C",
    }
    if beside:
        kept |= {
            "GIT_DIR": str(tree.git_dir),
            "GIT_WORK_TREE": beside,
            "GIT_INDEX_FILE": f"{beside}/.no-index",
        }
    return kept


def git(
    tree: WorkTree, *arguments: str, sent: bytes = b"", beside: str = ""
) -> tuple[int, bytes, str]:
    """The exit code of a git command, what it prints and what it complains; raises ObserveError.

    `beside`: a directory that git takes for the work tree instead.
    """
    try:
        done = subprocess.run(
            ["git", *_QUIET, *arguments],
            cwd=beside or tree.root,
            env=_environment(tree, beside),
            input=sent,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        if is_no_git(error):
            raise ObserveError(NO_GIT) from error
        raise ObserveError(f"git {arguments[0]} in {str(tree.root)!r}: {error}") from error
    return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def resolve_commit(tree: WorkTree, revision: str) -> str:
    """The id of the commit that `revision` names; raises ObserveError."""
    found, said = _named(tree, revision)  # alone: after `:/text` all is text
    if found and not found.startswith("^"):
        found, said = _named(tree, f"{found}^{{commit}}")
        if found:
            return found
    where = f"in {str(tree.root)!r}"
    if "dubious ownership" in said:
        raise ObserveError(f"git refuses to read {where}: {said}")
    if not git(tree, "for-each-ref", "--count=1")[1] and tree.head() is None:
        raise ObserveError(f"there is no commit {revision!r}: nothing is committed yet {where}")
    if (tree.common_dir / "shallow").exists():
        raise ObserveError(
            f"there is no commit {revision!r} {where}, which is a shallow clone: "
            f"`git fetch --unshallow`, or fetch that commit"
        )
    raise ObserveError(f"there is no commit {revision!r} {where}: `git fetch`, or name another")


def _named(tree: WorkTree, revision: str) -> tuple[str, str]:
    """The id of the object that `revision` names, "" where there is none, and what git said."""
    code, told, said = git(tree, "rev-parse", "--verify", "--quiet", "--end-of-options", revision)
    return told.decode(errors="replace").strip() if code == 0 else "", said


def read_rows(tree: WorkTree, commit: str) -> list[Row]:
    """Every name of `commit`, directories and submodules too, sorted by path."""
    code, listed, said = git(tree, "ls-tree", "-r", "-t", "-z", "--full-tree", commit)
    if code != 0:
        raise ObserveError(
            f"the names of commit {commit!r} are not all in {str(tree.root)!r} (a partial clone? "
            f"`git fetch` what is missing): {said!r}"
        )
    rows = [_row(line) for line in listed.split(b"\0") if line]
    return sorted(rows, key=lambda row: row.path)


def _row(line: bytes) -> Row:
    facts, _, path = line.partition(b"\t")
    mode, _, object_id = facts.decode("ascii").split(" ")
    return Row(os.fsdecode(path), int(mode, 8), object_id)


class CatFile:
    """A `git cat-file --batch` that is started when it is used and again after it has left."""

    def __init__(self, tree: WorkTree, *options: str, beside: str = "") -> None:
        """`beside` as in `git`."""
        self._tree = tree
        self._options = options
        self._beside = beside
        self._running: subprocess.Popen[bytes] | None = None

    def ask(self, line: bytes) -> IO[bytes]:
        """Send one line; where the answer is read from. Raises ObserveError."""
        if self._running is None:
            self._running = self._start()
        to_git, from_git = self._running.stdin, self._running.stdout
        if to_git is None or from_git is None:
            raise ObserveError("git was started without pipes")
        try:
            to_git.write(line)
            to_git.flush()
        except OSError as error:
            self.close()
            raise ObserveError(f"git cat-file in {str(self._tree.root)!r}: {error}") from error
        return from_git

    def close(self) -> None:
        """Let the process go."""
        running, self._running = self._running, None
        if running is None:
            return
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                with suppress(OSError):  # it was gone already
                    pipe.close()
        running.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                ["git", *_QUIET, "cat-file", "--batch", *self._options],
                cwd=self._beside or self._tree.root,
                env=_environment(self._tree, self._beside),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise ObserveError(f"git in {str(self._tree.root)!r}: {error}") from error


class Blobs:
    """Contents by object id; not for several threads at once."""

    def __init__(self, tree: WorkTree) -> None:
        self._cat_file = CatFile(tree)
        self._kept: dict[str, bytes] = {}
        self._kept_bytes = 0

    def close(self) -> None:
        """Let git's process go."""
        self._cat_file.close()

    def read(self, object_id: str) -> bytes:
        """The content of a blob; raises ObserveError when it is not here, or too large."""
        known = self._kept.get(object_id)
        if known is not None:
            return known
        content = self._ask(object_id)
        if self._kept_bytes + len(content) <= _KEPT_BYTES:
            self._kept[object_id] = content
            self._kept_bytes += len(content)
        return content

    def holds(self, object_id: str) -> bool:
        """Whether a content that was read is in memory."""
        return object_id in self._kept

    def _ask(self, object_id: str) -> bytes:
        answer = self._cat_file.ask(object_id.encode() + b"\n")
        head = answer.readline().split()
        if len(head) != 3:
            if not head:
                self.close()  # git leaves when it may not fetch what is missing
            raise ObserveError(
                f"the content {object_id} is not in this clone (a partial one? `git fetch` it)"
            )
        size = int(head[2])
        if size > LARGEST:
            self.close()
            raise ObserveError(f"the content {object_id} has more than {LARGEST} bytes")
        content = answer.read(size + 1)
        if len(content) != size + 1:
            self.close()
            raise ObserveError(f"git stopped while it read {object_id}")
        return content[:-1]
