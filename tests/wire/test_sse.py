import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import decode_json
from agentcache.wire.sse import Event, SseParser, parse_events, write_event, write_json_event

ODD = (b"data: x", b"\xef\xbb\xbf", b"\xc3", b"\xa4", "ä€😀\u2028".encode(), b"\x00")
line_like = st.lists(
    st.sampled_from(
        [
            *ODD,
            b"data",
            b"event",
            b"id: 7",
            b"retry: 1",
            b":",
            b" ",
            b"\n",
            b"\r",
            b"\r\n",
            b"\n\n",
            b"x",
        ]
    ),
    max_size=40,
).map(b"".join)


@given(body=line_like | st.binary(), data=st.data())
def test_any_cut_into_chunks_gives_the_same_events(body: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8)))
    parser = SseParser()
    edges = zip([0, *cuts], [*cuts, len(body)], strict=True)
    events = [event for start, end in edges for event in parser.feed(body[start:end])]
    assert events == parse_events(body)


@given(body=line_like)
def test_byte_by_byte_gives_the_same_events(body: bytes) -> None:
    parser = SseParser()
    assert [e for byte in body for e in parser.feed(bytes([byte]))] == parse_events(body)


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("", "YHOO\n+2\n10")]),
        (b": a comment\n\ndata: x\nid: 1\n\n", [Event("", "x")]),
        (b"data\n\ndata\ndata\n\ndata:", [Event("", ""), Event("", "\n")]),
        (b"data:test\n\ndata: test\n\n", [Event("", "test")] * 2),
        (b"data:  two\n\n", [Event("", " two")]),
        (b"event: add\ndata: 7\r\n\r\n", [Event("add", "7")]),
        (b"event: lost\n\ndata: 7\r\r", [Event("", "7")]),
        (b"\xef\xbb\xbfdata: x\n\n\xef\xbb\xbfdata: y\n\n", [Event("", "x")]),
        (b"data: x\n\ndata: cut", [Event("", "x")]),
        (b"data: x\n\ndata: cut\n", [Event("", "x")]),
        (b"Data: x\n\nretry: 1\ndata: \xff\n\n", [Event("", "\ufffd")]),
        (b"", []),
    ],
)
def test_events_are_read_as_the_specification_says(body: bytes, events: list[Event]) -> None:
    assert parse_events(body) == events


@given(
    st.lists(st.tuples(st.sampled_from(["", "ping", "a.b"]), st.text(st.characters(codec="utf-8"))))
)
def test_written_events_are_read_again(given_events: list[tuple[str, str]]) -> None:
    events = [
        Event(name, text.replace("\r\n", "\n").replace("\r", "\n")) for name, text in given_events
    ]
    assert parse_events(b"".join(map(write_event, events))) == events


@given(st.text())
def test_a_json_event_is_one_line_even_for_clients_that_split_decoded_text(text: str) -> None:
    written = write_json_event({"text": text}, name="x").decode()
    name, data, end = written.splitlines()
    assert (name, end) == ("event: x", "")
    assert decode_json(data.removeprefix("data: ")) == {"text": text}
