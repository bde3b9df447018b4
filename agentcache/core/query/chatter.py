"""The words of what is said around a question: who asks and why, how to look, how to answer."""

import re
from functools import lru_cache

from agentcache.core.query.asides import without_asides
from agentcache.core.query.briefing import without_briefing
from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import word_set

BACKGROUND = word_set(
    """
    bother bothering clone cloned middle
    a about accurate actual actually adr after afternoon again agent already alright also am an
    and answer answering any anybody anyone anything anyway apparently appreciate appreciated
    are area around as ask asked asking asks assignment assistant at audit awesome background
    base basic be bear because been before begin beginning being below better bigger bit blog
    break brief broader bug bugs but call came can certain cheers clear code codebase come comes
    confused context contributor cool correct could curiosity curious day days dear deep design
    developer did dig digging do doc docs document documenting does doing done drafting dumb
    earlier effort else epic estimate estimating everyone everything explain explaining
    exploration explore explorer exploring fact facts familiar faq favor favour feature few
    figure find finding first folks follow-up following followup for forgive found friday from
    gave gentle get getting give glad go goal going good got gotten grateful great guys had
    handover happen happens happy has have head heard hello help helped helpful helps here hey
    hi honestly hope hoping hour hours how i i'd i'll i'm i've idea ideas if improve in incident
    into investigation is issue it its jira job join joined joining just keep keeps kept knew
    know knowing larger last learn learning let let's like little look looked looking lost lot
    lots luck lunch make making may maybe me meeting mentioned might minute minutes moment
    monday month more morning move moving my myself need needed needs new newly next nice night
    noise notes noticed noticing now objective obvious of ok okay on onboarding once one ongoing
    opening other our out over paged part patient perfect perhaps pinged plan planning plans
    please pointer pointers possible post postmortem pr preparation prepare prepares preparing
    presentation previous probably project promise proposal pull purely purpose put putting
    puzzled q question questions quick quickly read read-only reading real refactor refactoring
    release repo repository request research researcher review reviewing rewrite rfc right
    rollout run runbook running same saw say search searching second seconds seen several short
    should silly simple since slack slides small so some somebody someone something sorry source
    sources spending spent sprint stage stared staring start started starting step steps still
    story straight stuck stuff stumbled stupid sub-agent sub-task subagent subtask summary sure
    surely take taking talk task tasks team tell telling than thank thanks that the then there
    there's they they're thing things this thorough thoroughly through thursday thx ticket
    tickets time tiny tired to today told tomorrow tool tools topic tried try trying tuesday u
    understand understanding unfamiliar unsure up urgent urgently us using very want wanted
    wants was way we we'd we'll we're we've wednesday week weeks well were while wiki will with
    wondering work working would wrap write writing yesterday yet you you're your yours
    """
)
"""Words of a sentence about the asker, the occasion or the answer: none narrows."""

ANSWERING = word_set(
    """
    absolute anything clear fact facts flat say link links nothing pls something thx unclear
    a advance all allowed also and answer answers any appreciated are around as asking at back
    back-up be because below brief briefly bullet bulleted can change changes check cheers cite
    class classes code codebase commands concerning concise concisely constraints could couple
    curious deliverable detail details do don't done edit editing edits end english enough essay
    etc exact exactly example expected explain explanation far few file files final find
    findings fine fix fixes fluff for format formatted found function functions give goal good
    great grep help helps high i ideally if in include including is it it's json just keep know
    later lengthy let like line lines list location locations long look looking low markdown max
    me medium message modify most much multiple my name names necessary need needed needs nice
    number numbers of ok okay one one-line one-liner only or output overview own paragraph
    paragraphs path paths plain please point pointer pointers possible preamble preferably
    propose proposing provide provides purely quick quickly quote quoting read read-only
    readonly ref reference references refs relevant reply repo report repository required
    research respond response result results return rg ripgrep run running search searching
    sentence sentences short shortly single snippet snippets so solution solutions soon source
    specific spot state steps stop structured suffice suffices suggest suggesting summarise
    summarize summary text thank thanks that the their then this thorough thoroughly
    thoroughness three through thx tldr to tools two two-line under unnecessary up use useful
    using very want whatever when where will with words would write write-up writes writeup yet
    you you'd your
    """
)
"""Words of a sentence about how to answer; a sentence of nothing else is no part of a question."""

PEOPLE = word_set(
    "customer customers tester testers user users colleague colleagues teammate teammates "
    "reviewer reviewers manager coworker boss stakeholder stakeholders someone people folks "
    "designer designers auditor auditors"
)
"""Who may have asked; they stand in a background only together with a word of `SAID`."""

SAID = word_set(
    "asks asked asking ask wants wanted reported reports report complained complaint complaints "
    "keep keeps mentioned told tells says said helping help"
)

PAPERS = (
    "runbook|faq|wiki|onboarding|onboarding guide|understanding|own understanding|curiosity|"
    "release notes|incident review|design doc|design document|blog post|documentation|docs|"
    "handover|postmortem|write-up|documentation purposes|research purposes|context|background|"
    "own notes|records|sake of completeness"
)
_DUTY = "work|refactor|refactoring|rewrite|cleanup|task|story|epic|effort|onboarding|audit|review"
_ACTS = (
    "touch|change|start|starting|begin|beginning|refactor|refactoring|continue|go on|move on|dive|"
    "dive in|look|looking|read|reading|plan|planning|stepping away"
)
_OBJECTS = "anything|something|things|it|this|that|the code|this code|on|in|my work|here"
OCCASION = re.compile(
    r"(?:(?:before|while|since|because|as|after|once) .*\b(?:i|we)(?:'d like|'d love|'m trying"
    r"|'re trying| (?:would like|want|wanted|need|needed|have to|am trying|are trying|stumbled"
    r"|noticed|saw|found|wondered|realized|came across))\b.*"
    rf"|for (?:(?:my|our|the|a|an|some) )?(?:[a-z]{{2,4}} )?(?:{PAPERS})"
    rf"|as (?:a )?part of (?:my|our|the|an|a) (?:[a-z-]+ ){{0,3}}(?:{_DUTY})(?: (?:i|we) .*)?"
    r"|as a (?:first|next|last|final|small) (?:step|thing|question)(?: only)?"
    rf"|(?:in order )?to (?:write|prepare|update|finish|draft) (?:the|an?|my|our) (?:{PAPERS}"
    r"|[a-z]+ guide|guide) (?:i|we)(?:'d like| would like| want| need)\b.*"
    r"|as an? (?:sub-?agent|research agent|assistant|explorer)"
    rf"|(?:before|while|since|as) (?:i|we)(?:'m| am|'re| are)? (?:{_ACTS})"
    rf"(?: (?:{_OBJECTS}|{_ACTS}))*"
    r"|looking at (?:the|this) (?:actual |current )?(?:code|source|sources|source code|codebase|"
    r"repo|repository)"
    r"|(?:when|if|once) you (?:have|get|find) (?:a |the |some )?"
    r"(?:minute|moment|second|time|chance)"
    r"|in (?:this|our|the current) (?:repo|repository|codebase|code base|project)"
    r"|out of (?:pure |sheer )?curiosity|purely for (?:my )?(?:own )?understanding"
    r"|(?:in|as) preparation for (?:a|the|our|my) "
    r"(?:code review|refactoring|refactor|cleanup|audit|meeting)"
    r"|as an? (?:new )?(?:developer|contributor|newcomer)"
    r"(?: (?:on|to|in) this (?:project|repo|team|codebase))? "
    r"(?:i|we)(?: would like| want| need|'d like)\b.*"
    r"|for an? (?:design|code|security) review (?:i|we) (?:need|want|have)\b.*"
    r"|when you(?: are|'re) done.*"
    r"|for me|to get (?:going|started)|to begin with|to start with|first things? first|first up)",
    re.IGNORECASE,
)
"""A clause that says when or why one asks, and not when what is asked about happens."""

IDLE = re.compile(
    r"as a (?:first|next|last|final|small) (?:step|thing|question)(?: only)?"
    rf"|(?:in order )?to (?:write|prepare|update|finish|draft) (?:the|an?|my|our) (?:{PAPERS}"
    r"|[a-z]+ guide|guide) (?:i|we)(?:'d like| would like| want| need)\b.*"
    r"|as an? (?:sub-?agent|research agent|assistant|explorer)"
    r"|looking at (?:the|this) (?:actual |current )?(?:code|source|sources|source code|codebase|"
    r"repo|repository)"
    r"|(?:when|if|once) you (?:have|get|find) (?:a |the |some )?"
    r"(?:minute|moment|second|time|chance)"
    r"|in (?:this|our|the current) (?:repo|repository|codebase|code base|project)"
    r"|out of (?:pure |sheer )?curiosity|purely for (?:my )?(?:own )?understanding"
    r"|for (?:my |our )?(?:own )?(?:understanding|curiosity|documentation purposes|reference)"
    r"|before i touch (?:anything|this|it|the code)"
    r"|(?:before|while|since|because|as|after|once) .*\b(?:i|we)(?:'d like|'d love|'m trying"
    r"|'re trying| (?:would like|want|wanted|need|needed|stumbled|wondered))\b.*"
    r"|for me|to get (?:going|started)|to begin with|to start with|first things? first|first up",
    re.IGNORECASE,
)
"""Such clauses say nothing of a question even where they stand directly before it."""

_IDIOMS = Caseless(
    r"\b(?:not (?:urgent|sure|quite sure|very familiar|that familiar|familiar|obvious|important|"
    r"super urgent|entirely sure|really sure|yet sure)"
    r"|no (?:need|rush|hurry|preamble|idea|clue|fluff|essays?|long write-?ups?|explanation needed|"
    r"code snippets|snippets|code|edits|changes|writes|modifications)"
    r"|(?:don't|do not|didn't|did not|couldn't|could not|can't|cannot|haven't|have not) (?:yet )?"
    r"(?:make|change|modify|edit|write|touch|run|need|want|worry|know|find|figure|look|looked|found|"
    r"understand|propose|suggest|fix|implement|go|include|see|bother|quite|really|have|remember)"
    r"|but (?:i )?(?:couldn't|could not|can't|cannot|didn't|did not)(?: yet)?(?: \w+)?"
    r"|sorry if (?:this|that|it) (?:is|was|sounds)|if this is obvious, but"
    r"|this (?:is|might be|may be|sounds like) an? \w+ question, but"
    r"|(?:what|whatever|as much as|as soon as) you (?:found|find|need|like|want|learn|learned|know)"
    r"|where (?:possible|appropriate|relevant|necessary)"
    r"|using only read-only tools|don't cover this|doesn't say|don't want to break anything"
    r"|without any luck|without success|had no answer"
    r"|without (?:making|changing|editing|modifying|touching|writing)(?: any| anything)?"
    r"|(?<!-)only (?:job|want|need|research|task|goal|looking|asking|answer|a short|the answer)"
    r"|never (?:looked|worked|touched|seen|read))\b"
)
"""Denials that say nothing of a question."""

TAIL = word_set(
    "please thanks thank you cheers in advance lot much very so a an the just only keep it its be "
    "make "
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
    "documentation docs context reference background here asking because reviewing pr let know "
    "idea ideas advise anyone"
)
"""Words of a clause or sentence that only says how to answer."""

PLACE_TAIL = word_set("path paths line lines number numbers name names location exact cite include")
"""The same where a place is asked for."""

ANSWER_FORM = word_set(
    "in at on a an the one two three few couple or and of my own very plain simple short brief "
    "detail details general advance sentence sentences paragraph paragraphs bullet bullets point "
    "points words word summary overview english level high high-level text markdown list steps "
    "terms lines line most"
)
"""Words of an answer's form, behind which no place is meant: `, in two sentences`."""

SEARCHED = word_set(
    "using looking searching exploring reading going scanning browsing checking the this our at "
    "in through and only just grep ripgrep rg search tools code codebase repo repository project "
    "files source sources tree relevant existing actual carefully thoroughly quickly"
)
"""Words of a clause that only says where to look for the answer."""

NAMES = word_set(
    """
    ADR After Also April As August Background Before Can Confluence Constraints Context Could
    Dear December Deliverable FAQ FYI February Friday Glob Goal Grep Hello Hey Hi I It January
    Jira July June Just March May Monday Morning My Notion November Now OK October Once Our
    Output PR PRs Please Purely Q Question RFC Read Research Saturday September Since Slack So
    Steps Sunday TLDR Task Thanks That There They This Thoroughness Thursday Tuesday We
    Wednesday While You Your
    """
)
"""Capitalised words that name no platform and no product of the question."""

RESTRICTING = word_set(
    "care cares focus focused restrict restricted limit limited ignore ignoring assume assuming "
    "consider considering exclude excluding include including except concern concerned scope mean "
    "means meaning specifically especially particularly mainly mostly if unless instead rather but "
    "though although however every each old other others another different version versions "
    "branch platform environment linux windows macos mobile production staging than should must"
)
"""Words by which a sentence narrows the question that it stands beside."""

WHOLES = word_set("compiler tool library engine framework product system game program project")
"""`this compiler`: what the whole repository is."""

_DROPPED = (
    re.compile(r"\*\*([A-Z][A-Za-z ]{0,30}:)\*\*()"),
    re.compile(r"()(?<=\n)\s*[-*] ()"),
    re.compile(r"()\A[Qq]: ()"),
    re.compile(
        r"()\A(?:\[(?:(?:thoroughness|effort|priority): ?[\w -]{1,30}|(?:mode|role|agent): ?"
        r"(?:plan|ask|chat|quick|deep|thorough|search(?:er)?|research(?:er)?|explor(?:e|er|ation)|"
        r"read[ -]?only|sub-?agent|assistant|analyst|reviewer|(?:software |senior )*"
        r"(?:engineer|developer)))\]\s*)+()"
    ),
    re.compile(r"()(?:\s|^)[:;]-?[)D](?=\s|\Z)()"),
    re.compile(
        r"(),? ?(?:and )?(?:let me know|report back|ping me|tell me) when you(?: are|'re) done"
        r"(?=[:,.;])()"
    ),
    re.compile(r"\A((?:[Ss]ub-?)?[Tt]ask) \d+ (?:of|/) \d+\b()"),
    re.compile(r"()\s*\((?:read[- ]only, )?no (?:edits|changes|code changes|writes)"
               r"(?:, (?:please|thanks))?\)()", re.IGNORECASE),
    re.compile(r"()\s*\((?:use|using) (?:(?:grep|rg|ripgrep|search|reads?|open|files|as|needed|"
               r"and|only)(?:, | |(?=\))))+\)()"),
    re.compile(
        r"()\A(?:[\w']+, )?[Nn]ow that (?:the |that |this |we have )?[a-z -]{1,40} "
        r"(?:is|are) (?:clear|done|settled|sorted|out of the way)(?=[,.:;])()"
    ),
)  # fmt: skip

_REFERENCES = re.compile(
    r"\s*\((?:ticket|issue|bug|jira|story|task|see)? ?[A-Z]{2,10}-\d+\)"
    r"|\babout this (?:" + "|".join(sorted(WHOLES)) + r")\b"
    r"|(?:\b(?:in|under|within|at most|no more than|fewer than|less than|up to|about) )?"
    r"(?:(?:max|maximum|at most) )?\b\d+(?:-\d+)? (?:words?|sentences?|bullets?|bullet points?|"
    r"paragraphs?)(?: max| or less| or fewer)?(?=[.,;!]|\Z)"
)
"""Tickets, the whole and lengths: nothing in a sentence that does not ask."""
_REFERRING = re.compile(r"[(\d]|about this ")
"""What stands in each of them."""
_HANDS_OFF = re.compile(
    r",? (?:no (?:writes|edits|changes|code changes|modifications)(?: allowed| needed| please)?"
    r"|without (?:editing|modifying|changing)(?: anything| any files| any code)?)(?=[,:;.!]|\Z)"
)


def without_references(text: str, *, saying: str = "") -> str:
    """The text with `saying` in the place of what refers to tickets, the whole or lengths."""
    return _REFERENCES.sub(saying, text) if _REFERRING.search(text) else text


@lru_cache(maxsize=64)  # every step of reading a text asks again
def cleaned(sentence: str) -> str:
    """A sentence that is no question, without the denials and names that say nothing in it."""
    said = without_asides(without_briefing(sentence.rstrip(".! ")))
    rest = without_references(_HANDS_OFF.sub("", said))
    lower = rest.lower() if rest.isascii() else rest
    return _IDIOMS.sub("ok", rest) if _IDIOMS.search(lower) else rest


_STRONG = re.compile(
    r"`[^`]+`|\b\w+_\w+|\b\w+\.\w+|\b[a-z]+[A-Z]\w*|\b[A-Z]{3,}\b|\w/\w|\w\(\)|--\w|\d"
)
_STRONG_MARK = re.compile(r"[`_A-Z/(\d]|\.\w|--")
"""What stands in every strong name."""


def has_strong_name(text: str) -> bool:
    """Whether a text has an identifier, a path, a flag or a number."""
    return _STRONG_MARK.search(text) is not None and _STRONG.search(text) is not None


_MARKED = re.compile(r"[\[*(\n]|\A[Qq]:|[Tt]ask \d|[Nn]ow that|[:;]-?[)D]|re done[:,.;]")


def without_marks(text: str) -> str:
    """The text without tags, bullets and smileys."""
    if _MARKED.search(text) is None:
        return text
    for pattern in _DROPPED:
        text = pattern.sub(r"\1", text)
    return text.strip(" ,;")


# What an answer is to hold: one to the bare question may not.
FORM = Caseless(
    r"\b(?:details?|quot(?:e|ing)|json|table|numbers|one line|only (?:the|a|print|give|output|show)"
    r"|(?:give|print|output|show|return) only"
    r"|(?:show|paste|include|print|give|add|provide|with|cite)(?: me)? (?:the |a |an |some |two )?"
    r"(?:relevant |short |small )?(?:code|code snippets?|snippets?|excerpts?|examples?)"
    r"|step[- ]by[- ]step|name the|(?:with|give|need) a number"
    r"|(?:use|from|read|check|search|consult|trust) (?:only |just )?(?:the |our )?"
    r"(?:docs?|documentation|wiki|readme|changelog|faq|comments|history))\b"
    r"|\A(?:just |only |answer with |with )?(?:the|that|this) \w+ one\b",
)
