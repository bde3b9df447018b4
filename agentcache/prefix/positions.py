"""The blocks of messages: which can carry a breakpoint, which do, how a lookback counts them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from agentcache.core.codec import Json, JsonObject, RawJson, encode_json
from agentcache.prefix.body import object_of
from agentcache.prefix.rules import ModelRules
from agentcache.wire.reading import as_objects, as_text, text_block, unmarked

_MARKABLE = frozenset({"text", "image", "document", "tool_use", "tool_result"})
_IN_RUNS = frozenset({"tool_use", "tool_result"})


def is_markable(block: JsonObject) -> bool:
    """Whether a breakpoint may stand on a block: on no thinking, no empty text, nothing unknown."""
    text = block.get("text")
    is_empty = block.get("type") == "text" and not (isinstance(text, str) and text.strip())
    return block.get("type") in _MARKABLE and not is_empty


def blocks_of(content: Json) -> list[JsonObject]:
    """A content's blocks; a text is one. Raises WireError for what has none."""
    if content is None:
        return []
    return [text_block(content)] if isinstance(content, str) else as_objects(content, "content")


def inner_blocks(block: JsonObject) -> list[JsonObject]:
    """What a tool's result is made of, where it is a list; these can carry marks of their own."""
    content = block.get("content")
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def block_digest(block: JsonObject) -> str:
    """What tells a block from another: its bytes in the sender's key order, without marks."""
    return _digest(_plain(block))


def _plain(block: JsonObject) -> JsonObject:
    parts = inner_blocks(block)
    if any("cache_control" in part for part in parts):
        return {**unmarked(block), "content": [unmarked(part) for part in parts]}
    return unmarked(block)


def _digest(value: object) -> str:
    return sha256(encode_json(value)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Turns:
    """The messages of one request, of which each is read at most once and only when asked for."""

    raws: Sequence[RawJson]
    _read: dict[int, JsonObject] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.raws)

    def size(self, index: int) -> int:
        """Bytes of a message."""
        return len(memoryview(self.raws[index]))

    def message(self, index: int) -> JsonObject:
        """A message as a value; raises CodecError."""
        if index not in self._read:
            self._read[index] = object_of(self.raws[index])
        return self._read[index]

    def blocks(self, index: int) -> list[JsonObject]:
        """A message's blocks; raises CodecError and WireError."""
        return blocks_of(self.message(index).get("content"))

    def digest(self, index: int) -> str:
        """What tells a message from another; neither marks nor a text's form are part of it."""
        rest = {key: item for key, item in self.message(index).items() if key != "content"}
        return _digest([rest, [_plain(block) for block in self.blocks(index)]])

    def raw_digest(self, index: int) -> str:
        """What tells a message from another where it need not be read: all of its bytes."""
        return sha256(self.raws[index]).hexdigest()[:8]

    def last_markable(self, index: int) -> tuple[int, int] | None:
        """The last (message, block) up to the end of a message that can carry a breakpoint."""
        while index >= 0:
            blocks = self.blocks(index)
            for at in range(len(blocks) - 1, -1, -1):
                if is_markable(blocks[at]):
                    return index, at
            index -= 1
        return None

    def distance(self, start: tuple[int, int], end: tuple[int, int], rules: ModelRules) -> int:
        """How many positions `end` lies behind `start`."""
        count, last = -1, ""
        for kind in self._kinds(start, end):
            if not (rules.runs_are_one and kind == last and kind in _IN_RUNS):
                count += 1
            last = kind
        return count

    def _kinds(self, start: tuple[int, int], end: tuple[int, int]) -> Iterator[str]:
        for index in range(start[0], end[0] + 1):
            for at, block in enumerate(self.blocks(index)):
                if start <= (index, at) <= end:
                    yield as_text(block.get("type"), "the type of a block")
