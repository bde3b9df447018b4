"""Asking a provider why its prefix cache missed, where it tells: by the reply before."""

from agentcache.core.codec import Json
from agentcache.core.values import WireName
from agentcache.prefix.body import Body, with_field
from agentcache.prefix.rules import ModelRules
from agentcache.wire.reading import object_or_empty


def ask_why(body: Body, *, previous_reply: str | None, rules: ModelRules) -> Body:
    """`body` with the question, unless the host asks itself or the provider does not tell.

    `previous_reply`: the provider's name for the conversation's last reply, None for none yet.
    """
    if body.wire is WireName.ANTHROPIC:
        if rules.provider != "anthropic" or "diagnostics" in body.fields:
            return body
        return with_field(body, "diagnostics", {"previous_message_id": previous_reply})
    # Only the newest models tell, which are those that take breakpoints too.
    tells = rules.provider == "openai" and rules.most_marks > 0
    options = object_or_empty(body.field("prompt_cache_options"))
    if body.wire is not WireName.OPENAI_RESPONSES or not tells or not previous_reply:
        return body
    if "comparison_response_id" in options:
        return body
    asked: dict[str, Json] = {**options, "comparison_response_id": previous_reply}
    return with_field(body, "prompt_cache_options", asked)
