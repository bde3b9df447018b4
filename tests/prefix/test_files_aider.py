"""What a real Aider sends, put into order: its files once each, and more of them read."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.files import FileOrder, order_files
from agentcache.prefix.recording import Head, RecordedCall, Recording
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import Simulation, read_policy, simulate
from support.hosts import HOSTS, host_environment, isolated_environment
from support.provider import ScriptedProvider
from support.provider_scripts import Course, Researcher
from support.provider_values import Answer, ProviderRequest
from support.repositories import make_repository

pytestmark = [
    pytest.mark.hosts,
    pytest.mark.xdist_group("aider"),
    pytest.mark.breaks_prefix("Aider shows its files behind the history; nothing is between"),
]

FILES = {
    f"part{number}.py": f"LIMIT_{number} = 1\n"
    + "".join(f"def f{number}_{at}(x):\n    return x + {at}\n" for at in range(300))
    for number in range(4)
}
ASK = "What are the limits about?"
RAISE = tuple(f"Raise the limit to {limit}." for limit in range(2, 7))
URLS = {
    "anthropic": "https://api.anthropic.com/v1/messages",
    "openai": "https://api.openai.com/v1/chat/completions",
}


def edit(limit: int) -> str:
    lines = ("<<<<<<< SEARCH", f"LIMIT_0 = {limit - 1}", "=======", f"LIMIT_0 = {limit}")
    return "\n".join(["So be it.", "", "part0.py", "```python", *lines, ">>>>>>> REPLACE", "```"])


def play(place: Path, model: str, *arguments: str) -> list[ProviderRequest]:
    """The requests of a session of questions and edits."""
    repo = place / "repo"
    make_repository(repo, dict(FILES))
    steps = (ASK, *RAISE, ASK)
    plan = {f"USER: {ASK}": Course((), "feat: raise a limit")}
    plan |= {words: Course((), edit(limit)) for limit, words in enumerate(RAISE, 2)}
    plan |= {ASK: Course((), "About how often something is tried. " * 10)}
    with ScriptedProvider(Researcher(plan, otherwise=Answer(text="feat: x"))) as provider:
        host = HOSTS["aider-anthropic" if model.startswith("anthropic") else "aider-openai"]
        environment = host_environment(host.environment)
        words = [part.replace("{bin}", str(environment.bin)) for part in host.command[:-2]]
        words[words.index("--model") + 1] = model
        variables = {
            key: text.replace("{url}", provider.url) for key, text in host.variables.items()
        }
        subprocess.run(
            [*words, *arguments, *FILES],
            cwd=repo,
            env=variables | isolated_environment(place / "home") | {"PYTHONHASHSEED": "0"},
            input="\n".join([*steps, "/exit", ""]),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert provider.violations == []
    assert (repo / "part0.py").read_text().startswith("LIMIT_0 = 6\n")
    return [call for call in provider.calls if "part1.py" in call.body.decode()]


def content(messages: Json) -> str:
    """All words of the messages, in order."""
    assert isinstance(messages, list)
    found: list[str] = []
    for message in messages:
        assert isinstance(message, dict)
        said = message["content"]
        if isinstance(said, list):
            found += [str(block["text"]) for block in said if isinstance(block, dict)]
        else:
            found.append(str(said))
    return "\n".join(found)


def check_lossless(before: JsonObject, after: JsonObject) -> None:
    """Every word is there, each file once, in the text it has now; the prompt hardly grows."""
    given, sent = content(before["messages"]), content(after["messages"])
    assert {key: value for key, value in before.items() if key != "messages"} == {
        key: value for key, value in after.items() if key != "messages"
    }
    assert set(given.split("\n")) == set(sent.split("\n"))
    for path in FILES:
        shown = re.findall(rf"\n{re.escape(path)}\n```\n.*?\n```\n", given, re.DOTALL)
        assert len(shown) == 1
        assert sent.count(shown[0]) == 1
    assert len(sent) <= 1.03 * len(given)


def priced(calls: Sequence[ProviderRequest], url: str) -> Mapping[str, Simulation]:
    recorded = [
        RecordedCall(
            at=40.0 * number,
            wire=call.wire,
            url=url,
            body=call.body.decode(),
            first=40.0 * number + 1,
            ended=40.0 * number + 2,
            status=200,
        )
        for number, call in enumerate(calls)
        if call.wire is not None
    ]
    recording = Recording(Head(1, "aider", 0.0), tuple(recorded))
    names = ("as-sent", "files+breakpoints")
    return {name: simulate(recording, read_policy(name), load_rules()) for name in names}


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("anthropic/claude-sonnet-4-20250514", ["--cache-prompts"]),
        ("anthropic/claude-sonnet-4-20250514", []),
        ("openai/gpt-4.1", []),
    ],
    ids=["own marks", "no marks", "openai"],
)
def test_a_session_of_aider_loses_nothing_and_is_read_more(
    model: str, arguments: list[str], tmp_path: Path
) -> None:
    calls = play(tmp_path, model, *arguments)
    wire = WireName.ANTHROPIC if model.startswith("anthropic") else WireName.OPENAI_CHAT
    order = FileOrder()
    has_moved = []
    for call in calls:
        before = read_body(wire, call.body)
        after, order = order_files(before, order)
        check_lossless(call.json, decode_json_object(write_body(before, after)))
        has_moved.append(after is not before)

    # Up to the first edit they stand where they stood, at most in two blocks; from then on the host
    # sends them later.
    assert has_moved == [*[wire is WireName.ANTHROPIC] * 2, *[True] * 5]
    sims = priced(calls, URLS[model.partition("/")[0]])
    as_sent, repaired = sims["as-sent"], sims["files+breakpoints"]
    assert repaired.read_share >= as_sent.read_share + 0.2
    assert repaired.cost < 0.8 * as_sent.cost
