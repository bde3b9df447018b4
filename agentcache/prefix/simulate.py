"""What a recorded session would have read, written and cost under a policy, by a provider's rules.

Tokens are the provider's own where the recording has them, shared out by bytes; else an estimate.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentcache.core.codec import decode_json_object
from agentcache.errors import UsageError, WireError
from agentcache.prefix.boundary_cache import BoundaryCache, UnitsCache
from agentcache.prefix.cached import Charge, PrefixCache, Refusal, When
from agentcache.prefix.common_cache import CommonCache, CommonPrefixes
from agentcache.prefix.hash_chain import HashChain, make_hash_chain, prompt_size
from agentcache.prefix.marks_cache import MarksCache
from agentcache.prefix.moves import ALL_MOVES, Move
from agentcache.prefix.prompt import Prompt, read_prompt
from agentcache.prefix.recording import RecordedCall, Recording
from agentcache.prefix.rules import Kind, ModelRules, Rules, upstream_host
from agentcache.prefix.stabilise import stabilise
from agentcache.prefix.tokens import tokens_a_byte
from agentcache.wire.reading import understood


class Outcome(StrEnum):
    """What became of a Call in a simulation; only a priced one counts in the totals."""

    PRICED = "priced"
    REFUSED = "refused"  # the provider's rules make it an error
    FAILED = "failed"  # it was answered with an error when it was recorded
    UNREAD = "unread"  # the body is not understood, or its history is held by the provider


@dataclass(frozen=True, slots=True)
class Policy:
    """Which moves are made; `is_oracle`: priced by a cache that never forgets, of any length."""

    name: str
    moves: frozenset[Move] = frozenset()
    is_oracle: bool = False


_NAMED = {
    "as-sent": Policy("as-sent"),
    "all": Policy("all", ALL_MOVES),
    "oracle": Policy("oracle", is_oracle=True),
}
POLICIES = ("as-sent", *(move.value for move in Move if move in ALL_MOVES), "all", "oracle")
"""What is simulated where nothing is asked for."""


def read_policy(name: str) -> Policy:
    """`as-sent`, `all`, `oracle`, or moves joined by "+"; raises UsageError for anything else."""
    if name in _NAMED:
        return _NAMED[name]
    try:
        return Policy(name, frozenset(map(Move, name.split("+"))))
    except ValueError as error:
        known = ", ".join((*_NAMED, *Move))
        raise UsageError(
            f"policy {name!r} is unknown; there are {known}, and moves joined by '+'"
        ) from error


@dataclass(frozen=True, slots=True)
class PricedCall:
    """One Call under a policy.

    `cost`: in units of one plain input token. `plain`: tokens of the prompt as it was sent, which
    is what it costs without a cache. `reachable`: tokens that a cache which never forgets would
    have read of what was sent under this policy. `moves`: those that changed the body. `note`: why
    it is not priced. `rules`: None where the body is not understood.
    """

    at: float
    outcome: Outcome
    model: str = ""
    rules: ModelRules | None = None
    charge: Charge = field(default_factory=Charge)
    cost: float = 0.0
    plain: int = 0
    reachable: int = 0
    moves: frozenset[Move] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Simulation:
    """A session under a policy."""

    policy: str
    calls: tuple[PricedCall, ...]

    @property
    def outcomes(self) -> Mapping[Outcome, int]:
        """How many Calls there are of each."""
        return Counter(call.outcome for call in self.calls)

    @property
    def charge(self) -> Charge:
        """The sum over the Calls."""
        written: Counter[str] = Counter()
        for call in self.calls:
            written.update(call.charge.written)
        return Charge(
            sum(call.charge.read for call in self.calls),
            dict(written),
            sum(call.charge.fresh for call in self.calls),
        )

    @property
    def cost(self) -> float:
        """In units of one plain input token."""
        return sum(call.cost for call in self.calls)

    @property
    def reachable(self) -> int:
        """Tokens that a cache which never forgets would have read."""
        return sum(call.reachable for call in self.calls)

    @property
    def read_share(self) -> float:
        """The share of the prompts' tokens that is read, 0.0 when there are none."""
        charge = self.charge
        return charge.read / charge.total if charge.total else 0.0

    @property
    def relative_cost(self) -> float:
        """The cost by that of the session as it was sent, without a cache; 0.0 for no tokens."""
        plain = sum(call.plain for call in self.calls)
        return self.cost / plain if plain else 0.0


def simulate(
    recording: Recording,
    policy: Policy,
    rules: Rules,
    *,
    provider: str | None = None,
    step: Callable[[], None] = lambda: None,
) -> Simulation:
    """Replay a recording's Calls at their times under a policy.

    `provider`: whose rules hold; without one the upstreams' hosts say it. `step` is called after
    each Call. A Call that is not understood is counted and changes nothing. Raises UsageError for
    an unknown provider.
    """
    fixed = rules if provider is None else rules.fixed(provider)
    session = _Session(recording.head.session, policy, fixed)
    priced: list[PricedCall] = []
    for call in recording.calls:
        priced.append(session.price(call))
        step()
    return Simulation(policy.name, tuple(priced))


class _States:
    """The moves' memory; recorded times are too short for anything in it to be forgotten."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        return self._held.get(name)

    def save(self, name: str, value: bytes, *, ttl: float | None = None) -> None:
        del ttl
        self._held[name] = value


@dataclass(frozen=True, slots=True)
class _Sent:
    """A body as it goes out under the policy."""

    prompt: Prompt
    scale: float
    plain: int
    moves: frozenset[Move]


class _Session:
    """The caches, and what the moves remember."""

    def __init__(self, name: str, policy: Policy, rules: Rules) -> None:
        self._name = name
        self._policy = policy
        self._rules = rules
        self._states = _States()
        self._caches: dict[type[PrefixCache], PrefixCache] = {}
        self._everything = CommonPrefixes()

    def price(self, call: RecordedCall) -> PricedCall:
        """The Call under the policy."""
        try:
            sent = self._send(call)
        except WireError as error:
            return PricedCall(call.at, Outcome.UNREAD, note=str(error))
        model = sent.prompt.model
        rules = self._rules.for_call(call.wire, call.url, model)
        if call.status is not None and call.status >= 400:
            note = f"answered with status {call.status}"
            return PricedCall(call.at, Outcome.FAILED, model, rules, note=note)
        chain = make_hash_chain(sent.prompt, rules, place=upstream_host(call.url), scale=sent.scale)
        reachable = chain.tokens_of(self._everything.longest(chain, call.at))
        charge = self._charge(chain, rules, call, reachable)
        if isinstance(charge, Refusal):
            return PricedCall(call.at, Outcome.REFUSED, model, rules, note=charge.why)
        self._everything.add(chain, When(call.at, call.at), float("inf"))
        return PricedCall(
            call.at,
            Outcome.PRICED,
            model,
            rules,
            charge,
            charge.cost(rules),
            sent.plain,
            reachable,
            sent.moves,
        )

    def _send(self, call: RecordedCall) -> _Sent:
        """What goes out under the policy; raises WireError for a body that is not understood."""
        body = call.body.encode()
        _refuse_hidden_history(body)
        prompt = read_prompt(call.wire, body)
        size = prompt_size(prompt)
        scale = tokens_a_byte(size, call.usage)
        plain = int(size * scale + 1e-6)
        if not self._policy.moves:
            return _Sent(prompt, scale, plain, frozenset())
        try:
            done = stabilise(
                call.wire,
                body,
                states=self._states,
                owner=self._name,
                upstream=call.url,
                now=call.at,
                moves=self._policy.moves,
                rules=self._rules,
            )
        except WireError:  # the moves then leave it as it is
            return _Sent(prompt, scale, plain, frozenset())
        return _Sent(read_prompt(call.wire, done.body), scale, plain, done.moves)

    def _charge(
        self, chain: HashChain, rules: ModelRules, call: RecordedCall, reachable: int
    ) -> Charge | Refusal:
        if self._policy.is_oracle:
            return Charge(reachable, {}, chain.total - reachable)
        # A reply that was never seen to begin may have written nothing.
        ready = call.first if call.first is not None else call.ended
        kind = _cache_for(rules)
        cache = self._caches.setdefault(kind, kind())
        return cache.take(chain, When(call.at, ready))


def _cache_for(rules: ModelRules) -> type[PrefixCache]:
    if rules.kind is Kind.MARKS:
        return MarksCache
    if rules.kind is Kind.UNITS:
        return UnitsCache
    return BoundaryCache if rules.most_marks else CommonCache


def _refuse_hidden_history(body: bytes) -> None:
    """Raise WireError where the provider holds turns that stand before those of the request."""
    with understood("a request"):
        raw = decode_json_object(body)
    for name in ("previous_response_id", "conversation"):
        if raw.get(name):
            raise WireError(f"the history is held by the provider ({name} = {raw[name]!r})")
