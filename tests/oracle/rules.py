"""Which rules there are, how often each is played, and the values it may be given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from oracle.edits import ATOMIC_EDITS, DIRECTORY_EDITS, FILE_EDITS, IGNORE_FILES
from oracle.files import DIRECTORIES, EDITED
from oracle.git_edits import GIT_EDITS
from oracle.ignoring import RULES as IGNORING
from oracle.questions import COMMON, LOOSE, RARE
from oracle.world import Setting, Step, Value

_HOSTS = (*["shell"] * 3, *["claude"] * 3, *["opencode"] * 2)
_TREES = (0, 1)
_NUMBERS = range(12)
_BACK = (0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 13, 16)
_SECRET = ("same size and time", "same size and time", "replace, same size and time")
"""Edits that leave hardly a trace."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`weight`: its share among all rules, in thousandths or so. `values`: the choices of each."""

    name: str
    weight: int
    values: Mapping[str, Sequence[Value]] = field(default_factory=dict)


_EDIT: Mapping[str, Sequence[Value]] = {
    "how": (*FILE_EDITS, *_SECRET),
    "file": EDITED,
    "number": _NUMBERS,
    "tree": _TREES,
}

RULES = (
    Rule("ask", 180, {"host": _HOSTS, "question": range(len(COMMON)), "tree": _TREES,
                      "phrase": range(4)}),
    Rule("ask", 420, {"back": _BACK, "tree": _TREES, "phrase": range(4)}),
    Rule("ask", 6, {"host": _HOSTS, "question": range(len(RARE)), "rare": (1,), "tree": _TREES}),
    Rule("ask", 10, {"host": _HOSTS, "question": range(4), "rare": (1,), "tree": _TREES}),
    Rule("ask_while_edited", 40, {**_EDIT, "back": _BACK, "when": ("opened", "ran", "answered")}),
    Rule("ask_while_edited", 15, {**_EDIT, "back": _BACK, "when": ("racing",),
                                  "how": ATOMIC_EDITS}),
    Rule("ask_while_edited", 10, {**_EDIT, "host": ("shell",), "question": LOOSE, "rare": (0,),
                                  "when": ("opened", "ran", "answered")}),
    Rule("ask_while_told", 10, {"back": _BACK, "tree": _TREES}),
    Rule("edit", 420, _EDIT),
    Rule("edit_directory", 12, {"how": tuple(DIRECTORY_EDITS), "directory": DIRECTORIES,
                                "number": _NUMBERS, "tree": _TREES}),
    Rule("ignore", 8, {"file": IGNORE_FILES, "number": range(len(IGNORING) + 3), "tree": _TREES}),
    Rule("mend", 14, {"tree": _TREES}),
    Rule("git", 10, {"how": (*GIT_EDITS, "commit", "commit"), "tree": _TREES}),
    Rule("add_worktree", 2),
    Rule("remove_worktree", 1),
    Rule("restart", 4),
    Rule("clear", 1),
    Rule("tell", 10, {"tree": _TREES}),
    Rule("settle", 24),
    Rule("wait", 4),
)  # fmt: skip


ABOUT_REFS = tuple(
    rule
    for rule in RULES
    if rule.name == "git" or (rule.name == "ask" and {"back", "rare"} & rule.values.keys())
)
"""What it takes for an answer about commits to become stale."""


ABOUT_RUNS = tuple(
    replace(rule, weight=100)
    for rule in RULES
    if rule.values.get("question") is LOOSE or rule.values.keys() == {"back", "tree", "phrase"}
)
"""What it takes for an answer to be kept that a change during its run made false."""

ABOUT_TIMES: Sequence[Rule] = (
    Rule("ask", 60, {"host": ("claude",), "question": range(len(COMMON)), "tree": (0,)}),
    Rule("ask", 120, {"back": _BACK, "tree": (0,)}),
    Rule(
        "edit",
        60,
        {"how": ("same size and time",), "file": EDITED, "number": range(4), "tree": (0,)},
    ),
    Rule("settle", 8),
)
"""Where nothing but the time of the change itself tells that a file changed."""


def draw_step(random: Random, rules: Sequence[Rule] = RULES) -> Step:
    """Any step by one of `rules`."""
    (rule,) = random.choices(rules, [rule.weight for rule in rules])
    return Step(rule.name, {name: random.choice(choices) for name, choices in rule.values.items()})


def draw_setting(random: Random) -> Setting:
    """Any setting; a memory of a few files forgets all the time."""
    return Setting(
        is_ahead=random.random() < 0.7,
        on_disk=random.random() < 0.5,
        capacity=random.choice((50_000, 50_000, 20)),
    )
