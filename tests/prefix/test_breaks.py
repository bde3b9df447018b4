"""Where a prompt leaves an earlier one's prefix, and the word for it."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.breaks import Break, break_json, break_lines, find_break
from agentcache.prefix.moves import Move
from agentcache.prefix.prompt import Level, Prompt, read_prompt
from agentcache.prefix.verdict import Verdict, move_for
from support.agent import tool
from support.prompts import SYSTEM, TOOLS, chat, conversation, prompt, said, turn

READ, GREP, BASH = TOOLS


def broken(earlier: Prompt, later: Prompt) -> Break:
    found = find_break(earlier, later)
    assert found is not None
    return found


@given(st.integers(0, 6), st.integers(0, 6))
def test_a_conversation_that_only_grows_breaks_nothing(before: int, after: int) -> None:
    assert find_break(prompt(conversation(before)), prompt(conversation(after))) is None


@given(turns=st.integers(1, 4), changed=st.integers(0, 8), more=st.integers(0, 2))
def test_the_first_changed_message_is_the_place(turns: int, changed: int, more: int) -> None:
    before = conversation(turns)
    after = conversation(turns + more)
    at = changed % len(before)
    after[at] = {"role": "user", "content": "words of another kind"}
    found = broken(prompt(before), prompt(after))
    assert (found.level, found.place) == (Level.MESSAGES, f"messages[{at}].content[0]")


def test_another_credential_breaks_nothing() -> None:
    def request(token: str) -> Prompt:
        server: JsonObject = {"type": "mcp", "server_label": "s", "authorization": token}
        body = {"model": "m", "tools": [server], "input": [{"role": "user", "content": "Hello?"}]}
        return read_prompt(WireName.OPENAI_RESPONSES, encode_json(body))

    assert find_break(request("one"), request("two")) is None


def test_what_no_provider_hashes_breaks_nothing() -> None:
    text: JsonObject = {"type": "text", "text": SYSTEM, "cache_control": {"type": "ephemeral"}}
    listed = prompt(conversation(1), system=[text], metadata={"user_id": "x"}, stream=True)
    assert find_break(prompt(conversation(1)), listed) is None
    assert find_break(listed, prompt(conversation(2), tool_choice={"type": "auto"})) is None


def test_the_byte_and_both_sides_of_a_difference_are_told() -> None:
    old = "x" * 500 + "the limit is 5, as ever" + "y" * 500
    new = old.replace("is 5", "is 6")
    found = broken(prompt(conversation(0), system=old), prompt(conversation(0), system=new))
    content = prompt(conversation(0), system=old).blocks[3].content
    assert content[found.byte : found.byte + 1] == b"5"
    assert "the limit is 5, as ever" in found.was
    assert "the limit is 6, as ever" in found.now
    assert found.was.startswith("…")
    assert max(len(found.was), len(found.now)) <= 120


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_two_texts_are_told_in_at_most_120_characters_of_one_line(one: str, other: str) -> None:
    found = find_break(prompt([said(one)]), prompt([said(other)]))
    assert (found is None) == (one == other)
    if found is not None:
        assert max(len(found.was), len(found.now)) <= 120
        assert (found.was + found.now).isprintable()


def dated(text: str) -> tuple[Prompt, Prompt]:
    return (
        prompt(conversation(1), system=f"{SYSTEM}\n{text}"),
        prompt(conversation(2), system=f"{SYSTEM}\n{text.translate(str.maketrans('1', '2'))}"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "Today's date is 2026-11-21.",
        "Started at 11:15:00.",
        "Request f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "Current working directory: /home/me/work1",
        "Git status:\n M a1.py\n?? b1.py",
        "Recent commits:\ne1c1b1a fix the parser",
        "Details: https://example.org/sessions/a1b",
        "now=1764000011",
    ],
)
def test_what_changes_with_the_moment_is_volatile(text: str) -> None:
    found = broken(*dated(text))
    assert (found.verdict, found.reason) == (Verdict.VOLATILE, "system_changed")
    assert move_for(found.verdict, found.level) is Move.FREEZE


def test_git_lines_that_appear_are_volatile() -> None:
    clean = prompt(conversation(1), system=f"{SYSTEM}\n\nBe brief.")
    dirty = prompt(conversation(2), system=f"{SYSTEM}\nGit status:\n M a.py\n\nBe brief.")
    assert broken(clean, dirty).verdict is Verdict.VOLATILE


def test_git_lines_are_volatile_beside_other_changes() -> None:
    before = f"{SYSTEM}\nGit status:\n M one.py\n\nBe brief."
    after = f"{SYSTEM}\nGit status:\n M two.py\n\nBe thorough."
    found = broken(prompt(conversation(1), system=before), prompt(conversation(2), system=after))
    assert found.verdict is Verdict.VOLATILE


def test_a_system_prompt_in_other_blocks_is_a_drift_of_shape() -> None:
    lines: list[Json] = [{"type": "text", "text": line} for line in SYSTEM.splitlines()]
    found = broken(prompt(conversation(1)), prompt(conversation(2), system=lines))
    assert (found.verdict, found.level) == (Verdict.MESSAGE_SHAPE, Level.SYSTEM)


def test_other_words_in_the_system_prompt_are_a_changed_system() -> None:
    found = broken(*(prompt(conversation(1), system=s) for s in ("Be brief.", "Be thorough.")))
    assert (found.verdict, found.place) == (Verdict.SYSTEM_CHANGED, "system[0]")


def test_a_date_in_a_tool_description_is_volatile_and_no_move_repairs_it() -> None:
    tools = [[READ, {**GREP, "description": f"Search. Today is 2026-11-2{day}."}] for day in (1, 2)]
    found = broken(*(prompt(conversation(1), tools=one) for one in tools))
    assert (found.verdict, found.level, found.place) == (
        Verdict.VOLATILE,
        Level.TOOLS,
        "tools[1] Grep",
    )
    assert (found.reason, move_for(found.verdict, found.level)) == ("tools_changed", None)


def reversed_keys(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(list(value))}
    return value


def reordered(definition: JsonObject) -> JsonObject:
    found = reversed_keys(definition)
    assert isinstance(found, dict)
    return found


REQUIRED: JsonObject = {"name": "Edit", "input_schema": {"required": ["path", "text"]}}
REVERSED: JsonObject = {"name": "Edit", "input_schema": {"required": ["text", "path"]}}


@pytest.mark.parametrize(
    ("before", "after", "verdict", "place"),
    [
        ([READ, GREP], [READ, reordered(GREP)], Verdict.UNSTABLE_JSON, "tools[1] Grep"),
        ([READ, REQUIRED], [READ, REVERSED], Verdict.UNSTABLE_JSON, "tools[1] Edit"),
        ([READ, GREP], [READ, reordered(GREP), BASH], Verdict.UNSTABLE_JSON, "tools[1] Grep"),
        ([READ, GREP, BASH], [READ, BASH, GREP], Verdict.TOOL_ORDER, "tools[1] Bash"),
        ([READ, GREP], [reordered(GREP), READ], Verdict.TOOL_ORDER, "tools[0] Grep"),
        ([READ, GREP], [tool("Grep", "x"), READ], Verdict.TOOL_ORDER, "tools[0] Grep"),
        ([READ, GREP], [READ, GREP, BASH], Verdict.LATE_TOOL, "tools[2] Bash"),
        ([READ, GREP], [READ, BASH, GREP], Verdict.LATE_TOOL, "tools[1] Bash"),
        ([READ, GREP, BASH], [READ, GREP], Verdict.TOOL_REMOVED, "tools[2] Bash"),
        ([READ, GREP, BASH], [READ, BASH], Verdict.TOOL_REMOVED, "tools[1] Bash"),
        ([READ, GREP], [READ, tool("Grep", "regex")], Verdict.TOOL_CHANGED, "tools[1] Grep"),
        ([READ, GREP], [tool("Read", "at"), GREP, BASH], Verdict.TOOL_CHANGED, "tools[0] Read"),
        ([READ], [READ, tool("Late")], Verdict.LATE_TOOL, "tools[1] Late"),
        ([READ], [], Verdict.TOOL_REMOVED, "tools[0] Read"),
    ],
)
def test_each_drift_of_tools_has_its_word(
    before: list[JsonObject], after: list[JsonObject], verdict: Verdict, place: str
) -> None:
    found = broken(prompt(conversation(1), tools=before), prompt(conversation(2), tools=after))
    assert (found.verdict, found.level, found.place) == (verdict, Level.TOOLS, place)
    assert found.reason == "tools_changed"


def test_a_reminder_that_moves_on_is_a_drift_of_shape() -> None:
    reminder: Json = {"type": "text", "text": "<system-reminder>3 tasks are open</system-reminder>"}
    asked: Json = {"type": "text", "text": "Go on."}
    before: list[Json] = [{"role": "user", "content": [asked, reminder]}]
    after: list[Json] = [{"role": "user", "content": [asked]}, *turn(1)]
    after[-1] = {"role": "user", "content": [*_content(after[-1]), reminder]}
    found = broken(prompt(before), prompt(after))
    assert (found.verdict, found.reason) == (Verdict.MESSAGE_SHAPE, "messages_changed")
    assert "3 tasks" in found.was


def _content(message: Json) -> list[Json]:
    assert isinstance(message, dict)
    content = message["content"]
    assert isinstance(content, list)
    return content


def test_a_reminder_with_other_words_is_a_drift_of_shape() -> None:
    before = said("<system-reminder>3 tasks are open</system-reminder>")
    after = said("<system-reminder>no task is open</system-reminder>")
    found = broken(prompt([before]), prompt([after, *turn(1)]))
    assert found.verdict is Verdict.MESSAGE_SHAPE


NOTE = "<system-reminder>\nNow in the system prompt:\nCurrent time: 10:0{}\n</system-reminder>"


def noted(message: Json, number: int) -> Json:
    assert isinstance(message, dict)
    content = message["content"]
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return {**message, "content": [*blocks, {"type": "text", "text": NOTE.format(number)}]}


def test_notes_of_ours_that_are_stated_anew_are_no_drift_of_the_hosts() -> None:
    plain = conversation(3)
    before = [*plain[:2], noted(plain[2], 1), *plain[3:4], noted(plain[4], 2)]
    after = [*plain[:-1], noted(plain[-1], 3)]
    found = broken(prompt(before), prompt(after))
    assert (found.verdict, found.place) == (Verdict.NOTES, "messages[3].content[0]")
    before[2] = {"role": "user", "content": f"On.\n\n{NOTE.format(1)}"}
    after[2] = {"role": "user", "content": "On."}
    assert broken(prompt(before), prompt(after)).verdict is Verdict.NOTES


def test_a_message_that_the_host_changed_is_its_own_doing_where_a_note_of_ours_stood() -> None:
    plain = conversation(3)
    before = [*plain[:2], noted(plain[2], 1), *plain[3:]]
    assert isinstance(plain[4], dict)
    after = [*plain[:4], {**plain[4], "content": "Of another kind."}, *plain[5:]]
    assert broken(prompt(before), prompt(after)).verdict is not Verdict.NOTES


def test_one_message_in_two_blocks_is_a_drift_of_shape() -> None:
    halves: list[Json] = [{"type": "text", "text": "Where is "}, {"type": "text", "text": "it?"}]
    before: list[Json] = [said("Where is it?"), *turn(1)]
    after: list[Json] = [{"role": "user", "content": halves}, *turn(1), *turn(2)]
    assert broken(prompt(before), prompt(after)).verdict is Verdict.MESSAGE_SHAPE


def test_an_edited_result_is_a_rewritten_history() -> None:
    before, after = conversation(2), conversation(3)
    after[2] = {"role": "user", "content": [{**_block(after[2]), "content": "[cleared]"}]}
    found = broken(prompt(before), prompt(after))
    assert (found.verdict, found.place) == (Verdict.HISTORY_REWRITTEN, "messages[2].content[0]")
    assert found.tokens > 0


def _block(message: Json) -> JsonObject:
    block = _content(message)[0]
    assert isinstance(block, dict)
    return block


def test_arguments_in_another_key_order_are_unstable_json() -> None:
    before, after = conversation(2), conversation(3)
    use = _block(after[1])
    after[1] = {"role": "assistant", "content": [{**use, "input": reversed_keys(use["input"])}]}
    assert broken(prompt(before), prompt(after)).verdict is Verdict.UNSTABLE_JSON


def test_arguments_that_are_a_text_are_read_as_json() -> None:
    def history(arguments: str) -> Prompt:
        call: Json = {
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": arguments},
        }
        return chat([said("Go."), {"role": "assistant", "content": None, "tool_calls": [call]}])

    found = broken(history('{"a": 1, "b": 2}'), history('{"b":2,"a":1}'))
    assert (found.verdict, found.reason) == (Verdict.UNSTABLE_JSON, "input_changed")
    assert broken(history("no JSON"), history("{}")).verdict is Verdict.HISTORY_REWRITTEN


def test_a_history_that_became_a_summary_is_a_compaction() -> None:
    before = conversation(6)
    after = [before[0], said("Summary of the conversation so far: ..."), *turn(9)]
    found = broken(prompt(before), prompt(after))
    assert (found.verdict, found.reason) == (Verdict.COMPACTION, "messages_changed")


def test_a_providers_own_compaction_is_one_when_it_comes_and_none_when_it_stays() -> None:
    block: Json = {"type": "compaction", "content": "What was said."}
    compacted: list[Json] = [*conversation(1), {"role": "assistant", "content": [block]}]
    found = broken(prompt(conversation(6)), prompt([*compacted, said("Go on."), *turn(9)]))
    assert found.verdict is Verdict.COMPACTION
    edited: list[Json] = [said("Else?"), *compacted[1:], said("Go on.")]
    again = broken(prompt([*compacted, *turn(7)]), prompt([*edited, *turn(9)]))
    assert again.verdict is Verdict.HISTORY_REWRITTEN


def test_a_history_whose_oldest_turns_were_dropped_is_no_compaction() -> None:
    before = conversation(6)
    after = [before[0], *before[5:], *turn(9)]
    assert broken(prompt(before), prompt(after[:9])).verdict is Verdict.HISTORY_REWRITTEN


def with_fields(messages: list[Json], fields: JsonObject) -> Prompt:
    return read_prompt(
        WireName.ANTHROPIC, encode_json({"model": "claude-opus-5", "messages": messages, **fields})
    )


@pytest.mark.parametrize(
    ("was", "now", "verdict", "level"),
    [
        ({}, {"tool_choice": {"type": "any"}}, Verdict.TOOL_CHOICE, Level.MESSAGES),
        ({}, {"speed": "fast"}, Verdict.SPEED, Level.SYSTEM),
        ({}, {"thinking": {"type": "adaptive"}}, Verdict.THINKING, Level.MESSAGES),
        (
            {"output_config": {"effort": "low"}},
            {"output_config": {"effort": "high"}},
            Verdict.EFFORT,
            Level.MESSAGES,
        ),
    ],
)
def test_a_setting_of_anthropic_kills_its_level(
    was: dict[str, Json], now: dict[str, Json], verdict: Verdict, level: Level
) -> None:
    found = broken(with_fields(conversation(1), was), with_fields(conversation(2), now))
    assert (found.verdict, found.level, found.reason) == (verdict, level, f"{level}_changed")


def test_another_model_shares_nothing_whatever_else_changed() -> None:
    earlier = prompt(conversation(1), tools=[READ])
    later = prompt(conversation(2), tools=[GREP], model="claude-haiku-5-5")
    found = broken(earlier, later)
    assert (found.verdict, found.reason, found.place) == (Verdict.MODEL, "model_changed", "model")


def test_a_tool_comes_before_a_setting_that_kills_only_messages() -> None:
    later = prompt(conversation(2), tools=[READ], tool_choice={"type": "any"})
    assert broken(prompt(conversation(1)), later).verdict is Verdict.TOOL_REMOVED


def test_the_first_image_kills_the_messages_and_the_second_nothing() -> None:
    image: Json = {"type": "image", "source": {"type": "base64", "data": "AA=="}}
    shown: list[Json] = [*conversation(1), {"role": "user", "content": [image]}]
    found = broken(prompt(conversation(1)), prompt(shown))
    assert (found.verdict, found.level) == (Verdict.IMAGE, Level.MESSAGES)
    assert find_break(prompt(shown), prompt([*shown, *turn(8), shown[-1]])) is None
    quoted = [*conversation(1), *turn(7), said('{"type":"image"}')]
    assert find_break(prompt(conversation(1)), prompt(quoted)) is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"prompt_cache_key": "b"}, "prompt_cache_key_changed"),
        ({"parallel_tool_calls": False}, "tools_changed"),
        ({"response_format": {"type": "json_object"}}, "text_format_changed"),
        ({"reasoning_effort": "high"}, "reasoning_effort_changed"),
        ({"verbosity": "low"}, "verbosity_changed"),
        ({"service_tier": "flex"}, "service_tier_changed"),
        ({"model": "gpt-6.1"}, "model_changed"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools_changed"),
        ({"messages": [said("Something else.")]}, "input_changed"),
    ],
)
def test_openai_has_its_own_words(fields: dict[str, Json], reason: str) -> None:
    given: dict[str, Json] = {"model": "gpt-5.6", "messages": [said("Go.")], **fields}
    later = read_prompt(WireName.OPENAI_CHAT, encode_json(given))
    assert broken(chat([said("Go.")]), later).reason == reason


def test_tool_choice_is_no_part_of_openais_prefix() -> None:
    messages: list[Json] = [said("Go.")]
    assert find_break(chat(messages), chat(messages, tool_choice="none")) is None


def test_the_tokens_are_those_behind_the_difference_in_both() -> None:
    padding = "z" * 4000
    system = [f"Now: 2026-11-2{day}\n{padding}" for day in (1, 2)]
    found = broken(*(prompt(conversation(3), system=one) for one in system))
    messages = sum(
        len(block.content)
        for block in prompt(conversation(3)).blocks
        if block.level is Level.MESSAGES
    )
    assert abs(found.tokens - (4000 + messages) / 4) < 20
    assert broken(prompt([said("a")]), prompt([said("b")])).tokens <= 1


MARK: Json = {"type": "ephemeral"}


def system_of(*texts: str, marked: Sequence[int]) -> Json:
    """A system prompt of these blocks, some with a breakpoint."""
    return [
        {"type": "text", "text": text, **({"cache_control": MARK} if number in marked else {})}
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    ("marked", "automatic", "tokens"),
    [((1,), None, 3000), ((0, 1), None, 2000), ((), MARK, 3000), ((), None, 0)],
    ids=["a mark at the end", "a mark before it", "an automatic mark", "no mark"],
)
def test_anthropics_cache_is_read_up_to_a_breakpoint_before_the_difference(
    marked: Sequence[int], automatic: Json, tokens: int
) -> None:
    one, other = (
        prompt(
            [said("Go.")],
            system=system_of("a" * 4000, f"{'b' * 8000} 2026-11-2{day}", marked=marked),
            tools=[],
            cache_control=automatic,
        )
        for day in (1, 2)
    )
    assert abs(broken(one, other).tokens - tokens) < 60


def test_openais_caches_are_read_up_to_the_difference() -> None:
    one, other = (
        chat([{"role": "system", "content": f"{'a' * 8000} {day}"}, said("Go.")]) for day in (1, 2)
    )
    assert broken(one, other).tokens < 20


def test_a_changed_message_costs_itself_and_what_follows() -> None:
    def request(day: int) -> Prompt:
        block: JsonObject = {"type": "text", "text": f"{'b' * 4000} {day}", "cache_control": MARK}
        changed: JsonObject = {"role": "user", "content": [block]}
        return prompt([said("a" * 8000), {"role": "assistant", "content": "Yes."}, changed])

    assert abs(broken(request(1), request(2)).tokens - 1000) < 60


def test_a_system_prompt_that_comes_or_goes_breaks_the_system_level() -> None:
    without, with_one = prompt(conversation(1), system=[]), prompt(conversation(1))
    assert broken(without, with_one).level is Level.SYSTEM
    gone = broken(with_one, without)
    assert (gone.level, gone.place, gone.byte, gone.now) == (Level.SYSTEM, "system[0]", 0, "")


def test_a_break_survives_json_and_is_told_in_lines() -> None:
    found = broken(*dated("Today's date is 2026-11-21."))
    raw = decode_json_object(encode_json(break_json(found)))
    first, was, now, repair = break_lines(raw)
    assert first.startswith("volatile-in-prefix (system_changed) in system[0], byte ")
    assert "2026-11-21" in was
    assert "2026-22-22" in now
    assert "the move 'freeze' does it" in repair
