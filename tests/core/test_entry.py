"""Entries go to JSON and back; what is not theirs is refused in one way only."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcache.core.codec import (
    CodecError,
    Json,
    JsonObject,
    canonical_json,
    decode_json,
    decode_json_object,
    decode_toml_as,
    digest,
    encode_json,
)
from agentcache.core.entry import (
    Cost,
    Dropped,
    Entry,
    Kind,
    Slot,
    by_kind,
    decode_slot,
    encode_slot,
    slot_of,
)
from agentcache.core.evidence import (
    Among,
    File,
    GitRef,
    Lines,
    Listing,
    Look,
    Observation,
    Search,
    Tree,
)
from agentcache.core.values import (
    Opaque,
    Reply,
    Scope,
    Stop,
    Text,
    ToolResult,
    ToolUse,
    Usage,
    WireName,
)
from agentcache.core.version import VERSION

TEXTS = st.text(max_size=12)
COUNTS = st.integers(0, 10**9)
AMONG = st.sampled_from(Among)
LOOKS: st.SearchStrategy[Look] = st.one_of(
    st.builds(File, TEXTS),
    st.builds(Lines, TEXTS, COUNTS, COUNTS),
    st.builds(Listing, TEXTS, TEXTS, COUNTS, st.booleans(), AMONG),
    st.builds(
        Search, TEXTS, TEXTS, st.booleans(), TEXTS, COUNTS, COUNTS, st.booleans(), AMONG
    ),
    st.builds(GitRef, TEXTS),
    st.builds(Tree, TEXTS),
)  # fmt: skip
JSONS: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS: st.SearchStrategy[JsonObject] = st.dictionaries(TEXTS, JSONS, max_size=3)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS)
SCOPES = st.builds(
    Scope, TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(WireName), TEXTS, TEXTS, TEXTS, TEXTS
)
PARTS = st.one_of(st.builds(Text, TEXTS), st.builds(ToolUse, TEXTS, TEXTS, OBJECTS))
REPLIES = st.builds(
    Reply, TEXTS, st.lists(PARTS, max_size=3).map(tuple), st.sampled_from(Stop), USAGES
)
EVIDENCE = st.lists(st.builds(Observation, LOOKS, TEXTS), max_size=4).map(by_kind)
ENTRIES = st.builds(
    Entry,
    kind=st.sampled_from(Kind),
    scope=SCOPES,
    question=TEXTS,
    reply=REPLIES,
    evidence=EVIDENCE,
    cost=st.builds(Cost, COUNTS, USAGES),
    made_at=st.floats(0, 1e10),
    commit=st.none() | TEXTS,
    root=TEXTS,
)
SCOPE = Scope("t", "u", "r", "up", WireName.ANTHROPIC, "m", "p", "reg", "par")
ENTRY = Entry(
    Kind.RESEARCH, SCOPE, "Where?", Reply("m", (Text("There."),), Stop.END),
    (Observation(File("a.py"), "d1"), Observation(Search("", "x.y", include="*.py"), "d2")),
    Cost(2, Usage(1, 2, 3, 4)), 5.5, "c0ffee",
)  # fmt: skip


DROPPED = st.none() | st.builds(Dropped, TEXTS, TEXTS, TEXTS)


@given(st.builds(Slot, st.lists(ENTRIES, max_size=3).map(tuple), DROPPED))
def test_a_slot_comes_back_as_it_was(slot: Slot) -> None:
    assert decode_slot(encode_slot(slot)) == slot


@given(ENTRIES)
def test_an_id_is_twelve_hex_digits_and_survives_the_way_to_the_disk(entry: Entry) -> None:
    (back,) = decode_slot(encode_slot(Slot((entry,)))).entries
    assert back.id == entry.id
    assert len(entry.id) == 12
    assert int(entry.id, 16) >= 0


@pytest.mark.parametrize(
    "other",
    [
        replace(ENTRY, question="Where then?"),
        replace(ENTRY, evidence=ENTRY.evidence[:1]),
        replace(ENTRY, scope=replace(SCOPE, tenant="v")),
        replace(ENTRY, reply=replace(ENTRY.reply, parts=(Text("Here."),))),
        replace(ENTRY, kind=Kind.REPLAY),
    ],
)
def test_the_id_tells_answers_apart(other: Entry) -> None:
    assert other.id != ENTRY.id


def test_the_id_does_not_depend_on_when_it_was_made() -> None:
    assert replace(ENTRY, made_at=9.0, commit=None, cost=Cost(9, Usage())).id == ENTRY.id


@pytest.mark.parametrize("version", [VERSION + 1, VERSION - 1, None, str(VERSION), {}])
def test_entries_of_another_version_are_not_read(version: Json) -> None:
    record = {"version": version, "entries": "of a shape that nobody knows yet"}
    assert decode_slot(encode_json(record)) == Slot()


@pytest.mark.parametrize("version", [VERSION + 1, VERSION - 1, 1])
def test_entries_of_another_version_in_the_shape_of_this_one_are_not_read(version: int) -> None:
    written = decode_json_object(encode_slot(Slot((ENTRY,))))
    assert decode_slot(encode_json({**written, "version": VERSION})) == Slot((ENTRY,))
    assert decode_slot(encode_json({**written, "version": version})) == Slot()


@pytest.mark.parametrize("part", [Opaque("thinking", "d"), ToolResult("id", "text")])
def test_a_reply_that_is_not_all_read_is_never_written(part: Opaque | ToolResult) -> None:
    entry = replace(ENTRY, reply=replace(ENTRY.reply, parts=(Text("a"), part)))
    with pytest.raises(CodecError, match="not kept"):
        encode_slot(Slot((entry,)))


def _decodes_or_refuses(data: bytes) -> None:
    try:
        decode_slot(data)
    except CodecError:
        return


@given(st.binary(max_size=60))
def test_any_bytes_give_entries_or_a_codec_error(data: bytes) -> None:
    _decodes_or_refuses(data)


@given(JSONS)
def test_any_json_gives_entries_or_a_codec_error(value: Json) -> None:
    _decodes_or_refuses(encode_json({"version": VERSION, "entries": [value]}))


def _places(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, Json]] = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))]


def _with(value: Json, path: tuple[str | int, ...], new: Json) -> Json:
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, str(key): _with(value[str(key)], tuple(rest), new)}
    assert isinstance(value, list)
    return [_with(one, tuple(rest), new) if n == key else one for n, one in enumerate(value)]


WRITTEN = decode_json(encode_slot(Slot((ENTRY,))))


@given(st.sampled_from(_places(WRITTEN)), JSONS | st.just({}) | st.just([None]))
def test_an_entry_that_was_tampered_with_is_read_or_refused(
    place: tuple[str | int, ...], new: Json
) -> None:
    _decodes_or_refuses(encode_json(_with(WRITTEN, place, new)))


@pytest.mark.parametrize(
    ("place", "new"),
    [
        (("entries", 0, "scope"), {}),
        (("entries", 0, "kind"), "guess"),
        (("entries", 0, "reply", "stop"), "exploded"),
        (("entries", 0, "reply", "parts", 0), {"tool": "x"}),
        (("entries", 0, "evidence", "files", 0, "look"), "Anything"),
        (("entries", 0, "evidence", "files", 0, "look", "path"), None),
        (("entries", 0, "evidence", "searches", 0, "digest"), None),
        (("entries", 0, "evidence"), None),
        (("entries",), {}),
        (("entries", 0), []),
    ],
)
def test_what_is_missing_or_wrong_is_named(place: tuple[str | int, ...], new: Json) -> None:
    with pytest.raises(CodecError):
        decode_slot(encode_json(_with(WRITTEN, place, new)))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"version":1,"entries":' * 9])
def test_nesting_without_end_is_a_codec_error(text: str) -> None:
    with pytest.raises(CodecError):
        decode_slot(text.encode())


def test_toml_nested_without_end_is_a_codec_error() -> None:
    with pytest.raises(CodecError):
        decode_toml_as("a = " + "[" * 50_000, Cost)


@given(JSONS)
def test_equal_values_have_one_digest_whatever_the_order_of_their_keys(value: Json) -> None:
    turned = _turned(value)
    assert turned == value
    assert digest(turned) == digest(value)
    assert decode_json(canonical_json(value)) == value


def _turned(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("data", [b"[]", b"1", b'"a"', b"null", b"", b"{", b"\xff"])
def test_an_object_is_asked_for_and_nothing_else_is_given(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode_json_object(data)


@given(SCOPES, SCOPES, st.lists(TEXTS, max_size=2), st.lists(TEXTS, max_size=2))
def test_a_slot_is_shared_only_where_everything_is_equal(
    one: Scope, other: Scope, ours: list[str], theirs: list[str]
) -> None:
    is_same = (one, ours) == (other, theirs)
    same_slot = slot_of(Kind.REPLAY, one, *ours) == slot_of(Kind.REPLAY, other, *theirs)
    assert same_slot == is_same
    assert slot_of(Kind.REPLAY, one, *ours) != slot_of(Kind.RESEARCH, one, *ours)


def test_parts_of_a_slot_do_not_run_into_each_other() -> None:
    slots = {slot_of(Kind.REPLAY, SCOPE, *parts) for parts in (["ab"], ["a", "b"], ["", "ab"])}
    assert len(slots) == 3
