"""What is said beside a question and asks for another answer than the bare question does.

A count, some of many, a name alone, a fix, the docs as the only source, a second question, to wait
with the answer: each is said in words that say nothing by themselves.
"""

from agentcache.core.query.caseless import Caseless
from agentcache.core.query.chatter import FORM, cleaned
from agentcache.core.query.topics import names_part

_GIVE = (
    r"(?:give|return|output|print|report|provide|list|name|show|find|state|write|produce|pick|use|"
    r"mention|cite|suggest|propose|recommend|offer|make|do|respond with|reply with|answer with|"
    r"(?:i|we)(?:'d| would)? (?:only |just |really )?(?:want|need|like|expect|expected)|"
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
    rf"|(?:i|we)(?:'d| would)? (?:only |just |really )?(?:want|need|like|mean|meant)(?: the)? "
    rf"{_DOCS}\b|(?:(?:i|we)(?:'m|'re| am| are|) |my [a-z]+ (?:is|are) )(?:only |just |really )?"
    r"(?:asking|talking|wondering|speaking|thinking|asked) (?:only )?(?:about|of) "
    r"(?!this|that|it\b|my |how|where|what|which|who|why|when|whether|you)"
    r"|(?:summari[sz]e|review) (?:it|(?:the )?(?:files?|docs?|plan|pr|issue|ticket))\b"
    rf"|(?:explain|describe)(?: (?:it|this|that))?(?: briefly| in detail)?(?=\Z|[,;.)])"
    rf"|(?:or |and |but )?(?:(?:is|are|does|did|can|could|should|would|will|has|was|were) {_IT}"
    rf"|(?:is|does|was) (?:that|this)|(?:do|have) (?:i|we|they|these|those))\b"
    rf"(?! (?:[\w']+ )?{_POLITE}\b)"
    r")"
)

_ANSWER = r"(?:answer|reply|respon[ds]e?)"
# That no answer is wanted now, or something else first, or with it.
_HELD = Caseless(
    rf"\b(?:do not|don't|no need to) (?:{_ANSWER}|start|begin|tell me)"
    r"(?: (?:me|it|this|that))?(?: (?:yet|now|until|unless|before)\b|\Z)"
    rf"|\bno {_ANSWER} (?:is )?(?:needed|required|necessary|wanted)\b|\A(?:but )?not (?:yet|now)\Z"
    rf"|\b{_ANSWER}(?: (?:me|it|this|that))? (?:later|tomorrow"
    r"|(?:only )?(?:after|when|once|if|until) (?:i|we|asked|told)\b)"
    r"|\b(?:ask|check with|confirm with)(?: (?:me|us))? (?:first|before)\b"
    rf"|(?:\A|[,;:.(] ?|\band |\bthen |\bplease )(?:(?:keep|take)(?: \w+)? notes\b"
    r"|ask(?: me)? an? follow-?up\b"
    r"|(?:end|finish|conclude)\b.{0,30}? with (?:the word )?\W?(?:done|ok|okay|end)\b)"
)

_THING = (
    r"(?:code|files?|docs?|documentation|output|text|lists?|markdown|reports?|sources?|search|run|"
    r"edit|functions?|class(?:es)?|snippets?|commands?|ripgrep|format|notes|one|two|three|refactor|"
    r"refactoring|required|numbers?|names?|reply|response|release|base|current|plan|review|tools?|"
    r"project|changes?|whole|issue|pr|team|wiki|faq|tests?|results?|messages?|steps)"
)
_THINGS_ALONE = Caseless(
    rf"\A(?:(?:(?:in|on|at|to|into|from|of|for) )?(?:the |an? )?{_THING}(?: {_THING})?"
    r"|(?:in|on|at|to|into|from|of) the (?:summary|overview|description|paragraph|sentence|title)"
    r"|in (?:lines|sentences|words|bullets|steps)|as needed"
    r"|(?:no|nothing|not|none) (?:results?|output|found|text|response|reply|returned)|found)\Z"
)
"""`the parser (text format)`, `docs: where is X`: a part of the whole, or one of several."""


def asks_for_more(sentence: str, question: str = "") -> bool:
    """Whether what is said beside a question asks for an answer of its own content or form.

    Or of a part of the whole that `question`, if it is known, does not name.
    """
    if FORM.search(sentence) is not None or _HELD.search(sentence.rstrip(".! ")) is not None:
        return True
    said = cleaned(sentence)
    is_part = names_part(said, question) or _THINGS_ALONE.search(said.strip(" ,:;-()")) is not None
    return is_part or _DEMAND.search(said) is not None


def leads_to_more(lead: str) -> bool:
    """Whether what stands before a question asks for more: `just the name: where is X`."""
    if lead[-1] in ",:;-":
        return asks_for_more(lead)
    return FORM.search(lead) is not None or names_part(cleaned(lead))
