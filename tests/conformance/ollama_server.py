"""The dialect of an Ollama server: https://docs.ollama.com/api/chat and https://docs.ollama.com/api/errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dragoman import (
    NO,
    YES,
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    Message,
    OutputFormat,
    Part,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from dragoman.testing.faults import (
    LINES,
    EmbeddingEndpoint,
    LearningEndpoint,
    ListingEndpoint,
    PromptEndpoint,
    SampleCall,
    SampleReply,
    SampleUsage,
    ServerDialect,
)
from dragoman.testing.framings import json_line
from dragoman.testing.reply import Received
from dragoman.testing.request_reading import (
    Pairing,
    base64_media,
    json_object,
    listed,
    of_kind,
    settings_of,
    string,
)

Json = dict[str, Any]
_COUNTS = {"prompt_eval_count": 3, "eval_count": 2}


def _chunk(content: Any = "", **message: Any) -> Json:
    said = {"role": "assistant", "content": content, **message}
    return {"model": "served", "created_at": "2026-08-07T06:08:14.732370123Z", "message": said, "done": False}


def _done(reason: str = "stop", counts: Json | None = None) -> Json:
    durations = {"total_duration": 4819895166, "load_duration": 27509166}
    report = _COUNTS if counts is None else counts
    return {"done": True, "done_reason": reason, **durations, **report}


def _end(reason: str = "stop", counts: Json | None = None) -> bytes:
    return json_line({**_chunk(), **_done(reason, counts)})


def _whole(message: Json, reason: str = "stop", counts: Json | None = None) -> Json:
    return {**_chunk(**message), **_done(reason, counts)}


def _reply(*messages: Json, reason: str = "stop", counts: Json | None = None, whole: Json | None = None) -> SampleReply:
    """Return an answer in pieces, and whole; the members of all pieces together unless given."""
    events = (*(json_line(_chunk(**each)) for each in messages), _end(reason, counts))
    known: Json = {name: value for each in messages for name, value in each.items()}
    return SampleReply(events=events, whole=_whole(known if whole is None else whole, reason, counts))


def _call(name: str, arguments: Json, call_id: str = "") -> Json:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "function": function} if call_id else {"function": function}


def _calling(calls: Sequence[SampleCall]) -> SampleReply | None:
    """Return each call in one line, as the dialect does. Its arguments must be an object."""
    if any(each.given is None for each in calls):
        return None
    made = [_call(each.name, each.given or {}, each.call_id) for each in calls]
    return _reply(*({"tool_calls": [each]} for each in made), whole={"tool_calls": made})


def _counted(usage: Usage, **report: int) -> SampleUsage:
    return SampleUsage(reply=_reply({"content": "fine"}, counts=report), usage=usage)


def is_streamed(request: Received) -> bool:
    """Return whether a request asks for a stream, which is the default of the API."""
    body: Any = json.loads(request.body)
    return body.get("stream", True)


_OSLO, _ROME = _call("weather", {"city": "Oslo"}), _call("weather", {"city": "Rome"})

_SETTINGS = {
    "num_predict": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
}


def read_request(request: Received) -> ChatRequest:
    """Return what a request asks for. Calls may have no ids: results follow in their order, with the tool's name."""
    body, pairing = json_object(request.json, "the body"), Pairing()
    think = body.get("think")
    return ChatRequest(
        model=body["model"],
        messages=[_read_message(each, pairing) for each in listed(body["messages"], "messages")],
        settings=settings_of(
            (body.get("options") or {}, _SETTINGS),
            (body, {"logprobs": "logprobs", "top_logprobs": "top_logprobs"}),
            effort=think if isinstance(think, str) else None,
        ),
        tools=tuple(_read_tool(of_kind(each, "function")["function"]) for each in listed(body.get("tools"), "tools")),
        output=_read_format(body.get("format")),
    )


def _read_message(value: Json, pairing: Pairing) -> Message:
    role, content = string(value["role"], "the role"), value.get("content") or ""
    if role == "tool":
        name = string(value.get("tool_name"), "tool_name")
        call_id = pairing.result(name, value.get("tool_call_id"))
        return Message("tool", ToolResult(call_id=call_id, name=name, content=string(content, "content")))
    parts: list[Part] = [Text(text=string(content, "content"))] if content else []
    parts += [base64_media(each, _image_type(each)) for each in value.get("images") or ()]
    for each in listed(value.get("tool_calls"), "tool_calls"):
        name = string(each["function"]["name"], "the name of a call")
        given = json.dumps(json_object(each["function"]["arguments"], "arguments"))
        parts.append(ToolCall(call_id=pairing.call(name, each.get("id")), name=name, arguments=given))
    return Message(role, parts)


def _image_type(data: str) -> str:
    """Return the type of an image, which the dialect leaves to its first bytes."""
    return "image/png" if data.startswith("iVBORw0KGgo") else "image/jpeg"


def _read_tool(function: Json) -> Tool:
    return Tool(name=function["name"], description=function.get("description"), schema=function["parameters"])


def _read_format(value: Any) -> OutputFormat:
    if value is None:
        return OutputFormat()
    return OutputFormat("json") if value == "json" else OutputFormat("json_schema", schema=json_object(value, "format"))


def _read_prompt(request: Received) -> CompletionRequest:
    """Return a prompt: https://docs.ollama.com/api/generate."""
    body = json_object(request.json, "the body")
    return CompletionRequest(
        model=body["model"],
        prompt=string(body.get("prompt"), "prompt"),
        suffix=body.get("suffix"),
        settings=settings_of((body.get("options") or {}, _SETTINGS)),
    )


def _completed(text: str) -> SampleReply:
    half = len(text) // 2
    said = {"model": "served", "created_at": "2026-08-07T06:08:14.732370123Z", "done": False}
    events = (*(json_line({**said, "response": piece}) for piece in (text[:half], text[half:])),)
    end = {**said, "response": "", **_done()}
    return SampleReply(events=(*events, json_line(end)), whole={**end, "response": text})


def _read_texts(request: Received) -> EmbeddingRequest:
    """Return texts: https://docs.ollama.com/api/embed."""
    body = json_object(request.json, "the body")
    texts: Any = body["input"]
    return EmbeddingRequest(model=body["model"], texts=(texts,) if isinstance(texts, str) else tuple(texts))


OLLAMA = ServerDialect(
    name="ollama",
    read_request=read_request,
    framing=LINES,
    endings=("/api/chat", "/api/generate"),
    is_streamed=is_streamed,
    opening=(),
    speak=lambda text: json_line(_chunk(text)),
    closing=lambda _: (_end(),),
    unfinished=(json_line(_chunk()),),
    unknown=(json_line({"novelty": {"a": 1}}), json_line({**_chunk(), "novelty": 2})),
    whole=lambda text: _whole({"content": text}),
    hollow={"model": "served", "done": True},
    error=lambda status: {"error": f"status {status} was asked for"},
    failing=json_line({"error": "an error was encountered while running the model: unexpected EOF"}),
    coded={
        "context_overflow": (400, {"error": "prompt too long; exceeded max context length by 12 tokens"}),
        "error_code_number": (404, {"error": {"message": "no such model", "code": 404}}),
        "error_text": (404, {"error": "no such model"}),
        "error_detail": (404, {"detail": "no such model"}),
        "error_foreign": (503, {"error": {"message": "busy", "type": "server_error", "code": None}}),
    },
    unusual_replies={
        "too_long": _reply({"content": "fine"}, reason="length"),
        "tools_interleaved": _reply(
            {"tool_calls": [_OSLO]}, {"tool_calls": [_ROME]}, whole={"tool_calls": [_OSLO, _ROME]}
        ),
        "tool_without_arguments": _reply({"tool_calls": [_call("clock", {})]}),
        "usage_absent": _reply({"content": "fine"}, counts={}),
        "usage_last": _reply({"content": "fine"}),
        "nulls": SampleReply(
            events=(
                json_line({**_chunk(), "message": None}),
                json_line(_chunk(None, thinking=None, tool_calls=None)),
                json_line(_chunk("fine")),
                _end(),
            ),
            whole=_whole({"content": "fine", "thinking": None, "tool_calls": None}),
        ),
    },
    identity=(None, "served"),
    finish=lambda reason: _reply({"content": "fine"}, reason=reason),
    finishes={"stop": "stop", "length": "length", "load": "other", "unload": "other"},
    counts={
        "plain": _counted(Usage(input_tokens=3, output_tokens=2), prompt_eval_count=3, eval_count=2),
        "of a cached prompt": _counted(Usage(output_tokens=2), eval_count=2),
    },
    calling=_calling,
    reasoned=_reply({"thinking": "hm"}, {"content": "fine"}),
    prompts=PromptEndpoint(endings=("/api/generate",), read=_read_prompt, reply=_completed),
    embeddings=EmbeddingEndpoint(
        endings=("/api/embed",),
        read=_read_texts,
        reply=lambda _, vectors: {"model": "served", "embeddings": [list(each) for each in vectors]},
    ),
    learning=LearningEndpoint(
        read=lambda request: string(json_object(request.json, "the body")["model"], "model"),
        reply={
            "capabilities": ["completion", "tools"],
            "model_info": {"general.architecture": "llama", "llama.context_length": 4711},
        },
        learned={"context_tokens": 4711, "tools": YES, "reasoning": NO},
    ),
    listing=ListingEndpoint(
        endings=("/api/tags",), reply=lambda _, names: {"models": [{"name": each, "model": each} for each in names]}
    ),
)
