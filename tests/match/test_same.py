"""Which answers may be served for a question in other words, with a model, without, and broken."""

import numpy as np
import pytest
from numpy.typing import NDArray

from agentcache.errors import ModelError
from agentcache.match.embedding import Embedder
from agentcache.match.same import Matcher

ASKED = "Where is RETRY_LIMIT defined?"
AGREEING = "Which file defines RETRY_LIMIT?"
OTHER = "Where is RETRY_LIMIT used?"


class Given:
    """An embedder that sees every question but `apart` in one direction."""

    digest = "given"

    def __init__(self, apart: str = "", *, is_broken: bool = False) -> None:
        self.apart, self.is_broken = apart, is_broken
        self.texts: list[str] = []

    def embed(self, text: str) -> NDArray[np.float32]:
        if self.is_broken:
            raise ModelError("broken")
        self.texts.append(text)
        return np.array([0, 1] if text == self.apart else [1, 0], dtype=np.float32)


def test_questions_that_agree_are_the_same_without_a_model() -> None:
    assert Matcher().is_same(ASKED, AGREEING)
    assert not Matcher().is_same(ASKED, OTHER)


def test_similarity_alone_serves_nothing() -> None:
    assert not Matcher(load=Given).is_same(ASKED, OTHER)


def test_what_agrees_must_be_similar_too_where_there_is_a_model() -> None:
    assert Matcher(load=Given).is_same(ASKED, AGREEING)
    assert not Matcher(load=lambda: Given(AGREEING)).is_same(ASKED, AGREEING)
    assert Matcher(load=lambda: Given(AGREEING), threshold=0).is_same(ASKED, AGREEING)


def test_the_model_is_loaded_when_questions_agree_and_only_once() -> None:
    loaded: list[Embedder] = []

    def load() -> Embedder:
        loaded.append(Given())
        return loaded[-1]

    matcher = Matcher(load=load)
    matcher.is_same(ASKED, OTHER)
    assert loaded == []
    matcher.is_same(ASKED, AGREEING)
    matcher.is_same(AGREEING, ASKED)
    assert len(loaded) == 1


def test_a_pair_is_measured_once() -> None:
    given = Given()
    matcher = Matcher(load=lambda: given)
    for _ in range(3):
        assert matcher.is_same(ASKED, AGREEING)
    assert len(given.texts) == 2


def test_a_model_that_cannot_be_loaded_is_told_once_and_structure_decides(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def load() -> Embedder:
        raise ModelError("its digest is wrong")

    matcher = Matcher(load=load)
    assert matcher.is_same(ASKED, AGREEING)
    assert not matcher.is_same(ASKED, OTHER)
    assert matcher.is_same("Where is LIMIT defined?", "Which file defines LIMIT?")
    assert [record.message for record in caplog.records] == [
        "questions are compared without a model: its digest is wrong"
    ]


def test_a_model_that_fails_leaves_the_word_to_structure() -> None:
    assert Matcher(load=lambda: Given(is_broken=True)).is_same(ASKED, AGREEING)
