"""What is read from one request: the question, what stands around it, and the tools that ran."""

import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.conversation import (
    Reading,
    Stage,
    ToolRun,
    part_question,
    read_conversation,
)
from agentcache.core.reasons import Reason
from agentcache.core.values import (
    Call,
    Opaque,
    Part,
    Role,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    WireName,
)

QUESTION = "Where is the retry limit set?"
READ = Tool("Read", "d")


def turn(role: Role, *parts: Part | str) -> Turn:
    return Turn(role, tuple(Text(part) if isinstance(part, str) else part for part in parts))


def user(*parts: Part | str) -> Turn:
    return turn("user", *parts)


def model(*parts: Part | str) -> Turn:
    return turn("assistant", *parts)


def use(id_: str) -> ToolUse:
    return ToolUse(id_, "Read", {"file_path": f"{id_}.py"})


def result(id_: str) -> ToolResult:
    return ToolResult(id_, f"content of {id_}")


def call(*turns: Turn, tools: Sequence[Tool] = (READ,), system: Sequence[str] = ("Help.",)) -> Call:
    return Call(
        WireName.ANTHROPIC, "m", tuple(system), tuple(tools), turns, {}, "", stream=True,
        wants_usage=True, temperature=None, digest="d",
    )  # fmt: skip


def reading(*turns: Turn, tools: Sequence[Tool] = (READ,), system: Sequence[str] = ()) -> Reading:
    found = read_conversation(call(*turns, tools=tools, system=system))
    assert isinstance(found, Reading), found
    return found


def chat(*turns: Turn, system: Sequence[str] = ()) -> Reading:
    return reading(*turns, tools=(), system=system)


class TestRuns:
    def test_a_question_alone_opens_a_run(self) -> None:
        found = reading(user(QUESTION))
        assert (found.stage, found.question, found.preamble, found.runs) == (
            Stage.OPENING, QUESTION, (), (),
        )  # fmt: skip

    def test_tools_put_it_underway(self) -> None:
        found = reading(
            user(QUESTION),
            model("Let me look.", use("a"), use("b")),
            user(result("b"), result("a")),
            model(Opaque("thinking", "t"), use("c")),
            user(result("c"), "<system-reminder>Mind the list.</system-reminder>"),
        )
        assert found.stage is Stage.UNDERWAY
        assert found.question == QUESTION
        assert found.runs == tuple(ToolRun(use(name), result(name)) for name in "abc")

    @pytest.mark.parametrize(
        "turns",
        [
            (user(QUESTION), model("It is 5."), user("And the timeout?")),
            (user(QUESTION), model(use("a")), user(result("a")), model("It is 5."), user("And?")),
            (user(QUESTION), model(use("a")), user(result("a"), "Look closer.")),
            (user(QUESTION), model(use("a")), user(result("a")), user("Go on.")),
            (user(QUESTION), model(use("a"), use("b")), user(result("a"))),
            (user(QUESTION), model(use("a"))),
            (user(QUESTION), model(use("a")), user("Stop that.")),
            (user(QUESTION), model(use("a")), model(use("b")), user(result("b"))),
            (user(QUESTION), model(use("a")), user(use("b"), result("a"))),
            (user(QUESTION), model(use("a")), user(result("b"), result("a"))),
            (user(QUESTION), model(use("a")), user(ToolResult("a", "other"), result("a"))),
            (
                user(QUESTION),
                model(use("a"), use("a")),
                user(ToolResult("a", "other"), result("a")),
            ),
            (user(QUESTION), model(use("a")), user(result("a")), user(ToolResult("a", "other"))),
            (user(QUESTION), model(use("a")), user(result("a")), turn("system", result("b"))),
            (
                user(QUESTION),
                model(use("a")),
                user(result("a")),
                model(result("b"), use("c")),
                user(result("c")),
            ),
            (user(QUESTION, result("a")),),
            (user(QUESTION), model("prefill")),
        ],
    )
    def test_what_is_no_single_question_with_tools_is_a_follow_up(
        self, turns: tuple[Turn, ...]
    ) -> None:
        assert read_conversation(call(*turns)) is Reason.FOLLOW_UP

    @pytest.mark.parametrize(
        "turns",
        [
            (user(Opaque("image", "i"), QUESTION),),
            (turn("system", Opaque("file", "f")), user(QUESTION)),
            (user(QUESTION), model(use("a")), user(result("a"), Opaque("document", "d"))),
        ],
    )
    def test_what_is_not_read_is_said_to_be_not_read(self, turns: tuple[Turn, ...]) -> None:
        assert read_conversation(call(*turns)) is Reason.NOT_READ

    @pytest.mark.parametrize(
        "turns",
        [(), (user(),), (user(" \n "),), (user("<note>n</note>"),), (turn("system", "Help."),)],
    )
    def test_without_a_users_words_there_is_no_question(self, turns: tuple[Turn, ...]) -> None:
        assert read_conversation(call(*turns)) is Reason.NOT_A_QUESTION

    def test_several_texts_are_one_question(self) -> None:
        assert reading(user("Where is it set?", "And read?")).question == (
            "Where is it set?\n\nAnd read?"
        )

    def test_a_system_turn_beside_the_question_is_preamble(self) -> None:
        found = reading(turn("system", "Be brief."), user(QUESTION))
        assert (found.question, found.preamble) == (QUESTION, ("Be brief.",))

    def test_the_words_of_a_system_turn_in_between_are_said_aside(self) -> None:
        words = "<left>9</left>\nNow write."
        found = reading(user(QUESTION), model(use("a")), user(result("a")), turn("system", words))
        assert (found.question, found.asides) == (QUESTION, ("Now write.",))

    def test_a_wrapped_system_turn_in_between_changes_nothing(self) -> None:
        found = reading(
            user(QUESTION),
            model(use("a")),
            turn("system", "<reminder>Be brief.</reminder>"),
            user(result("a")),
        )
        assert found.runs == (ToolRun(use("a"), result("a")),)


class TestSetup:
    SETUP = "This is the Qwen Code. We are setting up the context.\nMy folder holds till.py."

    def test_an_introduction_that_the_model_confirms_is_preamble(self) -> None:
        found = reading(user(self.SETUP), model("Got it."), user(QUESTION))
        assert (found.stage, found.question, found.preamble) == (
            Stage.OPENING, QUESTION, (self.SETUP,),
        )  # fmt: skip

    def test_after_it_a_run_goes_on_as_ever(self) -> None:
        found = reading(
            user(self.SETUP), model("Got it."), user(QUESTION), model(use("a")), user(result("a"))
        )
        assert (found.stage, len(found.runs)) == (Stage.UNDERWAY, 1)

    def test_another_introduction_is_another_preamble(self) -> None:
        found = reading(user(self.SETUP + " And more."), model("Got it."), user(QUESTION))
        assert found.preamble != (self.SETUP,)

    @pytest.mark.parametrize(
        "turns",
        [
            (user("Hello."), model("Got it."), user(QUESTION)),
            (user(SETUP), model("Got it.")),
            (user(SETUP), model("Got it."), user(QUESTION), model("5."), user("Why?")),
        ],
    )
    def test_what_only_resembles_it_is_a_follow_up(self, turns: tuple[Turn, ...]) -> None:
        assert read_conversation(call(*turns)) is Reason.FOLLOW_UP


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,12}", fullmatch=True)
INSIDE = st.text(st.characters(exclude_characters="<>\x00", exclude_categories=["Cs"]), max_size=30)
BLOCKS = st.builds(lambda name, inside: f"<{name}>{inside}</{name}>", NAMES, INSIDE)
WORDS = st.lists(st.from_regex(r"[a-z]{1,8}\??", fullmatch=True), min_size=1).map(" ".join)


class TestWrappedBlocks:
    @given(st.lists(BLOCKS, max_size=3), WORDS, st.lists(BLOCKS, max_size=3))
    def test_blocks_around_the_words_are_parted_from_them(
        self, before: list[str], words: str, after: list[str]
    ) -> None:
        around, question = part_question("\n".join([*before, words, *after]))
        assert question == words
        assert around == before + after

    @given(st.text(max_size=80))
    def test_nothing_that_was_written_is_lost(self, text: str) -> None:
        around, question = part_question(text)
        rest = text
        for piece in [*around, *([question] if question else [])]:
            assert piece in text
            rest = rest.replace(piece, "", 1)
        assert not rest.strip()

    @pytest.mark.parametrize(
        "text",
        [
            "What does <b>bold</b> mean here?",
            "Why does <div> not close?",
            "Explain </div>",
            "a < b and c > d?",
            "<3 where is it?",
            "Compare <a>1</a> with <a>2</a>, please",
        ],
    )
    def test_tags_between_words_are_words(self, text: str) -> None:
        assert part_question(text) == ([], text)

    def test_project_instructions_under_a_heading_are_a_block(self) -> None:
        head = "# AGENTS.md instructions for /w\n\n<INSTRUCTIONS>\nBe kind.\n</INSTRUCTIONS>"
        context = "<environment_context>\n  <cwd>/w</cwd>\n</environment_context>"
        assert part_question(f"{head}\n\n{context}\n{QUESTION}") == ([head, context], QUESTION)

    def test_attributes_do_not_hide_a_block(self) -> None:
        block = '<file path="a.py">x = 1\n</file>'
        assert part_question(f"{block}\n{QUESTION}") == ([block], QUESTION)

    def test_blocks_are_preamble_wherever_they_stand(self) -> None:
        found = reading(
            user("<env>linux</env>"), user(f"{QUESTION}\n<system-reminder>R</system-reminder>")
        )
        assert found.question == QUESTION
        assert found.preamble == ("<env>linux</env>", "<system-reminder>R</system-reminder>")

    def test_thousands_of_blocks_take_no_more_than_a_moment(self) -> None:
        blocks = "<a>b</a>\n" * 20_000
        began = time.process_time()
        around, question = part_question(f"{blocks}{QUESTION}\n{blocks}")
        assert time.process_time() - began < 2
        assert (len(around), question) == (40_000, QUESTION)


class TestChat:
    REMINDER = "Reply in English."
    SYSTEM = ("Answer questions about the code.\nReply in English.\n", "Be brief.")

    def test_the_last_words_are_the_question(self) -> None:
        found = chat(user("Here is the map."), model("Ok."), user(QUESTION))
        assert (found.stage, found.question, found.runs) == (Stage.OPENING, QUESTION, ())

    @pytest.mark.parametrize(
        "turns",
        [(), (user(QUESTION), model("5.")), (user(QUESTION), model(use("a")), user(result("a")))],
    )
    def test_without_a_question_at_the_end_it_is_a_follow_up(self, turns: tuple[Turn, ...]) -> None:
        assert read_conversation(call(*turns, tools=())) is Reason.FOLLOW_UP

    def test_an_image_in_the_question_is_not_read(self) -> None:
        turns = (user(QUESTION, Opaque("image", "i")),)
        assert read_conversation(call(*turns, tools=())) is Reason.NOT_READ

    def test_a_system_turn_at_the_end_does_not_hide_the_question(self) -> None:
        assert chat(user(QUESTION), turn("system", "Be brief.")).question == QUESTION

    @pytest.mark.parametrize(
        "history",
        [
            (user("Here is another map."), model("Ok.")),
            (user("Here is the map."), model("Fine.")),
            (user("Here is the map.", Opaque("image", "i")), model("Ok.")),
            (model("Here is the map."), user("Ok.")),
            (user("Here is the map.", "Ok."), model("")),
            (user(f"Here is the map. {QUESTION}"), model("Ok.")),
            (),
        ],
    )
    def test_another_history_is_another_context(self, history: tuple[Turn, ...]) -> None:
        usual = chat(user("Here is the map."), model("Ok."), user(QUESTION))
        assert chat(*history, user(QUESTION)).context != usual.context

    def test_another_system_prompt_is_another_context(self) -> None:
        contexts = {
            chat(user(QUESTION), system=s).context for s in ((), ("a",), ("a", "b"), ("ab",))
        }
        assert len(contexts) == 4

    def test_other_words_in_the_question_are_the_same_context(self) -> None:
        history = (user("Here is the map."), model("Ok."))
        other = chat(*history, user("Where do they set the retry limit?"))
        assert chat(*history, user(QUESTION)).context == other.context

    def test_what_was_asked_before_stays_in_the_context(self) -> None:
        one = chat(user("Is it a?"), model("Yes."), user("Is it a?"))
        other = chat(user("Is it b?"), model("Yes."), user("Is it b?"))
        assert one.context != other.context

    @pytest.mark.parametrize("end", ["", "\n", "\n\n"])
    def test_a_last_paragraph_that_the_prompt_holds_is_no_part_of_the_question(
        self, end: str
    ) -> None:
        found = chat(user(f"{QUESTION}\n\n{self.REMINDER}{end}"), system=self.SYSTEM)
        assert found.question == QUESTION

    def test_several_such_paragraphs_are_none_either(self) -> None:
        text = f"{QUESTION}\n\nWhy?\n \nReply in English.\nBe brief.\n\n\nBe brief."
        system = ("Reply in English.\nBe brief.",)
        assert chat(user(text), system=system).question == f"{QUESTION}\n\nWhy?"

    def test_a_reminder_is_part_of_the_context(self) -> None:
        bare = chat(user(QUESTION), system=self.SYSTEM)
        reminded = chat(user(f"{QUESTION}\n\n{self.REMINDER}"), system=self.SYSTEM)
        briefly = chat(user(f"{QUESTION}\n\nBe brief."), system=self.SYSTEM)
        assert bare.question == reminded.question == briefly.question
        assert len({bare.context, reminded.context, briefly.context}) == 3

    @pytest.mark.parametrize(
        "text",
        [
            f"{QUESTION}\n\nReply in French.",
            f"{QUESTION}\n\nReply",
            f"{QUESTION}\n\nin English.",
            f"{QUESTION}\nReply in English.",
            f"Reply in English.\n\n{QUESTION}",
            f"{QUESTION}\n\nReply in English.\n\nAnd why?",
            "Reply in English.",
            "Be brief.\n\nDo not.",
        ],
    )
    def test_what_the_prompt_does_not_hold_as_lines_stays(self, text: str) -> None:
        assert chat(user(text), system=self.SYSTEM).question == text

    def test_the_first_paragraph_is_always_the_users(self) -> None:
        found = chat(user("Be brief.\n\nReply in English."), system=self.SYSTEM)
        assert found.question == "Be brief."

    def test_with_tools_nothing_is_taken_for_a_reminder(self) -> None:
        text = f"{QUESTION}\n\n{self.REMINDER}"
        assert reading(user(text), system=self.SYSTEM).question == text


PARTS = st.one_of(
    st.builds(Text, st.text(max_size=20) | BLOCKS),
    st.sampled_from([use("a"), use("b"), result("a"), result("b"), Opaque("image", "i")]),
)
TURNS = st.lists(
    st.builds(
        Turn,
        st.sampled_from(["user", "assistant", "system"]),
        st.lists(PARTS, max_size=3).map(tuple),
    ),
    max_size=6,
)


@given(TURNS, st.booleans(), st.lists(st.text(max_size=20), max_size=2))
def test_any_conversation_is_read_or_has_its_reason(
    turns: list[Turn],
    has_tools: bool,  # drawn
    system: list[str],
) -> None:
    subject = call(*turns, tools=(READ,) if has_tools else (), system=system)
    found = read_conversation(subject)
    assert found == read_conversation(replace(subject, digest="other"))
    if isinstance(found, Reading):
        assert found.question.strip()
        has_run = has_tools and any(turn.role == "assistant" for turn in turns)
        assert found.stage is (Stage.UNDERWAY if has_run else Stage.OPENING)
    else:
        assert found in {Reason.FOLLOW_UP, Reason.NOT_READ, Reason.NOT_A_QUESTION}


def test_a_stored_prompt_counts_as_the_providers_turns_unless_its_version_is_told() -> None:
    asked = call(user("Where is X defined?"))
    held = replace(asked, parameters={"prompt": {"id": "p"}})
    assert read_conversation(held) is Reason.FOLLOW_UP
    told = replace(asked, parameters={"prompt": {"id": "p", "version": "2"}})
    assert not isinstance(read_conversation(told), Reason)


@pytest.mark.parametrize("name", ["previous_response_id", "conversation"])
def test_turns_that_the_provider_holds_make_it_a_follow_up(name: str) -> None:
    asked = call(user("Where is X defined?"))
    assert not isinstance(read_conversation(asked), Reason)
    assert read_conversation(replace(asked, parameters={name: "resp_1"})) is Reason.FOLLOW_UP


@pytest.mark.parametrize(
    ("asked", "question"),
    [
        (f'"{QUESTION}"', QUESTION),
        (r'"Where is \"a b\" set?"', 'Where is "a b" set?'),
        ('"a" and "b"?', '"a" and "b"?'),
        ('Who sets "a"', 'Who sets "a"'),
        ('""', '""'),
    ],
)
def test_quotes_around_the_whole_question_are_the_hosts(asked: str, question: str) -> None:
    for found in (read_conversation(call(user(asked))), chat(user(asked))):
        assert isinstance(found, Reading)
        assert found.question == question


@pytest.mark.parametrize("kind", ["thinking", "redacted_thinking", "reasoning_content"])
def test_what_a_model_thought_hides_no_work(kind: str) -> None:
    turns = (user(QUESTION), model(Opaque(kind, "t"), use("a")), user(result("a")))
    assert isinstance(read_conversation(call(*turns)), Reading)


@pytest.mark.parametrize(
    "kind", ["web_search_call", "server_tool_use", "mcp_call", "item_reference"]
)
def test_what_a_tool_of_the_providers_found_is_not_read(kind: str) -> None:
    turns = (user(QUESTION), model(Opaque(kind, "t"), use("a")), user(result("a")))
    assert read_conversation(call(*turns)) is Reason.NOT_READ
    assert read_conversation(call(model(Opaque(kind, "t")), user(QUESTION), tools=())) is (
        Reason.NOT_READ
    )
