"""The initial corpus: valid and unusual answers of each dialect, and documents that use all of its members."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from fuzz.dialects import DialectCase

_PIXEL = "iVBORw0KGgo="
_SOUND = "UklGRg=="
_CHAT_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}, {"type": "novelty"}], "signature": "s"},
        {"type": "text", "text": "wörds"},
        {"type": "reference", "reference_ids": [1, "b"]},
        {"type": "output_text", "text": "!"},
    ],
    "reasoning": "think",
    "reasoning_content": "think",
    "refusal": "no",
    "annotations": [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://a.test", "title": "A", "start_index": 0, "end_index": 3, "content": "q"},
        }
    ],
    "audio": {"id": "a1", "data": _SOUND, "transcript": "said", "expires_at": 1, "format": "wav"},
    "images": [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{_PIXEL}"}},
        {"image_url": "https://a.test/b.png"},
    ],
    "tool_calls": [
        {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
        {"index": 1, "id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}},
        {"id": "c3", "function": {"name": "h", "arguments": {"a": [1]}}, "provider_specific_fields": {"s": "sig"}},
    ],
    "function_call": {"name": "f", "arguments": "{}"},
    "reasoning_details": [
        {"type": "reasoning.text", "text": "th", "signature": "s", "index": 0, "id": "r1"},
        {"type": "reasoning.summary", "summary": "ink", "index": 1},
        {"type": "reasoning.encrypted", "data": "xx", "index": 2, "id": "r2"},
    ],
    "thinking_blocks": [
        {"type": "thinking", "thinking": "th", "signature": "s"},
        {"type": "redacted_thinking", "data": "xx"},
    ],
    "executed_tools": [
        {"index": 0, "type": "search", "arguments": '{"q":"a"}', "output": "found", "search_results": {"results": []}}
    ],
    "context": {"citations": [{"content": "c", "url": None}], "intent": "[]"},
}
_CHAT_USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 2,
    "cost": 0.5,
    "cache_creation_input_tokens": 1,
    "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
_CHAT_ENVELOPE: dict[str, Any] = {
    "id": "chatcmpl-1",
    "model": "served",
    "created": 1700000000,
    "provider": "Somebody",
    "system_fingerprint": "fp",
    "service_tier": "default",
    "prompt_filter_results": [{"prompt_index": 0}],
    "usage": _CHAT_USAGE,
    "x_groq": {"id": "req_1", "seed": 7, "usage": _CHAT_USAGE, "usage_breakdown": {"models": []}},
}
_CHAT_CHOICE: dict[str, Any] = {
    "finish_reason": "stop",
    "native_finish_reason": "end_turn",
    "content_filter_results": {"hate": {"filtered": False}},
    "logprobs": {"content": [{"token": "a", "logprob": -0.5}]},
}


def _chat(member: str) -> dict[str, Any]:
    choices = [
        {"index": 0, member: _CHAT_MESSAGE, **_CHAT_CHOICE},
        {"index": 1, member: {"content": "other"}, "finish_reason": "length"},
        {"index": 2, "text": "plain", "finish_reason": None},
    ]
    return {**_CHAT_ENVELOPE, "choices": choices}


_ERRORS: list[Any] = [
    {"error": {"message": "m", "type": "invalid_request_error", "code": "context_length_exceeded", "param": "top_p"}},
    {"error": {"message": "m", "code": 429, "metadata": {"raw": "r", "provider_name": "v", "reasons": ["x"]}}},
    {
        "error": {
            "message": "m",
            "code": 429,
            "metadata": {"headers": {"X-RateLimit-Reset": "1700000009000", "Date": "Tue, 14 Nov 2023 22:13:20 GMT"}},
        }
    },
    {"error": {"message": "m", "code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
    {"error": {"message": "litellm.RateLimitError: RateLimitError: slow", "type": "throttling_error", "code": "429"}},
    {"error": {"message": "m", "status_code": 413, "failed_generation": "{", "code": "tool_use_failed"}},
    {"type": "error", "error": {"type": "overloaded_error", "message": "temperature: no"}, "request_id": "r1"},
    [
        {
            "error": {
                "code": 429,
                "message": "m",
                "status": "RESOURCE_EXHAUSTED",
                "details": [
                    {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7.5s"},
                    {
                        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                        "violations": [{"quotaId": "RequestsPerDay", "quotaValue": "0"}],
                    },
                    {
                        "@type": "type.googleapis.com/google.rpc.BadRequest",
                        "fieldViolations": [{"field": "generation_config.temperature", "description": "d"}],
                    },
                ],
            }
        }
    ],
    {"detail": "not found"},
    {"choices": [{"error": {"message": "m", "code": 502}, "message": {"content": "half"}}]},
    {"x_groq": {"error": {"message": "m", "type": "server_error"}}},
]
_ITEMS: list[Any] = [
    {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "s"}, {"type": "summary_text", "text": "t"}],
        "content": [{"type": "reasoning_text", "text": "r"}],
        "encrypted_content": "xx",
    },
    {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [
            {
                "type": "output_text",
                "text": "wörds",
                "annotations": [
                    {"type": "url_citation", "url": "https://a.test", "title": "A", "start_index": 0, "end_index": 3},
                    {"type": "file_citation", "file_id": "f1", "filename": "n", "index": 2},
                ],
                "logprobs": [{"token": "a", "logprob": -0.5}],
            },
            {"type": "refusal", "refusal": "no"},
        ],
    },
    {"id": "fc_1", "type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'},
    {"id": "ct_1", "type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "free"},
    {"id": "ig_1", "type": "image_generation_call", "status": "completed", "result": _PIXEL, "output_format": "png"},
    {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "q"}},
]
_RESPONSE: dict[str, Any] = {
    "id": "resp_1",
    "model": "served",
    "created_at": 1700000000,
    "status": "completed",
    "service_tier": "default",
    "incomplete_details": None,
    "error": None,
    "output": _ITEMS,
    "usage": {
        "input_tokens": 3,
        "output_tokens": 2,
        "cost": 0.5,
        "input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 1},
    },
}


def _item_events(index: int, item: dict[str, Any]) -> list[Any]:
    where = {"item_id": item["id"], "output_index": index}
    begun = {
        "type": "response.output_item.added",
        "output_index": index,
        "item": {**item, "content": [], "summary": []},
    }
    deltas: dict[str, list[Any]] = {
        "reasoning": [
            {"type": "response.reasoning_summary_part.added", **where, "summary_index": 0, "part": {"text": ""}},
            {"type": "response.reasoning_summary_text.delta", **where, "summary_index": 0, "delta": "s"},
            {"type": "response.reasoning_text.delta", **where, "content_index": 0, "delta": "r"},
        ],
        "message": [
            {"type": "response.content_part.added", **where, "content_index": 0, "part": {"type": "output_text"}},
            {"type": "response.output_text.delta", **where, "content_index": 0, "delta": "wör"},
            {
                "type": "response.output_text.annotation.added",
                **where,
                "content_index": 0,
                "annotation": item.get("content", [{}])[0].get("annotations", [{}])[0],
            },
            {"type": "response.refusal.delta", **where, "content_index": 1, "delta": "no"},
        ],
        "function_call": [{"type": "response.function_call_arguments.delta", **where, "delta": '{"a":1}'}],
        "custom_tool_call": [{"type": "response.custom_tool_call_input.delta", **where, "delta": "free"}],
        "image_generation_call": [
            {"type": "response.image_generation_call.partial_image", **where, "partial_image_b64": _PIXEL}
        ],
    }
    done = {"type": "response.output_item.done", "output_index": index, "item": item}
    return [begun, *deltas.get(item["type"], ()), done]


_BLOCKS: list[tuple[Any, list[Any]]] = [
    ({"type": "thinking", "thinking": ""}, [{"type": "thinking_delta", "thinking": "th"}]),
    ({"type": "thinking", "thinking": "th"}, [{"type": "signature_delta", "signature": "sig"}]),
    ({"type": "redacted_thinking", "data": "xx"}, []),
    (
        {"type": "text", "text": "", "citations": []},
        [
            {"type": "text_delta", "text": "wörds"},
            {
                "type": "citations_delta",
                "citation": {
                    "type": "char_location",
                    "cited_text": "q",
                    "document_index": 0,
                    "document_title": "T",
                    "url": "https://a.test",
                    "source": "s",
                    "title": "t",
                    "encrypted_index": "e",
                },
            },
        ],
    ),
    (
        {"type": "tool_use", "id": "c1", "name": "f", "input": {}, "caller": {"type": "direct"}},
        [{"type": "input_json_delta", "partial_json": '{"a":1}'}],
    ),
    ({"type": "tool_use", "id": "c2", "name": "give_answer", "input": {"a": 1}}, []),
    (
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        [{"type": "input_json_delta", "partial_json": "{}"}],
    ),
    ({"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"url": "https://a.test"}]}, []),
    ({"type": "novel", "text": "a"}, [{"type": "novel_delta", "text": "b"}]),
]
_MESSAGE: dict[str, Any] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "served",
    "content": [block for block, _ in _BLOCKS],
    "stop_reason": "refusal",
    "stop_sequence": "x",
    "stop_details": {"type": "refusal", "explanation": "because", "category": "c"},
    "container": {"id": "k"},
    "context_management": {"applied_edits": []},
    "usage": {
        "input_tokens": 3,
        "output_tokens": 2,
        "cache_read_input_tokens": 1,
        "cache_creation_input_tokens": 1,
        "output_tokens_details": {"thinking_tokens": 1},
    },
}


def _message_events() -> list[Any]:
    events: list[Any] = [{"type": "message_start", "message": {**_MESSAGE, "content": [], "stop_reason": None}}]
    for index, (block, deltas) in enumerate(_BLOCKS):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content_block_stop", "index": index})
    ending = {name: _MESSAGE[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    events.append({"type": "message_delta", "delta": ending, "usage": _MESSAGE["usage"]})
    return [*events, {"type": "ping"}, {"type": "message_stop"}]


_GEMINI_PARTS: list[Any] = [
    {"text": "think", "thought": True, "thoughtSignature": "c2ln"},
    {"text": "wörds", "thoughtSignature": "c2ln"},
    {"text": "more"},
    {"functionCall": {"name": "f", "id": "c1", "args": {"a": 1}}, "thoughtSignature": "c2ln"},
    {
        "functionCall": {
            "name": "g",
            "willContinue": True,
            "partialArgs": [
                {"jsonPath": "$.a", "stringValue": "x", "willContinue": True},
                {"jsonPath": "$.b[0].c", "numberValue": 1},
                {"jsonPath": "$['d']", "boolValue": True},
                {"jsonPath": "$.e", "nullValue": None},
            ],
        }
    },
    {"functionCall": {"partialArgs": [{"jsonPath": "$.f", "stringValue": "y"}]}},
    {"inlineData": {"mimeType": "audio/wav", "data": _SOUND}},
    {"inlineData": {"mimeType": "audio/wav", "data": _SOUND}},
    {"fileData": {"mimeType": "video/mp4", "fileUri": "https://a.test/v"}},
    {"executableCode": {"language": "PYTHON", "code": "1"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
]
_GEMINI_FACTS: dict[str, Any] = {
    "safetyRatings": [{"category": "C", "probability": "LOW"}],
    "citationMetadata": {"citationSources": [{"startIndex": 0, "endIndex": 3, "uri": "https://a.test", "title": "T"}]},
    "groundingMetadata": {
        "groundingChunks": [{"web": {"uri": "https://a.test", "title": "A"}}, {"retrievedContext": {"text": "q"}}],
        "groundingSupports": [
            {
                "segment": {"startIndex": 0, "endIndex": 3, "text": "wö"},
                "groundingChunkIndices": [0, 1],
                "confidenceScores": [0.5, 0.5],
            }
        ],
    },
    "avgLogprobs": -0.5,
    "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -0.5}], "topCandidates": []},
    "finishMessage": "fin",
}
_GEMINI_ENVELOPE: dict[str, Any] = {
    "usageMetadata": {
        "promptTokenCount": 3,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 1,
        "toolUsePromptTokenCount": 1,
        "cachedContentTokenCount": 1,
        "totalTokenCount": 7,
    },
    "modelVersion": "served",
    "responseId": "r1",
    "createTime": "2025-01-01T00:00:00.5Z",
    "promptFeedback": {"safetyRatings": []},
}


def _gemini(parts: list[Any], *, ended: bool) -> Any:
    first = {"index": 0, "content": {"role": "model", "parts": parts}}
    other = {"index": 1, "content": {"parts": [{"text": "other"}]}, "finishReason": "MAX_TOKENS"}
    return {
        "candidates": [first | ({"finishReason": "STOP", **_GEMINI_FACTS} if ended else {}), other],
        **_GEMINI_ENVELOPE,
    }


_OLLAMA_MESSAGE: dict[str, Any] = {
    "thinking": "th",
    "content": "wörds",
    "tool_calls": [
        {"id": "c1", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}},
        {"function": {"name": "g", "arguments": "{}"}},
    ],
    "images": [_PIXEL],
}


def _ollama(*, done: bool, **message: Any) -> Any:
    counts = {"prompt_eval_count": 3, "eval_count": 2, "total_duration": 9, "load_duration": 1}
    ending = {"done_reason": "stop", "logprobs": [{"token": "a", "logprob": -0.5}], **counts} if done else {}
    known = {"model": "served", "created_at": "2026-08-07T06:08:14.7Z", "remote_model": "r", "remote_host": "h"}
    return {**known, "message": {"role": "assistant", "content": "", **message}, "done": done, **ending}


_COHERE_CALL: dict[str, Any] = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
_COHERE_CITATION: dict[str, Any] = {
    "start": 0,
    "end": 3,
    "text": "wö",
    "content_index": 1,
    "type": "TEXT_CONTENT",
    "sources": [
        {"type": "document", "id": "d", "document": {"id": "d", "text": "q", "title": "T", "url": "https://a.test"}},
        {"type": "tool", "id": "c1:0", "tool_output": {"content": "x"}},
    ],
}
_COHERE_END: dict[str, Any] = {
    "finish_reason": "TOOL_CALL",
    "usage": {
        "billed_units": {"input_tokens": 1, "output_tokens": 2, "search_units": 1},
        "tokens": {"input_tokens": 3, "output_tokens": 2.0},
        "cached_tokens": 1,
    },
}
_COHERE_CONTENT: list[dict[str, Any]] = [
    {"type": "thinking", "thinking": "hm"},
    {"type": "text", "text": "wörds"},
    {"type": "novelty", "a": 1},
]
_COHERE_LOGPROBS = [{"text": "a", "token_ids": [1], "logprobs": [-0.5]}]


def _cohere_events() -> list[Any]:
    said = [("message-start", 0, {"role": "assistant"}), ("tool-plan-delta", 0, {"tool_plan": "plan"})]
    for index, block in enumerate(_COHERE_CONTENT):
        said += [(f"content-{kind}", index, {"content": block}) for kind in ("start", "delta")]
    said += [("citation-start", 0, {"citations": _COHERE_CITATION}), ("citation-end", 0, {})]
    said += [(f"tool-call-{kind}", 0, {"tool_calls": _COHERE_CALL}) for kind in ("start", "delta", "end")]
    events = [
        {"type": kind, "index": index, "id": "m1", "delta": {"message": message}, "logprobs": _COHERE_LOGPROBS[0]}
        for kind, index, message in said
    ]
    return [*events, {"type": "message-end", "delta": _COHERE_END}]


_COHERE = {
    "id": "m1",
    "message": {
        "role": "assistant",
        "tool_plan": "plan",
        "content": _COHERE_CONTENT,
        "citations": [_COHERE_CITATION, {**_COHERE_CITATION, "type": "PLAN"}],
        "tool_calls": [_COHERE_CALL],
    },
    "logprobs": _COHERE_LOGPROBS,
    **_COHERE_END,
}

_CONVERSE_BLOCKS: list[dict[str, Any]] = [
    {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
    {"reasoningContent": {"redactedContent": "eHg="}},
    {"text": "wörds"},
    {
        "citationsContent": {
            "content": [{"text": "said"}],
            "citations": [
                {
                    "title": "A",
                    "sourceContent": [{"text": "quote"}],
                    "location": {"documentPage": {"documentIndex": 0, "start": 1, "end": 2}},
                }
            ],
        }
    },
    {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
    {"toolUse": {"toolUseId": "t2", "name": "g", "input": {}, "type": "server_tool_use"}},
    {"toolResult": {"toolUseId": "t2", "content": [{"json": {"found": 1}}], "status": "success"}},
]
_CONVERSE_END: dict[str, Any] = {
    "usage": {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokens": 1, "cacheWriteInputTokens": 1},
    "metrics": {"latencyMs": 7},
    "trace": {"guardrail": {}},
    "performanceConfig": {"latency": "standard"},
}
_CONVERSE: dict[str, Any] = {
    "output": {"message": {"role": "assistant", "content": _CONVERSE_BLOCKS}},
    "stopReason": "tool_use",
    "additionalModelResponseFields": {"stop_sequence": "x"},
    **_CONVERSE_END,
}


def _converse_events() -> list[dict[str, Any]]:
    call, result = {"toolUseId": "t1", "name": "f"}, {"toolUseId": "t2", "status": "success"}
    [cited] = _CONVERSE_BLOCKS[3]["citationsContent"]["citations"]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
        ({}, [{"reasoningContent": {name: value}} for name, value in (("text", "hm"), ("signature", "s"))]),
        ({}, [{"reasoningContent": {"redactedContent": "eHg="}}]),
        ({}, [{"text": "wö"}, {"text": "rds"}, {"citation": cited}]),
        ({"toolUse": call}, [{"toolUse": {"input": piece}} for piece in ('{"a"', ":1}")]),
        ({"toolResult": result}, [{"toolResult": [{"json": {"found": 1}}]}, {"novelty": {"a": 1}}]),
    ]
    events: list[dict[str, Any]] = [{"messageStart": {"role": "assistant"}}]
    for index, (start, deltas) in enumerate(blocks):
        place = {"contentBlockIndex": index}
        events += [{"contentBlockStart": {**place, "start": start}}] if start else []
        events += [{"contentBlockDelta": {**place, "delta": delta}} for delta in deltas]
        events.append({"contentBlockStop": place})
    return [*events, {"messageStop": {"stopReason": "tool_use"}}, {"metadata": _CONVERSE_END}]


RICH: dict[str, tuple[list[Any], Any]] = {
    "cohere": (_cohere_events(), _COHERE),
    "converse": (_converse_events(), _CONVERSE),
    "openai-chat": ([_chat("delta"), _chat("delta")], _chat("message")),
    "openai-responses": (
        [
            {"type": "response.created", "response": {**_RESPONSE, "output": [], "status": "in_progress"}},
            *(event for index, item in enumerate(_ITEMS) for event in _item_events(index, item)),
            {"type": "response.completed", "response": _RESPONSE},
        ],
        _RESPONSE,
    ),
    "anthropic": (_message_events(), _MESSAGE),
    "ollama": (
        [*(_ollama(done=False, **{name: value}) for name, value in _OLLAMA_MESSAGE.items()), _ollama(done=True)],
        _ollama(done=True, **_OLLAMA_MESSAGE),
    ),
    "google": (
        [*(_gemini([part], ended=False) for part in _GEMINI_PARTS), _gemini([], ended=True)],
        _gemini(_GEMINI_PARTS, ended=True),
    ),
}
"""By dialect: the events of an answer that uses all members that its decoders look at, and the same as a whole."""


def written(value: Any) -> bytes:
    """Return *value* as JSON, whatever its texts hold."""
    return json.dumps(value, separators=(",", ":")).encode()


@cache
def streams(dialect: DialectCase) -> tuple[bytes, ...]:
    """Return the streams of a dialect that mutations start from."""
    server_dialect = dialect.server_dialect
    rich = b"".join(b"data: " + written(event) + b"\n\n" for event in RICH[server_dialect.name][0])
    sound = (server_dialect.stream(), (*server_dialect.begun(), *server_dialect.unknown, *server_dialect.closing("")))
    cut = ((*server_dialect.begun(), server_dialect.failing), (*server_dialect.begun(), *server_dialect.unfinished))
    odd = (reply.events for reply in server_dialect.unusual_replies.values())
    return _distinct((rich, *(b"".join(events) for events in (*sound, *cut, *odd))))


@cache
def bodies(dialect: DialectCase) -> tuple[bytes, ...]:
    """Return the whole replies of a dialect that mutations start from, errors among them."""
    server_dialect = dialect.server_dialect
    odd = (reply.whole for reply in server_dialect.unusual_replies.values())
    rich = RICH[server_dialect.name]
    values = (rich[1], *rich[0][:1], server_dialect.whole("wörds"), server_dialect.hollow, *odd)
    return _distinct(map(written, (*values, [server_dialect.whole("a"), server_dialect.whole("b")])))


@cache
def failures(dialect: DialectCase) -> tuple[bytes, ...]:
    """Return the bodies of errors that mutations start from."""
    server_dialect = dialect.server_dialect
    stated = (server_dialect.error(status) for status in (400, 401, 404, 429, 500, 529))
    coded = (body for _, body in server_dialect.coded.values())
    return _distinct((*map(written, (*stated, *coded, *_ERRORS)), b"<html>Bad Gateway</html>", b""))


def _distinct(seeds: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(seeds))
