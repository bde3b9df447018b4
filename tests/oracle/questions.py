"""Questions about a repository, and the agents that answer them by running tools.

An answer is a pure function of what the tools gave, so of the repository. Every host has its own
way to each answer; the hosts have different prompts, so they share nothing.
"""

import re
import shlex
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from oracle.tools import Arguments, Result, Use

Plan: TypeAlias = Generator[tuple[Use, ...], tuple[Result, ...], str]
"""Gives turns of tool uses, takes their results, and returns the answer."""

NAMES = ("alpha", "beta", "gamma", "Engine")
MODULES = ("alpha", "gamma", "util")
FILES = ("pkg/alpha.py", "pkg/beta.py", "pkg/core/engine.py", "config.toml", "docs/linked.md")
RANGES = ((1, 2), (3, 5), (2, 9))
DIRECTORIES = ("pkg", "pkg/core", "docs")
WORDS = ("TODO", "retries", "zebra")


class Host(StrEnum):
    """Whose tools are used."""

    CLAUDE = "claude"
    SHELL = "shell"
    OPENCODE = "opencode"


TOOL_NAMES: Mapping[Host, tuple[str, ...]] = {
    Host.CLAUDE: ("Read", "Grep", "Glob", "LS", "Bash"),
    Host.SHELL: ("Bash",),
    Host.OPENCODE: ("read", "grep", "glob", "bash"),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked in `texts`, which are the same question in other words; `plan` answers it."""

    texts: tuple[str, ...]
    plan: Callable[[Host, Path], Plan]


def _use(name: str, **arguments: str | int | bool) -> tuple[Use, ...]:
    given: Arguments = arguments
    return (Use(name, given),)


def _bash(command: str) -> tuple[Use, ...]:
    return _use("Bash", command=command)


def _said(results: tuple[Result, ...], root: Path) -> str:
    """The results as an answer would tell them, without the place of the work tree."""
    return "\n".join(result.text for result in results).replace(f"{root}/", "")


def _search(host: Host, pattern: str, top: str, *, names: bool = False) -> tuple[Use, ...]:
    if host is Host.SHELL:
        return _bash(f"grep -r{'l' if names else 'n'}E {shlex.quote(pattern)} {top}")
    if host is Host.OPENCODE:
        return _use("grep", pattern=pattern, path=top)
    if names:
        return _use("Grep", pattern=pattern, path=top)
    return _use("Grep", pattern=pattern, path=top, output_mode="content", **{"-n": True})


def _lines(host: Host, root: Path, path: str, start: int, end: int) -> tuple[Use, ...]:
    count = end - start + 1
    if host is Host.SHELL:
        if start == 1:
            return _bash(f"head -n {end} {path}")
        return _bash(f"sed -n {start},{end}p {path}")
    if host is Host.OPENCODE:
        return _use("read", filePath=str(root / path), offset=start - 1, limit=count)
    return _use("Read", file_path=str(root / path), offset=start, limit=count)


def _whole(host: Host, root: Path, path: str) -> tuple[Use, ...]:
    if host is Host.SHELL:
        return _bash(f"cat {path}")
    if host is Host.OPENCODE:
        return _use("read", filePath=str(root / path))
    return _use("Read", file_path=str(root / path))


def _where(name: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        """Search, then read what stands around the first place."""
        pattern = rf"^(def|class) {name}\b" if host is not Host.SHELL else f"^(def|class) {name}"
        found = yield _search(host, pattern, "." if host is Host.CLAUDE else "pkg")
        said = _said(found, root)
        place = re.search(r"^(\S+?\.py):(?:(\d+):|\n  Line (\d+):)", said, re.MULTILINE)
        if place is None:
            return f"{name} is defined nowhere: {said}"
        line = int(place.group(2) or place.group(3))
        around = yield _lines(host, root, place.group(1), line, line + 2)
        return f"{name} is defined here: {said}\n{_said(around, root)}"

    return Question((f"Where is {name} defined?", f"find the definition of {name}"), plan)


def _imports(module: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        found = yield _search(host, f"import {module}", "pkg", names=True)
        return f"{module} is imported in: {_said(found, root)}"

    return Question((f"Which files import {module}?",), plan)


def _default(name: str, path: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        """An answer smaller than what was read for it."""
        (result,) = yield _whole(host, root, path)
        found = re.search(rf"{name} = (\w+)", result.text)
        return f"The default is {found.group(1)}." if found else f"There is none. {result.is_error}"

    texts = (f"What is the default value of {name} in {path}?",
             f"What is the default of {name} in {path}?")  # fmt: skip
    return Question(texts, plan)


def _say(path: str, start: int, end: int) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        found = yield _lines(host, root, path, start, end)
        return f"{path} says there: {_said(found, root)}"

    return Question((f"What do lines {start} to {end} of {path} say?",), plan)


def _contents(path: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        found = yield _whole(host, root, path)
        return f"{path} holds: {_said(found, root)}"

    return Question((f"What does the file {path} contain?",), plan)


def _both(one: str, other: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        """Two tools in one turn."""
        found = yield (*_whole(host, root, one), *_whole(host, root, other))
        return f"They hold: {_said(found, root)}"

    return Question((f"How do {one} and {other} differ?",), plan)


def _names(directory: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        if host is Host.SHELL:
            found = yield _bash(f"ls {directory}")
        elif host is Host.OPENCODE:
            found = yield _use("glob", pattern=f"{directory}/*")
        else:
            found = yield _use("LS", path=str(root / directory))
        return f"In {directory} are: {_said(found, root)}"

    return Question((f"Which files are in {directory}?", f"List the files in {directory}"), plan)


def _python_files() -> Question:
    def plan(host: Host, root: Path) -> Plan:
        """The answer names the work tree itself where the host shows absolute paths."""
        del root  # the tools start there anyway
        if host is Host.SHELL:
            found = yield _bash("find pkg -name '*.py'")
        else:
            glob = "glob" if host is Host.OPENCODE else "Glob"
            found = yield _use(glob, pattern="**/*.py")
        return f"They are: {' '.join(result.text for result in found)}"

    return Question(("Which *.py files exist in the repository?", "List the *.py files"), plan)


def _mentions(word: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        if host is Host.SHELL:
            found = yield _bash(f"grep -rnE {word} pkg docs")
        else:
            found = yield _search(host, word, "." if host is Host.OPENCODE else "pkg")
        return f"{word} stands here: {_said(found, root)}"

    return Question((f"Which lines mention {word}?",), plan)


def _counted(path: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        """By text that shows only a number, except where the host has no shell."""
        if host is Host.OPENCODE:
            found = yield _whole(host, root, path)
            return f"{len(found[0].text.splitlines())} rows were shown."
        found = yield _bash(f"wc -l {path}")
        return f"It has: {_said(found, root)}"

    return Question((f"How many lines does {path} have?",), plan)


def _shell(text: str, command: str) -> Question:
    def plan(host: Host, root: Path) -> Plan:
        found = yield _use("bash" if host is Host.OPENCODE else "Bash", command=command)
        return f"`{command}` says: {_said(found, root)}"

    return Question((text,), plan)


COMMON: tuple[Question, ...] = (
    *map(_where, NAMES),
    *map(_imports, MODULES),
    _default("retries", "pkg/alpha.py"),
    _default("limit", "config.toml"),
    *(_say(path, *lines) for path in FILES[:4] for lines in RANGES),
    *map(_contents, FILES),
    _both("pkg/alpha.py", "pkg/beta.py"),
    *map(_names, DIRECTORIES),
    _python_files(),
    *map(_mentions, WORDS),
    *(_counted(path) for path in FILES[:2]),
)
"""What needs no real program."""

LOOSE = range(len(COMMON) - len(WORDS) - 2, len(COMMON))
"""The places of those that a shell answers with text that does not prove what was read."""

RARE: tuple[Question, ...] = (
    _shell("Which commit is the first in the log?", "git log -1 --format=%H"),
    _shell("Which subjects has the log?", "git log --oneline -n 3"),
    _shell("Which files are listed in the index?", "git ls-files"),
    _shell("Which branches exist?", "git branch"),
    _shell("Which tracked lines mention retries?", "git grep -n retries"),
    _shell(
        "What does the commit at the top contain of pkg/alpha.py?", "git show HEAD:pkg/alpha.py"
    ),
    _shell("How large are the files in pkg?", "ls -la pkg"),
    _shell("What does ripgrep find for import?", "rg --no-config -n --sort path import pkg"),
    _shell("Which lines of pkg/alpha.py have numbers?", "cat pkg/alpha.py | grep -n '[0-9]'"),
    _shell("What is below pkg/core?", "cd pkg/core && ls"),
    _shell(
        "How many imports has each Python file in pkg?",
        "find pkg -name '*.py' -exec grep -c import {} + | sort",
    ),
    _shell(
        "Which Python files below pkg mention retries?",
        "find pkg -name '*.py' -print0 | xargs -0 grep -n retries | sort",
    ),
    _shell(
        "Which functions does pkg/beta.py define?",
        "printf 'beta:\\n' # its name\nsed -n '/^def /,/return/p' \\\n  pkg/beta.py",
    ),
    _shell("Which names are directly in docs?", "bash -lc 'ls -1 docs'"),
    _shell("How many lines and words has config.toml?", "wc -lw < config.toml"),
    _shell("Is pkg/beta.py the same as pkg/gamma.py?", "diff -q pkg/beta.py pkg/gamma.py | wc -l"),
    _shell("Which files has the commit at the top?", "git ls-tree -r --name-only HEAD"),
    _shell(
        "How long are the Python files that mention limit?",
        "grep -rlE limit pkg --include='*.py' | sort | xargs -r wc -l",
    ),
    _shell(
        "What is the first word of each line at the top of pkg/gamma.py?",
        "awk 'NR>=1 && NR<=9 {print $1}' pkg/gamma.py",
    ),
)
"""What real programs are run for."""
