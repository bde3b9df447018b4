"""Real git repositories, made at run time in a directory of the test."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_AUTHOR_NAME": "A Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.invalid",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "A Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.invalid",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}
"""What keeps the configuration of the machine, and the clock, out of a test's git."""


@dataclass(frozen=True, slots=True)
class Repo:
    """A git work tree on disk."""

    root: Path

    def path(self, name: str) -> Path:
        """The path of `name`, relative to the root."""
        return self.root / name

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, with the directories above it."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def replace(self, name: str, content: str | bytes) -> Path:
        """Write a file beside and rename it into place, as careful editors do."""
        fresh = self.write(f"{name}.fresh", content)
        return fresh.replace(self.root / name)

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.root / name).unlink()

    def rename(self, old: str, new: str) -> None:
        """Rename a file, with the directories above its new place."""
        target = self.root / new
        target.parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(target)

    def link(self, name: str, target: str) -> None:
        """Make `name` a symbolic link to `target`, instead of what it was."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(target)

    def git(self, *arguments: str) -> str:
        """What a git command prints, without the end of line; fails the test if git fails."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout.rstrip("\n")

    def commit(self, message: str = "a change") -> str:
        """Commit everything that is not ignored; the new commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def checkout(self, *arguments: str) -> None:
        """`git checkout` with `arguments`."""
        self.git("checkout", "--quiet", *arguments)

    def age(self, seconds: float = 10.0) -> None:
        """Set the mtimes of all files back, as if nobody had written lately. ctimes stay."""
        for directory, _, names in os.walk(self.root):
            for name in names:
                path = Path(directory) / name
                if not path.is_symlink():
                    found = path.stat()
                    back = int(seconds * 1e9)
                    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - back))


def make_repository(place: Path, files: Mapping[str, str | bytes] | None = None) -> Repo:
    """A new repository at `place` on the branch `main`, with `files` in its first commit."""
    place.mkdir(parents=True, exist_ok=True)
    repo = Repo(place)
    repo.git("init", "--quiet", "--initial-branch=main")
    for name, content in (files or {}).items():
        repo.write(name, content)
    if files:
        repo.commit("first")
    return repo


def wait_until_settled(repository: Repo) -> None:
    """Wait until no timestamp is so young that a change could hide behind it (50 ms)."""
    youngest = max(path.lstat().st_ctime_ns for path in repository.root.rglob("*"))
    time.sleep(max(youngest + 100_000_000 - time.time_ns(), 0) / 1e9)
