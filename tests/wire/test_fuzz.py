import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import Call, Reply
from agentcache.errors import WireError
from agentcache.wire import Wire
from agentcache.wire.sse import parse_events, write_json_event
from wire.examples import ANSWER, BODIES, NOW, REPLY, WIRES, call_of, ids, json_values

every_wire = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.NAME)


def mutated(value: Json, draw: random.Random, replacement: Json) -> Json:
    """A copy of `value` in which one place, chosen at random, is `replacement` or gone."""
    if isinstance(value, dict) and value and draw.random() < 0.85:
        key = draw.choice(sorted(value))
        if draw.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: mutated(value[key], draw, replacement)}
    if isinstance(value, list) and value and draw.random() < 0.85:
        place = draw.randrange(len(value))
        if draw.random() < 0.15:
            return value[:place] + value[place + 1 :]
        return [*value[:place], mutated(value[place], draw, replacement), *value[place + 1 :]]
    return replacement


def reads_or_refuses(wire: Wire, body: bytes) -> None:
    """Fail on everything but a value of the right kind or a WireError."""
    with suppress(WireError):
        assert isinstance(wire.decode_call(body, {}), Call)
    for decode in (wire.decode_reply, wire.decode_stream):
        with suppress(WireError):
            assert isinstance(decode(body), Reply)


@every_wire
@given(body=json_values.map(encode_json) | st.binary())
def test_garbage_is_refused_with_a_wire_error(wire: Wire, body: bytes) -> None:
    reads_or_refuses(wire, body)


@every_wire
@given(body=json_values)
def test_garbage_events_are_refused_with_a_wire_error(wire: Wire, body: Json) -> None:
    with pytest.raises(WireError):
        wire.decode_stream(b"data: " + encode_json(body) + b"\n\n")


@every_wire
@given(draw=st.randoms(use_true_random=False), replacement=json_values)
def test_a_mutated_request_is_read_or_refused(
    wire: Wire, draw: random.Random, replacement: Json
) -> None:
    body: Json = next(body for of, body in BODIES if of is wire)
    for _ in range(draw.randint(1, 3)):
        body = mutated(body, draw, replacement)
    reads_or_refuses(wire, encode_json(body))


@every_wire
@given(draw=st.randoms(use_true_random=False), replacement=json_values)
def test_a_mutated_reply_is_read_or_refused(
    wire: Wire, draw: random.Random, replacement: Json
) -> None:
    reply = draw.choice([REPLY, ANSWER])
    written = wire.encode_reply(reply, call_of(wire), new_id=ids(), now=NOW)
    reads_or_refuses(wire, encode_json(mutated(decode_json_object(written), draw, replacement)))


@every_wire
@given(draw=st.randoms(use_true_random=False), replacement=json_values)
def test_a_mutated_stream_is_read_or_refused(
    wire: Wire, draw: random.Random, replacement: Json
) -> None:
    written = wire.encode_stream(REPLY, call_of(wire), new_id=ids(), now=NOW)
    events: list[JsonObject] = [
        decode_json_object(event.data) for event in parse_events(written) if event.data[0] == "{"
    ]
    place = draw.randrange(len(events))
    other = mutated(events[place], draw, replacement)
    events[place] = other if isinstance(other, dict) else {}
    if draw.random() < 0.2:
        draw.shuffle(events)
    end = b"data: [DONE]\n\n" if b"[DONE]" in written else b""
    reads_or_refuses(wire, b"".join(map(write_json_event, events)) + end)


@every_wire
@pytest.mark.parametrize("depth", [900, 5_000, 200_000])
def test_nesting_too_deep_to_read_is_a_wire_error_or_read(wire: Wire, depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    reads_or_refuses(wire, deep)
    reads_or_refuses(wire, b'{"model":"m","messages":[],"input":[],"x":' + deep + b"}")
    reads_or_refuses(wire, b'{"choices":[],"type":"message","content":' + deep + b"}")
