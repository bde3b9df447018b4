"""The order of chat files: each stands where its present text was sent first, and none is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache.core.codec import (
    Json,
    JsonObject,
    decode_json_as,
    decode_json_object,
    encode_json,
)
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.files import FileOrder, order_files

HEADER = "These are the files as they are now:\n"
ANSWER = "I will go by these."
MARK: JsonObject = {"type": "ephemeral"}
BIG = 7_000


def said(role: str, words: str) -> JsonObject:
    return {"role": role, "content": words}


def exchange(name: str) -> list[JsonObject]:
    return [said("user", f"{name}?"), said("assistant", f"{name}.")]


def listed(files: Mapping[str, str], fence: str = "```") -> str:
    closing = f"</{fence[1:]}" if fence.startswith("<") else fence
    return "".join(f"\n{path}\n{fence}\n{text}{closing}\n" for path, text in files.items())


def shown(files: Mapping[str, str], fence: str = "```") -> list[JsonObject]:
    return [said("user", HEADER + listed(files, fence)), said("assistant", ANSWER)]


def lines(name: str, size: int = BIG) -> str:
    return f"{name} = 1\n".ljust(size - 1, "#") + "\n"


@dataclass
class Chat:
    """A host that shows its files behind the history and before the newest question."""

    files: dict[str, str]
    history: list[JsonObject] = field(default_factory=lambda: exchange("map"))
    asked: int = 0

    def call(self) -> JsonObject:
        newest = [said("user", f"question {self.asked}? Keep it short.")]
        return request([*self.history, *shown(self.files), *newest])

    def answered(self) -> None:
        self.history = [*self.history, *exchange(f"question {self.asked}")]
        self.asked += 1


def request(messages: Sequence[JsonObject], **others: Json) -> JsonObject:
    return {"model": "m", "messages": list(messages), **others}


def ordered(
    call: JsonObject, earlier: FileOrder | None = None, wire: WireName = WireName.ANTHROPIC
) -> tuple[list[Json], FileOrder]:
    """The messages as they are sent."""
    before = read_body(wire, encode_json(call))
    kept = decode_json_as(encode_json(earlier or FileOrder()), FileOrder)
    after, order = order_files(before, kept)
    sent = decode_json_object(write_body(before, after))["messages"]
    assert isinstance(sent, list)
    return [joined(message) for message in sent], order


def joined(message: Json) -> Json:
    """A message with its parts as the one text that they are."""
    assert isinstance(message, dict)
    content = message["content"]
    if not isinstance(content, list) or len(content) < 2:
        return message
    parts = [part for part in content if isinstance(part, dict)]
    return {**message, "content": "".join(str(part["text"]) for part in parts)}


def is_untouched(call: JsonObject, wire: WireName = WireName.ANTHROPIC) -> bool:
    """Whether the second Call of a chat with other history before it passes as it is."""
    first = {**call, "messages": call["messages"]}
    _, order = ordered(first, wire=wire)
    messages = call["messages"]
    assert isinstance(messages, list)
    answered = [messages[-1], said("assistant", "It is so.")]
    later = {**call, "messages": [*messages[:2], *answered, *messages[2:]]}
    before = read_body(wire, encode_json(later))
    return order_files(before, order)[0] is before


def test_the_first_call_is_sent_as_it_is() -> None:
    before = read_body(WireName.ANTHROPIC, encode_json(Chat({"a.py": lines("a")}).call()))
    assert order_files(before, FileOrder())[0] is before


def test_files_that_do_not_change_stay_before_the_history() -> None:
    chat = Chat({"a.py": lines("a"), "b.py": lines("b")})
    first, order = ordered(chat.call())
    for _ in range(3):
        chat.answered()
        sent, order = ordered(chat.call(), order)
        assert sent[:4] == first[:4] == [*exchange("map"), *shown(chat.files)]
        assert sent[4:-1] == chat.history[2:]


def test_an_edited_file_moves_behind_the_history_and_stays_there_until_the_next_edit() -> None:
    a, b = lines("a", 14_000), lines("b")
    chat = Chat({"a.py": a, "b.py": b})
    _, order = ordered(chat.call())
    chat.answered()
    chat.files["b.py"] = lines("b2")
    sent, order = ordered(chat.call(), order)
    assert sent[2:4] == shown({"a.py": a})
    assert sent[6:8] == shown({"b.py": lines("b2")})
    chat.answered()
    later, order = ordered(chat.call(), order)
    assert later[:8] == sent[:8]
    chat.files["b.py"] = lines("b3")
    chat.answered()
    last, order = ordered(chat.call(), order)
    assert last[:6] == sent[:6]
    assert last[-3:-1] == shown({"b.py": lines("b3")})


def test_another_conversation_does_not_move_a_file_before_the_edit_that_made_it() -> None:
    chat, other = Chat({"a.py": lines("a")}), Chat({"a.py": lines("edited")})
    _, order = ordered(chat.call())
    chat.answered()
    other.asked = 7
    _, order = ordered(other.call(), order)
    chat.files["a.py"] = lines("edited")
    sent, _ = ordered(chat.call(), order)
    assert sent == chat.call()["messages"]


def test_a_longer_conversation_does_not_move_a_file_of_a_shorter_one() -> None:
    chat, other = Chat({"a.py": lines("a")}), Chat({"a.py": lines("edited")})
    order = FileOrder()
    other.asked = 7
    for _ in range(3):
        _, order = ordered(other.call(), order)
        other.answered()
    chat.answered()
    chat.files["a.py"] = lines("edited")
    sent, _ = ordered(chat.call(), order)
    assert sent == chat.call()["messages"]


def test_a_file_that_joins_later_leaves_the_others_where_they_are() -> None:
    chat = Chat({"a.py": lines("a", 14_000)})
    first, order = ordered(chat.call())
    chat.answered()
    chat.files["late.py"] = lines("late")
    sent, order = ordered(chat.call(), order)
    assert sent[:4] == first[:4]
    assert sent[-3:-1] == shown({"late.py": lines("late")})
    chat.answered()
    later, _ = ordered(chat.call(), order)
    assert later[: len(sent) - 1] == sent[:-1]


def test_a_file_that_was_edited_once_stays_where_it_went_while_another_is_edited() -> None:
    large = {"large.py": lines("l", 30_000)}
    chat = Chat({**large, "once.py": lines("o", 3_000), "often.py": lines("f", 500)})
    _, order = ordered(chat.call())
    chat.answered()
    chat.files["once.py"] = lines("o2", 3_000)
    once, order = ordered(chat.call(), order)
    at = once.index(shown({"once.py": lines("o2", 3_000)})[0])
    for text in ("f2", "f3"):
        chat.answered()
        chat.files["often.py"] = lines(text, 500)
        sent, order = ordered(chat.call(), order)
        assert sent[4 : at + 1] == once[4 : at + 1]
        assert sent[-3:-1] == shown({"often.py": lines(text, 500)})


def test_another_order_of_the_same_files_gives_the_first_bytes() -> None:
    chat = Chat({"a.py": lines("a"), "b.py": lines("b")})
    first, order = ordered(chat.call())
    chat.answered()
    chat.files = {path: chat.files[path] for path in ("b.py", "a.py")}
    sent, _ = ordered(chat.call(), order)
    assert sent[:4] == first[:4]


def content_of(call: JsonObject, at: int, wire: WireName) -> tuple[Json, FileOrder]:
    """The content of message `at` as it is sent in a first Call."""
    before = read_body(wire, encode_json(call))
    after, order = order_files(before, FileOrder())
    messages = decode_json_object(write_body(before, after))["messages"]
    assert isinstance(messages, list)
    message = messages[at]
    assert isinstance(message, dict)
    return message["content"], order


SMALL_AND_LARGE = {
    "small.py": lines("s", 1_000),
    "large.py": lines("l"),
    "less.py": lines("k", 900),
}
LARGE_FIRST = {path: SMALL_AND_LARGE[path] for path in ("large.py", "small.py", "less.py")}


def test_the_largest_file_is_shown_first_as_it_costs_the_most_to_send_again() -> None:
    content, order = content_of(Chat(SMALL_AND_LARGE).call(), 2, WireName.OPENAI_CHAT)
    assert content == HEADER + listed(LARGE_FIRST)
    assert order.parted is None


def test_large_files_stand_in_a_block_of_their_own_that_stays_when_others_are_edited() -> None:
    chat = Chat(dict(SMALL_AND_LARGE))
    content, order = content_of(chat.call(), 2, WireName.ANTHROPIC)
    assert content == [
        {"type": "text", "text": HEADER + listed({"large.py": SMALL_AND_LARGE["large.py"]})},
        {
            "type": "text",
            "text": listed({path: LARGE_FIRST[path] for path in list(LARGE_FIRST)[1:]}),
        },
    ]
    assert order.parted == 2
    chat.answered()
    _, order = ordered(chat.call(), order)
    assert order.parted == 2
    chat.files["small.py"] = lines("s2", 1_000)
    chat.files["less.py"] = lines("k2", 900)
    chat.answered()
    sent, order = ordered(chat.call(), order)
    assert sent[2] == said("user", HEADER + listed({"large.py": SMALL_AND_LARGE["large.py"]}))
    assert order.parted is None


def test_files_too_small_for_a_breakpoint_stay_in_one_block() -> None:
    before = read_body(WireName.ANTHROPIC, encode_json(Chat({"a": "a\n" * 9, "b": "b\n"}).call()))
    after, order = order_files(before, FileOrder())
    assert after is before
    assert order.parted is None


def test_files_that_are_not_worth_a_message_of_their_own_stay_together() -> None:
    chat = Chat({"a.py": "a\n", "b.py": "b\n"})
    _, order = ordered(chat.call())
    chat.answered()
    chat.files["b.py"] = "b2\n"
    sent, _ = ordered(chat.call(), order)
    assert sent == chat.call()["messages"]


def test_a_history_that_was_summarised_takes_the_files_along() -> None:
    chat = Chat({"a.py": lines("a")}, history=[*exchange("map"), *exchange("old")])
    _, order = ordered(chat.call())
    for history in (exchange("summary"), [*exchange("summary"), *exchange("new")]):
        chat.history = history
        sent, _ = ordered(chat.call(), order)
        assert sent == chat.call()["messages"]


@pytest.mark.parametrize("in_list", [False, True])
@pytest.mark.parametrize("others", [0, 1, 2, 3])
def test_a_hosts_breakpoint_stays_before_the_newest_messages_and_is_repeated_where_it_can(
    *, in_list: bool, others: int
) -> None:
    chat = Chat({"a.py": lines("a", 14_000), "b.py": lines("b")})
    system: Json = [{"type": "text", "text": "s", "cache_control": MARK}] * others

    def call(messages: Sequence[Json] | None = None) -> JsonObject:
        answer: JsonObject = {"type": "text", "text": ANSWER, "cache_control": MARK}
        made = [*chat.history, *shown(chat.files)]
        made[-1] = {"role": "assistant", "content": [answer]}
        if in_list:
            made[:-1] = [as_list(message) for message in made[:-1]]
        made.append(said("user", f"question {chat.asked}?"))
        return {"model": "m", "system": system, "messages": list(messages or made)}

    _, order = ordered(call())
    for text in (lines("b"), lines("b2"), lines("b2")):
        chat.answered()
        chat.files["b.py"] = text
        sent, order = ordered(call(), order)
        marked = [at for at, one in enumerate(sent) if "cache_control" in str(one)]
        assert marked[-1] == len(sent) - 2
        ends = [at for at, one in enumerate(sent[:-2]) if ANSWER in str(one)]
        assert marked[:-1] == ends[max(len(ends) - (3 - others), 0) :]
        assert len(marked) <= 4 - others
        assert ordered(call(sent), order)[0] == sent
        ping = call()["messages"]
        assert isinstance(ping, list)
        assert ordered(call(ping[:-1]), order)[0] == sent[:-1]


def test_a_breakpoint_is_not_repeated_before_another_of_the_hosts() -> None:
    marked: JsonObject = {"type": "text", "text": "x", "cache_control": {**MARK, "ttl": "1h"}}
    chat = Chat({"a.py": lines("a")})
    _, order = ordered(chat.call())
    asked = said("user", "question 0?")
    chat.history += [asked, {"role": "assistant", "content": [marked]}, *exchange("y")]
    messages: list[Json] = list(chat.call()["messages"])  # type: ignore[arg-type]
    messages[-2] = {"role": "assistant", "content": [{**marked, "text": ANSWER}]}
    sent, _ = ordered({"model": "m", "messages": messages}, order)
    assert [at for at, one in enumerate(sent) if "cache_control" in str(one)] == [5, 7]


def test_a_breakpoint_goes_to_the_last_message_that_can_carry_it() -> None:
    thinking: JsonObject = {"type": "thinking", "thinking": "hm", "signature": "s"}
    chat = Chat({"a.py": lines("a")})
    _, order = ordered(chat.call())
    chat.history += [said("user", "question 0?"), {"role": "assistant", "content": [thinking]}]
    messages = [*chat.history, *shown(chat.files), said("user", "?")]
    messages[-2] = {
        "role": "assistant",
        "content": [{"type": "text", "text": ANSWER, "cache_control": MARK}],
    }
    sent, _ = ordered(
        {"model": "m", "system": [{"cache_control": MARK}] * 3, "messages": [*messages]}, order
    )
    assert [at for at, one in enumerate(sent) if "cache_control" in str(one)] == [4]


def test_more_files_than_anybody_shows_are_left_alone() -> None:
    files = {f"f{number}.py": "x\n" for number in range(1_001)}
    assert is_untouched(request([*exchange("map"), *shown(files), said("user", "?")]))
    files.popitem()
    assert not is_untouched(request([*exchange("map"), *shown(files), said("user", "?")]))


def test_the_places_for_breakpoints_are_those_that_will_stand() -> None:
    chat = Chat({"a.py": lines("a", 14_000), "b.py": lines("b")})
    _, order = ordered(chat.call())
    assert order.steady == (3, 1)
    chat.answered()
    chat.files["b.py"] = lines("b2")
    sent, order = ordered(chat.call(), order)
    assert order.steady == (3, 7, 1)
    assert [sent[at] for at in (3, 7)] == [said("assistant", ANSWER)] * 2
    _, order = ordered(request(exchange("other")), order)
    assert order.steady == ()


def as_list(message: JsonObject) -> JsonObject:
    return {**message, "content": [{"type": "text", "text": message["content"]}]}


def test_a_ping_of_what_comes_before_the_question_gets_the_same_prefix() -> None:
    chat = Chat({"a.py": lines("a", 14_000), "b.py": lines("b")})
    _, order = ordered(chat.call())
    chat.answered()
    chat.files["b.py"] = lines("b2")
    sent, order = ordered(chat.call(), order)
    messages = chat.call()["messages"]
    assert isinstance(messages, list)
    ping, same = ordered(request([m for m in messages[:-1] if isinstance(m, dict)]), order)
    assert (ping, same) == (sent[:-1], order)


@pytest.mark.parametrize("fence", ["```", "````", "<source>", "<code>"])
def test_every_kind_of_fence_is_read(fence: str) -> None:
    files = {"a.py": "x```\ny"} if fence != "```" else {"a.py": "x\n", "dir/b b.md": "no newline"}
    call = request([*exchange("map"), *shown(files, fence), said("user", "?")])
    assert not is_untouched(call)


NOT_CERTAIN = {
    "a line that begins like a fence": listed({"a.py": "x\n```python\ny\n"}),
    "the same path twice": listed({"a.py": "x\n"}) * 2,
    "words behind the files": listed({"a.py": "x\n"}) + "And what now?",
    "words between the files": listed({"a.py": "x\n"}) + "then\n" + listed({"b.py": "x\n"}),
    "another fence later": listed({"a.py": "x\n"}) + listed({"b.py": "x\n"}, "````"),
    "a path that is a sentence": "\nLook at this:\n```\nx\n```\n",
    "no files": "",
}


@pytest.mark.parametrize("words", NOT_CERTAIN.values(), ids=NOT_CERTAIN.keys())
def test_what_is_not_certain_is_left_alone(words: str) -> None:
    messages = [said("user", HEADER + words), said("assistant", ANSWER), said("user", "?")]
    assert is_untouched(request([*exchange("map"), *messages]))


FILES = {"a.py": lines("a")}
OTHER_SHAPES: Mapping[str, list[JsonObject]] = {
    "a long header": [said("user", "x " * 600 + listed(FILES)), said("assistant", ANSWER)],
    "no header": [said("user", listed(FILES)), said("assistant", ANSWER)],
    "a long answer": [shown(FILES)[0], said("assistant", "yes " * 60)],
    "an answer of lines": [shown(FILES)[0], said("assistant", "yes\nno")],
    "an empty answer": [shown(FILES)[0], said("assistant", "")],
    "no answer": [shown(FILES)[0], said("user", ANSWER)],
    "said by the model": [said("assistant", HEADER + listed(FILES)), said("assistant", ANSWER)],
    "more than text": [{**shown(FILES)[0], "name": "x"}, shown(FILES)[1]],
    "two blocks": [
        {"role": "user", "content": [{"type": "text", "text": HEADER + listed(FILES)}] * 2},
        shown(FILES)[1],
    ],
    "unreadable blocks": [
        {"role": "user", "content": [["", "```\n"]]},
        {"role": "assistant", "content": 1},
    ],
}


@pytest.mark.parametrize("messages", OTHER_SHAPES.values(), ids=OTHER_SHAPES.keys())
def test_other_shapes_are_left_alone(messages: list[JsonObject]) -> None:
    assert is_untouched(request([*exchange("map"), *messages, said("user", "?")]))


def test_conversations_with_tools_and_other_wires_are_left_alone() -> None:
    call = request([*exchange("map"), *shown(FILES), said("user", "?")])
    assert not is_untouched(call)
    assert not is_untouched(call, WireName.OPENAI_CHAT)
    assert is_untouched({**call, "tools": [{"name": "Read"}]})
    before = read_body(
        WireName.OPENAI_RESPONSES, encode_json({"model": "m", "input": call["messages"]})
    )
    assert order_files(before, FileOrder())[0] is before


def test_only_the_last_listing_moves() -> None:
    references = [said("user", "For reference:\n" + listed(FILES)), said("assistant", "Read.")]
    chat = Chat({"b.py": lines("b")}, history=[*references, *exchange("map")])
    first, order = ordered(chat.call())
    chat.answered()
    sent, _ = ordered(chat.call(), order)
    assert sent[:6] == first[:6]


PATHS = ["a.py", "b.py", "dir/c.md", "d"]
TEXTS = st.builds(lines, st.sampled_from("xyz"), st.sampled_from([9, BIG, 9_000]))


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(PATHS), TEXTS, min_size=1),
            st.integers(0, 2),
            st.sampled_from(["append", "append", "append", "summarise"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_nothing_is_lost_or_said_twice(
    steps: list[tuple[dict[str, str], int, str]],
) -> None:
    chat = Chat({})
    order = FileOrder()
    for files, turns, what in steps:
        chat.files |= files
        call = chat.call()
        given_messages = call["messages"]
        assert isinstance(given_messages, list)
        sent, now = ordered(call, order)

        texts = [one["content"] for one in sent if isinstance(one, dict)]
        listings = [text for text in texts if isinstance(text, str) and text.startswith(HEADER)]
        found = "".join(text.removeprefix(HEADER) for text in listings)
        assert sorted(found) == sorted(listed(chat.files))
        for path, text in chat.files.items():
            assert found.count(listed({path: text})) == 1
        others = [one for one in sent if not is_shown(one)]
        assert others == [one for one in given_messages if not is_shown(one)]
        assert sent.count(said("assistant", ANSWER)) == len(listings)
        assert len(encode_json(sent)) <= len(encode_json(given_messages)) * 1.03 + 1

        # A retry gives the same bytes and moves nothing, and so does our own output.
        assert ordered(call, now) == (sent, now)
        own = request([one for one in sent if isinstance(one, dict)])
        assert ordered(own, order)[0] == sent
        order = now
        for _ in range(turns):
            chat.answered()
        if what == "summarise":
            chat.history = exchange(f"summary {chat.asked}")


def is_shown(message: Json) -> bool:
    assert isinstance(message, dict)
    content = message["content"]
    return content == ANSWER or (isinstance(content, str) and content.startswith(HEADER))
