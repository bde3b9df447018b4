"""What stands before and after the one question of a text and does not change its answer.

A sentence or clause is dropped only where every word of it is known to say nothing of the question:
politeness, who asks and why, how to look, how short to answer. A name, a number, a place, a
platform, a "not" or a second question keeps it.
"""

import re
from functools import lru_cache
from itertools import islice

from agentcache.core.query.asides import without_opening
from agentcache.core.query.brevity import without_brevity
from agentcache.core.query.chatter import (
    ANSWER_FORM,
    ANSWERING,
    BACKGROUND,
    IDLE,
    NAMES,
    OCCASION,
    PEOPLE,
    PLACE_TAIL,
    RESTRICTING,
    SAID,
    SEARCHED,
    TAIL,
    cleaned,
    has_strong_name,
    without_marks,
    without_references,
)
from agentcache.core.query.demands import asks_for_more, leads_to_more
from agentcache.core.query.leading import LEAD, LEAD_SUBJECTS
from agentcache.core.query.lexicon import PREPOSITIONS, word_set
from agentcache.core.query.topics import (
    names_case,
    narrows_what_is_asked,
    stem_of,
    supposes,
)

_LONGEST = 1500
_SENTENCE_END = re.compile(r"(?<=[.?!])[)\"']?\s+(?=[\"'`(]?[A-Za-z0-9])|\n+|(?<=\w) - (?=[a-z])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|incl)|\.\.)\.\Z", re.IGNORECASE)
_LONGEST_ABBREVIATION = len("-approx.")
_QUOTED = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"")
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*|[^\sA-Za-z,.!?:;()-]+|[,:;()-]")
_OPENS = word_set("where what which who whose how why when whether")
_ASKS = word_set("list explain describe find locate summarize trace enumerate identify compare")
_HEADS = _OPENS | _ASKS | word_set("is are does do did can was were has have in")

_BEFORE_OPENING = word_set(
    "me us know understand find out explain describe report identify determine figure see check "
    "clarify learn wonder wondering curious ask asking through share say tell show idea about "
    "understanding knowing summarize , : ; -"
)
_BEFORE_REQUEST = word_set(", : ; - please to and then you me")
_MAY_ASK_YOU = word_set("can could would will may might do have was were")
_YOU = word_set("you i someone anyone somebody anybody")
_ASKED_BY = word_set("is are does did has")
_DENIALS = word_set("not only without except never no n't")
_PLACED = re.compile(r"\b(?:where|find|locate|which file|what file|in which)\b", re.IGNORECASE)
_CODE_ALONE = re.compile(
    r"\b(?:only|just|not) (?:the |in |in the )?(?:source )?(?:code|files?|docs|sources?)\b",
    re.IGNORECASE,
)
_REQUESTED = (
    r"(?:[Ii](?:'d| would| need| want| only need)|could you|can you|please|tell me|let me know|"
    r"explain|report|find out|answer)\b"
)
_JOINT = re.compile(rf": | - |; |, |\.\.\. ?|(?<=\w) and (?={_REQUESTED})")
_TELLING = word_set(
    "i i'm i've i'd i'll we we're we've we'd we'll my our you're use search read look explore take "
    "hi hello hey please ok sorry"
)
_JOINTS = frozenset(("when", "while", "what", "how"))
_ANSWER = ANSWERING | TAIL | {",", ":", ";", "-"}
_AFTER_LOOKING = frozenset(("at", "into", "up"))
_AND = re.compile(
    r"\A(?:and|so|but|also|then|ok|okay),? (?=(?:where|what|which|who|how|why|when)\b)",
    re.IGNORECASE,
)
_ABOUT_PAPERS = re.compile(
    r"\b(?:about|in|on|of) (?:the |our )?(?:docs?|documentation|wiki|faq|blog|release notes)\b"
)
_READ_ONLY = frozenset(("read", "only", "read-only", "-", "ok"))
_ORDINALS = word_set("one ones first last next previous old other those")
_POINTING = word_set("one ones last first next previous new old other this that these those part")
_LOOKING = word_set(
    "take go use look read investigate explore do have check inspect examine search scan can could "
    "would please dig browse"
)
_KNOWN = LEAD | BACKGROUND | PEOPLE | SAID | {",", "-", ":", ";", "(", ")"}
_LOOKED = (_KNOWN | ANSWERING) - word_set(
    "doc docs documentation wiki faq runbook notes slack blog pr ticket"
)
_SUBORDINATE = PREPOSITIONS | word_set("once while because when looking if")
_FIRST_PERSON = word_set("i i'm i've i'd i'll we we're we've we'd me my")
_SPEAKER = word_set(
    "you you're background context while i i'm i'd i've we we're we've we'd my our this it "
    "it's there something as for hey hi hello ok okay alright quick sorry thanks hi please a the "
    "an users customers someone somebody task sub-task subtask goal question next first last one "
    "so you're you now well looking before once after just also to maybe first "
)


_MARKS = frozenset((",", "-", ":", ";"))
_OPENING_LATER = _BEFORE_OPENING | _AFTER_LOOKING
_REQUESTING = _HEADS - _OPENS
_LEAD_MARKED = LEAD | _MARKS
_TAIL_MARKED = TAIL | {","}
_TAIL_PLACED = _TAIL_MARKED | PLACE_TAIL
_TAIL_ANSWER = TAIL | _ANSWER
_PLACING = PREPOSITIONS - {"with", "without", "for", "to", "as", "of", "about"}
_STATE = re.compile(r"(?:the|our) [a-z]+ (?:is|are|was|were|has|have) ", re.IGNORECASE)
_NARROWLY = word_set("not only just also even mainly mostly")
_SHORT = 4
_LOOKED_ANSWER = _LOOKED | _ANSWER
_NO_INSTRUCTION = _DENIALS | _OPENS | _ORDINALS | PEOPLE
_ANSWERS = ANSWERING - _SPEAKER
_NARROW = RESTRICTING | _DENIALS | (_OPENS - _JOINTS)
_OTHERS = PEOPLE - {"someone"}


def bare_question(text: str) -> str:
    """The one question of a text, or the text itself where more than one sentence matters."""
    if "```" in text or len(text) > _LONGEST:
        return text
    plain = without_marks(text)
    sentences = _sentences(plain)
    if len(sentences) > 1:
        kept = [part for part in sentences if not _says_nothing(part, plain)]
        while len(kept) > 1 and _is_told(kept[0], kept[-1]):
            kept = kept[1:]
        while len(kept) > 1 and _is_afterword(kept[-1], kept[0]):
            kept = kept[:-1]
        if len(kept) != 1 or any(map(supposes, sentences)):
            return text
        plain = kept[0].rstrip("?.! ") if len(kept[0]) > 3 else plain
    bare = _bare_sentence(plain)
    return text if bare == text.rstrip("?.! ") else bare


def _sentences(text: str) -> list[str]:
    """The sentences of a text; marks inside of quotes and backticks end none."""
    shadow = _QUOTED.sub(lambda match: "x" * len(match.group()), text)
    parts: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(shadow):
        if _ABBREVIATION.search(
            shadow, max(start, end.start() - _LONGEST_ABBREVIATION), end.start()
        ):
            continue
        parts.append(text[start : end.start()].strip())
        start = end.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _says_nothing(sentence: str, text: str) -> bool:
    """Whether every word of a sentence is about asking or answering, and none asks."""
    words = _words(sentence)
    if not words or words[0] in _OPENS or asks_for_more(sentence) or _is_place(sentence, words):
        return not words
    is_place = not PLACE_TAIL.isdisjoint(words) and _PLACED.search(text)
    tail = _TAIL_PLACED if is_place else _TAIL_MARKED
    if tail.issuperset(words) and not _CODE_ALONE.search(sentence):
        return True
    if sentence.endswith("?") or _CODE_ALONE.search(sentence) or _ABOUT_PAPERS.search(sentence):
        return False
    if _is_instruction(sentence):
        return True
    is_last = text.rstrip(".!? ").endswith(sentence.rstrip(".!? "))
    if is_last and not _ORDINALS.isdisjoint(words):
        return False
    is_lead = words[0] in LEAD_SUBJECTS and _LEAD_MARKED.issuperset(words)
    return is_lead and _DENIALS.isdisjoint(words) and not narrows_what_is_asked(words, ())


def _is_place(sentence: str, words: tuple[str, ...]) -> bool:
    """Whether a sentence may be the place that is asked about: `In this file. Where ...`."""
    return (
        len(words) <= _SHORT
        and _says_where(words)
        and not OCCASION.fullmatch(sentence.rstrip(".!,: "))
    )


def _says_where(words: tuple[str, ...]) -> bool:
    """Whether words begin with a place or a case, and are no form of an answer."""
    if names_case(words):
        return True
    while words[0] in _NARROWLY and len(words) > 1:
        words = words[1:]
    is_place = words[0] in _PLACING and not ANSWER_FORM.issuperset(words)
    return is_place or names_case(words)


def _is_instruction(sentence: str) -> bool:
    """Whether a sentence only says how to look and how to answer."""
    said = cleaned(sentence)
    words = _words(said)
    if not words or not (_LOOKED_ANSWER if words[0] in _LOOKING else _ANSWER).issuperset(words):
        return False
    return _NO_INSTRUCTION.isdisjoint(words) and not _has_names(said)


def _is_told(sentence: str, question: str) -> bool:
    """Whether a sentence only tells of the asker or the answer, and the question stands alone.

    It does where every word that it is about is background or repeated in the question.
    """
    if asks_for_more(sentence, question):
        return False
    sentence = cleaned(sentence)
    words = _words(sentence)
    if not words or _narrows(sentence, words):
        return False
    if words[0] in _ANSWERS and _ANSWER.issuperset(words):
        return True
    asked = [stem_of(word) for word in _words(question)]
    if _STATE.match(sentence) and stem_of(words[1]) in asked:
        return False  # `The plan is done. Where is the plan shown?`
    known = _LOOKED if words[0] in _LOOKING else _KNOWN
    if not all(word in known or stem_of(word) in asked for word in words):
        return False
    return not narrows_what_is_asked(words, asked)


def _narrows(sentence: str, words: tuple[str, ...]) -> bool:
    """Whether a sentence asks, denies, names something or says when or for whom."""
    if sentence.endswith("?") and words[0] not in _MAY_ASK_YOU | {"any"}:
        return True
    if not _NARROW.isdisjoint(words) or _has_names(sentence):
        return True
    if _ABOUT_PAPERS.search(sentence):
        return True
    if not _OTHERS.isdisjoint(words) and SAID.isdisjoint(words):
        return True
    is_late = words[0] in _SUBORDINATE and not OCCASION.fullmatch(sentence.rstrip(".!,: "))
    return is_late or _CODE_ALONE.search(sentence) is not None


def _is_afterword(sentence: str, question: str) -> bool:
    """Whether a sentence after the question only tells why it is asked, and corrects nothing."""
    words = _words(sentence)
    if not words or words[0] not in _FIRST_PERSON | {"thanks", "just"}:
        return False
    if not _POINTING.isdisjoint(words) or (words[0] == "just" and words[1:2] != ("curious",)):
        return False
    return _is_told(sentence, question)


def _has_names(sentence: str) -> bool:
    """Whether a sentence names something: an identifier, a number, a platform, a product."""
    rest = []
    for at, raw in enumerate(sentence.split()):
        word = raw.strip(",.:;'()")
        if word[:1].isupper():
            if word.split("'")[0].split("\u2019")[0] in NAMES:
                continue
            if at:
                return True
        rest.append(raw)
    return has_strong_name(" ".join(rest))


def _bare_sentence(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = _AND.sub("", text)
        text = _without_tail(_without_told(_without_lead(without_opening(text))))
    return text


def _without_told(text: str) -> str:
    """The text after a mark before which the speaker only tells of himself."""
    shadow = _QUOTED.sub(lambda match: "x" * len(match.group()), text)
    for joint in _JOINT.finditer(shadow):
        head, question = text[: joint.start()], text[joint.end() :]
        for word in ("and ", "so ", "but ", "then ", "please "):
            question = question.removeprefix(word)
        opened = _without_lead(question)
        words, said = _first_words(opened), _first_words(head)
        if joint.group() == " and " and not (said and said[0] in _TELLING):
            continue
        if opened == question and words and _says_when(_JOINT.split(head)[-1]):
            continue
        if _opens_question(words) and _is_told(head, opened):
            return opened
    return text


def _says_when(clause: str) -> bool:
    """Whether what stands directly before a question says when or where it is asked about."""
    begun = _first_words(clause)[:1]
    is_late = begun != [] and begun[0] in _SUBORDINATE and not IDLE.fullmatch(clause)
    return is_late or _may_say_when(clause)


def _may_say_when(clause: str) -> bool:
    """Whether what stands before a question may be part of it: `reading the request`."""
    words = _words(clause)
    is_doing = bool(words) and words[0].endswith("ing") and not SEARCHED.issuperset(words)
    return is_doing or (words[:1] == ("just",) and not _SUBORDINATE.isdisjoint(words[1:2]))


def _opens_question(words: list[str]) -> bool:
    """Whether a text that begins so asks, other than `can you`, `do some research`, `have a`."""
    if words[:1] and words[0] in _MAY_ASK_YOU | {"do", "did"}:
        return words[1:2] != [] and words[1] not in _YOU | {"some", "a", "me", "the"}
    return bool(words) and words[0] in _HEADS


def _without_lead(text: str) -> str:
    """The text from the first word that opens a question, if only leading words stand before it."""
    words = _first_words(text)
    if not _may_lead(words):
        return text
    opening, word = 0, ""
    for at, match in enumerate(_WORD.finditer(text)):
        previous, word = word, match.group().lower()
        if at and word in _OPENS and previous in (_BEFORE_OPENING if at == 1 else _OPENING_LATER):
            opening = match.start()
            break
        if at and word in _REQUESTING and previous in _BEFORE_REQUEST:
            opening = match.start()
        if (at and word in _ASKED_BY) or word in _DENIALS:
            break
        if not (word in LEAD or word in ",:;-"):
            break
    lead = text[:opening].strip(" ,:;-")
    if opening and (leads_to_more(text[:opening].rstrip()) or _says_case(lead, words[0])):
        return text
    return text[opening:]


def _says_case(lead: str, first: str) -> bool:
    """Whether what stands before a question, and begins with the word `first`, may narrow it."""
    clause, *others = _JOINT.split(lead)
    if others and _says_when(others[-1]):
        return True
    if not others and _may_say_when(clause):
        return True
    is_said = (OCCASION if others else IDLE).fullmatch(clause)
    return first in _SUBORDINATE and not is_said


def _may_lead(words: list[str]) -> bool:
    """Whether a text that begins so may begin with what is no part of its question."""
    second = words[1] if len(words) > 1 else ""
    if words[:2] in (["have", "a"], ["do", "some"], ["do", "a"]):
        return True
    if words[:1] == ["when"]:
        return second in {"you", "i", "we"}
    if words and words[0] in _MAY_ASK_YOU:
        return second in _YOU
    return bool(words) and words[0] not in _OPENS and words[0] not in _ASKED_BY


def _without_tail(text: str) -> str:
    """The text without a clause that only says how to answer: `, briefly`, `(no code needed)`."""
    for mark in (", ", " (", " - ", "; "):
        head, found, tail = text.rpartition(mark)
        if not found or not head or _QUOTED.search(tail):
            continue
        words = _words(without_references(tail.rstrip(")."), saying="ok"))
        if _READ_ONLY.issuperset(words):
            continue  # `how is the file opened (read only)`
        is_tail = (
            bool(words)
            and _OPENS.isdisjoint(words)
            and _TAIL_ANSWER.issuperset(words)
            and not _CODE_ALONE.search(tail)
            and not asks_for_more(tail.rstrip(")."))
        )
        if is_tail and _says_where(words):
            continue  # `where is X read, in the search`
        if is_tail and words[0] not in {"and", "or", "if", "when", "this", "that", "for"}:
            return head
    return without_brevity(text)


def _first_words(text: str) -> list[str]:
    """The first two, as they are written but for their case."""
    return [match.group().lower() for match in islice(_WORD.finditer(text), 2)]


@lru_cache(maxsize=64)  # every step of reading a text asks again
def _words(text: str) -> tuple[str, ...]:
    if text.isascii():
        return tuple(_WORD.findall(text.lower()))
    return tuple(word.lower().replace("\u2019", "'") for word in _WORD.findall(text))
