"""Results of known tools: what a host's tool shows, kept only as far as the disk confirms it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache.core.codec import JsonObject
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from agentcache.store.entries import Entries
from agentcache.store.memory import MemoryStore
from agentcache.tool_results import ToolResults
from support.repositories import Repo, make_repository, wait_until_settled

FILES = {"a.py": "LIMIT = 10\n", "b.py": "import a\n", "docs/page.md": "A page\n"}


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    repository = make_repository(tmp_path / "repository", FILES)
    wait_until_settled(repository)
    return repository


class Host:
    """A host whose tools read the disk, behind the cache; `ran`: how often they did."""

    def __init__(self, root: Path, *, owner: str = "me") -> None:
        self.results = ToolResults(
            entries=Entries(MemoryStore(clock=time.time)),
            observer=Observer(clock_ns=time.time_ns),
            find_tree=WorkTree.find,
            clock_ns=time.time_ns,
        )
        self.root = root
        self.owner = owner
        self.registry = ""
        self.ran = 0

    def use(
        self, name: str, arguments: JsonObject, *, run: Callable[[], str] | None = None
    ) -> tuple[str, str]:
        """What the tool shows, and `tool` when it was served, else what became of it."""
        lookup = self.results.lookup(
            name, arguments, owner=self.owner, cwd=str(self.root), registry=self.registry
        )
        if lookup.text is not None:
            assert lookup.entry
            return lookup.text, lookup.reason
        self.ran += 1
        text = (run or (lambda: self.run(name, arguments)))()
        return text, self.results.keep(lookup, text).reason

    def run(self, name: str, arguments: JsonObject) -> str:
        """As a host's own tools do it."""
        if name == "Read":
            path = self.root / str(arguments["file_path"])
            if not path.is_file():
                return f"Error: {path} does not exist"
            lines = path.read_text().splitlines()
            return "".join(f"{number:6}\t{line}\n" for number, line in enumerate(lines, 1))
        if name == "Glob":
            found = sorted(self.root.glob(str(arguments["pattern"])))
            return "\n".join(map(str, found)) or "No files found"
        found = [
            path
            for path in sorted(self.root.rglob("*.py"))
            if str(arguments["pattern"]) in path.read_text()
        ]
        return "\n".join(map(str, found)) or "No matches found"


READ: JsonObject = {"file_path": "a.py"}


def test_between_identical_reads_the_model_sees_what_the_disk_says(repository: Repo) -> None:
    host = Host(repository.root)
    shown = [host.use("Read", READ)]
    repository.write("a.py", "LIMIT = 99\n")
    shown += [host.use("Read", READ)]
    repository.commit("a commit")
    shown += [host.use("Read", READ)]
    repository.checkout("HEAD~1")
    shown += [host.use("Read", READ)]
    assert [(text.split()[-1], verdict) for text, verdict in shown] == [
        ("10", "kept"), ("99", "kept"), ("99", "tool"), ("10", "tool"),
    ]  # fmt: skip


def test_a_host_that_shows_what_it_remembers_is_not_believed(repository: Repo) -> None:
    host = Host(repository.root)
    old = host.run("Read", READ)
    repository.write("a.py", "LIMIT = 99\n")
    assert host.use("Read", READ, run=lambda: old) == (old, "result_differs")
    assert host.use("Read", READ)[0].split()[-1] == "99"


@pytest.mark.parametrize(
    ("name", "arguments", "shown"),
    [
        ("TaskList", {}, "No tasks."),
        ("Bash", {"command": "cat a.py"}, "LIMIT = 10"),
        ("Agent", {"prompt": "Where is it?"}, "In a.py"),
        ("WebFetch", {"url": "x"}, "A page"),
        ("read_files", {"file_path": "a.py"}, "LIMIT = 10"),
        ("Read", {"file_path": "a.py", "as_of": "now"}, "     1\tLIMIT = 10\n"),
        ("Read", {}, "     1\tLIMIT = 10\n"),
        ("Read", {"file_path": "~/a.py"}, "     1\tLIMIT = 10\n"),
    ],
)
def test_tools_that_only_claim_to_read_are_never_kept(
    repository: Repo, name: str, arguments: JsonObject, shown: str
) -> None:
    host = Host(repository.root)
    for _ in range(2):
        assert host.use(name, arguments, run=lambda: shown) == (shown, "opaque_tool")


@pytest.mark.parametrize(
    "shown",
    ["", "\n", "Error: a.py is gone", "Denied by the user", "No matches found", "No files found",
     "No results found.", "(no output)"],
)  # fmt: skip
def test_errors_and_empty_results_are_never_kept(repository: Repo, shown: str) -> None:
    host = Host(repository.root)
    uses: list[tuple[str, JsonObject]] = [("Read", READ), ("Grep", {"pattern": "nowhere"})]
    for name, arguments in uses:
        for _ in range(2):
            assert host.use(name, arguments, run=lambda: shown) == (shown, "tool_error")
    lookup = host.results.lookup("Read", READ, owner="me", cwd=str(repository.root))
    assert host.results.keep(lookup, host.run("Read", READ), is_error=True).reason == "tool_error"


def test_a_reminder_of_the_moment_is_never_kept(repository: Repo) -> None:
    host = Host(repository.root)
    reminded = host.run("Read", READ) + "\n<system-reminder>It is late.</system-reminder>"
    assert host.use("Read", READ, run=lambda: reminded)[1] == "result_differs"


def test_similar_arguments_and_other_owners_are_other_results(
    repository: Repo, tmp_path: Path
) -> None:
    host = Host(repository.root)
    host.use("Read", READ)
    others: list[JsonObject] = [{"file_path": "b.py"}, {"file_path": "a.py", "limit": 1}]
    for arguments in others:
        assert host.use("Read", arguments)[1] == "kept"
    assert host.use("Read", READ)[1] == "tool"
    host.owner = "you"
    assert host.use("Read", READ)[1] == "kept"
    host.registry = "tools:v1:other"
    assert host.use("Read", READ)[1] == "kept"
    other = make_repository(tmp_path / "other", FILES)
    wait_until_settled(other)
    host.root = other.root
    assert host.use("Read", READ)[1] == "kept"


def test_relative_paths_of_another_directory_are_other_files(repository: Repo) -> None:
    repository.write("docs/a.py", "LIMIT = 3\n")
    host = Host(repository.root)
    assert host.use("Read", READ)[0].split()[-1] == "10"
    host.root = repository.root / "docs"
    assert host.use("Read", READ)[0].split()[-1] == "3"


def test_the_work_tree_is_that_of_the_path_and_not_of_the_process(
    repository: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.git("worktree", "add", str(tmp_path / "worktree"))
    host = Host(repository.root)
    path = tmp_path / "worktree" / "a.py"
    arguments: JsonObject = {"file_path": str(path)}
    monkeypatch.chdir(tmp_path)
    host.use("Read", arguments)
    assert host.use("Read", arguments)[1] == "tool"
    path.write_text("LIMIT = 4\n")
    assert host.use("Read", arguments)[0].split()[-1] == "4"
    assert host.use("Read", READ)[0].split()[-1] == "10"


def test_a_new_file_breaks_a_search_and_a_listing(repository: Repo) -> None:
    host = Host(repository.root)
    uses: list[tuple[str, JsonObject]] = [
        ("Grep", {"pattern": "LIMIT"}), ("Glob", {"pattern": "*.py"}),
    ]  # fmt: skip
    for name, arguments in uses:
        assert host.use(name, arguments)[1] == "kept"
        assert host.use(name, arguments)[1] == "tool"
    repository.write("docs/page.md", "More\n")
    assert [host.use(*use)[1] for use in uses] == ["tool", "tool"]
    repository.write("c.py", "LIMIT = 1\n")
    for name, arguments in uses:
        assert "c.py" in host.use(name, arguments)[0]


def test_names_in_the_order_of_their_change_are_not_served_after_one(repository: Repo) -> None:
    host = Host(repository.root)

    def newest_first() -> str:
        found = sorted(repository.root.glob("*.py"), key=lambda path: -path.stat().st_mtime_ns)
        return "\n".join(map(str, found))

    for newest in ("a.py", "b.py", "a.py"):
        then = time.time_ns() - 10_000_000_000
        for name in ("a.py", "b.py"):
            later = 1_000_000_000 * (name == newest)
            os.utime(repository.path(name), ns=(then + later, then + later))
        wait_until_settled(repository)
        shown = host.use("Glob", {"pattern": "*.py"}, run=newest_first)[0]
        assert shown == newest_first()


def test_an_edit_that_keeps_size_and_time_is_seen(repository: Repo) -> None:
    host = Host(repository.root)
    host.use("Read", READ)
    found = repository.path("a.py").stat()
    repository.write("a.py", "LIMIT = 20\n")
    os.utime(repository.path("a.py"), ns=(found.st_atime_ns, found.st_mtime_ns))
    assert host.use("Read", READ)[0].split()[-1] == "20"


def test_outside_of_a_repository_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("LIMIT = 10\n")
    assert Host(tmp_path).use("Read", READ)[1] == "no_repository"


def test_a_store_that_fails_is_a_miss(repository: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    from agentcache.errors import StoreError  # noqa: PLC0415  # only here

    host = Host(repository.root)
    host.use("Read", READ)

    def fail(*_: object, **__: object) -> bytes:
        raise StoreError("it is broken")

    monkeypatch.setattr(host.results._entries.store, "load", fail)
    assert host.use("Read", READ)[1] == "store_failed"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("played") / "repository", FILES)


USES: list[tuple[str, JsonObject]] = [
    ("Read", READ),
    ("Read", {"file_path": "c.py"}),
    ("Glob", {"pattern": "*.py"}),
    ("Grep", {"pattern": "LIMIT"}),
]
ACTIONS = st.one_of(
    st.sampled_from(range(len(USES))),
    st.tuples(st.sampled_from(["a.py", "b.py", "c.py"]), st.sampled_from(["LIMIT", "OTHER", ""])),
    st.sampled_from(["commit", "remove", "back", "stash"]),
)


def act(repository: Repo, action: object) -> None:
    """Change the repository."""
    if isinstance(action, tuple):
        repository.write(action[0], f"{action[1]} = 1\n" if action[1] else "")
    elif action == "remove":
        repository.path("c.py").unlink(missing_ok=True)
    elif action == "commit":
        repository.commit()
    elif action == "stash":
        repository.git("stash", "--include-untracked")
    elif action == "back":
        repository.git("stash", "--include-untracked")
        repository.git("checkout", "--quiet", "--detach", repository.git("rev-list", "-2", "HEAD")
                       .split("\n")[-1])  # fmt: skip


@settings(max_examples=25)
@given(actions=st.lists(ACTIONS, min_size=4, max_size=20))
def test_what_is_served_is_always_what_the_tool_shows_now(
    played: Repo, actions: list[object]
) -> None:
    host = Host(played.root)
    for action in actions:
        if isinstance(action, int):
            name, arguments = USES[action]
            shown, verdict = host.use(name, arguments)
            assert (shown, verdict) == (host.run(name, arguments), verdict)
        else:
            act(played, action)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Grep", {"pattern": "LIMIT"}),
        ("Grep", {"pattern": "LIMIT", "head_limit": 1}),
        ("Grep", {"pattern": "LIMIT", "multiline": True}),
        ("Glob", {"pattern": "*.@(py|md)"}),
    ],
)
@pytest.mark.parametrize("most", [100, 1])
def test_what_was_found_in_the_order_of_its_change_is_not_served_after_one(
    repository: Repo, name: str, arguments: JsonObject, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentcache.tool_results._MOST_DATED", most)
    repository.write("b.py", "LIMIT = 3\n")
    then = time.time_ns() - 10_000_000_000
    for place, name_of in enumerate(("a.py", "b.py")):
        os.utime(repository.path(name_of), ns=(then + place, then + place))
    wait_until_settled(repository)
    host = Host(repository.root)

    def newest_first() -> str:
        found = sorted(repository.root.glob("*.py"), key=lambda path: -path.stat().st_mtime_ns)
        return "\n".join(map(str, found[: 1 if "head_limit" in arguments else None]))

    assert host.use(name, arguments, run=newest_first)[1] == "kept"
    assert host.use(name, arguments, run=newest_first)[1] == "tool"
    os.utime(repository.path("a.py"))
    wait_until_settled(repository)
    assert host.use(name, arguments, run=newest_first)[0] == newest_first()


def test_the_time_of_a_file_that_was_not_found_is_nothing_to_a_search(repository: Repo) -> None:
    repository.write("c.py", "LIMIT = 3\n")
    wait_until_settled(repository)
    host = Host(repository.root)
    grep: tuple[str, JsonObject] = ("Grep", {"pattern": "LIMIT"})
    assert host.use(*grep)[1] == "kept"
    os.utime(repository.path("b.py"))
    assert host.use(*grep)[1] == "tool"


def test_a_path_that_goes_up_from_a_link_is_not_served(repository: Repo) -> None:
    repository.write("docs/in/c.py", "x\n")
    wait_until_settled(repository)
    host = Host(repository.root)
    host.root = repository.root / "docs"
    up: tuple[str, JsonObject] = ("Read", {"file_path": "../a.py"})
    assert host.use(*up)[1] == "kept"
    assert host.use(*up)[1] == "tool"
    host.root.rename(repository.root / "other")
    host.root.symlink_to("other/in")
    assert host.use(*up, run=lambda: "     1\tx")[1] == "opaque_tool"
