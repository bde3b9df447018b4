"""Texts to vectors of unit length; the only module that knows the embedding library.

The library is looked for on disk only: without a network it would wait for one. A model that is
not there is fetched only where the user asked for that.
"""

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agentcache.errors import ModelError
from agentcache.match.model_files import INSTALL, directory_digest, packaged_directory

if TYPE_CHECKING:
    import numpy as np
    from fastembed import TextEmbedding
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

PACKAGED_NAME = "sentence-transformers/all-MiniLM-L6-v2"
"""What the library calls the architecture of the packaged model."""

_REACH_TIMEOUT = 10.0
"""Seconds to wait for the hub's first word."""


class Embedder(Protocol):
    """Texts to vectors; safe to use from several threads."""

    @property
    def digest(self) -> str:
        """The digest of the model's files: vectors of different digests are never compared."""

    def embed(self, text: str) -> "Vector":
        """A text as float32 numbers of unit length; raises ModelError.

        Only about the first 256 tokens count: embed the question alone, never its preamble.
        """


@dataclass(frozen=True, slots=True)
class OnnxEmbedder:
    """An Embedder over a model that is loaded."""

    digest: str
    engine: "TextEmbedding"

    def embed(self, text: str) -> "Vector":
        """See Embedder."""
        import numpy as np  # noqa: PLC0415  # heavy, and not there without the extra

        with _model_errors("the model cannot embed a text"):
            # What is no character, as a lone surrogate, is nothing to a tokenizer.
            readable = text.encode("utf-8", "replace").decode("utf-8")
            (found,) = self.engine.embed([readable])
        vector = np.asarray(found, dtype=np.float32)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length == 0.0:
            raise ModelError(f"the model gave no direction for {text[:60]!r}: it is damaged")
        return vector / np.float32(length)


def load_embedder(
    model: str = "",
    *,
    home: Path,
    site: Sequence[str] | None = None,
    may_download: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Embedder:
    """Load a model: some 250 MB and up to a second, so once per process and on first use.

    `model`: empty for the packaged one, the path of a directory with model.onnx and tokenizer.json
    of the same architecture, or the name of a model of the library that is on disk already.
    `home`: the cache home; the packaged model is assembled there, hub models are looked for in its
    `hub` directory. `site`: where the packaged model's distributions are, `sys.path` by default.
    `may_download`: the user's word that a hub model may be fetched; `tell` is then called with what
    happens. Raises ModelError with the reason and what to do.
    """
    if not model:
        return _from_directory(packaged_directory(home, site=site))
    path = Path(model).expanduser()
    if path.is_dir():
        return _from_directory(path)
    if path.is_absolute() or model.startswith((".", "~")):
        raise ModelError(f"the model {model!r} is no directory: correct [match] model")
    return _from_hub(model, home / "hub", may_download=may_download, tell=tell)


def _from_directory(directory: Path) -> Embedder:
    missing = [
        name
        for name in ("model.onnx", "tokenizer.json", "tokenizer_config.json")
        if not (directory / name).is_file()
    ]
    if missing:
        raise ModelError(f"the model {str(directory)!r} lacks {', '.join(missing)}")
    digest = directory_digest(directory)
    with _model_errors(f"the model {str(directory)!r} cannot be loaded"):
        engine = _library()(
            PACKAGED_NAME,
            specific_model_path=str(directory),
            local_files_only=True,
            threads=1,
            enable_cpu_mem_arena=False,
        )
    return _checked(OnnxEmbedder(digest, engine))


def _from_hub(
    name: str, cache: Path, *, may_download: bool, tell: Callable[[str], None] | None
) -> Embedder:
    text_embedding = _library()

    def load(*, local_files_only: bool) -> "TextEmbedding":
        return text_embedding(
            name,
            cache_dir=str(cache),
            local_files_only=local_files_only,
            threads=1,
            enable_cpu_mem_arena=False,
        )

    try:
        with _model_errors(f"the model {name!r} is not on disk in {str(cache)!r}"):
            engine = load(local_files_only=True)
    except ModelError as error:
        if not may_download:
            raise ModelError(
                f"{error}: fetch it with `agentcache match --download`, or leave [match] model "
                "empty for the packaged one"
            ) from error
        if tell is not None:
            tell(f"fetching the model {name!r} into {str(cache)!r}")
        with _model_errors(f"the model {name!r} cannot be fetched"):
            _reach_hub()
            engine = load(local_files_only=False)
        if tell is not None:
            tell(f"fetched the model {name!r}")
    # The library does not say in public where it found the files of a hub model.
    directory = getattr(engine.model, "_model_dir", None)
    if not isinstance(directory, Path | str):
        raise ModelError(f"the files of the model {name!r} cannot be found: use a directory")
    return _checked(OnnxEmbedder(directory_digest(Path(directory)), engine))


def _reach_hub() -> None:
    """Raise why the hub cannot be reached: the library waits for most of a minute, and tells not.

    Any answer is one.
    """
    from huggingface_hub import constants, get_session  # noqa: PLC0415  # comes with the library

    get_session().head(constants.ENDPOINT, timeout=_REACH_TIMEOUT)


def _checked(embedder: OnnxEmbedder) -> OnnxEmbedder:
    embedder.embed("where is the parser")  # a model that cannot embed is found out here
    return embedder


def _library() -> "type[TextEmbedding]":
    # Its runtime reports to its makers from when it is imported, unless it is told not to.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        from fastembed import TextEmbedding  # noqa: PLC0415  # half a second, and an extra
        from loguru import logger  # noqa: PLC0415  # comes with it
    except ImportError as error:
        raise ModelError(f"the embedding library is not installed ({error}): {INSTALL}") from error
    logger.disable("fastembed")  # it writes to the user's terminal, errors that are none too
    return TextEmbedding


@contextmanager
def _model_errors(what: str) -> Iterator[None]:
    """Whatever the library and its runtime raise, as ModelError; their warnings are not ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ModelError:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:300].rstrip(".")
        raise ModelError(f"{what}: {said}") from error
