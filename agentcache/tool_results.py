"""Results of the tools of known hosts: served while all they looked at is as it was, else run.

Only tools of the vocabulary that read, by their exact arguments; everything else is never kept.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from agentcache.core.codec import CodecError, JsonObject, canonical_json, digest
from agentcache.core.conversation import ToolRun
from agentcache.core.entry import Cost, Dropped, Entry, Kind, Slot, by_kind, slot_of
from agentcache.core.evidence import (
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.core.reasons import Reason
from agentcache.core.tool_output import looks_failed
from agentcache.core.tool_shapes import READ_ONLY_TOOLS, TOOLS, Role
from agentcache.core.tool_shapes import Kind as ToolKind
from agentcache.core.values import Reply, Scope, Stop, Text, ToolResult, ToolUse, Usage, WireName
from agentcache.core.vocabulary import looks_of
from agentcache.errors import ObserveError, StoreError
from agentcache.repo.detours import leads_elsewhere
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store.entries import Entries
from agentcache.verdicts import Kept

_ERROR_MARKS = ("isError", "is_error", "error")

IN_THE_LOOP = "loop:"
"""The upstream in the Scope of what did not come over a wire; no URL begins so."""

_NOTHING = re.compile(
    r"\s*[(\[]?(?:no |0 |found (?:no|0) )(?:\w+ ){0,2}"
    r"(?:match(?:es)?|files?|results?|output|entries|lines?|content)\b",
    re.IGNORECASE,
)
_REMINDER = "<system-reminder>"
_MOST_DATED = 100
"""Files of which the times are looked at one by one; of more, those of all below count."""


@dataclass(frozen=True, slots=True)
class ToolLookup:
    """What was found for one use of a tool; `text` is None on a miss, and the tool must run.

    `entry`: the id of the one served. `opened_ns` and `head`: when and at which commit it began,
    which `keep` needs. `slot`: None where it is never kept.
    """

    use: ToolUse
    reason: Reason
    text: str | None = None
    entry: str | None = None
    slot: str | None = None
    scope: Scope | None = None
    tree: WorkTree | None = None
    cwd: str = ""
    opened_ns: int = 0
    head: str | None = None


class ToolResults:
    """Results of tools over one store; for any thread, and nothing is locked while a tool runs.

    `find_tree` gives the work tree of a path, `clock_ns` nanoseconds since the epoch.
    """

    def __init__(
        self,
        *,
        entries: Entries,
        observer: Observer,
        find_tree: Callable[[str], WorkTree | None],
        clock_ns: Callable[[], int],
    ) -> None:
        self._entries = entries
        self._observer = observer
        self._find_tree = find_tree
        self._clock_ns = clock_ns

    def lookup(
        self, name: str, arguments: JsonObject, *, owner: str, cwd: str, registry: str = ""
    ) -> ToolLookup:
        """What the tool would give now, if that is known.

        `owner`: whose results these are: the tenant, the user, the host. `cwd`: the absolute
        directory that the tool's relative paths start from. `registry`: the tag of the tools.
        Never raises: what fails is a miss.
        """
        opened_ns = self._clock_ns()
        use = ToolUse(id="", name=name, arguments=arguments)
        missed = ToolLookup(use, Reason.OPAQUE_TOOL, cwd=cwd, opened_ns=opened_ns)
        looks = looks_of(use, cwd=cwd) if name in READ_ONLY_TOOLS else None
        if not looks or leads_elsewhere(arguments, cwd):
            return missed
        tree = self._find_tree(_place(looks[0]))
        if tree is None:
            return replace(missed, reason=Reason.NO_REPOSITORY)
        try:
            scope = _scope(owner, registry, tree, cwd)
            slot = slot_of(Kind.TOOL, scope, name, digest(arguments))
            missed = replace(missed, scope=scope, slot=slot, tree=tree, head=tree.head())
            found = first_alive(self._entries.at(slot), tree, self._observer)
        except (StoreError, CodecError):
            return replace(missed, reason=Reason.STORE_FAILED)
        except (ValueError, TypeError, OverflowError, RecursionError):  # no JSON, after all
            return replace(missed, reason=Reason.NOT_UNDERSTOOD, slot=None)
        if isinstance(found, Entry):
            return replace(missed, reason=Reason.TOOL, text=found.reply.text, entry=found.id)
        return replace(missed, reason=Reason.EVIDENCE_CHANGED if found else Reason.NO_ENTRY)

    def keep(self, lookup: ToolLookup, text: str, *, is_error: bool = False) -> Kept:
        """Keep the result of a tool that was missed, if the disk confirms it. Never raises."""
        try:
            return self._keep(lookup, text, is_error=is_error)
        except NotProvenError as refused:
            return Kept(refused.reason, detail={"what": refused.what})
        except ObserveError as error:
            return Kept(Reason.UNOBSERVABLE, detail={"what": str(error)})
        except (StoreError, CodecError, UnicodeError) as error:
            return Kept(Reason.STORE_FAILED, detail={"error": str(error)})

    def _keep(self, lookup: ToolLookup, text: str, *, is_error: bool) -> Kept:
        tree, slot, scope = lookup.tree, lookup.slot, lookup.scope
        if tree is None or slot is None or scope is None or lookup.text is not None:
            return Kept(lookup.reason)
        if is_error or says_nothing(text):
            return Kept(Reason.TOOL_ERROR)
        if _REMINDER in text:
            return Kept(Reason.RESULT_DIFFERS, detail={"what": "a reminder of the moment"})
        entry = Entry(
            kind=Kind.TOOL,
            scope=scope,
            question=_shown(lookup.use),
            reply=Reply(model="", parts=(Text(text),), stop=Stop.END),
            evidence=self._gather(lookup, text, tree),
            cost=Cost(0, Usage()),
            made_at=self._clock_ns() / 1e9,
            commit=lookup.head,
            root=root_in(text, tree),
        )
        self._entries.add_variant(slot, entry)
        return Kept(Reason.KEPT, entry, slot)

    def _gather(self, lookup: ToolLookup, text: str, tree: WorkTree) -> Evidence:
        """The evidence of one run; raises NotProvenError and ObserveError."""
        run = ToolRun(lookup.use, ToolResult(id="", text=text))
        beginning = Beginning(lookup.cwd, lookup.opened_ns, lookup.head)
        evidence = gather((run,), tree=tree, observer=self._observer, beginning=beginning)
        is_cut = _is_cut(lookup.use)
        if text.strip().count("\n") == 0 and not is_cut:
            return evidence
        # Some hosts list names by the time of their last change.
        dated = [
            self._dated(look, tree, lookup.opened_ns)
            for seen in evidence
            for look in self._listed(lookup.use, seen.look, tree)
        ]
        return by_kind(tuple(dict.fromkeys((*evidence, *dated))))

    def _listed(self, use: ToolUse, look: Look, tree: WorkTree) -> list[Listing]:
        """What has the names that `use` shows by the order of their times."""
        kind = TOOLS[use.name].kind
        if (
            isinstance(look, Listing)
            and kind is ToolKind.GLOB
            and look.root.rpartition("/")[2] != ".git"
        ):
            return [look]
        if isinstance(look, Tree):
            return [Listing(look.root)]
        if not isinstance(look, Search):
            return []
        found = {each.path for each in self._observer.observe(look, tree).found if each.is_match}
        if len(found) > _MOST_DATED:
            return [Listing(look.root)]
        return [Listing(path) for path in sorted(found)]

    def _dated(self, look: Listing, tree: WorkTree, opened_ns: int) -> Observation:
        dated = replace(look, with_stat=True)
        seen = self._observer.observe(dated, tree)
        if not self._observer.quiet_since(look, tree, opened_ns):
            raise NotProvenError(Reason.UNSETTLED, look.root)
        return Observation(dated, seen.digest)


def _is_cut(use: ToolUse) -> bool:
    """Whether only a part of what a tool found was asked for: which one may go by its times."""
    roles = TOOLS[use.name].roles
    return any(value and roles.get(name) is Role.CAP for name, value in use.arguments.items())


def says_nothing(text: str) -> bool:
    """Whether a result is empty, or an error in words: tools give both without any mark."""
    return not text.strip() or looks_failed(text) or _NOTHING.match(text) is not None


def gives_nothing(value: object) -> bool:
    """Whether a result of any kind is empty, or says that it is an error."""
    if isinstance(value, str):
        return says_nothing(value)
    if isinstance(value, dict) and any(value.get(mark) for mark in _ERROR_MARKS):
        return True
    return value is None or value in ([], {})


def first_alive(found: Slot, tree: WorkTree | None, observer: Observer) -> Entry | Dropped | None:
    """The first entry of a slot that is true now, else what speaks against the first one."""
    dropped = None
    for entry in found.entries:
        broken = _broken(entry, tree, observer)
        if broken is None:
            return entry
        dropped = dropped or broken
    return dropped or found.dropped


def _broken(entry: Entry, tree: WorkTree | None, observer: Observer) -> Dropped | None:
    if entry.root and (tree is None or str(tree.root) != entry.root):
        return Dropped(entry.id, entry.root, "the answer names the path of another work tree")
    if not entry.evidence:
        return None
    if tree is None:
        return Dropped(entry.id, "", "there is no repository to verify it in")
    broken = observer.verify(entry.evidence, tree)
    return None if broken is None else Dropped(entry.id, broken.what, broken.why)


def root_in(text: str, tree: WorkTree | None) -> str:
    """The root of `tree` if `text` names a path in it, which is true in this work tree only."""
    return str(tree.root) if tree is not None and tree.is_named_in(text) else ""


def _scope(owner: str, registry: str, tree: WorkTree, cwd: str) -> Scope:
    return Scope(
        tenant="",
        user=owner,
        repository=str(tree.common_dir),
        upstream=IN_THE_LOOP,
        wire=WireName.ANTHROPIC,  # none; it has to have one
        model="",
        profile="",
        registry=registry,
        parameters="",
        directory=tree.to_relative(cwd),
    )


def _shown(use: ToolUse) -> str:
    return f"{use.name} {canonical_json(use.arguments).decode()}"


def _place(look: Look) -> str:
    if isinstance(look, File | Lines):
        return look.path
    return "" if isinstance(look, GitRef) else look.root
