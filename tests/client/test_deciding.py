"""Decisions and summaries of a loop: equal states, other words, and what is refused."""

import asyncio
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agentcache import AgentCache, Look, Replay
from agentcache.client import shelf
from agentcache.client.embedded import Embedded
from agentcache.store.disk import DiskStore
from agentcache.store.entries import Entries
from client.loops import COLOURS
from support.repositories import Repo, make_repository
from support.server import run_cli

QUESTION = "Where is RETRY_LIMIT defined?"
REWORDED = "Which file has the definition of RETRY_LIMIT?"
GREP: dict[str, Any] = {"name": "Grep", "arguments": {"pattern": "RETRY_LIMIT"}}
WRITE: dict[str, Any] = {"name": "Write", "arguments": {"path": "a"}}


def tool(name: str, description: str = "") -> dict[str, Any]:
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}}}
    return {"name": name, "description": description, "input_schema": schema}


REGISTRY = [tool("Grep"), tool("Read"), tool("Write")]


@pytest.fixture
def repository(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repository", {"a": "A\n"})


@pytest.fixture
def cache(repository: Repo, tmp_path: Path) -> Iterator[AgentCache]:
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


def decided(
    cache: AgentCache,
    colour: str,
    state: object,
    registry: list[Any],
    chosen: object,
    **more: Any,  # noqa: ANN401  # of decide
) -> tuple[Any, bool]:
    """The decision, and whether it had to be chosen."""
    asked: list[None] = []

    def choose() -> object:
        asked.append(None)
        return chosen

    async def choose_async() -> object:
        return choose()

    if colour == "sync":
        return cache.decide(state, registry, choose, **more), bool(asked)
    return asyncio.run(cache.async_decide(state, registry, choose_async, **more)), bool(asked)


@pytest.mark.parametrize("colour", COLOURS)
def test_an_equal_state_is_decided_once(cache: AgentCache, colour: str) -> None:
    state = [{"role": "user", "content": "Write it to a file"}]
    assert decided(cache, colour, state, REGISTRY, WRITE) == (WRITE, True)
    assert decided(cache, colour, state, REGISTRY, None) == (WRITE, False)
    assert cache.last is not None
    assert cache.last.reason == "decision"
    again = [{"content": "Write it to a file", "role": "user"}]
    assert decided(cache, colour, again, REGISTRY[::-1], None) == (WRITE, False)


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize(
    "registry",
    [
        [*REGISTRY, tool("List")],
        REGISTRY[:2],
        [tool("Grep", "searches"), *REGISTRY[1:]],
        [{**REGISTRY[0], "input_schema": {}}, *REGISTRY[1:]],
    ],
    ids=["added", "removed", "described", "another schema"],
)
def test_another_registry_is_another_decision(
    cache: AgentCache, colour: str, registry: list[Any]
) -> None:
    for state in (QUESTION, [{"role": "user", "content": "Go on"}]):
        decided(cache, colour, state, REGISTRY, GREP)
        assert decided(cache, colour, state, registry, GREP)[1]
    assert decided(cache, colour, QUESTION, REGISTRY, GREP, choice={"type": "any"})[1]


def test_ids_are_no_part_of_a_state_and_are_fresh_in_what_is_served(cache: AgentCache) -> None:
    def state(id_: str) -> list[Any]:
        use = {"type": "tool_use", "id": id_, "name": "Read", "input": {"id": "mine"}}
        result = {"type": "tool_result", "tool_use_id": id_, "content": "A"}
        return [
            {"role": "user", "content": "Go on"},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
        ]

    choice = [{"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"id": "kept"}}]
    assert decided(cache, "sync", state("toolu_a"), REGISTRY, choice) == (choice, True)
    served = [decided(cache, "sync", state(f"toolu_{n}"), REGISTRY, None)[0][0] for n in range(3)]
    ids = {use["id"] for use in served}
    assert len(ids | {"toolu_1", "toolu_0"}) == 5
    assert all(id_.startswith("toolu_") for id_ in ids)
    assert all(use | {"id": ""} == choice[0] | {"id": ""} for use in served)
    other = state("toolu_a")
    other[2]["content"][0]["content"] = "B"
    assert decided(cache, "sync", other, REGISTRY, choice)[1]


EXPAND = [tool("Expand"), tool("Read")]


def with_result(id_: str) -> list[Any]:
    use = {"type": "tool_use", "id": id_, "name": "Read", "input": {"path": "a"}}
    result = {"type": "tool_result", "tool_use_id": id_, "content": "cut"}
    return [
        {"role": "user", "content": "Go on"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]


def with_item(id_: object) -> list[Any]:
    return [{"type": "message", "role": "user", "id": id_, "content": "Go on"}]


@pytest.mark.parametrize(
    "named",
    [
        (with_result("toolu_a"), "toolu_a"),
        (with_item("msg_a"), "msg_a"),
        (with_item(41), 41),
        (with_item("41"), 41),
    ],
)
def test_a_decision_that_names_an_id_of_its_state_is_not_kept(
    cache: AgentCache, named: tuple[list[Any], object]
) -> None:
    state, id_ = named
    choice = {"name": "Expand", "arguments": {"result_of": id_}}
    for _ in range(2):
        assert decided(cache, "sync", state, EXPAND, choice) == (choice, True)
    again = {"id": f"{id_}", "name": "Read", "arguments": {"path": "a"}}
    assert decided(cache, "sync", state, EXPAND, again)[1]
    assert not decided(cache, "sync", state, EXPAND, None)[1]


def test_a_summary_that_names_an_id_of_its_conversation_is_not_kept(cache: AgentCache) -> None:
    for _ in range(2):
        said = "It was read as toolu_a."
        assert compacted(cache, "sync", with_result("toolu_a"), "Sum up.", said) == (said, True)
    assert compacted(cache, "sync", with_result("toolu_a"), "Sum up.", "It was read.")[1]
    assert not compacted(cache, "sync", with_result("toolu_b"), "Sum up.", None)[1]


READ_USES: dict[str, Any] = {
    "a message of Anthropic": {
        "id": "msg_1",
        "content": [{"type": "tool_use", "id": "ID", "name": "Read", "input": {"id": "x"}}],
    },
    "a message of a chat": {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {
                "id": "ID",
                "type": "function",
                "function": {"name": "Read", "arguments": '{"id": "x"}'},
            }
        ],
    },
    "an item of Responses": [
        {"type": "function_call", "id": "ID", "call_id": "ID", "name": "Read", "arguments": "{}"}
    ],
    "a loop's own": {"plan": "p", "uses": [{"name": "Read", "arguments": {"id": "x"}, "id": "ID"}]},
    "a loop's own, by tool": {"tool": "Read", "arguments": {"id": "x"}, "id": "ID"},
}


@pytest.mark.parametrize("form", READ_USES)
def test_of_a_use_in_any_form_all_but_its_id_is_served_as_it_was(
    cache: AgentCache, form: str
) -> None:
    choice = READ_USES[form]
    decided(cache, "sync", QUESTION, REGISTRY, choice)
    served = [json.dumps(decided(cache, "sync", QUESTION, REGISTRY, None)[0]) for _ in "12"]
    assert served[0] != served[1]
    for text in served:
        assert '"ID"' not in text
        assert json.loads(re.sub(r"ID_[0-9a-f]{24}", "ID", text)) == choice


@pytest.mark.parametrize(
    "choice",
    [
        {"tool": "Read", "id": "SHOP-17"},
        {"tool": "Read", "id": "SHOP_17", "call_id": "17", "input": "y", "function": {}},
        {"tool": "Read", "id": "SHOP_17", "arguments": "--all"},
        {"tool": "Read", "params": {"name": "fix", "id": "SHOP_17"}},
        [{"tool": "Read", "args": {"id": 3, "filter": {"id": "x", "name": "Read", "input": "y"}}}],
        {"name": "Read", "input": {"id": "x", "name": "Read", "input": "y"}},
        {"function": {"name": "Read", "arguments": {"id": "x", "name": "Read", "input": "y"}}},
    ],
)
def test_an_argument_is_served_as_it_was_chosen_whatever_its_name(
    cache: AgentCache, choice: object
) -> None:
    assert decided(cache, "sync", QUESTION, REGISTRY, choice) == (choice, True)
    assert decided(cache, "sync", QUESTION, REGISTRY, None) == (choice, False)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_first_step_is_found_by_other_words_for_reading_tools_only(
    cache: AgentCache, colour: str
) -> None:
    for state in (lambda text: text, lambda text: [{"role": "user", "content": text}]):
        registry = [*REGISTRY, tool(f"For {state('x')}")]
        assert decided(cache, colour, state(QUESTION), registry, GREP)[1]
        assert decided(cache, colour, state(REWORDED), registry, WRITE) == (GREP, False)
        assert decided(cache, colour, state("Where is RETRY_LIMIT used?"), registry, WRITE)[1]
        # The same words are the same state; other words never lead to a tool that writes.
        assert not decided(cache, colour, state("Where is RETRY_LIMIT used?"), registry, GREP)[1]
        reworded = "Which places is RETRY_LIMIT used in?"
        assert decided(cache, colour, state(reworded), registry, GREP)[1]


def test_a_first_step_is_one_entry_however_long_its_question(cache: AgentCache) -> None:
    question = f"Where is RETRY_LIMIT{'_OF_ORDERS' * 40} defined?"
    assert decided(cache, "sync", question, REGISTRY, GREP)[1]
    assert isinstance(cache.where, Embedded)
    store = DiskStore(cache.where.home / "store", size_limit=1 << 30)
    kept = [entry for _, entry in Entries(store).all()]
    store.close()
    assert len(kept) == 2
    assert len({entry.id for entry in kept}) == 1


def test_what_was_decided_is_told_while_the_cache_is_open(
    cache: AgentCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "_LATEST", 0.0)
    for _ in range(2):
        decided(cache, "sync", QUESTION, REGISTRY, GREP)
    assert isinstance(cache.where, Embedded)
    assert run_cli(cache.where.home, "why").stdout.startswith("hit (decision)")


def test_tools_of_the_cache_only_read(cache: AgentCache) -> None:
    choice = {"name": "find_definition", "arguments": {"name": "RETRY_LIMIT"}}
    registry = [tool("find_definition")]
    decided(cache, "sync", QUESTION, registry, choice)
    assert decided(cache, "sync", REWORDED, registry, choice)[1]

    @cache.tool()
    def find_definition(look: Look, name: str) -> str:
        return str(look.search(name))

    assert find_definition("A")
    assert decided(cache, "sync", QUESTION, [tool("find_definition", "x")], choice)[1]
    assert not decided(cache, "sync", REWORDED, [tool("find_definition", "x")], choice)[1]


def test_a_system_prompt_and_what_it_says_of_the_moment(cache: AgentCache) -> None:
    def state(day: int, words: str = "Be brief.") -> list[Any]:
        system = f"{words}\nToday's date is 2026-11-{day}."
        return [{"role": "system", "content": system}, {"role": "user", "content": QUESTION}]

    assert decided(cache, "sync", state(20), REGISTRY, GREP)[1]
    assert not decided(cache, "sync", state(21), REGISTRY, GREP)[1]
    assert decided(cache, "sync", state(21, "Be long."), REGISTRY, GREP)[1]
    dated = {"name": "Grep", "arguments": {"pattern": "2026-11-22"}}
    fresh = [*state(22), {"role": "user", "content": "since today"}]
    assert decided(cache, "sync", fresh, REGISTRY, dated)[1]
    assert cache.last is not None
    assert cache.last.kept == "leans_on_moment"


MOMENTS = {
    "directory": ("Working directory: /w/api", "Working directory: /w/web"),
    "branch": ("Current branch: fix-12", "Current branch: fix-13"),
    "status": ("Git status:\n M a.txt", "Git status:\n M b.py"),
    "clean": ("Git status:\n M a.txt", "Git status: clean"),
}


def at_the_moment(fact: str, question: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": f"You help.\n{fact}"},
        {"role": "user", "content": question},
    ]


@pytest.mark.parametrize("name", MOMENTS)
@pytest.mark.parametrize("question", [QUESTION, "And what has changed since?"])
def test_what_an_answer_may_be_worked_out_from_is_a_part_of_the_state(
    cache: AgentCache, name: str, question: str
) -> None:
    one, other = (at_the_moment(fact, question) for fact in MOMENTS[name])
    for state, is_asked in [(one, True), (other, True), (one, False), (other, False)]:
        assert decided(cache, "sync", state, REGISTRY, GREP)[1] is is_asked
    assert cache.compact(one, "Sum up.", lambda: "One.", model="m") == "One."
    assert cache.compact(other, "Sum up.", lambda: "Other.", model="m") == "Other."
    assert cache.compact(one, "Sum up.", lambda: "No.", model="m") == "One."


SAME_FOR_US = {
    "an id": ("Session id: abc", "Session id: xyz", "abc"),
    "a time of day": ("Date: 2026-11-22 13:45:10", "Date: 2026-11-22 14:05:59", "13:45"),
}


@pytest.mark.parametrize("name", SAME_FOR_US)
def test_ids_and_times_of_day_are_no_part_of_a_state_unless_they_are_repeated(
    cache: AgentCache, name: str
) -> None:
    first, second, repeated = SAME_FOR_US[name]
    leaning = {"name": "Grep", "arguments": {"pattern": f"of {repeated}: "}}
    one, other = (at_the_moment(fact, QUESTION) for fact in (first, second))
    assert decided(cache, "sync", one, REGISTRY, leaning)[1]
    assert cache.last is not None
    assert cache.last.kept == "leans_on_moment"
    assert decided(cache, "sync", one, REGISTRY, GREP)[1]
    assert not decided(cache, "sync", other, REGISTRY, GREP)[1]
    said = f"Seen at {repeated}."
    shown = [*one, {"role": "user", "content": f"What is {repeated}?"}]
    assert cache.compact(one, "Sum up.", lambda: said, model="m") == said
    assert cache.compact(one, "Sum up.", lambda: "Nothing.", model="m") == "Nothing."
    assert cache.compact(shown, "Sum up.", lambda: said, model="m") == said
    assert cache.compact(shown, "Sum up.", lambda: "Nothing.", model="m") == said


SINCE = "What changed since yesterday?"
OF_THE_MOMENT: dict[str, Any] = {
    "a question": SINCE,
    "behind a date": at_the_moment("Today's date: 2026-11-22", SINCE),
    "in blocks": [{"role": "user", "content": [{"type": "text", "text": SINCE}]}],
    "in a request": {"system": "Be brief.", "messages": [{"role": "user", "content": SINCE}]},
    "of one's own": {"question": SINCE, "steps": 1},
    "a step later": [
        {"role": "user", "content": "Which branch am I on?"},
        {"role": "assistant", "content": "I look."},
    ],
}


@pytest.mark.parametrize("state", OF_THE_MOMENT.values(), ids=OF_THE_MOMENT)
def test_a_question_about_the_moment_is_decided_anew(cache: AgentCache, state: object) -> None:
    for _ in range(2):
        assert decided(cache, "sync", state, REGISTRY, GREP)[1]
        assert cache.last is not None
        assert cache.last.kept == "leans_on_moment"


def test_what_a_tool_says_of_the_moment_is_no_question_about_it(cache: AgentCache) -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": SINCE}
    state = [
        {"role": "system", "content": SINCE},
        {"role": "user", "content": [{"type": "text", "text": QUESTION}, result]},
        {"role": "tool", "content": SINCE},
    ]
    assert decided(cache, "sync", state, REGISTRY, GREP)[1]
    assert not decided(cache, "sync", state, REGISTRY, GREP)[1]


@pytest.mark.parametrize(
    ("state", "is_kept"),
    [
        (QUESTION, False),
        (f"{QUESTION} It was there on 2026-11-20.", True),
        (at_the_moment("Version 2026-11-20 of the interface", QUESTION), True),
    ],
    ids=["named by nobody", "in the question", "in the system prompt"],
)
def test_a_decision_that_names_a_day_rests_on_who_named_it(
    cache: AgentCache, state: object, *, is_kept: bool
) -> None:
    choice = {"name": "Grep", "arguments": {"pattern": "2026-11-20"}}
    assert decided(cache, "sync", state, REGISTRY, choice)[1]
    assert decided(cache, "sync", state, REGISTRY, choice)[1] is not is_kept


@pytest.mark.parametrize(
    ("registry", "choice", "kept"),
    [
        ([tool("Grep", "one"), tool("Grep", "two")], GREP, "ambiguous_tools"),
        (REGISTRY, {"name": "Vanished", "arguments": {}}, "opaque_tool"),
        (REGISTRY, [GREP, {"name": "Vanished", "arguments": {}}], "opaque_tool"),
        (REGISTRY, {"text": "I do not know"}, "empty_reply"),
        (REGISTRY, "It is in settings.py", "empty_reply"),
        (REGISTRY, ("Grep",), "opaque_reply"),
        (REGISTRY, None, "empty_reply"),
    ],
    ids=["two of a name", "a vanished tool", "one of them vanished", "no tool", "a text", "no JSON",
         "nothing"],
)  # fmt: skip
@pytest.mark.parametrize("colour", COLOURS)
def test_what_is_no_decision_is_not_kept(
    cache: AgentCache, colour: str, registry: list[Any], choice: object, kept: str
) -> None:
    for _ in range(2):
        assert decided(cache, colour, QUESTION, registry, choice) == (choice, True)
        assert cache.last is not None
        assert cache.last.kept == kept


def test_duplicates_of_one_definition_are_no_ambiguity(cache: AgentCache) -> None:
    registry = [tool("Grep"), tool("Grep")]
    decided(cache, "sync", QUESTION, registry, GREP)
    assert not decided(cache, "sync", QUESTION, registry, GREP)[1]


@pytest.mark.parametrize("state", [object(), (1,), {1: 2}, b"x"])
def test_a_state_that_is_no_json_is_just_decided(cache: AgentCache, state: object) -> None:
    for _ in range(2):
        assert decided(cache, "sync", state, REGISTRY, GREP)[1]
    assert decided(cache, "sync", QUESTION, [{"description": "nameless"}], GREP)[1]


@pytest.mark.parametrize("colour", COLOURS)
def test_what_choose_raises_passes(cache: AgentCache, colour: str) -> None:
    def fail() -> None:
        raise LookupError

    async def fail_async() -> None:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            _ = (
                cache.decide(QUESTION, REGISTRY, fail)
                if colour == "sync"
                else asyncio.run(cache.async_decide(QUESTION, REGISTRY, fail_async))
            )


def test_the_same_last_message_after_another_history_is_another_state(cache: AgentCache) -> None:
    def state(first: str) -> list[Any]:
        return [
            {"role": "user", "content": first},
            {"role": "assistant", "content": "Yes."},
            {"role": "user", "content": "Go on"},
        ]

    decided(cache, "sync", state("Shall I read?"), REGISTRY, GREP)
    assert decided(cache, "sync", state("Shall I write?"), REGISTRY, WRITE)[1]
    assert decided(cache, "sync", state("Shall I read?"), REGISTRY, WRITE) == (GREP, False)


@pytest.mark.parametrize("replay", [{"replay": Replay.NEVER}, {"replay_ttl": 0.0}])
def test_who_wants_no_replays_gets_none(
    repository: Repo, tmp_path: Path, replay: dict[str, Any]
) -> None:
    with AgentCache.open(repository.root, home=tmp_path / "home", **replay) as cache:
        for _ in range(2):
            assert decided(cache, "sync", QUESTION, REGISTRY, GREP)[1]


def test_users_agents_and_tenants_are_not_mixed(repository: Repo, tmp_path: Path) -> None:
    for tenant in ("one", "two"):
        with AgentCache.open(repository.root, home=tmp_path / "home", tenant=tenant) as cache:
            for user, agent in [("", ""), ("ana", ""), ("", "m")]:
                for is_first in (True, False):
                    more = {"user": user, "agent": agent}
                    assert decided(cache, "sync", QUESTION, REGISTRY, GREP, **more)[1] is is_first


MESSAGES = [
    {"role": "user", "content": "Where is it?"},
    {"role": "assistant", "content": "In a.py."},
]


def compacted(
    cache: AgentCache, colour: str, messages: object, instruction: str, summary: object, **more: str
) -> tuple[Any, bool]:
    asked: list[None] = []

    def summarise() -> object:
        asked.append(None)
        return summary

    async def summarise_async() -> object:
        return summarise()

    if colour == "sync":
        return cache.compact(messages, instruction, summarise, **more), bool(asked)
    found = asyncio.run(cache.async_compact(messages, instruction, summarise_async, **more))
    return found, bool(asked)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_conversation_is_summarised_once(cache: AgentCache, colour: str) -> None:
    ask = partial(compacted, cache, colour)
    assert ask(MESSAGES, "Summarise.", "It is in a.py.") == ("It is in a.py.", True)
    assert ask(MESSAGES, "Summarise.", None) == ("It is in a.py.", False)
    assert ask(MESSAGES[:1], "Summarise.", "Other")[1]
    assert ask(MESSAGES, "Summarise in German.", "Es ist dort.")[1]
    assert ask(MESSAGES, "Summarise.", "Other", model="m")[1]
    assert ask(MESSAGES, "Summarise.", "Other", user="ana")[1]


@pytest.mark.parametrize("summary", ["", " ", None, 5, ["a"], object()])
def test_what_is_no_summary_is_not_kept(cache: AgentCache, summary: object) -> None:
    for _ in range(2):
        assert compacted(cache, "sync", MESSAGES, "Summarise.", summary) == (summary, True)
