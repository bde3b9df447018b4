"""What is kept of conversations: read as it was written, by another process too."""

import pytest

from agentcache.prefix.appending import Marks
from agentcache.prefix.changes import Change
from agentcache.prefix.files import FileOrder, Placed
from agentcache.prefix.lineage import Lineage, Note, decode_lineages, encode_lineages

KEPT = (
    Lineage(
        "prefix-base:1",
        1e9,
        "5m",
        (Note(2, "d", "<system-reminder>", (Change(0, 3, 4, ("Today.",), "# Now"),)),),
        Marks(3, "n", ("s",), ("h", "i"), stood=2, wrote=(1, 0)),
        FileOrder("header", (Placed("a.py", "t", 0, "b", leads=True),), (1, 3), 1),
    ),
    Lineage("prefix-base:2", 1e9 + 1, "1h"),
)


def test_conversations_are_read_as_they_were_kept() -> None:
    data = encode_lineages(KEPT)
    assert decode_lineages(data) == KEPT
    assert decode_lineages(data + b" ") == KEPT  # bytes that were not written here
    assert encode_lineages(decode_lineages(data + b" ")) == data


@pytest.mark.parametrize("data", [None, b"", b"[]", b'{"lineages":[1]}'])
def test_what_cannot_be_read_is_nothing(data: bytes | None) -> None:
    assert decode_lineages(data) == ()
