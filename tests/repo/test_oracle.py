"""The real tools as the judge: whenever their output changes, what we saw must have changed."""

import os
import shlex
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentcache.core.agreement import Agreement, shows
from agentcache.core.evidence import GitRef, Observation, Tree
from agentcache.core.shell import read_shell
from agentcache.core.vocabulary import Body
from agentcache.errors import ObserveError
from agentcache.repo.observe import Observer, bind
from agentcache.repo.worktree import WorkTree
from support.repositories import ENVIRONMENT, make_repository

NAMES = [
    ".gitignore",
    "src/.gitignore",
    "src/.rgignore",
    "a.py",
    "b.txt",
    "src/a.py",
    "src/x y.py",
    "src/in/c.py",
    "src/.hidden",
    "x.log",
    "B.txt",
]
LINES = [
    "foo", "Foo = 1", "  foo()", "bar", "", "a+b", "foo|bar", "x\ty", "fooé", "é", "é foo", "f(x)",
    "foo\r", "n 10", "n 9", "foobar", "zzz\x01", "TODO: foo", "\xa0foo",
    "*.py", "src/in/", "!a.py", "*.txt",
]  # fmt: skip
PATTERNS = [
    "foo", "fo*", "^foo$", "foo|bar", "foo\\|bar", "a+b", "[[:alpha:]]+", "^.$", "\\bfoo\\b", "é",
    "n [0-9]", "f(x)", "^$", ".", "[^a-z]", "\\w\\w", "o$", "\\(foo\\)", "TODO", "x.y",
]  # fmt: skip
SHELL = "bash"

contents = st.lists(st.sampled_from(LINES), max_size=6).flatmap(
    lambda lines: st.sampled_from(["\n".join(lines), "\n".join([*lines, ""])])
) | st.sampled_from([b"\0foo\n", b"foo\n\0bar\n", b"\xff\xfefoo\n", b"foo" + b"x" * 5000 + b"\n"])
names = st.sampled_from(NAMES)
trees = st.dictionaries(names, contents, min_size=1, max_size=6)


@dataclass(frozen=True)
class Edit:
    kind: str
    name: str
    other: str
    content: str | bytes

    def apply(self, root: Path) -> None:
        path, other = root / self.name, root / self.other
        path.parent.mkdir(parents=True, exist_ok=True)
        other.parent.mkdir(parents=True, exist_ok=True)
        content = self.content.encode() if isinstance(self.content, str) else self.content
        if self.kind == "write":
            path.unlink(missing_ok=True)
            path.write_bytes(content)
        elif self.kind == "append" and path.exists():
            with path.open("ab") as opened:
                opened.write(content)
        elif self.kind == "delete":
            path.unlink(missing_ok=True)
        elif self.kind == "rename" and path.exists():
            path.rename(other)
        elif self.kind == "link":
            path.unlink(missing_ok=True)
            path.symlink_to(os.path.relpath(other, path.parent))
        elif self.kind == "nest":
            make_repository(path.parent, {})
        elif self.kind == "chmod" and path.exists():
            path.chmod(0o700)
        elif self.kind == "same" and path.is_file():
            before = path.stat()
            path.write_bytes(path.read_bytes().replace(b"foo", b"fob").replace(b"bar", b"foo"))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


edits = st.builds(
    Edit,
    st.sampled_from(["write", "append", "delete", "rename", "link", "same", "nest", "chmod"]),
    names,
    names,
    contents,
)
quoted_names = names.map(shlex.quote)
ROOT = "@ROOT@"
paths = quoted_names | st.sampled_from([".", "src", "src/in", ROOT, f"{ROOT}/src"])
numbers = st.integers(1, 6)


def joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*strategies).map(" ".join)


greps = joined(
    "grep",
    st.sampled_from(
        ["-rn", "-r", "-rl", "-rni", "-rnE", "-rnw", "-rnF", "-rnx", "-rc", "-rv", "-rh"]
    ),
    st.sampled_from(["", "-A1", "-B 1", "-C1", "--include=*.py", "--include='*.{py,txt}'", "-m1"]),
    "-e",
    st.sampled_from(PATTERNS).map(shlex.quote),
    st.sampled_from([".", "src", "src/in", "*.py", ROOT, f"{ROOT}/src"]),
    st.just("--exclude-dir=.git"),
)
single_greps = joined(
    "grep", st.sampled_from(["", "-n", "-c", "-i", "-E", "-o", "-v"]),
    st.sampled_from(PATTERNS).map(shlex.quote), quoted_names,
)  # fmt: skip
reads = (
    joined(st.sampled_from(["cat", "cat -n", "nl", "wc -l", "tail -n 2", "head"]), quoted_names)
    | joined("head -n", numbers.map(str), quoted_names)
    | joined(
        "sed -n",
        st.tuples(numbers, numbers).map(lambda pair: f"'{pair[0]},{pair[1]}p'"),
        quoted_names,
    )
    | joined("cat", quoted_names, "|", st.sampled_from(["grep foo", "head -2", "sort -u", "wc"]))
    | joined(st.sampled_from(["wc -l <", "sort <", "tac", "md5sum", "sed -n '$='"]), quoted_names)
    | joined(st.sampled_from(["awk 'END {print NR}'", "awk 'length > 3'"]), quoted_names)
    | joined(st.sampled_from(["diff", "diff -q", "cmp", "comm", "paste"]), paths, quoted_names)
    | st.sampled_from(["cat *.py", "cat src/*", "head -n 1 src/*.py", "cat a.py; cat b.txt"])
    | joined("cd src &&", st.sampled_from(["cat a.py", "ls", "grep -n foo *"]))
)
bodies = st.sampled_from(["head -n 1", "grep -c foo", "wc -l <", "ls -d"])
lines = (
    joined("for f in", st.sampled_from(["*.py", "src/*", "a.py src/*.py"]), '; do echo "== $f";')
    .flatmap(lambda head: bodies.map(lambda body: f'{head} {body} "$f"; done'))
    | joined(st.sampled_from(["[ -f", "[ -d", "[ ! -e"]), quoted_names, "] && cat", quoted_names)
    | joined("test -f", quoted_names, "&& echo yes || echo no; head -n 1 a.py")
    | joined("find src -name '*.py' | sort |", st.sampled_from(
        ["xargs -I{} head -n 1 {}", "xargs grep -n foo", "xargs -n 1 wc -l", "xargs md5sum"]
    ))
)  # fmt: skip
listings = joined(
    st.sampled_from(
        ["ls", "ls -a", "ls -R", "ls -F", "ls -l", "ls -la", "ls -ld", "tree", "ls -d"]
    ),
    paths,
) | joined(
    "find",
    st.sampled_from(["src", "a.py", "src/in", f"{ROOT}/src"]),
    st.sampled_from(
        [
            "",
            "-name '*.py'",
            "-type f",
            "-maxdepth 1",
            "-not -name '*.py'",
            "-iname 'A*'",
            "-type l",
        ]
    ),
)
searches = joined(
    "rg --no-config --sort path -n",
    st.sampled_from(
        [
            "",
            "-i",
            "-l",
            "-w",
            "-S",
            "-F",
            "-c",
            "-A1",
            "-u",
            "-uu",
            "--hidden",
            "-v",
            "--files -g '*.py'",
        ]
    ),
    st.sampled_from(
        [
            "",
            "-g '*.py'",
            "-g '*.log'",
            "-g '!*.py'",
            "-t py",
            "-g 'src/*'",
            "-t txt",
            "-g '*.py' -g '!a*'",
        ]
    ),
    "-e",
    st.sampled_from(PATTERNS).map(shlex.quote),
    paths,
)
gits = st.sampled_from(
    [
        "git log --oneline",
        "git show HEAD --stat",
        "git ls-files",
        "git grep -n foo",
        "git blame a.py",
        "git ls-tree -r --name-only HEAD",
        "git cat-file -p HEAD:a.py",
        "git rev-list --count HEAD -- src",
    ]
)
commands = greps | single_greps | reads | lines | listings | searches | gits


def is_beyond(edit: Edit, command: str, *, commit: bool) -> bool:
    """Whether the edit shows in what is never looked at, `.git`, or cannot be committed."""
    return edit.kind == "nest" and (commit or not command.startswith("rg"))


def run(command: str, root: Path, locale: str) -> tuple[int, str]:
    done = subprocess.run(
        [SHELL, "-c", command],
        cwd=root,
        env={"PATH": os.environ["PATH"], "LC_ALL": locale, "HOME": str(root), **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="surrogateescape")


@settings(
    max_examples=int(os.environ.get("AGENTCACHE_ORACLE_EXAMPLES", "250")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@example(
    files={"src/a.py": "foo\n", ".gitignore": "*.log\n"},
    command="rg --no-config -n foo .",
    edit=Edit("write", "x.log", "a.py", "foo\n"),
    locale="C",
    commit=False,
)
@example(
    files={"a.py": "foo\n"},
    command="grep -rn --exclude-dir=.git -e '^..$' .",
    edit=Edit("append", "a.py", "a.py", "é\n"),
    locale="C",
    commit=False,
)
@example(
    files={"a.py": b"foo\n\0bar\n"},
    command="rg --no-config -n -uu foo .",
    edit=Edit("write", "a.py", "a.py", b"\0foo\n"),
    locale="C",
    commit=False,
)
@given(
    files=trees,
    command=commands,
    edit=edits,
    locale=st.sampled_from(["C", "C.UTF-8"]),
    commit=st.booleans(),
)
def test_when_the_output_of_a_real_tool_changes_its_evidence_breaks(
    files: dict[str, str | bytes], command: str, edit: Edit, locale: str, *, commit: bool
) -> None:
    with tempfile.TemporaryDirectory() as place:
        repo = make_repository(Path(place) / "repo", {".gitignore": "*.log\n", **files})
        tree = WorkTree.find(repo.root)
        command = command.replace(ROOT, str(repo.root))
        reading = read_shell(command, cwd=str(repo.root))
        assert tree is not None
        if reading is None or is_beyond(edit, command, commit=commit):
            return
        observer = Observer(clock_ns=lambda: time.time_ns() + 10**13)
        before = run(command, repo.root, locale)
        try:
            evidence = tuple(
                Observation(bind(look, tree), observer.observe(look, tree).digest)
                for look in reading.looks
            )
        except ObserveError:
            return
        assert observer.verify(evidence, tree) is None
        edit.apply(repo.root)
        if commit:
            repo.commit()
        after = run(command, repo.root, locale)
        if after != before:
            assert observer.verify(evidence, tree) is not None, (before, after)


@settings(
    max_examples=int(os.environ.get("AGENTCACHE_ORACLE_EXAMPLES", "250")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(files=trees, command=greps | single_greps | reads | listings | commands, edit=edits)
def test_a_true_output_agrees_with_the_disk_and_a_stale_one_never_does(
    files: dict[str, str | bytes], command: str, edit: Edit
) -> None:
    with tempfile.TemporaryDirectory() as place:
        repo = make_repository(Path(place) / "repo", files)
        tree = WorkTree.find(repo.root)
        command = command.replace(ROOT, str(repo.root))
        reading = read_shell(command, cwd=str(repo.root))
        assert tree is not None
        if reading is None or len(reading.looks) != 1 or isinstance(reading.looks[0], GitRef):
            return
        if is_beyond(edit, command, commit=False):
            return
        look = bind(reading.looks[0], tree)
        code, before = run(command, repo.root, "C.UTF-8")
        if code != 0 or "binary file matches" in before.lower():
            return
        observer = Observer(clock_ns=time.time_ns)
        body = Body(before, is_plain=reading.is_plain)
        try:
            first = shows(look, observer.observe(look, tree), body)
            edit.apply(repo.root)
            _, after = run(command, repo.root, "C.UTF-8")
            second = shows(look, observer.observe(look, tree), body)
        except ObserveError:
            return
        if not reading.is_plain or isinstance(look, Tree):
            assert first is second is Agreement.CANNOT_TELL
        elif sorted(before.splitlines()) != sorted(after.splitlines()):
            assert second is not Agreement.AGREES, (before, after)
