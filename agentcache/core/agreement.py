"""Whether a tool's text shows what is on disk now.

A host may serve a result from a cache of its own, and a proxy sees a result only after the tool
ran: what the model read is believed only when the disk says the same.
"""

from enum import StrEnum

from agentcache.core.agreement_files import shows_lines
from agentcache.core.agreement_names import shows_names, tells_of_left_out
from agentcache.core.agreement_search import shows_context, shows_matches, stands_in_found
from agentcache.core.evidence import ABSENT, File, GitRef, Lines, Listing, Look, Search, Tree
from agentcache.core.sight import Seen
from agentcache.core.vocabulary import Body

__all__ = ["Agreement", "Seen", "is_whole", "shows"]


class Agreement(StrEnum):
    """What the comparison of a text with the disk says."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    CANNOT_TELL = "cannot_tell"


def shows(look: Look, seen: Seen, body: Body) -> Agreement:
    """Whether `body` shows what was `seen` through `look`.

    CANNOT_TELL for text that is filtered, counted or computed from what was looked at: it is
    believed only if nothing below the look changed since before the tool ran.
    """
    if isinstance(look, GitRef):
        shown = seen.digest != ABSENT and seen.digest[:7] in body.text
        return Agreement.AGREES if shown and body.is_plain else Agreement.CANNOT_TELL
    if not body.is_plain and isinstance(look, Search) and body.is_lines:
        is_here = stands_in_found(look, seen, body.text)
        return Agreement.CANNOT_TELL if is_here else Agreement.DISAGREES
    if isinstance(look, Tree) or not body.is_plain:
        return Agreement.CANNOT_TELL
    if seen.digest == ABSENT:
        return Agreement.DISAGREES
    verdict = _verdict(_compare(look, seen, body))
    is_settled = verdict is not Agreement.AGREES or _is_unmistakable(look, seen, body)
    return verdict if is_settled else Agreement.CANNOT_TELL


def is_whole(look: Look, seen: Seen, body: Body) -> bool:
    """Whether a `body` that agrees leaves out nothing, and tells of nothing that is not compared.

    It is believed on its own word only then: context may have been added, and what was counted as
    left out may be gone.
    """
    if isinstance(look, Search) and (look.before or look.after):
        return shows_context(look, seen, body)
    return not (isinstance(look, Listing) and tells_of_left_out(body.text))


def _is_unmistakable(look: Look, seen: Seen, body: Body) -> bool:
    """Whether only what is there now can have been shown so.

    Hosts show line ends of both kinds alike; and where only a part of a file was asked for, that it
    ended there, or went on, is told in words that are not compared.
    """
    if seen.is_open:  # what the tool would show beside it may be newer
        return False
    if body.is_raw or (isinstance(look, File) and body.is_part):
        return False
    if "\ufffd" in body.text:  # a byte that is no text, and no one knows which
        return False
    if "\r" in body.text or "\r" in "".join(seen.lines):
        return False
    return not any("\r" in found.text for found in seen.found)


def _compare(look: File | Lines | Listing | Search, seen: Seen, body: Body) -> bool | None:
    if isinstance(look, Search):
        return shows_matches(look, seen, body)
    if isinstance(look, Listing):
        return None if look.with_stat else shows_names(look, seen, body)
    return shows_lines(look, seen, body)


def _verdict(answer: bool | None) -> Agreement:  # noqa: FBT001  # three-valued, not a switch
    if answer is None:
        return Agreement.CANNOT_TELL
    return Agreement.AGREES if answer else Agreement.DISAGREES
