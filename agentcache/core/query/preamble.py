"""What stands before and after the one question of a text and does not change its answer.

A sentence or clause is dropped only where every word of it is known to say nothing of the question:
politeness, who asks and why, how to look, how short to answer. A name, a number, a place, a
platform, a "not" or a second question keeps it.
"""

import re

from agentcache.core.query.lexicon import word_set

_LONGEST = 1500
_SENTENCE_END = re.compile(r"(?<=[.?!])[)\"']?\s+(?=[\"'`(]?[A-Za-z0-9])|\n+|(?<=\w) - (?=[a-z])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|incl)|\.\.)\.\Z", re.IGNORECASE)
_QUOTED = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"")
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*|[^\sA-Za-z,.!?:;()-]+|[,:;()-]")
_OPENS = word_set("where what which who whose how why when whether")
_ASKS = word_set("list explain describe find locate summarize trace enumerate identify compare")
_HEADS = _OPENS | _ASKS | word_set("is are does do did can was were has have in")

_LEAD = word_set(
    # politeness
    "please kindly hi hello hey there thanks thank cheers folks team all everyone sorry ok okay so "
    "well now quick question one morning afternoon good day again "
    # who asks for what
    "i i'm i'd i've i'll am we we're we'd we've you your me us my our can could would will may "
    "might let's let want wanted need like love have had has been got be being trying try tried "
    "hoping hope looking wondering wonder curious interested going gonna appreciate glad grateful "
    "was were happy great helpful useful if possible able mind ask asking asked get getting "
    "help helping "
    "someone anyone somebody anybody do does did happen know knowing sure not quite yet understand "
    "understanding learn learning see seeing find finding out figure figuring work working "
    "determine tell telling show showing say give giving point explain describe report identify "
    "clarify remind walk through talk share summarize "
    # how to look
    "use using grep ripgrep rg glob search searching look looking explore exploring read reading "
    "scan scanning browse inspect inspecting examine check checking dig digging investigate "
    "investigating review reviewing study go going take taking make making at around into over in "
    "inside across throughout within on of for from by with to and then first next after before "
    "once when while as about that this it its the a an some any relevant related necessary "
    "appropriate right whole entire existing current source code codebase base repo repository "
    "project tree files file sources thoroughly carefully quickly briefly closely deeply depth "
    "detail details bit little time moment minute second chance deep dive pass "
    # why
    "documentation docs documenting notes writing write documents report purposes purpose context "
    "reference background own sake onboarding onboard new newcomer joined joining started start "
    "starting begin beginning familiar refactor refactoring cleanup review planning plan change "
    "changes changing anything something part task subtask sub-task goal job research objective "
    "request ticket issue pr touching touch part just really still only currently actually soon "
    "later today because since need needs needed needing order ahead head wrap around idea sense "
    "feeling feel lost stuck confused unfamiliar here stepping audit auditing debug debugging "
    "colleague teammate "
    "coworker came up asks mentioned discussion meeting interview onto brief short concise "
    "explanation overview summary answer description high-level following"
)
_LEAD_SUBJECTS = word_set(
    "i i'm i'd i've we we're we've my our this for as hi hello hey thanks thank quick question "
    "please context background task sub-task subtask before just new sorry good can could would "
    "a to so ok okay use using search look explore read scan go take dig investigate help "
    "first let's let one goal research it inspect examine check review browse"
)
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
_TAIL = word_set(
    "please thanks thank you cheers in advance much very so a an the just only keep it its be make "
    "return give me us provide write report back reply respond answer with to short brief briefly "
    "concise concisely succinct compact simple quick summary overview sentence sentences paragraph "
    "paragraphs bullet bullets point points words few couple one two three is are fine enough "
    "sufficient ok okay will do would great good helpful appreciated suffice plain english need "
    "needed necessary no not don't do need change changes changing edit edits editing modify "
    "modifying modifications touch fix anything any code files file write writing patch yet "
    "read-only read research exploration investigation task question this that i i'm i'd like "
    "love want for my own understanding notes curious your you findings result results explanation "
    "description and or of if possible can when done at end high-level level detail details "
    "required required implementing implement refactor run running commands purely purposes "
    "documentation docs context reference background here asking because reviewing pr let know"
)
_PLACE_TAIL = word_set(
    "path paths line lines number numbers name names location exact cite include"
)
_PLACED = re.compile(r"\b(?:where|find|locate|which file|what file|in which)\b", re.IGNORECASE)
_CODE_ALONE = re.compile(
    r"\b(?:only|just|not) (?:the |in |in the )?(?:code|files?|docs)\b", re.IGNORECASE
)
_STRONG = re.compile(
    r"`[^`]+`|\b\w+_\w+|\b\w+\.\w+|\b[a-z]+[A-Z]\w*|\b[A-Z]{3,}\b|\w/\w|\w\(\)|--\w|\d"
)
_RESTRICTING = word_set(
    "care cares focus focused restrict restricted limit limited ignore ignoring assume assuming "
    "consider considering exclude excluding include including except concern concerned scope mean "
    "means meaning specifically especially particularly mainly mostly if unless instead rather but "
    "though although however every each old other others another different version versions "
    "branch platform environment linux windows macos mobile production staging than should must"
)
_SPEAKER = word_set(
    "you you're background context while i i'm i'd i've we we're we've we'd my our this it "
    "it's there something "
)


def bare_question(text: str) -> str:
    """The one question of a text, or the text itself where more than one sentence matters."""
    if "```" in text or len(text) > _LONGEST:
        return text
    sentences = _sentences(text)
    if len(sentences) > 1:
        kept = [part for part in sentences if not _says_nothing(part, text)]
        while len(kept) > 1 and _is_told(kept[0], kept[-1]):
            kept = kept[1:]
        if len(kept) != 1:
            return text
        text = kept[0].rstrip("?.! ") if len(kept[0]) > 3 else text
    return _bare_sentence(text)


def _sentences(text: str) -> list[str]:
    """The sentences of a text; marks inside of quotes and backticks end none."""
    shadow = _QUOTED.sub(lambda match: "x" * len(match.group()), text)
    parts: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(shadow):
        if _ABBREVIATION.search(shadow[start : end.start()]):
            continue
        parts.append(text[start : end.start()].strip())
        start = end.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _says_nothing(sentence: str, text: str) -> bool:
    """Whether every word of a sentence is about asking or answering, and none asks."""
    words = _words(sentence)
    if not words or words[0] in _OPENS:
        return not words
    is_place = set(words) & _PLACE_TAIL and _PLACED.search(text)
    tail = _TAIL | _PLACE_TAIL if is_place else _TAIL
    if set(words) <= tail | {","} and not _CODE_ALONE.search(sentence):
        return True
    is_lead = words[0] in _LEAD_SUBJECTS and set(words) <= _LEAD | {",", "-", ":", ";"}
    return is_lead and not sentence.endswith("?") and not _DENIALS & set(words)


def _is_told(sentence: str, question: str) -> bool:
    """Whether a sentence only tells what the speaker does, and the question stands without it.

    It does where it names its subject exactly or repeats every word that the sentence is about.
    """
    words = _words(sentence)
    if not words or words[0] not in _SPEAKER or sentence.endswith("?"):
        return False
    if _STRONG.search(sentence) or set(words) & (_DENIALS | _RESTRICTING | _OPENS - {"when"}):
        return False
    if any(word[0].isupper() and word[:1] != "I" for word in sentence.split()[1:]):
        return False  # a name may be a platform or a product
    about = {_stem(word) for word in words if word[0].isalpha() and word not in _LEAD}
    asked = {_stem(word) for word in _words(question)}
    return about <= asked or _STRONG.search(question) is not None


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def _bare_sentence(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = _without_lead(text)
        head, comma, question = text.partition(", ")
        if comma and _is_told(head, question):
            text = question.removeprefix("and ").removeprefix("so ").removeprefix("but ")
    return _without_tail(text)


def _without_lead(text: str) -> str:
    """The text from the first word that opens a question, if only leading words stand before it."""
    words = list(_WORD.finditer(text))
    if not _may_lead([match.group().lower() for match in words[:2]]):
        return text
    opening = 0
    for at, match in enumerate(words):
        word = match.group().lower()
        previous = words[at - 1].group().lower() if at else ""
        if at and word in _OPENS and previous in _BEFORE_OPENING:
            opening = match.start()
            break
        if at and word in _HEADS - _OPENS and previous in _BEFORE_REQUEST:
            opening = match.start()
        if (at and word in _ASKED_BY) or word in _DENIALS:
            break
        if not (word in _LEAD or word in ",:;-"):
            break
    return text[opening:]


def _may_lead(words: list[str]) -> bool:
    """Whether a text that begins so may begin with what is no part of its question."""
    second = words[1] if len(words) > 1 else ""
    if words[:1] == ["when"]:
        return second in {"you", "i", "we"}
    if words and words[0] in _MAY_ASK_YOU:
        return second in _YOU
    return bool(words) and words[0] not in _OPENS and words[0] not in _ASKED_BY


def _without_tail(text: str) -> str:
    """The text without a clause that only says how to answer: `, briefly`, `(no code needed)`."""
    for mark in (", ", " (", " - "):
        head, found, tail = text.rpartition(mark)
        if not found or not head or _QUOTED.search(tail):
            continue
        words = _words(tail.rstrip(")."))
        is_tail = bool(words) and set(words) <= _TAIL and not _CODE_ALONE.search(tail)
        if is_tail and words[0] not in {"and", "or", "if", "when", "this", "that", "for"}:
            return head
    for ending in (" in brief", " briefly", " in short", " in a few sentences", " in one sentence",
                   " in a sentence", " in a few words"):  # fmt: skip
        text = text.removesuffix(ending)
    return text


def _words(text: str) -> list[str]:
    return [match.group().lower().replace("\u2019", "'") for match in _WORD.finditer(text)]
