"""A listing as it is on disk: the names that match, and the digest of them."""

import os
import stat
from collections.abc import Collection, Iterable
from hashlib import sha256

from agentcache.core.evidence import ABSENT, Listing
from agentcache.core.sight import Seen
from agentcache.repo.globs import matches, matches_from
from agentcache.repo.reading import lstat, status
from agentcache.repo.survey import Survey
from agentcache.repo.walk import Name, link_target, one_line, walk
from agentcache.repo.worktree import WorkTree

LEADS_NOWHERE = "\0nothing\n"
"""What a link to nothing adds to the digest, which else were that of one to an empty directory."""


def observe_listing(look: Listing, survey: Survey) -> Seen:
    """Every name below the root that matches, sorted by path; raises ObserveError."""
    root = survey.tree.to_absolute(look.root)
    top = status(root)
    around = _around(look, survey.tree, is_there=top is not None)
    if top is None:
        return Seen(digest_of([*around, LEADS_NOWHERE]) if around else ABSENT)
    if not stat.S_ISDIR(top.st_mode):
        return Seen(
            digest_of([*around, _entry(Name(look.root, top), look, survey.tree)]),
            bases=survey.tree.bases,
            names=(look.root,),
        )
    names: list[str] = []
    doubtful: set[str] = set()
    listed, rules = _listed(look, survey)
    entries = [*around, f"\0rules {rules}\n"] if rules else around
    entries += _repositories(look, listed, survey.tree)
    for name in listed:
        inner = inner_path(name.path, look)
        if look.depth and inner.count("/") >= look.depth:
            continue
        if name.is_link:
            entries += _behind_link(name, look, survey.tree)
        if not matches(inner, look.pattern):
            continue
        shown = name.path + ("/" if name.is_directory else "")
        names.append(shown)
        entries.append(_entry(name, look, survey.tree))
        if not (name.is_sure and is_listed_by_all(inner, name.status.st_mode, look.pattern)):
            doubtful.add(shown)
    return Seen(
        digest_of(entries),
        bases=survey.tree.bases,
        names=tuple(names),
        doubtful=frozenset(doubtful),
    )


def inner_path(path: str, look: Listing) -> str:
    """`path` as it is below the root of `look`."""
    return path.removeprefix("" if look.root == "." else f"{look.root}/")


def is_listed(path: str, look: Listing) -> bool:
    """Whether `look` names `path`, which is below its root; raises ObserveError."""
    inner = inner_path(path, look)
    is_near = not look.depth or inner.count("/") < look.depth
    return is_near and matches(inner, look.pattern)


def directories_above(paths: Collection[str], root: str) -> set[str]:
    """The directories between `root` and `paths`, which listings of files show too."""
    return {parent for path in paths for parent in _parents(path, root)}


def is_listed_by_all(inner: str, mode: int, pattern: str) -> bool:
    """Whether every tool lists it: hosts differ on hidden names, directories and anchoring."""
    if any(part.startswith(".") for part in inner.split("/")):
        return False
    if not pattern:
        return True
    is_plain = not stat.S_ISDIR(mode) and not stat.S_ISLNK(mode)
    return is_plain and matches_from(inner, pattern)


def entry(path: str, mode: int, *, target: str = "", detail: str = "") -> str:
    """What a name adds to the digest; `target` of a link, `detail` when its status is shown."""
    kind = f"{stat.S_IFMT(mode):o}"
    if stat.S_ISLNK(mode):
        kind += f" -> {one_line(target)}"
    return f"{path}\0{kind}{detail}\n"


def digest_of(entries: Iterable[str]) -> str:
    """The digest of a listing from its entries sorted by path."""
    return sha256("".join(entries).encode(errors="surrogateescape")).hexdigest()


def _around(look: Listing, tree: WorkTree, *, is_there: bool) -> list[str]:
    """What a listing shows of its root itself and of what is above; raises ObserveError."""
    place = tree.to_absolute(look.root)
    itself = lstat(place)
    entries: list[str] = []
    if itself is not None and stat.S_ISLNK(itself.st_mode) and (look.with_link or not is_there):
        entries.append(_entry(Name(look.root, itself), look, tree))
    if look.with_dots and is_there:
        for dots in (".", ".."):
            found = status(f"{place}/{dots}")
            if found is not None:
                entries.append(entry(dots, found.st_mode, detail=_detail(found)))
    return entries


def _listed(look: Listing, survey: Survey) -> tuple[list[Name], str]:
    scene = survey.scene(look.root, depth=look.depth, among=look.among, include=look.pattern)
    names = list(scene.names)
    known = {name.path for name in names}
    for path in directories_above(known, look.root) - known:
        # Visible names come without their directories, which listings show too.
        found = lstat(survey.tree.to_absolute(path))
        if found is not None:
            names.append(Name(path, found))
    return sorted(names, key=lambda name: name.path), scene.rules


def _repositories(look: Listing, listed: Iterable[Name], tree: WorkTree) -> list[str]:
    """That there is a `.git` at or below the root: no walk names it, and tools that list do."""
    places = [] if look.root == "." else [look.root]  # in the root of a tree there always is one
    for name in listed:
        is_near = not look.depth or inner_path(name.path, look).count("/") + 1 < look.depth
        if name.is_directory and is_near:
            places.append(name.path)
    found = ((place, lstat(f"{tree.to_absolute(place)}/.git")) for place in places)
    return [entry(f"{place}/.git", git.st_mode) for place, git in found if git is not None]


def _parents(path: str, root: str) -> list[str]:
    parents: list[str] = []
    parent = path.rpartition("/")[0]
    while parent and parent != root and (root == "." or parent.startswith(f"{root}/")):
        parents.append(parent)
        parent = parent.rpartition("/")[0]
    return parents


def _entry(name: Name, look: Listing, tree: WorkTree) -> str:
    detail = _detail(name.status) if look.with_stat else ""
    detail += f"\0{name.mark}" if name.mark else ""
    target = link_target(name.path, tree) if name.is_link else ""
    return entry(name.path, name.status.st_mode, target=target, detail=detail)


def _detail(found: os.stat_result) -> str:
    shown = f" {found.st_mode:o} {found.st_nlink} {found.st_uid} {found.st_gid}"
    return f"{shown} {found.st_size} {found.st_blocks} {found.st_mtime_ns}"


def _behind_link(name: Name, look: Listing, tree: WorkTree) -> list[str]:
    """Some hosts follow links to directories: what is below counts, though it is not listed."""
    path = tree.to_absolute(name.path)
    if not os.path.isdir(path):  # noqa: PTH112  # the target is asked for
        return []
    target = os.path.realpath(path)
    if path.startswith(f"{target}/") or target == os.path.realpath(tree.root):
        return []  # it holds what is listed anyway
    below = sorted(inner.path for inner in walk(tree, target, depth=look.depth))
    # An empty row tells that it is a directory, which some tools count apart and sort first.
    return [f"{name.path}\0{one_line(inner)}\n" for inner in ("", *below)]
