"""Recorded sessions made up: short to write, of sizes that can be reckoned with."""

from collections.abc import Sequence

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import Usage, WireName
from agentcache.prefix.recording import Head, RecordedCall, Recording

ANTHROPIC_URL = "https://api.anthropic.com/v1/messages"
CHAT_URL = "https://api.openai.com/v1/chat/completions"

_AROUND = len('["user",{"type":"text","text":""}]')


def text(name: object, tokens: int = 1000, mark: str | None = None) -> JsonObject:
    """A text block of so many tokens in a user's message, different from its first byte on.

    `mark`: the ttl of the breakpoint on it, "" for one that names none.
    """
    block: JsonObject = {"type": "text", "text": f"{name} ".ljust(4 * tokens - _AROUND, "x")}
    return block if mark is None else {**block, "cache_control": marked(mark)}


def marked(ttl: str) -> JsonObject:
    """A breakpoint."""
    return {"type": "ephemeral", "ttl": ttl} if ttl else {"type": "ephemeral"}


def user(*blocks: JsonObject) -> JsonObject:
    """A user's message."""
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: JsonObject) -> JsonObject:
    """A model's message."""
    return {"role": "assistant", "content": list(blocks)}


def body(messages: Sequence[JsonObject], **fields: Json) -> JsonObject:
    """A request body; `fields` stand beside what it needs, or in the place of it."""
    needed: JsonObject = {"model": "claude-opus-5", "messages": list(messages), "max_tokens": 100}
    return needed | fields


def sent(
    at: float,
    request: JsonObject,
    *,
    wire: WireName = WireName.ANTHROPIC,
    url: str | None = None,
    takes: float | None = 1.0,
    status: int = 200,
    tokens: int = 0,
) -> RecordedCall:
    """A Call whose reply began `takes` seconds later; None: it never did."""
    return RecordedCall(
        at=at,
        wire=wire,
        url=url or (ANTHROPIC_URL if wire is WireName.ANTHROPIC else CHAT_URL),
        body=encode_json(request).decode(),
        first=None if takes is None else at + takes,
        ended=None if takes is None else at + takes + 1,
        status=status,
        usage=Usage(input_tokens=tokens) if tokens else None,
    )


def recording(*calls: RecordedCall) -> Recording:
    """A session."""
    return Recording(Head(1, "session", 0.0), calls)
