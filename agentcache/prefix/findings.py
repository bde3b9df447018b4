"""What wastes a prefix cache although no prefix broke: breakpoints, lifetimes, fan-outs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agentcache.prefix.breaks import find_divergence
from agentcache.prefix.chains import Step
from agentcache.prefix.marks_cache import positions_of
from agentcache.prefix.prompt import Level, Prompt
from agentcache.prefix.recording import RecordedCall
from agentcache.prefix.rules import Kind, ModelRules
from agentcache.prefix.tokens import estimate_tokens
from agentcache.prefix.verdict import Verdict, repair_for
from agentcache.wire.reading import object_or_empty


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A recorded Call that was understood; `number`: in its recording, from 1."""

    number: int
    call: RecordedCall
    prompt: Prompt
    step: Step
    rules: ModelRules


@dataclass(frozen=True, slots=True)
class Finding:
    """`number`: of the Call where it was seen first, from 1. `times`: in one conversation."""

    verdict: Verdict
    number: int
    what: str
    times: int = 1

    @property
    def repair(self) -> str:
        """What would repair it, in one sentence."""
        return repair_for(self.verdict, Level.MESSAGES)


def find_waste(calls: Sequence[ReadCall], earlier: dict[int, ReadCall]) -> Iterator[Finding]:
    """Every finding of a session, one for each kind and conversation.

    `calls`: in the order of their sending; `earlier`: number of a Call -> the Call it continues.
    """
    conversations: dict[int, list[ReadCall]] = {}
    for call in calls:
        conversations.setdefault(call.step.conversation, []).append(call)
    for members in conversations.values():
        found = [finding for call in members for finding in _in_call(call)]
        for call in members:
            if before := earlier.get(call.number):
                found += _in_pair(before, call)
        yield from _gathered([*found, *_in_conversation(members, earlier)])
    yield from _gathered(_cold_fanouts(calls))


def _gathered(found: Iterable[Finding]) -> Iterator[Finding]:
    first: dict[Verdict, Finding] = {}
    for finding in found:
        seen = first.get(finding.verdict)
        first[finding.verdict] = replace(seen, times=seen.times + 1) if seen else finding
    yield from first.values()


def marks_of(prompt: Prompt) -> list[tuple[int, str]]:
    """The index of each block with a breakpoint, and the ttl it asks for."""
    marks = [(at, block.mark) for at, block in enumerate(prompt.blocks) if block.mark is not None]
    last = len(prompt.blocks) - 1
    if prompt.automatic is not None and last >= 0 and all(at != last for at, _ in marks):
        marks.append((last, prompt.automatic))
    return marks


def _in_call(call: ReadCall) -> Iterator[Finding]:
    prompt, rules, number = call.prompt, call.rules, call.number
    marks = marks_of(prompt)
    if rules.kind is Kind.MARKS and len(marks) > rules.most_marks:
        what = f"{len(marks)} breakpoints, {rules.most_marks} are allowed"
        yield Finding(Verdict.TOO_MANY_BREAKPOINTS, number, what)
    for (one, first), (other, second) in pairwise(marks):
        if _lifetime(rules, second) > _lifetime(rules, first):
            where = f"{prompt.blocks[one].place} and {prompt.blocks[other].place}"
            ttls = f"{rules.ttl_of(first)} before {rules.ttl_of(second)}"
            yield Finding(Verdict.TTL_ORDER, number, f"{where} ask for {ttls}")
    options = object_or_empty(prompt.settings.get("prompt_cache_options"))
    if options.get("mode") == "explicit" and not marks:
        yield Finding(Verdict.NO_BREAKPOINT, number, "without a breakpoint nothing is cached")


def _in_pair(earlier: ReadCall, later: ReadCall) -> Iterator[Finding]:
    number = later.number
    at = find_divergence(earlier.prompt, later.prompt)
    if later.step.broken is not None:
        sides = [] if at is None else [earlier.prompt.blocks[at], later.prompt.blocks[at]]
        marked = next((block for block in sides if block.mark is not None), None)
        if marked is not None:
            what = f"the breakpoint on {marked.place} marks what changed"
            yield Finding(Verdict.VARYING_BREAKPOINT, number, what)
        return
    if (missed := _overrun(earlier, later)) is not None:
        yield Finding(Verdict.LOOKBACK, number, missed)
    gap, held = later.call.at - earlier.call.at, _held_for(earlier)
    longer = next((ttl for ttl, life in later.rules.lifetimes.items() if held < gap <= life), None)
    if held and longer and not _was_read(later):
        what = f"a gap of {gap:,.0f} s outlived {held:,.0f} s; {longer} would have held"
        yield Finding(Verdict.TTL_TOO_SHORT, number, what)


def _overrun(earlier: ReadCall, later: ReadCall) -> str | None:
    rules = later.rules
    written, marks = marks_of(earlier.prompt), marks_of(later.prompt)
    if rules.kind is not Kind.MARKS or not rules.lookback or not written or not marks:
        return None
    positions = list(positions_of(later.prompt.blocks, rules))
    last = written[-1][0]
    behind = [positions[at] - positions[last] for at, _ in marks if at >= last]
    if not behind or min(behind) < rules.lookback:
        return None
    place = later.prompt.blocks[last].place
    return f"the last write, at {place}, is {min(behind)} positions before the next breakpoint"


def _in_conversation(calls: list[ReadCall], earlier: dict[int, ReadCall]) -> Iterator[Finding]:
    marked = [call for call in calls if marks_of(call.prompt)]
    if not marked:
        return
    number, rules = marked[0].number, marked[0].rules
    longest = max(_tokens_to(call.prompt, marks_of(call.prompt)[-1][0]) for call in marked)
    if longest < rules.minimum:
        what = f"about {longest:,} tokens are marked, the minimum is {rules.minimum:,}"
        yield Finding(Verdict.BELOW_MINIMUM, number, what)
    gaps = [
        call.call.at - earlier[call.number].call.at for call in marked if call.number in earlier
    ]
    held = min(_lifetime(rules, marks_of(call.prompt)[-1][1]) for call in marked)
    shorter = [ttl for ttl, life in rules.lifetimes.items() if life < held]
    if len(gaps) > 1 and shorter and max(gaps) <= rules.lifetimes[shorter[0]]:
        what = f"{held:,.0f} s are paid for, no gap was above {max(gaps):,.0f} s"
        yield Finding(Verdict.TTL_TOO_LONG, number, what)


def _cold_fanouts(calls: Sequence[ReadCall]) -> Iterator[Finding]:
    begun: dict[int, list[RecordedCall]] = {}
    for one in calls:
        head = [block.content for block in one.prompt.blocks if block.level is not Level.MESSAGES]
        tokens = sum(map(estimate_tokens, head))
        if tokens < one.rules.minimum or (
            one.rules.kind is Kind.MARKS and not marks_of(one.prompt)
        ):
            continue
        others = begun.setdefault(hash((one.prompt.wire, one.prompt.model, *head)), [])
        if others and all(_is_cold(other, one.call) for other in others):
            what = f"sent before the reply to another with the same {tokens:,} tokens had begun"
            yield Finding(Verdict.COLD_FANOUT, one.number, what)
        others.append(one.call)


def _is_cold(earlier: RecordedCall, later: RecordedCall) -> bool:
    began = earlier.first if earlier.first is not None else earlier.ended
    return began is not None and began > later.at


def _lifetime(rules: ModelRules, mark: str) -> float:
    return rules.lifetimes.get(rules.ttl_of(mark), 0.0)


def _held_for(call: ReadCall) -> float:
    """For how many seconds what a Call wrote is kept; 0 where it wrote nothing."""
    marks = marks_of(call.prompt)
    if marks:
        return max(_lifetime(call.rules, mark) for _, mark in marks)
    if call.rules.kind is Kind.MARKS:
        return 0.0
    options = object_or_empty(call.prompt.settings.get("prompt_cache_options"))
    asked = options.get("ttl") or call.prompt.settings.get("prompt_cache_retention")
    return _lifetime(call.rules, asked if isinstance(asked, str) else "")


def _was_read(call: ReadCall) -> bool:
    usage = call.call.usage
    return usage is not None and 2 * usage.cache_read_tokens >= usage.input_tokens > 0


def _tokens_to(prompt: Prompt, at: int) -> int:
    return sum(estimate_tokens(block.content) for block in prompt.blocks[: at + 1])
