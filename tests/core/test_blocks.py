"""The blocks that a host puts around a question, against the patterns that say what they are."""

import re

from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.conversation import part_question

WRAPPED = re.compile(r"[ \t]*<([A-Za-z][\w-]*)(?: [^<>\n]*)?>.*?</\1>[ \t]*(?:\n|$)", re.DOTALL)
HEADED = re.compile(r"# AGENTS\.md instructions.*?</INSTRUCTIONS>\s*", re.DOTALL)
CLOSED = re.compile(r"</([A-Za-z][\w-]*)>$")
PIECES = (
    "<a>", "</a>", "<a x=1>", "<a-b>", "</a-b>", "<ab>", "</ab>", "< a>", "</a >", "<a>\n",
    "</a>\n", "</a> \t\n", "\n<a>", "\n<ab>", "\n<a y>", "\n", " ", "\t", "x", "why?", "\u00a0",
    "# AGENTS.md instructions", "</INSTRUCTIONS>", "<INSTRUCTIONS>", "</", "<", "<A>", "</A>",
    "<env>\nq\n</env>\n", "  <env>", "\u2028", "<\u00e9>", "</a\u00e9>",
)  # fmt: skip


def parted(text: str) -> tuple[list[str], str]:
    """The same by cutting the text at every block."""
    before: list[str] = []
    while match := HEADED.match(text) or WRAPPED.match(text):
        before.append(match.group().strip())
        text = text[match.end() :].lstrip("\n")
    after: list[str] = []
    while block := last_block(text.rstrip()):
        after.insert(0, block)
        text = text.rstrip().removesuffix(block)
    return before + after, text.strip()


def last_block(text: str) -> str | None:
    closed = CLOSED.search(text)
    at = text.rfind(f"\n<{closed[1]}") + 1 if closed else 0
    block = WRAPPED.fullmatch(text, at) if at else None
    return block.group() if block else None


@given(text=st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_blocks_are_found_where_the_patterns_say(text: str) -> None:
    assert part_question(text) == parted(text)


def test_a_long_block_takes_no_longer_than_its_bytes() -> None:
    block = "<env>\n" + "</en> <env>\n" * 20_000 + "</env>"
    around, question = part_question(f"{block}\nWhy?\n{block}")
    assert (around, question) == ([block, block], "Why?")
