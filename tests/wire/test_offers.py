"""Tools that were read before are read no second time, and nothing shows that."""

from typing import Any

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, digest, encode_json
from agentcache.errors import WireError
from agentcache.wire import Wire, reading
from wire.examples import BODIES, changed, read

every_body = pytest.mark.parametrize(
    ("wire", "body"), BODIES, ids=[wire.NAME for wire, _ in BODIES]
)


@every_body
def test_tools_that_are_too_long_to_be_remembered_are_read_alike(
    wire: Wire, body: JsonObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembered = read(wire, body)
    monkeypatch.setattr(reading, "LONGEST_OFFER", 1)
    assert read(wire, body) == remembered


@every_body
def test_equal_tools_in_other_bytes_are_equal(wire: Wire, body: JsonObject) -> None:
    spaced = encode_json(body).replace(b'"tools":[{', b'"tools" : [ {')
    call = read(wire, body)
    assert wire.decode_call(spaced, {}) == call
    assert wire.decode_call(spaced, {}).tools[0] is not call.tools[0]
    assert read(wire, body).tools[0] is call.tools[0]


@every_body
def test_tools_are_known_by_the_digest_of_their_definition(wire: Wire, body: JsonObject) -> None:
    tools: Any = body["tools"]
    for name in ("one", "two"):
        tool = {**tools[0], "note": name}
        call = read(wire, changed(body, ("tools",), [tool]))
        assert [each.digest for each in call.tools] == [digest(tool)]


@every_body
@pytest.mark.parametrize("nothing", [None, [], "", 0, False, {}])
def test_an_offer_of_nothing_is_none_at_all(wire: Wire, body: JsonObject, nothing: Json) -> None:
    without = decode_json_object(encode_json(body))
    del without["tools"]
    assert read(wire, changed(body, ("tools",), nothing)) == read(wire, without)


@every_body
def test_tools_that_are_not_understood_are_refused_every_time(wire: Wire, body: JsonObject) -> None:
    for _ in range(2):
        with pytest.raises(WireError):
            read(wire, changed(body, ("tools",), [3]))
        with pytest.raises(WireError):
            wire.decode_call(encode_json(body).replace(b'"Read"', b'"\xff"'), {})


@every_body
def test_a_field_that_no_request_had_before_is_a_parameter(wire: Wire, body: JsonObject) -> None:
    call = read(wire, changed(body, ("a_field_of_tomorrow",), {"x": 1}))
    plain = read(wire, body)
    assert call.parameters == {**plain.parameters, "a_field_of_tomorrow": {"x": 1}}
    assert (call.tools, call.turns, call.system) == (plain.tools, plain.turns, plain.system)
    assert call.digest != plain.digest


def test_the_digest_of_a_call_is_that_of_its_normalised_body() -> None:
    wire, body = BODIES[0]
    marks = {"metadata", "cache_control"}
    system: Any = [{"type": "text", "text": "Be brief."}]
    messages: Any = decode_json_object(encode_json(body))["messages"]
    messages[0]["content"] = [{"type": "text", "text": messages[0]["content"]}]
    messages[2]["content"][0].pop("cache_control")
    messages[2]["content"][0]["content"] = [{"type": "text", "text": "LIMIT = 10"}]
    kept = {key: value for key, value in body.items() if key not in marks}
    normalised = {**kept, "system": system, "messages": messages}
    expected = {"wire": wire.NAME, "body": normalised, "user": "user_ab_account_cd", "headers": {}}
    assert read(wire, body).digest == digest(expected)
