"""The decisions: what may be shared, looked up, replayed and kept. Functions of values only."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import lru_cache

from agentcache.core.codec import digest
from agentcache.core.conversation import ToolRun, has_hidden_history, is_thought
from agentcache.core.entry import Cost, Entry, Kind, slot_of
from agentcache.core.moment import said_of_now, said_of_work
from agentcache.core.profile import Fact, FactKind, changed_names, leans_on, read_profile
from agentcache.core.query import Query, Standing, standing
from agentcache.core.reasons import Reason
from agentcache.core.registry import registry_tag
from agentcache.core.session import Replay, Session
from agentcache.core.subagents import is_asked
from agentcache.core.values import Call, Opaque, Reply, Scope, Stop, Text, ToolResult, ToolUse

_CHOICE = "tool_choice"
"""The parameter that is a part of the registry's tag."""

VARIANTS = 4
"""Answers kept for one question in one scope: branches that are switched between each keep one."""


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
    return Scope(
        tenant=session.tenant,
        user=call.user,
        repository=repository,
        upstream=upstream,
        wire=call.wire,
        model=call.model,
        profile=_profile((*call.system, *preamble), root),
        registry=registry_tag(call.tools, call.parameters.get(_CHOICE)),
        parameters=digest({k: v for k, v in call.parameters.items() if k != _CHOICE}),
        directory=directory,
    )


@lru_cache(maxsize=32)  # one host says the same with every Call
def _profile(texts: tuple[str, ...], root: str) -> str:
    return digest([read_profile(text, root=root).static for text in texts])


def facts_of(call: Call, preamble: Sequence[str]) -> tuple[Fact, ...]:
    """The facts of the moment that the prompt states and the Scope leaves out."""
    return tuple(fact for text in (*call.system, *preamble) for fact in read_profile(text).facts)


def leaning(
    call: Call, facts: Sequence[Fact], *, root: str, said: str, shown: Sequence[str]
) -> Fact | None:
    """A fact of the moment that `said` leans on although none of the texts `shown` has it.

    `facts`: those that the Scope leaves out; what system turns state is added. Paths of the work
    tree `root` bind an answer to it by another rule (Entry.root).
    """
    return leans_on(_volatile(call, facts, root), said, "\n".join(shown))


def leaning_run(
    call: Call,
    facts: Sequence[Fact],
    *,
    root: str,
    question: str,
    runs: Sequence[ToolRun],
    answer: str,
) -> str | None:
    """What of the moment an answer leans on, or the choice of what was read for it.

    As `leaning`, of the `answer` and of the arguments of the tools; these may repeat what git says:
    that a file is changed is no reason not to read it. What another agent is asked is held against
    all of it.
    """
    volatile = _volatile(call, facts, root)
    choosing = tuple(fact for fact in volatile if fact.kind is not FactKind.GIT)
    seen = question
    for run in runs:
        if is_asked(run.use):  # what it is told it may tell again
            leans = _leaning_words(volatile, str(run.use.arguments), seen)
        else:
            fact = leans_on(choosing, str(run.use.arguments), seen)
            leans = fact.text if fact else None
        if leans is not None:
            return leans
        seen = f"{seen}\n{run.use.arguments}\n{run.result.text}"
    return _leaning_words(volatile, answer, seen)


def _leaning_words(volatile: tuple[Fact, ...], said: str, seen: str) -> str | None:
    if fact := leans_on(volatile, said, seen):
        return fact.text
    kinds = {fact.kind for fact in volatile}
    of_now = said_of_now(said, seen) if FactKind.TIME in kinds else None
    if of_now is not None or FactKind.GIT not in kinds:
        return of_now
    return said_of_work(said, seen, changed_names(volatile))


def _volatile(call: Call, facts: Sequence[Fact], root: str) -> tuple[Fact, ...]:
    turns = [part for turn in call.turns if turn.role == "system" for part in turn.parts]
    stated = [fact for p in turns if isinstance(p, Text) for fact in read_profile(p.text).facts]
    return tuple(f for f in (*facts, *stated) if not (root and f.text.startswith(root)))


def directory_of(facts: Sequence[Fact], session: Session) -> str:
    """Where relative paths begin: the one directory that the prompt states, else the session's."""
    stated = {fact.text for fact in facts if fact.kind is FactKind.DIRECTORY}
    if len(stated) == 1 and (directory := stated.pop()).startswith("/"):
        return directory
    return session.cwd


def places_in(facts: Sequence[Fact], cwd: str, to_relative: Callable[[str], str]) -> list[str]:
    """Where in the work tree an agent in `cwd` stands, and what else its prompt sends it to.

    `to_relative` leaves paths outside of the work tree as they are; an agent has others there with
    each session.
    """
    stated = [fact.text for fact in facts if fact.kind is FactKind.DIRECTORY]
    places = {to_relative(place.rstrip("/") or "/") for place in stated}
    inside = {place for place in places if not place.startswith(("/", "~"))}
    return sorted(inside | {to_relative(cwd)})


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


# Fields by which a provider looks into the web or other data by itself, and models that always do.
_LOOKING = re.compile(r"(?i)search|plugins|data_sources|grounding|retriev")
_LOOKS = re.compile(r"(?i)search|:online\b|\bsonar|deep-research")


def looks_beyond(call: Call) -> bool:
    """Whether the provider may look at what nobody can verify, and not say so in its reply."""
    given = (name for name, value in call.parameters.items() if value not in (None, False, []))
    return _LOOKS.search(call.model) is not None or any(map(_LOOKING.search, given))


def refuse_question(query: Query) -> Reason | None:
    """Why a question is never answered from earlier research; None when it may be."""
    return {
        Standing.RESEARCH: None,
        Standing.NOT_A_QUESTION: Reason.NOT_A_QUESTION,
        Standing.LEANS_ON_CONTEXT: Reason.LEANS_ON_CONTEXT,
        Standing.LEANS_ON_MOMENT: Reason.LEANS_ON_MOMENT,
    }[standing(query)]


def is_evident(question: object) -> bool:
    """Whether the end of a run is proven by its evidence alone; `question`: it, or what it is not.

    What an agent is asked by another one need not be a question, and leans on nothing else.
    """
    return not isinstance(question, Reason) or question in _NO_QUESTION


_NO_QUESTION = (Reason.NOT_A_QUESTION, Reason.LEANS_ON_CONTEXT)


def words_of(reply: Reply) -> Reply:
    """`reply` without what the model only thought with, where it ends a run in words.

    No provider asks for thoughts of a run that is over; one that goes on must keep them.
    """
    if uses_of(reply):
        return reply
    return replace(reply, parts=tuple(part for part in reply.parts if not is_thought(part)))


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


def last_results(call: Call) -> list[str]:
    """The ids of the tool results since the model last spoke; none when a run begins.

    A host may put words of its own behind them, as a system turn or as a user's.
    """
    for turn in reversed(call.turns):
        ids = [part.id for part in turn.parts if isinstance(part, ToolResult)]
        if ids or turn.role == "assistant":
            return ids
    return []


def with_variant(entries: Sequence[Entry], entry: Entry) -> tuple[Entry, ...]:
    """The entries of a slot after `entry` was added: newest first, one for equal evidence.

    What is true in different work trees only is no evidence against each other.
    """
    ours = (entry.evidence, entry.root)
    others = [other for other in entries if (other.evidence, other.root) != ours]
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
