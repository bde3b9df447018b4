"""Evidence against a commit, from git's objects alone: as if the work tree were a clean checkout.

What is not part of a commit cannot hold there: ignored and untracked files, the sizes and times in
a listing, which branch HEAD is on, the files of submodules. Paths beyond the work tree are looked
at on disk.
"""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from types import TracebackType
from typing import Self, assert_never

from agentcache.core.evidence import (
    ABSENT,
    Among,
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Search,
    Tree,
    words_of,
)
from agentcache.core.shell_git import BRANCHES, CONTEXT, EVERY_REF, FLAGS, INDEX, MAILMAP, TRACKED
from agentcache.errors import ObserveError
from agentcache.repo.checkout import Checkout
from agentcache.repo.commit_names import CommitNames, Outside
from agentcache.repo.context import LINK, context_digest, is_attributes
from agentcache.repo.globs import matches
from agentcache.repo.ignoring import IGNORE_FILES
from agentcache.repo.listing import LEADS_NOWHERE, directories_above, entry, inner_path, is_listed
from agentcache.repo.listing import digest_of as digest_of_listing
from agentcache.repo.objects import Blobs, Row, read_rows, resolve_commit
from agentcache.repo.observe import Broken, Observer, name_of, see_lines
from agentcache.repo.prefilter import Nature, Prefilter
from agentcache.repo.reading import blob_id, lstat, read_file, status
from agentcache.repo.searching import (
    FileSearch,
    InFile,
    behind_row,
    digest_of,
    digest_of_file,
    file_row,
    link_row,
)
from agentcache.repo.walk import walk
from agentcache.repo.worktree import WorkTree, flags_digest, names_digest

_FROM_HEAD = re.compile(r"HEAD((?:[~^]\d*)*)")
_SHA1_DIGITS = 40


class CommitView:
    """One commit as evidence sees it; to be closed, not for several threads at once."""

    def __init__(self, tree: WorkTree, commit: str, *, observer: Observer) -> None:
        """`commit`: any revision name. `observer`: for what lies beyond the work tree.

        Raises ObserveError where there is no such commit, or not all of its names are here.
        """
        self.commit = resolve_commit(tree, commit)
        self._tree = tree
        self._observer = observer
        self._rows = read_rows(tree, self.commit)
        self._blobs = Blobs(tree)
        self._checkout = Checkout(tree, self._rows, self._blobs)
        self._names = CommitNames(tree, self._rows, target_of=self._target)
        self._digests: dict[Look, str | ObserveError] = {}
        self._goes_over: dict[tuple[str, str], list[tuple[str, Row]]] = {}
        self._known: dict[str, tuple[bytes, Nature]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let git's processes go."""
        self._blobs.close()
        self._checkout.close()

    def verify(self, evidence: Evidence) -> Broken | None:
        """The first observation that would not hold in a clean checkout; None when all would."""
        for observation in evidence:
            look = observation.look
            try:
                now = self.digest(look)
            except ObserveError as error:
                return Broken(observation, words_of(look), str(error))
            if now != observation.digest:
                return Broken(observation, words_of(look), self._why(look, now))
        return None

    def digest(self, look: Look) -> str:
        """What an Observer would see through `look`, as a digest; raises ObserveError."""
        known = self._digests.get(look)
        if known is None:
            try:
                known = self._see(look)
            except ObserveError as error:
                known = error
            self._digests[look] = known
        if isinstance(known, ObserveError):
            raise known
        return known

    def _why(self, look: Look, now: str) -> str:
        if now == ABSENT:
            if isinstance(look, GitRef):
                return "it is gone"
            return f"it is not in commit {self.commit[:12]} (what is not committed does not count)"
        if isinstance(look, Tree) or (
            isinstance(look, Listing | Search) and look.among is Among.ALL
        ):
            return "it is not what it was (what is not committed does not count)"
        return "it is not what it was"

    def _see(self, look: Look) -> str:
        if isinstance(look, GitRef):
            return self._ref(look.name)
        found = self._names.find(name_of(look))
        if found is None:
            return self._nothing(look)
        if isinstance(found, Outside):
            return self._outside(look, found)
        return self._inside(look, found)

    def _nothing(self, look: Look) -> str:
        """What is seen where a path leads to nothing: a listing names a link all the same."""
        links = (row for row in self._rows if row.is_link and row.path == name_of(look))
        link = next(links, None) if isinstance(look, Listing) and not look.with_stat else None
        if link is None:
            return ABSENT
        itself = entry(link.path, stat.S_IFLNK, target=self._target(link))
        return digest_of_listing([itself, LEADS_NOWHERE])

    def _inside(self, look: File | Lines | Listing | Search | Tree, found: Row) -> str:
        if isinstance(look, Listing | Search) and found.is_directory:
            self._refuse_other_rules(look, found)
        match look:
            case File():
                return self._blob(_file(found, look.path))
            case Lines():
                return see_lines(look, self._checkout.content(_file(found, look.path))).digest
            case Listing():
                return self._listing(look, found)
            case Search():
                return self._search(look, found)
            case Tree():
                return self._whole(look, found)
            case _:
                assert_never(look)

    def _outside(self, look: File | Lines | Listing | Search | Tree, place: Outside) -> str:
        is_flat = isinstance(look, Listing) and look.depth == 1 and not look.with_stat
        if self._names.leads_back(place, is_flat=is_flat):
            raise ObserveError(f"{place.path!r} leads back into the work tree")
        if isinstance(look, File):
            return self._observer.observe(File(place.path), self._tree).digest
        if isinstance(look, Lines):
            lines = Lines(place.path, look.start, look.end)
            return self._observer.observe(lines, self._tree).digest
        if status(place.path) is None:
            return self._nothing(look)
        if not look.root.startswith("/"):
            raise ObserveError(f"{look.root!r} leads out of the work tree, beyond the commit")
        return self._observer.observe(look, self._tree).digest

    def _ref(self, name: str) -> str:
        if name in (EVERY_REF, BRANCHES) and self._tree.head() != self.commit:
            raise ObserveError("which branch HEAD would be on is not known at a commit")
        special = {
            INDEX: lambda: sha256(self._staged()).hexdigest(),
            TRACKED: lambda: names_digest(self._staged()),
            FLAGS: lambda: flags_digest({}, b""),
            CONTEXT: self._context,
            MAILMAP: self._mailmap,
        }.get(name)
        if special:
            return special()
        from_head = _FROM_HEAD.fullmatch(name)
        return self._tree.resolve(name if from_head is None else self.commit + from_head.group(1))

    def _context(self) -> str:
        found = {
            row.path: LINK if row.is_link else self._checkout.content(row)
            for row in self._rows
            if is_attributes(row.path) and not row.is_directory
        }
        return context_digest(self._tree, found)

    def _mailmap(self) -> str:
        row = next((row for row in self._rows if row.path == MAILMAP), None)
        if row is None:
            return ABSENT
        if row.is_link:
            raise ObserveError(f"{MAILMAP!r} is a link, which not every git follows")
        return sha256(self._checkout.content(_file(row, MAILMAP))).hexdigest()

    def _staged(self) -> bytes:
        """What `git ls-files --stage -z` prints after a checkout."""
        rows = {os.fsencode(row.path): row for row in self._rows if row.mode != stat.S_IFDIR}
        return b"".join(
            f"{row.mode:o} {row.object_id} 0\t".encode() + path + b"\0"
            for path, row in sorted(rows.items())
        )

    def _blob(self, row: Row) -> str:
        if len(row.object_id) == _SHA1_DIGITS and self._checkout.is_as_stored(row):
            return row.object_id
        return blob_id(self._checkout.content(row))

    def _target(self, row: Row) -> str:
        return os.fsdecode(self._blobs.read(row.object_id))

    def _below(self, root: str, top: Row, *, depth: int = 0) -> Iterator[tuple[str, Row]]:
        """What is below `root`, which leads to `top`, sorted, by the path that a walk gives it."""
        prefix = "" if root == "." else f"{root}/"
        for inner, row in self._names.below(top.path, depth=depth):
            yield prefix + inner, row

    def _listing(self, look: Listing, top: Row) -> str:
        if look.with_stat:
            raise ObserveError("it shows sizes and times, which are not known at a commit")
        if look.with_link and look.root != top.path:
            raise ObserveError(f"{look.root!r} leads through a link, which is shown")
        if not top.is_directory:
            return digest_of_listing([entry(look.root, stat.S_IFREG)])
        rows = list(self._below(look.root, top))
        if look.among is Among.VISIBLE:  # only the directories of submodules are empty
            rows = _without_empty(rows, look)
        git = lstat(self._tree.to_absolute(".git")) if top.path == "." != look.root else None
        entries = [entry(f"{look.root}/.git", git.st_mode)] if git is not None else []
        for path, row in rows:
            if row.is_link and (not look.depth or inner_path(path, look).count("/") < look.depth):
                entries += self._behind_link(path, row, look)
            if is_listed(path, look):
                target = self._target(row) if row.is_link else ""
                entries.append(entry(path, _mode(row), target=target))
        return digest_of_listing(entries)

    def _refuse_other_rules(self, look: Listing | Search, top: Row) -> None:
        """Raise ObserveError where more than git's word decides what is visible below `top`."""
        if look.among is Among.ALL:
            return
        above = self._tree.root.parents
        if (
            look.root != top.path
            or top.is_submodule
            or self._names.has_name(IGNORE_FILES)
            or any((place / name).exists() for place in above for name in IGNORE_FILES)
        ):
            raise ObserveError(f"what is ignored below {look.root!r} is not known at a commit")

    def _behind_link(self, path: str, link: Row, look: Listing) -> list[str]:
        """As `listing._behind_link`, of which this must give the same."""
        found = self._find_behind(link)
        if isinstance(found, Outside):
            if not os.path.isdir(found.path):  # noqa: PTH112  # strings, as all paths here
                return []
            if self._tree.to_absolute(path).startswith(f"{found.path}/"):
                return []
            below = sorted(name.path for name in walk(self._tree, found.path, depth=look.depth))
            return [f"{path}\0{inner}\n" for inner in ("", *below)]
        if found is None or not found.is_directory or found.path == ".":
            return []
        target = self._names.real(found)
        if self._tree.to_absolute(path).startswith(f"{target}/"):
            return []
        inside = self._names.below(found.path, depth=look.depth)
        return [f"{path}\0\n", *(f"{path}\0{target}/{inner}\n" for inner, _ in inside)]

    def _find_behind(self, link: Row) -> Row | Outside | None:
        try:
            return self._names.find(link.path)
        except ObserveError:
            return None  # a loop leads nowhere

    def _search(self, look: Search, top: Row) -> str:
        search = FileSearch(look)
        prefilter = Prefilter(search)
        if not top.is_directory:
            return digest_of_file(self._in_file(search, prefilter, look.root, top))
        rows: list[bytes] = []
        for path, row in self._searched(look, top):
            known = self._known.get(row.path)
            if known is not None and prefilter.rules_out(*known):
                continue  # as below, but most files go this way, thousands of them per search
            rows.append(self._row(search, prefilter, path, row))
        return digest_of(rows)

    def _row(self, search: FileSearch, prefilter: Prefilter, path: str, row: Row) -> bytes:
        """As `FileSearch.of_file` and `row_of_link`, of which this must give the same."""
        if not row.is_link:
            return file_row(path, self._in_file(search, prefilter, path, row))
        with suppress(ObserveError):
            found = self._names.find(row.path)
            if found is None or (isinstance(found, Outside) and status(found.path) is None):
                return b""
            if isinstance(found, Row) and found.is_file:
                return behind_row(path, self._in_file(search, prefilter, path, found))
            if isinstance(found, Outside) and os.path.isfile(found.path):  # noqa: PTH113  # as above
                content, _ = read_file(found.path) or (b"", "")
                return behind_row(path, search.of_content(path, content, is_sure=False))
        return link_row(path, self._target(row))

    def _searched(self, look: Search, top: Row) -> list[tuple[str, Row]]:
        """What a search goes over, remembered, as many searches go over the same."""
        key = (look.root, look.include)
        if key not in self._goes_over:
            self._goes_over[key] = [
                (path, row)
                for path, row in self._below(look.root, top)
                if not row.is_directory and (not look.include or matches(path, look.include))
            ]
        return self._goes_over[key]

    def _in_file(self, search: FileSearch, prefilter: Prefilter, path: str, row: Row) -> InFile:
        known = self._known.get(row.path)
        if known is None:
            content = self._checkout.content(row)
            known = content, Nature.of(content)
            if self._blobs.holds(row.object_id):
                self._known[row.path] = known
        if prefilter.rules_out(*known):
            return InFile("")
        return search.of_content(path, known[0], is_sure=True)

    def _whole(self, look: Tree, top: Row) -> str:
        if not top.is_directory:
            return self._blob(top)
        rows: list[bytes] = []
        for path, row in self._below(look.root, top):
            content = "directory"
            if row.is_link:
                rows.append(link_row(path, self._target(row)))
                content = self._content_behind(path, row, self._names.real(top))
            elif row.is_file:
                content = self._blob(row)
            rows.append(file_row(path, InFile(content)))
        return digest_of(rows)

    def _content_behind(self, path: str, link: Row, inside: str) -> str:
        found = self._find_behind(link)
        if found is None:
            return "special"
        place = found.path if isinstance(found, Outside) else self._names.real(found)
        if isinstance(found, Outside):
            if os.path.isfile(place):  # noqa: PTH113  # as above
                return self._observer.observe(File(place), self._tree).digest
            is_directory = os.path.isdir(place)  # noqa: PTH112  # as above
        else:
            if found.is_file:
                return self._blob(found)
            is_directory = found.is_directory
        if not is_directory:
            return "special"
        if not f"{place}/".startswith(f"{inside}/"):
            raise ObserveError(f"{path!r} leads to a directory outside, whose files are not seen")
        return "directory"


def _without_empty(rows: list[tuple[str, Row]], look: Listing) -> list[tuple[str, Row]]:
    """Without directories that hold nothing but submodules, which a glob may ask for all the same.

    A submodule itself never shows.
    """
    files = {path for path, row in rows if not row.is_directory}
    modules = {path for path, row in rows if row.is_submodule}
    if look.pattern:
        above = directories_above(modules, look.root)
        files |= {path for path in above if matches(path, look.pattern)}
    shown = files | directories_above(files, look.root)
    return [(path, row) for path, row in rows if path in shown]


def _file(row: Row, path: str) -> Row:
    if row.is_directory:
        raise ObserveError(f"{path!r} is a directory, not a file")
    return row


def _mode(row: Row) -> int:
    if row.is_link:
        return stat.S_IFLNK
    return stat.S_IFDIR if row.is_directory else stat.S_IFREG
