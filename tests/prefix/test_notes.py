"""What a note says: all that came, and all that went, since the last one."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, as_raw, decode_json, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.changes import GONE, changes_between
from agentcache.prefix.notes import message_digest, note_text, with_note

_LINES = st.lists(
    st.sampled_from([" M a.py", " M b.py", "?? c.py", "?? d.py", "(clean)", "1234567 one"]),
    max_size=6,
)


def prompt(status: list[str]) -> list[str]:
    return ["\n".join(["Be short.", "Git status:", *status, "", "# Rules", "Ask first."])]


@given(_LINES, _LINES, _LINES)
def test_what_was_said_and_the_note_make_what_is_now(
    first: list[str], second: list[str], third: list[str]
) -> None:
    frozen, said, now = prompt(first), prompt(second), prompt(third)
    stated, current = changes_between(frozen, said), changes_between(frozen, now)
    assert stated is not None
    assert current is not None
    note = note_text(frozen, stated, current)
    known, wanted = Counter(said[0].split("\n")), Counter(now[0].split("\n"))
    came, went = wanted - known, known - wanted
    is_gone = False
    heard, lost = Counter[str](), Counter[str]()
    for line in note.split("\n"):
        if line == GONE:
            is_gone = True
        elif line == "Git status:":
            is_gone = False
        else:
            (lost if is_gone else heard)[line] += 1
    del came[""], went[""]
    assert all(heard[line] >= count for line, count in came.items())
    assert all(lost[line] >= count for line, count in went.items())
    assert bool(note) == (stated != current)


def test_a_part_that_is_again_as_at_first_beside_one_that_changed_is_stated() -> None:
    frozen = prompt([" M a.py", " M b.py"])
    said = prompt(["?? c.py", "?? d.py"])
    now = prompt(["?? e.py", " M b.py"])
    stated, current = changes_between(frozen, said), changes_between(frozen, now)
    assert stated is not None
    assert current is not None
    lines = note_text(frozen, stated, current).split("\n")
    gone = lines.index(GONE)
    assert {"?? e.py", " M b.py"} <= set(lines[:gone])
    assert {"?? c.py", "?? d.py"} <= set(lines[gone:])


@pytest.mark.parametrize("size", [10, 1000, 100_000])
def test_a_note_is_joined_to_each_message_s_own_words(size: int) -> None:
    for letter in ("a", "b"):  # alike but for their beginnings
        block: JsonObject = {"type": "text", "text": letter + "x" * size}
        message = as_raw(encode_json({"role": "user", "content": [block]}))
        noted: JsonObject = {"role": "user", "content": [block, {"type": "text", "text": "Now."}]}
        for _ in range(2):  # the second time as it is remembered
            (joined,) = with_note(WireName.ANTHROPIC, message, "Now.")
            assert decode_json(bytes(joined)) == noted


CHAT, RESPONSES = WireName.OPENAI_CHAT, WireName.OPENAI_RESPONSES
OUTPUT: JsonObject = {"type": "function_call_output", "call_id": "c"}


@pytest.mark.parametrize(
    ("wire", "result", "place", "noted"),
    [
        (CHAT, {"role": "tool", "content": "a = 1"}, "content", "a = 1\n\nNow."),
        (CHAT, {"role": "tool", "content": [{"type": "text", "text": "a"}]}, "content",
         [{"type": "text", "text": "a"}, {"type": "text", "text": "Now."}]),
        (RESPONSES, {**OUTPUT, "output": "a = 1"}, "output", "a = 1\n\nNow."),
        (RESPONSES, {**OUTPUT, "output": []}, "output", [{"type": "input_text", "text": "Now."}]),
    ],
)  # fmt: skip
def test_a_note_on_a_tool_s_result_begins_no_turn_of_the_user(
    wire: WireName, result: JsonObject, place: str, noted: Json
) -> None:
    (joined,) = with_note(wire, as_raw(encode_json(result)), "Now.")
    assert decode_json(bytes(joined)) == {**result, place: noted}


@pytest.mark.parametrize(
    "result",
    [{"type": "computer_call_output", "output": {"type": "computer_screenshot"}},
     {"type": "shell_call_output", "output": [{"stdout": "a"}]}],
)  # fmt: skip
def test_a_result_that_is_no_text_is_left_as_it_is(result: JsonObject) -> None:
    message = as_raw(encode_json(result))
    untouched, own = with_note(RESPONSES, message, "Now.")
    assert untouched == message
    assert decode_json(bytes(own)) == {"role": "user", "content": "Now."}


@pytest.mark.parametrize("role", ["user", "tool"])
def test_a_note_to_a_message_without_content_stands_behind_it(role: str) -> None:
    message = as_raw(encode_json({"role": role, "content": None}))
    before, behind = with_note(WireName.OPENAI_CHAT, message, "Now.")
    assert before is message
    assert decode_json(bytes(behind)) == {"role": "user", "content": "Now."}


@pytest.mark.parametrize("size", [10, 1000, 100_000])
def test_messages_are_told_apart_by_all_of_their_words(size: int) -> None:
    words = ["a" + "x" * size, "b" + "x" * size, "x" * size + "a"]
    messages = [as_raw(encode_json({"role": "user", "content": text})) for text in words]
    assert len({message_digest(one) for _ in range(2) for one in messages}) == len(words)
