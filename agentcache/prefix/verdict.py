"""What broke a prefix, or wastes one: the linter's words, and what repairs each."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from agentcache.core.values import WireName
from agentcache.prefix.moves import Move
from agentcache.prefix.prompt import Level


class Verdict(StrEnum):
    """One cause; the first group breaks a prefix, the second wastes one that holds."""

    VOLATILE = "volatile-in-prefix"
    UNSTABLE_JSON = "unstable-json"
    TOOL_ORDER = "tool-order-drift"
    LATE_TOOL = "late-tool"
    TOOL_REMOVED = "tool-removed"
    TOOL_CHANGED = "tool-changed"
    SYSTEM_CHANGED = "system-changed"
    MESSAGE_SHAPE = "message-shape-drift"
    HISTORY_REWRITTEN = "history-rewritten"
    NOTES = "notes-begun-anew"
    COMPACTION = "compaction-divergence-at-0"
    FORK = "fork-not-sharing-prefix"
    MODEL = "model-toggle"
    EFFORT = "effort-toggle"
    THINKING = "thinking-toggle"
    TOOL_CHOICE = "tool-choice-toggle"
    IMAGE = "image-toggle"
    SPEED = "speed-toggle"
    PARALLEL_TOOLS = "parallel-tools-toggle"
    TEXT_FORMAT = "text-format-toggle"
    VERBOSITY = "verbosity-toggle"
    SERVICE_TIER = "service-tier-toggle"
    CACHE_KEY = "cache-key-toggle"

    VARYING_BREAKPOINT = "breakpoint-on-varying-block"
    TOO_MANY_BREAKPOINTS = "too-many-breakpoints"
    LOOKBACK = "lookback-overrun"
    BELOW_MINIMUM = "below-minimum"
    TTL_ORDER = "ttl-order"
    TTL_TOO_SHORT = "ttl-too-short"
    TTL_TOO_LONG = "ttl-too-long"
    NO_BREAKPOINT = "explicit-mode-without-breakpoint"
    COLD_FANOUT = "parallel-cold-fanout"


_REPAIRS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.VOLATILE: "take what changes with the moment out of this text, or state it at the "
        "end of the newest user message",
        Verdict.UNSTABLE_JSON: "write the same value with the same key and list order each time",
        Verdict.TOOL_ORDER: "send the tools in one order",
        Verdict.LATE_TOOL: "offer every tool from the first request on, or append late ones, "
        "which costs one break",
        Verdict.TOOL_REMOVED: "keep the tool in the list and refuse it when it is called",
        Verdict.TOOL_CHANGED: "keep a tool's definition for as long as the conversation lasts",
        Verdict.SYSTEM_CHANGED: "keep the conversation's first system prompt and state what "
        "changed at the end of the newest user message",
        Verdict.MESSAGE_SHAPE: "leave every block in the message in which it was sent first",
        Verdict.HISTORY_REWRITTEN: "append to the history, never edit or drop what was sent",
        Verdict.NOTES: "nothing: notes of agentcache had grown too long, and what changed in the "
        "system prompt is stated anew",
        Verdict.COMPACTION: "ask for the summary at the end of the same conversation, with its "
        "tools and system prompt, and compact rarely",
        Verdict.FORK: "start the fork with the tools and the system prompt of its conversation",
        Verdict.MODEL: "stay with one model in a conversation",
        Verdict.EFFORT: "keep the effort for as long as the conversation lasts",
        Verdict.THINKING: "keep the thinking parameters for as long as the conversation lasts",
        Verdict.TOOL_CHOICE: "keep tool_choice; say in the newest message which tool is wanted",
        Verdict.IMAGE: "send images in a conversation of their own, or from its first message on",
        Verdict.SPEED: "keep the speed for as long as the conversation lasts",
        Verdict.PARALLEL_TOOLS: "keep parallel_tool_calls for as long as the conversation lasts",
        Verdict.TEXT_FORMAT: "keep the output format for as long as the conversation lasts",
        Verdict.VERBOSITY: "keep the verbosity for as long as the conversation lasts",
        Verdict.SERVICE_TIER: "keep the service tier for as long as the conversation lasts",
        Verdict.CACHE_KEY: "send one prompt_cache_key in a conversation",
        Verdict.VARYING_BREAKPOINT: "put the breakpoint on the last block that stays equal",
        Verdict.TOO_MANY_BREAKPOINTS: "remove breakpoints: the provider refuses the request",
        Verdict.LOOKBACK: "put another breakpoint between, so that the last write is in reach",
        Verdict.BELOW_MINIMUM: "mark a longer prefix, or none: this one is never cached",
        Verdict.TTL_ORDER: "put the breakpoints with the longer ttl first",
        Verdict.TTL_TOO_SHORT: "ask for the longer ttl, or keep the prefix warm",
        Verdict.TTL_TOO_LONG: "ask for the shorter ttl: its writes are cheaper",
        Verdict.NO_BREAKPOINT: "set a breakpoint, or leave the mode at implicit",
        Verdict.COLD_FANOUT: "send one request first, the others once its reply has begun",
    }
)

_ANY = frozenset(Level)
_SYSTEM = frozenset({Level.SYSTEM})
_TOOLS = frozenset({Level.TOOLS})
_MOVES: Mapping[Verdict, tuple[Move, frozenset[Level]]] = MappingProxyType(
    {
        Verdict.VOLATILE: (Move.FREEZE, _SYSTEM),
        Verdict.SYSTEM_CHANGED: (Move.UNKNOWN, _SYSTEM),
        Verdict.UNSTABLE_JSON: (Move.TOOLS, _TOOLS),
        Verdict.TOOL_ORDER: (Move.TOOLS, _TOOLS),
        Verdict.LATE_TOOL: (Move.TOOLS, _TOOLS),
        Verdict.CACHE_KEY: (Move.CACHE_KEY, _ANY),
        Verdict.TTL_TOO_SHORT: (Move.LIFETIME, _ANY),
        Verdict.TTL_TOO_LONG: (Move.LIFETIME, _ANY),
        Verdict.LOOKBACK: (Move.BREAKPOINTS, _ANY),
    }
)


def move_for(verdict: Verdict, level: Level) -> Move | None:
    """The move that repairs this in flight, None where only the host can."""
    move, levels = _MOVES.get(verdict, (None, _ANY))
    return move if level in levels else None


def repair_for(verdict: Verdict, level: Level) -> str:
    """What would repair it, in one sentence."""
    move = move_for(verdict, level)
    if move is None:
        return _REPAIRS[verdict]
    known = ", where a host labels it" if move is Move.FREEZE else ""
    return f"{_REPAIRS[verdict]} (the move {move.value!r} does it in flight{known})"


_OPENAI_REASONS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.MODEL: "model_changed",
        Verdict.CACHE_KEY: "prompt_cache_key_changed",
        Verdict.PARALLEL_TOOLS: "tools_changed",
        Verdict.TEXT_FORMAT: "text_format_changed",
        Verdict.EFFORT: "reasoning_effort_changed",
        Verdict.VERBOSITY: "verbosity_changed",
        Verdict.SERVICE_TIER: "service_tier_changed",
        Verdict.COMPACTION: "context_compacted",
    }
)


def reason_for(wire: WireName, verdict: Verdict, level: Level) -> str:
    """The provider's own word for a break, as its diagnostics would say it."""
    if verdict is Verdict.MODEL:
        return "model_changed"
    if wire is WireName.ANTHROPIC:
        return f"{level.value}_changed"
    fallback = "tools_changed" if level is Level.TOOLS else "input_changed"
    return _OPENAI_REASONS.get(verdict, fallback)
