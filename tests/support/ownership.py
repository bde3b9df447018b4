"""A directory that belongs to somebody else, whoever runs the tests."""

import os
from pathlib import Path


def directory_of_another_user(place: Path) -> Path:
    """Root gives a new one away; everybody else finds root's own."""
    if os.geteuid() != 0:
        return Path("/usr")
    directory = place / "given away"
    directory.mkdir()
    os.chown(directory, 12345, 12345)
    return directory
