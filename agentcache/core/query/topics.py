"""What is said beside a question and names a part of the whole, in words that may say nothing.

`this ticket`, `my task` are why one asks; `the search tool`, `tickets`, `for writing` are what one
asks about.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import PREPOSITIONS, word_set

_OWN = r"(?:tickets?|tasks?|issues?|releases?|plans?|questions?|stor(?:y|ies)|sprints?|features?)"
"""What a system may be made of, and what an asker may be at work on."""
_PART = (
    r"(?:agents?|sub-?agents?|tools?|search(?:es)?|requests|jobs?|reviews|reads|writes|edits"
    r"|tickets|tasks|issues|releases|plans|features|stories|sprints|questions|reports|commands"
    r"|messages|outputs?|responses|formats?|orders|documents|blogs?|wikis?|meetings|incidents|slides"
    r"|presentations|interviews|levels|states)"
)
"""What is no occasion to ask, or not so many of it."""
_DOING = r"(?:searching|reading|writing|editing|planning|running|releasing|searches|reads|writes)"
_WHICH = (
    r"(?:(?:the|our|an?|some|all|new|existing|current|other|these|those|how|background|read|write"
    r"|edit) )*"
)
_AT = (
    r"(?:at|on|about|into|with|in|inside|is|are|from|for|through|has|have|wants?|mentions?|mentioned"
    r"|understand(?:ing)?|explor(?:e|ing)|learn(?:ing)?|debug(?:ging)?|check(?:ing)?|read(?:ing)?"
    r"|(?:i|we|they|to|am|are|i'm|we're|not) us(?:e|es|ed|ing))"
)
_BEHIND = r"(?:code|areas?|parts?|features?|tools?|jobs?|search|topics?|side)"
_END = (
    r"(?=\W*\Z|[,.;:!?)]"
    r"| (?:and|so|but|i|we|then|work|works|run|runs|is|are|before|when|while)\b)"
)
_NAMED = Caseless(
    rf"\b{_AT} {_WHICH}(?:(?:{_PART}|request)(?: {_BEHIND}| {_PART})*{_END}|{_OWN} {_BEHIND}\b)"
    rf"|\b(?:at|on|about|in|with|for|while|when|after|before|understand(?:ing)?) {_DOING}{_END}"
    rf"|\b(?:want|need|like|going|trying|it) to (?:search|read|write|edit|run){_END}"
    rf"|\A(?:(?:i'm|we're|i am|we are) )?{_DOING}\Z"
    rf"|(?:\A|: )(?:the |our )?(?:(?:background|read|edit|{_OWN}) )*"
    rf"(?:{_PART}|(?<=background )(?:task|job)|{_OWN} (?:list|{_BEHIND}))\Z"
)
"""`looking at the search tool`, `about tickets`, `Agents:`."""

_FEW = Caseless(
    r"\A(?:the |just |only )?(?:a few|a couple|a lot|several|many|most|one|two|three|once|twice)"
    r"(?: (?:or|to) (?:one|two|three|four|five))?(?: of them)?\Z"
)
"""`Where is X called? One or two.`"""


_THING = Caseless(rf"\b(?:{_PART}|{_OWN}|{_DOING}|request|read|write|edit|run)\b")


def names_part(said: str, question: str = "") -> bool:
    """Whether what is said beside a question names a part of the whole, or a part of the answer.

    What `question` itself names is none.
    """
    said = said.strip(" ,:;-.!()")
    asked = question.lower()
    named = (thing[0] for part in _NAMED.finditer(said) for thing in _THING.finditer(part[0]))
    return any(thing.lower() not in asked for thing in named) or _FEW.search(said) is not None


_CASES = frozenset(("for", "with", "as", "of", "to", "if"))
_ALONE = frozenset(("only", "not"))
_KINDS = word_set(
    "allowed expected required found formatted done changed running class classes function "
    "functions file files command commands change changes snippets results multiple"
)
_NO_CASE = Caseless(
    r"\A(?:with (?:(?:the|an?|exact|full|relevant|file|line|source|short|brief|one|of|and|or) )*"
    r"(?:paths?|files?|lines?|numbers?|locations?|references?|links?|names?|thanks|answers?"
    r"|explanations?|summary|details?)"
    r"|as (?:needed|usual|always|promised|soon as (?:possible|you can)|an? (?:(?:quick|short|brief"
    r"|simple|final|plain|last|first|next|small|side|general|research|new) )*(?:sub-?agent|agent"
    r"|assistant|explorer|researcher|reference|overview|summary|answer|reply|message|report|text"
    r"|paragraph|sentence|explanation|step|thing|note|question|check|newcomer|start))"
    r"|for (?:(?:my|our|the|your|future|own|quick|later|an?|this|better|good) )*(?:reference"
    r"|understanding|curiosity|context|completeness|clarity|background|records?|notes?|now|me|us"
    r"|sure|starters|info|information|help|time|answer|answers|explanation|measure|plan|ticket"
    r"|report|review|meeting|docs?|documentation|presentation|talk|example|instance)"
    r"|to (?:the point|be|help|understand|learn|know|keep|get|make|see|start|begin|document|plan"
    r"|answer|report|confirm)\b.*|if (?:ok|possible|needed|necessary|at all possible|you\b.*"
    r"|in doubt|unsure|so|not|anything|(?:that|it) helps))\Z"
)


_SUPPOSING = Caseless(
    r"\A(?:(?:let'?s|let us|we) say\b"
    r"|say (?:that )?(?:(?:the|an?) )?[a-z]+ (?:is|are|was|has|have)\b)"
)


def supposes(sentence: str) -> bool:
    """Whether a sentence says in which case it is asked: `let's say debug is on`."""
    return _SUPPOSING.search(sentence) is not None


def names_case(words: Sequence[str]) -> bool:
    """Whether words say in which case, or of which kind: `with long lines`, `not functions`."""
    if words[0] in _ALONE and words[1:2] and words[1] in _KINDS:
        return True
    said = " ".join(word for word in words if word not in {"please", ","})
    return words[0] in _CASES and _NO_CASE.search(said) is None


_PLAIN = PREPOSITIONS | word_set(
    "the a an this that these those our my your its their some any all every each both and or but "
    "so how what which where why who whose when whether is are was were be been do does did can "
    "could would will should i we you it they me us there here ok just then now also please "
    "existing current actual entire whole relevant related following same own ongoing planned "
    "upcoming , : ; - ( )"
)
"""What may stand before a noun and tells nothing of which it is."""
_SAID_OF_ASKING = word_set("question questions")
_BEFORE_DOING = word_set(
    "i'm we're am are is be been being start started starting begin began keep kept by while when "
    "before after about for of on in and but to , : just currently now still busy like consider "
    "finished stop stopped was were i'd i've we've"
)
_BEFORE_ACT = word_set(
    "to i we you and or can could should would will may might let's i'll we'll i'd please help , "
    ": not they"
)
_ACTS = word_set(
    "debug refactor change touch review document understand explain describe improve fix extend "
    "modify test use write implement learn see find know check trace investigate audit rewrite "
    "plan rename remove add move update optimize profile port migrate read run edit explore study "
    "have need want like follow get figure share discuss track"
)
_WHEREOF = word_set("of from with without by in on for at into during via under inside")
_HERE = word_set(
    "this that it me us you repo repository code codebase project source sources tree general how "
    "what which where why when whether"
)
_OCCASIONS = _HERE | word_set(
    "detail details depth notes docs documentation report design review meeting presentation talk "
    "ticket task issue pr today tomorrow monday tuesday wednesday thursday friday week now fun "
    "reference onboarding planning refactoring refactor rewrite cleanup understanding "
    "completeness context background order first proposal plan post workshop guide runbook "
    "postmortem handover friend colleague teammate months days"
)
_OCCASIONAL = frozenset(("for", "in", "on", "at", "during"))
_NO_DOING = word_set(
    "opening meeting morning evening feeling onboarding beginning starting running following "
    "missing"
)
_ALSO_NOUNS = word_set(
    "change touch review fix test use plan move update port run read edit study need want share "
    "track figure audit check trace profile document get rewrite"
)


_HEADS = word_set("code area areas part parts feature features tool tools job side topic logic")
_ANSWERED = word_set(
    "files functions classes results lines links paths names numbers references snippets locations"
)
_AT_WORK = word_set(
    "looking working debugging investigating exploring touching refactoring changing dealing"
)


def narrows_what_is_asked(words: Sequence[str], question: Sequence[str]) -> bool:
    """Whether words say of something that `question` names which of it is meant.

    `I'm looking at short reads` beside a question about reads. `question`: its words as `stem_of`
    makes them.
    """
    asked = set(question)
    pairs = set(pairwise(question))
    for at, word in enumerate(words):
        stem = stem_of(word)
        if word in _ANSWERED and not _AT_WORK.isdisjoint(words[:at]) and stem not in asked:
            return True
        is_named = stem in asked and word not in _PLAIN and word not in _SAID_OF_ASKING
        if not (is_named or word in _HEADS):
            continue
        before = words[at - 1] if at else ","
        if not is_named and (before == "source" or stem_of(before) in asked):
            continue
        if not (before in _PLAIN or (stem_of(before), stem) in pairs or _is_act(words, at - 1)):
            return True
        if _is_told_whereof(words[at + 1 :], asked):
            return True
    return False


def _is_act(words: Sequence[str], at: int) -> bool:
    """Whether the word at a place is what somebody does, as `refactoring` before its object."""
    before = words[at - 1] if at else ":"
    if words[at].endswith("ing"):
        return before in _BEFORE_DOING and words[at] not in _NO_DOING
    is_sure = before not in {":", ",", "and", "or"} or words[at] not in _ALSO_NOUNS
    return is_sure and words[at] in _ACTS and before in _BEFORE_ACT


def _is_told_whereof(after: Sequence[str], asked: Collection[str]) -> bool:
    """Whether what follows a noun says where it is or whose: `reads of files`."""
    if not after or after[0] not in _WHEREOF:
        return False
    known = _OCCASIONS if after[0] in _OCCASIONAL else _HERE
    told = next((word for word in after[1:] if word not in _PLAIN or word in _HERE), "")
    return bool(told) and told not in known and stem_of(told) not in asked


def stem_of(word: str) -> str:
    """A word without an ending that tells number or tense."""
    for ending in ("ing", "ed", "es", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word
