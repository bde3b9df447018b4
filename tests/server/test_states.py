"""What is known of prefixes between two writes to the store."""

from agentcache.server.states import MOST_BYTES, States
from agentcache.store.memory import MemoryStore


class CountingStore(MemoryStore):
    """Counts what is loaded."""

    loads = 0

    def load(self, name: str) -> bytes | None:
        self.loads += 1
        return super().load(name)


def store() -> CountingStore:
    return CountingStore(clock=lambda: 0.0)


def test_names_that_nobody_saved_take_room_too() -> None:
    """Each new conversation asks for some."""
    asked = store()
    states = States(asked)
    names = [f"{number:0{MOST_BYTES // 8}}" for number in range(9)]
    for name in (*names, names[0]):
        assert states.load(name) is None
    assert asked.loads == 10


def test_what_makes_room_before_it_was_written_is_not_lost() -> None:
    kept = store()
    states = States(kept)
    states.save("first", b"value", ttl=60.0)
    states.save("second", b"x" * MOST_BYTES, ttl=60.0)
    assert states.load("first") == b"value"
    states.flush()
    assert States(kept).load("first") == b"value"


def test_what_is_saved_twice_is_written_as_it_was_saved_last() -> None:
    kept = store()
    states = States(kept)
    states.save("name", b"old")
    states.save("name", b"new")
    assert states.load("name") == b"new"
    states.flush()
    assert States(kept).load("name") == b"new"
