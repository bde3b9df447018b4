"""What outside of a body may change what the reply is."""

import pytest

from agentcache.wire.reading import shaping_headers, shaping_query


def test_headers_that_choose_a_gateways_model_or_prompt_count() -> None:
    told = {
        "anthropic-beta": "a",
        "x-portkey-config": "b",
        "x-portkey-provider": "c",
        "helicone-target-url": "d",
        "helicone-prompt-id": "e",
    }
    assert shaping_headers({**told, "user-agent": "u", "accept": "*/*"}) == told


@pytest.mark.parametrize(
    "name", ["x-portkey-api-key", "helicone-auth", "x-portkey-trace-id", "helicone-session-id",
             "cf-aig-metadata", "helicone-property-app", "authorization", "x-api-key"]
)  # fmt: skip
def test_headers_that_name_the_asker_or_the_request_do_not(name: str) -> None:
    assert shaping_headers({name: "x"}) == {}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", ""),
        ("beta=true", "?beta=true"),
        ("api-version=2024-06-01&api-key=s", "?api-version=2024-06-01"),
        ("key=s&sig=t&access_token=u&code=v", ""),
        ("auth=s&jwt=t&bearer=u&pwd=v&authorization=x&authorId=w", "?authorId=w"),
        ("model=a%20b&empty=", "?model=a+b&empty="),
    ],
)
def test_a_query_counts_but_for_its_secrets(query: str, told: str) -> None:
    assert shaping_query(query) == told
