"""One test for each rule of the canonical form, and the properties that hold for all texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.query import LONGEST, Intent, Standing, read_query, standing


def same(*texts: str) -> bool:
    """Whether all texts are one question that was understood."""
    queries = [read_query(text) for text in texts]
    return len({query.key for query in queries}) == 1 and all(q.is_canonical for q in queries)


def differ(*texts: str) -> bool:
    return len({read_query(text).key for text in texts}) == len(texts)


TEMPLATES = (
    "Where is {} defined?", "Who calls {}?", "What does {} do?", "How does {} work?",
    "Explain {}", "List callers of {}", "Which tests cover {}?", "What is the default of {}?",
    "Why does the loader read {}?", "Is {} used?", "How many times is {} called?",
)  # fmt: skip
PLAIN = (
    "Where is the cache cleared", "How is the token refreshed", "Why is the build cached",
    "When are snapshots taken", "Are uploads validated", "Is the queue bounded",
    "Where are the logs written", "How are invoices numbered",
)  # fmt: skip
identifiers = st.from_regex(r"\A[a-z]{2,8}_[a-z]{2,8}\Z")
templates = st.sampled_from(TEMPLATES)


# What is one question


@pytest.mark.parametrize(
    "texts",
    [
        ("Where is a_b defined?", "Find the definition of a_b", "Locate where a_b is defined"),
        ("In which file is a_b defined?", "Find the file where a_b is defined"),
        ("Who calls a_b?", "List callers of a_b", "Which functions call a_b?"),
        ("How does a_b work?", "Explain how a_b works", "Describe the way that a_b works"),
        ("What is the default of a_b?", "What's a_b's default value?"),
        ("What is the default of a_b?", "What does a_b default to?"),
        ("Where do we log errors?", "Where are errors logged?", "Find where errors get logged"),
        ("Where is the ISR?", "Where does the ISR live?", "Where can I find the ISR?"),
        ("Where is the ISR?", "Where can the ISR be found?", "Where is the ISR located?"),
        ("Find usages of a_b", "List all uses of a_b", "Where is a_b used?"),
        ("How is a_b read by c_d?", "How does c_d read a_b?"),
        ("What does a_b return?", "What is returned by a_b?", "What is the return value of a_b?"),
        ("Explain what a_b returns", "What does a_b return?"),
        ("Which keys does the job read?", "List the keys read by the job"),
        ("Which keys does the job read?", "List keys the job reads", "Find the keys the job reads"),
        ("Which keys do we log?", "Which keys are logged?", "List the logged keys"),
        ("List keys that the job reads", "Which keys are read by the job?"),
        ("Which routes exist?", "List every route", "List all of the routes", "List the routes"),
        ("Which routes are there?", "What are the routes?", "Give me a list of the routes"),
        ("Which routes does this project have?", "Show me all routes", "Which routes are there?"),
        ("List endpoints in a/b.py", "Which endpoints are defined in a/b.py?"),
        ("List endpoints defined in a/b.py", "Which endpoints does a/b.py have?"),
        ("List endpoints of a/b.py", "Which endpoints are there in a/b.py?"),
        ("Which file has a_b?", "What file contains a_b?", "Find the file that contains a_b"),
        ("Find services calling `a_b`", "List services that call a_b"),
        ("Which module is responsible for parsing dates?", "Which module parses dates?"),
        ("What is responsible for parsing dates?", "What parses dates?"),
        ("Which errors can a_b raise?", "Which errors are raised by a_b?"),
        ("List subclasses of a_b", "Which classes extend a_b?"),
        ("What is the size of the heap?", "What is the heap's size?", "heap size"),
        ("Show the users table schema", "What is the schema of the users table?"),
        ("Show the columns of the users table", "List the users table columns"),
        ("What is the purpose of a.py?", "What is a.py used for?", "Explain the purpose of a.py"),
        ("What does a_b do?", "Explain a_b", "Explain `a_b()`"),
        ("What does a_b do?", "Explain what a_b does", "explain what a_b does"),
        ("What does --fast do?", "Explain the --fast flag"),
        ("Where is the file a/b.py read?", "Where is a/b.py read?"),
        ("Explain error code E77", "What does error code E77 mean?"),
        ("Explain the validation of tokens", "How are tokens validated?"),
        ("How do I add a route?", "How can we add a route?", "How to add a route"),
        ("How many jobs are there?", "What is the number of jobs?", "How many jobs exist?"),
        ("Is there a Dockerfile?", "Does the repo contain a Dockerfile?"),
        ("Are there any hooks?", "Do we have any hooks?"),
        ("What happens if a job fails?", "What happens when a job fails?"),
        ("In a/b.py, where is c_d set?", "Where is c_d set in a/b.py?"),
        ("Which env vars are set?", "Which environment variables are set?"),
        ("Where is the config parsed?", "Where is the configuration parsed?"),
        ("How is a mesh serialised?", "How is a mesh serialized?"),
        ("Which 3 jobs run?", "which three jobs run"),
        ("Why can't users log in?", "why can\u2019t users log in?", "Why can not users log in"),
        ("I\u2019d like to know where exactly the role is set", "Where is the role set?"),
        ("Can you tell me where the role is set, please?", "Hi! Where is the role set? Thanks!"),
        ("Where is the role set in this repo?", "Where is the role set? Don't change anything."),
        ("Please look through the code and explain to me how a_b works", "How does a_b work?"),
        ("Can you find out for me where the role is set", "Where is the role set?"),
        ("How many users can log in?", "how many users can log in"),
        ("How long does a job take?", "Tell me how long a job takes"),
        ("Whose keys are rotated?", "whose keys are rotated"),
        ("Who reviews releases?", "who reviews the releases"),
        ("Compare a_b with c_d", "compare `a_b` with `c_d`"),
        ("Where is (the old) a_b set?", "where is (the old) a_b set"),
        ("How does the worker's cache expire?", "how does the worker's cache expire"),
        ("What was removed?", "what was removed"),
        ("What has changed?", "what has changed"),
        ("Is `a_b`'s value `c_d`() cached?", "is `a_b`'s value `c_d` cached"),
        ("Which users' keys are cached?", "which users' keys are cached"),
        ("Where do we look up names?", "Where are names looked up?"),
        ("Where do we round prices if x_y is set?", "where do we round prices if x_y is set"),
        ("Which keys does the job sort?", "What keys does the job sort?"),
        ("Which jobs cannot start?", "Which jobs can not start?"),
        ("List keys that jobs munge", "List the keys that jobs munge"),
        ("What is the parser waiting on?", "what's the parser waiting on"),
        ("Which keys are?", "What keys are"),
        ("Where is the client's read?", "where is the client's read"),
        ("What does the test run log to disk?", "what does the test run log to disk"),
        ("A parser's size?", "What is the size of the parser?"),
        ("List tables defined in a.py", "Which tables are defined in a.py?"),
        ("List the data written", "Which data are written?"),
        ("Which module that is used is responsible for parsing dates?",
         "which module that is used is responsible for parsing dates"),
        ("List modules that are responsible for parsing dates", "Which modules parse dates?"),
        ("Explain for me where the role is set", "Where is the role set?"),
        ("Where does the user test the build cache?", "where does the user test the build cache"),
        ("Find keys that may expire", "Which keys may expire?"),
        ("How the file that is read is closed", "How the file that is read is closed?"),
    ],
)  # fmt: skip
def test_rewordings_of_one_question_share_a_key(texts: tuple[str, ...]) -> None:
    assert same(*texts)


# What is not


@pytest.mark.parametrize(
    "texts",
    [
        ("Convert a_b to c_d how?", "Convert c_d to a_b how?"),
        ("How do we convert A to B?", "How do we convert B to A?"),
        ("Does a_b import c_d?", "Does c_d import a_b?", "Is a_b imported by c_d or e_f?"),
        ("What does a_b call?", "What calls a_b?", "Is a_b called?"),
        ("Which keys set?", "Which keys are set?"),
        ("Where does the pool read?", "Where is the pool read?"),
        ("Which imports of a.py are used in b.py?", "Which imports of b.py are used in a.py?"),
        ("Which test runs on CI?", "List the test runs on CI"),
        ("Find the tests skipped on CI", "Where are the tests skipped on CI?"),
        ("How are events grouped by user?", "How does the user group events?"),
        ("How does the code split work?", "How is work split?"),
        ("What is the type of the default?", "What is the default type?"),
        ("Where in a.py is b_c used?", "Where is b_c in a.py used?"),
        ("List tests of a.py", "List tests in a.py"),
        ("Why isn't the null column read?", "Why is the not null column read?"),
        ("What is a session?", "What is the session?", "What is session?"),
        ("What are hooks?", "What are the hooks?"),
        ("What does the parser do?", "Explain the parser", "How does the parser work?"),
        ("Explain paging", "Explain how paging is implemented"),
        ("How do I configure logs?", "How are logs configured?"),
        ("Which modules have few tests?", "Which modules have a few tests?"),
        ("Who holds the most locks?", "Who holds most locks?"),
        ("Where was a_b set?", "Where is a_b set?", "Where can a_b be set?"),
        ("Explain the usage of the CLI", "How is the CLI used?"),
        ("Where is Session created?", "Where is session created?"),
        ("What does `open` do?", "What does open do?", 'What does "open" do?'),
        ("Where is 'a  b' printed?", "Where is 'a b' printed?"),
        ("What is in .?", "What is in ..?"),
        ("Explain how the test runs", "Explain how the tests run"),
        ("Which jobs does the cart have?", "Which jobs have the cart?"),
        ("How does the worker logs rotate?", "How does the worker log rotate?"),
    ],
)  # fmt: skip
def test_near_misses_have_keys_of_their_own(texts: tuple[str, ...]) -> None:
    assert differ(*texts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("defined", "used"), ("called", "imported"), ("tested", "documented"), ("set", "read"),
        ("enabled", "disabled"), ("added", "removed"), ("encoded", "decoded"),
        ("created", "deleted"), ("locked", "unlocked"),
    ],
)  # fmt: skip
def test_what_is_done_to_a_thing_stays_in_the_key(one: str, other: str) -> None:
    assert differ(f"Where is a_b {one}?", f"Where is a_b {other}?")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("default", "maximum"), ("minimum", "maximum"), ("first", "last"), ("request", "response"),
        ("client", "server"), ("sync", "async"), ("test", "production"), ("only", "any"),
    ],
)  # fmt: skip
def test_which_of_two_kinds_is_meant_stays_in_the_key(one: str, other: str) -> None:
    assert differ(f"How is the {one} token parsed?", f"How is the {other} token parsed?")


@pytest.mark.parametrize("word", ["not", "never", "only", "without", "except", "all", "any"])
def test_a_word_of_scope_changes_the_key_and_is_seen_as_polarity(word: str) -> None:
    query = read_query(f"Which jobs are {word} tests?")
    assert query.key != read_query("Which jobs are tests?").key
    assert query.polarity == (word,)


# What a query holds


def test_subjects_and_numbers_are_kept_as_written_in_their_order() -> None:
    query = read_query('How does `Cart` use "a  b", ./x/y.py and 2 of v1.3?')
    assert query.subjects == ("Cart", "a  b", "x/y.py")
    assert query.numbers == ("2", "v1.3")
    assert query.text == 'How does `Cart` use "a  b", ./x/y.py and 2 of v1.3?'


def test_the_intent_and_the_content_words_are_told() -> None:
    query = read_query("Find where failed payments get logged")
    assert (query.intent, query.stems) == (Intent.WHERE, ("failed", "payments", "logged"))


def test_a_leading_negation_is_polarity_too() -> None:
    assert read_query("Why isn't the cache cleared?").polarity == ("not",)


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "Wo ist a_b definiert?", "O\u00f9 est d\u00e9fini a_b ?", "Where is it? And why?",
        "Where is `a_b defined?", "Explain\n```\nx = 1\n```", "Explain " + "word " * 61,
        "Where is a_b, e.g. in tests?", 'Explain re"x"', "List", "List every",
        "Find", "Explain the", "What", "What does?", "In tests where?", "Give up", "Give me",
        "Where is what'z'it?", "How", "Where is a_b set in `x`y?", "hooks?", "for names?",
        "schema?",
        "in default", "Which one is a'b?",
        "Where is 's?", "Explain " + "x" * 700,
    ],
)  # fmt: skip
def test_what_is_not_understood_is_keyed_by_its_exact_text(text: str) -> None:
    query = read_query(text)
    assert not query.is_canonical
    assert query.intent is Intent.EXACT
    assert query.key != read_query(text + " x").key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "What does it print?\n\nif a:\n    b()\n    c()",
            "What does it print?\n\nif a:\n    b()\nc()",
        ),
        ("Explain:\na:\n  b: 1\n  c: 2", "Explain:\na:\n  b: 1\n    c: 2"),
        ("Explain the rule\nall:\n\tgcc a.c", "Explain the rule\nall:\n    gcc a.c"),
        ("Where is \u201ca b\u201d used?", "Where is \u201ca  b\u201d used?"),
    ],
)
def test_what_lines_are_indented_by_and_blanks_in_quotes_stay(one: str, other: str) -> None:
    assert read_query(one).text != read_query(other).text
    assert read_query(one).key != read_query(other).key


# Properties


@given(templates, identifiers, st.sampled_from(["", " ", "  ", "\n", "\t "]))
def test_the_key_ignores_surrounding_blanks_final_marks_and_please(
    template: str, name: str, blank: str
) -> None:
    bare = template.format(name).rstrip("?")
    key = read_query(bare).key
    for text in (f"{blank}{bare}?{blank}", f"{bare}.", f"please {bare}", f"Please, {bare}??"):
        assert read_query(text).key == key


@given(templates, identifiers, st.data())
def test_another_case_or_character_of_an_identifier_is_another_question(
    template: str, name: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(name) - 1).filter(lambda at: name[at] != "_"))
    upper = name[:at] + name[at].upper() + name[at + 1 :]
    changed = name[:at] + ("q" if name[at] != "q" else "z") + name[at + 1 :]
    assert differ(*(template.format(each) for each in (name, upper, changed, name + "s")))


@given(templates, identifiers, identifiers)
def test_different_identifiers_never_share_a_key(template: str, one: str, other: str) -> None:
    equal = read_query(template.format(one)).key == read_query(template.format(other)).key
    assert equal == (one == other)


@given(st.sampled_from(PLAIN), st.data())
def test_a_not_anywhere_changes_the_key(text: str, data: st.DataObject) -> None:
    words = text.split()
    at = data.draw(st.integers(1, len(words)))
    negated = " ".join([*words[:at], "not", *words[at:]])
    assert differ(text, negated)


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    query = read_query(text)
    assert len(query.key) == 64
    assert standing(query) in Standing


WORDS = [
    "the",
    "a",
    "an",
    "of",
    "'s",
    "is",
    "are",
    "does",
    "do",
    "what",
    "which",
    "where",
    "who",
    "how",
    "that",
    "in",
    "by",
    "for",
    "to",
    "`foo`",
    "a.py",
    "X_y",
    "tests",
    "test",
    "read",
    "reads",
    "set",
    "run",
    "called",
    "calls",
    "usages",
    "callers",
    "definition",
    "number",
    "return",
    "value",
    "not",
    "we",
    "i",
    "it",
    "this",
    "many",
    "responsible",
    "parsing",
    "purpose",
    "used",
    "has",
    "have",
    "there",
    "exist",
    ",",
    "(",
    ")",
    ":",
    "default",
    "schema",
    "find",
    "list",
    "show",
    "explain",
    "every",
    "all",
    "get",
    "gets",
    "cleared",
    "please",
    "tell",
    "me",
    "functions",
    "code",
    "mean",
    "isn't",
]


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_any_heap_of_question_words_can_be_read_and_is_read_the_same_again(
    words: list[str],
) -> None:
    text = " ".join(words)
    query = read_query(text)
    assert standing(query) in Standing
    assert read_query(query.text).key == query.key


@pytest.mark.parametrize(
    "piece", ["a", "'", '"', "`", "that ", "a.", "the error ", "it, ", "? ", "```", "who ", "\n"]
)
def test_a_very_long_text_is_no_question(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    query = read_query(text)
    assert not query.is_canonical
    assert query.text == text
    assert standing(query) is Standing.NOT_A_QUESTION


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["a", "'", "`", "that ", "a.", "it, ", "? ", "who ", "\n"])
def test_the_longest_text_that_is_read_is_not_canonical(piece: str) -> None:
    query = read_query(piece * (LONGEST // len(piece)))
    assert not query.is_canonical
    assert isinstance(standing(query), Standing)


# Standing

STANDINGS = {
    Standing.RESEARCH: [
        "Where is X_y defined?", "Which tests were added for X?", "where is the cache cleared",
        "how do I add a route?", "How does the cache compute its key?", "max upload size?",
        "Explore how sessions are stored. Report file paths and line numbers.",
        "Find the SessionStore class. Where is it used?", "Is there a Dockerfile?",
        "Use grep and read the relevant files to determine how the index is rebuilt",
        "Give me an overview of the architecture", "In a.py, where is Foo used?",
        "Can you explain how the test runner starts?", "How is the current user determined?",
        "Explore the repository. Do not modify any files.", "Which functions call `commit`?",
        "Find the class that implements ToolRegistry", "I want to know which opcodes exist",
        "Where in the code do we log failed payments?", "Summarise src/main.rs",
        "What happens before the transaction commits?", "How are expired sessions removed?",
        "What happens if a token is expired and used?", "Which fields are modified by `save`?",
        "Are sessions older than a week deleted?", "How long are build artifacts kept?",
        "Which environment variables does the worker read?", "Is the Last-Modified header set?",
        "How many retries are left before it gives up?", "What runs next after the parser?",
        "Is the timeout due to the proxy?", "Does the parser carry over its state?",
        "What happens if the file already exists?", "How are results sorted?",
        "When are transactions committed?", "Which orders are pending?", "How are dirty rows kept?",
        "What does this app do?", "Which port does this server use?", "How is this system tested?",
        "Could you please walk me through the parser?", "Which hooks can you register?",
        "Can you find out where TIMEOUT is set?", "Can you take a look at how login works?",
        "Could you help me understand parse_config?", "Can we pass None to parse_config?",
        "Can TIMEOUT be negative?", "Should TIMEOUT be an integer?",
        "Where is TIMEOUT set? Keep it short.", "Which files use Foo? Group them by directory.",
        "Where is TIMEOUT set? It should be somewhere in core.", "Why don't we retry payments?",
        "Where is TIMEOUT set? It must be in a settings file.", "Where are failed jobs retried?",
        "What happens when the build fails?", "How are failing tests reported by the runner?",
        "Do the tests in core pass a clock to Foo?",
        "Does parse_config pass its errors on?", "What does the tests package check for?",
        "Where is the status of a deployment stored?", "Which exception does a failing job raise?",
    ],
    Standing.NOT_A_QUESTION: [
        "Add a route", "Can you fix the failing test?", "please make the button blue",
        "explain X and then fix it", "Explain how X works. Then refactor it.", "run the tests",
        "I want you to implement login", "let's refactor the cache", "thanks", "",
        "You should update the README", "Find X\n- Update Y", "Would you mind adding tests?",
        "Please do so", "Look at foo.py to fix the bug", "Find & replace foo with bar",
        "Where is X and can you remove it?", "Investigate and resolve the issue", "Refactor?",
        "Explain the bug; after that patch it", "```\nx\n```", "The build is broken",
        "Can you lower TIMEOUT to 3?", "Could you please document parse_config?",
        "Can you translate the README to German?", "Hi, can you raise TIMEOUT?",
        "Would you kindly sort the imports in a.py?", "Could you address the TODOs in a.py?",
        "Can you get the tests to pass?", "Can you turn off retries?", "Shall we rename Foo?",
        "Where is X set, and could you double it?", "Why don't you raise TIMEOUT?",
        "Any chance you double TIMEOUT?", "Is it possible for you to bump TIMEOUT?",
        "Where is TIMEOUT set? Double it.", "Where is TIMEOUT set? Please raise it to 10.",
        "Who calls Foo? Get rid of them.", "Where is TIMEOUT set? Lower it to 5, please.",
        "Where is TIMEOUT set? It must be 10.", "Where is TIMEOUT set? Should be 10.",
        "Where is TIMEOUT set? It needs doubling.", "Where is TIMEOUT set? It has to go.",
        "Where is TIMEOUT set? I need it to be 10.", "Where is TIMEOUT set? I'd like it gone.",
    ],
    Standing.LEANS_ON_CONTEXT: [
        "and in the tests?", "what about the other one", "why is that?", "where is it used?",
        "explain this function", "Explain it as above", "Where is that file?", "why?",
        "Why is the request sent again?", "in the tests?", "Which one?", "Explain the error?",
        "Where is its key computed?", "Explain the second one", "Where is the function defined?",
        "Where in src/a.py is it used?", "how did you find foo?", "What does this module do?",
        "What is the first one for?", "How does the second one work?", "Are there others?",
        "What did we decide?", "Where were we?", "What is the next step?",
        "What does the selected code do?", "Which file is open in my editor?",
    ],
    Standing.LEANS_ON_MOMENT: [
        "Is the certificate in a.pem expired?", "Has the license expired?",
        "Which TODO deadlines in plan.md have passed?", "Which tasks are overdue?",
        "How many days are left until the release in plan.md?", "How old is the repository?",
        "How long ago was version 1.2 released?", "How long has the bug in a.md been open?",
        "Which files are modified?", "Which file in src was modified last?",
        "What is the next milestone in plan.md?", "When is the next meeting?",
        "Is Python 3.8 still supported?", "Which events are upcoming?",
        "Which files are older than a year?", "How big is the repository?",
        "How many commits are there?", "Which files are in my home directory?",
        "Which environment variables are set?",
        "What is the current branch?", "what changed today", "Which files are uncommitted?",
        "Explain the last commit", "show recent changes", "Is the server running?",
        "What is the latest version of X in package.json?", "what did I just change",
        "How does login work now?", "Who wrote the payment module?",
        "Are any of the flags past their removal date?", "Which flags have lapsed?",
        "How long until the certificate is renewed?", "Which TODOs are due?",
        "Is the trial period over?", "Is Python 3.8 end of life?", "Is the sale still active?",
        "Which flags should already have been removed?", "Which test file is the oldest?",
        "Which file in m was edited last?", "List the migrations sorted by modification time",
        "Which files have not been touched the longest?", "Which flags are out of date?",
        "Has the grace period ended?", "Which milestones have we missed?", "Who is on call?",
        "Is everything committed?", "Is the repo dirty?", "Which changes are pending?",
        "Which files have been edited?", "Are we on the release branch?",
        "Are releases made from the checked out branch?",
        "Is CI green?", "Did CI pass?", "Are the tests passing?", "Do the tests pass?",
        "Which tests are failing?", "How many of the unit tests fail?", "Is main green?",
        "Do the tests of parse_config pass?", "Why do the unit tests for the new parser fail?",
        "Does the build of the docs succeed?", "Do the tests in tests/core still pass?",
        "Does the build succeed?", "Why is the build red?", "Why did the build fail?",
        "Which step of the pipeline fails?", "Did the deploy succeed?", "Does mypy pass?",
        "Is the deployment healthy?", "Was the migration applied?", "Did the migration run?",
        "Is TIMEOUT tested by the failing test?", "Is the server up?", "Is Redis reachable?",
        "Which containers are up?", "Which port is free?", "How much disk space is left?",
        "Which process uses port 8080?", "What is in the clipboard?", "What is the load average?",
        "Which Python version do I have?", "What is my IP address?",
        "What is the weather like?", "Is there a new release of aiohttp?",
        "What is the status of the deployment?",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "text"), [(kind, text) for kind, texts in STANDINGS.items() for text in texts]
)
def test_the_standing_of_a_text(expected: Standing, text: str) -> None:
    assert standing(read_query(text)) is expected
