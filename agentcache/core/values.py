"""What a request to a model and its answer are, whatever wire they came over.

These values are a reading of the bytes, never a replacement for them: what goes to a provider is
always the caller's own body.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, TypeAlias

from agentcache.core.codec import Json, JsonObject

Role: TypeAlias = Literal["system", "user", "assistant"]


class WireName(StrEnum):
    """The three request forms that are read."""

    ANTHROPIC = "anthropic"
    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text that the model reads or wrote."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolUse:
    """The model asks for a tool; `id` pairs it with its ToolResult."""

    id: str
    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back, its text blocks joined by newlines.

    `blocks`: these, where a wire told them apart.
    """

    id: str
    text: str
    is_error: bool = False
    blocks: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Opaque:
    """Content that is not read: images, documents, thinking, server tools, unknown blocks.

    `kind` is the wire's own name for it, `digest` the digest of its canonical JSON.
    """

    kind: str
    digest: str


Part: TypeAlias = Text | ToolUse | ToolResult | Opaque


@dataclass(frozen=True, slots=True)
class Turn:
    """One message; tool results stand in a turn of the role `user` on every wire."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool offered to the model; `digest` covers name, description and schema."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model in provider-neutral form.

    `system`: the texts that stand before the conversation (top-level system, `instructions`, or
    leading system and developer messages). `parameters`: every other field that shapes the reply,
    canonical; fields that only name, route, bill or trace the request are left out. `user`: the
    end user that the body names, "" if it names none. `digest`: of the whole body without those
    left-out fields and without `stream`: two Calls with one digest ask for the same thing.
    `is_stored`: the provider keeps the reply under its id, and a later request may name that id.
    """

    wire: WireName
    model: str
    system: tuple[str, ...]
    tools: tuple[Tool, ...]
    turns: tuple[Turn, ...]
    parameters: Mapping[str, Json]
    user: str
    stream: bool
    wants_usage: bool
    temperature: float | None
    digest: str
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `input_tokens` is the total, cached ones included."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )


class Stop(StrEnum):
    """Why a reply ended."""

    END = "end"
    TOOL_USE = "tool_use"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's complete answer. A reply that was cut is never a Reply: decoding it fails."""

    model: str
    parts: tuple[Part, ...]
    stop: Stop
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """The text parts joined as they came."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Scope:
    """What must be equal for two Calls to share anything; compared field by field, never ranked.

    `repository`: the git common directory, so that worktrees of one clone share. `profile`:
    digest of the static system prompt. `registry`: the registry tag. `parameters`: digest of the
    Call's parameters. `upstream`: the URL that requests go to. `directory`: where in the work
    tree the agent stands, which is what the paths in its answers begin at. Credentials are no
    part of it.
    """

    tenant: str
    user: str
    repository: str
    upstream: str
    wire: WireName
    model: str
    profile: str
    registry: str
    parameters: str
    directory: str = ""
