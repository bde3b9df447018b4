"""What is said around a question is dropped only where it says nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import read_query
from agentcache.core.query.preamble import bare_question

SAME = """
Where is the fee added to the invoice? | We got a customer complaint about invoices (ticket SHOP-4411) and I am trying to understand the code first. Where is the fee added to the invoice? Just point me to it.
How does `a_b` batch rows? | You are a research sub-agent. Do not modify any files. Task: explain how `a_b` batches rows. Report back concisely.
Where is `a_b` run? | I'm currently looking at a slow migration and before I touch anything I'd like to know: where is `a_b` run? Just point me to the spot.
Where is the badge updated? | alright, now that the lexer is clear, let's move on. where is the badge updated? brief answer please
Which flags guard the checkout? | Explore the codebase (read-only). I need to know which flags guard the checkout. Return a bullet list.
Which flags guard the checkout? | [agent: explorer] [thoroughness: medium] Which flags guard the checkout? Provide your findings as your final message.
How are cascades split? | Sub-task 3 of 5 for the cascade refactor: determine how cascades are split. Read whatever files you need; answer in under 200 words.
Which policy does the client use? | sorry to bother again, last question for today I promise: which policy does the client use?
Which policy does the client use? | I've been reading the code for a while and can't find it. Which policy does the client use?
Which policy does the client use? | Out of curiosity, which policy does the client use?
Where is x_y defined? | I'm trying to get my head around the code before I touch anything. Could you tell me where x_y is defined?
Where is x_y defined? | Hey, quick one: could you look through the repo and find out where x_y is defined? File path and line number is enough.
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
How does `a_b` build joins? | You are a read-only research sub-agent. Task: explain how `a_b` builds joins. Report back concisely, thanks.
How does `a_b` split rows? | Research task, read only. I want to understand how `a_b` splits rows. Look at the actual source rather than guessing.
Which pages are rendered? | Use only grep and file reads. Goal: determine which pages are rendered. Output: markdown with paths.
What is the default gain? | Quick research request from the orchestrator, budget about 5 tool calls. What is the default gain? Reply with the number and where you found it.
What does `--a-b` do? | Could you please investigate, and let me know when you are done: what does `--a-b` do?
Where are callbacks run? | hey, quick one before I open the PR: where are callbacks run? just need the answer, no edits pls
How does the solver start? | I've just cloned this and want to get a feeling for it: how does the solver start? Take your time.
Which job uploads the report? | Which job uploads the report? Do not edit the workflows.
Where is the stop handled? | You have read access only. Where is the stop handled? The main agent will take it from there.
Which controllers own pods? | You're running as a read-only explorer inside a larger task. Which controllers own pods? Your final message goes to the lead agent.
Where is the retry limit set? | In the current project, where is the retry limit set?
"""  # noqa: E501  # a case is a line
APART = """
Where is `a_b` called? | Where is `a_b` called? From the main agent.
Where is `a_b` called? | Where is `a_b` called? As the explorer agent.
Which tables are used? | Which tables are used? Read access only.
Which tools run? | You are the agent for Windows. Which tools run?
Which tools run? | You are a senior mobile engineer. Which tools run?
Which tools run? | You are an engineer in the payments team. Which tools run?
Which tools run? | The agent will continue. Which tools run?
Which tools run? | Which tools run? Only those of the main agent.
Which tools run? | Which tools run? Only runs with at most 5 tool calls.
Which tools run? | Which tools run? Use the second one.
Which tools run? | Before I open the database, which tools run?
Which tools run? | To update the cache, which tools run?
Which tools run? | In the guide, which tools run?
Which tools run? | Which tools run? Do not count tests.
Which tools run? | Which tools run? Search src/ only.
Which tools run? | When you are done: which tools run?
How does login work? | I'm using v2. How does login work?
How does login work? | For new users, how does login work?
Which linter is used? | I am asking about the docs. Which linter is used?
Which linter is used? | I work in the backend team. Which linter is used?
Which page is shown? | Which page is shown? This is for the new design.
Which page is shown? | Which page is shown? I'm asking for guests.
Which checks run? | As part of the review, which checks run?
Which lock is held? | While I'm reading, which lock is held?
Which checks run? | Before we start, which checks run?
Which mails are sent? | For the onboarding, which mails are sent?
Which template is used? | For the release notes, which template is used?
Which host is used? | Since we moved, which host is used?
Which tests run? | After I change the code, which tests run?
How are ids made? | Since version two, how are ids made?
What is the default port? | We need this for staging. What is the default port?
How does login work? | I'm a new user. How does login work?
How does login work? | We're on the old release. How does login work?
How does login work? | I'm debugging production. How does login work?
How does login work? | How does login work? Only for admins.
How does login work? | How does login work? In the tests, I mean.
How does login work? | Context: Windows. How does login work?
How does login work? | Look at the frontend and tell me how login works
Which checks run? | Before we release, which checks run?
Which checks run? | Before a release, which checks run?
Which hooks run? | Before I commit, which hooks run?
Which lock is taken? | While reading a file, which lock is taken?
Which lock is taken? | When opening a file, which lock is taken?
Which flag is set? | For debugging, which flag is set?
Which tasks run? | Which tasks run? Just the first.
Which report is sent? | Which report is sent? I need the last one.
Where is the status set? | For tickets, where is the status set?
Where is the status set? | Where is the status set? The one of a ticket.
Where is a_b called? | I'm looking at the mobile app. Where is a_b called?
Where is a_b called? | I'm on the admin panel. Where is a_b called?
Where is a_b set? | First tell me where a_b is set, then where it is read
Where is the token checked? | [module: auth] Where is the token checked?
How is the database opened? | How is the database opened (read only)?
Which titles are there? | Which titles are under 20 words?
How are ids assigned? | After a migration, how are ids assigned?
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
Which test checks IBANs? | I'm about to work on bank accounts. Which test checks IBANs?
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


@pytest.mark.parametrize(
    "form",
    ["Give only the path.", "Quote the code.", "Give line numbers.", "Explain in detail.",
     "Return JSON.", "One line."],
)  # fmt: skip
def test_what_an_answer_is_to_hold_is_a_part_of_the_question(form: str) -> None:
    bare = read_query("Where is RETRY_LIMIT defined?")
    assert read_query(f"{bare.text} {form}").key != bare.key
    assert read_query(f"{form} {bare.text}").key != bare.key
