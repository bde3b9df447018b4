"""What an Observer remembers must never differ from what one without memory sees."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentcache.core.evidence import (
    BEYOND,
    Among,
    File,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.errors import ObserveError
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.places import FILES
from support.repositories import Repo, make_repository
from support.times import coarse_times, make_ticks_differ

AHEAD_NS = 3_600_000_000_000
VISIBLE = Among.VISIBLE
LOOKS: list[Look] = [
    File("a.py"),
    File("src/link"),
    Lines("src/b.py", 1, 2),
    Search(".", "LIMIT"),
    Search(".", "LIMIT", among=VISIBLE),
    Lines("src/b.py", BEYOND, 0),
    Search(".", "L.M", include="*.py", among=VISIBLE),
    Search(".", "LIMIT", include="src/**/*.py"),
    Search("src", "LIMIT", among=VISIBLE),
    Search("src/in", "LIMIT", names_only=True),
    Search("build", "LIMIT", among=VISIBLE),
    Listing("."),
    Listing(".", "*.py", among=VISIBLE),
    Listing("src", among=VISIBLE),
    Listing("src", with_stat=True),
    Listing("src", with_stat=True, with_dots=True),
    Listing("src/link", with_link=True),
    Listing("src/in", with_link=True, among=VISIBLE),
    Listing(".", depth=2, among=VISIBLE),
    Tree("."),
    Tree("src/in"),
]
START = {**FILES, "src/in/c.py": "x = LIMIT\n", "src/in/d.py": "LIMIT = 2\n", "zoo/e.py": "LIMIT\n"}
WORLDS = [(AHEAD_NS, 1), (0, 1), (-AHEAD_NS, 1), (0, 1_000_000_000), (0, 2_000_000_000)]
"""How far the observer's clock runs ahead, and how long the file system's times stand still."""

PLACES = ["a.py", "src/b.py", "src/in/c.py", "src/in/x.log", "new/f.py", "zoo/e.py", "build/g.py"]
DIRECTORIES = ["src", "src/in", "zoo", "new", "build", "moved"]


def write_in_place_with_old_times(repo: Repo, name: str) -> None:
    path = repo.path(name)
    if path.is_file():
        before = path.stat()
        content = path.read_bytes()
        path.write_bytes(content.swapcase() if content.isupper() else content.upper())
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def move(repo: Repo, old: str, new: str) -> None:
    if repo.path(old).exists() and not repo.path(new).exists() and not new.startswith(f"{old}/"):
        repo.path(new).parent.mkdir(parents=True, exist_ok=True)
        repo.path(old).rename(repo.path(new))


def replace_by_link(repo: Repo, name: str, target: str) -> None:
    path = repo.path(name)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    repo.link(name, target)


def add_hard_link(repo: Repo, name: str, other: str) -> None:
    if repo.path(name).is_file() and not repo.path(other).exists():
        repo.path(other).parent.mkdir(parents=True, exist_ok=True)
        repo.path(other).hardlink_to(repo.path(name))


def nest(repo: Repo, name: str) -> None:
    if repo.path(name).is_dir() and not repo.path(name).is_symlink():
        make_repository(repo.path(name), {"n.py": "LIMIT\n"})


def unnest(repo: Repo, name: str) -> None:
    shutil.rmtree(repo.path(f"{name}/.git"), ignore_errors=True)


def exclude(repo: Repo, text: str) -> None:
    outside = repo.root.parent / "excludes"
    outside.write_text(text)
    repo.git("config", "core.excludesFile", str(outside))


Edit = Callable[[Repo], object]
places, directories = st.sampled_from(PLACES), st.sampled_from(DIRECTORIES)
texts = st.sampled_from(["LIMIT = 1\n", "LIMIT = 2\n", "nothing\n", "", "\0LIMIT\n"])
ignores = st.sampled_from(["*.py\n", "build/\n*.log\n", "src/\n", "", "new/\n!new/f.py\n"])


def edit(
    function: Callable[..., object], *parts: st.SearchStrategy[str]
) -> st.SearchStrategy[Edit]:
    return st.tuples(*parts).map(lambda given: lambda repo: function(repo, *given))


edits: st.SearchStrategy[Edit] = st.one_of(
    edit(Repo.write, places, texts),
    edit(Repo.replace, places, texts),
    edit(write_in_place_with_old_times, places),
    edit(Repo.remove, places),
    edit(move, directories, directories),
    edit(move, places, st.sampled_from(["src/B.py", "new/h.py", "A.py"])),
    edit(replace_by_link, directories, st.sampled_from([".", "../zoo", "in", "/nowhere"])),
    edit(Repo.link, st.just("src/link"), st.sampled_from(["b.py", "../a.py", "in", "none"])),
    edit(add_hard_link, places, places),
    edit(
        Repo.write, st.sampled_from([".gitignore", "src/.gitignore", ".git/info/exclude"]), ignores
    ),
    edit(Repo.write, st.sampled_from([".ignore", "src/.rgignore"]), ignores),
    edit(exclude, ignores),
    edit(
        lambda repo, fold: repo.git("config", "core.ignoreCase", fold),
        st.sampled_from(["true", "false"]),
    ),
    edit(nest, directories),
    edit(unnest, directories),
    edit(lambda repo, name: repo.path(name).mkdir(), directories),
    edit(lambda repo, name: repo.path(name).chmod(0o600), places),
    edit(lambda repo: repo.git("add", "--all", "--force")),
    edit(lambda repo: repo.git("rm", "--cached", "-r", "--quiet", "src")),
    edit(lambda repo: repo.git("stash", "--include-untracked")),
    edit(lambda repo: repo.git("reset", "--hard")),
    edit(lambda repo: repo.git("worktree", "add", "--quiet", "new/tree")),
)


def see(observer: Observer, look: Look, tree: WorkTree) -> str | None:
    try:
        return observer.observe(look, tree).digest
    except ObserveError:
        return None


@settings(
    max_examples=int(os.environ.get("AGENTCACHE_ORACLE_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example(
    steps=[lambda repo: nest(repo, "zoo"), lambda repo: repo.write("zoo/x.log", "LIMIT\n")],
    world=(0, 1),
)
@given(steps=st.lists(edits, min_size=1, max_size=8), world=st.sampled_from(WORLDS))
def test_after_any_edits_memory_and_a_first_look_agree(
    steps: list[Edit], world: tuple[int, int]
) -> None:
    clock, grain_ns = world
    with coarse_times(grain_ns), tempfile.TemporaryDirectory() as place:
        repo = make_repository(Path(place) / "repo", START)
        tree = WorkTree.find(repo.root)
        assert tree is not None
        observer = Observer(clock_ns=lambda: time.time_ns() + clock)
        before: dict[Look, str | None] = {}
        for step in [lambda _: None, *steps]:
            if grain_ns == 1:
                make_ticks_differ(repo.root)
            with suppress(OSError, AssertionError):
                step(repo)
            fresh = Observer(clock_ns=time.time_ns)
            now = {look: see(fresh, look, tree) for look in LOOKS}
            evidence = tuple(Observation(look, seen) for look, seen in now.items() if seen)
            assert observer.verify(evidence, tree) is None
            for look, seen in now.items():
                old = before.get(look)
                if seen is None or (old is not None and old != seen):
                    stale = Observation(look, old or "anything")
                    assert observer.verify((stale,), tree) is not None, "stale"
            before = now
