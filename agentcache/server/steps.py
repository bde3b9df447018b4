"""Which requests no entry can answer: they go to the provider at once and are read meanwhile."""

import re

from agentcache.core.decision import OUR_IDS
from agentcache.core.session import Mode, Replay, Session
from agentcache.prefix.body import Body

# What only a message that brings a tool's result holds. In JSON a quoted word within a text has a
# backslash.
_RESULTS = (b'"tool_result"', b'"function_call_output"')
_TOOL_TURN = re.compile(rb'"role"\s*:\s*"tool"')
# What may let a reply be replayed, or stand on turns that the provider holds.
_SPECIAL = ("temperature", "previous_response_id", "conversation")
# What a step holds that follows on a decision of ours, which another may go on from; the messages
# that bring results name their calls again, and are what is long.
_OURS = tuple(f'"{begin}'.encode() for begin in OUR_IDS)
_BRINGING = re.compile(rb'\{"(?:role|type)": ?"(?:user|tool|function_call_output)"')
# What may ask for the summary of all that stands before it.
_USER_TURN = re.compile(rb'"role"\s*:\s*"user"')
_SUMMARY = re.compile(rb"(?i)summar|compact|condens|compress|distil")


def is_plain_step(body: Body, session: Session) -> bool:
    """Whether no entry can answer this request: a run's later step that is not replayed.

    It may say no for a step; an entry that answers one that it takes for a step is served all the
    same.
    """
    if session.replay is not Replay.SAFE or session.mode is not Mode.ON or not session.replay_ttl:
        return False
    if any(name in body.fields for name in _SPECIAL):
        return False
    after = _after_results(body)
    if after is None or _follows_ours(body):
        return False
    is_asked = _USER_TURN.search(after) is not None
    return not (is_asked and (not body.tools or _SUMMARY.search(after)))


def _after_results(body: Body) -> bytes | None:
    """The newest tool result and what comes after it; None where there is no result."""
    later: list[bytes] = []
    for raw in reversed(body.messages):
        message = bytes(raw)
        place = max(message.rfind(word) for word in _RESULTS)
        if place < 0 and (found := _TOOL_TURN.search(message)):
            place = found.start()
        later.append(message[max(place, 0) :])
        if place >= 0:
            return b"".join(reversed(later))
    return None


def _follows_ours(body: Body) -> bool:
    saying = (bytes(raw) for raw in body.messages if not _BRINGING.match(raw))
    return any(word in message for message in saying for word in _OURS)
