"""Tools of a loop: every way in which a cache of tool results was seen to be wrong."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentcache import AgentCache, Look, Mode
from agentcache.errors import UsageError
from client.loops import (
    Loop,
    declared,
    first_line,
    is_absent,
    matches,
    names,
    read,
)
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import plain_environment

FILES = {
    "settings.py": "LIMIT = 10\nNAME = 'a'\n",
    "user_a.py": "A\n",
    "user_b.py": "B\n",
    "docs/page.md": "A page\n",
    ".gitignore": "*.log\n",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    # A name may be meant from here: what is above the directory of the suite changes.
    repository = make_repository(tmp_path / "repository", FILES)
    repository.checkout("-b", "other")
    repository.write("settings.py", "LIMIT = 77\nNAME = 'a'\n")
    repository.commit("another limit")
    repository.checkout("main")
    wait_until_settled(repository)
    monkeypatch.chdir(repository.root)
    return repository


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


def nothing(_: Repo) -> None:
    return


def edit(repository: Repo) -> None:
    repository.write("settings.py", "LIMIT = 99\nNAME = 'a'\n")


def edit_again(repository: Repo) -> None:
    repository.write("settings.py", "LIMIT = 98\nNAME = 'a'\n")


def edit_keeping_size_and_time(repository: Repo) -> None:
    found = repository.path("settings.py").stat()
    repository.write("settings.py", "LIMIT = 55\nNAME = 'a'\n")
    os.utime(repository.path("settings.py"), ns=(found.st_atime_ns, found.st_mtime_ns))


def edit_another_line(repository: Repo) -> None:
    repository.write("settings.py", "LIMIT = 10\nNAME = 'b'\n")


def swap_link(repository: Repo) -> None:
    repository.link("link.py", "user_b.py")


Step = tuple[Callable[[Repo], object], Callable[..., Any], str, str]
"""What happens, which tool is used then on what, and the verdict."""

SCENARIOS: dict[str, list[Step]] = {
    "outside edits, a commit and a branch between identical reads": [
        (nothing, read, "settings.py", "miss"),
        (nothing, read, "settings.py", "hit"),
        (edit, read, "settings.py", "miss"),
        (lambda repo: repo.commit(), read, "settings.py", "hit"),
        (lambda repo: repo.checkout("HEAD~1"), read, "settings.py", "hit"),
        (lambda repo: repo.checkout("other"), read, "settings.py", "miss"),
        (lambda repo: repo.checkout("main"), read, "settings.py", "hit"),
    ],
    "an edit, and another while already dirty": [
        (edit, read, "settings.py", "miss"),
        (edit_again, read, "settings.py", "miss"),
        (edit, read, "settings.py", "hit"),
    ],
    "an edit that keeps size and mtime": [
        (nothing, read, "settings.py", "miss"),
        (edit_keeping_size_and_time, read, "settings.py", "miss"),
        (nothing, read, "settings.py", "hit"),
    ],
    "a declared file": [
        (nothing, declared, "settings.py", "miss"),
        (nothing, declared, "settings.py", "hit"),
        (edit_keeping_size_and_time, declared, "settings.py", "miss unsettled"),
        (Repo.commit, declared, "settings.py", "miss"),
        (lambda repo: repo.write("docs/page.md", "More\n"), declared, "settings.py", "hit"),
    ],
    "an untracked and an ignored file": [
        (lambda repo: repo.write("new.py", "1\n"), read, "new.py", "miss"),
        (lambda repo: repo.write("new.py", "2\n"), read, "new.py", "miss"),
        (lambda repo: repo.write("a.log", "1\n"), read, "a.log", "miss"),
        (lambda repo: repo.write("a.log", "2\n"), read, "a.log", "miss"),
        (nothing, read, "a.log", "hit"),
    ],
    "a stash": [
        (edit, read, "settings.py", "miss"),
        (lambda repo: repo.git("stash"), read, "settings.py", "miss"),
        (lambda repo: repo.git("stash", "pop"), read, "settings.py", "hit"),
    ],
    "a link that is swapped": [
        (lambda repo: repo.link("link.py", "user_a.py"), read, "link.py", "miss"),
        (nothing, read, "link.py", "hit"),
        (swap_link, read, "link.py", "miss"),
    ],
    "a deleted, a renamed and a new file in a search": [
        (nothing, matches, "LIMIT", "miss"),
        (nothing, matches, "LIMIT", "hit"),
        (lambda repo: repo.write("more.py", "LIMIT = 1\n"), matches, "LIMIT", "miss"),
        (lambda repo: repo.rename("more.py", "most.py"), matches, "LIMIT", "miss"),
        (lambda repo: repo.write("most.py", "# none\n"), matches, "LIMIT", "hit"),
        (lambda repo: repo.write("docs/page.md", "Another\n"), matches, "LIMIT", "hit"),
        (lambda repo: repo.remove("settings.py"), matches, "LIMIT", "miss tool_error"),
    ],
    "a listing": [
        (nothing, names, "*.py", "miss"),
        (edit, names, "*.py", "hit"),
        (lambda repo: repo.write("User_A.py", "A\n"), names, "*.py", "miss"),
        (lambda repo: repo.remove("User_A.py"), names, "*.py", "hit"),
        (lambda repo: repo.rename("user_a.py", "user_A.py"), names, "*.py", "miss"),
    ],
    "the lines that were read": [
        (nothing, first_line, "settings.py", "miss"),
        (edit_another_line, first_line, "settings.py", "hit"),
        (edit, first_line, "settings.py", "miss"),
    ],
    "what was absent": [
        (nothing, is_absent, "gone.py", "miss"),
        (nothing, is_absent, "gone.py", "hit"),
        (lambda repo: repo.write("gone.py", ""), is_absent, "gone.py", "miss"),
        (lambda repo: repo.remove("gone.py"), is_absent, "gone.py", "hit"),
        (nothing, is_absent, "docs", "miss"),
    ],
    "similar arguments": [
        (nothing, read, "user_a.py", "miss"),
        (nothing, read, "user_b.py", "miss"),
        (nothing, read, "./user_b.py", "miss"),
        (nothing, matches, "A  page", "miss tool_error"),
        (nothing, matches, "A page", "miss"),
    ],
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_both_colours_give_the_verdicts_of_the_table(loop: Loop, name: str) -> None:
    root = loop.repository.root
    tools: dict[Callable[..., Any], Callable[..., Any]] = {}
    verdicts, expected = [], []
    for happens, function, argument, verdict in SCENARIOS[name]:
        happens(loop.repository)
        if verdict == "miss" and function is declared:
            loop.settle()
        if function not in tools and function is declared:

            def from_root(path: str) -> str:
                return declared(root, path)

            tools[function] = loop.made(from_root, observes=("path",))
        elif function not in tools:
            tools[function] = loop.made(function)
        given = tools[function](argument)
        verdicts.append(loop.said())
        expected.append(verdict)
        assert given == truth(function, root, argument)
    assert verdicts == expected


def truth(function: Callable[..., Any], root: Path, argument: str) -> object:
    """What the tool gives without any cache, by other means than a Look's."""
    files = {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }
    if function in (read, declared):
        return (root / argument).read_text()
    if function is first_line:
        return (root / argument).read_text().split("\n")[:1]
    if function is names:
        return [name for name in files if name.endswith(".py")]
    if function is is_absent:
        return "present" if (root / argument).exists() else "absent"
    return [
        f"{name}:{number}:{line}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if argument in line
    ]


def test_an_edit_while_the_tool_runs_is_not_kept_as_what_it_read(loop: Loop) -> None:
    def slow(path: str) -> str:
        text = loop.repository.path(path).read_text()
        edit(loop.repository)
        return text

    def slow_look(look: Look, path: str) -> str:
        text = look.read(path)
        edit_again(loop.repository)
        return text

    tool, through_look = loop.made(slow, observes=("path",)), loop.made(slow_look)
    assert "10" in tool("settings.py")
    assert loop.said() == "miss unsettled"
    assert "99" in through_look("settings.py")
    assert loop.said() == "miss unsettled"
    assert "98" in through_look("settings.py")


def test_a_file_that_is_read_twice_in_two_states_is_not_kept(loop: Loop) -> None:
    def twice(look: Look) -> str:
        first = look.read("settings.py")
        edit(loop.repository)
        second = look.read("settings.py")
        loop.repository.write("settings.py", first)
        return first + second

    tool = loop.made(twice)
    assert "99" in tool()
    assert loop.said() == "miss unsettled"


LIMIT = 1


def test_a_look_and_a_version_must_both_hold(loop: Loop) -> None:
    versions = ["1"]

    def read_at(look: Look, path: str) -> list[str]:
        return [look.read(path), versions[-1]]

    tool = loop.made(read_at, version=lambda: versions[-1])
    assert [tool("user_a.py"), tool("user_a.py")] == [["A\n", "1"]] * 2
    assert loop.said() == "hit"
    versions.append("2")
    assert tool("user_a.py") == ["A\n", "2"]
    loop.repository.write("user_a.py", "AA\n")
    assert tool("user_a.py") == ["AA\n", "2"]


def test_a_changed_tool_never_answers_from_the_old(loop: Loop) -> None:
    def made(source: str) -> Callable[..., Any]:
        space: dict[str, Any] = {"__name__": "tools_of_mine"}
        exec(source, space)  # noqa: S102  # as a module that is loaded again
        function: Callable[..., Any] = space["tool"]
        return function

    def version(
        number: int, *, helper: int = 1, constant: int = 1, default: int = 1, setting: int = 1
    ) -> str:
        return (
            f"LIMIT = {constant}\n"
            f"class Settings: limit = {setting}\n"
            f"def helper(text): return text * {helper}\n"
            f"def tool(look, path, more={default}):\n"
            f"    text = helper(look.read(path))\n"
            f"    return [text, {number}, LIMIT, more, (lambda: LIMIT)(), Settings.limit]\n"
        )

    changes: list[dict[str, int]] = [
        {"number": 1}, {"number": 2}, {"number": 1, "helper": 2}, {"number": 1, "constant": 2},
        {"number": 1, "default": 3}, {"number": 1, "setting": 2},
    ]  # fmt: skip
    for change in changes:
        plain = made(version(**change))
        # Straight: what makes it awaitable here would hide its module.
        tool = loop.cache.tool()(plain)
        tool("user_a.py")
        assert loop.said() == "miss", change
        tool("user_a.py")
        assert loop.said() == "hit"


def test_a_constant_that_a_tool_reads_is_a_part_of_it(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(look: Look, path: str) -> list[object]:
        return [look.read(path), LIMIT]

    tool = loop.made(limited)
    assert tool("user_a.py")[1] == 1
    if loop.colour == "sync":
        monkeypatch.setitem(globals(), "LIMIT", 2)
        assert tool("user_a.py")[1] == 2


def test_what_a_tool_counts_outside_is_no_part_of_it(loop: Loop) -> None:
    calls: list[str] = []
    count = 0

    def counting(look: Look, path: str) -> str:
        nonlocal count
        count += 1
        calls.append(path)
        return look.read(path)

    tool = loop.made(counting)
    assert [tool("user_a.py"), tool("user_a.py")] == ["A\n", "A\n"]
    assert (count, calls) == (1, ["user_a.py"])


def test_an_exception_passes_and_nothing_is_kept(loop: Loop) -> None:
    def failing(look: Look, path: str) -> str:
        look.read(path)
        raise LookupError(path)

    tool = loop.made(failing)
    for _ in range(2):
        with pytest.raises(LookupError, match=r"user_a\.py"):
            tool("user_a.py")
    assert loop.cache.last is None


@pytest.mark.parametrize(
    "result",
    ["", " \n", "Error: no such file", "Denied by the user", "No matches found", "No files found",
     "(no output)", None, [], {}, {"isError": True, "text": "x"}, {"error": "it broke"}],
)  # fmt: skip
def test_errors_in_words_and_empty_results_are_not_kept(loop: Loop, result: object) -> None:
    def saying(look: Look) -> object:
        look.read("user_a.py")
        return result

    tool = loop.made(saying)
    for _ in range(2):
        assert tool() == result
        assert loop.said() == "miss tool_error"


@pytest.mark.parametrize(
    "result",
    [(1, 2), {"a": (1,)}, {1: "a"}, b"x", float("nan"), {1, 2}, 1 << 70, "\ud800", object(),
     [[object()]]],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_json_cannot_give_back_is_returned_and_not_kept(loop: Loop, result: object) -> None:
    def giving(look: Look) -> object:
        look.read("user_a.py")
        return result

    tool = loop.made(giving)
    for _ in range(2):
        assert tool() is result
        assert loop.said() == "miss opaque_reply"


@pytest.mark.parametrize(
    "result", ["text\r\n", {"b": [1, 1.0, True, None], "a": ""}, 0, False, 0.1, ["é", "x  y"]]
)
def test_what_is_served_is_what_was_returned_and_the_callers_own(
    loop: Loop, result: object
) -> None:
    def giving(look: Look) -> object:
        look.read("user_a.py")
        return result

    tool = loop.made(giving)
    given = [tool() for _ in range(3)]
    assert loop.said() == "hit"
    assert [repr(one) for one in given] == [repr(result)] * 3
    if isinstance(result, dict):
        given[1]["b"].append("mine")
        assert tool() == result


@pytest.mark.parametrize("argument", [("user_a.py",), {"user_a.py"}, Path("user_a.py"), "\udcff"])
def test_arguments_that_are_no_json_are_passed_and_nothing_is_kept(
    loop: Loop, argument: object
) -> None:
    def taking(look: Look, given: object) -> str:
        assert given == argument
        return look.read("user_a.py")

    tool = loop.made(taking)
    assert [tool(argument), tool(argument)] == ["A\n", "A\n"]
    assert loop.cache.last is None


def test_arguments_are_told_apart_by_kind_and_defaults_are_filled_in(loop: Loop) -> None:
    def echo(look: Look, value: object = 1, *rest: object, **named: object) -> list[object]:
        look.read("user_a.py")
        return [value, list(rest), named]

    tool = loop.made(echo)
    calls: list[tuple[tuple[object, ...], dict[str, object]]] = [
        ((1,), {}), ((1.0,), {}), ((True,), {}), (("1",), {}), ((1, 2), {}), ((1,), {"b": 2}),
        (([1, 2],), {}), (([2, 1],), {}),
    ]  # fmt: skip
    for args, kwargs in calls:
        given = tool(*args, **kwargs)
        assert loop.said() == "miss"
        assert repr(given[0]) == repr(args[0])
    tool()
    assert loop.said() == "hit"
    with pytest.raises(TypeError):
        loop.made(read)("user_a.py", "too many")


def test_the_order_of_what_is_given_by_name_is_told_apart(loop: Loop) -> None:
    def ordered(look: Look, path: str, columns: dict[str, object], **options: object) -> list[str]:
        return [look.read(path), *columns, *options]

    tool = loop.made(ordered)
    for _ in range(2):
        for items, given in [("ab", "xy"), ("ba", "xy"), ("ab", "yx")]:
            found = tool("user_a.py", dict.fromkeys(items), **dict.fromkeys(given))
            assert found == ["A\n", *items, *given]
    assert loop.said() == "hit"
    tool(y=None, columns={"a": None, "b": None}, x=None, path="user_a.py")
    assert loop.said() == "hit"  # the order of parameters that have names is not seen


def test_where_the_directory_is_gone_a_tool_just_runs(
    loop: Loop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    tool = loop.made(lambda path: loop.repository.path(path).read_text(), observes="path")
    assert [tool("user_a.py"), tool("user_a.py")] == ["A\n", "A\n"]
    assert (loop.cache.last, caplog.records) == (None, [])


@pytest.mark.parametrize("place", ["link", "sub/er"])
def test_a_path_that_leads_up_from_a_link_is_not_kept(
    repository: Repo, tmp_path_factory: pytest.TempPathFactory, place: str
) -> None:
    root, home = repository.root, tmp_path_factory.mktemp("home")
    calls: list[str] = []
    (root / "sub/er").mkdir(parents=True)
    (root / "link").symlink_to("sub/er")
    repository.write("sub/user_a.py", "old\n")
    wait_until_settled(repository)
    base = root / place

    def reading(path: str) -> str:
        calls.append(path)
        return (base / path).read_text()

    with AgentCache.open(base, home=home) as cache:
        tool = cache.tool(observes=["path"])(reading)
        assert [tool("../user_a.py"), tool("../user_a.py")] == ["old\n", "old\n"]
        assert len(calls) == (2 if place == "link" else 1)
        repository.write("sub/user_a.py", "new\n")
        assert tool("../user_a.py") == "new\n"


def test_a_tool_that_observed_nothing_is_never_kept(loop: Loop) -> None:
    tasks = ["No tasks."]

    def task_list(look: Look) -> str:
        del look
        return tasks[-1]

    tool = loop.made(task_list)
    assert tool() == "No tasks."
    assert loop.said() == "miss no_evidence"
    tasks.append("1. Write it")
    assert tool() == "1. Write it"


def test_what_nothing_says_the_reads_of_is_refused(cache: AgentCache) -> None:
    def plain(path: str) -> str:
        return path

    def pieces(look: Look) -> Iterator[str]:
        yield look.read("user_a.py")

    tool: Any = cache.tool
    refused: list[tuple[Any, dict[str, Any], str]] = [
        (plain, {}, "observes="),
        (plain, {"observes": ("file",)}, "no parameter 'file'"),
        (plain, {"semantic": "path"}, "version="),
        (pieces, {}, "piece by piece"),
        (len, {"version": "1"}, "no function"),
        (partial(plain, path="a"), {}, "no function"),
    ]
    for function, options, said in refused:
        with pytest.raises(UsageError, match=said):
            tool(**options)(function)


@pytest.mark.parametrize("path", ["/proc/self/stat", "docs/../settings.py"])
def test_what_cannot_be_looked_at_again_is_read_and_not_kept(loop: Loop, path: str) -> None:
    tool = loop.made(read)
    assert tool(path)
    assert loop.said() == "miss unobservable"


def test_a_look_says_that_a_file_is_missing_and_that_is_evidence(loop: Loop) -> None:
    def tolerant(look: Look) -> str:
        try:
            return look.read("maybe.py")
        except FileNotFoundError:
            return "there is none"

    tool = loop.made(tolerant)
    assert [tool(), tool()] == ["there is none"] * 2
    assert loop.said() == "hit"
    loop.repository.write("maybe.py", "now\n")
    assert tool() == "now\n"


def test_a_tool_within_a_tool_hands_its_evidence_up(loop: Loop) -> None:
    inner = loop.cache.tool()(read)

    def outer(look: Look) -> str:
        return inner("user_a.py") + look.read("user_b.py")

    tool = loop.made(outer)
    inner("user_a.py")  # so that the outer one rests on a hit
    assert [tool(), tool()] == ["A\nB\n"] * 2
    assert loop.said() == "hit"
    loop.repository.write("user_a.py", "AA\n")
    assert tool() == "AA\nB\n"


def test_a_tool_may_call_itself(loop: Loop) -> None:
    def deep(look: Look, depth: int) -> str:
        text = look.read("user_a.py" if depth else "user_b.py")
        return text + recurse(depth - 1) if depth else text

    recurse = loop.cache.tool()(deep)
    assert recurse(3) == "A\nA\nA\nB\n"
    assert loop.said() == "miss"
    assert recurse(3) == "A\nA\nA\nB\n"
    assert loop.said() == "hit"
    loop.repository.write("user_b.py", "BB\n")
    assert recurse(3) == "A\nA\nA\nBB\n"


def test_a_pool_within_a_tool_hands_its_evidence_up(cache: AgentCache, repository: Repo) -> None:
    inner = cache.tool()(read)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(str).result()  # a thread from before, which knows no context

        @cache.tool()
        def together(look: Look) -> str:
            return look.read("docs/page.md") + "".join(pool.map(inner, ["user_a.py", "user_b.py"]))

        assert together() == "A page\nA\nB\n"
        repository.write("user_b.py", "BB\n")
        assert together() == "A page\nA\nBB\n"


def test_nothing_waits_for_a_tool_that_takes_long(cache: AgentCache) -> None:
    began, may_end = threading.Event(), threading.Event()

    @cache.tool()
    def slow(look: Look) -> str:
        began.set()
        assert may_end.wait(30)
        return look.read("user_a.py")

    quick = cache.tool()(read)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(slow)
        assert began.wait(30)
        assert [quick("user_b.py"), quick("user_b.py")] == ["B\n", "B\n"]
        may_end.set()
        assert waiting.result(30) == "A\n"


def test_tools_of_many_threads_and_tasks_give_what_they_give_alone(
    cache: AgentCache, repository: Repo
) -> None:
    for number in range(20):
        repository.write(f"n/{number}.py", f"{number}\n")
    sync = cache.tool()(read)

    @cache.tool()
    async def looking(look: Look, path: str) -> str:
        await asyncio.sleep(0)
        return look.read(path)

    paths = [f"n/{number % 20}.py" for number in range(100)]
    expected = [repository.path(path).read_text() for path in paths]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(sync, paths)) == expected

    async def gathered() -> list[str]:
        return await asyncio.gather(*(looking(path) for path in paths))

    assert asyncio.run(gathered()) == expected
    assert asyncio.run(gathered()) == expected


def test_a_cancelled_tool_is_not_kept(cache: AgentCache) -> None:
    @cache.tool()
    async def endless(look: Look) -> str:
        look.read("user_a.py")
        await asyncio.sleep(3600)
        return "never"

    async def cancelled() -> None:
        task = asyncio.create_task(endless())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert cache.last is None


def test_a_closed_cache_leaves_the_tools(loop: Loop) -> None:
    tool = loop.made(read)
    tool("user_a.py")
    last = loop.cache.last
    loop.cache.close()
    loop.repository.write("user_a.py", "AA\n")
    assert tool("user_a.py") == "AA\n"
    assert loop.cache.last == last


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.OBSERVE])
def test_a_cache_that_only_watches_serves_nothing(
    repository: Repo, tmp_path: Path, mode: Mode
) -> None:
    calls = 0

    def counted(look: Look) -> str:
        nonlocal calls
        calls += 1
        return look.read("user_a.py")

    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        assert cache.tool()(counted)() == "A\n"
    with AgentCache.open(repository.root, home=tmp_path / "home", mode=mode) as cache:
        tool = cache.tool()(counted)
        assert [tool(), tool()] == ["A\n", "A\n"]
        assert calls == 3
        assert (cache.last is None) == (mode is Mode.OFF)
        if cache.last is not None:
            assert (cache.last.verdict, cache.last.reason) == ("miss", "observed_hit")


FORK = """
import os, sys
from agentcache import AgentCache
cache = AgentCache.open(sys.argv[1], home=sys.argv[2])
@cache.tool()
def read(look, path): return look.read(path)
@cache.tool(observes="path")
def plain(path): return open(os.path.join(sys.argv[1], path)).read()
print(read("user_a.py").strip(), plain("user_a.py").strip(), flush=True)
if not os.fork():
    open(os.path.join(sys.argv[1], "user_a.py"), "w").write("CHILD\\n")
    last = cache.last
    print(read("user_a.py").strip(), plain("user_a.py").strip(), cache.last == last, flush=True)
    cache.close()
    os._exit(0)
os.wait()
print(read("user_a.py").strip(), cache.last.verdict, read("user_a.py").strip(), cache.last.verdict)
cache.close()
"""


def test_in_a_fork_tools_just_run(repository: Repo, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, str(repository.root), str(tmp_path / "home")],
        env=plain_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["A A", "CHILD CHILD True", "CHILD miss CHILD hit"]


def test_outside_of_a_repository_tools_run_and_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.txt").write_text("A\n")
    with AgentCache.open(tmp_path / "plain", home=tmp_path / "home") as cache:
        tool = cache.tool()(read)
        assert [tool("a.txt"), tool("a.txt")] == ["A\n", "A\n"]
        assert cache.last is not None
        assert cache.last.kept == "no_repository"


def test_relative_paths_that_move_with_the_process_are_never_mixed(
    cache: AgentCache, repository: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("docs/settings.py", "LIMIT = 3\n")
    wait_until_settled(repository)

    @cache.tool(observes=("path",))
    def here(path: str) -> str:
        return Path(path).read_text()

    for directory, limit in [(".", "10"), ("docs", "3"), (".", "10")]:
        monkeypatch.chdir(repository.path(directory))
        assert f"LIMIT = {limit}\n" in here("settings.py")


def test_what_is_kept_is_there_when_it_is_opened_again_and_told(
    repository: Repo, tmp_path: Path
) -> None:
    for verdict in ("miss", "hit"):
        with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
            assert cache.tool()(read)("user_a.py") == "A\n"
            last = cache.last
            assert last is not None
            assert last.verdict == verdict
            assert "user_a.py" in last.question
            ledger = cache.where.ledger  # type: ignore[union-attr]  # it is an embedded one
            cache.where.shelf.flush()  # type: ignore[union-attr]  # as above
            assert ledger.find("last") == last
            assert ledger.counters()[f"tools:{verdict}"] == 1


def test_a_store_that_fails_costs_nothing_but_the_hit(
    cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = cache.tool()(read)
    tool("user_a.py")

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cache.where.shelf.tools, "at", broken)  # type: ignore[union-attr]  # embedded
    monkeypatch.setattr(cache.where.shelf.tools, "add_variant", broken)  # type: ignore[union-attr]  # as above
    assert tool("user_a.py") == "A\n"
    assert cache.last is not None
    assert (cache.last.reason, cache.last.kept) == ("cache_failed", "cache_failed")
