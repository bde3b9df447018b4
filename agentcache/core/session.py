"""What a user of the cache says when a session begins."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What a session lets the cache do."""

    ON = "on"
    OBSERVE = "observe"  # decide and count, serve and keep nothing
    OFF = "off"  # only proxy


class Replay(StrEnum):
    """Which requests may be answered with an earlier reply to the same request."""

    SAFE = "safe"  # those with temperature 0
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Session:
    """What a user of the cache said when it began.

    `name` is shown and logged, it is not the secret token. `cwd`: where relative paths of its
    tools begin. `replay_ttl`: seconds.
    """

    name: str
    cwd: str
    tenant: str
    mode: Mode = Mode.ON
    replay: Replay = Replay.SAFE
    replay_ttl: float = 7 * 24 * 3600.0
