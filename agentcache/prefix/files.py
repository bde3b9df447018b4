"""The order of chat files, which some hosts (Aider) show again behind the history in every Call.

Each file stands where it stood when its present text was sent first: one that does not change
stays before the history, one that is edited moves behind it, once for each edit. What a file says
is then still true where it stands, as nothing that follows has changed it: but only in the
conversation in which it was sent there, which is known by its newest question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import accumulate, islice

from agentcache.core.codec import Json, RawJson
from agentcache.core.values import WireName
from agentcache.prefix.body import Body
from agentcache.prefix.listings import (
    ListedFile,
    Listing,
    listing_messages,
    marked_message,
    may_be_listing,
    read_listing,
)
from agentcache.prefix.positions import Turns
from agentcache.wire.reading import understood

_LEAST_GAIN = 8
"""How many times larger the files of a message of their own must be than what comes with them, the
header and the answer."""
_MOST_GROWTH = 40
"""How many times larger all files must be than all that comes with messages of their own: a prompt
grows by no more than 1/40."""
_MOST_MARKS = 4
_MARK = b'"cache_control"'
_WITNESSES = 3
"""Messages before a place that are compared to know that the history before it stands."""
_MOST_ASKED = 256
"""Characters of the newest question by which a conversation is known again."""
_LEAST_PART = 4096
"""Bytes of files below which a block of their own is not worth a breakpoint."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A file as it was sent last.

    `text`: its digest. `home`: how many of the other messages stand before it. `before`: the
    digest of what stands right before it. `leads`: whether it stands in the first block of its
    message, which a breakpoint ends, so that the files of that block are read when others change.
    """

    path: str
    text: str
    home: int
    before: str
    leads: bool = False


@dataclass(frozen=True, slots=True)
class FileOrder:
    """What is known of a conversation's chat files.

    `header`: the digest of their introduction. `steady`: messages of the newest Call, by their
    indexes, that are likely to stand in the next with all before them, the most useful first: the
    ends of the first listing and of the last two, and what stands before the first. `parted`: the
    message whose first block is likely to stand even when its second does not, None for none.
    `asked`: how the message behind the files began, and `at`: how many others stood before it.
    """

    header: str = ""
    files: tuple[Placed, ...] = ()
    steady: tuple[int, ...] = ()
    parted: int | None = None
    at: int = 0
    asked: str = ""


def order_files(body: Body, earlier: FileOrder) -> tuple[Body, FileOrder]:
    """`body` with its chat files where they stood, and what is to be known for the next Call.

    The very `body` where nothing moves, and for everything that is no certain listing of files.
    Each file's text stands in the result once; where files stand apart, the header and the
    acknowledging answer are repeated. A breakpoint of the host on the listing stays where it was,
    behind all that comes before the newest messages, and is repeated too, as far as there are
    slots. Raises WireError for an unreadable body.
    """
    if body.tools or body.wire is WireName.OPENAI_RESPONSES:
        return body, earlier
    with understood("a request with chat files"):
        found = _only_listing(body.messages)
        if found is None:
            return body, replace(earlier, steady=(), parted=None)
        at, listing = found
        rest = [*body.messages[:at], *body.messages[at + 2 :]]
        header = _digest(listing.header)
        turns = Turns(rest)
        is_known = header == earlier.header and _goes_on(turns, at, earlier)
        known = earlier.files if is_known else ()
        groups = _grouped(listing, known, turns, at)
        if not known and body.wire is WireName.ANTHROPIC:
            groups = {at: _parted(groups[at])}
        placed = tuple(place for group in groups.values() for place, _ in group)
        shown = {home: _shown(group) for home, group in groups.items()}
        steady, parted = _steady(list(groups)), _parted_message(shown)
        asked = _begins(turns, at) or (earlier.asked if is_known else "")
        order = FileOrder(header, placed, steady, parted, at, asked)
        if shown == {at: _Shown(listing.files)}:
            return body, order
        free = _MOST_MARKS - body.data.count(_MARK) if listing.mark is not None else 0
        return replace(body, messages=_ordered(listing, shown, rest, at, free)), order


def _goes_on(rest: Turns, at: int, earlier: FileOrder) -> bool:
    """Whether a Call goes on with the conversation of an earlier one, as far as can be told.

    What was asked then stands in its place, perhaps without what a host adds to the newest message;
    a Call that asks nothing only keeps the prefix warm.
    """
    if len(rest) == at:
        return earlier.at == at
    began = _begins(rest, earlier.at)
    return bool(began) and earlier.asked.startswith(began)


def _begins(rest: Turns, at: int) -> str:
    """How message `at` begins, "" where there is none or it does not begin with a text."""
    blocks = rest.blocks(at) if at < len(rest) else []
    text = blocks[0].get("text") if blocks else None
    return text[:_MOST_ASKED] if isinstance(text, str) else ""


def _steady(homes: Sequence[int]) -> tuple[int, ...]:
    ends = [home + 2 * number + 1 for number, home in enumerate(homes)]
    before = [homes[0] - 1] if homes[0] else []
    return tuple(dict.fromkeys([ends[0], *ends[:-3:-1], *before]))


def _parted_message(shown: Mapping[int, "_Shown"]) -> int | None:
    at = (home + 2 * number for number, (home, one) in enumerate(shown.items()) if one.parted)
    return next(at, None)


def _only_listing(messages: Sequence[RawJson]) -> tuple[int, Listing] | None:
    """The last listing of files and its index; None where another one has its header.

    Such are files that have been ordered already.
    """
    found: tuple[int, Listing] | None = None
    for at in range(len(messages) - 2, -1, -1):
        if not may_be_listing(messages[at], messages[at + 1]):
            continue
        listing = read_listing(messages[at], messages[at + 1])
        if listing is None:
            continue
        if found is None:
            found = (at, listing)
        elif found[1].header == listing.header:
            return None
    return found


_Group = list[tuple[Placed, ListedFile]]


@dataclass(frozen=True, slots=True)
class _Shown:
    """Files of one message. `parted`: how many are in its first block, 0 for all in one."""

    files: tuple[ListedFile, ...]
    parted: int = 0


def _shown(group: _Group) -> _Shown:
    leading = sum(place.leads for place, _ in group)
    return _Shown(tuple(file for _, file in group), leading if leading < len(group) else 0)


def _parted(group: _Group) -> _Group:
    """The group with as many files at the head as is best to have in a block of their own.

    That is read whenever a file behind it changes: each is taken to be as likely to.
    """
    sizes = list(accumulate(len(file.text) for _, file in group))
    gains = [size * (len(group) - count) for count, size in enumerate(sizes, 1)]
    count = gains.index(max(gains)) + 1
    if count == len(group) or sizes[count - 1] < _LEAST_PART:
        return group
    leading = [(replace(place, leads=True), file) for place, file in group[:count]]
    return [*leading, *group[count:]]


def _grouped(
    listing: Listing, known: Sequence[Placed], rest: Turns, at: int
) -> Mapping[int, _Group]:
    """The files by their homes, in the order in which they are to stand."""
    here = _before(rest, at)
    numbers = {place.path: number for number, place in enumerate(known)}
    standing = {place.home for place in known if _stands(place, rest, at)}
    ordered: list[tuple[int, Placed, ListedFile]] = []
    for file in listing.files:
        number = numbers.get(file.path, len(known))
        place = Placed(file.path, _digest(file.text), at, here)
        if number < len(known):
            earlier = known[number]
            if earlier.text == place.text and earlier.home in standing:
                place = earlier
            else:
                number = len(known)
        ordered.append((number, place, file))
    # What is edited breaks all behind it: of files that were not sent before, the largest, which
    # costs the most to send again, stands first.
    ordered.sort(key=lambda one: (one[0], -len(one[2].text) if one[0] == len(known) else 0))
    groups: dict[int, _Group] = {}
    for _, place, file in ordered:
        groups.setdefault(place.home, []).append((place, file))
    return _worthwhile(groups, listing, at, here)


def _worthwhile(
    groups: Mapping[int, _Group], listing: Listing, at: int, here: str
) -> Mapping[int, _Group]:
    """The groups, those that are not worth a message of their own joined to the one at `at`."""
    added = len(listing.header) + len(memoryview(listing.answer)) + 64
    sizes = {home: sum(len(file.text) for _, file in group) for home, group in groups.items()}
    most = sum(sizes.values()) // (_MOST_GROWTH * added)
    apart = [home for home in groups if home != at and sizes[home] >= _LEAST_GAIN * added]
    apart = sorted(apart, key=lambda home: -sizes[home])[:most]
    kept: dict[int, _Group] = {}
    joined: _Group = []
    for home in sorted(groups):
        if home in apart or (home != at and len(groups) == 1):
            kept[home] = groups[home]
        elif home == at:
            joined += groups[home]
        else:
            joined += [
                (replace(place, home=at, before=here, leads=False), file)
                for place, file in groups[home]
            ]
    return {**kept, at: joined} if joined else kept


def _stands(place: Placed, rest: Turns, at: int) -> bool:
    """Whether a file's place is still there, with the same messages before it."""
    if place.home > at or _before(rest, place.home) != place.before:
        return False
    return place.home == at or rest.message(place.home).get("role") == "user"


def _before(rest: Turns, home: int) -> str:
    return _digest("".join(rest.digest(at) for at in range(max(home - _WITNESSES, 0), home)))


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _ordered(
    listing: Listing,
    shown: Mapping[int, _Shown],
    rest: Sequence[RawJson],
    at: int,
    free: int,
) -> tuple[RawJson, ...]:
    """The messages with the files at their homes. `free`: breakpoints that may be added."""
    # Between two of the host's breakpoints ours could have the wrong lifetime.
    unmarked = (
        home
        for home in sorted(shown, reverse=True)
        if home < at and not any(_MARK in bytes(one) for one in rest[home:at])
    )
    marked = list(islice(unmarked, max(free, 0)))
    head: list[RawJson] = []
    for home in range(at + 1):
        if home in shown:
            one = shown[home]
            asked, answer = listing_messages(listing, one.files, parted=one.parted)
            if home in marked:
                answer = marked_message(answer, listing.mark) or answer
            head += [asked, answer]
        head += rest[home : home + 1] if home < at else ()
    if listing.mark is not None:
        _mark_last(head, listing.mark)
    return (*head, *rest[at:])


def _mark_last(messages: list[RawJson], mark: Json) -> None:
    """Put a breakpoint on the last message that can carry one, as each listing's answer can."""
    at = len(messages) - 1
    while (marked := marked_message(messages[at], mark)) is None:
        at -= 1
    messages[at] = marked
