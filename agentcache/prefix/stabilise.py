"""The moves that keep a prompt's prefix stable, applied to one request body."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agentcache.core.codec import JsonObject, digest
from agentcache.core.values import WireName
from agentcache.prefix.body import Body, read_body, write_body
from agentcache.prefix.breakpoints import place_marks
from agentcache.prefix.cache_key import place_cache_key, wants_cache_key
from agentcache.prefix.changes import Change, changes_between, differ_in_moment
from agentcache.prefix.diagnostics import ask_why
from agentcache.prefix.files import FileOrder, order_files
from agentcache.prefix.freeze import freeze
from agentcache.prefix.lifetime import choose_ttl
from agentcache.prefix.lineage import Base, Lineage
from agentcache.prefix.memory import BASE_LIFE, Memory, States
from agentcache.prefix.moves import ALL_MOVES, Move
from agentcache.prefix.notes import message_digest, newest_result
from agentcache.prefix.rules import ModelRules, Rules, load_rules
from agentcache.prefix.system import leading_count, system_texts
from agentcache.prefix.tools import (
    Definition,
    arrange,
    definitions_of,
    emit,
    is_plain,
    read_definitions,
)
from agentcache.wire import anthropic, openai_shared
from agentcache.wire.reading import as_text, understood

__all__ = ["ALL_MOVES", "Move", "Stabilised", "States", "stabilise"]


MOST_NOTES = 16
"""What part of a request may be notes: a sixteenth."""

LEAST_ALLOWANCE = 4096
"""Bytes that notes may have in any request."""


@dataclass(frozen=True, slots=True)
class Stabilised:
    """The body to send, and which moves changed it; none: the bytes are those that came in.

    `conversation`: the name under which its reply is to be noted, "" for none.
    """

    body: bytes
    moves: frozenset[Move] = frozenset()
    conversation: str = ""


def stabilise(
    wire: WireName,
    body: bytes | Body,
    *,
    states: States,
    owner: str,
    upstream: str,
    now: float,
    moves: frozenset[Move] = ALL_MOVES,
    rules: Rules | None = None,
) -> Stabilised:
    """Apply `moves` to a request body, which may have been taken apart before.

    `owner`: whose conversations these are, such as tenant and directory; nothing is shared between
    owners. `upstream`: the URL that the request goes to. `now`: seconds since the epoch. `rules`:
    the providers', by default the packaged ones. Raises WireError when the body is not
    understood: it is then to be sent as it is.
    """
    with understood(f"a request on the {wire} wire"):
        before = body if isinstance(body, Body) else read_body(wire, body)
        if not moves or not before.messages or _has_hidden_history(before):
            return Stabilised(before.data)
        model = as_text(before.field("model"), "model")
        head, offered = leading_count(before), read_definitions(before.tools)
        call = _Call(
            before=before,
            texts=system_texts(before),
            offered=offered,
            head=head,
            beginning=_beginning(before, head) if offered else "",
            moves=moves,
            rules=(rules or load_rules(None)).for_call(wire, upstream, model),
            now=now,
        )
        owners = owner, _user_of(before), upstream, wire, model
        return _stabilised(call, Memory(states, now, owners))


_LONG = 100_000
# A system prompt stays for many Calls as it is, and differs as much from that of the first.
_changes_remembered = lru_cache(maxsize=64)(changes_between)
_changes_of_long_remembered = lru_cache(maxsize=4)(changes_between)
_differ_in_moment_remembered = lru_cache(maxsize=16)(differ_in_moment)


@dataclass(frozen=True, slots=True)
class _Call:
    """A request as it came in.

    `texts`: its system prompt, of which the first `head` messages are a part; `offered`: its tools.
    `beginning`: what tells its conversation from others; without tools only the system prompt does,
    as hosts without tools, such as Aider, put what changes before the history.
    """

    before: Body
    texts: tuple[str, ...]
    offered: tuple[Definition, ...]
    head: int
    beginning: str
    moves: frozenset[Move]
    rules: ModelRules
    now: float

    @property
    def is_ping(self) -> bool:
        """Whether it only keeps a prefix warm."""
        names = ("max_tokens", "max_completion_tokens", "max_output_tokens")
        return any(self.before.field(name) in (0, 1) for name in names)

    @property
    def is_opening(self) -> bool:
        """Whether the conversation may just begin."""
        return len(self.before.messages) - self.head <= 2

    @property
    def allowance(self) -> int:
        """How many bytes may be said in notes: more is dearer than another prompt."""
        return max(LEAST_ALLOWANCE, len(self.before.data) // MOST_NOTES)

    @property
    def _may_go_on(self) -> bool:
        """Whether it is part of a conversation, rather than a single question."""
        turns = self.before.messages
        return bool(self.offered) or any(b'"assistant"' in bytes(turn) for turn in turns)

    def goes_on(self, lineage: Lineage) -> bool:
        """Whether it surely is the conversation of `lineage`, of which it has a tool's result."""
        at, digest_ = lineage.seen or (-1, "")
        turns = self.before.messages
        return 0 <= at < len(turns) and message_digest(turns[at]) == digest_

    def changes(self, base: Base, *, is_known: bool) -> tuple[Change, ...] | None:
        """How the system prompt differs from that of `base`; None: it is another one.

        `is_known`: whether the conversation surely began with that one.
        """
        if Move.FREEZE not in self.moves or base.system == self.texts:
            return ()
        is_long = sum(map(len, self.texts)) >= _LONG
        find = _changes_of_long_remembered if is_long else _changes_remembered
        found = find(base.system, self.texts, allow_unknown=Move.UNKNOWN in self.moves)
        if found is None or not self._may_go_on:
            return None
        if not is_known and not _differ_in_moment_remembered(base.system, self.texts):
            return None
        said = sum(len(line) for change in found for line in change.lines)
        return found if said <= self.allowance else None


def _stabilised(call: _Call, memory: Memory) -> Stabilised:
    found = memory.lineages(call.beginning)
    lineage, base, changes = _continued(call, memory, found) or _begun(call, memory)
    body = call.before
    done: set[Move] = set()

    def moved(move: Move, after: Body) -> Body:
        if after is not body:
            done.add(move)
        return after

    ordered, base = _with_tools(call, base)
    body = moved(Move.TOOLS, ordered)
    notes, files, marks = lineage.notes, lineage.files, lineage.marks
    if Move.FREEZE in call.moves:
        after, notes = freeze(body, base.system, changes, notes)
        body = moved(Move.FREEZE, after)
    if Move.FILES in call.moves:
        after, files = order_files(body, files)
        body = moved(Move.FILES, after)
    if Move.BREAKPOINTS in call.moves:
        shown = files if Move.FILES in call.moves else FileOrder()
        is_noted = bool(notes) and notes[-1].at == len(call.before.messages) - 1
        after, marks = place_marks(
            body,
            marks,
            call.rules,
            ttl=lineage.ttl,
            steady=shown.steady,
            parted=shown.parted,
            is_noted=is_noted,
            definitions=call.offered if body.tools is call.before.tools else None,
        )
        body = moved(Move.BREAKPOINTS, after)
    if Move.CACHE_KEY in call.moves and wants_cache_key(body, call.rules):
        key = digest([memory.owner, call.beginning, base.system])[:32]
        body = moved(Move.CACHE_KEY, place_cache_key(body, key=key, rules=call.rules))
    if Move.DIAGNOSTICS in call.moves:
        previous = memory.reply(call.beginning)
        body = moved(Move.DIAGNOSTICS, ask_why(body, previous_reply=previous, rules=call.rules))
    if not call.is_ping:
        memory.keep_base(base)
        seen = newest_result(call.before.messages) or lineage.seen
        now = Lineage(base.name, call.now, lineage.ttl, notes, marks, files, seen)
        memory.keep(call.beginning, now, [other for other in found if other is not lineage])
    sent = write_body(call.before, body)
    return Stabilised(sent, frozenset(done), memory.reply_name(call.beginning))


def _continued(
    call: _Call, memory: Memory, found: Sequence[Lineage]
) -> tuple[Lineage, Base, tuple[Change, ...]] | None:
    """The conversation that the Call goes on with, the one whose system prompt is nearest."""
    best: tuple[Lineage, Base, tuple[Change, ...]] | None = None
    for lineage in found:
        if call.is_opening and call.now - lineage.used > BASE_LIFE:
            continue
        if sum(len(note.text) for note in lineage.notes) > call.allowance:
            continue  # it begins anew, and says in one note what is otherwise
        base = memory.base(lineage.base)
        is_known = call.goes_on(lineage)
        changes = None if base is None else call.changes(base, is_known=is_known)
        if base is None or changes is None:
            continue
        if best is None or len(changes) < len(best[2]):
            best = (lineage, base, changes)
    if best is not None and not call.is_ping:
        memory.note_gap(call.now - best[0].used)
    return best


def _begun(call: _Call, memory: Memory) -> tuple[Lineage, Base, tuple[Change, ...]]:
    """A conversation that begins, with the first words of an earlier one where they still hold."""
    ttl = (
        choose_ttl(memory.gaps(), call.rules)
        if Move.LIFETIME in call.moves
        else call.rules.default_ttl
    )
    for base in memory.seeds():
        changes = call.changes(base, is_known=False)
        if changes is not None:
            return Lineage(base.name, call.now, ttl), base, changes
    tools = tuple(tool.text.decode() for tool in call.offered if not tool.is_apart)
    base = Base(call.texts, tools)
    return Lineage(base.name, call.now, ttl), base, ()


def _with_tools(call: _Call, base: Base) -> tuple[Body, Base]:
    """The body with its tools as `base` has them, and the Base with the late ones."""
    if Move.TOOLS not in call.moves or not call.offered:
        return call.before, base
    known = definitions_of(base.tools)
    if call.offered == known and is_plain(known):
        return call.before, base
    first_seen = {tool.key: tool.text for tool in (*call.offered, *known)}
    order = arrange([tool.key for tool in known], call.offered)
    tools = emit(call.before.tools, call.offered, order, first_seen)
    body = call.before if tools is call.before.tools else replace(call.before, tools=tools)
    texts = [first_seen[key] for key in order]
    if texts == [tool.text for tool in known]:
        return body, base
    return body, Base(base.system, tuple(text.decode() for text in texts))


def _user_of(body: Body) -> str:
    """The end user that the body names: what is said of one is not for another."""
    names = ("metadata", "user", "safety_identifier")
    raw: JsonObject = {name: body.field(name) for name in names if name in body.fields}
    is_anthropic = body.wire is WireName.ANTHROPIC
    return anthropic.read_user(raw) if is_anthropic else openai_shared.read_user(raw)


def _beginning(body: Body, head: int) -> str:
    return message_digest(body.messages[min(head, len(body.messages) - 1)])


def _has_hidden_history(body: Body) -> bool:
    """Whether turns that the provider holds stand before those of the request."""
    return any(body.field(name) for name in ("previous_response_id", "conversation"))
