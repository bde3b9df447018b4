"""A git work tree: where it is, what its refs are, what its git says.

HEAD is read from the files themselves; everything else asks git, with nothing run that a hostile
repository configures, and without locks that a watcher or another git would notice.
"""

import os
import re
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from pathlib import Path

from agentcache.core.evidence import ABSENT
from agentcache.core.shell_git import (
    BASIC_PATTERNS,
    BRANCHES,
    CONTEXT,
    EVERY_REF,
    FLAGS,
    GIT_NAMES,
    GIT_TEXTS,
    INDEX,
    MAILMAP,
    NO_FILTERS,
    TAGS,
    TRACKED,
    WHOLE_NAMES,
)
from agentcache.errors import ObserveError
from agentcache.repo.context import context_digest, refuse_filters, refuse_other_patterns
from agentcache.repo.git_names import git_names_digest
from agentcache.repo.whole_names import refuse_divided_names

NO_GIT = "git was not found: install it, or put it on PATH"

_TIMEOUT_S = 20

_PATH = re.compile(r"(?<![\w./-])/[\w.@+-]+(?:/[\w.@+-]+)*")
_MOST_PATHS = 64
_QUIET = ("--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
_REF_HOPS = 5
_EACH_REF = (
    "%(refname) %(objectname) %(symref) %(HEAD)%(if)%(worktreepath)%(then)in a worktree%(end)"
)
_DEBUG = re.compile(
    rb"  ctime: \d+:\d+\n  mtime: \d+:\d+\n  dev: \d+\tino: \d+\n  uid: \d+\tgid: \d+\n"
    rb"  size: \d+\tflags: ([0-9a-f]+)\n"
)
_FLAGS = 0x8000 | 1 << 29 | 1 << 30
"""Of an entry in the index: assume unchanged, intent to add, skip worktree."""


def is_no_git(error: Exception) -> bool:
    """Whether git could not be started because there is none."""
    return isinstance(error, FileNotFoundError) and error.filename == "git"


@dataclass(frozen=True, slots=True)
class WorkTree:
    """One checkout. `git_dir` is its own, `common_dir` what all worktrees of a clone share."""

    root: Path
    git_dir: Path
    common_dir: Path

    @classmethod
    def find(cls, path: str | Path) -> "WorkTree | None":
        """The work tree that holds `path`, which need not exist; None when there is none."""
        directory = os.path.abspath(path)  # noqa: PTH100  # Path.resolve would follow links
        while True:
            found = _at(directory)
            if found is not None:
                return found
            parent = os.path.dirname(directory)  # noqa: PTH120  # pathlib takes longer than git's files
            if parent == directory:
                return None
            directory = parent

    def siblings(self) -> "list[WorkTree]":
        """Every work tree of this clone that can be found, this one first."""
        places = [str(self.root)]
        if self.common_dir.name == ".git":
            places.append(str(self.common_dir.parent))
        for named in sorted(self.common_dir.glob("worktrees/*/gitdir")):
            try:
                places.append(os.path.dirname(_read(str(named))))  # noqa: PTH120  # as below
            except (OSError, UnicodeError):
                continue
        found = [tree for place in dict.fromkeys(places) if (tree := _at(place)) is not None]
        return [tree for tree in found if tree.common_dir == self.common_dir]

    def head(self) -> str | None:
        """The commit that HEAD is at; None when there is none yet or it cannot be read."""
        try:
            text = _read(f"{self.git_dir}/HEAD")
            for _ in range(_REF_HOPS):
                if not text.startswith("ref:"):
                    return text if _is_object_id(text) else None
                name = text[4:].strip()
                if name == "refs/heads/.invalid" or os.path.isdir(f"{self.common_dir}/reftable"):  # noqa: PTH112  # as above
                    return self._rev_parse("HEAD")  # refs are in a table, not in files
                text = self._ref_file(name)
        except (OSError, UnicodeError, ObserveError):
            return None
        return None

    def resolve(self, name: str) -> str:
        """The object id behind a revision, ABSENT if there is none; raises ObserveError.

        Names of `core.shell_git` that no revision can have are digests of what they stand for.
        """
        if name == "HEAD":
            return self.head() or ABSENT
        special = {
            INDEX: self._index,
            TRACKED: self._tracked,
            FLAGS: self._flags,
            CONTEXT: self._context,
            MAILMAP: self._mailmap,
            EVERY_REF: self._every_ref,
            BRANCHES: self._branches,
            TAGS: self._tags,
            BASIC_PATTERNS: self._basic_patterns,
            NO_FILTERS: self._no_filters,
            WHOLE_NAMES: self._whole_names,
            GIT_NAMES: self._git_names,
            GIT_TEXTS: self._git_texts,
        }.get(name)
        return special() if special else self._rev_parse(f"{name}^{{object}}") or ABSENT

    def _index(self) -> str:
        return sha256(self._staged()).hexdigest()

    def _tracked(self) -> str:
        return names_digest(self._staged())

    def _flags(self) -> str:
        flagged = self._flagged()
        return flags_digest(flagged, self._staged() if flagged else b"")

    def _staged(self) -> bytes:
        return self.git("ls-files", "--stage", "-z")

    def _context(self) -> str:
        return context_digest(self)

    # What is so, or cannot be looked at, is its own digest.

    def _basic_patterns(self) -> str:
        refuse_other_patterns(self)
        return BASIC_PATTERNS

    def _no_filters(self) -> str:
        refuse_filters(self)
        return NO_FILTERS

    def _whole_names(self) -> str:
        refuse_divided_names(self)
        return WHOLE_NAMES

    def _git_names(self) -> str:
        return git_names_digest(self, with_texts=False)

    def _git_texts(self) -> str:
        return git_names_digest(self, with_texts=True)

    def _mailmap(self) -> str:
        try:
            if (self.root / MAILMAP).is_symlink():
                raise ObserveError(f"{MAILMAP!r} is a link, which not every git follows")
            return sha256((self.root / MAILMAP).read_bytes()).hexdigest()
        except FileNotFoundError:
            return ABSENT
        except OSError as error:
            raise ObserveError(f"{MAILMAP!r} cannot be read: {error}") from error

    def _every_ref(self) -> str:
        refs = self.git("for-each-ref", f"--format={_EACH_REF}")
        branch = self.git("symbolic-ref", "--quiet", "HEAD", may_be=(0, 1))
        # Where HEAD came from before it was on no branch, git knows from its logs.
        branch = branch or self.git("branch", "--list", "--no-color", "--no-column")
        # `git log --all` begins at what other work trees are at, too.
        rows = self.git("worktree", "list", "--porcelain").splitlines()
        heads = sorted({row for row in rows if row.startswith(b"HEAD ")})
        parts = (refs, branch, str(self.head()).encode(), *heads)
        return sha256(b"\n".join(parts)).hexdigest()

    def _branches(self) -> str:
        # Where HEAD is on no branch, or a tag has the name of one, git says it in its own way.
        parts = (
            self.git("branch", "--all", "--no-color", "--no-column"),
            self.git("symbolic-ref", "--quiet", "HEAD", may_be=(0, 1)),
            self.git("rev-parse", "--abbrev-ref", "HEAD", may_be=(0, 128)),
        )
        return sha256(b"\0".join(parts)).hexdigest()

    def _tags(self) -> str:
        tags = self.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
        return sha256(tags).hexdigest()

    def _flagged(self) -> dict[bytes, int]:
        """The names in the index that git is told not to look at, or that are only meant for it."""
        first, *rest = self.git("ls-files", "--debug", "-z").split(b"\0")
        flagged: dict[bytes, int] = {}
        name = first
        for text in rest:
            found = _DEBUG.match(text)
            if found is None:
                raise ObserveError(f"git ls-files --debug says {text[:200]!r}, which is not read")
            flags = int(found.group(1), 16) & _FLAGS
            if flags:
                flagged[name] = flags
            name = text[found.end() :]
        return flagged

    @property
    def bases(self) -> tuple[str, ...]:
        """The root as it was found and, where links lead to it, as it really is."""
        return tuple(dict.fromkeys((str(self.root), os.path.realpath(self.root))))

    def is_named_in(self, text: str, *, shown: str | None = None) -> bool:
        """Whether `text` names a path in this work tree, which is true in this one only.

        Where `shown` is given, also a path through a link, and the name of the root's directory
        alone, unless that is in `shown`, in which paths of this work tree do not count.
        """
        if any(base in text for base in self.bases):
            return True
        if shown is None:
            return False
        real = os.path.realpath(self.root)
        paths = {match.group() for match in islice(_PATH.finditer(text), _MOST_PATHS)}
        if any(_below(os.path.realpath(path), real) is not None for path in paths):
            return True
        if self.root.name not in text:
            return False
        for base in self.bases:
            shown = shown.replace(base, "")
        name = re.escape(self.root.name)
        is_said = re.search(rf"(?<!\w){name}(?!\w)", text) is not None
        return is_said and re.search(rf"(?<![\w-]){name}(?![\w-])", shown) is None

    def to_relative(self, path: str) -> str:
        """`path` as Looks have it: relative to the root when inside (`.` for it), else as it is."""
        if not path.startswith("/"):
            return path
        inside = _below(path, str(self.root))
        if inside is None:
            inside = _below(path, os.path.realpath(self.root))
        return path if inside is None else inside

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
        place = f"git {_command(arguments)} in {str(self.root)!r}"
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
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise ObserveError(NO_GIT if is_no_git(error) else f"{place}: {error}") from error
        if done.returncode not in may_be:
            said = done.stderr.decode(errors="replace").strip()
            raise ObserveError(f"{place}: {said!r}")
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
                return _read(f"{base}/{name}")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                continue
        try:
            packed = _read(f"{self.common_dir}/packed-refs")
        except FileNotFoundError:
            return ""
        for line in packed.splitlines():
            object_id, _, packed_name = line.partition(" ")
            if packed_name == name:
                return object_id
        return ""


def _command(arguments: tuple[str, ...]) -> str:
    """The name of the command, behind the settings that are given to it."""
    return next(word for word in arguments if word != "-c" and "=" not in word)


def names_digest(staged: bytes) -> str:
    """The digest of what `git ls-files --stage -z` prints, but for the contents."""
    rows = (row.split(b" ", 2) for row in staged.split(b"\0")[:-1])
    return sha256(b"".join(b"%b %b\0" % (mode, rest) for mode, _, rest in rows)).hexdigest()


def flags_digest(flagged: Mapping[bytes, int], staged: bytes) -> str:
    """The digest of entries of the index that have a flag, by their names.

    `staged`: what `git ls-files --stage -z` prints, from which git takes what it does not look at.
    """
    rows = [b"%x %b\0" % (flagged[name], name) for name in sorted(flagged)]
    rows += [row + b"\0" for row in staged.split(b"\0") if row.partition(b"\t")[2] in flagged]
    return sha256(b"".join(rows)).hexdigest()


def _below(path: str, root: str) -> str | None:
    """`path` relative to `root`, `.` for itself; None when it is not inside."""
    if path == root:
        return "."
    return path[len(root.rstrip("/")) + 1 :] if path.startswith(root.rstrip("/") + "/") else None


def _at(directory: str) -> WorkTree | None:
    """The work tree whose root is `directory`; None when it is no root."""
    dot_git = f"{directory}/.git" if directory != "/" else "/.git"
    try:
        found = os.stat(dot_git)  # noqa: PTH116  # as above
    except (OSError, ValueError):
        return None
    if not stat.S_ISDIR(found.st_mode):
        return _describe(directory, _named_git_dir(directory))
    return _known(directory, (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns))


@lru_cache(maxsize=256)
def _known(directory: str, identity: tuple[int, ...]) -> WorkTree | None:
    """The work tree at `directory` while its `.git` is the same, which every commit changes."""
    del identity
    return _describe(directory, Path(directory, ".git"))


def _describe(directory: str, git_dir: Path | None) -> WorkTree | None:
    if git_dir is None or not (git_dir / "HEAD").exists():
        return None
    return WorkTree(Path(directory), git_dir, _common_dir(git_dir))


def _named_git_dir(directory: str) -> Path | None:
    """Where a file `.git` says that the repository is."""
    try:
        text = _read(f"{directory}/.git")
    except (OSError, UnicodeError):
        return None
    if not text.startswith("gitdir:"):
        return None
    return Path(os.path.normpath(Path(directory, text[7:].strip())))


def _common_dir(git_dir: Path) -> Path:
    try:
        named = _read(f"{git_dir}/commondir")
    except (OSError, UnicodeError):
        named = ""
    return Path(os.path.realpath(git_dir / named))


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # as above
        return file.read().strip()


def _is_object_id(text: str) -> bool:
    return len(text) in (40, 64) and all(letter in "0123456789abcdef" for letter in text)
