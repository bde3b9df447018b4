"""`Look`: how a tool reads a repository so that what it read is known."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from agentcache.client.gathering import Gathering, Gatherings
from agentcache.core.evidence import (
    ABSENT,
    Among,
    File,
    Lines,
    Listing,
    Observation,
    Search,
)
from agentcache.core.evidence import Look as Looked
from agentcache.core.reasons import Reason
from agentcache.core.shell_options import place
from agentcache.core.shell_words import NotPlainError
from agentcache.core.sight import Seen
from agentcache.errors import ObserveError
from agentcache.repo.observe import Observer, bind
from agentcache.repo.worktree import WorkTree

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Match:
    """One line that a search found: `path` from the repository's root, `number` from 1."""

    path: str
    number: int
    text: str


class Look:
    """Gives contents of a repository, and notes each as what the answer rests on.

    Relative paths start from the directory that the cache was opened in. What is not there raises
    FileNotFoundError, which is noted too; what cannot be looked at raises OSError, and then the
    answer is not kept. For any thread; what else it is used in rests on what it gave as well.
    """

    def __init__(
        self,
        gathering: Gathering,
        gatherings: Gatherings,
        *,
        observer: Observer,
        tree: WorkTree | None,
        cwd: str,
    ) -> None:
        self._gathering = gathering
        self._gatherings = gatherings
        self._observer = observer
        self._among = Among.ALL if tree is None else Among.VISIBLE
        self._tree = tree or WorkTree(Path(cwd), Path(cwd, ".git"), Path(cwd, ".git"))
        self._cwd = cwd

    def read(self, path: PathLike) -> str:
        """The whole text of a file, its line ends as they are."""
        return self.read_bytes(path).decode(errors="replace")

    def read_bytes(self, path: PathLike) -> bytes:
        """The bytes of a file."""
        absolute = self._absolute(path)
        try:
            found = self._observer.read(absolute)
        except ObserveError as error:
            self._fail(error)
        look = bind(File(absolute), self._tree)
        self._note(look, ABSENT if found is None else found[1])
        if found is None:
            raise FileNotFoundError(f"{os.fspath(path)!r} is not there")
        return found[0]

    def lines(self, path: PathLike, start: int, end: int) -> list[str]:
        """Lines `start` to `end` of a file, from 1 and inclusive, without their ends.

        The answer then rests on these lines alone; `end` 0 is the end of the file.
        """
        if start < 1 or (end and end < start):
            raise ValueError(f"lines {start!r} to {end!r} are none: count from 1")
        return list(self._see(Lines(self._absolute(path), start, end), path).lines)

    def list(self, pattern: str = "", root: PathLike = ".") -> Sequence[str]:
        """Names below `root` from the repository's root, directories with a trailing `/`.

        `pattern`: a glob with `**` and braces, "" for all; without `/` it is for the last part.
        Ignored files are left out.
        """
        return list(
            self._see(Listing(self._absolute(root), pattern, among=self._among), root).names
        )

    def search(
        self, pattern: str, root: PathLike = ".", *, include: str = "", ignore_case: bool = False
    ) -> Sequence[Match]:
        """Lines below `root` that match a regular expression, in files that `include` globs.

        Ignored and binary files are left out.
        """
        look = Search(
            self._absolute(root), pattern, ignore_case=ignore_case, include=include,
            among=self._among,
        )  # fmt: skip
        return [
            Match(found.path, found.number, found.text) for found in self._see(look, root).found
        ]

    def absent(self, path: PathLike) -> bool:
        """Whether nothing is at `path`."""
        found = self._absolute(path)
        try:
            if os.path.isdir(found):  # noqa: PTH112  # strings, as all paths here
                self._see(Listing(found, depth=1), path)
            else:
                self.read_bytes(path)
        except FileNotFoundError:
            return True
        return False

    def _see(self, look: Lines | Listing | Search, path: PathLike) -> Seen:
        try:
            seen = self._observer.observe(look, self._tree)
        except ObserveError as error:
            self._fail(error)
        self._note(bind(look, self._tree), seen.digest)
        if seen.digest == ABSENT:
            raise FileNotFoundError(f"{os.fspath(path)!r} is not there")
        return seen

    def _note(self, look: Looked, digest: str) -> None:
        for gathering in self._concerned():
            gathering.note([Observation(look, digest)])

    def _refuse(self, what: str) -> None:
        for gathering in self._concerned():
            gathering.refuse(Reason.UNOBSERVABLE, what)

    def _concerned(self) -> tuple[Gathering, ...]:
        """Its own gathering, and all in which it is used here and now."""
        self._gatherings.tell_parents()
        here = self._gatherings.concerned()
        ours = self._gathering
        if here in ((), (ours,)):
            return (ours,)
        return (ours, *(one for one in here if one is not ours and one not in ours.concerned))

    def _fail(self, error: ObserveError) -> NoReturn:
        self._refuse(str(error))
        raise OSError(str(error)) from error

    def _absolute(self, path: PathLike) -> str:
        try:
            return place(os.fspath(path), self._cwd)
        except NotPlainError as error:  # it can be read, but not be looked at again
            self._refuse(str(error))
            return os.path.join(self._cwd, path)  # noqa: PTH118  # as above
