"""Questions that differ in one small thing that changes the right answer: none is the other."""

import random
from itertools import combinations, product

import pytest

from agentcache.core.query import agree, read_query
from agentcache.core.query.likeness import DOING_BASES, MEMBER_OF

QUESTIONS = (
    "Where is `parse_args` defined?", "Which tests cover the parser?",
    "How does the scheduler pick a job?", "What is the default timeout of the client?",
    "List the environment variables used by the server.", "Is `cancel_order` tested?",
)  # fmt: skip

# Each of these, said beside a question, asks for another answer.
SOURCES = tuple(
    said
    for paper in ("docs", "documentation", "wiki", "readme", "release notes", "comments")
    for said in (
        f"Look at the {paper}", f"Go by the {paper}", f"See the {paper}", f"Read the {paper}",
        f"Only the {paper}", f"And in the {paper}", f"Summarize the {paper}",
    )
)  # fmt: skip
PARTS = ("Code only", "Docs only", "Source files only", "Only source files")
SOME = (
    *map(
        " ".join,
        product(
            ("Name", "Give", "Give me", "Return", "Find", "Just", "At most", "List"),
            ("one", "two", "three", "a few", "the first", "2"),
        ),
    ),
    "One is enough",
    "A few are enough",
    "Two will do",
)
_CONTENTS = tuple(
    f"{verb} {what}"
    for verb in ("Give me", "Return", "Just", "Report", "Answer with", "List")
    for what in (
        "the name", "the names", "the number", "the class name", "the function names",
        "the code", "the exact text", "the commands", "the steps",
    )
)  # fmt: skip
CONTENTS = (
    *_CONTENTS, "Names only", "As a number", "As bullets", "In markdown", "Use absolute paths",
)  # fmt: skip
MENDING = tuple(
    f"{verb} {what}"
    for verb in ("Suggest", "Propose", "Find", "Recommend", "List")
    for what in ("a fix", "fixes", "changes", "a solution", "possible improvements")
)
MEANT = (
    "I am asking about the new code", "I'm talking about the tests", "I want a number",
    "I need the names", "I would like a list", "We need the docs", "I need the commands",
)  # fmt: skip
KINDS = ("Docs", "Text format", "Commands", "The class", "Files", "Current release", "Two", "PR")
MORE = (
    "Is it needed?", "Is it?", "Can I change it?", "Can I edit it?", "Do we need it?",
    "Can we change it?", "Or is it?", "Does it change?", "Explain it.", "Review it.",
)  # fmt: skip

HELD = (
    "Don't answer yet", "Do not answer", "Please don't answer this", "Don't reply yet", "Not yet",
    "Don't start yet", "No need to answer", "No answer needed", "No response needed yet",
    "Answer later", "Answer after I say go", "Reply once I ask again", "Ask me first",
    "Ask before you look", "Check with me first", "Confirm with me before you answer",
    "Keep notes", "Take notes", "Ask a follow-up", "End with DONE", "Finish your answer with OK",
)  # fmt: skip


def beside(question: str, said: str) -> list[str]:
    said = said.rstrip(".")
    end = "" if said.endswith("?") else "."
    bare = question.rstrip("?.")
    low = said[0].lower() + said[1:]
    return [
        f"{question} {said}{end}",
        f"{said}{end} {question}",
        f"{question}\n{said}{end}",
        f"{bare}, {low.rstrip('?')}?",
        f"{bare} ({low.rstrip('?')})?",
        f"{bare} - {low.rstrip('?')}?",
    ]


@pytest.mark.parametrize(
    "said", [SOURCES, PARTS, SOME, CONTENTS, MENDING, MEANT, KINDS, MORE, HELD]
)
def test_what_asks_for_another_answer_beside_a_question_is_part_of_it(
    said: tuple[str, ...],
) -> None:
    wrong = [
        text
        for question, words in product(QUESTIONS, said)
        for text in beside(question, words)
        if agree(read_query(question), read_query(text)).is_agreed
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "said",
    [
        "Thanks!", "Keep it short.", "Please be brief.", "In two sentences, please.",
        "No code changes, please.", "Read-only, please.", "Give me the file and line.",
        "One sentence is enough.", "I'm just curious.", "No need to suggest a fix.",
        "Don't change anything yet.", "Let me know when you are done.", "Report back when done.",
    ],
)  # fmt: skip
def test_what_says_only_how_to_answer_still_is_no_part_of_a_question(said: str) -> None:
    question = "Where is `parse_args` defined?"
    assert agree(read_query(question), read_query(f"{question} {said}")).is_agreed


def classes() -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for base in sorted(DOING_BASES - {"limit", "cap"}):
        found.setdefault(MEMBER_OF[base][0], []).append(base)
    return [words for words in found.values() if len(words) > 1]


NAMING = (
    "Where is {} called?", "What does {} do?", "What does the {} method do?",
    "Where is the {} function defined?", "Which tests cover the {} endpoint?",
    "Explain the {} step", "How does the {} command work?", "Where is the {} button rendered?",
    "List the callers of {}", "Where is the {} date set?", "What calls {}?",
    "How does the {} handler check the input?", "What is the {} mode?",
    "Does the {} command delete files?", "Which files use the {} hook?",
)  # fmt: skip


def test_the_verbs_of_a_class_are_different_names() -> None:
    wrong = [
        (frame.format(one), frame.format(other))
        for words in classes()
        for one, other in combinations(words, 2)
        for frame in NAMING
        if agree(read_query(frame.format(one)), read_query(frame.format(other))).is_agreed
    ]
    assert wrong == []


def test_verbs_of_a_class_stand_for_each_other_where_they_are_verbs() -> None:
    rng = random.Random(3)  # noqa: S311  # the same pairs each time
    frames = ("How does the worker {} the file?", "How do I {} the file?", "Can a user {} a file?")
    pairs = [
        (frame.format(one), frame.format(other))
        for one, other in rng.sample([(w[0], w[1]) for w in classes()], 12)
        for frame in frames
    ]
    agreed = [agree(read_query(a), read_query(b)).is_agreed for a, b in pairs]
    assert sum(agreed) >= 0.9 * len(pairs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is the role of a user stored?", "Where is the goal of a user stored?"),
        ("Where are roles checked?", "Where are goals checked?"),
        ("What is the role of the admin?", "What is the purpose of the admin?"),
        ("What is the role of a new user?", "What is the aim of a new user?"),
        ("Where is the email verified?", "Where is the email validated?"),
        ("How are accounts verified?", "How are accounts checked?"),
        ("Where are messages produced?", "Where are messages generated?"),
        ("Which items are ordered?", "Which items are sorted?"),
        ("Where are HTML attributes parsed?", "Where are HTML fields parsed?"),
        ("Which type parameters does `Foo` have?", "Which type arguments does `Foo` have?"),
        ("Where are network switches configured?", "Where are network flags configured?"),
        ("Where is the stage deployed?", "Where is the phase deployed?"),
        ("Where are identifiers parsed?", "Where are ids parsed?"),
        ("Which logs have the info level?", "Which logs have the information level?"),
        ("At what time is the backup run?", "In which cases is the backup run?"),
        ("Which functions are used?", "Which functions are used internally?"),
        ("Which settings apply to production?", "Which settings apply to production specifically?"),
        ("Which requirements are pinned?", "Which requirements are pinned exactly?"),
        ("Where are versions matched?", "Where are versions matched exactly?"),
        (
            "What are the defaults of the client and the server?",
            "What are the different defaults of the client and the server?",
        ),
        ('Where is "Done..." printed?', 'Where is "Done\u2026" printed?'),
        ('Where is "it\'s" printed?', 'Where is "it\u2019s" printed?'),
        ('Where is "a - b" printed?', 'Where is "a\u2014b" printed?'),
        ('Where is "a b" printed?', 'Where is "a\u00a0b" printed?'),
        ("Where is `a-b` used?", "Where is `a\u2013b` used?"),
        ("Where is `f` imported?", "Where is `f` imported from?"),
        ("Where is the hook exported?", "Where is the hook exported from?"),
        ("Which line sets `X`?", "In which file is `X` set?"),
        ("Which lines of code handle `X`?", "Which file handles `X`?"),
        ("When is the lock held?", "When is the lock held briefly?"),
        ("How does the logger print errors?", "How does the logger print errors in one sentence?"),
        ("Where is memory freed?", "Where is memory freed if possible?"),
        ("What does the API return?", "What does the API return (not found)?"),
        ("What does the API return?", "What does the API return, no results?"),
        ("Where is the text shown?", "Where is the text shown, in the summary?"),
        ("How is the report written?", "How is the report written (to a file)?"),
        ("Where are jobs run?", "Where are jobs run, as needed?"),
        ("What does `./build` do?", "What does `build` do?"),
        ("Where is the var `parse` used?", "Where is the class `parse` used?"),
        ("Where is the `a` struct used?", "Where is the `a` var used?"),
    ],
)
def test_one_small_word_or_mark_makes_another_question(one: str, other: str) -> None:
    assert not agree(read_query(one), read_query(other)).is_agreed


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Where is the token verified?", "Where is the token validated?"),
        ("What is the role of the scheduler?", "What is the purpose of the scheduler?"),
        ("Where is the user id set?", "Where is the user identifier set?"),
        ("How is the cache filled internally?", "How is the cache filled?"),
        ("Where is `parse` defined exactly?", "Where is `parse` defined?"),
        ("Which different tests use `db`?", "Which tests use `db`?"),
        ("Where is \u201cDone\u201d printed?", 'Where is "Done" printed?'),
        ("Where is `./a/b.py` imported?", "Where is `a/b.py` imported?"),
    ],
)
def test_what_may_stand_for_another_word_still_does(one: str, other: str) -> None:
    assert agree(read_query(one), read_query(other)).is_agreed


@pytest.mark.parametrize(
    ("short", "long"),
    [("max", "maximum"), ("args", "arguments"), ("repo", "repository"), ("db", "database")],
)
@pytest.mark.parametrize(
    "asked",
    ["Where is {} called?", "What calls {}?", "Where is {} defined?", "What does {} return?",
     "Who calls {}?", "Which module imports {}?"],
)  # fmt: skip
def test_a_name_that_is_short_for_a_word_is_not_that_word(
    asked: str, short: str, long: str
) -> None:
    name = read_query(asked.format(short))
    assert not agree(name, read_query(asked.format(long))).is_agreed
    assert agree(name, read_query(asked.format(f"`{short}`"))).is_agreed


@pytest.mark.parametrize("tag", ["mode: production", "role: server", "mode: debug"])
def test_a_tag_of_what_is_asked_about_is_no_tag_of_a_host(tag: str) -> None:
    question = "Where is `parse_args` called?"
    assert not agree(read_query(f"[{tag}] {question}"), read_query(question)).is_agreed
    hosts = read_query(f"[mode: plan] [agent: explorer] {question}")
    assert agree(hosts, read_query(question)).is_agreed
