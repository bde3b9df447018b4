"""Ignore rules that ripgrep reads otherwise than git: whatever it shows was gone over."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentcache.core.evidence import Among, Observation, Search
from agentcache.repo.ignoring import may_name_below
from agentcache.repo.observe import Observer
from agentcache.repo.survey import Survey
from agentcache.repo.worktree import WorkTree
from support.repositories import ENVIRONMENT, Repo, make_repository

FILES = ["a.py", "src/b.py", "src/in/c.py", "src/in/deep/d.py", "src/src/e.py", "in/src/in/f.py"]
PLACES = [".", "src", "src/in", "in", "in/src", "src/src"]
SOURCES = [".gitignore", "src/.gitignore", ".git/info/exclude", ".config/git/ignore"]

PARTS = st.sampled_from(["src", "in", "*", "**", "deep", "[is]*", "c.py", "*.py"])
RULES = st.builds(
    lambda first, parts, last: first + "/".join(parts) + last,
    st.sampled_from(["", "/", "**/", "!", "!/"]),
    st.lists(PARTS, min_size=1, max_size=4),
    st.sampled_from(["", "/"]),
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repo]:
    """A repository that is its user's home too."""
    root: Path = tmp_path_factory.mktemp("forgotten") / "repo"
    made = make_repository(root, {"README.md": ""})
    for name in FILES:
        made.write(name, "")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(root))
        yield made


def shown_by_ripgrep(repo: Repo, cwd: str, root: str) -> set[str]:
    """The files that `rg --files` shows when it is run in `cwd`, relative to the repository.

    Without those of git, which it shows where a rule takes back every name.
    """
    given_path = os.path.relpath(repo.path(root), repo.path(cwd))
    told = subprocess.run(
        ["rg", "--no-config", "--files", given_path],
        cwd=repo.path(cwd),
        env={"PATH": os.environ["PATH"], "HOME": str(repo.root), **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    shown = {os.path.normpath(PurePosixPath(cwd, line)) for line in told.stdout.splitlines()}
    return {path for path in shown if not path.startswith(".git/")}


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    rules=st.dictionaries(st.sampled_from(SOURCES), st.lists(RULES, max_size=3), max_size=2),
    cwd=st.sampled_from(PLACES),
    root=st.sampled_from(PLACES),
)
def test_what_ripgrep_shows_was_gone_over(
    repo: Repo, rules: dict[str, list[str]], cwd: str, root: str
) -> None:
    for source in SOURCES:
        repo.write(source, "".join(f"{rule}\n" for rule in rules.get(source, [])))
    tree = WorkTree.find(repo.root)
    assert tree is not None
    seen = {name.path for name in Survey(tree).scene(root, among=Among.VISIBLE).names}
    assert shown_by_ripgrep(repo, cwd, root) <= seen


def test_rules_that_only_git_reads_hide_nothing(tmp_path: Path) -> None:
    """Classes, braces, white space, a mark of the encoding, what is no text, and rules apart."""
    look = Search(".", "LIMIT", among=Among.VISIBLE)
    for number, (place, rules) in enumerate(
        [
            (".gitignore", b"[[:alpha:]].tmp\n"),
            ("src/.gitignore", b"\xef\xbb\xbfq.tmp\n"),
            ("src/.gitignore", b"# caf\xe9\nq.tmp\n"),
            (".gitignore", b"q.tmp\0\n"),
            (".gitignore", b"q.tmp\n!\n"),
            ("../apart/info/exclude", b"q.tmp\n"),
            ("../home/ignore", b"q.tmp\n"),
        ]
    ):
        base = tmp_path / str(number)
        repo = make_repository(base / "repo", {"src/a.py": "1\n"})
        repo.git("init", "--quiet", "--separate-git-dir", str(base / "apart"))
        repo.write("../home/.gitconfig", f'[core]\n excludesFile = "{base}/home/ignore"\n')
        repo.write(place, rules)
        repo.write("src/q.tmp", "LIMIT\n")
        tree = WorkTree.find(repo.root)
        assert tree is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(base / "home"))
            observer = Observer(clock_ns=time.time_ns)
            seen = Observation(look, observer.observe(look, tree).digest)
            assert observer.verify((seen,), tree) is None
            repo.write("src/q.tmp", "LIMIT twice\n")
            assert observer.verify((seen,), tree) is not None, place


@pytest.mark.parametrize(
    ("rule", "inner"),
    [
        ("/src/in/", "src"),
        ("src/in", "src"),
        ("src/**", "src/in"),
        ("src/*/deep", "src/in"),
        ("**/src/in", "in/src"),
        (r"s\rc/in", "src"),
        ("[s]rc/in", "src"),
        ("SRC/in", "src"),
        ("/any", ""),
    ],
)
def test_a_rule_may_name_what_is_below(rule: str, inner: str) -> None:
    assert may_name_below(rule, inner.split("/") if inner else [])


@pytest.mark.parametrize(
    ("rule", "inner"),
    [
        ("in", "src"),
        ("*.log", "src"),
        ("build/", "src"),
        ("**/in", "src"),
        ("**/.claude/settings.local.json", "src"),
        ("/src", "src"),
        ("/docs/in", "src"),
        ("src/in", "src/in/deep"),
        ("!/src/in", "src"),
        ("# /src/in", "src"),
        ("", "src"),
        ("/", "src"),
    ],
)
def test_a_rule_that_names_nothing_below_is_told(rule: str, inner: str) -> None:
    assert not may_name_below(rule, inner.split("/"))


@pytest.mark.parametrize(
    "rules", [b"*.{txt,tmp}\n", b"q.tmp\t\n", b"src[!a]q.tmp\n", b"/***/q.tmp\n", b"src//q.tmp\n"]
)
def test_rules_that_ripgrep_reads_in_another_way_count_as_they_are_written(
    repo: Repo, rules: bytes
) -> None:
    look = Search(".", "LIMIT", among=Among.VISIBLE)
    repo.write(".gitignore", b"")
    repo.write("src/q.tmp", "LIMIT\n")
    tree = WorkTree.find(repo.root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    seen = Observation(look, observer.observe(look, tree).digest)
    repo.write("src/q.tmp", "LIMIT\n")
    assert observer.verify((seen,), tree) is None
    repo.write(".gitignore", rules)
    assert observer.verify((seen,), tree) is not None


def test_the_users_rules_for_paths_count_where_a_search_begins_below_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, repo = tmp_path / "home", make_repository(tmp_path / "repo", {})
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (home / ".config" / "git").mkdir(parents=True)
    repo.write("src/q.tmp", "LIMIT\n")
    tree = WorkTree.find(repo.root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    look = Search("src", "LIMIT", among=Among.VISIBLE)
    seen = Observation(look, observer.observe(look, tree).digest)
    (home / ".config" / "git" / "ignore").write_text("*.log\n**/in/a.tmp\n")
    assert observer.verify((seen,), tree) is None
    (home / ".config" / "git" / "ignore").write_text("/q.tmp\n")
    assert observer.verify((seen,), tree) is not None
