from pathlib import Path

import pytest

from agentcache.core.agreement import Agreement, shows
from agentcache.core.codec import JsonObject
from agentcache.core.evidence import Among, File, Lines, Listing, Look, Observation, Search
from agentcache.core.values import ToolResult, ToolUse
from agentcache.core.vocabulary import Body, result_body
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository

FILES = {".gitignore": "*.log\n", "pkg/a.py": "def alpha():\n    pass\n", "docs/b.md": "alpha\n"}
SEEN_BY_RIPGREP: list[Look] = [
    Search(".", "alpha", among=Among.VISIBLE),
    Search(".", "alpha", names_only=True, among=Among.VISIBLE),
    Search("pkg", "alpha", among=Among.VISIBLE),
    Listing(".", "**/*.py", among=Among.VISIBLE),
]


class Place:
    """A repository, and an observer with the real clock."""

    def __init__(self, root: Path) -> None:
        self.repo: Repo = make_repository(root, FILES)
        tree = WorkTree.find(root)
        assert tree is not None
        self.tree = tree
        self.observer = Observer(clock_ns=lambda: 0)

    def see(self, look: Look) -> Observation:
        return Observation(look, self.observer.observe(look, self.tree).digest)

    def holds(self, seen: Observation) -> bool:
        return self.observer.verify((seen,), self.tree) is None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


@pytest.mark.parametrize("look", SEEN_BY_RIPGREP)
@pytest.mark.parametrize(
    "name", [".gitignore", "pkg/.gitignore", ".git/info/exclude", ".ignore", "pkg/.rgignore"]
)
def test_what_ripgrep_sees_breaks_when_a_tracked_file_becomes_ignored(
    place: Place, look: Look, name: str
) -> None:
    seen = place.see(look)
    assert place.holds(seen)
    place.repo.write(name, "a.py\n")
    assert not place.holds(seen)


@pytest.mark.parametrize("look", SEEN_BY_RIPGREP)
def test_what_ripgrep_sees_breaks_when_its_own_ignore_file_is_written_anew(
    place: Place, look: Look
) -> None:
    place.repo.write(".ignore", "docs/\n")
    try:
        seen = place.see(look)
    except Exception:  # noqa: BLE001  # refusing to look is as good
        return
    place.repo.write(".ignore", "docs/\npkg/\n")
    assert not place.holds(seen)


@pytest.mark.parametrize("look", SEEN_BY_RIPGREP)
@pytest.mark.parametrize(
    ("setting", "value", "rule"),
    [("core.excludesFile", "../excluded", "new.py"), ("core.ignoreCase", "true", "NEW.py")],
)
def test_what_ripgrep_sees_breaks_for_a_file_that_only_settings_of_git_ignore(
    place: Place, look: Look, setting: str, value: str, rule: str
) -> None:
    """Ripgrep reads no settings of a repository, so it goes over `pkg/new.py`."""
    place.repo.git("config", setting, value)
    where = place.repo.root.parent / "excluded" if "exclude" in setting else None
    (where or place.repo.path(".gitignore")).write_text(f"{rule}\n")
    seen = place.see(look)
    assert place.holds(seen)
    place.repo.write("pkg/new.py", "alpha = 1\n")
    assert not place.holds(seen)


@pytest.mark.parametrize(
    "look",
    [Listing("pkg", "*.py", with_link=True), Listing("pkg", with_stat=True, with_link=True)],
)
def test_a_listing_breaks_when_its_directory_becomes_a_link_which_find_does_not_follow(
    place: Place, look: Look
) -> None:
    seen = place.see(look)
    place.repo.rename("pkg", "pkg0")
    place.repo.path("pkg").symlink_to("pkg0")
    assert not place.holds(seen)


@pytest.mark.parametrize("look", [File("pkg/a.py"), Lines("pkg/a.py", 1, 2)])
def test_a_text_without_carriage_returns_does_not_prove_a_file_that_has_them(
    place: Place, look: Look
) -> None:
    place.repo.write("pkg/a.py", "def alpha():\r\n    pass\r\n")
    seen = place.observer.observe(look, place.tree)
    body = Body("def alpha():\n    pass")
    assert shows(look, seen, body) is not Agreement.AGREES


def test_matches_without_carriage_returns_do_not_prove_lines_that_have_them(place: Place) -> None:
    place.repo.write("pkg/a.py", "def alpha():\r\n    pass\r\n")
    look = Search("pkg", "def")
    seen = place.observer.observe(look, place.tree)
    body = Body("pkg/a.py:1:def alpha():")
    assert shows(look, seen, body) is not Agreement.AGREES


def test_a_name_that_was_shown_as_a_file_and_is_a_link_now_proves_nothing(place: Place) -> None:
    """Ripgrep lists files and no links, so a list made now would be without it."""
    place.repo.link("pkg/a.py", "../docs/b.md")
    for look in (Listing(".", "**/*.py"), Listing(".", "**/*.py", among=Among.VISIBLE)):
        seen = place.observer.observe(look, place.tree)
        body = Body(f"{place.repo.root}/pkg/a.py")
        assert shows(look, seen, body) is not Agreement.AGREES


def test_a_match_that_was_shown_in_a_file_and_is_ignored_now_proves_nothing(place: Place) -> None:
    place.repo.write("pkg/new.py", "alpha = 1\n")
    place.repo.write(".ignore", "new.py\n")
    look = Search("pkg", "alpha", among=Among.VISIBLE)
    seen = place.observer.observe(look, place.tree)
    body = Body("pkg/a.py:1:def alpha():\npkg/new.py:1:alpha = 1")
    assert shows(look, seen, body) is not Agreement.AGREES


@pytest.mark.parametrize("name", ["read", "read_file"])
def test_a_part_that_was_shown_to_the_end_of_the_file_proves_nothing_once_it_is_longer(
    place: Place, name: str
) -> None:
    """Three lines were asked for and two were there: a third one would have been shown."""
    arguments: JsonObject = {"filePath" if name == "read" else "file_path": "pkg/a.py", "limit": 3}
    shown = "00001| def alpha():\n00002|     pass\n"
    text = f"<file>\n{shown}\n(End of file - total 2 lines)\n</file>"
    body = result_body(ToolUse("1", name, arguments), ToolResult("1", text))
    assert body is not None
    place.repo.write("pkg/a.py", FILES["pkg/a.py"] + "TODO = 1\n")
    look = File("pkg/a.py")
    seen = place.observer.observe(look, place.tree)
    assert shows(look, seen, body) is not Agreement.AGREES
