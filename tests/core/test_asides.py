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


NAMED = """
We use docker.
We use docker and want tracing.
My team owns the billing worker.
I only want billing.
I prefer overrides.
I want overrides too.
We have feature flags disabled.
We disabled caching.
My build enables tracing.
I already know the defaults.
I skip tests.
Thanks, I found the declaration.
"""


@pytest.mark.parametrize("said", NAMED.strip().splitlines())
def test_what_the_asker_has_or_wants_keeps_even_a_named_thing_apart(said: str) -> None:
    question = "Where is `a_b` set?"
    assert read_query(f"{said} {question}").key != read_query(question).key


LEADS = """
Hello, I'm preparing a cleanup.
cost review tomorrow, need facts:
Something's off on my laptop.
Our incident retro raised a question that I cannot answer from memory.
Safety review is on Thursday, and the auditors want references.
I'm hunting a leak.
I'm chasing a weird crash.
Small question while I wait for a review...
I'm about to add a metric and don't want to break anything.
I have 10 minutes until my meeting and I need this:
We plan to touch this next sprint.
Please have a look for me, I cannot open my laptop properly right now.
Thanks for the earlier help!
Thanks for the earlier help! Next thing on my list (still just reading, no coding):
I am drawing an architecture diagram.
I inherited this code from a former student, so bear with me.
My supervisor will ask me this in an hour and I haven't a clue, so:
I'm estimating effort for the next release and need one number.
No rush.
I'm new here.
Bear with me, I'm new to this.
I'm writing a blog post.
My manager wants to know:
I'm trying to debug something.
Quick sanity check:
One more thing:
Next question:
Research only:
Read-only task:
Context: I'm reviewing a PR.
Background: I'm new to the team.
This is a read-only investigation.
This is research only; write no code.
You're an expert.
You are an experienced engineer.
You are a senior engineer exploring an unfamiliar codebase.
Your job as the explorer agent:
I'm the planning agent and need one fact for my plan:
I am the orchestrator.
I'm delegating this to you:
Delegated sub-task 3/5 (others run in parallel, ignore them):
Search the code as needed and answer:
Could you do me a favour?
Could you help me with something?
I have a question about this repo:
I can't find it in the docs:
The docs are silent on this.
The README doesn't say, so:
I couldn't find anything in the README.
Grep did not help me.
A colleague asked me this and I did not know.
A customer asked.
It's for a presentation next week.
I'm giving a talk about this on Friday.
I'm documenting this part of the system.
I got nerd-sniped by this:
Just out of interest:
Asking for a friend:
I was reading the code last night and got confused.
I spent the whole morning on this.
It's late and my brain is fried:
This has been bugging me for days.
Coffee break question:
Random question:
tl;dr:
Morning!
Help please!
I need your help.
I need a pointer.
I'd appreciate your help with this.
Whenever you get to it:
I want to make sure I understand this correctly:
Let me ask differently:
I'll ask again:
Follow-up:
Question for you:
Simple one:
Easy one:
Here is what I want to know:
My question:
Please answer the following question:
Answer the following:
Answer this question about the repository:
Investigate the following question.
Your task: answer the following question about the codebase.
Find the answer to this question:
Task: read-only investigation.
Goal: understand the code.
Objective: answer one question.
I'll handle the implementation myself.
We'll do the fix later.
I don't need a fix.
Nothing needs to be changed.
"""
ASKING = """
ok so i've been staring at this for an hour now,
Before we discuss the proposal on Thursday, please check the code and tell me
hey, i keep getting lost in here, can you find
For a bug triage I'm doing (no fix wanted at this point) I'd like to know
Sorry for the dumb question, but
I'm writing an RFC about this;
For the parent agent, who is busy: could you please figure out
Please do a thorough exploration of this codebase and find out
Please dig into the repo (use grep, read files as needed) and report
Use your search tools, take your time, and let me know
Carefully read the source and then explain
We're onboarding a new hire and I'd like to know
Just wondering,
Stupid question maybe, but
Good evening,
Dear agent,
Hey team,
Hiya,
If you don't mind,
If it's not too much trouble, could you tell me
When you have a sec, can you check
Before lunch I'd love to know
Could you double-check for me
What I want to know is
The thing I need to know is
"""
TAILS = """
Answer with file:line, nothing else needed.
Return just the answer with the file path.
Links to lines would be nice.
Be brief.
Cite the line please.
Cite files.
Short list is fine.
Reply in plain text.
Return absolute paths.
Paths are enough.
No code changes.
Don't edit anything.
Don't change anything yet.
Please don't modify anything yet.
Don't patch it, I'll do that.
Reading the files is enough, no need to run anything.
Please only look, don't touch.
Do not run anything.
Don't build or run the code.
No need to run tests.
Read-only please.
Do not edit any files.
A few sentences are enough.
Your summary will be pasted into a ticket.
Your final message goes to the lead agent.
The main agent will take it from there.
No code changes needed.
Only point me to it, please, I'd rather not modify anything.
Short answer is fine.
A one-line answer is fine.
A rough answer is fine.
Thanks a lot in advance.
Thanks!
thx
cheers
TIA
Much appreciated!
Many thanks.
ta
Thanks for your help.
Thank you so much.
Please and thank you.
No rush.
No hurry at all.
Whenever you have time.
Take your time.
Please be thorough.
Be thorough but concise.
Keep it brief.
Keep it short.
Keep the answer short.
Please keep your answer concise.
A short answer will do.
I just need the answer.
Just the answer, please.
That's all I need.
Nothing more.
Point me to the file.
Just point me to the code.
Just tell me the file.
Tell me the file and line.
Give me the file path.
Include file paths.
Include the path and line.
Report the file and the line.
Reference the relevant files.
Mention the relevant files.
Please reference file names.
Please cite your sources.
With references please.
I couldn't find it.
I looked but couldn't find it.
I searched but found nothing.
I have been looking for an hour.
Can't find it anywhere.
Could you check?
Can you help?
Any pointers?
Any pointers appreciated.
Any help is appreciated.
I'm asking because I'm curious.
I need it for my notes.
It's for the docs.
It's for my thesis.
It's for a code review.
We are planning a refactoring.
I am new to this codebase.
I plan to refactor it later.
I want to change it later.
This is just research.
This is for research only.
This is a research task, so don't write code.
Research only, no edits.
Do not propose changes.
Please don't suggest changes.
Don't propose fixes yet.
Don't fix it.
No fix needed.
Use grep and read.
Use read-only tools.
Feel free to use grep.
Look at the source.
Check the actual code, don't guess.
Don't guess.
Verify in the code.
Base your answer on the code.
If unsure, say so.
If you are not sure, say so.
Say so if you can't find it.
Return your findings.
Report back.
Report your findings to me.
Summarize your findings.
Write a short summary.
Give a short summary.
Respond in English.
Answer in English.
Answer in plain English.
Reply with a short paragraph.
Return a short paragraph.
"""
NARROWING = """
I'm looking at the mobile client.
I'm working on the Android app.
We only care about guilds.
I mean the one for bosses.
The server build.
On the server.
For new players.
For the beta.
In v2.
Only in debug builds.
Not the tests.
Ignore the tests.
Skip generated code.
Include the tests.
Also in the docs.
And where is it reset?
And why?
Also tell me why.
Also explain why.
Quote the code.
Give only the path.
Give me the exact value.
Include line numbers.
Return JSON.
As a table.
In detail.
Compare it with the old one.
Name the author.
Assume caching is off.
Suppose the queue is full.
We run this on Windows.
I'm on macOS.
In production.
I use the CLI.
The other one.
The old one.
Not the new one.
Last week's version.
On the develop branch.
On my branch.
After my change.
Before the migration.
As of the last release.
At startup.
At runtime.
During the build.
When offline.
If it fails.
In the worst case.
By default.
Without plugins.
With plugins.
Except admins.
Search only src.
Only look in src.
Look only at the tests.
Check the frontend.
Look in the frontend.
Use the changelog.
Use git history.
From the git log.
Look at the tests.
Read the tests first.
The docs say 5 seconds.
I think it is five.
It should be in the loader.
It used to be in the loader.
It is not in the loader.
It was changed yesterday.
Someone changed it.
We changed it last week.
I changed it.
Yesterday it was different.
I'm an admin.
I'm a guest.
I'm a customer.
A customer sees an error.
My build is a release build.
My laptop is offline.
The tests fail.
The build fails on CI.
Crashes on startup.
I'm reviewing the loader.
I'm refactoring the loader.
I inherited the loader.
We're replacing the loader.
I'm writing a test for guests.
I'm writing docs for guests.
I'm writing docs for the CLI.
The auditors want it for guests.
The review is about guests.
I am the payments agent.
You are the frontend agent.
You are an iOS engineer.
You're an expert in networking.
Act as a database engineer.
Your job: the client.
Answer for the client.
Answer for v2.
Answer in the context of guests.
Answer yes or no.
Return the first match.
Return all matches.
Return the count.
Return the most important one.
Just the public ones.
Just the interface.
Just the signature.
Just the tests.
Just the client.
Only the server.
Only files.
Only functions.
Only code.
Only in code.
Only the main one.
Only the default.
Only the main agent.
Don't count tests.
Don't include tests.
Don't look at tests.
Do not consider vendored code.
Do not run on the server.
Don't follow imports.
Tests don't count.
Tests too.
Tests as well.
Docs too.
"""


@pytest.mark.parametrize("said", LEADS.strip().splitlines())
def test_a_sentence_about_the_asker_before_a_question_says_nothing(said: str) -> None:
    for question in QUESTIONS:
        asked = question[0].lower() + question[1:] if said.endswith(":") else question
        assert read_query(f"{said} {asked}").key == read_query(question).key


@pytest.mark.parametrize("said", ASKING.strip().splitlines())
def test_a_clause_that_leads_to_a_question_says_nothing(said: str) -> None:
    question = "how quests are unlocked?"
    if said.endswith((",", "but")):
        question = "how are quests unlocked?"
    assert read_query(f"{said} {question}").key == read_query("How are quests unlocked?").key


@pytest.mark.parametrize("said", TAILS.strip().splitlines())
def test_a_sentence_about_the_answer_behind_a_question_says_nothing(said: str) -> None:
    for question in QUESTIONS:
        assert read_query(f"{question} {said}").key == read_query(question).key


@pytest.mark.parametrize("said", NARROWING.strip().splitlines())
def test_a_sentence_that_narrows_keeps_a_question_apart(said: str) -> None:
    for question in QUESTIONS:
        asked = question[0].lower() + question[1:]
        for text in (f"{question} {said}", f"{said} {question}", f"{said[:-1]}: {asked}"):
            assert read_query(text).key != read_query(question).key
