"""The names of one commit as a work tree would have them: what is below what, where links lead.

Knows paths and links; contents it knows only as the targets of links.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentcache.errors import ObserveError
from agentcache.repo.objects import Row
from agentcache.repo.worktree import WorkTree

_MOST_LINKS = 40
_ROOT = Row(".", 0o040000, "")


@dataclass(frozen=True, slots=True)
class Outside:
    """A place on disk, beyond the work tree: an absolute path without links."""

    path: str


class CommitNames:
    """`rows` must be sorted by path; `target_of` gives where a link points."""

    def __init__(
        self, tree: WorkTree, rows: Sequence[Row], *, target_of: Callable[[Row], str]
    ) -> None:
        self._tree = tree
        self._target_of = target_of
        self._rows = rows
        self._paths = [row.path for row in rows]
        self._by_path = {row.path: row for row in rows}
        self.root = os.path.realpath(tree.root)

    def find(self, path: str) -> Row | Outside | None:
        """What `path`, as Looks have it, leads to through all links; raises ObserveError.

        None where there is nothing; the root itself is the directory `.`.
        """
        if path.startswith("/"):
            return Outside(path)
        at: list[str] = []
        rest = _parts(path)[::-1]
        hops = 0
        while rest:
            part = rest.pop()
            if part == "..":
                if not at:
                    return Outside(os.path.realpath("/".join([self.root, "..", *rest[::-1]])))
                at.pop()
                continue
            at.append(part)
            if at == [".git"]:
                raise ObserveError(f"{path!r} is in git's own directory, which no commit holds")
            row = self._by_path.get("/".join(at))
            if row is None or (row.is_file and rest):
                return None
            if row.is_link:
                hops += 1
                if hops > _MOST_LINKS:
                    raise ObserveError(f"{path!r} leads through links without end")
                target = self._tree.to_relative(self._target_of(row))
                if target.startswith("/"):
                    return Outside(os.path.realpath("/".join([target, *rest[::-1]])))
                at = [] if self._target_of(row).startswith("/") else at[:-1]
                rest += _parts(target)[::-1]
        return self._by_path["/".join(at)] if at else _ROOT

    def leads_back(self, place: Outside, *, is_flat: bool) -> bool:
        """Whether what is at `place`, or below it unless `is_flat`, is of the work tree."""
        real, root = Path(os.path.realpath(place.path)), Path(self.root)
        return real.is_relative_to(root) or (not is_flat and root.is_relative_to(real))

    def below(self, directory: str, *, depth: int = 0) -> Iterator[tuple[str, Row]]:
        """Everything below a directory that is no link, sorted by path, with its inner path.

        `depth` 0 is unlimited, 1 the direct children.
        """
        prefix = "" if directory == "." else f"{directory}/"
        first = bisect_left(self._paths, prefix)
        for place in range(first, len(self._rows)):
            row = self._rows[place]
            if not row.path.startswith(prefix):
                return
            inner = row.path[len(prefix) :]
            if not depth or inner.count("/") < depth:
                yield inner, row

    def real(self, row: Row) -> str:
        """The absolute path without links that a file or directory would have."""
        return self.root if row.path == "." else f"{self.root.rstrip('/')}/{row.path}"

    def has_name(self, names: Sequence[str]) -> bool:
        """Whether a file of one of these names stands in any directory."""
        return any(row.path.rpartition("/")[2] in names for row in self._rows)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
