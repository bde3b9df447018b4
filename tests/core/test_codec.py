"""A JSON object with one member left unread: the same members, whichever way they were read."""

import subprocess
import sys

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


FIRST_DECODED_BY_MANY = """
import sys, threading
from dataclasses import make_dataclass
from agentcache.core.codec import convert, decode_json_as

sys.setswitchinterval(1e-6)
given = {"inner": {"n0": 1}, "f3": [1, 2]}
for _ in range(300):
    inner = make_dataclass("Inner", [(f"n{n}", int, 0) for n in range(12)])
    fields = [("inner", inner, None)] + [(f"f{n}", list[int] | str | None, None) for n in range(12)]
    kind, start = make_dataclass("Kind", fields), threading.Barrier(4)
    read = {"decode": lambda: decode_json_as(b'{"inner": {"n0": 1}, "f3": [1, 2]}', kind),
            "convert": lambda: convert(given, kind)}[sys.argv[1]]
    threads = [threading.Thread(target=lambda: (start.wait(), read())) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


@pytest.mark.parametrize("how", ["decode", "convert"])
def test_a_class_that_many_threads_decode_first_is_no_end_of_the_process(how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_DECODED_BY_MANY, how], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_fork_in_a_thread_of_many_decodes_what_it_had_not_seen() -> None:
    text = FIRST_DECODED_BY_MANY.replace(
        "    for thread in threads: thread.join()",
        "    child = os.fork()\n    if not child: read(); os._exit(0)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n    for thread in threads: thread.join()",
    )
    assert "os.fork" in text
    done = subprocess.run(
        [sys.executable, "-c", "import os\n" + text, "decode"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
