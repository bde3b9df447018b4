"""Whatever is done in whatever order: what is served is what the tool gives now, sync or async."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache import AgentCache, Look
from client.loops import COLOURS, Loop, first_line, is_absent, matches, names, read
from support.repositories import Repo, make_repository

FILES = {"a.py": "LIMIT = 1\nNAME = 'a'\n", "b/c.py": "C\n", ".gitignore": "*.log\n"}
PATHS = ["a.py", "b/c.py", "b/d.py", "a.log"]
TEXTS = ["LIMIT = 1\nNAME = 'a'\n", "LIMIT = 2\nNAME = 'a'\n", "LIMIT = 1\nNAME = 'b'\n", "C\n"]

USES: list[tuple[Callable[..., Any], str]] = [
    *((read, path) for path in PATHS[:3]),
    (first_line, "a.py"),
    (names, "*.py"),
    (matches, "LIMIT"),
    (is_absent, "b/d.py"),
    (is_absent, "b"),
]
ACTIONS = st.one_of(
    st.sampled_from(range(len(USES))),
    st.sampled_from(range(len(USES))),
    st.tuples(st.sampled_from(PATHS), st.sampled_from(TEXTS)),
    st.tuples(st.just("remove"), st.sampled_from(PATHS)),
    st.tuples(st.just("git"), st.sampled_from(["commit", "stash", "clean"])),
)


def act(repository: Repo, action: tuple[str, str]) -> None:
    """Change the repository."""
    what, how = action
    if what == "git":
        if how == "commit":
            repository.commit()
        elif how == "stash":
            repository.git("stash", "--include-untracked")
        else:
            repository.git("clean", "-dxfq")
    elif what == "remove":
        repository.path(how).unlink(missing_ok=True)
    else:
        repository.write(what, how)


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> list[Repo]:
    place = tmp_path_factory.mktemp("played")
    made = [make_repository(place / colour, FILES) for colour in COLOURS]
    for repository in made:
        repository.git("tag", "first")
    return made


def played(repository: Repo, colour: str, actions: list[Any]) -> list[tuple[str, str]]:
    """What every use of a tool gave, and its verdict."""
    repository.git("reset", "--quiet", "--hard", "first")
    repository.git("clean", "-dxfq")
    said = []
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        cache = stack.enter_context(AgentCache.open(repository.root, home=home))
        fresh = stack.enter_context(AgentCache.open(repository.root, home=home / "f", mode="off"))
        loop = Loop(cache, repository, colour)
        tools = {function: loop.made(function) for function, _ in USES}
        plain = {function: fresh.tool()(function) for function, _ in USES}
        for action in actions:
            if isinstance(action, tuple):
                act(repository, action)
                continue
            function, argument = USES[action]
            given = _given(tools[function], argument)
            assert given == _given(plain[function], argument)
            said.append((given, loop.said() if cache.last else ""))
    return said


def _given(tool: Callable[[str], object], argument: str) -> str:
    try:
        return repr(tool(argument))
    except FileNotFoundError:
        return "it is not there"


@settings(max_examples=20)
@given(actions=st.lists(ACTIONS, min_size=4, max_size=25))
def test_a_served_result_is_what_the_tool_gives_now(
    repositories: list[Repo], actions: list[Any]
) -> None:
    sync, asynchronous = (
        played(repository, colour, actions)
        for repository, colour in zip(repositories, COLOURS, strict=True)
    )
    assert sync == asynchronous


@pytest.mark.parametrize("colour", COLOURS)
def test_a_cache_that_is_off_shows_a_tool_the_same_files(
    repositories: list[Repo], colour: str
) -> None:
    repository = repositories[COLOURS.index(colour)]
    played(repository, colour, [("a.log", TEXTS[0]), 5, 4])


def test_the_property_can_fail(repositories: list[Repo]) -> None:
    repository = repositories[0]
    (repository.root / "a.py").write_text(TEXTS[0])
    with TemporaryDirectory() as home, AgentCache.open(repository.root, home=home) as cache:

        @cache.tool(version="1")
        def blind(path: str) -> str:
            return repository.path(path).read_text()

        @cache.tool()
        def seeing(look: Look, path: str) -> str:
            return look.read(path)

        before = blind("a.py"), seeing("a.py")
        repository.write("a.py", TEXTS[1])
        assert blind("a.py") == before[0]  # a version is believed
        assert seeing("a.py") == TEXTS[1]
