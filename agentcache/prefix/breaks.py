"""Where and why a prompt leaves the prefix of an earlier one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from agentcache.core.codec import Json, JsonObject, convert, encode_json
from agentcache.core.counting import counted
from agentcache.core.values import WireName
from agentcache.prefix.causes import cause_of, value_of
from agentcache.prefix.differing import around, common_length, common_suffix_length
from agentcache.prefix.prompt import Block, Level, Prompt
from agentcache.prefix.toggles import Toggle, find_toggle
from agentcache.prefix.tokens import estimate_tokens
from agentcache.prefix.verdict import Verdict, move_for, reason_for, repair_for

_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True)
class Break:
    """A prompt that does not extend the prefix of an earlier one.

    `place`: of the block, or the name of the setting; `byte`: of the first difference within the
    block's content. `was` and `now`: a few words around it on both sides, "" where there is
    nothing. `reason`: the provider's own word. `tokens`: an estimate of what stands in both prompts
    and could have been read: what is behind the difference, and on Anthropic's wire what is before
    it with no breakpoint between.
    """

    level: Level
    place: str
    byte: int
    was: str
    now: str
    verdict: Verdict
    reason: str
    tokens: int

    @property
    def repair(self) -> str:
        """What would repair it, in one sentence."""
        return repair_for(self.verdict, self.level)


def find_break(earlier: Prompt, later: Prompt, *, verdict: Verdict | None = None) -> Break | None:
    """The first place at which `later` leaves the prefix of `earlier`; None where it does not.

    A prompt that ends within the earlier one leaves nothing. `verdict`: the cause, where the caller
    knows it from more than these two prompts.
    """
    at = find_divergence(earlier, later)
    toggle = find_toggle(earlier, later)
    level = None if at is None else _level_at(earlier, later, at)
    if toggle and (level is None or _LEVELS.index(toggle.level) <= _LEVELS.index(level)):
        return _toggled(earlier, later, toggle, verdict)
    if at is None or level is None:
        return None
    cause = verdict or cause_of(earlier, later, at, level)
    old, new = _block(earlier, at, level), _block(later, at, level)
    block = new or old
    place = block.place if block else level.value
    was, now = _sides(old, new)
    return Break(
        level=level,
        place=place,
        byte=common_length(old.content, new.content) if old and new else 0,
        was=was,
        now=now,
        verdict=cause,
        reason=reason_for(later.wire, cause, level),
        tokens=_tokens_lost(earlier, later, at, is_same=old is not None and new is not None),
    )


def find_divergence(earlier: Prompt, later: Prompt) -> int | None:
    """The index of the first block that differs; None where one prompt begins with the other."""
    pairs = zip(earlier.blocks, later.blocks, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: _is_same(*pair), pairs))
    return None if same in (len(earlier.blocks), len(later.blocks)) else same


def _is_same(one: Block, other: Block) -> bool:
    return one.content == other.content and one.level is other.level


def _level_at(earlier: Prompt, later: Prompt, at: int) -> Level:
    return min(earlier.blocks[at].level, later.blocks[at].level, key=_LEVELS.index)


def _block(prompt: Prompt, at: int, level: Level) -> Block | None:
    """The block at `at`, None where this prompt has already passed that level."""
    block = prompt.blocks[at]
    return block if block.level is level else None


def _sides(old: Block | None, new: Block | None) -> tuple[str, str]:
    was, now = (value_of(block) if block else "" for block in (old, new))
    return around(was, common_length(was, now)), around(now, common_length(was, now))


def _toggled(earlier: Prompt, later: Prompt, toggle: Toggle, verdict: Verdict | None) -> Break:
    cause = verdict or toggle.verdict
    first = _LEVELS.index(toggle.level)
    at = sum(_LEVELS.index(block.level) < first for block in earlier.blocks)
    return Break(
        level=toggle.level,
        place=toggle.name,
        byte=0,
        was=around(_shown(toggle.was), 0),
        now=around(_shown(toggle.now), 0),
        verdict=cause,
        reason=reason_for(later.wire, cause, toggle.level),
        tokens=_tokens_lost(earlier, later, at, is_same=False),
    )


def _shown(value: Json) -> str:
    return "" if value is None else encode_json(value).decode()


def _tokens_lost(earlier: Prompt, later: Prompt, at: int, *, is_same: bool) -> int:
    """What is equal and cannot be read from the cache, as block `at` differs.

    `is_same`: that block is the same one, changed.
    """
    tokens = 0
    is_by_marks = _reads_at_marks(earlier)
    if is_same:
        old, new = earlier.blocks[at].content, later.blocks[at].content
        suffix = common_suffix_length(old, new)
        tokens += estimate_tokens(new[len(new) - suffix :])
        if is_by_marks:
            tokens += estimate_tokens(new[: common_length(old, new)])
    if is_by_marks:
        tokens += sum(map(estimate_tokens, _contents(_before(earlier, at))))
    left = Counter(block.content for block in earlier.blocks[at:])
    for content in _contents(later.blocks[at:]):
        if left[content] > 0:
            left[content] -= 1
            tokens += estimate_tokens(content)
    return tokens


def _reads_at_marks(prompt: Prompt) -> bool:
    """Whether what was cached ends at breakpoints, none of them within a block: Anthropic's does.

    The others' caches are read up to the difference.
    """
    is_marked = prompt.automatic is not None or any(b.mark is not None for b in prompt.blocks)
    return prompt.wire is WireName.ANTHROPIC and is_marked


def _before(prompt: Prompt, at: int) -> Sequence[Block]:
    """The blocks before `at` behind which no breakpoint stands.

    Of messages that is not known: those of earlier turns were marked when they were the newest.
    """
    before = prompt.blocks[:at]
    if any(block.level is Level.MESSAGES for block in before):
        return ()
    return before[
        max((n for n, block in enumerate(before, 1) if block.mark is not None), default=0) :
    ]


def _contents(blocks: Sequence[Block]) -> list[bytes]:
    return [block.content for block in blocks]


def break_json(broken: Break) -> JsonObject:
    """A Break as JSON, to be stored, printed, or told by `break_lines`."""
    move = move_for(broken.verdict, broken.level)
    return {
        "verdict": broken.verdict.value,
        "reason": broken.reason,
        "level": broken.level.value,
        "place": broken.place,
        "byte": broken.byte,
        "was": broken.was,
        "now": broken.now,
        "tokens": broken.tokens,
        "move": None if move is None else move.value,
        "repair": broken.repair,
    }


def break_lines(broken: JsonObject) -> list[str]:
    """What `break_json` gave, in lines for people."""
    head = f"{broken['verdict']} ({broken['reason']}) in {broken['place']}, byte {broken['byte']}: "
    tokens = counted(convert(broken["tokens"], int), "token")
    lines = [f"{head}about {tokens} could not be read from the cache"]
    lines += [f"  {side}: {broken[side] or '(nothing)'}" for side in ("was", "now")]
    return [*lines, f"  repair: {broken['repair']}"]
