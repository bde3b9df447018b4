"""The words of one command as options and positionals, by a whitelist of its options."""

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from agentcache.core.evidence import Look, Tree
from agentcache.core.plain_glob import may_lead_out, may_name_git
from agentcache.core.shell_words import Command, NotPlainError, Word

_MAY_GLOB = frozenset({"--include", "--exclude", "--exclude-dir", "--glob", "g", "name"})
"""Options whose attached value is a glob of their own, which a shell hardly ever expands."""

_DOTS = re.compile(r"(?:^|[/{,])\.{1,2}[*?\[]")
"""A wildcard behind dots: for some shells `.*` stands for `..` too."""

_OPTION = re.compile(r"(?=\{).*(?:[{,]-|\.\.)", re.DOTALL)
"""Braces that a shell may make an option of, as in `sort {-o,a} b`."""

_NO_CONTENT = ("/proc", "/sys", "/dev", "/run")
_BELOW_NO_CONTENT = tuple(f"{top}/" for top in _NO_CONTENT)


class Reader(Protocol):
    """From a command in a directory to its Looks, and whether its text is all that they show."""

    def __call__(
        self, command: Command, cwd: str, /, *, piped: bool
    ) -> tuple[tuple[Look, ...], bool]:
        """`piped`: it has the output of another command as its input; raises NotPlainError."""


@dataclass(slots=True)
class Options:
    """What a command was given; a count such as `-5` has the name `#`."""

    given: list[tuple[str, str]] = field(default_factory=list)
    rest: list[Word] = field(default_factory=list)

    def has(self, *names: str) -> bool:
        """Whether one of `names` was given."""
        return any(name in names for name, _ in self.given)

    def all(self, *names: str) -> list[str]:
        """The values of every option of `names`, in order."""
        return [value for name, value in self.given if name in names]

    def number(self, *names: str) -> int:
        """The last value of `names` as a count, 0 when not given; raises NotPlainError."""
        values = self.all(*names)
        if not values:
            return 0
        if not values[-1].isascii() or not values[-1].isdigit():
            raise NotPlainError(f"not a count: {values[-1]!r}")
        return int(values[-1])


def read_options(
    command: Command, *, flags: Collection[str], valued: Collection[str] = ()
) -> Options:
    """Sort the words behind the command's name.

    Short options are single letters, long ones carry their dashes, `#` allows counts. Raises
    NotPlainError on an option that is not listed.
    """
    options = Options()
    words = list(command[1:])
    while words:
        word = words.pop(0)
        if word.text == "--" and word.glob_at < 0:
            options.rest += words
            break
        if word.text.startswith("--"):
            _long(word, words, options, flags, valued)
        elif word.text.startswith("-") and word.text != "-":
            _short(word, words, options, flags, valued)
        else:
            options.rest.append(word)
    return options


def _long(
    word: Word, words: list[Word], options: Options, flags: Collection[str], valued: Collection[str]
) -> None:
    name, equals, value = word.text.partition("=")
    if word.glob_at >= 0 and (name not in _MAY_GLOB or not equals):
        raise NotPlainError(f"a glob in {word.text!r}")
    if equals and name in valued:
        options.given.append((name, value))
    elif not equals and name in flags:
        options.given.append((name, ""))
    elif not equals and name in valued:
        options.given.append((name, _next(words)))
    else:
        raise NotPlainError(f"the option {word.text!r}")


def _short(
    word: Word, words: list[Word], options: Options, flags: Collection[str], valued: Collection[str]
) -> None:
    text = word.text[1:]
    if word.glob_at >= 0 and text[0] not in _MAY_GLOB:
        raise NotPlainError(f"a glob in {word.text!r}")
    if text.isascii() and text.isdigit() and not set(text) <= set(flags):
        if "#" not in flags:
            raise NotPlainError(f"the option {word.text!r}")
        options.given.append(("#", text))
        return
    for place, letter in enumerate(text):
        if letter in valued:
            options.given.append((letter, text[place + 1 :] or _next(words)))
            return
        if letter not in flags or letter == "#":
            raise NotPlainError(f"the option {word.text!r}")
        options.given.append((letter, ""))


def refuse_detached(command: Command, *names: str) -> None:
    """Raise NotPlainError where one of `names` stands without its value in the same word.

    For options whose value may be left out: what follows is then a word of its own.
    """
    for word in command:
        if word.text in names:
            raise NotPlainError(f"the option {word.text!r} without a value")


def _next(words: list[Word]) -> str:
    if not words or words[0].glob_at >= 0:
        raise NotPlainError("an option without a plain value")
    return words.pop(0).text


def place(text: str, cwd: str) -> str:
    """The absolute path that `text` names from `cwd`; raises NotPlainError.

    `name/..` is refused: it is another place when `name` is a symbolic link.
    """
    is_plain = text[:1] == "/" != text[-1:] and "//" not in text and "/." not in text
    path = text if is_plain else _normal(text, cwd)
    if not path.startswith("/") or "\0" in path:
        raise NotPlainError(f"the path {text!r} from {cwd!r}")
    path = "/" + path.lstrip("/")
    if path in _NO_CONTENT or path.startswith(_BELOW_NO_CONTENT):
        raise NotPlainError(f"no files with contents: {path!r}")
    return path


def _normal(text: str, cwd: str) -> str:
    named = False
    for part in text.split("/"):
        if part == ".." and named:
            raise NotPlainError(f"the path {text!r}")
        named = named or part not in ("", ".", "..")
    return posixpath.normpath(posixpath.join(cwd, text)) if text else ""


def tree_of_glob(word: Word, cwd: str) -> Look:
    """Everything that an unquoted glob can expand to: the directory before its first wildcard.

    Raises NotPlainError where it may expand to something elsewhere, or to an option.
    """
    if word.glob_at == 0 and _OPTION.match(word.text):
        raise NotPlainError(f"braces that may be an option: {word.text!r}")
    head, slash, begun = word.text[: word.glob_at].rpartition("/")
    rest = begun + word.text[word.glob_at :]
    if may_lead_out(rest) or may_name_git(rest) or _DOTS.search(rest):
        raise NotPlainError(f"a glob that may lead elsewhere: {word.text!r}")
    return Tree(place(head or slash or ".", cwd))
