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


@pytest.mark.parametrize(
    ("content", "noted"),
    [
        ("1", "1\n\nNow."),
        ([{"type": "text", "text": "1"}], [{"type": "text", "text": t} for t in ("1", "Now.")]),
    ],
    ids=["text", "blocks"],
)
def test_a_note_behind_a_tools_result_is_no_message_of_its_own(content: Json, noted: Json) -> None:
    message: JsonObject = {"role": "tool", "tool_call_id": "c", "content": content}
    (joined,) = with_note(WireName.OPENAI_CHAT, as_raw(encode_json(message)), "Now.")
    assert decode_json(bytes(joined)) == {**message, "content": noted}


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
