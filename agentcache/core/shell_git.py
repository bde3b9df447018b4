"""What git's reading commands look at: the refs they name, the index, files of the work tree.

Names that no revision can have stand for what else git's words depend on, see below. Everything
that depends on the clock or the reflog is refused.
"""

import re

from agentcache.core.evidence import Among, File, GitRef, Listing, Look, Search, Tree
from agentcache.core.pattern import Dialect, translate
from agentcache.core.shell_options import Options, place, read_options, refuse_detached
from agentcache.core.shell_words import Command, NotPlainError, Word

INDEX = ":"
"""The name of the GitRef that stands for the content of the index."""

TRACKED = ":tracked"
"""The name of the GitRef that stands for the names and kinds of what is in the index."""

FLAGS = ":flags"
"""The name of the GitRef that stands for what the index says beside contents: the files that git
is told not to look at, with what it has of them, and those that are only meant to be added."""

EVERY_REF = "*"
"""The name of the GitRef that stands for every ref, the branches that are checked out, and the
commits that other work trees are at."""

BRANCHES = ":branches"
"""The name of the GitRef that stands for the names of all branches and which of them are checked
out, but not for the commits they are at."""

TAGS = ":tags"
"""The name of the GitRef that stands for every tag."""

CONTEXT = ":context"
"""The name of the GitRef that stands for what shapes git's words besides the commits it is asked
for: configuration, attributes of files, notes, replaced and missing commits."""

MAILMAP = ".mailmap"
"""The name of the GitRef that stands for the file by which git shows people's names."""

BASIC_PATTERNS = ":basic-patterns"
"""The name of the GitRef that stands for `git grep` reading a pattern as a basic one where no
option says otherwise: it cannot be looked at where the configuration has it read in another way."""

NO_FILTERS = ":no-filters"
"""The name of the GitRef that stands for files being compared as they are: it cannot be looked at
where a program that is configured may have turned them into something else first."""

WHOLE_NAMES = ":whole-names"
"""The name of the GitRef that stands for names below the root that `xargs` takes whole: it cannot
be looked at where one has blanks or quotes, begins as an option, or leads to a directory
elsewhere."""

GIT_NAMES = ":git-names"
"""The name of the GitRef that stands for where there is a `.git` in the work tree, and what kind of
thing it is: in a linked worktree it is a file. It cannot be looked at where a whole one lies below
the root, of whose contents no look knows."""

GIT_TEXTS = ":git-texts"
"""The name of the GitRef that stands for GIT_NAMES and what is written in those that are files."""

GIT_ITSELF = (GIT_NAMES, GIT_TEXTS)

_DIALECTS = {"E": Dialect.EXTENDED, "F": Dialect.FIXED, "G": Dialect.BASIC}
_ALIKE = re.compile(r"[\w ,:;=/<>\"'@%&!~-]+", re.ASCII)
"""A pattern that is the same in every dialect."""

_LOG_FLAGS = frozenset("psi#") | {
    "--oneline", "--stat", "--patch", "--no-patch", "--name-only", "--name-status", "--all",
    "--graph", "--no-merges", "--merges", "--follow", "--reverse", "--no-color", "--decorate",
    "--no-decorate", "--abbrev-commit", "--first-parent", "--shortstat", "--numstat", "--summary",
    "--branches", "--tags", "--pickaxe-all", "--pickaxe-regex", "--no-ext-diff", "--no-renames",
    "--cached", "--staged", "--count",
}  # fmt: skip
_LOG_VALUED = frozenset("nSGU") | {
    "--max-count", "--author", "--grep", "--format", "--pretty", "--unified", "--diff-filter",
    "--color", "--skip", "--date",
}  # fmt: skip
_TREE_FLAGS = frozenset("rtdlz") | {"--name-only", "--name-status", "--full-tree", "--long"}
_SHORTLOG_FLAGS = frozenset("sne") | {"--summary", "--numbered", "--email", "--no-merges"}
FIXED_DATES = frozenset({
    "default", "iso", "iso8601", "iso-strict", "iso8601-strict", "rfc", "rfc2822", "short", "raw",
    "unix",
})  # fmt: skip
"""Ways to show a date that rest on no clock and on no time zone but its own."""

PLAIN_FORMATS = frozenset({"oneline", "short", "medium", "full", "fuller"})
"""Formats of `log` that have a name and depend on the commit alone."""

_PLACEHOLDERS = re.compile(r"%(?:H|h|s|b|B|an|ae|cn|ce|ad|aI|as|cd|cI|cs|n|P|p|T|t|%|f|x\d\d)")
_REVISION = re.compile(r"[\w./~^-]+", re.ASCII)
_SORTS = re.compile(r"-?(?:(?:version:|v:)?refname|(?:creator|tagger|committer|author)date)")
"""Orders of tags that rest on their names and dates alone: `objectsize:disk` tells of packs."""

_BEYOND_REVISION = re.compile(r":|[@^]\{|\A@(?:[~^].*)?\Z", re.DOTALL)
_NO_REVISION = re.compile(r"[\x00-\x20*?\[\\]")
_WILD = re.compile(r"[*?\[\\]")
_BUT = (":!", ":^")
"""How the words begin that take paths out of what is searched."""


def git_looks(command: Command, *, cwd: str) -> tuple[tuple[Look, ...], bool]:
    """The Looks of a git command that runs in `cwd`; its text can be compared for the refs only."""
    words = list(command[1:])
    while words and words[0].text in ("--no-pager", "-P"):
        words.pop(0)
    if words[:1] == [Word("-C")] and len(words) > 1:
        if place(words[1].text, cwd) != cwd:
            raise NotPlainError("git in another directory")
        words = words[2:]
    if not words or any(word.glob_at >= 0 for word in words):
        raise NotPlainError("a git command with globs, or none")
    reader = _READERS.get(words[0].text)
    if reader is None:
        raise NotPlainError(f"git {words[0].text}")
    looks = (*reader(tuple(words), cwd), GitRef(CONTEXT))
    return tuple(dict.fromkeys(looks)), words[0].text in ("log", "show")


def is_plain_format(form: str) -> bool:
    """Whether a format of `log` is made of placeholders that depend on the commit alone."""
    form = form.removeprefix("format:").removeprefix("tformat:")
    return "%" in form and "%" not in _PLACEHOLDERS.sub("", form)


def names_commits(word: str) -> bool:
    """Whether `word` is `HEAD`, a range, or counts commits back: hardly any file is named so."""
    return re.search(r"\A(?:.*/)?HEAD\Z|[~^]|\.\.", word) is not None


def _log(command: Command, cwd: str) -> tuple[Look, ...]:
    """`log` and `show`."""
    options = _log_options(command)
    revisions, _ = _revisions(command, options)
    looks: list[Look] = []
    for revision in revisions:
        name, colon, _path = revision.partition(":")
        if revision.startswith(":/"):
            raise NotPlainError(f"a searched revision {revision!r}")
        if colon and not name:
            looks.append(GitRef(INDEX))
        else:
            looks += _refs(name if colon else revision)
    if options.has("--all", "--branches", "--tags", "--decorate"):
        looks.append(GitRef(EVERY_REF))
    # A name may be a path as well as a revision, in which case HEAD is meant.
    paths = _as_paths(command, revisions, cwd)
    return (GitRef("HEAD"), GitRef(MAILMAP), *looks, *paths)


def _log_options(command: Command) -> Options:
    refuse_detached(command, "--color", "--pretty", "--format", "--unified", "-U")
    options = read_options(command, flags=_LOG_FLAGS, valued=_LOG_VALUED)
    for value in options.all("--format", "--pretty"):
        form = value.removeprefix("format:").removeprefix("tformat:")
        if form and form not in PLAIN_FORMATS and not is_plain_format(value):
            raise NotPlainError(f"the format {value!r}")
    if not FIXED_DATES.issuperset(options.all("--date")):
        raise NotPlainError("dates that rest on the clock or where it stands")
    return options


def _revisions(command: Command, options: Options) -> tuple[list[str], list[str]]:
    """The words that may be revisions, and those that are certainly paths."""
    texts = [word.text for word in command]
    if "--" not in texts:
        return [word.text for word in options.rest], []
    if any(value == "--" for _, value in options.given):
        raise NotPlainError("the value '--' of an option")
    count = len(texts) - texts.index("--") - 1
    rest = [word.text for word in options.rest]
    return rest[: len(rest) - count], rest[len(rest) - count :]


def _as_paths(command: Command, revisions: list[str], cwd: str) -> list[Look]:
    """Whether there are files of these names: git refuses a word that may be both, or is neither.

    It does not ask where the words are told apart by `--`.
    """
    if Word("--") in command:
        return []
    return [Listing(place(text, cwd), depth=1) for text in revisions if text != "."]


def _refs(revision: str) -> list[Look]:
    names = [name for name in re.split(r"\.\.\.?", revision.removeprefix("^")) if name]
    for name in names:
        # `@{1}`, `:/text` and the like depend on the reflog or on a search, so they do not match.
        if not _REVISION.fullmatch(name) or name.startswith("-"):
            raise NotPlainError(f"the revision {revision!r}")
    return [GitRef(name) for name in names] or [GitRef("HEAD")]


def _diff(command: Command, cwd: str) -> tuple[Look, ...]:
    """Only between commits, or between a commit and the index: else it needs the whole tree."""
    options = _log_options(command)
    revisions, _ = _revisions(command, options)
    if options.has("--cached", "--staged"):
        looks = [look for revision in revisions for look in _refs(revision)]
        paths = _as_paths(command, revisions, cwd)
        return (GitRef("HEAD"), GitRef(INDEX), GitRef(FLAGS), *looks, *paths)
    ranges = [revision for revision in revisions if ".." in revision]
    if Word("--") not in command and len(revisions) != 1 and not all(map(names_commits, revisions)):
        raise NotPlainError("a diff whose words may be paths")
    if len(ranges) == 1 == len(revisions) and not re.match(r"(?:\.\.?/|.*/\.\.)", ranges[0]):
        return (GitRef("HEAD"), *_refs(ranges[0]), *_as_paths(command, ranges, cwd))
    if len(revisions) == 2 and not ranges:
        refs = [look for revision in revisions for look in _refs(revision)]
        return (*refs, *_as_paths(command, revisions, cwd))
    raise NotPlainError("a diff with the work tree")


def _blame(command: Command, cwd: str) -> tuple[Look, ...]:
    options = read_options(command, flags="wsenl", valued="L")
    if any(not re.fullmatch(r"\d+,\+?\d+", lines) for lines in options.all("L")):
        raise NotPlainError("blame of a searched range")
    if not options.rest:
        raise NotPlainError("blame of nothing")
    *before, path = [word.text for word in options.rest]
    refs = [look for revision in before for look in _refs(revision)]
    place_of_file = place(path, cwd)
    is_link = Listing(place_of_file, depth=1, with_link=True)  # which git does not follow
    files = (GitRef(INDEX), File(place_of_file), is_link, GitRef(NO_FILTERS))
    return (GitRef("HEAD"), GitRef(MAILMAP), *refs, *files)


def _ls_files(command: Command, _cwd: str) -> tuple[Look, ...]:
    read_options(command, flags="cz", valued=())
    return (GitRef(TRACKED),)


def _grep(command: Command, cwd: str) -> tuple[Look, ...]:
    options = read_options(
        command,
        flags=frozenset("niwlcEFG#") | {"--line-number", "--ignore-case", "--no-color"},
        valued=frozenset("eABC"),
    )
    revisions, paths = _revisions(command, options)
    patterns = options.all("e")
    if not patterns:
        patterns, revisions = revisions[:1], revisions[1:]
    if not all(patterns) or not patterns:
        raise NotPlainError("a git grep of no pattern")
    looks: list[Look] = [GitRef(TRACKED), GitRef(FLAGS)]
    pattern, is_sure = _pattern(patterns, options)
    if not is_sure:
        looks.append(GitRef(BASIC_PATTERNS))
    around = options.number("C", "#")
    before, after = options.number("B"), options.number("A")
    looks += [look for revision in revisions for look in _searched_revision(revision)]
    if Word("--") not in command:
        paths = revisions  # each word may be either
    for text in paths or ([] if revisions else ["."]):
        if _REVISION.fullmatch(text) and text != ".":
            looks.append(GitRef(text))  # absent, when it is a path
        root = _root_of_pathspec(text, cwd)
        looks.append(
            Tree(root)
            if pattern is None
            else Search(
                root,
                pattern,
                ignore_case=options.has("i", "--ignore-case"),
                before=max(before, around),
                after=max(after, around),
                among=Among.VISIBLE,
            )
        )
    return tuple(looks)


def _pattern(given: list[str], options: Options) -> tuple[str | None, bool]:
    """What a `git grep` finds, None if it is not known; whether it is that for every user."""
    dialects = [_DIALECTS[name] for name, _ in options.given if name in _DIALECTS]
    dialect = dialects[-1] if dialects else Dialect.BASIC
    patterns = [pattern for each in given if (pattern := translate(each, dialect)) is not None]
    # To git one more line, which is empty, stands behind the last end of line.
    if len(patterns) < len(given) or any(re.search(pattern, "") for pattern in patterns):
        return None, True
    joined = "|".join(patterns)
    if options.has("w"):
        joined = rf"(?<!\w)(?:{joined})(?!\w)"
    return joined, bool(dialects) or all(map(_ALIKE.fullmatch, given))


def _searched_revision(text: str) -> list[Look]:
    """What a word of `git grep` that may be a revision depends on as such."""
    if text == "." or text.startswith(_BUT):  # at most a file in the index
        return []
    if _BEYOND_REVISION.search(text):
        raise NotPlainError(f"a search in {text!r}")
    return [] if _NO_REVISION.search(text) else [GitRef(text)]


def _root_of_pathspec(text: str, cwd: str) -> str:
    """The directory or file that holds all that a pathspec stands for; raises NotPlainError."""
    if text.startswith(_BUT):
        return place(".", cwd)
    wild = _WILD.search(text)
    if text.startswith(":") or (wild and ".." in text[wild.start() :].split("/")):
        raise NotPlainError(f"the pathspec {text!r}")
    if wild is None:
        return place(text, cwd)
    above, slash, _ = text[: wild.start()].rpartition("/")
    return place(above or slash or ".", cwd)


def _rev_parse(command: Command, cwd: str) -> tuple[Look, ...]:
    texts = [word.text for word in command[1:]]
    if texts in (["--abbrev-ref", "HEAD"], ["--symbolic-full-name", "HEAD"]):
        return (GitRef(BRANCHES),)
    revisions = [text for text in texts if text not in ("--short", "--verify")]
    if not revisions or any(text.startswith("-") for text in revisions):
        raise NotPlainError("a rev-parse of something else than revisions")
    refs = [look for revision in revisions for look in _refs(revision)]
    return (*refs, *_as_paths(command, revisions, cwd))


def _rev_list(command: Command, cwd: str) -> tuple[Look, ...]:
    return tuple(look for look in _log(command, cwd) if look != GitRef(MAILMAP))


def _merge_base(command: Command, _cwd: str) -> tuple[Look, ...]:
    options = read_options(command, flags=("--all", "--is-ancestor"))
    if not options.rest:
        raise NotPlainError("a merge-base of nothing")
    return tuple(look for word in options.rest for look in _refs(word.text))


def _object(command: Command, _cwd: str) -> tuple[Look, ...]:
    """`ls-tree` of a revision, and `cat-file` of one object."""
    flags = _TREE_FLAGS if command[0].text == "ls-tree" else "pts"
    options = read_options(command, flags=flags)
    revision, *paths = [word.text for word in options.rest] or [""]
    name = revision.partition(":")[0]
    if not name or (paths and command[0].text == "cat-file"):
        raise NotPlainError("a tree or an object of no revision")
    return tuple(_refs(name))


def _shortlog(command: Command, cwd: str) -> tuple[Look, ...]:
    options = read_options(command, flags=_SHORTLOG_FLAGS)
    revisions, _ = _revisions(command, options)
    if not revisions:
        raise NotPlainError("a shortlog that would read its standard input")
    refs = [look for revision in revisions for look in _refs(revision)]
    return (GitRef("HEAD"), GitRef(MAILMAP), *refs, *_as_paths(command, revisions, cwd))


def _branch(command: Command, _cwd: str) -> tuple[Look, ...]:
    allowed = {"-a", "-r", "--list", "-l", "--show-current", "--all"}
    if any(word.text not in allowed for word in command[1:]):
        # `-v` shows how far a branch is from the one that it is configured to follow.
        raise NotPlainError("a branch command that may write, or shows what is configured")
    return (GitRef(BRANCHES),)


def _tag(command: Command, _cwd: str) -> tuple[Look, ...]:
    """Names of tags alone; a name without `--list` would be a new tag."""
    options = read_options(command, flags=frozenset("l") | {"--list"}, valued=("--sort",))
    if not all(map(_SORTS.fullmatch, options.all("--sort"))):
        raise NotPlainError("tags in an order that may rest on more than they are")
    if options.rest and not options.has("l", "--list"):
        raise NotPlainError("a tag command that writes")
    return (GitRef(TAGS),)


# Of purpose not here: `stash list` shows the reflog, `remote -v` addresses that are configured and
# may hold credentials, `worktree list` paths that are beyond the work tree.
_READERS = {
    "log": _log,
    "show": _log,
    "diff": _diff,
    "blame": _blame,
    "ls-files": _ls_files,
    "grep": _grep,
    "rev-parse": _rev_parse,
    "rev-list": _rev_list,
    "merge-base": _merge_base,
    "ls-tree": _object,
    "cat-file": _object,
    "shortlog": _shortlog,
    "branch": _branch,
    "tag": _tag,
}
