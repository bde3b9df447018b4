"""What adjectives, measures, articles and nouns of doing say in more than one way."""

import pytest

from agentcache.core.query import agree, read_query

APART = """
Is `Contig` a class? | Is `Contig` a struct?
Is `Contig` a struct or an enum? | Is `Contig` a trait or an enum?
Is foo_bar a function or a method? | Is foo_bar a class or a method?
Why is `Contig` a class? | Why is `Contig` a struct?
Is `Contig` in `a.rs` a class? | Is `Contig` in `a.rs` a struct?
Tell me whether `Contig` is a class | Tell me whether `Contig` is a struct
Explain why `Contig` is a class | Explain why `Contig` is a struct
Why is `Contig` not a class? | Why is `Contig` not a struct?
Is `Contig` really a class? | Is `Contig` really a struct?
Is `Contig` class or struct? | Is `Contig` enum or struct?
Is `Contig` class? | Is `Contig` struct?
Is `foo_bar` the class of `x_y`? | Is `foo_bar` the function of `x_y`?
Is Contig a class? | Is Contig a struct?
Why is foo_bar a method and not a function? | Why is foo_bar a class and not a function?
"""


@pytest.mark.parametrize("line", APART.strip().splitlines())
def test_another_question_in_such_words_stays_apart(line: str) -> None:
    one, other = (read_query(text) for text in line.split(" | "))
    assert not agree(one, other).is_agreed
