import pytest

from agentcache.core.evidence import Among, File, GitRef, Listing, Look, Search, Tree
from agentcache.core.shell_git import BASIC_PATTERNS, CONTEXT, MAILMAP, NO_FILTERS
from support.shell_lines import shell_looks

HEAD, INDEX, EVERY, FLAGS = GitRef("HEAD"), GitRef(":"), GitRef("*"), GitRef(":flags")
TRACKED, BRANCHES, TAGS = GitRef(":tracked"), GitRef(":branches"), GitRef(":tags")
VISIBLE = Among.VISIBLE


@pytest.mark.parametrize(
    ("command", "looks"),
    [
        ("git log", (HEAD,)),
        ("git -C . log", (HEAD,)),
        ("git log -n 3 -- src/a.py", (HEAD,)),
        ("git log main", (HEAD, GitRef("main"))),
        ("git log v1...main", (HEAD, GitRef("v1"), GitRef("main"))),
        ("git log ^v1 main", (HEAD, GitRef("v1"), GitRef("main"))),
        ("git log v1..", (HEAD, GitRef("v1"))),
        ("git log --decorate", (HEAD, EVERY)),
        ("git log --format=%H%x20%s", (HEAD,)),
        ("git log --pretty=format:'%h %an %ad'", (HEAD,)),
        ("git log --date=short --format='%h %ad'", (HEAD,)),
        ("git log --date iso-strict -5", (HEAD,)),
        ("git show", (HEAD,)),
        ("git show --format= --name-only", (HEAD,)),
        ("git show v1:a.py", (HEAD, GitRef("v1"))),
        ("git show :a.py", (HEAD, INDEX)),
        ("git diff --cached", (HEAD, INDEX, FLAGS)),
        ("git diff --staged v1", (HEAD, INDEX, FLAGS, GitRef("v1"))),
        ("git diff v1 main -- src", (GitRef("v1"), GitRef("main"))),
        ("git diff v1..main --stat", (HEAD, GitRef("v1"), GitRef("main"))),
        ("git diff --stat HEAD~1 HEAD", (GitRef("HEAD~1"), HEAD)),
        ("git diff f/x^2~3 main^", (GitRef("f/x^2~3"), GitRef("main^"))),
        ("git blame -L 3,9 a.py", (HEAD, INDEX, File("/w/a.py"), GitRef(NO_FILTERS))),
        ("git blame v1 -- a.py", (
            HEAD, GitRef("v1"), INDEX, File("/w/a.py"), GitRef(NO_FILTERS),
        )),
        ("git ls-files -z src", (TRACKED,)),
        ("git grep -n foo", (TRACKED, FLAGS, Search("/w", "foo", among=VISIBLE))),
        ("git grep -niw foo -- src", (
            TRACKED,
            FLAGS,
            GitRef("src"),
            Search("/w/src", r"(?<!\w)(?:foo)(?!\w)", ignore_case=True, among=VISIBLE),
        )),
        ("git grep -n -e foo -e 'ba*r' .", (TRACKED, FLAGS, GitRef(BASIC_PATTERNS), Search(
            "/w", "foo|ba*r", among=VISIBLE
        ))),
        ("git grep -e foo -e '\\(a\\)\\1'", (TRACKED, FLAGS, Tree("/w"))),
        ("git grep -e '\\(a\\)\\1'", (TRACKED, FLAGS, Tree("/w"))),
        # A file that ends with an end of line has an empty line behind it.
        ("git grep '^$'", (TRACKED, FLAGS, Tree("/w"))),
        ("git grep -E 'a*'", (TRACKED, FLAGS, Tree("/w"))),
        ("git rev-parse --short HEAD", (HEAD,)),
        ("git rev-parse --abbrev-ref HEAD", (BRANCHES,)),
        ("git rev-list --count v1..main -- src", (HEAD, GitRef("v1"), GitRef("main"))),
        ("git rev-list --all --count", (HEAD, EVERY)),
        ("git merge-base main v1", (GitRef("main"), GitRef("v1"))),
        ("git ls-tree -r --name-only HEAD src", (HEAD,)),
        ("git ls-tree v1:src", (GitRef("v1"),)),
        ("git cat-file -p HEAD~1:a.py", (GitRef("HEAD~1"),)),
        ("git shortlog -sn main --no-merges", (HEAD, GitRef("main"))),
        ("git branch -a", (BRANCHES,)),
        ("git branch --show-current", (BRANCHES,)),
        ("git log --all --oneline", (HEAD, EVERY)),
        ("git tag", (TAGS,)),
        ("git tag -l", (TAGS,)),
        ("git tag --list 'v1*' v2", (TAGS,)),
        ("git tag -l --sort=-creatordate", (TAGS,)),
        ("git tag --sort -v:refname", (TAGS,)),
    ],
)  # fmt: skip
def test_a_reading_git_command_depends_on_the_refs_the_index_and_the_files_it_names(
    command: str, looks: tuple[Look, ...]
) -> None:
    # Whether words are files, and what shapes git's words, have tests of their own.
    found = shell_looks(command, cwd="/w") or ()
    others = (GitRef(MAILMAP), GitRef(CONTEXT))
    kept = [look for look in found if look not in others and not isinstance(look, Listing)]
    assert tuple(kept) == looks


@pytest.mark.parametrize(
    ("paths", "roots"),
    [
        ("-- '*.py'", ["/w"]),
        ("'src/*.py'", ["/w/src"]),
        ("-- 'src/in/[b].py' docs", ["/w/src/in", "/w/docs"]),
        ("-- 'src/a?/b.py'", ["/w/src"]),
        ("-- 'src/\\*.py'", ["/w/src"]),
        ("-- '../*.py'", ["/"]),
        ("-- '/*.py'", ["/"]),
        ("-- '/w/src/**'", ["/w/src"]),
        ("-- ':!docs'", ["/w"]),
        ("':^docs' src", ["/w", "/w/src"]),
        ("HEAD --", []),
        ("HEAD -- src", ["/w/src"]),
        ("--", ["/w"]),
        ("'read me.md'", ["/w/read me.md"]),
    ],
)
def test_git_searches_below_what_holds_all_that_its_paths_can_stand_for(
    paths: str, roots: list[str]
) -> None:
    found = shell_looks(f"git grep foo {paths}", cwd="/w") or ()
    assert [look.root for look in found if isinstance(look, Search)] == roots
    trees = shell_looks(f"git grep '\\(a\\)\\1' {paths}", cwd="/w") or ()
    assert [look.root for look in trees if isinstance(look, Tree)] == roots


@pytest.mark.parametrize("word", ["v1", "HEAD~2", "a/b^2", "one+two", "é", "me@home", "feat#1"])
@pytest.mark.parametrize("end", ["", " --"])
def test_what_may_name_a_tree_to_search_is_a_ref_to_look_at(word: str, end: str) -> None:
    assert GitRef(word) in (shell_looks(f"git grep foo {word}{end}", cwd="/w") or ())


@pytest.mark.parametrize(
    ("words", "pattern", "is_sure"),
    [
        ("foo", "foo", True),
        ("'def foo:'", "def\\ foo:", True),
        ("'foo('", "foo\\(", False),
        ("-w 'foo('", "(?<!\\w)(?:foo\\()(?!\\w)", False),
        ("'a|b'", "a\\|b", False),
        ("-E 'a|b'", "a|b", True),
        ("-G 'a|b'", "a\\|b", True),
        ("-F -E 'a|b'", "a|b", True),
        ("-E -F 'a|b'", "a\\|b", True),
        ("-EG 'a|b'", "a\\|b", True),
        ("-F a.b", "a\\.b", True),
    ],
)
def test_the_last_dialect_that_is_given_counts_and_without_one_what_is_configured(
    words: str, pattern: str, is_sure: bool
) -> None:
    found = shell_looks(f"git grep {words}", cwd="/w") or ()
    assert [look.pattern for look in found if isinstance(look, Search)] == [pattern]
    assert (GitRef(BASIC_PATTERNS) not in found) is is_sure


@pytest.mark.parametrize(
    ("command", "shows_names"),
    [("git log", True), ("git show", True), ("git blame a.py", True), ("git ls-files", False)],
)
def test_what_shows_peoples_names_depends_on_the_file_that_maps_them(
    command: str, shows_names: bool
) -> None:
    assert (GitRef(MAILMAP) in (shell_looks(command, cwd="/w") or ())) is shows_names


@pytest.mark.parametrize(
    "command", ["git log", "git diff v1 v2 --", "git blame a", "git grep foo", "git ls-files",
                "git branch", "git rev-parse HEAD"],
)  # fmt: skip
def test_every_git_command_depends_on_what_shapes_its_words(command: str) -> None:
    assert GitRef(CONTEXT) in (shell_looks(command, cwd="/w") or ())


@pytest.mark.parametrize(
    ("command", "names"),
    [
        ("git log", []),
        ("git log main", ["main"]),
        ("git show HEAD:a.py", ["HEAD:a.py"]),
        ("git log main a.py -- b.py", []),
        ("git log .", []),
        ("git diff v1..v2", ["v1..v2"]),
        ("git diff --cached a.py", ["a.py"]),
        ("git diff v1 v2 --", []),
        ("git diff HEAD~1 HEAD", ["HEAD~1", "HEAD"]),
        ("git rev-parse src/a.py", ["src/a.py"]),
    ],
)
def test_a_word_that_may_be_a_file_depends_on_whether_it_is_one(
    command: str, names: list[str]
) -> None:
    found = shell_looks(command, cwd="/w") or ()
    listed = [look for look in found if isinstance(look, Listing)]
    assert listed == [Listing(f"/w/{name}", depth=1) for name in names]


@pytest.mark.parametrize(
    "command",
    [
        "git",
        "git log *.py",
        "git push",
        "git config --list",
        "git remote -v",
        "git reflog",
        "git log -g",
        "git log main@{upstream}",
        "git log --format='%cr'",
        "git log --format='%d'",
        "git log --format=custom",
        "git log --date=relative",
        "git log --date=human",
        "git log --date=iso-local",
        "git log --date=format:%s",
        "git log --date",
        "git log --ext-diff",
        "git log --color main",
        "git log --pretty oneline",
        "git diff -U 3 v1 --",
        "git show ':/a fix'",
        "git diff a.py",
        "git diff v1 a.py",
        "git diff HEAD a.py",
        "git diff HEAD~1 main",
        "git diff HEAD~1 HEAD a.py",
        "git diff HEAD~1",
        "git diff ../a..b",
        "git diff v1 -- a.py",
        "git diff HEAD -- a.py",
        "git blame",
        "git blame -L '/def/,+3' a.py",
        "git ls-files -o",
        "git ls-files --modified",
        "git grep",
        "git grep -O foo",
        "git grep --no-index foo",
        "git grep foo HEAD:src",
        "git grep foo HEAD: -- src",
        "git grep foo 'HEAD^{tree}'",
        "git grep foo 'HEAD@{0}'",
        "git grep foo @",
        "git grep foo @~1 --",
        "git grep foo :/",
        "git grep foo -- ':/*.py'",
        "git grep foo -- ':(icase)SRC'",
        "git grep foo -- :src",
        "git grep foo -- 'src/*/../../x'",
        "git grep -e -- HEAD:src",
        "git log -S -- main",
        "git rev-parse --show-toplevel",
        "git rev-parse --is-inside-work-tree",
        "git branch -d main",
        "git branch -v",
        "git tag v1",
        "git tag -d v1",
        "git tag --list -d v1",
        "git tag -n",
        "git tag --contains HEAD",
        "git tag -l --format='%(creatordate:relative)'",
        "git tag --sort=-creatordate v1",
        "git tag -l --sort=objectsize:disk",
        "git tag --sort refname --sort=-objectsize:disk",
        "git stash list",
        "git stash show",
        "git worktree list",
        "git remote",
        "git log 'a b'",
    ],
)
def test_a_git_command_that_writes_or_depends_on_clock_reflog_or_settings_is_refused(
    command: str,
) -> None:
    assert shell_looks(command, cwd="/w") is None
