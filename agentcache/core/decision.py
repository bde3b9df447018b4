"""Decisions: the choice of the next tools, found again by the state of a conversation."""

from collections.abc import Iterator
from itertools import dropwhile

from agentcache.core.codec import Json, digest
from agentcache.core.conversation import Reading, has_hidden_history
from agentcache.core.entry import Entry, Kind, slot_of
from agentcache.core.policy import last_results, uses_of
from agentcache.core.reasons import Reason
from agentcache.core.registry import is_ambiguous
from agentcache.core.session import Replay, Session
from agentcache.core.state import normal_state, state_of
from agentcache.core.tool_shapes import READ_ONLY_TOOLS
from agentcache.core.values import Call, Part, Reply, Scope, ToolUse, Turn
from agentcache.core.vocabulary import looks_of

OURS = "ac"
"""What the id of a tool use in a served reply begins with, behind the wire's own prefix."""

OUR_IDS = (f"toolu_{OURS}", f"call_{OURS}")
"""What such ids begin with on the wires."""


def decision_key(tag: str, state: Json) -> str:
    """The key of a decision: the registry's tag, and the state that it was made in.

    Ids of tool uses, and facts of the moment in system prompts, are left out of `state`.
    """
    return digest([Kind.DECISION, tag, normal_state(state)])


def names_in(decision: Json) -> frozenset[str]:
    """The names of all tools that a decision asks for, in the form of any provider.

    `{"tool": name}` and `{"name": name, "arguments" or "input": ...}` ask for one as well.
    """
    return frozenset(_names(decision))


def _names(decision: Json) -> Iterator[str]:
    if isinstance(decision, list):
        for item in decision:
            yield from _names(item)
    elif isinstance(decision, dict):
        asked = decision.get("tool")
        if "arguments" in decision or "input" in decision:
            asked = decision.get("name", asked)
        if isinstance(asked, str):
            yield asked
        # What stands in arguments is data: a name in there asks for nothing.
        yield from _names([v for k, v in decision.items() if k not in ("arguments", "input")])


def may_share(call: Call, session: Session) -> bool:
    """Whether the session allows an earlier reply at all, for a Call that holds all of its state.

    A reply that the provider stores has an id that a later request may name.
    """
    if call.is_stored or has_hidden_history(call):
        return False
    return session.replay is not Replay.NEVER and session.replay_ttl > 0


def follows_ours(call: Call) -> bool:
    """Whether the step before this one was answered by us.

    The later steps of a run are sent to their provider at once unless it was (server/proxy.py).
    """
    ids = last_results(call)
    return bool(ids) and all(id_.startswith(OUR_IDS) for id_ in ids)


def step_slot(call: Call, scope: Scope, question: str) -> str:
    """Where the decision stands that is made when the tools of a run have come so far."""
    state: Json = [question, state_of(steps_of(call))]
    return slot_of(Kind.DECISION, scope, decision_key(scope.registry, state))


def steps_of(call: Call) -> list[Turn]:
    """The turns of a run from the first that asks for a tool on."""
    return list(dropwhile(lambda turn: not any(_is_use(part) for part in turn.parts), call.turns))


def _is_use(part: Part) -> bool:
    return isinstance(part, ToolUse)


def refuse_decision(call: Call, reading: Reading, reply: Reply, *, cwd: str) -> Reason | None:
    """Why a reply that asks for tools is never served again; None when it may be.

    `cwd`: where the relative paths of the run begin.
    """
    if is_ambiguous(call.tools):
        return Reason.AMBIGUOUS_TOOLS
    if any(looks_of(run.use, cwd=cwd) is None for run in reading.runs):
        return Reason.MORE_STEPS
    return None if is_offered(reply, call) else Reason.MORE_STEPS


def is_offered(reply: Reply, call: Call) -> bool:
    """Whether `reply` asks for tools, and only for ones of `call` that are known to only read."""
    names = {use.name for use in uses_of(reply)}
    return bool(names) and names <= READ_ONLY_TOOLS & {tool.name for tool in call.tools}


def may_decide(entry: Entry, call: Call, *, root: str) -> bool:
    """Whether a kept decision may answer `call` in the work tree `root`."""
    return (
        entry.root in ("", root) and not is_ambiguous(call.tools) and is_offered(entry.reply, call)
    )


def said_in(reply: Reply) -> str:
    """Everything that a reply says, in words and in the arguments of tools."""
    arguments: list[Json] = [use.arguments for use in uses_of(reply)]
    return "\n".join([reply.text, *_strings(arguments)])


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
