"""What is known of conversations, in memory."""

from dataclasses import dataclass, field


@dataclass
class MemoryStates:
    """Values by name."""

    values: dict[str, bytes] = field(default_factory=dict)

    def load(self, name: str) -> bytes | None:
        """The value, None when there is none."""
        return self.values.get(name)

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        """Put `value` in the place of what was there; everything is kept for a time only."""
        assert ttl
        self.values[name] = value
