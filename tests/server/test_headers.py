"""Headers go through as they are, but for those of one connection and our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from agentcache.server.headers import to_client, to_upstream

HOP = [
    "Connection", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
    "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
]  # fmt: skip
KEPT = ["Authorization", "x-api-key", "Anthropic-Beta", "anthropic-version", "Cookie", "User-Agent"]
OURS = ["X-AgentCache-TTL", "x-agentcache"]
PAIRS = st.lists(st.tuples(st.sampled_from([*HOP, *KEPT, *OURS]), st.text("ab,", max_size=3)))


@given(PAIRS, st.booleans())
def test_only_what_ends_at_the_connection_is_left_out(
    pairs: list[tuple[str, str]],
    has_body: bool,  # drawn
) -> None:
    sent = to_upstream(pairs, has_body=has_body)
    expected = [pair for pair in pairs if pair[0] in KEPT]
    assert list(sent.items()) == [*expected, ("Accept-Encoding", "identity")]


@pytest.mark.parametrize("name", [*HOP, *(name.lower() for name in HOP)])
def test_headers_of_the_connection_stay_behind_on_both_ways(name: str) -> None:
    assert name not in to_upstream([(name, "x")], has_body=True)
    assert name not in to_client(CIMultiDict([(name, "x")]), decision="miss")


def test_headers_that_the_connection_names_stay_behind() -> None:
    pairs = [("Connection", "close, X-Hop"), ("connection", "x-other"), ("x-hop", "1"),
             ("X-OTHER", "2"), ("x-kept", "3")]  # fmt: skip
    assert list(to_upstream(pairs, has_body=True)) == ["x-kept", "Accept-Encoding"]
    assert dict(to_client(CIMultiDict(pairs), decision="d")) == {"x-kept": "3", "x-agentcache": "d"}


@pytest.mark.parametrize("name", ["x-agentcache", "X-AgentCache-TTL", "X-AGENTCACHE-ANYTHING"])
def test_our_own_headers_never_reach_a_provider(name: str) -> None:
    assert name not in to_upstream([(name, "1"), (name, "2")], has_body=False)


def test_a_body_of_known_length_brings_its_own_length() -> None:
    pairs = [("Content-Length", "12"), ("Expect", "100-continue"), ("Content-Type", "a/b")]
    assert dict(to_upstream(pairs, has_body=True)) == {
        "Content-Type": "a/b", "Accept-Encoding": "identity",
    }  # fmt: skip
    assert "Content-Length" in to_upstream(pairs, has_body=False)


def test_whatever_encoding_the_client_takes_the_provider_is_asked_for_none() -> None:
    pairs = [("accept-encoding", "gzip"), ("Accept-Encoding", "br")]
    assert to_upstream(pairs, has_body=True).getall("Accept-Encoding") == ["identity"]


def test_the_client_is_told_the_decision_and_only_ours() -> None:
    headers = CIMultiDict([("X-Agentcache", "forged"), ("Set-Cookie", "a"), ("Set-Cookie", "b")])
    sent = to_client(headers, decision="hit; id=1")
    assert sent.getall("x-agentcache") == ["hit; id=1"]
    assert sent.getall("Set-Cookie") == ["a", "b"]
