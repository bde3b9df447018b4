"""A commit is seen as a clean checkout of it would be, without one."""

import os
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentcache.core.evidence import (
    ABSENT,
    Among,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.core.shell_git import (
    BRANCHES,
    CONTEXT,
    EVERY_REF,
    FLAGS,
    INDEX,
    MAILMAP,
    TAGS,
    TRACKED,
)
from agentcache.errors import ObserveError
from agentcache.repo.commit import CommitView
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.places import Place
from support.repositories import Repo, make_repository

NAMES = [
    "a.py",
    "b.txt",
    "src/a.py",
    "src/x y.py",
    "src/in/c.py",
    "src/.hidden",
    "x.log",
    "\xe9.py",
]
PLACES = [
    *NAMES,
    ".",
    "src",
    "src/in",
    "gone.py",
    "to-src",
    "to-src/a.py",
    "src/../a.py",
    "src/..",
    "a.py/b",
]
CONTENTS = [
    b"", b"foo\n", b"foo\nbar\nfoo()\n", b"bar\nfoo", b"foo\r\nbar\r\n", b"foo\r\nbar\n",
    b"\0foo\n", b"\xff\xfe\n", b"$Id$ foo\n", b"caf\xc3\xa9 foo\n",
]  # fmt: skip
LINKS = ["a.py", "src", "in", "../a.py", "nowhere", "to-src", "..", ".", "../to-src/in"]
ATTRIBUTES = [
    "", "* text=auto\n", "*.py eol=crlf\n", "*.txt -text\n*.py ident\n", "b.txt text eol=lf\n",
    "*.py filter=none\n",
]  # fmt: skip

REFS = ["HEAD", "HEAD~1", "HEAD^", "main", "no", INDEX, TRACKED, MAILMAP, FLAGS, CONTEXT]

names = st.sampled_from(NAMES)
places = st.sampled_from(PLACES)
among = st.sampled_from(list(Among))
globs = st.sampled_from(["", "*.py", "src/*", "**/*.py", "{a,b}.*", "*.log"])
looks: st.SearchStrategy[Look] = st.one_of(
    st.builds(File, places),
    st.builds(Lines, places, st.integers(0, 3), st.integers(0, 4)),
    st.builds(Listing, places, globs, st.integers(0, 2), st.just(value=False), among),
    st.builds(
        Search,
        places,
        st.sampled_from(["foo", "fo+", "^bar$", "\\w\\(", "(", "Id"]),
        st.booleans(),
        globs,
        st.integers(0, 1),
        st.integers(0, 1),
        st.booleans(),
        among,
    ),
    st.builds(Tree, places),
    st.builds(
        GitRef,
        st.sampled_from(
            ["HEAD", "HEAD~1", "HEAD^", "main", ":", ".mailmap", "no", ":context", ":flags"]
        ),
    ),
)
trees = st.fixed_dictionaries(
    {"a.py": st.sampled_from(CONTENTS), ".gitattributes": st.sampled_from(ATTRIBUTES)},
    optional={name: st.sampled_from(CONTENTS) for name in [*NAMES[1:], ".mailmap", ".ignore"]},
)
links = st.dictionaries(
    st.sampled_from(["to-src", "src/link", "src/in/up"]), st.sampled_from(LINKS), max_size=3
)
settings_of_git = st.sampled_from([(), ("core.autocrlf", "true"), ("core.eol", "crlf")])


def put(repo: Repo, files: dict[str, bytes | str], linked: dict[str, str]) -> str:
    """Commit exactly these files and links."""
    repo.git("rm", "-rqf", "--ignore-unmatch", ".")
    repo.git("clean", "-fdxq")
    for name, content in files.items():
        repo.write(name, content)
    for name, target in linked.items():
        repo.link(name, target)
    repo.git("add", "--all", "--force")
    return repo.commit()


def seen(observer: Observer, tree: WorkTree, look: Look) -> str:
    try:
        return observer.observe(look, tree).digest
    except ObserveError:
        return "cannot be looked at"


def viewed(view: CommitView, look: Look) -> str:
    try:
        return view.digest(look)
    except ObserveError:
        return "cannot be looked at"


def is_beyond_a_commit(look: Look, seen_there: str) -> bool:
    """Whether it was said that more than git's word decides what `look` goes over."""
    visible = isinstance(look, Listing | Search) and look.among is Among.VISIBLE
    return visible and seen_there == "cannot be looked at"


def leads_outside(look: Look, root: Path) -> bool:
    """Whether links lead out of the repository, of whose neighbours no commit knows."""
    if not isinstance(look, Listing | Search | Tree):
        return False
    return not Path(os.path.realpath(root / look.root)).is_relative_to(root)


@settings(
    max_examples=int(os.environ.get("AGENTCACHE_ORACLE_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example(
    first={"a.py": b"foo\n", ".gitattributes": ""},
    first_links={"to-src": "src", "src/link": "in"},
    second={"a.py": b"bar\n", ".gitattributes": "", "src/in/c.py": b"foo\n"},
    second_links={},
    setting=(),
    several=[Listing(".", "", 0), Tree("."), Search("to-src", "foo")],
)
@example(
    first={"a.py": b"", ".gitattributes": "", "src/in/c.py": b""},
    first_links={"to-src": "."},
    second={"a.py": b"", ".gitattributes": ""},
    second_links={},
    setting=(),
    several=[Listing("to-src"), Listing("src/.."), Listing("src/../to-src", depth=1)],
)
@given(
    first=trees,
    first_links=links,
    second=trees,
    second_links=links,
    setting=settings_of_git,
    several=st.lists(looks, min_size=8, max_size=14),
)
def test_a_commit_is_seen_as_a_clean_checkout_of_it(
    first: dict[str, bytes | str],
    first_links: dict[str, str],
    second: dict[str, bytes | str],
    second_links: dict[str, str],
    setting: tuple[str, ...],
    several: list[Look],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        repo = make_repository(Path(directory) / "repo", {"start": "x\n"})
        if setting:
            repo.git("config", *setting)
        repo.git("config", "core.safecrlf", "false")
        put(repo, second, second_links)
        commit = put(repo, first, first_links)
        repo.git("rm", "-rqf", ".")
        repo.git("reset", "--hard", "--quiet")  # the bytes that were added may not be git's
        tree = WorkTree.find(repo.root)
        assert tree is not None
        observer = Observer(clock_ns=time.time_ns)
        expected = [seen(observer, tree, look) for look in several]
        outside = {look for look in several if leads_outside(look, repo.root)}

        repo.checkout("--force", "--detach", "HEAD~1")
        repo.write("src/untracked.py", "foo\n")
        repo.write("a.py", "foo and more\n")
        with CommitView(tree, commit, observer=observer) as view:
            found = [viewed(view, look) for look in several]
        differ = [
            row
            for row in zip(several, found, expected, strict=True)
            if row[1] != row[2]
            and not is_beyond_a_commit(row[0], row[1])
            and not (row[0] in outside and row[1] == "cannot be looked at")
        ]
        assert not differ


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


def opened(place: Place, commit: str = "HEAD") -> CommitView:
    return CommitView(place.tree, commit, observer=place.observer)


def test_what_a_commit_left_alone_holds_and_what_it_changed_breaks(place: Place) -> None:
    evidence = [
        place.see(look)
        for look in (
            Lines("a.py", 4, 5),
            File("a.py"),
            Search("src", "LIMIT"),
            Listing(".", "*.py"),
        )
    ]
    place.repo.write("a.py", "import io\n\n\ndef parse(x):\n    return x\n")
    commit = place.repo.commit()
    place.repo.remove("a.py")
    with opened(place, commit) as view:
        verdicts = [view.verify((each,)) for each in evidence]
    assert [broken and broken.what for broken in verdicts] == [None, "a.py", None, None]


def test_what_is_not_committed_breaks_and_says_so(place: Place) -> None:
    place.repo.write("build/out.txt", "made\n")
    evidence = (place.see(File("build/out.txt")),)
    with opened(place) as view:
        broken = view.verify(evidence)
    assert broken is not None
    assert "what is not committed does not count" in broken.why


def test_a_listing_of_everything_breaks_by_what_is_ignored_and_one_of_the_visible_does_not(
    place: Place,
) -> None:
    place.repo.write("build/out.txt", "made\n")
    every, visible = place.see(Listing(".")), place.see(Listing(".", among=Among.VISIBLE))
    with opened(place) as view:
        assert view.verify((visible,)) is None
        broken = view.verify((every,))
    assert broken is not None
    assert "what is not committed does not count" in broken.why


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (Listing(".", with_stat=True), "sizes and times"),
        (File(".git/config"), "git's own directory"),
    ],
    ids=["sizes", "git's own"],
)
def test_what_no_commit_knows_is_broken_with_the_reason(place: Place, look: Look, why: str) -> None:
    evidence = (place.see(look),)
    with opened(place) as view:
        broken = view.verify(evidence)
    assert broken is not None
    assert why in broken.why


@pytest.mark.parametrize("name", [EVERY_REF, BRANCHES])
def test_all_refs_and_branches_hold_only_where_head_is(place: Place, name: str) -> None:
    evidence = (place.see(GitRef(name)),)
    with opened(place) as view:
        assert view.verify(evidence) is None
    place.repo.commit()
    with opened(place, "HEAD~1") as view:
        broken = view.verify(evidence)
    assert broken is not None
    assert "which branch HEAD would be on" in broken.why


def test_tags_hold_at_every_commit(place: Place) -> None:
    place.repo.git("tag", "v1")
    evidence = (place.see(GitRef(TAGS)),)
    place.repo.commit()
    for commit in ("HEAD", "HEAD~1"):
        with opened(place, commit) as view:
            assert view.verify(evidence) is None
    place.repo.git("tag", "v2")
    with opened(place) as view:
        assert view.verify(evidence) is not None


def test_beyond_the_work_tree_the_disk_is_looked_at(place: Place, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("one\n")
    place.repo.link("way-out", str(outside))
    place.repo.commit()
    evidence = [place.see(look) for look in (File(str(outside)), Lines("way-out", 1, 1))]
    with opened(place) as view:
        assert view.verify(tuple(evidence)) is None
    outside.write_text("two\n")
    with opened(place) as view:
        assert [view.verify((each,)) is None for each in evidence] == [False, False]


def test_a_path_beyond_the_work_tree_that_leads_into_it_is_not_looked_at_on_disk(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "way-in").symlink_to("repo/a.py")
    looks: list[Look] = [
        File(str(tmp_path / "way-in")), Lines(str(tmp_path / "way-in"), 1, 2),
        Search(str(tmp_path), "LIMIT"), Listing(str(tmp_path)), Tree(str(tmp_path)),
    ]  # fmt: skip
    evidence = [place.see(look) for look in looks]
    place.repo.write("a.py", "changed\n")
    place.repo.remove("src/b.py")
    commit = place.repo.commit()
    place.repo.checkout("--detach", "HEAD~1")
    with opened(place, commit) as view:
        assert [view.verify((each,)) is None for each in evidence] == [False] * len(looks)


def test_the_names_in_the_directory_above_are_looked_at_on_disk(
    place: Place, tmp_path: Path
) -> None:
    evidence = (place.see(Listing(str(tmp_path), depth=1)),)
    with opened(place) as view:
        assert view.verify(evidence) is None


def test_a_submodule_is_an_empty_directory(place: Place) -> None:
    head = place.repo.git("rev-parse", "HEAD")
    place.repo.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub/module")
    place.repo.git("commit", "--quiet", "--message", "a submodule")
    place.repo.git("reset", "--hard", "--quiet")
    looks: list[Look] = [
        Listing("."), Listing(".", among=Among.VISIBLE), Listing("sub"), Tree("."), GitRef(":"),
        Listing("sub/module", among=Among.VISIBLE), File("sub/module/a.py"), Search(".", "LIMIT"),
        Listing(".", "sub*", among=Among.VISIBLE),
    ]  # fmt: skip
    assert place.repo.path("sub/module").is_dir()
    expected = [seen(place.observer, place.tree, look) for look in looks]
    expected[5] = "cannot be looked at"  # git says nothing of what is ignored in a submodule
    with opened(place) as view:
        assert [viewed(view, look) for look in looks] == expected


def test_text_in_another_encoding_is_seen_as_it_is_written(place: Place) -> None:
    place.repo.write(".gitattributes", "wide.txt working-tree-encoding=UTF-16LE\n")
    place.repo.write("wide.txt", "caf\xe9\n".encode("utf-16-le"))
    commit = place.repo.commit()
    look = File("wide.txt")
    expected = seen(place.observer, place.tree, look)
    place.repo.checkout("--detach", "HEAD~1")
    with opened(place, commit) as view:
        assert viewed(view, look) == expected


def test_a_filter_program_is_never_run_and_its_files_are_known_from_the_disk_only(
    place: Place, tmp_path: Path
) -> None:
    place.repo.write(".gitattributes", "*.bin filter=marked\n")
    place.repo.write("a.bin", "stored\n")
    place.repo.commit()
    ran = tmp_path / "ran"
    place.repo.git("config", "filter.marked.smudge", f"touch {ran}; tr a-z A-Z")
    place.repo.git("config", "filter.marked.clean", "tr A-Z a-z")
    place.repo.remove("a.bin")
    place.repo.checkout("--", "a.bin")
    assert place.repo.path("a.bin").read_text() == "STORED\n"
    ran.unlink()
    evidence = (place.see(File("a.bin")),)
    with opened(place) as view:
        assert view.verify(evidence) is None
    place.repo.write("a.bin", "other, of another length\n")
    with opened(place) as view:
        broken = view.verify(evidence)
    assert broken is not None
    assert "a filter program" in broken.why
    assert not ran.exists()


def test_a_repository_of_sha256_objects_is_seen_alike(tmp_path: Path) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    repo = Repo(root)
    repo.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    repo.write("a.py", "foo\n")
    repo.commit()
    tree = WorkTree.find(root)
    assert tree is not None
    observer = Observer(clock_ns=time.time_ns)
    several: list[Look] = [File("a.py"), Tree("."), GitRef("HEAD"), GitRef(":")]
    with CommitView(tree, "main", observer=observer) as view:
        assert [viewed(view, look) for look in several] == [
            seen(observer, tree, look) for look in several
        ]


@pytest.mark.parametrize("commit", ["no-such", "f" * 40, "--all", "", "HEAD^{tree}", "^HEAD"])
def test_a_commit_that_is_none_is_named_in_the_error(place: Place, commit: str) -> None:
    with pytest.raises(ObserveError, match="there is no commit") as caught:
        opened(place, commit)
    assert repr(commit) in str(caught.value)


def test_a_commit_can_be_named_by_words_of_its_message(place: Place) -> None:
    place.repo.git("commit", "--quiet", "--allow-empty", "--message=Raise the limit")
    with opened(place, ":/Raise the") as view:
        assert view.commit == place.repo.git("rev-parse", "HEAD")


def test_an_empty_repository_says_that_nothing_is_committed(tmp_path: Path) -> None:
    make_repository(tmp_path)
    tree = WorkTree.find(tmp_path)
    assert tree is not None
    with pytest.raises(ObserveError, match="nothing is committed yet"):
        CommitView(tree, "HEAD", observer=Observer(clock_ns=time.time_ns))


def clone(place: Place, target: Path, *options: str) -> WorkTree:
    place.repo.git("config", "uploadpack.allowFilter", "true")
    place.repo.git("clone", "--quiet", *options, place.tree.root.as_uri(), str(target))
    tree = WorkTree.find(target)
    assert tree is not None
    return tree


def test_a_shallow_clone_says_what_to_fetch(place: Place, tmp_path: Path) -> None:
    first = place.repo.git("rev-parse", "HEAD")
    place.repo.commit()
    tree = clone(place, tmp_path / "clone", "--depth=1")
    with pytest.raises(ObserveError, match="unshallow"):
        CommitView(tree, first, observer=place.observer)


def test_a_partial_clone_fetches_nothing_and_breaks_what_it_does_not_hold(
    place: Place, tmp_path: Path
) -> None:
    place.repo.write("a.py", "other\n")
    place.repo.commit()
    tree = clone(place, tmp_path / "clone", "--filter=blob:none")
    evidence = [place.see(look) for look in (Lines("src/b.py", 1, 1), Lines("a.py", 1, 1))]
    with CommitView(tree, "HEAD~1", observer=place.observer) as view:
        held, lost = (view.verify((each,)) for each in evidence)
        blob = view.digest(File("a.py"))
    assert held is None
    assert lost is not None
    assert "not in this clone" in lost.why
    assert blob == place.repo.git("rev-parse", "HEAD~1:a.py")
    assert view.commit == place.repo.git("rev-parse", "HEAD~1")


def test_names_that_are_gone_are_absent(place: Place) -> None:
    with opened(place) as view:
        assert view.digest(File("no/such.py")) == ABSENT
        assert view.verify((Observation(File("no/such.py"), ABSENT),)) is None
