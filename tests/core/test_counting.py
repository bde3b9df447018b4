"""Numbers as people read them."""

from agentcache.core.counting import counted


def test_one_is_no_plural_and_all_else_is() -> None:
    assert [counted(count, "token") for count in (0, 1, 2000)] == [
        "0 tokens",
        "1 token",
        "2,000 tokens",
    ]
    assert [counted(count, "entry", "entries") for count in (1, 2)] == ["1 entry", "2 entries"]
