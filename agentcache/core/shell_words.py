"""A shell line as commands of words, for the plain part of the shell language.

It knows quoting, `cd`-like chains, pipes, `< file` and a loop over words that stand there; other
expansions, substitutions, redirections to files, background jobs and subshells are beyond it, and
it says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

_GLOB = "*?[{"
_TESTS = ("[", "[[")
"""Commands that would be globs if anything followed."""

_PLAIN_STOP = " \t\n|&;<>()"
_BEFORE_INPUT = ("", *" \t\n|&;")
"""What no number of a file stands in."""

_UNSAID = re.compile(r"[ \t]+|\\\n|#[^\n]*")
"""What stands between words and means nothing: blanks, a line that goes on, a comment."""

_UP = re.compile(r"(?<![\w.])\.\.(?![\w.])")
_LOOP = re.compile(
    r"\s*for[ \t]+([A-Za-z_]\w*)[ \t]+in((?:[ \t]+[\w./@+:,*?-]+)+)[ \t]*[;\n]\s*do\s"
    r"((?:(?!\bdone\b).)*+)(?<=[\s;])done\s*;?\s*",
    re.ASCII | re.DOTALL,
)
"""A loop over words that stand there, and mean themselves or what files are named."""

_LONGEST_LOOP = 100_000
"""Characters: those of its words times those of its body."""

_VALUE = r"\$(?:(?P<name>[A-Za-z_]\w*+)|\{(?P<braced>[A-Za-z_]\w*)\})(?!\[|:[A-Za-z&])"
"""To zsh a bracket or a letter behind a colon takes a part of the value."""

_VARIABLE = re.compile(_VALUE, re.ASCII)
_WHOLE = re.compile(rf'("?){_VALUE}\1(?=[ \t\n|&;<>()]|\Z)', re.ASCII)

_SETTING = re.compile(r"(?:GIT_)?PAGER=(?:cat)?|NO_COLOR=1|TERM=dumb")
"""What is set for a command alone and makes no difference to one that prints into a pipe."""

_HARMLESS = re.compile(r"(?:2>\s*/dev/null|2>&1|1?>\s*/dev/null|&>\s*/dev/null)(?=[\s;|&]|$)")


class NotPlainError(Exception):
    """The line uses a part of the shell language that is not read."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as the command gets it. `glob_at`: where an unquoted glob or brace stands, or -1."""

    text: str
    glob_at: int = -1


Command: TypeAlias = tuple[Word, ...]
_TRUE: Command = (Word("true"),)
_NOTHING = Word("/dev/null")

LOOP, LOOP_OF_WHOLE = Word("\0for"), Word("\0for each")
"""What stands as a command, as none is written, for a loop that goes over the files of a glob: all
may be read. By the second each of their names is taken whole."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands joined by `|`; `joiner` is what stood before it: "", `;`, `&&` or `||`.

    `is_silent`: the output of one of them goes nowhere. `is_mixed`: the errors of one of them are
    input of the next.
    """

    commands: tuple[Command, ...]
    joiner: str
    is_silent: bool = False
    is_mixed: bool = False


def split_line(line: str, *, may_go_up: bool = True) -> tuple[Pipe, ...]:
    """All pipes of `line` in their order; raises NotPlainError.

    Whether `..` leads up from a link is told elsewhere, from the whole line and in a simpler way:
    where that would not find its words, no word of it `may_go_up`.
    """
    loop = _LOOP.fullmatch(line)
    if loop is None:
        return _Splitter(line, {}, may_go_up=may_go_up).split()
    name, words, body = loop.groups()
    if len(words) * len(body) > _LONGEST_LOOP:
        raise NotPlainError("a loop that makes a long line")
    values = [_plain_word(word) for word in words.split()]
    rounds = [_round(body, {name: value}) for value in values]
    pipes = [replace(pipe, joiner=pipe.joiner or ";") for each, _ in rounds for pipe in each]
    expand = LOOP_OF_WHOLE if not any(is_divided for _, is_divided in rounds) else LOOP
    globs = [Pipe(((expand, value),), ";") for value in values if value.glob_at >= 0]
    return (*globs, *pipes)


def _plain_word(text: str) -> Word:
    glob = re.search(r"[*?]", text)
    return Word(text, glob.start() if glob else -1)


def _round(body: str, values: Mapping[str, Word]) -> tuple[list[Pipe], bool]:
    """What is done in one round of a loop, and whether a value may be divided at its blanks.

    It ends where a command may begin. A glob is a value as if each command had all that it expands
    to.
    """
    splitter = _Splitter(f"{body}true", values, may_go_up=False)
    *pipes, last = splitter.split()
    if last != Pipe((_TRUE,), ";") or not pipes:
        raise NotPlainError("a loop without an end, or without a body")
    return pipes, splitter.is_divided


class _Splitter:
    """`values`: of the variables that are known."""

    def __init__(self, line: str, values: Mapping[str, Word], *, may_go_up: bool) -> None:
        self.line = line
        self.values = values
        self.at = 0
        self.pipes: list[Pipe] = []
        self.commands: list[Command] = []
        self.words: list[Word] = []
        self.inputs: list[Word] = []
        self.joiner = ""
        self.is_silent = False
        self.is_mixed = False
        self.tells_errors = False
        self.is_divided = False
        self.may_go_up = may_go_up
        self._quotes = {
            "'": self._until_quote, '"': self._double_quoted, "\\": self._escaped,
        }  # fmt: skip

    def split(self) -> tuple[Pipe, ...]:
        if "\0" in self.line or "\r" in self.line:
            raise NotPlainError("control characters")
        while self.at < len(self.line):
            self._step()
        self._end_pipe(";", is_last=True)
        if not self.may_go_up and any(_UP.search(word.text) for word in self._all_words()):
            raise NotPlainError("a path upwards in a line that has no plain words")
        return tuple(self.pipes)

    def _all_words(self) -> Iterator[Word]:
        for pipe in self.pipes:
            for command in pipe.commands:
                yield from command

    def _step(self) -> None:
        here = self.line[self.at]
        if (unsaid := _UNSAID.match(self.line, self.at)) is not None:
            self.at = unsaid.end()
            self.may_go_up = self.may_go_up and here in " \t"
        elif (harmless := _HARMLESS.match(self.line, self.at)) is not None:
            self.at = harmless.end()
            self.is_silent = self.is_silent or not harmless.group().startswith("2")
            self.tells_errors = self.tells_errors or harmless.group() == "2>&1"
        elif self.line.startswith(("&&", "||"), self.at):
            self._end_pipe(self.line[self.at : self.at + 2])
            self.at += 2
        elif here in ";\n":
            self._end_pipe(";")
            self.at += 1
        elif here == "|" and not self.line.startswith("|&", self.at):
            self.is_mixed = self.is_mixed or self.tells_errors
            self._end_command()
            self.at += 1
        elif here == "<" and self.line[self.at - 1 : self.at] in _BEFORE_INPUT:
            self._read_input()
        elif here in "|&<>()":
            raise NotPlainError(f"{here!r} at {self.at}")
        else:
            self.words.append(self._word())

    def _read_input(self) -> None:
        """`< file` behind a blank; one of several files is read, or all."""
        at = self.at + 1
        while self.line[at : at + 1] in (" ", "\t"):
            at += 1
        if self.commands or self.line[at : at + 1] in ("", *_PLAIN_STOP):
            raise NotPlainError(f"'<' at {self.at}")
        self.at = at
        self.may_go_up = False
        self.inputs.append(self._word())

    def _end_command(self) -> None:
        while len(self.words) > 1 and _SETTING.fullmatch(self.words[0].text):
            del self.words[0]
        if not self.words:
            raise NotPlainError("an empty command")
        files = [word for word in self.inputs if word != _NOTHING]
        if files and self.words[0] == Word("rg"):
            raise NotPlainError("rg, which may read its input or not")
        if files:
            self.commands.append((Word("cat"), Word("--"), *files))
        self.inputs = []
        self.commands.append(tuple(self.words))
        self.words = []
        self.tells_errors = False

    def _end_pipe(self, joiner: str, *, is_last: bool = False) -> None:
        if not self.words and not self.commands:
            # An empty line between commands is nothing; `&&` at the end is an error.
            if joiner != ";" or (is_last and self.joiner in ("&&", "||")):
                raise NotPlainError("an empty command")
            return
        self._end_command()
        self.pipes.append(Pipe(tuple(self.commands), self.joiner, self.is_silent, self.is_mixed))
        self.commands = []
        self.is_silent = self.is_mixed = False
        self.joiner = joiner

    def _word(self) -> Word:
        whole = _WHOLE.match(self.line, self.at)
        value = self.values.get(whole["name"] or whole["braced"]) if whole else None
        if whole is not None and value is not None and not self._is_echo():
            self.at = whole.end()
            self.is_divided = self.is_divided or not whole[1]
            return value
        text: list[str] = []
        quoted = ""
        glob_at = -1
        while self.at < len(self.line) and (here := self.line[self.at]) not in _PLAIN_STOP:
            self.at += 1
            if here in self._quotes:
                text.append(self._quotes[here]())
                quoted += text[-1]
            elif here == "$":
                text.append(self._variable())
            elif here == "`" or (here == "~" and not text):
                raise NotPlainError(f"{here!r} at {self.at - 1}")
            else:
                if here in _GLOB and glob_at < 0:
                    glob_at = sum(map(len, text))
                text.append(here)
        if glob_at >= 0 and "{" in quoted:
            raise NotPlainError("a glob with braces of which some are quoted")
        joined = "".join(text)
        return Word(joined, -1 if joined in _TESTS else glob_at)

    def _until_quote(self) -> str:
        end = self.line.find("'", self.at)
        if end < 0:
            raise NotPlainError("an open quote")
        text = self.line[self.at : end]
        self.at = end + 1
        return text

    def _escaped(self) -> str:
        if self.at >= len(self.line) or self.line[self.at] == "\n":
            raise NotPlainError("a continued line")
        self.at += 1
        return self.line[self.at - 1]

    def _double_quoted(self) -> str:
        text: list[str] = []
        while self.at < len(self.line):
            here = self.line[self.at]
            self.at += 1
            if here == '"':
                return "".join(text)
            if here == "`":
                raise NotPlainError(f"{here!r} at {self.at - 1}")
            if here == "$" and not self._is_bare_dollar():
                text.append(self._variable())
            elif here == "\\" and self.line[self.at : self.at + 1] in ("$", "`", '"', "\\", "\n"):
                text.append(self._escaped())
            else:
                text.append(here)
        raise NotPlainError("an open quote")

    def _variable(self) -> str:
        """The value of the variable whose `$` was passed; raises NotPlainError if not known."""
        found = _VARIABLE.match(self.line, self.at - 1)
        value = None if found is None else self.values.get(found["name"] or found["braced"])
        if found is None or value is None or (value.glob_at >= 0 and not self._is_echo()):
            raise NotPlainError(f"'$' at {self.at - 1}")
        self.at = found.end()
        return value.text

    def _is_echo(self) -> bool:
        """Whether the word is one that is only shown, where what files are named is a text."""
        return self.words[:1] == [Word("echo")]

    def _is_bare_dollar(self) -> bool:
        """A `$` that no name, digit, bracket or parameter follows is itself, as in `"foo$"`."""
        return self.line[self.at : self.at + 1] in (
            '"',
            "|",
            ")",
            " ",
            "/",
            ".",
            ",",
        )
