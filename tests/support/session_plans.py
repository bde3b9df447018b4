"""Sessions of several turns, with edits that change git's status or the files that a host shows."""

import random
from collections.abc import Mapping, Sequence

from support.host_sessions import Session
from support.provider_scripts import Course, Grep, Read, Shell, Turn
from support.provider_values import ToolCall

_ANSWER = (
    "Done: the limit is raised where it is set, and all that asks for it goes through the same "
    "function, so nothing else had to change. I ran no tests, as there are none for it."
)
_EXPLAINED = (
    "Each module sets its own limit in its third line and hands it to the functions below; none "
    "is read from a configuration. A row is counted when it is read, not when it is kept, so that "
    "a limit of ten means ten attempts. Only the queue asks twice. "
)
_RULES = "Keep functions short.\nSay why in comments, never what.\nEvery limit has a test.\n"


def code(name: str, size: int) -> str:
    """A module of about `size` bytes, unlike every other, that sets a limit."""
    chance = random.Random(name)  # noqa: S311  # not for secrets
    words = ("row", "path", "limit", "name", "key", "value", "state", "line", "count", "reply")
    text = f'"""What {name} does."""\n\n{limit(name, 10)}\n'
    while len(text) < size:
        verb, noun, other = chance.sample(words, 3)
        number = chance.randrange(10_000)
        text += (
            f"\n\ndef {verb}_{noun}_{number}({noun}, {other}=None):\n"
            f'    """The {noun} of a {verb}, by its {other}."""\n'
            f"    if {other} is None:\n        return {noun} * {number}\n"
            f"    return {noun} + {other} * {number % 97}\n"
        )
    return text


def limit(name: str, value: int) -> str:
    """The line that sets a module's limit."""
    return f"LIMIT_{name.upper()} = {value}"


def _repository(names: Sequence[str], size: int) -> dict[str, str]:
    return {"CLAUDE.md": _RULES} | {f"{name}.py": code(name, size) for name in names}


def _edit(name: str, value: int, *more: Turn) -> Course:
    """The model reads a module and raises its limit by ten, to `value`."""
    change = {
        "file_path": f"{name}.py",
        "old_string": limit(name, value - 10),
        "new_string": limit(name, value),
    }
    return Course((Read(f"{name}.py"), ToolCall("Edit", dict(change)), *more), _ANSWER)


def _short(host: str) -> Session:
    """Four turns: a question, two edits and a commit between them."""
    turns = {
        "Where are the limits set?": Course((Grep("^LIMIT_"), Read("readers.py")), _EXPLAINED),
        "Raise the limit of the readers to 20.": _edit("readers", 20, Grep("LIMIT_READERS")),
        "Commit that.": Course((Shell("git commit -qam 'Raise the limit'"),), "It is committed."),
        "Raise the limit of the writers too.": _edit("writers", 20),
    }
    return Session(
        name=f"{host}, 4 turns",
        host=host,
        files=_repository(("readers", "writers"), 1500),
        turns=tuple(turns),
        plan=turns,
        edits={f"{name}.py": limit(name, 20) for name in ("readers", "writers")},
    )


_LONG = ("readers", "writers", "queues", "routes", "tokens", "leases")


def _long(host: str) -> Session:
    """Six edits of files of 21 KB, a turn for each."""
    turns = {f"Raise the limit of the {name} to 20.": _edit(name, 20) for name in _LONG}
    turns["What was changed?"] = Course((Shell("git diff --stat"),), _EXPLAINED)
    return Session(
        name=f"{host}, long",
        host=host,
        files=_repository(_LONG, 21_000),
        turns=tuple(turns),
        plan=turns,
        edits={f"{name}.py": limit(name, 20) for name in _LONG},
    )


_SIZES = {"readers": 18_000, "retry": 3_000, "writers": 18_000, "bounds": 6_000, "queues": 18_000}


def _block(name: str, value: int) -> str:
    """An edit in the form that Aider reads."""
    lines = ("<<<<<<< SEARCH", limit(name, value - 10), "=======", limit(name, value))
    fenced = "\n".join(["```python", *lines, ">>>>>>> REPLACE", "```"])
    return f"{_ANSWER}\n\n{name}.py\n{fenced}\n"


# One that Aider knows to take breakpoints.
_MARKABLE = ("--model", "anthropic/claude-sonnet-4-20250514")


def _aider(host: str, kind: str, *arguments: str) -> Session:
    """Chat files of 63 KB, of which a small one is edited again and again, and once another."""
    edited = iter([*["retry"] * 5, "bounds", *["retry"] * 6])
    values = dict.fromkeys(_SIZES, 10)
    turns: dict[str, Course] = {}
    for number, turn in enumerate("?!!!?!!!!?!!!!?!?"):
        if turn == "?":
            turns[f"Question {number}: how is the limit kept?"] = Course((), _EXPLAINED * 3)
        else:
            name = next(edited)
            values[name] += 10
            words = f"Raise the limit of {name} to {values[name]}."
            turns[words] = Course((), _block(name, values[name]))
    files = {f"{name}.py": code(name, size) for name, size in _SIZES.items()}
    return Session(
        name=f"Aider, 63 KB of chat files, {kind}",
        host=host,
        files=files,
        turns=(*turns, "/exit"),
        plan={f"USER: {turn}": Course((), "feat: raise a limit") for turn in turns} | turns,
        edits={f"{name}.py": limit(name, value) for name, value in values.items()},
        arguments=(*arguments, *files),
    )


SESSIONS: Mapping[str, Session] = {
    session.name: session
    for session in (
        _short("nano-anthropic"),
        _long("nano-anthropic"),
        _long("nano-openai"),
        _short("cheetahclaws-anthropic"),
        _aider("aider-anthropic", "own marks", *_MARKABLE, "--cache-prompts"),
        _aider("aider-anthropic", "no marks", *_MARKABLE),
        _aider("aider-openai", "OpenAI"),
    )
}
