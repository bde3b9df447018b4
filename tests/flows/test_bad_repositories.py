"""Files and repositories that are broken: the agent gets its answer, and `why` tells the reason."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentcache.core.codec import Json
from flows.conftest import FILES
from support.agent import Agent
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher, Shell, Turn
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

PLACE = "shop/settings.py"
QUESTION = "Where is RETRY_LIMIT defined?"
TEXT = "It is in shop/settings.py."
NUMBERED = "\n".join(f"{n:6}\t{line}" for n, line in enumerate(FILES[PLACE].splitlines(), 1))


@pytest.fixture(autouse=True)
def nothing_is_logged_as_a_bug(server: LiveServer) -> Iterator[None]:
    log = server.places.log
    before = len(log.read_text()) if log.exists() else 0
    yield
    written = log.read_text()[before:] if log.exists() else ""
    assert "ERROR" not in written
    assert "Traceback" not in written


@pytest.fixture
def asking(server: LiveServer, repository: Repo) -> Iterator[Callable[..., Agent]]:
    """An agent whose model takes the given turns, then answers TEXT."""
    providers: list[ScriptedProvider] = []

    def start(*turns: Turn, meddle: Callable[[], object] | None = None) -> Agent:
        script = Researcher({"RETRY_LIMIT": Course(turns=turns, final=TEXT)})

        def meddling(request: ProviderRequest) -> Answer:
            answer = script(request)
            if not answer.tools and meddle is not None:
                meddle()
            return answer

        provider = ScriptedProvider(meddling)
        provider.__enter__()
        providers.append(provider)
        return Agent(server.session(repository.root).base(provider.url), repository.root)

    yield start
    for provider in providers:
        provider.__exit__(None, None, None)
        assert provider.violations == []


def why_not_kept(server: LiveServer) -> tuple[str, str]:
    """The reason why the last answer was not kept, and all that `agentcache why` prints."""
    server.kept()
    text = server.cli("why").stdout
    return text.partition("its reply (")[2].partition(")")[0], text


def ask(agent: Agent) -> tuple[str, str]:
    """Ask; the verdict and reason for the question itself. The answer must be the model's."""
    asked = agent.ask(QUESTION)
    assert asked.text == TEXT
    assert all(reply.status == 200 for reply in asked.replies)
    assert all(reply.reason != "cache_failed" for reply in asked.replies)
    assert asked.is_made_anew or asked.opening.reason != "decision"
    return asked.opening.verdict, asked.opening.reason


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def a_huge_file(path: Path) -> None:
    os.truncate(path, 50_000_001)


def nothing(path: Path) -> None:
    path.unlink()


def a_path_through_a_file(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.write_text("a file")


def a_binary_file(path: Path) -> None:
    path.write_bytes(b"\0\1\2RETRY_LIMIT\n")


def unreadable(path: Path) -> None:
    path.chmod(0)


BAD_FILES = [
    (a_directory, "unobservable", "is a directory, not a file"),
    (a_fifo, "unobservable", "is not a regular file"),
    (a_loop, "unobservable", "cannot be looked at: Too many levels of symbolic links"),
    (a_huge_file, "unobservable", "has more than 50000000 bytes"),
    (nothing, "result_differs", PLACE),
    (a_path_through_a_file, "result_differs", PLACE),
    (a_binary_file, "result_differs", PLACE),
]
"""What stands where the file was, why an answer read from it is not kept, and what `why` says."""
if os.geteuid():
    BAD_FILES.append((unreadable, "unobservable", "cannot be read: Permission denied"))

bad_files = pytest.mark.parametrize(
    ("become", "reason", "told"), BAD_FILES, ids=[each[0].__name__ for each in BAD_FILES]
)


@bad_files
def test_what_was_read_from_a_bad_file_is_not_kept(
    server: LiveServer,
    repository: Repo,
    asking: Callable[..., Agent],
    become: Callable[[Path], None],
    reason: str,
    told: str,
) -> None:
    become(repository.path(PLACE))
    agent = asking(Read(PLACE))
    agent.overrides["Read"] = NUMBERED  # as a tool with a cache of its own shows it
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "decision")
    kept, text = why_not_kept(server)
    assert kept == reason
    assert told in text


@bad_files
def test_an_answer_ends_with_the_file_it_was_read_from(
    server: LiveServer,
    repository: Repo,
    asking: Callable[..., Agent],
    become: Callable[[Path], None],
    reason: str,
    told: str,
) -> None:
    agent = asking(Read(PLACE))
    agent.overrides["Read"] = NUMBERED
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "same_text")
    become(repository.path(PLACE))
    assert ask(agent) == ("hit", "decision")
    text = server.cli("why").stdout
    assert "research: evidence_changed" in text
    assert f"changed: {PLACE}" in text
    assert (told in text) or reason == "result_differs"


def test_a_file_that_vanishes_while_the_answer_is_made_is_not_kept(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    agent = asking(Read(PLACE), meddle=lambda: repository.path(PLACE).unlink())
    assert ask(agent) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "result_differs"


def test_a_tool_that_fails_on_a_bad_file_is_not_kept(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    agent = asking(Read(PLACE))
    for number, become in enumerate((a_directory, a_loop_of_a_directory, nothing)):
        become(repository.path(PLACE))
        assert ask(agent) == (("hit", "decision") if number else ("miss", "no_entry"))
        assert why_not_kept(server)[0] == "tool_error"


def a_loop_of_a_directory(path: Path) -> None:
    path.rmdir()
    path.symlink_to(path.name)


def test_lines_of_a_binary_file_are_not_kept(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    a_binary_file(repository.path(PLACE))
    agent = asking(Shell(f"sed -n '1,2p' {PLACE}"))
    agent.overrides["Bash"] = "RETRY_LIMIT"
    assert ask(agent) == ("miss", "no_entry")
    kept, text = why_not_kept(server)
    assert kept == "unobservable"
    assert "is binary, so it has no lines" in text


def test_a_search_over_a_huge_file_is_not_kept_and_over_the_rest_is(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    repository.write("huge.bin", "x")
    a_huge_file(repository.path("huge.bin"))
    agent = asking(Grep("RETRY_LIMIT"))
    agent.overrides["Grep"] = "shop/client.py\nshop/settings.py"
    assert ask(agent) == ("miss", "no_entry")
    kept, text = why_not_kept(server)
    assert kept == "unobservable"
    assert "huge.bin" in text
    narrow = asking(Grep("RETRY_LIMIT", "shop"))
    narrow.overrides["Grep"] = "shop/client.py\nshop/settings.py"
    assert ask(narrow) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "kept"
    assert ask(narrow) == ("hit", "same_text")


@pytest.mark.parametrize("pattern", ["[", "a\\{2,1\\}", "\\("])
def test_a_search_that_fails_on_its_pattern_is_not_kept(
    server: LiveServer, asking: Callable[..., Agent], pattern: str
) -> None:
    agent = asking(Grep(pattern))
    assert ask(agent) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "tool_error"


@pytest.mark.parametrize(
    "pattern", ["(", "[", "*", "a{2,1}", "\\", "(?P<x", "(?<=a+)b", "(a+)+$", "(" * 500, "x\0y"]
)
def test_a_pattern_that_is_not_understood_makes_an_answer_rest_on_the_whole_tree(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent], pattern: str
) -> None:
    wait_until_settled(repository)
    agent = asking(Grep(pattern))
    agent.overrides["Grep"] = "No files found"
    assert ask(agent) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "kept"
    assert ask(agent) == ("hit", "same_text")
    repository.write("docs/notes.md", "Something else.\n")
    assert ask(agent) == ("hit", "decision")


@pytest.mark.parametrize(
    "arguments",
    [
        {"pattern": "x", "path": "a\0b"},
        {"pattern": ""},
        {"pattern": "x", "output_mode": "nonsense"},
        {"pattern": "x", "path": "~nobody"},
        {"pattern": "x", "surprise": "y"},
    ],
    ids=str,
)
def test_a_search_that_no_tool_could_make_is_not_kept(
    server: LiveServer, asking: Callable[..., Agent], arguments: dict[str, Json]
) -> None:
    agent = asking(ToolCall("Grep", arguments))
    agent.overrides["Grep"] = "No files found"
    assert ask(agent) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "opaque_tool"


STEPS = (Grep("RETRY_LIMIT"), Read(PLACE))


def test_a_repository_without_commits_is_served_as_any_other(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    shutil.rmtree(repository.path(".git"))
    repository.git("init", "--quiet")
    history = asking(Shell("git log --oneline"))
    assert ask(history) == ("miss", "no_entry")
    assert why_not_kept(server)[0] == "tool_error"
    agent = asking(*STEPS)
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "same_text")
    repository.write(PLACE, "RETRY_LIMIT = 6\n")
    assert ask(agent) == ("hit", "decision")


def test_a_detached_head_is_served_as_any_other(
    repository: Repo, asking: Callable[..., Agent]
) -> None:
    repository.checkout("--detach")
    agent = asking(*STEPS, Shell("git log --oneline"))
    wait_until_settled(repository)
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "same_text")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "on no branch")
    assert ask(agent) == ("hit", "decision")


def a_head_of_rubbish(git: Path) -> None:
    (git / "HEAD").write_text("rubbish")


def a_head_of_bytes(git: Path) -> None:
    (git / "HEAD").write_bytes(b"\xff\xfe\0")


def a_head_that_is_a_directory(git: Path) -> None:
    (git / "HEAD").unlink()
    (git / "HEAD").mkdir()


def an_index_of_rubbish(git: Path) -> None:
    (git / "index").write_text("rubbish")


def no_objects(git: Path) -> None:
    shutil.rmtree(git / "objects")


BAD_REPOSITORIES = [
    a_head_of_rubbish, a_head_of_bytes, a_head_that_is_a_directory, an_index_of_rubbish, no_objects,
]  # fmt: skip
bad_repositories = pytest.mark.parametrize(
    "become", BAD_REPOSITORIES, ids=lambda each: each.__name__
)


@bad_repositories
def test_what_a_broken_repository_cannot_tell_is_not_kept(
    server: LiveServer,
    repository: Repo,
    asking: Callable[..., Agent],
    become: Callable[[Path], None],
) -> None:
    become(repository.path(".git"))
    agent = asking(*STEPS)
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "decision")
    kept, text = why_not_kept(server)
    assert kept == "unobservable"
    assert "git ls-files" in text


@bad_repositories
def test_an_answer_ends_with_the_repository_that_must_verify_it(
    server: LiveServer,
    repository: Repo,
    asking: Callable[..., Agent],
    become: Callable[[Path], None],
) -> None:
    agent = asking(*STEPS)
    ask(agent)
    assert ask(agent) == ("hit", "same_text")
    become(repository.path(".git"))
    assert ask(agent) == ("hit", "decision")
    assert "git ls-files" in server.cli("why").stdout


def test_a_file_is_verified_without_the_help_of_a_broken_git(
    repository: Repo, asking: Callable[..., Agent]
) -> None:
    a_head_of_rubbish(repository.path(".git"))
    agent = asking(Read(PLACE))
    assert ask(agent) == ("miss", "no_entry")
    assert ask(agent) == ("hit", "same_text")


def test_a_repository_without_a_head_is_none(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent]
) -> None:
    agent = asking(*STEPS)
    ask(agent)
    repository.path(".git/HEAD").unlink()
    assert ask(agent) == ("miss", "no_repository")
    assert "no git repository" in server.cli("why").stdout


@pytest.mark.parametrize("what", [".", ".git", "shop"])
def test_what_is_deleted_while_the_answer_is_made_is_not_kept(
    server: LiveServer, repository: Repo, asking: Callable[..., Agent], what: str
) -> None:
    agent = asking(*STEPS, meddle=lambda: shutil.rmtree(repository.path(what)))
    assert ask(agent) == ("miss", "no_entry")
    # A later step is read once its request is on its way: then there may be no repository.
    assert why_not_kept(server)[0] in ("unobservable", "result_differs", "not_research")
