"""Frames of questions filled with random words: what swaps two of them is another question.

Of each frame the first line is a question, the lines that begin with `=` ask the same in other
words, all others ask something else.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from agentcache.core.query import agree, read_query
from agentcache.core.query.verbs import gerund_of, participle_of, third_of
from core.test_agree_meanings import ADJECTIVES, NAMES, NOUNS, VERBS, plural

_CONDITIONS = ("when", "if", "after", "before", "unless", "until", "while", "because")
_GERUNDS = ("before", "after", "while", "without", "by", "when")
_JOINTS = (
    "instead of", "rather than", "ahead of", "in place of", "as opposed to", "in addition to",
    "on top of", "regardless of", "in front of", "on behalf of", "in favor of", "next to",
    "along with", "except for", "besides", "in terms of",
)  # fmt: skip
_PAIRED = (
    "depend on", "inherit from", "wait for", "listen to", "derive from", "rely on", "write to",
    "read from", "belong to",
)  # fmt: skip
_EITHER_WAY = (("to", "from"), ("from", "to"), ("with", "without"), ("before", "after"))
_MOODS = (("should", "can"), ("can", "must"), ("must", "may"), ("will", "would"), ("may", "should"))


def _frames() -> list[str]:
    found = [_FRAMES]
    for word in _CONDITIONS:
        other = "unless" if word != "unless" else "when"
        found.append(_CONDITION.replace("IF", word).replace("OTHER", other))
    found += [_GERUND.replace("IF", word) for word in _GERUNDS]
    found += [_INSTEAD.replace("JOINT", word) for word in _JOINTS]
    for verb in _PAIRED:
        base, _, rest = verb.partition(" ")
        found.append(_PAIR.replace("DOES", f"{third_of(base)} {rest}").replace("DO", verb))
    found += [_PLACE.replace("OTHER", other).replace("AT", at) for at, other in _EITHER_WAY]
    found += [_MOOD.replace("OTHER", other).replace("MAY", may) for may, other in _MOODS]
    blocks = [block for text in found for block in text.strip().split("\n\n")]
    return [
        block.replace("ASKED", asked).replace("SO", asked.lower())
        for block in blocks
        for asked in (("Where", "How", "Why") if "ASKED" in block else ("",))
    ]


_CONDITION = """
ASKED is {X} {done} IF {Y} {acts} {Z}?
= IF {Y} {acts} {Z}, SO is {X} {done}?
= ASKED does {X} get {done} IF {Z} is {acted} by {Y}?
= Tell me SO {X} is {done} IF {Y} {acts} {Z}
ASKED is {X} {done} IF {Z} {acts} {Y}?
ASKED is {Y} {done} IF {X} {acts} {Z}?
ASKED is {X} {acted} IF {Y} {does} {Z}?
ASKED does {Y} {act} {Z} IF {X} is {done}?
ASKED is {X} not {done} IF {Y} {acts} {Z}?
ASKED is {X} {done} IF {Y} does not {act} {Z}?
ASKED is {X} {done} OTHER {Y} {acts} {Z}?
"""
_GERUND = """
ASKED does {X} {do} {Y} IF {acting} {Z}?
= ASKED is {Y} {done} by {X} IF {acting} {Z}?
= IF {acting} {Z}, SO does {X} {do} {Y}?
ASKED does {X} {act} {Y} IF {doing} {Z}?
ASKED does {X} {do} {Z} IF {acting} {Y}?
ASKED does {Y} {do} {X} IF {acting} {Z}?
ASKED does {X} {act} {Z} IF {doing} {Y}?
ASKED does {X} {do} {Y} IF not {acting} {Z}?
"""
_INSTEAD = """
ASKED does {X} {do} {Y} JOINT {Z}?
= Explain SO {X} {does} {Y} JOINT {Z}
ASKED does {X} {do} {Z} JOINT {Y}?
ASKED is {Z} {done} JOINT {Y} by {X}?
ASKED does {Z} {do} {Y} JOINT {X}?
"""
_PAIR = """
Which {xs} DO {Y}?
= List the {xs} that DO {Y}
Which {xs} does {Y} DO?
List the {xs} that {Y} DOES
Which {xs} do not DO {Y}?

Does {X} DO {Y}?
= Check whether {X} DOES {Y}
Does {Y} DO {X}?
Check whether {Y} DOES {X}

What does {X} DO?
What DOES {X}?
"""
_PLACE = """
Which {xs} does {Y} {do} AT {Z}?
= Which {xs} are {done} AT {Z} by {Y}?
= List the {xs} {done} by {Y} AT {Z}
Which {xs} does {Z} {do} AT {Y}?
Which {xs} {do} {Y} AT {Z}?
Which {xs} does {Y} {do} OTHER {Z}?
Which {xs} {do} {Z} AT {Y}?
List the {xs} {doing} {Y} AT {Z}

How do I {do} {X} AT {Y}?
= Explain how to {do} {X} AT {Y}
How do I {do} {Y} AT {X}?
How do I {do} {X} OTHER {Y}?
How does {X} {do} AT {Y}?

Is {X} {done} AT {Y}?
Is {Y} {done} AT {X}?
Is {X} {done} OTHER {Y}?
Was {X} {done} AT {Y}?
Does {X} {do} AT {Y}?
"""
_MOOD = """
ASKED MAY {X} {do} {Y}?
= ASKED MAY {Y} be {done} by {X}?
ASKED OTHER {X} {do} {Y}?
ASKED MAY {Y} {do} {X}?
ASKED MAY {X} not {do} {Y}?
ASKED MAY {Y} not be {done} by {X}?
ASKED MAY {X} never {do} {Y}?
ASKED MAY only {X} {do} {Y}?
ASKED MAY {X} only {do} {Y}?
ASKED does {X} {do} {Y}?
"""
_FRAMES = """
ASKED does {X} {do} {Y} from {Z} to {W}?
= ASKED is {Y} {done} from {Z} to {W} by {X}?
ASKED does {X} {do} {Y} from {W} to {Z}?
ASKED is {Y} {done} to {Z} from {W} by {X}?
ASKED does {X} {do} {Z} from {Y} to {W}?

ASKED does {X} that {does} {Y} {act} {Z}?
= ASKED is {Z} {acted} by {X} that {does} {Y}?
ASKED does {Y} that {does} {X} {act} {Z}?
ASKED does {X} that {acts} {Y} {do} {Z}?
ASKED does {X} that {does} {Z} {act} {Y}?
ASKED does {X} that {Y} {does} {act} {Z}?
ASKED is {X} {acted} by {Z} that {does} {Y}?
ASKED is {Z} that {does} {Y} {acted} by {X}?

Why is {X} faster than {Y}?
= Explain why {X} is faster than {Y}
Why is {Y} faster than {X}?
Why is {X} not faster than {Y}?
Is {X} faster than {Y}?
Why is {X} slower than {Y}?

What happens to {X} when {Y} {does} {Z}?
= When {Y} {does} {Z}, what happens to {X}?
What happens to {Y} when {X} {does} {Z}?
What happens to {Z} when {Y} {does} {X}?
What happens to {X} when {Z} {does} {Y}?
What happens to {X} unless {Y} {does} {Z}?
What happens to {X} before {Y} {does} {Z}?
What happens to {X} when {Y} does not {do} {Z}?

What does {X} {do} {Y} with?
= With what does {X} {do} {Y}?
What does {X} {do} with {Y}?
What {does} {X} with {Y}?
What does {Y} {do} {X} with?

Which {xs} use {Y} to {do} {Z}?
Which {xs} use {Z} to {do} {Y}?
Which {xs} {do} {Y} using {Z}?
Which {xs} does {Y} use to {do} {Z}?

Which {xs} are {done} but not {acted}?
Which {xs} are {acted} but not {done}?

How many {xs} does each {y} have?
How many {ys} does each {x} have?
How many {ys} have each {x}?

What is the maximum number of {xs} per {y}?
What is the maximum number of {ys} per {x}?
What is the minimum number of {xs} per {y}?

What is the default {x} of {Y}?
= What's {Y}'s default {x}?
What is the default {y} of {X}?
What is the {y} of the default {x}?
What was the default {x} of {Y}?

Is there a {x} for {Y}?
= Does {Y} have a {x}?
Is there a {y} for {X}?
Does {X} have a {y}?
Is there no {x} for {Y}?

Where is the first {x} of the last {y} {done}?
Where is the last {x} of the first {y} {done}?
Where is the first {y} of the last {x} {done}?

Which {xs} {do} both {Y} and {Z}?
Which {xs} {do} either {Y} or {Z}?
Which {xs} {do} neither {Y} nor {Z}?
Which {xs} {do} {Y} but not {Z}?
Which {xs} do both {Y} and {Z} {do}?

Which of the {xs} {do} all {ys}?
Which of the {xs} {do} any {ys}?
Which of the {ys} {do} all {xs}?
Which of all the {xs} {do} {ys}?

Where is {X} checked after validating {Y}?
= After validating {Y}, where is {X} checked?
Where is {X} validated after checking {Y}?

Which stage runs in each phase?
Which phase runs in each stage?
"""


_VERB_FORMS: tuple[Callable[[str], str], ...] = (str, third_of, participle_of, gerund_of)


@dataclass(frozen=True, slots=True)
class Filled:
    same: list[str]
    others: list[str]


def fill(frame: str, rng: random.Random) -> Filled:
    heads = rng.sample(NOUNS, 4)
    verbs = rng.sample([verb for verb in VERBS if verb != "use" and verb not in heads], 2)
    words = {
        form: make(verb)
        for verb, forms in zip(
            verbs,
            (("do", "does", "done", "doing"), ("act", "acts", "acted", "acting")),
            strict=True,
        )
        for form, make in zip(forms, _VERB_FORMS, strict=True)
    }
    for place, head in zip("XYZW", heads, strict=True):
        words |= {place: _said(head, rng), place.lower(): head, f"{place.lower()}s": plural(head)}
    lines = [_begun(line.format_map(words)) for line in frame.splitlines()]
    same = [line.removeprefix("= ") for at, line in enumerate(lines) if not at or line[0] == "="]
    return Filled(same, [line for line in lines[1:] if line[0] != "="])


def _begun(line: str) -> str:
    at = 2 if line.startswith("= ") else 0
    return line[:at] + line[at].upper() + line[at + 1 :]


def _said(head: str, rng: random.Random) -> str:
    other = rng.choice([noun for noun in NOUNS if noun != head])
    return rng.choice(
        [f"the {head}"] * 4
        + [f"the {other} {head}", f"the {rng.choice(ADJECTIVES)} {head}", rng.choice(NAMES[:4])]
        + [f"the {head} of the {other}", plural(head)]
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_frame_with_its_words_swapped_is_another_question(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # the same questions each time
    wrong = []
    for frame in _frames():
        for filled in (fill(frame, rng), fill(frame, rng)):
            if len({*filled.same, *filled.others}) < len(filled.same) + len(filled.others):
                continue  # one name stands in two places
            others = [read_query(text) for text in filled.others]
            wrong += [
                (text, other.text)
                for text in filled.same
                for other in others
                if agree(read_query(text), other).is_agreed
            ]
    assert wrong == []


def test_most_wordings_of_a_frame_agree() -> None:
    rng = random.Random(1)  # noqa: S311  # as above
    filled = [fill(frame, rng) for frame in _frames() for _ in range(3)]
    pairs = [(one.same[0], text) for one in filled for text in one.same[1:]]
    agreed = sum(agree(read_query(one), read_query(other)).is_agreed for one, other in pairs)
    assert agreed >= 0.6 * len(pairs)
