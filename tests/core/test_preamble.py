"""What is said around a question is dropped only where it says nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import read_query
from agentcache.core.query.preamble import bare_question

SAME = """
Where is x_y defined? | I'm trying to get my head around the code before I touch anything. Could you tell me where x_y is defined?
Where is x_y defined? | Hey, quick one: could you look through the repo and find out where x_y is defined? File path and line number is enough.
Which function validates IBAN numbers? | I'm about to work on bank accounts. Which function validates IBAN numbers in this repo?
How does login work? | I just joined the team and I'm still getting familiar with the codebase, so could you please explain how login works?
How does login work? | Could you walk me through how login works? A short summary is fine.
How does login work? | Please take a look at the source code and explain to me how login works. Don't change any files.
How does login work? | Sub-task: understand how login works. Return a concise summary.
Which module handles retries? | When you get a chance, can you dig into the repository and figure out which module handles retries?
What is the default port? | Hello! I need this for the documentation: what is the default port? Thanks in advance!
Who calls a_b? | Before I start refactoring, I'd like to know who calls a_b.
Why is the cache cleared? | Use grep and read the relevant files, then explain why the cache is cleared. Return a concise answer.
When is the token refreshed? | Quick question - when is the token refreshed?
Is there a linter? | Can you check whether there is a linter?
What does a_b do? | Give me a short explanation of what a_b does, no code needed
Where is the retry limit set? | I'm looking at the retry code. Where is the retry limit set?
Where is the retry limit set? | In the current project, where is the retry limit set?
"""  # noqa: E501  # a case is a line
APART = """
How does login work? | I'm using v2. How does login work?
How does login work? | I'm on Windows. How does login work?
How does login work? | How does login work? And logout?
How does login work? | Only read the docs and explain how login works.
How does login work? | In the mobile app, how does login work?
How does login work? | Describe when and how login works
Where is a_b used? | Where is a_b used? Only code.
Where is a_b used? | Where is a_b used? Exclude tests.
Where is a_b used? | Where is a_b used? Not in docs.
Where is a_b used? | I want to change where a_b is used
Where is the code? | Show the code where the code is
When do jobs run? | Does the code check when jobs run?
Which tests cover a_b? | I care about integration tests. Which tests cover a_b?
Where are permissions checked? | I'm working on the admin panel. Where are permissions checked?
How is the service started? | We run on Kubernetes. How is the service started?
List the routes | Explore the frontend and list the routes
"""
SAME_PAIRS = [tuple(line.split(" | ")) for line in SAME.strip().splitlines()][:-1]
APART_PAIRS = [tuple(line.split(" | ")) for line in APART.strip().splitlines()]


@pytest.mark.parametrize(("question", "wordy"), SAME_PAIRS)
def test_who_asks_and_how_to_answer_is_no_part_of_a_question(question: str, wordy: str) -> None:
    assert read_query(wordy).key == read_query(question).key


@pytest.mark.parametrize(("question", "wordy"), APART_PAIRS)
def test_what_narrows_a_question_is_never_dropped(question: str, wordy: str) -> None:
    assert read_query(wordy).key != read_query(question).key


@given(st.text(max_size=200))
def test_a_bare_question_is_bare(text: str) -> None:
    once = bare_question(text)
    assert len(once) <= len(text)


def test_a_long_text_is_left_alone() -> None:
    text = "please " * 1000 + "tell me where a_b is"
    assert bare_question(text) == text
