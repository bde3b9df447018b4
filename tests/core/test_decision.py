"""The key of a decision: blind to what only names, and to nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.core.conversation import Reading, read_conversation
from agentcache.core.decision import (
    decision_key,
    follows_ours,
    is_offered,
    may_decide,
    may_share,
    names_in,
    refuse_decision,
    said_in,
    step_slot,
)
from agentcache.core.entry import Cost, Entry, Kind
from agentcache.core.reasons import Reason
from agentcache.core.session import Replay, Session
from agentcache.core.state import normal_state, state_of
from agentcache.core.values import (
    Call,
    Opaque,
    Reply,
    Scope,
    Stop,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    Usage,
    WireName,
)

TAG = "tools:v1:0"
SCOPE = Scope("t", "", "/w/.git", "http://up", WireName.ANTHROPIC, "m", "p", TAG, "q")
SESSION = Session("s", "/w", "t")

ids = st.text("abcdef0123456789", min_size=1, max_size=8)


def messages(first: str, second: str, *, text: str = "RETRY = 5", path: str = "a.py") -> list[Json]:
    """A run of two parallel tools, in Anthropic's form."""
    return [
        {"role": "user", "content": "Where is RETRY set?"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": first, "name": "Read", "input": {"path": path}},
            {"type": "tool_use", "id": second, "name": "Grep", "input": {"pattern": "x"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": first, "content": text},
            {"type": "tool_result", "tool_use_id": second, "content": "b.py"},
        ]},
    ]  # fmt: skip


def chat(first: str, second: str, *, arguments: str = '{"a": 1, "b": 2}') -> list[Json]:
    """The same in the chat form."""
    return [
        {"role": "user", "content": "Where?"},
        {"role": "assistant", "tool_calls": [
            {"id": id_, "type": "function", "function": {"name": "Read", "arguments": arguments}}
            for id_ in (first, second)
        ]},
        {"role": "tool", "tool_call_id": first, "content": "1"},
        {"role": "tool", "tool_call_id": second, "content": "2"},
    ]  # fmt: skip


def items(first: str, second: str, *, own: str = "fc_1") -> list[Json]:
    """The same in the responses form."""
    return [
        {"type": "message", "id": f"msg_{own}", "role": "user", "content": "Where?"},
        {"type": "function_call", "id": own, "call_id": first, "name": "Read", "arguments": "{}"},
        {"type": "function_call", "call_id": second, "name": "Read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": first, "output": "1"},
        {"type": "function_call_output", "call_id": second, "output": "2"},
    ]


FORMS: list[Callable[[str, str], list[Json]]] = [messages, chat, items]


@given(st.sampled_from(FORMS), ids, ids, ids, ids)
def test_ids_do_not_matter_as_long_as_they_pair_the_same(
    form: Callable[[str, str], list[Json]], one: str, two: str, three: str, four: str
) -> None:
    assume(one != two and three != four)
    assert decision_key(TAG, form(one, two)) == decision_key(TAG, form(three, four))


@pytest.mark.parametrize("form", FORMS)
def test_which_result_belongs_to_which_use_matters(
    form: Callable[[str, str], list[Json]],
) -> None:
    straight, crossed = form("1", "2"), form("1", "2")
    results = form("2", "1")
    crossed[-1] = results[-1]
    crossed[-2:] = results[-2:] if form is not messages else [crossed[-2], results[-1]]
    assert decision_key(TAG, straight) != decision_key(TAG, crossed)


def test_ids_of_items_name_nothing_but_themselves() -> None:
    assert decision_key(TAG, items("1", "2", own="a")) == decision_key(
        TAG, items("1", "2", own="b")
    )


def test_the_json_of_arguments_is_read() -> None:
    one, other = chat("1", "2"), chat("1", "2", arguments='{ "b":2,"a":1 }')
    assert decision_key(TAG, one) == decision_key(TAG, other)
    broken = [chat("1", "2", arguments=text) for text in ('{"a": 1', '"x"', "x")]
    assert len({decision_key(TAG, each) for each in [one, *broken]}) == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab =:.", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "id", "name", "role", "type", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(json_values, json_values)
def test_any_other_difference_is_another_state(one: Json, other: Json) -> None:
    assert (decision_key(TAG, one) == decision_key(TAG, other)) is (typed(one) == typed(other))


def typed(value: Json) -> object:
    """`value` with numbers and booleans apart, which Python takes for equal."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


@pytest.mark.parametrize(
    "change",
    [{"text": "RETRY = 6"}, {"text": "RETRY = 5 "}, {"path": "b.py"}, {"path": "A.py"}],
    ids=str,
)
def test_what_was_asked_for_and_what_came_back_matter(change: dict[str, str]) -> None:
    assert decision_key(TAG, messages("1", "2")) != decision_key(TAG, messages("1", "2", **change))


def test_the_registry_matters() -> None:
    assert decision_key(TAG, messages("1", "2")) != decision_key("tools:v1:1", messages("1", "2"))


@given(st.integers(10, 28), st.integers(10, 28))
def test_facts_of_the_moment_in_system_prompts_do_not_matter(one: int, other: int) -> None:
    def states(day: int) -> list[Json]:
        text = f"You help.\nToday's date: 2026-11-{day}"
        run = messages("1", "2")
        return [
            {"system": text, "messages": run},
            {"instructions": text, "input": run},
            [{"role": "developer", "content": text}, *run],
            [{"role": "system", "content": [{"type": "text", "text": text}]}, *run],
        ]

    for first, second in zip(states(one), states(other), strict=True):
        assert decision_key(TAG, first) == decision_key(TAG, second)


def test_the_same_facts_in_words_of_users_and_tools_matter() -> None:
    def states(day: int) -> list[Json]:
        fact = f"Today is 2026-11-{day}."
        return [
            [{"role": "user", "content": fact}],
            [{"role": "user", "content": [{"type": "text", "text": fact}]}],
            messages("1", "2", text=fact),
            {"other": fact},
            fact,
        ]

    for one, other in zip(states(20), states(21), strict=True):
        assert decision_key(TAG, one) != decision_key(TAG, other)


def test_ids_that_are_data_matter() -> None:
    for kind in ("bug", "message", "function", "function_call", "tool", "tool_use", "tool_result"):
        tickets: list[Json] = [
            {"ticket": {name: id_, "type": kind}}
            for id_ in ("1", "2")
            for name in ("id", "call_id", "tool_use_id")
        ]
        assert len({decision_key(TAG, ticket) for ticket in tickets}) == len(tickets)
    inputs: list[Json] = [
        {"type": "tool_use", "id": "1", "name": "f", "input": {"type": "tool_use", "id": id_}}
        for id_ in ("1", "2")
    ]
    assert decision_key(TAG, inputs[0]) != decision_key(TAG, inputs[1])


def test_a_normal_state_has_the_numbers_of_its_ids() -> None:
    use: Json = {"type": "tool_use", "id": "x9", "input": {}}
    result: Json = {"type": "tool_result", "tool_use_id": "x9", "content": "1"}
    assert normal_state([use, result]) == [
        {"type": "tool_use", "id": 1, "input": {}},
        {"type": "tool_result", "tool_use_id": 1, "content": "1"},
    ]


class TestNames:
    @pytest.mark.parametrize(
        ("decision", "names"),
        [
            ([{"type": "text", "text": "Hm"},
              {"type": "tool_use", "id": "1", "name": "Read", "input": {}}], {"Read"}),
            ({"role": "assistant", "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "Grep", "arguments": "{}"}},
                {"id": "2", "type": "function", "function": {"name": "Read", "arguments": "{}"}},
            ]}, {"Grep", "Read"}),
            ([{"type": "function_call", "name": "Glob", "arguments": "{}"}], {"Glob"}),
            ({"tool": "Read", "arguments": {"name": "x", "input": 1}}, {"Read"}),
            ({"name": "Read", "input": {"tool": "Write"}}, {"Read"}),
            ({"text": "Done.", "name": "nobody"}, set()),
            ("Read", set()),
        ],
    )  # fmt: skip
    def test_every_form_says_which_tools_it_asks_for(self, decision: Json, names: set[str]) -> None:
        assert names_in(decision) == names


def call(*turns: Turn, tools: tuple[str, ...] = ("Read", "Grep", "Bash", "Write")) -> Call:
    return Call(
        wire=WireName.ANTHROPIC, model="m", system=(), tools=tuple(Tool(n, n) for n in tools),
        turns=(Turn("user", (Text("Where is RETRY set?"),)), *turns), parameters={}, user="",
        stream=False, wants_usage=True, temperature=None, digest="d",
    )  # fmt: skip


def run(id_: str, name: str = "Read", *, text: str = "x", **arguments: Json) -> tuple[Turn, Turn]:
    return (
        Turn("assistant", (ToolUse(id_, name, arguments),)),
        Turn("user", (ToolResult(id_, text),)),
    )


def reply(*names: str, **arguments: Json) -> Reply:
    uses = tuple(ToolUse(f"i{n}", name, arguments) for n, name in enumerate(names))
    return Reply("m", (Text("Look:"), *uses), Stop.TOOL_USE)


def reading_of(asked: Call) -> Reading:
    reading = read_conversation(asked)
    assert isinstance(reading, Reading)
    return reading


class TestSteps:
    @given(ids, ids)
    def test_the_slot_of_a_step_does_not_depend_on_ids(self, one: str, other: str) -> None:
        slots = {step_slot(call(*run(id_, file_path="a")), SCOPE, "Q") for id_ in (one, other)}
        assert len(slots) == 1

    @pytest.mark.parametrize(
        "other",
        [
            lambda: step_slot(call(*run("1", file_path="b")), SCOPE, "Q"),
            lambda: step_slot(call(*run("1", "Grep", file_path="a")), SCOPE, "Q"),
            lambda: step_slot(call(*run("1", text="y", file_path="a")), SCOPE, "Q"),
            lambda: step_slot(call(*run("1", file_path="a")), SCOPE, "Q2"),
            lambda: step_slot(call(*run("1", file_path="a")), replace(SCOPE, registry="r"), "Q"),
            lambda: step_slot(call(*run("1", file_path="a")), replace(SCOPE, tenant="u"), "Q"),
            lambda: step_slot(call(*run("1", file_path="a"), *run("2")), SCOPE, "Q"),
            lambda: step_slot(
                call(Turn("assistant", (Text("Well."), ToolUse("1", "Read", {"file_path": "a"}))),
                     run("1")[1]), SCOPE, "Q"),
            lambda: step_slot(
                call(Turn("assistant", (ToolUse("1", "Read", {"file_path": "a"}),)),
                     Turn("user", (ToolResult("1", "x", is_error=True),))), SCOPE, "Q"),
            lambda: step_slot(
                call(Turn("assistant", (Opaque("thinking", "d"),
                                        ToolUse("1", "Read", {"file_path": "a"}))),
                     run("1")[1]), SCOPE, "Q"),
        ],
    )  # fmt: skip
    def test_every_difference_is_another_slot(self, other: Callable[[], str]) -> None:
        assert other() != step_slot(call(*run("1", file_path="a")), SCOPE, "Q")

    def test_a_step_of_ours_is_known_by_all_of_its_ids(self) -> None:
        assert follows_ours(call(*run("toolu_ac12")))
        assert follows_ours(call(*run("call_ac12")))
        assert not follows_ours(call(*run("toolu_0112")))
        assert not follows_ours(call(*run("toolu_ac12"), *run("toolu_0112")))
        assert follows_ours(call(*run("toolu_0112"), *run("toolu_ac12")))
        assert not follows_ours(call())


class TestRefusals:
    @pytest.mark.parametrize(
        ("asked", "said", "reason"),
        [
            (call(), reply("Read"), None),
            (call(), reply("Read", "Grep"), None),
            (call(*run("1", file_path="a")), reply("Grep"), None),
            (call(*run("1", "Bash", command="cat a.py")), reply("Read"), None),
            (call(*run("1", "Bash", command="touch a.py")), reply("Read"), Reason.MORE_STEPS),
            (call(*run("1", "Write", file_path="a")), reply("Read"), Reason.MORE_STEPS),
            (call(*run("1", "WebFetch")), reply("Read"), Reason.MORE_STEPS),
            (call(), reply("Bash"), Reason.MORE_STEPS),
            (call(), reply("Write"), Reason.MORE_STEPS),
            (call(), reply("WebFetch"), Reason.MORE_STEPS),
            (call(), reply("Read", "Bash"), Reason.MORE_STEPS),
            (call(), reply("Glob"), Reason.MORE_STEPS),  # it is not offered
            (call(), reply(), Reason.MORE_STEPS),
            (replace(call(), tools=(Tool("Read", "1"), Tool("Read", "2"))), reply("Read"),
             Reason.AMBIGUOUS_TOOLS),
        ],
    )  # fmt: skip
    def test_only_reading_tools_after_reading_tools_are_decisions(
        self, asked: Call, said: Reply, reason: Reason | None
    ) -> None:
        assert refuse_decision(asked, reading_of(asked), said, cwd="/w") is reason

    def test_a_vanished_tool_is_never_asked_for(self) -> None:
        entry = Entry(Kind.DECISION, SCOPE, "Q", reply("Read"), (), Cost(1, Usage()), 1.0)
        assert may_decide(entry, call(), root="/w")
        assert not may_decide(entry, call(tools=("Grep",)), root="/w")
        assert not may_decide(replace(entry, reply=reply("Bash")), call(), root="/w")
        assert not is_offered(reply(), call())

    def test_a_decision_that_names_another_work_tree_is_not_served(self) -> None:
        entry = Entry(
            Kind.DECISION, SCOPE, "Q", reply("Read"), (), Cost(1, Usage()), 1.0, root="/w"
        )
        assert may_decide(entry, call(), root="/w")
        assert not may_decide(entry, call(), root="/w2")

    @pytest.mark.parametrize(
        ("session", "asked", "may"),
        [
            (SESSION, call(), True),
            (replace(SESSION, replay=Replay.NEVER), call(), False),
            (replace(SESSION, replay=Replay.ALWAYS), call(), True),
            (replace(SESSION, replay_ttl=0.0), call(), False),
            (replace(SESSION, replay_ttl=float("nan")), call(), False),
            (SESSION, replace(call(), is_stored=True), False),
            (SESSION, replace(call(), parameters={"previous_response_id": "r"}), False),
        ],
    )
    def test_the_user_and_the_provider_may_forbid_it(
        self, session: Session, asked: Call, may: bool
    ) -> None:
        assert may_share(asked, session) is may

    def test_what_a_reply_says_is_its_words_and_its_arguments(self) -> None:
        given: JsonObject = {"paths": ["/w/a", {"deep": "/w/b"}], "count": 5}
        assert said_in(reply("Read", **given)) == "Look:\npaths\ncount\n/w/a\ndeep\n/w/b"


def test_a_state_of_turns_keeps_all_that_they_hold() -> None:
    turns = [Turn("assistant", (Text("So."), Opaque("thinking", "d"))), run("1")[1]]
    assert state_of(turns) == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "So."},
                {"type": "opaque", "kind": "thinking", "digest": "d"},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": "x", "is_error": False}
            ],
        },
    ]
