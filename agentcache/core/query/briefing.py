"""What agents are told around a question: who they are, whom they report to, how to look.

It knows nothing of the question; none of what it takes away can narrow one.
"""

from agentcache.core.query.caseless import Caseless

_ADJECTIVE = (
    "read-only|readonly|read only|research|explorer|exploration|planning|parent|main|lead|careful|"
    "senior|helpful|software|staff|expert|coding|code|delegated|autonomous|thorough"
)
_AGENT = (
    "agent|sub-?agent|explorer|researcher|research assistant|assistant|engineer|developer|"
    "orchestrator|investigator|code reader|software engineer"
)
_OVERSEER = (
    r"(?:the|an|a|another) (?:(?:main|lead|parent|calling|other|orchestrating) )?"
    r"(?:agent|orchestrator|ticket|report|doc|document|plan)"
)
_TOUCH = "edit|modify|touch|change|patch|alter|run|build|execute|deploy|reformat"
_SAID = Caseless(
    r"\b(?:you are|you're|you act|you are acting|act|i am|i'm|running|acting) "
    r"(?:running |acting |working )?(?:as )?"
    rf"(?:an?|the) (?:(?:{_ADJECTIVE}),? ){{0,3}}(?:{_AGENT})(?:'s supervisor)?"
    r"(?: (?:inside|within) a larger task)?\b(?! (?:for|in|on|of|with|at)\b|')"
    rf"|\b(?:job|task|role) as (?:an?|the) (?:(?:{_ADJECTIVE}) ){{0,2}}(?:{_AGENT})\b"
    rf"|\breport(?:ing)? (?:back )?to {_OVERSEER}"
    rf"|\b(?:your|the) (?:final )?(?:message|answer|reply|summary|report) "
    r"(?:goes|will go|will be (?:passed|sent|handed|pasted|given)) "
    rf"(?:back |on )?(?:in)?to {_OVERSEER}"
    rf"|\b(?:the (?:main|lead|parent|calling)|another) agent,? (?:who )?will (?:take it from there"
    r"|do the rest|handle the rest|do the (?:actual )?work(?: later)?)"
    r"|\b(?:gather|collect) (?:the )?(?:facts|information)(?: for another agent)?"
    r"(?:, who will do the (?:actual )?work(?: later)?)?"
    r"|\b(?:request|task|question) from the (?:orchestrator|(?:lead|main|parent) agent)"
    r"|\b(?:with a )?budget (?:of |is )?(?:about |up to |at most )?\d+ (?:tool )?calls"
    r"|\b(?:use|using|spend) (?:up to|at most|about) \d+ tool calls"
    r"|\byou (?:only )?have read(?:-only| only)? access"
    r"(?: to the (?:tree|repo|repository|code|sources|source))?(?: only)?"
    r"|\b(?:this is |it is |purely |just )?(?:a )?(?:read-only |read only )?"
    r"(?:research|investigation|exploration)(?: task| request| question)? only\b"
    r"|\b(?:rather than|instead of) guess(?:ing)?\b"
    r"|\bwhere you (?:found|saw|read) (?:it|this|that|them)\b"
    r"|\bwrite no code\b|\bno coding\b"
    r"|\bbefore i (?:open|send|submit|merge|push|review|finish) (?:the|a|my|this) "
    r"(?:pr|mr|pull request|merge request|patch|review|ticket)\b"
    r"|\bnext thing on my list\b|\b(?:haven't|have not) (?:got )?a clue\b"
    rf"|\A(?:please )?(?:do not|don't) (?:{_TOUCH})(?: or (?:{_TOUCH}))? "
    r"(?:any |the |my )?[a-z-]+\Z"
    r"|\A(?:please )?(?:list|name|show) (?:me )?"
    r"(?:them all|all of them|every (?:one|usage|occurrence))\Z"
    r"|\Ause (?:only |just )?(?:grep|rg|glob|search|file reads|reads|tools|and|,| )+\Z"
)


def without_briefing(sentence: str) -> str:
    """A sentence with `ok` in the place of what only briefs an agent."""
    return _SAID.sub("ok", sentence)
