"""The dialect of Cohere's server: https://docs.cohere.com/docs/streaming and https://docs.cohere.com/reference/errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dragoman import (
    ChatRequest,
    Data,
    EmbeddingRequest,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)
from dragoman.testing.faults import (
    EmbeddingEndpoint,
    ListingEndpoint,
    SampleCall,
    SampleReply,
    SampleSeal,
    SampleUsage,
    ServerDialect,
    event,
)
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    PartReader,
    chosen,
    json_object,
    linked_media,
    listed,
    member,
    settings_of,
    string,
)

Json = dict[str, Any]

_USAGE: Json = {
    "billed_units": {"input_tokens": 1, "output_tokens": 2},
    "tokens": {"input_tokens": 3.0, "output_tokens": 2.0},
}


def _sent(kind: str, message: Json | None = None, index: int = 0, **delta: Any) -> bytes:
    said = {} if message is None else {"message": message}
    return event({"type": kind, "index": index, "delta": {**said, **delta}}, kind)


def _text(words: str | None, index: int = 0) -> bytes:
    return _sent("content-delta", {"content": {"text": words}}, index)


def _end(reason: str | None, usage: Json | None = _USAGE) -> bytes:
    return _sent("message-end", finish_reason=reason, usage=usage)


def _whole(*content: Json, reason: str = "COMPLETE", usage: Json | None = _USAGE, **message: Any) -> Json:
    said = {"role": "assistant", "content": list(content), **message}
    return {"id": "m1", "finish_reason": reason, "message": said, "usage": usage}


def _called(call_id: str, name: str, arguments: str) -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _begins(call_id: str, name: str, index: int = 0) -> bytes:
    return _sent("tool-call-start", {"tool_calls": _called(call_id, name, "")}, index)


def _argues(piece: str, index: int = 0) -> bytes:
    return _sent("tool-call-delta", {"tool_calls": {"function": {"arguments": piece}}}, index)


_START = event({"type": "message-start", "id": "m1", "delta": {"message": {"role": "assistant"}}}, "message-start")
_OPEN = _sent("content-start", {"content": {"type": "text", "text": ""}})
_FINE: Json = {"type": "text", "text": "fine"}
_SAID = (_START, _OPEN, _text("fine"))
_OSLO, _ROME = '{"city": "Oslo"}', '{"city": "Rome"}'


def _finishing(reason: str) -> SampleReply:
    return SampleReply(events=(*_SAID, _end(reason)), whole=_whole(_FINE, reason=reason))


def _calling(calls: Sequence[SampleCall]) -> SampleReply:
    events = [_START, _sent("tool-plan-delta", {"tool_plan": "I will look."})]
    for index, each in enumerate(calls):
        events += [_begins(each.call_id, each.name, index), *(_argues(piece, index) for piece in each.pieces)]
        events.append(_sent("tool-call-end", index=index))
    tools = [_called(each.call_id, each.name, each.arguments) for each in calls]
    whole = _whole(reason="TOOL_CALL", tool_calls=tools, tool_plan="I will look.")
    return SampleReply(events=(*events, _end("TOOL_CALL")), whole=whole)


def _counting(report: Json, usage: Usage) -> SampleUsage:
    answer = SampleReply(events=(*_SAID, _end("COMPLETE", report)), whole=_whole(_FINE, usage=report))
    return SampleUsage(reply=answer, usage=usage)


_CITED: Json = {
    "start": 0,
    "end": 4,
    "text": "fine",
    "sources": [{"type": "document", "id": "doc:0", "document": {"id": "doc:0", "text": "It is fine."}}],
    "type": "TEXT_CONTENT",
}
_UNUSUAL = {
    "tools_interleaved": SampleReply(
        events=(
            *(_START, _begins("c1", "weather"), _argues(_OSLO[:7]), _begins("c2", "weather", 1), _argues(_ROME, 1)),
            *(_argues(_OSLO[7:]), _end("TOOL_CALL")),
        ),
        whole=_whole(reason="TOOL_CALL", tool_calls=[_called("c1", "weather", _OSLO), _called("c2", "weather", _ROME)]),
    ),
    "tool_without_arguments": SampleReply(
        events=(_START, _begins("c1", "clock"), _sent("tool-call-end"), _end("TOOL_CALL")),
        whole=_whole(reason="TOOL_CALL", tool_calls=[_called("c1", "clock", "null")]),
    ),
    "tool_cut": SampleReply(
        events=(_START, _begins("c1", "weather"), _argues('{"city":"Os'), _end("MAX_TOKENS")),
        whole=_whole(reason="MAX_TOKENS", tool_calls=[_called("c1", "weather", '{"city":"Os')]),
    ),
    "citations": SampleReply(
        events=(*_SAID, _sent("citation-start", {"citations": _CITED}), _sent("citation-end"), _end("COMPLETE")),
        whole=_whole(_FINE, citations=[_CITED]),
    ),
    "too_long": _finishing("MAX_TOKENS"),
    "usage_absent": SampleReply(events=(*_SAID, _end("COMPLETE", None)), whole=_whole(_FINE, usage=None)),
    "usage_last": _finishing("COMPLETE"),
    "nulls": SampleReply(
        events=(_START, _sent("content-start", {"content": None}), _text(None), _text("fine"), _end("COMPLETE")),
        whole=_whole(_FINE, tool_calls=None, tool_plan=None, citations=None),
    ),
}

_SEALED = SampleReply(
    events=(
        _START,
        _sent("tool-plan-delta", {"tool_plan": "plan-1"}),
        _sent("content-start", {"content": {"type": "thinking", "thinking": ""}}),
        _sent("content-delta", {"content": {"thinking": "thought-1"}}),
        _text("fine", 1),
        _end("COMPLETE"),
    ),
    whole=_whole({"type": "thinking", "thinking": "thought-1"}, _FINE, tool_plan="plan-1"),
)

_SETTINGS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "stop_sequences": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "logprobs": "logprobs",
}
_MEMBERS = {
    *("model", "messages", "stream", "tools", "tool_choice", "strict_tools", "documents", "citation_options"),
    *("response_format", "safety_mode", "thinking", "priority", *_SETTINGS),
}
_CHOICES = {"REQUIRED": "required", "NONE": "none"}
_PARTS: Mapping[str, PartReader] = {
    "text": lambda value: Text(text=string(value.get("text"), "text")),
    "thinking": lambda value: Reasoning(text=string(value.get("thinking"), "thinking")),
    "image_url": lambda value: linked_media(member(value, "image_url").get("url"), "image/*"),
    "document": lambda value: Data(value=json_object(member(value, "document").get("data"), "data")),
}


def read_request(request: Received) -> ChatRequest:
    """Return what a request asks for: https://docs.cohere.com/reference/chat."""
    body = json_object(request.json, "the body")
    if foreign := set(body) - _MEMBERS:
        message = f"unknown fields: {sorted(foreign)}"
        raise ValueError(message)
    tools = listed(body.get("tools"), "tools")
    if "response_format" in body and (tools or body.get("documents")):
        message = "response_format is not supported with tools or documents"
        raise ValueError(message)
    choice = body.get("tool_choice")
    return ChatRequest(
        model=string(body.get("model"), "model"),
        messages=[_read_message(each) for each in listed(body["messages"], "messages")],
        settings=settings_of((body, _SETTINGS)),
        tools=tuple(_read_tool(each["function"], strict=body.get("strict_tools")) for each in tools),
        tool_choice=ToolChoice("auto" if choice is None else _CHOICES[choice]),
        output=_read_format(body.get("response_format")),
    )


def _read_message(value: Json) -> Message:
    role, content = string(value["role"], "the role"), value.get("content")
    parts: list[Part] = [Text(text=content)] if isinstance(content, str) else []
    if not isinstance(content, str):
        parts += [chosen(_PARTS, string(each.get("type"), "type"), each) for each in listed(content, "content")]
    if role == "tool":
        return Message("tool", ToolResult(call_id=string(value["tool_call_id"], "an id"), name="", content=parts))
    if plan := value.get("tool_plan"):
        parts.insert(0, Reasoning(text=plan))
    for each in listed(value.get("tool_calls"), "tool_calls"):
        function = member(each, "function")
        parts.append(
            ToolCall(
                call_id=string(each.get("id"), "the id of a call"),
                name=string(function.get("name"), "the name of a call"),
                arguments=string(function.get("arguments"), "arguments"),
            )
        )
    if not parts:
        message = "a message needs content or calls"
        raise ValueError(message)
    return Message(role, parts)


def _read_tool(function: Json, *, strict: Any) -> Tool:
    schema = json_object(function["parameters"], "parameters")
    return Tool(name=function["name"], description=function.get("description"), schema=schema, strict=strict)


def _read_format(value: Any) -> OutputFormat:
    if value is None:
        return OutputFormat()
    known = json_object(value, "response_format")
    if known["type"] != "json_object":
        message = f"unknown type {known['type']!r} of response_format"
        raise ValueError(message)
    schema = known.get("json_schema")
    return OutputFormat("json") if schema is None else OutputFormat("json_schema", schema=schema)


def _read_texts(request: Received) -> EmbeddingRequest:
    """Return texts: https://docs.cohere.com/reference/embed."""
    body = json_object(request.json, "the body")
    string(body.get("input_type"), "input_type")
    return EmbeddingRequest(model=string(body.get("model"), "model"), texts=tuple(body["texts"]))


def _embedded(request: Received, vectors: Sequence[Sequence[float]]) -> Json:
    [kind] = request.json["embedding_types"]
    meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 3}}
    return {"id": "e1", "embeddings": {kind: [list(each) for each in vectors]}, "meta": meta}


def _page(request: Received, names: Sequence[str]) -> Json:
    """Return a page of two models: https://docs.cohere.com/reference/list-models."""
    [token] = parse_qs(urlsplit(request.path).query).get("page_token", ["0"])
    start = int(token)
    more = {"next_page_token": str(start + 2)} if start + 2 < len(names) else {}
    return {"models": [{"name": name, "endpoints": ["chat"]} for name in names[start : start + 2]], **more}


COHERE = ServerDialect(
    name="cohere",
    endings=("/v2/chat",),
    opening=(_START, _OPEN),
    speak=_text,
    closing=lambda _: (_sent("content-end"), _end("COMPLETE")),
    unfinished=(_sent("content-end"),),
    unknown=(event({"type": "novelty", "a": 1}, "novelty"),),
    whole=lambda words: _whole({"type": "text", "text": words}),
    hollow={"id": "m1"},
    error=lambda status: {"id": "e1", "message": f"status {status} was asked for"},
    failing=_sent("message-end", error="the model is overloaded", finish_reason="ERROR"),
    coded={
        "context_overflow": (400, {"message": "too many tokens: size limit exceeded by 9 tokens"}),
        "insufficient_quota": (
            429,
            {"message": "You are using a Trial key, which is limited to 1000 API calls / month."},
        ),
        "bad_token": (498, {"message": "invalid api token"}),
    },
    unusual_replies=_UNUSUAL,
    identity=("m1", None),
    finish=_finishing,
    finishes={
        "COMPLETE": "stop",
        "STOP_SEQUENCE": "stop",
        "MAX_TOKENS": "length",
        "ERROR": "error",
        "TIMEOUT": "error",
    },
    counts={
        "plain": _counting(_USAGE, Usage(input_tokens=3, output_tokens=2)),
        "cached": _counting(
            {**_USAGE, "cached_tokens": 1}, Usage(input_tokens=3, output_tokens=2, cache_read_tokens=1)
        ),
        "billed alone": _counting(
            {"billed_units": {"input_tokens": 1, "output_tokens": 2}}, Usage(input_tokens=1, output_tokens=2)
        ),
    },
    calling=_calling,
    sealed=SampleSeal(reply=_SEALED, words=("plan-1", "thought-1")),
    read_request=read_request,
    embeddings=EmbeddingEndpoint(endings=("/v2/embed",), read=_read_texts, reply=_embedded),
    listing=ListingEndpoint(endings=("/v1/models",), reply=_page),
    reasoned=SampleReply(
        events=(
            _START,
            _sent("content-start", {"content": {"type": "thinking", "thinking": ""}}),
            _sent("content-delta", {"content": {"thinking": "hm"}}),
            _sent("content-end"),
            _sent("content-start", {"content": {"type": "text", "text": ""}}, 1),
            _text("fine", 1),
            _end("COMPLETE"),
        ),
        whole=_whole({"type": "thinking", "thinking": "hm"}, _FINE),
    ),
)
