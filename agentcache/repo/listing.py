"""A listing as it is on disk: the names that match, and the digest of them."""

import os
import stat
from hashlib import sha256

from agentcache.core.evidence import ABSENT, Listing
from agentcache.core.sight import Seen
from agentcache.repo.globs import matches, matches_from
from agentcache.repo.reading import lstat, status
from agentcache.repo.walk import Name, Survey, link_target, walk
from agentcache.repo.worktree import WorkTree


def observe_listing(look: Listing, survey: Survey) -> Seen:
    """Every name below the root that matches, sorted by path; raises ObserveError."""
    root = survey.tree.to_absolute(look.root)
    top = status(root)
    if top is None:
        return Seen(ABSENT)
    if not stat.S_ISDIR(top.st_mode):
        return Seen(
            _digest([_entry(Name(look.root, top), look, survey.tree)]),
            bases=survey.tree.bases,
            names=(look.root,),
        )
    prefix = "" if look.root == "." else f"{look.root}/"
    names: list[str] = []
    doubtful: set[str] = set()
    entries: list[str] = []
    for name in _listed(look, survey):
        inner = name.path.removeprefix(prefix)
        if look.depth and inner.count("/") >= look.depth:
            continue
        if name.is_link:
            entries += _behind_link(name, look, survey.tree)
        if not matches(inner, look.pattern):
            continue
        shown = name.path + ("/" if name.is_directory else "")
        names.append(shown)
        entries.append(_entry(name, look, survey.tree))
        if not _is_sure(name, inner, look.pattern):
            doubtful.add(shown)
    return Seen(
        _digest(entries), bases=survey.tree.bases, names=tuple(names), doubtful=frozenset(doubtful)
    )


def _listed(look: Listing, survey: Survey) -> list[Name]:
    names = survey.names(look.root, depth=look.depth, among=look.among, include=look.pattern)
    known = {name.path for name in names}
    above = {parent for name in names for parent in _parents(name.path, look.root)} - known
    for path in above:
        # Visible names come without their directories, which listings show too.
        found = lstat(survey.tree.to_absolute(path))
        if found is not None:
            names.append(Name(path, found))
    return sorted(names, key=lambda name: name.path)


def _parents(path: str, root: str) -> list[str]:
    parents: list[str] = []
    parent = path.rpartition("/")[0]
    while parent and parent != root and (root == "." or parent.startswith(f"{root}/")):
        parents.append(parent)
        parent = parent.rpartition("/")[0]
    return parents


def _is_sure(name: Name, inner: str, pattern: str) -> bool:
    """Whether every tool lists it: hosts differ on hidden names, directories and anchoring."""
    if not name.is_sure or any(part.startswith(".") for part in inner.split("/")):
        return False
    if not pattern:
        return True
    return not name.is_directory and not name.is_link and matches_from(inner, pattern)


def _entry(name: Name, look: Listing, tree: WorkTree) -> str:
    kind = f"{stat.S_IFMT(name.status.st_mode):o}"
    if name.is_link:
        kind += f" -> {link_target(name, tree)}"
    if look.with_stat:
        found = name.status
        kind += f" {found.st_mode:o} {found.st_nlink} {found.st_uid} {found.st_gid}"
        kind += f" {found.st_size} {found.st_mtime_ns}"
    return f"{name.path}\0{kind}\n"


def _behind_link(name: Name, look: Listing, tree: WorkTree) -> list[str]:
    """Some hosts follow links to directories: what is below counts, though it is not listed."""
    path = tree.to_absolute(name.path)
    if not os.path.isdir(path):  # noqa: PTH112  # the target is asked for
        return []
    target = os.path.realpath(path)
    if path.startswith(f"{target}/") or target == os.path.realpath(tree.root):
        return []  # it holds what is listed anyway
    below = sorted(inner.path for inner in walk(tree, target, depth=look.depth))
    return [f"{name.path}\0{inner}\n" for inner in below]


def _digest(entries: list[str]) -> str:
    return sha256("".join(entries).encode(errors="surrogateescape")).hexdigest()
