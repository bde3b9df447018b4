"""The runs that are underway, told apart also where a model's ids repeat."""

from agentcache.core.conversation import Reading, Stage
from agentcache.core.place import place_of
from agentcache.core.reasons import Reason
from agentcache.core.session import Session
from agentcache.core.values import (
    Call,
    Reply,
    Scope,
    Stop,
    Text,
    ToolResult,
    ToolUse,
    Turn,
    Usage,
    WireName,
)
from agentcache.repo.gather import Beginning
from agentcache.trails import Trail, Trails
from agentcache.verdicts import Lookup, Miss, Research

SCOPE = Scope("t", "u", "r", "http://p", WireName.OPENAI_CHAT, "m", "p", "g", "x", "d")
ASKED = Reply("m", (ToolUse("call_0", "Read", {"file_path": "a"}),), Stop.TOOL_USE, Usage())
ANSWER = Reply("m", (Text("There."),), Stop.END, Usage())
QUESTION = Turn("user", (Text("Where is it?"),))


def lookup(cwd: str, *turns: Turn, remark: str = "") -> Lookup:
    call = Call(
        wire=WireName.OPENAI_CHAT,
        model="m",
        system=(),
        tools=(),
        turns=(QUESTION, *turns),
        parameters={},
        user="u",
        stream=False,
        wants_usage=False,
        temperature=None,
        digest="d",
    )
    stage = Stage.UNDERWAY if turns else Stage.OPENING
    asides = (remark,) if remark else ()
    reading = Reading(stage, "Where is it?", (), "", (), asides)
    return Lookup(
        id=f"id of {cwd}",
        call=call,
        session=Session(name="s", cwd=cwd, tenant="t"),
        verdict=Miss(Reason.NO_ENTRY),
        scope=SCOPE,
        facts=(),
        reading=reading,
        research=Research(reading, place_of(SCOPE, "", "Where is it?")),
        replay=None,
        compaction=None,
        tree=None,
        beginning=Beginning(cwd, 1, None),
    )


def step() -> tuple[Turn, Turn]:
    use = ToolUse("call_0", "Read", {"file_path": "a"})
    return Turn("assistant", (use,)), Turn("user", (ToolResult("call_0", "text"),))


def answered(trails: Trails, cwd: str) -> Trail:
    return trails.follow(lookup(cwd, *step()), ANSWER)


def test_agents_in_two_directories_whose_ids_repeat_keep_their_own_beginnings() -> None:
    trails = Trails()
    for cwd in ("/w/one", "/w/two"):
        trails.follow(lookup(cwd), ASKED)
    for cwd in ("/w/two", "/w/one"):
        trail = answered(trails, cwd)
        assert (trail.run, trail.beginning.cwd, trail.asked) == (f"id of {cwd}", cwd, ("call_0",))


def test_what_was_said_on_the_way_is_remembered_where_it_is_said_no_longer() -> None:
    trails = Trails()
    trails.follow(lookup("/w", remark="<note>Only the tests.</note>"), ASKED)
    assert answered(trails, "/w").remark == "<note>Only the tests.</note>"
    trails.follow(lookup("/w"), ASKED)
    assert answered(trails, "/w").remark is None


def test_a_file_that_was_shown_on_the_way_is_remembered_where_it_is_shown_no_longer() -> None:
    trails = Trails()
    block = "<system-reminder>\nContents of /w/a/CLAUDE.md:\n\n# A\n</system-reminder>"
    trails.follow(lookup("/w", remark=block), ASKED)
    trail = answered(trails, "/w")
    assert trail.remark is None
    assert trail.told == {("/w/a/CLAUDE.md", "\n# A\n")}
