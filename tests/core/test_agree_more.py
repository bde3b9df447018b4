"""One test for each rule of nouns of doing, free wordings and openings, in both directions."""

import pytest

from agentcache.core.query import agree, read_query
from agentcache.core.query.nominal import RULES as NOMINAL
from agentcache.core.query.nouns import singular
from agentcache.core.query.reworded import LAST
from agentcache.core.query.reworded import RULES as REWORDED

Pairs = tuple[tuple[str, str], ...]

RULES: dict[str, tuple[Pairs, Pairs]] = {
    "_explained": (
        (
            ("How are images cached?", "Explain image caching"),
            ("How are images cached?", "Describe the caching of images"),
            ("How are images cached?", "How does image caching work?"),
            ("How are textures uploaded to the GPU?", "Describe texture upload to the GPU"),
        ),
        (
            ("How are clients cached?", "Explain client caching"),
            ("How is the disk cached?", "Explain disk caching"),
            ("How are servers rendered?", "Explain server rendering"),
            ("How are workers polled?", "Explain worker polling"),
            ("Explain template caching", "Explain cache templating"),
            ("Explain image caching on iOS", "Explain image caching"),
        ),
    ),
    "_found_done": (
        (
            ("Where do we map `OrderA` to `OrderB`?", "Find the mapping of `OrderA` to `OrderB`"),
            ("Where are errors reported?", "Find where the reporting of errors happens"),
        ),
        (("Find the mapping of `A_a` to `B_b`", "Find the mapping of `B_b` to `A_a`"),),
    ),
    "_reason": (
        (
            ("Why do we add a lock to X_a?", "What is the reason for adding a lock to X_a?"),
            ("Why does the parser wait?", "What is the reason that the parser waits?"),
        ),
        (
            ("What is the reason for adding a lock to the cache?",
             "What is the reason for adding a cache to the lock?"),
            ("How are tests skipped?", "What is the reason for skipping tests?"),
        ),
    ),
    "_on_doing": (
        (("What is logged when a key is inserted?", "What do we log on key insertion?"),),
        (
            ("What is logged on key insertion?", "What is logged on key removal?"),
            ("What is logged on key insertion?", "What is logged after key insertion?"),
        ),
    ),
    "_code_doing": (
        (
            ("Where is the token registered?", "Find the code registering the token"),
            ("Where are keys generated?", "Find the code for the generation of keys"),
        ),
        (
            ("Find the code registering handlers", "Find the handlers registering code"),
            ("Find the code for decoding tokens", "Find the code for encoding tokens"),
        ),
    ),
    "_turned": (
        (("Where is `A_a` converted into `B_b`?", "Where is `A_a` converted to `B_b`?"),),
        (("Where is `A_a` converted into `B_b`?", "Where is `B_b` converted to `A_a`?"),),
    ),
    "counted": (
        (
            ("How many threads does the scheduler spawn?",
             "number of threads spawned by the scheduler?"),
            ("How many workers are cached?", "What is the number of workers that are cached?"),
        ),
        (("How many threads does the pool spawn?", "How many pools does the thread spawn?"),),
    ),
    "called_from": (
        (("Which functions call `run_x`?", "What functions is `run_x` called from?"),),
        (
            ("Which functions is `run_x` called from?", "Which functions does `run_x` call?"),
            ("Which functions is `run_x` called from?", "Which files is `run_x` called from?"),
        ),
    ),
    "in_history": (
        (
            ("Which migration adds the `gift` column?", "Which migration added the `gift` column?"),
            ("In which migration was the `gift` column added?",
             "Which migration adds the `gift` column?"),
            ("In which commit was the cache removed?", "Which commit removed the cache?"),
        ),
        (
            ("Which migration added the column?", "Which migration dropped the column?"),
            ("Which migration was added for the column?", "Which migration adds the column?"),
            ("Which commit was reverted in `main`?", "Which commit reverts `main`?"),
            ("Which test failed?", "Which test fails?"),
        ),
    ),
    "of_things": (
        (
            ("What does -O2 enable?", "Which things are enabled by `-O2`?"),
            ("Which Room entities exist?", "List the existing Room entities"),
            ("What does `a_b` return?", "What value does `a_b` return?"),
        ),
        (
            ("Which things are enabled by `-O2`?", "Which things enable `-O2`?"),
            ("List the existing tables", "List the new tables"),
            ("What value does `a_b` return?", "What type does `a_b` return?"),
        ),
    ),
    "in_itself": (
        (
            ("Which permissions are declared in the manifest?",
             "List the permissions that the manifest declares"),
            ("What is held in the cache?", "What does the cache hold?"),
        ),
        (
            ("What does the worker store?", "What is stored in the worker?"),
            ("What does the cache hold?", "What holds the cache?"),
        ),
    ),
    "held": (
        (
            ("Which data structure holds the symbol table?",
             "What's the data structure that the symbol table is held in?"),
        ),
        (("Name the struct that the page is held by", "Name the struct that is held by the page"),),
    ),
    "implementing": (
        (("Find all implementations of `Foo_x`", "Which classes implement `Foo_x`?"),),
        (("Find all implementations of `Foo_x`", "Which classes does `Foo_x` implement?"),),
    ),
    "measured": (
        (
            ("What is the maximum recursion depth of the interpreter?",
             "What max recursion depth does the interpreter have?"),
        ),
        (("What depth does the tree have?", "What tree does the depth have?"),),
    ),
    "default_first": (
        (
            ("What is the default gravity of the world?",
             "What is the default value for gravity in the world?"),
            ("What is the default page size?", "What's the page size by default?"),
            ("What is the default page size of the list?", "Default page size for lists?"),
        ),
        (
            ("What is the page size by default?", "What is the page size?"),
            ("What is the default for gravity in the world?",
             "What is the default for the world in gravity?"),
            ("What is the default client timeout?", "What is the timeout of the default client?"),
        ),
    ),
    "supported": (
        (
            ("Does the operator support paging?", "Is there support for paging in the operator?"),
            ("Is there support for paging?", "Is paging supported?"),
        ),
        (
            ("Is there support for `a_b` in `c_d`?", "Is there support for `c_d` in `a_b`?"),
            ("Is there support for paging?", "Is there no support for paging?"),
        ),
    ),
    "extreme_first": (
        (("What is the maximum size of an upload?", "What's the max upload size?"),),
        (("What is the maximum size of an upload?", "What is the minimum size of an upload?"),),
    ),
}  # fmt: skip

SAME = """
Who publishes the `paid` event? | What publishes the `paid` event?
Which class expands tabs? | Which class does the expansion of tabs?
Which function validates tokens? | Which function does the token validation?
Which function validates tokens? | Which function performs token validation?
Where is the class `Foo_x` defined? | Where is the `Foo_x` class?
Where is the class `Foo_x` defined? | Locate class `Foo_x`
Where is the class `Foo_x` defined? | Which file has the `Foo_x` class?
Where is the class `Foo_x` defined? | What file is the class `Foo_x` in?
Which library parses YAML? | Which library is used for parsing YAML?
Which function validates tokens? | Which function is used to validate tokens?
How does the scheduler decide which job runs? | How is it decided by the scheduler which job runs?
How do we decide which job runs? | How is it decided which job runs?
What does this project do? | What is this project about?
How do I run the tests? | How do I run the test suite?
Which pass inserts phi nodes? | By which pass are phi nodes inserted?
Who publishes the `A_b` event? | By whom does the `A_b` event get published?
In which crate is `Foo_x` defined? | Which crate defines `Foo_x`?
Which class implements paging? | Which class is paging implemented in?
Which files import `foo_x`? | In which files is `foo_x` imported?
Which directory contains the tests? | In what folder do the tests live?
Where is `a_b` called? | From where is `a_b` called?
Where is `a_b` called? | Find all places where `a_b` is called
What port does the probe listen on? | On which port is the probe listening?
Which trait must a component implement? | Which trait must be implemented by a component?
Which requests does the client not retry? | Which requests are not retried by the client?
Which struct represents a leaf? | Name the struct that a leaf is represented by
Which class handles the webhooks? | What is the class handling the webhooks?
Which test verifies that keys are unique? | Find the test verifying that keys are unique
Which option sets the limit? | What is the option for setting the limit?
List the flags that `tool` takes | List the flags `tool` takes
What does `a_b` do? | What is `a_b` doing?
What is the purpose of `a_b`? | What purpose does `a_b` serve?
Which caches does the store frobnicate? | Which caches are frobnicated by the store?
How does the store frobnicate the cache? | How is the cache frobnicated by the store?
How do we frobnicate the cache? | How is the cache frobnicated?
Where do we keep the key on iOS? | Find where on iOS the key is kept
Where is the precedence of operators computed? | Where is the operator precedence computed?
"""
APART = """
What did `foo_x` do? | What does `foo_x` do?
What did `timeout` default to? | What does `timeout` default to?
What did status code 207 mean? | What does status code 207 mean?
What was the return type of `foo_x`? | What is the return type of `foo_x`?
Who closes stale issues? | What closes stale issues?
Who publishes releases? | What publishes releases?
Where is the set of keys? | Where is the key set?
What does the API have to offer? | What must the API offer?
Can we send the user messages? | Can the user messages be sent?
By whom else can `foo_x` be read? | By whom can `foo_x` be read?
Let's say debug is on. Where is the log written? | Where is the log written?
Say debug is on. Where is the log written? | Where is the log written?
Which class expands tabs? | Which class does the expansion of tags?
Which function validates tokens? | Which function does token validation call?
Which function does the token validation call? | Which function calls token validation?
Which function does client validation? | Which function validates the client?
Which thread does the page allocation? | Which page does the thread allocate?
Where is the class `Foo_x`? | Where is the class `Foo_x` used?
Where is the class `Foo_x` defined? | Where is the function `Foo_x`?
Which file has the `Foo_x` class? | Which file uses the `Foo_x` class?
Where is the variable `foo_x`? | Where is the variable `foo_x` defined?
Which library is used to parse YAML? | Which library is used to write YAML?
Which class is used to test the parser? | Which class tests the parser?
How is it decided by the user which job runs? | How do we decide which job runs?
How is it decided which job runs? | How is it decided which job stops?
What is this project about? | What is this project?
By which pass is X inserted? | Which pass is inserted by X?
By which service is mail sent? | To which service is mail sent?
In which files is `a_b` imported? | Which files does `a_b` import?
In which directory are the tests? | In which directory are the tests run?
In which module is the parser used? | Which parser uses the module?
From where is the config read? | Where is the config read?
Find all places where `a_b` is called | Find one place where `a_b` is called
On which port is the probe listening? | To which port is the probe connecting?
Which trait must a component implement? | Which trait may a component implement?
Which trait must a component implement? | Which component must a trait implement?
Which requests does the client not retry? | Which requests does the client retry?
What is the class loading strategy? | Which class loads the strategy?
What is the error handling strategy? | Which error handles the strategy?
Find the test covering the parser | Find the parser covering the test
What is the option for setting the limit? | What is the limit for setting the option?
List the flags `tool` takes | List the flags that take `tool`
Which caches does the store frobnicate? | Which stores does the cache frobnicate?
How does the store frobnicate the cache? | How does the cache frobnicate the store?
List the files the user frobnicates | List the files that frobnicate the user
What is the size of the buffers? | What are the sizes of the buffer?
What are the names of the services? | What are the names of the service?
Which class is the retry logic implemented in? | Which class is the retry logic used in?
Find the code where users are created | Find the code where users are deleted
Why do we have to lock the file? | Why do we lock the file?
Find the logic that retries uploads | Find the uploads that retry logic
Which exceptions can the caller catch? | Which exceptions does the caller catch?
"""


def is_agreed(a: str, b: str) -> bool:
    return agree(read_query(a), read_query(b)).is_agreed


def test_every_rule_has_its_cases() -> None:
    assert {rule.__name__ for rule in (*NOMINAL, *REWORDED, *LAST)} == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_joins_what_asks_the_same(rule: str) -> None:
    assert [pair for pair in RULES[rule][0] if not is_agreed(*pair)] == []


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_keeps_apart_what_only_looks_alike(rule: str) -> None:
    assert [pair for pair in RULES[rule][1] if is_agreed(*pair)] == []


@pytest.mark.parametrize("line", SAME.strip().splitlines())
def test_another_opening_asks_the_same(line: str) -> None:
    a, b = line.split(" | ")
    assert is_agreed(a, b)


@pytest.mark.parametrize("line", APART.strip().splitlines())
def test_another_question_with_the_same_opening_stays_apart(line: str) -> None:
    a, b = line.split(" | ")
    assert not is_agreed(a, b)


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("caches", "cache"), ("batches", "batch"), ("queries", "query"), ("indices", "index"),
        ("statuses", "status"), ("status", "status"), ("keys", "key"), ("classes", "class"),
    ],
)  # fmt: skip
def test_the_singular_of_a_noun_is_found(plural: str, one: str) -> None:
    assert singular(plural) == one
