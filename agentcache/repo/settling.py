"""Whether what is seen through a Look now surely was seen by a tool that ran since some moment.

By the times of files, and by what cannot change: nothing is read again.
"""

import re

from agentcache.core.evidence import File, GitRef, Look
from agentcache.core.shell_git import CONTEXT, FLAGS, GIT_ITSELF, INDEX, MAILMAP, TRACKED
from agentcache.core.sight import Seen
from agentcache.repo.context import are_quiet_refs, is_attributes, is_quiet_context
from agentcache.repo.observe import Observer
from agentcache.repo.walk import walk
from agentcache.repo.worktree import WorkTree

_FROM_HEAD = re.compile(r"HEAD(?:[~^]\d*)*")
_ID_LENGTH = 7
"""Digits of an object id from which on a revision is taken for one, which never moves."""

_MORE_THAN_REFS = re.compile(
    r"(?:.*-g)?[0-9A-Fa-f]{4,}|(?:.*/)?[A-Z_]+|(?:main-worktree|worktrees)/.*"
)
"""Names that may be a part of an object id, of which a new object makes another, and those of files
that git writes as it goes, such as `ORIG_HEAD`."""


def is_settled(
    look: Look, seen: Seen, tree: WorkTree, observer: Observer, *, since_ns: int, head: str | None
) -> bool:
    """Whether what was `seen` cannot have changed since `since_ns`; raises ObserveError.

    `head`: the commit that HEAD was at then, if that is known.
    """
    if isinstance(look, GitRef):
        if look.name in (INDEX, TRACKED, FLAGS):
            look = File(str(tree.git_dir / "index"))
        elif look.name == MAILMAP:
            look = File(MAILMAP)
        else:
            return _is_settled_ref(look.name, seen.digest, tree, since_ns, head)
    return observer.quiet_since(look, tree, since_ns)


def _is_settled_ref(
    name: str, digest: str, tree: WorkTree, since_ns: int, head: str | None
) -> bool:
    if name == CONTEXT:
        return _has_quiet_context(tree, since_ns)
    if _FROM_HEAD.fullmatch(name):
        return head is not None and tree.head() == head
    if name in GIT_ITSELF:
        return True  # it comes and goes with the times of directories that others go over
    if digest.startswith(name) and len(name) >= _ID_LENGTH:
        return True
    base = re.split("[~^]", name)[0]
    return _MORE_THAN_REFS.fullmatch(base) is None and are_quiet_refs(tree, since_ns)


def _has_quiet_context(tree: WorkTree, since_ns: int) -> bool:
    # A directory shows what vanished from it.
    named = (
        tree.to_absolute(name.path)
        for name in walk(tree, ".")
        if name.is_directory or is_attributes(name.path)
    )
    return is_quiet_context(tree, since_ns, [str(tree.root), *named])
