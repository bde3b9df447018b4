"""The store stays below its limit, and what is served stays in it."""

from pathlib import Path

from flows.wires import CHAT, fresh, request_body
from support.agent import post
from support.provider import ScriptedProvider
from support.provider_values import Answer
from support.repositories import Repo
from support.server import live_server

LIMIT = 400_000


def test_the_least_recently_served_goes_when_the_limit_is_reached(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(f"size_limit = {LIMIT}\n")
    provider._script = lambda _: Answer(text="Long. " * 4000)
    bodies = [request_body(CHAT, fresh("Remember"), temperature=0) for _ in range(50)]
    with live_server(home) as server:
        session = server.session(repository.root)
        url = session.base(provider.url) + CHAT
        for number, body in enumerate(bodies):
            assert post(url, body).verdict == "miss"
            if number % 2 == 0:  # the library removes ten at once: four are left then
                assert post(url, bodies[0]).verdict == "hit"
        assert post(url, bodies[1]).verdict == "miss"
        session.end()
        stats = server.stats()
    bytes_kept, entries = stats["bytes"], stats["entries"]
    assert isinstance(bytes_kept, int)
    assert isinstance(entries, int)
    assert bytes_kept <= LIMIT
    assert 0 < entries < len(bodies)  # how many go at once is the library's
