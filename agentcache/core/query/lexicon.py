"""The words the canonical form knows: data checked by hand, and the verb forms derived from it.

A word that is not listed here is never merged with another one: it stays in the key as written.
"""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables that a reader can scan."""
    return frozenset(text.split())


_VERBS = """
abort accept access acknowledge acquire activate add adjust affect aggregate allocate allow alter
analyze animate append apply archive assemble assert assign attach authenticate authorize await
balance ban batch begin behave belong bind block boot bootstrap broadcast build bump bundle cache
calculate calibrate call cancel cap capture cast catch cause change charge check choose clamp
clean clear clip clone close coerce collect collide color combine come commit communicate compare
compile complete compress compute concatenate configure confirm connect construct consume contain
control convert copy count cover create crop customize debounce decide declare decode decompress
decrease decrement decrypt deduct deduplicate defer define delete deliver depend deploy derive
describe deserialize destroy detach detect determine differ disable disallow discard disconnect
discover dispatch display distribute divide document download drag drain draw drive drop dump
duplicate eliminate embed emit employ emulate enable encode encrypt enforce enqueue enrich ensure
enter enumerate escape establish estimate evaluate evict exclude execute exercise exist exit
expand expect expire export expose extend extract fail feed fetch filter find finish fire fit
flash flatten flush fold follow forbid format forward free gather generate get govern grant group
grow guard halt handle happen hash have hide highlight hold hydrate ignore implement import
include increase increment index infer influence inform inherit initialize inject inline insert
inspect install instantiate interact intercept interpolate interpret introduce invalidate invert
invoke isolate issue iterate join keep know launch learn limit link list listen live load locate
lock log look lookup lower maintain manage map mark mean measure merge migrate minify mix mock
modify monitor mount move multiply mutate name need negotiate normalize notify observe obtain
occur offer omit open optimize order output override own pack pad paint parse partition pass paste
patch pause perform permit persist pick pin ping play poll pool pop populate predict prefetch
preload prepare preserve prevent print prioritize process produce profile program prohibit
propagate protect provide prune publish pull purge push put quantize query queue raise reach read
rebalance rebuild receive reclaim recompute reconcile record recover redirect reduce refer refill
refresh refund regenerate register reindex reject release reload rely remove render renew reorder
replace replay replicate report represent request require rerun reschedule reserve reset resize
resolve respond restart restore restrict resume retain retrieve retry return reuse revalidate
revert revoke rewind rewrite rotate round route run sample sanitize save scale scan schedule score
secure seed select send separate serialize serve set shard share ship show shrink shuffle shut
shutdown sign simplify simulate skip sleep sort spawn specify spill spin split standardize start
step stop store stream strip submit subscribe suggest summarize supply support suppress suspend
swap sweep sync synchronize tag take talk terminate test throttle throw toggle tokenize trace
track train transcode transfer transform translate transmit transpile traverse trigger trim
truncate tune unblock unify uninstall unload unlock unpack unregister unsubscribe update upgrade
upload use utilize validate verify version visit wait wake walk warm watch work wrap write yield
zip
"""

_IRREGULAR = {
    "begin": "begun",
    "grow": "grown",
    "know": "known",
    "mean": "meant",
    "spin": "spun",
    "shrink": "shrunk",
    "sweep": "swept",
    "rerun": "rerun",
    "rewind": "rewound",
    "bind": "bound",
    "forbid": "forbidden",
    "build": "built",
    "catch": "caught",
    "choose": "chosen",
    "draw": "drawn",
    "drive": "driven",
    "feed": "fed",
    "find": "found",
    "get": "got",
    "have": "had",
    "hide": "hidden",
    "hold": "held",
    "keep": "kept",
    "send": "sent",
    "show": "shown",
    "sleep": "slept",
    "take": "taken",
    "throw": "thrown",
    "wake": "woken",
    "write": "written",
    "rewrite": "rewritten",
    "rebuild": "rebuilt",
    "override": "overridden",
    "withdraw": "withdrawn",
    "cast": "cast",
    "fit": "fit",
    "put": "put",
    "read": "read",
    "reset": "reset",
    "run": "run",
    "set": "set",
    "shut": "shut",
    "split": "split",
}

_DOUBLED = word_set(
    "ban bat begin cap clip commit control debug defer drag emit infer omit scan step "
    "transfer rerun crop drop embed log map pad pin plan pop refer ship skip stop strip "
    "submit swap tag "
    "forbid occur transmit permit trim unpin unwrap wrap zip run get put set reset shut split"
)


def third_of(verb: str) -> str:
    """`reads`."""
    if verb == "have":
        return "has"
    if verb.endswith(("s", "x", "z", "ch", "sh", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def participle_of(verb: str) -> str:
    """`written`."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + verb[-1] * (verb in _DOUBLED) + "ed"


def gerund_of(verb: str) -> str:
    """`writing`."""
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + "ing"
    return verb + verb[-1] * (verb in _DOUBLED) + "ing"


BASES = frozenset(_VERBS.split())
"""Verbs in their base form."""
PARTICIPLE_OF = {verb: participle_of(verb) for verb in BASES}
THIRD_OF = {verb: third_of(verb) for verb in BASES}
BASE_OF_THIRD = {third: verb for verb, third in THIRD_OF.items()}
BASE_OF_GERUND = {gerund_of(verb): verb for verb in BASES}
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
    "abort accept acknowledge acquire adjust allocate alter apply archive assemble authenticate "
    "build cache calculate call cancel cap catch change check choose clear close collect compile "
    "compress compute configure consume control convert copy cover create declare decode "
    "decompress decrypt deduplicate define delete deliver deploy deserialize destroy detect "
    "disable dispatch display distribute eliminate emit enable encode encrypt enforce enrich "
    "ensure evaluate evict execute exercise expose extract fetch flush follow forward generate "
    "handle highlight hold ignore implement import include initialize inject inspect install "
    "instantiate intercept interpret invalidate invoke isolate issue keep launch load lock log "
    "maintain manage merge mock modify monitor mount mutate need normalize notify obtain offer "
    "open optimize override own parse perform permit persist poll preload preserve prevent "
    "process produce propagate protect provide prune publish purge push query raise read rebuild "
    "receive reclaim record refresh regenerate register reindex reject release remove render "
    "replay request reschedule reset resize resolve restart restore retain retrieve retry return "
    "reuse revoke rewrite rotate run sanitize save scan schedule send serialize set show simplify "
    "skip spawn start stop store stream submit supply support suppress take terminate throttle "
    "throw tokenize track transform translate transpile trigger trim unify unload update upload "
    "use validate verify visit watch wrap write yield"
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
    for form in (verb, THIRD_OF[verb], PARTICIPLE_OF[verb], gerund_of(verb))
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
