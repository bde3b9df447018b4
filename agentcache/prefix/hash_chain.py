"""A prompt as a chain of digests: one for each block, of everything up to its end.

Two prompts share a digest exactly when a provider can read the one's prefix for the other.
"""

from dataclasses import dataclass
from hashlib import sha256

from agentcache.core.codec import Json, canonical_json, decode_json_object
from agentcache.prefix.prompt import Block, Level, Prompt
from agentcache.prefix.rules import ModelRules
from agentcache.wire.reading import object_or_empty


@dataclass(frozen=True, slots=True)
class HashChain:
    """A prompt's blocks with, for each, what its prefix is.

    `before` and `after`: digests of the prefix up to the block and through it. `ends`: bytes
    through it. `scale`: tokens a byte.
    """

    prompt: Prompt
    rules: ModelRules
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    ends: tuple[int, ...]
    scale: float

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The prompt's blocks."""
        return self.prompt.blocks

    @property
    def size(self) -> int:
        """Bytes of the whole prompt."""
        return self.ends[-1] if self.ends else 0

    @property
    def total(self) -> int:
        """Tokens of the whole prompt."""
        return self.tokens_of(self.size)

    def tokens_of(self, size: int) -> int:
        """The tokens of the first `size` bytes."""
        # The small term keeps a total that was scaled to a whole number from falling below it.
        return int(size * self.scale + 1e-6)

    def tokens_through(self, at: int) -> int:
        """The tokens through block `at`; 0 for -1, which is before the first."""
        return self.tokens_of(self.ends[at]) if at >= 0 else 0


def prompt_size(prompt: Prompt) -> int:
    """Bytes of all of a prompt's blocks."""
    return sum(len(block.content) for block in prompt.blocks)


def make_hash_chain(prompt: Prompt, rules: ModelRules, *, place: str, scale: float) -> HashChain:
    """The HashChain of a prompt; `place` names what caches are kept apart by, such as the host."""
    seeds = _seeds(prompt, rules, place)
    is_hoisted = "web_search" in rules.kills
    before: list[bytes] = []
    after: list[bytes] = []
    ends: list[int] = []
    state, size = b"", 0
    for block in prompt.blocks:
        for level in [level for level in seeds if _DEPTH[level] <= _DEPTH[block.level]]:
            state = sha256(state + seeds.pop(level)).digest()
        before.append(state)
        # A search tool is no part of the tools' bytes: its seed stands at a later level.
        if not (is_hoisted and _is_search_tool(block)):
            state = sha256(state + block.content).digest()
        after.append(state)
        size += len(block.content)
        ends.append(size)
    return HashChain(prompt, rules, tuple(before), tuple(after), tuple(ends), scale)


_DEPTH = {level: depth for depth, level in enumerate(Level)}


def _seeds(prompt: Prompt, rules: ModelRules, place: str) -> dict[Level, bytes]:
    """For each level what, besides blocks, everything from there on depends on."""
    held: dict[Level, list[Json]] = {level: [] for level in Level}
    held[Level.TOOLS] += [place, rules.provider, prompt.model]
    if rules.key_isolates:
        held[Level.TOOLS].append(prompt.cache_key)
    for name, level in rules.kills.items():
        held[level].append([name, _value(prompt, name)])
    return {level: canonical_json(values) for level, values in held.items()}


def _value(prompt: Prompt, name: str) -> Json:
    if name == "images":
        return sum(map(_count_images, prompt.blocks))
    if name == "web_search":
        return [block.content.decode() for block in prompt.blocks if _is_search_tool(block)]
    if name == "citations":
        return any(b'"citations":{"enabled":true' in block.content for block in prompt.blocks)
    outer, _, inner = name.partition(".")
    value = prompt.settings.get(outer)
    return object_or_empty(value).get(inner) if inner else value


def _count_images(block: Block) -> int:
    # Quotes inside of a JSON string are escaped, so this is a type and never words.
    return block.content.count(b'"type":"image"')


def _is_search_tool(block: Block) -> bool:
    if block.level is not Level.TOOLS or b'"web_search' not in block.content:
        return False
    kind = decode_json_object(block.content).get("type")
    return isinstance(kind, str) and kind.startswith("web_search")
