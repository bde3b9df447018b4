"""Ways in which caches for agents have been seen to be wrong, none of them here."""

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, convert, decode_json_object, encode_json
from agentcache.core.values import Text, ToolUse
from agentcache.server.client import running
from flows.conftest import QUESTION, REWORDED, truth
from flows.raw_upstream import Play, RawUpstream, Received
from flows.raw_upstream import answer as raw_answer
from flows.wires import CHAT, MESSAGES, decoded, fresh, request_body
from support.agent import Agent, HttpReply, post
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Grep, Read, Researcher, Shell
from support.provider_values import Answer, ToolCall
from support.repositories import Repo, make_repository, wait_until_settled
from support.server import LiveServer, live_server, wait_until_gone


def send(agent: Agent, messages: Sequence[Json]) -> HttpReply:
    return post(agent.base_url + MESSAGES, agent.request(messages))


def said(role: str, text: str) -> Json:
    return {"role": role, "content": text}


def numbered(provider: ScriptedProvider) -> None:
    """Make every answer another one."""
    provider._script = lambda request: Answer(text=f"Answer {request.number}.")


def researching(provider: ScriptedProvider, repository: Repo, *turns: object) -> None:
    course = Course(turns=turns, final=lambda _: truth(repository.root))  # type: ignore[arg-type]
    provider._script = Researcher({"RETRY_LIMIT": course})


# History


def test_one_last_message_after_two_histories_is_two_questions(
    agent: Agent, provider: ScriptedProvider
) -> None:
    numbered(provider)
    for tools in (agent.tools, ()):
        agent.tools = tools
        texts = []
        for history in ("Talk about the server.", "Talk about the client."):
            turns = [said("user", history), said("assistant", "Yes?"), said("user", QUESTION)]
            reply = send(agent, turns)
            assert reply.verdict == "miss"
            texts.append(decoded(MESSAGES, reply.body).text)
        assert len(set(texts)) == 2
        agent.fields = {"temperature": 0}


@pytest.mark.parametrize(
    "follow_up",
    ["And in the tests?", "Where is it defined?", "What about RETRY_LIMIT?", QUESTION, REWORDED],
)
def test_a_follow_up_is_never_answered_from_elsewhere(
    agent: Agent, provider: ScriptedProvider, follow_up: str
) -> None:
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    numbered(provider)
    turns = [said("user", "Where is TIMEOUT set?"), said("assistant", "In the settings.")]
    reply = send(agent, [*turns, said("user", follow_up)])
    assert (reply.verdict, reply.reason) == ("miss", "follow_up")
    again = send(agent, [*turns, said("user", follow_up)])
    assert again.verdict == "miss"


def test_a_vague_question_is_asked_again(agent: Agent, provider: ScriptedProvider) -> None:
    numbered(provider)
    for question in ("And in the tests?", "Why?", "What does this do?", "Go on."):
        assert [agent.ask(question).opening.verdict for _ in range(2)] == ["miss", "miss"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is user_a.py used?", "Where is user_b.py used?"),
        ("How do I enable 2FA?", "How do I disable 2FA?"),
        ("What changed in version 2.1?", "What changed in version 2.2?"),
        ("Where are sessions added?", "Where are sessions removed?"),
        ("Is the cache used in test?", "Is the cache used in production?"),
        ('Where is "a  b" printed?', 'Where is "a b" printed?'),
        ("Does client import server?", "Does server import client?"),
        ("Which of [1, 2] is used?", "Which of [2, 1] is used?"),
        ("Where is the id 1234 used?", "Where is the id 1243 used?"),
        ("What are the first 5 tests?", "What are the last 5 tests?"),
    ],
)
def test_a_near_miss_is_a_miss(
    agent: Agent, provider: ScriptedProvider, one: str, other: str
) -> None:
    numbered(provider)
    agent.tools = ()
    agent.fields = {"temperature": 0}
    first, second, third = (agent.ask(question) for question in (one, other, one))
    assert (first.text, second.text) == ("Answer 1.", "Answer 2.")
    assert third.text == "Answer 1."


# What is said is said whole


def test_tool_calls_survive_a_replay(agent: Agent, provider: ScriptedProvider) -> None:
    quoted = "grep  -rn 'a  b' \"c  d\""
    uses = (ToolCall("Read", {"file_path": "a  b.py"}), ToolCall("Grep", {"pattern": quoted}))
    provider._script = lambda _: Answer(text="Look:  ", tools=uses)
    agent.fields = {"temperature": 0}
    question = said("user", fresh())
    first, second = send(agent, [question]), send(agent, [question])
    assert (first.verdict, second.verdict) == ("miss", "hit")
    for body in (first.body, second.body):
        text, read, grep = decoded(MESSAGES, body).parts
        assert text == Text("Look:  ")
        assert isinstance(read, ToolUse)
        assert isinstance(grep, ToolUse)
        assert (read.name, read.arguments) == ("Read", {"file_path": "a  b.py"})
        assert (grep.name, grep.arguments) == ("Grep", {"pattern": quoted})
    one, two = (convert(decode_json_object(each.body)["usage"], dict[str, Json])
                for each in (first, second))  # fmt: skip
    assert two["output_tokens"] == one["output_tokens"]
    assert two["cache_read_input_tokens"] == one["input_tokens"]


# Runs that prove nothing


def test_an_opaque_tool_makes_a_run_uncacheable(
    server: LiveServer, agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    agent.overrides["WebFetch"] = "The limit is 5."
    web: JsonObject = {"name": "WebFetch", "description": "d", "input_schema": {"type": "object"}}
    agent.tools = (*agent.tools, web)
    researching(provider, repository, Grep("RETRY_LIMIT"), ToolCall("WebFetch", {}))
    agent.ask(QUESTION)
    assert server.why(agent.ask(QUESTION).opening.id)["kept"] == "opaque_tool"
    again = agent.ask(QUESTION)
    assert again.is_made_anew
    assert [reply.verdict for reply in again.replies] == ["hit", "miss", "miss"]


@pytest.mark.parametrize(
    "command",
    [
        "grep -rn RETRY_LIMIT shop > out.txt",
        "grep -rn RETRY_LIMIT shop | tee out.txt",
        "sed -i s/5/5/ shop/settings.py; cat shop/settings.py",
        "cat shop/settings.py && touch out.txt",
        "cat $(echo shop/settings.py)",
        "cat shop/settings.py; date",
        "python3 -c 'print(open(\"shop/settings.py\").read())'",
        "cat shop/settings.py & wait",
        "cat < shop/settings.py >> out.txt",
        "git checkout -q . ; cat shop/settings.py",
    ],
)
def test_a_shell_command_that_may_do_more_than_read_makes_a_run_uncacheable(
    agent: Agent, repository: Repo, provider: ScriptedProvider, command: str
) -> None:
    researching(provider, repository, Shell(command))
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "miss"


def test_a_shell_command_that_only_reads_is_evidence(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    researching(provider, repository, Shell("cat shop/settings.py"))
    wait_until_settled(repository)
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
    assert agent.ask(QUESTION).text == truth(repository.root)


def test_a_run_that_wrote_is_not_kept(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    write = ToolCall("Write", {"file_path": "docs/new.md", "content": "x"})
    researching(provider, repository, Read("shop/settings.py"), write)
    agent.ask(QUESTION)
    again = agent.ask(QUESTION)
    assert again.is_made_anew
    assert [reply.verdict for reply in again.replies] == ["hit", "miss", "miss"]


def test_an_empty_search_alone_proves_nothing_false(
    agent: Agent, repository: Repo, provider: ScriptedProvider
) -> None:
    """A search that found nothing may be kept, but not past the file that it would find."""
    course = Course(turns=(Shell("grep -rn NOWHERE shop || true"),), final="It is nowhere.")
    provider._script = Researcher({"NOWHERE": course})
    question = "Where is NOWHERE defined?"
    agent.ask(question)
    agent.ask(question)
    repository.write("shop/new.py", "NOWHERE = 1\n")
    assert agent.ask(question).opening.verdict == "miss"


# People


def test_questions_of_another_user_are_his_own(agent: Agent, provider: ScriptedProvider) -> None:
    numbered(provider)
    url = agent.base_url + CHAT
    replies = [
        post(url, request_body(CHAT, QUESTION, user=user, temperature=0))
        for user in ("ann", "bob", "ann", "bob")
    ]
    texts = [decoded(CHAT, reply.body).text for reply in replies]
    assert texts == ["Answer 1.", "Answer 2.", "Answer 1.", "Answer 2."]


# Time, files and processes


def test_a_copy_that_keeps_size_and_times_ends_the_answer(
    agent: Agent, repository: Repo, tmp_path: Path
) -> None:
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    path = repository.root / "shop/settings.py"
    other = tmp_path / "other.py"
    other.write_text(path.read_text().replace("= 5", "= 6"))
    found = path.stat()
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    shutil.copy2(other, path)
    assert path.stat().st_mtime_ns == found.st_mtime_ns
    asked = agent.ask(QUESTION)
    assert (asked.is_made_anew, asked.text) == (True, truth(repository.root))


def test_a_submodule_bump_ends_answers_from_it_only(
    agent: Agent, repository: Repo, provider: ScriptedProvider, tmp_path: Path
) -> None:
    library = make_repository(tmp_path / "library", {"limit.py": "LIBRARY_LIMIT = 1\n"})
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "lib"
    )
    repository.commit("Add the library")

    def library_truth(_: object) -> str:
        return (repository.root / "lib/limit.py").read_text()

    settings = Course((Read("shop/settings.py"),), lambda _: truth(repository.root))
    course = Course((Read("lib/limit.py"),), library_truth)
    provider._script = Researcher({"LIBRARY_LIMIT": course, "RETRY_LIMIT": settings})
    question = "Where is LIBRARY_LIMIT defined?"
    for asked in (question, QUESTION):
        agent.ask(asked)
        assert agent.ask(asked).opening.verdict == "hit"
    library.write("limit.py", "LIBRARY_LIMIT = 2\n")
    bumped = library.commit("Raise the limit")
    Repo(repository.root / "lib").git("-c", "protocol.file.allow=always", "fetch", "-q")
    Repo(repository.root / "lib").git("checkout", "-q", bumped)
    repository.commit("Bump the library")
    assert agent.ask(question).text == "LIBRARY_LIMIT = 2\n"
    assert agent.ask(QUESTION).opening.verdict == "hit"


def test_a_checkout_of_5000_files_between_asks_hides_no_change(
    server: LiveServer, tmp_path: Path
) -> None:
    files = {f"pack{number % 50}/file{number}.py": f"value = {number}\n" for number in range(5000)}
    settings = {"shop/settings.py": "RETRY_LIMIT = 5\n"}
    repository = make_repository(tmp_path / "large", files | settings)
    repository.git("checkout", "-q", "-b", "other")
    for name in files:
        (repository.root / name).write_text("value = 0\n")
    repository.write("shop/settings.py", "\nRETRY_LIMIT = 6\n")
    repository.commit("Change everything")
    repository.checkout("main")
    course = Course(
        (Grep("RETRY_LIMIT"), Read("shop/settings.py")), lambda _: truth(repository.root)
    )
    with ScriptedProvider(Researcher({"RETRY_LIMIT": course})) as provider:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        agent.ask(QUESTION)
        assert agent.ask(QUESTION).opening.verdict == "hit"
        for branch, reason in (
            ("other", "decision"),
            ("other", "same_text"),
            ("main", "same_text"),
        ):
            repository.checkout(branch)
            wait_until_settled(repository)  # what is read too soon after it is not kept
            asked = agent.ask(QUESTION)
            assert (asked.opening.reason, asked.text) == (reason, truth(repository.root))
            assert asked.is_made_anew is (reason == "decision")


def test_an_edit_and_its_undoing_leave_the_answer(agent: Agent, repository: Repo) -> None:
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    text = (repository.root / "shop/settings.py").read_text()
    for _ in range(3):
        repository.write("shop/settings.py", "RETRY_LIMIT = 6\n")
        assert agent.ask(QUESTION).text == truth(repository.root)
        repository.write("shop/settings.py", text)
        asked = agent.ask(QUESTION)
        assert (asked.opening.verdict, asked.text) == ("hit", truth(repository.root))


def test_what_was_kept_outlives_a_killed_server(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    home = tmp_path / "home"
    with live_server(home) as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        agent.ask(QUESTION)
        assert agent.ask(QUESTION).opening.verdict == "hit"
        os.kill(server.owner.pid, signal.SIGKILL)
        wait_until_gone(server.owner.pid)
    with live_server(home) as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        assert agent.ask(REWORDED).opening.verdict == "hit"


def test_a_run_that_began_at_another_server_is_kept_only_if_it_proves_itself(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    home = tmp_path / "home"
    question: Json = said("user", QUESTION)
    with live_server(home) as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        first = decode_json_object(send(agent, [question]).body)
        os.kill(server.owner.pid, signal.SIGKILL)
        wait_until_gone(server.owner.pid)
    use = convert(first["content"], list[dict[str, Json]])[-1]
    repository.write("shop/extra.py", "RETRY_LIMIT = 99\n")
    result: Json = {"type": "tool_result", "tool_use_id": use["id"],
                    "content": "shop/client.py\nshop/settings.py"}  # fmt: skip
    provider._script = lambda _: Answer(text="It is in the settings.")
    with live_server(home) as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        answer: Json = {"role": "assistant", "content": first["content"]}
        follow: list[Json] = [question, answer, {"role": "user", "content": [result]}]
        assert send(agent, follow).status == 200
        asked = send(agent, [question])
        # The first step may have been kept as a decision before the server was killed.
        assert asked.verdict == "miss" or asked.reason == "decision"


def test_a_second_server_on_one_home_is_refused_and_told_who_owns_it(server: LiveServer) -> None:
    done = server.cli("serve")
    assert done.returncode != 0
    assert str(server.owner.pid) in done.stderr
    owner = running(server.places)
    assert owner is not None
    assert owner.pid == server.owner.pid


def test_commands_write_to_the_store_while_the_server_uses_it(
    tmp_path: Path, repository: Repo, provider: ScriptedProvider
) -> None:
    with live_server(tmp_path / "home") as server:
        agent = Agent(server.session(repository.root).base(provider.url), repository.root)
        agent.ask(QUESTION)
        entry = agent.ask(QUESTION).opening.id
        kept = str(server.why(entry)["entry"])
        assert server.cli("rm", kept).returncode == 0
        assert agent.ask(QUESTION).is_made_anew
        assert agent.ask(QUESTION).opening.reason == "same_text"
        assert server.cli("clear", "--yes").returncode == 0
        assert agent.ask(QUESTION).opening.verdict == "miss"


def test_two_accounts_behind_one_gateway_share_nothing(
    server: LiveServer, repository: Repo, upstream: RawUpstream
) -> None:
    def script(received: Received) -> Play:
        content: list[Json] = [{"type": "text", "text": f"asked at {received.target}"}]
        message: JsonObject = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": content,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        headers = [("content-type", "application/json")]
        return raw_answer(encode_json(message), headers=headers)

    upstream.script = script
    session = server.session(repository.root)
    for team in ("a", "b"):
        base = session.base(f"{upstream.url}/team-{team}")
        asked = Agent(base, repository.root, tools=())
        assert asked.ask(QUESTION).text == f"asked at /team-{team}/v1/messages"
        assert asked.ask(QUESTION).opening.verdict == "hit"


def test_an_agent_in_another_directory_asks_another_question(
    server: LiveServer, repository: Repo, provider: ScriptedProvider, agent: Agent
) -> None:
    agent.ask(QUESTION)
    assert agent.ask(QUESTION).opening.verdict == "hit"
    below = repository.root / "shop"
    other = Agent(server.session(below).base(provider.url), below)
    assert other.request([said("user", QUESTION)]) == agent.request([said("user", QUESTION)])
    assert send(other, [said("user", QUESTION)]).verdict == "miss"


def test_ids_that_a_model_uses_again_do_not_lend_a_run_a_later_beginning(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    """Two runs at once, both with the tool id `call_0`; the file changes between their openings."""
    steps: list[Json] = [
        said("user", "Where is RETRY_LIMIT defined?"),
        {
            "role": "assistant",
            "content": [
                {
                    "type": "tool_use",
                    "id": "call_0",
                    "name": "Bash",
                    "input": {"command": "cat shop/settings.py | head -9"},
                }
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "call_0",
                    "content": (repository.root / "shop/settings.py").read_text(),
                }
            ],
        },
    ]
    asks = b'{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[%s],'
    asks += b'"stop_reason":"%s","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}'
    use = convert(convert(steps[1], dict[str, Json])["content"], list[Json])[0]
    provider._script = lambda request: Answer(
        body=asks % (encode_json(use), b"tool_use")
        if len(request.messages) == 1
        else asks % (b'{"type":"text","text":"RETRY_LIMIT = 5"}', b"end_turn")
    )
    agent = Agent(server.session(repository.root).base(provider.url), repository.root)
    agent.fields = {"metadata": {"user_id": "first"}}
    send(agent, steps[:1])
    repository.write("shop/settings.py", "RETRY_LIMIT = 99\n")
    wait_until_settled(repository)
    agent.fields = {"metadata": {"user_id": "second"}}
    send(agent, steps[:1])
    agent.fields = {"metadata": {"user_id": "first"}}
    reply = send(agent, steps)
    assert server.why(reply.id)["kept"] == "unsettled"
    assert send(agent, steps[:1]).verdict == "miss"


def test_a_host_s_own_words_behind_the_results_do_not_begin_the_run_anew(
    server: LiveServer, repository: Repo, provider: ScriptedProvider
) -> None:
    """The count was read before the edit; a reminder in a user turn of its own follows it."""
    provider._script = lambda request: (
        Answer(tools=(ToolCall("Bash", {"command": "grep -c RETRY_LIMIT shop/settings.py"}),))
        if len(request.messages) == 1
        else Answer(text="There is 1.")
    )
    agent = Agent(server.session(repository.root).base(provider.url), repository.root)
    question = said("user", "How many lines of shop/settings.py name RETRY_LIMIT?")
    opening = decode_json_object(send(agent, [question]).body)
    use = convert(opening["content"], list[dict[str, Json]])[0]
    repository.write("shop/settings.py", "RETRY_LIMIT = 1\nRETRY_LIMIT = 2\n")
    wait_until_settled(repository)
    result: Json = {"type": "tool_result", "tool_use_id": use["id"], "content": "1"}
    turns: list[Json] = [
        question,
        {"role": "assistant", "content": opening["content"]},
        {"role": "user", "content": [result]},
        said("user", "<system-reminder>Mind the gap.</system-reminder>"),
    ]
    reply = send(agent, turns)
    assert reply.status == 200, reply.body
    assert server.why(reply.id)["kept"] == "unsettled"
