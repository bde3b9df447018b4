"""The survival benchmark runs, counts what it says, and finds nothing stale."""

import subprocess
import sys
from pathlib import Path

from agentcache.core.codec import Json, convert, decode_json_object
from support.histories import make_history
from support.repositories import make_repository

SCRIPT = Path(__file__).parent.parent / "bench/survival.py"
METHODS = {"commit keys", "file keys", "ours", "oracle"}


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--quick", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_every_answer_is_counted_by_every_method_and_none_of_ours_is_stale(tmp_path: Path) -> None:
    history = make_history(tmp_path / "history", commits=30)
    bare = tmp_path / "bare.git"
    history.git("clone", "--quiet", "--bare", ".", str(bare))
    found = decode_json_object(run("--json", str(bare)).stdout)
    assert found.keys() == {"bare.git", "all"}
    rows = convert(found["bare.git"], dict[str, dict[str, Json]])
    assert list(rows) == ["1", "5", "20"]
    assert found["all"] == found["bare.git"]
    for row in rows.values():
        alive, stale = (convert(row[name], dict[str, int]) for name in ("alive", "stale"))
        assert alive.keys() == stale.keys() == METHODS
        assert alive["commit keys"] == 0
        assert 0 < alive["ours"] <= alive["oracle"] <= convert(row["answers"], int) == 45
        assert stale["ours"] == stale["oracle"] == row["beyond"] == 0
        dropped, needed = 45 - alive["ours"], 45 - alive["oracle"]
        assert alive["ours"] >= 0.9 * alive["oracle"]
        assert dropped <= 1.1 * needed + 1


def test_a_picture_and_a_table_are_made(tmp_path: Path) -> None:
    history = make_history(tmp_path / "history", commits=22)
    picture = tmp_path / "survival.svg"
    shown = run(str(history.root), "--starts", "1", "--plot", str(picture)).stdout
    assert "ours keeps" in shown
    assert "<svg" in picture.read_text(encoding="utf-8")


def test_a_history_that_is_too_short_is_left_out(tmp_path: Path) -> None:
    short = make_repository(tmp_path / "short", {"a.py": "x = 1\n"})
    assert decode_json_object(run("--json", str(short.root)).stdout).keys() == {"all"}
