"""Text to tokens: words in lower case, everything a program could tell apart exactly as written.

A token is a string; its first character tells its kind: "`" an identifier, path or flag, '"' a
quoted text, "#" a number or version, a letter a word, anything else punctuation.
"""

import re

from agentcache.core.query.lexicon import FUNCTION_WORDS, PAIRS, SYNONYMS, word_set

MAX_WORDS = 60
MAX_CHARACTERS = 600

_PIECE = re.compile(r"`([^`\n]+)`|\"([^\"\n]+)\"|(?<!\w)'([^'\n]+)'(?!\w)|([^\s`\"]+)")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CAPITALISED = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z]+)*|I")
_NUMBER = re.compile(r"#?[vV]?\d+(?:\.\d+)*%?")
_CALL = re.compile(r"[\w.:$]+\(\)")
_CLITIC = re.compile(r"([A-Za-z]+)'(s|re|ve|ll|d|m)")
_NEGATED = re.compile(r"([A-Za-z]+)n't")
_IS_HEADS = word_set("what where who how that there it when why here")
_CLITICS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}
_NEGATED_HEADS = {"ca": "can", "wo": "will", "sha": "shall"}
_OPENING, _CLOSING = "([{", ")]},;:.!?"
_SENTENCE_END = frozenset(".!?")
_METHODS = frozenset(("`GET", "`POST", "`PUT", "`PATCH", "`DELETE", "`HEAD", "`OPTIONS"))


class NotCanonicalError(ValueError):
    """The text is outside of what the canonical form understands; never leaves `read_query`."""


def split_tokens(text: str) -> list[str]:
    """The tokens of one sentence without its final mark; raises NotCanonicalError."""
    if not text.isascii() or len(text) > MAX_CHARACTERS or "\n" in text:
        raise NotCanonicalError(text)
    tokens: list[str] = []
    end = 0
    for match in _PIECE.finditer(text):
        gap, glued = text[end : match.start()], match.start() == end and end > 0
        if gap.strip():
            raise NotCanonicalError(text)  # an unpaired quote
        _add_piece(tokens, match, glued=glued)
        end = match.end()
    if text[end:].strip() or len(tokens) > MAX_WORDS:
        raise NotCanonicalError(text)
    return _merge_pairs(tokens)


def is_strong(token: str) -> bool:
    """Whether a token is an identifier beyond doubt, not an acronym in prose."""
    return token[0] == "`" and not (token[1:].isalpha() and token[1:].isupper())


def is_path(token: str) -> bool:
    """Whether an identifier names a file: it has a suffix or a slash inside."""
    return token[0] == "`" and re.search(r"\w/\w|\w\.[a-z]{1,5}$", token) is not None


def _add_piece(tokens: list[str], match: re.Match[str], *, glued: bool) -> None:
    tick, double, single, raw = match.groups()
    if raw is not None:
        _add_raw(tokens, raw, glued=glued)
        return
    if glued and tokens[-1] != "(":
        raise NotCanonicalError(match.group())
    if tick is not None:
        tokens.append("`" + _bare_identifier(tick))
    else:
        tokens.append('"' + (double if double is not None else single))


def _add_raw(tokens: list[str], raw: str, *, glued: bool) -> None:
    if not glued and raw.isalpha() and raw.islower():  # what most are, sooner said
        tokens.append(SYNONYMS.get(raw, raw))
        return
    if glued and raw.startswith("'s"):
        tokens.append("'s")
        raw = raw[2:]
    elif glued and raw.startswith("()"):
        raw = raw[2:]
    elif glued and raw[0] not in _CLOSING:
        raise NotCanonicalError(raw)
    while raw and raw[0] in _OPENING:
        tokens.append(raw[0])
        raw = raw[1:]
    core, tail = _split_tail(raw)
    if core:
        tokens.extend(_classify(core, first=not tokens))
    for mark in tail:
        if mark in _SENTENCE_END:
            raise NotCanonicalError(raw)  # a second sentence, an abbreviation or an ellipsis
        tokens.append(mark)


def _split_tail(raw: str) -> tuple[str, str]:
    end = len(raw)
    while end and raw[end - 1] in _CLOSING:
        closing = raw[end - 1]
        if closing in ")]}" and _OPENING[")]}".index(closing)] in raw[:end]:
            break
        end -= 1
    return raw[:end], raw[end:]


def _classify(core: str, *, first: bool) -> list[str]:
    if _WORD.fullmatch(core):
        return [SYNONYMS.get(core, core)]
    if _CAPITALISED.fullmatch(core):
        lower = core.lower()
        return [SYNONYMS.get(lower, lower)] if first or lower in FUNCTION_WORDS else [core]
    if first and core == "A":
        return ["a"]
    if _NUMBER.fullmatch(core):
        return ["#" + core]
    if "'" in core:
        return _expand(core, first=first)
    return ["`" + _bare_identifier(core)]


def _expand(core: str, *, first: bool) -> list[str]:
    if negated := _NEGATED.fullmatch(core):
        head = negated[1].lower()
        return [_NEGATED_HEADS.get(head, head), "not"]
    if clitic := _CLITIC.fullmatch(core):
        head = clitic[1].lower()
        if clitic[2] != "s":
            return [head, _CLITICS[clitic[2]]]
        if head in _IS_HEADS:
            return [head, "is"]
    if core.endswith("'s") and len(core) > 2:
        return [*_classify(core[:-2], first=first), "'s"]
    if core.endswith("s'") and len(core) > 2:
        return [*_classify(core[:-1], first=first), "'s"]
    raise NotCanonicalError(core)


def _bare_identifier(name: str) -> str:
    if _CALL.fullmatch(name):
        name = name[:-2]
    is_file = name.startswith("./") and re.search(r"\w[/.]\w", name) is not None
    return name[2:] if is_file else name  # `./build` may be a script, and `build` a function


def _merge_pairs(tokens: list[str]) -> list[str]:
    merged: list[str] = []
    for token in tokens:
        if token == "cannot":
            merged += ("can", "not")
            continue
        if token[:2] == "`/" and merged and merged[-1] in _METHODS:
            merged[-1] += " " + token[1:]
            continue
        if merged and (pair := PAIRS.get((merged[-1], token))):
            merged[-1:] = pair
            continue
        merged.append(token)
    return merged
