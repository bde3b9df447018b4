"""Where a breakpoint may stand at all: sizes, kinds of blocks, lifetimes, caches."""

import pytest

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body
from agentcache.prefix.breakpoints import Marks, place_marks
from agentcache.prefix.prompt import read_prompt
from agentcache.prefix.rules import load_rules
from prefix.sessions import body, marked, text, user
from prefix.test_breakpoints import (
    QUESTION,
    RULES,
    SYSTEM,
    TOOL,
    charges,
    looked,
    place,
    places,
)


def test_nothing_is_marked_below_the_least_size_that_is_cached() -> None:
    small: JsonObject = {"name": "Read", "input_schema": {"type": "object"}}
    request = body([user(text("q", 100))], tools=[small], system=[text("s", 100)])
    assert place(request)[0] == request
    longer = body([user(text("q", 100))], tools=[small], system=[text("s", 4 * RULES.minimum)])
    assert places(place(longer)[0]) == ["system[0]", "messages[0].content[0]"]


def test_deferred_tools_are_passed_over_and_count_for_nothing() -> None:
    deferred: JsonObject = {**TOOL, "name": "Late", "defer_loading": True}
    request = body([QUESTION], tools=[TOOL, deferred])
    assert places(place(request)[0])[0] == "tools[0] Read"
    tiny: JsonObject = {"name": "Tiny", "input_schema": {"type": "object"}}
    request = body([user(text("q", 100))], tools=[tiny, deferred])
    assert places(place(request)[0]) == []


@pytest.mark.parametrize(
    "last",
    [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "text", "text": " \n"},
        {"type": "compaction", "content": "..."},
    ],
)
def test_what_cannot_carry_a_breakpoint_is_passed_over(last: JsonObject) -> None:
    request = body([user(text("question"), last)], tools=[TOOL], system=SYSTEM)
    assert places(place(request)[0])[-1] == "messages[0].content[0]"


def test_where_nothing_can_carry_a_breakpoint_none_stands() -> None:
    blank = user({"type": "text", "text": " " * 9_000})
    request = body([blank], system=[{"type": "text", "text": "\n" * 9_000}], tools=[TOOL])
    assert places(place(request)[0]) == ["tools[0] Read"]


def test_a_mark_inside_of_a_result_counts_as_the_hosts() -> None:
    inner: JsonObject = {
        "type": "tool_result",
        "tool_use_id": "toolu_0_0",
        "content": [text("a file", mark="")],
    }
    use, _ = looked(0)
    system: Json = [text("a", mark=""), text("b", mark=""), text("c", mark="")]
    request = body([QUESTION, use, user(inner)], tools=[TOOL], system=system)
    assert place(request)[0] == request


@pytest.mark.parametrize(
    ("host", "ours", "expected"),
    [
        ({"system": "1h"}, "5m", ["1h", "1h", ""]),
        ({"system": ""}, "1h", ["1h", "", ""]),
        ({"newest": "1h"}, "5m", ["1h", "1h", "1h"]),
        ({"newest": "5m"}, "1h", ["1h", "1h", "5m"]),
        ({"automatic": "1h"}, "5m", ["1h", "1h"]),
        ({}, "1h", ["1h", "1h", "1h"]),
        ({}, "2h", ["", "", ""]),
    ],
)
def test_a_longer_lifetime_never_stands_after_a_shorter(
    host: dict[str, str], ours: str, expected: list[str]
) -> None:
    request = body(
        [user(text("question", mark=host.get("newest")))],
        tools=[TOOL],
        system=[text("system", mark=host.get("system"))],
    )
    if "automatic" in host:
        request["cache_control"] = marked(host["automatic"])
    after, _ = place(request, ttl=ours)
    prompt = read_prompt(WireName.ANTHROPIC, encode_json(after))
    assert [block.mark for block in prompt.blocks if block.mark is not None] == expected
    charges([after])


def test_marks_of_the_host_in_a_wrong_order_are_left_to_the_provider_to_refuse() -> None:
    system: Json = [text("a", mark="5m"), text("b"), text("c", mark="1h")]
    request = body([QUESTION], tools=[TOOL], system=system)
    assert place(request)[0] == request


def test_only_caches_that_need_breakpoints_get_them() -> None:
    chat: JsonObject = {"model": "claude-opus-5", "messages": [QUESTION]}
    before = read_body(WireName.OPENAI_CHAT, encode_json(chat))
    rules = load_rules().for_call(WireName.OPENAI_CHAT, "https://api.openai.com/v1", "gpt-5.6")
    for one in (RULES, rules):
        assert place_marks(before, Marks(), one, ttl="5m") == (before, Marks())
