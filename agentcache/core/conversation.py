"""Reading a conversation: what was asked, what was run, and whether it is a research run.

A research run begins with one question; after it only tools run, until the model answers. What is
said here is read from one Call alone: a Call carries its whole conversation.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agentcache.core.codec import digest
from agentcache.core.mentions import mentions_in
from agentcache.core.reasons import Reason
from agentcache.core.values import Call, Opaque, Part, Text, ToolResult, ToolUse, Turn


class Stage(StrEnum):
    """How far the conversation is."""

    OPENING = "opening"  # the question was just asked
    UNDERWAY = "underway"  # tools have run


@dataclass(frozen=True, slots=True)
class ToolRun:
    """A tool that the model asked for, and what it gave back."""

    use: ToolUse
    result: ToolResult


@dataclass(frozen=True, slots=True)
class Reading:
    """A conversation that can be a research run.

    `preamble`: texts around the question that the host put there (reminders, environment,
    project instructions). `context`: digest of everything but the question, for answers that rest
    on the prompt itself; "" where tools are offered. `runs`: every tool run so far, in order.
    `asides`: what the host said beside their results. `mentions`: the tools that the host itself
    ran for files that the question names with `@`; `shown`: the texts in which it says so, which
    are no word of its own on where and when the agent works.
    """

    stage: Stage
    question: str
    preamble: tuple[str, ...]
    context: str
    runs: tuple[ToolRun, ...]
    asides: tuple[str, ...] = ()
    mentions: tuple[ToolRun, ...] = ()
    shown: tuple[str, ...] = ()


def read_conversation(call: Call) -> Reading | Reason:
    """The conversation of `call`, or the Reason why it is no research run."""
    if has_hidden_history(call):
        return Reason.FOLLOW_UP
    if any(_has_hidden_work(turn) for turn in call.turns):
        return Reason.NOT_READ
    if any(turn.role == "assistant" and not _uses(turn) for turn in call.turns):
        if call.tools or any(_uses(turn) for turn in call.turns):
            return _read_after_setup(call)
        return _read_plain(call)
    return _read_run(call, call.turns, ()) if call.tools else _read_plain(call)


def has_hidden_history(call: Call) -> bool:
    """Whether turns that the provider holds, and may change, stand before those of the request."""
    prompt = call.parameters.get("prompt")
    if isinstance(prompt, dict) and not prompt.get("version"):
        return True
    return any(call.parameters.get(name) for name in ("previous_response_id", "conversation"))


_THOUGHT = ("thinking", "redacted_thinking", "reasoning")
"""What the kinds of content begin with that a model only thought with."""


def is_thought(part: Part) -> bool:
    """Whether a part of a model's turn or reply is what it only thought with."""
    return isinstance(part, Opaque) and part.kind.startswith(_THOUGHT)


def _has_hidden_work(turn: Turn) -> bool:
    """Whether the model's turn holds more than its words, thoughts and calls of the host's tools.

    It may be what a tool of the provider's own found, in the web for one: nobody can verify that.
    """
    return turn.role == "assistant" and any(
        isinstance(part, Opaque) and not is_thought(part) for part in turn.parts
    )


# Hosts that introduce themselves in a user turn, which the model acknowledges, before the question.
_SETUP = ("This is the Qwen Code.", "This is the Gemini CLI.")


def _read_after_setup(call: Call) -> Reading | Reason:
    first, *rest = call.turns
    texts = _texts(first)
    is_setup = len(rest) > 1 and rest[0].role == "assistant" and not _uses(rest[0])
    if is_setup and texts and texts[0].startswith(_SETUP):
        return _read_run(call, rest[1:], texts)
    return Reason.FOLLOW_UP


def _read_run(call: Call, turns: Sequence[Turn], preamble: tuple[str, ...]) -> Reading | Reason:
    """One question, then assistant turns with tool uses and user turns with their results."""
    count = next((n for n, turn in enumerate(turns) if turn.role == "assistant"), len(turns))
    opening, rest = turns[:count], turns[count:]
    asked = _asked(opening)
    if isinstance(asked, Reason):
        return asked
    runs = _read_steps(rest)
    if isinstance(runs, Reason):
        return runs
    return Reading(
        stage=Stage.UNDERWAY if rest else Stage.OPENING,
        question=asked.question,
        preamble=(*preamble, *asked.preamble),
        context="" if call.tools else _context(call, opening, asked.question),
        runs=runs,
        asides=_asides(rest),
        mentions=asked.mentions,
        shown=asked.shown,
    )


def _read_plain(call: Call) -> Reading | Reason:
    """A Call without tools: the last user text is the question, all else is its context."""
    last = next((turn for turn in reversed(call.turns) if turn.role != "system"), None)
    if last is None or last.role != "user":
        return Reason.FOLLOW_UP
    asked = _asked([last])
    if isinstance(asked, Reason):
        return asked
    question = _without_reminders(asked.question, call.system)
    return Reading(Stage.OPENING, question, (), _context(call, [last], question), ())


def _without_reminders(question: str, system: Sequence[str]) -> str:
    """`question` without its last paragraphs, as far as they stand in the system prompt too.

    Hosts repeat at the end what the model tends to forget. The first paragraph is always the
    user's, and a reminder is made of whole lines of the prompt.
    """
    prompt = "\n".join(["", *(line.rstrip() for line in "\n".join(system).split("\n")), ""])
    breaks = list(re.finditer(r"\n[ \t]*\n", question))
    while breaks and f"\n{question[breaks[-1].end() :].strip()}\n" in prompt:
        question = question[: breaks.pop().start()]
    return question


@dataclass(frozen=True, slots=True)
class _Asked:
    question: str
    preamble: tuple[str, ...]
    mentions: tuple[ToolRun, ...]
    shown: tuple[str, ...]


def _asked(opening: Sequence[Turn]) -> _Asked | Reason:
    parts = [(turn.role, part) for turn in opening for part in turn.parts]
    if any(isinstance(part, Opaque) for _, part in parts):
        return Reason.NOT_READ
    if any(isinstance(part, ToolResult | ToolUse) for _, part in parts):
        return Reason.FOLLOW_UP
    texts = [(role, part.text) for role, part in parts if isinstance(part, Text)]
    mentions, told = mentions_in([text for _, text in texts])
    preamble: list[str] = []
    question: list[str] = []
    for place, (role, text) in enumerate(texts):
        if place in told:
            continue
        around, asked = ([text], "") if role == "system" else part_question(text)
        preamble += around
        question += [asked] if asked else []
    if not question:
        return Reason.NOT_A_QUESTION
    runs = tuple(ToolRun(use, result) for use, result in mentions)
    shown = tuple(texts[place][1] for place in sorted(told))
    return _Asked(_unquoted("\n\n".join(question)), tuple(preamble), runs, shown)


_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"', re.DOTALL)


def _unquoted(text: str) -> str:
    """`text` without the quotes around all of it, with which some hosts pass an argument on."""
    match = _QUOTED.fullmatch(text)
    return match.group(1).replace('\\"', '"').strip() if match else text


# The parts of a block in tags of one name, as hosts wrap what they add to a user's words, and of
# one host's block below a heading. What stands between is found, as patterns go letter by letter.
_OPENING = re.compile(r"[ \t]*<([A-Za-z][\w-]*)(?: [^<>\n]*)?>")
_LINE_END = re.compile(r"[ \t]*(?:\n|$)")
_HEADING, _FOOTING = "# AGENTS.md instructions", "</INSTRUCTIONS>"


def part_question(text: str) -> tuple[list[str], str]:
    """Part a user text into the blocks that a host added, in order, and the user's own words.

    Only blocks that stand at the beginning or the end are a host's; tags between words are words.
    """
    # By positions: cutting the text at every block would take the square of its length.
    start, end = 0, len(text)
    around: list[str] = []
    while block_end := _block_end(text, start):
        around.append(text[start:block_end].strip())
        start = block_end
        while text.startswith("\n", start):
            start += 1
    after: list[str] = []
    while block := _last_block(text, start, end):
        after.append(text[slice(*block)].strip())
        end = block[0]
    return around + after[::-1], text[start:end].strip()


_CLOSING = re.compile(r"</([A-Za-z][\w-]*)>")


def _block_end(text: str, start: int) -> int:
    """Where the host's block ends that begins at `start`, 0 where none begins."""
    if text.startswith(_HEADING, start):
        footing = text.find(_FOOTING, start + len(_HEADING))
        if footing >= 0:
            end = footing + len(_FOOTING)
            while text[end : end + 1].isspace():
                end += 1
            return end
    opening = _OPENING.match(text, start)
    if opening is None:
        return 0
    closing = f"</{opening[1]}>"
    at = text.find(closing, opening.end())
    while at >= 0:
        line_end = _LINE_END.match(text, at + len(closing))
        if line_end is not None:
            return line_end.end()
        at = text.find(closing, at + 1)
    return 0


def _last_block(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the block begins and ends that is the last before `end`, but for blanks."""
    while end > start and text[end - 1].isspace():
        end -= 1
    last = text.rfind("</", start, end)
    closing = _CLOSING.fullmatch(text, last, end) if last >= 0 else None
    if closing is None:
        return None
    begin = text.rfind(f"\n<{closing[1]}", start, end) + 1
    opening = _OPENING.match(text, begin, last) if begin else None
    return (begin, end) if opening is not None and opening[1] == closing[1] else None


def _read_steps(turns: Sequence[Turn]) -> tuple[ToolRun, ...] | Reason:
    runs: list[ToolRun] = []
    asked_for: list[ToolUse] = []
    for turn in turns:
        results = {part.id: part for part in turn.parts if isinstance(part, ToolResult)}
        if turn.role != "user" and results:
            return Reason.FOLLOW_UP
        if turn.role == "assistant":
            asked_for += _uses(turn)
            continue
        for part in turn.parts:
            if isinstance(part, Opaque):
                return Reason.NOT_READ
            is_said = isinstance(part, Text) and turn.role != "system"
            if isinstance(part, ToolUse) or (is_said and part_question(part.text)[1]):
                return Reason.FOLLOW_UP
        if turn.role == "user":
            # The model reads all results, also one for no tool or a second one.
            given = sum(isinstance(part, ToolResult) for part in turn.parts)
            asked = {use.id for use in asked_for}
            if asked != results.keys() or not given == len(asked_for) == len(asked):
                return Reason.FOLLOW_UP
            runs += [ToolRun(use, results[use.id]) for use in asked_for]
            asked_for = []
    return tuple(runs) if not asked_for else Reason.FOLLOW_UP


# What a host counts in a system turn: `<left>9 of 10</left>`.
_COUNTED = re.compile(r"<([\w-]+)>\W*\d+(?:\W+(?:\d+|of|left|used|tokens|remaining))*\W*</\1>")


def _asides(turns: Sequence[Turn]) -> tuple[str, ...]:
    asides: list[str] = []
    for turn in turns:
        for text in _texts(turn) if turn.role != "assistant" else ():
            blocks, words = part_question(text)
            if turn.role == "system":
                blocks = [block for block in blocks if not _COUNTED.fullmatch(block)]
                blocks += [words] if words else []
            asides += blocks
    return tuple(asides)


def _uses(turn: Turn) -> list[ToolUse]:
    return [part for part in turn.parts if isinstance(part, ToolUse)]


def _texts(turn: Turn) -> tuple[str, ...]:
    return tuple(part.text for part in turn.parts if isinstance(part, Text))


def _context(call: Call, asking: Sequence[Turn], question: str) -> str:
    """Digest of all that the model sees but the question's own words in the turns that ask it."""
    turns = [
        [turn.role, [_seen(part, words) for part in turn.parts]]
        for turn in call.turns
        for words in [question if any(turn is one for one in asking) else ""]
    ]
    return digest([call.system, turns])


def _seen(part: object, question: str) -> object:
    if question and isinstance(part, Text):
        before, found, after = part.text.rpartition(question)
        return [before, after] if found else part.text
    return part
