"""The words the canonical form knows: data checked by hand, and the verb forms derived from it.

A word that is not listed here is never merged with another one: it stays in the key as written.
"""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that a reader can scan."""
    return frozenset(text.split())


_VERBS = """
accept access acknowledge acquire activate add aggregate allocate allow analyze animate append
apply assert assign attach authenticate authorize balance batch behave belong bind block boot
broadcast build bump bundle cache calculate calibrate call cancel capture cast catch change charge
check choose clamp clean clear clip clone close coerce collect collide color come commit
communicate compare compile compress compute concatenate configure connect consume contain control
convert copy count cover create crop debounce decide declare decode decompress decrease decrement
decrypt deduplicate define delete deliver depend deploy derive describe deserialize destroy detach
detect determine differ disable discard disconnect dispatch display document download drag drain
draw drive drop dump embed emit emulate enable encode encrypt enforce enqueue enter enumerate
escape evaluate evict exclude execute exist exit expand expect expire export expose extend extract
fail feed fetch filter find finish fire fit flash flatten flush fold format forward free generate
get grant group grow handle happen hash have hide hold hydrate ignore implement import include
increase increment index infer inherit initialize inject inline insert install instantiate
interact intercept interpolate invalidate invoke issue iterate join keep know launch learn limit
link list listen live load locate lock log look lookup lower map mark mean measure merge migrate
mix mock modify monitor mount move multiply mutate name need normalize notify observe open
optimize order override own pack pad paint parse partition pass paste patch pause persist pick pin
ping play poll pool pop populate predict prefetch prepare prevent print prioritize process produce
profile program propagate protect provide prune publish pull purge push put quantize query queue
raise reach read rebalance rebuild receive recompute reconcile record recover redirect reduce
refer refill refresh refund register reject release reload rely remove render renew reorder
replace replay replicate report represent request require reserve reset resize resolve respond
restart restore resume retrieve retry return reuse revalidate revert revoke rewrite rotate round
route run sample sanitize save scale scan schedule score seed select send serialize serve set
shard share ship show shuffle shut shutdown sign simulate skip sleep sort spawn specify spill spin
split start step stop store stream strip submit subscribe summarize support suspend swap sync
synchronize tag take talk terminate test throttle throw toggle tokenize trace track train
transcode transfer transform translate traverse trigger trim truncate tune unblock uninstall
unlock unpack unregister unsubscribe update upgrade upload use validate verify version visit wait
wake walk warm watch work wrap write yield zip
"""

_IRREGULAR = {
    "bind": "bound", "build": "built", "catch": "caught", "choose": "chosen", "draw": "drawn",
    "drive": "driven", "feed": "fed", "find": "found", "get": "got", "have": "had",
    "hide": "hidden", "hold": "held", "keep": "kept", "send": "sent", "show": "shown",
    "sleep": "slept", "take": "taken", "throw": "thrown", "wake": "woken", "write": "written",
    "rewrite": "rewritten", "rebuild": "rebuilt", "override": "overridden", "withdraw": "withdrawn",
    "cast": "cast", "fit": "fit", "put": "put", "read": "read", "reset": "reset", "run": "run",
    "set": "set", "shut": "shut", "split": "split",
}  # fmt: skip

_DOUBLED = word_set(
    "bat clip crop drop embed log map pad pin plan pop refer ship skip stop strip submit swap tag "
    "trim unpin unwrap wrap zip run get put set reset shut split"
)


def _third(verb: str) -> str:
    if verb == "have":
        return "has"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def _participle(verb: str) -> str:
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + verb[-1] * (verb in _DOUBLED) + "ed"


def _gerund(verb: str) -> str:
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + verb[-1] * (verb in _DOUBLED) + "ing"


BASES = frozenset(_VERBS.split())
"""Verbs in their base form."""
PARTICIPLE_OF = {verb: _participle(verb) for verb in BASES}
THIRD_OF = {verb: _third(verb) for verb in BASES}
BASE_OF_THIRD = {third: verb for verb, third in THIRD_OF.items()}
BASE_OF_GERUND = {_gerund(verb): verb for verb in BASES}
PARTICIPLES = frozenset(PARTICIPLE_OF.values())
BARE_PARTICIPLES = frozenset(verb for verb in BASES if PARTICIPLE_OF[verb] == verb)
"""Participles that look like the base form: `read`, `set`, `run`."""

BE = {"is": "be", "are": "be", "am": "be", "was": "was", "were": "was"}
DO = {"do": "do", "does": "do", "did": "did"}
HAVE = {"has": "have", "have": "have", "had": "had"}
MODALS = word_set("can could may might must shall should will would")
AUXILIARIES = frozenset((*BE, *DO, *HAVE, *MODALS))

ARTICLES = frozenset(("the", "a", "an"))
AFTER_ARTICLE = word_set("few little lot bit most least more less fewer")
"""What gives an article a meaning of its own: `few tests` are not `a few tests`."""

AGENTIVE = word_set(
    "accept acquire allocate build call choose clear close compile compute consume convert create "
    "decode define delete deploy detect disable emit enable encode evict execute expose generate "
    "handle ignore implement import include initialize inject install instantiate invalidate "
    "invoke launch lock merge modify mount mutate need normalize notify open override own parse "
    "poll produce provide publish purge raise read receive refresh register reject release remove "
    "render replay request reset restart return reuse revoke run save send serialize set skip "
    "spawn start stop submit support terminate throw transform translate trigger trim update "
    "upload use validate verify watch write yield"
)
"""Verbs after which `by X` names who does it; `grouped by user` is not what the user groups."""

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
    "param": "parameter", "params": "parameters", "prod": "production", "repo": "repository",
    "repos": "repositories",
    "two": "#2", "three": "#3", "four": "#4", "five": "#5", "six": "#6", "seven": "#7",
    "eight": "#8", "nine": "#9", "ten": "#10",
    "required": "needed", "requires": "needs", "require": "need",
}  # fmt: skip
"""One word for another, in any place; the right side is what stands in the key."""
SYNONYMS |= {
    form[verb]: form["choose"]
    for verb in ("pick", "select")
    for form in (THIRD_OF, PARTICIPLE_OF, {"pick": "pick", "select": "select", "choose": "choose"})
}
SYNONYMS |= {
    form.replace("iz", "is").replace("yz", "ys"): form
    for verb in BASES
    if verb.endswith(("ize", "yze"))
    for form in (verb, THIRD_OF[verb], PARTICIPLE_OF[verb], _gerund(verb))
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
OPTION_KINDS = frozenset(("flag", "option", "switch"))
