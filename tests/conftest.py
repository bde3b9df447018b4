"""No test of this process talks to anything beyond this machine."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support import prefix_net

# Tools of this environment (rg among them) are found whether or not it was activated.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

# How long an example takes says something of the machine, not of the code.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

_guard = {"is_up": False}


def _refuse_far_sockets(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect" or not _guard["is_up"]:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not _is_near(str(address[0])):
        raise PermissionError(f"a test wanted to talk to {address!r}")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in ("localhost", "")


sys.addaudithook(_refuse_far_sockets)


@pytest.fixture(autouse=True)
def near_sockets_only() -> Iterator[None]:
    """Refuse connections beyond loopback while a test runs."""
    _guard["is_up"] = True
    yield
    _guard["is_up"] = False


@pytest.fixture(autouse=True)
def one_prefix_per_conversation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test whose requests to a scripted provider do not extend one prefix."""
    prefix_net.started.clear()
    yield
    may_break = request.node.get_closest_marker("breaks_prefix") is not None
    providers = tuple(prefix_net.started)
    prefix_net.started.clear()
    prefix_net.check_prefixes(providers, may_break=may_break)
