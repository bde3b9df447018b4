"""A model of one's own: fetched where the user says so, found on disk from then on."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from agentcache.match.model_files import packaged_directory
from support.hub import hub
from support.server import run_cli

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
SAME = ("Where is a_b set?", "Where do we set a_b?")
AGREEING = ("How does the cache compute its key?", "Explain how the cache key is computed")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """Those of the packaged model, and what else the library asks a hub for."""
    packaged = packaged_directory(tmp_path_factory.mktemp("packaged"))
    tokens = b'{"pad_token":"[PAD]","unk_token":"[UNK]","cls_token":"[CLS]","sep_token":"[SEP]"}'
    return {
        "config.json": b'{"pad_token_id":0,"model_type":"bert"}',
        "special_tokens_map.json": tokens,
        **{path.name: path.read_bytes() for path in packaged.iterdir()},
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose configuration names a model of the hub."""
    (tmp_path / "config.toml").write_text(f'[match]\nmodel = "{MODEL}"\n')
    return tmp_path


def reaching(url: str) -> dict[str, str]:
    return {"HF_ENDPOINT": url, "HF_HUB_OFFLINE": "0"}


def test_the_command_that_is_advised_fetches_the_model_and_the_next_one_needs_no_hub(
    home: Path, files: Mapping[str, bytes]
) -> None:
    with hub(files) as (url, _):
        before = run_cli(home, "match", *AGREEING, env=reaching(url))
        assert "`agentcache match --download`" in before.stderr
        fetched = run_cli(home, "match", "--download", env=reaching(url))
    assert (fetched.returncode, fetched.stdout) == (0, f"on disk: {MODEL}\n")
    assert f"agentcache: fetching the model '{MODEL}' into" in fetched.stderr
    assert f"agentcache: fetched the model '{MODEL}'" in fetched.stderr
    after = run_cli(home, "match", *AGREEING, env=reaching(url))
    assert after.stdout.startswith("same (0.")
    assert after.stderr == ""


def test_nothing_is_fetched_unasked_and_only_we_say_so(
    home: Path, files: Mapping[str, bytes]
) -> None:
    with hub(files) as (url, asked):
        done = run_cli(home, "match", *AGREEING, env=reaching(url))
    assert asked == []
    (said,) = done.stderr.splitlines()
    assert said.startswith("agentcache: going on without a model: the model")


def test_the_model_is_fetched_also_where_the_questions_need_none(
    home: Path, files: Mapping[str, bytes]
) -> None:
    with hub(files) as (url, _):
        done = run_cli(home, "match", *SAME, "--download", env=reaching(url))
    assert done.stdout.startswith("same (1.000)")
    assert "fetched the model" in done.stderr


def test_a_hub_that_cannot_be_reached_is_said_with_the_reason(home: Path) -> None:
    with hub({}) as (url, _):
        pass
    done = run_cli(home, "match", "--download", env=reaching(url))
    assert done.returncode == 1
    fetching, failed = done.stderr.splitlines()
    assert "fetching the model" in fetching
    assert f"'{MODEL}' cannot be fetched: " in failed
    assert "refused" in failed
