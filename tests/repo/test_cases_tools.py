"""The rows of the table in agentcache/repo/CASES.md on what single tools show or leave out."""

from pathlib import Path

import pytest

from agentcache.core.evidence import Among, GitRef, Listing, Look, Search, Tree
from support.changes import (
    EVERY,
    VISIBLE,
    after,
    fold_case,
    is_seen,
    is_stale_after,
    is_unseen_and_broken,
    shell,
)
from support.places import Place
from support.repositories import ENVIRONMENT, make_repository

RG = "rg --no-config --sort path -n LIMIT ."
WHOLE = GitRef(":whole-names")
IN_PLACE = Search("src", "LIMIT")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "repo")


# What ripgrep goes over and git does not.


def test_a_file_in_utf_16_is_searched_by_ripgrep(place: Place) -> None:
    place.repo.write("w.txt", "nothing in it\n".encode("utf-16"))
    change = r"printf '\377\376L\0I\0M\0I\0T\0\n\0' > w.txt"
    assert not is_stale_after(place, RG, change)
    place.repo.write("v.txt", b"\xff\xfenothing in it\n")
    after(
        place,
        lambda: place.repo.write("v.txt", b"\xff\xfeother\n"),
        breaks=[VISIBLE, EVERY],
        holds=[IN_PLACE],
    )


def test_a_file_that_only_gits_own_configuration_ignores_is_searched_by_ripgrep(
    place: Place,
) -> None:
    place.repo.write(".git/ignore", "*.tmp\n")
    place.repo.git("config", "core.excludesFile", str(place.repo.path(".git/ignore")))
    place.repo.write("x.tmp", "nothing\n")
    assert not is_stale_after(place, RG, "echo LIMIT > x.tmp")
    after(
        place,
        lambda: place.repo.git("config", "--unset", "core.excludesFile"),
        breaks=[VISIBLE],
        holds=[EVERY, Search("src", "LIMIT", among=VISIBLE.among)],
    )


def test_a_file_that_is_ignored_only_where_case_is_folded_is_searched_by_ripgrep(
    place: Place,
) -> None:
    place.repo.git("config", "core.ignoreCase", "true")  # as git sets it on macOS and Windows
    place.repo.write("x.LOG", "nothing\n")
    place.repo.write("y.log", "nothing\n")
    assert not is_stale_after(place, RG, "echo LIMIT > x.LOG")
    after(
        place,
        lambda: place.repo.write("y.log", "LIMIT\n"),
        breaks=[EVERY],
        holds=[VISIBLE],
    )


def test_a_nested_repository_of_tracked_files_ends_the_ignore_rules_above_it(place: Place) -> None:
    place.repo.write("in/a.py", "1\n")
    place.repo.commit()
    place.repo.write("in/x.log", "LIMIT\n")
    is_stale = is_stale_after(place, RG, "git init --quiet in")
    assert not is_stale
    assert not is_stale_after(place, RG, "echo LIMIT twice > in/x.log")
    after(
        place,
        lambda: place.repo.write("src/x.log", "LIMIT\n"),
        breaks=[EVERY],
        holds=[VISIBLE],
    )


@pytest.mark.parametrize(
    "where", ["nested/.gitignore", "nested/.rgignore", "nested/.git/info/exclude"]
)
def test_the_ignore_rules_of_a_nested_repository_count_as_they_are_written(
    place: Place, where: str
) -> None:
    make_repository(place.repo.path("nested"), {"n.py": "LIMIT\n", "deep/m.py": "1\n"})
    assert not is_stale_after(place, RG, f"echo n.py >> {where}")
    after(
        place,
        lambda: place.repo.write(where, "# nothing\n"),
        breaks=[VISIBLE],
        holds=[EVERY, IN_PLACE],
    )


@pytest.mark.parametrize("is_tracked", [False, True])
def test_a_rule_above_a_nested_repository_counts_for_the_files_that_it_names(
    place: Place, *, is_tracked: bool
) -> None:
    if is_tracked:
        place.repo.write("nested/deep/m.py", "LIMIT\n")
        place.repo.commit()
    make_repository(place.repo.path("nested"), {"deep/m.py": "LIMIT\n"})
    rules = place.repo.path(".gitignore")
    names = Listing(".", "*.py", among=Among.VISIBLE)
    other = f"{rules.read_text()}nested/deep/n.py\n"
    after(place, lambda: rules.write_text(other), holds=[names, VISIBLE])
    after(
        place,
        lambda: rules.write_text(f"{other}m.py\n"),
        breaks=[names, VISIBLE],
        holds=[EVERY, IN_PLACE],
    )


@pytest.mark.parametrize("where", [".gitignore", ".rgignore", ".git/info/exclude"])
def test_a_new_ignore_rule_hides_a_tracked_file_from_ripgrep(place: Place, where: str) -> None:
    assert not is_stale_after(place, RG, f"echo src >> {where}")
    rules = place.repo.path(".gitignore")
    after(
        place,
        lambda: rules.write_text(f"{rules.read_text()}a.py\n"),
        holds=[EVERY, IN_PLACE] if where == ".rgignore" else [EVERY, IN_PLACE, VISIBLE],
    )


@pytest.mark.parametrize("where", [".gitignore", ".ignore", ".git/info/exclude", "../.ignore"])
@pytest.mark.parametrize("command", [RG, f"{RG} src", "rg --files", "rg -v x src", "rg x link"])
def test_where_ripgreps_own_ignore_files_stand_all_rules_count_as_they_are_written(
    place: Place, where: str, command: str
) -> None:
    place.repo.write(".ignore", "# nothing\n")
    place.repo.write("src/new.py", "x LIMIT\ny\n")
    place.repo.link("link", "src")
    assert not is_stale_after(place, command, f"echo 'new.py' >> {where}")


@pytest.mark.parametrize("where", [".gitignore", ".git/info/exclude", ".config/git/ignore"])
@pytest.mark.parametrize("rule", ["/src/in/", "src/in", "src/*/new.py", "/*/in", "**/src/in"])
def test_a_rule_from_above_that_names_a_path_may_be_forgotten_by_ripgrep(
    place: Place, where: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(place.repo.root))
    place.repo.write(where, f"{rule}\n")
    place.repo.write("src/in/new.py", "nothing\n")
    is_users = where.startswith(".config") and not rule.startswith("**")
    after(
        place,
        lambda: place.repo.write("src/in/new.py", "LIMIT\n"),
        breaks=[Search("src", "LIMIT", among=VISIBLE.among), *([VISIBLE] if is_users else [])],
        holds=[Search("docs", "LIMIT", among=VISIBLE.among), *([] if is_users else [VISIBLE])],
    )


def test_a_glob_shows_ignored_files_and_a_type_does_not(place: Place) -> None:
    place.repo.write("new.py", "LIMIT\n")
    place.repo.write("x.log", "LIMIT\n")
    assert not is_stale_after(place, f"{RG} -t py", "echo new.py >> .gitignore")
    for options in ("-g '*.log'", "-g '*.log' -g '!y.log'", "-g '*.{a,log}' -g '*.b'"):
        change = f"echo 'LIMIT {len(options)}' > x.log"
        assert not is_stale_after(place, f"{RG} {options}", change)


def test_a_rename_that_changes_only_the_case_is_seen_where_git_folds_case(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.repo.git("config", "core.ignoreCase", "true")
    fold_case(monkeypatch, place.repo.root)
    after(place, lambda: place.repo.rename("src/b.py", "src/B.py"), breaks=[VISIBLE])


# What listings show of modes, of the directory itself, and of links.


@pytest.mark.parametrize("command", ["ls -ld src", "ls -la src"])
def test_a_long_listing_shows_the_directory_itself(place: Place, command: str) -> None:
    assert not is_stale_after(place, command, "chmod 700 src")
    after(
        place,
        lambda: place.repo.path("src").chmod(0o750),
        breaks=[Listing("src", depth=1, with_stat=True, with_dots=True)],
        holds=[Listing("src", depth=1, with_stat=True), Listing("src", with_link=True)],
    )


def test_a_long_listing_of_all_names_shows_the_directory_above(place: Place) -> None:
    assert not is_stale_after(place, "ls -la src", "chmod 700 .")
    after(
        place,
        lambda: place.repo.path(".").chmod(0o750),
        breaks=[Listing("src", depth=1, with_stat=True, with_dots=True)],
        holds=[Listing("src", depth=1, with_stat=True)],
    )


@pytest.mark.parametrize(
    ("first", "second"), [("one", "two"), ("a.py", "z.py"), ("nowhere", "elsewhere")]
)
def test_a_long_listing_of_a_link_shows_where_it_points(
    place: Place, first: str, second: str
) -> None:
    place.repo.path("one").mkdir()
    place.repo.path("two").mkdir()
    place.repo.link("link", first)
    assert not is_stale_after(place, "ls -l link", f"cp -p a.py z.py && ln -sfn {second} link")


@pytest.mark.parametrize("command", ["ls -l link", "find link", "ls link"])
def test_a_link_to_nothing_is_listed_by_its_name(place: Place, command: str) -> None:
    place.repo.link("link", "nowhere")
    assert not is_stale_after(place, command, "rm link")


def test_a_link_to_nothing_is_told_from_one_to_an_empty_directory(place: Place) -> None:
    place.repo.link("link", "nowhere")
    there = Listing("link", with_link=True)
    after(place, place.repo.path("nowhere").mkdir, breaks=[there], holds=[Listing("docs")])


def test_a_link_in_the_place_of_the_directory_is_found_as_a_link(place: Place) -> None:
    place.repo.link("link", "src")
    assert not is_stale_after(place, "find link", "rm link && cp -r src link")
    place.repo.remove("link/b.py")
    place.repo.write("other/c.txt", "")

    def swap() -> None:
        place.repo.path("link").rename(place.repo.path("old"))
        place.repo.link("link", "old")

    after(place, swap, breaks=[Listing("link", with_link=True)], holds=[Listing("link")])


@pytest.mark.parametrize("command", ["ls", RG])
def test_a_line_break_in_a_name_is_told_from_one_in_the_target_of_a_link(
    place: Place, command: str
) -> None:
    place.repo.link("x", "t\nxa")
    place.repo.write("y", "LIMIT\n")
    assert not is_stale_after(place, command, "ln -sfn t x && mv y $'xa\\ny'")


# What cannot be asked at all, in evidence from a damaged store.


@pytest.mark.parametrize(
    "look",
    [GitRef("a\0b"), Search(".", "\ud800"), Search("a\0b", "x"), Listing("a\0b"), Tree("a\0b")],
    ids=repr,
)
def test_a_look_that_no_system_call_takes_is_an_observe_error(place: Place, look: Look) -> None:
    assert is_unseen_and_broken(place, look)


def test_a_tree_may_hold_a_link_to_its_own_top(place: Place) -> None:
    place.repo.link("top", ".")
    after(place, lambda: place.repo.write("a.py", ""), breaks=[Tree(".")])


# What tools read otherwise than others.


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("grep -r --include='{a,b}.py' LIMIT .", "echo LIMIT > 'src/{a,b}.py'"),
        ("LIMIT -g '*.{py}'", "echo LIMIT >> src/b.py"),
        ("LIMIT -tjson", "echo LIMIT > composer.lock"),
        ("find . -name '??.zz'", "touch '\xe9.zz'"),
        ("find . -print -name '*.zz'", "touch new.txt"),
    ],
)
def test_a_glob_that_tools_read_otherwise_stands_for_all_that_it_may_mean(
    place: Place, command: str, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("support.changes.ENVIRONMENT", {**ENVIRONMENT, "LC_ALL": "C"})
    command = command if command.startswith(("grep", "find")) else f"{RG} {command}"
    assert not is_stale_after(place, command, change)


@pytest.mark.parametrize(
    ("command", "before", "change"),
    [
        ("rg -l 'LIMIT.x'", r"LIMIT\377x", "echo LIMIT.x >> src/c.txt"),
        ("grep -rl 'LIMIT\\w' src", r"LIMIT\302\262", "echo LIMITa >> src/c.txt"),
        ("rg -lw LIMIT", r"LIMIT\314\201", "echo LIMIT >> src/c.txt"),
        ("rg -li limit", r"L\304\260M\304\260T", "echo LIMIT >> src/c.txt"),
        ("rg -l -i -s LIMIT", "limit", "echo LIMIT >> src/c.txt"),
        ("rg -l -c LIMIT", "LIMIT", "echo LIMIT >> src/c.txt"),
    ],
)
def test_a_file_whose_name_alone_is_shown_is_found_only_where_every_tool_finds_it(
    place: Place, command: str, before: str, change: str
) -> None:
    assert shell(place, f"printf '{before}\\n' >> src/c.txt").startswith("0\n")
    assert not is_stale_after(place, command, change)


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("grep -c 'caf.x' bin", r"printf 'a\0\ncaf\303\251x\n' > bin"),
        ("rg -l '\\wx' bin", r"printf 'q\0\n\303\251x\n' > bin"),
        ("grep -c 'x$' bin", r"printf 'x\0y\n' > bin"),
        ("grep -c '^x' bin", r"printf 'q\0x\n' > bin"),
    ],
)
def test_letters_and_lines_of_a_binary_file_are_those_of_the_tool(
    place: Place, command: str, change: str
) -> None:
    place.repo.write("bin", b"q\0y\n")
    assert not is_stale_after(place, command, change)


@pytest.mark.parametrize("command", ["grep -c '\\B' e.txt", "rg -c '\\B' e.txt"])
def test_no_boundary_is_found_in_an_empty_line_by_tools_alone(place: Place, command: str) -> None:
    place.repo.write("e.txt", "x\n")
    assert not is_stale_after(place, command, r"printf '\n' >> e.txt")


def test_a_directory_named_with_dots_alone_may_be_a_link(place: Place) -> None:
    place.repo.link("...", "src")
    assert not is_stale_after(place, "find ... -name b.py", "rm ... && mv src ...")


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("cd src && cd .. && cat a.py", "rm -r src"),
        ("cd src; cat b.py", "rm -r src; touch b.py"),
        ("cd src; grep -rn zzz . | wc -l", "rm -r src; echo zzz > new; touch src"),
        ("cd src && grep -rn zzz . | wc -l", "rm -r src; echo zzz > new; touch src"),
        ("cd src; find . -name 'zz*' | wc -l", "rm -r src; touch src zz1"),
        ("cd src; ls zz* | wc -l", "rm -r src; touch src zz1"),
        ("cd src; ls | wc -l; cat b.py || echo", "rm -r src"),
    ],
)
def test_a_directory_that_is_passed_must_be_there(place: Place, command: str, change: str) -> None:
    assert not is_stale_after(place, command, change)


def test_a_link_to_an_empty_directory_is_listed_as_one(place: Place) -> None:
    away = place.repo.root.parent / "away"
    away.mkdir()
    place.repo.link("src/link", str(away))

    def swap() -> None:
        away.rmdir()
        away.write_text("")

    after(place, swap, breaks=[Listing("src"), Listing(".", depth=2)], holds=[Listing("docs")])


def test_a_name_that_xargs_takes_apart_is_nothing_to_look_at(place: Place) -> None:
    assert is_unseen_and_broken(place, WHOLE)
    place.repo.remove("docs/read me.md")
    assert is_seen(place, WHOLE)
    place.repo.write("it's", "1\n")
    assert is_unseen_and_broken(place, WHOLE)
    place.repo.remove("it's")
    place.repo.write("src/-r", "1\n")
    assert is_unseen_and_broken(place, WHOLE)
    place.repo.remove("src/-r")
    place.repo.path("elsewhere").symlink_to(place.repo.root.parent)
    assert is_unseen_and_broken(place, WHOLE)
    place.repo.remove("elsewhere")
    place.repo.path("here").symlink_to("src")
    command = "find src -name '*.py' | xargs grep -n x"
    assert not is_stale_after(place, command, "echo x > src/b.py")
    after(place, lambda: place.repo.write("a.py", "LIMIT = 3\n"), holds=[WHOLE])
    after(place, lambda: place.repo.write("src/a b.py", "1\n"), breaks=[WHOLE])


@pytest.mark.parametrize(
    ("command", "change"),
    [
        ("for f in s*/*.py; do echo $f; done", "touch src/new.py"),
        ("for f in s*/*.py; do echo $f; cat docs/a.md; done", "mv src/b.py src/c.py"),
        ('for f in src/*.py; do grep -c LIMIT "$f"; done', "echo LIMIT >> src/b.py"),
        ("for f in src/*; do cat $f 2>/dev/null; done", "echo more >> a.py"),
        ("[ -f a.py ] && echo yes || echo no", "rm a.py"),
        ("[ -d src ] && echo yes || echo no", "rm -r src && touch src"),
        ("test ! -e src/new && echo none", "mkdir src/new"),
    ],
)
def test_a_loop_and_a_test_of_a_file_rest_on_all_that_decides_them(
    place: Place, command: str, change: str
) -> None:
    whole = Tree("src")
    after(place, lambda: place.repo.write("src/new.py", "1\n"), breaks=[whole])
    after(place, lambda: place.repo.write("docs/new.md", "1\n"), holds=[whole])
    place.repo.remove("src/new.py")
    place.repo.write("src/b.py a.py", "")  # to a shell that divides its name, two files
    assert not is_stale_after(place, command, change)
