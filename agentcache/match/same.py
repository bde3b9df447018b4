"""Whether the answer to one question may be served for another: structure first, then a floor.

The model is loaded when two questions agree for the first time, and costs nothing before that.
"""

import logging
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from agentcache.core.query import agree, read_query
from agentcache.errors import ModelError
from agentcache.match.embedding import Embedder
from agentcache.match.matcher import cosine_of
from agentcache.match.verdict import DEFAULT_THRESHOLD

log = logging.getLogger(__name__)


class Matcher:
    """Judges pairs of questions; for any thread.

    `load` gives the model, or raises ModelError; without one structure alone decides.
    """

    def __init__(
        self,
        *,
        load: Callable[[], Embedder] | None = None,
        threshold: float = DEFAULT_THRESHOLD,
    ) -> None:
        self._load = load
        self._threshold = threshold
        self._embedder: Embedder | None = None
        self._lock = Lock()
        self._cosine = lru_cache(maxsize=1024)(self._measure)

    def is_same(self, one: str, other: str) -> bool:
        """Whether an answer to one question is an answer to the other."""
        if not agree(read_query(one), read_query(other)).is_agreed:
            return False
        cosine = self._cosine(one, other)
        return cosine is None or cosine >= self._threshold

    def _measure(self, one: str, other: str) -> float | None:
        """The cosine of two texts, None without a model."""
        embedder = self._loaded()
        if embedder is None:
            return None
        try:
            return cosine_of(embedder, one, other)
        except ModelError as error:
            log.warning("questions are compared without a model: %s", error)
            return None

    def _loaded(self) -> Embedder | None:
        with self._lock:
            if self._load is not None:
                try:
                    self._embedder = self._load()
                except ModelError as error:
                    log.warning("questions are compared without a model: %s", error)
                self._load = None
            return self._embedder
