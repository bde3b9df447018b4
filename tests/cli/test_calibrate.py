"""`agentcache calibrate`: what it prints and what it writes."""

from pathlib import Path

import pytest

from agentcache.core.codec import decode_json_object
from agentcache.errors import UsageError
from agentcache.server.config import MatchConfig, Places, load_config, write_threshold
from support.server import run_cli

OWN = Path(__file__).parents[2] / "fixtures" / "pairs-own.jsonl"


def test_the_threshold_is_chosen_and_shown_beside_its_peers(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "calibrate", str(OWN), "--max-wrong", "0.01", "--json", "--write")
    assert (done.returncode, done.stderr) == (0, "")
    found = decode_json_object(done.stdout)
    chosen, peers = found["chosen"], found["peers"]
    assert isinstance(chosen, dict)
    assert isinstance(peers, list)
    assert (found["near_misses"], chosen["wrong"], chosen["precision"]) == (318, 0, 1.0)
    assert isinstance(chosen["recall"], float)
    assert chosen["recall"] >= 0.6
    assert [peer["threshold"] for peer in peers if isinstance(peer, dict)] == [0.85, 0.95]
    assert all(peer["wrong"] > 100 for peer in peers if isinstance(peer, dict))  # type: ignore[operator]
    places = Places(tmp_path, tmp_path / "config.toml")
    assert load_config(places).match.threshold == chosen["threshold"]


def test_a_person_reads_the_curve_and_the_bound(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "calibrate", str(OWN), "--max-wrong", "0.01")
    assert "86 paraphrases, 318 near-misses" in done.stdout
    assert "0 wrong, at most 0.94% of near-misses served with 95% confidence" in done.stdout
    assert done.stdout.count("cosine alone") == 2
    assert not (tmp_path / "config.toml").exists()


def test_too_few_pairs_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    done = run_cli(tmp_path, "calibrate", str(OWN), "--write")
    assert (done.returncode, done.stdout) == (1, "")
    assert "318 near-misses and 86 paraphrases are too few" in done.stderr
    assert not (tmp_path / "config.toml").exists()


def test_too_few_pairs_are_refused_before_a_model_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[match]\nmodel = "./nowhere"\n')
    assert "are too few" in run_cli(tmp_path, "calibrate", str(OWN)).stderr


def test_a_pair_without_a_label_is_told(tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    source.write_text('{"a": "x", "b": "y", "label": 0}\n{"a": "x", "b": "y"}\n')
    done = run_cli(tmp_path, "calibrate", str(source))
    assert done.returncode == 1
    assert "pair 2: there is no label" in done.stderr


def test_there_is_no_calibration_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[match]\nmodel = "./nowhere"\n')
    done = run_cli(tmp_path, "calibrate", str(OWN), "--max-wrong", "0.01")
    assert done.returncode == 1
    assert "'./nowhere' is no directory" in done.stderr


def test_writing_keeps_every_other_line(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "config.toml")
    before = '# mine\nreplay = "never"   # no\n\n[match]\nmodel = ""  # packaged\n'
    places.config.write_text(before)
    write_threshold(places, 0.725)
    assert places.config.read_text() == before + "threshold = 0.725\n"
    write_threshold(places, 0.5)
    assert places.config.read_text() == before + "threshold = 0.5\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_writing_makes_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "deep" / "config.toml")
    write_threshold(places, 0.7)
    assert load_config(places).match == MatchConfig(threshold=0.7)
    assert places.config.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_used_is_left_alone(tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path / "config.toml")
    places.config.write_text("replay = maybe\n")
    with pytest.raises(UsageError, match="cannot be used"):
        write_threshold(places, 0.7)
    assert places.config.read_text() == "replay = maybe\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[match]\nthreshold = 1.5\n", "threshold must be between 0 and 1, not 1.5"),
        ("[match]\nthreshold = nan\n", "threshold must be between 0 and 1, not nan"),
        ("[match]\nthresold = 0.5\n", "unknown key 'thresold'; there are threshold, model"),
        ("match = 3\n", "match: expected `object`, got `int`"),
    ],
)
def test_a_wrong_match_table_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(UsageError) as error:
        load_config(Places(tmp_path, tmp_path / "config.toml"))
    assert told in str(error.value)
