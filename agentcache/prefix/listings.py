"""Messages in which a host shows files: a short word before, then each path and its fenced text.

Known by their shape, never by their words. What is not certain is no listing.
"""

import re
from dataclasses import dataclass

from agentcache.core.codec import CodecError, Json, JsonObject, RawJson, encode_json
from agentcache.errors import WireError
from agentcache.prefix.body import object_of, with_member
from agentcache.prefix.positions import blocks_of, is_markable

_MOST_FILES = 1000
_MOST_HEADER = 1000
_MOST_ANSWER = 200
# An answer with its marks and names around it; longer ones are not read.
_MOST_ANSWER_BYTES = 600

# How a message that may end in a fenced text ends in JSON, before what stands beside the text.
_ENDING = re.compile(rb'(?:```|</\w+>)\\n"')
_ENDING_BYTES = 160

_OPENING = re.compile(
    r"\n(?P<path>[^\s`<>](?:[^\n`<>]{0,298}[^\s`<>:])?)\n(?P<fence>`{3,}|<\w+>)\n"
)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file. `text`: its path, fences and content, exactly as they stand in the message."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A message that shows files, with the answer that acknowledges it.

    `header` and the texts of `files`, in their order, are all that the message says. `mark`: the
    breakpoint of either message, None for none.
    """

    header: str
    files: tuple[ListedFile, ...]
    asked: RawJson
    answer: RawJson
    mark: Json


def may_be_listing(asked: RawJson, answer: RawJson) -> bool:
    """Whether two messages can be a Listing, without reading them."""
    if len(memoryview(answer)) > _MOST_ANSWER_BYTES:
        return False
    return _ENDING.search(bytes(memoryview(asked)[-_ENDING_BYTES:])) is not None


def read_listing(asked: RawJson, answer: RawJson) -> Listing | None:
    """The Listing that two messages are; None where they are anything else."""
    try:
        shown, reply = object_of(asked), object_of(answer)
        words, said = _only_text(shown, "user"), _only_text(reply, "assistant")
    except (CodecError, WireError):
        return None
    if words is None or said is None or not _is_short(said.strip()):
        return None
    parts = part_files(words)
    if parts is None:
        return None
    mark = _mark(reply) or _mark(shown)
    return Listing(parts[0], parts[1], unmarked_message(asked), unmarked_message(answer), mark)


def _is_short(answer: str) -> bool:
    return 0 < len(answer) <= _MOST_ANSWER and "\n" not in answer


def part_files(words: str) -> tuple[str, tuple[ListedFile, ...]] | None:
    """A text's header and its files, which together are the text; None where it is no listing."""
    first = _OPENING.search(words)
    if first is None or not 0 < len(words[: first.start()].strip()) <= _MOST_HEADER:
        return None
    opening = first.group("fence")
    closing = f"</{opening[1:]}" if opening.startswith("<") else opening
    files: list[ListedFile] = []
    match: re.Match[str] | None = first
    while match is not None:
        following = _next(words, match.end(), opening, closing)
        end = following.start() if following else len(words)
        file = _file(words[match.start() : end], match, (opening, closing))
        if file is None or len(files) == _MOST_FILES:
            return None
        files.append(file)
        match = following
    is_certain = len({file.path for file in files}) == len(files)
    return (words[: first.start()], tuple(files)) if is_certain else None


def _file(text: str, match: re.Match[str], fences: tuple[str, str]) -> ListedFile | None:
    """The file that `text`, which begins with the match, is; None where its end is a guess."""
    ending = f"{fences[1]}\n"
    content = text[match.end() - match.start() :]
    lines = "\n" + content.removesuffix(ending)
    if not content.endswith(ending) or any(f"\n{fence}" in lines for fence in fences):
        return None
    return ListedFile(match.group("path"), text)


def _next(words: str, start: int, opening: str, closing: str) -> re.Match[str] | None:
    """The beginning of the next file, right behind the end of one."""
    ending = f"{closing}\n"
    at = words.find(ending, start)
    while at >= 0:
        match = _OPENING.match(words, at + len(ending))
        if match is not None and match.group("fence") == opening:
            return match
        at = words.find(ending, at + 1)
    return None


def listing_messages(
    listing: Listing, files: tuple[ListedFile, ...], *, parted: int = 0
) -> tuple[RawJson, RawJson]:
    """The two messages for some of a listing's files; the very ones for all in their order.

    `parted`: how many files stand in a block of their own, before one with the others.
    """
    words = [file.text for file in files]
    texts = ["".join(part) for part in (words[:parted], words[parted:]) if part]
    if files == listing.files and len(texts) == 1:
        return listing.asked, listing.answer
    return with_texts(listing.asked, [listing.header + texts[0], *texts[1:]]), listing.answer


def with_texts(message: RawJson, texts: list[str]) -> RawJson:
    """A message of one text with other texts, in the form that it has where it is one."""
    content = object_of(message)["content"]
    if isinstance(content, str) and len(texts) == 1:
        return with_member(message, "content", encode_json(texts[0]))
    blocks = [{**block, "text": text} for block in blocks_of(content) for text in texts]
    return with_member(message, "content", encode_json(blocks))


def unmarked_message(message: RawJson) -> RawJson:
    """A message of one text without a breakpoint; the very message where it has none."""
    content = object_of(message).get("content")
    if _mark({"content": content}) is None:
        return message
    blocks = [
        {key: value for key, value in block.items() if key != "cache_control"}
        for block in blocks_of(content)
    ]
    return with_member(message, "content", encode_json(blocks))


def marked_message(message: RawJson, mark: Json) -> RawJson | None:
    """A message with a breakpoint on its last block, its own if it has one; None where none can be.

    Raises CodecError and WireError.
    """
    blocks = blocks_of(object_of(message).get("content"))
    if not blocks or not is_markable(blocks[-1]):
        return None
    blocks[-1] = {**blocks[-1], "cache_control": blocks[-1].get("cache_control") or mark}
    return with_member(message, "content", encode_json(blocks))


def _only_text(message: JsonObject, role: str) -> str | None:
    """The text of a message of one role that holds one text and no more."""
    blocks = blocks_of(message.get("content"))
    if message.keys() != {"role", "content"} or message["role"] != role or len(blocks) != 1:
        return None
    text = blocks[0].get("text")
    is_plain = blocks[0].keys() <= {"type", "text", "cache_control"}
    return text if is_plain and isinstance(text, str) else None


def _mark(message: JsonObject) -> Json:
    content = message.get("content")
    if not isinstance(content, list) or not content or not isinstance(content[0], dict):
        return None
    return content[0].get("cache_control")
