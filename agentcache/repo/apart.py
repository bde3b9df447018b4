"""Whether commands show an agent something else than they show us, by its environment."""

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from agentcache.repo.worktree import WorkTree

# By these git shows an agent another index, tree or form than the server sees.
_GIT_PLACES = ("GIT_INDEX_FILE", "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")
_GIT_FORMS = (
    *("GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS"),
    *("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"),
    *("GIT_ICASE_PATHSPECS", "GIT_ATTR_SOURCE", "GIT_ATTR_NOSYSTEM", "GIT_NOTES_REF"),
    *("GIT_NOTES_DISPLAY_REF", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS"),
    *("GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_ALTERNATE_OBJECT_DIRECTORIES"),
)


def git_apart(environ: Mapping[str, str], cwd: Path) -> str | None:
    """A variable by which an agent in `cwd` is shown what the cache does not see, else None.

    A hook has them: to one of `git commit -a` git gives an index of its own.
    """
    tree = WorkTree.find(str(cwd))
    usual: dict[str, Path] = {}
    if tree is not None:
        places = (tree.git_dir / "index", tree.git_dir, tree.root, tree.common_dir)
        usual = dict(zip(_GIT_PLACES, places, strict=True))
    for name in filter(environ.get, _GIT_PLACES):
        place = usual.get(name)
        if place is None or os.path.realpath(cwd / environ[name]) != os.path.realpath(place):
            return name
    if _has_options(environ.get("RIPGREP_CONFIG_PATH")):
        return "RIPGREP_CONFIG_PATH"
    if environ.get("CDPATH", "").partition(":")[0] not in ("", "."):
        return "CDPATH"  # `cd` goes to what it has of that name
    return next(filter(environ.get, _GIT_FORMS), None)


def _has_options(path: str | None) -> bool:
    """Whether ripgrep searches otherwise by its configuration at `path`."""
    try:
        lines = Path(path).read_bytes().split(b"\n") if path else []
    except OSError:
        return False  # nor can ripgrep
    return any(line.strip() and not line.lstrip().startswith((b"#", b"--color")) for line in lines)


def settings_of(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What says where git's settings are: names of variables and digests of their values.

    Values may hold credentials. Two environments in which they are equal have the same settings.
    """
    home = environ.get("HOME", "")
    folder = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    places = {"HOME": os.path.normpath(home), "XDG_CONFIG_HOME": os.path.normpath(folder)}
    named = {name: value for name, value in environ.items() if name.startswith("GIT_CONFIG")}
    return tuple(
        sorted(
            (name, sha256(os.fsencode(value)).hexdigest())
            for name, value in (places | named).items()
        )
    )
