"""A JSON object with one member left unread: the same members, whichever way they were read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import (
    CodecError,
    Json,
    decode_json,
    decode_json_but,
    decode_json_object,
    encode_json,
)

FORESEEN = ("model", "messages")
names = st.sampled_from([*FORESEEN, "tools", "unforeseen"]) | st.text(max_size=3)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)


@given(given=st.dictionaries(names, values, max_size=5))
def test_it_is_the_same_object_with_one_member_apart(given: dict[str, Json]) -> None:
    members, unread = decode_json_but(encode_json(given), "tools", foreseen=FORESEEN)
    apart = {} if unread is None else {"tools": decode_json(bytes(unread))}
    assert members | apart == given
    assert "tools" not in members


def test_the_unread_member_is_its_own_text() -> None:
    data = b'{"model": 1, "tools": [ {"b":1, "a":2.50} ], "x": {}}'
    for text in (data, data.replace(b', "x": {}', b"")):
        _, unread = decode_json_but(text, "tools", foreseen=FORESEEN)
        assert unread is not None
        assert bytes(unread) == b'[ {"b":1, "a":2.50} ]'


def test_of_a_member_that_is_named_twice_the_last_one_counts() -> None:
    data = b'{"tools":1,"model":1,"tools":[2],"model":3}'
    members, unread = decode_json_but(data, "tools", foreseen=FORESEEN)
    assert members == {"model": 3} == {"model": decode_json_object(data)["model"]}
    assert unread is not None
    assert bytes(unread) == b"[2]"


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"3", b"{", b'{"model":}', b'{"x":nul}', b'{"model":"\xff"}', b'{"a":1e999}'],
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode_json_but(data, "tools", foreseen=FORESEEN)
