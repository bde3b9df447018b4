"""`agentcache lint`: what it prints and how it exits."""

import subprocess
from pathlib import Path

import pytest

from agentcache.core.codec import Json, JsonObject, decode_json_object
from agentcache.core.values import WireName
from agentcache.prefix.recording import VERSION, Head, RecordedCall, encode_lines
from support.prompts import SYSTEM, body, conversation
from support.server import run_cli


def recorded(place: Path, bodies: list[bytes], *, diagnosis: str = "") -> Path:
    calls = [
        RecordedCall(
            at=1000.0 + 5 * number,
            wire=WireName.ANTHROPIC,
            url="https://api.anthropic.com/v1/messages",
            body=data.decode(),
            status=200,
            miss_reason=diagnosis,
        )
        for number, data in enumerate(bodies)
    ]
    file = place / "session.jsonl"
    file.write_bytes(b"".join(encode_lines([Head(VERSION, "s", 1000.0), *calls])))
    return file


def dated(turns: int) -> bytes:
    return body(conversation(turns), system=f"{SYSTEM} Today's date is 2026-11-2{turns}.")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return recorded(tmp_path, [dated(0), dated(1), b'{"model": 3}'])


def lint(place: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return run_cli(place, "lint", *map(str, arguments))


def test_a_break_is_told_in_a_paragraph_and_is_no_error(tmp_path: Path, broken: Path) -> None:
    done = lint(tmp_path, broken)
    assert (done.returncode, done.stderr) == (0, "")
    first, was, now, repair, *rest = done.stdout.splitlines()
    assert first.startswith(
        "call 2 (+5.0 s, after call 1): volatile-in-prefix (system_changed) in system[0], byte "
    )
    assert "2026-11-20" in was
    assert "2026-11-21" in now
    assert "the move 'freeze'" in repair
    assert "call 3 cannot be read and is left out: " in done.stdout
    assert rest[-2].startswith("calls: 3, not read: 1, conversations: 1, broken prefixes: 1, ")


def test_scripts_read_the_same_as_json(tmp_path: Path, broken: Path) -> None:
    found = decode_json_object(lint(tmp_path, broken, "--json").stdout)
    (one,) = objects(found, "breaks")
    assert (one["call"], one["earlier"], one["at"]) == (2, 1, 5.0)
    assert (one["verdict"], one["reason"], one["level"], one["place"], one["move"]) == (
        "volatile-in-prefix",
        "system_changed",
        "system",
        "system[0]",
        "freeze",
    )
    assert found["tokens_lost"] == one["tokens"]
    assert [unread["call"] for unread in objects(found, "unread")] == [3]
    assert found["agreement"] == {"agree": 0, "disagree": 0, "unavailable": 1}


def test_notes_of_ours_do_not_count_for_the_gate(tmp_path: Path) -> None:
    note = "<system-reminder>\nNow in the system prompt:\nTime: 10:00\n</system-reminder>"
    before = conversation(2)
    last = before[-1]
    assert isinstance(last, dict)
    assert isinstance(last["content"], list)
    blocks: list[Json] = [*last["content"], {"type": "text", "text": note}]
    before[-1] = {**last, "content": blocks}
    file = recorded(tmp_path, [body(before), body(conversation(3))])
    done = lint(tmp_path, file, "--max-breaks", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "notes-begun-anew" in done.stdout


def objects(found: JsonObject, name: str) -> list[JsonObject]:
    value = found[name]
    assert isinstance(value, list)
    return [one for one in value if isinstance(one, dict)]


@pytest.mark.parametrize(("most", "code"), [(0, 1), (1, 0)])
def test_more_breaks_than_allowed_fail_a_ci_job(
    tmp_path: Path, broken: Path, most: int, code: int
) -> None:
    done = lint(tmp_path, broken, "--max-breaks", str(most))
    told = "agentcache: broken prefixes: 1, allowed are 0\n"
    assert (done.returncode, done.stderr) == (code, told if code else "")
    assert "volatile-in-prefix" in done.stdout


def test_a_clean_session_passes_with_none_allowed(tmp_path: Path) -> None:
    clean = recorded(tmp_path, [body(conversation(turns)) for turns in range(3)])
    done = lint(tmp_path, clean, "--max-breaks", "0")
    line = "calls: 3, conversations: 1, broken prefixes: 0, tokens lost: about 0\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, line, "")


def test_the_providers_diagnosis_stands_beside_ours(tmp_path: Path) -> None:
    told = recorded(tmp_path, [dated(0), dated(1)], diagnosis="system_changed")
    done = lint(tmp_path, told)
    assert "; the provider says system_changed" in done.stdout
    # It also diagnosed the first Call, which has nothing to break.
    assert "the provider's own diagnosis: 1 agree, 1 disagree, 0 unavailable" in done.stdout


def test_rules_of_ones_own_decide_what_is_a_finding(tmp_path: Path) -> None:
    short = recorded(tmp_path, [body(conversation(0), cache_control={"type": "ephemeral"})])
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[[providers.anthropic.models]]\nmatch = ["claude-opus-5"]\nminimum = 1\n', "utf-8"
    )
    assert "below-minimum" in lint(tmp_path, short).stdout
    assert "below-minimum" not in lint(tmp_path, short, "--rules", rules).stdout


def test_the_configured_rules_hold_unless_others_are_given(tmp_path: Path) -> None:
    short = recorded(tmp_path, [body(conversation(0), cache_control={"type": "ephemeral"})])
    (tmp_path / "config.toml").write_text('[prefix]\nrules = "own.toml"\n', "utf-8")
    own = '[[providers.anthropic.models]]\nmatch = ["*"]\nminimum = 1\n'
    (tmp_path / "own.toml").write_text(own, "utf-8")
    other = tmp_path / "other.toml"
    other.write_text(own.replace("minimum = 1", "minimum = 9000"), "utf-8")
    assert "below-minimum" not in lint(tmp_path, short).stdout
    assert "the minimum is 9,000" in lint(tmp_path, short, "--rules", other).stdout


@pytest.mark.parametrize("name", ["gone.toml", "~nobody-of-that-name/rules.toml"])
def test_configured_rules_that_cannot_be_read_are_said(
    tmp_path: Path, broken: Path, name: str
) -> None:
    (tmp_path / "config.toml").write_text(f'[prefix]\nrules = "{name}"\n', "utf-8")
    done = lint(tmp_path, broken)
    assert done.returncode == 1
    assert f"the rules in '{name}' cannot be used" in done.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"no JSON\n", "is no recording"),
        (b'{"agentcache_recording": 9, "session": "s", "began": 0}\n', "has version 9"),
        (b'{"agentcache_recording": 1, "session": "s", "began": 0}\n{"at"', "is cut in line 2"),
        (b'{"agentcache_recording": 1, "session": "s", "began": 0}\n{}\n', "line 2 of"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "it.jsonl"
    file.write_bytes(content)
    done = lint(tmp_path, file)
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr


def test_files_that_cannot_be_used_are_named(tmp_path: Path, broken: Path) -> None:
    missing = lint(tmp_path, tmp_path / "none.jsonl")
    assert (missing.returncode, "No such file" in missing.stderr) == (1, True)
    rules = tmp_path / "rules.toml"
    for content, told in ((b"\xff", "can't decode byte"), (b"minimum = 3\n", "the rules: minimum")):
        rules.write_bytes(content)
        done = lint(tmp_path, broken, "--rules", rules)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr
