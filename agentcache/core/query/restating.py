"""Orders of words that say the same, brought to one before the rules of openings see them.

`the hook useCart` and `the useCart hook`, `functions in which X is locked` and `functions that lock
X`. It reads tokens that still have their articles.
"""

from itertools import pairwise

from agentcache.core.query.lexicon import (
    AGENTIVE,
    ARTICLES,
    ATTRIBUTES,
    AUXILIARIES,
    BASE_OF_DONE,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    DO,
    MODALS,
    PARTICIPLES,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.likeness import CASELESS
from agentcache.core.query.nouns import is_boundary, phrase_end, singular
from agentcache.core.query.tokens import is_path, is_strong

_NAMED_KINDS = word_set(
    "action annotation argument attribute class column command component constant crate dataset "
    "decorator endpoint enum error event exception field flag function header helper hook "
    "interface job key keyword library listener macro method middleware model module option "
    "package parameter plugin property prop queue reducer route script service setting signal "
    "statement store struct table task topic trait variable workflow scope "
    "template role shader index cache profile target rule preset gem binary page controller "
    "repository collection bucket counter metric label step tag node operator pipeline stage "
    "namespace trigger extension widget prefab scene"
)
"""What stands before or after the name of such a thing: `the hook useCart`, `the useCart hook`."""
_ONE_BY_ONE = word_set(
    "acknowledge allocate assign authenticate authorize cache calculate check compile compress "
    "compute convert decode decompress decrypt define deserialize detect discard dispatch encode "
    "encrypt escape evict expire format generate handle hash identify infer initialize invalidate "
    "lock log lower map match measure name normalize parse recover refresh register reject release "
    "represent resolve retry rotate round route sanitize schedule score serialize sign store "
    "throttle tokenize translate unlock validate verify"
)
_COUNTING = word_set(
    "single given particular specific certain first last one different second next previous whole "
    "new typical current default only same second third final few little lot bit most more less"
)
_NO_PLURAL = word_set(
    "child person man woman vertex matrix index axis schema information data media leaf half life "
    "proof software hardware metadata traffic"
)
_ASKED = word_set("where how why when")
_ASKING = word_set("list find name show which what enumerate locate")
_BEHAVIOURS = word_set(
    "function method subroutine routine test handler script hook pass migration middleware task "
    "job workflow step callback listener controller command"
)
"""What is done in such a thing, it does itself."""
_HOLDERS = word_set(
    "class component crate layer library module package plugin service struct subsystem system "
    "trait view"
)
"""The same, but what is put into such a thing, something else may put there."""
_NEVER_INSIDE = word_set("replace represent store keep save cover follow hold precede")
_PUT = word_set(
    "add append attach deploy embed inject insert install load mount move place prepend publish "
    "push put render save send upload wrap write"
)
_KINDS = word_set(
    "function method class constant variable struct interface trait enum file flag option switch "
    "record module object type dataclass protocol mixin macro field property parameter package "
    "component service table view"
)
_WH = word_set("which what where why when")
_ASPECTS = word_set("order format language sequence")
_SHORTEST = 4
_SUBJECT_AT = 3
_HAS = {"have": "do", "has": "does"}


def restated(tokens: list[str]) -> list[str]:
    """The tokens in the one order that the rules of openings know."""
    if len(tokens) < _SHORTEST - 1:
        return tokens
    if not _KINDS.isdisjoint(tokens):
        tokens = _as_a_kind(tokens)
    if len(tokens) < _SHORTEST:
        return tokens
    if "a" in tokens or "an" in tokens:
        tokens = _in_general(tokens)
    if tokens[0] in _WH:
        tokens = _which_order(_without_it(tokens))
    tokens = _have_no(_name_first(_without_possessives(tokens)))
    return _default_of(_place_as_doer(_asked_first(_relative(tokens))))


def _in_general(tokens: list[str]) -> list[str]:
    """`how is a token checked in a request` as `how are tokens checked in requests`.

    Only for what is done to each by itself: to delete one may be another thing than to delete many.
    """
    if tokens[0] not in _ASKED or tokens[1] != "is" or tokens[2] not in {"a", "an"}:
        return tokens
    at = next((at for at in range(4, len(tokens)) if tokens[at] in PARTICIPLES), 0)
    rest = tokens[at + 1 :]
    if not at or BASE_OF_DONE[tokens[at]] not in _ONE_BY_ONE or not is_boundary(tokens, at):
        return tokens
    things = several(tokens[3:at])
    if things is None:
        return tokens
    if rest[1:2] and rest[0] in PREPOSITIONS and rest[1] in {"a", "an"}:
        places = several(rest[2:])
        return [tokens[0], "are", *things, tokens[at], rest[0], *places] if places else tokens
    if "a" in rest or "an" in rest:
        return tokens
    return [tokens[0], "are", *things, *tokens[at:]]


def several(things: list[str]) -> list[str] | None:
    """A thing and its describing words as many of them; None where that may ask something else."""
    if not things or phrase_end(things, 0) < len(things) or not _COUNTING.isdisjoint(things):
        return None
    noun = things[-1]
    if not noun.isalpha() or not noun.islower() or len(noun) < 3 or noun in _NO_PLURAL:
        return None
    if noun.endswith("s") and not noun.endswith("ss"):
        return None
    if noun.endswith(("ss", "x", "z", "ch", "sh")):
        return [*things[:-1], noun + "es"]
    is_y = noun.endswith("y") and noun[-2] not in "aeiou"
    return [*things[:-1], noun[:-1] + "ies" if is_y else noun + "s"]


def _as_a_kind(tokens: list[str]) -> list[str]:
    """`is X a class` with `a-class`: what X is said to be is no kind that only stands by a name."""
    named = next(
        (at for at, token in enumerate(tokens) if token[0] == "`" or token[0].isupper()), 0
    )
    if not named:
        return tokens
    if named == 1 and tokens[0] in BE and tokens[2] in _KINDS and tokens[3:4] in ([], ["or"]):
        return [*tokens[:2], "a-" + tokens[2], *tokens[3:]]
    for at in range(named + 1, len(tokens) - 1):
        is_said = tokens[at] in {"a", "an"} or (tokens[at] == "the" and at == named + 1)
        is_end = at + 2 == len(tokens) or tokens[at + 2][0] != "`"
        if is_said and tokens[at + 1] in _KINDS and is_end:
            return [*tokens[: at + 1], "a-" + tokens[at + 1], *tokens[at + 2 :]]
    return tokens


def _without_it(tokens: list[str]) -> list[str]:
    """`which key is it that sets X` as `which key sets X`; `in lower.rs` without a comma before."""
    if tokens[-3] == "," and tokens[-2] == "in" and is_path(tokens[-1]) and tokens.count(",") == 1:
        tokens = [*tokens[:-3], *tokens[-2:]]
    at = tokens.index("it") if tokens.count("it") == 1 else 0
    is_asked = tokens[0] in _WH and tokens[at - 1] == "is" and tokens[at + 1 : at + 2] == ["that"]
    if not at or not is_asked or at + 3 >= len(tokens):
        return tokens
    is_thing = tokens[0] in {"which", "what"} and at > 2
    is_clause = tokens[0] in _ASKED - {"how"} and at == 2
    return [*tokens[: at - 1], *tokens[at + 2 :]] if is_thing or is_clause else tokens


def _which_order(tokens: list[str]) -> list[str]:
    """`what is the order in which X are read` as `in which order are X read`."""
    if tokens[:3] != ["what", "is", "the"] or tokens[4:6] != ["in", "which"]:
        return tokens
    at = next((at for at, token in enumerate(tokens) if at > 6 and token in AUXILIARIES), 0)
    is_whole = at and {*CONNECTIVES - {"and", "or"}}.isdisjoint(tokens[6:at])
    if tokens[3] not in _ASPECTS or not is_whole or at + 1 == len(tokens):
        return tokens
    return ["in", "which", tokens[3], tokens[at], *tokens[6:at], *tokens[at + 1 :]]


def _without_possessives(tokens: list[str]) -> list[str]:
    """`definition of the worker's check` as `definition of the worker check`."""
    if "'s" not in tokens:
        return tokens
    active = next((at for at, token in enumerate(tokens) if token in DO or token == "we"), None)
    clause = _finite_at(tokens) if active is None else active
    if tokens[0] == "by" and tokens[1] in {"which", "what"}:
        clause = 2
    of = tokens.index("of") if "of" in tokens else len(tokens)
    kept: list[str] = []
    for at, token in enumerate(tokens):
        if token != "'s" or at < min(of, clause) or not _is_owned(tokens, at):
            kept.append(token)
            continue
        is_many = _is_many(tokens[phrase_end(tokens, at + 1) - 1])
        if not is_many and kept[-1][0].islower() and tokens[at - 2] not in ARTICLES:
            kept[-1] = singular(kept[-1])
    return kept


def _finite_at(tokens: list[str]) -> int:
    """Where the verb of `which code sets the X of Y` stands."""
    is_asked = tokens[0] in {"which", "what"} and AUXILIARIES.isdisjoint(tokens)
    at = next((at for at in range(2, len(tokens) - 1) if tokens[at] in BASE_OF_THIRD), 0)
    is_finite = is_asked and at and (tokens[at + 1] in ARTICLES or tokens[at + 1][0] == "`")
    return at if is_finite else len(tokens)


def _is_many(noun: str) -> bool:
    return noun.endswith("s") and not noun.endswith(("ss", "us", "is"))


def _is_owned(tokens: list[str], at: int) -> bool:
    return 0 < at < len(tokens) - 1 and not is_boundary(tokens, at + 1) and at > 1


def _name_first(tokens: list[str]) -> list[str]:
    """`the hook useCart` as `the useCart hook`, where nothing hangs on the name."""
    for at in range(1, len(tokens) - 1):
        is_named = tokens[at] in _NAMED_KINDS and _is_name(tokens[at + 1])
        if not is_named or tokens[at - 1][0] == "`" or tokens[at - 1] in {"which", "what"}:
            continue
        if tokens[at] in BASES and tokens[at - 1] not in ARTICLES | PREPOSITIONS - {"to"}:
            continue  # `parsers that cache X`
        follows = tokens[at + 2] if at + 2 < len(tokens) else ""
        is_end = not follows or (follows in PREPOSITIONS and at + 3 < len(tokens))
        is_done = is_boundary(tokens, at + 2) and follows in PARTICIPLES
        is_clause = follows in {"is", "are"} and tokens[0] in _ASKED
        is_subject = tokens[0] in _ASKED and tokens[1] in {"is", "are"} and at <= _SUBJECT_AT
        if (is_clause or is_done) and tokens[-1] in PREPOSITIONS and not is_subject:
            continue
        if is_end or is_done or is_clause or follows in DO:
            return [*tokens[:at], tokens[at + 1], tokens[at], *tokens[at + 2 :]]
    return tokens


def named_things(tokens: list[str]) -> set[tuple[str, str]]:
    """The names behind words that say what they name, with these: `key` of `the key max_age`."""
    pairs = pairwise(tokens)
    return {(name, kind) for kind, name in pairs if kind in _NAMED_KINDS and _is_name(name)}


def _is_name(token: str) -> bool:
    """Whether a token can only be a name: `the plugin API` is not `the API plugin`."""
    return is_strong(token) and (token[1:].islower() or token[1:].lower() not in CASELESS)


def _have_no(tokens: list[str]) -> list[str]:
    """`have no backups` as `do not have backups`."""
    for at in range(1, len(tokens) - 2):
        if tokens[at] in _HAS and tokens[at + 1] == "no" and tokens[0] in _ASKING:
            is_first = not any(token in AUXILIARIES for token in tokens[:at])
            head = [*tokens[:at], _HAS[tokens[at]], "not", "have"]
            return [*head, *tokens[at + 2 :]] if is_first else tokens
    return tokens


def _asked_first(tokens: list[str]) -> list[str]:
    """`X is implemented by which class` as `by which class is X implemented`."""
    at = next((at for at, token in enumerate(tokens) if token in {"which", "what"}), 0)
    be = next((at for at, token in enumerate(tokens) if token in {"is", "are"}), 0)
    is_last = 0 < be < at - 2 and phrase_end(tokens, at + 1) == len(tokens) > at + 1
    is_done = tokens[at - 1] in PREPOSITIONS and tokens[at - 2] in PARTICIPLES
    if not is_last or not is_done or tokens[0] in _ASKED | _ASKING | AUXILIARIES:
        return tokens
    return [*tokens[at - 1 :], tokens[be], *tokens[:be], *tokens[be + 1 : at - 1]]


def _relative(tokens: list[str]) -> list[str]:
    """`list the X that S depends on`, `that S does not V` as `which X does S depend on`."""
    if tokens[0] not in _ASKING or "that" not in tokens[1:-2]:
        return tokens
    at = tokens.index("that")
    start = next((at for at in range(1, 4) if tokens[at] not in {"all", "the"}), 4)
    things, clause = tokens[start:at], tokens[at + 1 :]
    if not things or phrase_end(things, 0) < len(things) or tokens[1] in {"is", "are"}:
        return tokens
    if "not" in clause[1:-1] and clause[-1] in BASES and clause[clause.index("not") - 1] in DO:
        deny = clause.index("not")
        if phrase_end(clause, 0) == deny - 1 and deny == len(clause) - 2:
            return ["which", *things, clause[deny - 1], *clause[: deny - 1], "not", clause[-1]]
    if len(clause) > 2 and clause[-2] in MODALS and phrase_end(clause, 0) == len(clause) - 2:
        return ["which", *things, clause[-2], *clause[:-2], clause[-1]]
    if clause[-1] in PREPOSITIONS and len(clause) > 2 and phrase_end(clause, 0) == len(clause) - 1:
        base = BASE_OF_THIRD.get(clause[-2])
        if base:
            return ["which", *things, "does", *clause[:-2], base, clause[-1]]
    return tokens


def _place_as_doer(tokens: list[str]) -> list[str]:
    """`functions in which X is locked`, `which functions is X locked in` as `functions lock X`."""
    if tokens[:1] == ["in"] and tokens[1:2] in (["which"], ["what"]):
        at = next((at for at, token in enumerate(tokens) if token in {"is", "are"}), 0)
        return _doing(tokens[2:at], "in", tokens[at + 1 :]) or tokens if at > 2 else tokens
    if tokens[0] not in _ASKING:
        return tokens
    if tokens[0] == "what" and tokens[1] in {"is", "are"} and tokens[-1] == "by":
        return _what_does_it(tokens)
    return _things_as_doers(tokens) or tokens


def _things_as_doers(tokens: list[str]) -> list[str] | None:
    start = 2 if tokens[1:2] in (["the"], ["all"]) else 1
    start = 3 if tokens[1:3] == ["all", "the"] else start
    if tokens[:2] in (["what", "is"], ["what", "are"]) and tokens[2:3] == ["the"]:
        start = 3
    end = phrase_end(tokens, start)
    if start < end and tokens[end : end + 1] == ["of"]:
        end = phrase_end(tokens, end + 1)
    things, rest = tokens[start:end], tokens[end:]
    if rest[:1] and rest[0] in {"in", "by", "for"} and rest[1:2] == ["which"]:
        return _inverted(things, rest[0], rest[2:])
    if tokens[0] in {"which", "what"} and start == 1 and rest[:1] and rest[0] in {"is", "are"}:
        return _dangling(things, rest[1:])
    if rest[:1] in (["that"], ["which"]):
        at = next((at for at, token in enumerate(rest) if token in {"is", "are"}), 0)
        return _dangling(things, [*rest[1:at], *rest[at + 1 :]]) if at > 1 else None
    return None


def _what_does_it(tokens: list[str]) -> list[str]:
    """`what is X triggered by` as `what triggers X`."""
    base, things = BASE_OF_DONE.get(tokens[-2]), tokens[2:-2]
    if base not in AGENTIVE or not things or phrase_end(things, 0) < len(things):
        return tokens
    return ["what", THIRD_OF[base or ""], *things]


def _inverted(things: list[str], joint: str, clause: list[str]) -> list[str] | None:
    at = next((at for at, token in enumerate(clause) if token in {"is", "are"}), 0)
    return _doing(things, joint, [*clause[:at], *clause[at + 1 :]]) if at else None


def _dangling(things: list[str], clause: list[str]) -> list[str] | None:
    """`X locked in`: the preposition stands at the end."""
    return _doing(things, clause[-1], clause[:-1]) if clause[-1:] in (["in"], ["by"]) else None


def _doing(things: list[str], joint: str, clause: list[str]) -> list[str] | None:
    """`which THINGS lock O REST` of a clause `O locked REST`."""
    at = next((at for at in range(1, len(clause)) if _is_done(clause, at)), 0)
    if not at or not things or "not" in clause:
        return None
    of = things.index("of") if "of" in things[1:-1] else len(things)
    base, head = BASE_OF_DONE[clause[at]], things[of - 1]
    done_to = clause[:at]
    if any(word in CONNECTIVES or word in AUXILIARIES or word == "," for word in done_to):
        return None
    is_doer = does_inside(singular(head), base) if joint == "in" else base in AGENTIVE
    if not is_doer or (joint == "for" and base != "need"):
        return None
    if not head.isalpha() or clause[at + 1 : at + 2] == ["by"]:
        return None
    return [
        "which",
        *things,
        base if _is_many(head) else THIRD_OF[base],
        *done_to,
        *clause[at + 1 :],
    ]


def _is_done(clause: list[str], at: int) -> bool:
    return clause[at] in PARTICIPLES and is_boundary(clause, at) and clause[at - 1] not in ARTICLES


def does_inside(head: str, base: str) -> bool:
    """Whether what is done in such a thing, it does itself."""
    if base not in AGENTIVE or base in _NEVER_INSIDE:
        return False
    return head in _BEHAVIOURS or (head in _HOLDERS and base not in _PUT)


_TOLD_LAST = {("have", "by", "default"): "default", ("have", "initially"): "initial"}


def _default_of(tokens: list[str]) -> list[str]:
    """`what timeout does X have by default` as `what is the default timeout of X`; `initially`."""
    if tokens[0] not in {"what", "which"}:
        return tokens
    told = next((told for told in _TOLD_LAST if tokens[-len(told) :] == [*told]), ())
    if not told:
        return tokens
    kind = _TOLD_LAST[told]
    at = next((at for at, token in enumerate(tokens) if token == "does"), 0)
    things, owner = tokens[1:at], tokens[at + 1 : -len(told)]
    if at < 2 or not owner or kind in owner or any(word in BASES for word in owner):
        return tokens
    if phrase_end(things, 0) < len(things) or (
        things[-1] not in ATTRIBUTES and things[-1].endswith("s")
    ):
        return tokens
    return ["what", "is", "the", kind, *things, "of", *owner]
