"""The words of an opening before a question: politeness, who asks for what, how to look, why."""

from agentcache.core.query.lexicon import word_set

LEAD = word_set(
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
    "appropriate careful right whole entire existing current source code codebase base repo "
    "repository exploration project tree files file sources thoroughly carefully quickly briefly "
    "closely deeply depth detail details bit little time moment minute second chance deep dive "
    # why
    "pass documentation docs documenting notes writing write documents report purposes purpose "
    "context reference background own sake onboarding onboard new newcomer joined joining started "
    "start starting begin beginning familiar refactor refactoring cleanup review planning plan "
    "change changes changing anything something part task subtask sub-task goal job research "
    "objective request ticket issue pr touching touch part just really still only currently "
    "actually soon later today because since need needs needed needing order ahead head wrap "
    "around idea sense feeling feel lost stuck confused unfamiliar here stepping audit auditing "
    "debug debugging colleague teammate coworker came up asks mentioned discussion meeting "
    "interview onto brief short concise explanation overview summary answer description high- "
    "level following"
)
"""Words that may stand before the first word of a question and say nothing of it."""

LEAD_SUBJECTS = word_set(
    "i i'm i'd i've we we're we've my our this for as hi hello hey thanks thank quick question "
    "please context background task sub-task subtask before just new sorry good can could would "
    "a to so ok okay use using search look explore read scan go take dig investigate help "
    "first let's let one goal research it inspect examine check review browse"
)
"""Those with which such an opening begins."""
