"""What the two OpenAI wires have in common: kept fields, the user, tool calls, usage."""

from agentcache.core.codec import Json, JsonObject
from agentcache.core.values import ToolUse, Usage
from agentcache.wire.credentials import with_plain_servers
from agentcache.wire.fields import LEFT_OUT_OPENAI
from agentcache.wire.reading import (
    as_count,
    as_objects,
    as_text,
    object_or_empty,
    read_arguments,
    text_block,
    unmarked,
)

_TEXT_TYPES = ("text", "input_text", "output_text")


def kept_fields(raw: JsonObject) -> JsonObject:
    """The body without the fields and credentials that do not shape the reply."""
    kept = {key: value for key, value in raw.items() if key not in LEFT_OUT_OPENAI}
    options = raw.get("prompt_cache_options")
    if object_or_empty(options).get("prewarm"):
        # It asks for no output at all, so it is another request than the one it prepares.
        kept["prompt_cache_options"] = options
    return with_plain_servers(kept)


def read_user(raw: JsonObject) -> str:
    """The end user that the body names, "" if it names none; raises WireError.

    Both names count: some apps have `user` for themselves, as it once chose the prefix cache.
    """
    names = [as_text(raw.get(name) or "", name) for name in ("user", "safety_identifier")]
    return "\n".join(dict.fromkeys(filter(None, names)))


def blocks(content: Json, what: str) -> list[Json]:
    """Message content as a list of unmarked blocks with one form of text; raises WireError."""
    if content is None:
        return []
    if isinstance(content, str):
        return [text_block(content)]
    return [_block(block) for block in as_objects(content, what)]


def _block(block: JsonObject) -> JsonObject:
    if block.get("type") not in _TEXT_TYPES:
        return unmarked(block)
    always = {key: block[key] for key in block.keys() - {"annotations", "logprobs"}}
    said = {key: block[key] for key in ("annotations", "logprobs") if block.get(key)}
    return {**unmarked(always), **said, "type": "text"}


def read_use(call_id: Json, name: Json, written: Json) -> ToolUse:
    """A tool use of a request; input that is no JSON object becomes `{"input": text}`."""
    text = as_text(written, "the arguments of a tool call")
    arguments = read_arguments(text)
    return ToolUse(
        as_text(call_id, "the id of a tool call"),
        as_text(name, "the name of a tool call"),
        {"input": text} if arguments is None else arguments,
    )


def read_usage(usage: JsonObject, total: str, output: str) -> Usage:
    """Usage by the wire's names for input and output; its totals include cached tokens."""
    details = object_or_empty(usage.get(f"{total}_details"))
    return Usage(
        input_tokens=as_count(usage.get(total)),
        output_tokens=as_count(usage.get(output)),
        cache_read_tokens=as_count(details.get("cached_tokens")),
        cache_write_tokens=as_count(details.get("cache_write_tokens")),
    )


def write_usage(usage: Usage, total: str, output: str) -> JsonObject:
    """Usage by the wire's names, with every input token marked as read from the cache."""
    return {
        total: usage.input_tokens,
        f"{total}_details": {"cached_tokens": usage.input_tokens, "cache_write_tokens": 0},
        output: usage.output_tokens,
        f"{output}_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
