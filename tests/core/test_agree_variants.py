"""What adjectives, measures, articles and nouns of doing say in more than one way."""

import pytest

from agentcache.core.query import agree, read_query

APART = """
Is `Contig` a class? | Is `Contig` a struct?
Is `Contig` a struct or an enum? | Is `Contig` a trait or an enum?
Is foo_bar a function or a method? | Is foo_bar a class or a method?
Why is `Contig` a class? | Why is `Contig` a struct?
Is `Contig` in `a.rs` a class? | Is `Contig` in `a.rs` a struct?
Is Contig a class? | Is Contig a struct?
Why is foo_bar a method and not a function? | Why is foo_bar a class and not a function?
"""


@pytest.mark.parametrize("line", APART.strip().splitlines())
def test_another_question_in_such_words_stays_apart(line: str) -> None:
    one, other = (read_query(text) for text in line.split(" | "))
    assert not agree(one, other).is_agreed
