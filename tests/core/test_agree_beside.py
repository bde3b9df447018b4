"""What stands beside a question and tells of which part of the whole, or in which case, it asks."""

from itertools import combinations, product

import pytest

from support.rewordings import is_agreed

QUESTIONS = (
    "Where is the default limit set?", "How does `load_orders` work?",
    "Which tests cover the parser?", "Who calls `parse_args`?",
)  # fmt: skip
# Each line is said of several things: with one of them a question is another one.
PARTS = """
I'm looking at the {} tool. | search, read, agent, ticket
I'm looking at the {} code. | release, task, search, request
I'm looking at {}. | tickets, tasks, plans, releases
I'm working on the {} feature. | ticket, search
I'm exploring the {} area. | search, request, release
I'm trying to understand {}. | tasks, requests, the agent, search
We use the {} tool. | search, read
Question about {}: | search, tickets, the agent
Background: {}. | the agent, search, jobs
Task: {}. | search, tickets
{}: | Agents, Tools, Tasks, Background jobs, Read tool
My feature is {}. | search, the agent
The issue is in the {} code. | search, agent
I need help with {}. | searching, writing, tasks
I'm interested in {}. | reading, writing
I'm working on the {} port. | rust, python, old
I'm debugging the {}. | client, server, worker
I'm trying to understand {}. | uploads, downloads
I noticed {} fail. | uploads, downloads
We're migrating to {}. | postgres, mysql
I want to understand the {} path. | read, write
I've a {} plan. | free, paid
[agent: {}] | billing, payments
"""
ROWS = [line.split(" | ") for line in PARTS.strip().splitlines()]
OF_WHICH = """
I'm looking at short reads.
I'm working on the new reads.
We have user reads.
I'm debugging reads of files.
Could you help me: long reads.
Could you answer this for me: I'm writing docs for long reads.
Background reads:
I'm debugging the blog code.
I'm looking at the new code.
I'm looking at the meeting code.
I'm working on the user feature.
I'm looking at the output.
""".strip().splitlines()
CASES = """
For reading.
For write.
For all files.
For any file.
For long lines.
For some files.
With long lines.
With two files.
With no file.
As a file.
As expected.
As it was.
Just the source files.
Only in the source.
Not in this repo.
Also in the docs.
One or two.
A few.
A couple.
Most.
Not functions.
Only classes.
Only required.
Not found.
Of files.
To text.
""".strip().splitlines()
STILL = """
I'm looking at the search tool. | Where is the limit of the search tool set?
I'm working on this ticket. | Where is the default limit set?
I have a task. | Where is the default limit set?
Task for the explorer agent: | who calls `parse_args`?
I'm looking at the code. | Who calls `parse_args`?
I'm chasing memory usage. | Who calls `parse_args`?
For my own understanding. | Who calls `parse_args`?
For reference. | Who calls `parse_args`?
With file paths. | Who calls `parse_args`?
In two sentences. | Who calls `parse_args`?
[agent: explorer] | Who calls `parse_args`?
""".strip().splitlines()


@pytest.mark.parametrize(("said", "things"), ROWS)
def test_what_names_a_part_of_the_whole_before_a_question_narrows_it(
    said: str, things: str
) -> None:
    saids = [said.format(thing) for thing in things.split(", ")]
    saids = [each[0].upper() + each[1:] for each in saids]
    wrong = [
        (one, other, question)
        for question in QUESTIONS
        for one, other in combinations(["", *saids], 2)
        if is_agreed(f"{one} {question}".strip(), f"{other} {question}")
    ]
    assert wrong == []


@pytest.mark.parametrize("said", OF_WHICH)
def test_what_says_which_of_the_things_that_are_asked_about_narrows(said: str) -> None:
    assert not is_agreed(f"{said} How are reads trimmed?", "How are reads trimmed?")


@pytest.mark.parametrize(
    "said",
    ["I'm debugging reads.", "I want to understand the reads.", "Some reads are part of my task.",
     "I'm looking at the code of reads in this repo.", "Reads:"],
)  # fmt: skip
def test_what_only_names_the_things_that_are_asked_about_does_not(said: str) -> None:
    assert is_agreed(f"{said} How are reads trimmed?", "How are reads trimmed?")


@pytest.mark.parametrize("case", CASES)
def test_a_case_beside_a_question_narrows_it(case: str) -> None:
    low = case[0].lower() + case[1:-1]
    wrong = [
        text
        for question, text in product(
            QUESTIONS, ("{} " + case, "{}\n\n" + case, "{!} - " + low + "?", "{!} (" + low + ")?")
        )
        if is_agreed(question, text.replace("{!}", question[:-1]).replace("{}", question))
    ]
    assert wrong == []


@pytest.mark.parametrize("row", STILL)
def test_what_only_tells_of_the_asker_and_the_answer_still_does(row: str) -> None:
    said, question = row.split(" | ")
    assert is_agreed(f"{said} {question}", question)


@pytest.mark.parametrize("said", ["With file paths.", "For my notes.", "For reference."])
def test_how_to_answer_behind_a_question_still_is_no_case(said: str) -> None:
    assert is_agreed(f"Who calls `parse_args`? {said}", "Who calls `parse_args`?")


LATE = """
Before the review, which lock is taken?
Since the meeting, which lock is taken?
While starting, which lock is taken?
While running, which lock is taken?
If I read, which lock is taken?
For reading, which lock is taken?
In the search code, which lock is taken?
""".strip().splitlines()


@pytest.mark.parametrize("text", LATE)
def test_a_greeting_before_a_clause_makes_it_no_occasion(text: str) -> None:
    low = text[0].lower() + text[1:]
    for hello in ("Hey, quick question: ", "Hi, ", "Hello, ", "Quick question: "):
        assert not is_agreed(hello + low, "Which lock is taken?")


def test_an_occasion_after_a_greeting_still_is_none() -> None:
    text = "Hey, before I open the PR, can you tell me which lock is taken?"
    assert is_agreed(text, "Which lock is taken?")
    assert is_agreed("Hey, quick question: which lock is taken?", "Which lock is taken?")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The plan is done. Where is the plan shown?", "Where is the plan shown?"),
        ("The job is stuck. Where is the job logged?", "The job is done. Where is the job logged?"),
        ("We have a search tool. Where is the limit?", "We have a read tool. Where is the limit?"),
        ("Read the search code and find where X is set", "Find where X is set"),
        ("I want to read. Which lock is taken?", "I want to write. Which lock is taken?"),
        ("Which lock is taken? I need it to write.", "Which lock is taken?"),
        ("Which lock is taken, reading?", "Which lock is taken?"),
        ("The story asks for agents. Where is X set?", "Where is X set?"),
    ],
)
def test_what_is_said_of_the_thing_itself_narrows_the_question(one: str, other: str) -> None:
    assert not is_agreed(one, other)
