"""Looks at the disk: what is seen there now, and whether evidence still holds.

Contents are the raw bytes on disk: a checkout that turns line ends is a change. What cannot be
looked at raises ObserveError, so that nothing rests on it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha1, sha256
from typing import assert_never

from agentcache.core.evidence import (
    ABSENT,
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.core.sight import Seen
from agentcache.errors import ObserveError
from agentcache.repo.listing import observe_listing
from agentcache.repo.reading import Memory, is_binary, lstat, read_file, status
from agentcache.repo.searching import observe_search, observe_tree
from agentcache.repo.walk import Name, Survey, walk
from agentcache.repo.worktree import WorkTree

__all__ = ["Broken", "Observer", "Seen", "bind", "quiet_since"]

_MARGIN_NS = 50_000_000
_COARSE_MARGIN_NS = 2_000_000_000
_COARSE_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Broken:
    """An observation that holds no longer: `what` was looked at, and `why` it does not hold."""

    observation: Observation
    what: str
    why: str


def bind(look: Look, tree: WorkTree) -> Look:
    """`look` with its path as evidence keeps it: relative when inside `tree`."""
    if isinstance(look, File | Lines):
        return replace(look, path=tree.to_relative(look.path))
    if isinstance(look, GitRef):
        return look
    return replace(look, root=tree.to_relative(look.root))


class Observer:
    """Looks at work trees and remembers files that did not change; for any thread.

    `clock_ns` gives nanoseconds since the epoch.
    """

    def __init__(self, *, clock_ns: Callable[[], int], capacity: int = 50_000) -> None:
        self._memory = Memory(clock_ns=clock_ns, capacity=capacity)

    def observe(self, look: Look, tree: WorkTree) -> Seen:
        """What is seen through `look` now; raises ObserveError."""
        return self._observe(bind(look, tree), Survey(tree))

    def holds(self, observation: Observation, tree: WorkTree) -> bool:
        """Whether the same is seen now; what cannot be looked at does not hold."""
        return self.verify((observation,), tree) is None

    def verify(self, evidence: Evidence, tree: WorkTree) -> Broken | None:
        """The first observation that does not hold; None when all of them do."""
        survey = Survey(tree)
        for observation in evidence:
            try:
                now = self._digest(observation.look, survey)
            except ObserveError as error:
                return Broken(observation, _name(observation.look), str(error))
            if now != observation.digest:
                gone = "it is gone" if now == ABSENT else "it is not what it was"
                return Broken(observation, _name(observation.look), gone)
        return None

    def quiet_since(self, look: Look, tree: WorkTree, since_ns: int) -> bool:
        """`quiet_since` of this module."""
        return quiet_since(look, tree, since_ns)

    def _digest(self, look: Look, survey: Survey) -> str:
        match look:
            case File():
                return self._blob(survey.tree.to_absolute(look.path))
            case Lines():
                return self._lines(look, survey.tree)
            case Listing() | Search() | Tree() | GitRef():
                return self._observe(look, survey).digest
            case _:
                assert_never(look)

    def _observe(self, look: Look, survey: Survey) -> Seen:
        match look:
            case File():
                path = survey.tree.to_absolute(look.path)
                read = read_file(path)
                return Seen(ABSENT) if read is None else _whole_file(read[0])
            case Lines():
                read = read_file(survey.tree.to_absolute(look.path))
                return Seen(ABSENT) if read is None else _line_range(look, read[0])
            case Listing():
                return observe_listing(look, survey)
            case Search():
                return observe_search(look, survey, self._memory)
            case Tree():
                return observe_tree(look, survey, self._blob)
            case GitRef():
                return Seen(survey.tree.resolve(look.name))
            case _:
                assert_never(look)

    def _blob(self, path: str) -> str:
        return self._memory.of_file(path, "blob", blob_id) or ABSENT

    def _lines(self, look: Lines, tree: WorkTree) -> str:
        def compute(content: bytes) -> str:
            return _line_range(look, content).digest

        return self._memory.of_file(tree.to_absolute(look.path), look, compute) or ABSENT


def blob_id(content: bytes) -> str:
    """The object id that git gives to a file of this content, without any conversion."""
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def quiet_since(look: Look, tree: WorkTree, since_ns: int) -> bool:
    """Whether nothing that `look` goes over can have changed since `since_ns`, by its times.

    All files and directories concerned, and those above up to the root, must be older than that
    by a margin. Refs have no times: their caller compares them. Raises ObserveError.
    """
    if isinstance(look, GitRef):
        return True
    look = bind(look, tree)
    given = _name(look)
    top = tree.to_absolute(given)
    for path in dict.fromkeys((top, os.path.realpath(top))):
        for place in _upwards(path, tree):
            found = lstat(place)
            if found is not None and not _is_older(found, since_ns):
                return False
    if isinstance(look, File | Lines) or not os.path.isdir(top):  # noqa: PTH112  # links count
        return True
    depth = look.depth if isinstance(look, Listing) else 0
    return all(_is_quiet(name, tree, since_ns) for name in walk(tree, given, depth=depth))


def _is_quiet(name: Name, tree: WorkTree, since_ns: int) -> bool:
    if not _is_older(name.status, since_ns):
        return False
    if not name.is_link:
        return True
    target = status(tree.to_absolute(name.path))
    return target is None or _is_older(target, since_ns)


def _is_older(found: os.stat_result, since_ns: int) -> bool:
    is_coarse = found.st_ctime_ns % _COARSE_NS == 0
    margin = _COARSE_MARGIN_NS if is_coarse else _MARGIN_NS
    return max(found.st_mtime_ns, found.st_ctime_ns) < since_ns - margin


def _upwards(path: str, tree: WorkTree) -> list[str]:
    """`path` and every directory above it, up to the root of the tree it is in."""
    tops = {str(tree.root), os.path.realpath(tree.root), "/"}
    places = [path]
    while places[-1] not in tops:
        places.append(os.path.dirname(places[-1]))  # noqa: PTH120  # strings, as all paths here
    return places


def _name(look: Look) -> str:
    if isinstance(look, File | Lines):
        return look.path
    if isinstance(look, GitRef):
        return look.name
    return look.root


def _whole_file(content: bytes) -> Seen:
    lines = content.split(b"\n")
    is_open = lines[-1] != b""
    if not is_open:
        lines.pop()
    return Seen(
        blob_id(content),
        lines=tuple(line.decode(errors="replace") for line in lines),
        last_is_open=is_open,
    )


def _line_range(look: Lines, content: bytes) -> Seen:
    """The digest covers the exact bytes in range, and the end of the file when they reach it."""
    if is_binary(content):
        raise ObserveError(f"{look.path!r} is binary, so it has no lines")
    lines = content.split(b"\n")
    is_open = lines[-1] != b""
    if not is_open:
        lines.pop()
    start, end = max(look.start, 1), look.end or len(lines)
    ends = look.end == 0 or end >= len(lines)
    chosen = lines[start - 1 : end]
    head = f"to the end, {len(lines)} lines, {is_open}\n" if ends else "within\n"
    return Seen(
        sha256(head.encode() + b"\n".join(chosen)).hexdigest(),
        lines=tuple(line.decode(errors="replace") for line in chosen),
        start=start,
        ends=ends,
        last_is_open=is_open and ends,
    )
