"""Everything that git does to a work tree, each a function of the root; failing is fine."""

from collections.abc import Callable, Mapping
from pathlib import Path

from oracle.files import CONTENTS, git


def _commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "a change")


def _amend(root: Path) -> None:
    git(root, "commit", "--quiet", "--all", "--amend", "--allow-empty", "-m", "amended")


def _switch(name: str) -> Callable[[Path], None]:
    return lambda root: _ignore_failure(git(root, "checkout", "--quiet", "--force", name))


def _ignore_failure(_succeeded: bool) -> None:  # a result, not a switch
    """Git may refuse: then the tree is as git left it."""


def _run(*arguments: str) -> Callable[[Path], None]:
    return lambda root: _ignore_failure(git(root, *arguments))


def _rebase(root: Path) -> None:
    git(root, "stash", "--quiet")
    if not git(root, "rebase", "--quiet", "other"):
        git(root, "rebase", "--abort")


def _merge(root: Path) -> None:
    if not git(root, "merge", "--quiet", "--no-edit", "other"):
        git(root, "merge", "--abort")


def _bump(root: Path) -> None:
    """The submodule stands at another commit; where it stands at none of them, at the older one."""
    library = root / "vendor/lib"
    if not (library / ".git").exists():
        return
    is_older = git(library, "diff", "--quiet", "HEAD", "origin/older")
    newer = "origin/main" if is_older else "origin/older"
    git(library, "checkout", "--quiet", "--force", "--detach", newer)


def _assume_unchanged(root: Path) -> None:
    """Git no longer looks at the file, and then it changes."""
    git(root, "update-index", "--assume-unchanged", "pkg/alpha.py")
    git(root, "update-index", "--skip-worktree", "pkg/beta.py")
    for name in ("pkg/alpha.py", "pkg/beta.py"):
        if (root / name).is_file():
            (root / name).write_text(CONTENTS[9])


def _trust_less(root: Path) -> None:
    """What git itself takes for unchanged is then more than is."""
    git(root, "config", "core.checkStat", "minimal")
    git(root, "config", "core.trustctime", "false")


def _exclude_elsewhere(root: Path) -> None:
    (root.parent / "excluded").write_text("gamma.py\n*.md\n")
    git(root, "config", "core.excludesFile", str(root.parent / "excluded"))


def _fold_case(root: Path) -> None:
    """Git's ignore rules then heed no case; ripgrep's do."""
    git(root, "config", "core.ignoreCase", "true")


GIT_EDITS: Mapping[str, Callable[[Path], None]] = {
    "commit": _commit,
    "amend": _amend,
    "checkout main": _switch("main"),
    "checkout other": _switch("other"),
    "checkout last": _switch("HEAD~1"),
    "new branch": _run("checkout", "--quiet", "-B", "topic"),
    "stash": _run("stash", "--quiet", "--include-untracked"),
    "stash pop": _run("stash", "pop", "--quiet"),
    "rebase": _rebase,
    "merge": _merge,
    "reset hard": _run("reset", "--quiet", "--hard", "HEAD~1"),
    "reset to main": _run("reset", "--quiet", "--hard", "main"),
    "restore": _run("checkout", "--quiet", "--", "."),
    "clean": _run("clean", "-fdxq"),
    "add": _run("add", "--all"),
    "forget": _run("rm", "--cached", "--quiet", "-r", "pkg/core"),
    "add ignored": _run("add", "--force", "pkg", "build"),
    "move": _run("mv", "pkg/gamma.py", "pkg/delta.py"),
    "submodule": _bump,
    "submodule update": _run("submodule", "update", "--quiet", "--force"),
    "pack refs": _run("pack-refs", "--all"),
    "gc": _run("gc", "--quiet"),
    "tag": _run("tag", "--force", "alpha"),
    "assume unchanged": _assume_unchanged,
    "trust less": _trust_less,
    "exclude elsewhere": _exclude_elsewhere,
    "fold case": _fold_case,
}
