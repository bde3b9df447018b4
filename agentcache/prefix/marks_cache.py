"""A cache that holds nothing but what breakpoints wrote (Anthropic's)."""

from collections.abc import Iterable, Iterator

from agentcache.prefix.cached import Charge, Entries, Refusal, When, charge_for
from agentcache.prefix.hash_chain import HashChain
from agentcache.prefix.prompt import Block
from agentcache.prefix.rules import ModelRules

_NEVER_MARKED = ("thinking", "redacted_thinking")


def is_markable(block: Block) -> bool:
    """Whether a breakpoint may stand on a block: on no thinking and on no empty text."""
    is_empty = block.kind == "text" and b'"text":""' in block.content
    return block.kind not in _NEVER_MARKED and not is_empty


def positions_of(blocks: Iterable[Block], rules: ModelRules) -> Iterator[int]:
    """For each block its position: a run of tool_use, or of tool_result, is one where it counts."""
    position, last = -1, ""
    for block in blocks:
        is_run = block.kind == last and block.kind in ("tool_use", "tool_result")
        if not (is_run and rules.runs_are_one):
            position += 1
        last = block.kind
        yield position


class MarksCache:
    """Each breakpoint writes one entry, and reads by looking back for earlier writes."""

    def __init__(self) -> None:
        self._entries = Entries()

    def take(self, chain: HashChain, when: When) -> Charge | Refusal:
        """What a request is charged, or that its breakpoints are refused."""
        marks = plan_marks(chain)
        if isinstance(marks, Refusal):
            return marks
        at_positions = list(positions_of(chain.blocks, chain.rules))
        hit = max((self._look_back(chain, at, at_positions, when.at) for at in marks), default=-1)
        least = chain.rules.minimum
        writes = {at: ttl for at, ttl in marks.items() if chain.tokens_through(at) >= least}
        for at, ttl in writes.items():
            self._entries.write(chain.after[at], when, chain.rules.lifetimes[ttl])
        return charge_for(chain, hit, writes.items())

    def _look_back(self, chain: HashChain, mark: int, at_positions: list[int], now: float) -> int:
        """The nearest block at or before a breakpoint that an earlier one wrote; -1 for none."""
        reach = chain.rules.lookback
        at = mark
        while at >= 0 and (not reach or at_positions[mark] - at_positions[at] < reach):
            if self._entries.read(chain.after[at], now):
                return at
            at -= 1
        return -1


def plan_marks(chain: HashChain) -> dict[int, str] | Refusal:
    """The breakpoints of a request, block -> ttl, the automatic one among them; or its refusal."""
    rules, prompt = chain.rules, chain.prompt
    marks: dict[int, str] = {}
    for at, block in enumerate(chain.blocks):
        if block.mark is not None:
            if not is_markable(block):
                return Refusal(f"a breakpoint stands on {block.place}, which cannot carry one")
            marks[at] = block.mark or rules.default_ttl
    if len(marks) > rules.most_marks:
        return Refusal(f"{len(marks)} breakpoints, at most {rules.most_marks} are allowed")
    if prompt.automatic is not None:
        ttl = prompt.automatic or rules.default_ttl
        refusal = _add_automatic(chain, marks, ttl)
        if refusal:
            return refusal
    return _refused_ttl(marks, rules) or marks


def _add_automatic(chain: HashChain, marks: dict[int, str], ttl: str) -> Refusal | None:
    """Put the automatic breakpoint on the last block that can carry one."""
    if len(marks) >= chain.rules.most_marks:
        return Refusal(f"an automatic breakpoint beside {len(marks)} explicit ones")
    markable = [at for at, block in enumerate(chain.blocks) if is_markable(block)]
    if markable and marks.setdefault(markable[-1], ttl) != ttl:
        return Refusal("the last block's breakpoint has another ttl than the automatic one")
    return None


def _refused_ttl(marks: dict[int, str], rules: ModelRules) -> Refusal | None:
    longest = max(rules.lifetimes.values())
    for at in sorted(marks):
        lifetime = rules.lifetimes.get(marks[at])
        if lifetime is None:
            return Refusal(f"ttl {marks[at]!r} is not offered; there are {', '.join(rules.ttls)}")
        if lifetime > longest:
            return Refusal("a breakpoint with a longer ttl stands after one with a shorter")
        longest = lifetime
    return None
