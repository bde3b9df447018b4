"""A search and a tree as they are on disk: what they found, and the digest of it.

Tools differ in what a letter is, and in where lines are too long to search. Such lines count as if
they matched, for the digest alone, unless the pattern is plain text: a change in them breaks the
search, whatever the tool had made of them.
"""

import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha1, sha256

from agentcache.core.evidence import ABSENT, Search, Tree
from agentcache.core.required import required_text
from agentcache.core.sight import Found, Seen
from agentcache.errors import ObserveError
from agentcache.repo.globs import matches
from agentcache.repo.reading import Memory, is_binary, is_utf16, status
from agentcache.repo.survey import Survey
from agentcache.repo.walk import link_target, one_line
from agentcache.repo.worktree import WorkTree

_PLAIN = re.compile(r"(?:[\w \-/=:,;<>@!\"'`%&~#]|\\[^\w\r\n])+", re.ASCII)
_UNUSUAL = re.compile(rb"[^\t\r\n\x20-\x7e]")
_UNUSUAL_IN_LINE = re.compile(rb"[^\t\r\x20-\x7e]")
_LONGEST = 4_000
_MOST_STEPS = 20_000_000
"""Of the regular-expression engine on one line; some tenths of a second."""


@dataclass(frozen=True, slots=True)
class InFile:
    """What a search makes of one file; `digest` "" when it found nothing that could be shown.

    `is_open`: some tools may find more in it than what was `found`.
    """

    digest: str
    found: tuple[Found, ...] = ()
    is_open: bool = False


def observe_search(look: Search, survey: Survey, memory: Memory) -> Seen:
    """Every matching line below the root, sorted by path; raises ObserveError."""
    root = survey.tree.to_absolute(look.root)
    top = status(root)
    if top is None:
        return Seen(ABSENT)
    search = FileSearch(look)
    if not os.path.isdir(root):  # noqa: PTH112  # a link to a directory counts as one here
        in_file = search.of_file(look.root, root, memory, is_sure=True)
        return Seen(
            digest_of_file(in_file),
            bases=survey.tree.bases,
            found=in_file.found,
            is_open=in_file.is_open,
        )
    rows: list[bytes] = []
    found: list[Found] = []
    is_open = False
    scene = survey.scene(look.root, among=look.among, include=look.include)
    for name in scene.names:
        if look.include and not matches(name.path, look.include):
            continue
        if name.is_link:
            rows.append(search.row_of_link(name.path, survey.tree, memory, mark=name.mark))
        elif name.is_file:
            in_file = search.of_file(
                name.path,
                survey.tree.to_absolute(name.path),
                memory,
                is_sure=name.is_sure and is_shown_by_all(name.path, look),
            )
            rows.append(file_row(name.path, in_file, mark=name.mark))
            found += in_file.found
            is_open = is_open or in_file.is_open
    digest = digest_of([*rows, rules_row(scene.rules)])
    return Seen(digest, bases=survey.tree.bases, found=tuple(found), is_open=is_open)


def link_row(path: str, target: str, *, mark: str = "") -> bytes:
    """What a symbolic link adds to the digest of a search or tree that meets it."""
    return _row(path, f"->{one_line(target)}", mark=mark)


def behind_row(path: str, behind: InFile, *, mark: str = "") -> bytes:
    """What a link to a file adds to the digest of a search, which some tools follow."""
    return _row(path, f"=>{behind.digest}", mark=mark) if behind.digest else b""


def file_row(path: str, in_file: InFile, *, mark: str = "") -> bytes:
    """What a file adds to the digest of a search over a directory; b"" for nothing.

    `mark` as names have it.
    """
    return _row(path, in_file.digest, mark=mark) if in_file.digest else b""


def rules_row(rules: str) -> bytes:
    """What the ignore files add that a search heeds beyond git's word; b"" for none."""
    return f"\0rules {rules}\n".encode() if rules else b""


def digest_of(rows: Iterable[bytes]) -> str:
    """The digest of a search over a directory, or of a tree, from its rows sorted by path."""
    return sha256(b"".join(rows)).hexdigest()


def digest_of_file(in_file: InFile) -> str:
    """The digest of a search whose root is a file."""
    return in_file.digest or "nothing"


def is_shown_by_all(path: str, look: Search) -> bool:
    """Whether every tool goes over the file at `path`, which is not ignored, for `look`."""
    return not _is_hidden(path) and "/" not in look.include


def observe_tree(look: Tree, survey: Survey, blob: Callable[[str], str]) -> Seen:
    """Every name and content below the root; raises ObserveError.

    `blob` gives the object id of the file at an absolute path.
    """
    root = survey.tree.to_absolute(look.root)
    if status(root) is None:
        return Seen(ABSENT)
    if not os.path.isdir(root):  # noqa: PTH112  # as above
        return Seen(blob(root))
    names = survey.scene(look.root).names
    return Seen(
        digest_of(
            tree_row(each.path, each.status.st_mode, root, survey.tree, blob) for each in names
        )
    )


def tree_row(path: str, mode: int, root: str, tree: WorkTree, blob: Callable[[str], str]) -> bytes:
    """What the name at `path` adds to the digest of the tree below `root`; raises ObserveError.

    `root` is absolute. What it says of a link depends on what the link leads to.
    """
    absolute = tree.to_absolute(path)
    if stat.S_ISLNK(mode):
        inside = os.path.realpath(root) + "/"
        row = link_row(path, link_target(path, tree))
        return row + _row(path, _of_link(absolute, inside, blob))
    if stat.S_ISREG(mode):
        return _row(path, blob(absolute))
    return _row(path, "directory" if stat.S_ISDIR(mode) else "special")


def _of_link(path: str, inside: str, blob: Callable[[str], str]) -> str:
    if not os.path.isdir(path):  # noqa: PTH112  # as above
        return blob(path) if os.path.isfile(path) else "special"  # noqa: PTH113  # as above
    real = f"{os.path.realpath(path)}/"
    if not real.startswith(inside) or "/.git/" in real[len(inside) - 1 :]:
        raise ObserveError(f"{path!r} is a link to a directory outside, whose files are not seen")
    return "directory"


def _row(path: str, content: str, *, mark: str = "") -> bytes:
    closed = f"{content}\0{mark}" if mark else content
    return f"{path}\0{closed}\n".encode(errors="surrogateescape")


def _is_hidden(path: str) -> bool:
    return "/." in f"/{path}" and any(
        part.startswith(".") for part in path.split("/") if part != "."
    )


def longest_line(pattern: str) -> int:
    """Characters of a line up to which `pattern` is tried; each open repeat multiplies the work.

    What is longer counts by its content.
    """
    repeats = len(re.findall(r"(?<!\\)[*+]|\{\d+,\}", pattern))
    return min(_LONGEST, int(_MOST_STEPS ** (1 / (repeats + 1))))


def _needed(look: Search) -> tuple[bytes, ...]:
    """Texts of which every match holds one: for each alternative one, where they stand plainly."""
    has_groups = re.search(r"[(\[]", look.pattern) is not None
    parts = [look.pattern] if has_groups else re.split(r"(?<!\\)\|", look.pattern)
    return tuple(required_text(part, ignore_case=look.ignore_case).encode() for part in parts)


class FileSearch:
    """One search, file by file; its constructor raises ObserveError for a pattern that is none."""

    def __init__(self, look: Search) -> None:
        self.look = look
        try:
            flags = re.IGNORECASE if look.ignore_case else 0
            self.regex = re.compile(look.pattern, flags)
            look.pattern.encode()
        except (re.error, OverflowError, RecursionError, UnicodeError) as error:
            raise ObserveError(f"the pattern {look.pattern!r}: {error}") from error
        self.is_plain = _PLAIN.fullmatch(look.pattern) is not None and not look.ignore_case
        self.literal = re.sub(r"\\(.)", r"\1", look.pattern).encode() if self.is_plain else None
        self.longest = longest_line(look.pattern)
        self.required = required_text(look.pattern, ignore_case=look.ignore_case).encode()
        self.needed = (self.literal,) if self.literal is not None else _needed(look)
        self.key = replace(look, root="", include="")

    def of_file(self, path: str, absolute: str, memory: Memory, *, is_sure: bool) -> InFile:
        """As `of_content`, of the file at `absolute` as it is now; raises ObserveError."""

        def compute(content: bytes) -> InFile:
            return self.of_content(path, content, is_sure=is_sure)

        what = ("search", path, is_sure, self.key)
        return memory.of_file(absolute, what, compute) or InFile("")

    def row_of_link(self, path: str, tree: WorkTree, memory: Memory, *, mark: str = "") -> bytes:
        """What the link at `path` adds to the digest, a file that it leads to by its matches.

        Results that show what is behind a link agree with nothing. Raises ObserveError.
        """
        absolute = tree.to_absolute(path)
        with suppress(ObserveError):  # what cannot be read cannot be shown
            target = status(absolute)
            if target is None:
                return b""
            if stat.S_ISREG(target.st_mode):
                behind = self.of_file(path, absolute, memory, is_sure=False)
                return behind_row(path, behind, mark=mark)
        return link_row(path, link_target(path, tree), mark=mark)

    def of_content(self, path: str, content: bytes, *, is_sure: bool) -> InFile:
        """What is found in `content`; `path` as Looks have it, `is_sure`: every tool goes there."""
        if is_utf16(content):  # ripgrep decodes it, other tools take it for binary
            known = sha1(content, usedforsecurity=False).hexdigest()
            return InFile(f"utf-16 {known}", is_open=True)
        if is_binary(content):
            inside = self._in_binary(content)
            return InFile(f"binary {inside}", is_open=inside != "")
        if self.literal is not None and self.literal not in content:
            return InFile("")
        if not self._may_match(content):
            return InFile("")
        lines = content.split(b"\n")
        if lines[-1] == b"":
            lines.pop()
        matched, doubtful = self._judge(content, lines)
        if not matched and not doubtful:
            return InFile("")
        digest = sha256(b"%d\n" % content.find(b"\0"))  # tools tell where the first one is
        if self.look.names_only and self._is_sure(content, lines, matched):
            digest.update(b"matches")
        else:
            digest.update(b"".join(self._rows(lines, {*matched, *doubtful})))
        found = self._found(path, lines, matched, is_sure=is_sure)
        return InFile(digest.hexdigest(), found, is_open=bool(doubtful))

    def _judge(self, content: bytes, lines: list[bytes]) -> tuple[list[int], list[int]]:
        """The places of lines that match, and of lines on which tools may differ."""
        has_unusual = _UNUSUAL.search(content) is not None
        matched: list[int] = []
        doubtful: list[int] = []
        for number, line in enumerate(lines):
            if self.literal is not None:
                if self.literal in line:
                    matched.append(number)
                continue
            if not self._may_match(line):
                continue
            if len(line) > self.longest:
                doubtful.append(number)
                continue
            if self.regex.search(line.decode(errors="replace")):
                matched.append(number)
            elif has_unusual and _UNUSUAL_IN_LINE.search(line):
                doubtful.append(number)
        return matched, doubtful

    def _is_sure(self, content: bytes, lines: list[bytes], matched: list[int]) -> bool:
        """Whether every tool finds one of the lines that `matched`.

        It is not where they may take letters for others or stop before: then a line that is found
        for sure may come beside those later, and change what is shown.
        """
        if b"\0" in content or not matched:
            return False
        return self.literal is not None or any(
            _UNUSUAL_IN_LINE.search(lines[number]) is None for number in matched
        )

    def _may_match(self, text: bytes) -> bool:
        """Whether `text` holds what every line that matches must hold, for whatever tool."""
        return self.required in (text.lower() if self.look.ignore_case else text)

    def _in_binary(self, content: bytes) -> str:
        """What tools may say of a binary file: nothing, or that it matches and where it is binary.

        It has lines and letters of another kind for each of them, so it counts by its content
        unless it surely has no match.
        """
        text = content.lower() if self.look.ignore_case else content
        has_match = any(needed in text for needed in self.needed)
        return sha1(content, usedforsecurity=False).hexdigest() if has_match else ""

    def _rows(self, lines: list[bytes], chosen: set[int]) -> Iterator[bytes]:
        if self.look.names_only:
            yield from (lines[number] + b"\n" for number in sorted(chosen))
            return
        for place, number in self._places(chosen, len(lines)):
            yield b"%d:%b\n" % (place, lines[number])

    def _places(self, chosen: set[int], count: int) -> Iterator[tuple[int, int]]:
        """The lines shown, each with what tells where it stands.

        Without numbers that is only the mark which some tools print where lines are left out.
        """
        before = -1
        for number in self._with_context(chosen, count):
            has_mark = (self.look.before or self.look.after) and before not in (-1, number - 1)
            yield (number if self.look.numbered else int(bool(has_mark))), number
            before = number

    def _with_context(self, places: set[int], count: int) -> list[int]:
        if not self.look.before and not self.look.after:
            return sorted(places)
        shown: set[int] = set()
        for place in places:
            first, last = place - self.look.before, place + self.look.after
            shown.update(range(max(first, 0), min(last + 1, count)))
        return sorted(shown)

    def _found(
        self, path: str, lines: list[bytes], matched: list[int], *, is_sure: bool
    ) -> tuple[Found, ...]:
        if self.look.names_only:
            return (Found(path, 0, "", is_required=is_sure),) if matched else ()
        places = set(matched)
        return tuple(
            Found(
                path,
                number + 1,
                lines[number].decode(errors="replace"),
                is_match=number in places,
                is_required=is_sure,
            )
            for number in self._with_context(places, len(lines))
        )
