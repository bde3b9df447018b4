"""Whether `xargs` takes every name in a work tree for the one file that it is."""

import os
import re
from typing import TYPE_CHECKING

from agentcache.errors import ObserveError

if TYPE_CHECKING:
    from agentcache.repo.worktree import WorkTree

_APART = re.compile(r"[\s'\"\\]|\A-")


def refuse_divided_names(tree: "WorkTree") -> None:
    """Raise ObserveError where xargs may take a name below the root for others, or for an option.

    Below a link to a directory elsewhere there may be such names too.
    """

    def fail(error: OSError) -> None:
        raise ObserveError(f"{error.filename!r} cannot be listed: {error.strerror}") from error

    inside = os.path.realpath(tree.root) + "/"
    for directory, directories, names in os.walk(tree.root, onerror=fail):
        for name in (*directories, *names):
            if _APART.search(name):
                raise ObserveError(f"{name!r} is taken apart by xargs")
        for name in directories:
            place = f"{directory}/{name}"
            if os.path.islink(place) and not os.path.realpath(place).startswith(inside):  # noqa: PTH114  # strings, as all paths here
                raise ObserveError(f"{name!r} is a link to a directory outside")
        directories[:] = [name for name in directories if name != ".git"]
