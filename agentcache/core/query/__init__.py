"""A question about a repository in its structured form, and the key of that form.

Similarity proposes, structure decides: equal keys mean the same question, and so does agreement.
What is not understood keeps its exact text as key; a missed paraphrase costs money, a wrong match
costs trust.
"""

from functools import lru_cache

from agentcache.core.query.agree import Accord, Refusal, agree, agreement_key
from agentcache.core.query.form import Intent
from agentcache.core.query.question import FORM_VERSION, LONGEST, Query, plain_text, read_query
from agentcache.core.query.standing import Standing, standing_of

__all__ = [
    "FORM_VERSION",
    "LONGEST",
    "Accord",
    "Intent",
    "Query",
    "Refusal",
    "Standing",
    "agree",
    "agreement_key",
    "plain_text",
    "read_query",
    "standing",
]


def standing(query: Query) -> Standing:
    """Whether a question may be answered from what was found out before."""
    return _standing(query.text) if len(query.text) <= LONGEST else Standing.NOT_A_QUESTION


_standing = lru_cache(maxsize=64)(standing_of)
