"""A request body taken apart: a field is read once, and anew when it was set."""

from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, with_field


def test_a_field_is_what_it_was_set_to_in_that_body_only() -> None:
    before = read_body(WireName.ANTHROPIC, b'{"model":"m","messages":[],"system":"one"}')
    assert before.field("system") == "one"
    after = with_field(before, "system", ["two"])
    for _ in range(2):
        assert after.field("system") == ["two"]
        assert before.field("system") == "one"
