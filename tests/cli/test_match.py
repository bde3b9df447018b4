"""`agentcache match`: verdicts, one line a row, and what is wrong with a row."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agentcache.core.codec import decode_json_object
from agentcache.match.model_files import packaged_directory
from support.server import plain_environment, run_cli

FIXTURES = Path(__file__).parents[2] / "fixtures"
SAME = ("Where is a_b set?", "Where do we set a_b?")
AGREEING = ("How does the cache compute its key?", "Explain how the cache key is computed")


def write(path: Path, *lines: str) -> str:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return str(path)


def pair(a: str, b: str, rest: str = "") -> str:
    return f'{{"a": "{a}", "b": "{b}"{rest}}}'


def test_a_verdict_has_a_score_and_a_reason(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "match", *SAME)
    assert (done.returncode, done.stdout) == (0, "same (1.000): the canonical forms are equal\n")
    found = decode_json_object(run_cli(tmp_path, "match", *AGREEING, "--json").stdout)
    assert list(found) == ["verdict", "score", "reason"]
    assert found["verdict"] == "same"
    assert isinstance(found["score"], float)
    assert 0.8 < found["score"] < 1.0


def test_what_only_looks_alike_is_near(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "match", "Where is a_b set?", "Where is a_c set?")
    assert done.stdout.startswith("near (0.")
    assert "they name different identifiers" in done.stdout


def test_without_a_model_there_is_no_score(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "match", *AGREEING, "--json", "--without-model")
    assert decode_json_object(done.stdout) == {
        "verdict": "same",
        "score": None,
        "reason": "the questions agree in structure",
    }
    assert not (tmp_path / "models").exists()


def test_a_model_that_cannot_be_used_is_told_once_and_matching_goes_on(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[match]\nmodel = "/nowhere"\n')
    source = write(tmp_path / "pairs.jsonl", pair(*AGREEING), pair(*AGREEING))
    done = run_cli(tmp_path, "match", "--pairs", source, "--json")
    assert done.returncode == 0
    assert [decode_json_object(line)["score"] for line in done.stdout.splitlines()] == [None, None]
    assert done.stderr.count("going on without a model") == 1
    assert "'/nowhere'" in done.stderr


def test_there_is_one_line_for_each_row_in_order(tmp_path: Path) -> None:
    rows = [
        pair(*SAME),
        pair("Where is a_b?", "Where is a_c?"),
        pair("How?", "How?", ', "id": "x"'),
    ]
    done = run_cli(tmp_path, "match", "--pairs", write(tmp_path / "p", *rows, ""), "--json")
    lines = [decode_json_object(line) for line in done.stdout.splitlines()]
    assert [line["verdict"] for line in lines] == ["same", "near", "same"]
    assert all(list(line) == ["verdict", "score", "reason"] for line in lines)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not a Pair"),
        ('{"a": "x"}', "missing required field `b`"),
        ('{"a": 1, "b": "x"}', "Expected `str`, got `int` - at `$.a`"),
        ('{"a": "x", "b": "y", "label": 2}', "label 2 is not 0 or 1"),
        ("[]", "got `array`"),
    ],
)
def test_a_bad_row_is_told_with_its_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    source = write(tmp_path / "pairs.jsonl", pair(*SAME), "", line, pair(*SAME))
    done = run_cli(tmp_path, "match", "--pairs", source, "--json")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    assert f"{source!r}, line 3: " in done.stderr
    assert told in done.stderr


def test_pairs_come_from_standard_input_too(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agentcache", "match", "--pairs", "-", "--json"],
        env=plain_environment(AGENTCACHE_HOME=str(tmp_path)),
        input=pair(*SAME),
        capture_output=True,
        text=True,
        check=True,
    )
    assert decode_json_object(done.stdout)["verdict"] == "same"


@pytest.mark.parametrize(
    "arguments", [[], ["one"], ["one", "two", "three"], ["a", "b", "--pairs", "c"]]
)
def test_two_questions_or_a_file_are_needed(tmp_path: Path, arguments: list[str]) -> None:
    done = run_cli(tmp_path, "match", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "give two questions, or --pairs" in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "match", "--pairs", str(tmp_path / "none.jsonl"), "--json")
    assert done.returncode == 1
    assert "No such file" in done.stderr


def test_labelled_pairs_are_summed_up(tmp_path: Path) -> None:
    source = write(
        tmp_path / "pairs.jsonl",
        pair(*SAME, ', "label": 1, "kind": "light"'),
        pair("Where is a_b set?", "Where is a_c set?", ', "label": 0, "kind": "func"'),
        pair(*SAME, ', "label": 0, "kind": "[trap]"'),
    )
    done = run_cli(tmp_path, "match", "--pairs", source, "--without-model")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["same", "light", "1", "0", "0"] in lines
    assert ["not", "the", "same", "all", "1", "1", "0"] in lines
    assert "[trap]" in done.stdout
    assert f"served though labelled 0: {SAME[0]!r} and {SAME[1]!r}" in done.stdout


def test_nothing_is_wrong_in_the_fixtures_with_the_model(tmp_path: Path) -> None:
    shutil.copytree(packaged_directory(tmp_path), tmp_path / "own")
    (tmp_path / "config.toml").write_text(f'[match]\nmodel = "{tmp_path}/own"\n')
    source = FIXTURES / "pairs-own.jsonl"
    done = run_cli(tmp_path, "match", "--pairs", str(source), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [decode_json_object(line) for line in source.read_text().splitlines()]
    found = [decode_json_object(line) for line in done.stdout.splitlines()]
    assert len(found) == len(rows)
    served = [row for row, match in zip(rows, found, strict=True) if match["verdict"] == "same"]
    assert all(row["label"] == 1 for row in served)
    assert len(served) >= 0.6 * sum(row["label"] == 1 for row in rows)
