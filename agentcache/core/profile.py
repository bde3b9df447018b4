"""The static part of a system prompt: what is left once the facts of the moment are taken out.

Recognised facts (dates, times, ids, git state, working directories) must not split scopes; every
other character must. What is not surely a fact of the moment stays.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from agentcache.core.moment import DAY, MONTH, spellings


class FactKind(StrEnum):
    """What a volatile fact tells."""

    TIME = "time"
    ID = "id"
    GIT = "git"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Fact:
    """One volatile fact as it stood in the prompt."""

    kind: FactKind
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """`static`: the text with a mark in the place of every fact; `facts`: what was taken out."""

    static: str
    facts: tuple[Fact, ...]


_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AP]M)?(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"

# What is another one each time an agent begins, or says something.
_RUN = r"(?:session|request|conversation|trace|run|thread|message|prompt|instance|turn|chat)s?"

# A status or commit line counts only below a heading that announces it, and only in git's shape.
# Some hosts write `git: ` before each line of theirs.
_GIT = r"(?:git:[ \t]*+)?"
_NOTED = r"(?:[ \t]*\([^()\n]*\))?[ \t]*:"
_GIT_HEADING = rf"(?:(?:git[ _-]?)?status|(?:recent|last|latest) (?:\d+ )?commits){_NOTED}"
_PATH = r"(?:\"[^\"\n]+\"|\S+)"
_STATUS_LINE = (
    rf"{_GIT}[ \t]*(?:[-*] )?[ MADRCUT?!]{{0,1}}[MADRCUT?!]+[ \t]+{_PATH}(?: -> {_PATH})?"
    r"[ \t]*(?=\n|\Z)"
)
_COMMIT_LINE = rf"{_GIT}[ \t]*(?:[-*] )?[0-9a-f]{{7,40}} [^\n]*"
_CUT_LINE = rf"{_GIT}[ \t]*\.\.\. ?\(truncated[^\n]*"
_CLEAN = rf"{_GIT}[ \t]*\(?(?:working tree )?clean\)?[ \t]*$"

# What is taken out is the group of each pattern, or the whole match where there is none.
_FACTS: tuple[tuple[FactKind, re.Pattern[str]], ...] = (
    (
        FactKind.GIT,
        re.compile(
            rf"(?im)^{_GIT}[^\w\n]{{0,6}}(?:current )?{_GIT_HEADING}(?:\n?{_CLEAN}"
            rf"|[ \t]*(?:\n(?-i:{_STATUS_LINE}|{_COMMIT_LINE}|{_CUT_LINE}))+)"
        ),
    ),
    (
        FactKind.GIT,
        re.compile(
            rf"(?im)^{_GIT}[^\w\n]{{0,6}}(?:current|git|main) branch{_NOTED}[ \t]*\S+[ \t]*$"
        ),
    ),
    (
        FactKind.DIRECTORY,
        re.compile(r"(?im)(?:\b(?:directory|cwd|pwd)[ \t]*:[ \t]*|<cwd>)(/[^\n<]*)"),
    ),
    (
        FactKind.TIME,
        re.compile(
            rf"(?im)(?:(?:\b(?:today|now)|\bcurrent(?:[ _-]?\w+){{0,2}}?[ _-]?(?:date|time|day))"
            r"[^\n]{0,40}?|^[^\w\n]{0,6}(?:date|time)(?:[ _/-]?(?:and )?(?:time|stamp|now|utc))?"
            r"(?: is|[ \t]*\([^()\n]*\))?[ \t]*[:=]?[ \t]*)\b"
            rf"((?:{DAY},?\s+)?\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{_CLOCK})?"
            rf"(?:,?[ ]\(?{DAY}\b\)?)?"
            rf"|(?:{DAY},?\s+)?{MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}(?:,?\s+{_CLOCK})?"
            rf"|(?:{DAY},?\s+)?\d{{1,2}}\s+{MONTH}\.?,?\s+\d{{4}}(?:,?\s+{_CLOCK})?"
            rf"|{DAY}\s+{MONTH}\s+\d{{1,2}}\s+(?:{_CLOCK}\s+)?(?:[A-Z]{{3,4}}\s+)?\d{{4}}"
            rf"|\d{{1,2}}/\d{{1,2}}/\d{{4}}(?:,?\s+{_CLOCK})?"
            r"|\d{1,2}:\d{2}:\d{2}(?:\.\d+)?)(?!\w)"
        ),
    ),
    (
        FactKind.ID,
        re.compile(
            # An id without such a name may be a customer's, by which the answer is another one.
            # The files of a run stand below a directory of the moment or of the host.
            rf"(?i)(?:(?:\b{_RUN}\b[^\n]{{0,40}}?|(?:\b(?:te?mp|var)|/\.[\w-]+)/[^\s\"'`]{{0,200}}?)"
            r"\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"
            # Claude Code's version ends in a digest of the question.
            r"|\bcch=([0-9a-z]+)|\bcc_version=\d+\.\d+\.\d+\.([0-9a-f]{3})(?=;)"
            # The file for a plan has a name of its own in each session.
            r"|/\.claude/plans/([a-z0-9-]+)(?=\.md\b)"
            r"|\bsession[ _-]id(?:: |=)([0-9a-z_-]+))"
        ),
    ),
)


@lru_cache(maxsize=256)
def read_profile(text: str, *, root: str = "") -> Profile:
    """Part `text` into its static part and its facts; `root` is a work tree to leave out of it."""
    facts: list[Fact] = []
    for kind, pattern in _FACTS:

        def take(match: re.Match[str], kind: FactKind = kind) -> str:
            start, end = match.span(match.lastindex or 0)
            facts.append(Fact(kind, match.string[start:end].strip()))
            # A clean tree leaves the git lines out altogether, so they leave no mark either.
            mark = "" if kind is FactKind.GIT else f"\x00{kind}\x00"
            return match.string[match.start() : start] + mark + match.string[end : match.end()]

        text = pattern.sub(take, text)
    if root:
        text = re.sub(rf"{re.escape(root)}(?![\w.-])", "\x00root\x00", text)
    return Profile(re.sub(r"\n\s*\n", "\n", text), tuple(facts))


def leans_on(facts: tuple[Fact, ...], answer: str, seen: str) -> Fact | None:
    """A fact that `answer` repeats although nothing the tools showed (`seen`) holds it.

    Only what cannot well stand in an answer by chance counts: dates, times, paths, ids, branches.
    """
    for fact in facts:
        tokens = _telling(fact)
        if fact.kind is FactKind.TIME:
            tokens += spellings(fact.text)
        for token in tokens:
            if token in answer and token not in seen:
                return fact
    return None


def is_git_line(line: str) -> bool:
    """Whether git says `line` of a status or of a commit, in the shape in which hosts repeat it."""
    return any(shape.fullmatch(line) for shape in (_STATUS, _COMMIT, _CUT, _ALL_CLEAN))


def changed_names(facts: Iterable[Fact]) -> set[str]:
    """The names, without directories, of the files that git's status in `facts` calls changed."""
    lines = (line for fact in facts if fact.kind is FactKind.GIT for line in fact.text.splitlines())
    paths = (_end_of(line) for line in lines if _STATUS.fullmatch(line))
    return {path.strip('"').rpartition("/")[2] or path for path in paths}


def _telling(fact: Fact) -> list[str]:
    tokens: list[str] = _TELLING.findall(fact.text)
    if fact.kind is FactKind.GIT:
        ends = [_end_of(line) for line in fact.text.splitlines() if line.strip()]
        return tokens + [end for end in ends if len(end) > 3 and end not in ("main", "master")]
    return [*tokens, fact.text] if len(fact.text) > 3 else tokens


def _end_of(line: str) -> str:
    """What a line of git's tells: a commit's subject, a path, or a branch; "" for no such line."""
    if _CUT.fullmatch(line):
        return ""
    commit = _COMMIT.fullmatch(line)
    return commit[1] if commit is not None else line.rsplit(maxsplit=1)[-1]


_STATUS = re.compile(_STATUS_LINE)
_COMMIT = re.compile(rf"{_GIT}[ \t]*(?:[-*] )?[0-9a-f]{{7,40}} ([^\n]*)")
_CUT = re.compile(_CUT_LINE)
_ALL_CLEAN = re.compile(rf"(?i){_CLEAN}")
_TELLING = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}:\d{2}|\b(?=\w*\d)[0-9a-f]{7,40}\b")
