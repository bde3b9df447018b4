"""The tag of a registry: what it depends on, and what it does not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject
from agentcache.core.registry import is_ambiguous, read_tools, registry_tag
from agentcache.core.values import Tool

GREP: JsonObject = {
    "name": "Grep",
    "description": "Search.",
    "input_schema": {"type": "object", "properties": {"pattern": {"type": "string"}}},
}
READ: JsonObject = {"name": "Read", "description": "Read.", "input_schema": {"type": "object"}}


def tag(*definitions: Json, choice: Json = None) -> str:
    return registry_tag(read_tools(definitions), choice)


@given(st.permutations([Tool(name, name * 2) for name in "abcde"]))
def test_a_registry_is_the_same_in_any_order(tools: list[Tool]) -> None:
    assert registry_tag(tools) == registry_tag([Tool(name, name * 2) for name in "abcde"])
    assert registry_tag(tools).startswith("tools:v1:")


@given(st.permutations(list(GREP.items())))
def test_a_registry_is_the_same_in_any_order_of_keys(items: list[tuple[str, Json]]) -> None:
    assert tag(dict(items), READ) == tag(READ, GREP)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Grep2"},
        {"description": "Search!"},
        {"input_schema": {"type": "object"}},
        {"cache_me": True},
    ],
    ids=str,
)
def test_a_changed_definition_is_another_registry(change: JsonObject) -> None:
    assert tag({**GREP, **change}, READ) != tag(GREP, READ)


def test_a_tool_more_or_less_or_twice_is_another_registry() -> None:
    assert len({tag(), tag(GREP), tag(GREP, READ), tag(GREP, GREP)}) == 4


@given(
    st.sampled_from([None, "auto", "any", {"type": "auto"}, {"type": "tool", "name": "Read"}]),
    st.sampled_from([None, "auto", "any", {"type": "auto"}, {"type": "tool", "name": "Read"}]),
)
def test_another_choice_is_another_registry(one: Json, other: Json) -> None:
    assume(one != other)
    assert tag(GREP, choice=one) != tag(GREP, choice=other)


def test_the_order_of_keys_in_a_choice_does_not_matter() -> None:
    one: Json = {"type": "tool", "name": "Read"}
    other: Json = {"name": "Read", "type": "tool"}
    assert tag(READ, choice=one) == tag(READ, choice=other)


def test_two_tools_of_one_name_are_ambiguous_and_one_tool_twice_is_not() -> None:
    assert is_ambiguous([Tool("Read", "d1"), Tool("Read", "d2")])
    assert not is_ambiguous([Tool("Read", "d1"), Tool("Read", "d1"), Tool("Grep", "d1")])
    assert not is_ambiguous([])


def test_definitions_of_every_provider_say_their_names() -> None:
    chat: JsonObject = {"type": "function", "function": {"name": "Grep", "parameters": {}}}
    responses: JsonObject = {"type": "function", "name": "Glob", "parameters": {}}
    server: JsonObject = {"type": "web_search"}
    assert [tool.name for tool in read_tools([READ, chat, responses, server])] == [
        "Read", "Grep", "Glob", "web_search",
    ]  # fmt: skip


@pytest.mark.parametrize("definition", [{}, {"name": 5}, "Read", None, {"function": {}}], ids=str)
def test_a_definition_without_a_name_is_refused(definition: Json) -> None:
    with pytest.raises(ValueError, match="give it a name"):
        read_tools([definition])
