"""Phrases that say the same in other words, brought to one wording before the rules see them.

Each line is `what is said = what it becomes`; a `^` means only at the beginning.
"""

from agentcache.core.query.lexicon import (
    AUXILIARIES,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    PREPOSITIONS,
    word_set,
)

_TABLE = """
^ what is the reason that = why
^ what is the reason for = what is the reason for
^ what is the reason behind = what is the reason for
^ what is the reason of = what is the reason for
^ what is the reason = why
^ what are the usages of = find usages of
^ what are all usages of = find usages of
^ what steps are needed to = how to
^ what is needed to = what is needed to
deal with = handle
deals with = handles
dealt with = handled
^ what is the reason why = why
^ what are the reasons why = why
^ for what reason = why
^ how come = why
^ at what point = when
^ at which point = when
^ under what conditions = when
^ under which conditions = when
^ under what circumstances = when
^ under which circumstances = when
^ in what situations = when
^ in which situations = when
^ in what way = how
^ in which way = how
^ in what cases = when
^ in which cases = when
^ what is the way to = how to
^ what is the right way to = how to
^ what steps do i take to = how to
^ what are the steps to = how to
^ how does one = how do i
^ how would i = how do i
^ how would one = how do i
^ how to go about = how do i go about
^ explain how to = how to
^ describe how to = how to
^ explain how i can = how to
^ what is a description of = describe
^ where in the code = where
^ where in the codebase = where
^ where in codebase = where
^ where in the repository = where
^ where in this repository = where
^ where in this project = where
^ where in the project = where
^ whereabouts = where
^ in what file = in which file
^ in what files = in which files
^ in what module = in which module
^ at what place = where
^ at which place = where
^ in what place = where
^ in which place = where
^ what place = where
^ which lines of code = which code
^ what all = what
^ what sort of = what kind of
^ which kind of = what kind of
^ which sort of = what kind of
^ what is the total number of = how many
^ what number of = how many
^ what is the role of = what is the purpose of
^ what is the goal of = what is the purpose of
^ what is the point of = what is the purpose of
^ what is the aim of = what is the purpose of
^ what is the role that = what is the role that
^ what occurs when = what happens when
^ what occurs if = what happens if
^ what takes place when = what happens when
^ what is the behavior when = what happens when
^ what is the behavior if = what happens if
^ what will happen if = what happens if
^ what will happen when = what happens when
^ what would happen if = what happens if
^ what goes on when = what happens when
^ what is done when = what happens when
^ what are all the = list all the
^ what are all = list all
^ what are the different = what are the
^ what are the various = what are the
^ what different = what
^ which different = which
^ which of the = which
^ what is the name of the function that = which function
^ what is the name of the class that = which class
^ what is the name of the file that = which file
^ what is the name of the method that = which method
^ what is the function that = which function
^ what is the class that = which class
^ what is the file that = which file
^ what is the method that = which method
^ what is the module that = which module
^ what are the functions that = which functions
^ what are the classes that = which classes
^ what are the files that = which files
^ what are the methods that = which methods
^ what are the modules that = which modules
^ what are the tests that = which tests
^ what piece of code = which code
^ which piece of code = which code
^ what part of the code = which code
^ which part of the code = which code
^ what part of the codebase = which code
^ which part of the codebase = which code
^ which place in the code = which code
^ which section of the code = which code
^ definition of = where is the definition of
^ location of = where is
^ usages of = find usages of
^ callers of = list callers of
^ purpose of = what is the purpose of
^ number of = how many
^ return value of = what is the return value of
^ overview of how = how
^ explanation of how = how
^ how frequently = how often
^ for how long = how long
^ give me a summary of = summarize
^ give a summary of = summarize
^ provide a summary of = summarize
^ write a summary of = summarize
^ give me an overview of = describe
^ give an overview of = describe
^ provide an overview of = describe
^ give me a description of = describe
^ give a description of = describe
^ give me an explanation of = explain
^ give an explanation of = explain
^ provide an explanation of = explain
^ count = how many
^ count the = how many
^ count all = how many
^ list out = list
^ list down = list
^ enumerate = list
^ show all of = show all
^ get all = list all
^ identify all = list all
^ identify every = list every
^ locate all = find all
^ locate every = find every
^ name all = list all
^ give me all = list all
^ give me the list of = list
^ give the list of = list
^ give me a list of = list
^ give a list of = list
^ provide a list of = list
^ show me a list of = list
^ show me the list of = list
^ show a list of = list
^ compile a list of = list
^ print a list of = list
^ what is the list of = list
^ give an overview of how = how
^ give me an overview of how = how
^ give a summary of how = how
^ give me a summary of how = how
^ give a description of how = how
^ walk me through how = how
^ walk through how = how
^ talk me through how = how
^ outline how = how
^ summarize how = how
^ summarise how = how
^ show how = how
^ show me how = how
^ clarify how = how
^ detail how = how
^ walk me through what = what
^ what does the code look like for = show code for
^ list call sites of = list callers of
^ list the call sites of = list callers of
^ list all call sites of = list callers of
^ find call sites of = list callers of
^ find the call sites of = list callers of
^ find all call sites of = list callers of
^ what are the call sites of = list callers of
references to = usages of
inherit from = extend
inherits from = extends
inheriting from = extending
derive from = extend
derives from = extends
is responsible for handling = handles
are responsible for handling = handle
is in charge of = is responsible for
are in charge of = are responsible for
is made use of = is used
make use of = use
makes use of = uses
making use of = using
by means of = with
with the help of = with
in order to = to
in the event that = if
in the event of = on
in case of = on
prior to = before
as well as = and
a number of = several
the way in which = the way
get called = are called
return value from = return value of
returned value of = return value of
default value for = default of
default for = default of
default setting for = default of
carry out = perform
carries out = performs
carried out = performed
takes place = happens
take place = happen
kick off = start
kicks off = starts
kicked off = started
turn on = enable
turns on = enables
turned on = enabled
switch on = enable
switched on = enabled
switches on = enables
turn off = disable
turned off = disabled
turns off = disables
switch off = disable
switches off = disables
switched off = disabled
"""


def _read(table: str) -> dict[str, list[tuple[bool, tuple[str, ...], tuple[str, ...]]]]:
    """The rules by the first word they are about, the longest first."""
    rules: dict[str, list[tuple[bool, tuple[str, ...], tuple[str, ...]]]] = {}
    for line in table.strip().splitlines():
        said, _, becomes = line.partition(" = ")
        words = tuple(said.removeprefix("^ ").split())
        rule = (said.startswith("^"), words, tuple(becomes.split()))
        rules.setdefault(words[0], []).append(rule)
    for found in rules.values():
        found.sort(key=lambda rule: len(rule[1]), reverse=True)
    return rules


_RULES = _read(_TABLE)
_FILLERS = frozenset(("actually", "basically"))
_LAST_FILLERS = (
    ["exactly"],
    ["precisely"],
    ["specifically"],
    ["internally"],
    ["under", "the", "hood"],
)


def rewrite_phrases(tokens: list[str]) -> list[str]:
    """The tokens with each phrase of the table replaced once, from left to right."""
    tokens = _restated(_without_fillers(tokens))
    rewritten: list[str] = []
    at = 0
    while at < len(tokens):
        rule = _rule_at(tokens, at)
        if rule is None:
            rewritten.append(tokens[at])
            at += 1
        else:
            rewritten += rule[1]
            at += len(rule[0])
    return rewritten


def _restated(tokens: list[str]) -> list[str]:
    """Openings that hold words of the question: `what is the table that stores X`."""
    if tokens[:4] in _NAMED:
        tokens = ["what", "is", "the", *[token for token in tokens[5:] if token]]
    if tokens[:3] in _PROCESSES and len(tokens) > 6 and tokens[4] in {"for", "of", "to"}:
        base = BASE_OF_GERUND.get(tokens[5])
        if tokens[3] in _PROCESS_NOUNS and base:
            return ["how", "to", base, *tokens[6:]]
    if tokens[:3] in _PROCESSES and "that" in tokens[4:7]:
        at = tokens.index("that")
        is_clause = at + 1 < len(tokens) and tokens[at + 1] in BASE_OF_THIRD
        return ["which", *tokens[3:at], *tokens[at + 1 :]] if is_clause else tokens
    return _place_last(tokens)


def _place_last(tokens: list[str]) -> list[str]:
    """`where in X is Y` and `in X, where is Y` as `where is Y in X`, `when X, what Y` likewise."""
    if tokens[:1] == ["where"] and tokens[1:2] and tokens[1] in PREPOSITIONS:
        at = next((at for at, token in enumerate(tokens) if token in AUXILIARIES), 0)
        return [tokens[0], *tokens[at:], *tokens[1:at]] if at > 2 else tokens
    if tokens.count(",") != 1 or not tokens or tokens[0] not in _LEADING:
        return tokens
    at = tokens.index(",")
    if 1 < at < len(tokens) - 2 and tokens[at + 1] in _OPENINGS:
        return [*tokens[at + 1 :], *tokens[:at]]
    return tokens


_NAMED = (["what", "is", "the", "name"],)
_PROCESSES = (["what", "is", "the"],)
_PROCESS_NOUNS = frozenset(("process", "procedure", "way", "method", "recipe"))
_LEADING = PREPOSITIONS | {"if", "when"}
_OPENINGS = word_set("where what which who how why when is are does do")


def _without_fillers(tokens: list[str]) -> list[str]:
    """Without words that only insist; `exactly` before another word may count something."""
    for filler in _LAST_FILLERS:
        if len(tokens) > len(filler) + 2 and tokens[-len(filler) :] == filler:
            tokens = tokens[: -len(filler)]
    return [token for at, token in enumerate(tokens) if not (at and token in _FILLERS)]


def _rule_at(tokens: list[str], at: int) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for is_first, words, becomes in _RULES.get(tokens[at], ()):
        if is_first and at:
            continue
        end = at + len(words)
        if tuple(tokens[at:end]) == words and end < len(tokens):
            return words, becomes
    return None
