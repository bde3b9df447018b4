"""What is said around a question and is no part of it: politeness, "tell me", "in this repo"."""

import re

from agentcache.core.query.lexicon import PREPOSITIONS, word_set

WH_WORDS = word_set("where what which who whose how why when whether")

_TAIL = re.compile(r"(?<=[\w)\]}>`\"'])(?:[?.]+|\?!+| \?)\Z")
_QUOTED = re.compile(r"(`[^`\n]*`|\"[^\"\n]*\")")
_HEAD = re.compile(r"\A(?:please\b,? ?)+", re.IGNORECASE)
_HELLO = re.compile(r"\A(?:hi|hello|hey)(?: there)?[!,.] ", re.IGNORECASE)
_THANKS = re.compile(
    r"(?:(?<=[.?!]),?|,) (?:thanks|thank you|please|pls|plz)[.!]*\Z", re.IGNORECASE
)
_HANDS_OFF = re.compile(
    r"(?<=[.?!]) (?:please )?(?:don't|do not) (?:change|modify|edit) "
    r"(?:anything|any files|any code|any of the files|the code|files)[.!]?\Z",
    re.IGNORECASE,
)


def _phrases(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their first word, the longest first."""
    by_head: dict[str, list[tuple[str, ...]]] = {}
    for line in text.split(","):
        words = tuple(line.split())
        by_head.setdefault(words[0], []).append(words)
    for phrases in by_head.values():
        phrases.sort(key=len, reverse=True)
    return by_head


_BEFORE_ANYTHING = _phrases(
    "please, kindly, search the codebase and, look through the code and, "
    "look through the codebase and, search the code and, explore the codebase and, "
    "explore the repository and, read the code and, "
    "explore the repository thoroughly and, explore the codebase thoroughly and"
)
_BEFORE_REQUEST = _phrases(
    "can you, could you, would you, will you, i want you to, i need you to, i would like you to, "
    "your task is to, your job is to, your goal is to, the task is to, can someone, could someone, "
    "can anyone, could anyone, can anybody, can somebody, help me, help me to, please help me, "
    "are you able to, would you mind to, let us, i need to, i want to, i would like to, we "
    "need to, "
    "we want to, i am trying to, i have to, try to"
)
_BEFORE_WH = _phrases(
    "the question is, my question is, can u tell me, could u tell me, i have no idea, "
    "i have got no idea, no idea, i do not know, i am not sure, i cannot find, "
    "i can not find, i could not find, i could not figure out, i can not figure out, "
    "the user wants to know, the user asks, a user asks, the user is asking, i keep wondering, "
    "tell me, tell us, show me, show, let me know, i want to know, i want to understand, "
    "i would like to know, i would like to understand, i need to know, i am wondering, i wonder, "
    "do you know, do you happen to know, does anyone know, does anybody know, any idea, "
    "i was wondering, i would love to know, "
    "i am trying to understand, i am trying to find out, i am trying to figure out, i am curious, "
    "i am looking for, i want to find out, i need to find out, i need to understand, "
    "i need to figure out, i want to figure out, i would like to find out, i want to learn, "
    "i would like to learn, remind me, point me to, check, see, work out, look into, dig into, "
    "know, trace, clarify, discover, learn, research, study, analyze, summarize, please explain, "
    "find out exactly, say, state, specify, write down, give me a quick explanation of, "
    "give me a brief explanation of, give a brief explanation of, give an explanation of, "
    "give a quick explanation of, give me a summary of, give a summary of, give me an overview of, "
    "give an overview of, give a brief summary of, give a short summary of, "
    "give me a brief summary of, give me a short summary of, i need an explanation of, "
    "i want an explanation of, provide an explanation of, provide a summary of, "
    "give me a description of, give a description of, "
    "help me understand, help me find, help me find out, find out, find out for me, "
    "figure out, "
    "determine, understand, find, locate, explain, explain to me, describe, report, list, "
    "identify, investigate, explore, look up, give a short explanation of, "
    "give me a short explanation of, give me an explanation of"
)
_REQUESTS = word_set(
    "tell show explain find list describe locate give help figure determine identify investigate "
    "explore look summarize report search read trace enumerate name know understand learn check "
    "see walk clarify outline remind point work"
)
_REQUESTED = _REQUESTS | {"please"}
_TRAILING = frozenset(
    tuple(phrase.split())
    for phrase in (
        "please", ", please", "for me", "thanks", ", thanks",
        *(f"in {which} {what}" for which in ("this", "our")
          for what in ("repository", "project", "codebase")),
        "in the repository", "in the project", ", if possible", "pls", "plz",
        *(f"{where} the codebase" for where in ("in", "within", "across", "throughout")),
    )
)  # fmt: skip
_TRAILING_LENGTHS = (3, 2, 1)
_PLACES = frozenset(
    ("the", place, "where") for place in ("file", "files", "place", "places", "location")
)
_ADVERBS = frozenset(("exactly", "precisely"))


def trim_text(text: str) -> str:
    """The text without greeting, thanks, leading "please" and final mark."""
    text = _HELLO.sub("", text, count=1)
    text = _HANDS_OFF.sub("", text)
    text = _THANKS.sub("", text)
    text = _HEAD.sub("", text, count=1)
    return _TAIL.sub("", text)


def in_small_letters(text: str) -> str:
    """A question in capitals but for its quoted names as it is usually written."""
    if not text[:4].isupper() or _QUOTED.search(text) is None:
        return text
    plain = _QUOTED.sub("", text)
    is_asked = text.split(maxsplit=1)[0].lower() in WH_WORDS
    if not is_asked or not plain.isupper() or re.search(r"[_\d/.]\w|\w-\w", plain):
        return text
    return "".join(
        part if part[:1] in '`"' else part.lower() for part in _QUOTED.split(text) if part
    )


def strip_frames(tokens: list[str]) -> list[str]:
    """The tokens of the question itself."""
    tokens = _strip_trailing(tokens)
    before = None
    while before != tokens:
        before = tokens
        tokens = _strip_leading(tokens)
    return _move_leading_place(tokens)


def _strip_leading(tokens: list[str]) -> list[str]:
    if rest := _after(tokens, _BEFORE_ANYTHING):
        return rest
    if (rest := _after(tokens, _BEFORE_REQUEST)) and rest[0] in _REQUESTED:
        return rest
    if (rest := _after(tokens, _BEFORE_WH)) and (clause := _asked_clause(rest)):
        return clause
    if tokens and tokens[0] in WH_WORDS and len(tokens) > 2 and tokens[1] in _ADVERBS:
        return [tokens[0], *tokens[2:]]
    return tokens


def _asked_clause(rest: list[str]) -> list[str] | None:
    """What is asked after `tell me`; `if X is used` as `whether X is used`."""
    if rest[:2] == ["for", "me"]:
        rest = rest[2:]
    if rest and _opens_clause(rest):
        return rest
    if rest[:1] == ["if"] and len(rest) > 2 and "," not in rest:
        return ["whether", *rest[1:]]
    return rest[2:] if tuple(rest[:3]) in _PLACES and len(rest) > 3 else None


def _opens_clause(tokens: list[str]) -> bool:
    return tokens[0] in WH_WORDS or (
        len(tokens) > 1 and tokens[0] in PREPOSITIONS and tokens[1] in {"which", "what"}
    )


def _after(tokens: list[str], phrases: dict[str, list[tuple[str, ...]]]) -> list[str] | None:
    if not tokens:
        return None
    for phrase in phrases.get(tokens[0], ()):
        if tuple(tokens[: len(phrase)]) == phrase and len(tokens) > len(phrase):
            return tokens[len(phrase) :]
    return None


def _strip_trailing(tokens: list[str]) -> list[str]:
    for length in _TRAILING_LENGTHS:
        if len(tokens) > length + 1 and tuple(tokens[-length:]) in _TRAILING:
            return _strip_trailing(tokens[:-length])
    return tokens


def _move_leading_place(tokens: list[str]) -> list[str]:
    """`in a.py, where is X used` as `where is X used in a.py`."""
    if len(tokens) > 4 and tokens[0] == "in" and tokens[1][0] == "`" and tokens[2] == ",":
        return [*tokens[3:], *tokens[:2]]
    return tokens
