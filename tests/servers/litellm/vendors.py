"""Replies of the vendors behind LiteLLM: whole replies, streams and finish reasons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import frozen

from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = ("Hel", "lo ☃")
TEXT = "".join(WORDS)
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
FACTS = {"id": "answer-1", "created": 1, "model": "served", "service_tier": "on_demand"}


def event(value: Any) -> bytes:
    name = f"event: {value['type']}\n" if "type" in value else ""
    return f"{name}data: {json.dumps(value)}\n\n".encode()


def openai_whole(reason: str) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": reason}
    return Reply.json({**FACTS, "object": "chat.completion", "choices": [choice], "usage": USAGE})


def openai_stream(reason: str | None) -> Reply:
    def chunk(delta: Any, end: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": end}
        return event({**FACTS, "object": "chat.completion.chunk", "choices": [choice]})

    pieces = [chunk({"role": "assistant", "content": ""}), *(chunk({"content": word}) for word in WORDS)]
    if reason is not None:
        last = event({**FACTS, "object": "chat.completion.chunk", "choices": [], "usage": USAGE})
        pieces += [chunk({}, reason), last, b"data: [DONE]\n\n"]
    return Reply.sse(*pieces)


def anthropic_whole(reason: str) -> Reply:
    content = [{"type": "thinking", "thinking": "hm", "signature": "SIG"}, {"type": "text", "text": TEXT}]
    head = {"id": "answer-1", "type": "message", "role": "assistant", "model": "served", "content": content}
    return Reply.json({**head, "stop_reason": reason, "usage": {"input_tokens": 3, "output_tokens": 2}})


def anthropic_stream(reason: str | None) -> Reply:
    head = {"id": "answer-1", "type": "message", "role": "assistant", "model": "served", "content": []}
    start = {"type": "message_start", "message": {**head, "usage": {"input_tokens": 3, "output_tokens": 1}}}
    blocks = [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "SIG"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        *({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": w}} for w in WORDS),
        {"type": "content_block_stop", "index": 1},
    ]
    end = [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]
    return Reply.sse(*map(event, [start, *blocks, *(end if reason else ())]))


def gemini_candidate(text: str, reason: str | None = None) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    return {"index": 0, "content": content, **({"finishReason": reason} if reason else {})}


GEMINI_USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def gemini_whole(reason: str) -> Reply:
    body = {"candidates": [gemini_candidate(TEXT, reason)], "usageMetadata": GEMINI_USAGE, "modelVersion": "served"}
    return Reply.json(body)


def gemini_stream(reason: str | None) -> Reply:
    pieces = [event({"candidates": [gemini_candidate(WORDS[0])]})]
    if reason is not None:
        pieces.append(event({"candidates": [gemini_candidate(WORDS[1], reason)], "usageMetadata": GEMINI_USAGE}))
    return Reply.sse(*pieces)


@frozen(kw_only=True)
class Vendor:
    """Describe a vendor: how to configure it, the request that it must get, and its replies.

    `config` holds arguments of LLMConfig, with `{url}` for the loopback server; `replaced` pairs a finish reason that
    LiteLLM replaces by "stop" with its meaning.
    """

    config: dict[str, Any]
    path: str
    stream_path: str
    model: str | None
    key_header: tuple[str, str]
    whole: Callable[[str], Reply]
    stream: Callable[[str | None], Reply]
    stop: str
    replaced: tuple[str, str]


KEY = "sk-given-0123456789"
BEARER = ("authorization", f"Bearer {KEY}")


def like_openai(
    config: dict[str, Any], path: str, model: str, header: tuple[str, str], replaced: tuple[str, str]
) -> Vendor:
    return Vendor(
        config=config,
        path=path,
        stream_path=path,
        model=model,
        key_header=header,
        whole=openai_whole,
        stream=openai_stream,
        stop="stop",
        replaced=replaced,
    )


AZURE_PATH = "/openai/deployments/gpt-4/chat/completions?api-version=2023-05-15"

VENDORS = {
    "openai": like_openai(
        {"model": "gpt-4", "api_base": "{url}"}, "/v1/chat/completions", "gpt-4", BEARER, ("surprise", "other")
    ),
    "anthropic": Vendor(
        config={"model": "claude-3-5-sonnet-20241022", "api_base": "{url}"},
        path="/v1/messages",
        stream_path="/v1/messages",
        model="claude-3-5-sonnet-20241022",
        key_header=("x-api-key", KEY),
        whole=anthropic_whole,
        stream=anthropic_stream,
        stop="end_turn",
        replaced=("pause_turn", "paused"),
    ),
    "gemini": Vendor(
        config={"model": "gemini-pro", "api_base": "{url}"},
        path="/v1beta/models/gemini-pro:generateContent",
        stream_path="/v1beta/models/gemini-pro:streamGenerateContent?alt=sse",
        model=None,
        key_header=("x-goog-api-key", KEY),
        whole=gemini_whole,
        stream=gemini_stream,
        stop="STOP",
        replaced=("MALFORMED_FUNCTION_CALL", "error"),
    ),
    "azure": like_openai(
        {"model": "gpt-4", "api_base": "{url}", "api_version": "2023-05-15", "custom_llm_provider": "azure"},
        AZURE_PATH,
        "gpt-4",
        ("api-key", KEY),
        ("surprise", "other"),
    ),
    "groq": like_openai(
        {"model": "llama2-70b-4096", "api_base": "{url}/openai/v1"},
        "/openai/v1/chat/completions",
        "llama2-70b-4096",
        BEARER,
        ("abort", "error"),
    ),
    "openrouter": like_openai(
        {"model": "openai/gpt-4", "api_base": "{url}/api/v1", "custom_llm_provider": "openrouter"},
        "/api/v1/chat/completions",
        "openai/gpt-4",
        BEARER,
        ("error", "error"),
    ),
}
