"""Recordings and rules as the commands about prefixes are given them."""

from pathlib import Path

from agentcache.errors import UsageError
from agentcache.prefix.recording import Recording, decode_recording
from agentcache.prefix.rules import Rules, load_rules
from agentcache.server.config import find_places, load_config, read_rules


def read_recordings(source: str) -> Recording:
    """The recording in a file, or those in a directory as one, in the order of their Calls.

    Raises UsageError for what cannot be read, is empty, cut, of another version, or none of ours.
    """
    path = Path(source)
    paths = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not paths:
        raise UsageError(f"{source!r} holds no *.jsonl; `agentcache run --record DIR` makes them")
    recordings = [decode_recording(_read(one), name=str(one)) for one in paths]
    calls = [call for recording in recordings for call in recording.calls]
    if not calls:
        raise UsageError(f"{source!r} holds no calls: nothing was asked while it was recorded")
    return Recording(recordings[0].head, tuple(sorted(calls, key=lambda call: call.at)))


def chosen_rules(name: str | None) -> Rules:
    """The rules of a user's file over ours, for None the server's; raises UsageError."""
    if name is None:
        places = find_places()
        return read_rules(places, load_config(places).prefix)
    text = _read(Path(name))
    try:
        return load_rules(text.decode())
    except (UnicodeError, UsageError) as error:
        raise UsageError(f"{name!r} cannot be used: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
