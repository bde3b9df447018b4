"""Whatever happens to a repository, a search through the adapter shows what the search shows."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import agentcache_nano_claude_code as adapter
from agentcache import AgentCache
from support.loop_registry import Registry
from support.repositories import Repo, make_repository, wait_until_settled

_MODES = {"files_with_matches": "-l", "count": "-c", "content": "-n"}
NAMES = ["a.py", "src/b.py", "src/c.txt", ".hidden/d.py", "ignored/e.py", ".git/f.py"]
RULES = ["ignored/\n", "*.txt\n", ""]
TEXTS = ["LIMIT = 1\n", "limit\nLIMIT\n", "nothing\n", "\0LIMIT\n", ""]

changes = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(NAMES), st.sampled_from(TEXTS)),
    st.tuples(st.just("write"), st.sampled_from([".gitignore", ".ignore"]), st.sampled_from(RULES)),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.just("")),
    st.tuples(st.just("commit"), st.just(""), st.just("")),
    st.tuples(st.just("back"), st.just(""), st.just("")),
)
uses = st.fixed_dictionaries(
    {"pattern": st.sampled_from(["LIMIT", "limit"]), "output_mode": st.sampled_from(list(_MODES))},
    optional={
        "case_insensitive": st.just(value=True),
        "glob": st.just("*.py"),
        "context": st.just(1),
    },
)


def search(params: dict[str, Any], _config: object) -> str:
    """As the host's Grep runs ripgrep."""
    mode = _MODES[params["output_mode"]]
    command = ["rg", "--no-heading", mode, *(["-i"] if params.get("case_insensitive") else [])]
    command += ["-C", "1"] if params.get("context") and mode == "-n" else []
    command += ["--glob", params["glob"]] if params.get("glob") else []
    done = subprocess.run(
        [*command, "-e", params["pattern"], params["path"]],
        capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    return done.stdout.strip()[:20000] or "No matches found"


def apply(repo: Repo, change: tuple[str, str, str]) -> None:
    kind, name, text = change
    if kind == "write":
        repo.write(name, text)
    elif kind == "remove":
        repo.path(name).unlink(missing_ok=True)
    elif kind == "commit":
        repo.git("add", "-A")
        repo.git("commit", "--quiet", "--allow-empty", "-m", "LIMIT")
    else:
        repo.git("reset", "--quiet", "--hard", "HEAD")


def lines(text: str) -> list[str]:
    """Ripgrep's threads give files in any order."""
    return sorted(text.splitlines())


@settings(max_examples=25)
@given(st.lists(st.tuples(changes, st.lists(uses, min_size=1, max_size=3)), max_size=6))
def test_a_search_shows_what_it_shows_without_the_adapter(
    steps: list[tuple[tuple[str, str, str], list[dict[str, Any]]]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        repo = make_repository(Path(place) / "repo", {"a.py": "LIMIT = 1\n", "src/b.py": "x\n"})
        registry = Registry()
        tool = registry.tool("Grep")
        tool.func = search
        registry.register_tool(tool)
        with AgentCache.open(repo.root, home=Path(place) / "home") as cache:
            assert adapter.attach(registry, cache) is not None
            for change, asked in steps:
                apply(repo, change)
                wait_until_settled(repo)
                for use in (*asked, *asked):
                    placed = use | {"path": str(repo.root)}
                    shown = registry.execute_tool("Grep", placed)
                    assert lines(shown) == lines(search(placed, None))
