"""One test for each loosening rule: the rewordings it joins and the near-misses it keeps apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import Accord, agree, read_query
from agentcache.core.query.agree import agreement_key
from agentcache.core.query.doings import RULES as DOINGS
from agentcache.core.query.lexicon import word_set
from agentcache.core.query.likeness import SAME_WORD
from agentcache.core.query.things import RULES as THINGS

Pairs = tuple[tuple[str, str], ...]

RULES: dict[str, tuple[Pairs, Pairs]] = {
    "_code_as_where": (
        (
            ("Where are dates parsed?", "Which code parses dates?"),
            ("Where are dates parsed?", "Find the code that parses dates"),
            ("Where are dates parsed?", "Where is the logic for parsing dates?"),
            ("Where is Foo_a defined?", "Which file defines Foo_a?"),
        ),
        (
            ("Where are dates parsed?", "Which code formats dates?"),
            ("Find the code that parses dates", "Find the dates that the code parses"),
            ("Where is Foo_a imported?", "Which file imports Foo_a?"),
        ),
    ),
    "_doing_as_done": (
        (
            ("Explain the handling of timeouts", "How are timeouts handled?"),
            ("Where is the logging configuration?", "Where is logging configured?"),
            ("Explain error handling", "How are errors handled?"),
        ),
        (
            ("Explain the handling of timeouts in the API", "How are timeouts handled by the API?"),
            ("Where is the generation of the entry?", "Where is the entry generated?"),
            ("Where is the logging configuration file?", "Where is logging configured?"),
        ),
    ),
    "_doer_as_done": (
        (("Find the dispatcher of messages", "Where are messages dispatched?"),),
        (("Where is the handler of the parser?", "Where is the parser of the handler?"),),
    ),
    "_mechanism_as_how": (
        (("Explain the retry mechanism", "How does the retry mechanism work?"),),
        (("Explain the parser", "How does the parser work?"),),
    ),
    "_when_as_if": (
        (("Which tests fail when the disk is full?", "Which tests fail if the disk is full?"),),
        (("What decides when the cache is flushed?", "What decides if the cache is flushed?"),),
    ),
    "_without_kinds": (
        (("Where is the constant MAX_A declared?", "Where is MAX_A declared?"),),
        (("Where is the constant MAX_A declared?", "Where is the constant MAX_B declared?"),),
    ),
    "_taking_place": (
        (("Where does token validation happen?", "Where are tokens validated?"),),
        (("Where does token validation happen?", "Where does token rotation happen?"),),
    ),
    "_its_own": (
        (("How does the cache compute its key?", "Explain how the cache key is computed"),),
        (
            ("How does the cache compute its key?", "How does the cache compute its size?"),
            ("How does the cache compute its key?", "How does the key compute its cache?"),
        ),
    ),
    "_implemented_in": (
        (("How is paging implemented in the API?", "Explain the API's paging implementation"),),
        (("How is a cache implemented in the proxy?", "How is a proxy implemented in the cache?"),),
    ),
    "_asked_how_to": (
        (("How can the cache be cleared?", "How do I clear the cache?"),),
        (("How can the cache be cleared?", "How is the cache cleared?"),),
    ),
    "_called_from": (
        (("Where is a_b called from?", "Where is a_b called?"),),
        (("Where is the order sent from?", "Where is the order sent?"),),
    ),
    "_in_which_file": (
        (
            ("What file is MAX_A defined in?", "Where is MAX_A defined?"),
            ("Which file contains the definition of MAX_A?", "Where is MAX_A defined?"),
        ),
        (("Which file is a_b imported in?", "Which file is imported in a_b?"),),
    ),
    "_with_agent": (
        (
            (
                "How does the session persist cookies across requests?",
                "How are cookies persisted across requests by the session?",
            ),
        ),
        (
            ("How does the client authenticate the server?",
             "How does the server authenticate the client?"),
            ("How are errors handled by default?", "How does the default handle errors?"),
        ),
    ),
    "_agent_first": (
        (("How are rows read in batches by the job?", "How are rows read by the job in batches?"),),
        (("How are rows read in batches by the job?", "How are rows read in jobs by the batch?"),),
    ),
    "_sorted_places": (
        (("How are keys copied from A to B?", "How are keys copied to B from A?"),),
        (("How are keys copied from A to B?", "How are keys copied from B to A?"),),
    ),
    "here": (
        (
            ("How do we follow links?", "How does the code follow links?"),
            ("Which license is used?", "Which license is used by this project?"),
        ),
        (("Where is Foo used in this module?", "Where is Foo used in this project?"),),
    ),
    "marked": (
        (
            ("What gets logged when a job fails?", "What is logged when a job fails?"),
            ("What is the number of routes exposed by the API?",
             "How many routes does the API expose?"),
        ),
        (("List services called by billing", "List services calling billing"),),
    ),
    "raised": (
        (("Which errors does a_b raise?", "What exceptions can be thrown by a_b?"),),
        (("Which errors does a_b raise?", "Which errors does a_b catch?"),),
    ),
    "offered": (
        (
            ("List the subcommands of the CLI", "What subcommands does the CLI offer?"),
            ("What type does a_b return?", "What is the return type of a_b?"),
        ),
        (("List the subcommands of the CLI", "What subcommands does the CLI ignore?"),),
    ),
    "own_parameters": (
        (("What are the parameters of a_b?", "What arguments does a_b take?"),),
        (("What are the parameters of a_b?", "What arguments does a_b ignore?"),),
    ),
    "doing_things": (
        (("Which tests cover the checkout flow?", "Find tests covering the checkout flow"),),
        (("Which tests cover the checkout flow?", "Which tests does the checkout flow cover?"),),
    ),
    "available": (
        (("List the CLI commands", "Which CLI commands are available?"),),
        (("List the CLI commands", "Which CLI commands are available on CI?"),),
    ),
    "thing_done": (
        (("What is the database used by the importer?", "Which database does the importer use?"),),
        (("What is the database used by the importer?", "What is the importer used by the db?"),),
    ),
    "what_done": (
        (("What does a_b return when c_d is set?", "What is returned by a_b if c_d is set?"),),
        (("What does a_b return when c_d is set?", "What is set when a_b returns c_d?"),),
    ),
    "used_to": (
        (
            ("Which command starts the server?", "What is the command to start the server?"),
            ("Which command starts the server?", "Which command is used to start the server?"),
        ),
        (("What is the command to run the tests?", "Which tests run the command?"),),
    ),
    "used_by_default": (
        (("What is the default port?", "Which port is used by default?"),),
        (
            ("What is the default port?", "Which port is used?"),
            ("Which parser is used by the linter by default?",
             "Which linter is used by the parser by default?"),
        ),
    ),
    "value_asked": (
        (
            ("What type is a_b?", "What is the type of a_b?"),
            ("Which Python versions are supported?", "What versions of Python are supported?"),
        ),
        (("What is the type of the value?", "What is the value of the type?"),),
    ),
    "value_set": (
        (("What is MAX_A set to?", "What is the value of MAX_A?"),),
        (("What is MAX_A set to?", "Where is MAX_A set?"),),
    ),
    "described": (
        (("Describe the structure of the payload", "What is the structure of the payload?"),),
        (("Describe the structure of the payload", "Describe the payload of the structure"),),
    ),
    "named": (
        (("What does the Scheduler class do?", "Explain the Scheduler class"),),
        (("What does the Scheduler class do?", "What does the Scheduler class not do?"),),
    ),
    "contained": (
        (("What is in src/app.py?", "What does src/app.py contain?"),
         ("What is in src/app.py?", "What are the contents of src/app.py?")),
        (("What does src/app.py contain?", "What contains src/app.py?"),),
    ),
    "exists": (
        (("Is there a health endpoint?", "Does the repo have a health endpoint?"),
         ("Is there a health endpoint?", "Does a health endpoint exist?")),
        (("Does the project have a cache?", "Does the project need a cache?"),),
    ),
    "is_done": (
        (("Does the API support paging?", "Is paging supported by the API?"),
         ("Are passwords encrypted?", "Do passwords get encrypted?"),
         ("Do we use Redis for caching?", "Is redis used for caching?")),
        (("Does the server use TLS?", "Does TLS use the server?"),
         ("Can guests upload files?", "Are files uploaded by guests?")),
    ),
}  # fmt: skip


def accord(a: str, b: str) -> Accord:
    return agree(read_query(a), read_query(b))


def test_every_rule_has_its_cases() -> None:
    assert {rule.__name__ for rule in (*DOINGS, *THINGS)} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_joins_what_asks_the_same(rule: str) -> None:
    for a, b in RULES[rule][0]:
        assert accord(a, b).is_agreed, (a, b, accord(a, b).sentence)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_keeps_apart_what_only_looks_alike(rule: str) -> None:
    for a, b in RULES[rule][1]:
        assert not accord(a, b).is_agreed, (a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Where is CORS set up?", "Where is CORS configured?"),
        ("Where are requests rate limited?", "Where are requests throttled?"),
        ("Where is a_b called?", "Where is a_b invoked?"),
        ("How is the hash computed?", "How is the hash calculated?"),
        ("Where are the English words?", "Where are the english words?"),
        ("How is the JWT decoded?", "how is the jwt decoded"),
        ("Which config option sets the port?", "Which setting sets the port?"),
        ("Where is the front-end built?", "Where is the frontend built?"),
    ],
)
def test_small_safe_classes_of_words_are_one(a: str, b: str) -> None:
    assert accord(a, b).is_agreed, accord(a, b).sentence


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Where is the state saved?", "Where is the state stored?"),
        ("Where is the cache cleaned?", "Where is the cache cleared?"),
        ("Where is Foo declared?", "Where is Foo defined?"),
        ("Which functions call Foo?", "Which functions construct Foo?"),
        ("Which class validates emails?", "Which function validates emails?"),
        ("Where is GET handled?", "Where is get handled?"),
        ("What does `open` do?", "What does open do?"),
        ("How is the test data set up?", "How is the test data set?"),
    ],
)
def test_words_that_only_resemble_each_other_are_not_one(a: str, b: str) -> None:
    assert not accord(a, b).is_agreed


def test_no_word_stands_for_a_word_that_stands_for_another() -> None:
    chained = {word for word, first in SAME_WORD.items() if SAME_WORD.get(first, first) != first}
    assert chained == set()


def test_a_compound_agrees_with_each_preposition_and_these_not_with_one_another() -> None:
    plain = "Which file has the invoice SQL?"
    assert accord(plain, "Which file has the SQL for the invoice?").is_agreed
    assert accord(plain, "Which file has the SQL of the invoice?").is_agreed
    assert not accord("List the tests for the parser", "List the tests in the parser").is_agreed
    assert not accord("List errors in the API", "List errors of the API").is_agreed


ALL = sorted(
    {text for cases in RULES.values() for pairs in cases for pair in pairs for text in pair}
)


@given(one=st.sampled_from(ALL), other=st.sampled_from(ALL))
def test_agreement_is_symmetric_and_findable_by_its_key(one: str, other: str) -> None:
    a, b = read_query(one), read_query(other)
    assert agree(a, b).is_agreed == agree(b, a).is_agreed
    if agree(a, b).is_agreed and a.key != b.key:
        assert agreement_key(a) is not None
        assert agreement_key(a) == agreement_key(b)


words = st.sampled_from(
    sorted(
        word_set(
            "where is the of what does code that which file by default used get gets how many do "
            "can be `a_b` parser validation happen work tests in for not it its 's , when whether "
            "return type explain list set up to process value `A` #3 3 Foo exist have contains "
            "definition at on from"
        )
    )
)


@given(st.lists(words, max_size=9), st.lists(words, max_size=9))
def test_any_words_are_compared_without_an_error(one: list[str], other: list[str]) -> None:
    a, b = read_query(" ".join(one)), read_query(" ".join(other))
    assert agree(a, a).is_agreed
    assert agree(a, b).is_agreed == agree(b, a).is_agreed
    agreement_key(a)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_texts_are_compared_without_an_error(one: str, other: str) -> None:
    agree(read_query(one), read_query(other))
