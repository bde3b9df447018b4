"""A git work tree: where it is, what its refs are, which of its files are not ignored.

HEAD is read from the files themselves; everything else asks git, with nothing run that a hostile
repository configures, and without locks that a watcher or another git would notice.
"""

import os
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agentcache.core.evidence import ABSENT
from agentcache.core.shell_git import INDEX, MAILMAP
from agentcache.errors import ObserveError

_TIMEOUT_S = 20
_QUIET = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_REF_HOPS = 5


@dataclass(frozen=True, slots=True)
class WorkTree:
    """One checkout. `git_dir` is its own, `common_dir` what all worktrees of a clone share."""

    root: Path
    git_dir: Path
    common_dir: Path

    @classmethod
    def find(cls, path: str | Path) -> "WorkTree | None":
        """The work tree that holds `path`, which need not exist; None when there is none."""
        start = Path(os.path.abspath(path))  # noqa: PTH100  # Path.resolve would follow links
        for directory in (start, *start.parents):
            git_dir = _git_dir(directory)
            if git_dir is not None:
                return cls(directory, git_dir, _common_dir(git_dir))
        return None

    def head(self) -> str | None:
        """The commit that HEAD is at; None when there is none yet or it cannot be read."""
        try:
            text = _read(self.git_dir / "HEAD")
            for _ in range(_REF_HOPS):
                if not text.startswith("ref:"):
                    return text if _is_object_id(text) else None
                name = text[4:].strip()
                if name == "refs/heads/.invalid" or (self.common_dir / "reftable").is_dir():
                    return self._rev_parse("HEAD")  # refs are in a table, not in files
                text = self._ref_file(name)
        except (OSError, UnicodeError, ObserveError):
            return None
        return None

    def resolve(self, name: str) -> str:
        """The object id behind a revision, ABSENT if there is none; raises ObserveError.

        `:` is the digest of what the index holds, `*` that of every ref and of HEAD's branch.
        """
        if name == INDEX:
            return sha256(self.git("ls-files", "--stage", "-z")).hexdigest()
        if name == MAILMAP:
            try:
                return sha256((self.root / name).read_bytes()).hexdigest()
            except FileNotFoundError:
                return ABSENT
            except OSError as error:
                raise ObserveError(f"{name!r} cannot be read: {error}") from error
        if name == "*":
            refs = self.git("for-each-ref", "--format=%(refname) %(objectname) %(symref)")
            try:
                return sha256(refs + (self.git_dir / "HEAD").read_bytes()).hexdigest()
            except OSError as error:
                raise ObserveError(f"HEAD cannot be read: {error}") from error
        if name == "HEAD":
            return self.head() or ABSENT
        return self._rev_parse(f"{name}^{{object}}") or ABSENT

    def visible(self) -> frozenset[str]:
        """Existing names, tracked or neither tracked nor ignored, relative to the root.

        A nested repository is one name with a trailing `/`. Raises ObserveError.
        """
        listed = self.git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
        return frozenset(name for name in names if os.path.lexists(self.to_absolute(name)))

    def ignores(self, names: list[str]) -> frozenset[str]:
        """Those of `names`, relative to the root, that git ignores; raises ObserveError."""
        if not names:
            return frozenset()
        sent = b"".join(os.fsencode(name) + b"\0" for name in names)
        told = self.git("check-ignore", "--no-index", "-z", "--stdin", sent=sent, may_be=(0, 1))
        return frozenset(os.fsdecode(name) for name in told.split(b"\0") if name)

    @property
    def bases(self) -> tuple[str, ...]:
        """The root as it was found and, where links lead to it, as it really is."""
        return tuple(dict.fromkeys((str(self.root), os.path.realpath(self.root))))

    def to_relative(self, path: str) -> str:
        """`path` as Looks have it: relative to the root when inside (`.` for it), else as it is."""
        for root in self.bases:
            if path == root:
                return "."
            if path.startswith(root.rstrip("/") + "/"):
                return path[len(root.rstrip("/")) + 1 :]
        return path

    def to_absolute(self, path: str) -> str:
        """The reverse of `to_relative`, for any relative path; `//` and `.` are left out."""
        if path.startswith("/"):
            return path
        root = str(self.root)
        is_plain = path and "//" not in path and "/." not in path
        if is_plain and path[0] != "." and path[-1] != "/" and root != "/":
            return f"{root}/{path}"  # pathlib takes longer than the look at the file
        return str(self.root / path)

    def git(self, *arguments: str, sent: bytes = b"", may_be: tuple[int, ...] = (0,)) -> bytes:
        """What a git command prints, run in the root; raises ObserveError when it fails."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")
        }
        environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            done = subprocess.run(
                ["git", *_QUIET, *arguments],
                cwd=self.root,
                env=environment,
                input=sent,
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ObserveError(f"git {arguments[0]} in {str(self.root)!r}: {error}") from error
        if done.returncode not in may_be:
            said = done.stderr.decode(errors="replace").strip()
            raise ObserveError(f"git {arguments[0]} in {str(self.root)!r}: {said!r}")
        return done.stdout

    def _rev_parse(self, revision: str) -> str | None:
        told = self.git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", revision, may_be=(0, 1)
        )
        text = told.decode(errors="replace").strip()
        return text if _is_object_id(text) else None

    def _ref_file(self, name: str) -> str:
        """The text of a ref, "" when there is none. A worktree has only some refs of its own."""
        if ".." in name.split("/") or not name.startswith("refs/"):
            return ""
        for base in dict.fromkeys((self.git_dir, self.common_dir)):
            try:
                return _read(base / name)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        try:
            packed = _read(self.common_dir / "packed-refs")
        except FileNotFoundError:
            return ""
        for line in packed.splitlines():
            object_id, _, packed_name = line.partition(" ")
            if packed_name == name:
                return object_id
        return ""


def _git_dir(directory: Path) -> Path | None:
    dot_git = directory / ".git"
    try:
        if dot_git.is_dir():
            return dot_git if (dot_git / "HEAD").exists() else None
        text = _read(dot_git)
    except (OSError, UnicodeError):
        return None
    if not text.startswith("gitdir:"):
        return None
    git_dir = Path(os.path.normpath(directory / text[7:].strip()))
    return git_dir if (git_dir / "HEAD").exists() else None


def _common_dir(git_dir: Path) -> Path:
    try:
        named = _read(git_dir / "commondir")
    except (OSError, UnicodeError):
        named = ""
    return Path(os.path.realpath(git_dir / named))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip()


def _is_object_id(text: str) -> bool:
    return len(text) in (40, 64) and all(letter in "0123456789abcdef" for letter in text)
