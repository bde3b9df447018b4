"""What a user sets: the configuration file, and where our own files lie."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from agentcache.core.codec import CodecError, decode_toml_as
from agentcache.core.session import Replay
from agentcache.errors import UsageError
from agentcache.match.verdict import DEFAULT_THRESHOLD
from agentcache.prefix.moves import ALL_MOVES, Move

if TYPE_CHECKING:
    from agentcache.prefix.rules import Rules


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """The table `[match]`.

    `threshold`: the cosine below which questions that agree are not the same; `agentcache
    calibrate --write` sets it. `model`: empty for the packaged model, a directory, or the name of
    a hub model.
    """

    threshold: float = DEFAULT_THRESHOLD
    model: str = ""


@dataclass(frozen=True, slots=True)
class PrefixConfig:
    """The table `[prefix]`.

    `moves`: what is done so that the provider's own prefix cache hits. `rules`: a file with rules
    of providers that go before ours. `diagnostics`: ask providers that tell why their cache missed.
    """

    moves: tuple[Move, ...] = tuple(sorted(ALL_MOVES))
    rules: str = ""
    diagnostics: bool = False

    @property
    def chosen(self) -> tuple[Move, ...]:
        """What is done where a session says nothing else."""
        return self.moves + ((Move.DIAGNOSTICS,) if self.diagnostics else ())


@dataclass(frozen=True, slots=True)
class Config:
    """`config.toml`, every key optional.

    `replay`: safe (requests with temperature 0), always or never. `replay_ttl`: seconds a reply
    may be replayed. `size_limit`: bytes of the store. `idle_timeout`: seconds without sessions
    and requests after which the server leaves. `port`: 0 lets the system choose. `tenant`: keeps
    entries of different customers or accounts apart on one machine. `match`: how questions are
    compared. `prefix`: how prompts are kept stable.
    """

    replay: Replay = Replay.SAFE
    replay_ttl: float = 7 * 24 * 3600.0
    size_limit: int = 1 << 30
    idle_timeout: float = 1800.0
    port: int = 0
    tenant: str = "default"
    match: MatchConfig = MatchConfig()
    prefix: PrefixConfig = PrefixConfig()


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
    def postings(self) -> Path:
        """Which entries rest on which paths."""
        return self.home / "postings.db"

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
    except OSError as error:
        raise UsageError(f"{str(places.config)!r} cannot be used: {error.strerror}") from error
    except CodecError as error:
        raise UsageError(f"{str(places.config)!r} cannot be used: {error}") from error
    for name, value, is_usable, rule in _ranges(config):
        if not is_usable:
            raise UsageError(f"{str(places.config)!r}: {name} must be {rule}, not {value!r}")
    return config


def _ranges(config: Config) -> Iterator[tuple[str, float, bool, str]]:
    """Each number: name, value, whether it can be used, and the rule.

    Said as what holds, so that nan, which TOML can say and which compares with nothing, does not.
    """
    size = config.size_limit  # SQLite, which holds it, has 64 bits
    yield "size_limit", size, 0 < size < 1 << 63, f"above 0 and below {1 << 63}"
    yield "idle_timeout", config.idle_timeout, config.idle_timeout > 0, "above 0"
    yield "replay_ttl", config.replay_ttl, config.replay_ttl >= 0, "0 or above"
    yield "port", config.port, 0 <= config.port <= 65535, "between 0 and 65535"
    threshold = config.match.threshold
    yield "[match] threshold", threshold, 0 <= threshold <= 1, "between 0 and 1"


def read_rules(places: Places, config: PrefixConfig) -> "Rules":
    """The providers' rules, with the configured ones before them; raises UsageError.

    A relative path is one from the configuration's directory: the server stands elsewhere.
    """
    from agentcache.prefix.rules import load_rules  # noqa: PLC0415  # `run` starts without them

    if not config.rules:
        return load_rules(None)
    try:
        path = places.config.parent / Path(config.rules).expanduser()
        return load_rules(path.read_text("utf-8"))
    except (UsageError, OSError, ValueError, RuntimeError) as error:  # a path with a NUL, no text
        raise UsageError(f"the rules in {config.rules!r} cannot be used: {error}") from error


def write_threshold(places: Places, threshold: float) -> None:
    """Set `[match] threshold` in the configuration file and leave every other line as it is.

    Raises UsageError where the file cannot be used or written; it is then unchanged.
    """
    import tomlkit  # noqa: PLC0415  # only this writes TOML, and `run` starts without it

    load_config(places)
    path = places.config.resolve()  # a link to a file kept elsewhere stays one
    building: Path | None = None
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document = tomlkit.parse(text)
        if "match" not in document:
            document["match"] = tomlkit.table()
        document["match"]["threshold"] = threshold
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        handle, name = tempfile.mkstemp(prefix="config-", suffix=".toml", dir=path.parent)
        building = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
            opened.write(tomlkit.dumps(document))
        building.chmod(mode)
        building.replace(path)
    except OSError as error:
        if building is not None:
            building.unlink(missing_ok=True)
        raise UsageError(f"{str(path)!r} cannot be written: {error}") from error
