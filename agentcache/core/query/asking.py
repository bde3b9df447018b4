"""The rules by the first word of a question, and what each makes of the words after it."""

from collections.abc import Callable

from agentcache.core.query.clauses import (
    Clause,
    agent_passive,
    mark,
    passive_of,
    read_clause,
)
from agentcache.core.query.form import Form, Intent, from_nominal, make_form
from agentcache.core.query.lexicon import (
    ARTICLES,
    ATTRIBUTES,
    AUXILIARIES,
    BASE_OF_DONE,
    BASE_OF_GERUND,
    BASE_OF_THIRD,
    BASES,
    BE,
    CONNECTIVES,
    DO,
    FUNCTION_WORDS,
    HAVE,
    MODALS,
    PARTICIPLES,
    PREPOSITIONS,
    THIRD_OF,
    word_set,
)
from agentcache.core.query.listing import (
    DOERS,
    HERE,
    agreeing,
    ask_find,
    ask_list,
    ask_show,
    ask_which,
    callers_of,
    doing_thing,
    for_doing,
    held_there,
    list_words,
    mark_first,
    which_words,
)
from agentcache.core.query.moods import is_done_by_code
from agentcache.core.query.nouns import (
    drop_articles,
    drop_kinds,
    is_boundary,
    join_nouns,
    phrase_end,
)
from agentcache.core.query.restating import does_inside
from agentcache.core.query.tokens import NotCanonicalError, is_path, is_strong

_MEASURES = word_set("long often large big much far deep fast old wide high many")
_REQUESTS = word_set("summarize trace compare outline investigate identify read print")
_EXTREMES = frozenset(("default", "maximum", "minimum"))
_PLAIN_WH = {"why": Intent.WHY, "when": Intent.WHEN, "whose": Intent.WHOSE}
_PLACES = word_set("directory directories files package packages modules crates")
_CONTAINERS = (*HERE, ["repository"], ["project"])

_BEFORE_WHICH = word_set(
    "on from at to with under against into onto through via over for after before within during"
)


def read_form(tokens: list[str]) -> Form:
    """The form of one sentence; raises NotCanonicalError where no rule understands it."""
    if not tokens:
        raise NotCanonicalError("")
    rule = _RULES.get(tokens[0])
    if rule is None:
        rule = _request if tokens[0] in _REQUESTS else _bare
    form = rule(tokens)
    if not form.words:
        raise NotCanonicalError(tokens[0])
    return form


def _clause_form(intent: Intent, clause: Clause) -> Form:
    auxiliary, words = clause
    if auxiliary == "be" and intent in {Intent.WHERE, Intent.HOW}:
        words = from_nominal(words) or words
    return make_form(intent, auxiliary, words)


def _where(tokens: list[str]) -> Form:
    auxiliary, words = read_clause(tokens[1:])
    if auxiliary == "be" and len(words) > 1 and words[-1] == "located":
        words = words[:-1]
    elif auxiliary in {"do-one", "do-many"} and words[-1:] in (["live"], ["reside"], ["sit"]):
        auxiliary, words = "be", join_nouns(words[:-1])
    elif auxiliary in {"can", "do-many"} and words[:2] in (["i", "find"], ["we", "find"]):
        auxiliary, words = "be", join_nouns(words[2:])
    elif auxiliary == "can" and words[-2:] == ["be", "found"]:
        auxiliary, words = "be", join_nouns(words[:-2])
    return _clause_form(Intent.WHERE, (auxiliary, words))


def _how(tokens: list[str]) -> Form:
    rest = tokens[1:]
    if rest[:1] == ["many"]:
        return _how_many(rest[1:])
    if rest and rest[0] in _MEASURES and not _is_statement(rest):
        auxiliary, words = read_clause(rest[1:])
        return make_form(Intent.HOW, auxiliary, [rest[0] + "?", *words])
    if rest[:1] == ["to"]:
        return make_form(Intent.HOW_TO, "", drop_articles(rest[1:]))
    if rest[:2] in (["do", "i"], ["can", "i"], ["can", "we"], ["do", "you"], ["can", "you"]):
        return make_form(Intent.HOW_TO, "", drop_articles(rest[2:]))
    return _clause_form(Intent.HOW, read_clause(rest))


def _is_statement(rest: list[str]) -> bool:
    """Whether `deep sleep is entered` and not `deep is the queue` stands after `how`."""
    follows = rest[1] if len(rest) > 1 and rest[0] not in {"much", "often", "many"} else ""
    return follows.isalpha() and follows not in FUNCTION_WORDS


def _how_many(tokens: list[str]) -> Form:
    auxiliary, words = which_words(tokens)
    return make_form(Intent.HOW_MANY, auxiliary, words)


def _plain(tokens: list[str]) -> Form:
    return make_form(_PLAIN_WH[tokens[0]], *read_clause(tokens[1:]))


def _who(tokens: list[str]) -> Form:
    rest = drop_articles(tokens[1:])
    callers = callers_of(rest)
    if callers is None and is_done_by_code(rest):
        return ask_which(["what", *rest])
    return callers or make_form(Intent.WHO, "", rest)


def _what(tokens: list[str]) -> Form:
    rest = tokens[1:]
    if not rest:
        raise NotCanonicalError(tokens[0])
    if rest[0] in BE and (doing := doing_thing(rest[1:]) or for_doing(rest[1:])):
        return doing
    if rest[0] in BE:
        return _what_is(BE[rest[0]], rest[0], rest[1:])
    if rest[0] in DO:
        return _what_does(rest[0], drop_articles(rest[1:]))
    if rest[:2] in (["happens", "when"], ["happens", "if"]):
        return make_form(Intent.WHAT, "", ["happens", "if", *drop_articles(rest[2:])])
    is_purpose = rest[:2] in (["purpose", "does"], ["role", "does"])
    if is_purpose and rest[-1] in {"serve", "play"} and len(rest) > 3:
        return make_form(Intent.PURPOSE, "", drop_kinds(drop_articles(rest[2:-1])))
    return _stated_what(rest) or callers_of(drop_articles(rest)) or ask_which(tokens)


def _stated_what(tokens: list[str]) -> Form | None:
    """`what foo does`, `what the parser looks like`: the order of a statement."""
    words = drop_articles(tokens)
    if tokens[0] not in ARTICLES and tokens[0][0] != "`" and tokens[-1] != "does":
        return None
    if (
        words.count("does") == 1
        and "does" in words[1:]
        and is_boundary(words, words.index("does") + 1)
    ):
        return _what_does("does", ["do" if word == "does" else word for word in words])
    for at in range(1, len(words)):
        if words[at] in BASE_OF_THIRD and is_boundary(words, at + 1):
            return _what_does("does", [*words[:at], BASE_OF_THIRD[words[at]], *words[at + 1 :]])
    return None


def _what_is(auxiliary: str, head: str, rest: list[str]) -> Form:
    words = join_nouns(drop_articles(rest))
    if auxiliary == "was" or not words:
        return make_form(Intent.WHAT, auxiliary, drop_articles(rest))
    if words[:2] == ["meaning", "of"] and len(words) > 2:
        return _what_does("does", [*words[2:], "mean"])
    is_noun = rest[0] in ARTICLES
    if form := _purpose(words) or _is_doing(words) or _what_is_of(words, is_noun=is_noun):
        return form
    if callers := callers_of(words):
        return callers
    if head == "are" and rest[0] == "the":
        return make_form(Intent.LIST, "", list_words(words))
    determiner = ["a"] if rest[0] in {"a", "an"} and "'s" not in rest else []
    is_concept = len(words) == 1 and words[0][0].isalpha() and rest[0] not in ARTICLES
    return make_form(Intent.WHAT, "concept" if is_concept else "", [*determiner, *words])


def _what_is_of(words: list[str], *, is_noun: bool = True) -> Form | None:
    """`the number of X`, `returned by X` (where it is no noun), `responsible for parsing X`."""
    if words[:3] == ["default", "number", "of"] and len(words) > 3:
        return make_form(Intent.HOW_MANY, "", list_words([*words[3:], "by", "default"]))
    if words[:2] == ["number", "of"] and len(words) > 2:
        return make_form(Intent.HOW_MANY, "", words[2:])
    if words[:3] == ["return", "value", "of"] and len(words) > 3:
        return make_form(Intent.LIST, "", [mark("return"), "by", *words[3:]])
    if not is_noun and (words[0] in PARTICIPLES or words[0] in PREPOSITIONS):
        return make_form(Intent.LIST, "", mark_first(words))
    if words[:2] == ["responsible", "for"] and (third := agreeing(words[2:3], "")):
        return ask_which(["what", third, *words[3:]])
    return None


def _is_doing(words: list[str]) -> Form | None:
    """`what is X doing` as `what does X do`, where X is a name."""
    subject = drop_kinds(words[:-1])
    if words[-1] != "doing" or len(subject) != 1 or not is_strong(subject[0]):
        return None
    return make_form(Intent.EXPLAIN, "", subject)


def _purpose(words: list[str]) -> Form | None:
    if words[:2] == ["purpose", "of"] and len(words) > 2:
        return make_form(Intent.PURPOSE, "", drop_kinds(words[2:]))
    if words[-1] == "for" and len(words) > 1:
        end = -2 if words[-2] in {"used", "there"} and len(words) > 2 else -1
        return make_form(Intent.PURPOSE, "", drop_kinds(words[:end]))
    return None


def _what_does(head: str, words: list[str]) -> Form:
    if not words:
        raise NotCanonicalError(head)
    if "do" in words[1:] and words.count("do") == 1:
        at = words.index("do")
        subject = drop_kinds([*words[:at], *words[at + 1 :]])
        return (head != "did" and _explained(subject)) or make_form(Intent.DOES_WHAT, head, subject)
    if head != "did" and words[-1] == "mean" and words[-3:-2] == ["code"] and words[-2][0] in "`#":
        return make_form(Intent.EXPLAIN, "", words[:-1])
    if head != "did" and words[-2:] == ["default", "to"] and len(words) > 2:
        return make_form(Intent.WHAT, "", [*words[:-2], "default"])
    is_ours = head == "do" and words[0] == "we" and words[1:2] and words[1] in BASES
    if is_ours and (len(words) == 2 or words[2] in PREPOSITIONS | CONNECTIVES):
        return make_form(Intent.LIST, "", [mark(words[1]), *words[2:]])
    if head != "did" and words[0] != "we" and (passive := agent_passive(words)):
        return make_form(Intent.LIST, "", passive)
    return make_form(Intent.WHAT, head, words)


def _explained(words: list[str]) -> Form | None:
    """A name alone, or a name in a file: to explain it is to say what it does."""
    alone = len(words) == 1 or (len(words) == 3 and words[1] == "in" and is_path(words[2]))
    return make_form(Intent.EXPLAIN, "", words) if alone and words and is_strong(words[0]) else None


def _explain(tokens: list[str]) -> Form:
    rest = tokens[1:]
    if rest[:2] == ["the", "way"] and len(rest) > 3:
        return _how(["how", *(rest[3:] if rest[2] == "that" else rest[2:])])
    words = drop_articles(rest)
    if not words:
        raise NotCanonicalError(tokens[0])
    words = join_nouns(words)
    if words[1:2] == ["of"] and words[0] in {"purpose", "role"} and len(words) > 2:
        return make_form(Intent.PURPOSE, "", drop_kinds(words[2:]))
    if words[:2] == ["difference", "between"]:
        return make_form(Intent.WHAT, "", words)
    if nominal := from_nominal(words):
        return make_form(Intent.HOW, "be", nominal)
    return make_form(Intent.EXPLAIN, "", words)


def _yes_no(tokens: list[str]) -> Form:
    head, rest = tokens[0], tokens[1:]
    if head in {"is", "are"} and rest[:1] == ["there"] and len(rest) > 1:
        return _exists(rest[1:])
    if head in {"do", "does"}:
        words = drop_articles(rest)
        if words[:1] == ["we"] and words[1:2] != ["have"] and (passive := passive_of(words[1:])):
            return make_form(Intent.YES_NO, "be", passive)
        for subject in _CONTAINERS:
            size = len(subject)
            verb = words[size : size + 1]
            if words[:size] == subject and (
                verb == ["contain"] or (verb == ["have"] and subject in HERE)
            ):
                return _exists(words[size + 1 :])
        return make_form(Intent.YES_NO, "do", words)
    return make_form(Intent.YES_NO, BE.get(head, HAVE.get(head, head)), drop_articles(rest))


def _whether(tokens: list[str]) -> Form:
    """`whether X is used` asks whether it is: the order of a statement."""
    if tokens[-2:] == ["or", "not"]:
        tokens = tokens[:-2]
    auxiliary, words = read_clause(tokens[1:])
    if not auxiliary or not words or "or" in words[:-2]:
        raise NotCanonicalError(tokens[0])
    if words[0] == "there" and auxiliary == "be":
        return _exists(words[1:])
    if auxiliary in {"do-one", "do-many"}:
        auxiliary = "do"
    return make_form(Intent.YES_NO, auxiliary, words)


def _exists(tokens: list[str]) -> Form:
    words = drop_articles(tokens)
    return make_form(Intent.EXISTS, "", words[1:] if words[:1] == ["any"] else words)


def _in_which(tokens: list[str]) -> Form:
    """`in which file is X defined` asks where X is defined."""
    if tokens[1:3] in (["which", "file"], ["what", "file"]) and len(tokens) > 4:
        return _where(["where", *tokens[3:]])
    return _prepositional(tokens)


def _prepositional(tokens: list[str]) -> Form:
    """`on which port does X listen` as `which port does X listen on`."""
    if tokens[:2] == ["from", "where"] and len(tokens) > 3:
        return _where(["where", *tokens[2:], "from"])
    if tokens[1:2] not in (["which"], ["what"]):
        raise NotCanonicalError(tokens[0])
    at = next((at for at, token in enumerate(tokens) if token in AUXILIARIES), 0)
    if at < 3 or tokens[at + 1 : at + 2] in ([], ["there"]):
        raise NotCanonicalError(tokens[0])
    is_done = tokens[at] in {"is", "are"} and tokens[-1] in PARTICIPLES
    if tokens[at] in {"is", "are"} and (base := BASE_OF_GERUND.get(tokens[-1])):
        does = "does" if tokens[at] == "is" else "do"
        return ask_which(["which", *tokens[2:at], does, *tokens[at + 1 : -1], base, tokens[0]])
    if tokens[0] == "in" and tokens[at - 1] in _PLACES and (held := held_there(tokens, at)):
        return held
    is_got = tokens[at] in DO and tokens[-2:-1] == ["get"] and tokens[-1] in PARTICIPLES
    is_inside = tokens[0] == "in" and (is_done or is_got) and tokens[at - 1] in DOERS
    if is_inside and does_inside(tokens[at - 1], BASE_OF_DONE[tokens[-1]]):
        done = tokens[at + 1 : -2 if is_got else -1]
        return ask_which(["which", *tokens[2:at], THIRD_OF[BASE_OF_DONE[tokens[-1]]], *done])
    return ask_which(["which", *tokens[2:], tokens[0]])


def _by_which(tokens: list[str]) -> Form:
    """`by which pass is X inserted` as `which pass inserts X`, `by whom` as `who`."""
    at = next((at for at, token in enumerate(tokens) if token in AUXILIARIES), 0)
    asked, rest = tokens[1:at], tokens[at + 1 :]
    if not rest or not (asked[:1] in (["which"], ["what"]) or asked in (["whom"], ["who"])):
        raise NotCanonicalError(tokens[0])
    places = [at for at, token in enumerate(rest) if at and token in PARTICIPLES]
    done = next((at for at in places if is_boundary(rest, at)), 0)
    is_got = tokens[at] in {"do", "does"} and rest[done - 1] == "get"
    if not done or not (is_got or tokens[at] in {"is", "are"}):
        raise NotCanonicalError(tokens[0])
    base, things = BASE_OF_DONE[rest[done]], rest[: done - 1 if is_got else done]
    is_many = len(asked) > 1 and asked[-1].endswith("s") and not asked[-1].endswith("ss")
    clause = [base if is_many else THIRD_OF[base], *things, *rest[done + 1 :]]
    if asked[0] in {"whom", "who"}:
        return _who(["who", *clause])
    return ask_which(["which", *asked[1:], *clause])


def _give(tokens: list[str]) -> Form:
    rest = tokens[2:] if tokens[1:2] == ["me"] else tokens[1:]
    if rest[:3] == ["a", "list", "of"] and len(rest) > 3:
        return ask_list(["list", *rest[3:]])
    raise NotCanonicalError(tokens[0])


def _request(tokens: list[str]) -> Form:
    return make_form(Intent.REQUEST, "", [tokens[0], *drop_articles(tokens[1:])])


def _is_clausal(words: list[str]) -> bool:
    joints = {"of", "for", "in", "per"}
    return any(is_boundary(words, at) and words[at] not in joints for at in range(len(words)))


def _bare(tokens: list[str]) -> Form:
    """`max upload size?`: a phrase that names an attribute is asked for its value."""
    words = join_nouns(drop_articles(tokens))
    end = phrase_end(words, 0)
    if words[:3] == ["default", "number", "of"] and (form := _what_is_of(words)):
        return form
    if (
        words
        and words[0] in _EXTREMES
        and end > 1
        and words[end : end + 1]
        and not _is_clausal(words)
    ):
        return _what_is("be", "is", ["the", *words])
    if not words or not (ATTRIBUTES & set(words) or "default" in words) or end < len(words):
        raise NotCanonicalError(tokens[0])
    if is_boundary(words, 0) or words[-1].endswith("s") or len(words) == 1:
        raise NotCanonicalError(tokens[0])
    return make_form(Intent.WHAT, "", words)


_RULES: dict[str, Callable[[list[str]], Form]] = {
    "where": _where, "how": _how, "why": _plain, "when": _plain, "whose": _plain, "who": _who,
    "what": _what, "which": ask_which, "list": ask_list, "enumerate": ask_list, "name": ask_list,
    "find": ask_find, "locate": ask_find, "show": ask_show, "explain": _explain,
    "describe": _explain,
    "whether": _whether, "in": _in_which, "give": _give, "by": _by_which,
    **dict.fromkeys(_BEFORE_WHICH, _prepositional),
    **dict.fromkeys((*BE, *DO, *HAVE, *MODALS), _yes_no),
}  # fmt: skip
