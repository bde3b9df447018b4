"""The decisions: what may be shared, looked up, replayed and kept. Functions of values only."""

from collections.abc import Sequence
from dataclasses import asdict

from agentcache.core.codec import digest
from agentcache.core.conversation import has_hidden_history
from agentcache.core.entry import Cost, Entry, Kind, slot_of
from agentcache.core.profile import Fact, FactKind, read_profile
from agentcache.core.query import Query, Standing, standing
from agentcache.core.reasons import Reason
from agentcache.core.session import Replay, Session
from agentcache.core.values import Call, Opaque, Reply, Scope, Stop, Tool, ToolUse

VARIANTS = 4
"""Answers kept for one question in one scope: branches that are switched between each keep one."""


def registry_tag(tools: Sequence[Tool]) -> str:
    """`tools:v1:<digest>` of the definitions, whatever their order."""
    return "tools:v1:" + digest(sorted([tool.name, tool.digest] for tool in tools))[:32]


def scope_of(
    call: Call,
    *,
    session: Session,
    upstream: str,
    repository: str,
    root: str,
    directory: str,
    preamble: Sequence[str],
) -> Scope:
    """The Scope of `call`; `preamble`: the texts that a host put around the question.

    `root` is the work tree, `directory` the agent's place below it.
    """
    profiles = [read_profile(text, root=root).static for text in (*call.system, *preamble)]
    return Scope(
        tenant=session.tenant,
        user=call.user,
        repository=repository,
        upstream=upstream,
        wire=call.wire,
        model=call.model,
        profile=digest(profiles),
        registry=registry_tag(call.tools),
        parameters=digest(call.parameters),
        directory=directory,
    )


def facts_of(call: Call, preamble: Sequence[str]) -> tuple[Fact, ...]:
    """The facts of the moment that the prompt states and the Scope leaves out."""
    return tuple(fact for text in (*call.system, *preamble) for fact in read_profile(text).facts)


def directory_of(facts: Sequence[Fact], session: Session) -> str:
    """Where relative paths begin: the one directory that the prompt states, else the session's."""
    stated = {fact.text for fact in facts if fact.kind is FactKind.DIRECTORY}
    if len(stated) == 1 and (directory := stated.pop()).startswith("/"):
        return directory
    return session.cwd


def replay_slot(call: Call, scope: Scope) -> str:
    """Where a reply to exactly this request is kept."""
    return slot_of(Kind.REPLAY, scope, call.digest)


def may_replay(call: Call, session: Session) -> bool:
    """Whether an earlier reply to the same request may answer this one.

    A reply of ours has an id that the provider does not know, so it must not be one that a later
    request could name; and what the provider holds may change between equal requests.
    """
    if call.is_stored or has_hidden_history(call):
        return False
    if session.replay is Replay.SAFE:
        return call.temperature == 0 and session.replay_ttl > 0
    return session.replay is Replay.ALWAYS and session.replay_ttl > 0


def refuse_question(query: Query) -> Reason | None:
    """Why a question is never answered from earlier research; None when it may be."""
    return {
        Standing.RESEARCH: None,
        Standing.NOT_A_QUESTION: Reason.NOT_A_QUESTION,
        Standing.LEANS_ON_CONTEXT: Reason.LEANS_ON_CONTEXT,
        Standing.LEANS_ON_MOMENT: Reason.LEANS_ON_MOMENT,
    }[standing(query)]


def refuse_reply(reply: Reply) -> Reason | None:
    """Why a reply is never kept, whatever the rest says; None when nothing speaks against it."""
    if reply.stop is Stop.MAX_TOKENS:
        return Reason.MAX_TOKENS
    if reply.stop not in (Stop.END, Stop.TOOL_USE):
        return Reason.REFUSAL
    if any(isinstance(part, Opaque) for part in reply.parts):
        return Reason.OPAQUE_REPLY
    if not uses_of(reply) and not reply.text.strip():
        return Reason.EMPTY_REPLY
    return None


def uses_of(reply: Reply) -> list[ToolUse]:
    """The tools that a reply asks for."""
    return [part for part in reply.parts if isinstance(part, ToolUse)]


def with_variant(entries: Sequence[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The entries of a slot after `entry` was added: newest first, one for equal evidence."""
    others = [other for other in entries if other.evidence != entry.evidence]
    return (entry, *others)[:VARIANTS]


def saved_counts(cost: Cost) -> dict[str, int]:
    """What serving an answer of this cost adds to the counters."""
    return {
        "saved:calls": cost.calls,
        "saved:input_tokens": cost.usage.input_tokens,
        "saved:output_tokens": cost.usage.output_tokens,
    }


def scope_differences(one: Scope, other: Scope) -> list[str]:
    """The names of the fields in which two Scopes differ."""
    ours, theirs = asdict(one), asdict(other)
    return [name for name in ours if ours[name] != theirs[name]]
