"""What a checkout of a commit would write to disk: git's bytes, or what attributes make of them.

Only paths that attributes or the configuration convert are converted, and by git itself. Filter
programs (LFS and the like) are never run: such a file is known only where it stands on disk,
unchanged, from the same object.
"""

import secrets
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from agentcache.errors import ObserveError
from agentcache.repo.objects import Blobs, CatFile, Row, git
from agentcache.repo.reading import read_file
from agentcache.repo.worktree import WorkTree

_ATTRIBUTES = ".gitattributes"
_NO = frozenset({"", "false", "no", "off", "0", "input"})
_UTF8 = frozenset({"utf-8", "utf8"})
_OFF = frozenset({"unset", "unspecified"})


class Checkout:
    """The contents of the files of one commit as a checkout in `tree` would write them."""

    def __init__(self, tree: WorkTree, rows: Sequence[Row], blobs: Blobs) -> None:
        self._tree = tree
        self._rows = rows
        self._blobs = blobs
        self._converted: dict[str, bytes] = {}
        self._is_open = False

    def close(self) -> None:
        """Let git's process and the temporary directory go; nothing may be asked afterwards."""
        if self._is_open:
            self._converter.close()
            self._attribute_files.cleanup()

    def is_as_stored(self, row: Row) -> bool:
        """Whether the file's bytes on disk would be those of its object."""
        return not row.is_file or not (
            self._converts_all or row.path in self._filtered or row.path in self._special
        )

    def content(self, row: Row) -> bytes:
        """The bytes of a file, or the target of a link; raises ObserveError."""
        if self.is_as_stored(row):
            return self._blobs.read(row.object_id)
        if row.path in self._filtered:
            return self._from_disk(row)
        if row.path not in self._converted:
            self._converted[row.path] = self._convert(row)
        return self._converted[row.path]

    @cached_property
    def _configuration(self) -> dict[str, str]:
        _, listed, _ = git(self._tree, "config", "--null", "--list")
        pairs = (item.partition("\n") for item in listed.decode(errors="replace").split("\0"))
        return {name: value if newline else "true" for name, newline, value in pairs if name}

    @cached_property
    def _converts_all(self) -> bool:
        settings = self._configuration
        return (
            settings.get("core.autocrlf", "").lower() not in _NO
            or settings.get("core.eol", "").lower() == "crlf"
        )

    @cached_property
    def _programs(self) -> frozenset[str]:
        """The names of filters that have a program for checkouts."""
        return frozenset(
            name.removeprefix("filter.").rpartition(".")[0]
            for name, value in self._configuration.items()
            if name.startswith("filter.") and name.endswith((".smudge", ".process")) and value
        )

    @cached_property
    def _attributes(self) -> list[tuple[str, str, str]]:
        """Path, attribute and value, by the attribute files of the commit and of the user."""
        names = b"".join(row.path.encode(errors="surrogateescape") + b"\0" for row in self._files)
        code, told, said = git(
            self._tree, "check-attr", "-z", "--stdin", "--all",
            sent=names, beside=self._attribute_files.name,
        )  # fmt: skip
        if code != 0:
            raise ObserveError(f"git check-attr in {str(self._tree.root)!r}: {said!r}")
        words = told.decode(errors="surrogateescape").split("\0")[:-1]
        return list(zip(words[::3], words[1::3], words[2::3], strict=True))

    @cached_property
    def _filtered(self) -> frozenset[str]:
        """The paths that a filter program would write."""
        return frozenset(
            path
            for path, name, value in self._attributes
            if name == "filter" and value in self._programs
        )

    @cached_property
    def _special(self) -> frozenset[str]:
        """The paths that git itself may convert."""
        return frozenset(
            path for path, name, value in self._attributes if _may_convert(name, value)
        )

    @property
    def _files(self) -> list[Row]:
        return [row for row in self._rows if row.is_file]

    @cached_property
    def _attribute_files(self) -> "tempfile.TemporaryDirectory[str]":
        """A directory with the commit's attribute files and nothing else, for git to stand in."""
        directory = tempfile.TemporaryDirectory(prefix="agentcache-")
        self._is_open = True
        for row in self._files:
            parts = row.path.split("/")
            if parts[-1] == _ATTRIBUTES and {"..", ".git"}.isdisjoint(parts):
                path = Path(directory.name, *parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._blobs.read(row.object_id))
        return directory

    def _convert(self, row: Row) -> bytes:
        if "\n" in row.path:
            raise ObserveError(f"{row.path!r} has a line end in its name, and is converted")
        # Git tells the length before the conversion, so a line that nobody can know ends it.
        end = f"end-{secrets.token_hex(16)}".encode()
        asked = f"{row.object_id} {row.path}\n".encode(errors="surrogateescape")
        answer = self._converter.ask(asked + end + b" -\n")
        head, lines = answer.readline(), []
        while (line := answer.readline()) not in (b"", end + b" missing\n"):
            lines.append(line)
        if not line or len(head.split()) != 3:
            self._converter.close()
            raise ObserveError(f"{row.path!r} cannot be converted by `git cat-file --filters`")
        return b"".join(lines)[:-1]

    @cached_property
    def _converter(self) -> CatFile:
        return CatFile(self._tree, "--filters", beside=self._attribute_files.name)

    def _from_disk(self, row: Row) -> bytes:
        read = None
        if self._unchanged.get(row.path) == row.object_id:
            read = read_file(self._tree.to_absolute(row.path))
        if read is None:
            raise ObserveError(
                f"{row.path!r} goes through a filter program, which is not run, and the work tree "
                f"does not hold it as it is at that commit"
            )
        return read[0]

    @cached_property
    def _unchanged(self) -> dict[str, str]:
        """The objects of the files that stand in the work tree as the index has them."""
        listed = self._tree.git("ls-files", "--stage", "-z")
        changed = self._tree.git("diff-files", "--name-only", "-z")
        differs = set(changed.decode(errors="surrogateescape").split("\0"))
        found: dict[str, str] = {}
        for line in listed.decode(errors="surrogateescape").split("\0")[:-1]:
            facts, _, path = line.partition("\t")
            if path not in differs:
                found[path] = facts.split(" ")[1]
        return found


def _may_convert(name: str, value: str) -> bool:
    if name == "eol":
        return value == "crlf"
    if name == "working-tree-encoding":
        return value.lower() not in _UTF8 | _OFF
    return name == "ident" and value not in _OFF
