"""The key by which OpenAI's hosts route the Calls of one conversation to one machine's cache."""

from agentcache.core.values import WireName
from agentcache.prefix.body import Body, with_field
from agentcache.prefix.rules import ModelRules

_FIELD = "prompt_cache_key"


def place_cache_key(body: Body, *, key: str, rules: ModelRules) -> Body:
    """`body` with `key` to route by, where the rules say that it routes and the host sends none.

    Nowhere else: hosts that do not know the parameter refuse the request.
    """
    return with_field(body, _FIELD, key) if wants_cache_key(body, rules) else body


def wants_cache_key(body: Body, rules: ModelRules) -> bool:
    """Whether `place_cache_key` sets one."""
    is_routed = body.wire is not WireName.ANTHROPIC and rules.routes_by_key
    return is_routed and _FIELD not in body.fields
