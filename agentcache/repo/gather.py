"""From the tool runs of a conversation to the Evidence that its answer rests on.

Nothing is believed: each tool's result is held against the disk as it is now. Where the text of a
result cannot prove that, nothing that was looked at may have changed since the run began.
"""

import os
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agentcache.core.agreement import Agreement, is_whole, shows
from agentcache.core.agreement_files import stands_in_lines
from agentcache.core.conversation import ToolRun
from agentcache.core.entry import by_kind
from agentcache.core.evidence import (
    ABSENT,
    Among,
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
    words_of,
)
from agentcache.core.outcome import looks_at_nothing, looks_behind
from agentcache.core.readings import readings
from agentcache.core.reasons import Reason
from agentcache.core.shell_git import CONTEXT, EVERY_REF, GIT_ITSELF, MAILMAP, names_commits
from agentcache.core.sight import Seen
from agentcache.core.vocabulary import Body, directory_after, looks_of, result_body
from agentcache.errors import ObserveError
from agentcache.repo.context import are_quiet_refs
from agentcache.repo.detours import leads_elsewhere, may_hold_options
from agentcache.repo.heeded_rules import goes_over_all, rules_below, rules_for
from agentcache.repo.observe import Observer, bind
from agentcache.repo.reading import lstat
from agentcache.repo.settling import is_settled
from agentcache.repo.walk import walk
from agentcache.repo.worktree import WorkTree

_BEYOND_GIT = re.compile(r"(?i:not.committed.yet)|\x1b\[")
"""What git's text has where it rests on more than its looks: `blame` dates lines that are not
committed by the clock; to a terminal `log` may give colours."""

_REFS_SHOWN = re.compile(r"\b[0-9a-f]{7,} \((?:tag: |HEAD\b)|\bcommit [0-9a-f]{40,64} \(")
"""What `log` has where it shows names of refs beside commits, as it does to a terminal."""

_IN_GIT = re.compile(r"(?<![\w.-])\.git/|/\.git(?=[:\s]|\Z)")
"""What a text has that shows what is in `.git`, or that there is one elsewhere."""

_GIT_CONTEXT, _GIT_MAILMAP = GitRef(CONTEXT), GitRef(MAILMAP)

_FIRST_ID = re.compile(r"[*^ ]*(?:commit )?([0-9a-f]{7,64})(?=\s)")
"""The object id that `log`, `show` or `blame` begin with."""

_MOST_DIGITS = 12
"""Of an object id: of a whole one that is missing, git may ask another repository."""

_HOLE = bytes(512)
"""What a file may hold without having it on disk, which grep tells from zeros that are there."""


class NotProvenError(Exception):
    """A run whose answer must not be kept: `reason`, and what stood against it."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason = reason
        self.what = what


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where and when a run began; `opened_ns` and `head` are None when that was not seen."""

    cwd: str
    opened_ns: int | None
    head: str | None


def gather(
    runs: Sequence[ToolRun],
    *,
    tree: WorkTree,
    observer: Observer,
    beginning: Beginning,
    looks: Sequence[tuple[Look, ...]] | None = None,
    told: Collection[tuple[str, str]] = (),
    known: Evidence = (),
    quiet: Collection[Look] = (),
) -> Evidence:
    """The Observations behind `runs`, each one proven; raises NotProvenError.

    `looks`: those of each run in the directory where all began, if they were read before. `told`:
    the paths and contents of files that the host showed besides. `known`: what is proven already,
    and is rested on too, as is `quiet`, of which nobody showed anything.
    """
    seen: dict[Look, Observation] = {each.look: each for each in known}
    cwd, failed, is_here = beginning.cwd, "", bool(known)
    begun = [looks_of(run.use, cwd=cwd) for run in runs] if looks is None else looks
    for run, at_first in zip(runs, begun, strict=True):
        own = _looks(run, at_first, tree, cwd, beginning)
        body = result_body(run.use, run.result, cwd=cwd)
        if body is None:
            found = _at_nothing(run, own, tree, observer, replace(beginning, cwd=cwd))
            failed = run.use.name
        else:
            found = _shown(own, body, tree, observer, beginning)
            is_here = True
        cwd = directory_after(run.use, cwd=cwd) or cwd
        for each in found:
            if seen.setdefault(each.look, each) != each:
                raise NotProvenError(Reason.UNSETTLED, words_of(each.look))
    if failed and not is_here:
        raise NotProvenError(Reason.TOOL_ERROR, failed)
    if not seen:
        raise NotProvenError(Reason.NO_EVIDENCE, "no tool looked at anything")
    besides = [_told(path, text, tree, observer, beginning) for path, text in told]
    besides += [_unshown(bind(look, tree), tree, observer, beginning) for look in quiet]
    for each in besides:
        if seen.setdefault(each.look, each) != each:
            raise NotProvenError(Reason.UNSETTLED, _place(each.look))
    return by_kind(tuple(seen.values()))


def _unshown(look: Look, tree: WorkTree, observer: Observer, beginning: Beginning) -> Observation:
    """What is seen through `look` now, and was since the run began."""
    try:
        seen = observer.observe(look, tree)
        _refuse_unsettled(look, seen, tree, observer, beginning)
    except ObserveError as error:
        raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
    return Observation(look, seen.digest)


def _told(
    path: str, text: str, tree: WorkTree, observer: Observer, beginning: Beginning
) -> Observation:
    """That a file of the tree has the contents `text`, but for white space around it."""
    look = bind(File(path), tree)
    try:
        seen = observer.observe(look, tree)
        if "\n".join(seen.lines).strip() != text.strip() or _place(look).startswith("/"):
            raise NotProvenError(Reason.REMINDED, path)
        _refuse_unsettled(look, seen, tree, observer, beginning)
    except ObserveError as error:
        raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
    return Observation(look, seen.digest)


def _shown(
    looks: tuple[Look, ...], body: Body, tree: WorkTree, observer: Observer, beginning: Beginning
) -> list[Observation]:
    """What `body` shows of `looks`; raises NotProvenError."""
    if _GIT_CONTEXT in looks and (said := _BEYOND_GIT.search(body.text)) is not None:
        raise NotProvenError(Reason.OPAQUE_TOOL, f"git that says {said.group()!r}")
    _refuse_git(looks, body, tree)
    found = [
        observation
        for look in looks
        for observation in _proven(bind(look, tree), body, tree, observer, beginning)
    ]
    if _GIT_CONTEXT in looks and any(map(_is_file_as_commits, found)):
        raise NotProvenError(Reason.OPAQUE_TOOL, "a file that is named as commits are")
    _refuse_unseen(found, body, tree)
    _refuse_strange(found, body, tree, observer)
    return found + _refs_shown(looks, body, tree, observer, beginning)


def _is_file_as_commits(each: Observation) -> bool:
    """Whether there is something that is read for commits, as in `git diff a..b`."""
    look = each.look
    return isinstance(look, Listing) and names_commits(look.root) and each.digest != ABSENT


def _refs_shown(
    looks: tuple[Look, ...], body: Body, tree: WorkTree, observer: Observer, beginning: Beginning
) -> list[Observation]:
    """All refs where their names may stand beside commits; raises NotProvenError."""
    is_logged = _GIT_MAILMAP in looks and body.is_terminal  # where no name is, none was there
    is_shown = _GIT_CONTEXT in looks and _REFS_SHOWN.search(body.text) is not None
    if not (is_logged or is_shown):
        return []
    try:
        seen = observer.observe(GitRef(EVERY_REF), tree)
    except ObserveError as error:
        raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
    if beginning.opened_ns is None or not are_quiet_refs(tree, beginning.opened_ns):
        raise NotProvenError(Reason.UNSETTLED, EVERY_REF)
    return [Observation(GitRef(EVERY_REF), seen.digest)]


def _at_nothing(
    run: ToolRun,
    looks: tuple[Look, ...],
    tree: WorkTree,
    observer: Observer,
    beginning: Beginning,
) -> list[Observation]:
    """That there was nothing where a tool looked that failed; raises NotProvenError.

    `beginning`: where the tool ran, which must have been in the tree.
    """
    names = looks_at_nothing(run.use, run.result, looks, cwd=beginning.cwd)
    found = [_unshown(bind(each, tree), tree, observer, beginning) for each in names]
    if not found or any(each.digest != ABSENT for each in found[: len(looks)]):
        raise NotProvenError(Reason.TOOL_ERROR, run.use.name)
    return found


def _looks(
    run: ToolRun,
    at_first: tuple[Look, ...] | None,
    tree: WorkTree,
    cwd: str,
    beginning: Beginning,
) -> tuple[Look, ...]:
    """The looks of a run in `cwd`; `at_first`: those where all began. Raises NotProvenError."""
    looks = at_first if cwd == beginning.cwd else looks_of(run.use, cwd=cwd)
    if looks is None or (
        # A command went to another directory, and not every host's shell stays there.
        cwd != beginning.cwd and (looks != at_first or _is_git_of_another(looks, tree, cwd))
    ):
        raise NotProvenError(Reason.OPAQUE_TOOL, run.use.name)
    if leads_elsewhere(run.use.arguments, cwd):
        raise NotProvenError(Reason.OPAQUE_TOOL, f"{run.use.name} that goes up from a link")
    if may_hold_options(run.use.arguments, looks):
        raise NotProvenError(Reason.OPAQUE_TOOL, "a name that reads like an option")
    return looks_behind(run.use, run.result, looks)


def _is_git_of_another(looks: Sequence[Look], tree: WorkTree, cwd: str) -> bool:
    if not any(isinstance(look, GitRef) for look in looks):
        return False
    found = WorkTree.find(os.path.realpath(cwd))
    return found is None or os.path.realpath(found.root) != os.path.realpath(tree.root)


def _refuse_git(looks: Sequence[Look], body: Body, tree: WorkTree) -> None:
    """No look goes into `.git`, so what a text shows of it is not proven; raises NotProvenError."""
    roots = {look: look.root for look in looks if isinstance(look, Listing | Search | Tree)}
    if not roots or body.is_plain:
        return
    unnamed = {root for look, root in roots.items() if look in body.unnamed}
    is_counted = any(isinstance(look, GitRef) and look.name in GIT_ITSELF for look in looks)
    if is_counted and any(tree.to_relative(root).startswith("/") for root in roots.values()):
        raise NotProvenError(Reason.OPAQUE_TOOL, "a count in a directory elsewhere")
    if _IN_GIT.search(body.text) is not None or any(_has_git(root, tree) for root in unnamed):
        raise NotProvenError(Reason.OPAQUE_TOOL, "a text that shows what is in .git")


def _has_git(root: str, tree: WorkTree) -> bool:
    """Whether there is a `.git` in the directory `root` or below it."""
    if not os.path.isdir(root):  # noqa: PTH112  # of links too
        return False
    try:
        below = [name.path for name in walk(tree, root) if name.is_directory]
    except ObserveError as error:
        raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
    return any(os.path.lexists(f"{each}/.git") for each in (root, *below))


def _refuse_unseen(found: Sequence[Observation], body: Body, tree: WorkTree) -> None:
    """Where all was absent, so may be the directory gone to, later; raises NotProvenError."""
    for directory in body.passed:
        there = [tree.to_absolute(_place(each.look)) for each in found if each.digest != ABSENT]
        is_seen = any(f"{place}/".startswith(f"{directory.rstrip('/')}/") for place in there)
        if not is_seen or not os.path.isdir(directory):  # noqa: PTH112  # of links too
            raise NotProvenError(Reason.OPAQUE_TOOL, f"a cd to {directory!r}, where nothing is")


def _refuse_strange(
    found: Sequence[Observation], body: Body, tree: WorkTree, observer: Observer
) -> None:
    """A text that shows what is nowhere here was shown elsewhere; raises NotProvenError."""
    is_strange = body.is_read and body.text.strip() and all(each.digest == ABSENT for each in found)
    try:
        if any(each.look == _GIT_MAILMAP for each in found):
            shown = _FIRST_ID.match(body.text)
            is_strange = shown is not None and tree.resolve(shown[1][:_MOST_DIGITS]) == ABSENT
        elif body.is_lines and all(isinstance(each.look, File | Lines) for each in found):
            lines = {line for each in found for line in observer.observe(each.look, tree).lines}
            is_strange = is_strange or not stands_in_lines(body.text, lines)
    except ObserveError as error:
        raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
    if is_strange:
        raise NotProvenError(Reason.RESULT_DIFFERS, "a text that was shown elsewhere")


def _refuse_holes(seen: Seen, tree: WorkTree, observer: Observer) -> None:
    """Whether a file has a hole is seen by no look; raises NotProvenError and ObserveError."""
    for path in dict.fromkeys(found.path for found in seen.found if found.is_match):
        place = tree.to_absolute(path)
        found = lstat(place)
        if found is None or found.st_size < len(_HOLE):
            continue
        read = observer.read(place)
        if read is not None and _HOLE in read[0]:
            raise NotProvenError(Reason.UNOBSERVABLE, f"{path!r} may have holes")


def _proven(
    look: Look, body: Body, tree: WorkTree, observer: Observer, beginning: Beginning
) -> list[Observation]:
    for meant in readings(look, body):
        rules: list[Observation] = []
        try:
            seen = observer.observe(meant, tree)
            _refuse_holes(seen, tree, observer)
            agreement = _agreement(meant, seen, body, tree, observer)
            if agreement is Agreement.CANNOT_TELL:
                _refuse_unsettled(meant, seen, tree, observer, beginning)
                rules = rules_below(meant, tree, observer)
            elif agreement is Agreement.AGREES:
                rules = rules_for(meant, seen, tree, observer)
        except ObserveError as error:
            raise NotProvenError(Reason.UNOBSERVABLE, str(error)) from error
        if agreement is not Agreement.DISAGREES:
            return [Observation(meant, seen.digest), *rules]
    raise NotProvenError(Reason.RESULT_DIFFERS, words_of(look))


def _agreement(look: Look, seen: Seen, body: Body, tree: WorkTree, observer: Observer) -> Agreement:
    """What `body` says of `look`; raises ObserveError.

    A `grep -r` that leaves ignored files out shows what is visible. All that may be found counts
    then too: which rules it heeds is not known, and GNU's grep shows a match that is newer.
    """
    agreement = shows(look, seen, body)
    if agreement is Agreement.AGREES:
        is_proof = is_whole(look, seen, body) and _shows_all(look, seen, body)
        return Agreement.AGREES if is_proof else Agreement.CANNOT_TELL
    if agreement is Agreement.DISAGREES and body.is_plain and goes_over_all(look, tree):
        visible = replace(look, among=Among.VISIBLE)
        if shows(visible, observer.observe(visible, tree), body) is not Agreement.DISAGREES:
            return Agreement.CANNOT_TELL
    return agreement


def _refuse_unsettled(
    look: Look, seen: Seen, tree: WorkTree, observer: Observer, beginning: Beginning
) -> None:
    since_ns, head = beginning.opened_ns, beginning.head
    if since_ns is None:
        raise NotProvenError(Reason.BEGINNING_UNSEEN, words_of(look))
    if not is_settled(look, seen, tree, observer, since_ns=since_ns, head=head):
        raise NotProvenError(Reason.UNSETTLED, words_of(look))


def _shows_all(look: Look, seen: Seen, body: Body) -> bool:
    """Whether a search that was asked for a part shows all the same: the rest may be newer."""
    return not (isinstance(look, Search) and body.is_part) or (
        shows(look, seen, replace(body, is_part=False)) is Agreement.AGREES
    )


def _place(look: Look) -> str:
    if isinstance(look, GitRef):
        return look.name
    return look.path if isinstance(look, File | Lines) else look.root
