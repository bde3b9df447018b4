"""Which earlier Call a Call continues: only that one's prefix can be broken."""

from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.prefix.breaks import break_json, break_lines
from agentcache.prefix.chains import Chains, Step
from agentcache.prefix.prompt import Prompt
from agentcache.prefix.verdict import Verdict
from support.agent import tool
from support.prompts import SYSTEM, TOOLS, chat, conversation, prompt, said, turn


def followed(*prompts: Prompt) -> list[Step]:
    chains = Chains()
    return [chains.follow(one) for one in prompts]


def verdicts(*prompts: Prompt) -> list[Verdict | None]:
    return [step.broken.verdict if step.broken else None for step in followed(*prompts)]


def test_each_call_of_a_growing_conversation_continues_the_one_before() -> None:
    steps = followed(*(prompt(conversation(turns)) for turns in range(5)))
    assert [step.earlier for step in steps] == [None, 0, 1, 2, 3]
    assert {step.conversation for step in steps} == {0}
    assert not any(step.broken for step in steps)


@given(st.lists(st.integers(0, 3), max_size=40))
def test_conversations_that_mix_never_break_each_other(order: list[int]) -> None:
    chains = Chains()
    turns = [0, 0, 0, 0]
    last: dict[int, int] = {}
    for one in order:
        messages = conversation(turns[one], f"Question {one % 2}?")
        # Two ask the same and differ in their tools, as a side call does.
        step = chains.follow(prompt(messages, tools=TOOLS if one < 2 else ()))
        turns[one] += 1
        assert step.broken is None
        assert step.earlier == last.get(one)
        last[one] = step.number


def test_a_retry_and_a_ping_leave_the_chain_as_it_is() -> None:
    first, second = prompt(conversation(1)), prompt(conversation(2))
    ping = prompt([*conversation(1), said("ping")], max_tokens=1)
    steps = followed(first, first, ping, second, ping, second, prompt(conversation(3)))
    assert not any(step.broken for step in steps)
    assert {step.conversation for step in steps} == {0}
    assert steps[-1].earlier == 5


def test_another_newest_question_breaks_nothing() -> None:
    asked = [*conversation(2), *turn(7), said("And in the tests?")]
    other = [*conversation(2), *turn(7), said("And in the documents?")]
    assert verdicts(prompt(conversation(2)), prompt(asked), prompt(other)) == [None] * 3


def test_going_back_to_an_earlier_message_breaks_nothing() -> None:
    long = prompt(conversation(5))
    back = prompt([*conversation(2), said("Stop; look elsewhere.")])
    further = prompt([*conversation(2), said("Stop; look elsewhere."), *turn(8)])
    assert verdicts(long, back, further) == [None] * 3


def test_the_same_question_asked_twice_gives_two_chains() -> None:
    def answered(name: str, turns: int) -> Prompt:
        head: list[Json] = [said("Where?"), {"role": "assistant", "content": f"I look, {name}."}]
        rest = [message for number in range(turns) for message in turn(number)]
        return prompt([*head, said("Go on."), *rest])

    opening = prompt([said("Where?")])
    calls = [opening, opening]
    calls += [answered(name, turns) for turns in range(3) for name in ("one", "two")]
    assert verdicts(*calls) == [None] * len(calls)


def test_a_changed_system_prompt_breaks_its_conversation_and_no_other() -> None:
    dated = [f"{SYSTEM}\nToday's date is 2026-11-2{day}." for day in range(3)]
    main = [prompt(conversation(n), system=dated[n]) for n in range(3)]
    agent = [prompt(conversation(n, "Look at a.py"), system="You are a helper.") for n in range(3)]
    found = verdicts(main[0], agent[0], main[1], agent[1], agent[2], main[2])
    assert found == [None, None, Verdict.VOLATILE, None, None, Verdict.VOLATILE]


def test_the_same_question_in_another_place_is_a_conversation_of_its_own() -> None:
    here = [prompt(conversation(n), system=f"{SYSTEM}\nCwd: /here") for n in range(3)]
    there = [prompt(conversation(n), system=f"{SYSTEM}\nCwd: /there") for n in range(3)]
    assert verdicts(here[0], here[1], here[2], there[0], there[1], there[2]) == [None] * 6
    assert verdicts(here[0], there[0], here[1], there[1], there[2], here[2]) == [None] * 6


def test_a_late_tool_breaks_once() -> None:
    late = (*TOOLS, tool("Late"))
    calls = [prompt(conversation(n), tools=TOOLS if n < 2 else late) for n in range(5)]
    assert verdicts(*calls) == [None, None, Verdict.LATE_TOOL, None, None]


def test_another_model_breaks_a_conversation_but_not_a_fan_out() -> None:
    toggled = [
        prompt(conversation(n), model="claude-opus-5" if n < 2 else "claude-sonnet-5")
        for n in range(4)
    ]
    assert verdicts(*toggled) == [None, None, Verdict.MODEL, None]
    fanned = [
        prompt(conversation(n), model=model)
        for n in range(3)
        for model in ("claude-opus-5", "claude-sonnet-5")
    ]
    assert verdicts(*fanned) == [None] * 6


def test_a_title_asked_of_another_agent_breaks_nothing() -> None:
    title = prompt(conversation(0), system="Write a title.", tools=(), model="claude-haiku-5-5")
    suggestion = prompt(
        [*conversation(2), said("Suggest what is next.")],
        system="You suggest.",
        tools=(),
        model="claude-haiku-5-5",
    )
    main = [prompt(conversation(n)) for n in range(4)]
    assert verdicts(main[0], title, main[1], main[2], suggestion, main[3]) == [None] * 6


def test_a_fork_that_carries_the_history_behind_another_head_is_told() -> None:
    fork = prompt([*conversation(3), said("Review this.")], system="You review.", tools=())
    steps = followed(*(prompt(conversation(n)) for n in range(4)), fork, prompt(conversation(4)))
    assert [step.broken.verdict if step.broken else None for step in steps] == [
        None,
        None,
        None,
        None,
        Verdict.FORK,
        None,
    ]
    assert (steps[4].earlier, steps[4].conversation) == (None, 4)


def test_a_summary_asked_for_behind_another_head_is_a_compaction() -> None:
    asked = prompt([*conversation(3), said("Summarise this.")], system="You summarise.", tools=())
    found = followed(prompt(conversation(3)), asked)[1].broken
    assert found is not None
    assert (found.verdict, found.level) == (Verdict.COMPACTION, "tools")


def test_the_conversation_after_a_compaction_diverges_at_its_first_message() -> None:
    told = said("This session is being continued from a previous conversation. Summary: ...")
    steps = followed(
        prompt(conversation(4)), prompt(conversation(5)), prompt([told]), prompt([told, *turn(9)])
    )
    assert [step.earlier for step in steps] == [None, 0, 1, 2]
    found = steps[2].broken
    assert found is not None
    assert (found.verdict, found.place) == (Verdict.COMPACTION, "messages[0].content[0]")
    assert steps[3].broken is None


def test_another_question_behind_the_same_reminder_is_another_conversation() -> None:
    reminder: Json = {"type": "text", "text": "<system-reminder>Be brief.</system-reminder>"}

    def asked(words: str) -> Json:
        return {"role": "user", "content": [reminder, {"type": "text", "text": words}]}

    first = asked("Where is the limit set?")
    steps = followed(
        prompt([first]), prompt([first, *turn(1)]), prompt([asked("Who calls retry_all?")])
    )
    assert steps[2].broken is None


def test_a_summary_in_a_new_conversation_of_another_agent_is_none() -> None:
    asked = prompt([said("A summary of the code, please.")], system="Another.", tools=())
    assert verdicts(prompt(conversation(4)), asked) == [None, None]


def test_a_rewritten_first_answer_is_found_although_the_question_alone_is_extended() -> None:
    calls = [prompt(conversation(n)) for n in range(4)]
    rewritten = conversation(4)
    rewritten[1] = {"role": "assistant", "content": "(trimmed)"}
    assert verdicts(*calls, prompt(rewritten)) == [None] * 4 + [Verdict.HISTORY_REWRITTEN]


def test_a_first_message_that_changes_in_every_call_breaks_every_call() -> None:
    calls = [prompt(conversation(n, f"It is 2026-11-2{n}. Where is it?")) for n in range(4)]
    # The second Call shares nothing but its question, so nothing says yet whose it is.
    assert verdicts(*calls) == [None, None, Verdict.VOLATILE, Verdict.VOLATILE]


def test_histories_that_end_in_the_same_question_are_two_conversations() -> None:
    answer: Json = {"role": "assistant", "content": "Yes?"}
    last = said("Where is it?")
    server, client = ([said(f"About the {name}."), answer, last] for name in ("server", "client"))
    assert verdicts(prompt([last]), prompt(server), prompt(client)) == [None] * 3
    # One that goes on behind that question, with another beginning, was rewritten.
    rewritten = prompt([*client, *turn(1)])
    assert verdicts(prompt(server), rewritten) == [None, Verdict.HISTORY_REWRITTEN]


def test_wires_have_no_conversation_in_common() -> None:
    told: list[Json] = [said("Go."), {"role": "assistant", "content": "Yes?"}, said("On.")]
    more: list[Json] = [*told, {"role": "assistant", "content": "No."}, said("Well?")]
    rewritten: list[Json] = [said("Stop."), *more[1:]]
    steps = followed(
        prompt(told, tools=(), system="", model="m"), chat(more, model="m"), chat(rewritten)
    )
    assert [step.earlier for step in steps[:2]] == [None, None]
    over = followed(chat(told, model="m"), prompt(rewritten, tools=(), system="", model="m"))
    assert [step.earlier for step in over] == [None, None]


def test_the_same_step_in_another_place_is_no_continuation() -> None:
    here, there = (f"{SYSTEM}\nCwd: /{place}" for place in ("here", "there"))
    assert verdicts(
        prompt(conversation(2), system=here), prompt(conversation(2), system=there)
    ) == [None, None]


def test_what_was_forgotten_begins_anew() -> None:
    chains = Chains(limit=2)
    first = prompt(conversation(1))
    chains.follow(first)
    for number in range(6):
        chains.follow(prompt([said(f"Question {number}?")]))
    step = chains.follow(prompt(conversation(2)))
    assert (step.earlier, step.conversation) == (None, step.number)
    assert len(chains._passed) <= 16


IMAGE: JsonObject = {"type": "image", "source": {"type": "base64", "data": "AA=="}}
POOL: list[Json] = [
    said("Where is it?"),
    said("It is 10:05 now."),
    said("Summary of the conversation so far: nothing."),
    said("<system-reminder>be brief</system-reminder>"),
    {"role": "assistant", "content": "Here."},
    {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "x"}]},
    {"role": "assistant", "content": []},
    {"role": "user", "content": [{"type": "compaction", "content": "all"}, IMAGE]},
    {"role": "system", "content": "Mind the gap."},
    *turn(1),
    *turn(2),
]
PROMPTS = st.builds(
    prompt,
    st.lists(st.sampled_from(POOL), max_size=6),
    system=st.sampled_from(["", SYSTEM, f"{SYSTEM} 10:05", f"{SYSTEM} 10:06"]),
    tools=st.lists(st.sampled_from([*TOOLS, *TOOLS[:1], tool("Read", "at"), tool("")]), max_size=4),
    model=st.sampled_from(["claude-opus-5", "claude-haiku-5-5"]),
    thinking=st.sampled_from([None, {"type": "adaptive"}]),
)


@given(st.lists(PROMPTS, max_size=8), st.integers(1, 3))
def test_whatever_comes_in_is_placed_and_explained(prompts: list[Prompt], limit: int) -> None:
    chains = Chains(limit=limit)
    for number, one in enumerate(prompts):
        step = chains.follow(one)
        assert step.number == number
        assert step.earlier is None or step.earlier < number
        if step.broken is not None:
            assert step.broken.tokens >= 0
            assert step.broken.place
            assert len(break_lines(break_json(step.broken))) == 4


@given(st.lists(PROMPTS, min_size=1, max_size=6))
def test_the_same_prompt_again_breaks_nothing(prompts: list[Prompt]) -> None:
    chains = Chains()
    for one in prompts:
        chains.follow(one)
    assert chains.follow(prompts[-1]).broken is None
