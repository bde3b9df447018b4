"""What a user sets: the configuration file, and where our own files lie."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from agentcache.core.codec import CodecError, decode_toml_as
from agentcache.core.session import Replay
from agentcache.errors import UsageError


@dataclass(frozen=True, slots=True)
class Config:
    """`config.toml`, every key optional.

    `replay`: safe (requests with temperature 0), always or never. `replay_ttl`: seconds a reply
    may be replayed. `size_limit`: bytes of the store. `idle_timeout`: seconds without sessions
    and requests after which the server leaves. `port`: 0 lets the system choose. `tenant`: keeps
    entries of different customers or accounts apart on one machine.
    """

    replay: Replay = Replay.SAFE
    replay_ttl: float = 7 * 24 * 3600.0
    size_limit: int = 1 << 30
    idle_timeout: float = 1800.0
    port: int = 0
    tenant: str = "default"


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie. `home` is private to the user and outside every repository."""

    home: Path
    config: Path

    @property
    def store(self) -> Path:
        """The store's directory."""
        return self.home / "store"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.home / "ledger.db"

    @property
    def lock(self) -> Path:
        """The server's lock file: who owns the home, and how to reach it."""
        return self.home / "server.lock"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "server.log"

    @property
    def last_port(self) -> Path:
        """Where the last server listened."""
        return self.home / "port"

    @property
    def errors(self) -> Path:
        """What a server that was started without a terminal wrote to standard error."""
        return self.home / "server.err"


def find_places() -> Places:
    """The user's cache directory, or `AGENTCACHE_HOME`, which then holds the configuration too."""
    home = os.environ.get("AGENTCACHE_HOME")
    if home:
        return Places(Path(home).absolute(), Path(home).absolute() / "config.toml")
    return Places(
        Path(platformdirs.user_cache_dir("agentcache")),
        Path(platformdirs.user_config_dir("agentcache")) / "config.toml",
    )


def load_config(places: Places) -> Config:
    """The configuration, defaults where the file or a key is missing; raises UsageError."""
    try:
        config = decode_toml_as(places.config.read_bytes(), Config)
    except (FileNotFoundError, NotADirectoryError):
        return Config()
    except (OSError, CodecError) as error:
        raise UsageError(f"{str(places.config)!r} cannot be used: {error}") from error
    # Written so that nan, which TOML can say and which compares with nothing, is refused too.
    if not (
        config.size_limit > 0
        and config.idle_timeout > 0
        and config.replay_ttl >= 0
        and 0 <= config.port <= 65535
    ):
        raise UsageError(
            f"{str(places.config)!r}: size_limit and idle_timeout must be above 0, replay_ttl not "
            f"below 0 and port between 0 and 65535, not {config.size_limit}, "
            f"{config.idle_timeout}, {config.replay_ttl} and {config.port}"
        )
    return config
