"""Research by a model that writes scripts for Codex's one tool `exec`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from flows.conftest import QUESTION, truth
from support.agent import HttpReply, post
from support.provider import ScriptedProvider
from support.provider_reading import string
from support.provider_values import Answer, ProviderRequest
from support.repositories import Repo, wait_until_settled
from support.server import LiveServer

READS = (
    'const [a, b] = await Promise.all([\n  tools.exec_command({cmd: "cat shop/settings.py"}),\n'
    '  tools.exec_command({cmd: "ls shop"}),\n]);\ntext(a.output);\ntext(b.output);'
)
COMMANDS = ("cat shop/settings.py", "ls shop")
EXEC: JsonObject = {"type": "custom", "name": "exec", "description": "Run JavaScript"}
OFFER: JsonObject = {
    "type": "additional_tools",
    "role": "developer",
    "tools": [{"type": "namespace", "name": "functions", "description": "", "tools": [EXEC]}],
}


def model(repository: Path, source: str) -> Callable[[ProviderRequest], Answer]:
    """A model that reasons, runs `source`, and answers with the truth of that moment."""

    def answer(request: ProviderRequest) -> Answer:
        items = request.json["input"]
        assert isinstance(items, list)
        thought: JsonObject = {"type": "reasoning", "id": f"rs_{request.number}", "summary": []}
        said: JsonObject = {
            "type": "custom_tool_call",
            "id": f"ctc_{request.number}",
            "call_id": f"call_{request.number}",
            "name": "exec",
            "input": source,
        }
        if len(items) > 2:
            text: Json = [{"type": "output_text", "text": truth(repository)}]
            said = {"type": "message", "id": "msg_1", "role": "assistant", "content": text}
        body = {"id": "resp_1", "model": "m", "status": "completed", "output": [thought, said]}
        return Answer(body=encode_json(body), headers={"content-type": "application/json"})

    return answer


def ask(base: str, repository: Path) -> tuple[str, list[HttpReply]]:
    """The loop of the host: the answer in words, and every reply on the way."""
    asked: JsonObject = {"type": "message", "role": "user", "content": QUESTION}
    items: list[Json] = [OFFER, asked]
    replies: list[HttpReply] = []
    while True:
        body = encode_json({"model": "gpt-scripted-1", "store": False, "input": items})
        replies.append(post(f"{base}/responses", body, {"authorization": "Bearer sk-test"}))
        output = decode_json_object(replies[-1].body)["output"]
        assert isinstance(output, list)
        last = output[-1]
        assert isinstance(last, dict)
        if last["type"] == "message":
            content = last["content"]
            assert isinstance(content, list)
            assert isinstance(content[0], dict)
            return string(content[0]["text"]), replies
        shown = ["Script completed\nWall time 0.1 seconds\nOutput:\n"]
        shown += [
            subprocess.run(
                command.split(), cwd=repository, capture_output=True, text=True, check=True
            ).stdout
            for command in COMMANDS
        ]
        texts: Json = [{"type": "input_text", "text": text} for text in shown]
        result: JsonObject = {"call_id": last["call_id"], "output": texts}
        items += [*output, {"type": "custom_tool_call_output", **result}]


@pytest.fixture
def asking(
    server: LiveServer, provider: ScriptedProvider, repository: Repo
) -> Callable[[str], tuple[str, list[HttpReply]]]:
    base = server.session(repository.root).base(f"{provider.url}/v1")
    wait_until_settled(repository)

    def asking(source: str) -> tuple[str, list[HttpReply]]:
        provider._script = model(repository.root, source)
        return ask(base, repository.root)

    return asking


def test_what_a_script_read_is_kept_until_it_changes(
    asking: Callable[[str], tuple[str, list[HttpReply]]], repository: Repo
) -> None:
    first, replies = asking(READS)
    assert [reply.verdict for reply in replies] == ["miss", "miss"]
    again, replies = asking(READS)
    assert ([reply.verdict for reply in replies], again) == (["hit"], first)
    repository.write("shop/settings.py", "# another line\nRETRY_LIMIT = 5\n")
    after, replies = asking(READS)
    assert ([reply.verdict for reply in replies], after) == (
        ["miss", "miss"],
        truth(repository.root),
    )


@pytest.mark.parametrize(
    "source", [f"{READS}\nawait tools.apply_patch('x');", READS.replace("ls shop", "ls > b")]
)
def test_a_script_that_may_write_is_not_kept(
    server: LiveServer, asking: Callable[[str], tuple[str, list[HttpReply]]], source: str
) -> None:
    _, replies = asking(source)
    assert server.why(replies[-1].id)["kept"] == "opaque_tool"
    assert [reply.verdict for reply in asking(source)[1]] == ["miss", "miss"]
