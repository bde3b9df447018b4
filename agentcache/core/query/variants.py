"""Loosening rules for what adjectives, measures, events and places say in more than one way.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.belonging import OF_WORDS as BELONGING
from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BASE_OF_DONE,
    BASE_OF_THIRD,
    BASES,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    word_set,
)
from agentcache.core.query.nouns import phrase_end

_THINGS = frozenset((Intent.LIST, Intent.HOW_MANY))

_ADJECTIVES = word_set(
    "public private protected internal optional mandatory abstract virtual nullable immutable "
    "mutable asynchronous synchronous idempotent stateless stateful reentrant deterministic "
    "experimental obsolete configurable cacheable retryable writable sortable searchable "
    "filterable reusable"
)
_UNDONE = {
    "used": "unused", "documented": "undocumented", "tested": "untested",
    "encrypted": "unencrypted", "authenticated": "unauthenticated",
    "implemented": "unimplemented", "supported": "unsupported",
}  # fmt: skip
_KINDS = _ADJECTIVES | frozenset(_UNDONE.values())


def undone(form: Form) -> Form:
    """`sprites that are not used` as `sprites that are unused`."""
    words = form.words
    if form.intent not in _THINGS or form.auxiliary or words[-3:-1] != ("be", "not"):
        return form
    un = _UNDONE.get(words[-1].removesuffix("+"))
    if un is None or phrase_end(list(words[:-3]), 0) < len(words) - 3:
        return form
    return replace(form, words=(*words[:-3], "be", un))


def of_a_kind(form: Form) -> Form:
    """`columns of X that are nullable` as `nullable columns of X`."""
    words = list(form.words)
    kind = words[-1].removesuffix("+")
    if form.intent not in _THINGS or form.auxiliary or kind not in _KINDS or len(words) < 2:
        return form
    if words[-2] != "be" and not words[-1].endswith("+"):
        return form
    things = words[:-2] if words[-2] == "be" else words[:-1]
    end = phrase_end(things, 0)
    is_whole = end == len(things) or (
        things[end] == "of" and phrase_end(things, end + 1) == len(things) > end + 1
    )
    if not end or not is_whole or not things[end - 1].endswith("s"):
        return form
    return replace(form, words=(*things[: end - 1], kind, *things[end - 1 :]))


def run_by_itself(form: Form) -> Form:
    """`tests that run on CI` as `tests that are run on CI`, `when does X run` likewise."""
    words = list(form.words)
    verb = "run" if "run" in words else "runs"
    at = words.index(verb) if words.count(verb) == 1 else 0
    follows = words[at + 1] if at + 1 < len(words) else ""
    if not at or phrase_end(words, 0) < at or (follows and follows not in _RUN_THERE):
        return form
    is_many = words[at - 1].endswith("s") == (verb == "run")
    if form.intent is Intent.LIST and form.auxiliary == FINITE and is_many:
        return make_form(Intent.LIST, "", [*words[:at], "run+", *words[at + 1 :]])
    if form.intent is Intent.WHEN and form.auxiliary in {"do-one", "do-many"}:
        return make_form(Intent.WHEN, "be", words)
    return form


_RUN_THERE = word_set("immediately on in at before after during inside within under")

_EXTENT_OF = {"large?": "size", "big?": "size", "deep?": "depth", "wide?": "width"}


def extent(form: Form) -> Form:
    """`how large is X` as `what is the size of X`, `how deep` and `how wide` likewise."""
    words = list(form.words)
    measure = _EXTENT_OF.get(words[0])
    if form.intent is not Intent.HOW or form.auxiliary != "be" or measure is None:
        return form
    things = words[1:]
    end = phrase_end(things, 0)
    if not end or things[end - 1] in {"size", "limit", "depth", "width"}:
        return form
    is_whole = end == len(things) or (
        things[end] == "of" and phrase_end(things, end + 1) == len(things) > end + 1
    )
    return make_form(Intent.WHAT, "", [*things[:end], measure, *things[end:]]) if is_whole else form


def life(form: Form) -> Form:
    """`how long is X valid`, `how long does X live` as `what is the validity period of X`."""
    words = list(form.words)
    if form.intent is not Intent.HOW or words[0] != "long?" or len(words) < 3:
        return form
    things = words[1:-1]
    if phrase_end(things, 0) < len(things):
        return form
    if form.auxiliary == "be" and words[-1] == "valid":
        return make_form(Intent.WHAT, "", ["validity", "period", "of", *things])
    if form.auxiliary in {"do-one", "do-many"} and words[-1] == "live":
        return make_form(Intent.WHAT, "", ["lifetime", "of", *things])
    return form


def either(form: Form) -> Form:
    """`is X a class or a record` as `is X a record or a class`."""
    words = list(form.words)
    if form.intent is not Intent.YES_NO or words.count("or") != 1 or words[-2:-1] != ["or"]:
        return form
    is_named = len(words) == 5 and words[0][0] == "`" and words[1] == "a"
    if not is_named or not (words[2].isalpha() and words[4].isalpha()):
        return form
    return replace(form, words=(*words[:2], *sorted((words[2], words[4])), "or"))


_ENDS = {
    "crash": "crashes", "restart": "restarts", "reboot": "reboots", "failure": "fails",
    "overflow": "overflows", "expiry": "expires", "expiration": "expires",
    "disconnect": "disconnects", "reconnect": "reconnects", "rebalance": "rebalances",
    "panic": "panics", "startup": "begins",
}  # fmt: skip
_NEVER_ON = word_set("based depend depends rely relies focus focuses run work works")


def on_event(form: Form) -> Form:
    """`on a worker crash` as `if a worker crashes`."""
    words = list(form.words)
    if words.count("on") != 1 or set(words) & {"if", "when"}:
        return form
    at = words.index("on")
    things, noun = words[at + 1 : -1], words[-1]
    is_timeout = noun == "timeout"
    if not at or not things or not (is_timeout or noun in _ENDS) or words[at - 1] in _NEVER_ON:
        return form
    if phrase_end(words, at + 1) < len(words) or not things[-1].isalpha():
        return form
    before = words[at - 1].removesuffix("+")
    if before not in PARTICIPLES and before not in BASES and before not in BASE_OF_THIRD:
        return form
    told = [*words[:at], "if", *things, *(["times", "out"] if is_timeout else [_ENDS[noun]])]
    if form.intent is Intent.LIST and form.auxiliary == FINITE and words[:at] == ["happens"]:
        return make_form(Intent.WHAT, "", told)
    return make_form(form.intent, form.auxiliary, told)


_SAID_OF_USERS: dict[tuple[str, ...], tuple[str, ...]] = {
    (verb, way): noun
    for verbs, nouns in ((("logs", "log", "logging"), {"in": ("login",), "out": ("logout",)}),
                         (("signs", "sign", "signing"), {way: ("sign", way)
                                                         for way in ("in", "out", "up")}))
    for verb in verbs
    for way, noun in nouns.items()
}  # fmt: skip


def on_startup(form: Form) -> Form:
    """`when the app starts up` as `on startup`, `when a user logs out` as `on logout`."""
    words = form.words
    at = words.index("if") if "if" in words else 0
    doing = words[at + 1 :]
    if doing == ("application", "begins"):
        noun: tuple[str, ...] | None = ("startup",)
    else:
        noun = _SAID_OF_USERS.get(doing[-2:]) if doing[:-2] in ((), ("user",), ("users",)) else None
    if not at or noun is None:
        return form
    words = (*words[:at], "on", *noun)
    if form.intent is Intent.WHAT and words[:at] == ("happens",):
        return Form(Intent.LIST, FINITE, words)
    return replace(form, words=words)


_PROCESSES = word_set(
    "recovery checkout startup shutdown login logout indexing compaction migration synchronization "
    "replay deployment installation registration onboarding rendering linking parsing ingestion "
    "inference training replication failover"
)


def during(form: Form) -> Form:
    """`how is stock reserved during checkout` as `how does checkout reserve stock`."""
    words = list(form.words)
    if form.intent is not Intent.HOW or form.auxiliary != "be" or words[-1] not in _PROCESSES:
        return form
    base = BASE_OF_DONE.get(words[-3]) if len(words) > 3 else None
    if base is None or words[-2] not in {"during", "on"} or phrase_end(words, 0) < len(words) - 3:
        return form
    return make_form(Intent.HOW, "do", [words[-1], base, *words[:-3]])


def we_do(form: Form) -> Form:
    """`the endpoints we expose` as `endpoints that are exposed`, `those we have` as all of them."""
    words = list(form.words)
    at = words.index("we") if words.count("we") == 1 else 0
    if form.intent not in {Intent.LIST, Intent.WHAT} or form.auxiliary or not at:
        return form
    base, rest = "".join(words[at + 1 : at + 2]), words[at + 2 :]
    is_told = phrase_end(words[:at], 0) == at and words[at - 1].endswith("s")
    if not is_told or (rest and rest[0] not in PREPOSITIONS):
        return form
    if base == "have" and rest[:1] != ["to"]:
        return make_form(Intent.LIST, "", [*words[:at], *rest])
    if base in AGENTIVE or base == "expose":
        return make_form(Intent.LIST, "", [*words[:at], PARTICIPLE_OF[base] + "+", *rest])
    return form


_REPEATED = word_set(
    "restarts reloads reboots sessions runs deploys deployments launches upgrades requests"
)
_SPREAD = word_set("sharded distributed partitioned spread divided replicated balanced")


def across(form: Form) -> Form:
    """`kept between restarts` as `across restarts`, `distributed over X` as `across X`."""
    words = list(form.words)
    for at in range(1, len(words) - 1):
        done = words[at - 1].removesuffix("+")
        is_time = words[at] == "between" and words[at + 1 :] in ([word] for word in _REPEATED)
        is_space = words[at] in {"over", "among"} and done in _SPREAD
        if (is_time and done in PARTICIPLES) or is_space:
            words[at] = "across"
            return make_form(form.intent, form.auxiliary, words)
    return form


_TURNED = frozenset(("converted", "mapped", "translated", "transformed", "compiled", "parsed"))


def turned(form: Form) -> Form:
    """`converted into X` as `converted to X`, once all voices are one."""
    words = list(form.words)
    for at in range(1, len(words) - 1):
        if words[at] == "into" and words[at - 1].removesuffix("+") in _TURNED:
            words[at] = "to"
            return make_form(form.intent, form.auxiliary, words)
    return form


OF_WORDS: tuple[tuple[frozenset[str], Callable[[Form], Form]], ...] = (
    (frozenset(("not",)), undone),
    (_KINDS | {f"{kind}+" for kind in _KINDS}, of_a_kind),
    (frozenset(("if",)), on_startup),
    (_PROCESSES, during),
    (frozenset(("run", "runs")), run_by_itself),
    (frozenset(_EXTENT_OF), extent),
    (frozenset(("long?",)), life),
    (frozenset(("or",)), either),
    (frozenset(("on",)), on_event),
    (frozenset(("between", "over", "among")), across),
    (frozenset(("into",)), turned),
    (frozenset(("we",)), we_do),
    *BELONGING,
)
"""In the order in which they are applied, each with the words of which it needs one."""
_ANY = frozenset[str]().union(*(words for words, _ in OF_WORDS))


def varied(form: Form) -> Form:
    """The form with all rules applied that have a word in it."""
    if _ANY.isdisjoint(form.words):
        return form
    for words, rule in OF_WORDS:
        if not words.isdisjoint(form.words):
            form = rule(form)
    return form


RULES: tuple[Callable[[Form], Form], ...] = (varied,)
