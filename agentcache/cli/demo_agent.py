"""The demo's agent: a read-only loop with two tools, as small as an agent can be.

It knows nothing of agentcache: it sends Anthropic Messages to `ANTHROPIC_BASE_URL`.
Run as `python -m agentcache.cli.demo_agent QUESTION`.
"""

import os
import subprocess
import sys
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from agentcache.core.codec import decode_json_as, encode_json

TOOLS = [
    {
        "name": "Grep",
        "description": "Lines of the repository that match an extended regular expression.",
        "input_schema": {
            "type": "object",
            "properties": {"pattern": {"type": "string"}, "output_mode": {"enum": ["content"]}},
            "required": ["pattern", "output_mode"],
        },
    },
    {
        "name": "Read",
        "description": "A file with line numbers.",
        "input_schema": {
            "type": "object",
            "properties": {"file_path": {"type": "string"}},
            "required": ["file_path"],
        },
    },
]


@dataclass(frozen=True, slots=True)
class Block:
    """A text, or a tool use."""

    type: str
    text: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """What is read of the provider's answer."""

    content: list[Block]


def ask(question: str) -> str:
    """Run the loop until the model answers in words; the answer."""
    messages: list[object] = [{"role": "user", "content": question}]
    while True:
        content = _post(messages).content
        uses = [block for block in content if block.type == "tool_use"]
        if not uses:
            return "".join(block.text for block in content)
        asked = [
            {"type": "tool_use", "id": use.id, "name": use.name, "input": use.input} for use in uses
        ]
        results = [
            {"type": "tool_result", "tool_use_id": use.id, "content": _run(use)} for use in uses
        ]
        messages.append({"role": "assistant", "content": asked})
        messages.append({"role": "user", "content": results})


def _post(messages: list[object]) -> Message:
    body = {
        "model": "demo-model",
        "max_tokens": 1024,
        "system": "You answer questions about the repository you stand in.",
        "tools": TOOLS,
        "messages": messages,
    }
    request = urllib.request.Request(  # noqa: S310  # the URL is http, on loopback
        os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
        data=encode_json(body),
        headers={
            "anthropic-version": "2023-06-01",
            "content-type": "application/json",
            "x-api-key": "demo",
        },
    )
    with urllib.request.urlopen(request) as response:  # noqa: S310  # as above
        return decode_json_as(response.read(), Message)


def _run(use: Block) -> str:
    if use.name == "Grep":
        search = ["git", "grep", "-nE", use.input["pattern"]]
        return subprocess.run(search, capture_output=True, text=True, check=False).stdout.strip()
    lines = Path(use.input["file_path"]).read_text().splitlines()
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, 1))


if __name__ == "__main__":
    print(ask(sys.argv[1]))  # noqa: T201  # what an agent is for
