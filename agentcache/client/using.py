"""One use of a decorated tool: what it is kept for, what it rested on, and whether it is kept."""

import logging
import os
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Final, TypeVar

from agentcache.client.binding import Binder
from agentcache.client.code import Code
from agentcache.client.exact import InexactError, exact
from agentcache.client.gathering import Gathering, Gatherings, Refusal
from agentcache.client.lifetime import Lifetime
from agentcache.client.look import Look
from agentcache.client.pace import Pace
from agentcache.client.scopes import ScopeMemory
from agentcache.client.shelf import Found, Shelf, Spot
from agentcache.client.told import Told, told
from agentcache.core.codec import (
    CodecError,
    Json,
    as_raw,
    decode_json,
    digest,
    encode_json,
)
from agentcache.core.entry import Kind, slot_of
from agentcache.core.evidence import ABSENT, Evidence, File, Observation
from agentcache.core.place import Place
from agentcache.core.policy import refuse_question
from agentcache.core.query import read_query
from agentcache.core.reasons import Reason
from agentcache.core.session import Mode
from agentcache.core.shell_options import place
from agentcache.core.shell_words import NotPlainError
from agentcache.core.tool_output import looks_failed
from agentcache.errors import ObserveError
from agentcache.repo.observe import Observer, bind
from agentcache.repo.worktree import WorkTree
from agentcache.tool_results import gives_nothing
from agentcache.verdicts import Kept

log = logging.getLogger(__name__)

T = TypeVar("T")

_UNSAID: Final = Found(Reason.NOT_UNDERSTOOD)
_LONG = 1024
"""Characters from which on a text is not remembered."""

_LONG_RESULT = 1 << 16
_FEW_FILES = 16
"""Up to here, in characters, bytes and files, a result is kept on the event loop itself."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tools of one cache share. `names`: theirs."""

    shelf: Shelf
    lifetime: Lifetime
    gatherings: Gatherings
    executor: Executor
    names: set[str]

    @property
    def is_off(self) -> bool:
        """Whether tools are just run: closed, in a fork, or told to."""
        return self.lifetime.is_over or self.shelf.session.mode is Mode.OFF


@dataclass(frozen=True, slots=True)
class Described:
    """A tool as its decorator was told, and what of its uses is always the same.

    `binder` of its signature as its callers see it. `rest`: the parameter that takes all further
    positions, None for none. `looks`: whether it takes a Look before what they give.
    """

    name: str
    binder: Binder
    rest: str | None
    code: Code
    observes: tuple[str, ...]
    semantic: str | None
    version: Told | None
    user: Told
    public: bool
    looks: bool
    scopes: ScopeMemory
    pace: Pace


class Use:
    """One use of `tool` from its beginning to its end; as a context it is the tool's run.

    Made and entered where the tool runs; `find` and `end` may run on another thread. Of
    these, only what the caller did wrong raises: arguments that do not fit.
    """

    def __init__(
        self, desk: Desk, tool: Described, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        arguments = tool.binder.bind(args, kwargs)
        self.value: Json = None
        self._desk, self._tool = desk, tool
        self._is_off = desk.is_off
        concerned = () if self._is_off else desk.gatherings.concerned()
        is_late = bool(tool.observes) or tool.version is not None
        self._gathering = Gathering(time.time_ns(), concerned=concerned, is_late=is_late)
        self._cwd = desk.shelf.session.cwd
        self._tree = WorkTree.find(self._cwd)
        self._paths: list[str] = []
        self._place = ""
        self._spot: Spot | None = None
        self._version: str | None = None
        self._found = _UNSAID
        self._opened: AbstractContextManager[None] | None = None
        self._args = args
        self._given: dict[str, object] = {}
        self._given_json = b""
        if self._is_off:
            desk.gatherings.tell_parents()
        else:
            self._prepare(arguments)

    @property
    def args(self) -> tuple[object, ...]:
        """What the tool is to be called with, besides what has names."""
        return (self._look(), *self._args) if self._tool.looks else self._args

    def _look(self) -> Look:
        observer = self._desk.shelf.observer
        if self._is_off:  # in a fork, its locks may be held for ever
            observer = Observer(clock_ns=time.time_ns)
        among = self._desk.gatherings
        return Look(self._gathering, among, observer=observer, tree=self._tree, cwd=self._cwd)

    def _prepare(self, arguments: dict[str, object]) -> None:
        try:
            if self._tool.observes:
                self._paths = self._observed(arguments)
            self._spot = self._spot_of(arguments)
        except (InexactError, NotPlainError) as error:
            self._found = Found(Reason.NOT_UNDERSTOOD, detail={"what": str(error)})
        except Exception:
            log.exception("the use of the tool %s could not be read", self._tool.name)
            self._found = Found(Reason.CACHE_FAILED)

    def _observed(self, arguments: Mapping[str, object]) -> list[str]:
        """Every file that the tool may mean by its arguments; raises what `place` does."""
        self._place = _here()
        root = self._cwd if self._tree is None else str(self._tree.root)
        roots = list(dict.fromkeys((self._place, self._cwd, root)))
        paths: list[str] = []
        for name in self._tool.observes:
            given = arguments[name]
            for path in given if isinstance(given, list | tuple) else [given]:
                if not isinstance(path, str | os.PathLike):
                    self._gathering.refuse(Reason.OPAQUE_TOOL, f"{name} is {path!r}")
                    continue
                text = os.fspath(path)
                if not isinstance(text, str) or text.startswith("~"):
                    raise InexactError(f"{path!r} is no plain path")
                places = roots[:1] if text.startswith("/") else roots
                paths += [_placed(text or ".", root) for root in places]
        return list(dict.fromkeys(paths))

    def _spot_of(self, arguments: dict[str, object]) -> Spot:
        tool, session = self._tool, self._desk.shelf.session
        kinds: list[str] = []
        for name in tool.observes:
            given = arguments[name]
            if type(given) is not str and isinstance(given, os.PathLike):
                arguments[name] = os.fspath(given)
                kinds.append(f"{name}: {type(given).__name__}")
        if tool.rest is not None:
            arguments[tool.rest] = list(arguments[tool.rest])  # type: ignore[call-overload]  # a tuple
        query = arguments.pop(tool.semantic) if tool.semantic is not None else None
        if tool.semantic is not None and type(query) is not str:
            raise InexactError(f"{tool.semantic} is {query!r}, not a text")
        self._version = told(tool.version) if tool.version is not None else None
        scope, scope_json = tool.scopes.scope(
            session, self._tree, "" if tool.public else told(tool.user)
        )
        given_json = encode_json(exact(arguments))  # the tool may see their order
        self._given, self._given_json = arguments, given_json
        code = tool.code.digest()
        identity = digest(
            [tool.name, code, self._version, tool.public, kinds, as_raw(given_json), self._paths]
        )
        if query is None:
            shown = f"{tool.name} {given_json.decode()}"
            where: str | Place = slot_of(Kind.TOOL, scope_json, identity)
            return Spot(Kind.TOOL, scope, self._tree, where, shown)
        question = str(exact(query))
        # What cannot stand for itself is the same only in the same words.
        exactly = question if refuse_question(read_query(question)) else ""
        where = Place(digest([scope, identity, exactly]), question, Kind.TOOL)
        return Spot(Kind.TOOL, scope, self._tree, where, question)

    def find(self) -> bool:
        """Whether `value` is known to be what the tool would return now."""
        return self._spot is not None and self._serve(self._spot, self._desk.shelf.find(self._spot))

    def find_at_once(self) -> bool | None:
        """As `find`, on an event loop; None where a thread of ours should find it."""
        if self._spot is None:
            return False
        began = time.monotonic()
        if not self._tool.pace.is_quick(began):
            return None
        found = self._desk.shelf.find_at_once(self._spot)
        is_hit = None
        if found is not None:
            is_hit = self._serve(self._spot, found, by=self._desk.executor)
        self._took(began)
        return is_hit

    def _took(self, began: float) -> None:
        now = time.monotonic()
        self._tool.pace.took(now - began, now)

    def _serve(self, spot: Spot, found: Found, *, by: Executor | None = None) -> bool:
        self._found = found
        entry = found.entry
        if entry is None:
            return False
        try:
            self.value = decode_json(entry.reply.text)
        except CodecError:
            self._found = _UNSAID
            return False
        self._gathering.tell(entry.evidence, self._unseen(entry.evidence))
        self._desk.shelf.note(spot, found, by=by)
        return True

    def _unseen(self, evidence: Evidence) -> Refusal | None:
        """Why what waits for this tool cannot know by its evidence when it is no longer true."""
        if self._tool.version is not None:
            return Reason.OPAQUE_TOOL, self._tool.name
        return None if evidence else (Reason.NO_EVIDENCE, self._tool.name)

    def __enter__(self) -> None:
        """Begin the block in which the tool runs."""
        if not self._is_off:
            self._opened = self._desk.gatherings.opened(self._gathering)
            self._opened.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it; what it raised concerns all that waits for it."""
        if self._opened is not None:
            self._opened.__exit__(kind, error, trace)
        if error is not None:
            self._gathering.tell((), (Reason.TOOL_ERROR, repr(error)))

    def end(self, value: object, *, by: Executor | None = None) -> None:
        """Keep what the tool returned, if that may be; `by` as `Shelf.note` has it."""
        if self._is_off or self._desk.is_off:
            return
        try:
            kept = self._keep(value)
            if self._spot is not None:
                self._desk.shelf.note(self._spot, self._found, kept, by=by)
        except Exception:
            log.exception("what the tool %s returned could not be kept", self._tool.name)
            self._gathering.tell((), (Reason.CACHE_FAILED, self._tool.name))

    def end_at_once(self, value: object) -> bool:
        """As `end`, on an event loop; False where a thread of ours should do it."""
        if self._is_off or self._desk.is_off:
            return True
        if not (isinstance(value, str) and len(value) < _LONG_RESULT and self._is_of_small_files()):
            return False
        began = time.monotonic()
        if not self._tool.pace.is_quick(began):
            return False
        if self._spot is not None and not self._desk.shelf.may_keep_at_once(self._spot):
            return False
        self.end(value, by=self._desk.executor)
        self._took(began)
        return True

    def _is_of_small_files(self) -> bool:
        """Whether what it rests on takes less time to look at than to hand to a thread."""
        evidence = self._gathering.evidence
        return (
            len(evidence) + len(self._paths) <= _FEW_FILES
            and all(isinstance(seen.look, File) for seen in evidence)
            and all(map(_is_small, self._paths))
        )

    def _keep(self, value: object) -> Kept:
        shown = self._gathering.evidence
        self._observe_declared()  # which says itself whether it is settled
        evidence, refusal = self._gathering.evidence, self._gathering.refusal
        if isinstance(value, str) and looks_failed(value):
            refusal = refusal or (Reason.TOOL_ERROR, value[:80])
        unseen = self._unseen(evidence)
        self._gathering.tell((), refusal or unseen)
        if self._tool.version is None:
            refusal = refusal or unseen
        refusal = refusal or self._unsettled(shown)
        if refusal is not None:
            return Kept(refusal[0], detail={"what": refusal[1]})
        if self._spot is None:
            return Kept(self._found.reason)
        if gives_nothing(value):
            return Kept(Reason.TOOL_ERROR)
        try:
            text = encode_json(exact(value)).decode()
        except InexactError as error:
            return Kept(Reason.OPAQUE_REPLY, detail={"what": str(error)})
        is_first = self._found.reason is Reason.NO_ENTRY
        return self._desk.shelf.keep(self._spot, text, evidence, is_first=is_first)

    def _unsettled(self, evidence: Evidence) -> Refusal | None:
        """What changed while the tool ran, or cannot be told."""
        if self._spot is None:
            return None
        if self._tool.version is not None and told(self._tool.version) != self._version:
            return Reason.UNSETTLED, "its version"
        if not self._is_as_given():
            return Reason.UNSETTLED, "what it was given"
        if self._desk.gatherings.forked_since(self._gathering):
            return Reason.OPAQUE_TOOL, "what a fork looked at"
        return still_holds(evidence, self._desk.shelf.observer, self._tree)

    def _is_as_given(self) -> bool:
        """Whether neither the tool nor its caller changed its arguments meanwhile."""
        try:
            return encode_json(exact(self._given)) == self._given_json
        except InexactError:
            return False

    def _observe_declared(self) -> None:
        """Observe the files that the tool read, which must be what they were when it began."""
        if not self._tool.observes or self._tree is None:
            return
        observer, seen = self._desk.shelf.observer, []
        try:
            if _here() != self._place:
                self._gathering.refuse(Reason.UNSETTLED, "the working directory")
            for path in self._paths:
                look = bind(File(path), self._tree)
                seen.append(Observation(look, observer.blob(path)))
                if not observer.quiet_since(look, self._tree, self._gathering.opened_ns):
                    self._gathering.refuse(Reason.UNSETTLED, path)
        except (ObserveError, InexactError) as error:
            self._gathering.refuse(Reason.UNOBSERVABLE, str(error))
        if all(each.digest == ABSENT for each in seen):
            self._gathering.refuse(Reason.UNOBSERVABLE, f"none of {self._paths!r} is there")
        self._gathering.note(seen)


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  # strings, as all paths here
    except OSError as error:
        raise InexactError("the working directory is gone") from error


def _placed(text: str, root: str) -> str:
    """`place`, remembered; raises what it does, and InexactError for what is elsewhere."""
    found = _known_place(text, root) if len(text) < _LONG else place(text, root)
    if text.startswith("..") and os.path.realpath(f"{root}/{text}") != os.path.realpath(found):
        raise InexactError(f"{text!r} leads up from where a link leads")
    return found


_known_place = lru_cache(maxsize=1024)(place)


def _is_small(path: str) -> bool:
    try:
        return os.stat(path).st_size < _LONG_RESULT  # noqa: PTH116  # strings, as all paths here
    except OSError:
        return True


def still_holds(evidence: Evidence, observer: Observer, tree: WorkTree | None) -> Refusal | None:
    """None when all of it does, else what changed while the answer was made."""
    if not evidence:
        return None
    if tree is None:
        return Reason.NO_REPOSITORY, ""
    broken = observer.verify(evidence, tree)
    return None if broken is None else (Reason.UNSETTLED, broken.what)
