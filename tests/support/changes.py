"""What a change to a repository breaks and what it leaves, both said at once."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from agentcache.core.evidence import Among, Look, Observation, Search
from agentcache.core.shell import read_shell
from agentcache.errors import ObserveError
from support.places import Place
from support.repositories import ENVIRONMENT

VISIBLE = Search(".", "LIMIT", among=Among.VISIBLE)
"""What `rg LIMIT` looks at."""
EVERY = Search(".", "LIMIT")
"""What `grep -r LIMIT .` looks at."""


def after(
    place: Place,
    change: Callable[[], object],
    *,
    breaks: Sequence[Look] = (),
    holds: Sequence[Look] = (),
) -> None:
    """Look, make the `change`, and check that all of `breaks` broke and all of `holds` hold."""
    seen = {look: place.see(look) for look in (*breaks, *holds)}
    assert [look for look in seen if not place.holds(seen[look])] == [], "unstable from the start"
    change()
    assert [look for look in breaks if place.holds(seen[look])] == [], "stale"
    assert [look for look in holds if not place.holds(seen[look])] == [], "broken without need"


def is_seen(place: Place, look: Look) -> bool:
    """Whether `look` can be looked at."""
    with suppress(ObserveError):
        place.see(look)
        return True
    return False


def is_unseen_and_broken(place: Place, look: Look) -> bool:
    """Whether `look` can neither be looked at nor holds what was seen before."""
    broken = place.observer.verify((Observation(look, "before"),), place.tree)
    return not is_seen(place, look) and broken is not None and broken.why != ""


def shell(place: Place, command: str) -> str:
    """What a command prints in the repository, with its exit code."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=place.repo.root,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place.repo.root),
            "LC_ALL": "C.UTF-8",
            **ENVIRONMENT,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return f"{done.returncode}\n{done.stdout.decode(errors='surrogateescape')}"


def is_stale_after(place: Place, command: str, change: str) -> bool:
    """Whether the evidence of `command` still holds though the command `change` changed its output.

    A command that is opaque is never kept, so it is never stale.
    """
    reading = read_shell(command, cwd=str(place.repo.root))
    if reading is None:
        return False
    before = shell(place, command)
    try:
        evidence = tuple(place.see(look) for look in reading.looks)
    except ObserveError:
        return False
    assert place.observer.verify(evidence, place.tree) is None, "unstable from the start"
    assert shell(place, change).startswith("0\n"), change
    assert shell(place, command) != before, "the change shows nowhere"
    return place.observer.verify(evidence, place.tree) is None


def fold_case(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Let paths below `root` be found in any case, as on macOS and Windows."""

    def folded(path: str) -> str:
        if not path.startswith(f"{root}/"):
            return path
        place = str(root)
        for part in path[len(place) + 1 :].split("/"):
            names = os.listdir(place) if os.path.isdir(place) else []  # noqa: PTH208, PTH112
            same = [name for name in names if name.lower() == part.lower()]
            place = f"{place}/{part if part in names or not same else same[0]}"
        return place

    def patch(name: str) -> None:
        real = getattr(os, name)
        busy: list[str] = []

        def call(path: object, *arguments: object, **options: object) -> object:
            if not isinstance(path, str) or busy:
                return real(path, *arguments, **options)
            busy.append(path)
            try:
                path = folded(path)
            finally:
                busy.pop()
            return real(path, *arguments, **options)

        monkeypatch.setattr(os, name, call)

    for name in ("stat", "lstat", "open"):
        patch(name)
