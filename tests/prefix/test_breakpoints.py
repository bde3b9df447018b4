"""Breakpoints: where they stand, what is read through them, and what they never touch."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from agentcache.core.codec import (
    Json,
    JsonObject,
    decode_json_as,
    decode_json_object,
    encode_json,
)
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.breakpoints import Marks, place_marks
from agentcache.prefix.cached import Charge, When
from agentcache.prefix.hash_chain import make_hash_chain
from agentcache.prefix.marks_cache import MarksCache
from agentcache.prefix.prompt import read_prompt
from agentcache.prefix.rules import load_rules
from prefix.sessions import assistant, body, marked, text, user

URL = "https://api.anthropic.com"
RULES = load_rules().for_call(WireName.ANTHROPIC, URL, "claude-opus-5")
TOOL: JsonObject = {
    "name": "Read",
    "description": "Reads a file. ".ljust(4_000, "."),
    "input_schema": {"type": "object"},
}
SYSTEM: Json = [text("system", 8_000)]
QUESTION = user(text("question"))


def place(
    request: JsonObject, earlier: Marks | None = None, *, ttl: str = "5m"
) -> tuple[JsonObject, Marks]:
    before = read_body(WireName.ANTHROPIC, encode_json(request))
    after, marks = place_marks(before, earlier or Marks(), RULES, ttl=ttl)
    return decode_json_object(write_body(before, after)), marks


def repaired(requests: Sequence[JsonObject], *, ttl: str = "5m") -> list[JsonObject]:
    """What is sent for the Calls of one conversation."""
    sent: list[JsonObject] = []
    marks = Marks()
    for request in requests:
        after, marks = place(request, decode_json_as(encode_json(marks), Marks), ttl=ttl)
        sent.append(after)
    return sent


def charges(requests: Sequence[JsonObject]) -> list[Charge]:
    """What the provider charges for them, a minute between two."""
    cache = MarksCache()
    found: list[Charge] = []
    for number, request in enumerate(requests):
        prompt = read_prompt(WireName.ANTHROPIC, encode_json(request))
        chain = make_hash_chain(prompt, RULES, place="", scale=1 / 4)
        charge = cache.take(chain, When(60.0 * number, 60.0 * number + 1))
        assert isinstance(charge, Charge), charge
        found.append(charge)
    return found


def read_share(requests: Sequence[JsonObject]) -> float:
    found = charges(requests)
    return sum(charge.read for charge in found) / sum(charge.total for charge in found)


def places(request: JsonObject) -> list[str]:
    """Where breakpoints stand, with their ttl where one is named."""
    prompt = read_prompt(WireName.ANTHROPIC, encode_json(request))
    return [
        f"{block.place} {block.mark}".strip() for block in prompt.blocks if block.mark is not None
    ]


def looked(number: int, *, calls: int = 1, size: int = 1_200) -> list[JsonObject]:
    """A turn in which tools are called in parallel, and their results."""
    names = [f"toolu_{number}_{call}" for call in range(calls)]
    uses: list[JsonObject] = [
        {"type": "tool_use", "id": name, "name": "Read", "input": {"path": name}} for name in names
    ]
    results: list[JsonObject] = [
        {"type": "tool_result", "tool_use_id": name, "content": f"{name} ".ljust(size, "y")}
        for name in names
    ]
    return [assistant(*uses), user(*results)]


def loop(
    turns: Sequence[list[JsonObject]],
    *,
    tools: Sequence[JsonObject] = (TOOL,),
    system: Json = SYSTEM,
) -> list[JsonObject]:
    """The Calls of a tool loop that only appends."""
    messages: list[JsonObject] = [QUESTION]
    requests = [body(messages, tools=list(tools), system=system)]
    for turn in turns:
        messages = [*messages, *turn]
        requests.append(body(messages, tools=list(tools), system=system))
    return requests


def by_hand(request: JsonObject, *, newest: bool = True) -> JsonObject:
    """The request with the three breakpoints that people place."""
    copy = decode_json_object(encode_json(request))
    lists = [copy["tools"], copy["system"]]
    if newest:
        assert isinstance(copy["messages"], list)
        last = copy["messages"][-1]
        assert isinstance(last, dict)
        lists.append(last["content"])
    for blocks in lists:
        assert isinstance(blocks, list)
        assert isinstance(blocks[-1], dict)
        blocks[-1]["cache_control"] = marked("")
    return copy


def test_a_loop_that_appends_reads_all_but_what_is_new() -> None:
    requests = repaired(loop([looked(number) for number in range(11)]))
    found = charges(requests)
    assert found[0].read == 0
    for earlier, now in pairwise(found):
        assert now.read == earlier.total
        assert now.fresh == 0
    assert all(len(places(request)) <= 4 for request in requests)


def test_the_first_call_of_a_tool_loop_marks_tools_system_and_question() -> None:
    (first,) = repaired(loop([]))
    assert places(first) == ["tools[0] Read", "system[0]", "messages[0].content[0]"]


def test_a_text_that_gets_a_breakpoint_becomes_one_block() -> None:
    request = body(
        [{"role": "user", "content": "q" * 9_000, "note": "kept"}], tools=[TOOL], system="s" * 9_000
    )
    after, _ = place(request)
    assert after["system"] == [text_with_mark("s" * 9_000)]
    kept = {"role": "user", "content": [text_with_mark("q" * 9_000)], "note": "kept"}
    assert after["messages"] == [kept]


def text_with_mark(words: str) -> JsonObject:
    return {"type": "text", "text": words, "cache_control": marked("")}


def test_many_parallel_calls_are_read_as_by_hand() -> None:
    requests = loop([looked(number, calls=24, size=400) for number in range(11)])
    share = read_share(repaired(requests))
    assert share >= read_share([by_hand(request) for request in requests])
    # Runs are one position, so no bridge is needed.
    assert all(len(places(request)) == 3 for request in repaired(requests))


def with_texts(count: int) -> list[list[JsonObject]]:
    """Turns of which the middle one brings so many blocks of text."""
    blocks = [text(f"part {number}", 300) for number in range(count)]
    wide = [assistant(text("I see.", 50)), user(*blocks)]
    return [*(looked(number) for number in range(5)), wide, *(looked(n) for n in range(6, 11))]


def test_a_turn_of_many_blocks_is_bridged_also_for_a_host_with_marks_of_its_own() -> None:
    requests = loop(with_texts(24))
    hand = [by_hand(request) for request in requests]
    for given in (requests, hand):
        ours = charges(repaired(given))
        assert [one.read for one in ours[1:]] == [one.total for one in ours[:-1]]
    assert read_share(repaired(hand)) > read_share(hand)
    assert sum(a != b for a, b in zip(hand, repaired(hand), strict=True)) == 1


@pytest.mark.parametrize("count", range(15, 25))
def test_a_bridge_is_placed_exactly_when_the_lookback_falls_short(count: int) -> None:
    hand = [by_hand(request) for request in loop(with_texts(count))]
    reads_all = [one.read for one in charges(hand)][6] == charges(hand)[5].total
    assert reads_all == (repaired(hand) == hand)


def test_four_marks_of_the_host_leave_every_byte_as_it_is() -> None:
    for request in loop(with_texts(24), system=[text("a", mark=""), text("b")]):
        full = by_hand(request)
        before = read_body(WireName.ANTHROPIC, encode_json(full))
        after, _ = place_marks(before, Marks(), RULES, ttl="1h")
        assert after is before


def test_a_host_that_marks_its_messages_gets_none_on_them() -> None:
    requests = loop([looked(number) for number in range(3)], system=[text("system")])
    for request in requests:
        messages = request["messages"]
        assert isinstance(messages, list)
        messages[0] = user(text("first", mark=""))
    for after in repaired(requests):
        assert places(after) == ["tools[0] Read", "system[0]", "messages[0].content[0]"]


def test_an_automatic_breakpoint_takes_a_slot_and_the_messages() -> None:
    marks: JsonObject = {"cache_control": marked("")}
    requests = [request | marks for request in loop(with_texts(24))]
    after = repaired(requests)
    wanted = [["tools[0] Read", "system[0]"]] * len(after)
    wanted[6] = [*wanted[6], "messages[10].content[0]"]
    assert [places(request) for request in after] == wanted
    ours = charges(after)
    assert [one.read for one in ours[1:]] == [one.total for one in ours[:-1]]


def test_a_host_with_three_marks_before_its_messages_gets_the_newest_only() -> None:
    system: Json = [text("a", mark=""), text("b", mark=""), text("c", mark="")]
    (first,) = repaired(loop([], system=system))
    assert places(first)[3:] == ["messages[0].content[0]"]


def test_without_tools_messages_are_marked_once_they_were_seen_to_append() -> None:
    requests = repaired(loop([looked(number) for number in range(3)], tools=[]))
    assert [places(request)[1:] for request in requests] == [
        [],
        ["messages[2].content[0]"],
        ["messages[4].content[0]"],
        ["messages[6].content[0]"],
    ]


def chats_with_files(turns: int) -> list[JsonObject]:
    """As Aider asks: examples, the history, files that change, and the newest question."""
    examples = [user(text("example")), assistant(text("Ok."))]
    requests = []
    for number in range(turns):
        history = [
            message
            for turn in range(number)
            for message in (user(text(f"ask {turn}", 400)), assistant(text(f"done {turn}", 400)))
        ]
        files = [user(text(f"files {number}", 8_000)), assistant(text("Ok."))]
        newest = user(text(f"ask {number} and a reminder", 400))
        requests.append(body([*examples, *history, *files, newest], system=SYSTEM))
    return requests


def test_a_conversation_that_does_not_append_is_marked_where_it_stood() -> None:
    requests = repaired(chats_with_files(6))
    assert [places(request) for request in requests[:4]] == [
        [],  # it may be the only one
        ["system[0]", "messages[1].content[0]"],
        ["system[0]", "messages[3].content[0]"],
        ["system[0]", "messages[5].content[0]"],
    ]
    plain = [charge.cost(RULES) for charge in charges(chats_with_files(6))]
    ours = [charge.cost(RULES) for charge in charges(requests)]
    assert sum(ours) < 0.75 * sum(plain)


def test_steady_messages_are_marked_from_the_first_call_on() -> None:
    request = chats_with_files(3)[2]
    before = read_body(WireName.ANTHROPIC, encode_json(request))
    after, marks = place_marks(before, Marks(), RULES, ttl="5m", steady=(5, 1))
    sent = decode_json_object(write_body(before, after))
    assert places(sent) == ["system[0]", "messages[1].content[0]", "messages[5].content[0]"]
    assert marks.wrote == (5, 0)


def test_a_message_of_two_parts_is_marked_at_the_first_also_beside_marks_of_the_host() -> None:
    plain = chats_with_files(3)[2]
    automatic = plain | {"cache_control": marked("")}
    own = by_hand(plain | {"tools": [TOOL]})
    found = []
    for request in (plain, own, automatic):
        before = read_body(WireName.ANTHROPIC, encode_json(request))
        after, _ = place_marks(before, Marks(), RULES, ttl="5m", steady=(5,), parted=4)
        found.append(places(decode_json_object(write_body(before, after))))
    first, second = "messages[4].content[0]", "messages[5].content[0]"
    assert found[0] == ["system[0]", first, second]
    assert found[1] == [*places(own)[:2], first, places(own)[2]]
    assert not {first, second} & set(found[2])


def test_a_loop_that_broke_once_goes_on_marking_its_newest_message() -> None:
    requests = loop([looked(number) for number in range(6)])
    edited = decode_json_object(encode_json(requests[4]))
    assert isinstance(edited["messages"], list)
    edited["messages"][4:] = [user(text("compacted"))]
    after = repaired([*requests[:4], edited])
    assert places(after[-1])[2:] == ["messages[3].content[0]", "messages[4].content[0]"]


def test_a_system_block_that_changes_is_not_marked_again() -> None:
    requests = [
        body([QUESTION, *looked(0), *looked(1)][: 2 * number + 1], system=[text("a"), text(day)])
        for number, day in enumerate(("monday", "tuesday", "tuesday"))
    ]
    after = repaired(requests)
    assert [places(request)[:1] for request in after] == [[], ["system[0]"], ["system[1]"]]


def test_a_retry_gets_the_same_bytes_and_moves_nothing() -> None:
    for requests in (loop(with_texts(24)), chats_with_files(5)):
        marks = Marks()
        for request in requests:
            after, now = place(request, marks)
            assert place(request, now) == (after, now)
            marks = now


@pytest.mark.parametrize("most_tokens", [0, 1])
def test_a_ping_moves_nothing_and_repeats_the_marks(most_tokens: int) -> None:
    marks = Marks()
    for request in loop(with_texts(24)):
        after, marks = place(request, marks)
        ping, same = place(request | {"max_tokens": most_tokens}, marks)
        assert ping == after | {"max_tokens": most_tokens}
        assert same == marks
        messages = request["messages"]
        assert isinstance(messages, list)
        shorter, same = place(request | {"max_tokens": 1, "messages": messages[:1]}, marks)
        assert same == marks
        assert places(shorter)[:2] == ["tools[0] Read", "system[0]"]


def test_the_cost_of_long_conversations_is_linear() -> None:
    """What is decoded is what is new: the rest may be any JSON at all."""
    requests = loop([looked(number) for number in range(40)])
    _, marks = place(requests[-2])
    before = read_body(WireName.ANTHROPIC, encode_json(requests[-1]))
    unread = [*before.messages]
    unread[1:50] = [type(unread[0])(b"not JSON")] * 49
    object.__setattr__(before, "messages", unread)
    _, marks = place_marks(before, marks, RULES, ttl="5m")
    assert (marks.streak, marks.broke) == (1, 0)
    assert marks.count == 81
