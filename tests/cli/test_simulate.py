"""`agentcache simulate`: the table, JSON, and what it says to input that is bad."""

from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object
from agentcache.core.values import WireName
from agentcache.prefix.recording import Head, RecordedCall, encode_lines
from prefix.sessions import body, sent, text, user
from support.server import run_cli


def session(at: float = 0.0) -> list[RecordedCall]:
    blocks = [text(number) for number in range(3)]
    return [
        sent(at + 30.0 * number, body([user(*blocks, text("last", mark="")), user(text(number))]))
        for number in range(3)
    ]


def write(path: Path, calls: list[RecordedCall]) -> Path:
    path.write_bytes(b"".join(encode_lines([Head(1, path.stem, 0.0), *calls])))
    return path


def as_json(home: Path, *arguments: str) -> tuple[JsonObject, dict[str, JsonObject]]:
    done = run_cli(home, "simulate", *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = decode_json_object(done.stdout)
    policies = {str(one["policy"]): one for one in objects(found["policies"])}
    return found, policies


def objects(value: Json) -> list[JsonObject]:
    assert isinstance(value, list)
    return [item for item in value if isinstance(item, dict)]


def test_every_policy_is_priced_and_the_rules_are_named(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    done = run_cli(tmp_path, "simulate", str(source))
    assert (done.returncode, done.stderr) == (0, "")
    assert "claude-opus-5: rules of anthropic as of 2026-11-21" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines() if line]
    [as_sent] = [line for line in lines if line[0] == "as-sent"]
    # 4,000 tokens are written once and read twice; 1,000 are new each time, but for 7.
    assert as_sent == ["as-sent", "3", "53.3%", "4,000", "3,000", "8,800", "0.587", "53.4%"]
    names = [line[0] for line in lines]
    assert [name for name in names if name in ("all", "oracle", "tools")] == [
        "tools",
        "all",
        "oracle",
    ]
    assert "\x1b[" not in done.stdout


def test_json_has_what_the_table_has(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    found, policies = as_json(tmp_path, str(source), "--policy", "as-sent", "--policy", "oracle")
    assert list(policies) == ["as-sent", "oracle"]
    sent_as = policies["as-sent"]
    assert sent_as["written"] == {"5m": 4000}
    assert (sent_as["calls"], sent_as["priced"], sent_as["unread"]) == (3, 3, 0)
    assert (sent_as["read"], sent_as["fresh"], sent_as["tokens"]) == (8000, 3000, 15000)
    assert (sent_as["cost"], "by_call" in sent_as) == (8800.0, False)
    [rules] = objects(found["rules"])
    assert (rules["model"], rules["provider"]) == ("claude-opus-5", "anthropic")


def test_calls_are_told_one_by_one_on_request(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    done = run_cli(tmp_path, "simulate", str(source), "--policy", "as-sent", "--calls")
    assert "   1  +0.0 s  read 0  written 4,000 for 5m  fresh 1,000  cost 6,000" in done.stdout
    assert "   3  +60.0 s  read 4,000  written 0  fresh 1,000  cost 1,400" in done.stdout
    _, policies = as_json(tmp_path, str(source), "--calls", "--policy", "as-sent")
    assert [call["read"] for call in objects(policies["as-sent"]["by_call"])] == [0, 4000, 4000]


def test_the_sessions_of_a_directory_share_the_provider_s_cache(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    write(folder / "a.jsonl", session(at=15))
    write(folder / "b.jsonl", session(at=0))
    (folder / "notes.txt").write_text("no recording")
    _, policies = as_json(tmp_path, str(folder), "--policy", "as-sent")
    assert (policies["as-sent"]["calls"], policies["as-sent"]["read"]) == (6, 5 * 4000)


def test_the_provider_can_be_said(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    found, policies = as_json(tmp_path, str(source), "--policy", "as-sent", "--provider", "sglang")
    assert [one["provider"] for one in objects(found["rules"])] == ["sglang"]
    assert policies["as-sent"]["cost"] == policies["as-sent"]["fresh"]


def test_rules_of_ones_own_hold(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    rules = tmp_path / "rules.toml"
    rules.write_text('[[providers.anthropic.models]]\nmatch = ["*"]\nminimum = 5000\n')
    _, policies = as_json(tmp_path, str(source), "--rules", str(rules), "--policy", "as-sent")
    assert policies["as-sent"]["read"] == 0


def test_the_configured_rules_hold(tmp_path: Path) -> None:
    source = write(tmp_path / "one.jsonl", session())
    (tmp_path / "config.toml").write_text('[prefix]\nrules = "own.toml"\n')
    own = '[[providers.anthropic.models]]\nmatch = ["*"]\nminimum = 5000\n'
    (tmp_path / "own.toml").write_text(own)
    _, policies = as_json(tmp_path, str(source), "--policy", "as-sent")
    assert policies["as-sent"]["read"] == 0


def test_what_is_not_priced_is_counted_and_told(tmp_path: Path) -> None:
    five = [text(number, mark="") for number in range(5)]
    calls = [
        *session(),
        sent(1, body([user(*five)])),
        sent(2, body([]), status=429),
        RecordedCall(at=3, wire=WireName.ANTHROPIC, url="https://api.anthropic.com", body="{"),
    ]
    source = write(tmp_path / "one.jsonl", calls)
    done = run_cli(tmp_path, "simulate", str(source), "--policy", "as-sent", "--calls")
    assert done.returncode == 0
    assert "as-sent: 1 refused, not priced; first: 5 breakpoints, at most 4" in done.stdout
    assert "as-sent: 1 failed, not priced; first: answered with status 429" in done.stdout
    assert "as-sent: 1 unread, not priced; first: a request" in done.stdout
    _, policies = as_json(tmp_path, str(source), "--policy", "as-sent")
    found = policies["as-sent"]
    counts = [found[name] for name in ("calls", "priced", "refused", "failed", "unread")]
    assert counts == [6, 3, 1, 1, 1]
    assert found["read"] == 8000


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"hello\n", "is no recording of agentcache"),
        (b'{"model": "m"}\n', "is no recording of agentcache"),
        (b'{"agentcache_recording": 2, "session": "s", "began": 0}\n', "has version 2"),
        (b'{"agentcache_recording": 1, "session": "s", "began": 0}\n', "holds no calls"),
        (b'{"agentcache_recording": 1, "session": "s", "began": 0}\n{"at": 3', "is cut in line 2"),
        (b'{"agentcache_recording": 1, "session": "s", "began": 0}\n{"at": 3}\n', "line 2 of"),
        (b"\xff\xfe\x00", "is no recording of agentcache"),
    ],
)
def test_a_file_that_is_no_whole_recording_is_told_by_name(
    tmp_path: Path, content: bytes, told: str
) -> None:
    source = tmp_path / "bad.jsonl"
    source.write_bytes(content)
    done = run_cli(tmp_path, "simulate", str(source))
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "bad.jsonl" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--provider", "gogle"], 1, "provider 'gogle' is unknown; there are anthropic"),
        (["--policy", "none"], 2, "policy 'none' is unknown; there are as-sent"),
        (["--rules", "nowhere.toml"], 1, "'nowhere.toml' cannot be read"),
        (["--rules", "bad.toml"], 1, "'bad.toml' cannot be used: the rules: prices is unknown"),
        (["--rules", "binary.toml"], 1, "'binary.toml' cannot be used"),
    ],
)
def test_what_is_unknown_or_unreadable_is_told(
    tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    (tmp_path / "bad.toml").write_text("prices = 3")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    source = write(tmp_path / "one.jsonl", session())
    done = run_cli(tmp_path, "simulate", str(source), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_place_without_recordings_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, told in (("empty", "holds no *.jsonl"), ("nowhere", "cannot be read")):
        done = run_cli(tmp_path, "simulate", str(tmp_path / name))
        assert (done.returncode, done.stdout) == (1, "")
        assert told in done.stderr
