"""A question in its structured form and the key of that form; what is not understood stays text."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agentcache.core.codec import digest
from agentcache.core.query.afterwords import asks_for_all_too, without_afterword
from agentcache.core.query.asking import read_form
from agentcache.core.query.clefts import asked_straight
from agentcache.core.query.coordinated import in_any_order
from agentcache.core.query.form import Form, Intent
from agentcache.core.query.frames import in_small_letters, strip_frames, trim_text
from agentcache.core.query.lexicon import FUNCTION_WORDS, NEGATIONS, SCOPE_WORDS
from agentcache.core.query.moods import in_one_mood, told_apart
from agentcache.core.query.naming import with_short_names
from agentcache.core.query.preamble import bare_question
from agentcache.core.query.restating import named_things, restated
from agentcache.core.query.rewrites import rewrite_phrases
from agentcache.core.query.roundabout import put_straight
from agentcache.core.query.tokens import NotCanonicalError, split_tokens
from agentcache.core.query.voice import in_one_voice

FORM_VERSION = 16
"""Part of every key: raised when a rule changes, so that old keys are never met again."""

LONGEST = 10_000
"""Characters of a text that is still read; what is longer is material, not a question."""

_QUOTED_OR_SPACE = re.compile(
    r"(```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w)|\u201c[^\u201c\u201d\n]*\u201d"
    r"|(?<=\n)[ \t]+(?=\S))|[ \t\r\f\v]{2,}|[\t\r\f\v]",
    re.DOTALL,
)
_TYPOGRAPHIC = re.compile(r"(?<=[A-Za-z])\u2019(?=[A-Za-z])")


_QUOTED = re.compile(r"(`[^`\n]*`|\"[^\"\n]*\"|(?<!\w)'[^'\n]*'(?!\w))")
_PLAIN_QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"'})
_PLAIN_MARKS = str.maketrans({"\u2013": "-", "\u2014": " - ", "\u2026": "...", "\u00a0": " "})
"""What a word processor makes of plain quotes, dashes and dots."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question and what it asks for.

    `text`: blanks made single outside of quotes and backticks and of what lines are indented by,
    otherwise as written.
    `subjects`: identifiers, paths, flags and quoted texts exactly as written, in their order in
    the form, which is not always that of the text. `numbers`: numbers and versions, likewise.
    `polarity`: negations and words of scope in their order. `stems`: the other content words.
    `key`: equal key == the same question. `is_canonical`: False where the key is over the exact
    text only; then `intent` is EXACT and the fields of the form are empty.
    """

    text: str
    intent: Intent
    subjects: tuple[str, ...]
    numbers: tuple[str, ...]
    polarity: tuple[str, ...]
    stems: tuple[str, ...]
    key: str
    is_canonical: bool


@lru_cache(maxsize=64)  # every step of a run asks again what its question means
def read_query(text: str) -> Query:
    """Read any text as a question; never raises."""
    if len(text) > LONGEST:
        return _exact(text, text)
    plain = _single_spaced(text)
    form = form_of(plain)
    if form is None:
        return _exact(plain, trim_text(plain))
    words = form.words
    return Query(
        text=plain,
        intent=form.intent,
        subjects=tuple(word[1:] for word in words if word[0] in '`"'),
        numbers=tuple(word[1:] for word in words if word[0] == "#"),
        polarity=_polarity_of(form),
        stems=tuple(word for word in words if word[0].isalpha() and word not in FUNCTION_WORDS),
        key=digest([FORM_VERSION, form.intent, form.auxiliary, words]),
        is_canonical=True,
    )


@lru_cache(maxsize=256)  # the key and the skeleton both begin with it
def form_of(text: str) -> Form | None:
    """The form of a text whose blanks are single; None where no rule understands it."""
    try:
        return read_form(restated(list(_tokens_of(text))))
    except NotCanonicalError:
        return None


def named_in(text: str) -> set[tuple[str, str]]:
    """The names in a text that has a form, with what they are said to name: see `named_things`."""
    return named_things(list(_tokens_of(text)))


@lru_cache(maxsize=64)  # the form and the names of a text begin with it
def _tokens_of(text: str) -> tuple[str, ...]:
    if not text.isascii():
        text = trim_text(_in_plain_marks(text))
    asked = without_afterword(trim_text(in_small_letters(text)))
    bare = bare_question(asked)
    if asks_for_all_too(asked, bare):
        raise NotCanonicalError(text)
    trimmed = with_short_names(bare)
    tokens = strip_frames(rewrite_phrases(strip_frames(split_tokens(trimmed))))
    tokens = put_straight(told_apart(in_one_mood(tokens)))
    return tuple(in_one_voice(in_any_order(asked_straight(tokens))))


def _in_plain_marks(text: str) -> str:
    """The text in plain marks, but for what it quotes: `"Done..."` is not `"Done\u2026"`."""
    text = text.translate(_PLAIN_QUOTES)
    return "".join(
        part if part[:1] in "`\"'" else _TYPOGRAPHIC.sub("'", part).translate(_PLAIN_MARKS)
        for part in _QUOTED.split(text)
        if part
    )


def plain_text(text: str) -> str:
    """The `text` of a Query without reading it any further."""
    return text if len(text) > LONGEST else _single_spaced(text)


def _exact(text: str, meant: str) -> Query:
    exact = meant.encode("utf-8", "surrogatepass").hex()
    key = digest([FORM_VERSION, Intent.EXACT, exact])
    return Query(text, Intent.EXACT, (), (), (), (), key, is_canonical=False)


def _polarity_of(form: Form) -> tuple[str, ...]:
    leading = ("not",) if form.auxiliary.endswith("-not") else ()
    inner = (word for word in form.words if word in NEGATIONS or word in SCOPE_WORDS)
    return (*leading, *inner)


def _single_spaced(text: str) -> str:
    return _QUOTED_OR_SPACE.sub(lambda match: match[1] or " ", text.strip()).strip()
