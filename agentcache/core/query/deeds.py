"""What a text tells to be done, however it is put: no question, whatever it asks beside that.

It knows sentences and clauses one by one, and only their words.
"""

import re
from functools import lru_cache

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import AUXILIARIES, PREPOSITIONS, word_set

_CHANGES = word_set(
    "add adjust adapt annotate append apply approve archive assign backport backup begin bootstrap "
    "build bump cancel change checkout cherry-pick clean clear clone close comment commit compile "
    "complete configure connect continue convert copy correct create cut debug delete deploy "
    "deprecate develop disable discard download drop duplicate edit enable enforce ensure execute "
    "extend extract finish fix fork format generate go handle hardcode implement improve increase "
    "decrease initialize inline insert install integrate introduce invoke kill launch lint make "
    "merge migrate mock modify move mv open optimise optimize overwrite patch perform pin port "
    "post prepare proceed publish pull push put reduce refactor reformat regenerate release remove "
    "rename reorder reorganise reorganize repair replace reply reproduce reset resolve restart "
    "restore restructure revert rewrite rm rollback run save scaffold send set setup ship simplify "
    "solve split squash stage start stash stop submit swap switch tag test tidy touch tweak undo "
    "uninstall unpin update upgrade upload use-case verify wire work wrap write writing"
)
OPENERS = word_set(
    "where what which who whose why how when explain describe list find show locate tell give "
    "summarise summarize investigate explore trace identify search look outline enumerate name "
    "compare report map read count determine analyse analyze survey inspect understand "
    "research walk"
)
_TELLS = OPENERS | word_set(
    "help look check see confirm point say clarify break recap remind be speak show guide teach "
    "provide share cite recommend suggest elaborate illustrate sketch detail expand "
    "study dig think guess grep scan browse verify validate double-check state answer search learn "
    "take have know understand figure work please narrow pinpoint pull mind with interpret"
)
"""What `can you` asks for that changes nothing; whatever else it asks for may."""

_QUESTION_WORDS = AUXILIARIES | word_set("where what which who whose why how when")
POLITE = word_set(
    "better maybe perhaps please kindly then also next first second third finally now just ok okay "
    "hi hello hey so and or but quickly go ahead afterwards lastly thoroughly carefully simply "
    "instead"
)
WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*")
_CLAUSE = Caseless(r"[,;:()\u2013\u2014]+|(?<= )-+(?= )|&|\b(?:and|then|or|but|after that)\b")
_WANTED = Caseless(
    r"\b(?:(?:want|need|like|have|ask|asking|going|try|trying|help|wish|let|please|task is|goal is"
    r"|job is|supposed|free|sure|ahead)(?: (?:you|me|us|to|and))+|let's|(?:you|we) "
    r"(?:should|must|could|can|need to|have to|may|might|will|ought to)) (?:\w+ly )?([a-z-]+)"
)
_ASKED_OF_YOU = Caseless(
    r"(?<!how )(?<!where )(?<!when )(?<!why )(?<!what )"
    r"\b(?:can|could|would|will|won't|can't|couldn't) (?:you|we)(?: (?:please|kindly|also|just|now"
    r"|then|maybe|perhaps|quickly|try to|help me|help me to|go ahead and))* ([a-z-]+)"
)
_ASKED_FIRST = Caseless(
    r"\W*(?:(?:please|kindly|also|then|hi|hello|hey|so|ok|okay|now|and|or|but|maybe|perhaps)\W+)*"
    r"(?:(?:can|could|would|will|won't|can't|couldn't) you|why (?:don't|not) you|shall (?:we|i)"
    r"|any chance (?:that )?you(?: (?:can|could|would))?|is it possible for you to)"
    r"(?: (?:please|kindly|also|just|now|then|maybe|perhaps|quickly|briefly|possibly|try to"
    r"|help me(?: to)?|let (?:me|us)|go ahead and))* ([a-z-]+)"
)
"""`can you` at the beginning of a clause; behind another word `you` may be anybody."""

_KEPT = word_set(
    "keep leave limit restrict group sort order rank number skip ignore exclude include assume "
    "suppose imagine consider call mean like believe hope love hate see use spell link"
)
_OTHERS = (
    "if that because since unless until once while whether though although i we you they than as"
)
_NO_DEEDS = _KEPT | _TELLS | _QUESTION_WORDS | PREPOSITIONS | POLITE | word_set(_OTHERS)
_OF_IT = Caseless(r"\W*(?:please |then |now |just |also |and )*([a-z-]+) (?:it|them)\b")
_DEMAND = Caseless(
    r"\W*(?:(?:it|they|that|this|which|those|these|both|everything|all(?: of (?:it|them|those))?"
    r"|each(?: of them)?) )?(?:really |also |now |definitely )?(?:(?:must|should"
    r"|ought to|needs? to|has to|have to) (?:all |rather )?(?:be|become|go|get|use|have)\b"
    r"(?! (?:\w+ly )?"
    r"(?:\w+ed |set |kept )?(?:somewhere|in|under|inside|within|near|at|there|around|one of|by|from"
    r"|on)\b)"
    r"|needs? (?!no|some|any)\w+ing\b)"
    r"|\W*(?:it|they|this|that|these|those)(?: all)? (?:can|could|may|might) (?:now |all |safely )?"
    r"(?:go\b|be (?:removed|deleted|dropped|renamed|replaced|simplified|inlined|merged|disabled)\b)"
    r"|\W*(?:mark|flag|label) (?:as|it|them|all)\b"
    r"|\W*(?:i|we)(?:'d| would)? (?:want|need|prefer|like) (?:it (?:to be |at )?)?(?:\d[\w.%]*|`x`)"
    r"\W*\Z|\W*\d\S* (?:would|should|might) be (?:better|best|enough|right)\b"
    r"|\W*s/[^/]*/[^/]*/g?\W*\Z|\W*\S+ (?:->|=>) [^\s:]+\Z"
    r"|.{0,200}\b(?:get rid of|(?:want|need|like|prefer|have) (?:it|them|this|that|these|those)"
    r" (?:to (?:be|become|go)|gone|off|out|away)\b)"
)
"""What is said of a thing that is to be otherwise: `It must be 10.`"""

_OTHERWISE = Caseless(r"\b(?:instead|(?:no longer|not) needed(?: any ?more)?)\W*\Z")
_NOT_ASKED = r"(?:(?!\b(?:how|which|what|where|why|when|who|whether|if|that|to)\b)[^.?!,;])"
_TOLD = Caseless(
    rf"\A{_NOT_ASKED}{{1,80}}? (?:must|should|ought to|needs? to|has to|have to) "
    r"(?:really |now |just |rather )?be (?:set to |at (?:least |most )?)?(?:\d|`x`"
    r"|(?:true|false|on|off|enabled|disabled|optional|required|async)\b(?! (?:by|in|for|on|at)\b))"
    rf"|\b(?:i|we)(?:'d| would)? (?:want|need|like|prefer) {_NOT_ASKED}{{1,60}} (?:removed|renamed"
    r"|deleted|dropped|replaced|gone|fixed|changed|updated|moved|disabled|enabled|green)\b"
    r"|(?<!how )(?<!where )\b(?:can|could|shall|should) (?:we|i|you) (?:just |please |finally )?"
    r"get rid of\b"
    r"|\bany chance (?!(?:that )?(?:you|someone|anyone|somebody)\b|to (?:know|see|find|get)\b)"
    r"|\A\W*(?:please |ok |so |then |just )*(?:go ahead|go for it|make it so)"
    r"(?! and (?:tell|explain|show|list|find|answer|describe)\b)\b"
    r"|\b(?:summari[sz]e|describe|explain|outline|collect|list)\b[^.?!]{0,120} (?:into \S+\.(?:md"
    r"|rst|txt)\b|in(?:to)? a new (?:file|document|doc|note|ticket|issue)\b)"
)
"""What is to be so, gone or written down, beside a question in the same sentence or not."""

_LET_US = Caseless(
    r"\blet(?:'s| us) (?:just |maybe |first |also |now )*([a-z-]+) (?:`x`|the|our|all|it|this|these"
    r"|that|those|every|each|an?)(?![\w-])"
)
_TALK = word_set(
    "talk focus discuss trace pretend do be turn step use look dive finish clarify review cover"
)
_OUT_OF_THE_WAY = Caseless(
    r"\b(?:(?:deal with|take care of) (?:it|them|this|that)|sort (?:it|them|this|that) out)"
    r"\W*(?:\Z|please|thanks|for me)"
)
_SEARCHING = word_set(
    "find locate identify list look investigate search check see take have track hunt review"
)
_GERUND = Caseless(r"\b(?:mind|consider|how about|what about) ([a-z-]+?)ing\b")
_DO_SO = Caseless(r"\b(?:please do|do (?:so|it|that))\W*(?:\Z|please)")
_IN_ORDER_TO = Caseless(r"(?<!how )(?<!used )(?<!needed )\bto ([a-z-]+)")
_HANDS_OFF = Caseless(r"\b(?:do not|don't|don\u2019t|never|without|no need to) \w+")


def asks_for_change(sentence: str) -> bool:
    """Whether a sentence, in lower case or not, tells to do more than to find out and to answer."""
    allowed = _HANDS_OFF.sub(" ", sentence)
    if _DO_SO.search(allowed) or _TOLD.search(allowed) or _goes_on(allowed):
        return True
    if any(first_word(clause) in _CHANGES for clause in _CLAUSE.split(allowed)):
        return True
    if any(_is_change(match[1]) for match in _GERUND.finditer(allowed)):
        return True
    asked = (_ASKED_FIRST.match(clause) for clause in _CLAUSE.split(sentence))
    if any(match is not None and match[1].lower() not in _TELLS for match in asked):
        return True
    if not sentence.rstrip().endswith("?") and _demands(allowed):
        return True
    patterns = [_WANTED, _ASKED_OF_YOU]
    if first_word(allowed) not in _QUESTION_WORDS:
        patterns.append(_IN_ORDER_TO)
    return any(
        match[1].lower() in _CHANGES for pattern in patterns for match in pattern.finditer(allowed)
    )


def _goes_on(sentence: str) -> bool:
    """Whether something is to be done with what is searched for: `find X and silence it`."""
    lets = (match[1].lower() for match in _LET_US.finditer(sentence))
    if any(verb not in _NO_DEEDS | _TALK for verb in lets):
        return True
    first = first_word(sentence)
    is_searching = first in _SEARCHING or _ASKED_FIRST.match(sentence) is not None
    if _OUT_OF_THE_WAY.search(sentence) and (is_searching or first not in _QUESTION_WORDS):
        return True
    return is_searching and any(map(_is_deed, _CLAUSE.split(sentence)[1:]))


def _is_deed(clause: str) -> bool:
    """Whether a clause begins with a verb that is done with `it`, and finds out nothing."""
    verb = _OF_IT.match(clause)
    said = verb[1].lower() if verb is not None else ""
    is_base = not said.endswith("ing") and (not said.endswith("s") or said.endswith("ss"))
    return said != "" and said not in _NO_DEEDS and is_base


def _demands(sentence: str) -> bool:
    """Whether a sentence that asks nothing tells to do something with what was asked about."""
    verb = _OF_IT.match(sentence)
    if verb is not None and verb[1].lower() not in _NO_DEEDS:
        return True
    is_otherwise = first_word(sentence) not in OPENERS and _OTHERWISE.search(sentence)
    return bool(is_otherwise) or _DEMAND.match(sentence) is not None


def _is_change(stem: str) -> bool:
    """Whether a gerund without its `ing` is of a verb that changes something."""
    stem = stem.lower()
    return not _CHANGES.isdisjoint((stem, stem + "e", stem[:-1]))


@lru_cache(maxsize=64)  # each rule asks it of the same sentences
def first_word(clause: str) -> str:
    """The first word that is more than politeness, in lower case."""
    for match in WORD.finditer(clause):
        word = match.group().lower()
        if word in POLITE:
            continue
        before = clause[: match.start()].strip(" -*#>.0123456789)(")
        return "" if before and _has_content(before) else word
    return ""


def _has_content(prefix: str) -> bool:
    return any(word.lower() not in POLITE for word in WORD.findall(prefix)) or "`" in prefix
