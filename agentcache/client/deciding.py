"""`cache.decide` and `cache.compact`: what a model said once in a state of a loop, found again.

Nothing here rests on files: a decision stands for the state that it was made in, and a summary for
the conversation that it is of. Both live as long as replays do.

The normal form of a state leaves out what system prompts say of the moment. Here the directory and
the state of git stand beside it, as an answer may be worked out from them; ids do not, those of
uses of tools included, and an answer that repeats one is not kept. Nor is one that names a day
which nobody named, or a decision on a question about the moment.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from agentcache.client.exact import InexactError, exact
from agentcache.client.scopes import scope_of
from agentcache.client.shelf import Found, Spot
from agentcache.client.using import Desk
from agentcache.core.codec import CodecError, Json, JsonObject, decode_json, digest, encode_json
from agentcache.core.compaction import compaction_key
from agentcache.core.decision import decision_key, names_in
from agentcache.core.entry import Kind, slot_of
from agentcache.core.place import Place
from agentcache.core.policy import refuse_question
from agentcache.core.profile import Fact, FactKind, leans_on, read_profile
from agentcache.core.query import read_query
from agentcache.core.reasons import Reason
from agentcache.core.registry import is_ambiguous, read_tools, registry_tag
from agentcache.core.session import Replay
from agentcache.core.state import ids_of, is_any_named, moment_of, normal_state
from agentcache.core.tool_shapes import READ_ONLY_TOOLS
from agentcache.core.values import Tool
from agentcache.repo.worktree import WorkTree
from agentcache.verdicts import Kept

_INSTRUCTING = ("system", "developer", "instructions")
_IDS = ("id", "call_id")
_ARGUMENTS = ("arguments", "input")
_DAY = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)").findall
_CLOCK = re.compile(r"\d{1,2}:\d{2}").findall
_SHOWN = 300
"""Characters of a state's end that an entry shows."""


@dataclass(slots=True)
class Asking:
    """One question to a model: `spots` where its answer may stand, the first where it is kept.

    `shown`: what the state says besides its instructions, which are `told`. `names`: of the tools
    that an answer may ask for, None for a text. `state`: as it was given. `found`: why it was
    missed.
    """

    desk: Desk
    spots: tuple[Spot, ...] = ()
    shown: str = ""
    told: str = ""
    facts: tuple[Fact, ...] = ()
    names: frozenset[str] | None = None
    state: Json = None
    found: Found = Found(Reason.NOT_UNDERSTOOD)  # noqa: RUF009  # it is frozen
    refusal: Reason | None = None

    def find(self) -> tuple[Json] | None:
        """The answer that was given before, in a tuple; None when it must be asked for."""
        if self.refusal is not None:
            return None
        for spot in self.spots:
            found = self.desk.shelf.find(spot)
            if found.entry is not None:
                try:
                    answer = decode_json(found.entry.reply.text)
                except CodecError:
                    continue
                if self._may_serve(answer, spot):
                    self.desk.shelf.note(spot, found)
                    return (with_fresh_ids(answer) if self.names is not None else answer,)
                found = Found(Reason.NO_ENTRY)
            self.found = found
        return None

    def _may_serve(self, answer: Json, spot: Spot) -> bool:
        if self.names is None:
            return True
        asked = names_in(answer)
        if not asked or not asked <= self.names:
            return False
        return isinstance(spot.where, str) or asked <= READ_ONLY_TOOLS | self.desk.names

    def end(self, answer: object) -> None:
        """Keep the answer that was given now, if it may be served again."""
        if self.desk.is_off or not self.spots:
            return
        kept = self._keep(answer)
        self.desk.shelf.note(self.spots[0], self.found, kept)

    def _keep(self, answer: object) -> Kept:
        try:
            value = exact(answer)
        except InexactError as error:
            return Kept(Reason.OPAQUE_REPLY, detail={"what": str(error)})
        refusal = self.refusal or self._refused(value)
        if refusal is not None:
            return Kept(refusal)
        text = encode_json(value).decode()
        kept = Kept(Reason.NOT_RESEARCH)
        for spot in reversed(self.spots):
            if self._may_serve(value, spot):
                kept = self.desk.shelf.keep(spot, text, (), calls=1)
        return kept

    def _refused(self, answer: Json) -> Reason | None:
        if self.names is None:
            is_text = isinstance(answer, str) and bool(answer.strip())
        else:
            is_text = bool(names_in(answer))
            if not names_in(answer) <= self.names:
                return Reason.OPAQUE_TOOL
        if not is_text:
            return Reason.EMPTY_REPLY
        said = "\n".join(_strings(answer))
        leans = (
            leans_on(self.facts, said, self.shown)
            or _repeats(self.facts, said, self.shown)
            or any(day not in self.shown and day not in self.told for day in _DAY(said))
            or self._names_id(answer)
        )
        return Reason.LEANS_ON_MOMENT if leans else None

    def _names_id(self, answer: Json) -> bool:
        """Whether an answer names an id that is no part of the state's normal form."""
        its_own = answer if self.names is None else with_fresh_ids(answer)
        said = "\n".join([*_strings(its_own), encode_json(its_own).decode()])
        return is_any_named(ids_of(self.state), said)


def decision_in(
    desk: Desk, state: object, registry: Sequence[object], *, choice: Json, user: str, agent: str
) -> Asking:
    """The choice of the next tools in `state`."""
    try:
        given, definitions = exact(state), [exact(tool) for tool in registry]
        tools = read_tools(definitions)
        exact(choice)
    except (InexactError, ValueError, TypeError) as error:
        return _unread(desk, error)
    if desk.is_off or not _may_share(desk):
        return Asking(desk)
    tag = registry_tag(tools, choice)
    tree = WorkTree.find(desk.shelf.session.cwd)
    scope = scope_of(desk.shelf.session, tree, user=user, registry=tag, agent=agent)
    instructions, said = _parted(given)
    facts, shown, told = _facts_in(instructions), "\n".join(said), "\n".join(instructions)
    moment = moment_of(instructions)
    key = digest([decision_key(tag, given), moment])
    slot = slot_of(Kind.DECISION, scope, key)
    ttl = desk.shelf.session.replay_ttl
    spot = Spot(Kind.DECISION, scope, tree, slot, shown[-_SHOWN:], ttl)
    names = frozenset(tool.name for tool in tools)
    asking = Asking(desk, (spot,), shown, told, facts, names, given)
    asking.refusal = _refusal(tools, given)
    if asking.refusal is not None:
        asking.found = Found(asking.refusal)
        return asking
    opening = _opening(given)
    if opening is not None and refuse_question(read_query(opening[1])) is None:
        context, question = opening
        base = digest([scope, Kind.DECISION, context, moment])
        place = Place(base, question, Kind.DECISION)
        # One entry in two places: equal words give it one id.
        spot = replace(spot, shown=question)
        asking.spots = (spot, replace(spot, where=place))
    return asking


def summary_of(desk: Desk, messages: object, instruction: str, *, model: str, user: str) -> Asking:
    """The summary of `messages` that `instruction` asks `model` for."""
    try:
        given = exact(messages)
        asked = str(exact(instruction))
    except InexactError as error:
        return _unread(desk, error)
    if desk.is_off or not _may_share(desk):
        return Asking(desk)
    tree = WorkTree.find(desk.shelf.session.cwd)
    scope = scope_of(desk.shelf.session, tree, user=user, model=model)
    instructions, said = _parted(given)
    key = digest([compaction_key(given, asked, model), moment_of(instructions)])
    ttl = desk.shelf.session.replay_ttl
    spot = Spot(Kind.COMPACTION, scope, tree, slot_of(Kind.COMPACTION, scope, key), asked, ttl)
    shown, told = "\n".join([asked, *said]), "\n".join(instructions)
    return Asking(desk, (spot,), shown, told, _facts_in(instructions), state=given)


def _unread(desk: Desk, error: Exception) -> Asking:
    return Asking(desk, found=Found(Reason.NOT_UNDERSTOOD, detail={"what": str(error)}))


def _may_share(desk: Desk) -> bool:
    session = desk.shelf.session
    return session.replay is not Replay.NEVER and session.replay_ttl > 0


def _facts_in(instructions: Iterable[str]) -> tuple[Fact, ...]:
    return tuple(fact for text in instructions for fact in read_profile(text).facts)


def _repeats(facts: Iterable[Fact], said: str, shown: str) -> bool:
    """Whether a time of day or an id stands in what is `said` alone, however short it is."""
    words = [word for fact in facts if fact.kind is FactKind.TIME for word in _CLOCK(fact.text)]
    words += [fact.text for fact in facts if fact.kind is FactKind.ID]
    return any(
        word not in shown and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", said) for word in words
    )


def _refusal(tools: Sequence[Tool], state: Json) -> Reason | None:
    """Why a choice among `tools` in `state` is neither served nor kept."""
    if is_ambiguous(tools):
        return Reason.AMBIGUOUS_TOOLS
    moment = Reason.LEANS_ON_MOMENT
    is_of_now = any(refuse_question(read_query(text)) is moment for text in _asked(state))
    return moment if is_of_now else None


def _asked(state: Json) -> Iterator[str]:
    """What a user says in a state, a text that stands alone included; no results of tools."""
    if isinstance(state, str):
        yield state
        return
    for name, one in state.items() if isinstance(state, dict) else enumerate(_items(state)):
        if name in _INSTRUCTING:
            continue
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            yield from _asked([each for each in one if isinstance(each, dict)])
        elif isinstance(one, dict) and one.get("role") == "user":
            content = one.get("content")
            blocks = [content] if isinstance(content, str) else _items(content)
            yield from (block if isinstance(block, str) else _text_of(block) for block in blocks)


def _text_of(block: Json) -> str:
    is_text = isinstance(block, dict) and block.get("type") in ("text", "input_text")
    text = block.get("text") if is_text and isinstance(block, dict) else None
    return text if isinstance(text, str) else ""


def _opening(state: Json) -> tuple[Json, str] | None:
    """What a state that is one question has besides it, and the question."""
    if isinstance(state, str):
        return None, state
    if not isinstance(state, list) or not state:
        return None
    *before, last = state
    if not all(isinstance(one, dict) and one.get("role") in _INSTRUCTING for one in before):
        return None
    if (
        not isinstance(last, dict)
        or last.get("role") != "user"
        or last.keys() - {"role", "content"}
    ):
        return None
    content = last.get("content")
    if isinstance(content, list) and len(content) == 1:
        content = _text_of(content[0]) or None
    return (normal_state(before), content) if isinstance(content, str) else None


def _parted(state: Json, *, is_top: bool = True) -> tuple[list[str], list[str]]:
    """Texts that normal form takes facts of the moment out of, and all others."""
    if isinstance(state, str):
        return [], [state]
    if isinstance(state, dict) and state.get("role") in _INSTRUCTING:
        return list(_strings(state)), []
    told: list[str] = []
    shown: list[str] = []
    for name, value in state.items() if isinstance(state, dict) else enumerate(_items(state)):
        if is_top and name in _INSTRUCTING:
            told += _strings(value)
            continue
        inner = _parted(value, is_top=False)
        told += inner[0]
        shown += inner[1]
    return told, shown


def _items(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def with_fresh_ids(decision: Json) -> Json:
    """`decision` with new ids for its uses of tools: in one conversation no id may come twice.

    Arguments stay as they are: those of a `{"tool": name}` may stand beside it, an `id` too.
    """
    if isinstance(decision, list):
        return [with_fresh_ids(item) for item in decision]
    if not isinstance(decision, dict):
        return decision
    if _is_use(decision):
        return {name: _fresh(id_) if name in _IDS else id_ for name, id_ in decision.items()}
    if isinstance(decision.get("tool"), str):
        return decision
    return {name: with_fresh_ids(value) for name, value in decision.items()}


def _is_use(value: JsonObject) -> bool:
    """Whether an id in `value` is that of a use of a tool, whose arguments stand on their own."""
    if isinstance(value.get("tool"), str):
        return isinstance(value.get("arguments"), dict)
    inner = (value.get("function"), value.get("custom"))  # as in chats
    return any(
        isinstance(each, dict)
        and isinstance(each.get("name"), str)
        and not each.keys().isdisjoint(_ARGUMENTS)
        for each in (value, *inner)
    )


def _fresh(id_: Json) -> Json:
    return f"{id_.partition('_')[0]}_{secrets.token_hex(12)}" if isinstance(id_, str) else id_
