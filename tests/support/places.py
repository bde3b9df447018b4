"""A small repository with an observer, for tests of what is seen in it."""

import time
from pathlib import Path

from agentcache.core.evidence import Look, Observation
from agentcache.repo.observe import Observer, bind
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository

FILES = {
    ".gitignore": "*.log\nbuild/\n",
    "a.py": "import os\n\n\ndef parse(x):\n    return x\n",
    "src/b.py": "LIMIT = 10\n\n\ndef limit():\n    return LIMIT\n",
    "src/c.txt": "nothing here\n",
    "docs/read me.md": "The LIMIT is 10.\n",
}


class Place:
    """A repository and an observer whose clock runs ahead, so that nothing is racily new."""

    def __init__(self, root: Path, *, ahead_s: float = 3600.0) -> None:
        self.repo: Repo = make_repository(root, FILES)
        tree = WorkTree.find(root)
        assert tree is not None
        self.tree = tree
        self.observer = Observer(clock_ns=lambda: time.time_ns() + int(ahead_s * 1e9))

    def see(self, look: Look) -> Observation:
        """What is seen through `look` now, as evidence."""
        return Observation(bind(look, self.tree), self.observer.observe(look, self.tree).digest)

    def holds(self, observation: Observation) -> bool:
        """Whether the same is still seen."""
        return self.observer.verify((observation,), self.tree) is None
