"""llama.cpp's own server with a small random model: a prefix cache that nobody here wrote.

What it caches depends on tokens alone, never on weights. It runs in an environment of its own.
"""

import http.client
import secrets
import subprocess
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit

from agentcache.core.codec import JsonObject, convert, decode_json_object, encode_json
from agentcache.core.session import Replay
from agentcache.core.values import WireName
from agentcache.prefix.moves import Move
from support.hosts import host_environment
from support.server import LiveServer

_SCRIPTS = Path(__file__).parent / "host_scripts"
_PATHS = {WireName.ANTHROPIC: "/v1/messages", WireName.OPENAI_CHAT: "/v1/chat/completions"}

_SYSTEM = """\
{%- for message in messages %}{% if message.role == 'system' -%}
<system>{{ message.content }}</system>
{% endif %}{% endfor %}"""
_TOOLS = """\
{%- if tools %}<tools>
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools>
{% endif %}"""
_TURNS = """\
{%- for message in messages %}{% if message.role != 'system' -%}
<{{ message.role }}>{{ message.content if message.content else '' }}
{%- for call in message.tool_calls if message.tool_calls %}
<call>{{ call.function.name }} {{ call.function.arguments | tojson }}</call>{% endfor -%}
</{{ message.role }}>
{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"""


class Order(Enum):
    """A chat template, by what stands first in the prompt that it makes."""

    SYSTEM_FIRST = _SYSTEM + _TOOLS + _TURNS
    TOOLS_FIRST = _TOOLS + _SYSTEM + _TURNS


@dataclass(frozen=True, slots=True)
class Counted:
    """What the engine said of a request: the tokens of its prompt, and how many were cached.

    `first`: seconds until the answer began.
    """

    prompt: int
    cached: int
    first: float


def cached_share(counted: Sequence[Counted]) -> float:
    """The share of a session's prompts that was cached, in percent; the first is always new."""
    later = counted[1:]
    return 100 * sum(one.cached for one in later) / sum(one.prompt for one in later)


def make_model(place: Path, corpus: str, *, layers: int = 1, width: int = 32) -> Path:
    """Write a model whose tokenizer was trained on `corpus` into the directory `place`."""
    text = place / "corpus.txt"
    text.write_text(corpus, encoding="utf-8")
    model = place / f"random-{layers}-{width}.gguf"
    python = str(host_environment("engine").python)
    script = str(_SCRIPTS / "write_gguf.py")
    done = subprocess.run(
        [python, script, str(model), str(text), str(layers), str(width)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"no model could be written: {done.stderr}")
    return model


@contextmanager
def live_engine(model: Path, order: Order) -> Iterator[str]:
    """Serve a model with one slot; its base URL. It ends with its standard input."""
    python = str(host_environment("engine").python)
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            [python, str(_SCRIPTS / "serve_gguf.py"), str(model), order.value],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            url = process.stdout.readline().strip()  # type: ignore[union-attr]
            if not url:
                errors.seek(0)
                raise RuntimeError(f"the engine did not start: {errors.read()[-2000:]!r}")
            yield url
        finally:
            process.kill()


def drive(
    server: LiveServer, engine: str, bodies: Iterable[JsonObject], *, moves: Collection[Move]
) -> Iterator[Counted]:
    """Send the requests of a session to the engine's URL through `server`, one for each `next`.

    Nothing that the server knows of other sessions helps, and it answers none by itself.
    """
    session = server.session(
        server.places.home,
        tenant=secrets.token_hex(8),
        replay=Replay.NEVER,
        moves=tuple(sorted(moves)),
    )
    for body in bodies:
        yield _ask(session.base(engine), body)
    session.end()


def _ask(base: str, body: JsonObject) -> Counted:
    wire = WireName.ANTHROPIC if "system" in body else WireName.OPENAI_CHAT
    parts = urlsplit(base + _PATHS[wire])
    headers = {"content-type": "application/json", "x-api-key": "sk-not-a-key"}
    with closing(http.client.HTTPConnection(parts.netloc, timeout=300)) as connection:
        began = time.perf_counter()
        connection.request("POST", parts.path, body=encode_json(body), headers=headers)
        response = connection.getresponse()
        line = response.readline() if response.status == 200 else b""
        while line and not line.startswith((b"data:", b"event:")):  # a comment keeps it alive
            line = response.readline()
        first = time.perf_counter() - began
        text = (line + response.read()).decode()
    if response.status != 200:
        raise RuntimeError(f"the engine answered {response.status}: {text[:2000]}")
    return _counted(text, first)


def _counted(stream: str, first: float) -> Counted:
    for line in stream.splitlines():
        event = decode_json_object(line[6:]) if line.startswith("data: {") else {}
        message = event.get("message")
        usage = message.get("usage") if isinstance(message, dict) else event.get("usage")
        if not isinstance(usage, dict):
            continue
        if "cache_read_input_tokens" in usage:
            read, fresh = usage["cache_read_input_tokens"], usage["input_tokens"]
            return Counted(convert(fresh, int) + convert(read, int), convert(read, int), first)
        if "prompt_tokens" in usage:
            details = convert(usage["prompt_tokens_details"], dict[str, int])
            return Counted(convert(usage["prompt_tokens"], int), details["cached_tokens"], first)
    raise RuntimeError(f"the engine told no usage: {stream[:2000]!r}")
