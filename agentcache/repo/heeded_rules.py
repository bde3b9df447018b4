"""By which rules a search of all files may leave some out.

In some hosts' shells `grep` is a function that runs ugrep, which heeds the `.gitignore` of each
directory that it goes into, for tracked files too.
"""

import os
from dataclasses import replace
from typing import TypeGuard

from agentcache.core.evidence import Among, Look, Observation, Search
from agentcache.core.sight import Seen
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree


def goes_over_all(look: Look, tree: WorkTree) -> TypeGuard[Search]:
    """Whether `look` is a search of a directory, ignored files and all."""
    if not isinstance(look, Search) or look.among is not Among.ALL:
        return False
    return os.path.isdir(tree.to_absolute(look.root))  # noqa: PTH112  # of links too


def rules_below(look: Look, tree: WorkTree, observer: Observer) -> list[Observation]:
    """All rules that may have left out something of `look`; raises ObserveError.

    They lie below it, so they are as quiet.
    """
    if not goes_over_all(look, tree):
        return []
    rules = Search(look.root, "", include=".gitignore")
    return [Observation(rules, observer.observe(rules, tree).digest)]


def rules_for(look: Look, seen: Seen, tree: WorkTree, observer: Observer) -> list[Observation]:
    """That what was `seen` and shown is not ignored later; raises ObserveError.

    By git's word, so that rules for other files leave it alone, where git knows the place.
    """
    if not seen.found or not goes_over_all(look, tree):
        return []
    if look.root.startswith("/"):
        return rules_below(look, tree, observer)
    visible = replace(look, among=Among.VISIBLE)
    return [Observation(visible, observer.observe(visible, tree).digest)]
