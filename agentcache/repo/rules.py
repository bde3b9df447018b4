"""All that git's list of visible files rests on besides the names: where it is, and its identity.

`.gitignore` files stand among the names, so they are not told here.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from agentcache.errors import ObserveError
from agentcache.repo.ignoring import IGNORE_FILES, exclude_file, user_rules, user_settings
from agentcache.repo.reading import Identity, identity_of, is_old
from agentcache.repo.worktree import WorkTree

_VARIABLES = (
    "HOME",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
)


@dataclass(frozen=True, slots=True)
class Footing:
    """What git's answers rest on, as it was at one moment: git's settings, and other files.

    `is_settled`: all of it is older than the look at it, so that any later change shows.
    """

    variables: tuple[str | None, ...]
    settings: tuple[Identity | None, ...]
    others: tuple[Identity | None, ...]
    is_settled: bool
    has_settled_settings: bool

    def carries(self, later: "Footing") -> bool:
        """Whether nothing can have changed between this look and the `later` one."""
        return self.is_settled and self == later


@dataclass(frozen=True, slots=True)
class _Places:
    nested: frozenset[str]
    settings: tuple[str, ...]
    others: tuple[str, ...]
    footing: Footing | None = None


class Rules:
    """The sources of one work tree's ignore rules; for one thread at a time."""

    def __init__(self, tree: WorkTree, *, clock_ns: Callable[[], int]) -> None:
        self._tree = tree
        self._clock_ns = clock_ns
        self._places: _Places | None = None

    def footing(self, nested: frozenset[str]) -> Footing | None:
        """The sources as they are now, with those of the `nested` repositories.

        None when git's own settings cannot be told. Raises ObserveError when git fails.
        """
        known = self._places
        if known is not None and known.nested == nested:
            footing = self._look(known)
            before = known.footing
            if before is not None and _names_the_same(before, footing):
                return footing
        # Settings may name other files now. They are found before they are looked at, and once
        # more after it, lest they changed meanwhile.
        places, again = self._find(nested), None
        if places is not None:
            footing = self._look(places)
            again = self._find(nested)
        if places is None or again != places:
            self._places = None
            return None
        self._places = replace(places, footing=footing)
        return footing

    def _look(self, places: _Places) -> Footing:
        began = self._clock_ns()
        settings = tuple(map(_identity, places.settings))
        others = tuple(map(_identity, places.others))
        has_settled_settings = _are_old(settings, began)
        return Footing(
            variables=tuple(map(os.environ.get, _VARIABLES)),
            settings=settings,
            others=others,
            is_settled=has_settled_settings and _are_old(others, began),
            has_settled_settings=has_settled_settings,
        )

    def _find(self, nested: frozenset[str]) -> _Places | None:
        tree = self._tree
        named = _settings(tree)
        if named is None:
            return None
        own = [tree.git_dir / name for name in ("HEAD", "config.worktree", "commondir")]
        above = [parent / name for parent in tree.root.parents for name in IGNORE_FILES]
        others = [tree.git_dir / "index", tree.common_dir / "info" / "exclude", *above]
        for name in sorted(nested):
            others += _of_nested(tree.root / name)
        if tree.git_dir != tree.root / ".git":
            own.append(tree.root / ".git")
        settings = dict.fromkeys([*map(str, [*own, tree.common_dir / "config"]), *named])
        return _Places(nested, tuple(settings), tuple(map(str, others)))


def _names_the_same(before: Footing, now: Footing) -> bool:
    is_same = before.settings == now.settings and before.variables == now.variables
    return is_same and before.has_settled_settings


def _are_old(identities: tuple[Identity | None, ...], began: int) -> bool:
    return all(each is None or is_old(each, began) for each in identities)


def _identity(path: str) -> Identity | None:
    try:
        found = identity_of(os.stat(path))  # noqa: PTH116  # strings, as all paths here
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ObserveError(f"{path!r} cannot be looked at: {error.strerror}") from error
    return found


def _settings(tree: WorkTree) -> list[str] | None:
    """The files that git's settings come from or would come from, and the user's ignore file."""
    home = os.environ.get("HOME", "")
    folder = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    found = ["/etc/gitconfig", f"{folder}/git/ignore", *user_settings()]
    found.append(os.path.join(tree.root, user_rules()))  # noqa: PTH118  # strings, as above
    found += filter(None, map(os.environ.get, ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM")))
    told = os.fsdecode(tree.git("config", "--list", "--show-origin", "--includes", "-z"))
    parts = told.split("\0")
    for origin, setting in zip(parts[::2], parts[1::2], strict=False):
        kind, _, place = origin.partition(":")
        source = str(tree.root / place) if kind == "file" else str(tree.root)
        if kind == "file":
            found.append(source)
        key, _, value = setting.partition("\n")
        is_include = key == "include.path" or (key[:10] == "includeif." and key[-5:] == ".path")
        if key == "core.excludesfile" or is_include:
            path = os.path.expanduser(value)  # noqa: PTH111  # a `~` that stays is told from a path
            if path.startswith(("~", "%")):
                return None
            beside = os.path.dirname(source) if is_include else str(tree.root)  # noqa: PTH120
            found.append(os.path.normpath(f"{beside}/{path}") if path[:1] != "/" else path)
    return found


def _of_nested(directory: Path) -> list[Path]:
    """What makes git take a directory for another repository."""
    inner = WorkTree.find(directory)
    git_dir = shared = directory / ".git"
    if inner is not None and inner.root == directory:
        git_dir, shared = inner.git_dir, inner.common_dir
    places = [git_dir / "HEAD", git_dir / "commondir", shared / "objects", shared / "refs"]
    places.append(Path(exclude_file(str(directory))))
    return places if git_dir == directory / ".git" else [*places, directory / ".git"]
