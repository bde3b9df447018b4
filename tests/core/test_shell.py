import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.evidence import BEYOND, Among, File, GitRef, Lines, Listing, Look, Search, Tree
from agentcache.core.shell import join_arguments, read_shell, shell_looks
from agentcache.core.shell_git import CONTEXT, MAILMAP

CWD = "/w"


@pytest.mark.parametrize(
    ("command", "looks"),
    [
        ("cat a.py", (File("/w/a.py"),)),
        ("cat a.py b.py", (File("/w/a.py"), File("/w/b.py"))),
        ("cat -n ./src/../a.py", None),
        ("cat ../x", (File("/x"),)),
        ("cat 'a  b.py'", (File("/w/a  b.py"),)),
        ("cat a\\ b", (File("/w/a b"),)),
        ('cat "a b" 2>/dev/null', (File("/w/a b"),)),
        ("head -20 a", (Lines("/w/a", 1, 20),)),
        ("head -n 5 a", (Lines("/w/a", 1, 5),)),
        ("head a", (Lines("/w/a", 1, 10),)),
        ("head -c 5 a", (File("/w/a"),)),
        ("tail -n 5 a", (File("/w/a"),)),
        ("sed -n '3,9p' a", (Lines("/w/a", 3, 9),)),
        ("sed -n -e '3,$p' a", (Lines("/w/a", 3, 0),)),
        ("sed -n 7p a", (Lines("/w/a", 7, 7),)),
        ("sed -n '/def /p' a", (File("/w/a"),)),
        ("sed -n '/def /,/^$/p' a", (File("/w/a"),)),
        ("sed -n -E '/a|b/,+20p; $p; 10,/x/p' a b", (File("/w/a"), File("/w/b"))),
        ("cat a | sed -n '/x/,$p'", (File("/w/a"),)),
        ("wc -l a", (Lines("/w/a", BEYOND, 0),)),
        ("wc -l a b", (File("/w/a"), File("/w/b"))),
        ("wc -lc a", (File("/w/a"),)),
        ("cat a | grep foo | head -3", (File("/w/a"),)),
        ("cat src/*.py", (Tree("/w/src"),)),
        ("cat *.py", (Tree("/w"),)),
        ("ls", (Listing("/w", depth=1),)),
        ("ls -l", (Listing("/w", depth=1, with_stat=True),)),
        ("ls -l src", (Listing("/w/src", depth=1, with_stat=True, with_link=True),)),
        ("ls -la", (Listing("/w", depth=1, with_stat=True, with_dots=True),)),
        ("ls -la src", (
            Listing("/w/src", depth=1, with_stat=True, with_link=True, with_dots=True),
        )),
        ("ls -d src", (Listing("/w/src", depth=1, with_link=True),)),
        ("ls -a src", (Listing("/w/src", depth=1),)),
        ("ls -R src", (Listing("/w/src"),)),
        ("ls -1 src", (Listing("/w/src", depth=1),)),
        ("ls -1 *.py", (Tree("/w"),)),
        ("ls -1l src", (Listing("/w/src", depth=1, with_stat=True, with_link=True),)),
        ("ls -F src", (Listing("/w/src", depth=1, with_stat=True, with_link=True),)),
        ("ls -t ..", (Listing("/", depth=1, with_stat=True),)),
        ("ls -t a b", (
            Listing("/w/a", depth=1, with_stat=True, with_link=True, with_dots=True),
            Listing("/w/b", depth=1, with_stat=True, with_link=True, with_dots=True),
        )),
        ("ls --color=never src", (Listing("/w/src", depth=1),)),
        ("ls --color=auto src", (Listing("/w/src", depth=1),)),
        ("find . -name '*.py'", (Listing("/w", "*.py"),)),
        ("find src -maxdepth 2 -type f", (Listing("/w/src", depth=2, with_link=True),)),
        ("find . \\( -name a -o -name b \\) -not -path './x/*'", (Listing("/w"),)),
        ("grep -rn foo src", (Search("/w/src", "foo"),)),
        ("grep -rn 'a|b' src", (Search("/w/src", "a\\|b"),)),
        ("grep -rnE 'a|b' src", (Search("/w/src", "a|b"),)),
        ("grep -rn 'a\\|b' src", (Search("/w/src", "a|b"),)),
        ("grep -rl foo", (Search("/w", "foo", names_only=True),)),
        ("grep -i -A2 -B 1 foo a", (
            Search("/w/a", "foo", ignore_case=True, before=1, after=2),
        )),
        ("grep -rn foo --include=*.py .", (Search("/w", "foo", include="*.py"),)),
        ("grep -rn foo --include=*.{py,js}", (
            Search("/w", "foo", include="*.{py,js}"),
        )),
        ("grep -rv foo src", (Tree("/w/src"),)),
        ("grep -rP '(?<=a)b' src", (Tree("/w/src"),)),
        ("rg foo", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("rg -S foo", (Search("/w", "foo", ignore_case=True, among=Among.VISIBLE),)),
        ("rg -S Foo", (Search("/w", "Foo", among=Among.VISIBLE),)),
        ("rg -uu foo src", (Search("/w/src", "foo"),)),
        ("rg foo -g '*.py'", (Search("/w", "foo", include="*.py", among=Among.VISIBLE),)),
        ("rg foo -g '!*.py'", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("rg -U 'a.b' src", (Tree("/w/src"), Listing("/w/src", among=Among.VISIBLE))),
        ("git log --oneline -5", (GitRef("HEAD"),)),
        ("git log --all", (GitRef("HEAD"), GitRef("*"))),
        ("git show HEAD~2:a.py", (
            GitRef("HEAD"), GitRef("HEAD~2"), Listing("/w/HEAD~2:a.py", depth=1),
        )),
        ("git diff main..dev", (
            GitRef("HEAD"), GitRef("main"), GitRef("dev"), Listing("/w/main..dev", depth=1),
        )),
        ("git --no-pager log -3", (GitRef("HEAD"),)),
        ("git ls-files", (GitRef(":"),)),
        ("git blame a", (
            GitRef("HEAD"), GitRef(":"), File("/w/a"),
            Listing("/w/a", depth=1, with_link=True), GitRef(":no-filters"),
        )),
        ("git branch", (GitRef("*"),)),
        ("cd src && cat a", (File("/w/src/a"),)),
        ("cat a; echo ---; cat b", (File("/w/a"), File("/w/b"))),
        ("printf '\\n--- %s ---\\n' a && cat a", (File("/w/a"),)),
        ("cat a; printf -- '-%-9s %b %%\\n' -v -; cat b", (File("/w/a"), File("/w/b"))),
        ("bash -lc 'rg -n foo | head'", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("/bin/sh -c \"cat 'a b' # c\" 2>/dev/null", (File("/w/a b"),)),
        ("cat a || cat b", (File("/w/a"), File("/w/b"))),
        ("cat a\ncat b\n", (File("/w/a"), File("/w/b"))),
        ("cat a && cat b # c && rm", (File("/w/a"), File("/w/b"))),
        ("# that's it\ncat a # ../b `c`\ncat b#", (File("/w/a"), File("/w/b#"))),
        ("cat a && # and\n cat b", (File("/w/a"), File("/w/b"))),
        ("cat a \\\n  b && \\\ncat c", (File("/w/a"), File("/w/b"), File("/w/c"))),
        ("cat a # \\\ncat b", (File("/w/a"), File("/w/b"))),
        ("pwd", ()),
        ("cat a | tr a b | uniq -c | sed -n 2p", (File("/w/a"),)),
        ("cat a | rg foo", (File("/w/a"),)),
        ('cat "a \\"b\\""', (File('/w/a "b"'),)),
        ("sort -- -x", (File("/w/-x"),)),
        ("ls *.py", (Tree("/w"),)),
        ("tree -L 2 src", (Listing("/w/src", depth=2, with_link=True),)),
        ("tree", (Listing("/w"),)),
        ("rg --files src", (Listing("/w/src", among=Among.VISIBLE),)),
        ("rg --files -u", (Listing("/w"),)),
        ("rg --files -g '*.py'", (Listing("/w", "*.py", among=Among.VISIBLE),)),
        ("rg -g '*.py' -g '!test*' x", (
            Search("/w", "x", include="*.py", among=Among.VISIBLE),
        )),
        ("rg -g 'a/*.py' -t py x", (Search("/w", "x", include="a/*.py", among=Among.VISIBLE),)),
        ("rg -g '!a' -t py x", (Search("/w", "x", among=Among.VISIBLE),)),
        ("rg foo -g '*.py' -g '*.js'", (
            Search("/w", "foo", include="{*.py,*.js}", among=Among.VISIBLE),
        )),
        ("rg foo -g '*.{a,b}' -g '*.js'", (
            Search("/w", "foo", include="{*.{a,b},*.js}", among=Among.VISIBLE),
        )),
        ("rg foo -g '*.py' -t py", (Search("/w", "foo", include="*.py", among=Among.VISIBLE),)),
        ("rg foo --iglob '!*.py'", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("grep foo *.py", (Tree("/w"),)),
        ("grep -x foo a", (Search("/w/a", "^(?:foo)$"),)),
        ("grep --regexp=a --regexp b x", (Search("/w/x", "a|b"),)),
        ("rg -l -c foo", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("rg -q --count-matches foo", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("grep -lc foo a", (Search("/w/a", "foo"), Listing("/w/a"))),
        ("grep --colour foo a", (Search("/w/a", "foo"),)),
        ("grep -rn foo --include='*.{py,js}'", (Search("/w", "foo"),)),
        ("grep -rn foo --include '{a,b}.py'", (Search("/w", "foo"),)),
        ("grep -rn foo --include='[a-c].py'", (Search("/w", "foo"),)),
        ("grep -rn foo --include='?.py'", (Search("/w", "foo", include="*.py"),)),
        ("rg foo -g '?.py'", (Search("/w", "foo", include="*.py", among=Among.VISIBLE),)),
        ("rg foo -t json", (
            Search("/w", "foo", include="{*.json,*.sarif,composer.lock}", among=Among.VISIBLE),
        )),
        ("rg -n foo -M 200", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("rg --sort path foo", (Search("/w", "foo", among=Among.VISIBLE),)),
        ("rg -l -i -s foo", (Search("/w", "foo", names_only=True, among=Among.VISIBLE),)),
        ("rg -l -S -s foo", (Search("/w", "foo", names_only=True, among=Among.VISIBLE),)),
        ("rg -s -i foo", (Search("/w", "foo", ignore_case=True, among=Among.VISIBLE),)),
        ("rg -i -S Foo", (Search("/w", "Foo", among=Among.VISIBLE),)),
        ("find . -name '*.zz' -exec grep -l foo {} +", (Listing("/w", "*.zz"), Tree("/w"))),
        ("find . a -type f -exec grep -q x '{}' \\; -print", (
            Listing("/w"), Listing("/w/a", with_link=True), Tree("/w"), Tree("/w/a"),
        )),
        ("find . -name '*.zz' -exec sed -n 1,5p {} \\; -exec wc -l {} +", (
            Listing("/w"), Tree("/w"),
        )),
        ("find a/ -print0 | xargs -0 -r -n 9 head -3 | head", (
            Listing("/w/a", with_link=True), Tree("/w/a"),
        )),
        ("find . -name '??.zz'", (Listing("/w", "*.zz"),)),
        ("find . -type f -name '*.zz' -print", (Listing("/w", "*.zz"),)),
        ("find . -print -name '*.zz'", (Listing("/w"),)),
        ("find . -name '*.zz' -print -type f", (Listing("/w"),)),
        ("find ... -name b.py", (Listing("/w/...", "b.py", with_link=True),)),
        ("cat a{,.bak} src/{b,c}.py", (Tree("/w"), Tree("/w/src"))),
        ("cat .env*", (Tree("/w"),)),
        ("cd src && cat b && cd .. && cat a", (File("/w/src/b"), File("/w/a"))),
    ],
)  # fmt: skip
def test_a_pure_read_gives_everything_it_can_depend_on(
    command: str, looks: tuple[Look, ...] | None
) -> None:
    found = shell_looks(command, cwd=CWD)
    # What shapes git's words, and the file by which it maps people's names, are tested apart.
    others = (GitRef(MAILMAP), GitRef(CONTEXT))
    assert found is None or tuple(look for look in found if look not in others) == looks
    assert (found is None) == (looks is None)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "cat",
        "cat a > b",
        "cat a >> b",
        "cat < a",
        "cat $HOME/a",
        "cat `ls`",
        "cat $(ls)",
        'cat "$x"',
        "cat a &",
        "(cat a)",
        "{ cat a; }",
        "cat ~/a",
        "cat a && rm b",
        "cat a | tee b",
        "cat a | xargs rm",
        "cat a |& cat",
        "sort -o a a",
        "uniq a b",
        "sed -i s/a/b/ f",
        "sed -n 'w out' f",
        "sed -n '1,2w x' f",
        "sed 's/a/b/e' f",
        "sed -n '/a/,/b/w x' f",
        "sed -n '/a/,/b/p;w x' f",
        "sed -n '/a\nw x\n/p' f",
        "sed -n '/a/,/b\\/p;w x/p' f",
        "sed '/a/,/b/p' f",
        "find . -delete",
        "find . -exec rm {} ;",
        "find . -exec rm {} \\;",
        "find . -exec rm {} +",
        "find . -exec cat {}",
        "find . -exec cat \\;",
        "find . -exec {} +",
        "find . -exec cat /x {} +",
        "find . -exec cat {} {} +",
        "find . -exec grep {} +",
        "find . -exec grep -f {} +",
        "find . -exec grep -r x {} +",
        "find . -exec grep x b{} {} +",
        "find . -exec cat * {} +",
        "find . -exec uniq {} +",
        "find . -exec sort -o {} +",
        "find . -exec echo {} +",
        "find . -exec rg x {} +",
        "find . -exec sh -c 'rm $0' {} +",
        "find . -execdir cat {} +",
        "find . -ok cat {} \\;",
        "find . -name -exec -delete -exec cat {} +",
        "find . -name '*.py' -exec cat {} + -delete",
        "find . | xargs cat",
        "find . | xargs -0 cat",
        "find . -print0 | xargs cat",
        "find . -print0 | head | xargs -0 cat",
        "find . -print -print0 | xargs -0 cat",
        "find . -print0 | xargs -0",
        "find . -print0 | xargs -0 -I{} cat {}",
        "find . -print0 | xargs -0 -n cat",
        "find . -print0 | xargs -0 rm",
        "find . -print0 | xargs -0 grep -r x",
        "find . -print0 | xargs -0 cat b",
        "xargs -0 cat",
        "cat a | xargs -0 cat",
        "find . -fprint x",
        "find . -mtime -1",
        "tail -f a",
        "python x.py",
        "FOO=1 cat a",
        "for f in a; do cat $f; done",
        "git status",
        "git diff",
        "git diff HEAD",
        "git commit -m x",
        "git checkout main",
        "git branch new",
        "git tag v1",
        "git -c core.pager=x log",
        "git -C /elsewhere log",
        "cd sub && git log",
        "git log --since=yesterday",
        "git log --format=%ar",
        "git show :/fix",
        "git log HEAD@{1}",
        "git log --output=x",
        "rg --pre cat foo",
        "rg -f patterns",
        "grep -f patterns a",
        "cd a; cat b",
        "cd a || cat b",
        "cd && cat a",
        "cd src && pwd",
        "cat a && # b",
        "cat a # b\nrm c",
        "cat a \\\n&& rm b",
        "cat a\\\nb",
        'cat "a\\\nb"',
        "cat a | \\\n| cat",
        "cd a && cat ../b # c",
        "cd \\\na && cat ../b",
        "cat /proc/self/environ",
        "cat /dev/sda",
        "echo *",
        "bash -lc 'rm a'",
        "bash a",
        "bash -lc",
        "bash -lc *",
        "bash -x -c 'cat a'",
        "bash -lc 'cat $0' a",
        "bash -lc 'cat a' && cat b",
        "bash -lc 'cat a' | cat",
        "bash -lc 'cat a' >/dev/null",
        "bash -lc 'cat ../a'",
        "bash -lc \"cd 'a b' && cat ../c\"",
        "printf",
        "printf --",
        "printf -v x y; cat a",
        "printf '%s' *",
        "printf '%(%F)T'",
        "printf '%n' PATH; cat a",
        "printf '%d' 'a[1]'",
        "printf '%'",
        "cat 'a",
        "cat a \\",
        "cat a\r",
        "cat a && ",
        "| cat",
        "cat <<EOF\nx\nEOF",
        "env cat a",
        "date",
        "awk 1 a",
        "unknown-tool",
        "grep foo",
        "grep",
        "grep foo* a",
        "grep -A x foo a",
        "grep -A* foo a",
        "grep -e *x a",
        "grep --regexp",
        "grep --regexp=*x a",
        "head -5x a",
        "wc -5 a",
        "cat -y a",
        "cat --show-all a",
        "cat ''",
        "ls -l *.py",
        "ls -2 src",
        "ls --color src",
        "ls --color=always src",
        "ls -lF src",
        "ls -lp src",
        "tree -F src",
        "tree -C src",
        "sed -n 1p",
        "sed p a",
        "tr a b",
        "find . -maxdepth 0",
        "find *.py",
        "tree --gitignore",
        "tree *",
        "rg --files *.py",
        "rg --files -g 'a/*.py'",
        "rg --no-ignore-vcs x",
        "rg --iglob '*.PY' x",
        "rg -g '{a,{b,c}}' -g 'c' x",
        "cat a || cd b",
        "cd -P b && cat a",
        "cd a b && cat a",
        "cd -- && cat a",
        "ls | cd a",
        "cd -x && cat a",
        "rg -e",
        "rg",
        "c* a",
        "rg foo -g '*.{py}'",
        "rg foo -g '*.py' -g '*.{md}'",
        "rg foo -g '*.py '",
        "rg foo -g '[!x].py'",
        "rg --files --sort modified",
        "rg --sort=accessed foo",
        "rg -S '[[:upper:]]'",
        "rg -S -F 'a\\B'",
        "cd src && cd .. && cat a",
        "cd src && cd ../b && cat a",
        "cat src/{b,../a}.py",
        "wc -l {a,/x}",
        "cat {~/a,b}",
        "cat src/*/../../a",
        "ls {.,..}",
        "cat .*/x",
        "cat src/..*",
        "cat .[!a]*",
        "cat {.*,a}",
        "cat .g*/HEAD",
        "cat a{'{b,c}'}*",
    ],
)
def test_what_writes_or_is_not_understood_gives_no_looks(command: str) -> None:
    assert shell_looks(command, cwd=CWD) is None


def test_quoted_spaces_never_collapse() -> None:
    assert shell_looks("cat 'a  b'", cwd=CWD) != shell_looks("cat 'a b'", cwd=CWD)
    assert shell_looks("grep -r 'a  b' .", cwd=CWD) == (Search("/w", "a\\ \\ b"),)


@pytest.mark.parametrize(
    ("command", "is_plain"),
    [
        ("cat a", True),
        ("cat a b", False),
        ("cat a | head", False),
        ("sed -n 2,3p a", True),
        ("grep -rn foo .", True),
        ("grep -rc foo .", False),
        ("ls", True),
        ("ls -1 src", True),
        ("cd src && cat a", True),
        ("cat a; echo x", False),
        ("tail a", False),
        ("sed -n '3,/x/p' a", False),
        ("find . -name '*.py'", True),
        ("find . -name '?.py'", False),
        ("rg x -g '?.py'", False),
        ("rg -M200 x", False),
        ("rg --max-columns 200 x", False),
        ("rg x -g '*.py'", True),
    ],
)
def test_only_a_single_unfiltered_read_is_plain(command: str, *, is_plain: bool) -> None:
    reading = read_shell(command, cwd=CWD)
    assert reading is not None
    assert reading.is_plain is is_plain


def test_where_a_command_leaves_its_shell_is_told() -> None:
    reading = read_shell("cd src && cat a", cwd=CWD)
    assert reading is not None
    assert reading.cwd == "/w/src"


def test_a_shell_of_its_own_leaves_the_other_where_it_is() -> None:
    reading = read_shell("bash -lc 'cd src && cat a'", cwd=CWD)
    assert reading is not None
    assert (reading.looks, reading.is_plain, reading.cwd) == ((File("/w/src/a"),), True, CWD)


def test_an_argument_list_means_what_its_shell_line_means() -> None:
    assert join_arguments(["bash", "-lc", "cat a | head"]) == "cat a | head"
    assert shell_looks(join_arguments(["cat", "a  b; rm c"]), cwd=CWD) == (File("/w/a  b; rm c"),)


@given(command=st.text("catgrepls -n'\"\\|&;<>$`*?{}()~#=/.\n\t0", max_size=30))
def test_any_line_is_read_or_refused_and_every_look_is_absolute(command: str) -> None:
    for look in shell_looks(command, cwd=CWD) or ():
        if not isinstance(look, GitRef):
            path = look.path if isinstance(look, File | Lines) else look.root
            assert path.startswith("/")
            assert "/../" not in f"{path}/"


@pytest.mark.parametrize(
    ("command", "is_raw"),
    [
        ("grep -rn x .", False),
        ("grep -r --line-number x .", False),
        ("grep -rl x .", False),
        ("rg -n x", False),
        ("ls src", False),
        ("grep -r x .", True),
        ("grep -r 'x -n' .", True),
        ("grep -r -en .", True),
        ("rg -n -N x", True),
        ("cat a.py", True),
        ("sed -n 1,3p a.py", True),
    ],
)
def test_only_numbers_and_names_say_by_themselves_where_a_text_stands(
    command: str, *, is_raw: bool
) -> None:
    reading = read_shell(command, cwd="/w")
    assert reading is not None
    assert reading.is_plain
    assert reading.is_raw is is_raw
