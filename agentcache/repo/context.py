"""What shapes the words of git besides the commits it is asked for, as one digest.

That is its configuration, notes, replaced and missing commits, the attributes of files, a merge
that is not done, and how many digits of an object id are shown. Where git would print what a
program, the clock or another repository says, there is no digest.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from agentcache.core.shell_git import (
    EVERY_REF,
    FIXED_DATES,
    PLAIN_FORMATS,
    is_plain_format,
)
from agentcache.errors import ObserveError
from agentcache.repo.reading import lstat, read_file

if TYPE_CHECKING:
    from agentcache.repo.worktree import WorkTree

LINK = b"a link"
"""What counts as the content of a file of attributes that is a link, which git does not follow."""

_ATTRIBUTES = ".gitattributes"
_MODULES = ".gitmodules"

_SILENT = re.compile(
    r"(?:branch|lfs|remote|submodule|url)\..*\..*|"
    r"(?:alias|author|commit|committer|credential|fetch|gc|http|init|maintenance|pull|push|safe|"
    r"user)\..*",
    re.DOTALL,
)
"""Keys that change nothing that is printed: git writes some of them by itself, or they are a
person's own. Of submodules `ignore` is printed, which `_LOUD` knows."""
_LOUD = re.compile(r"submodule\..*\.ignore", re.DOTALL)
_PROGRAMS = re.compile(r"diff\.external|diff\..*\.(?:command|textconv)", re.DOTALL)
_PATHS = ("core.attributesfile", "mailmap.file", "blame.ignorerevsfile", "diff.orderfile")
_FILTERS = re.compile(r"filter\..*\.(?:clean|process)", re.DOTALL)
_REFS: tuple[str, ...] = ("refs/notes", "refs/replace", "refs/heads/HEAD", "refs/tags/HEAD")
"""Refs that are shown unasked, or warned of."""

_REF_TOPS = ("refs", "reftable")
_SHOWS_REFS = ("log.decorate", "core.notesref", "notes.displayref")
_NO = ("false", "no", "off", "0", "auto", "")
_INCLUDES = re.compile(r"include\.path|includeif\..*\.path", re.DOTALL)
_MARGIN_NS = 50_000_000
_COARSE_MARGIN_NS = 2_050_000_000
_COARSE_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of git's configuration, and the file that it stands in, "" for none."""

    file: str
    key: str
    value: str


def context_digest(tree: "WorkTree", attributes: Mapping[str, bytes] | None = None) -> str:
    """The digest of everything that shapes git's words; raises ObserveError.

    `attributes`: contents of the files for which `is_attributes` by their paths, those of the work
    tree if not given.
    """
    settings = _settings(tree)
    _refuse_the_unknowable(settings, tree)
    parts = [_words(each) for each in settings if _counts(each.key)]
    if _shows_refs(settings):
        parts.append(tree.resolve(EVERY_REF).encode())
    parts.append(tree.git("for-each-ref", "--format=%(refname) %(objectname)", *_REFS))
    parts.append(_digits(settings, tree))
    parts += [_content(path) for path in _files(settings, tree)]
    found = attributes_now(tree) if attributes is None else attributes
    if found.get(_MODULES) == LINK:
        raise ObserveError(f"{_MODULES!r} is a link, which not every git follows")
    for path in sorted(found):
        parts += [os.fsencode(path), found[path]]
    return sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()


def attributes_now(tree: "WorkTree") -> dict[str, bytes]:
    """Every file below the root for which `is_attributes`, by its path; raises ObserveError.

    Ignored ones count as well, for git does not ask. NUL stands before the path of one that only
    the index has.
    """
    patterns = f":(top,glob)**/{_ATTRIBUTES}", f":(top,literal){_MODULES}"
    listed = tree.git("ls-files", "-z", "--cached", "--others", "--", *patterns)
    found: dict[str, bytes] = {}
    names = {os.fsdecode(name) for name in listed.split(b"\0")}
    for name in filter(is_attributes, names):
        place = tree.to_absolute(name)
        if os.path.islink(place):  # noqa: PTH114  # strings, as all paths here
            found[name] = LINK
        elif lstat(place) is None:
            # A diff with the index reads it there, a diff between commits does not read it at all.
            found[f"\0{name}"] = tree.git("cat-file", "blob", f":{name}")
        else:
            read = read_file(place)
            found[name] = b"" if read is None else read[0]
    return found


def is_attributes(path: str) -> bool:
    """Whether git reads attributes of files, or settings of submodules, from a file of this name.

    `path` is relative to the root.
    """
    return path.rpartition("/")[2] == _ATTRIBUTES or path == _MODULES


def refuse_filters(tree: "WorkTree") -> None:
    """Raise ObserveError where a program may turn a file into what git compares."""
    settings = _settings(tree)
    used = [each.key for each in settings if _FILTERS.fullmatch(each.key) and each.value]
    if not used:
        return
    contents = [*attributes_now(tree).values(), *map(_content, _files(settings, tree))]
    if any(b"filter" in content for content in contents):
        raise ObserveError(f"with {used[0]!r} configured, git shows what a program makes of files")


def refuse_other_patterns(tree: "WorkTree") -> None:
    """Raise ObserveError where `git grep` reads patterns in another way than by default."""
    for each in _settings(tree):
        word = each.value.lower()
        if (each.key == "grep.patterntype" and word not in ("default", "basic")) or (
            each.key == "grep.extendedregexp" and word not in _NO
        ):
            raise ObserveError(
                f"with {each.key!r} configured as {each.value!r}, git reads patterns in another way"
            )


def is_quiet_context(tree: "WorkTree", since_ns: int, places: Iterable[str]) -> bool:
    """Whether nothing that `context_digest` reads can have changed since `since_ns`, by its times.

    `places`: every directory of the work tree and every file of attributes. Raises ObserveError.
    """
    settings = _settings(tree)
    refs = [f"{tree.common_dir}/{name}" for name in ("packed-refs", "reftable", "refs")]
    tops = _REFS
    if _shows_refs(settings):
        tops = ("refs",)
        refs.append(f"{tree.git_dir}/HEAD")
    refs += _below(f"{tree.common_dir}/{top}" for top in tops)
    paths = {*_files(settings, tree), *_configurations(settings, tree), *refs, *_packs(tree)}
    return all(_is_old(path, since_ns) for path in (*paths, *places))


def are_quiet_refs(tree: "WorkTree", since_ns: int) -> bool:
    """Whether no ref, nor what HEAD is, can have changed since `since_ns`, by the files' times."""
    tops = (f"{top}/{name}" for top in (tree.git_dir, tree.common_dir) for name in _REF_TOPS)
    paths = [f"{tree.git_dir}/HEAD", f"{tree.common_dir}/packed-refs", *_below(tops)]
    paths += [f"{tree.common_dir}/HEAD", *map(str, tree.common_dir.glob("worktrees/*/HEAD"))]
    paths += map(str, tree.common_dir.glob("worktrees"))
    return all(_is_old(path, since_ns) for path in paths)


def _settings(tree: "WorkTree") -> list[Setting]:
    """All of git's configuration, what is included as well, in its order."""
    words = os.fsdecode(tree.git("config", "--list", "--null", "--show-origin")).split("\0")
    settings: list[Setting] = []
    for origin, line in zip(words[:-1:2], words[1::2], strict=True):
        kind, _, place = origin.partition(":")
        key, is_given, value = line.partition("\n")
        file = os.path.join(tree.root, place) if kind == "file" else ""  # noqa: PTH118  # as above
        settings.append(Setting(file, key, value if is_given else "true"))
    return settings


def _shows_refs(settings: Iterable[Setting]) -> bool:
    return any(each.key in _SHOWS_REFS and each.value.lower() not in _NO for each in settings)


def _counts(key: str) -> bool:
    return _LOUD.fullmatch(key) is not None or _SILENT.fullmatch(key) is None


def _words(setting: Setting) -> bytes:
    return os.fsencode(f"{setting.key}\n{setting.value}")


def _refuse_the_unknowable(settings: Iterable[Setting], tree: "WorkTree") -> None:
    for key, value in ((each.key, each.value) for each in settings):
        word = value.lower()
        if (
            _PROGRAMS.fullmatch(key)
            or (key == "log.showsignature" and word not in _NO)
            or (key in ("log.date", "blame.date") and word not in FIXED_DATES)
            or (key == "format.pretty" and word not in PLAIN_FORMATS and not is_plain_format(value))
            or key in ("mailmap.blob", "attr.tree")
            or (key == "diff.submodule" and word != "short")
            or (key == "submodule.recurse" and word not in _NO and _has_submodules(tree))
        ):
            raise ObserveError(
                f"with {key!r} configured as {value!r}, git shows more than the repository holds"
            )


def _digits(settings: Iterable[Setting], tree: "WorkTree") -> bytes:
    """As many digits of an object id as git shows; raises ObserveError.

    Where it was told to show fewer than it would, any new object may make it show one more.
    """
    asked = ("rev-parse", "--short", _id_of_nothing(settings))
    shown = tree.git(*asked)
    is_told = any(each.key == "core.abbrev" for each in settings)
    if is_told and len(shown) < len(tree.git("-c", "core.abbrev=auto", *asked)):
        raise ObserveError("git was told to show too few digits of object ids to tell them apart")
    return shown


def _id_of_nothing(settings: Iterable[Setting]) -> str:
    """An object id that is in no repository: of it git shows as few digits as of any."""
    formats = [each.value for each in settings if each.key == "extensions.objectformat"]
    return "0" * (64 if formats[-1:] == ["sha256"] else 40)


def _packs(tree: "WorkTree") -> list[str]:
    """The directories of packs, by whose size git tells how many digits to show."""
    objects = f"{tree.common_dir}/objects"
    alternates = f"{objects}/info/alternates"
    content, _ = read_file(alternates) or (b"", "")
    tops = [objects, *(os.path.join(objects, os.fsdecode(line)) for line in content.splitlines())]  # noqa: PTH118  # as above
    return [alternates, *(f"{top}/pack" for top in tops)]


def _has_submodules(tree: "WorkTree") -> bool:
    return lstat(tree.to_absolute(".gitmodules")) is not None


def _files(settings: Iterable[Setting], tree: "WorkTree") -> list[str]:
    """Files whose content shapes what git prints, in the order of their names."""
    named = [
        _path_of(each.value, str(tree.root))
        for each in settings
        if each.key in _PATHS and each.value
    ]
    own = [f"{tree.common_dir}/{name}" for name in ("shallow", "info/grafts", "info/attributes")]
    own.append(f"{tree.git_dir}/MERGE_HEAD")  # to `blame` a parent of what is on disk
    return [*own, "/etc/gitattributes", f"{_home_config()}/attributes", *named]


def _configurations(settings: Iterable[Setting], tree: "WorkTree") -> set[str]:
    """Files of configuration, those included and those that could be there among them."""
    found = {each.file for each in settings if each.file}
    for each in settings:
        if _INCLUDES.fullmatch(each.key) and each.file:
            found.add(_path_of(each.value, os.path.dirname(each.file)))  # noqa: PTH120  # as above
    own = f"{tree.common_dir}/config", f"{tree.git_dir}/config.worktree"
    mine = os.environ.get("GIT_CONFIG_GLOBAL")
    homes = (mine,) if mine else (os.path.expanduser("~/.gitconfig"), f"{_home_config()}/config")  # noqa: PTH111  # as above
    system = os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
    return found | {*own, *homes, system}


def _home_config() -> str:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111  # as above
    return f"{base}/git"


def _path_of(value: str, base: str) -> str:
    if value.startswith(("%(", ":(")):
        raise ObserveError(f"the path {value!r} in git's configuration is beyond us")
    return os.path.join(base, os.path.expanduser(value))  # noqa: PTH111, PTH118  # as above


def _content(path: str) -> bytes:
    if path == os.devnull:
        return b"is "
    read = read_file(path)
    return b"absent" if read is None else b"is " + read[0]


def _below(tops: Iterable[str]) -> Iterator[str]:
    for top in tops:
        for directory, _, names in os.walk(top):
            yield directory
            yield from (f"{directory}/{name}" for name in names)


def _is_old(path: str, than_ns: int) -> bool:
    """Whether `path`, or the directory from which it may have vanished, is older than that."""
    if path == os.devnull:
        return True
    while (found := lstat(path)) is None:
        path = os.path.dirname(path)  # noqa: PTH120  # as above
    # As `observe.quiet_since` has it: where times are coarse, a change is younger than it seems.
    margin = _COARSE_MARGIN_NS if found.st_ctime_ns % _COARSE_NS == 0 else _MARGIN_NS
    is_old = max(found.st_mtime_ns, found.st_ctime_ns) < than_ns - margin
    real = os.path.realpath(path)
    return is_old and (real == path or _is_old(real, than_ns))
