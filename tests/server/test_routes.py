"""A base URL goes into one of ours and comes out of it as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.errors import UsageError
from agentcache.server.routes import CONTROL, Route, read_route, routed, session_root

SERVER = "http://127.0.0.1:4321"
ROOT = session_root(SERVER, "tok-en_1")

HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z0-9]{1,8}){0,3}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
)
USERS = st.one_of(
    st.just(""), st.from_regex(r"[a-z0-9._~%-]{1,8}(:[a-zA-Z0-9!$&*+-]{0,8})?@", fullmatch=True)
)
PORTS = st.one_of(st.just(""), st.integers(1, 65535).map(":{}".format))
PATHS = st.lists(
    st.from_regex(r"[A-Za-z0-9._~%:@!$&'()*+,;=-]{1,10}", fullmatch=True), max_size=4
).map(lambda parts: "".join(f"/{part}" for part in parts))


def through(base_url: str, path: str = "") -> Route | None:
    return read_route(routed(ROOT, base_url).removeprefix(SERVER) + path)


@given(st.sampled_from(["http", "https"]), USERS, HOSTS, PORTS, PATHS, PATHS)
def test_a_url_that_was_routed_is_read_as_it_was(
    scheme: str, user: str, host: str, port: str, base: str, path: str
) -> None:
    url = f"{scheme}://{user}{host}{port}{base}"
    if "/v1" in base + path or "/messages" in base + path:
        return
    route = through(url, path)
    assert route is not None
    assert route.token == "tok-en_1"
    assert route.url == f"{scheme}://{host}{port}{base}{path}"
    assert route.user_info == user.removesuffix("@")


@pytest.mark.parametrize(
    ("base", "path", "url"),
    [
        ("https://api.example", "/v1/messages", "https://api.example/v1/messages"),
        ("https://api.example", "/messages", "https://api.example/v1/messages"),
        ("https://api.example", "/messages/count_tokens", "https://api.example/v1/messages/count_tokens"),
        ("https://api.example/v1", "/v1/messages", "https://api.example/v1/messages"),
        ("https://api.example/v1", "/messages", "https://api.example/v1/messages"),
        ("https://api.example/v1/", "/messages", "https://api.example/v1/messages"),
        ("https://gate.example/anthropic", "/messages", "https://gate.example/anthropic/v1/messages"),
        ("https://api.example/v1", "/chat/completions", "https://api.example/v1/chat/completions"),
        ("https://api.example/v1", "/v1/models", "https://api.example/v1/models"),
        ("https://api.example/v1beta", "/messages", "https://api.example/v1beta/messages"),
        ("https://api.example/v1", "/threads/t1/messages", "https://api.example/v1/threads/t1/messages"),
        ("https://api.example/openai", "/threads/t1/messages", "https://api.example/openai/threads/t1/messages"),
        ("https://api.example", "/mymessages", "https://api.example/mymessages"),
        ("https://api.example", "", "https://api.example"),
        ("https://api.example", "/", "https://api.example/"),
    ],
)  # fmt: skip
def test_the_version_stands_once_where_the_provider_wants_it(
    base: str, path: str, url: str
) -> None:
    route = through(base, path)
    assert route is not None
    assert route.url == url


@pytest.mark.parametrize(
    "base_url",
    [
        "", "api.example", "ftp://api.example", "https://", "https:///v1", "file:///etc/passwd",
        "http://[::1", "https://host:port/", "https://host:99999", "https://:80", "https://u@",
        "//api.example", "javascript:alert(1)", "https//api.example",
    ],
)  # fmt: skip
def test_what_is_no_base_url_is_a_usage_error(base_url: str) -> None:
    with pytest.raises(UsageError, match="is no base URL"):
        routed(ROOT, base_url)


@pytest.mark.parametrize(
    "raw_path",
    [
        "", "/", "/s", "/s/", "/s/tok", "/s/tok/", "/s/tok/https", "/s/tok/https/", "/s//https/h/",
        "/s/tok/ftp/h/p", "/s/t%6Fk/https/h/p", "/s/../https/h", "/s/to.k/https/h/p", CONTROL,
        "/S/tok/https/h", "x/s/tok/https/h", "/s/tok/https//p", "/s/tok/HTTPS/h", "/v1/messages",
        "/s/tok/https/h\n/v1",
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_no_route(raw_path: str) -> None:
    assert read_route(raw_path) is None


@pytest.mark.parametrize("path", ["/../../etc/passwd", "/%2e%2e/x", "//double", "/a%2Fb", "/;x=1"])
def test_paths_are_handed_on_as_they_stand(path: str) -> None:
    route = read_route(f"/s/tok/https/api.example{path}")
    assert route == Route("tok", "https://api.example", path)


@given(st.text(max_size=40))
def test_any_path_is_a_route_or_none(path: str) -> None:
    route = read_route("/s/tok/https/h" + path)
    assert route is None or f"{route.user_info}{route.origin}".startswith(("h", "https://h"))
