"""Looks at the disk: what is seen there now, and whether evidence still holds.

Contents are the raw bytes on disk: a checkout that turns line ends is a change. What cannot be
looked at raises ObserveError, so that nothing rests on it.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock
from typing import assert_never

from agentcache.core.evidence import (
    ABSENT,
    BEYOND,
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
    words_of,
)
from agentcache.core.sight import Seen
from agentcache.errors import ObserveError
from agentcache.repo.ignoring import RULE_FILES, exclude_file, user_rules, user_settings
from agentcache.repo.listing import observe_listing
from agentcache.repo.reading import Memory, blob_id, is_binary, lstat, read_file, refuse_made_up
from agentcache.repo.searching import observe_search, observe_tree
from agentcache.repo.snapshot import Glance, Snapshot, keep_last
from agentcache.repo.survey import Survey
from agentcache.repo.walk import Name, link_target, walk
from agentcache.repo.worktree import WorkTree

__all__ = ["Broken", "Observer", "Seen", "bind", "blob_id", "quiet_since", "see_lines"]

_MOST_TREES = 16
_MOST_NAMES = 500_000
_FEW = 16
_MOST_HOPS = 40

_MARGIN_NS = 50_000_000
_COARSE_MARGIN_NS = 2_050_000_000
_COARSE_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Broken:
    """An observation that holds no longer: `what` was looked at, and `why` it does not hold.

    `is_known`: whether it could be looked at; what cannot be may hold all the same.
    """

    observation: Observation
    what: str
    why: str
    is_known: bool = True


def bind(look: Look, tree: WorkTree) -> Look:
    """`look` with its path as evidence keeps it: relative when inside `tree`."""
    if isinstance(look, File):
        return File(tree.to_relative(look.path))
    if isinstance(look, Lines):
        return Lines(tree.to_relative(look.path), look.start, look.end)
    if isinstance(look, GitRef):
        return look
    return replace(look, root=tree.to_relative(look.root))


class Observer:
    """Looks at work trees and remembers files that did not change; for any thread.

    `clock_ns` gives nanoseconds since the epoch.
    """

    def __init__(self, *, clock_ns: Callable[[], int], capacity: int = 50_000) -> None:
        self._clock_ns = clock_ns
        self._memory = Memory(clock_ns=clock_ns, capacity=capacity)
        self._snapshots: dict[str, Snapshot] = {}
        self._latest: Snapshot | None = None
        self._lock = Lock()

    def observe(self, look: Look, tree: WorkTree) -> Seen:
        """What is seen through `look` now, in detail; raises ObserveError."""
        look = bind(look, tree)
        if isinstance(look, File | Lines):
            read = read_file(tree.to_absolute(look.path))
            if read is None:
                return Seen(ABSENT)
            refuse_made_up(look.path, *read)
            return _whole_file(read[0]) if isinstance(look, File) else see_lines(look, read[0])
        return self._see(look, Survey(tree))

    def read(self, path: str) -> tuple[bytes, str] | None:
        """The bytes of the file at the absolute `path` and its object id, None if nothing is there.

        Raises ObserveError.
        """
        return self._memory.read(path)

    def blob(self, path: str) -> str:
        """The object id of the file at the absolute `path`, ABSENT; it is read if it may be new.

        Raises ObserveError.
        """
        return self._memory.blob(path)

    def stands(self, evidence: Evidence, tree: WorkTree) -> bool:
        """Whether the status of a few files that are known is enough to say that all of it holds.

        Where it is not, `verify` tells; this reads no contents.
        """
        files = self._snapshot(tree).files
        return len(evidence) <= _FEW and all(
            isinstance(seen.look, File)
            and (known := files.get(seen.look.path)) is not None
            and known.digest == seen.digest
            and known.stands()
            for seen in evidence
        )

    def verify(self, evidence: Evidence, tree: WorkTree) -> Broken | None:
        """The first observation that does not hold; None when all of them do."""
        snapshot = self._snapshot(tree)
        files, glance = snapshot.files, None
        for observation in evidence:
            look = observation.look
            try:
                if isinstance(look, File):
                    known = files.get(look.path)
                    if known is not None and known.stands():
                        now = known.digest
                    else:
                        now = snapshot.digest_of_file(look.path)
                else:
                    glance = glance or snapshot.glance()
                    now = self._digest(look, glance, tree)
            except ObserveError as error:
                return Broken(observation, words_of(look), str(error), is_known=False)
            if now != observation.digest:
                gone = "it is gone" if now == ABSENT else "it is not what it was"
                return Broken(observation, words_of(look), gone)
        return None

    def refresh(self, tree: WorkTree) -> None:
        """Look again through what was used last, so that the next verification finds it ready."""
        self._snapshot(tree).refresh()

    def quiet_since(self, look: Look, tree: WorkTree, since_ns: int) -> bool:
        """`quiet_since` of this module."""
        return quiet_since(look, tree, since_ns)

    def _snapshot(self, tree: WorkTree) -> Snapshot:
        place = str(tree.root)
        known = self._snapshots.get(place)
        if known is not None and known is self._latest and known.tree == tree:
            return known
        with self._lock:
            if known is None or known.tree != tree:
                known = Snapshot(tree, self._memory, clock_ns=self._clock_ns)
            keep_last(self._snapshots, place, known, _MOST_TREES)
            self._latest = known
            while len(self._snapshots) > 1 and _size(self._snapshots) > _MOST_NAMES:
                del self._snapshots[next(iter(self._snapshots))]
        return known

    def _digest(
        self, look: Lines | Listing | Search | Tree | GitRef, glance: Glance, tree: WorkTree
    ) -> str:
        if isinstance(look, Lines):
            return self._lines(look, tree)
        if isinstance(look, GitRef):
            return tree.resolve(look.name)
        return glance.digest(look) or self._see(look, glance.survey).digest

    def _see(self, look: Listing | Search | Tree | GitRef, survey: Survey) -> Seen:
        match look:
            case Listing():
                return observe_listing(look, survey)
            case Search():
                return observe_search(look, survey, self._memory)
            case Tree():
                return observe_tree(look, survey, self._memory.blob)
            case GitRef():
                return Seen(survey.tree.resolve(look.name))
            case _:
                assert_never(look)

    def _lines(self, look: Lines, tree: WorkTree) -> str:
        def compute(content: bytes) -> str:
            return see_lines(look, content).digest

        what = ("lines", look.path, look.start, look.end)
        return self._memory.of_file(tree.to_absolute(look.path), what, compute) or ABSENT


def _size(snapshots: dict[str, Snapshot]) -> int:
    return sum(snapshot.size for snapshot in snapshots.values())


def quiet_since(look: Look, tree: WorkTree, since_ns: int) -> bool:
    """Whether nothing that `look` goes over can have changed since `since_ns`, by its times.

    All files and directories concerned, those above up to the root, each hop of a link with those
    above it, and what holds ignore rules must be older than that by a margin. Refs have no times:
    their caller compares them. Raises ObserveError.
    """
    if isinstance(look, GitRef):
        return True
    look = bind(look, tree)
    given = name_of(look)
    top = tree.to_absolute(given)
    if not _is_way_older(top, tree, since_ns):
        return False
    if isinstance(look, File | Lines) or not os.path.isdir(top):  # noqa: PTH112  # links count
        return True
    rules = filter(None, map(lstat, _rules_above(top, tree)))
    if not all(_is_older(found, since_ns) for found in rules):
        return False
    depth = look.depth if isinstance(look, Listing) else 0
    return all(_is_quiet(name, tree, since_ns) for name in walk(tree, given, depth=depth))


def _rules_above(top: str, tree: WorkTree) -> Iterator[str]:
    """The files of ignore rules that count in the directory `top` and do not lie below it."""
    for place in _upwards(top, tree)[1:]:
        yield from (f"{place}/{name}" for name in RULE_FILES)
    yield from (exclude_file(str(tree.root)), f"{tree.common_dir}/config")
    yield from (user_rules(), *user_settings())


def _is_quiet(name: Name, tree: WorkTree, since_ns: int) -> bool:
    if not _is_older(name.status, since_ns):
        return False
    return not name.is_link or _is_way_older(tree.to_absolute(name.path), tree, since_ns)


def _is_older(found: os.stat_result, since_ns: int) -> bool:
    is_coarse = found.st_ctime_ns % _COARSE_NS == 0
    margin = _COARSE_MARGIN_NS if is_coarse else _MARGIN_NS
    return max(found.st_mtime_ns, found.st_ctime_ns) < since_ns - margin


def _is_way_older(path: str, tree: WorkTree, since_ns: int) -> bool:
    """Whether all that leads to `path` is: it and the directories above, and so at each link."""
    for _ in range(_MOST_HOPS):
        places = _upwards(path, tree)
        link = ""
        for place in places:
            found = lstat(place)
            if found is not None and not _is_older(found, since_ns):
                return False
            if found is not None and stat.S_ISLNK(found.st_mode):
                link = place
        if not link:
            break
        path = _behind(link, tree) + path[len(link) :]
    else:
        return False
    if places[-1] == str(tree.root) and "/../" not in f"{path}/":
        return True
    real = os.path.realpath(path)
    above = () if real == path else (lstat(place) for place in _upwards(real, tree))
    return all(found is None or _is_older(found, since_ns) for found in above)


def _behind(link: str, tree: WorkTree) -> str:
    """Where `link` leads, by one hop; what leads to the root counts as one."""
    if link == str(tree.root):
        return os.path.realpath(link)
    above = os.path.realpath(os.path.dirname(link))  # noqa: PTH120  # strings, as all paths here
    target = link_target(link, tree).rstrip("/")
    while target == ".." or target.startswith("../"):
        above, target = os.path.dirname(above), target[3:].lstrip("/")  # noqa: PTH120  # as above
    return os.path.join(above, target).rstrip("/") or "/"  # noqa: PTH118  # as above


def _upwards(path: str, tree: WorkTree) -> list[str]:
    """`path` and every directory above it, up to the root of the tree it is in."""
    root = str(tree.root)
    tops = {root, "/"} if path.startswith(f"{root}/") else {root, os.path.realpath(root), "/"}
    places = [path]
    while places[-1] not in tops:
        places.append(os.path.dirname(places[-1]))  # noqa: PTH120  # strings, as all paths here
    return places


def name_of(look: Look) -> str:
    """The path or the ref that is looked at; of what goes over a tree, where it begins."""
    if isinstance(look, File | Lines):
        return look.path
    if isinstance(look, GitRef):
        return look.name
    return look.root


def _whole_file(content: bytes) -> Seen:
    is_open = bool(content) and not content.endswith(b"\n")
    try:  # without a list of bytes in between
        lines = tuple(content.removesuffix(b"\n").decode().split("\n")) if content else ()
    except UnicodeDecodeError:
        lines = _decoded(_lines_of(content)[0])
    return Seen(blob_id(content), lines=lines, last_is_open=is_open)


def _lines_of(content: bytes) -> tuple[list[bytes], bool]:
    """The lines without their ends, and whether the last one has none."""
    lines = content.split(b"\n")
    is_open = lines[-1] != b""
    if not is_open:
        lines.pop()
    return lines, is_open


def _decoded(lines: list[bytes]) -> tuple[str, ...]:
    try:  # at once, which takes a tenth of the time, where every line is text
        return tuple(b"\n".join(lines).decode().split("\n")) if lines else ()
    except UnicodeDecodeError:
        return tuple(line.decode(errors="replace") for line in lines)


def see_lines(look: Lines, content: bytes) -> Seen:
    """What is seen through `look` in `content`; raises ObserveError when it is binary.

    The digest covers the exact bytes in range, and the end of the file when they reach it.
    """
    if look.start < BEYOND and is_binary(content):
        raise ObserveError(f"{look.path!r} is binary, so it has no lines")
    lines, is_open = _lines_of(content)
    start, end = max(look.start, 1), look.end or len(lines)
    ends = look.end == 0 or end >= len(lines)
    chosen = lines[start - 1 : end]
    head = f"to the end, {len(lines)} lines, {is_open}\n" if ends else "within\n"
    return Seen(
        sha256(head.encode() + b"\n".join(chosen)).hexdigest(),
        lines=_decoded(chosen),
        start=start,
        ends=ends,
        last_is_open=is_open and ends,
    )
