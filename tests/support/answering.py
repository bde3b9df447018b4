"""An answerer that can be run again: questions about a Python repository, and tools to answer them.

The tools run on the files of one commit and print what agents' tools print. They are written
without the code under test, so that their output is an oracle for it.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from agentcache.core.agreement_search import shows_numbers
from agentcache.core.evidence import Among, File, Lines, Listing, Look, Search
from agentcache.repo.objects import Blobs, read_rows
from agentcache.repo.worktree import WorkTree

_DEFINED = re.compile(rb"^(?:    )?(?:def|class) ([A-Za-z]\w{3,})", re.MULTILINE)
_IMPORTED = re.compile(rb"^(?:from|import) ([A-Za-z][\w.]*)", re.MULTILINE)
_DEFAULT = re.compile(
    rb"^\s+(?:self\.)?([a-z]\w{3,})(?:: [\w\[\], |\"]+)? ?= ?[\w\"'(\[]", re.MULTILINE
)
_MOST_SHOWN = 12
_AROUND = 6
_MOST_COMMON = 3


class Use(NamedTuple):
    """One use of a tool: what it looked at, what it printed, and how to run it again."""

    look: Look
    printed: str
    again: "Callable[[Tools], str]"
    found: tuple[str, ...]  # the files whose content it showed, or whose names it found


@dataclass(slots=True)
class Tools:
    """The reading tools on the files of one commit; `uses` is what was done with them."""

    files: dict[str, bytes]
    uses: list[Use] = field(default_factory=list)

    def grep(
        self, pattern: str, *, names_only: bool = False, numbered: bool = True, after: int = 0
    ) -> list[tuple[str, int, str]]:
        """`rg -g '*.py'`: path, line number and text of each match."""
        hits = list(self._hits(pattern))
        printed = self._printed(hits, names_only=names_only, numbered=numbered, after=after)
        look = Search(
            ".", pattern, include="*.py", after=after, names_only=names_only, among=Among.VISIBLE,
            numbered=names_only or shows_numbers(printed),  # as `gather` judges it
        )  # fmt: skip
        self._note(
            look,
            printed,
            lambda tools: tools._again_grep(look, numbered=numbered),
            tuple(dict.fromkeys(path for path, _, _ in hits)),
        )
        return hits

    def read(self, path: str, start: int, end: int) -> list[str]:
        """`Read`: some lines of a file, each with its number."""
        printed = self._numbered(path, start, end)
        self._note(
            Lines(path, start, end),
            printed,
            lambda tools: tools._numbered(path, start, end),
            (path,),
        )
        return self._lines(path)[start - 1 : end]

    def cat(self, path: str) -> str:
        """A whole file."""
        printed = self._text(path)
        self._note(File(path), printed, lambda tools: tools._text(path), (path,))
        return printed

    def glob(self, pattern: str) -> list[str]:
        """The names of files whose last part matches."""
        found = self._named(pattern)
        look = Listing(".", pattern, among=Among.VISIBLE)
        self._note(look, "\n".join(found), lambda tools: "\n".join(tools._named(pattern)), ())
        return found

    def _note(
        self, look: Look, printed: str, again: "Callable[[Tools], str]", found: tuple[str, ...]
    ) -> None:
        self.uses.append(Use(look, printed, again, found))

    def _hits(self, pattern: str) -> Iterator[tuple[str, int, str]]:
        whole = re.compile(pattern.encode(), re.MULTILINE)
        for path in sorted(self.files):
            content = self.files[path]
            if not path.endswith(".py") or b"\0" in content or not whole.search(content):
                continue
            for number, line in enumerate(self._lines(path), 1):
                if re.search(pattern, line):
                    yield path, number, line

    def _again_grep(self, look: Search, *, numbered: bool) -> str:
        hits = list(self._hits(look.pattern))
        return self._printed(hits, names_only=look.names_only, numbered=numbered, after=look.after)

    def _printed(
        self, hits: Sequence[tuple[str, int, str]], *, names_only: bool, numbered: bool, after: int
    ) -> str:
        if names_only:
            return "\n".join(dict.fromkeys(path for path, _, _ in hits))
        shown: dict[tuple[str, int], str] = {}
        for path, number, _ in hits:
            for place, line in enumerate(self._lines(path)[number - 1 : number + after], number):
                shown[path, place] = line
        return "\n".join(
            f"{path}:{place}:{line}" if numbered else f"{path}:{line}"
            for (path, place), line in shown.items()
        )

    def _named(self, pattern: str) -> list[str]:
        return sorted(path for path in self.files if fnmatchcase(path.rpartition("/")[2], pattern))

    def _text(self, path: str) -> str:
        content = self.files.get(path)
        return "no such file" if content is None else content.decode(errors="replace")

    def _lines(self, path: str) -> list[str]:
        lines = self._text(path).split("\n")
        return lines[:-1] if lines[-1] == "" else lines

    def _numbered(self, path: str, start: int, end: int) -> str:
        lines = self._lines(path)[start - 1 : end]
        return "\n".join(f"{number}\t{line}" for number, line in enumerate(lines, start))


@dataclass(frozen=True, slots=True)
class Question:
    """`kind` is one of KINDS; `numbered`: whether the host's search shows line numbers."""

    kind: str
    subject: str
    numbered: bool

    def answer(self, tools: Tools) -> str:
        """What an agent would say, from nothing but what the tools print."""
        return _ANSWERS[self.kind](self, tools)


def files_at(tree: WorkTree, commit: str, blobs: Blobs) -> dict[str, bytes]:
    """Every regular file of a commit, by path."""
    rows = read_rows(tree, commit)
    return {row.path: blobs.read(row.object_id) for row in rows if row.is_file}


def questions_on(files: dict[str, bytes], count: int, seed: int) -> list[Question]:
    """`count` questions that somebody may ask of these files, each kind equally often."""
    pick = random.Random(seed)  # noqa: S311  # a sample, not a secret
    sources = sorted(path for path in files if path.endswith(".py"))
    code = b"\n".join(files[path] for path in sources)
    subjects = {
        "where is it defined": _words(_DEFINED, code),
        "what is its default": _words(_DEFAULT, code),
        "which files import it": sorted(
            {word.decode(errors="replace") for word in _IMPORTED.findall(code)}
        ),
        "explain the module": [path for path in sources if len(files[path]) > 200],
        "which tests cover it": [
            path for path in sources if "test" not in path and len(files[path]) > 200
        ],
    }
    kinds = [kind for kind in KINDS if subjects[kind]]
    return [
        Question(kind, pick.choice(subjects[kind]), pick.random() < 0.5)
        for _, kind in zip(range(count), kinds * count, strict=False)
    ]


def _words(pattern: re.Pattern[bytes], code: bytes) -> list[str]:
    """The words that are rare enough for somebody to ask about them."""
    counted = Counter(pattern.findall(code))
    return sorted(
        word.decode(errors="replace") for word, count in counted.items() if count <= _MOST_COMMON
    )


def _definition(question: Question, tools: Tools) -> str:
    pattern = rf"^\s*(?:def|class) {question.subject}\b"
    if not question.numbered:
        hits = tools.grep(pattern, numbered=False, after=_AROUND)
        return tools.uses[-1].printed if hits else "nowhere"
    return _first_place(tools, tools.grep(pattern))


def _default(question: Question, tools: Tools) -> str:
    pattern = rf"\b{question.subject}(?:: [\w.]+)? ?= ?"
    if not question.numbered:
        tools.grep(pattern, numbered=False)
        return tools.uses[-1].printed
    return _first_place(tools, tools.grep(pattern))


def _first_place(tools: Tools, hits: Sequence[tuple[str, int, str]]) -> str:
    """What is at the first match, after reading the lines around it."""
    if not hits:
        return "nowhere"
    path, number, _ = hits[0]
    lines = tools.read(path, max(number - 2, 1), number + _AROUND)
    others = [f"{path}:{number}" for path, number, _ in hits[1:_MOST_SHOWN]]
    return "\n".join([f"{path}:{number}", *lines, *others])


def _importers(question: Question, tools: Tools) -> str:
    name = re.escape(question.subject)
    tools.grep(rf"^\s*(?:from|import) {name}\b", names_only=True)
    return tools.uses[-1].printed


def _explanation(question: Question, tools: Tools) -> str:
    text = tools.cat(question.subject)
    kept = [line for line in text.split("\n") if re.match(r"(?:    )?(?:def|class) |\"\"\"", line)]
    return "\n".join([text[:200], *kept])


def _tests(question: Question, tools: Tools) -> str:
    name = question.subject.rpartition("/")[2].removesuffix(".py")
    tests = tools.glob("test_*.py")
    pattern = rf"^\s*(?:from|import) .*\b{re.escape(name)}\b"
    importing = {path for path, _, _ in tools.grep(pattern, names_only=True)}
    return "\n".join(path for path in tests if path in importing or f"test_{name}" in path)


_ANSWERS: dict[str, Callable[[Question, Tools], str]] = {
    "where is it defined": _definition,
    "what is its default": _default,
    "which files import it": _importers,
    "explain the module": _explanation,
    "which tests cover it": _tests,
}
KINDS = tuple(_ANSWERS)
"""What can be asked."""
