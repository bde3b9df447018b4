"""The words the canonical form knows: data checked by hand.

A word that is not listed here is never merged with another one: it stays in the key as written.
"""

from agentcache.core.query.verbs import (
    AGENTIVE,
    BARE_PARTICIPLES,
    BASE_OF_DONE,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    PARTICIPLE_OF,
    PARTICIPLES,
    THIRD_OF,
    gerund_of,
    participle_of,
    third_of,
    word_set,
)

__all__ = [
    "AFTER_ARTICLE",
    "AGENTIVE",
    "ARTICLES",
    "ATTRIBUTES",
    "AUXILIARIES",
    "BARE_PARTICIPLES",
    "BASES",
    "BASE_OF_DONE",
    "BASE_OF_GERUND",
    "BASE_OF_THIRD",
    "BE",
    "CONNECTIVES",
    "DEFINABLES",
    "DO",
    "FUNCTION_WORDS",
    "HAVE",
    "KINDS",
    "MODALS",
    "MODIFIERS",
    "NAMED_KINDS",
    "NEGATIONS",
    "NOMINALS",
    "OPTION_KINDS",
    "PAIRS",
    "PARTICIPLES",
    "PARTICIPLE_OF",
    "PARTICLES",
    "POSTPOSED",
    "PREPOSITIONS",
    "SCOPE_WORDS",
    "SYNONYMS",
    "THIRD_OF",
    "gerund_of",
    "participle_of",
    "third_of",
    "word_set",
]

BE = {"is": "be", "are": "be", "am": "be", "was": "was", "were": "was"}
DO = {"do": "do", "does": "do", "did": "did"}
HAVE = {"has": "have", "have": "have", "had": "had"}
MODALS = word_set("can could may might must shall should will would")
AUXILIARIES = frozenset((*BE, *DO, *HAVE, *MODALS))

ARTICLES = frozenset(("the", "a", "an"))
AFTER_ARTICLE = word_set("few little lot bit most least more less fewer")
"""What gives an article a meaning of its own: `few tests` are not `a few tests`."""

POSTPOSED = word_set(
    "present active specific relevant necessary unique common valid ready due safe old new dead "
    "alive empty null broken known seen done gone left made paid lost meant bought brought told "
    "enough slow fast other"
)
"""Words that say something of the noun before them: `tests broken` are not a kind of `broken`."""

PREPOSITIONS = word_set(
    "about above across after against along among around as at before behind below beside besides "
    "between beyond by during except for from in inside into like near of off on onto out outside "
    "over per since than through throughout to toward towards under unlike until up upon via with "
    "within without"
)
CONNECTIVES = word_set(
    "and or but if when while where which that who whose because so unless until once whether nor "
    "how why what then"
)
PARTICLES = word_set("up down out back off over away")

NEGATIONS = word_set(
    "not no never none neither nor without except excluding unless lack lacks lacking cannot only "
    "nothing nobody nowhere hardly rarely"
)
SCOPE_WORDS = word_set("all any every each some both either most few least first last")

FUNCTION_WORDS = frozenset(
    (*AUXILIARIES, *ARTICLES, *PREPOSITIONS, *CONNECTIVES, *NEGATIONS, *SCOPE_WORDS)
) | word_set(
    "i me my we us our you your it its this these those they them their there here please not be "
    "been being"
)

ATTRIBUTES = word_set(
    "arguments columns default fields format layout length lifetime location maximum members "
    "methods minimum name names parameters path properties schema shape signature size structure "
    "timeout ttl type types value values variants version"
)
"""Nouns for which `B of A` and `A B` are the same thing: `size of the buffer`, `buffer size`."""

MODIFIERS = word_set(
    "base child current default first global key last local main maximum minimum new next old "
    "other parent previous primary root"
)
"""Words that change their meaning before a noun: `the default type`, `the type of the default`."""

DEFINABLES = word_set(
    "classes constants endpoints enums exceptions functions interfaces macros methods routes "
    "structs traits"
)
"""What a file holds by defining it: `functions defined in a.py` are the `functions in a.py`."""

NOMINALS = {
    "calculation": "calculated", "declaration": "declared",
    "definition": "defined", "deserialization": "deserialized",
    "implementation": "implemented", "initialization": "initialized",
    "instantiation": "instantiated", "invalidation": "invalidated",
    "normalization": "normalized", "sanitization": "sanitized",
    "serialization": "serialized", "tokenization": "tokenized", "usage": "used",
    "usages": "used", "uses": "used", "validation": "validated", "verification": "verified",
}  # fmt: skip

SYNONYMS = {
    "arg": "argument", "args": "arguments", "canceled": "cancelled", "colour": "color",
    "colours": "colors", "config": "configuration", "configs": "configurations",
    "behaviour": "behavior", "db": "database", "dbs": "databases", "dev": "development",
    "dir": "directory", "dirs": "directories", "folder": "directory", "folders": "directories",
    "e-mail": "email", "e-mails": "emails", "max": "maximum",
    "min": "minimum", "param": "parameter", "params": "parameters", "prod": "production",
    "repo": "repository",
    "repos": "repositories", "onto": "on", "upon": "on",
    "envs": "environments", "impl": "implementation", "impls": "implementations",
    "two": "#2", "three": "#3", "four": "#4", "five": "#5", "six": "#6", "seven": "#7",
    "eight": "#8", "nine": "#9", "ten": "#10",
    "required": "needed", "requires": "needs",
}  # fmt: skip
"""One word for another, in any place; the right side is what stands in the key."""
SYNONYMS |= {
    form[verb]: form["choose"] for verb in ("pick", "select") for form in (THIRD_OF, PARTICIPLE_OF)
}
SYNONYMS |= {
    form.replace("iz", "is").replace("yz", "ys"): form
    for verb in BASES
    if verb.endswith(("ize", "yze"))
    for form in (verb, THIRD_OF[verb], PARTICIPLE_OF[verb], gerund_of(verb))
}

SYNONYMS |= {
    verb[:-3] + "isation" + many: verb[:-3] + "ization" + many
    for verb in BASES
    if verb.endswith("ize")
    for many in ("", "s")
}

PAIRS = {
    ("environment", "variable"): ("envvar",), ("environment", "variables"): ("envvars",),
    ("env", "variable"): ("envvar",), ("env", "variables"): ("envvars",),
    ("env", "var"): ("envvar",), ("env", "vars"): ("envvars",),
    ("environment", "var"): ("envvar",), ("environment", "vars"): ("envvars",),
    ("code", "base"): ("codebase",), ("default", "value"): ("default",),
    ("default", "values"): ("defaults",), ("command", "line"): ("command-line",),
    ("source", "tree"): ("codebase",), ("source", "code"): ("codebase",),
}  # fmt: skip
"""Two words for one, applied after SYNONYMS."""

KINDS = frozenset(("function", "method", "class"))
NAMED_KINDS = KINDS | word_set("constant variable struct interface trait enum")
OPTION_KINDS = frozenset(("flag", "option", "switch"))
