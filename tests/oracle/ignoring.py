"""Which files ripgrep goes over, by rules of its own making: the judge must not ask the product.

It knows the few forms of ignore rules that the oracle writes (`RULES`), not all of git's. Rules go
on into nested repositories: there ripgrep forgets them, and hosts that read them themselves do not.
"""

import os
import re
from functools import lru_cache
from pathlib import Path

RULES = (
    "*.log\nbuild/\n",
    "*.log\nbuild/\ngamma.py\n",
    "*.log\nbuild/\n/pkg/core/\n",
    "*.log\nbuild/\n*.md\n!guide.md\n",
    "*.LOG\nBUILD/\nGamma.py\n",
    "# nothing is ignored\n",
)
"""What the oracle writes into ignore files."""


@lru_cache(maxsize=64)
def _rules(text: str) -> tuple[tuple[re.Pattern[str], bool, bool], ...]:
    """Every rule as (pattern of the path below the file, directories only, negated)."""
    rules = []
    for line in text.split("\n"):
        if not line or line.startswith("#"):
            continue
        negated, rule = line.startswith("!"), line.removeprefix("!")
        body = rule.rstrip("/")
        anchor = "" if "/" in body else "(?:.*/)?"
        pattern = anchor + re.escape(body.lstrip("/")).replace(r"\*", "[^/]*")
        rules.append((re.compile(pattern), rule.endswith("/"), negated))
    return tuple(rules)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


class IgnoreRules:
    """The ignore files from the root of a work tree down to some directory in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._exclude = _rules(_text(_common_dir(root) / "info/exclude"))
        self._texts: dict[tuple[str, str], tuple[tuple[re.Pattern[str], bool, bool], ...]] = {}

    def skips(self, path: str, *, is_directory: bool) -> bool:
        """Whether `path`, relative to the root, is left out; those above it are not asked."""
        for name in (".ignore", ".gitignore"):
            parent = path
            while parent:
                parent = os.path.dirname(parent)  # noqa: PTH120  # strings, for speed
                told = self._told(self._of(parent, name), path, parent, is_directory=is_directory)
                if told is not None:
                    return told
        return self._told(self._exclude, path, "", is_directory=is_directory) or False

    def _of(self, parent: str, name: str) -> tuple[tuple[re.Pattern[str], bool, bool], ...]:
        key = (parent, name)
        if key not in self._texts:
            self._texts[key] = _rules(_text(self.root / parent / name))
        return self._texts[key]

    @staticmethod
    def _told(
        rules: tuple[tuple[re.Pattern[str], bool, bool], ...],
        path: str,
        parent: str,
        *,
        is_directory: bool,
    ) -> bool | None:
        below = path.removeprefix(f"{parent}/") if parent else path
        for pattern, directories_only, negated in reversed(rules):
            if (is_directory or not directories_only) and pattern.fullmatch(below):
                return not negated
        return None


def _common_dir(root: Path) -> Path:
    """Where the shared part of `.git` is; a linked worktree has a file there that says so."""
    dot_git = root / ".git"
    if dot_git.is_dir():
        return dot_git
    own = root / _text(dot_git).partition("gitdir:")[2].strip()
    return own / (_text(own / "commondir").strip() or ".")
