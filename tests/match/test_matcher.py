"""The order of the steps, with a model that says what the test wants."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from agentcache.match.embedding import Embedder
from agentcache.match.matcher import judge, shared_content
from agentcache.match.verdict import Match, Verdict

Vector = NDArray[np.float32]
AGREEING = ("How does the cache compute its key?", "Explain how the cache key is computed")


@dataclass
class Scripted:
    """Two texts are as alike as `cosine` says; counts how often it is asked."""

    cosine: float
    digest: str = "scripted"
    asked: list[str] = field(default_factory=list)

    def embed(self, text: str) -> Vector:
        self.asked.append(text)
        angle = 0.0 if len(self.asked) % 2 else float(np.arccos(self.cosine))
        return np.asarray([np.cos(angle), np.sin(angle)], dtype=np.float32)


def test_equal_texts_and_forms_need_no_model() -> None:
    model = Scripted(0.0)
    assert judge("Wo ist es?", " Wo  ist es? ", embedder=model).score == 1.0
    found = judge("Where is a_b set?", "Where do we set a_b?", embedder=model)
    assert (found.verdict, found.score) == (Verdict.SAME, 1.0)
    assert model.asked == []


def test_what_agrees_and_is_similar_enough_is_the_same() -> None:
    assert judge(*AGREEING, embedder=Scripted(0.8), threshold=0.7).verdict is Verdict.SAME
    found = judge(*AGREEING, embedder=Scripted(0.6), threshold=0.7)
    assert found.verdict is Verdict.NEAR
    assert "below 0.70" in found.reason


def test_similarity_alone_is_never_the_same() -> None:
    pair = ("Where is parse_config defined?", "Where is parse_args defined?")
    assert judge(*pair, embedder=Scripted(0.999), threshold=0.0).verdict is Verdict.NEAR
    assert judge(*pair, embedder=Scripted(0.1), threshold=0.0).verdict is Verdict.DIFFERENT


def test_without_a_model_structure_decides_and_there_is_no_score() -> None:
    assert judge(*AGREEING) == Match(Verdict.SAME, None, "the questions agree in structure")
    near = judge("How are prices rounded?", "Why are prices rounded?")
    assert (near.verdict, near.score) == (Verdict.NEAR, None)
    far = judge("How are prices rounded?", "Which linters are configured?")
    assert (far.verdict, far.score) == (Verdict.DIFFERENT, None)
    assert judge("Bonjour. Salut.", "Where is a_b?").verdict is Verdict.DIFFERENT


def test_a_strong_rewording_is_near_at_most(embedder: Embedder) -> None:
    pairs = [
        ("How does login work?", "Explain the authentication flow when a user signs in"),
        ("Where are prices rounded?", "Which code is responsible for rounding monetary amounts?"),
        ("How is the score kept?", "Which variable holds the player's points?"),
    ]
    for a, b in pairs:
        assert judge(a, b, embedder=embedder).verdict is not Verdict.SAME
        assert judge(a, b).verdict is not Verdict.SAME


@pytest.mark.parametrize(
    ("a", "b", "share"),
    [
        ("Where is the token validated?", "Explain token validation", 1.0),
        ("Where is the token validated?", "Where is the lock released?", 0.0),
        ("Where?", "How?", 0.0),
    ],
)
def test_shared_content_counts_stems(a: str, b: str, share: float) -> None:
    assert shared_content(a, b) == share
