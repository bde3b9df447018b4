"""Every refusal has its reason, and hostile pairs are refused."""

import pytest

from agentcache.core.query import Refusal, agree, read_query

REFUSED = {
    Refusal.NOT_UNDERSTOOD: ("Where is a_b used?", "Tokens. Where? How?"),
    Refusal.NOT_ENGLISH: ("What is der Default?", "What is das Default?"),
    Refusal.IDENTIFIERS: ("Where is a_b used?", "Where is a_c used?"),
    Refusal.NUMBERS: ("How does API v1 paginate?", "How does API v2 paginate?"),
    Refusal.NEGATION: ("Which jobs are idempotent?", "Which jobs are not idempotent?"),
    Refusal.OPPOSITE: ("How are messages encrypted?", "How are messages decrypted?"),
    Refusal.SCOPE: ("Print the first line", "Print line"),
    Refusal.MODALITY: ("When should caches be cleared?", "When are caches cleared?"),
    Refusal.ASPECT: ("Why is the retry policy limited?", "Where is the retry policy limited?"),
    Refusal.WORDS: ("How are prices rounded?", "How are taxes rounded?"),
    Refusal.DIRECTION: ("How does A merge B?", "How does B merge A?"),
}

HOSTILE = """
Which stage checks the page size of the map? | Which stage checks the map size of the page?
Why write to the log rather than the file? | Why write to the file rather than the log?
Why does a_b log to the map rather than the log? | Why does a_b log to the log rather than the map?
Which R version does CI test the package with? | Which R version does CI test the package of?
List the parsers that cache `Foo_x` | Which parsers does `Foo_x` cache?
Where does the set of the map replace the key? | Where does the key of the map replace the set?
What is the run record of the session? | What is the run session record?
Does the code of the script import the key? | Is the script key imported by the code?
From the request job, where does `run()` hash the event? | Where does `run()` hash the event?
In the old tree, where is the request checked? | Where is the request checked?
Starting from the base, where is the request checked? | Where is the request checked?
In this file - where is the request checked? | Where is the request checked?
Reading the request, where is a_b checked? | Where is a_b checked?
Just before the read, where is a_b checked? | Where is a_b checked?
Where is the request checked, in the search? | Where is the request checked?
Where is the request checked, in my change? | Where is the request checked?
Is a_b copied by the job of the log of the map? | Is a_b of the map copied by the job of the log?
What is the name of the lock? | What is the name on the lock?
Where is the file built by the job record's run? | Where is the file built by the job run's record?
Where is X checked after validating Y? | Where is X validated after checking Y?
Which stage runs in each phase? | Which phase runs in each stage?
Why does the sort queue the value of the type? | Why does the sort queue the value in the type?
Are all errors not logged? | Are not all errors logged?
Is everything not cached? | Is not everything cached?
Can a_b be not set? | Can a_b not be set?
Why are some errors not logged? | Why are not some errors logged?
By whom is a_b set? | By whom else is a_b set?
What are the methods of the `Store` interface? | What are the methods of the `Store` struct?
Where is the `Store` class defined? | Where is the interface `Store` defined?
Who calls the a_b function? | Who calls the a_b method?
Where is the constant A_B used? | Where is the A_B variable used?
Explain the function a_b | Explain the method a_b
List tests for the parser | List tests in the parser
Which code calls foo_a? | Which code does foo_a call?
Where does the code call the server? | Where does the server call the code?
What does the app return when the key is missing? | What is missing when the app returns the key?
Which timeout is used by the client by default? | Which client is used by the timeout by default?
What exceptions can foo_a raise? | What exceptions must foo_a raise?
List all fields of the user model | List some fields of the user model
Explain the user's deletion of comments | Explain the comment's deletion of users
Where is the user validation? | Where is the validation user?
Is the cache used by the server? | Does the cache use the server?
Do we cache responses? | Do responses cache?
Tell me whether the cache is used | Tell me whether the cache is not used
Tell me whether the parser calls the lexer | Tell me whether the lexer calls the parser
Which tests fail when the network is down? | Which tests fail only when the network is down?
How does foo_a work on startup? | How does foo_a work on shutdown?
What is the size of the request buffer? | What is the size of the response buffer?
Which file contains the key of the cache? | Which file contains the cache of the key?
How does the server write its logs? | How does the server write logs?
How many endpoints are exposed by the API? | How many APIs are exposed by the endpoint?
What number of retries is allowed? | What number of retries is not allowed?
Which modules turn on tracing? | Which modules turn off tracing?
Which flag enables tracing? | Which flag does tracing enable?
Under what conditions is the lock taken? | Under what conditions is the lock not taken?
Which classes inherit from Base? | Which classes does Base inherit from?
How does the client retry after a failure? | How does the client fail after a retry?
What happens when the app starts? | What happens before the app starts?
What is the reason that A calls B? | What is the reason that B calls A?
How are messages sent to the queue? | How are messages sent from the queue?
How are rows sent to the queue by the job? | How are rows sent by the queue to the job?
Which Python versions are supported? | Which Python version is supported?
Is the database read-only? | Is the database only read?
List the unused imports in a/b.py | List the used imports in a/b.py
Which endpoints are authenticated? | Which endpoints are unauthenticated?
How often is the cache flushed? | When is the cache flushed?
Where is the index of the loader created? | Where is the loader of the index created?
Did the worker cache results? | Does the worker cache results?
In which format are logs written? | Which format writes logs?
What is the table that stores users? | Which users store the table?
Do guests upload files? | Can guests upload files?
Where is the file that is uploaded stored? | Where is the file that is stored uploaded?
"""
PAIRS = [tuple(line.split(" | ")) for line in HOSTILE.strip().splitlines()]


def test_every_refusal_has_an_example() -> None:
    assert set(REFUSED) == set(Refusal)


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_names_its_reason(refusal: Refusal) -> None:
    a, b = REFUSED[refusal]
    found = agree(read_query(a), read_query(b))
    assert found.refusal is refusal, found
    assert found.sentence


def test_the_differing_words_are_told() -> None:
    found = agree(read_query("Where is a_b used?"), read_query("Where is a_c used?"))
    assert found.detail == ("`a_b", "`a_c")
    assert found.sentence.endswith("(a_b, a_c)")


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_hostile_pairs_are_refused(a: str, b: str) -> None:
    assert not agree(read_query(a), read_query(b)).is_agreed


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Wo ist der Parser definiert?", "Wo wird der Parser definiert?"),
        ("¿Dónde se define el parser?", "¿Dónde está definido el parser?"),
        ("パーサーはどこ", "パーサーはどこで定義"),
        ("Où est défini le parseur ?", "Où le parseur est-il défini ?"),
    ],
)
def test_what_is_not_english_agrees_only_with_its_own_text(a: str, b: str) -> None:
    assert not agree(read_query(a), read_query(b)).is_agreed
    assert agree(read_query(a), read_query(a)).is_agreed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Who calls the method a_b?", "Who calls a_b?"),
        ("Who calls the a_b method?", "Who calls the method a_b?"),
        ("explain what the function a_b does", "Explain `a_b()`"),
        ("Where is the `Store` interface defined?", "Where is `Store` defined?"),
    ],
)
def test_a_name_alone_says_less_than_what_it_is_said_to_be(one: str, other: str) -> None:
    assert agree(read_query(one), read_query(other)).is_agreed
