"""The demo's provider: speaks Anthropic's Messages on loopback and plays a model that researches.

It answers "where is NAME defined" the way a model does: search, read what was found, say where.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from agentcache.core.codec import Json, JsonObject, convert, decode_json_object, encode_json


class DemoProvider:
    """Counts the calls it answered."""

    def __init__(self) -> None:
        self.calls = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.calls += 1
                answer = encode_json(next_message(decode_json_object(body), provider.calls))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator["DemoProvider"]:
        """Answer requests while the context lasts."""
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()


def next_message(request: JsonObject, number: int) -> JsonObject:
    """The model's next step: Grep, then Read, then the answer."""
    messages = convert(request.get("messages"), list[dict[str, Json]])
    results = list(_results(messages))
    name = _subject(str(messages[0]))
    if not results:
        search = {"pattern": definition_pattern(name), "output_mode": "content"}
        step = _use(number, "Grep", search)
    elif len(results) == 1:
        step = _use(number, "Read", {"file_path": results[0].partition(":")[0]})
    else:
        path, line, *_ = [*results[0].split(":"), "", ""]
        step = {"type": "text", "text": f"`{name}` is defined in {path}, line {line}."}
    used = len(encode_json(request)) // 4
    return {
        "id": f"msg_demo_{number}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [step],
        "stop_reason": "tool_use" if step["type"] == "tool_use" else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": used, "output_tokens": len(encode_json(step)) // 4},
    }


def definition_pattern(name: str) -> str:
    """The regular expression that finds where `name` is defined."""
    return rf"(def|class|function|func|fn|struct|interface|type) {name}\b"


def _subject(question: str) -> str:
    quoted = re.search(r"`([^`]+)`", question)
    return quoted.group(1) if quoted else "main"


def _use(number: int, name: str, arguments: Mapping[str, str]) -> JsonObject:
    given: dict[str, Json] = dict(arguments)
    return {"type": "tool_use", "id": f"toolu_demo_{number}", "name": name, "input": given}


def _results(messages: list[dict[str, Json]]) -> Iterator[str]:
    for message in messages:
        content = message.get("content")
        for block in content if isinstance(content, list) else []:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                yield str(block.get("content"))
