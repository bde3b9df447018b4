"""An Answer as the bytes of its wire: one JSON body, or a list of SSE events."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

from agentcache.core.codec import Json, JsonObject, encode_json
from agentcache.core.values import Usage, WireName
from support.provider_reading import mapping
from support.provider_rules import seal, sign
from support.provider_values import Answer, Ending, ProviderRequest

_PIECE = 12


def error_body(wire: WireName | None, status: int, message: str) -> bytes:
    """The error object of a wire; unknown paths answer in Anthropic's form."""
    kinds = {
        400: "invalid_request_error",
        401: "authentication_error",
        404: "not_found_error",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    kind = kinds.get(status, "api_error")
    if wire in {WireName.OPENAI_CHAT, WireName.OPENAI_RESPONSES}:
        return encode_json(
            {"error": {"message": message, "type": kind, "param": None, "code": None}}
        )
    request_id = f"req_{secrets.token_hex(12)}"
    error = {"type": kind, "message": message}
    return encode_json({"type": "error", "error": error, "request_id": request_id})


def error_event(wire: WireName) -> bytes:
    """What a provider says in the middle of a stream that it cannot finish."""
    if wire is WireName.OPENAI_RESPONSES:
        error: JsonObject = {"type": "error", "code": "server_error", "message": "Server error"}
        return _event(error | {"param": None, "sequence_number": 0}, "error")
    body = error_body(wire, 529, "Overloaded")
    return (
        b"event: error\ndata: " + body + b"\n\n"
        if wire is WireName.ANTHROPIC
        else (b"data: " + body + b"\n\n")
    )


def json_reply(answer: Answer, request: ProviderRequest) -> bytes:
    """The complete answer as one JSON body."""
    answer = _with_ids(answer, request)
    match request.wire:
        case WireName.ANTHROPIC:
            return encode_json(_anthropic_message(answer, request))
        case WireName.OPENAI_CHAT:
            return encode_json(_chat_completion(answer, request))
        case _:
            return encode_json(_response(answer, request, _items(answer), status=_status(answer)))


def sse_reply(answer: Answer, request: ProviderRequest) -> list[bytes]:
    """The complete answer as SSE events, each with its blank line."""
    answer = _with_ids(answer, request)
    match request.wire:
        case WireName.ANTHROPIC:
            return list(_anthropic_events(answer, request))
        case WireName.OPENAI_CHAT:
            return list(_chat_events(answer, request))
        case _:
            return list(_response_events(answer, request))


def usage_of(answer: Answer, request: ProviderRequest) -> Usage:
    """The usage given, or a plausible one: four bytes a token."""
    if answer.usage is not None:
        return answer.usage
    said = len(answer.text) + len(answer.thinking)
    said += sum(len(encode_json(call.arguments)) for call in answer.tools)
    return Usage(input_tokens=max(1, len(request.body) // 4), output_tokens=said // 4 + 1)


def _with_ids(answer: Answer, request: ProviderRequest) -> Answer:
    prefix = "toolu_01" if request.wire is WireName.ANTHROPIC else "call_"
    tools = (call if call.id else replace(call, id=_new(prefix)) for call in answer.tools)
    return replace(answer, tools=tuple(tools))


def _new(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(11)}"


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def _event(value: JsonObject, name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + encode_json(value) + b"\n\n"


# Anthropic


def _anthropic_usage(usage: Usage) -> JsonObject:
    plain = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    return {
        "input_tokens": plain,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
        "service_tier": "standard",
    }


def _stop_reason(answer: Answer) -> str:
    if answer.ending is not Ending.NATURAL:
        return answer.ending.value
    return "tool_use" if answer.tools else "end_turn"


def _anthropic_blocks(answer: Answer) -> list[JsonObject]:
    blocks: list[JsonObject] = []
    if answer.thinking:
        signature = sign(answer.thinking)
        blocks.append({"type": "thinking", "thinking": answer.thinking, "signature": signature})
    if answer.text:
        blocks.append({"type": "text", "text": answer.text})
    for call in answer.tools:
        use: JsonObject = {"type": "tool_use", "id": call.id, "name": call.name}
        blocks.append(use | {"input": call.arguments})
    return blocks


def _anthropic_message(answer: Answer, request: ProviderRequest) -> JsonObject:
    content: list[Json] = [*_anthropic_blocks(answer)]
    return {
        "id": _new("msg_01"),
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": _stop_reason(answer),
        "stop_sequence": None,
        "usage": _anthropic_usage(usage_of(answer, request)),
    }


def _anthropic_events(answer: Answer, request: ProviderRequest) -> Iterator[bytes]:
    usage = _anthropic_usage(usage_of(answer, request))
    message = _anthropic_message(answer, request)
    message |= {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}}
    yield _event({"type": "message_start", "message": message}, "message_start")
    for index, block in enumerate(_anthropic_blocks(answer)):
        start, deltas = _anthropic_deltas(block)
        begun: JsonObject = {"type": "content_block_start", "index": index, "content_block": start}
        yield _event(begun, "content_block_start")
        if index == 0:
            yield _event({"type": "ping"}, "ping")
        for delta in deltas:
            moved: JsonObject = {"type": "content_block_delta", "index": index, "delta": delta}
            yield _event(moved, "content_block_delta")
        yield _event({"type": "content_block_stop", "index": index}, "content_block_stop")
    ended: JsonObject = {"stop_reason": _stop_reason(answer), "stop_sequence": None}
    spent: JsonObject = {"output_tokens": usage["output_tokens"]}
    yield _event({"type": "message_delta", "delta": ended, "usage": spent}, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")


def _anthropic_deltas(block: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    match block["type"]:
        case "thinking":
            deltas: list[JsonObject] = [
                {"type": "thinking_delta", "thinking": piece}
                for piece in _pieces(str(block["thinking"]))
            ]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
            return block | {"thinking": "", "signature": ""}, deltas
        case "text":
            pieces = _pieces(str(block["text"]))
            return block | {"text": ""}, [{"type": "text_delta", "text": p} for p in pieces]
        case _:
            pieces = ["", *_pieces(encode_json(block["input"]).decode())]
            parts: list[JsonObject] = [
                {"type": "input_json_delta", "partial_json": piece} for piece in pieces
            ]
            return block | {"input": {}}, parts


# OpenAI, chat completions


def _chat_usage(usage: Usage) -> JsonObject:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _finish_reason(answer: Answer) -> str:
    if answer.ending is Ending.MAX_TOKENS:
        return "length"
    if answer.ending is Ending.REFUSAL:
        return "content_filter"
    return "tool_calls" if answer.tools else "stop"


def _chat_calls(answer: Answer) -> list[JsonObject]:
    return [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": encode_json(call.arguments).decode()},
        }
        for call in answer.tools
    ]


def _chat_head(request: ProviderRequest, kind: str) -> JsonObject:
    return {
        "id": _new("chatcmpl-"),
        "object": kind,
        "created": 1_790_000_000,
        "model": request.model,
        "system_fingerprint": "fp_scripted",
    }


def _chat_completion(answer: Answer, request: ProviderRequest) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.tools:
        message["tool_calls"] = [*_chat_calls(answer)]
    choice: JsonObject = {"index": 0, "message": message, "logprobs": None}
    choice["finish_reason"] = _finish_reason(answer)
    usage = _chat_usage(usage_of(answer, request))
    return _chat_head(request, "chat.completion") | {"choices": [choice], "usage": usage}


def _chat_events(answer: Answer, request: ProviderRequest) -> Iterator[bytes]:
    head = _chat_head(request, "chat.completion.chunk")
    options = request.json.get("stream_options")
    wants_usage = isinstance(options, dict) and options.get("include_usage") is True
    if wants_usage:
        head["usage"] = None

    def chunk(delta: JsonObject, finish: str | None = None) -> bytes:
        choice: JsonObject = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event(head | {"choices": [choice]})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in _pieces(answer.text):
        yield chunk({"content": piece})
    for index, call in enumerate(_chat_calls(answer)):
        function = mapping(call["function"])
        arguments = function["arguments"]
        opened: JsonObject = {"index": index, "function": function | {"arguments": ""}}
        yield chunk({"tool_calls": [call | opened]})
        for piece in _pieces(str(arguments)):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish_reason(answer))
    if wants_usage:
        spent: JsonObject = {"choices": [], "usage": _chat_usage(usage_of(answer, request))}
        yield _event(head | spent)
    yield b"data: [DONE]\n\n"


# OpenAI, responses


def _status(answer: Answer) -> str:
    return "completed" if answer.ending is Ending.NATURAL else "incomplete"


def _items(answer: Answer) -> list[JsonObject]:
    items: list[JsonObject] = []
    if answer.thinking:
        summary: JsonObject = {"type": "summary_text", "text": answer.thinking}
        sealed = seal(answer.thinking)
        reasoning: JsonObject = {"id": _new("rs_"), "type": "reasoning", "summary": [summary]}
        items.append(reasoning | {"encrypted_content": sealed})
    if answer.text:
        part: JsonObject = {"type": "output_text", "text": answer.text, "annotations": []}
        message: JsonObject = {"id": _new("msg_"), "type": "message", "role": "assistant"}
        items.append(message | {"status": "completed", "content": [part | {"logprobs": []}]})
    for call in answer.tools:
        function: JsonObject = {"id": _new("fc_"), "type": "function_call", "call_id": call.id}
        arguments = encode_json(call.arguments).decode()
        items.append(function | {"name": call.name, "arguments": arguments, "status": "completed"})
    return items


def _response(
    answer: Answer, request: ProviderRequest, items: list[JsonObject], *, status: str
) -> JsonObject:
    usage = usage_of(answer, request)
    reason = "max_output_tokens" if answer.ending is Ending.MAX_TOKENS else "content_filter"
    counted: JsonObject = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": usage.cache_read_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
    return {
        "id": _new("resp_"),
        "object": "response",
        "created_at": 1_790_000_000,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": request.json.get("instructions"),
        "metadata": {},
        "model": request.model,
        "output": [*items],
        "parallel_tool_calls": True,
        "temperature": request.json.get("temperature", 1.0),
        "tool_choice": request.json.get("tool_choice", "auto"),
        "tools": request.json.get("tools", []),
        "top_p": request.json.get("top_p", 1.0),
        "usage": counted if status != "in_progress" else None,
    }


def _response_events(answer: Answer, request: ProviderRequest) -> Iterator[bytes]:
    items = _items(answer)
    number = 0

    def event(kind: str, fields: JsonObject) -> bytes:
        nonlocal number
        head: JsonObject = {"type": kind, "sequence_number": number}
        number += 1
        return _event(head | fields, kind)

    begun = _response(answer, request, [], status="in_progress")
    yield event("response.created", {"response": begun})
    yield event("response.in_progress", {"response": begun})
    for index, item in enumerate(items):
        yield event("response.output_item.added", {"output_index": index, "item": _opened(item)})
        place: JsonObject = {"item_id": item["id"], "output_index": index}
        for kind, fields in _item_events(item):
            yield event(kind, place | fields)
        yield event("response.output_item.done", {"output_index": index, "item": item})
    status = _status(answer)
    ended = _response(answer, request, items, status=status) | {"id": begun["id"]}
    yield event(f"response.{status}", {"response": ended})


def _opened(item: JsonObject) -> JsonObject:
    empty: dict[str, JsonObject] = {
        "message": {"content": [], "status": "in_progress"},
        "function_call": {"arguments": "", "status": "in_progress"},
        "reasoning": {"summary": [], "encrypted_content": None},
    }
    return item | empty[str(item["type"])]


def _item_events(item: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    if item["type"] == "function_call":
        arguments = str(item["arguments"])
        for piece in _pieces(arguments):
            yield "response.function_call_arguments.delta", {"delta": piece}
        done: JsonObject = {"arguments": arguments, "name": item["name"]}
        yield "response.function_call_arguments.done", done
    elif item["type"] == "message" and isinstance(item["content"], list):
        for index, part in enumerate(item["content"]):
            if not isinstance(part, dict):
                continue
            where: JsonObject = {"content_index": index}
            yield "response.content_part.added", where | {"part": part | {"text": ""}}
            for piece in _pieces(str(part["text"])):
                moved: JsonObject = {"delta": piece, "logprobs": []}
                yield "response.output_text.delta", where | moved
            ended: JsonObject = {"text": part["text"], "logprobs": []}
            yield "response.output_text.done", where | ended
            yield "response.content_part.done", where | {"part": part}
