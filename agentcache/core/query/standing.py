"""Whether a text is a question that an earlier answer may serve: read-only and on its own feet.

Every doubt goes against serving: a research question taken for something else costs one run.
"""

import re
from enum import StrEnum
from functools import lru_cache

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import ATTRIBUTES, AUXILIARIES, PREPOSITIONS, word_set


class Standing(StrEnum):
    """What a text is to a cache of research."""

    RESEARCH = "research"
    NOT_A_QUESTION = "not-a-question"
    LEANS_ON_CONTEXT = "leans-on-context"
    LEANS_ON_MOMENT = "leans-on-moment"


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
_OPENERS = word_set(
    "where what which who whose why how when explain describe list find show locate tell give "
    "summarise summarize investigate explore trace identify search look outline enumerate name "
    "compare report map read count determine analyse analyze survey inspect understand "
    "research walk"
)
_TELLS = _OPENERS | word_set(
    "help look check see confirm point say clarify break recap remind be speak show guide teach "
    "provide share cite recommend suggest elaborate illustrate sketch detail expand "
    "study dig think guess grep scan browse verify validate double-check state answer search learn "
    "take have know understand figure work please narrow pinpoint pull mind with interpret"
)
"""What `can you` asks for that changes nothing; whatever else it asks for may."""

_QUESTION_WORDS = AUXILIARIES | word_set("where what which who whose why how when")
_ASKED_OF = ATTRIBUTES | PREPOSITIONS | _OPENERS | {"of", "max", "default", "number"}
_ASKING = AUXILIARIES - frozenset(("had",))
_MAY_ASK = word_set("i i'd i'm use check go review study")
_POLITE = word_set(
    "please kindly then also next first second third finally now just ok okay hi hello hey so and "
    "or but quickly go ahead afterwards lastly thoroughly carefully simply instead"
)
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019-][A-Za-z]+)*")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.?!:;])[ \n]+|\n+")
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
_NO_DEEDS = _KEPT | _TELLS | _QUESTION_WORDS | PREPOSITIONS | _POLITE | word_set(_OTHERS)
_OF_IT = Caseless(r"\W*(?:please |then |now |just |also |and )*([a-z-]+) (?:it|them)\b")
_DEMAND = Caseless(
    r"\W*(?:(?:it|they|that|this|which) )?(?:really |also |now |definitely )?(?:(?:must|should"
    r"|ought to|needs? to|has to|have to) (?:be|become|go|get)\b(?! (?:\w+ly )?"
    r"(?:\w+ed |set |kept )?(?:somewhere|in|under|inside|within|near|at|there|around|one of|by|from"
    r"|on)\b)"
    r"|needs? (?!no|some|any)\w+ing\b)"
    r"|.{0,200}\b(?:get rid of|(?:want|need|like|prefer|have) (?:it|them|this|that|these|those)"
    r" (?:to (?:be|become|go)|gone|off|out|away)\b)"
)
"""What is said of a thing that is to be otherwise: `It must be 10.`"""

_GERUND = Caseless(r"\b(?:mind|consider|how about|what about) ([a-z-]+?)ing\b")
_DO_SO = Caseless(r"\b(?:please do|do (?:so|it|that))\W*(?:\Z|please)")
_IN_ORDER_TO = Caseless(r"(?<!how )(?<!used )(?<!needed )\bto ([a-z-]+)")
_HANDS_OFF = Caseless(r"\b(?:do not|don't|don\u2019t|never|without|no need to) \w+")

_CONTEXT_START = Caseless(
    r"(?:and|but|so|or|also|then|ok|okay|what about|how about|what if|what else|who else|where else"
    r"|same|yes|no|now|instead|more|continue|go on|why not)\b"
    r"|(?:why|how|where|when|who|what|which|which ones?|how come)\W*\Z"
)
_CONTEXT_ANYWHERE = Caseless(
    r"\b(?:again|above|previous|previously|earlier|aforementioned|latter|former|elaborate"
    r"|the other(?: \w+)?(?=\W*\Z)|the others|other one|this one|that one|these ones"
    r"|those ones|the rest(?=\W*\Z)"
    r"|the same(?: (?:for|as|thing|question|one|file|function|class|place|way))?(?=\W*\Z)"
    r"|the same for"
    r"|\w+ ones?(?=\W*\Z)|(?:first|second|third|last|next) ones?"
    r"(?= (?:for|works?|does|do|is|are|means?|used|called)\b)|are there (?:any )?others(?=\W*\Z)"
    r"|(?:did|have) we (?:decide|agree|discuss|talk|leave|stop)\w*|where were we|next steps?"
    r"|(?:selected|highlighted) (?:code|text|lines?|function|part)|(?:open|opened) in my"
    r"|more(?=\W*\Z)|the (?:function|method|class|variable|file|line"
    r"|snippet|loop"
    r"|parameter|module|test)(?=\W*\Z| (?:is|are|was|does|do|used|called|defined|declared"
    r"|implemented|tested|works?|returns?|fails?)\b)"
    r"|do the same|as before|more details?|you (?:said|say|mentioned|mean|found|showed|listed"
    r"|just|wrote|did|gave|told|think|see)|did you|are you|have you|were you|your (?!own)"
    r"|(?:anything|anyone|something) else|else(?=\W*\Z)|the (?:error|bug|problem|issue"
    r"|failure|crash"
    r"|output|result|results|answer|question|change|changes|plan|task)(?=\W*\Z)"
    r"|(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )there|here)\b"
)
_DEMONSTRATIVE = Caseless(
    r"\b(?:this|these|those|such)\b(?! (?:repo|repository|project|codebase|code base|work ?space"
    r"|monorepo|package|library|app|application|service|server|program|tool|site|website|system"
    r"|api|backend|frontend|code|software|game|bot|cli|plugin|extension)\b)"
)
_THAT = Caseless(r"\bthat\b(?=(\W*\Z|'s)?)")
_LOOK_BEHIND = 40
_THAT_POINTS_AFTER = frozenset(
    (*AUXILIARIES, *PREPOSITIONS, *_OPENERS, "and", "or", "but", "of", "all", "me", "does", "call",
     "calls", "use", "uses", "change", "changes", "do", "than", "with")
)  # fmt: skip
_SUBJECT_PRONOUN = Caseless(r"\b(?:it|they|them|he|she|him|itself|it's)\b")
_POSSESSIVE_PRONOUN = Caseless(r"\b(?:its|their|his)\b")
_JOINT = Caseless(
    r",|\b(?:and|or|when|if|after|before|once|because|that|which|who|where|how|while|so|until"
    r"|unless|than|as)\b"
)
_MOMENT = Caseless(
    r"\b(?:today|tonight|yesterday|tomorrow|now|nowadays|currently|recent|recently|latest|newest"
    r"|lately|uncommitted|unstaged|staged|untracked|stash(?:ed)?|head|prs?|pull requests?|blame"
    r"|at the moment|so far|as of|up to date|outdated|what time|what date|what day"
    r"|this (?:week|month"
    r"|year|morning|sprint|release|branch|commit)|(?:last|past|next) (?:\d+ )?(?:week|month"
    r"|year|day"
    r"|night|commit|change|hour|release|sprint|time|merge|push|run)s?"
    r"|current (?:branch|commit|directory|folder|time|date|day|state|status|version|changes?|diff"
    r"|sprint|release|task|file|work\w*|progress|selection|head)|git (?:status|log|diff|show)"
    r"|work(?:ing)? (?:tree|directory|copy)|what(?:'s| has| have| is)? (?:been )?chang(?:ed|ing)"
    r"|changed since|changes since|commits? since|show commits|commit history|commit log|diff"
    r"|(?:did|have|had|has) (?:i|we|you) (?:just|change|edit|do|break|add|commit|modify|touch)\w*"
    r"|(?:i|we) just|running process(?:es)?|processes (?:are )?running|is running|are running"
    r"|running(?=\W*\Z)"
    r"|up and running|installed|online|my machine|my computer|my (?:changes|branch|commits|edits)"
    r"|which branch|what branch|branch am i|am i|(?:who|when was) .{0,80}\b(?:wrote|last|author"
    r"|authored|introduced|committed|merged|modified))\b"
)
# What no file says: how old something is by now, and what stands on this machine. A pattern whose
# parts all begin with a word is tried at words alone, so those that do not are one of their own.
_OVER_BY_NOW = Caseless(
    r"(?:\A|[.?!:] )(?:(?:is|are|has|have|which|what)\b(?:[^.?!]|[.?!](?! )){0,120}"
    r"\b(?:expired|passed|elapsed|ended|lifted|missed|run out(?: soon)?)(?=\W*\Z)"
    r"|(?:is|are|has|have) [^.?!]{0,120}\bover(?=\W*\Z))"
)
_BY_NOW = Caseless(
    r"\b(?:on[ -]call\b"
    r"|(?:overdue|upcoming|lapsed|out of date|end[ -]of[ -]life|eol|should already"
    r"|still (?:supported|maintained|valid|active|works?)|past (?:its|their|the|due|my|our))\b"
    r"|due\b(?! to)"
    r"|(?:oldest|(?:changed|edited|modified|touched|updated) (?:last|(?:the )?longest)"
    r"|(?:last|first|least recently) (?:changed|edited|modified|touched|updated)"
    r"|been (?:changed|edited|touched) (?:the )?(?:last|longest)"
    r"|sort(?:ed)? by [^.?!]{0,30}\b(?:time|date|age|recency)"
    r"|order of (?:modification|change|age|edit\w*))\b"
    r"|how (?:many|much) (?:days?|weeks?|months?|years?|time) [^.?!]{0,60}"
    r"\b(?:left|until|since|ago|remain\w*)\b"
    r"|how long (?:ago|has|have|since|until|till|before|left)\b|how old (?:is|are)\b"
    r"|files? (?:\w+ ){0,3}(?:older|newer) than\b"
    r"|files? (?:\w+ ){0,3}(?:is|are|was|were|been) (?:modified|changed|touched|dirty|edited"
    r"|committed|pushed)(?=\W*\Z)"
    r"|(?:everything|all|repo|repository|project) (?:\w+ )?(?:committed|pushed|dirty|clean)\b"
    r"|(?:pending|local) changes\b|changes (?:are )?pending\b|checked[ -]out\b"
    r"|(?:are|am) (?:we|i) on\b"
    r"|modified (?:last|first)\b|next (?:milestone|meeting|deadline|event|version)\b"
    r"|how (?:big|large) is (?:the|this) (?:repo|repository|project|codebase|code base)\b"
    r"|how many (?:commits|branches|contributors|tags)\b|my home\b"
    r"|environment variables are (?:set|defined)(?=\W*\Z))"
)
_SUPPOSING = r"(?!(?:when|whenever|if|after|once|before|until|unless|that|because|while|how)\b)"
# How something turned out, and what is up or free: it says so at the end of a question.
_OUTCOME = Caseless(
    r"(?:\A|[.?!:] ?)(?:is|are|do|does|did|has|have|was|were|will|why|which|how (?:many|much))\b"
    rf"(?: (?:{_SUPPOSING}[^\s.?!])[^\s.?!]*){{0,8}}? (?:"
    r"(?:ci|main|builds?|pipelines?|workflows?|tests?|(?:test )?suites?|deploy(?:ment)?s?"
    r"|migrations?|mypy|ruff|pytest|linters?)"
    rf"(?: (?:of|for|in|on) {_SUPPOSING}[^\s.?!]+(?: [^\s.?!]+){{0,2}}?)?"
    r"(?: (?:is|are|was|were|been|all|still|even|always|being|currently)){0,2} (?:pass(?:es|ed"
    r"|ing)?|fail(?:s|ed|ing)?|succeed(?:s|ed)?|green|red|broken|healthy|flaky|applied|finished"
    r"|run)|(?:servers?|services?|redis|docker|databases?|db|site|hosts?|containers?|clusters?"
    r"|ports?)(?: is| are)? (?:up|reachable|available|healthy|online|free)"
    r"|disk space (?:\w+ )?(?:left|free)|uses? port \d+)(?=\W*\Z|[.?!])"
)
_OF_OUTSIDE = Caseless(
    r"\b(?:(?:the|which|what) failing (?:\w+ )?(?:tests?|builds?|checks?)"
    r"(?! (?:is|are|raise|report))|in (?:the|my) clipboard|load average|(?:what|how) is the weather"
    r"|new releases? of|my ip\b|ip address of (?:my|this)|version (?:of \w+ )?do i have"
    r"|(?:what|how) is the status of the (?:build|deploy\w*|release|migration|pipeline|rollout))\b"
)


def standing_of(text: str) -> Standing:
    """The standing of a text whose blanks are single; linear in its length."""
    prose = _CODE.sub("`x`", text).replace("\u2019", "'")
    prose = prose.lower() if prose.isascii() else prose
    sentences = [part for part in _SENTENCE.split(prose) if part and not part.isspace()]
    if any(_asks_for_change(part) for part in sentences):
        return Standing.NOT_A_QUESTION
    asking = [_is_question(part) for part in sentences]
    if not any(asking):
        return Standing.NOT_A_QUESTION
    if _leans_on_context(sentences, asking):
        return Standing.LEANS_ON_CONTEXT
    patterns = (_MOMENT, _BY_NOW, _OVER_BY_NOW, _OUTCOME, _OF_OUTSIDE)
    is_of_now = any(pattern.search(prose) for pattern in patterns)
    return Standing.LEANS_ON_MOMENT if is_of_now else Standing.RESEARCH


def _asks_for_change(sentence: str) -> bool:
    allowed = _HANDS_OFF.sub(" ", sentence)
    if _DO_SO.search(allowed):
        return True
    if any(_first_word(clause) in _CHANGES for clause in _CLAUSE.split(allowed)):
        return True
    if any(_is_change(match[1]) for match in _GERUND.finditer(allowed)):
        return True
    asked = (_ASKED_FIRST.match(clause) for clause in _CLAUSE.split(sentence))
    if any(match is not None and match[1].lower() not in _TELLS for match in asked):
        return True
    if not sentence.rstrip().endswith("?") and _demands(allowed):
        return True
    patterns = [_WANTED, _ASKED_OF_YOU]
    if _first_word(allowed) not in _QUESTION_WORDS:
        patterns.append(_IN_ORDER_TO)
    return any(
        match[1].lower() in _CHANGES for pattern in patterns for match in pattern.finditer(allowed)
    )


def _demands(sentence: str) -> bool:
    """Whether a sentence that asks nothing tells to do something with what was asked about."""
    verb = _OF_IT.match(sentence)
    if verb is not None and verb[1].lower() not in _NO_DEEDS:
        return True
    return _DEMAND.match(sentence) is not None


def _is_change(stem: str) -> bool:
    """Whether a gerund without its `ing` is of a verb that changes something."""
    stem = stem.lower()
    return not _CHANGES.isdisjoint((stem, stem + "e", stem[:-1]))


@lru_cache(maxsize=64)  # each rule asks it of the same sentences
def _first_word(clause: str) -> str:
    """The first word that is more than politeness, in lower case."""
    for match in _WORD.finditer(clause):
        word = match.group().lower()
        if word in _POLITE:
            continue
        before = clause[: match.start()].strip(" -*#>.0123456789)(")
        return "" if before and _has_content(before) else word
    return ""


def _has_content(prefix: str) -> bool:
    return any(word.lower() not in _POLITE for word in _WORD.findall(prefix)) or "`" in prefix


def _is_question(sentence: str) -> bool:
    first = _first_word(sentence)
    head = first.split("'")[0]
    if head in _OPENERS:
        return True
    if not sentence.rstrip().endswith("?"):
        return first in _MAY_ASK and _names_opener(sentence)
    words = {word.lower() for word in _WORD.findall(sentence)}
    is_known = not _ASKED_OF.isdisjoint(words)
    return head.removesuffix("n") in _ASKING or head in _ASKING or is_known


def _names_opener(sentence: str) -> bool:
    return any(word.lower() in _OPENERS for word in _WORD.findall(sentence))


def _leans_on_context(sentences: list[str], asking: list[bool]) -> bool:
    is_introduced = False
    for sentence, is_asking in zip(sentences, asking, strict=True):
        if _CONTEXT_ANYWHERE.search(sentence) or (not is_introduced and _dangles(sentence.strip())):
            return True
        is_introduced = is_introduced or is_asking
    return False


def _dangles(sentence: str) -> bool:
    if _CONTEXT_START.match(sentence) or _first_word(sentence) in PREPOSITIONS:
        return not _is_leading_place(sentence)
    if _DEMONSTRATIVE.search(sentence) or _has_pointing_that(sentence):
        return True
    subject = _SUBJECT_PRONOUN.search(sentence)
    if subject and not _JOINT.search(sentence[_first_end(sentence) : subject.start()]):
        return True
    owner = _POSSESSIVE_PRONOUN.search(sentence)
    return owner is not None and not _names_something(sentence[: owner.start()])


def _is_leading_place(sentence: str) -> bool:
    """`in a.py, where is X` and `in which file is X` stand on their own feet."""
    words = [word.lower() for word in _WORD.findall(sentence)]
    starts_with_place = bool(words) and words[0] in PREPOSITIONS
    return starts_with_place and any(word in {"which", "what", "where", "how"} for word in words)


def _first_end(sentence: str) -> int:
    match = _WORD.search(sentence)
    return match.end() if match else 0


def _has_pointing_that(sentence: str) -> bool:
    for match in _THAT.finditer(sentence):
        before = sentence[max(0, match.start() - _LOOK_BEHIND) : match.start()].lower().split()
        if match[1] is not None or not before or before[-1] in _THAT_POINTS_AFTER:
            return True
    return False


def _names_something(prefix: str) -> bool:
    words = [word.lower() for word in _WORD.findall(prefix)]
    return any(
        word not in _OPENERS and word not in AUXILIARIES and word not in PREPOSITIONS
        and word not in {"the", "a", "an", "me", "all"}
        for word in words
    )  # fmt: skip
