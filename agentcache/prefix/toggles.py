"""Settings of a request that are part of a prefix: which differ, and from which level on.

The levels are those of the providers' own tables; where one says nothing the earlier level stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from agentcache.core.codec import Json
from agentcache.core.values import WireName
from agentcache.prefix.prompt import Level, Prompt
from agentcache.prefix.verdict import Verdict
from agentcache.wire.reading import object_or_empty


@dataclass(frozen=True, slots=True)
class Toggle:
    """A setting that differs. `level`: the first one that dies of it."""

    verdict: Verdict
    level: Level
    name: str
    was: Json
    now: Json


@dataclass(frozen=True, slots=True)
class _Setting:
    """`default`: what leaving it out means, as far as providers say so."""

    verdict: Verdict
    level: Level
    name: str
    inner: str = ""
    default: Json = None

    def of(self, prompt: Prompt) -> Json:
        value = prompt.settings.get(self.name)
        if self.inner:
            value = object_or_empty(value).get(self.inner)
        return self.default if value is None else value


_ANTHROPIC = (
    _Setting(Verdict.SPEED, Level.SYSTEM, "speed", default="standard"),
    _Setting(Verdict.TOOL_CHOICE, Level.MESSAGES, "tool_choice", default={"type": "auto"}),
    _Setting(Verdict.THINKING, Level.MESSAGES, "thinking"),
    _Setting(Verdict.EFFORT, Level.MESSAGES, "output_config", "effort"),
)
_TEXT: Json = {"type": "text"}
_OPENAI = (
    _Setting(Verdict.PARALLEL_TOOLS, Level.TOOLS, "parallel_tool_calls", default=True),
    _Setting(Verdict.TEXT_FORMAT, Level.TOOLS, "text", "format", default=_TEXT),
    _Setting(Verdict.TEXT_FORMAT, Level.TOOLS, "response_format", default=_TEXT),
    _Setting(Verdict.EFFORT, Level.TOOLS, "reasoning", "effort"),
    _Setting(Verdict.EFFORT, Level.TOOLS, "reasoning_effort"),
    _Setting(Verdict.VERBOSITY, Level.TOOLS, "text", "verbosity", default="medium"),
    _Setting(Verdict.VERBOSITY, Level.TOOLS, "verbosity", default="medium"),
    _Setting(Verdict.SERVICE_TIER, Level.TOOLS, "service_tier", default="auto"),
)
_SETTINGS: Mapping[WireName, tuple[_Setting, ...]] = MappingProxyType(
    {
        WireName.ANTHROPIC: _ANTHROPIC,
        WireName.OPENAI_CHAT: _OPENAI,
        WireName.OPENAI_RESPONSES: _OPENAI,
    }
)


def settings_of(prompt: Prompt) -> list[Json]:
    """The values that must stay for a prefix to be read, in a fixed order, defaults filled in."""
    return [prompt.model, prompt.cache_key, *(one.of(prompt) for one in _SETTINGS[prompt.wire])]


def find_toggle(earlier: Prompt, later: Prompt) -> Toggle | None:
    """The setting that differs and kills the most, None where none does."""
    if earlier.model != later.model:
        return Toggle(Verdict.MODEL, Level.TOOLS, "model", earlier.model, later.model)
    if later.wire is not WireName.ANTHROPIC and earlier.cache_key != later.cache_key:
        return Toggle(
            Verdict.CACHE_KEY, Level.TOOLS, "prompt_cache_key", earlier.cache_key, later.cache_key
        )
    for one in _SETTINGS[later.wire]:
        was, now = one.of(earlier), one.of(later)
        if was != now:
            name = f"{one.name}.{one.inner}" if one.inner else one.name
            return Toggle(one.verdict, one.level, name, was, now)
    return _image_toggle(earlier, later)


def _image_toggle(earlier: Prompt, later: Prompt) -> Toggle | None:
    if later.wire is not WireName.ANTHROPIC:
        return None
    was, now = _shows_image(earlier), _shows_image(later)
    if was == now:
        return None
    return Toggle(Verdict.IMAGE, Level.MESSAGES, "images", was, now)


def _shows_image(prompt: Prompt) -> bool:
    # In JSON text the quotes of a string are escaped, so this is a type and never words.
    is_image: Callable[[bytes], bool] = (b'"type":"image"').__contains__
    return any(
        block.kind == "image" or (block.kind == "tool_result" and is_image(block.content))
        for block in prompt.blocks
    )
