"""What is kept: an answer, what it rests on, and what it saves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from agentcache.core.codec import (
    CodecError,
    Json,
    JsonObject,
    RawJson,
    decode_json_as,
    digest,
    encode_json,
)
from agentcache.core.evidence import (
    Evidence,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Observed,
    Search,
    Tree,
)
from agentcache.core.values import Opaque, Part, Reply, Scope, Stop, Text, ToolUse, Usage
from agentcache.core.version import VERSION


class Kind(StrEnum):
    """Which cache an entry belongs to."""

    RESEARCH = "research"
    REPLAY = "replay"
    DECISION = "decision"
    COMPACTION = "compaction"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer cost the first time: model calls, and their tokens as the provider said."""

    calls: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept answer.

    `question`: as it was asked, "" where none was read. `evidence`: by kind, the quickest to verify
    first. `commit`: HEAD when it was made, None outside a repository. `root`: the work tree that
    the answer's own text names, "" if it names none; it is then true there only. `made_at`:
    seconds since the epoch.
    """

    kind: Kind
    scope: Scope
    question: str
    reply: Reply
    evidence: Evidence
    cost: Cost
    made_at: float
    commit: str | None = None
    root: str = ""

    @property
    def id(self) -> str:
        """12 hex digits; equal for equal answers from equal evidence in one scope."""
        evidence = [seen.to_json() for seen in self.evidence]
        return digest(
            [self.kind, self.scope, self.question, evidence, _reply_json(self.reply)]
        )[:12]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was in a slot until something it was read from changed: told by `why`, never served.

    `entry`: its id. `changed`: what changed, and `how`.
    """

    entry: str
    changed: str
    how: str


def slot_of(kind: Kind, scope: Scope | RawJson, *parts: str) -> str:
    """The name that entries are found under: everything that must be equal, as one digest.

    A `scope` that is used again and again may come as its canonical JSON.
    """
    return f"{kind}:{digest([scope, *parts])}"


def by_kind(evidence: Sequence[Observation]) -> Evidence:
    """`evidence` in the order of Entry: what is quick to verify, and tells most when it fails."""
    if len(evidence) < 2:
        return tuple(evidence)
    return tuple(sorted(evidence, key=lambda seen: _ORDER.index(type(seen.look))))


@dataclass(frozen=True, slots=True)
class Slot:
    """What stands in a slot: the entries, newest first, and what was dropped from it last."""

    entries: tuple[Entry, ...] = ()
    dropped: Dropped | None = None


def encode_slot(slot: Slot) -> bytes:
    """A slot as versioned JSON; raises CodecError for what is never kept."""
    entries = [_entry_json(entry) for entry in slot.entries]
    return encode_json({"version": VERSION, "entries": entries, "dropped": slot.dropped})


@lru_cache(maxsize=512)  # what is asked again is decoded once, while its bytes are the same
def decode_slot(data: bytes) -> Slot:
    """The reverse of `encode_slot`; of another version nothing is read.

    Raises CodecError on anything that `encode_slot` did not write.
    """
    try:
        record = decode_json_as(data, _Record)
    except CodecError:
        if decode_json_as(data, _Versioned).version != VERSION:
            return Slot()
        raise
    if record.version != VERSION:
        return Slot()
    return Slot(tuple(map(_entry, record.entries)), record.dropped)


@dataclass(frozen=True, slots=True)
class _Versioned:
    version: Json


@dataclass(frozen=True, slots=True)
class _EvidenceRecord:
    """Observations in groups of one kind, so that the codec knows what it reads."""

    files: list[Observed[File]] = field(default_factory=list)
    lines: list[Observed[Lines]] = field(default_factory=list)
    refs: list[Observed[GitRef]] = field(default_factory=list)
    listings: list[Observed[Listing]] = field(default_factory=list)
    searches: list[Observed[Search]] = field(default_factory=list)
    trees: list[Observed[Tree]] = field(default_factory=list)


_GROUPS: dict[type[Look], str] = {
    File: "files",
    Lines: "lines",
    GitRef: "refs",
    Listing: "listings",
    Search: "searches",
    Tree: "trees",
}
_ORDER = tuple(_GROUPS)


@dataclass(frozen=True, slots=True)
class _PartRecord:
    """A text, or a use of the tool `tool`."""

    text: str | None = None
    tool: str | None = None
    arguments: dict[str, Json] | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _ReplyRecord:
    model: str
    stop: Stop
    usage: Usage
    parts: list[_PartRecord]


@dataclass(frozen=True, slots=True)
class _EntryRecord:
    kind: Kind
    scope: Scope
    question: str
    reply: _ReplyRecord
    evidence: _EvidenceRecord
    cost: Cost
    made_at: float
    commit: str | None
    root: str


@dataclass(frozen=True, slots=True)
class _Record:
    version: int
    entries: list[_EntryRecord]
    dropped: Dropped | None = None


def _entry_json(entry: Entry) -> dict[str, object]:
    return {
        "kind": entry.kind,
        "scope": entry.scope,
        "question": entry.question,
        "reply": _reply_json(entry.reply),
        "evidence": _evidence_json(entry.evidence),
        "cost": entry.cost,
        "made_at": entry.made_at,
        "commit": entry.commit,
        "root": entry.root,
    }


def _evidence_json(evidence: Evidence) -> dict[str, list[Observation]]:
    groups: dict[str, list[Observation]] = {}
    for seen in evidence:
        groups.setdefault(_GROUPS[type(seen.look)], []).append(seen)
    return groups


def _entry(record: _EntryRecord) -> Entry:
    seen = record.evidence
    return Entry(
        kind=record.kind,
        scope=record.scope,
        question=record.question,
        reply=_reply(record.reply),
        evidence=(
            *seen.files,
            *seen.lines,
            *seen.refs,
            *seen.listings,
            *seen.searches,
            *seen.trees,
        ),
        cost=record.cost,
        made_at=record.made_at,
        commit=record.commit,
        root=record.root,
    )


def _reply_json(reply: Reply) -> dict[str, object]:
    return {
        "model": reply.model,
        "stop": reply.stop,
        "usage": reply.usage,
        "parts": [_part_json(part) for part in reply.parts],
    }


def _part_json(part: Part) -> JsonObject:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, ToolUse):
        return {"tool": part.name, "arguments": part.arguments, "id": part.id}
    raise CodecError(
        f"a reply with {part.kind if isinstance(part, Opaque) else part!r} is not kept"
    )


def _reply(record: _ReplyRecord) -> Reply:
    parts = tuple(map(_part, record.parts))
    return Reply(model=record.model, parts=parts, stop=record.stop, usage=record.usage)


def _part(record: _PartRecord) -> Part:
    if record.text is not None:
        return Text(record.text)
    if record.id is None or record.tool is None or record.arguments is None:
        raise CodecError(f"{record!r} is neither a text nor a use of a tool")
    return ToolUse(id=record.id, name=record.tool, arguments=record.arguments)
