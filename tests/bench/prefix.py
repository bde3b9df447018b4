"""What the moves read back, by nine disturbances of a session of 12 turns; and what they cost.

Share of the input that is read from Anthropic's cache as simulated by its rules, and input cost
relative to no cache: with the marks that a host sets by hand, with those and our moves, with no
marks of the host's, with our moves alone, and by a peer where it happens to be installed. Then the
time of `stabilise` for a Call of 200,000 tokens with 40 tools, beside the bare reading of its JSON.
"""

import random
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from agentcache.core.codec import Json, JsonObject, decode_json, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.rules import load_rules
from agentcache.prefix.simulate import read_policy, simulate
from agentcache.prefix.stabilise import stabilise
from support.disturbances import MODEL, URL, Change, Disturbance, Marks, make_bodies, make_recording
from support.measuring import Comparison, Options, Report, read_options
from support.memory_states import MemoryStates


def shares(disturbance: Disturbance, marks: Marks, policy: str) -> tuple[float, float]:
    """The share read, and the relative cost."""
    recording = make_recording(make_bodies(disturbance, marks))
    found = simulate(recording, read_policy(policy), load_rules(None))
    return found.read_share, found.relative_cost


def peer() -> Change:
    """Cacheguardian's view of a request, in a session of its own."""
    from cacheguardian.config import CacheGuardConfig  # noqa: PLC0415  # not a dependency
    from cacheguardian.providers.anthropic import AnthropicProvider  # noqa: PLC0415  # as above
    from cacheguardian.types import Provider, SessionState  # noqa: PLC0415  # as above

    provider = AnthropicProvider(CacheGuardConfig())
    session = SessionState(session_id="bench", provider=Provider.ANTHROPIC, model=MODEL)

    def change(_number: int, body: bytes) -> bytes:
        return encode_json(provider.intercept_request(decode_json_object(body), session))

    return change


def long_body(pairs: int, chance: random.Random) -> JsonObject:
    """A request of some 200,000 tokens with 40 tools, for 120 pairs."""
    base = decode_json_object(make_bodies(Disturbance.DATE, Marks.NO)[0])
    messages: list[Json] = [{"role": "user", "content": "Where is it?"}]
    for number in range(pairs):
        text = " ".join(str(chance.random()) for _ in range(320))
        use: JsonObject = {"type": "tool_use", "id": f"t{number}", "name": "Tool1", "input": {}}
        shown: JsonObject = {"type": "tool_result", "tool_use_id": f"t{number}", "content": text}
        messages += [
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [shown]},
        ]
    return {**base, "messages": messages}


def measure_time(options: Options) -> Report:
    """`stabilise` on a conversation that grows, in its four states of disturbance."""
    report = Report("A Call of 200,000 tokens with 40 tools (ms)")
    chance = random.Random(1)  # noqa: S311  # not for secrets
    whole = long_body(120, chance)
    messages = whole["messages"]
    assert isinstance(messages, list)  # it was just made
    count = 10 if options.quick else 60
    for name in ("nothing to repair", "tools shuffled", "another date", "both"):
        states, taken, reading = MemoryStates(), [], []
        for number in range(count):
            body = dict(whole)
            body["messages"] = messages[: len(messages) - 2 * (count - number - 1)]
            if name in ("tools shuffled", "both"):
                tools = body["tools"]
                assert isinstance(tools, list)  # as above
                body["tools"] = chance.sample(tools, len(tools))
            if name in ("another date", "both"):
                text = encode_json(body).replace(
                    b"2026-11-10", f"2026-11-{10 + number % 20}".encode()
                )
            else:
                text = encode_json(body)
            began = time.perf_counter()
            stabilise(
                WireName.ANTHROPIC, text, states=states, owner="bench", upstream=URL,
                now=1e9 + 20 * number,
            )  # fmt: skip
            between = time.perf_counter()
            decode_json(text)
            taken.append((between - began) * 1000)
            reading.append((time.perf_counter() - between) * 1000)
        report.comparisons.append(Comparison(name, taken[3:], "reading the JSON", reading[3:]))
    report.figures["tokens"] = len(encode_json(whole)) / 4
    report.figures["time of a quarter of the conversation, in percent"] = _share(whole, count)
    return report


def _share(whole: JsonObject, count: int) -> float:
    """How long a quarter of the conversation takes, in percent of all of it."""
    messages = whole["messages"]
    assert isinstance(messages, list)  # as above
    found = []
    for part in (len(messages) // 4, len(messages)):
        text = encode_json({**whole, "messages": messages[:part]})
        taken, states = [], MemoryStates()
        for _ in range(count):
            began = time.perf_counter()
            stabilise(WireName.ANTHROPIC, text, states=states, owner="b", upstream=URL, now=1e9)
            taken.append(time.perf_counter() - began)
        found.append(median(taken))
    return 100 * found[0] / found[1]


_COLUMNS = (
    ("hand marks", Marks.HAND, "as-sent"),
    ("hand marks, repaired", Marks.HAND, "all"),
    ("no marks", Marks.NO, "as-sent"),
    ("no marks, repaired", Marks.NO, "all"),
)


def main() -> None:
    """Measure and print."""
    options = read_options(__doc__)
    has_peer = find_spec("cacheguardian") is not None
    table = Table(title="Share of input read from the cache (input cost relative to no cache)")
    names = [name for name, _, _ in _COLUMNS] + (["cacheguardian"] if has_peer else [])
    for name in ("disturbance", *names):
        table.add_column(name)
    rows: list[Json] = []
    for disturbance in Disturbance:
        found = [shares(disturbance, marks, policy) for _, marks, policy in _COLUMNS]
        if has_peer:
            recording = make_recording(make_bodies(disturbance, Marks.HAND), peer())
            peers = simulate(recording, read_policy("as-sent"), load_rules(None))
            found.append((peers.read_share, peers.relative_cost))
        table.add_row(disturbance.value, *(f"{read:.3f} ({cost:.3f})" for read, cost in found))
        rows.append(
            {
                "disturbance": disturbance.value,
                **{
                    name: {"read": read, "cost": cost}
                    for name, (read, cost) in zip(names, found, strict=True)
                },
            }
        )
    report = measure_time(options)
    if options.as_json:
        sys.stdout.write(encode_json({"benchmark": table.title, "rows": rows}).decode() + "\n")
    else:
        Console(width=None if sys.stdout.isatty() else 150).print(table)
    report.show(options)


if __name__ == "__main__":
    main()
