"""A recorded session explained: which Calls broke their prefix, and what else wastes the cache."""

from dataclasses import dataclass, replace

from agentcache.errors import WireError
from agentcache.prefix.breaks import Break
from agentcache.prefix.chains import Chains
from agentcache.prefix.findings import Finding, ReadCall, find_waste
from agentcache.prefix.prompt import Block, read_prompt
from agentcache.prefix.recording import Recording
from agentcache.prefix.rules import Rules


@dataclass(frozen=True, slots=True)
class BrokenCall:
    """A Call that broke its prefix. Numbers count the recording's Calls from 1.

    `earlier`: the Call that it continues, None for a fork. `at`: seconds since the session began.
    `provider`: its own diagnosis, "" for none.
    """

    number: int
    earlier: int | None
    at: float
    broken: Break
    provider: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A Call that the wire could not read, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the provider's own diagnosis was ours; `unavailable`: it gave none for a break."""

    agree: int = 0
    disagree: int = 0
    unavailable: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What `lint` found in a recording."""

    calls: int
    conversations: int
    breaks: tuple[BrokenCall, ...]
    findings: tuple[Finding, ...]
    unread: tuple[Unread, ...]
    agreement: Agreement

    @property
    def tokens_lost(self) -> int:
        """Over all breaks, estimated."""
        return sum(one.broken.tokens for one in self.breaks)


def lint(recording: Recording, rules: Rules) -> Report:
    """Explain a recording; Calls that cannot be read are counted and named, never an error."""
    chains = Chains(limit=len(recording.calls))
    known: dict[Block, Block] = {}  # every Call repeats its conversation: one copy is enough
    read: list[ReadCall] = []
    unread: list[Unread] = []
    for number, call in enumerate(recording.calls, 1):
        if call.status is not None and call.status >= 400:
            continue  # what was refused is in no cache, and comes again
        try:
            prompt = read_prompt(call.wire, call.body.encode())
        except WireError as error:
            unread.append(Unread(number, str(error)))
            continue
        prompt = replace(prompt, blocks=tuple(known.setdefault(b, b) for b in prompt.blocks))
        found = rules.for_call(call.wire, call.url, prompt.model)
        read.append(ReadCall(number, call, prompt, chains.follow(prompt), found))
    numbers = [one.number for one in read]
    earlier = {one.number: read[one.step.earlier] for one in read if one.step.earlier is not None}
    breaks = tuple(
        BrokenCall(
            number=one.number,
            earlier=None if one.step.earlier is None else numbers[one.step.earlier],
            at=one.call.at - recording.head.began,
            broken=one.step.broken,
            provider=one.call.miss_reason,
        )
        for one in read
        if one.step.broken is not None
    )
    return Report(
        calls=len(recording.calls),
        conversations=len({one.step.conversation for one in read}),
        breaks=breaks,
        findings=tuple(find_waste(read, earlier)),
        unread=tuple(unread),
        agreement=_agreement(read),
    )


_SILENT = ("unavailable", "previous_message_not_found")


def _agreement(calls: list[ReadCall]) -> Agreement:
    agree = disagree = unavailable = 0
    for one in calls:
        said = one.call.miss_reason
        ours = one.step.broken.reason if one.step.broken else ""
        if said in _SILENT or (ours and not said):
            unavailable += 1
        elif said == ours:
            agree += 1 if said else 0
        else:
            disagree += 1
    return Agreement(agree, disagree, unavailable)
