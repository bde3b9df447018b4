"""What is said beside a question and names a part of the whole, in words that may say nothing.

`this ticket`, `my task` are why one asks; `the search tool`, `tickets`, `for writing` are what one
asks about.
"""

from collections.abc import Sequence

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.lexicon import word_set

_OWN = r"(?:tickets?|tasks?|issues?|releases?|plans?|questions?|stor(?:y|ies)|sprints?|features?)"
"""What a system may be made of, and what an asker may be at work on."""
_PART = (
    r"(?:agents?|sub-?agents?|tools?|search(?:es)?|requests|jobs?|reviews|reads|writes|edits"
    r"|tickets|tasks|issues|releases|plans|features|stories|sprints|questions|reports)"
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


def names_case(words: Sequence[str]) -> bool:
    """Whether words say in which case, or of which kind: `with long lines`, `not functions`."""
    if words[0] in _ALONE and words[1:2] and words[1] in _KINDS:
        return True
    said = " ".join(word for word in words if word not in {"please", ","})
    return words[0] in _CASES and _NO_CASE.search(said) is None
