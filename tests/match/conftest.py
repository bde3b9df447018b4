"""The packaged model, loaded once for all tests of this directory."""

from pathlib import Path

import pytest

from agentcache.match.embedding import Embedder, load_embedder


@pytest.fixture(scope="session")
def model_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model-home")


@pytest.fixture(scope="session")
def embedder(model_home: Path) -> Embedder:
    return load_embedder(home=model_home)
