"""Whether a text is a question that an earlier answer may serve: read-only and on its own feet.

Every doubt goes against serving: a research question taken for something else costs one run.
"""

import re
from enum import StrEnum

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.deeds import OPENERS, WORD, asks_for_change, first_word
from agentcache.core.query.lexicon import ATTRIBUTES, AUXILIARIES, PREPOSITIONS, word_set


class Standing(StrEnum):
    """What a text is to a cache of research."""

    RESEARCH = "research"
    NOT_A_QUESTION = "not-a-question"
    LEANS_ON_CONTEXT = "leans-on-context"
    LEANS_ON_MOMENT = "leans-on-moment"


_ASKED_OF = ATTRIBUTES | PREPOSITIONS | OPENERS | {"of", "max", "default", "number"}
_ASKING = AUXILIARIES - frozenset(("had",))
_MAY_ASK = word_set("i i'd i'm use check go review study")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.?!:;])[ \n]+|\n+")
_CONTEXT_START = Caseless(
    r"(?:and|but|so|or|also|then|ok|okay|what about|how about|what if|what else|who else|where else"
    r"|same|yes|no|now|instead|more|continue|go on|why not)\b"
    r"|(?:why|how|where|when|who|what|which|which ones?|how come|how many are there)(?: (?:so"
    r"|exactly|precisely|files?|lines?|many|much|often|long|happened|broke|now|next|is wrong|is it"
    r"|is there|are they|(?:can|should|do) (?:i|we|you) do))*\W*\Z"
    r"|(?:what|where|who|how)'s (?:new|wrong|next|up|it|broken|happening)(?: with my \w+)?\W*\Z"
    r"|(?:show|tell|give|explain|describe)(?: (?:me|us|more|further|it|an? example|examples"
    r"|(?:the )?(?:code|details?)|everything|all|on))*\W*\Z"
)
_GREETING = Caseless(
    r"(?:(?:hey|hi|hello|hiya|good (?:morning|evening|afternoon)|thanks|thank you|sorry|please"
    r"|quick question)(?: there| all| team| folks)?[,:!.]* (?:- )?)+(?:but |as )?"
)
_CONTEXT_ANYWHERE = Caseless(
    r"\b(?:again|above|previous|previously|earlier|aforementioned|latter|former|elaborate"
    r"|the other(?: \w+)?(?=\W*\Z)|the others|other one|this one|that one|these ones"
    r"|those ones|the rest(?=\W*\Z)"
    r"|the same(?: (?:for|as|thing|question|one|file|function|class|place|way))?(?=\W*\Z)"
    r"|(?:the )?same (?:for|with)"
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
    (*AUXILIARIES, *PREPOSITIONS, *OPENERS, "and", "or", "but", "of", "all", "me", "does", "call",
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
# How things stand outside of the files, and how far a work is.
_STANDS = (
    r"(?:main|master|develop|staging|production|prod|github|gitlab|pypi|npm|(?:the|our|my) [a-z-]+)"
)
_WORK = r"(?:migration|rollout|release|deploy\w*|refactor\w*|rewrite|upgrade|port|work)"
_GOING_ON = Caseless(
    r"\b(?:(?:fail|fails|failed|failing) (?:locally|in ci|on (?:my|our) \w+)(?=\W*\Z)"
    r"|broke the build|are (?:red|stuck|alive|down|hanging|vulnerable|logged in)(?=\W*\Z)"
    rf"|how is (?:the|our) {_WORK} going|(?:did|has) (?:the|our) {_WORK} finish"
    rf"|is (?:the|our) {_WORK} (?:done|finished|complete)(?=\W*\Z)|how far are we\b"
    r"|(?:is|are) left (?:to do|of)\b|what remains(?: to be done)?(?=\W*\Z)"
    r"|(?:which|what|how many) (?:tasks|todos|items|steps) (?:remain|are (?:left|done))(?=\W*\Z)"
    r"|what(?:'s| is) (?:failing|broken|blocking (?:us|me)|the status|(?:the|my) plan)(?=\W*\Z)"
    r"|is my (?:laptop|terminal|token|path|config)\b|on my (?:screen|path)(?=\W*\Z)"
    r"|(?:is|version is) (?:deployed|live)(?: (?:on|in|to) (?:staging|production|prod))?(?=\W*\Z)"
    r"|version is (?:on|in) (?:staging|production|prod)(?=\W*\Z)"
    r"|(?:is|are) there (?:a )?newer versions? of"
    r"|dependencies have (?:updates|cves|vulnerabilities)|port \d+ (?:in use|open|taken)"
    r"|merge conflicts?(?=\W*\Z)|(?:conflicts?|differs?) (?:with|from) (?:main|master|develop)"
    r"|not merged(?=\W*\Z)|which files conflict|assigned to me|(?:who|what) is \w+ working on"
    r"|who is working on|expires? soon|slack thread|open issues|issues are open"
    r"|(?:issue|ticket) (?:#?\d+|[a-z]+-\d+) (?:say|ask|want|mean)"
    r"|how (?:long|fast|slow) (?:do|does|did|are|is) (?:the |our )?(?:tests?|test suite|suite"
    r"|builds?|ci|pipeline)(?: take| run)?(?=\W*\Z)"
    r"|what(?:'s| is) (?:the|our) (?:test )?coverage\b|(?:in|does) the screenshot)"
)
_IN_A_STATE = Caseless(
    rf"(?:\A|[.?!:] )(?:is|are) {_STANDS} (?:down|slow|empty|full|warm|offline|broken)(?=\W*\Z)"
    r"|\A(?:how full is|is there an outage)\b"
)


def standing_of(text: str) -> Standing:
    """The standing of a text whose blanks are single; linear in its length."""
    prose = _CODE.sub("`x`", text).replace("\u2019", "'")
    prose = prose.lower() if prose.isascii() else prose
    greeting = _GREETING.match(prose)
    prose = prose[greeting.end() :] if greeting else prose
    sentences = [part for part in _SENTENCE.split(prose) if part and not part.isspace()]
    if any(asks_for_change(part) for part in sentences):
        return Standing.NOT_A_QUESTION
    asking = [_is_question(part) for part in sentences]
    if not any(asking):
        return Standing.NOT_A_QUESTION
    if _leans_on_context(sentences, asking):
        return Standing.LEANS_ON_CONTEXT
    patterns = (_MOMENT, _BY_NOW, _OVER_BY_NOW, _OUTCOME, _OF_OUTSIDE, _GOING_ON, _IN_A_STATE)
    is_of_now = any(pattern.search(prose) for pattern in patterns)
    return Standing.LEANS_ON_MOMENT if is_of_now else Standing.RESEARCH


def _is_question(sentence: str) -> bool:
    first = first_word(sentence)
    head = first.split("'")[0]
    if head in OPENERS:
        return True
    if not sentence.rstrip().endswith("?"):
        return first in _MAY_ASK and _names_opener(sentence)
    words = {word.lower() for word in WORD.findall(sentence)}
    is_known = not _ASKED_OF.isdisjoint(words)
    return head.removesuffix("n") in _ASKING or head in _ASKING or is_known


def _names_opener(sentence: str) -> bool:
    return any(word.lower() in OPENERS for word in WORD.findall(sentence))


def _leans_on_context(sentences: list[str], asking: list[bool]) -> bool:
    is_introduced = False
    for sentence, is_asking in zip(sentences, asking, strict=True):
        if _CONTEXT_ANYWHERE.search(sentence) or (not is_introduced and _dangles(sentence.strip())):
            return True
        is_introduced = is_introduced or is_asking
    return False


def _dangles(sentence: str) -> bool:
    if _CONTEXT_START.match(sentence) or first_word(sentence) in PREPOSITIONS:
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
    words = [word.lower() for word in WORD.findall(sentence)]
    starts_with_place = bool(words) and words[0] in PREPOSITIONS
    return starts_with_place and any(word in {"which", "what", "where", "how"} for word in words)


def _first_end(sentence: str) -> int:
    match = WORD.search(sentence)
    return match.end() if match else 0


def _has_pointing_that(sentence: str) -> bool:
    for match in _THAT.finditer(sentence):
        before = sentence[max(0, match.start() - _LOOK_BEHIND) : match.start()].lower().split()
        if match[1] is not None or not before or before[-1] in _THAT_POINTS_AFTER:
            return True
    return False


def _names_something(prefix: str) -> bool:
    words = [word.lower() for word in WORD.findall(prefix)]
    return any(
        word not in OPENERS and word not in AUXILIARIES and word not in PREPOSITIONS
        and word not in {"the", "a", "an", "me", "all"}
        for word in words
    )  # fmt: skip
