"""Which earlier Call a Call continues, among all that one session sent.

State is kept in memory and only of prompts; who feeds it decides how long it lives.
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from agentcache.prefix.breaks import Break, find_break, find_divergence
from agentcache.prefix.causes import value_of
from agentcache.prefix.differing import common_length, common_suffix_length
from agentcache.prefix.prompt import Level, Prompt
from agentcache.prefix.toggles import settings_of
from agentcache.prefix.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """A prompt in its session. `number`: counted from 0 in the order of the session.

    `earlier`: the number of the prompt that it continues, None where it begins a conversation.
    `conversation`: the number of the prompt that the conversation began with. `broken`: None where
    the prefix holds, or where there is none to extend.
    """

    number: int
    earlier: int | None
    conversation: int
    broken: Break | None


_NEAR = 8
"""How many of the newest prompts are looked at where no message is shared."""


class Chains:
    """The conversations of one session: `follow` takes its prompts in the order they were sent.

    `limit`: how many prompts are remembered.
    """

    def __init__(self, *, limit: int = 1024) -> None:
        self._limit = limit
        self._count = 0
        self._seen: dict[int, _Seen] = {}
        # A beginning of messages, alone or behind one head -> the newest prompt that has it.
        self._passed: dict[tuple[int | None, int], int] = {}
        self._whole: dict[tuple[int, int], int] = {}

    def follow(self, prompt: Prompt) -> Step:
        """Where `prompt` belongs, and how it broke its prefix if it did."""
        later = _Seen(prompt, self._count)
        earlier, broken = self._place(later)
        if earlier is not None:
            later.conversation = earlier.conversation
        self._remember(later)
        return Step(
            later.number, None if earlier is None else earlier.number, later.conversation, broken
        )

    def _place(self, later: "_Seen") -> "tuple[_Seen | None, Break | None]":
        earlier = self._extended(later)
        if earlier is not None:
            return earlier, find_break(earlier.prompt, later.prompt)
        earlier = self._nearest(later)
        if earlier is None:
            return self._begun_anew(later)
        if earlier.head == later.head:
            return earlier, _break_in_history(earlier, later)
        return _apart(earlier, later)

    def _extended(self, later: "_Seen") -> "_Seen | None":
        """The same prompt, or the one that the model's newest turn answered."""
        for length in (len(later.messages), later.answered):
            found = self._whole.get((later.head, later.prefixes[length])) if length else None
            if found is not None and found in self._seen:
                return self._seen[found]
        return None

    def _nearest(self, later: "_Seen") -> "_Seen | None":
        """The prompt with the longest common beginning of messages; first those of the same head.

        Of those, one that is wholly extended, unless the newest goes on in words of `later`: then
        that one was rewritten.
        """
        own, other = self._longest(later, later.head), self._longest(later, None)
        length, number = own if own[0] >= other[0] else other
        if number is None:
            return None
        newest = self._seen[number]
        whole = self._whole.get((later.head, later.prefixes[length]))
        if whole is None or whole not in self._seen or whole == number:
            return newest
        behind = {block.content for block in later.messages[length:]}
        goes_on = any(block.content in behind for block in newest.messages[length:])
        return newest if goes_on else self._seen[whole]

    def _longest(self, later: "_Seen", head: int | None) -> tuple[int, int | None]:
        for length in range(len(later.messages), 0, -1):
            number = self._passed.get((head, later.prefixes[length]))
            if number is not None and number in self._seen:
                return length, number
        return 0, None

    def _begun_anew(self, later: "_Seen") -> "tuple[_Seen | None, Break | None]":
        """Of a prompt that shares no beginning: whose first message may have changed."""
        for earlier in list(self._seen.values())[: -_NEAR - 1 : -1]:
            if not _are_kin(earlier.prompt, later.prompt):
                continue
            if _share_most(earlier, later) and _goes_on(earlier, later):
                return earlier, find_break(earlier.prompt, later.prompt)
            if earlier.is_continued and _is_summary(later) and _is_shorter(later, earlier):
                cause = Verdict.COMPACTION
                return earlier, find_break(earlier.prompt, later.prompt, verdict=cause)
        return None, None

    def _remember(self, seen: "_Seen") -> None:
        self._count += 1
        self._seen[seen.number] = seen
        for prefix in seen.prefixes[1:]:
            self._passed[None, prefix] = self._passed[seen.head, prefix] = seen.number
        self._whole[seen.head, seen.prefixes[-1]] = seen.number
        if len(self._seen) > 2 * self._limit:
            self._forget(seen.number - self._limit)

    def _forget(self, last: int) -> None:
        self._seen = {number: seen for number, seen in self._seen.items() if number > last}
        self._passed = {key: number for key, number in self._passed.items() if number > last}
        self._whole = {key: number for key, number in self._whole.items() if number > last}


class _Seen:
    """A prompt with what it is found by. `head`: stands for everything before the messages.

    `prefixes`: one hash for each number of messages' blocks, from 0 on. `answered`: how many
    blocks stood there when the model gave its newest turn; `spoken`: and how many with that turn.
    `turns`: of the model.
    """

    def __init__(self, prompt: Prompt, number: int) -> None:
        self.prompt = prompt
        self.number = self.conversation = number
        self.messages = [block for block in prompt.blocks if block.level is Level.MESSAGES]
        head = [block.content for block in prompt.blocks if block.level is not Level.MESSAGES]
        self.head = hash((prompt.wire, repr(settings_of(prompt)), *head))
        self.prefixes = [hash(prompt.wire)]
        for block in self.messages:
            self.prefixes.append(hash((self.prefixes[-1], block.content)))
        is_model = [block.role == "assistant" for block in self.messages]
        ends = [at for at in range(1, len(is_model)) if is_model[at - 1] and not is_model[at]]
        starts = [at for at, one in enumerate(is_model) if one and not (at and is_model[at - 1])]
        self.turns = len(starts)
        self.answered = starts[-1] if starts else 0
        self.spoken = len(is_model) if is_model and is_model[-1] else ends[-1] if ends else 0

    @property
    def is_continued(self) -> bool:
        """Whether the model has said something in it."""
        return self.turns > 0

    @cached_property
    def opening(self) -> str:
        """The first text of the first message."""
        return value_of(self.messages[0]) if self.messages else ""


def _break_in_history(earlier: _Seen, later: _Seen) -> Break | None:
    """The break between prompts with one head, None where `later` only asks something else."""
    at = find_divergence(earlier.prompt, later.prompt)
    broken = find_break(earlier.prompt, later.prompt)
    if broken is None or at is None:
        return broken
    if broken.verdict is Verdict.COMPACTION and (later.is_continued or _tells_summary(later, at)):
        return broken
    is_new = all(block.role != "assistant" for block in later.prompt.blocks[at:])
    return broken if not is_new and _goes_on(earlier, later) else None


def _apart(earlier: _Seen, later: _Seen) -> tuple[_Seen | None, Break | None]:
    """A prompt that goes on with messages of another, behind another head."""
    if not later.is_continued:
        return None, None  # the same question, put to another agent
    if _are_kin(earlier.prompt, later.prompt):
        if not _goes_on(earlier, later):
            return None, None
        return earlier, find_break(earlier.prompt, later.prompt)
    if earlier.prompt.model != later.prompt.model or not _is_carried(earlier, later):
        return None, None  # a side call
    cause = Verdict.COMPACTION if _asks_for_summary(later) else Verdict.FORK
    return None, find_break(earlier.prompt, later.prompt, verdict=cause)


_ALIKE = 0.5
"""The share from which on two things are the same thing, changed."""


def _are_kin(one: Prompt, other: Prompt) -> bool:
    """Whether two prompts come from one agent: most tools and most of the system are the same."""
    if one.wire is not other.wire:
        return False
    tools, others = _names(one), _names(other)
    if tools != others and len(tools & others) < _ALIKE * len(tools | others):
        return False
    was, now = _system(one), _system(other)
    if was == now:
        return True
    longest = max(len(was), len(now))
    same = common_length(was, now) + common_suffix_length(was, now)
    return same >= _ALIKE * longest or _share_lines(was, now)


def _share_lines(was: str, now: str) -> bool:
    old, new = Counter(was.splitlines()), Counter(now.splitlines())
    return (old & new).total() >= _ALIKE * max(old.total(), new.total())


def _names(prompt: Prompt) -> frozenset[str]:
    return frozenset(
        block.place.partition(" ")[2] for block in prompt.blocks if block.level is Level.TOOLS
    )


def _system(prompt: Prompt) -> str:
    return "\n".join(value_of(block) for block in prompt.blocks if block.level is Level.SYSTEM)


def _is_carried(earlier: _Seen, later: _Seen) -> bool:
    """Whether all messages of a conversation stand at the beginning of a longer one."""
    length = len(earlier.messages)
    return (
        earlier.is_continued
        and length < len(later.messages)
        and earlier.prefixes[length] == later.prefixes[length]
    )


def _goes_on(earlier: _Seen, later: _Seen) -> bool:
    """Whether `later` says more than `earlier`, not the same or something else in its place.

    It does with more turns of the model, or with one behind what `earlier` said last.
    """
    if later.turns > earlier.turns:
        return True
    newest = {block.content for block in earlier.messages[earlier.spoken :]}
    return any(block.content in newest for block in later.messages[: later.answered])


def _share_most(earlier: _Seen, later: _Seen) -> bool:
    """Whether most of what was said stands in both, and something that the model said."""
    old = Counter(block.content for block in earlier.messages)
    new = Counter(block.content for block in later.messages)
    answers = {block.content for block in earlier.messages if block.role == "assistant"}
    return (old & new).total() >= _ALIKE * old.total() and not answers.isdisjoint(new)


def _is_shorter(later: _Seen, earlier: _Seen) -> bool:
    return len(later.messages) < len(earlier.messages)


_SUMMARY = re.compile(
    r"continued from a previous conversation|previous conversation|conversation so far"
    r"|(?:conversation|session) (?:summary|history)|summary of (?:the|our|this) "
    r"|\bcompact(?:ed|ion)\b|<summary>",
    re.IGNORECASE,
)
_SUMMARISE = re.compile(r"summar|compact", re.IGNORECASE)


def _is_summary(seen: _Seen) -> bool:
    return bool(_SUMMARY.search(seen.opening[:400]))


def _tells_summary(seen: _Seen, at: int) -> bool:
    """Whether a summary stands from block `at` on; else it is another question put first."""
    return any(
        "compaction" in block.kind or _SUMMARY.search(value_of(block)[:400])
        for block in seen.prompt.blocks[at:]
    )


def _asks_for_summary(seen: _Seen) -> bool:
    return bool(_SUMMARISE.search(value_of(seen.messages[-1])))
