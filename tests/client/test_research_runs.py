"""Research runs of a loop: what they collect, what they serve, and what they never keep."""

import asyncio
import contextvars
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from agentcache import AgentCache, Look, Mode
from agentcache.errors import UsageError
from client.loops import COLOURS, read
from support.repositories import Repo, make_repository, wait_until_settled

QUESTION = "Where is RETRY_LIMIT defined?"
REWORDED = "Which file has the definition of RETRY_LIMIT?"
OTHER = "Where is LIMIT_OF_ORDERS defined?"
FILES = {
    "shop/settings.py": "RETRY_LIMIT = 5\n",
    "shop/orders.py": "from shop.settings import RETRY_LIMIT\n",
    "docs/page.md": "A page\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repository", FILES)


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


Reading = Callable[[Callable[[str], str], str], str]


def called(tool: Callable[[str], str], path: str) -> str:
    return tool(path)


def in_a_thread(tool: Callable[[str], str], path: str) -> str:
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(tool(path)))
    thread.start()
    thread.join()
    return found[0]


def in_a_context(tool: Callable[[str], str], path: str) -> str:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, tool, path).result()


def in_a_task(tool: Callable[[str], str], path: str) -> str:
    async def both() -> list[str]:
        return list(await asyncio.gather(asyncio.to_thread(tool, path)))

    with ThreadPoolExecutor(1) as pool:  # a loop of its own, which this thread may have one of
        return pool.submit(contextvars.copy_context().run, asyncio.run, both()).result()[0]


READINGS: list[Reading] = [called, in_a_thread, in_a_context, in_a_task]


def asked(
    cache: AgentCache, colour: str, question: str, find: Callable[[], str]
) -> tuple[str | None, str]:
    """What was served, and the reason; on a miss what `find` gives is to be kept."""

    async def ask() -> tuple[str | None, str]:
        async with cache.research(question) as run:
            if run.answer is None:
                kept = run.keep(find())
                return None, kept.reason
            return run.answer, run.reason

    if colour == "async":
        return asyncio.run(ask())
    with cache.research(question) as run:
        if run.answer is None:
            return None, run.keep(find()).reason
        return run.answer, run.reason


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("colour", COLOURS)
def test_an_answer_is_served_until_what_was_read_changes(
    cache: AgentCache, repository: Repo, colour: str, reading: Reading
) -> None:
    tool = cache.tool()(read)

    def find() -> str:
        return f"It is set to {reading(tool, 'shop/settings.py').split()[-1]} in shop/settings.py."

    old, new = (f"It is set to {number} in shop/settings.py." for number in (5, 6))
    assert asked(cache, colour, QUESTION, find) == (None, "kept")
    assert asked(cache, colour, QUESTION, find) == (old, "same_text")
    assert asked(cache, colour, REWORDED, find) == (old, "agrees")
    repository.write("docs/page.md", "Another page\n")
    repository.commit()
    assert asked(cache, colour, QUESTION, find) == (old, "same_text")
    assert asked(cache, colour, "Where is RETRY_LIMIT used?", find) == (None, "kept")
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert asked(cache, colour, QUESTION, find) == (None, "kept")
    assert asked(cache, colour, QUESTION, find) == (new, "same_text")
    repository.git("stash")
    assert asked(cache, colour, QUESTION, find) == (old, "same_text")


def test_a_run_reads_as_a_look_does(cache: AgentCache, repository: Repo) -> None:
    with cache.research(QUESTION) as run:
        found = run.search(r"^RETRY_LIMIT")
        assert [match.path for match in found] == ["shop/settings.py"]
        assert run.keep("In shop/settings.py.").reason == "kept"
    repository.write("shop/more.py", "RETRY_LIMIT = 1\n")
    with cache.research(QUESTION) as run:
        assert (run.answer, run.reason) == (None, "evidence_changed")


def test_a_served_tool_is_evidence_too(cache: AgentCache, repository: Repo) -> None:
    tool = cache.tool()(read)
    tool("shop/settings.py")
    with cache.research(QUESTION) as run:
        tool("shop/settings.py")
        assert cache.last is not None
        assert cache.last.verdict == "hit"
        assert run.keep("5").reason == "kept"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("And in the tests?", "leans_on_context"),
        ("What changed since yesterday?", "leans_on_moment"),
        ("Rename RETRY_LIMIT to MAX_RETRIES", "not_a_question"),
    ],
)
def test_a_question_that_does_not_stand_for_itself_is_not_kept(
    cache: AgentCache, question: str, reason: str
) -> None:
    for _ in range(2):
        with cache.research(question) as run:
            assert (run.answer, run.reason) == (None, reason)
            run.read("shop/settings.py")
            assert run.keep("It is in shop/settings.py.").reason == reason


def test_without_evidence_nothing_is_kept(cache: AgentCache) -> None:
    with cache.research(QUESTION) as run:
        assert run.keep("I remember it").reason == "no_evidence"


@pytest.mark.parametrize("answer", ["", "  \n"])
def test_an_empty_answer_is_not_kept(cache: AgentCache, answer: str) -> None:
    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
        assert run.keep(answer).reason == "empty_reply"


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (QUESTION, "In settings.py, which was written 3 days ago.", "leans_on_moment"),
        (QUESTION, "In settings.py; it has uncommitted changes.", "leans_on_moment"),
        ("Where is 'in two weeks' parsed?", "'in two weeks': in settings.py.", "kept"),
    ],
    ids=["the day", "the work", "the question's own word"],
)
def test_an_answer_that_tells_of_the_day_or_of_the_work_at_hand_is_not_kept(
    cache: AgentCache, repository: Repo, question: str, answer: str, reason: str
) -> None:
    wait_until_settled(repository)
    with cache.research(question) as run:
        run.read("shop/settings.py")
        assert run.keep(answer).reason == reason


def test_a_run_in_which_a_tool_failed_is_not_kept(cache: AgentCache) -> None:
    @cache.tool()
    def failing(look: Look) -> str:
        raise LookupError(look.read("docs/page.md"))

    @cache.tool()
    def saying(look: Look) -> str:
        return f"Error: {look.read('docs/page.md')}"

    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
        with pytest.raises(LookupError):
            failing()
        assert run.keep("5").reason == "tool_error"
    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
        saying()
        assert run.keep("5").reason == "tool_error"


def test_a_run_that_rests_on_what_is_not_seen_is_not_kept(cache: AgentCache) -> None:
    @cache.tool(version="1")
    def known() -> str:
        return "something"

    @cache.tool()
    def blind(look: Look) -> str:
        del look
        return "something"

    for tool, reason in [(known, "opaque_tool"), (known, "opaque_tool"), (blind, "no_evidence")]:
        with cache.research(QUESTION) as run:
            run.read("shop/settings.py")
            tool()
            assert run.keep("5").reason == reason


def test_a_change_while_it_runs_is_seen(cache: AgentCache, repository: Repo) -> None:
    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
        repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
        assert run.keep("5").reason == "unsettled"


def test_an_answer_is_kept_in_its_block_only(cache: AgentCache) -> None:
    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
    assert run.keep("5").reason == "not_research"
    with cache.research(QUESTION) as run:
        assert run.answer is None


def test_an_answer_is_not_kept_before_its_block(cache: AgentCache) -> None:
    """What tools look at before it is not collected."""
    tool = cache.tool()(read)
    run = cache.research(QUESTION)
    tool("shop/settings.py")
    run.read("docs/page.md")
    assert run.keep("5").reason == "not_research"


def test_what_a_run_raises_passes(cache: AgentCache) -> None:
    with pytest.raises(FileNotFoundError), cache.research(QUESTION) as run:
        run.read("shop/nothing.py")
    assert cache.last is not None
    assert cache.last.kept is None


def test_a_run_within_a_run_hands_its_evidence_up(cache: AgentCache, repository: Repo) -> None:
    outer_question = "How is an order retried?"
    for _ in range(2):  # the second time the inner one is served
        with cache.research(outer_question) as outer:
            outer.read("shop/orders.py")
            with cache.research(QUESTION) as inner:
                if inner.answer is None:
                    inner.read("shop/settings.py")
                    assert inner.keep("5").reason == "kept"
            if outer.answer is None:
                assert outer.keep("By shop/settings.py.").reason == "kept"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(outer_question) as outer:
        assert (outer.answer, outer.reason) == (None, "evidence_changed")


def test_runs_side_by_side_in_tasks_do_not_mix_when_they_are_apart(
    cache: AgentCache, repository: Repo
) -> None:
    @cache.tool()
    async def slowly(look: Look, path: str) -> str:
        await asyncio.sleep(0.01)
        return look.read(path)

    questions = {QUESTION: "shop/settings.py", "How is an order retried?": "shop/orders.py"}

    async def ask(question: str, path: str) -> str | None:
        async with cache.research(question, apart=True) as run:
            if run.answer is None:
                await asyncio.gather(slowly(path), slowly(path))
                run.keep(path)
            return run.answer

    async def both() -> list[str | None]:
        return await asyncio.gather(*(ask(*each) for each in questions.items()))

    assert asyncio.run(both()) == [None, None]
    repository.write("shop/orders.py", "other\n")
    assert asyncio.run(both()) == ["shop/settings.py", None]


def test_a_worker_that_one_run_began_and_another_uses_counts_for_both(
    cache: AgentCache, repository: Repo
) -> None:
    tool = cache.tool()(read)
    jobs: asyncio.Queue[tuple[str, asyncio.Future[str]]] = asyncio.Queue()
    workers: list[asyncio.Task[None]] = []

    async def work() -> None:
        while True:
            path, done = await jobs.get()
            done.set_result(tool(path))

    async def ask(question: str, path: str, together: asyncio.Barrier) -> str | None:
        async with cache.research(question) as run:
            if path == "shop/settings.py":
                workers.append(asyncio.create_task(work()))
            await together.wait()  # both are open while the worker reads
            done: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            jobs.put_nowait((path, done))
            await done
            await together.wait()
            if run.answer is None:
                run.keep(path)
        return run.answer

    async def both() -> list[str | None]:
        together = asyncio.Barrier(2)
        asked = {QUESTION: "shop/settings.py", "How is an order retried?": "shop/orders.py"}
        answers = await asyncio.gather(*(ask(*each, together) for each in asked.items()))
        workers[0].cancel()
        return answers

    assert asyncio.run(both()) == [None, None]
    repository.write("shop/orders.py", "other\n")
    with cache.research("How is an order retried?") as run:
        assert run.answer is None


def test_runs_side_by_side_in_threads_do_not_mix_when_they_are_apart(
    cache: AgentCache, repository: Repo
) -> None:
    tool, together = cache.tool()(read), threading.Barrier(2)
    questions = {QUESTION: "shop/settings.py", "How is an order retried?": "shop/orders.py"}

    def ask(question: str, path: str) -> str | None:
        with cache.research(question, apart=True) as run:
            together.wait(30)
            if run.answer is None:
                tool(path)
                run.keep(path)
            together.wait(30)
            return run.answer

    def both() -> list[str | None]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(ask, *zip(*questions.items(), strict=True)))

    assert both() == [None, None]
    repository.write("shop/orders.py", "other\n")
    assert both() == ["shop/settings.py", None]


def test_a_run_may_end_in_another_context_than_it_began_in(
    cache: AgentCache, repository: Repo
) -> None:
    def asked() -> Iterator[str | None]:
        with cache.research(QUESTION) as run:
            run.read("shop/settings.py")
            yield run.answer
            run.keep("shop/settings.py")

    def to_its_end(answers: Iterator[str | None]) -> list[str | None]:
        """As web frameworks go on with a generator: each step in a copy of their context."""
        return list(iter(lambda: contextvars.copy_context().run(next, answers, "over"), "over"))

    assert to_its_end(asked()) == [None]
    assert to_its_end(asked()) == ["shop/settings.py"]
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert to_its_end(asked()) == [None]


def test_a_run_goes_on_collecting_when_one_that_began_before_ends(
    cache: AgentCache, repository: Repo
) -> None:
    tool = cache.tool()(read)
    first = cache.research(OTHER, apart=True).__enter__()
    with cache.research(QUESTION, apart=True) as run:
        run.read("docs/page.md")
        first.__exit__(None, None, None)
        tool("shop/settings.py")
        run.keep("shop/settings.py")
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None


@pytest.mark.parametrize("what", ["a tool", "a served tool", "a look", "a run"])
def test_an_answer_that_rests_on_what_another_cache_looks_at_is_not_kept(
    cache: AgentCache, repository: Repo, tmp_path: Path, what: str
) -> None:
    with AgentCache.open(repository.root, home=tmp_path / "other") as other:
        tool = other.tool()(read)
        if what == "a served tool":
            tool("shop/settings.py")
        with cache.research(QUESTION) as run:
            run.read("docs/page.md")
            if what == "a look":
                with other.research(OTHER, apart=True) as inner:
                    inner.read("shop/settings.py")
            elif what == "a run":
                with other.research(OTHER):
                    pass
            else:
                tool("shop/settings.py")
            assert run.keep("shop/settings.py").reason == "opaque_tool"


def looked_up(tool: Callable[[str], str]) -> str:
    return tool("shop/settings.py")


def read_in_a_run(run: Look) -> str:
    return run.read("shop/settings.py")


FORKING = multiprocessing.get_context("fork")


def in_a_fork(work: Callable[[], str]) -> str:
    answers = FORKING.SimpleQueue()
    child = FORKING.Process(target=lambda: answers.put(work()))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    return str(answers.get())


@pytest.mark.parametrize("what", ["a tool", "a look"])
def test_an_answer_that_rests_on_what_a_fork_looked_at_is_not_kept(
    cache: AgentCache, what: str
) -> None:
    tool = cache.tool()(read)
    with cache.research(QUESTION) as run:
        run.read("docs/page.md")
        found = in_a_fork(
            partial(looked_up, tool) if what == "a tool" else partial(read_in_a_run, run)
        )
        assert found == "RETRY_LIMIT = 5\n"
        kept = run.keep("shop/settings.py")
        assert (kept.reason, kept.detail) == ("opaque_tool", {"what": "what a fork looked at"})
    with cache.research(QUESTION) as run:
        run.read("shop/settings.py")
        assert run.keep("shop/settings.py").reason == "kept"  # that was another run's


def test_a_result_that_rests_on_what_a_fork_looked_at_is_not_kept(
    cache: AgentCache, repository: Repo
) -> None:
    tool = cache.tool()(read)

    @cache.tool()
    def asking(look: Look) -> str:
        return look.read("docs/page.md") + in_a_fork(partial(looked_up, tool))

    asking()
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert asking() == "A page\nRETRY_LIMIT = 6\n"


def test_answers_are_not_mixed_between_users_agents_and_tenants(
    repository: Repo, tmp_path: Path
) -> None:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        with cache.research(QUESTION, user="ana", agent="m1") as run:
            run.read("shop/settings.py")
            assert run.keep("5").reason == "kept"
        for user, agent in [("", ""), ("ana", ""), ("bob", "m1"), ("ana", "m2")]:
            with cache.research(QUESTION, user=user, agent=agent) as run:
                assert run.answer is None
        with cache.research(QUESTION, user="ana", agent="m1") as run:
            assert run.answer == "5"
    with (
        AgentCache.open(repository.root, home=tmp_path / "home", tenant="other") as cache,
        cache.research(QUESTION, user="ana", agent="m1") as run,
    ):
        assert run.answer is None


def test_an_answer_that_names_this_work_tree_is_not_served_in_another(
    repository: Repo, tmp_path: Path
) -> None:
    repository.git("worktree", "add", str(tmp_path / "worktree"))
    for answer in (f"In {repository.root}/shop/settings.py", "5"):
        home = tmp_path / f"home {len(answer)}"
        with (
            AgentCache.open(repository.root, home=home) as cache,
            cache.research(QUESTION) as run,
        ):
            run.read("shop/settings.py")
            run.keep(answer)
        with (
            AgentCache.open(tmp_path / "worktree", home=home) as cache,
            cache.research(QUESTION) as run,
        ):
            assert run.answer == (None if len(answer) > 1 else answer)


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.OBSERVE])
def test_a_cache_that_only_watches_answers_nothing(
    repository: Repo, tmp_path: Path, mode: Mode
) -> None:
    with (
        AgentCache.open(repository.root, home=tmp_path / "home") as cache,
        cache.research(QUESTION) as run,
    ):
        run.read("shop/settings.py")
        run.keep("5")
    with (
        AgentCache.open(repository.root, home=tmp_path / "home", mode=mode) as cache,
        cache.research(QUESTION) as run,
    ):
        assert run.answer is None
        run.read("shop/settings.py")
        assert run.keep("5").reason == {Mode.OFF: "off", Mode.OBSERVE: "observing"}[mode]


def test_a_closed_cache_says_so(repository: Repo, tmp_path: Path) -> None:
    cache = AgentCache.open(repository.root, home=tmp_path / "home")
    cache.close()
    with pytest.raises(UsageError, match="was closed"):
        cache.research(QUESTION)


def test_what_was_saved_is_counted(cache: AgentCache) -> None:
    for _ in range(2):
        with cache.research(QUESTION) as run:
            if run.answer is None:
                run.read("shop/settings.py")
                run.keep("5", calls=4)
    cache.where.shelf.flush()  # type: ignore[union-attr]  # it is an embedded one
    counters = cache.where.ledger.counters()  # type: ignore[union-attr]  # as above
    wanted = {"lookups": 2, "hit:same_text": 1, "miss:no_entry": 1, "kept:kept": 1}
    assert wanted.items() <= counters.items()
    assert counters["saved:calls"] == 4


def test_declared_files_are_evidence(cache: AgentCache, repository: Repo) -> None:
    wait_until_settled(repository)

    @cache.tool(observes=("path",))
    def plain(path: str) -> str:
        return repository.path(path).read_text()

    with cache.research(QUESTION) as run:
        plain("shop/settings.py")
        assert run.keep("5").reason == "kept"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None
        plain("shop/settings.py")
        assert run.keep("6").reason == "unsettled"


def test_a_worker_from_before_the_run_hands_its_evidence_up(
    cache: AgentCache, repository: Repo
) -> None:
    @cache.tool()
    async def reading(look: Look, path: str) -> str:
        return look.read(path)

    async def worker(asked: asyncio.Queue[str], found: asyncio.Queue[str]) -> None:
        while True:
            await found.put(await reading(await asked.get()))

    async def ask() -> str | None:
        asked: asyncio.Queue[str] = asyncio.Queue()
        found: asyncio.Queue[str] = asyncio.Queue()
        working = asyncio.create_task(worker(asked, found))
        async with cache.research(QUESTION) as run:
            if run.answer is None:
                run.read("docs/page.md")
                await asked.put("shop/settings.py")
                run.keep(await found.get())
        working.cancel()
        return run.answer

    assert asyncio.run(ask()) is None
    assert asyncio.run(ask()) == "RETRY_LIMIT = 5\n"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert asyncio.run(ask()) is None


Reads = Callable[[AgentCache, str], str]


def reads_in_a_run(cache: AgentCache, path: str) -> str:
    with cache.research(OTHER) as inner:
        return inner.read(path)


def uses_a_tool_in_a_run(cache: AgentCache, path: str) -> str:
    with cache.research(OTHER):
        return cache.tool()(read)(path)


def is_served_in_a_run(cache: AgentCache, path: str) -> str:
    with cache.research(OTHER) as inner:
        if inner.answer is None:
            inner.keep(inner.read(path))
        return inner.answer or inner.read(path)


@pytest.mark.parametrize("reads", [reads_in_a_run, uses_a_tool_in_a_run, is_served_in_a_run])
@pytest.mark.parametrize("is_asked_before", [False, True])
def test_a_run_in_a_worker_from_before_concerns_the_runs_that_are_open(
    cache: AgentCache, repository: Repo, *, reads: Reads, is_asked_before: bool
) -> None:
    async def worker(asked: asyncio.Queue[str], found: asyncio.Queue[str]) -> None:
        while True:
            await found.put(reads(cache, await asked.get()))

    async def ask() -> str | None:
        asked: asyncio.Queue[str] = asyncio.Queue()
        found: asyncio.Queue[str] = asyncio.Queue()
        working = asyncio.create_task(worker(asked, found))
        if is_asked_before:
            await asked.put("shop/settings.py")
            await found.get()
        async with cache.research(QUESTION) as run:
            if run.answer is None:
                run.read("docs/page.md")
                await asked.put("shop/settings.py")
                run.keep(await found.get())
        working.cancel()
        return run.answer

    assert asyncio.run(ask()) is None
    assert asyncio.run(ask()) == "RETRY_LIMIT = 5\n"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert asyncio.run(ask()) is None


def test_what_is_read_in_a_block_within_counts_before_the_block_ends(
    cache: AgentCache, repository: Repo
) -> None:
    with cache.research(QUESTION) as outer, cache.research(OTHER) as inner:
        outer.read("docs/page.md")
        assert outer.keep(inner.read("shop/settings.py")).reason == "kept"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None


def test_what_a_tool_reads_counts_before_it_ends(cache: AgentCache, repository: Repo) -> None:
    @cache.tool()
    def keeping(look: Look, path: str) -> str:
        text = look.read(path)
        assert run.keep(text).reason == "kept"
        return text

    with cache.research(QUESTION) as run:
        run.read("docs/page.md")
        keeping("shop/settings.py")
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None


def test_nothing_is_kept_while_a_tool_runs_that_says_what_it_read_at_its_end(
    cache: AgentCache,
) -> None:
    @cache.tool(observes=["path"])
    def keeping(path: str) -> str:
        return run.keep(path).reason

    with cache.research(QUESTION) as run:
        run.read("docs/page.md")
        assert keeping("shop/settings.py") == "unsettled"
        with cache.research(OTHER, apart=True) as other:
            other.read("docs/page.md")
            assert other.keep("A page").reason == "kept"


def test_a_look_counts_wherever_it_is_used(cache: AgentCache, repository: Repo) -> None:
    lent: list[Look] = []

    @cache.tool()
    def lending(look: Look) -> str:
        lent.append(look)
        return look.read("docs/page.md")

    @cache.tool()
    def borrowing(look: Look) -> str:
        return look.read("docs/page.md") + lent[0].read("shop/settings.py")

    @cache.tool(observes=["path"])
    def by_the_run(path: str) -> str:
        return run.read("shop/settings.py") + path

    lending()
    with cache.research(QUESTION) as run:
        run.read("docs/page.md")
        assert run.keep(lent[0].read("shop/settings.py")).reason == "kept"
        assert borrowing() == "A page\nRETRY_LIMIT = 5\n"
        by_the_run(str(repository.root / "docs/page.md"))
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    with cache.research(QUESTION) as run:
        assert run.answer is None
        assert borrowing() == "A page\nRETRY_LIMIT = 6\n"
        assert "= 6" in by_the_run(str(repository.root / "docs/page.md"))


def test_what_a_lent_look_cannot_see_counts_where_it_is_used(cache: AgentCache) -> None:
    lent: list[Look] = []

    @cache.tool()
    def lending(look: Look) -> str:
        lent.append(look)
        return look.read("docs/page.md")

    lending()
    with cache.research(QUESTION) as run:
        run.read("docs/page.md")
        with pytest.raises(OSError, match="shop"):
            lent[0].read("shop")
        assert run.keep("A page").reason == "unobservable"
