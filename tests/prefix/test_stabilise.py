"""The moves together: lossless, idempotent, the same for a retry, nothing without need."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_as, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.errors import WireError
from agentcache.prefix.moves import ALL_MOVES, Move
from agentcache.prefix.prompt import Block, Level, Prompt, read_prompt
from agentcache.prefix.stabilise import Stabilised, stabilise
from support.loops import Loop, step, tool
from support.memory_states import MemoryStates

HOUR = 3600.0
MARKS_NO_MORE = ALL_MOVES - {Move.BREAKPOINTS}


@dataclass
class Host(Loop):
    """A loop whose requests go through the moves."""

    states: MemoryStates = field(default_factory=MemoryStates)
    at: float = 1e9

    def send(self, moves: frozenset[Move] = ALL_MOVES, **changes: Json) -> JsonObject:
        """Send the conversation as it is; what goes to the provider."""
        self.at += 10
        return decode_json_object(self.stabilised({**self.body(), **changes}, moves).body)

    def stabilised(self, body: JsonObject, moves: frozenset[Move] = ALL_MOVES) -> Stabilised:
        return stabilise(
            self.wire,
            encode_json(body),
            states=self.states,
            owner="me",
            upstream="https://api.example.com/v1/messages",
            now=self.at,
            moves=moves,
        )


def prompt(wire: WireName, body: JsonObject) -> Prompt:
    return read_prompt(wire, encode_json(body))


def extends(wire: WireName, earlier: JsonObject, later: JsonObject) -> bool:
    """Whether every block of `earlier` begins `later`."""
    before = [block.content for block in prompt(wire, earlier).blocks]
    after = [block.content for block in prompt(wire, later).blocks]
    return after[: len(before)] == before


EVERY_WIRE = pytest.mark.parametrize("wire", list(WireName))


@EVERY_WIRE
def test_a_new_date_no_longer_breaks_the_prefix(wire: WireName) -> None:
    host = Host(wire)
    first = host.send()
    host.step(1)
    host.system = host.system.replace("-20", "-21")
    second = host.send()
    host.step(2)
    third = host.send()
    assert extends(wire, first, second)
    assert extends(wire, second, third)
    assert "2026-11-21" in encode_json(second).decode()
    assert encode_json(third).count(b"2026-11-21") == 1


@EVERY_WIRE
def test_what_changed_twice_is_stated_as_it_is_now(wire: WireName) -> None:
    host = Host(wire)
    host.send()
    host.system = host.system.replace("-20", "-21")
    host.step(1)
    host.send()
    host.system = host.system.replace("-21", "-20")
    host.step(2)
    body = encode_json(host.send()).decode()
    assert body.rindex("2026-11-20") > body.rindex("2026-11-21")


def test_a_new_date_in_a_very_long_system_prompt_no_longer_breaks_the_prefix() -> None:
    rules = "".join(f"{number}. Be short.\n" for number in range(10_000))
    host = Host(system=f"{rules}Today's date is 2026-11-20.")
    first = host.send()
    host.step(1)
    host.system = host.system.replace("-20", "-21")
    second = host.send()
    assert extends(host.wire, first, second)
    assert encode_json(second).count(b"2026-11-21") == 1


@EVERY_WIRE
def test_shuffled_tools_no_longer_break_the_prefix(wire: WireName) -> None:
    host = Host(wire)
    first = host.send()
    host.step(1)
    host.tools.reverse()
    assert extends(wire, first, host.send())


@EVERY_WIRE
def test_a_late_tool_is_appended_and_stays_there(wire: WireName) -> None:
    host = Host(wire)
    host.send()
    host.tools.insert(0, tool(wire, "Late"))
    host.step(1)
    second = host.send()
    host.step(2)
    assert extends(wire, second, host.send())


def test_a_rewind_drops_the_notes_of_what_is_gone() -> None:
    host = Host()
    host.send()
    kept = list(host.messages)
    host.step(1)
    host.system = host.system.replace("-20", "-21")
    host.send()
    host.messages = [*kept, *step(host.wire, 7)]
    body = encode_json(host.send()).decode()
    assert body.count("2026-11-21") == 1
    assert body.index("2026-11-21") > body.index("7: x = 1")


def test_another_mode_is_sent_as_it_is() -> None:
    host = Host()
    host.send()
    host.system = "You are a planner.\nDo not edit."
    assert host.send(MARKS_NO_MORE)["system"] == host.system


def test_an_unknown_change_is_frozen_only_on_request() -> None:
    for moves, is_frozen in ((MARKS_NO_MORE, False), (MARKS_NO_MORE | {Move.UNKNOWN}, True)):
        host = Host()
        before = host.system
        host.step(0)
        host.send(moves)
        host.system = before.replace("Be short.", "Be long.")
        sent = host.send(moves)
        assert (sent["system"] == before) is is_frozen
        assert b"Be long." in encode_json(sent)


MEMORY = "\n\n# Memory\n- The user is {}.\n"


@EVERY_WIRE
@pytest.mark.parametrize("steps", [0, 1])
def test_what_one_prompt_tells_of_its_user_is_in_no_other_conversation(
    wire: WireName, steps: int
) -> None:
    mine, other = Host(wire), Host(wire)
    other.states, rules = mine.states, mine.system
    mine.system, other.system = (rules + MEMORY.format(name) for name in ("Ada", "Bea"))
    for number in range(2):
        mine.step(number)
        mine.send()
    for number in range(steps):  # other results than those of the first conversation
        other.step(number + 10)
    assert "Ada" not in encode_json(other.send()).decode()
    # It goes on as it began, and says what changed since then.
    other.step(20)
    other.send()
    other.system = rules + MEMORY.format("Cleo")
    said = encode_json(other.send()).decode()
    assert "- The user is Bea." in said
    assert "- The user is Cleo." in said


@EVERY_WIRE
def test_users_share_no_prompts(wire: WireName) -> None:
    host = Host(wire)
    for number, user in enumerate(("ada", "ada", "bea")):
        named: JsonObject = {"user": user}
        if wire is WireName.ANTHROPIC:
            named = {"metadata": {"user_id": user}}
        host.system = host.system.replace(f"-2{number}", f"-2{number + 1}")
        done = host.stabilised({**host.body(), **named})
        assert (Move.FREEZE in done.moves) == (number == 1)


def test_a_question_without_history_and_tools_keeps_its_own_system_prompt() -> None:
    host = Host(tools=[])
    host.tools = []
    host.send()
    host.messages = [{"role": "user", "content": "And where is that?"}]
    host.system = host.system.replace("-20", "-21")
    assert host.send(MARKS_NO_MORE)["system"] == host.system


def test_a_part_too_long_to_be_said_in_a_note_is_sent_in_its_place() -> None:
    host = Host(system="Be short.\n# Memory\n" + "- old\n" * 2000)
    host.send()
    host.step(1)
    host.system = "Be short.\n# Memory\n" + "- new\n" * 2000
    assert host.send(MARKS_NO_MORE)["system"] == host.system


def test_notes_stay_a_small_part_of_a_long_conversation() -> None:
    host = Host()
    sizes = []
    for number in range(200):
        host.system = f"You are an agent.\nNow it is {number // 60:02}:{number % 60:02}.\nBe short."
        host.step(number)
        sent, told = encode_json(host.send(MARKS_NO_MORE)), encode_json(host.body())
        sizes.append((len(sent) - len(told)) / (len(told) // 16 + 4096))
    assert max(sizes) <= 1.25  # the JSON around a note is not counted
    assert sizes[-1] > 0


def test_a_new_conversation_begins_with_the_words_of_the_last() -> None:
    host = Host()
    first = host.send()
    host.messages = [{"role": "user", "content": "And where is that?"}]
    host.system = host.system.replace("-20", "-21")
    second = host.send(MARKS_NO_MORE)
    heads = [
        [block.content for block in prompt(host.wire, body).blocks if block.level != Level.MESSAGES]
        for body in (first, second)
    ]
    assert heads[0] == heads[1]
    assert b"2026-11-21" in encode_json(second)


def test_after_an_hour_a_new_conversation_begins_with_its_own_words() -> None:
    host = Host()
    host.send()
    host.at += 2 * HOUR
    host.messages = [{"role": "user", "content": "And where is that?"}]
    host.system = host.system.replace("-20", "-21")
    assert host.send(MARKS_NO_MORE)["system"] == host.system


def test_owners_share_nothing() -> None:
    host = Host()
    host.send()
    body = encode_json({**host.body(), "system": host.system.replace("-20", "-21")})
    done = stabilise(
        host.wire, body, states=host.states, owner="other", upstream="https://api.example.com/v1/messages",
        now=host.at, moves=MARKS_NO_MORE,
    )  # fmt: skip
    assert (done.body, done.moves) == (body, frozenset())


@pytest.mark.parametrize("moves", [ALL_MOVES, ALL_MOVES - {Move.TOOLS}], ids=["all", "no tools"])
def test_no_credential_of_a_tool_is_kept(moves: frozenset[Move]) -> None:
    host = Host(WireName.OPENAI_RESPONSES)
    server: JsonObject = {"type": "mcp", "server_label": "s", "authorization": "SECRET"}
    tools = host.body()["tools"]
    assert isinstance(tools, list)
    assert b"SECRET" in encode_json(host.send(moves, tools=[server, *tools]))
    kept = b"".join(value or b"" for value in host.states.values.values())
    assert b"Read" in kept
    assert b"SECRET" not in kept


def test_a_ping_gets_the_same_prefix_and_changes_nothing() -> None:
    host = Host()
    first = host.send()
    host.system = host.system.replace("-20", "-21")
    before = dict(host.states.values)
    ping = host.send(max_tokens=1)
    assert host.states.values == before
    head = [block.content for block in prompt(host.wire, first).blocks[:3]]
    assert [block.content for block in prompt(host.wire, ping).blocks[:3]] == head


@EVERY_WIRE
def test_side_calls_do_not_move_a_conversation(wire: WireName) -> None:
    sent = []
    for with_side_calls in (False, True):
        host = Host(wire)
        bodies = []
        for number in range(4):
            bodies.append(host.send())
            host.step(number)
            host.system = host.system.replace(f"-2{number}", f"-2{number + 1}")
            if with_side_calls:
                side = Host(wire, system="Give this a title.", states=host.states, at=host.at)
                side.tools = []
                side.send()
        sent.append(bodies)
    assert sent[0] == sent[1]


def test_a_request_that_leans_on_the_providers_own_history_is_left_alone() -> None:
    host = Host(WireName.OPENAI_RESPONSES)
    host.send()
    host.system = host.system.replace("-20", "-21")
    body: JsonObject = {**host.body(), "previous_response_id": "resp_1"}
    assert host.stabilised(body) == Stabilised(encode_json(body))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"model":1,"messages":[{}]}', b'{"model":"m"}']
)
def test_what_is_not_understood_is_said_to_be_so(body: bytes) -> None:
    with pytest.raises(WireError):
        stabilise(
            WireName.ANTHROPIC, body, states=MemoryStates(), owner="me", upstream="https://x/v1/messages",
            now=0.0,
        )  # fmt: skip


_DATES = st.sampled_from(["2026-11-20", "2026-11-21", "2026-11-22"])
_STATUS = st.sampled_from(["(clean)", " M a.py", " M a.py\n?? b.py", "?? c.py"])
_ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("date"), _DATES),
        st.tuples(st.just("status"), _STATUS),
        st.tuples(st.just("step"), st.just("")),
        st.tuples(st.just("shuffle"), st.just("")),
        st.tuples(st.just("late"), st.sampled_from(["A", "Z"])),
        st.tuples(st.just("rewind"), st.just("")),
        st.tuples(st.just("rule"), st.sampled_from(["Be short.", "Be long."])),
    ),
    max_size=12,
)


@given(st.sampled_from(list(WireName)), _ACTIONS)
@settings(max_examples=150)
def test_nothing_that_the_host_says_is_lost(wire: WireName, actions: list[tuple[str, str]]) -> None:
    host = Host(wire)
    parts = {"date": "2026-11-20", "status": "(clean)", "rule": "Be short."}
    for count, (kind, value) in enumerate(actions):
        if kind in parts:
            parts[kind] = value
        elif kind == "step":
            host.step(count)
        elif kind == "shuffle":
            host.tools.reverse()
        elif kind == "late":
            host.tools.insert(0, tool(wire, f"{value}{count}"))
        elif len(host.messages) > 2:
            del host.messages[-2:]
        host.system = (
            f"Agent.\nToday's date is {parts['date']}.\nGit status:\n{parts['status']}\n\n"
            f"# Rules\n{parts['rule']}"
        )
        told: JsonObject = {**host.body(), "x_future": {"n": [count]}}
        sent = host.stabilised(told)
        check_lossless(wire, told, decode_json_object(sent.body), host.system)
        assert host.stabilised(told).body == sent.body  # a retry
        again = stabilise(
            wire,
            sent.body,
            states=MemoryStates(),
            owner="me",
            upstream="https://x/v1/messages",
            now=host.at,
        )
        assert again.body == sent.body  # idempotent


def check_lossless(wire: WireName, told: JsonObject, sent: JsonObject, system: str) -> None:
    """Every tool, message and field is there, and the system prompt's lines as they are now."""
    before, after = prompt(wire, told), prompt(wire, sent)
    assert Counter(texts(before, Level.TOOLS)) == Counter(texts(after, Level.TOOLS))
    name = "input" if wire is WireName.OPENAI_RESPONSES else "messages"
    given, got = told[name], sent[name]
    assert isinstance(given, list)
    instructing = 1 if wire is WireName.OPENAI_CHAT else 0
    assert is_carried(given[instructing:], got)
    whole = "\n".join(texts(after, Level.SYSTEM) + texts(after, Level.MESSAGES))
    for line in system.split("\n"):
        assert encode_json(line).decode()[1:-1] in whole
    others = {"tools", "system", "messages", "instructions", "input", "prompt_cache_key"}
    for name in told.keys() - others:
        assert sent[name] == told[name]


def is_carried(told: Json, sent: Json) -> bool:
    """Whether all of `told` stands in `sent`, in its order: members, items, text and its end."""
    if isinstance(told, dict):
        return isinstance(sent, dict) and all(
            name in sent and is_carried(value, sent[name]) for name, value in told.items()
        )
    if isinstance(told, list):
        rest = iter(sent if isinstance(sent, list) else [])
        return all(any(is_carried(item, other) for other in rest) for item in told)
    if isinstance(told, str) and isinstance(sent, list):
        return is_carried([{"type": "text", "text": told}], sent)
    if isinstance(told, str) and isinstance(sent, str):
        return sent == told or sent.startswith(f"{told}\n\n<system-reminder>")
    return told == sent


def texts(prompt: Prompt, level: Level) -> list[str]:
    """What stands in the blocks of a level: of a text its JSON without the quotes."""
    return [said(block) for block in prompt.blocks if block.level == level]


def said(block: Block) -> str:
    if block.kind != "text":
        return block.content.decode()
    _, value = decode_json_as(block.content, tuple[str, dict[str, str]])
    return encode_json(value["text"]).decode()[1:-1]
