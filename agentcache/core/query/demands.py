"""What is said beside a question and asks for another answer than the bare question does.

A count, some of many, a name alone, a fix, the docs as the only source, a second question: each is
said in words that say nothing by themselves.
"""

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.chatter import FORM, cleaned

_GIVE = (
    r"(?:give|return|output|print|report|provide|list|name|show|find|state|write|produce|pick|use|"
    r"mention|cite|suggest|propose|recommend|offer|make|do|respond with|reply with|answer with|"
    r"answer in|answer as|format as|limit to|with|as|in|just|only|format:|output:)"
    r"(?: me| us)?(?: just| only)?"
)
_A = (
    r"(?: the| an?| all| your| its| their| of)*(?: (?:exact|single|relevant|full|complete|short|"
    r"bulleted|numbered|possible|function|class|method|variable|module|code|config|setting))*"
)
_CONTENT = (
    r"(?:numbers?(?! of| and)|counts?|totals?|names?|functions?|class(?:es)?|methods?|modules?|"
    r"variables?|lists?|code|snippets?|commands?|steps?|text|values?|types?|tables?|links?|"
    r"markdown(?! with)|bullets|identifiers?)"
)
_MENDING = (
    r"(?:fix(?:es)?|patch(?:es)?|solutions?|changes?|refactor(?:ing)?s?|edits?|modifications?|"
    r"improvements?|alternatives?|reviews?|rewrites?)"
)
_FEW = (
    r"(?:one|two|three|four|five|six|ten|\d+|a few|a couple|several|(?:the )?(?:very )?(?:first|"
    r"second|third|last|next|top|other|latest|newest|oldest|main)(?: (?:one|two|three|few|\d+))?)"
)
_NO_UNIT = (
    r"(?![ -]?(?:or|to|and)? ?(?:one|two|three|four|five|couple)?(?: of)? ?"
    r"(?:short |brief |plain |concise |simple |quick |clear )*"
    r"(?:sentences?|words?|lines?|liners?|paragraphs?|bullets?|points?|questions?|things?|more|quick|"
    r"answers?|minutes?|calls|pages?|terms|steps?)\b)"
)
_DOCS = (
    r"(?:docs?|documentation|readme|wiki|faq|changelogs?|release notes|history|comments?|blog"
    r"(?: posts?)?|docstrings?)"
)
_IT = r"(?:it|they|i|we|there|these|those)"
_POLITE = r"(?:ask|get|have|make sense|mind|help|matter if|ok|okay|possible|understand)"
_DEMAND = Caseless(
    rf"(?:\A|[,;:.(] ?|\band |\bthen |\bplease )(?:"
    rf"{_GIVE}{_A} {_CONTENT}\b|{_GIVE}{_A} {_MENDING}\b"
    rf"|{_GIVE}(?: at most| at least| up to| about| any)? {_FEW}\b{_NO_UNIT}"
    rf"|(?:at most|at least|up to) {_FEW}\b{_NO_UNIT}"
    rf"|{_FEW}(?: examples?)? (?:is|are|will|would|suffices?)\b"
    r"|(?:list|name)(?: the| all| all the)? files\b"
    rf"|{_CONTENT} only\b|(?:source )?(?:code|files|sources) only\b|only (?:source )?files\b"
    rf"|(?:just |only )(?:in )?(?:the )?{_DOCS}\b|{_DOCS} only\b"
    rf"|(?:look|looking|see|go|going|read|check|use|using|search|consult|review|summari[sz]e|in|"
    rf"from|by|or|and)(?: only| just)?(?: at| in| into| by| through)?(?: the| our)* {_DOCS}\b"
    rf"|(?:use|with|give|as|in)?(?: me)?(?: the)? ?(?:absolute|relative|full) paths?\b"
    r"|(?:summari[sz]e|review) (?:it|(?:the )?(?:files?|docs?|plan|pr|issue|ticket))\b"
    rf"|(?:explain|describe)(?: (?:it|this|that))?(?: briefly| in detail)?(?=\Z|[,;.)])"
    rf"|(?:or |and |but )?(?:(?:is|are|does|did|can|could|should|would|will|has|was|were) {_IT}"
    rf"|(?:is|does|was) (?:that|this)|(?:do|have) (?:i|we|they|these|those))\b"
    rf"(?! (?:[\w']+ )?{_POLITE}\b)"
    r")"
)


def asks_for_more(sentence: str) -> bool:
    """Whether what is said beside a question asks for an answer of its own content or form."""
    return FORM.search(sentence) is not None or _DEMAND.search(cleaned(sentence)) is not None
