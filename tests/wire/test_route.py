import pytest

from agentcache.core.values import WireName
from agentcache.wire.route import wire_for
from wire.examples import WIRES


@pytest.mark.parametrize("prefix", ["", "/v1", "/v1/v1", "/api/x"])
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/messages", WireName.ANTHROPIC),
        ("/chat/completions", WireName.OPENAI_CHAT),
        ("/responses", WireName.OPENAI_RESPONSES),
    ],
)
def test_a_post_to_a_wires_path_finds_the_wire(prefix: str, path: str, name: WireName) -> None:
    wire = wire_for("post", prefix + path)
    assert wire is not None
    assert name == wire.NAME
    assert wire_for("GET", prefix + path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/v1/messages/count_tokens",
        "/v1/messages/batches",
        "/v1/responses/resp_1",
        "/v1/responses/resp_1/cancel",
        "/v1/completions",
        "/v1/models",
        "/xmessages",
        "/",
        "",
    ],
)
def test_every_other_path_passes_through(path: str) -> None:
    assert wire_for("POST", path) is None


def test_each_wire_has_its_own_name() -> None:
    assert {wire.NAME for wire in WIRES} == set(WireName)
