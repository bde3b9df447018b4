"""What grep and ripgrep commands look at; a search that is not surely understood is a Tree."""

import re

from agentcache.core.evidence import Among, Listing, Look, Search, Tree
from agentcache.core.pattern import Dialect, translate
from agentcache.core.plain_glob import covering
from agentcache.core.shell_options import Options, place, read_options, tree_of_glob
from agentcache.core.shell_words import Command, NotPlainError, Word

_GREP_FLAGS = frozenset("rRniEFGPlLcvwxohHsqaIb#") | {
    "--recursive", "--line-number", "--ignore-case", "--extended-regexp", "--fixed-strings",
    "--basic-regexp", "--perl-regexp", "--files-with-matches", "--files-without-match", "--count",
    "--invert-match", "--word-regexp", "--line-regexp", "--only-matching", "--no-filename",
    "--with-filename", "--no-messages", "--quiet", "--color", "--colour", "--text",
    "--dereference-recursive",
}  # fmt: skip
_GREP_VALUED = frozenset("eABCm") | {
    "--regexp", "--after-context", "--before-context", "--context", "--max-count", "--include",
    "--exclude", "--exclude-dir", "--color", "--colour",
}  # fmt: skip
_RG_FLAGS = frozenset("nNisSFlcvwxoqHIUPau") | {
    "--line-number", "--no-line-number", "--ignore-case", "--case-sensitive", "--smart-case",
    "--fixed-strings", "--files-with-matches", "--files-without-match", "--count",
    "--count-matches", "--invert-match", "--word-regexp", "--line-regexp", "--only-matching",
    "--quiet", "--with-filename", "--no-filename", "--multiline", "--pcre2", "--text", "--hidden",
    "--no-ignore", "--no-ignore-vcs", "--no-heading", "--heading", "--files", "--column",
    "--no-messages", "--trim", "--multiline-dotall", "--no-config",
}  # fmt: skip
_RG_VALUED = frozenset("eABCmMgtTrdj") | {
    "--regexp", "--after-context", "--before-context", "--context", "--max-count", "--glob",
    "--type", "--type-not", "--max-depth", "--color", "--sort", "--max-columns", "--replace",
    "--threads", "--iglob",
}  # fmt: skip

_CASES = {
    "i": "ignore", "--ignore-case": "ignore", "s": "heed", "--case-sensitive": "heed",
    "S": "smart", "--smart-case": "smart",
}  # fmt: skip
_SORTS = frozenset({"path", "none"})
"""The orders of ripgrep that rest on no times of files."""

RIPGREP_TYPES = {
    "py": "*.{py,pyi}",
    "js": "*.{js,jsx,cjs,mjs,vue}",
    "ts": "*.{ts,tsx,cts,mts}",
    "rust": "*.rs",
    "go": "*.go",
    "json": "{*.json,*.sarif,composer.lock}",
    "toml": "{*.toml,Cargo.lock}",
}
"""Globs of the file types of ripgrep that are asked for most; other types are searched whole."""


def grep_looks(command: Command, *, cwd: str, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """The Looks of grep, egrep or fgrep, and whether its output lists all that they found."""
    options = search_options(command)
    recursive = options.has("r", "--recursive", "R", "--dereference-recursive")
    ignore_case = options.has("i", "--ignore-case")
    pattern = _pattern(_patterns(options), _grep_dialect(command[0].text, options), options)
    if not options.rest and not recursive:
        if not piped:
            raise NotPlainError("grep would read its standard input")
        return (), False
    roots = options.rest or [Word(".")]
    broad = options.has(
        "v", "--invert-match", "L", "--files-without-match", "a", "--text", "b",
        "R", "--dereference-recursive", "P", "--perl-regexp",
    )  # fmt: skip
    if broad:
        pattern = None
    is_counted = options.has("c", "--count")
    names_only = not is_counted and options.has("l", "--files-with-matches", "q", "--quiet")
    include = _grep_include(command, options)
    looks = [
        _search(
            root,
            cwd,
            pattern,
            options,
            include=include,
            names_only=names_only,
            ignore_case=ignore_case,
        )
        for root in roots
    ]
    if is_counted:
        looks += [Listing(place(root.text, cwd)) for root in roots if root.glob_at < 0]
    plain = not options.has(
        "c", "--count", "o", "--only-matching", "q", "--quiet", "--exclude", "--exclude-dir",
        "m", "--max-count",
    )  # fmt: skip
    return tuple(looks), plain


def rg_looks(command: Command, *, cwd: str, piped: bool) -> tuple[tuple[Look, ...], bool]:
    """The Looks of ripgrep, and whether its output lists all that they found."""
    options = search_options(command)
    unrestricted = sum(name == "u" for name, _ in options.given)
    if options.has("--no-ignore-vcs"):
        raise NotPlainError("ripgrep with its own ignore rules alone")
    if not _SORTS.issuperset(options.all("--sort")):
        raise NotPlainError("ripgrep in the order of times, which no look has")
    among = Among.ALL if unrestricted or options.has("--no-ignore") else Among.VISIBLE
    include = _rg_include(options)
    if options.has("--files"):
        return _rg_files(options, cwd, include, among), False
    dialect = Dialect.FIXED if options.has("F", "--fixed-strings") else Dialect.RUST
    patterns = _patterns(options)
    pattern = _pattern(patterns, dialect, options)
    names_only = options.has("l", "--files-with-matches", "q", "--quiet") and not options.has(
        "c", "--count", "--count-matches"
    )
    if piped and not options.rest:
        return (), False
    if unrestricted > 2 or options.has(
        "v", "--invert-match", "--files-without-match", "U", "--multiline", "--multiline-dotall",
        "P", "--pcre2", "a", "--text",
    ):  # fmt: skip
        pattern = None
    looks = tuple(
        _search(
            root,
            cwd,
            pattern,
            options,
            include=include,
            names_only=names_only,
            among=among,
            ignore_case=_rg_ignores_case(options, patterns),
        )
        for root in options.rest or [Word(".")]
    )
    plain = not options.has(
        "c", "--count", "--count-matches", "o", "--only-matching", "q", "--quiet", "r", "--replace",
        "m", "--max-count", "T", "--type-not", "M", "--max-columns", "--column", "--iglob", "d",
        "--max-depth", "--trim", "I", "--no-filename",
    )  # fmt: skip
    is_wider = any(glob[0] == "!" or "?" in glob for glob in options.all("g", "--glob") if glob)
    return with_rules(looks, among), plain and not is_wider


def search_options(command: Command) -> Options:
    """What a grep or ripgrep command was given; raises NotPlainError."""
    is_rg = command[0].text == "rg"
    flags, valued = (_RG_FLAGS, _RG_VALUED) if is_rg else (_GREP_FLAGS, _GREP_VALUED)
    return read_options(command, flags=flags, valued=valued)


def numbers_lines(command: Command) -> bool:
    """Whether a grep or ripgrep command was asked for the numbers of lines."""
    options = search_options(command)
    return options.has("n", "--line-number") and not options.has("N", "--no-line-number")


def with_rules(looks: tuple[Look, ...], among: Among) -> tuple[Look, ...]:
    """`looks` with the ignore rules that a Tree, which a search became, does not know of."""
    if among is Among.ALL:
        return looks
    rules = [Listing(look.root, among=among) for look in looks if isinstance(look, Tree)]
    return (*looks, *rules)


def ripgrep_include(globs: list[str], types: list[str]) -> str:
    """One glob that covers ripgrep's `--glob` and `--type`; "" for all files that are not ignored.

    Raises NotPlainError when no glob does: ignored files that a glob asks for are searched too.
    """
    asked = [covering(glob.removeprefix("/")) for glob in globs if not glob.startswith("!")]
    if not asked:
        return "" if globs else _union([RIPGREP_TYPES.get(kind, "") for kind in types])
    if "" in asked:
        raise NotPlainError(f"the globs {globs!r}")
    return _union(asked)  # others, and types, leave out some of it


def has_capitals(pattern: str) -> bool:
    """Whether ripgrep's smart case takes `pattern` as it is written."""
    return any(letter.isupper() for letter in re.sub(r"\\.", "", pattern))


def _rg_ignores_case(options: Options, patterns: list[str]) -> bool:
    """As the last option on it says: names alone must not be found by a wider reading."""
    said = [_CASES[name] for name, _ in options.given if name in _CASES]
    if not said or said[-1] != "smart":
        return bool(said) and said[-1] == "ignore"
    if options.has("F", "--fixed-strings") or any("[:" in pattern for pattern in patterns):
        raise NotPlainError("smart case where letters are told in another way")
    return not any(map(has_capitals, patterns))


def _grep_include(command: Command, options: Options) -> str:
    """As a shell and `fnmatch` read them: classes by the locale, braces in no quoted word.

    What matches no glob is searched too where the first one excludes (grep's manual, `--include`).
    """
    globs = options.all("--include")
    order = [name for name, _ in options.given if name in ("--include", "--exclude")]
    if order[:1] == ["--exclude"]:
        return ""
    quoted = {word.text.removeprefix("--include=") for word in command if word.glob_at < 0}
    if any(re.search(r"[/\[]", glob) or ("{" in glob and glob in quoted) for glob in globs):
        return ""
    return _union([covering(glob) for glob in globs])


def _rg_include(options: Options) -> str:
    if not all(glob.startswith("!") for glob in options.all("--iglob")):
        raise NotPlainError("a glob that ignores case")
    return ripgrep_include(options.all("g", "--glob"), options.all("t", "--type"))


def _rg_files(options: Options, cwd: str, include: str, among: Among) -> tuple[Look, ...]:
    if "/" in include:  # it starts from the current directory, that of a listing from its root
        raise NotPlainError(f"the glob {include!r}")
    roots = options.rest or [Word(".")]
    return tuple(Listing(_root(root, cwd), include, among=among) for root in roots)


def _union(globs: list[str]) -> str:
    if not globs or "" in globs:
        return ""
    return globs[0] if len(globs) == 1 else "{" + ",".join(globs) + "}"


def _grep_dialect(name: str, options: Options) -> Dialect:
    if options.has("F", "--fixed-strings") or name == "fgrep":
        return Dialect.FIXED
    if options.has("E", "--extended-regexp") or name == "egrep":
        return Dialect.EXTENDED
    return Dialect.BASIC


def _patterns(options: Options) -> list[str]:
    patterns = options.all("e", "--regexp")
    if patterns:
        return patterns
    if not options.rest:
        raise NotPlainError("a search without a pattern")
    first = options.rest.pop(0)
    if first.glob_at >= 0:
        raise NotPlainError(f"an unquoted glob in the pattern {first.text!r}")
    return [first.text]


def _pattern(patterns: list[str], dialect: Dialect, options: Options) -> str | None:
    """The patterns as one of Python's, whole words and lines included; None when not sure."""
    translated = [translate(pattern, dialect) for pattern in patterns]
    if any(pattern is None for pattern in translated):
        return None
    joined = "|".join(pattern for pattern in translated if pattern is not None)
    if options.has("x", "--line-regexp"):
        return f"^(?:{joined})$"
    if options.has("w", "--word-regexp"):
        return rf"(?<!\w)(?:{joined})(?!\w)"
    return joined


def _root(root: Word, cwd: str) -> str:
    if root.glob_at >= 0:
        raise NotPlainError(f"an unquoted glob in {root.text!r}")
    return place(root.text, cwd)


def _search(
    root: Word,
    cwd: str,
    pattern: str | None,
    options: Options,
    *,
    include: str,
    names_only: bool,
    ignore_case: bool,
    among: Among = Among.ALL,
) -> Look:
    if root.glob_at >= 0:
        return tree_of_glob(root, cwd)
    path = place(root.text, cwd)
    around = options.number("C", "--context", "#")
    before = options.number("B", "--before-context")
    after = options.number("A", "--after-context")
    if pattern is None:
        return Tree(path)
    return Search(
        path,
        pattern,
        ignore_case=ignore_case,
        include=include,
        before=max(before, around),
        after=max(after, around),
        names_only=names_only,
        among=among,
    )
