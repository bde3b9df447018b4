"""How many tokens a content has, as far as that can be said without a provider's tokenizer."""

from agentcache.core.values import Usage

BYTES_A_TOKEN = 4
"""Of English text and code; providers' tokenizers lie between 3 and 5."""


def estimate_tokens(content: bytes) -> int:
    """The tokens of `content`, roughly."""
    return len(content) // BYTES_A_TOKEN


def tokens_a_byte(size: int, usage: Usage | None) -> float:
    """How many tokens one byte of a prompt of `size` bytes has.

    By what the provider counted for it where that is known, else by the estimate.
    """
    if usage is None or not usage.input_tokens or not size:
        return 1 / BYTES_A_TOKEN
    return usage.input_tokens / size
