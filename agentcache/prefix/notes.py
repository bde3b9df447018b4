"""Notes at the tail: what changed in a frozen system prompt, stated once where it was noticed."""

import re
from collections.abc import Mapping, Sequence
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

_MOST_LOOKED_AT = 64
_TAG = "<system-reminder>\n"
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
    return f"{_TAG}{said}\n</system-reminder>" if lines else ""


def has_note(text: str) -> bool:
    """Whether one of ours is in a text of a message."""
    return _TAG + _BEGINNING in text


def without_note(text: str) -> str:
    """A text of a message without the notes at its end."""
    return text.partition(_TAG + _BEGINNING)[0].rstrip()


_applied = lru_cache(maxsize=16)(apply_changes)
"""What is current in one Call is what was stated in the next."""


def newest_asking(messages: Sequence[RawJson]) -> int | None:
    """The index of the newest message that a note can be joined to, None where there is none."""
    for index in range(len(messages) - 1, -1, -1):
        members = decode_raw_object(messages[index])
        role = bytes(members.get("role", b""))
        kind = bytes(members.get("type", b""))
        if role in (b'"user"', b'"tool"') or kind.endswith(b'_output"'):
            return index
    return None


_RESULT = re.compile(rb'"(?:type|role)"\s*:\s*"(?:tool_result|tool|\w+_output)"')
"""What JSON of a result has, and that of no other message: quotes in texts are escaped."""


def newest_result(messages: Sequence[RawJson]) -> tuple[int, str] | None:
    """The index and the digest of the newest message with a tool's result; None without one."""
    for index in range(len(messages) - 1, max(-1, len(messages) - 1 - _MOST_LOOKED_AT), -1):
        if _RESULT.search(bytes(messages[index])):
            return index, message_digest(messages[index])
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
    """A message with the note in it, None where there is no place; each Call repeats all of them.

    A message of its own behind a tool's result would end the run for templates of models, which
    then leave out what the model thought in it, or refuse two roles in this order.
    """
    members = decode_raw_object(message.text)
    text = encode_json(note)
    name = _place_of(wire, members)
    content = bytes(members.get(name, b"")).strip()
    if content.startswith(b'"') and wire is not WireName.ANTHROPIC:
        joined = content[:-1] + b"\\n\\n" + text[1:]
    elif content.startswith((b'"', b"[")):
        kind = b"input_text" if wire is WireName.OPENAI_RESPONSES else b"text"
        block = b'{"type":"' + kind + b'","text":' + text + b"}"
        if content.startswith(b'"'):
            content = b'[{"type":"text","text":' + content + b"}]"
        inner = content[1:-1].rstrip()
        joined = b"[" + inner + (b"," if inner else b"") + block + b"]"
    else:
        return None
    return encode_json({**members, name: as_raw(joined)})


def _place_of(wire: WireName, members: Mapping[str, RawJson]) -> str:
    """The member of a message that may hold a note, "" for none."""
    role, kind = (bytes(members.get(name, b"")) for name in ("role", "type"))
    if role == b'"user"' or (role == b'"tool"' and wire is WireName.OPENAI_CHAT):
        return "content"
    is_text = kind in (b'"function_call_output"', b'"custom_tool_call_output"')
    return "output" if is_text and wire is WireName.OPENAI_RESPONSES else ""


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
