"""Freeze and append: a system prompt stays as it was first sent, and what changed is said once.

What changed is stated at the tail of the message that was newest when it was noticed, and stays
there in every later Call.
"""

from collections.abc import Sequence
from dataclasses import replace

from agentcache.core.codec import RawJson
from agentcache.prefix.body import Body
from agentcache.prefix.changes import Change
from agentcache.prefix.lineage import Note
from agentcache.prefix.notes import message_digest, newest_asking, note_text, with_note
from agentcache.prefix.system import with_system_texts


def freeze(
    body: Body, frozen: Sequence[str], changes: tuple[Change, ...], notes: tuple[Note, ...]
) -> tuple[Body, tuple[Note, ...]]:
    """The body with the system prompt `frozen`, and its notes with what is otherwise by now.

    `changes`: how the body's own system prompt differs. `notes`: those of earlier Calls; the ones
    whose messages are gone, as after a rewind, are dropped. A body that has no message to join a
    note to keeps its own system prompt.
    """
    notes = _still_there(notes, body.messages)
    stated = notes[-1].changes if notes else ()
    text = note_text(frozen, stated, changes)
    if text:
        place = newest_asking(body.messages)
        if place is None:
            return body, notes
        notes = (*notes, Note(place, message_digest(body.messages[place]), text, changes))
    # The notes first: their places are counted in the messages as the host sent them.
    body = _with_notes(body, notes)
    if changes:
        body = with_system_texts(body, frozen)
    return body, notes


def _still_there(notes: tuple[Note, ...], messages: Sequence[RawJson]) -> tuple[Note, ...]:
    """The notes up to the newest whose message stands where it stood."""
    for count in range(len(notes), 0, -1):
        note = notes[count - 1]
        if note.at < len(messages) and message_digest(messages[note.at]) == note.digest:
            return notes[:count]
    return ()


def _with_notes(body: Body, notes: tuple[Note, ...]) -> Body:
    if not notes:
        return body
    texts: dict[int, list[str]] = {}
    for note in notes:
        texts.setdefault(note.at, []).append(note.text)
    messages = list(body.messages)
    for at in sorted(texts, reverse=True):  # each may become two, which moves what follows
        joined = messages[at : at + 1]
        for text in texts[at]:
            joined[-1:] = with_note(body.wire, joined[-1], text)
        messages[at : at + 1] = joined
    return replace(body, messages=messages)
