"""Orders that look like questions, and what asks on from an earlier turn, are no research."""

import pytest

from agentcache.core.query import Standing, read_query, standing

ORDERS = """
Could you take a look at why `load` fails and sort it out?
Look into why `load` is slow and speed it up.
Why does `load` fail? Sort it out please.
Why does `load` fail? Deal with it.
Why does `load` fail? Take care of it.
The timeout must be 3, where is it set?
`TIMEOUT` should be `LIMIT`. Where is the default?
Where is the timeout set? I want 3.
Where is the timeout set? 3 would be better.
Where is the timeout set? Better make that 3.
Let's double the timeout. Where is `TIMEOUT` set?
Find where `X` is set, raise it to 3, and report back.
Find dead code and prune it.
Find where X is logged and silence it.
Find where keys are parsed, harden it and explain how.
Locate `X` and double it.
Identify slow queries and speed them up.
List all TODOs and turn them into issues.
Summarize `X` into NOTES.md.
Summarize the module in a new file.
Could we get rid of `X`?
Any chance of a test for `X`?
I want `X` removed, where is it used?
Where is `X` used? s/X/Y/
Where is `X` used? X -> Y
Where is `X` used? Use `Y` instead.
Where is `X` used? Those should use `Y`.
Where is `X` used? They should all be `Y`.
Where is `X` used? Mark as deprecated.
Where is `X` used? Go ahead.
Where is `X` used? It can be removed.
Where is `X` used? It can go.
Where is `X` used? No longer needed.
""".strip().splitlines()
LEANING = """
Where is `X` used? Same for `Y`.
Hey, why?
Hey, what does it do?
Hi, where is it?
Hey, and for `B`?
how so?
where exactly?
which file?
what line?
how many?
how many are there?
show me
show me the code
tell me more
explain further
give an example
what happened?
what's next?
what should I do next?
""".strip().splitlines()
OF_NOW = """
Hey, do tests pass?
Hi, is CI green?
Hey, why did the last build fail?
Which tests fail in CI?
Which test broke the build?
Which workers are stuck?
Is the queue empty?
Is staging down?
Is the migration done?
How far are we?
What is left to do?
Which TODOs are left?
What's blocking us?
Is my token valid?
Which version is deployed on staging?
Is there a newer version of requests?
Is port 8080 in use?
Are there merge conflicts?
What differs from main?
Who is working on the cache?
What does issue 12 say?
How long did the build take?
What is our test coverage?
""".strip().splitlines()
RESEARCH = """
Find which handlers reject bad rows and how they log them.
Find where handlers lock rows and what holds them
List the handlers and group them by file.
Look at a.py and tell me what it does.
Look at how `load` works and check it against the README.
Which flags must be enabled for `load`?
Explain why `a` is used instead.
Where should `X` be enabled?
I need the place where users are deleted. Where is it?
How can we get rid of stale rows in the cache?
Any chance you could tell me where `X` is set?
Go ahead and explain how `X` works.
Let's talk about `load`. How does `load` work?
Let's look at the parser. Where is `parse_args` called?
Hi there, which library is used for HTTP?
Sorry, but which format does the index use?
Which functions map `a` -> `b`?
How many functions are there in a.py?
Which file defines `X`?
Is the default queue empty when a worker starts?
How does the server load a newer version of a model?
How do I start the backend on my laptop?
Which workers are stuck when the queue is full?
Is the queue bounded?
What does the migration do?
Which tests cover the build?
Which port is opened by the server?
Show me the code of `load`
""".strip().splitlines()


@pytest.mark.parametrize("text", ORDERS)
def test_what_tells_to_do_something_is_no_question(text: str) -> None:
    assert standing(read_query(text)) is not Standing.RESEARCH
    assert standing(read_query(f"Hey, {text[0].lower()}{text[1:]}")) is not Standing.RESEARCH


@pytest.mark.parametrize("text", LEANING)
def test_what_asks_on_from_an_earlier_turn_leans_on_it(text: str) -> None:
    assert standing(read_query(text)) is Standing.LEANS_ON_CONTEXT


@pytest.mark.parametrize("text", OF_NOW)
def test_how_things_stand_by_now_is_of_the_moment(text: str) -> None:
    assert standing(read_query(text)) is Standing.LEANS_ON_MOMENT


@pytest.mark.parametrize("text", RESEARCH)
def test_what_only_asks_still_is_research(text: str) -> None:
    assert standing(read_query(text)) is Standing.RESEARCH
