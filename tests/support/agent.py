"""A small read-only agent on Anthropic's wire: real tools on a real repository, no SDK."""

import http.client
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from agentcache.core.codec import Json, JsonObject, convert, decode_json_object, encode_json

SYSTEM = "You answer questions about a repository. You never change it."


def tool(name: str, *parameters: str) -> JsonObject:
    """A tool definition whose parameters are all strings."""
    return {
        "name": name,
        "description": f"{name}, read-only",
        "input_schema": {
            "type": "object",
            "properties": {parameter: {"type": "string"} for parameter in parameters},
        },
    }


TOOLS = (
    tool("Read", "file_path"),
    tool("Grep", "pattern", "path", "output_mode"),
    tool("Glob", "pattern"),
    tool("Bash", "command"),
    tool("Write", "file_path", "content"),
)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A response as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def verdict(self) -> str:
        """`hit`, `miss` or `pass`."""
        return self.headers.get("x-agentcache", "").partition(";")[0]

    @property
    def reason(self) -> str:
        """The reason in the header."""
        return self.headers.get("x-agentcache", "").rpartition("reason=")[2]

    @property
    def id(self) -> str:
        """The id in the header."""
        return self.headers.get("x-agentcache", "").partition("id=")[2].partition(";")[0]


@dataclass(slots=True)
class Answer:
    """What an ask came to: the final text and every reply on the way."""

    text: str
    replies: list[HttpReply]
    requests: list[bytes]

    @property
    def opening(self) -> HttpReply:
        """The reply to the question itself."""
        return self.replies[0]

    @property
    def is_made_anew(self) -> bool:
        """Whether only first steps were decided as before, and the answer is the model's own."""
        decided, asked = self.opening, self.replies[-1]
        is_decided = (decided.verdict, decided.reason) == ("hit", "decision")
        return is_decided and asked.verdict == "miss"


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpReply:
    """POST on a connection of its own; a body that is cut raises http.client.IncompleteRead."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {
            "content-type": "application/json",
            "x-api-key": "sk-test",
            "anthropic-version": "2023-06-01",
            **(headers or {}),
        }
        connection.request("POST", target, body=body, headers=sent)
        response = connection.getresponse()
        data = response.read()
    finally:
        connection.close()
    lowered = {name.lower(): value for name, value in response.getheaders()}
    return HttpReply(response.status, lowered, data)


@dataclass(slots=True)
class Agent:
    """Asks at `base_url` and runs its tools in `repository`.

    `fields` are added to every request; `before_step` is called before every request with its
    number, for tests that change the world meanwhile.
    """

    base_url: str
    repository: Path
    system: Json = SYSTEM
    tools: Sequence[JsonObject] = TOOLS
    model: str = "claude-scripted-1"
    fields: JsonObject = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)

    def request(self, messages: Sequence[Json]) -> bytes:
        """The body of one request."""
        return encode_json(
            {
                "model": self.model,
                "max_tokens": 1000,
                "system": self.system,
                "tools": list(self.tools),
                "messages": list(messages),
                **self.fields,
            }
        )

    def ask(self, question: Json) -> Answer:
        """Run the loop until the model answers in words; `question`: the first turn's content."""
        messages: list[Json] = [{"role": "user", "content": question}]
        answer = Answer("", [], [])
        while True:
            body = self.request(messages)
            reply = post(self.base_url + "/v1/messages", body, self.headers)
            answer.requests.append(body)
            answer.replies.append(reply)
            if reply.status != 200:
                answer.text = reply.body.decode()
                return answer
            content = convert(decode_json_object(reply.body)["content"], list[dict[str, Json]])
            uses = [block for block in content if block["type"] == "tool_use"]
            if not uses:
                answer.text = "".join(str(block.get("text", "")) for block in content)
                return answer
            messages.append({"role": "assistant", "content": list(content)})
            messages.append({"role": "user", "content": [self._run(use) for use in uses]})

    def _run(self, use: Mapping[str, Json]) -> Json:
        name, given = str(use["name"]), convert(use["input"], dict[str, str])
        try:
            text, is_error = self.overrides.get(name) or self._tool(name, given), False
        except (OSError, subprocess.CalledProcessError) as error:
            text, is_error = f"Error: {error}", True
        return {
            "type": "tool_result",
            "tool_use_id": use["id"],
            "content": text,
            "is_error": is_error,
        }

    def _tool(self, name: str, given: Mapping[str, str]) -> str:
        match name:
            case "Read":
                lines = (self.repository / given["file_path"]).read_text().splitlines()
                return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, 1))
            case "Write":
                (self.repository / given["file_path"]).write_text(given["content"])
                return "written"
            case "Grep":
                names = given.get("output_mode") != "content"
                return self._shell(f"grep -rn{'l' if names else ''} -- '{given['pattern']}' *")
            case "Glob":
                return "\n".join(
                    sorted(
                        str(path.relative_to(self.repository))
                        for path in self.repository.glob(given["pattern"])
                    )
                )
            case _:
                return self._shell(given["command"])

    def _shell(self, command: str) -> str:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.repository,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.rstrip("\n")
