"""How a session reaches the world: proxies and certificates from its own environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in the stubs

CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
"""Where users name further certificate authorities: OpenSSL, requests, curl, Node."""


@dataclass(frozen=True, slots=True)
class Network:
    """Proxies and certificates.

    `proxies`: scheme (`http`, `https`, `all`) and proxy URL. `no_proxy`: as in the variable.
    `certificates`: files and directories of authorities to trust beside the system's.
    """

    proxies: tuple[tuple[str, str], ...] = ()
    no_proxy: str = ""
    certificates: tuple[str, ...] = ()

    def proxy_for(self, url: str) -> str | None:
        """The proxy to go through for `url`, None for a direct connection."""
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        if not self.proxies or proxy_bypass_environment(host or "", {"no": self.no_proxy}):
            return None
        proxies = dict(self.proxies)
        return proxies.get(parts.scheme) or proxies.get("all")


def unspoken_proxies(network: Network) -> list[str]:
    """The proxies that we cannot speak to, without credentials: all but HTTP ones."""
    parts = [urlsplit(url) for _, url in network.proxies]
    return [
        f"{part.scheme}://{part.hostname}" for part in parts if part.scheme not in ("http", "https")
    ]


def network_of(environ: Mapping[str, str]) -> Network:
    """The Network that an environment describes; lower-case variables win, as curl has it."""
    proxies = {
        scheme: environ.get(f"{scheme}_proxy") or environ.get(f"{scheme.upper()}_PROXY", "")
        for scheme in ("http", "https", "all")
    }
    return Network(
        proxies=tuple((scheme, _with_scheme(url)) for scheme, url in proxies.items() if url),
        no_proxy=environ.get("no_proxy") or environ.get("NO_PROXY", ""),
        certificates=tuple(environ[name] for name in CERTIFICATE_VARIABLES if environ.get(name)),
    )


def _with_scheme(url: str) -> str:
    """A proxy's URL; a host and a port alone mean an HTTP proxy, to curl as to others."""
    return url if "://" in url else f"http://{url}"
