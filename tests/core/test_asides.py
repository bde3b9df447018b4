"""What is said beside a question and says nothing of it, in the words of many askers."""

import pytest

from agentcache.core.query import read_query

QUESTIONS = ("Where is the spawn delay computed?", "How are quests unlocked?")

HELD = """
Show the code.
Show me the code.
Paste the snippet.
Give an example.
Give me two examples.
Explain step by step.
Name the function.
The second one.
The new one.
Use the docs.
Use only the docs.
Answer from the docs.
Check the changelog.
Answer with the first one.
Answer with a number.
Just the most recent one.
"""
"""What an answer is to hold, or to be read from, or of what it is to be."""


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("said", HELD.strip().splitlines())
def test_what_an_answer_is_to_hold_keeps_a_question_apart(question: str, said: str) -> None:
    bare = read_query(question).key
    direct = question[0].lower() + question[1:]
    assert read_query(f"{question} {said}").key != bare
    assert read_query(f"{said} {question}").key != bare
    assert read_query(f"{said[:-1]}: {direct}").key != bare


@pytest.mark.parametrize("tail", [", with an example", " (with a snippet)", ", step by step",
                                  ", show the code", " - the new one"])  # fmt: skip
def test_a_clause_that_says_what_an_answer_is_to_hold_is_kept(tail: str) -> None:
    for question in QUESTIONS:
        assert read_query(f"{question[:-1]}{tail}?").key != read_query(question).key
