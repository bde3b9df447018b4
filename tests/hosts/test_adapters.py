"""Known loops with their adapters: what unmodified hosts do behind `agentcache run`, and alone."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import agentcache.core
import agentcache_aider
import support.hosts
from agentcache.core.codec import canonical_json
from agentcache.store.ledger import Ledger
from hosts.test_hosts_alone import ANSWER, EDIT, QUESTION, REQUEST
from support.hosts import HostRun, host_environment, isolated_environment, run_host
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher, Step
from support.provider_values import Answer, ProviderRequest, ToolCall
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import places_of, run_cli

pytestmark = pytest.mark.hosts

IN_CHEETAHCLAWS = pytest.mark.xdist_group("cheetahclaws")
IN_AIDER = pytest.mark.xdist_group("aider")
REWORDED = "Find where the retry limit is set."
FILES: dict[str, str | bytes] = {
    "settings.py": '"""Settings."""\n\nRETRY_LIMIT = 5\nTIMEOUT = 30\n',
    "client.py": "from settings import RETRY_LIMIT\n\n\ndef fetch():\n    return RETRY_LIMIT\n",
}
ADAPTERS = Path(agentcache_aider.__file__).parents[1]
LOOP = "cheetahclaws-anthropic"
NOTHING: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """A repository, a user's home, and a home for agentcache, which hosts share."""

    place: Path

    @property
    def repo(self) -> Repo:
        return Repo(self.place / "repo")

    @property
    def cache_home(self) -> Path:
        return self.place / "agentcache"

    def run(
        self,
        name: str,
        provider: ScriptedProvider,
        question: str | Sequence[str],
        *,
        options: Sequence[str] | None = NOTHING,
        arguments: Sequence[str] = (),
        **variables: str,
    ) -> HostRun:
        """Run a host behind `agentcache run` with `options`; for None on its own."""
        environment = isolated_environment(self.place / "home") | variables
        prefix: Sequence[str] = ()
        if options is not None:
            direct = provider.url.removeprefix("http://")
            environment |= dict.fromkeys(("NO_PROXY", "no_proxy"), direct)
            environment["AGENTCACHE_HOME"] = str(self.cache_home)
            prefix = (sys.executable, "-m", "agentcache", "run", *options, "--")
        run = run_host(
            name,
            repo=self.repo.root,
            base_env=environment,
            question=question,
            provider_url=provider.url,
            prefix=prefix,
            arguments=arguments,
        )
        assert run.exit_code == 0, run
        return run

    def counters(self, begin: str) -> dict[str, int]:
        """The counters whose names begin so, once the server has left."""
        run_cli(self.cache_home, "stop")
        ledger = Ledger(places_of(self.cache_home).ledger)
        counted = ledger.counters()
        ledger.close()
        return {name: value for name, value in counted.items() if name.startswith(begin)}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    make_repository(bench.repo.root, FILES)
    yield bench
    run_cli(bench.cache_home, "stop")


def shown(provider: ScriptedProvider) -> list[str]:
    """The results of tools that stand in the last request of the loop itself, in their order."""
    last = [call for call in provider.calls if call.tools][-1]
    return [result.text for message in last.messages for result in message.results]


def tool_ids(calls: Sequence[ProviderRequest]) -> set[str]:
    """The ids of all tool calls that stand in these requests."""
    return {use.id for call in calls for message in call.messages for use in message.calls}


class Turns:
    """A model that takes one step a turn; `deeds` happen when a turn's first request comes."""

    def __init__(self, root: Path, turns: Mapping[str, tuple[Callable[[], object], Step]]) -> None:
        self._deeds = {name: deed for name, (deed, _) in turns.items()}
        plan = {name: Course((step,), f"{name} is done") for name, (_, step) in turns.items()}
        self._model = Researcher(plan, root=root)

    def __call__(self, request: ProviderRequest) -> Answer:
        deed = self._deeds.pop(request.question, None)
        if deed is not None:
            deed()
        return self._model(request)


def nothing() -> None:
    return


@IN_CHEETAHCLAWS
@pytest.mark.parametrize(
    ("options", "limits"), [(None, [10, 10, 10, 10]), (NOTHING, [10, 99, 99, 10])]
)
def test_identical_reads_in_one_session_show_the_disk_and_not_what_the_host_remembers(
    bench: Bench, options: Sequence[str] | None, limits: list[int]
) -> None:
    repo = bench.repo
    repo.write("limits.py", "LIMIT = 10\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "limits")
    repo.git("branch", "earlier")

    def commit() -> None:
        repo.git("commit", "-qam", "raise")

    deeds = {
        "Turn one": nothing,
        "Turn two": lambda: repo.write("limits.py", "LIMIT = 99\n"),
        "Turn three": commit,
        "Turn four": lambda: repo.git("checkout", "-q", "earlier"),
    }
    turns = {name: (deed, Read("limits.py")) for name, deed in deeds.items()}
    with ScriptedProvider(Turns(repo.root, turns)) as provider:
        bench.run(LOOP, provider, list(turns), options=options)

    assert provider.violations == []
    assert [int(number) for text in shown(provider) for number in re.findall(r"= (\d+)", text)] == (
        limits
    )


@IN_CHEETAHCLAWS
@pytest.mark.parametrize(("options", "is_true"), [(None, False), (NOTHING, True)])
def test_a_list_of_tasks_is_never_the_one_of_before(
    bench: Bench, options: Sequence[str] | None, *, is_true: bool
) -> None:
    task = {"subject": "Raise the limit", "description": "to 99"}
    turns = {
        "Turn one": (nothing, ToolCall("TaskList", {})),
        "Turn two": (nothing, ToolCall("TaskCreate", dict(task))),
        "Turn three": (nothing, ToolCall("TaskList", {})),
    }
    with ScriptedProvider(Turns(bench.repo.root, turns)) as provider:
        bench.run(LOOP, provider, list(turns), options=options)

    assert provider.violations == []
    before, _, after = shown(provider)
    assert "Raise the limit" not in before
    assert ("Raise the limit" in after) is is_true


@IN_CHEETAHCLAWS
def test_a_search_is_answered_until_a_file_that_it_finds_is_new(bench: Bench) -> None:
    def create() -> None:
        bench.repo.write("later.py", "RETRY_LIMIT = 6\n")
        wait_until_settled(bench.repo)  # its place among the others goes by its time

    search = Grep("RETRY_LIMIT")
    turns = {
        "Turn one": (nothing, search),
        "Turn two": (nothing, search),
        "Turn three": (create, search),
    }
    with ScriptedProvider(Turns(bench.repo.root, turns)) as provider:
        bench.run(LOOP, provider, list(turns))

    first, second, third = shown(provider)
    assert sorted(first.split()) == sorted(second.split())
    assert set(third.split()) - set(first.split()) == {str(bench.repo.path("later.py"))}
    assert bench.counters("tools:") == {"tools:hit": 1, "tools:miss": 2, "tools:kept": 2}


@IN_CHEETAHCLAWS
def test_a_sub_agents_question_in_other_words_costs_no_model_call_and_no_tool_call(
    bench: Bench,
) -> None:
    research = Course((Grep("RETRY_LIMIT"), Read("settings.py")), ANSWER)

    def spawn(prompt: str) -> Course:
        step = ToolCall("Agent", {"prompt": prompt, "subagent_type": "researcher"})
        return Course((step,), "That is where.")

    plan = {"Turn one": spawn(QUESTION), "Turn two": spawn(REWORDED)}
    script = Researcher(plan | {QUESTION: research, REWORDED: research}, root=bench.repo.root)
    with ScriptedProvider(script) as provider:
        run = bench.run(LOOP, provider, list(plan))

    assert provider.violations == []
    assert [ANSWER in text for text in shown(provider)] == [True, True]
    asked = [call.question for call in provider.calls]
    assert (asked.count(QUESTION), asked.count(REWORDED)) == (3, 0)
    # A tool that had run would have been followed by a request.
    assert f"{len(asked) + 1} model requests, 1 answered from the cache" in run.stderr


@IN_CHEETAHCLAWS
def test_a_replayed_decision_goes_on_with_ids_that_the_provider_takes(bench: Bench) -> None:
    course = Course((Grep("RETRY_LIMIT"), Read("settings.py")), ANSWER)
    with ScriptedProvider(Researcher({QUESTION: course}, root=bench.repo.root)) as provider:
        bench.run(LOOP, provider, QUESTION)
        first = len(provider.calls)
        bench.repo.write("settings.py", "RETRY_LIMIT = 6\n")
        run = bench.run(LOOP, provider, QUESTION)

    assert provider.violations == []
    assert ANSWER in run.stdout
    again = provider.calls[first:]
    assert 0 < len(again) < first  # what the tools showed leads to the steps of before
    assert tool_ids(again)
    assert not tool_ids(again) & tool_ids(provider.calls[:first])


ASKED = "aider-anthropic"


@IN_AIDER
def test_an_ask_is_repeated_without_a_model_call_until_a_file_of_the_chat_is_edited(
    bench: Bench,
) -> None:
    plan = {QUESTION: Course((), ANSWER)}
    with ScriptedProvider(Researcher(plan, root=bench.repo.root)) as provider:
        calls = []
        for _ in range(2):
            run = bench.run(ASKED, provider, QUESTION, arguments=["settings.py", "client.py"])
            assert ANSWER in run.stdout
            calls.append(len(provider.calls))
        bench.repo.write("client.py", "def fetch():\n    return 1\n")
        bench.run(ASKED, provider, QUESTION, arguments=["settings.py", "client.py"])
        calls.append(len(provider.calls))

    assert provider.violations == []
    assert calls == [1, 1, 2]


@IN_AIDER
def test_an_edit_and_its_commit_message_are_served_in_an_equal_state(bench: Bench) -> None:
    message = Course((), "feat: raise the timeout")
    plan = {f"USER: {REQUEST}": message, REQUEST: Course((), EDIT)}
    with ScriptedProvider(Researcher(plan)) as provider:
        calls = []
        for _ in range(2):
            shutil.rmtree(bench.repo.root)
            make_repository(bench.repo.root, FILES)
            bench.run("aider-edit", provider, REQUEST, arguments=["settings.py"])
            calls.append(len(provider.calls))
            subject = bench.repo.git("log", "-1", "--format=%s")
            assert "feat: raise the timeout" in subject
            assert b"TIMEOUT = 60" in bench.repo.path("settings.py").read_bytes()

    assert provider.violations == []
    assert calls == [2, 2]


@IN_AIDER
def test_the_summary_of_an_equal_history_is_served(bench: Bench) -> None:
    history = "".join(
        f"\n#### What does part {part} do?\n\nPart {part} {'works and ' * 30}works.\n\n"
        for part in range(4)
    )
    plan = {QUESTION: Course((), ANSWER), "# USER": Course((), "I asked what the parts do.")}
    options = ["--restore-chat-history", "--max-chat-history-tokens", "200", "settings.py"]
    with ScriptedProvider(Researcher(plan, root=bench.repo.root)) as provider:
        calls = []
        for _ in range(2):
            bench.repo.write(".aider.chat.history.md", history)
            bench.run(ASKED, provider, QUESTION, arguments=options)
            calls.append(len(provider.calls))

    assert provider.violations == []
    summaries = ["# USER" in call.question for call in provider.calls]
    assert any(summaries)
    assert calls[0] == calls[1]


@IN_AIDER
@pytest.mark.parametrize(("options", "is_equal"), [(None, False), (("--observe",), True)])
def test_runs_under_different_hash_seeds_send_equal_first_requests(
    bench: Bench, options: Sequence[str] | None, *, is_equal: bool
) -> None:
    # Real code: what stands in the map of a repository hangs on its order too.
    code = sorted(Path(agentcache.core.__path__[0]).glob("*.py"))
    for path in code:
        bench.repo.write(path.name, path.read_bytes())
    bench.repo.commit()
    names = [path.name for path in code if path.name in ("place.py", "policy.py", "session.py")]
    with ScriptedProvider(Researcher({QUESTION: Course((), ANSWER)})) as provider:
        for seed in ("1", "2", "3"):
            bench.run(
                ASKED,
                provider,
                QUESTION,
                options=options,
                arguments=[*names, "--read", "settings.py", "--read", "client.py"],
                PYTHONHASHSEED=seed,
                AGENTCACHE_ADAPTERS="1",
            )

    assert provider.violations == []
    # litellm writes the keys of a request in the order of a set, which is no part of the prompt.
    bodies = [canonical_json(call.json) for call in provider.calls]
    assert len(bodies) == 3
    assert (len(set(bodies)) == 1) is is_equal


@pytest.mark.parametrize(
    ("environment", "adapter", "module", "changed"),
    [
        pytest.param(
            "cheetahclaws",
            "agentcache_nano_claude_code",
            "cheetahclaws.tool_registry",
            "_cache_key, register_tool, tool Grep",
            marks=IN_CHEETAHCLAWS,
        ),
        pytest.param(
            "aider",
            "agentcache_aider",
            "aider.coders.base_coder",
            "Coder.abs_fnames, Coder.abs_read_only_fnames",
            marks=IN_AIDER,
        ),
        pytest.param(
            "aider",
            "agentcache_aider",
            "aider.repomap",
            "RepoMap._run_captures, set",
            marks=IN_AIDER,
        ),
    ],
)
def test_detaching_from_a_real_host_restores_all_that_was_changed(
    environment: str, adapter: str, module: str, changed: str, tmp_path: Path
) -> None:
    script = Path(support.hosts.__file__).parent / "host_scripts" / "adapter_detach.py"
    variables = {"PYTHONPATH": str(ADAPTERS), "AGENTCACHE_SESSION": "http://127.0.0.1:9/s/none"}
    done = subprocess.run(
        [host_environment(environment).python, script, adapter, module],
        env=isolated_environment(tmp_path) | variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines() == [f"changed: {changed}", "not restored: nothing"]
