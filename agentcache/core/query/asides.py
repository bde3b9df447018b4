"""What people and agents say beside a question, in whole phrases: none of it can narrow one.

A phrase is taken for nothing only as it stands here; what follows it is judged by itself, so that
`I'm writing docs` says nothing and `I'm writing docs for guests` does.
"""

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import word_set

_I_AM = r"(?:i'm|i am|we're|we are)"
_DAY = (
    r"(?:(?:on )?(?:monday|tuesday|wednesday|thursday|friday)|tomorrow|today|tonight|soon|later"
    r"|later today|this (?:week|morning|afternoon|evening|sprint|month)|next (?:week|sprint|month))"
)
_PAPER = (
    r"(?:(?:architecture|sequence|flow|design|user|internal|onboarding|incident|status|slide|short|"
    r"small|quick|weekly|technical) )?(?:diagram|guide|deck|presentation|talk|thesis|report|plan|"
    r"runbook|docs?|document|documentation|blog post|article|tutorial|rfc|adr|proposal|write-?up|"
    r"summary|estimate|paper|workshop|handbook|notes|slides)"
)
_MAKING = (
    r"(?:writing|drawing|making|preparing|drafting|updating|putting together|sketching|working on|"
    r"giving|finishing|doing)"
)
_PAPERS = r"(?:docs?|readme|wiki|documentation|comments|faq|runbook)"
_BUG = (
    r"(?:(?:weird|nasty|strange|odd|subtle|annoying|ugly) )?"
    r"(?:bug|leak|memory leak|crash|regression|flake|issue|problem|glitch|slowdown|race|"
    r"race condition|deadlock|heisenbug|outage|miscompile"
    r"|slow (?:migration|query|test|build|request|page))"
)
_REVIEW = (
    r"(?:(?:cost|security|safety|design|code|architecture|performance|compliance|incident|sprint) )"
    r"?(?:review|audit|retro|retrospective|meeting|planning|demo|triage|discussion|standup)"
)
_LEADER = r"(?:parent|lead|main|planning|calling|orchestrating) agent"
_THE_CODE = r"(?:code|source|sources|source code|files|source files|codebase|repo|repository)"

_WORK = (
    rf"{_I_AM} {_MAKING} (?:(?:an?|the|some|my|our) )?{_PAPER}"
    rf"|(?:for|in) (?:an?|the|my|our|this) {_PAPER} (?:that )?{_I_AM} {_MAKING}"
    rf"|{_I_AM} (?:still |currently )?(?:hunting|chasing|tracking down|debugging|investigating|"
    rf"looking (?:into|at)|triaging) (?:(?:an?|some|this) {_BUG}|dead code|memory usage"
    r"|battery drain)"
    rf"|for (?:an?|the|our|my) (?:bug )?{_REVIEW} (?:that )?{_I_AM} doing"
    rf"|(?:the |our |a |an |my )?{_REVIEW} (?:is |was |is coming up |comes up )?{_DAY}"
    rf"|(?:the|our|an?) {_REVIEW} raised (?:a|this|the following|some) questions?"
    r"|(?:the )?(?:auditors?|reviewers?|managers?|stakeholders?|boss|team) wants? "
    r"(?:references|an answer|answers|evidence|facts|to know)"
    r"|(?:that |which )?(?:i|we) (?:cannot|can't|could not|couldn't) answer(?: this| that| it)?"
    r"(?: from memory| offhand| off the top of my head)?"
    rf"|it(?:'s| is) for (?:an?|my|the|our|some) (?:{_PAPER}|{_REVIEW}|homework|course)"
    rf"(?: {_DAY})?"
    rf"|{_I_AM} documenting this(?: part of the (?:system|{_THE_CODE}))?"
    r"|(?:we're|we are|i'm|i am) onboarding (?:a )?(?:new (?:hires?|developer|engineer|colleague|"
    r"person|people|starter)|someone)"
    r"|(?:about|going|planning|have|need|want) to (?:add|write|extend) (?:an?|some|the) "
    r"(?:metrics?|unit tests?|tests?|log lines?|logging|features?|comments?|docstrings?)"
    r"|(?:i've|i have|we've|we have) been asked to (?:scope|plan|estimate|document|review|"
    r"look into) (?:the work|the change|the code|this|it)"
    r"|(?:i|we) inherited this (?:code|codebase|repo|project|thing)(?: from (?:an?|my|the) "
    r"(?:former|previous|old|ex) (?:colleague|coworker|student|phd student|team|developer|"
    r"contractor|employee|intern))?"
    r"|while i(?:'m| am)? wait(?:ing)? for (?:an?|the|my) (?:review|build|coffee|reply|meeting|ci|"
    r"pipeline|call)"
    r"|before (?:i|we) (?:discuss|talk about|present|go over) (?:it|this|that|(?:the|my|our|this) "
    rf"(?:proposal|plan|design|patch|change|rfc|idea|issue|topic))(?: {_DAY})?"
    rf"|for the {_LEADER}(?:,? (?:who|which) is (?:busy|waiting)(?: elsewhere)?)?"
    rf"|(?:the|my) {_LEADER} (?:asked|told|wants|asks|needs|instructed) me"
    rf"|{_I_AM} delegating this(?: one| question)? to you"
    r"|delegated (?:sub-?task|task|question)(?: \d+(?: ?(?:/|of) ?\d+)?)?"
    r"|\(?(?:the )?others (?:run|work|are running|are working) in parallel(?:, ignore them)?\)?"
    r"|need (?:just |only )?one (?:number|fact|pointer|thing|answer)"
    r"(?: for my (?:plan|notes|report|estimate|summary))?"
)
_MOODS = (
    r"bear with me|it(?:'s| is) late|my brain is (?:fried|mush|toast)|driving me (?:crazy|nuts|mad)"
    r"|(?:this|it)(?: has|'s) been bugging me(?: for (?:days|hours|a while|ages))?"
    r"|nerd-?sniped|asking for a friend|out of interest|(?:noob|newbie|newcomer|beginner) here"
    r"|(?:it(?:'s| is)|today is) my first (?:day|week)"
    r"(?: (?:on|in) (?:this|the) (?:project|team|job))?"
    r"|coffee break|random question"
    r"|sanity check|tl;?dr|many thanks|tia\b|ta\b|hiya|good evening|help me out"
    r"|that(?:'s| is) (?:all|everything) i (?:need|want|wanted)"
    r"|(?:you're|you are) an? (?:experienced|seasoned|skilled|meticulous|diligent|capable|patient) "
    r"(?:software )?(?:engineer|developer|agent|assistant|researcher|reviewer|programmer)"
    r"\b(?! (?:for|in|on|of|with|at)\b|')"
    r"|(?:you're|you are) an expert\b(?! (?:for|in|on|of|with|at)\b|')"
    r"|something(?:'s| is| seems| looks) (?:off|wrong|weird|odd|strange|fishy)"
    r"(?: (?:on|with) my (?:laptop|machine|computer))?"
    r"|i (?:can't|cannot) open my (?:laptop|editor|ide)(?: properly)?"
    r"|(?:i have|i've got|i only have) (?:about |only |just )?(?:\d+|two|five|ten|fifteen|twenty|"
    r"thirty|a few|a couple of) (?:minutes?|mins?|hours?)(?: left)? (?:until|before|till|to) "
    r"(?:my|the|our|a|this) (?:meeting|call|demo|standup|deadline|flight|train|lunch|interview)"
    r"|(?:i )?(?:had|have|has) no (?:good |real |clear )?(?:reply|answer)"
    r"|my (?:supervisor|boss|manager|professor|advisor|mentor|colleague|teammate|team lead) "
    r"(?:will ask|asks|asked|wants to know|keeps asking)(?: me)?"
    r"(?: (?:about )?(?:this|that|it))?"
    r"(?: in an hour| soon| tomorrow| today)?|(?:i )?(?:haven't|don't have) a clue"
    rf"|{_I_AM} on call(?: {_DAY})?"
)
_SEARCHED = (
    rf"(?:the|our) {_PAPERS} (?:is|are) (?:silent|unclear|outdated|out of date|no help|not helpful|"
    r"thin|vague|of no help)(?: (?:on|about) (?:this|that|it))?"
    rf"|(?:the|our) {_PAPERS} (?:doesn't|does not|don't|do not|didn't) (?:say|tell|mention|cover|"
    r"help|answer|explain)(?: (?:this|that|it|anything|much))?(?= ?[,.;:]|\Z| so\b)"
    r"|(?:can't|cannot|couldn't|could not|didn't)(?: seem to)? find (?:it|this|that|"
    r"anything|an answer|the answer)(?: about (?:this|it|that))?(?: anywhere)?"
    rf"(?: in (?:the|our) (?:{_PAPERS}|{_THE_CODE})(?= ?[,.;:]|\Z| so\b))?"
    r"|grep (?:did not|didn't|does not|doesn't|was no) help(?: me)?"
    r"|(?:searched|looked|grepped)(?: around| everywhere)? but "
    r"(?:couldn't|could not|can't|didn't) find (?:it|this|that|anything)"
    r"|(?:searched|looked|grepped)(?: around| everywhere)? (?:but|and) (?:found nothing|"
    r"came up empty|got nowhere)"
)
_NEWCOMER = (
    r"(?:i've|i have|we've) (?:already |just )?read the (?:\w+ )?docs?"
    r"|(?:they|these)(?:'re| are) (?:a bit |very |quite |rather )?(?:thin|short|sparse|outdated)"
    r"|new to (?:this|the|your) (?:solution|repo|repository|codebase|code|project|team|stack)"
    r"|finding my way(?: around)?"
    r"|act as an? (?:explorer|researcher|assistant) for the (?:planning|lead|main|parent) agent"
    r"|it wants to know|the following about (?:this|the) (?:repo|repository|codebase|project|code)"
    r"|an? (?:short|brief|quick|concise),? factual answer"
    r"|that i can put (?:in|into) my (?:notes|report|summary|plan)"
)
_HANDS_OFF = (
    r"no fix(?:es)? (?:is |are )?(?:wanted|needed|required)(?: at this point| yet| for now)?"
    r"|(?:don't|do not) (?:need|want) (?:an?|any) (?:fix|fixes|patch|changes|code|edits)"
    r"|nothing (?:needs|has) to be (?:changed|fixed|edited|done)"
    r"|nothing (?:else|more)(?: is)?(?: needed| required)?"
    r"|(?:i'll|i will|we'll|we will) (?:do|handle|write|make|apply|implement) (?:the )?(?:fix|"
    r"patch|changes?|implementation|edits?|rest|coding|work|it|that)"
    r"(?: (?:myself|ourselves|later|afterwards))?"
    r"|(?:don't|do not) patch (?:it|anything)|(?:only |just )?look,? (?:but )?don't touch"
    r"|i'd rather not (?:modify|change|touch|edit) (?:anything|it)"
    r"|no need to (?:run|execute|build|test|change|edit) (?:anything|it|the code|tests|the tests)"
    rf"|(?:reading|looking at|skimming) the {_THE_CODE} (?:is|will be) enough"
)
_LOOKING = (
    r"feel free to (?:use|run|read|open) (?:grep|rg|any tools?|whatever|any files?|files)"
    r"(?: you (?:need|like|want))?"
    r"|(?:use|using|read|open) (?:whatever|any) (?:tools?|files?|means)(?: that)? you "
    r"(?:need|like|want|have)"
    r"|(?:use|using) (?:grep|rg|ripgrep|search)(?:,| and| or)? (?:and )?"
    r"(?:read|open) files as needed"
    rf"|(?:search|explore|read|look at|look through|scan) (?:the )?{_THE_CODE} as needed"
    r"|(?:don't|do not|no) guess(?:ing|es)?"
    rf"|(?:verify|check|confirm)(?: it| this)? (?:in|against) the (?:actual )?{_THE_CODE}"
    rf"|base (?:your|the) answer on the (?:actual )?{_THE_CODE}"
    rf"(?:,? (?:and )?not (?:on )?(?:the )?{_PAPERS})?"
    rf"|(?:do|make) an? (?:thorough|quick|careful) (?:exploration|investigation|search|reading) of "
    rf"(?:this|the|our) {_THE_CODE}"
    r"|(?:tell|give|show) me (?:just |only )?the file and (?:the )?line"
    r"|mention (?:the )?(?:relevant )?(?:files|paths)|whenever you have (?:time|a minute)"
    r"|(?:just |only )?point me to it|as soon as possible|asap"
    r"|point me (?:at|to|in) the (?:right|relevant) (?:place|spot|file|line|direction)"
    r"|be (?:precise|exact|accurate)|just tell me(?=[.!]|\Z)|verify by reading the code"
    r"|(?:just )?the short version(?: is (?:fine|enough|ok))?"
    r"|short version is (?:fine|enough|ok)"
    r"|i need (?:this|it) for (?:planning|my plan|my notes)"
    r"|(?:not sure|no idea) where to (?:look|start)"
    r"|if (?:you're |you are )?(?:unsure|not sure|in doubt|uncertain),? (?:just |please )?say so"
    r"|thorough (?:exploration|investigation|search|reading) of (?:this|the|our) "
    rf"{_THE_CODE}|thorough but (?:concise|brief|short)|rough (?:answer|idea|pointer) is "
    r"(?:fine|ok|enough)"
    r"|(?:answer|reply|respond) with (?:just |only )?(?:the )?(?:file:line|file and line|path:line)"
)
_ASIDE = Caseless(
    rf"(?<!\w)(?:{_WORK}|{_MOODS}|{_SEARCHED}|{_HANDS_OFF}|{_LOOKING}|{_NEWCOMER})(?!\w)"
)

_DIRECT = word_set(
    "where which who whose how why whether list explain describe find locate is are does did "
    "was were has"
)
"""Words that open a question, and no phrase of these."""
_CODE_AS_IT_IS = (
    r"(?:the |this |our )?(?:actual |current |existing |present )*"
    r"(?:code|source|sources|source code|codebase|code base)"
    r"(?: (?:in|of) (?:this|the|our) (?:repo|repository|project|codebase))?"
)
_BY_THE_WAY = (
    r"by the way|btw|for context|for the record|for reference|for onboarding(?: purposes)?"
    r"|in short|in a nutshell|simply put|put simply|concretely|to be (?:concrete|clear|precise)"
    r"|off the top of your head|as far as you (?:can tell|know)|(?:ok|okay|all ?right|right),? so"
    r"|another(?: quick)? question|next up|follow-?up question|(?:easy|newbie|beginner) question"
    r"|one thing (?:i|we) (?:don't|do not) (?:get|understand|know)"
    r"|yo|um|hmm|hm|wait|oh,? and|finally|lastly|to start|for starters|as a warm-?up"
    r"|as a sanity check|as a reminder(?: to myself)?|to (?:double-?check|confirm|be sure|clarify)"
    r"|in (?:one|a|one or two|two|a few) sentences?"
    r"|before (?:i|we) (?:start|begin) (?:coding|working|implementing|refactoring|changing things|"
    r"(?:to (?:make|change|edit) |making |changing |editing )(?:anything|any changes|changes))"
    r"|before (?:i|we) (?:change|edit|modify|refactor|rewrite) (?:anything|something)"
    rf"|(?:according to|based on|judging by|judging from|going by) {_CODE_AS_IT_IS}"
    rf"|as far as you can tell from {_CODE_AS_IT_IS}"
    r"|(?:given|looking at) (?:this|the|our)(?: current| existing)? (?:code|codebase|code base|"
    r"repo|repository|project)"
    r"|(?:one of our|a|some|another) (?:new |fellow )?(?:users?|developers?|colleagues?|teammates?|"
    r"team members?|contributors?|coworkers?|engineers?) (?:asks|asked|wants to know|wondered)"
    r"(?: us| me)?"
    rf"|while (?:reading|reviewing|browsing|skimming) {_CODE_AS_IT_IS},? (?:i|we) wondered"
)
_ASKING = r"(?:in |under |by |from |to |at )?(?:where|what|which|who|whose|how|why|when|whether)\b"
_TO_SAY = (
    r"(?:i|we) (?:forgot|forget|keep forgetting|(?:don't|do not|can't|cannot|no longer) (?:remember"
    r"|recall))|(?:i|we) (?:can't|cannot|couldn't|could not) (?:tell|work out|figure out|see)"
    r"|it(?:'s| is) (?:not (?:clear|obvious)|unclear)(?: to (?:me|us))?"
    r"|(?:do we|does any(?:one|body)) know|any clue|wondering"
    r"|what (?:i|we) (?:(?:don't|do not) (?:get|understand|know)|"
    r"(?:need|want|would like)(?: to (?:find out|understand|know|learn))?) is"
    rf"|{_I_AM} (?:having (?:trouble|difficulty|a hard time)|struggling)"
    r" (?:to )?(?:find|finding|understand|understanding|see|seeing|figure out|figuring out)"
    rf"|{_I_AM} (?:(?:not clear|unclear|unsure|not certain|uncertain)(?: on| about)?|interested in)"
    r"|(?:in order )?to (?:plan (?:my|our|the) (?:work|change|changes|refactoring)|understand the "
    r"(?:code|codebase)(?: better)?),? (?:i|we)(?:'d like| would like| want| need) to know"
    r"|before (?:implementing|changing|touching|modifying) anything,? (?:tell me|find out)"
    r"|before (?:writing any code|making any changes),? (?:tell me|find out)"
    r"|(?:i|we) want to make a change,? but first (?:i|we) need to know"
    r"|(?:please )?(?:use|using) (?:the|your|any|all)(?: available)? tools(?: available)?"
    r"(?: (?:to|that) you(?: have)?)?,? (?:to |and )?(?:find out|determine|figure out|tell me)"
    r"|(?:as background )?for (?:an?|my|the|our) (?:code review|refactoring|refactor|write-?up),? "
    r"(?:(?:i|we) (?:need|want|would like) to (?:know|understand)|tell me|explain)"
    r"|(?:the|my|our) (?:goal|aim|task|job) is to (?:find out|determine|understand|figure out)"
)
_OPENING = Caseless(
    rf"\A(?:(?:{_BY_THE_WAY})(?:(?:[,:.!]| -)+ | (?={_ASKING}))|(?:{_TO_SAY}):? (?={_ASKING})"
    rf"|for (?:the|our|my|an?) (?:\w+ )?(?:runbook|incident review|post-?mortem|release notes|"
    r"design doc|onboarding guide|handover),? (?=please (?:tell|explain|find|list|look|go|dig)\b)"
    r"|(?:if you don't mind|if it(?:'s| is) not too much (?:trouble|to ask|work)"
    r"|when(?:ever)? you(?: have|'ve got) a (?:sec|second|minute|moment|min)"
    r"|whenever you get to it|(?:just )?out of (?:interest|curiosity)|good evening|hiya"
    r"|let me ask (?:this )?differently|let me rephrase|easy one|random question|sanity check"
    r"|quick sanity check|coffee break question|tl;?dr|asking for a friend"
    r"|(?:here is|here's) what (?:i|we) (?:want|need) to know"
    r"|i want to make sure (?:that )?i understand (?:this|it) correctly)(?:[,:.!]| -)+ "
    r"|(?:all |the (?:only )?thing )?(?:what |that )?(?:i|we)(?:'d like| would like| want| need) "
    r"to know is(?:,|:)? (?=where|what|which|who|how|why|when|whether)"
    r"|(?:please )?(?:just|only) (?:tell me|answer me|answer)(?:[,:] | )"
    r"(?=where|what|which|who|how|why|when|whether)"
    r"|(?:before lunch|some day|one day|at some point),? (?:i|we)(?:'d| would) (?:love|like) "
    r"to know (?=where|what|which|who|how|why|when|whether)"
    r"|(?:can|could|would) you (?:please )?double[- ]check (?:for me )?"
    r"(?=where|what|which|who|how|why|when|whether))"
)


_ASKS = Caseless(
    r"(?: ?\((?:ok|ok,? )+\))?(?:[,;:.]| -)* (?:and |so |then |but |to )*"
    r"(?=(?:i(?:'d| would) (?:like|love) to|"
    r"i (?:only |just |)(?:need|want) to (?:know|understand|find)|please|could you|can you|"
    r"tell me|let me know|find out|figure out|explain|report)\b)"
)
_ASKS_AT_ONCE = Caseless(r"(?:,|:|;| -) (?=(?:where|what|which|who|how|why|when)\b)")
"""Between such a phrase and the words that begin to ask."""


def without_asides(sentence: str) -> str:
    """A sentence with `ok` in the place of each such phrase."""
    return _ASIDE.sub("ok", sentence)


def without_opening(text: str) -> str:
    """A text without such a phrase before its question."""
    if text.split(" ", 1)[0].lower() in _DIRECT:
        return text
    text = _OPENING.sub("", text)
    said = _ASIDE.match(text)
    if said is None:
        return text
    rest = without_asides(text[said.end() :])
    asks = _ASKS.match(rest) or _ASKS_AT_ONCE.match(rest)
    return rest[asks.end() :] if asks else text
