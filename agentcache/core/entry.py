"""What is kept: an answer, what it rests on, and what it saves."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from agentcache.core.codec import (
    CodecError,
    Json,
    JsonObject,
    convert,
    decode_json_object,
    digest,
    encode_json,
)
from agentcache.core.evidence import Evidence, Observation
from agentcache.core.values import Opaque, Part, Reply, Scope, Stop, Text, ToolUse, Usage

VERSION = 1
"""Of an entry's JSON; an entry of another version is not read."""


class Kind(StrEnum):
    """Which cache an entry belongs to."""

    RESEARCH = "research"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer cost the first time: model calls, and their tokens as the provider said."""

    calls: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Entry:
    """One kept answer.

    `question`: as it was asked, "" for a replay. `commit`: HEAD when it was made, None outside
    a repository. `root`: the work tree that the answer's own text names, "" if it names none; it
    is then true there only. `made_at`: seconds since the epoch.
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
        return digest(
            [self.kind, asdict(self.scope), self.question, _evidence_json(self.evidence),
             _reply_json(self.reply)]
        )[:12]  # fmt: skip


def slot_of(kind: Kind, scope: Scope, *parts: str) -> str:
    """The name that entries are found under: everything that must be equal, as one digest."""
    return f"{kind}:{digest([asdict(scope), *parts])}"


def encode_entries(entries: Sequence[Entry]) -> bytes:
    """The entries of one slot as versioned JSON."""
    return encode_json({"version": VERSION, "entries": [_entry_json(entry) for entry in entries]})


def decode_entries(data: bytes) -> tuple[Entry, ...]:
    """The reverse of `encode_entries`; entries of another version are left out.

    Raises CodecError on anything that `encode_entries` did not write.
    """
    record = decode_json_object(data)
    if record.get("version") != VERSION:
        return ()
    entries = record.get("entries")
    if not isinstance(entries, list):
        raise CodecError("a slot must hold a list of entries")
    return tuple(_entry(convert(value, dict[str, Json])) for value in entries)


def _entry_json(entry: Entry) -> JsonObject:
    return {
        "kind": entry.kind,
        "scope": asdict(entry.scope),
        "question": entry.question,
        "reply": _reply_json(entry.reply),
        "evidence": _evidence_json(entry.evidence),
        "cost": asdict(entry.cost),
        "made_at": entry.made_at,
        "commit": entry.commit,
        "root": entry.root,
    }


def _entry(value: JsonObject) -> Entry:
    try:
        return Entry(
            kind=convert(value["kind"], Kind),
            scope=convert(value["scope"], Scope),
            question=convert(value["question"], str),
            reply=_reply(convert(value["reply"], dict[str, Json])),
            evidence=tuple(
                Observation.from_json(seen) for seen in convert(value["evidence"], list[Json])
            ),
            cost=convert(value["cost"], Cost),
            made_at=convert(value["made_at"], float),
            commit=convert(value["commit"], str) if value["commit"] is not None else None,
            root=convert(value["root"], str),
        )
    except KeyError as error:
        raise CodecError(f"an entry without {error}") from error


def _evidence_json(evidence: Evidence) -> list[Json]:
    return [seen.to_json() for seen in evidence]


def _reply_json(reply: Reply) -> JsonObject:
    return {
        "model": reply.model,
        "stop": reply.stop,
        "usage": asdict(reply.usage),
        "parts": [_part_json(part) for part in reply.parts],
    }


def _part_json(part: Part) -> Json:
    if isinstance(part, Text):
        return {"text": part.text}
    if isinstance(part, ToolUse):
        return {"tool": part.name, "arguments": part.arguments, "id": part.id}
    raise CodecError(
        f"a reply with {part.kind if isinstance(part, Opaque) else part!r} is not kept"
    )


def _reply(value: JsonObject) -> Reply:
    return Reply(
        model=convert(value["model"], str),
        parts=tuple(
            _part(convert(part, dict[str, Json])) for part in convert(value["parts"], list[Json])
        ),
        stop=convert(value["stop"], Stop),
        usage=convert(value["usage"], Usage),
    )


def _part(value: JsonObject) -> Part:
    if "text" in value:
        return Text(convert(value["text"], str))
    return ToolUse(
        id=convert(value["id"], str),
        name=convert(value["tool"], str),
        arguments=convert(value["arguments"], dict[str, Json]),
    )
