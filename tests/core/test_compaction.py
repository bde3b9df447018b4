"""Which Calls ask for the summary of a conversation, and what tells two of them apart."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json
from agentcache.core.compaction import asks_for_summary, compaction_key, compaction_slot, last_words
from agentcache.core.values import (
    Call,
    Scope,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    WireName,
)

SCOPE = Scope("t", "", "/w/.git", "http://up", WireName.ANTHROPIC, "m", "p", "r", "q")
HISTORY = (
    Turn("user", (Text("Where is RETRY set?"),)),
    Turn("assistant", (ToolUse("1", "Read", {"file_path": "a.py"}),)),
    Turn("user", (ToolResult("1", "RETRY = 5"),)),
    Turn("assistant", (Text("In a.py."),)),
)
FLAT = "# USER\nWhere is RETRY set?\n# ASSISTANT\nIn a.py.\n"
BRACKETED = "[user]: Where is RETRY set?\n[assistant]: In a.py.\n"


def call(
    text: str, *, history: tuple[Turn, ...] = HISTORY, system: str = "You help.", tools: int = 0
) -> Call:
    return Call(
        wire=WireName.ANTHROPIC, model="m", system=(system,) if system else (),
        tools=(Tool("Read", "d"),) * tools, turns=(*history, Turn("user", (Text(text),))),
        parameters={}, user="", stream=False, wants_usage=True, temperature=1.0, digest="d",
    )  # fmt: skip


def is_compaction(asked: Call) -> bool:
    return asks_for_summary(asked, last_words(asked))


@pytest.mark.parametrize("tools", [0, 1])
@pytest.mark.parametrize(
    "text",
    [
        "Your task is to create a detailed summary of the conversation so far, paying attention.",
        "Summarize our conversation.",
        "Please summarise the discussion above in ten lines.",
        "We run out of room. Now compact the conversation.",
        "Write a summary of this conversation for another model that goes on with it.",
        "Provide a detailed summary for continuing our conversation above.",
        "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary.",
        "<system-reminder>\nBe brief.\n</system-reminder>\nCondense the chat history.",
    ],
)
def test_who_asks_for_a_summary_of_the_conversation_is_understood(text: str, tools: int) -> None:
    assert is_compaction(call(text, tools=tools))
    assert not is_compaction(call(text, history=(), tools=tools))


@pytest.mark.parametrize(
    "text",
    [
        "Where is the summary of a conversation written?",
        "How does the server compact its conversation store?",
        "Create a summary class for the conversation model.",
        "Summarize the module shop/settings.py.",
        "Is there a conversation summary?",
        "Go on.",
        "",
    ],
)
@pytest.mark.parametrize("tools", [0, 1])
def test_other_requests_are_not(text: str, tools: int) -> None:
    assert not is_compaction(call(text, tools=tools))


@pytest.mark.parametrize(
    ("system", "text"),
    [
        ("You are a concise summarizer.", BRACKETED),
        ("*Briefly* summarize this partial conversation about programming.\nInclude", FLAT),
        ("You are the component that summarizes internal chat history.", FLAT),
        ("You help.", f"Summarize the following conversation history concisely.\n\n{BRACKETED}"),
    ],
)
def test_a_conversation_may_stand_in_one_text(system: str, text: str) -> None:
    assert is_compaction(call(text, history=(), system=system))


def test_a_system_prompt_that_only_mentions_summaries_makes_none() -> None:
    prompt = "You help." + " " * 600 + "The conversation is summarized automatically."
    assert not is_compaction(call("Go on.", system=prompt))
    assert not is_compaction(call("Go on.", system="You are a summarizer.", tools=1))


def test_the_last_words_are_the_users_own_words_of_the_last_turn() -> None:
    assert last_words(call("Go on.")) == "Go on."
    assert last_words(call("<env>\nx\n</env>\nGo on.")) == "Go on."
    assert last_words(replace(call(""), turns=HISTORY)) == ""
    assert last_words(replace(call(""), turns=HISTORY[:3])) == ""
    assert last_words(replace(call(""), turns=())) == ""
    behind = (*call("Go on.").turns, Turn("system", (Text("Be kind."),)))
    assert last_words(replace(call(""), turns=behind)) == "Go on."


def slot(asked: Call) -> str:
    return compaction_slot(asked, SCOPE)


def renamed(id_: str) -> tuple[Turn, ...]:
    return (
        HISTORY[0],
        Turn("assistant", (ToolUse(id_, "Read", {"file_path": "a.py"}),)),
        Turn("user", (ToolResult(id_, "RETRY = 5"),)),
        HISTORY[3],
    )


@pytest.mark.parametrize("told", ["Git status:\n M {}", "Working directory: /w/{}"])
def test_what_a_system_turn_says_of_the_work_at_hand_matters(told: str) -> None:
    histories = [
        (*HISTORY, Turn("system", (Text(told.format(name)),))) for name in ("a.py", "b.py")
    ]
    assert len({slot(call("Sum up.", history=history)) for history in histories}) == 2


@given(st.text("abc1", min_size=1))
def test_ids_do_not_matter(id_: str) -> None:
    assert slot(call("Sum up.", history=renamed(id_))) == slot(call("Sum up."))


def test_everything_else_does() -> None:
    shorter = (HISTORY[0], *HISTORY[3:])
    other = (*HISTORY[:2], Turn("user", (ToolResult("1", "RETRY = 6"),)), HISTORY[3])
    calls = [
        call("Sum up."),
        call("Sum up, briefly."),
        call("Sum up.", history=shorter),
        call("Sum up.", history=other),
        replace(call("Sum up."), model="m2"),
    ]
    assert len({slot(each) for each in calls}) == len(calls)
    assert compaction_slot(calls[0], replace(SCOPE, tenant="u")) != slot(calls[0])


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Current branch: fix-12", "Current branch: fix-13", False),
        ("Working directory: /w/api", "Working directory: /w/web", False),
        ("Git status:\n M a.txt", "Git status: clean", False),
        ("Now: 2026-11-22T10:15:01Z", "Now: 2026-11-22T20:45:59Z", True),
        ("Now: Sun Nov 22 10:15:01 UTC 2026", "Now: Sun Nov 22 20:45:59 UTC 2026", True),
        ("Session id: abc", "Session id: xyz", True),
    ],
)
def test_a_summary_may_be_worked_out_from_what_is_said_of_the_place(
    one: str, other: str, *, is_same: bool
) -> None:
    asked = [replace(call("Sum up."), system=("You help.", fact)) for fact in (one, other)]
    assert (slot(asked[0]) == slot(asked[1])) is is_same


@given(st.lists(st.sampled_from(["a", "b"]), min_size=3, max_size=3), st.permutations(range(3)))
def test_the_librarys_key_tells_its_three_parts_apart(values: list[str], order: list[int]) -> None:
    turned = [values[place] for place in order]

    def key(parts: list[str]) -> str:
        messages: Json = [{"role": "user", "content": parts[0]}]
        return compaction_key(messages, parts[1], parts[2])

    assert (key(values) == key(turned)) is (values == turned)
