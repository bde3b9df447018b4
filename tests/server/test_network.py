"""Proxies and certificates are those that the session's own environment names."""

import pytest

from agentcache.server.network import CERTIFICATE_VARIABLES, Network, network_of

PROXY = "http://proxy.example:3128"


def test_an_empty_environment_goes_straight() -> None:
    assert network_of({}) == Network()
    assert Network().proxy_for("https://api.example/v1") is None


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({"HTTPS_PROXY": PROXY}, "https://api.example/", PROXY),
        ({"https_proxy": PROXY}, "https://api.example/", PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://no"}, "https://api.example/", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://api.example/", None),
        ({"HTTP_PROXY": PROXY}, "http://api.example/", PROXY),
        ({"HTTP_PROXY": PROXY}, "https://api.example/", None),
        ({"ALL_PROXY": PROXY}, "https://api.example/", PROXY),
        ({"ALL_PROXY": "http://no", "HTTPS_PROXY": PROXY}, "https://api.example/", PROXY),
        ({"HTTPS_PROXY": ""}, "https://api.example/", None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "https://api.example/", PROXY),
    ],
)
def test_the_variables_name_the_proxy(environ: dict[str, str], url: str, proxy: str | None) -> None:
    assert network_of(environ).proxy_for(url) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("api.example", "https://api.example/v1", True),
        (".example", "https://api.example/v1", True),
        ("example", "https://api.example/v1", True),
        ("other.org, api.example", "https://api.example/v1", True),
        ("*", "https://api.example/v1", True),
        ("api.example:8443", "https://api.example:8443/v1", True),
        ("api.example:8443", "https://api.example/v1", False),
        ("api.example", "https://api.example:8443/v1", True),
        ("API.example", "https://api.EXAMPLE/v1", True),
        ("127.0.0.1,localhost", "http://127.0.0.1:8080/", True),
        ("::1", "http://[::1]:8080/", True),
        ("::1", "http://[::1]/", True),
        ("other.org", "https://api.example/v1", False),
        ("ample", "https://api.example/v1", False),
        ("", "https://api.example/v1", False),
    ],
)
def test_no_proxy_names_what_goes_straight(
    no_proxy: str,
    url: str,
    is_direct: bool,  # a table
) -> None:
    network = network_of({"ALL_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert (network.proxy_for(url) is None) == is_direct


def test_a_url_without_a_host_is_no_reason_to_fail() -> None:
    assert network_of({"ALL_PROXY": PROXY}).proxy_for("https:///v1") == PROXY


@pytest.mark.parametrize("name", CERTIFICATE_VARIABLES)
def test_every_variable_for_certificates_is_read(name: str) -> None:
    assert network_of({name: "/etc/ca.pem"}).certificates == ("/etc/ca.pem",)


def test_equal_environments_share_their_connections() -> None:
    environ = {"HTTPS_PROXY": PROXY, "SSL_CERT_FILE": "/a", "no_proxy": "b"}
    assert {network_of(environ): 1}[network_of({**environ, "HOME": "/x"})] == 1
