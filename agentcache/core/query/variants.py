"""Loosening rules for what adjectives, measures and nouns of doing say in more than one way.

Each takes a form and gives the form of another wording of the same question, or the form itself.
"""

from collections.abc import Callable
from dataclasses import replace

from agentcache.core.query.form import FINITE, Form, Intent, make_form
from agentcache.core.query.lexicon import (
    AGENTIVE,
    BASE_OF_DONE,
    BASE_OF_THIRD,
    BASES,
    CONNECTIVES,
    PARTICIPLE_OF,
    PARTICIPLES,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.likeness import SAME_WORD
from agentcache.core.query.nominal import done_by
from agentcache.core.query.nouns import phrase_end

_THINGS = frozenset((Intent.LIST, Intent.HOW_MANY))
_DONE_ASKED = frozenset((Intent.WHERE, Intent.HOW, Intent.WHY, Intent.WHEN))

_ADJECTIVES = word_set(
    "public private protected internal optional mandatory abstract virtual nullable immutable "
    "mutable asynchronous synchronous idempotent stateless stateful reentrant deterministic "
    "experimental obsolete configurable cacheable retryable writable sortable searchable "
    "filterable reusable undocumented untested unencrypted unauthenticated unimplemented "
    "unsupported"
)
_UNDONE = {
    "used": "unused", "documented": "undocumented", "tested": "untested",
    "encrypted": "unencrypted", "authenticated": "unauthenticated",
    "implemented": "unimplemented", "supported": "unsupported",
}  # fmt: skip
_MARKED = {"unused": "unused+"}


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
    if form.intent not in _THINGS or form.auxiliary or len(words) < 3 or words[-2] != "be":
        return form
    things, kind = words[:-2], words[-1]
    end = phrase_end(things, 0)
    is_whole = end == len(things) or (
        things[end] == "of" and phrase_end(things, end + 1) == len(things) > end + 1
    )
    if not end or not is_whole or not things[end - 1].endswith("s"):
        return form
    if kind in {"unused", "unused+"}:
        marked = [*things, "unused+"] if end == len(things) else things
        return form if end < len(things) else replace(form, words=tuple(marked))
    if kind not in _ADJECTIVES:
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


_MACHINE_DOES = frozenset(
    SAME_WORD.get(third, third)
    for third in map(
        THIRD_OF.__getitem__,
        word_set(
            "call invoke set clear emit dispatch publish acquire release allocate free close open "
            "flush invalidate evict trigger register unregister spawn increment decrement reset "
            "refresh throw catch raise instantiate initialize mutate enqueue dequeue"
        ),
    )
)


def who_does(form: Form) -> Form:
    """`who emits X` as `what emits X`, for what only code does."""
    if form.intent is Intent.WHO and len(form.words) > 1 and form.words[0] in _MACHINE_DOES:
        return make_form(Intent.LIST, FINITE, list(form.words))
    return form


def its_own(form: Form) -> Form:
    """`how does X send its Y to Z` as `how is the X Y sent to Z`."""
    words = list(form.words)
    is_asked = form.intent in {Intent.HOW, Intent.WHERE} and form.auxiliary == "do-one"
    if not is_asked or words.count("its") != 1 or set(words) & CONNECTIVES:
        return form
    at = words.index("its")
    subject, verb, rest = words[: at - 1], words[at - 1], words[at + 1 :]
    end = phrase_end(rest, 0)
    if not subject or verb not in AGENTIVE or phrase_end(subject, 0) < len(subject) or not end:
        return form
    things, place = rest[:end], rest[end:]
    is_place = place[:1] and place[0] in PREPOSITIONS - {"of", "by"}
    if not is_place or phrase_end(place, 1) < len(place) or "not" in rest:
        return form
    done = PARTICIPLE_OF[verb]
    return make_form(form.intent, "be", [*subject, *things, SAME_WORD.get(done, done), *place])


_MANNER_OF = {
    adverb.removesuffix("ally") if adverb.endswith("ically") else adverb.removesuffix("ly"): adverb
    for adverb in word_set(
        "recursively iteratively eagerly asynchronously synchronously concurrently incrementally "
        "automatically periodically dynamically atomically statically optimistically manually "
        "speculatively"
    )
} | {"lazy": "lazily"}  # fmt: skip


def in_manner(form: Form) -> Form:
    """`explain the recursive flattening of X` as `how is X recursively flattened`."""
    words = list(form.words)
    if form.intent is Intent.HOW and form.auxiliary == "be" and len(words) > 2:
        said = _MANNER_OF.get(words[-2].removesuffix("~")) if words[-2].endswith("~") else None
        is_told = said and words[-1] in PARTICIPLES and phrase_end(words[:-2], 0) == len(words) - 2
        return replace(form, words=(*words[:-2], said or "", words[-1])) if is_told else form
    is_work = form.intent is Intent.HOW and form.auxiliary in {"do-one", "do-many"}
    if is_work and words[-1:] == ["work"]:
        words = words[:-1]
    elif form.intent is not Intent.EXPLAIN:
        return form
    adverb = _MANNER_OF.get(words[0])
    if adverb is None or len(words) < 4 or words[2] != "of":
        return form
    done = done_by(words[1], is_object_told=True)
    if done is None or phrase_end(words, 3) < len(words):
        return form
    return make_form(Intent.HOW, "be", [*words[3:], adverb, done])


_PLACES_OF = {
    ("mount", "point"): "mounted", ("storage", "location"): "stored",
    ("insertion", "point"): "inserted", ("injection", "point"): "injected",
}  # fmt: skip


def place_of(form: Form) -> Form:
    """`find the mount point of X` as `where is X mounted`."""
    words = list(form.words)
    if form.intent is not Intent.WHERE or form.auxiliary != "be" or len(words) < 4:
        return form
    done = _PLACES_OF.get((words[0], words[1]))
    if done is None or words[2] != "of" or phrase_end(words, 3) < len(words):
        return form
    return make_form(Intent.WHERE, "be", [*words[3:], done])


def having(form: Form) -> Form:
    """`tables with an index` as `tables that have an index`; `without` likewise."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary:
        return form
    end = phrase_end(words, 0)
    joint = words[end] if end < len(words) else ""
    if not end or joint not in {"with", "without"} or words[end - 1].endswith("+"):
        return form
    things, had = words[:end], words[end + 1 :]
    is_many = things[-1].endswith("s") and not things[-1].endswith(("ss", "us", "is"))
    if not is_many or not had or phrase_end(had, 0) < len(had) or things[-1] == "files":
        return form
    have = ["have"] if joint == "with" else ["do", "not", "have"]
    return make_form(Intent.LIST, FINITE, [*things, *have, *had])


_HELD = frozenset(("held+", "contained+", "declared+"))


def held_in(form: Form) -> Form:
    """`in which header is X declared` as `which header declares X`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words[-1] != "in" or len(words) < 5:
        return form
    be = words.index("be") if "be" in words else 0
    is_plain = (
        be and phrase_end(words[:be], 0) == be and phrase_end(words, be + 1) >= len(words) - 2
    )
    if not is_plain or words[-2] not in _HELD or words[be - 1].endswith("s"):
        return form
    third = THIRD_OF[BASE_OF_DONE[words[-2].removesuffix("+")]]
    return make_form(Intent.LIST, FINITE, [*words[:be], third, *words[be + 1 : -2]])


_STRUCTS = word_set("struct enum trait interface")
_PARTS = word_set("fields members variants methods")


def parts_of_kind(form: Form) -> Form:
    """`fields of the X struct` as `fields of X`."""
    words = form.words
    is_list = form.intent is Intent.LIST and not form.auxiliary and len(words) == 3
    if is_list and words[0][0] == "`" and words[1] in _STRUCTS and words[2] in _PARTS:
        return replace(form, words=(words[0], words[2]))
    return form


def pinned(form: Form) -> Form:
    """`to which version is X pinned` as `which version of X is pinned`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words[:2] != ["version", "be"]:
        return form
    at = words.index("pinned+") if "pinned+" in words else 0
    rest = ["in" if word == "by" else word for word in words[at + 1 :]]
    if at < 3 or rest.count("to") != 1 or phrase_end(words[:at], 2) < at:
        return form
    if rest[0] == "to":
        rest = rest[1:]
    elif rest[-1] == "to":
        rest = rest[:-1]
    return replace(form, words=(*words[2:at], "version", "pinned+", *rest))


def needed(form: Form) -> Form:
    """`fields needed by X` as `needed fields of X`."""
    words = list(form.words)
    at = words.index("needed+") if "needed+" in words else 0
    if form.intent is not Intent.LIST or form.auxiliary or not at or len(words) < at + 3:
        return form
    owner = words[at + 2 :]
    is_plain = phrase_end(words[:at], 0) == at and phrase_end(owner, 0) == len(owner)
    if words[at + 1] not in {"by", "in"} or not is_plain or words[at - 1] not in _OWN:
        return form
    return replace(form, words=("needed+", *words[:at], "of", *owner))


_OWN = word_set("fields parameters variables columns options properties props inputs settings keys")


def from_there(form: Form) -> Form:
    """`messages from Y accepted by X` as `messages accepted by X from Y`."""
    words = list(form.words)
    if form.intent is not Intent.LIST or form.auxiliary or words.count("from") != 1:
        return form
    at = words.index("from")
    done = next((spot for spot in range(at, len(words)) if words[spot].endswith("+")), 0)
    place, by = words[at:done], words[done + 1 :]
    is_plain = phrase_end(words, 0) == at and phrase_end(place, 1) == len(place) > 1
    if not at or not done or not is_plain or by[:1] != ["by"] or len(by) < 2:
        return form
    if phrase_end(by, 1) < len(by) or by[1] == "default":
        return form
    return replace(form, words=(*words[:at], words[done], *by, *place))


def is_there(form: Form) -> Form:
    """`does a test for X exist` as `is there a test for X`."""
    words = form.words
    if form.intent is not Intent.YES_NO or form.auxiliary != "do" or words[-1] != "exist":
        return form
    things = list(words[:-1])
    end = phrase_end(things, 0)
    is_two = 0 < end < len(things) - 1 and things[end] in {"for", "of"}
    if not is_two or phrase_end(things, end + 1) < len(things) or "not" in things:
        return form
    return make_form(Intent.EXISTS, "", things)


def allowed(form: Form) -> Form:
    """`does S allow O in P` as `is O allowed by S in P`; O in P may be another thing."""
    words = list(form.words)
    if form.intent is not Intent.YES_NO or form.auxiliary != "do" or words.count("in") != 1:
        return form
    at = words.index("in")
    verbs = [spot for spot in range(1, at) if words[spot] in AGENTIVE]
    if len(verbs) != 1 or phrase_end(words, at + 1) < len(words) or set(words) & _UNPLAIN:
        return form
    subject, things, place = words[: verbs[0]], words[verbs[0] + 1 : at], words[at:]
    if not things or phrase_end(subject, 0) < verbs[0] or phrase_end(things, 0) < len(things):
        return form
    done = PARTICIPLE_OF[words[verbs[0]]]
    done = SAME_WORD.get(done, done)
    return make_form(Intent.YES_NO, "be", [*things, done, "by", *subject, *place])


_UNPLAIN = CONNECTIVES | word_set("its it their them not never only also to default")

_OF_WORDS: tuple[tuple[frozenset[str], Callable[[Form], Form]], ...] = (
    (frozenset(("not",)), undone),
    (_ADJECTIVES | {"unused", "unused+"}, of_a_kind),
    (frozenset(("run", "runs")), run_by_itself),
    (frozenset(_EXTENT_OF), extent),
    (frozenset(("long?",)), life),
    (frozenset(("or",)), either),
    (frozenset(("on",)), on_event),
    (frozenset(("between", "over", "among")), across),
    (frozenset(("into",)), turned),
    (_MACHINE_DOES, who_does),
    (frozenset(("its",)), its_own),
    (frozenset((*_MANNER_OF, *(f"{word}~" for word in _MANNER_OF))), in_manner),
    (frozenset(("point", "location")), place_of),
    (frozenset(("with", "without")), having),
    (_HELD, held_in),
    (_STRUCTS, parts_of_kind),
    (frozenset(("pinned+",)), pinned),
    (frozenset(("needed+",)), needed),
    (frozenset(("from",)), from_there),
    (frozenset(("exist",)), is_there),
    (frozenset(("in",)), allowed),
)
"""In the order in which they are applied, each with the words of which it needs one."""
_ANY = frozenset[str]().union(*(needed for needed, _ in _OF_WORDS))


def varied(form: Form) -> Form:
    """The form with all rules applied that have a word in it."""
    if _ANY.isdisjoint(form.words):
        return form
    for needed, rule in _OF_WORDS:
        if not needed.isdisjoint(form.words):
            form = rule(form)
    return form


RULES: tuple[Callable[[Form], Form], ...] = (varied,)
