from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    CompletionRequest,
    ConfigurationError,
    ContentFilterError,
    ContextWindowExceededError,
    LLMConfig,
    Message,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    Reasoning,
    Response,
    Seal,
    ServerError,
    StreamInterruptedError,
    Text,
    ToolResult,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_litellm_proxy.chat import LiteLLMProxyChat
from recordings import Recording, cases
from replay.chat_bodies import difference, has_conversation

OPTIONS = {"stream_options": "stream_options", "user": "user"}
OK = {"choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]}
HEADERS = {
    "x-litellm-response-cost": "0.00012",
    "x-litellm-call-id": "call-1",
    "x-litellm-model-id": "model-1",
    "x-litellm-attempted-retries": "1",
    "x-litellm-key-spend": "None",
    "llm_provider-x-request-id": "up-1",
}
TOLD = {"litellm_call_id": "call-1", "litellm_model_id": "model-1", "cost": 0.00012, "attempted_retries": 1.0}


def config(url: str = "http://127.0.0.1:4000", **more: Any) -> LLMConfig:
    wanted = {"model": "team", "provider": "litellm_proxy", "api_key": "sk-proxy", **more}
    return LLMConfig(api_base=url, **wanted)


def chunks(*each: dict[str, Any], headers: dict[str, str] | None = None) -> Reply:
    body = "".join(f"data: {json.dumps(value)}\n\n" for value in each)
    return Reply.sse(body.encode(), headers=headers or {})


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


async def ask(answer: Reply, *, stream: bool = False) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(server.url)) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as events:
                return await events.collect()


@pytest.mark.parametrize("recording", cases("litellm_proxy.chat", has_conversation))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    wanted = config(model=recording.request.body["model"], temperature=None, max_tokens=None)

    assert difference(recording, wanted, OPTIONS) == {}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:4000", "http://127.0.0.1:4000/v1/chat/completions"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:4000/v1/chat/completions"),
        ("http://127.0.0.1:4000/v1", "http://127.0.0.1:4000/v1/chat/completions"),
        ("https://gw.example/litellm", "https://gw.example/litellm/chat/completions"),
        ("https://gw.example/litellm/v1/", "https://gw.example/litellm/v1/chat/completions"),
    ],
)
def test_a_base_url_may_lack_its_version(base: str, url: str) -> None:
    assert LLM(config(base)).build_request("hi").url == url


def test_only_the_proxys_own_prefix_is_taken_off() -> None:
    llm = LLM(LLMConfig(model="litellm_proxy/openai/gpt-4", api_base="http://127.0.0.1:4000"))

    assert llm.build_request("hi").body["model"] == "openai/gpt-4"


def test_a_base_url_is_needed_and_a_key_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="LITELLM_PROXY_API_BASE"):
        LLM(LLMConfig(model="litellm_proxy/x")).build_request("hi")

    monkeypatch.setenv("LITELLM_PROXY_API_BASE", "https://proxy.example")
    assert "authorization" not in LLM(LLMConfig(model="litellm_proxy/x")).build_request("hi").headers
    monkeypatch.setenv("LITELLM_PROXY_API_KEY", "sk-ambient")
    assert LLM(LLMConfig(model="litellm_proxy/x")).build_request("hi").headers["authorization"] == "********"
    assert "authorization" not in LLM(config("https://else.example", api_key=None)).build_request("hi").headers


def test_wishes_for_the_proxy() -> None:
    request = LLM(config()).build_request(
        "hi",
        metadata={"a": 1},
        tags=["t"],
        guardrails=["g"],
        proxy_fallbacks=["other"],
        proxy_cache={"no-cache": True},
        proxy_timeout=5,
        proxy_stream_timeout=1.5,
        proxy_retries=2,
        session_id="s",
        trace_id="t",
        spend_logs_metadata={"name": "Zoë"},
        extra_body={"x": 1},
        top_k=4,
    )

    sent = {
        "metadata": {"a": 1},
        "tags": ["t"],
        "guardrails": ["g"],
        "fallbacks": ["other"],
        "cache": {"no-cache": True},
    }
    assert {name: request.body[name] for name in sent} == sent
    assert (request.body["x"], request.body["top_k"]) == (1, 4)
    assert {name: value for name, value in request.headers.items() if name.startswith("x-litellm-")} == {
        "x-litellm-timeout": "5",
        "x-litellm-stream-timeout": "1.5",
        "x-litellm-num-retries": "2",
        "x-litellm-session-id": "s",
        "x-litellm-trace-id": "t",
        "x-litellm-spend-logs-metadata": '{"name": "Zo\\u00eb"}',
    }


async def test_cost_and_ids_come_from_the_headers() -> None:
    whole = await ask(Reply.json(OK, headers=HEADERS))
    streamed = await ask(chunks(chunk({"content": "hi"}), chunk({}, "stop"), headers=HEADERS), stream=True)

    assert streamed.metadata == whole.metadata == TOLD
    assert whole.headers["llm_provider-x-request-id"] == "up-1"
    assert (await ask(chunks(chunk({"content": "hi"}, "stop")), stream=True)).metadata == {}


async def test_cost_and_cache_come_from_the_usage_too() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "cost": 0.5, "cache_creation_input_tokens": 4}

    response = await ask(Reply.json({**OK, "usage": usage}))

    assert (response.metadata, response.usage.cache_write_tokens) == ({"cost": 0.5}, 4)


async def test_what_models_signed_is_read_alike_whole_and_streamed_and_goes_back_unchanged() -> None:
    blocks = [{"type": "thinking", "thinking": "hmm", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]
    fields = {"thought_signature": "g"}
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "provider_specific_fields": fields,
    }
    message = {"content": "a", "reasoning_content": "hmm", "thinking_blocks": blocks, "tool_calls": [call]}
    whole = await ask(Reply.json({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}))
    streamed = await ask(
        chunks(
            chunk({"reasoning_content": "h", "thinking_blocks": [{"type": "thinking", "thinking": "h"}]}),
            chunk({"reasoning_content": "mm", "thinking_blocks": [{"type": "thinking", "thinking": "mm"}]}),
            chunk(
                {"reasoning_content": "", "thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "s"}]}
            ),
            chunk({"thinking_blocks": [blocks[1]]}),
            chunk({"content": "a"}),
            chunk({"tool_calls": [{"index": 0, **call, "function": {"name": "f", "arguments": "{"}}]}),
            chunk({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}, "tool_calls"),
        ),
        stream=True,
    )

    assert streamed.message == whole.message
    result = Message("tool", [ToolResult(call_id="c1", name="f", content="1")])
    again = LLM(config()).build_request([Message("user", "hi"), streamed.message, result]).body["messages"][1]
    assert again == {"role": "assistant", "content": "a", "thinking_blocks": blocks, "tool_calls": [call]}


async def test_reasoning_that_is_only_sealed() -> None:
    blocks = [{"type": "redacted_thinking", "data": "d"}]
    message = {"content": "a", "thinking_blocks": blocks}
    whole = await ask(Reply.json({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
    streamed = await ask(chunks(chunk({"thinking_blocks": blocks}), chunk({"content": "a"}, "stop")), stream=True)

    sealed = Reasoning(redacted=True, seal=Seal(issuer="litellm_proxy", payload=blocks))
    assert streamed.message.parts == whole.message.parts == (sealed, Text(text="a"))


def test_what_others_sealed_is_not_sent() -> None:
    foreign = Reasoning(text="hm", seal=Seal(issuer="anthropic", payload="s"))
    body = LLM(config()).build_request([Message("assistant", [foreign, Text(text="a")]), Message("user", "hi")]).body

    assert body["messages"][0] == {"role": "assistant", "content": "a"}


@pytest.mark.parametrize(
    ("status", "kind", "message", "expected"),
    [
        (400, "budget_exceeded", "Budget has been exceeded!", QuotaExceededError),
        (429, "budget_exceeded", "litellm.RateLimitError: over", QuotaExceededError),
        (401, "auth_error", "Authentication Error", AuthenticationError),
        (400, "no_db_connection", "No connected db.", AuthenticationError),
        (401, "token_not_found_in_db", "no", AuthenticationError),
        (401, "key_model_access_denied", "no", PermissionDeniedError),
        (429, "throttling_error", "litellm.RateLimitError: RateLimitError: OpenAIException - slow", RateLimitError),
        (400, "invalid_request_error", "litellm.BadRequestError: AnthropicException - no", BadRequestError),
        (400, None, "litellm.ContextWindowExceededError: litellm.BadRequestError: x - y", ContextWindowExceededError),
        (400, None, "litellm.BadRequestError: litellm.ContentPolicyViolationError: x", ContentFilterError),
        (400, None, "said litellm.RateLimitError: no", BadRequestError),
        (400, None, "litellm.BadRequestError: the user wrote RateLimitError: no", BadRequestError),
        (400, None, "litellm.BadRequestError", BadRequestError),
        (404, "invalid_request_error", "litellm.NotFoundError: x", NotFoundError),
        (500, "internal_server_error", "litellm.InternalServerError: x", ServerError),
        (503, None, "litellm.ServiceUnavailableError: x", OverloadedError),
    ],
)
async def test_errors(status: int, kind: str | None, message: str, expected: type[ProviderError]) -> None:
    report = {"error": {"message": message, "type": kind, "param": None, "code": str(status)}}

    for answer, stream in ((Reply.json(report, status=status, headers=HEADERS), False), (chunks(report), True)):
        with pytest.raises(ProviderError) as caught:
            await ask(answer, stream=stream)
        assert (type(caught.value), caught.value.status, caught.value.message) == (expected, status, message)
    assert not (expected is QuotaExceededError and caught.value.retryable)


async def test_it_is_not_tried_again_unless_asked() -> None:
    with LoopbackServer(Reply.json({"error": {"message": "no"}}, status=500, headers={"retry-after": "0"})) as server:
        async with LLM(config(server.url)) as llm:
            with pytest.raises(ServerError):
                await llm.generate("hi")
        assert len(server.requests) == 1
        async with LLM(config(server.url, num_retries=1)) as llm:
            with pytest.raises(ServerError):
                await llm.generate("hi")

    assert len(server.requests) == 3


@pytest.mark.parametrize(("word", "reason"), [("stop", "stop"), ("length", "length"), ("new", "other")])
async def test_reasons_for_the_end(word: str, reason: str) -> None:
    response = await ask(chunks(chunk({"content": "a"}, word)), stream=True)

    assert (response.finish.reason, response.finish.raw) == (reason, word)


async def test_a_stream_that_is_cut() -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await ask(chunks(chunk({"content": "half"}), headers=HEADERS), stream=True)

    assert caught.value.partial is not None
    assert (caught.value.partial.text, caught.value.partial.metadata["litellm_call_id"]) == ("half", "call-1")


def test_a_prompt_can_be_sent_as_it_is() -> None:
    wire = LiteLLMProxyChat().encode(CompletionRequest(model="a/b", prompt="hi"), stream=False)

    assert (wire.url, json.loads(wire.body or b"")) == ("/completions", {"model": "a/b", "prompt": "hi"})
