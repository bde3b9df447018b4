"""A semantic cache before a search in a knowledge base: a real vector store, in memory."""

import asyncio
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import qdrant_client as qdrant

from agentcache import AgentCache
from support.repositories import make_repository

NOTES = [
    "The retry limit is five and is set in shop/settings.py.",
    "Orders are stored in SQLite, one row for each.",
    "Two-factor login is enabled in the security settings.",
    "Two-factor login is disabled by an administrator only.",
]


def vector_of(text: str) -> list[float]:
    """Words as a bag, hashed into 64 places: alike texts are near."""
    places = [0.0] * 64
    for word in re.findall(r"\w+", text.lower()):
        places[sum(word.encode()) % 64] += 1.0
    norm = math.sqrt(sum(place * place for place in places)) or 1.0
    return [place / norm for place in places]


@dataclass
class KnowledgeBase:
    """Notes in a vector store; `searches`: how often it was asked."""

    version: str = "1"
    searches: int = 0
    user: str = "ana"
    client: Any = field(default_factory=lambda: qdrant.QdrantClient(":memory:"))

    def fill(self, notes: list[str], user: str = "") -> None:
        """Put `notes` into the store."""
        models = qdrant.models
        if not self.client.collection_exists("notes"):
            size = models.VectorParams(size=64, distance=models.Distance.COSINE)
            self.client.create_collection("notes", vectors_config=size)
        start = self.client.count("notes").count
        points = [
            models.PointStruct(id=start + n, vector=vector_of(note), payload={"n": note, "u": user})
            for n, note in enumerate(notes)
        ]
        self.client.upsert("notes", points)

    def search(self, query: str, limit: int = 1) -> list[str]:
        """The notes that are nearest."""
        self.searches += 1
        found = self.client.query_points("notes", query=vector_of(query), limit=limit).points
        return [point.payload["n"] for point in found]


@pytest.fixture
def base() -> Iterator[KnowledgeBase]:
    base = KnowledgeBase()
    base.fill(NOTES)
    yield base
    base.client.close()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[AgentCache]:
    repository = make_repository(tmp_path / "repository", {"a": "A\n"})
    with AgentCache.open(repository.root, home=tmp_path / "home") as cache:
        yield cache


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_same_question_in_other_words_is_searched_once(
    cache: AgentCache, base: KnowledgeBase, is_async: bool
) -> None:
    def search(query: str, limit: int = 1) -> list[str]:
        return base.search(query, limit)

    async def search_async(query: str, limit: int = 1) -> list[str]:
        return base.search(query, limit)

    def ask(query: str, limit: int = 1) -> list[str]:
        return asyncio.run(asynchronous(query, limit)) if is_async else plain(query, limit)

    plain = cache.tool(semantic="query", version=lambda: base.version)(search)
    asynchronous = cache.tool(semantic="query", version=lambda: base.version)(search_async)
    asked = [
        ("Where is RETRY_LIMIT defined?", 1, 1),
        ("Where is RETRY_LIMIT defined?", 1, 1),
        ("Which file has the definition of RETRY_LIMIT?", 1, 1),
        ("Where is RETRY_LIMIT defined?", 2, 2),  # another argument is exact
        ("Where is RETRY_LIMIT used?", 1, 3),
        ("How do I enable 2FA?", 1, 4),
        ("How do I disable 2FA?", 1, 5),
        ("retry limit", 1, 6),  # no question: only in these very words
        ("retry limit", 1, 6),
        ("please retry limit", 1, 7),
        ("retry limit", 1, 7),
        ("What is the newest note?", 1, 8),
    ]
    for query, limit, searches in asked:
        found = ask(query, limit)
        assert (query, base.searches) == (query, searches)
        assert len(found) == limit


def test_another_version_of_the_knowledge_is_asked_again(
    cache: AgentCache, base: KnowledgeBase
) -> None:
    @cache.tool(semantic="query", version=lambda: base.version)
    def search(query: str) -> list[str]:
        return base.search(query)

    question = "How are invoices numbered?"
    search(question)
    base.fill(["How are invoices numbered: by year."])
    base.version = "2"
    assert search(question) == ["How are invoices numbered: by year."]
    assert search(question) == ["How are invoices numbered: by year."]
    assert base.searches == 2


def test_a_version_that_changes_during_the_search_keeps_nothing(
    cache: AgentCache, base: KnowledgeBase
) -> None:
    @cache.tool(semantic="query", version=lambda: base.version)
    def search(query: str) -> list[str]:
        found = base.search(query)
        base.version += "1"
        return found

    search("How are orders stored?")
    assert cache.last is not None
    assert cache.last.kept == "unsettled"


@pytest.mark.parametrize("public", [False, True])
def test_results_are_a_users_own_unless_they_are_public(
    cache: AgentCache, base: KnowledgeBase, public: bool
) -> None:
    @cache.tool(semantic="query", version="1", user=lambda: base.user, public=public)
    def search(query: str) -> list[str]:
        return [*base.search(query), *([] if public else [f"of {base.user}"])]

    for user in ("ana", "bob", "ana"):
        base.user = user
        assert search("How are orders stored?")[1:] == ([] if public else [f"of {user}"])
    assert base.searches == (1 if public else 2)


def test_a_version_that_cannot_be_told_is_no_version(
    cache: AgentCache, base: KnowledgeBase
) -> None:
    def failing() -> str:
        raise ConnectionError

    @cache.tool(semantic="query", version=failing)
    def search(query: str) -> list[str]:
        return base.search(query)

    assert search("How are orders stored?") == search("How are orders stored?")
    assert base.searches == 2
