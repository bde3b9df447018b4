"""Properties of placed breakpoints: conversations of any shape, marked by their hosts or not."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from agentcache.core.codec import Json, JsonObject, decode_json_object, encode_json
from agentcache.core.values import WireName
from agentcache.prefix.body import read_body, write_body
from agentcache.prefix.breakpoints import Marks, place_marks
from agentcache.prefix.cached import When
from agentcache.prefix.hash_chain import make_hash_chain
from agentcache.prefix.marks_cache import MarksCache
from agentcache.prefix.prompt import Block, read_prompt
from agentcache.prefix.rules import load_rules
from support.provider_rules import breaches

RULES = load_rules().for_call(WireName.ANTHROPIC, "https://api.anthropic.com", "claude-opus-5")
TTLS = st.sampled_from(["5m", "1h"])
NAMES = st.text("abcé\n ", min_size=1, max_size=6)
SIZES = st.sampled_from([0, 3_000])


def marks() -> st.SearchStrategy[JsonObject]:
    """Mostly none."""
    mark: JsonObject = {"cache_control": {"type": "ephemeral"}}
    long: JsonObject = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    return st.sampled_from([{}, {}, {}, {}, {}, mark, long])


def merged(*parts: JsonObject) -> JsonObject:
    return {key: value for part in parts for key, value in part.items()}


def sized(make: Callable[[str], JsonObject]) -> st.SearchStrategy[JsonObject]:
    grown = st.builds(lambda name, size: make(name + "." * size), NAMES, SIZES)
    return st.builds(merged, grown, marks())


TEXTS = sized(lambda words: {"type": "text", "text": words})
RESULTS = sized(lambda words: {"type": "tool_result", "tool_use_id": "t", "content": words})
NESTED = st.builds(
    lambda parts: {"type": "tool_result", "content": parts, "tool_use_id": "t"},
    st.lists(TEXTS, min_size=1, max_size=2),
)
USES = sized(lambda words: {"type": "tool_use", "id": "t", "name": "a", "input": {"é": words}})
THINKING = st.sampled_from(
    [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "x"},
        {"type": "unheard_of", "more": [1.50, {"cache_control": "words"}]},
    ]
)
CONTENT = st.one_of(
    st.builds(lambda name, size: name + "x" * size, NAMES, SIZES),
    st.lists(st.one_of(TEXTS, RESULTS, NESTED, USES, THINKING), min_size=1, max_size=4),
    st.builds(lambda text: [text] * 22, TEXTS.filter(lambda text: "cache_control" not in text)),
)
MESSAGES = st.builds(
    lambda role, content, rest: {"role": role, "content": content, **rest},
    st.sampled_from(["user", "assistant"]),
    CONTENT,
    st.sampled_from([{}, {"unknown": 1}]),
)
TOOLS = st.builds(
    merged,
    sized(lambda name: {"name": name, "input_schema": {"cache_control": {"type": "string"}}}),
    st.sampled_from([{}, {}, {"defer_loading": True}]),
)


SYSTEMS: list[st.SearchStrategy[Json]] = [NAMES, st.lists(TEXTS, max_size=3)]


def as_system(system: Json) -> JsonObject:
    return {"system": system}


@st.composite
def conversations(draw: st.DrawFn) -> list[JsonObject]:
    """The Calls of one conversation, which mostly appends and now and then goes back."""
    base: JsonObject = {"model": "claude-opus-5", "max_tokens": draw(st.sampled_from([100, 1]))}
    base |= draw(st.one_of(st.just({}), *(st.builds(as_system, one) for one in SYSTEMS)))
    base |= draw(marks())
    tools = draw(st.lists(TOOLS, max_size=4))
    if tools:
        base["tools"] = list(tools)
    messages: list[Json] = []
    calls: list[JsonObject] = []
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.integers(0, 5)) == 0:
            messages = messages[: draw(st.integers(0, len(messages)))]
        messages = [*messages, *draw(st.lists(MESSAGES, min_size=1, max_size=3))]
        calls.append({**base, "messages": messages})
    return calls


def place(request: bytes, earlier: Marks, ttl: str) -> tuple[bytes, Marks]:
    before = read_body(WireName.ANTHROPIC, request)
    after, marks = place_marks(
        before, earlier, RULES, ttl=ttl, steady=range(len(before.messages))[:2]
    )
    sent = write_body(before, after)
    assert after is not before or sent == request
    return sent, marks


def blocks(request: bytes) -> tuple[Block, ...]:
    return read_prompt(WireName.ANTHROPIC, request).blocks


def mark_breaches(request: bytes) -> list[str]:
    """What the provider has against the breakpoints of a request."""
    found = breaches(WireName.ANTHROPIC, decode_json_object(request), {})
    return [one for one in found if "cache_control" in one]


def is_refused(request: bytes) -> bool:
    prompt = read_prompt(WireName.ANTHROPIC, request)
    chain = make_hash_chain(prompt, RULES, place="", scale=1 / 4)
    return hasattr(MarksCache().take(chain, When(0, 1)), "why")


@settings(max_examples=60)
@given(conversations(), TTLS)
def test_breakpoints_are_added_and_nothing_else_changes(calls: list[JsonObject], ttl: str) -> None:
    earlier = Marks()
    for call in calls:
        request = encode_json(call)
        sent, marks = place(request, earlier, ttl)

        given_blocks, sent_blocks = blocks(request), blocks(sent)
        assert [one.content for one in sent_blocks] == [one.content for one in given_blocks]
        for before, after in zip(given_blocks, sent_blocks, strict=True):
            assert before.mark is None or after.mark == before.mark
        bare, bare_sent = (
            {k: v for k, v in decode_json_object(one).items() if k not in ("system", "messages")}
            for one in (request, sent)
        )
        assert {**bare, "tools": None} == {**bare_sent, "tools": None}

        # Its own output gives the same bytes; so does a retry, which moves nothing.
        assert place(sent, earlier, ttl)[0] == sent
        again, same = place(request, marks, ttl)
        assert (again, same) == (sent, marks)
        earlier = marks


@settings(max_examples=60)
@given(conversations(), TTLS)
def test_a_request_that_is_taken_is_taken_with_our_breakpoints(
    calls: list[JsonObject], ttl: str
) -> None:
    earlier = Marks()
    for call in calls:
        request = encode_json(call)
        sent, earlier = place(request, earlier, ttl)
        if not mark_breaches(request):
            assert mark_breaches(sent) == []
        if not is_refused(request):
            assert not is_refused(sent)
