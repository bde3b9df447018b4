"""What people say before they ask, and behind it, that tells nothing of what is asked."""

import pytest

from support.rewordings import is_agreed

# A question, and as it stands behind `I forgot`.
QUESTIONS = (
    ("Which function validates IBAN numbers?", "which function validates IBAN numbers"),
    ("Where is the retry limit set?", "where the retry limit is set"),
    ("How does the scheduler pick the next job?", "how the scheduler picks the next job"),
    ("What does `load_config` return?", "what `load_config` returns"),
)
BY_THE_WAY = """
By the way,
BTW
For context,
For the record:
For onboarding purposes,
In short,
In a nutshell,
Simply put,
Concretely:
To be precise,
Off the top of your head,
As far as you can tell,
As far as you can tell from the code,
OK, so
Another question:
Follow-up question -
Before I start coding:
Before we begin refactoring,
Before I start to make any changes,
Before I change anything,
According to the code,
Based on the source code in this repo,
Judging by the existing code,
Given this repository,
Given the current code,
Newbie question:
One thing I don't get:
Hmm,
Wait,
Finally,
For starters,
As a sanity check,
To confirm:
In two sentences:
A user asks:
One of our developers wants to know
A new team member asked me
While reading the code I wondered:
""".strip().splitlines()
TO_SAY = """
I forgot
I don't remember
We keep forgetting
I can't recall
It's unclear to me
It is not obvious
Use the tools to find out
Using the tools available to you, determine
For a code review, I need to know
As background for a refactoring, tell me
The goal is to find out
My task is to understand
I can't tell
Does anyone know
Wondering
What I don't understand is
What I need to find out is
I'm struggling to understand
I'm unsure
To plan my work, I need to know
Before writing any code, tell me
I want to make a change but first I need to know
""".strip().splitlines()
BEHIND = """
I can't seem to find it.
Be precise.
Point me at the right place.
asap
pls
Just the short version.
I need this for planning.
Not sure where to look.
Any ideas?
Just tell me.
Noob here.
It's my first day on this project.
""".strip().splitlines()
NARROWING = """
According to the docs,
Based on the changelog,
Given the production config,
For reference counting,
In short mode,
Before I start the server,
Before we change the password,
As far as the client can tell,
While reading the config file,
While the code is reloaded,
Looking at the tests,
In a nutshell build,
For the record type,
Off the main thread,
As soon as the cache is full,
A user agent:
Before writing any code,
To confirm the order,
Finally in the loop,
Wait for it,
In one transaction,
To start the server,
I can't tell the server
Does anyone know `x` and
A user asked to leave:
For a migration
For a report,
""".strip().splitlines()


@pytest.mark.parametrize("said", BY_THE_WAY)
def test_what_is_said_by_the_way_tells_nothing(said: str) -> None:
    asked = [(f"{said} {each[0].lower()}{each[1:]}", each) for each, _ in QUESTIONS]
    assert [pair for pair in asked if not is_agreed(*pair)] == []


@pytest.mark.parametrize("said", TO_SAY)
def test_what_leads_to_an_indirect_question_tells_nothing(said: str) -> None:
    asked = [(f"{said} {indirect}.", each) for each, indirect in QUESTIONS]
    assert [pair for pair in asked if not is_agreed(*pair)] == []


@pytest.mark.parametrize("said", BEHIND)
def test_what_is_said_behind_a_question_tells_nothing(said: str) -> None:
    asked = [(f"{each} {said}", each) for each, _ in QUESTIONS]
    assert [pair for pair in asked if not is_agreed(*pair)] == []


@pytest.mark.parametrize("said", NARROWING)
def test_an_opening_that_says_when_or_of_what_narrows(said: str) -> None:
    asked = [(f"{said} {each[0].lower()}{each[1:]}", each) for each, _ in QUESTIONS]
    assert [pair for pair in asked if is_agreed(*pair)] == []
