"""Which files searching tools leave out, by git's word: as git reads the rules, and as ripgrep.

Of git's configuration ripgrep knows the user's `core.excludesFile` alone, and it heeds case. What
its own ignore files and other repositories make of this is not asked: their contents are evidence.
"""

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import TypeAlias

from agentcache.errors import ObserveError
from agentcache.repo.reading import read_file
from agentcache.repo.worktree import WorkTree

IGNORE_FILES = (".ignore", ".rgignore")
"""Names of ripgrep's own ignore files, which can overrule git's."""
RULE_FILES = (".gitignore", *IGNORE_FILES)
"""Names of all files that hold ignore rules for the directory they are in."""

_PLAIN_RULE = re.compile(
    r"#.*|(?!!\Z)(?:[^\0\\[{}*/]|/(?!/)|\\[^\w{}/]|\*\*?(?!\*)|\[(?:\w(?:-\w)?|[.~@ ])+\])*",
    re.ASCII | re.DOTALL,
)
"""A line that git and ripgrep read alike. To ripgrep braces stand for one of several names, a class
of all but some letters may be a slash, a tab at the end is nothing, and "!" alone takes all back.
"""

Reading: TypeAlias = tuple[str, ...]
"""Options that make git read the ignore rules in one way."""

_STANDARD = ("--exclude-standard", "-z")
_KEYS = r"^core\.(excludesfile|ignorecase)$"


def user_settings() -> tuple[str, ...]:
    """The files of git's that ripgrep looks for the user's ignore file in, first found first."""
    home = os.environ.get("HOME", "")
    return (f"{home}/.gitconfig", f"{_folder(home)}/git/config")


def user_rules() -> str:
    """The path of the user's ignore file, which need not exist; raises ObserveError."""
    home = os.environ.get("HOME", "")
    value = _user_setting().strip('"').strip()
    if not value:
        return f"{_folder(home)}/git/ignore"
    return f"{home}/{value[2:]}" if value.startswith("~/") else value


def _user_setting() -> str:
    """What the user's settings of git give for the ignore file, "" for nothing."""
    for settings in user_settings():
        content = _content(settings) or b""
        for line in os.fsdecode(content).splitlines():
            name, _, value = line.partition("=")
            if name.strip().lower() == "excludesfile" and value.strip().strip('"').strip():
                return value.strip()
    return ""


def readings(tree: WorkTree) -> tuple[Reading, ...]:
    """The ways in which the rules are read, ripgrep's first, and git's own where it differs.

    Raises ObserveError.
    """
    user = user_rules()
    ripgrep = ("-c", "core.ignoreCase=false", "-c", f"core.excludesFile={user}")
    told = os.fsdecode(_own_configuration(tree))
    given = dict(pair.partition("\n")[::2] for pair in told.split("\0") if pair)
    home = os.environ.get("HOME", "")
    excludes = given.get("core.excludesfile", f"{_folder(home)}/git/ignore")
    is_same = excludes in (user, user.replace(f"{home}/", "~/", 1))
    if is_same and given.get("core.ignorecase", "false") == "false":
        return (ripgrep,)
    return (ripgrep, ())


def listed_in(tree: WorkTree, reading: Reading) -> frozenset[str]:
    """Names, tracked (also of what is gone) or neither tracked nor ignored, relative to the root.

    A nested repository is one name with a trailing `/`. Raises ObserveError.
    """
    return _names(tree.git(*reading, "ls-files", "--cached", "--others", *_STANDARD))


def hidden_in(tree: WorkTree, reading: Reading) -> frozenset[str]:
    """The tracked names that the rules name nevertheless; raises ObserveError."""
    return _names(tree.git(*reading, "ls-files", "--cached", "--ignored", *_STANDARD))


def ignored_directories(tree: WorkTree) -> frozenset[str]:
    """The directories that git leaves out as a whole; raises ObserveError."""
    listed = tree.git("ls-files", "--others", "--ignored", "--directory", *_STANDARD)
    return frozenset(name.rstrip("/") for name in _names(listed) if name.endswith("/"))


def ignored_of(tree: WorkTree, reading: Reading, names: Iterable[str]) -> frozenset[str]:
    """Those of `names`, relative to the root, that the rules name; raises ObserveError."""
    sent = b"".join(os.fsencode(name) + b"\0" for name in names)
    if not sent:
        return frozenset()
    asked = ("check-ignore", "--no-index", "-z", "--stdin")
    return _names(tree.git(*reading, *asked, sent=sent, may_be=(0, 1)))


def rules_in(tree: WorkTree, directories: Iterable[str]) -> str:
    """A digest of the ignore files in `directories`, and of which of these are repositories.

    `directories` as Looks have them. "" when there is none of either. Raises ObserveError.
    """
    rows: list[str] = []
    for directory in sorted(set(directories)):
        place = tree.to_absolute(directory).rstrip("/")
        for name in RULE_FILES:
            content = _content(f"{place}/{name}")
            if content is not None:
                rows.append(f"{directory}\0{name}\0{sha256(content).hexdigest()}\n")
        if os.path.lexists(f"{place}/.git"):
            content = _content(exclude_file(place)) or b""
            rows.append(f"{directory}\0.git\0{sha256(content).hexdigest()}\n")
    text = "".join(rows).encode(errors="surrogateescape")
    return sha256(text).hexdigest() if rows else ""


def rules_around(tree: WorkTree, root: str, directories: Iterable[str]) -> str:
    """As `rules_in`, with all that is above `root`, the user's rules and git's configuration."""
    place = tree.to_absolute(root)
    above = {place, os.path.realpath(place)}
    for path in (place, os.path.realpath(place)):
        while (path := os.path.dirname(path)) not in above:  # noqa: PTH120  # strings, as all paths
            above.add(path)
    known = rules_in(tree, [*directories, *map(tree.to_relative, above)])
    told = _own_configuration(tree)
    named = tree.git("config", "--type=path", "--get", "core.excludesFile", may_be=(0, 1))
    others = [told, *(_content(path) or b"" for path in (user_rules(), os.fsdecode(named).strip()))]
    return " ".join([known, *(sha256(each).hexdigest() for each in others)])


def has_odd_rules(tree: WorkTree, directories: Iterable[str]) -> bool:
    """Whether git reads rules otherwise than some ripgreps do, here or in `directories`.

    Those that are not plain; what follows a line that is no text; a mark of the encoding and quotes
    around a path, which version 13 does not know; and those in a repository's own file where its
    `.git` is a file. Raises ObserveError.
    """
    own = _content(exclude_file(str(tree.root))) or b""
    user = _content(user_rules()) or b""
    is_apart = tree.git_dir == tree.common_dir and os.path.isfile(tree.root / ".git")  # noqa: PTH113  # as below
    if (is_apart and _has_rules(own)) or (_user_setting()[:1] == '"' and _has_rules(user)):
        return True
    places = (tree.to_absolute(directory).rstrip("/") for directory in directories)
    contents = (_content(f"{place}/.gitignore") or b"" for place in places)
    return any(map(_is_odd, (own, user, *contents)))


def _is_odd(content: bytes) -> bool:
    try:
        lines = content.decode().split("\n")
    except UnicodeDecodeError:
        return True
    return content.startswith(BOM_UTF8) or not all(map(_is_plain, lines))


def _is_plain(line: str) -> bool:
    rule = line.removesuffix("\r").rstrip(" ")
    return rule == rule.rstrip() and _PLAIN_RULE.fullmatch(rule) is not None


def _has_rules(content: bytes) -> bool:
    lines = map(bytes.strip, content.splitlines())
    return any(line and not line.startswith(b"#") for line in lines)


def may_be_forgotten(tree: WorkTree, root: str) -> bool:
    """Whether ripgrep, asked to search `root`, may show what rules from above name below it.

    Up to version 13, and with the user's own rules later too, it compares rules that name a whole
    path with another one than git does, unless it searches all that is below its own directory.
    By the user's own it may also hide more, for these it reads from where it runs.
    """
    parts = [] if root == "." else root.split("/")
    if parts and any(map(_is_anchored, _lines(user_rules()))):
        return True
    sources = [(user_rules(), parts)]
    if parts:
        sources.append((exclude_file(str(tree.root)), parts))
    for count in range(len(parts)):
        place = tree.to_absolute("/".join(parts[:count]) or ".").rstrip("/")
        sources.append((f"{place}/.gitignore", parts[count:]))
    return any(may_name_below(rule, inner) for source, inner in sources for rule in _lines(source))


def _lines(path: str) -> list[str]:
    return os.fsdecode(_content(path) or b"").split("\n")


def _is_anchored(rule: str) -> bool:
    """Whether a line of an ignore file means a path from where it counts, and no other."""
    rule = rule.strip()
    return "/" in rule.rstrip("/") and not rule.startswith(("#", "**/", "!**/"))


def may_name_below(rule: str, inner: Sequence[str]) -> bool:
    """Whether a line of an ignore file names a path that may lie below `inner`.

    `inner` are the parts of a directory's path, as seen from where the rules stand. Rules that
    name a file or directory wherever it is name no path, nor do those that take others back.
    """
    rule = rule.strip()
    if rule.startswith(("#", "!")) or "/" not in rule.rstrip("/"):
        return False
    parts = [part for part in rule.split("/") if part]
    if parts[:1] != ["**"]:
        return _begin_alike(parts, inner) and (len(parts) > len(inner) or "**" in parts)
    while parts[:1] == ["**"]:
        del parts[0]
    return any(
        _begin_alike(parts, inner[start:])
        for start in range(len(inner))
        if len(inner) - start < len(parts) or "**" in parts
    )


def _begin_alike(parts: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the parts of a rule may mean `names`, as far as both go; `**` may mean anything."""
    for part, name in zip(parts, names, strict=False):
        if part == "**":
            return True
        if not {"[", "\\"} & set(part) and not fnmatchcase(name.lower(), part.lower()):
            return False
    return True


def exclude_file(directory: str) -> str:
    """The file of ignore rules that the repository in `directory` keeps to itself."""
    inner = WorkTree.find(directory)
    if inner is not None and str(inner.root) == directory:
        return f"{inner.common_dir}/info/exclude"
    return f"{directory}/.git/info/exclude"


def _own_configuration(tree: WorkTree) -> bytes:
    return tree.git("config", "-z", "--get-regexp", _KEYS, may_be=(0, 1))


def _folder(home: str) -> str:
    return os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"


def _names(told: bytes) -> frozenset[str]:
    return frozenset(os.fsdecode(name) for name in told.split(b"\0") if name)


def _content(path: str) -> bytes | None:
    """The bytes of a file, None when there is nothing, b"" for what is no file."""
    if not path or not os.path.isfile(path):  # noqa: PTH113  # strings, as all paths here
        return b"" if os.path.lexists(path) else None
    try:
        read = read_file(path)
    except OSError as error:
        raise ObserveError(f"{path!r} cannot be read: {error}") from error
    return None if read is None else read[0]
