"""The decisions: which fields split a scope, what may be replayed, and what is never kept."""

from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import Json
from agentcache.core.conversation import ToolRun
from agentcache.core.entry import Cost, Entry, Kind
from agentcache.core.evidence import File, Observation
from agentcache.core.policy import (
    VARIANTS,
    directory_of,
    facts_of,
    leaning_run,
    may_replay,
    places_in,
    refuse_question,
    refuse_reply,
    replay_slot,
    saved_counts,
    scope_differences,
    scope_of,
    uses_of,
    with_variant,
)
from agentcache.core.profile import Fact, FactKind
from agentcache.core.query import read_query
from agentcache.core.reasons import Reason
from agentcache.core.session import Replay, Session
from agentcache.core.values import (
    Call,
    Opaque,
    Part,
    Reply,
    Scope,
    Stop,
    Text,
    Tool,
    ToolResult,
    ToolUse,
    Turn,
    Usage,
    WireName,
)

CALL = Call(
    wire=WireName.ANTHROPIC,
    model="m-1",
    system=("You help.\nWorking directory: /w/shop\nToday is 2026-11-21.",),
    tools=(Tool("Read", "d1"), Tool("Grep", "d2")),
    turns=(Turn("user", (Text("Where is it?"),)),),
    parameters={"max_tokens": 100, "tool_choice": {"type": "auto"}},
    user="ada",
    stream=True,
    wants_usage=True,
    temperature=None,
    digest="digest",
)
SESSION = Session(name="s1", cwd="/w/shop", tenant="default")


def scope(
    call: Call = CALL,
    *,
    session: Session = SESSION,
    upstream: str = "https://api.example",
    repository: str = "/w/shop/.git",
    root: str = "/w/shop",
    directory: str = ".",
    preamble: tuple[str, ...] = ("Be kind.",),
) -> Scope:
    return scope_of(
        call, session=session, upstream=upstream, repository=repository, root=root,
        directory=directory, preamble=preamble,
    )  # fmt: skip


CHOOSING: dict[str, Json] = {"tool_choice": {"type": "auto"}}
TURNED: dict[str, Json] = CHOOSING | {"max_tokens": 100}


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("tenant", lambda: scope(session=replace(SESSION, tenant="other"))),
        ("user", lambda: scope(replace(CALL, user="bob"))),
        ("repository", lambda: scope(repository="/w/till/.git")),
        ("upstream", lambda: scope(upstream="https://other.example")),
        ("wire", lambda: scope(replace(CALL, wire=WireName.OPENAI_CHAT))),
        ("directory", lambda: scope(directory="till")),
        ("model", lambda: scope(replace(CALL, model="m-2"))),
        ("profile", lambda: scope(replace(CALL, system=("You do not help.",)))),
        ("profile", lambda: scope(replace(CALL, system=(*CALL.system, "More.")))),
        ("profile", lambda: scope(preamble=("Be rude.",))),
        ("profile", lambda: scope(preamble=())),
        ("profile", lambda: scope(preamble=("Be", "kind."))),
        ("registry", lambda: scope(replace(CALL, tools=CALL.tools[:1]))),
        ("registry", lambda: scope(replace(CALL, tools=(Tool("Read", "d9"), CALL.tools[1])))),
        ("registry", lambda: scope(replace(CALL, tools=(*CALL.tools, Tool("Bash", "d3"))))),
        ("registry", lambda: scope(replace(CALL, tools=()))),
        ("registry", lambda: scope(replace(CALL, parameters={"max_tokens": 100}))),
        ("registry", lambda: scope(replace(CALL, parameters=dict(TURNED, tool_choice="any")))),
        ("parameters", lambda: scope(replace(CALL, parameters=dict(TURNED, max_tokens=101)))),
        ("parameters", lambda: scope(replace(CALL, parameters=CHOOSING))),
    ],
)
def test_what_may_not_be_mixed_splits_in_one_field(field: str, other: Callable[[], Scope]) -> None:
    assert scope_differences(scope(), other()) == [field]


def test_every_field_of_a_scope_is_compared() -> None:
    for field in fields(Scope):
        other = WireName.OPENAI_CHAT if field.name == "wire" else "something else"
        changed = replace(scope(), **{field.name: other})  # type: ignore[arg-type]
        assert scope_differences(scope(), changed) == [field.name]


@pytest.mark.parametrize(
    "other",
    [
        lambda: scope(replace(CALL, tools=CALL.tools[::-1])),
        lambda: scope(replace(CALL, stream=False, wants_usage=False, digest="other")),
        lambda: scope(replace(CALL, turns=(Turn("user", (Text("Why?"),)),))),
        lambda: scope(replace(CALL, parameters=TURNED)),
        lambda: scope(session=replace(SESSION, name="s2", cwd="/elsewhere", replay_ttl=1.0)),
        lambda: scope(session=replace(SESSION, replay=Replay.ALWAYS)),
        lambda: scope(
            replace(CALL, system=("You help.\nWorking directory: /w/2\nToday is 2027-01-01.",)),
            root="/w/2",
        ),
    ],
)
def test_what_does_not_matter_does_not_split(other: Callable[[], Scope]) -> None:
    assert other() == scope()


class TestDirectories:
    def test_the_prompt_says_where_relative_paths_begin(self) -> None:
        facts = facts_of(replace(CALL, system=("cwd: /w/shop/till",)), ())
        assert directory_of(facts, SESSION) == "/w/shop/till"

    def test_so_does_what_stands_around_the_question(self) -> None:
        facts = facts_of(replace(CALL, system=()), ("<cwd>/w/codex</cwd>",))
        assert directory_of(facts, SESSION) == "/w/codex"

    @pytest.mark.parametrize("texts", [(), ("cwd: /a", "cwd: /b"), ("cwd: till",)])
    def test_without_one_clear_word_it_is_the_sessions(self, texts: tuple[str, ...]) -> None:
        assert directory_of(facts_of(replace(CALL, system=()), texts), SESSION) == "/w/shop"

    def test_saying_it_twice_is_as_clear(self) -> None:
        facts = [Fact(FactKind.DIRECTORY, "/a"), Fact(FactKind.DIRECTORY, "/a")]
        assert directory_of(facts, SESSION) == "/a"


class TestReplay:
    @pytest.mark.parametrize(
        ("replay", "temperature", "ttl", "may"),
        [
            (Replay.SAFE, 0.0, 10.0, True),
            (Replay.SAFE, 0.01, 10.0, False),
            (Replay.SAFE, None, 10.0, False),
            (Replay.SAFE, 0.0, 0.0, False),
            (Replay.ALWAYS, 1.0, 10.0, True),
            (Replay.ALWAYS, None, 10.0, True),
            (Replay.ALWAYS, 0.0, 0.0, False),
            (Replay.NEVER, 0.0, 10.0, False),
            (Replay.NEVER, None, 10.0, False),
        ],
    )
    def test_only_what_the_user_allows_and_for_as_long(
        self,
        replay: Replay,
        temperature: float | None,
        ttl: float,
        may: bool,  # a table
    ) -> None:
        session = replace(SESSION, replay=replay, replay_ttl=ttl)
        assert may_replay(replace(CALL, temperature=temperature), session) is may

    def test_only_the_same_request_in_the_same_scope_is_found(self) -> None:
        slots = {
            replay_slot(CALL, scope()),
            replay_slot(replace(CALL, digest="other"), scope()),
            replay_slot(CALL, scope(repository="/other")),
        }
        assert len(slots) == 3


class TestReplies:
    @pytest.mark.parametrize(
        ("parts", "stop", "reason"),
        [
            ((Text("There."),), Stop.END, None),
            ((ToolUse("i", "Read", {}),), Stop.TOOL_USE, None),
            ((Text("There."),), Stop.MAX_TOKENS, Reason.MAX_TOKENS),
            ((Text("No."),), Stop.REFUSAL, Reason.REFUSAL),
            ((Text("Hm."),), Stop.OTHER, Reason.REFUSAL),
            ((Opaque("thinking", "d"), Text("There.")), Stop.END, Reason.OPAQUE_REPLY),
            ((), Stop.END, Reason.EMPTY_REPLY),
            ((Text(" \n"),), Stop.END, Reason.EMPTY_REPLY),
        ],
    )
    def test_only_whole_answers_are_kept(
        self, parts: tuple[Part, ...], stop: Stop, reason: Reason | None
    ) -> None:
        assert refuse_reply(Reply("m", parts, stop)) is reason

    def test_the_tools_of_a_reply_are_in_order(self) -> None:
        uses = [ToolUse("1", "Read", {}), ToolUse("2", "Grep", {})]
        assert uses_of(Reply("m", (uses[0], Text("and"), uses[1]), Stop.TOOL_USE)) == uses

    def test_what_is_saved_is_what_it_cost(self) -> None:
        assert saved_counts(Cost(3, Usage(10, 20, 5, 5))) == {
            "saved:calls": 3, "saved:input_tokens": 10, "saved:output_tokens": 20,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("Where is RETRY_LIMIT defined?", None),
        ("Set RETRY_LIMIT to 7.", Reason.NOT_A_QUESTION),
        ("Where is it defined?", Reason.LEANS_ON_CONTEXT),
        ("What changed since yesterday?", Reason.LEANS_ON_MOMENT),
    ],
)
def test_only_research_is_answered_from_research(question: str, reason: Reason | None) -> None:
    assert refuse_question(read_query(question)) is reason


def entry(number: int, *, seen: str) -> Entry:
    evidence = (Observation(File("a.py"), seen),)
    reply = Reply("m", (Text(str(number)),), Stop.END)
    return Entry(Kind.RESEARCH, scope(), "Where?", reply, evidence, Cost(1, Usage()), float(number))


@given(st.lists(st.sampled_from("abcdefg"), max_size=20))
def test_a_slot_keeps_the_newest_answer_for_each_of_the_newest_evidences(seen: list[str]) -> None:
    slot: tuple[Entry, ...] = ()
    for number, digest in enumerate(seen):
        slot = with_variant(slot, entry(number, seen=digest))
    newest = {digest: number for number, digest in enumerate(seen)}
    expected = sorted(newest.values(), reverse=True)[:VARIANTS]
    assert [one.made_at for one in slot] == expected


@pytest.mark.parametrize(
    ("stated", "places"),
    [
        ((), ["shop"]),
        (("/w/shop",), ["shop"]),
        (("/w", "/w/shop/till/"), [".", "shop", "shop/till"]),
        (("/w/shop", "/scratch/of/a/session", "/w/api"), ["api", "shop"]),
    ],
)
def test_the_places_of_an_agent_are_all_that_it_is_sent_to_in_its_work_tree(
    stated: tuple[str, ...], places: list[str]
) -> None:
    def to_relative(path: str) -> str:
        return {"/w": ".", "/w/shop": "shop"}.get(path, path.removeprefix("/w/"))

    facts = [Fact(FactKind.DIRECTORY, place) for place in stated]
    assert places_in(facts, "/w/shop", to_relative) == places


class TestWhatARunLeansOn:
    FACTS = (Fact(FactKind.TIME, "2026-11-21"), Fact(FactKind.GIT, "Status:\n M src/till.py"))

    @staticmethod
    def leans(answer: str, *runs: tuple[str, str]) -> str | None:
        uses = [
            ToolRun(ToolUse(str(n), "Read", {"file_path": path}), ToolResult(str(n), text))
            for n, (path, text) in enumerate(runs)
        ]
        facts = TestWhatARunLeansOn.FACTS
        return leaning_run(
            CALL, facts, root="/w/shop", question="Which is it?", runs=uses, answer=answer
        )

    def test_a_fact_that_chose_what_was_read(self) -> None:
        assert self.leans("It is a.", ("log/2026-11-21.md", "a")) == "2026-11-21"

    def test_no_fact_that_an_earlier_tool_showed(self) -> None:
        runs = ("log", "2026-11-21.md"), ("log/2026-11-21.md", "a")
        assert self.leans("It is a.", *runs) is None
        assert self.leans("It is a.", *runs[::-1]) == "2026-11-21"

    def test_no_file_that_git_calls_changed(self) -> None:
        assert self.leans("It is a.", ("src/till.py", "a")) is None

    def test_no_file_that_was_read_even_if_git_calls_it_changed(self) -> None:
        assert self.leans("It is in src/till.py.", ("src/till.py", "a")) is None
        assert self.leans("It is in src/till.py.", ("src/other.py", "a")) is not None

    def test_what_is_said_of_a_file_that_git_calls_changed(self) -> None:
        assert self.leans("Here till.py is modified.", ("src/till.py", "a")) == "is modified"
        assert self.leans("Here it is modified.", ("src/till.py", "a")) is None

    def test_words_of_now_where_the_prompt_has_a_date(self) -> None:
        assert self.leans("In 9 days.", ("a.py", "a")) == "In 9 days"
        assert self.leans("In 9 days.", ("a.py", "In 9 days")) is None
