"""What the text of a shell tells beside its looks: what is in `.git`, and that it ran elsewhere."""

import time
from pathlib import Path

import pytest

from agentcache.core.conversation import ToolRun
from agentcache.core.reasons import Reason
from agentcache.core.values import ToolResult, ToolUse
from agentcache.repo.gather import Beginning, NotProvenError, gather
from agentcache.repo.observe import Observer
from agentcache.repo.worktree import WorkTree
from support.repositories import Repo, make_repository, wait_until_settled


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    files = {"a.py": "LIMIT = 5\n", "b.py": "limit = LIMIT\n"}
    return make_repository(tmp_path / "repo", dict[str, str | bytes](files))


def judged(repo: Repo, commands: list[str], texts: list[str]) -> Reason:
    """What becomes of shell commands that ran one after the other while nothing changed."""
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    wait_until_settled(repo)
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    runs = [
        ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))
        for command, text in zip(commands, texts, strict=True)
    ]
    try:
        gather(runs, tree=tree, observer=Observer(clock_ns=time.time_ns), beginning=beginning)
    except NotProvenError as refused:
        return refused.reason
    return Reason.KEPT


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("grep -rn LIMIT . | wc -l", "5\n"),
        ("grep -rlw LIMIT | wc -l", "2\n"),
        ("grep -rhoE 'v[0-9]+' . | sort -u", "v9\n"),
        ("grep -rh LIMIT . | sort -u", "LIMIT = 5\n"),
        ("grep -rq LIMIT . && echo yes", "yes\n"),
        ("grep -rn LIMIT . > /dev/null && echo yes", "yes\n"),
        ("grep -rn LIMIT . | cut -d: -f3 | sort", "LIMIT = 5\n"),
        ("grep -rn LIMIT . | grep -c x", "0\n"),
        ("rg --hidden LIMIT | wc -l", "2\n"),
        ("rg -uu LIMIT | wc -l", "2\n"),
        ("rg LIMIT -g '*' | wc -l", "2\n"),
        ("find . -maxdepth 2 -type f | wc -l", "9\n"),
        ("find . -type f | wc -l && ls", "31\na.py\nb.py\nin\nsrc\n"),
        ("find . -type f | cut -d/ -f2 | sort | uniq -c", "  27 .git\n   1 a.py\n"),
        ("find . -name 'main*' | wc -l", "2\n"),
        ("find . -name '*.py' -o -type d | wc -l", "9\n"),
        ("find . ! \\( -type d -a -name '*.py' \\) | wc -l", "9\n"),
        ("find . -type f | tail -c 5", "b.py\n"),
        ("find . -type f | nl", "1 ./a.py\n"),
        ("tree -a -L 2", ".\n├── .git\n│   └── HEAD\n└── a.py\n"),
        ("ls -AR | grep -v x", "a.py\nHEAD\n"),
        ("find in -type f | wc -l", "9\n"),
        ("cat a.py b.py; grep -rn LIMIT . | wc -l", "LIMIT = 5\nlimit = LIMIT\n5\n"),
    ],
)
def test_a_text_that_may_count_what_is_in_git_is_not_proven(
    repo: Repo, command: str, text: str
) -> None:
    repo.write("src/c.py", "x\n")
    repo.write("in/it/.git/HEAD", "ref: refs/heads/main\n")
    assert judged(repo, [command], [text]) is Reason.OPAQUE_TOOL


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("grep -rn LIMIT src | wc -l", "5\n"),
        ("grep -rn LIMIT * | wc -l", "5\n"),
        ("grep -rn LIMIT . --include='*.py' | wc -l", "2\n"),
        ("grep -rn LIMIT . --include=*.{py,js} | wc -l", "2\n"),
        ("grep -rn LIMIT . --exclude-dir={.git,in} | wc -l", "2\n"),
        ("grep -rn LIMIT . | grep -v '\\.git/' | wc -l", "2\n"),
        ("grep -rn LIMIT . | grep -v test | sort | head -3", "./a.py:1:LIMIT = 5\n"),
        ("grep -rn LIMIT . || echo none", "./a.py:1:LIMIT = 5\n./b.py:1:limit = LIMIT\n"),
        ("rg LIMIT | wc -l", "2\n"),
        ("rg LIMIT -g 'src/**' | wc -l", "2\n"),
        ("rg --hidden LIMIT -g '!.git' | wc -l", "2\n"),
        ("rg -c LIMIT | wc -l", "2\n"),
        ("git ls-files | wc -l", "2\n"),
        ("find . -maxdepth 1 | wc -l", "5\n"),
        ("find src -type f | wc -l; rg LIMIT | head -3", "1\na.py:LIMIT = 5\n"),
        ("find . -type f -not -path './.git/*' | wc -l", "5\n"),
        ("find . -name .git -prune -o -type f -print | wc -l", "5\n"),
        ("find . -type f | grep -v node_modules | grep -v '^./.git/' | wc -l", "5\n"),
        ("find . \\( -name '*.ts' -o -name '*.py' \\) -not -path '*/x/*' | wc -l", "5\n"),
        ("find . -path ./x -prune -o -name '*.py' -print | wc -l", "5\n"),
        ("tree", ".\n└── a.py\n\n0 directories, 1 file\n"),
        ("tree -a -I '.git|x'", ".\n└── a.py\n\n0 directories, 1 file\n"),
        ("tree -a -L 1", ".\n├── .git\n└── a.py\n\n1 directory, 1 file\n"),
        ("ls | wc -l", "3\n"),
        ("ls -R | wc -l", "3\n"),
    ],
)
def test_a_count_that_nothing_in_git_is_part_of_is_proven(
    repo: Repo, command: str, text: str
) -> None:
    repo.write("src/c.py", "x\n")
    repo.write("x/.keep", "")
    assert judged(repo, [command], [text]) is Reason.KEPT


@pytest.mark.parametrize(
    "command", ["git log --oneline -3", "git show --stat", "git diff --cached", "git ls-files"]
)
def test_git_in_a_repository_that_a_shell_went_to_is_not_proven(repo: Repo, command: str) -> None:
    repo.write("src/c.py", "x\n")
    make_repository(repo.root / "lib", {"a.py": "x\n"})
    said = "c.py\n"
    assert judged(repo, ["cd src && ls", command], [said, "something\n"]) is Reason.KEPT
    reason = judged(repo, ["cd lib && ls", command], ["a.py\n", "something\n"])
    assert reason is Reason.OPAQUE_TOOL
    (repo.root / "src" / "link").symlink_to("../lib")
    texts = ["a.py\n", "something\n"]
    assert judged(repo, ["cd src/link && ls", command], texts) is Reason.OPAQUE_TOOL


def test_a_shell_that_shows_other_files_than_there_are_is_not_believed(repo: Repo) -> None:
    for command in (
        "cat src/a.py src/b.py",
        "cat src/a.py | head -20",
        "ls -la src",
        "grep -rn LIMIT src | head",
        "tail -3 src/a.py",
        "cat a.py b.py",
        "tail -1 a.py",
        "sed -n 1,5p a.py | grep x",
        "head -5 src/a.py; wc -l src/a.py",
    ):
        assert judged(repo, [command], ["LIMIT = 7\n"]) is Reason.RESULT_DIFFERS
    for command in (
        "cat src/a.py 2>/dev/null || echo LIMIT = 7",
        "ls src 2>/dev/null | wc -l",
        "cat a.py | cut -c1-9",
        "cat -A a.py b.py",
    ):
        assert judged(repo, [command], ["LIMIT = 7\n"]) is Reason.KEPT
    shown = "==> a.py <==\nLIMIT = 5\n\n==> b.py <==\nlimit = LIMIT"
    assert judged(repo, ["head -3 a.py b.py"], [shown]) is Reason.KEPT
    assert judged(repo, ["cat a.py b.py"], ["LIMIT = 5\n... [9 lines truncated]"]) is Reason.KEPT


@pytest.mark.parametrize(
    ("command", "text", "reason"),
    [
        ("grep -rn LIMIT src | head", "src/a.py:1:LIMIT = 7\n", Reason.RESULT_DIFFERS),
        ("grep -rl LIMIT . | sort", "./a.py\n./c.py\n", Reason.RESULT_DIFFERS),
        ("rg -n LIMIT | grep -v x", "a.py:1:LIMIT = 5\na.py:2:LIMIT = 7\n", Reason.RESULT_DIFFERS),
        ("grep -rn LIMIT . | sort -r", "./b.py:1:limit = LIMIT\n", Reason.KEPT),
        ("grep -rn LIMIT . | grep -v LIMIT", "", Reason.KEPT),
        ("grep -rl LIMIT . | sort", "./a.py\n./b.py\n", Reason.KEPT),
        ("grep -n LIMIT a.py | tail -3", "1:LIMIT = 5\n", Reason.KEPT),
        ("grep -rhi limit src | sort -u", "limits = 5\n", Reason.KEPT),
        ("rg -n LIMIT | head", "a.py:1:LIM\n... [9 lines truncated] ...\n", Reason.KEPT),
    ],
)
def test_matches_that_are_nowhere_here_were_shown_elsewhere(
    repo: Repo, command: str, text: str, reason: Reason
) -> None:
    repo.write("src/c.py", "x\n")
    assert judged(repo, [command], [text]) is reason


@pytest.mark.parametrize("command", ["ls *", "ls -d */*", 'for f in *; do ls "$f"; done'])
def test_a_name_that_a_listing_may_take_for_an_option_is_not_proven(
    repo: Repo, command: str
) -> None:
    repo.write("src/-l", "x\n")
    assert judged(repo, [command], ["a.py\n"]) is Reason.KEPT
    repo.write("-l", "x\n")
    assert judged(repo, [command], ["-rw-r--r-- 1 root root 9 a.py\n"]) is Reason.OPAQUE_TOOL
    assert judged(repo, ["cat *"], ["LIMIT = 5\n"]) is Reason.KEPT


@pytest.mark.parametrize("command", ["cat */x", "ls */", "grep -R --exclude-dir=.git LIMIT ."])
@pytest.mark.parametrize("target", [".git", ".git/in"])
def test_what_a_link_leads_to_in_the_git_directory_is_not_proven(
    repo: Repo, command: str, target: str
) -> None:
    repo.write(".git/in/x", "LIMIT = 5\n")
    repo.write(".git/x", "LIMIT = 5\n")
    (repo.root / "link").symlink_to(target)
    assert judged(repo, [command], ["link/x:LIMIT = 5\n"]) is Reason.UNOBSERVABLE


@pytest.mark.parametrize("form", ["{} first", "commit {}\nAuthor: A", "* {} first", "^{} (me) x"])
def test_commits_that_git_does_not_know_were_shown_elsewhere(repo: Repo, form: str) -> None:
    tree = WorkTree.find(str(repo.root))
    assert tree is not None
    head = str(tree.head())
    for shown, reason in ((head, Reason.KEPT), ("1234567" * 6, Reason.RESULT_DIFFERS)):
        for text in (form.format(shown[:7]), form.format(shown[:40])):
            assert judged(repo, ["git log -3"], [text]) is reason
    assert judged(repo, ["git log --format=%s"], ["1234567-8 is it"]) is Reason.KEPT
    assert judged(repo, ["git ls-files"], ["1234567\n"]) is Reason.KEPT


@pytest.mark.parametrize(
    ("command", "text", "reason"),
    [
        ("cd src && cat no.py 2>/dev/null | wc -l", "0\n", Reason.OPAQUE_TOOL),
        ("cd src && cat c.py no.py 2>/dev/null | wc -l", "1\n", Reason.KEPT),
        ("cd src; ls | wc -l", "1\n", Reason.KEPT),
        ("cd a.py; ls | wc -l", "2\n", Reason.OPAQUE_TOOL),
        ("cd no; ls | wc -l", "2\n", Reason.OPAQUE_TOOL),
        ("cat src/no.py 2>/dev/null | wc -l", "0\n", Reason.KEPT),
    ],
)
def test_that_a_directory_was_there_to_go_to_is_seen_by_a_look(
    repo: Repo, command: str, text: str, reason: Reason
) -> None:
    repo.write("src/c.py", "x\n")
    assert judged(repo, [command], [text]) is reason


@pytest.mark.parametrize(
    ("command", "text", "holds"),
    [
        ("find src -type f", "src/in/c.py\n", False),
        ("find src -type f | wc -l", "1\n", False),
        ("find src -maxdepth 2", "src\nsrc/in\nsrc/in/c.py\n", False),
        ("find src -maxdepth 1", "src\nsrc/in\n", True),
        ("ls -aR src", "src:\n.\n..\nin\n\nsrc/in:\n.\n..\nc.py\n", False),
        ("tree -a src", "src\n└── in\n    └── c.py\n\n2 directories, 1 file\n", False),
        ("ls -a src/in", ".\n..\nc.py\n", False),
        ("ls src", "in\n", True),
    ],
)
def test_a_repository_that_comes_to_be_where_names_were_listed_is_seen(
    repo: Repo, command: str, text: str, *, holds: bool
) -> None:
    repo.write("src/in/c.py", "x\n")
    tree, observer = WorkTree.find(repo.root), Observer(clock_ns=time.time_ns)
    assert tree is not None
    wait_until_settled(repo)
    run = ToolRun(ToolUse("1", "Bash", {"command": command}), ToolResult("1", text))
    beginning = Beginning(str(repo.root), time.time_ns(), tree.head())
    evidence = gather([run], tree=tree, observer=observer, beginning=beginning)
    assert observer.verify(evidence, tree) is None
    repo.git("init", "--quiet", "src/in")
    assert (observer.verify(evidence, tree) is None) is holds
