"""Which top-level fields of a request do not shape its reply, and why; data only.

Whatever is named neither here nor by a wire as prompt content is a parameter: an unknown field
makes two requests different until someone has looked at it.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

_COMMON: dict[str, str] = {
    "stream": "the form of delivery, not the content",
    "metadata": "names the request for its sender; the user in it is read on its own",
    "service_tier": "routes and bills",
}

LEFT_OUT_ANTHROPIC: Mapping[str, str] = MappingProxyType(
    {
        **_COMMON,
        "cache_control": "a mark for the provider's prefix cache",
        "diagnostics": "asks why the provider's cache missed",
        "billing_policy": "bills",
        "fallback_credit_token": "bills",
    }
)

LEFT_OUT_OPENAI: Mapping[str, str] = MappingProxyType(
    {
        **_COMMON,
        "stream_options": "usage and padding of the stream; `wants_usage` has what matters",
        "user": "names the end user; read on its own",
        "safety_identifier": "names the end user; read on its own",
        "prompt_cache_key": "routes to a warm prefix cache",
        "prompt_cache_options": "marks and lifetime of the prefix cache",
        "prompt_cache_retention": "lifetime of the prefix cache",
        "client_metadata": "traces the client",
        "store": "whether the provider keeps a copy",
    }
)

FORESEEN = (
    "model", "messages", "input", "system", "instructions", "max_tokens", "max_completion_tokens",
    "max_output_tokens", "stream", "stream_options", "temperature", "top_p", "top_k", "stop",
    "stop_sequences", "n", "metadata", "thinking", "tool_choice", "parallel_tool_calls",
    "cache_control", "diagnostics", "service_tier", "speed", "container", "context_management",
    "output_config", "mcp_servers", "betas", "output_format", "response_format", "text",
    "reasoning", "reasoning_effort", "verbosity", "store", "include", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "client_metadata", "user",
    "safety_identifier", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs",
    "top_logprobs", "modalities", "previous_response_id", "conversation", "truncation",
    "background", "prompt", "max_tool_calls", "anthropic_version", "inference_geo",
)  # fmt: skip
"""What requests hold besides tools; a body with any other field is read too, but slower."""

SHAPING_HEADERS = ("anthropic-beta", "anthropic-version", "openai-beta")
"""Headers that switch features of the reply on; kept among the parameters."""

GATEWAYS_HEADER = re.compile(
    r"(?:x-portkey|helicone|cf-aig|x-litellm|x-openrouter)-"
    r"(?!.*(?:key|auth|token|trace|request|session|metadata|user|cache|property))"
)
"""Headers that tell a gateway which model, prompt or provider is meant."""

_SECRET = (
    r"(?i)key|token|secret|sig|^code$|passw|passphrase|pwd|credential|bearer|jwt"
    r"|auth(?!or(?!i[sz]))"
)

SECRET_NAME = re.compile(_SECRET)
"""Names in a query whose values are no business of a cache."""

SECRET_FIELD = re.compile(rf"{_SECRET}|cookie|headers")
"""Names in a body, outside of the prompt, below which a secret may stand."""

CREDENTIAL_HEADER = re.compile(r"(?i)(?:authorization|cookie|api-?key|token|secret|password)$")
"""Headers for a server of tools that name nothing but the one who asks."""

CACHE_MARKS = frozenset({"cache_control", "prompt_cache_breakpoint"})
"""Keys of a block, message or tool that only mark a prefix for the provider's cache."""
