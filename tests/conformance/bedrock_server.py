"""The Converse API of Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.

The events of a stream are binary messages, and an error is reported by one of another type:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any
from urllib.parse import unquote

from dragoman import (
    ChatRequest,
    Data,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Settings,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from dragoman.testing.faults import SampleCall, SampleReply, SampleSeal, SampleUsage, ServerDialect, binary_framing
from dragoman.testing.framings import binary_message
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    PartReader,
    base64_media,
    chosen,
    json_object,
    listed,
    member,
    settings_of,
    string,
)

Json = dict[str, Any]
Events = tuple[bytes, ...]

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
_ERRORS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
    529: "ServiceUnavailableException",
}


def _headers(kind: str) -> dict[str, str]:
    return {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}


def _event(kind: str, **members: Any) -> bytes:
    return binary_message(json.dumps(members, ensure_ascii=False).encode(), _headers(kind))


def _begin(index: int, **start: Any) -> bytes:
    return _event("contentBlockStart", contentBlockIndex=index, start=start)


def _delta(index: int, **delta: Any) -> bytes:
    return _event("contentBlockDelta", contentBlockIndex=index, delta=delta)


def _stop(index: int) -> bytes:
    return _event("contentBlockStop", contentBlockIndex=index)


def _end(reason: str = "end_turn", usage: Json | None = None) -> Events:
    counted = _event("metadata", usage=_USAGE if usage is None else usage, metrics={"latencyMs": 7})
    return (_event("messageStop", stopReason=reason), counted)


def _whole(*content: Json, reason: str = "end_turn", usage: Json | None = None) -> Json:
    message = {"role": "assistant", "content": list(content)}
    counted = _USAGE if usage is None else usage
    return {"output": {"message": message}, "stopReason": reason, "usage": counted, "metrics": {"latencyMs": 7}}


def _error(status: int) -> Json:
    kind = _ERRORS.get(status, "ValidationException" if status < 500 else "InternalServerException")
    return {"__type": kind, "message": f"status {status} was asked for"}


def _speak(text: str) -> bytes:
    return _delta(0, text=text)


_START = _event("messageStart", role="assistant")
_FINE = {"text": "fine"}
_FINE_EVENTS = (_START, _speak("fine"), _stop(0))


def _fine(reason: str = "end_turn", usage: Json | None = None) -> SampleReply:
    return SampleReply(events=(*_FINE_EVENTS, *_end(reason, usage)), whole=_whole(_FINE, reason=reason, usage=usage))


def _call(name: str, call_id: str, given: Json) -> Json:
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": given}}


def _open_call(index: int, name: str, call_id: str) -> bytes:
    return _begin(index, toolUse={"toolUseId": call_id, "name": name})


def _input(index: int, piece: str) -> bytes:
    return _delta(index, toolUse={"input": piece})


def _calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Interleave the fragments of calls. Their arguments must be objects, since a whole reply holds them as such."""
    if any(each.given is None for each in calls):
        return None
    events = [_START, *(_open_call(index, each.name, each.call_id) for index, each in enumerate(calls))]
    for turn in zip_longest(*(each.pieces for each in calls)):
        events += [_input(index, piece) for index, piece in enumerate(turn) if piece is not None]
    events += [_stop(index) for index in range(len(calls))]
    content = [_call(each.name, each.call_id, each.given or {}) for each in calls]
    return SampleReply(events=(*events, *_end("tool_use")), whole=_whole(*content, reason="tool_use"))


def _counted(usage: Usage, **report: int) -> SampleUsage:
    return SampleUsage(reply=_fine(usage=report), usage=usage)


_UNUSUAL = {
    "blocked": SampleReply(events=(_START, *_end("guardrail_intervened")), whole=_whole(reason="guardrail_intervened")),
    "too_long": _fine("max_tokens"),
    "tools_interleaved": SampleReply(
        events=(
            _START,
            _open_call(0, "weather", "call_Oslo"),
            _input(0, '{"city":'),
            _open_call(1, "weather", "call_Rome"),
            _input(1, '{"city":"Rome"}'),
            _input(0, '"Oslo"}'),
            _stop(1),
            _stop(0),
            *_end("tool_use"),
        ),
        whole=_whole(
            _call("weather", "call_Oslo", {"city": "Oslo"}),
            _call("weather", "call_Rome", {"city": "Rome"}),
            reason="tool_use",
        ),
    ),
    "tool_without_arguments": SampleReply(
        events=(_START, _open_call(0, "clock", "call_1"), _stop(0), *_end("tool_use")),
        whole=_whole(_call("clock", "call_1", {}), reason="tool_use"),
    ),
    "tool_cut": SampleReply(
        events=(_START, _open_call(0, "weather", "call_1"), _input(0, '{"city":"Os'), _stop(0), *_end("max_tokens")),
        whole=_whole(_call("weather", "call_1", {}), reason="max_tokens"),
    ),
    "usage_absent": SampleReply(
        events=(*_FINE_EVENTS, _event("messageStop", stopReason="end_turn"), _event("metadata", metrics={})),
        whole=_whole(_FINE) | {"usage": None},
    ),
    "usage_last": _fine(),
    "nulls": SampleReply(
        events=(
            _START,
            _event("contentBlockStart", contentBlockIndex=0, start=None),
            _event("contentBlockDelta", contentBlockIndex=0, delta=None),
            _delta(0, text=None),
            _speak("fine"),
            _stop(0),
            *_end(),
        ),
        whole=_whole(_FINE) | {"trace": None, "additionalModelResponseFields": None},
    ),
}
_THOUGHT = {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "signature-1"}}}
_REASONED = SampleReply(
    events=(
        _START,
        _delta(0, reasoningContent={"text": "hm"}),
        _delta(0, reasoningContent={"signature": "signature-1"}),
        _stop(0),
        _delta(1, text="fine"),
        _stop(1),
        *_end(),
    ),
    whole=_whole(_THOUGHT, _FINE),
)

_SETTINGS = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": "stop"}
_CHOICES = {"auto": "auto", "any": "required", "tool": "tool"}
_FORMATS = {"png": "image/png", "jpeg": "image/jpeg", "pdf": "application/pdf", "wav": "audio/wav", "mp4": "video/mp4"}


def read_request(request: Received) -> ChatRequest:
    """Return what a request asks for."""
    body = json_object(request.json, "the body")
    config = member(body, "toolConfig")
    return ChatRequest(
        model=unquote(request.path.partition("/model/")[2].partition("/")[0]),
        messages=list(_read_messages(body)),
        settings=_read_settings(body),
        tools=tuple(_read_tool(member(each, "toolSpec")) for each in _unmarked(config.get("tools"))),
        tool_choice=_read_choice(member(config, "toolChoice")),
        output=_read_format(member(member(body, "outputConfig"), "textFormat")),
    )


def _read_settings(body: Mapping[str, Any]) -> Settings:
    """Return the settings: those of Converse, and those of the models of Anthropic and of Amazon."""
    more = member(body, "additionalModelRequestFields")
    choice = member(more, "tool_choice").get("disable_parallel_tool_use")
    return settings_of(
        (member(body, "inferenceConfig"), _SETTINGS),
        (more, {"top_k": "top_k"}),
        (member(more, "inferenceConfig"), {"topK": "top_k"}),
        service_tier=member(body, "serviceTier").get("type"),
        parallel_tool_calls=None if choice is None else not choice,
        cache=_read_cache(body),
    )


def _read_cache(body: Mapping[str, Any]) -> str | None:
    """Return for how long the first prefix that is marked shall be cached."""
    places = [member(body, "toolConfig").get("tools"), body.get("system")]
    places += [each.get("content") for each in listed(body["messages"], "messages")]
    blocks = [block for place in places for block in listed(place, "blocks")]
    marks = [block["cachePoint"] for block in blocks if "cachePoint" in block]
    return marks[0].get("ttl", "5m") if marks else None


def _read_messages(body: Mapping[str, Any]) -> Iterator[Message]:
    if body.get("system"):
        yield Message("system", [Text(text=each["text"]) for each in _unmarked(body["system"])])
    for message in listed(body["messages"], "messages"):
        role = string(message["role"], "the role")
        if role not in {"user", "assistant"}:
            text = f"the role must be user or assistant, not {role!r}"
            raise ValueError(text)
        yield Message(role, [_read_block(each) for each in _unmarked(message["content"])])


def _unmarked(blocks: Any) -> list[Json]:
    """Return blocks without the marks of prefixes between them, which are a setting."""
    return [block for block in listed(blocks, "blocks") if "cachePoint" not in block]


def _read_block(block: Json) -> Part:
    ((kind, value),) = block.items()
    readers: Mapping[str, PartReader] = {
        "text": lambda each: Text(text=string(each["text"], "text")),
        "image": _read_media,
        "document": _read_media,
        "audio": _read_media,
        "video": _read_media,
        "toolUse": lambda each: _read_call(each["toolUse"]),
        "toolResult": lambda each: _read_result(each["toolResult"]),
        "reasoningContent": lambda _: Reasoning(redacted=True),
    }
    return chosen(readers, kind, {kind: value})


def _read_media(block: Json) -> Part:
    (known,) = block.values()
    return base64_media(member(known, "source").get("bytes"), _FORMATS[known["format"]])


def _read_call(value: Json) -> ToolCall:
    given = json.dumps(json_object(value["input"], "input"))
    return ToolCall(call_id=string(value["toolUseId"], "toolUseId"), name=value["name"], arguments=given)


def _read_result(value: Json) -> ToolResult:
    content: Any = [Data(value=each["json"]) if "json" in each else _read_block(each) for each in value["content"]]
    outcome = "error" if value.get("status") == "error" else "ok"
    return ToolResult(call_id=value.get("toolUseId", ""), name="", content=content, outcome=outcome)


def _read_tool(spec: Json) -> Tool:
    schema = json_object(member(spec, "inputSchema")["json"], "json")
    return Tool(name=spec["name"], description=spec.get("description"), schema=schema)


def _read_choice(choice: Json) -> ToolChoice:
    ((kind, value),) = choice.items() or {"auto": {}}.items()
    return ToolChoice(_CHOICES[kind], value.get("name"))


def _read_format(form: Json) -> OutputFormat:
    if not form:
        return OutputFormat()
    schema = member(member(form, "structure"), "jsonSchema")
    return OutputFormat("json_schema", schema=json.loads(schema["schema"]), name=schema.get("name"))


CONVERSE = ServerDialect(
    name="converse",
    framing=binary_framing(MEDIA_TYPE, _headers("contentBlockDelta")),
    endings=("/converse", "/converse-stream"),
    is_streamed=lambda request: request.path.endswith("/converse-stream"),
    read_request=read_request,
    opening=(_START,),
    speak=_speak,
    closing=lambda _: (_stop(0), *_end()),
    unfinished=(_stop(0), _event("metadata", usage=_USAGE)),
    unknown=(_event("novelty", novelty={"a": 1}), _delta(0, novelty={"a": 2})),
    whole=lambda text: _whole({"text": text}),
    hollow={"metrics": {"latencyMs": 7}},
    error=_error,
    failing=binary_message(
        b'{"message": "busy"}',
        {
            ":exception-type": "serviceUnavailableException",
            ":content-type": "application/json",
            ":message-type": "exception",
        },
    ),
    coded={
        "context_overflow": (400, {"__type": "ValidationException", "message": "Input is too long for this model."}),
        "insufficient_quota": (400, {"__type": "ServiceQuotaExceededException", "message": "no more of it"}),
        "error_code_number": (404, {"error": {"message": "no such model", "code": 404}}),
        "error_text": (404, {"error": "no such model"}),
        "error_detail": (404, {"detail": "no such model"}),
        "error_foreign": (503, {"error": {"message": "busy", "type": "server_error", "code": None}}),
    },
    unusual_replies=_UNUSUAL,
    identity=(None, None),
    request_id="x-amzn-requestid",
    finish=_fine,
    finishes={
        "end_turn": "stop",
        "stop_sequence": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "guardrail_intervened": "content_filter",
        "content_filtered": "content_filter",
        "malformed_model_output": "error",
    },
    counts={
        "plain": _counted(Usage(input_tokens=3, output_tokens=2), inputTokens=3, outputTokens=2),
        "cache": _counted(
            Usage(input_tokens=9, output_tokens=2, cache_read_tokens=4, cache_write_tokens=2),
            inputTokens=3,
            outputTokens=2,
            cacheReadInputTokens=4,
            cacheWriteInputTokens=2,
        ),
    },
    calling=_calling,
    reasoned=_REASONED,
    sealed=SampleSeal(reply=_REASONED, words=("signature-1",)),
)
