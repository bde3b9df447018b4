"""Notes at the tail: what changed in a frozen system prompt, stated once where it was noticed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentcache.core.codec import (
    CodecError,
    Json,
    RawJson,
    as_raw,
    decode_json_object,
    decode_raw_object,
    digest,
    encode_json,
)
from agentcache.core.values import WireName
from agentcache.prefix.changes import Change, apply_changes, describe_changes
from agentcache.wire.reading import unmarked

_ASKING = (b'"user"', b'"tool"')
_BEGINNING = "Now in the system prompt:"


def note_text(frozen: Sequence[str], stated: Sequence[Change], current: Sequence[Change]) -> str:
    """What is to be said when `stated` was said last and `current` is so now; "" for nothing.

    Both are changes of the `frozen` texts.
    """
    if tuple(stated) == tuple(current):
        return ""
    before, now = (_applied(tuple(frozen), tuple(changes)) for changes in (stated, current))
    lines = describe_changes(before, now)
    said = "\n".join([_BEGINNING, *lines])
    return f"<system-reminder>\n{said}\n</system-reminder>" if lines else ""


_applied = lru_cache(maxsize=16)(apply_changes)
"""What is current in one Call is what was stated in the next."""


def newest_asking(messages: Sequence[RawJson]) -> int | None:
    """The index of the newest message that a note can be joined to, None where there is none."""
    for index in range(len(messages) - 1, -1, -1):
        members = decode_raw_object(messages[index])
        role = bytes(members.get("role", b""))
        kind = bytes(members.get("type", b""))
        if role in _ASKING or kind.endswith(b'_output"'):
            return index
    return None


def with_note(wire: WireName, message: RawJson, note: str) -> list[RawJson]:
    """The message with the note at its end, or the message and one of the note's own after it."""
    whole = _Whole(bytes(message))
    joined = (_joined if whole.is_short else _joined.__wrapped__)(wire, whole, note)
    if joined is None:
        return [message, as_raw(b'{"role":"user","content":' + encode_json(note) + b"}")]
    return [as_raw(joined)]


@dataclass(frozen=True, slots=True)
class _Whole:
    """A message by which results are remembered; hashing all of it would take as long as these."""

    text: bytes

    def __hash__(self) -> int:
        middle = len(self.text) // 2
        return hash((len(self.text), self.text[middle : middle + 64]))

    @property
    def is_short(self) -> bool:
        return len(self.text) < 1 << 16


@lru_cache(maxsize=256)
def _joined(wire: WireName, message: _Whole, note: str) -> bytes | None:
    """A user's or a tool's message with the note in it, None for another's.

    Each Call repeats all of them. In a tool's, since templates of chats refuse a user's behind it.
    """
    members = decode_raw_object(message.text)
    text = encode_json(note)
    if bytes(members.get("role", b"")) not in _ASKING:
        return None
    content = bytes(members.get("content", b"")).strip()
    if content[:1] not in (b'"', b"["):
        return None
    if content.startswith(b'"') and wire is not WireName.ANTHROPIC:
        joined = content[:-1] + b"\\n\\n" + text[1:]
    else:
        kind = b"input_text" if wire is WireName.OPENAI_RESPONSES else b"text"
        block = b'{"type":"' + kind + b'","text":' + text + b"}"
        if content.startswith(b'"'):
            content = b'[{"type":"text","text":' + content + b"}]"
        inner = content[1:-1].rstrip()
        joined = b"[" + inner + (b"," if inner else b"") + block + b"]"
    return encode_json({**members, "content": as_raw(joined)})


def message_digest(message: RawJson) -> str:
    """What tells a message from another: its content without marks, texts in one form."""
    whole = _Whole(bytes(message))
    return (_digest if whole.is_short else _digest.__wrapped__)(whole)


@lru_cache(maxsize=256)
def _digest(message: _Whole) -> str:
    try:
        value = decode_json_object(message.text)
    except CodecError:
        return digest(message.text.hex())
    return digest([value.get("role"), _plain({**unmarked(value), "role": None})])


def _plain(value: Json) -> Json:
    if isinstance(value, dict):
        content = value.get("content")
        if isinstance(content, str):
            value = {**value, "content": [{"type": "text", "text": content}]}
        return {key: _plain(item) for key, item in unmarked(value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
