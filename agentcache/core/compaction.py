"""Compaction: the request to summarise a conversation, recognised, and the key of its answer."""

import re

from agentcache.core.codec import Json, digest
from agentcache.core.conversation import part_question
from agentcache.core.entry import Kind, slot_of
from agentcache.core.state import moment_of, normal_state, state_of
from agentcache.core.values import Call, Scope, Text

_SUMMARY = r"(?:summar(?:y|ies|i[sz]\w*)|compact\w*|condens\w*|digest)"
_TALK = (
    r"(?:conversations?|(?:chat|message) history|dialogues?|dialogs?|transcripts?|discussions?"
    r"|(?:session|work|chat|context|progress) so far|our (?:chat|session))"
    # They are also things in code.
    r"(?!\s+(?:class|code|file|function|id|model|module|object|package|store|table|test)(?:e?s)?\b)"
)
_VERB = r"(?:summari[sz]e|compact|condense|compress)"
_GAP = r"[^.?!]{0,160}?\b"

# In a user's text only the imperative counts; a question about summaries is none for one.
_ASKED = re.compile(
    rf"(?i)(?:^|[.!:;\n])[\W_]*(?:(?:please|now|briefly|next|and)\W+)*{_VERB}\b{_GAP}{_TALK}"
    rf"|\b(?:create|write|provide|produce|generate|give|make|prepare|distill?)\b{_GAP}"
    rf"{_SUMMARY}\b{_GAP}{_TALK}"
    rf"|\b(?:task|job|goal) is to\b{_GAP}(?:{_SUMMARY}|{_VERB})\b{_GAP}{_TALK}"
    r"|\bcontext checkpoint compaction\b"
)
# The prompt of a request that has no tools says what the model is there for.
_IS_FOR = re.compile(rf"(?i)\bsummari[sz]er\b|\b(?:{_SUMMARY}|{_VERB})\b{_GAP}(?:{_TALK}|history)")
_PURPOSE = 600
"""Characters at the beginning of a system prompt that tell what it is for."""

_TELLING = 2000
"""Characters at the beginning or at the end of a user's words that hold an instruction."""

_SPEAKERS = [
    (names, re.compile(rf"(?im)^[^\w\n]{{0,4}}(?:{'|'.join(names)})\b[^\w\n]{{0,4}}(?::|$)"))
    for names in (("user", "human"), ("assistant", "ai", "model", "agent"))
]


def compaction_key(messages: Json, instruction: str, model: str) -> str:
    """The key of a summary: what is summarised, how it is asked for, and by which model.

    Ids of tool uses, and facts of the moment in system prompts, are left out of `messages`.
    """
    return digest([Kind.COMPACTION, normal_state(messages), instruction, model])


def compaction_slot(call: Call, scope: Scope) -> str:
    """Where the summary stands that `call` asks for."""
    key = compaction_key(state_of(call.turns), "", call.model)
    # The profile in `scope` is without it, and so are system turns in normal form.
    turns = (turn for turn in call.turns if turn.role == "system")
    told = [part.text for turn in turns for part in turn.parts if isinstance(part, Text)]
    return slot_of(Kind.COMPACTION, scope, digest([key, moment_of((*call.system, *told))]))


def asks_for_summary(call: Call, words: str) -> bool:
    """Whether `call`, whose last words are `words`, asks to summarise a conversation it holds."""
    if not _holds_conversation(call, words):
        return False
    if not call.tools and any(_IS_FOR.search(text[:_PURPOSE]) for text in call.system):
        return True
    return any(_ASKED.search(text) for text in (words[:_TELLING], words[-_TELLING:]))


def last_words(call: Call) -> str:
    """The words that the user said last, "" where the last turn has none."""
    last = next((turn for turn in reversed(call.turns) if turn.role != "system"), None)
    if last is None or last.role != "user":
        return ""
    texts = [part_question(part.text)[1] for part in last.parts if isinstance(part, Text)]
    return "\n\n".join(text for text in texts if text)


def _holds_conversation(call: Call, words: str) -> bool:
    if any(turn.role == "assistant" for turn in call.turns):
        return True
    lower = words.lower()
    # A long text is soon searched for a word, not so for a pattern; ASCII has one lower case.
    return all(
        (not words.isascii() or any(name in lower for name in names)) and speaker.search(words)
        for names, speaker in _SPEAKERS
    )
