"""Why a Call was answered as it was: one Reason for every hit, miss, keep and skip.

The sentences are what `agentcache why` says.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Each value is the word in headers, counters and JSON."""

    # hits
    SAME_TEXT = "same_text"
    SAME_MEANING = "same_meaning"
    AGREES = "agrees"
    REPLAY = "replay"
    DECISION = "decision"
    DECISION_MEANING = "decision_meaning"
    COMPACTION = "compaction"
    TOOL = "tool"
    IN_FLIGHT = "in_flight"
    RETRY = "retry"
    # misses
    NO_ENTRY = "no_entry"
    EVIDENCE_CHANGED = "evidence_changed"
    EXPIRED = "expired"
    UNDERWAY = "underway"
    NOT_A_QUESTION = "not_a_question"
    FOLLOW_UP = "follow_up"
    LEANS_ON_CONTEXT = "leans_on_context"
    LEANS_ON_MOMENT = "leans_on_moment"
    NOT_READ = "not_read"
    NO_REPOSITORY = "no_repository"
    NOT_UNDERSTOOD = "not_understood"
    STORE_FAILED = "store_failed"
    CACHE_FAILED = "cache_failed"
    OBSERVED_HIT = "observed_hit"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    # keeps and skips
    KEPT = "kept"
    MORE_STEPS = "more_steps"
    AMBIGUOUS_TOOLS = "ambiguous_tools"
    NOT_RESEARCH = "not_research"
    PROVIDER_ERROR = "provider_error"
    CUT = "cut"
    MAX_TOKENS = "max_tokens"
    REFUSAL = "refusal"
    OPAQUE_REPLY = "opaque_reply"
    EMPTY_REPLY = "empty_reply"
    NO_EVIDENCE = "no_evidence"
    OPAQUE_TOOL = "opaque_tool"
    TOOL_ERROR = "tool_error"
    RESULT_DIFFERS = "result_differs"
    UNOBSERVABLE = "unobservable"
    UNSETTLED = "unsettled"
    REMINDED = "reminded"
    BEGINNING_UNSEEN = "beginning_unseen"
    NOT_REPLAYABLE = "not_replayable"
    OBSERVING = "observing"
    # neither
    OFF = "off"
    NOT_A_CALL = "not_a_call"
    MOVED = "moved"


SENTENCES: dict[Reason, str] = {
    Reason.SAME_TEXT: "the question was answered before, and all it was read from is unchanged",
    Reason.SAME_MEANING: (
        "the question was answered before in other words, and all it was read from is unchanged"
    ),
    Reason.AGREES: (
        "a question that agrees with it in structure and meaning was answered before, and all it "
        "was read from is unchanged"
    ),
    Reason.REPLAY: "the same request was answered before and may be replayed",
    Reason.DECISION: "the same state of the conversation was decided before",
    Reason.DECISION_MEANING: (
        "the first step for this question in other words was decided before, by tools that only "
        "read"
    ),
    Reason.COMPACTION: "the same conversation was summarised before by the same instruction",
    Reason.TOOL: "the same use of the tool gave this before, and all it looked at is unchanged",
    Reason.IN_FLIGHT: "the same request was already on its way to the provider and was shared",
    Reason.RETRY: "the reply to the same request was ready but had not reached the client",
    Reason.NO_ENTRY: "nothing like it is kept in this scope",
    Reason.EVIDENCE_CHANGED: "it was answered before, but something it was read from changed",
    Reason.EXPIRED: "the kept reply is older than the time to live",
    Reason.UNDERWAY: "the run is underway: its question was looked up when it began",
    Reason.NOT_A_QUESTION: "it is no read-only question, so only an exact replay could answer",
    Reason.FOLLOW_UP: "it is asked inside a conversation and may lean on earlier turns",
    Reason.LEANS_ON_CONTEXT: "the question refers to something outside itself",
    Reason.LEANS_ON_MOMENT: "the answer depends on the moment (time, branch, recent changes)",
    Reason.NOT_READ: "the conversation holds content that is not read (images, documents)",
    Reason.NO_REPOSITORY: "the session stands in no git repository, so nothing can be verified",
    Reason.NOT_UNDERSTOOD: "the request is not in a form that is understood; it passed untouched",
    Reason.STORE_FAILED: "the store could not be read; the provider was asked instead",
    Reason.CACHE_FAILED: "the cache failed; the provider was asked instead",
    Reason.OBSERVED_HIT: "it would have been a hit, but the session only observes",
    Reason.UPSTREAM_UNREACHABLE: "the provider could not be reached",
    Reason.KEPT: "the answer was kept",
    Reason.MORE_STEPS: "the model asked for tools; the run goes on",
    Reason.AMBIGUOUS_TOOLS: (
        "two different tools go by one name, so it is not clear which of them the model asked for"
    ),
    Reason.NOT_RESEARCH: "only a research run's final answer is kept",
    Reason.PROVIDER_ERROR: "the provider answered with an error",
    Reason.CUT: "the reply did not end cleanly",
    Reason.MAX_TOKENS: "the reply was cut at its token limit",
    Reason.REFUSAL: "the model refused or was stopped",
    Reason.OPAQUE_REPLY: "the reply holds content that is never kept (citations, images, ...)",
    Reason.EMPTY_REPLY: "the reply holds no text",
    Reason.NO_EVIDENCE: "the model answered without reading anything",
    Reason.OPAQUE_TOOL: "the run used a tool whose reads are not known",
    Reason.TOOL_ERROR: "a tool of the run failed or gave nothing",
    Reason.RESULT_DIFFERS: "what a tool showed the model is not what is on disk",
    Reason.UNOBSERVABLE: "something the run looked at cannot be looked at again",
    Reason.UNSETTLED: "something the run looked at changed while it ran",
    Reason.REMINDED: "the host said more to the model on the way, which the answer may follow",
    Reason.BEGINNING_UNSEEN: "the run was not seen from its beginning on",
    Reason.NOT_REPLAYABLE: "it may not be replayed: it was sampled, or the provider stores it",
    Reason.OBSERVING: "the session only observes",
    Reason.OFF: "the cache is off for this session",
    Reason.NOT_A_CALL: "the path is no request to a model; it passed untouched",
    Reason.MOVED: "the process stands in another directory than where the cache was opened",
}
