"""What a user sets, and what is said when it cannot be used."""

from pathlib import Path

import pytest

from agentcache.core.session import Replay
from agentcache.errors import UsageError
from agentcache.server.config import (
    Config,
    Places,
    PrefixConfig,
    find_places,
    load_config,
    read_rules,
)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path, tmp_path / "config.toml")


def test_no_file_is_the_defaults(places: Places) -> None:
    assert load_config(places) == Config()


def test_every_key_can_be_set(places: Places) -> None:
    places.config.write_text(
        'replay = "always"\nreplay_ttl = 60\nsize_limit = 1000\nidle_timeout = 1.5\n'
        'port = 4321\ntenant = "customer"\n'
    )
    assert load_config(places) == Config(Replay.ALWAYS, 60.0, 1000, 1.5, 4321, "customer")


def test_a_key_that_is_missing_has_its_default(places: Places) -> None:
    places.config.write_text('replay = "never"')
    assert load_config(places) == Config(replay=Replay.NEVER)


@pytest.mark.parametrize(
    "text",
    [
        'replay = "sometimes"', "replay = true", "size_limit = 0", "size_limit = -5",
        'size_limit = "1 GB"', "idle_timeout = 0", "idle_timeout = nan", "replay_ttl = nan",
        "port = 65536", "port = -1", "port = 1.5", "tenant = 1", "replay = ", "=", "a" * 9,
        "x = " + "[" * 50_000,
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_the_files_name(places: Places, text: str) -> None:
    places.config.write_text(text)
    with pytest.raises(UsageError, match=r"config\.toml"):
        load_config(places)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('replay = "sometimes"', "replay: .*'sometimes'; there are safe, always, never"),
        ('[prefix]\nmoves = ["tool"]', "prefix.moves: .*'tool'; there are .*tools"),
        ('port = "x"', "port: expected `int`, got `str`"),
        ("port = 70000", r"': port must be between 0 and 65535, not 70000$"),
        ("size_limit = 9223372036854775808", r"': size_limit must be above 0 and below 92"),
        ("idle_timeout = nan", r"': idle_timeout must be above 0, not nan$"),
    ],
)
def test_a_wrong_value_is_said_with_its_key_and_what_there_is(
    places: Places, text: str, said: str
) -> None:
    places.config.write_text(text)
    with pytest.raises(UsageError, match=said):
        load_config(places)


def test_a_file_that_is_no_text_is_a_usage_error(places: Places) -> None:
    places.config.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError):
        load_config(places)


def test_a_directory_in_its_place_is_a_usage_error(places: Places) -> None:
    places.config.mkdir()
    with pytest.raises(UsageError, match="cannot be used"):
        load_config(places)


@pytest.mark.parametrize("rules", ["nowhere.toml", "a\0b", ".", "~nobody-here/rules.toml"])
def test_rules_that_cannot_be_read_are_said_with_their_path(places: Places, rules: str) -> None:
    with pytest.raises(UsageError, match=r"the rules in .* cannot be used"):
        read_rules(places, PrefixConfig(rules=rules))


def test_a_home_of_its_own_holds_everything(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AGENTCACHE_HOME", str(tmp_path / "h"))
    places = find_places()
    every = (places.store, places.ledger, places.lock, places.log, places.errors, places.config)
    assert {path.parent for path in every} == {tmp_path / "h"}
    assert len(set(every)) == 6


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENTCACHE_HOME", "h")
    assert find_places().home == tmp_path / "h"


def test_without_one_it_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AGENTCACHE_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    places = find_places()
    assert places.home == tmp_path / "cache" / "agentcache"
    assert places.config == tmp_path / "config" / "agentcache" / "config.toml"
