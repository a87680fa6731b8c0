from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    Bytes,
    CompletionRequest,
    ContentFilterError,
    ContextWindowExceededError,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
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
    ServerTool,
    StreamInterruptedError,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openrouter.chat import OpenRouterChat
from recordings import Recording, cases
from replay.chat_bodies import difference, has_conversation

OPTIONS = {
    "provider": "routing",
    **{
        name: name
        for name in ("models", "route", "transforms", "plugins", "reasoning", "usage", "preset", "prediction")
    },
    "stream_options": "stream_options",
}
DETAILS = [
    {"type": "reasoning.summary", "summary": "hm", "format": "f", "index": 0},
    {"type": "reasoning.encrypted", "data": "sealed", "id": "rs_1", "format": "f", "index": 0},
]


def config(url: str = "https://openrouter.ai/api/v1", **more: Any) -> LLMConfig:
    wanted = {"model": "openai/gpt-4", "provider": "openrouter", "api_key": "sk-or", "num_retries": 0, **more}
    return LLMConfig(api_base=url, **wanted)


def body(messages: Any = "hi", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = LLM(config()).build_request(messages, **more).body
    return made


def reply(message: dict[str, Any], finish: str | None = "stop", **more: Any) -> Reply:
    choice = {
        "index": 0,
        "message": {"role": "assistant", **message},
        "finish_reason": finish,
        **more.pop("choice", {}),
    }
    return Reply.json({"id": "gen-1", "model": "m", "created": 1, "choices": [choice], **more})


def chunks(*each: dict[str, Any] | str) -> Reply:
    events = (value if isinstance(value, str) else f"data: {json.dumps(value)}\n\n" for value in each)
    return Reply.sse("".join(events).encode())


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, **more.pop("choice", {})}
    return {"id": "gen-1", "model": "m", "created": 1, "provider": "X", "choices": [choice], **more}


async def ask(answer: Reply, *, stream: bool = False) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(f"{server.url}/api/v1")) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as events:
                return await events.collect()


@pytest.mark.parametrize("recording", cases("openrouter.chat", has_conversation))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    model = recording.request.body.get("model", "a/b")

    assert difference(recording, config(model=model, temperature=None, max_tokens=None), OPTIONS) == {}


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("openai/gpt-4", "openai/gpt-4"),
        ("openrouter/openai/gpt-4", "openai/gpt-4"),
        ("openrouter/auto", "openrouter/auto"),
        ("meta-llama/llama-3.3-70b-instruct:free", "meta-llama/llama-3.3-70b-instruct:free"),
    ],
)
def test_a_model_is_sent_whole(model: str, sent: str) -> None:
    request = LLM(LLMConfig(model=model, api_key="k", api_base="https://openrouter.ai/api/v1")).build_request("hi")

    assert (request.url, request.body["model"]) == ("https://openrouter.ai/api/v1/chat/completions", sent)


def test_the_key_goes_to_its_own_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-ambient")

    assert LLM(LLMConfig(model="openrouter/a/b")).build_request("hi").headers["authorization"] == "********"
    with pytest.raises(MissingCredentialError):
        LLM(config("https://openrouter.ai.evil.test/api/v1", api_key=None)).build_request("hi")


def test_nobody_is_named_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not {"http-referer", "x-title"} & LLM(config()).build_request("hi").headers.keys()

    monkeypatch.setenv("OR_SITE_URL", "https://env.example")
    monkeypatch.setenv("OR_APP_NAME", "env")
    headers = LLM(config()).build_request("hi", site_url="https://me.example").headers
    assert (headers["http-referer"], headers["x-title"]) == ("https://me.example", "env")


def test_typed_options() -> None:
    sent = body(
        effort="high",
        top_k=5,
        reasoning={"exclude": True},
        routing={"order": ["x"], "allow_fallbacks": False},
        models=["a/b"],
        transforms=["middle-out"],
        extra_body={"x": 1},
        tools=[Tool(name="f"), ServerTool(id="openrouter.web_search", args={"parameters": {"max_uses": 1}})],
    )

    assert sent["reasoning"] == {"effort": "high", "exclude": True}
    assert sent["provider"] == {"order": ["x"], "allow_fallbacks": False}
    assert (sent["top_k"], sent["models"], sent["transforms"], sent["x"]) == (5, ["a/b"], ["middle-out"], 1)
    assert sent["tools"][1] == {"type": "openrouter:web_search", "parameters": {"max_uses": 1}}
    with pytest.raises(InvalidRequestError, match="routing"):
        body(routng={})
    with pytest.raises(InvalidRequestError, match="ordr"):
        body(routing={"ordr": ["x"]})


def test_media_and_caching_have_their_own_shapes() -> None:
    cached = {"openrouter": {"cache_control": {"type": "ephemeral"}}}
    parts = [
        Text(text="a", options=cached),
        Media(source=Url(url="https://x.example/v.mp4"), media_type="video/mp4"),
        Media(source=Bytes(data=b"v"), media_type="video/mp4"),
        Media(source=Url(url="https://x.example/d.pdf"), media_type="application/pdf", filename="d.pdf"),
        Media(source=Bytes(data=b"i"), media_type="image/png", options=cached),
    ]
    call = Message("assistant", ToolCall(name="f", call_id="c1"))
    image = Media(source=Bytes(data=b"i"), media_type="image/png")
    result = ToolResult(call_id="c1", name="f", content=[Text(text="r", options=cached), image])

    user, _, tool = body([Message("user", parts), call, Message("tool", result)])["messages"]

    mark = {"cache_control": {"type": "ephemeral"}}
    assert user["content"] == [
        {"type": "text", "text": "a", **mark},
        {"type": "video_url", "video_url": {"url": "https://x.example/v.mp4"}},
        {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,dg=="}},
        {"type": "file", "file": {"filename": "d.pdf", "file_data": "https://x.example/d.pdf"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,aQ=="}, **mark},
    ]
    assert tool["content"][0] == {"type": "text", "text": "r", **mark}
    assert tool["content"][1]["type"] == "image_url"


async def test_reasoning_is_read_alike_whole_and_streamed_and_goes_back_unchanged() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "cost": 0}
    native = {"native_finish_reason": "completed"}
    whole = await ask(
        reply(
            {"content": "a", "reasoning": "hm", "reasoning_details": DETAILS}, usage=usage, provider="X", choice=native
        )
    )
    first, second = {**DETAILS[0], "summary": "h"}, {**DETAILS[0], "summary": "m"}
    streamed = await ask(
        chunks(
            ": OPENROUTER PROCESSING\n\n",
            chunk({"content": "", "reasoning": "h", "reasoning_details": [first]}),
            chunk({"content": "", "reasoning": "m", "reasoning_details": [{**second, "format": None}]}),
            chunk({"content": "", "reasoning_details": [DETAILS[1]]}),
            chunk({"content": "", "reasoning_details": [DETAILS[1]]}),
            chunk({"content": "a"}),
            chunk({"content": ""}, "stop", choice=native, usage=usage),
            "data: [DONE]\n\n",
        ),
        stream=True,
    )

    assert streamed.message == whole.message
    assert streamed.metadata == whole.metadata == {"provider": "X", "native_finish_reason": "completed", "cost": 0.0}
    assert (whole.reasoning, whole.text) == ("hm", "a")
    again = body([Message("user", "hi"), streamed.message])
    assert again["messages"][1] == {"role": "assistant", "content": "a", "reasoning_details": DETAILS}


async def test_reasoning_that_is_only_sealed() -> None:
    signed = {"type": "reasoning.text", "format": "g", "signature": "s", "index": 0}
    for details, redacted in (([DETAILS[1]], True), ([signed], False)):
        whole = await ask(reply({"content": "a", "reasoning_details": details}))
        streamed = await ask(
            chunks(chunk({"content": "", "reasoning_details": details}), chunk({"content": "a"}, "stop")), stream=True
        )
        reasoning = whole.message.parts[0]
        assert streamed.message == whole.message
        assert isinstance(reasoning, Reasoning)
        assert (reasoning.text, reasoning.redacted) == ("", redacted)
        assert reasoning.seal == Seal(issuer="openrouter", payload=details)


def test_what_others_sealed_is_not_sent() -> None:
    foreign = Reasoning(text="hm", seal=Seal(issuer="anthropic", payload="s"))

    assert "hm" not in json.dumps(body([Message("assistant", [foreign, Text(text="a")]), Message("user", "hi")]))


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, BadRequestError, False),
        (401, AuthenticationError, False),
        (402, QuotaExceededError, False),
        (403, PermissionDeniedError, False),
        (404, NotFoundError, False),
        (408, BadRequestError, True),
        (413, BadRequestError, False),
        (429, RateLimitError, True),
        (502, ServerError, True),
        (503, OverloadedError, True),
    ],
)
async def test_errors_with_and_without_their_status(status: int, kind: type[ProviderError], retryable: bool) -> None:  # noqa: FBT001
    report = {"error": {"code": status, "message": "no", "metadata": {"provider_name": "V", "raw": "upstream"}}}
    replies = [Reply.json(report, status=status), Reply.json(report), chunks(report)]

    for answer, stream in zip(replies, (False, False, True), strict=True):
        with pytest.raises(kind, match=r"no \(V: upstream\)") as caught:
            await ask(answer, stream=stream)
        assert (caught.value.status, caught.value.code) == (status, str(status))
        assert caught.value.retryable is retryable


async def test_moderation_is_a_filter() -> None:
    about = {"reasons": ["violence"], "flagged_input": "x", "provider_name": "V"}

    with pytest.raises(ContentFilterError):
        await ask(Reply.json({"error": {"code": 403, "message": "no", "metadata": about}}, status=403))


async def test_an_error_that_the_vendor_words_better_keeps_what_is_known() -> None:
    about = {"provider_name": "V", "raw": "Please reduce the length of the messages"}
    report = {"error": {"code": 400, "message": "Provider returned error", "metadata": about}}

    with pytest.raises(ContextWindowExceededError) as caught:
        await ask(Reply.json(report, status=400, headers={"retry-after": "7"}))
    assert (caught.value.retry_after, caught.value.code, caught.value.retryable) == (7, "400", False)


async def test_a_limit_says_when_it_ends() -> None:
    date = {"date": "Thu, 01 Jan 1970 00:01:00 GMT"}
    about = {"headers": {"X-RateLimit-Reset": "75000"}}
    report = {"error": {"code": 429, "message": "no", "metadata": about}}

    with pytest.raises(RateLimitError) as caught:
        await ask(Reply.json(report, status=429, headers=date))
    assert caught.value.retry_after == 15
    odd = ("1", "nan", "1e400", "1_0", "-75000")
    for headers in (
        {"date": "never", "x-ratelimit-reset": "1"},
        *({**date, "x-ratelimit-reset": each} for each in odd),
    ):
        with pytest.raises(RateLimitError) as caught:
            await ask(Reply(status=429, headers={**headers, "content-type": "text/plain"}, body=b"slow"))
        assert caught.value.retry_after is None


async def test_an_error_in_a_choice_carries_what_came_before() -> None:
    failed = {"error": {"code": 502, "message": "cut"}}

    with pytest.raises(ServerError, match="cut") as caught:
        await ask(reply({"content": "half"}, None, choice=failed))
    assert caught.value.partial is not None
    assert caught.value.partial.text == "half"
    with pytest.raises(ServerError, match="cut") as caught:
        await ask(chunks(chunk({"content": "half"}), chunk({"content": ""}, "error", choice=failed)), stream=True)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "half"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("error", "error"),
        ("new", "other"),
    ],
)
async def test_reasons_for_the_end(word: str, reason: str) -> None:
    response = await ask(reply({"content": 'the "error"'}, word))

    assert (response.finish.reason, response.finish.raw) == (reason, word)


async def test_a_stream_that_is_cut() -> None:
    with pytest.raises(StreamInterruptedError):
        await ask(chunks(": OPENROUTER PROCESSING\n\n", chunk({"content": "a"})), stream=True)


async def test_images_in_the_answer() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aQ=="}}

    response = await ask(reply({"content": "a", "images": [image]}))

    assert response.message.of_type(Media)[0].source == Bytes(data=b"i")


def test_a_prompt_can_be_sent_as_it_is() -> None:
    wire = OpenRouterChat().encode(CompletionRequest(model="a/b", prompt="hi"), stream=False)

    assert (wire.url, json.loads(wire.body or b"")) == ("/completions", {"model": "a/b", "prompt": "hi"})
