"""What options, environment and configuration tell `agentcache run` reaches the server."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from flows.raw_upstream import RawUpstream
from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.server import run_cli
from support.tls import make_authority, serving_with

TELL = """
import os, urllib.error, urllib.request
body = b'{"model":"m","max_tokens":9,"temperature":TEMPERATURE,"messages":[MESSAGE]}'
body = body.replace(b"MESSAGE", b'{"role":"user","content":"Remember this."}')
headers = {"content-type": "application/json", "x-api-key": "k", "anthropic-version": "2023-06-01"}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
try:
    reply = urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers))
except urllib.error.HTTPError as error:
    reply = error
print(reply.status, reply.headers["x-agentcache"].partition(";")[0])
reply.read()
"""
"""An agent that says what is no question, and prints the status and what became of it."""


def tell(
    home: Path,
    *options: str,
    env: Mapping[str, str],
    config: str = "",
    temperature: float = 0,
) -> str:
    """What the agent prints, run with `options` and a configuration."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config)
    program = TELL.replace("TEMPERATURE", str(temperature))
    done = run_cli(home, "run", *options, "--", sys.executable, "-c", program, env=env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("config", "options", "temperature", "verdict"),
    [
        ("", [], 0, "hit"),
        ("replay_ttl = 0.0", [], 0, "miss"),
        ("", ["--replay-ttl", "0"], 0, "miss"),
        ("replay_ttl = 0.0", ["--replay-ttl", "3600"], 0, "hit"),
        ('replay = "never"', [], 0, "miss"),
        ("", ["--replay", "never"], 0, "miss"),
        ('replay = "never"', ["--replay", "safe"], 0, "hit"),
        ("", [], 0.5, "miss"),
        ('tenant = "a"', [], 0, "miss"),
        ("", ["--tenant", "a"], 0, "miss"),
        ('tenant = "a"', ["--tenant", "default"], 0, "hit"),
    ],
)
def test_what_was_kept_is_served_as_the_options_say_or_else_the_configuration(
    home: Path, config: str, options: Sequence[str], temperature: float, verdict: str
) -> None:
    with ScriptedProvider(lambda _: Answer(text="Noted.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        assert tell(home, env=env, temperature=temperature) == "200 miss"
        again = tell(home, *options, env=env, config=config, temperature=temperature)
    assert again == f"200 {verdict}"


@pytest.mark.parametrize(
    ("config", "options"), [('replay = "always"', []), ("", ["--replay", "always"])]
)
def test_every_reply_is_replayed_where_the_user_says_so(
    home: Path, config: str, options: Sequence[str]
) -> None:
    with ScriptedProvider(lambda _: Answer(text="Noted.")) as provider:
        env = {"ANTHROPIC_BASE_URL": provider.url}
        told = [tell(home, *options, env=env, config=config, temperature=0.5) for _ in range(2)]
    assert told == ["200 miss", "200 hit"]


def test_a_session_goes_through_the_proxy_of_its_own_environment(home: Path) -> None:
    """Not through that of the shell that started the server."""
    off = ["--off"]
    with (
        RawUpstream() as proxy,
        ScriptedProvider(lambda _: Answer(text="Noted.")) as provider,
    ):
        behind = {"HTTP_PROXY": proxy.url, "ANTHROPIC_BASE_URL": "http://upstream.invalid"}
        targets: list[list[str]] = []
        for env in (behind, {"ANTHROPIC_BASE_URL": provider.url}, behind):
            assert tell(home, *off, env=env) == "200 pass"
            targets.append([received.target for received in proxy.received])
        assert len(provider.calls) == 1
    through = "http://upstream.invalid/v1/messages"
    assert targets == [[through], [through], [through, through]]


def test_a_session_trusts_the_authorities_of_its_own_environment(
    home: Path, tmp_path: Path
) -> None:
    """Not those of the shell that started the server."""
    authority = make_authority(tmp_path)
    with RawUpstream(tls=serving_with(authority)) as upstream:
        told = [
            tell(home, "--off", env={"ANTHROPIC_BASE_URL": upstream.url, **trust})
            for trust in (
                {"SSL_CERT_FILE": str(authority)},
                {},
                {"REQUESTS_CA_BUNDLE": str(authority)},
            )
        ]
    assert [line.partition(" ")[0] for line in told] == ["200", "502", "200"]
