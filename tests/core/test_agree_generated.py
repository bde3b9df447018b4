"""Clauses that are generated from who does what to what: two that differ in that never agree."""

import itertools
import random
from collections import defaultdict

from agentcache.core.query import agree, agreement_key, read_query
from agentcache.core.query.verbs import gerund_of, participle_of, third_of

THINGS = (
    "parser", "cache", "user request", "job queue", "build step", "access token", "log handler",
    "page table", "`Foo_x`", "`a_b`", "main loop", "sort key",
)  # fmt: skip
VERBS = (
    "read", "call", "cache", "check", "load", "queue", "group", "sort", "handle", "copy", "send",
    "request", "filter", "log", "store", "expand", "parse", "start", "replace", "cover", "mount",
)  # fmt: skip
PLACES = (
    "", " in the worker", " on the client", " from the disk", " to the server", " for the admin",
    " before the release", " after the sync", " with the key", " by default",
)  # fmt: skip
MOODS = {"": ("does", "is", ""), "past": ("did", "was", ""), "should": ("should", "should", " be")}
ASKED = ("How", "Where", "Why", "When", "")

Meaning = tuple[str, str, str, str, str, str]


def with_article(thing: str) -> str:
    return thing if thing.startswith("`") else f"the {thing}"


def wordings(meaning: Meaning) -> list[str]:
    """Questions for one meaning: what is asked, who, does what, to what, where, in which mood."""
    asked, doer, verb, thing, place, mood = meaning
    one, other = with_article(doer), with_article(thing)
    does, is_, be = MOODS[mood.removesuffix("-not")]
    deny = " not" if mood.endswith("-not") else ""
    done = participle_of(verb)
    found = [
        f"{asked} {does} {one}{deny} {verb} {other}{place}?",
        f"{asked} {does}{deny} {one} {verb} {other}{place}?",
        f"{asked} {is_} {other}{deny}{be} {done} by {one}{place}?",
    ]
    if not mood and asked:
        found += [
            f"{asked} does {other} get {done} by {one}{place}?",
            f"Explain {asked.lower()} {one} {third_of(verb)} {other}{place}",
            f"Tell me {asked.lower()} {other} gets {done} by {one}{place}",
        ]
    if not mood and asked == "How":
        found += [
            f"Explain the {gerund_of(verb)} of {other} by {one}{place}",
            f"Explain {one}'s {gerund_of(verb)} of {other}{place}",
        ]
    return [text.strip() for text in found]


def generated(count: int) -> dict[Meaning, list[str]]:
    rng = random.Random(7)  # noqa: S311  # the same clauses each time
    moods = [mood + deny for mood in MOODS for deny in ("", "-not")]
    found: dict[Meaning, list[str]] = {}
    for _ in range(count):
        one, other = rng.sample(THINGS, 2)
        asked, verb, place = rng.choice(ASKED), rng.choice(VERBS), rng.choice(PLACES)
        mood = rng.choice(["", "", *moods])
        for doer, thing in ((one, other), (other, one)):
            meaning = (asked, doer, verb, thing, place, mood)
            found[meaning] = wordings(meaning)
    return found


def test_no_two_meanings_agree_in_any_wording() -> None:
    by_key: dict[str, list[tuple[Meaning, str]]] = defaultdict(list)
    for meaning, texts in generated(700).items():
        for text in texts:
            key = agreement_key(read_query(text))
            if key is not None:
                by_key[key].append((meaning, text))
    wrong = [
        (a, b)
        for group in by_key.values()
        for (one, a), (other, b) in itertools.combinations(group, 2)
        if one != other and agree(read_query(a), read_query(b)).is_agreed
    ]
    assert wrong == []


def test_most_wordings_of_one_meaning_agree() -> None:
    pairs = [(texts[0], text) for texts in generated(300).values() for text in texts[1:]]
    agreed = sum(agree(read_query(a), read_query(b)).is_agreed for a, b in pairs)
    assert agreed >= 0.65 * len(pairs)
