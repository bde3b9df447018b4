"""Canonical tools: first-seen bytes and order, late ones appended, deferred ones left alone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, RawJson, as_raw, decode_json, encode_json
from agentcache.prefix.tools import Definition, arrange, definitions_of, emit, read_definitions


def tool(name: str, **more: Json) -> JsonObject:
    schema: JsonObject = {
        "type": "object",
        "properties": {"path": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["path", "limit"],
    }
    return {"name": name, "description": f"Does {name}.", "input_schema": schema, **more}


def raws(tools: list[JsonObject]) -> list[RawJson]:
    return [as_raw(encode_json(value)) for value in tools]


def read(tools: list[JsonObject]) -> tuple[Definition, ...]:
    return read_definitions(raws(tools))


def sent(known: list[JsonObject], offered: list[JsonObject]) -> list[Json]:
    """What is sent for `offered` when `known` was sent first."""
    before, now = read(known), read(offered)
    first_seen = {one.key: one.text for one in (*now, *before)}
    order = arrange([one.key for one in before if not one.is_apart], now)
    return [decode_json(bytes(raw)) for raw in emit(raws(offered), now, order, first_seen)]


def shuffled(value: Json, chance: random.Random) -> Json:
    """An equal value with its keys, and the order of `required`, in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(items)
        for key, item in items:
            if key == "required" and isinstance(item, list):
                chance.shuffle(item)
        return dict(items)
    return value


@given(st.integers(), st.integers(1, 8))
def test_any_order_of_equal_tools_gives_the_first_bytes(seed: int, count: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    known = [tool(f"T{number}") for number in range(count)]
    offered = [value for one in known if isinstance(value := shuffled(one, chance), dict)]
    chance.shuffle(offered)
    assert encode_json(sent(known, offered)) == encode_json(known)


def test_a_tool_with_a_credential_stays_at_its_place_in_its_own_bytes() -> None:
    def server(token: str) -> JsonObject:
        return {"type": "mcp", "server_label": "s", "authorization": token}

    known = [tool("A"), server("one"), tool("B")]
    assert sent(known, [tool("B"), server("two"), tool("A")]) == [
        tool("A"),
        server("two"),
        tool("B"),
    ]


def test_what_is_sent_as_before_is_not_written_anew() -> None:
    tools = [tool("A"), tool("B")]
    given_, definitions = raws(tools), read(tools)
    order = arrange([one.key for one in definitions], definitions)
    first_seen = {one.key: one.text for one in definitions}
    assert emit(given_, definitions, order, first_seen) is given_


def test_a_late_tool_is_appended() -> None:
    assert sent([tool("B"), tool("C")], [tool("A"), tool("B"), tool("C")]) == [
        tool("B"),
        tool("C"),
        tool("A"),
    ]


def test_a_tool_that_is_gone_is_not_offered() -> None:
    assert sent([tool("A"), tool("B")], [tool("B")]) == [tool("B")]


def test_a_changed_tool_is_sent_as_it_is_now() -> None:
    changed = tool("A", description="Does something else.")
    assert changed in sent([tool("A"), tool("B")], [changed, tool("B")])
    assert tool("A") not in sent([tool("A"), tool("B")], [changed, tool("B")])


def test_equal_tools_are_sent_as_often_as_they_are_offered() -> None:
    assert sent([tool("A")], [tool("A"), tool("A")]) == [tool("A"), tool("A")]


def test_a_deferred_tool_keeps_its_place() -> None:
    deferred = tool("D", defer_loading=True)
    assert sent([tool("A"), tool("B")], [deferred, tool("B"), tool("A")]) == [
        deferred,
        tool("A"),
        tool("B"),
    ]


def test_a_mark_stays_at_its_place_in_the_list() -> None:
    mark: JsonObject = {"type": "ephemeral"}
    marked = tool("A", cache_control=mark)
    assert sent([tool("A"), tool("B")], [tool("B"), marked]) == [
        tool("A"),
        tool("B", cache_control=mark),
    ]


def test_definitions_read_from_their_texts_are_the_same() -> None:
    definitions = read([tool("A"), tool("B")])
    assert definitions_of(tuple(one.text.decode() for one in definitions)) == definitions
