from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from dragoman import (
    LLM,
    BadRequestError,
    Bytes,
    CompletionRequest,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    MissingCredentialError,
    ModelRetiredError,
    NotFoundError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    Reasoning,
    Response,
    ServerError,
    StreamInterruptedError,
    Tool,
    ToolCall,
    ToolResult,
    UnsupportedError,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_groq.chat import GroqChat
from faults.clients import ask as ask_patiently
from recordings import Recording, cases
from replay.chat_bodies import difference, has_conversation

WEATHER = Tool(name="weather", description="the weather", schema={"type": "object", "properties": {}})
OPTIONS = {name: name for name in ("reasoning_format", "search_settings", "stream_options")}


def config(url: str = "https://api.groq.com/openai/v1", **more: Any) -> LLMConfig:
    wanted = {"model": "llama-3.3-70b-versatile", "provider": "groq", "api_key": "gsk-test", "num_retries": 0, **more}
    return LLMConfig(api_base=url, **wanted)


def reply(message: dict[str, Any], finish: str = "stop", **more: Any) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return Reply.json({"id": "c1", "model": "m", "created": 1, "choices": [choice], **more})


def chunks(*each: dict[str, Any] | str) -> Reply:
    events = (value if isinstance(value, str) else f"data: {json.dumps(value)}\n\n" for value in each)
    return Reply.sse("".join(events).encode())


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "model": "m",
        "created": 1,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


async def ask(answer: Reply, *, stream: bool = False, **more: Any) -> Response:
    with LoopbackServer(answer) as server:
        async with LLM(config(f"{server.url}/openai/v1", **more)) as llm:
            if not stream:
                return await llm.generate("hi")
            async with llm.stream("hi") as events:
                return await events.collect()


@pytest.mark.parametrize("recording", cases("groq.chat", has_conversation))
def test_a_recorded_request_is_what_we_send(recording: Recording) -> None:
    body = recording.request.body
    config_ = config(model=body["model"], temperature=None, max_tokens=None)

    assert difference(recording, config_, OPTIONS) == {}


@pytest.mark.parametrize(
    "base", ["https://api.groq.com", "https://api.groq.com/openai", "https://api.groq.com/openai/v1/"]
)
def test_a_base_url_may_lack_its_end(base: str) -> None:
    assert LLM(config(base)).build_request("hi").url == "https://api.groq.com/openai/v1/chat/completions"


def test_the_key_comes_from_the_environment_for_its_own_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk-ambient")

    assert LLM(LLMConfig(model="llama2-70b-4096")).build_request("hi").headers["authorization"] == "********"
    with pytest.raises(MissingCredentialError):
        LLM(config("https://api.groq.com.evil.test", api_key=None)).build_request("hi")


@pytest.mark.parametrize("variable", ["GROQ_API_BASE", "GROQ_BASE_URL"])
def test_the_base_url_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "https://groq.example/openai/v1")
    monkeypatch.setenv("GROQ_API_KEY", "gsk-ambient")

    assert LLM(LLMConfig(model="groq/x")).build_request("hi").url.startswith("https://groq.example/openai/v1/chat")


def test_what_groq_refuses_is_not_sent() -> None:
    call = Message("assistant", [Reasoning(text="hm"), ToolCall(name="weather", call_id="c1", arguments="{}")])
    messages = [Message("user", "hi", name="ann"), call, Message("tool", ToolResult(call_id="c1", name="weather"))]

    body = LLM(config()).build_request(messages, tools=[WEATHER], top_k=3, logprobs=True).body

    assert body["messages"][0] == {"role": "user", "content": "hi"}
    assert body["messages"][1].keys() == {"role", "tool_calls"}
    assert body.keys() == {"model", "messages", "tools", "temperature", "max_completion_tokens"}


async def test_what_is_left_out_is_said() -> None:
    with LoopbackServer(reply({"content": "x"})) as server:
        async with LLM(config(f"{server.url}/openai/v1")) as llm:
            response = await llm.generate([Message("user", "hi", name="ann")], presence_penalty=1)

    assert [each.feature for each in response.adjustments] == ["presence_penalty", "name"]


def test_media_that_groq_does_not_take_are_refused() -> None:
    sound = Media(source=Bytes(data=b"x"), media_type="audio/wav")

    with pytest.raises(UnsupportedError, match="audio/wav"):
        LLM(config()).build_request([Message("user", sound)])


def test_the_options_of_reasoning_exclude_each_other() -> None:
    with pytest.raises(InvalidRequestError, match="not both"):
        LLM(config(reasoning_format="parsed", include_reasoning=True)).build_request("hi")
    with pytest.raises(UnsupportedError, match="raw reasoning"):
        LLM(config(reasoning_format="raw")).build_request("hi", tools=[WEATHER])
    with pytest.raises(InvalidRequestError, match="reasoning_format"):
        LLM(config(reasoning_formt="raw")).build_request("hi")
    body = LLM(config(include_reasoning=False, extra_body={"x": 1})).build_request("hi").body
    assert (body["include_reasoning"], body["x"]) == (False, 1)


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("openai/gpt-oss-120b", "high", "high"),
        ("openai/gpt-oss-120b", "none", "low"),
        ("qwen/qwen3-32b", "default", "default"),
        ("qwen/qwen3-32b", "high", None),
        ("my-gpt-ossified", "minimal", "minimal"),
    ],
)
def test_a_family_takes_the_efforts_it_knows(model: str, effort: str, sent: str | None) -> None:
    body = LLM(config(model=f"groq/{model}")).build_request("hi", effort=effort).body

    assert body.get("reasoning_effort") == sent


async def test_reasoning_tools_and_usage_are_read_alike_whole_and_streamed() -> None:
    begun = {"index": 0, "type": "search", "arguments": '{"q": "x"}'}
    tool = {**begun, "output": "found"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 1}}
    breakdown = {"models": []}
    whole = await ask(
        reply(
            {"content": "done", "reasoning": "hm", "executed_tools": [tool]},
            usage=usage,
            usage_breakdown=breakdown,
            x_groq={"id": "req_1", "seed": 7},
        )
    )
    streamed = await ask(
        chunks(
            chunk({"role": "assistant", "reasoning": "h"}, x_groq={"id": "req_1", "seed": 7}),
            chunk({"reasoning": "m", "channel": "analysis"}),
            chunk({"executed_tools": [begun]}),
            chunk({"executed_tools": [tool]}),
            chunk({"content": "done"}),
            {**chunk({}, "stop", x_groq={"id": "req_1", "usage": usage, "usage_breakdown": breakdown}), "id": "stub"},
            "data: [DONE]\n\n",
        ),
        stream=True,
    )

    assert streamed.message == whole.message
    assert streamed.usage == whole.usage
    assert streamed.metadata == whole.metadata == {"groq_request_id": "req_1", "seed": 7, "usage_breakdown": breakdown}
    assert streamed.origin.response_id == "c1"
    assert whole.usage.reasoning_tokens == 1
    assert whole.tool_calls == ()
    search = whole.message.of_type(ToolCall)[0]
    assert (search.name, search.server_side, search.metadata) == ("search", True, {"output": "found"})


@pytest.mark.parametrize(
    ("word", "reason"), [("stop", "stop"), ("length", "length"), ("tool_calls", "tool_calls"), ("new", "other")]
)
async def test_reasons_for_the_end(word: str, reason: str) -> None:
    response = await ask(reply({"content": "x"}, word))

    assert (response.finish.reason, response.finish.raw) == (reason, word)


@pytest.mark.parametrize(
    ("status", "code", "kind", "retryable"),
    [
        (400, "tool_use_failed", BadRequestError, True),
        (400, "json_validate_failed", BadRequestError, True),
        (400, "x", BadRequestError, False),
        (404, "model_not_found", NotFoundError, False),
        (413, "rate_limit_exceeded", RateLimitError, False),
        (422, "semantic", BadRequestError, False),
        (429, "rate_limit_exceeded", RateLimitError, True),
        (498, "flex", OverloadedError, True),
        (500, "x", ServerError, True),
        (503, "x", OverloadedError, True),
    ],
)
async def test_errors(status: int, code: str, kind: type[ProviderError], retryable: bool) -> None:  # noqa: FBT001
    answer = Reply.json(
        {"error": {"message": "no", "code": code, "type": "x"}}, status=status, headers={"retry-after": "2"}
    )

    with pytest.raises(kind) as caught:
        await ask(answer)

    assert (caught.value.status, caught.value.code, caught.value.retryable) == (status, code, retryable)
    assert caught.value.retry_after == 2


async def test_what_the_model_wrote_amiss_is_kept_whole() -> None:
    written = "<function=f>" + "x" * 2000
    report = {"message": "no", "code": "tool_use_failed", "failed_generation": written, "status_code": 400}

    for stream in (False, True):
        with pytest.raises(BadRequestError) as caught:
            await ask(Reply.json({"error": report}, status=400), stream=stream)
        assert written in (caught.value.body or "")
    with pytest.raises(BadRequestError) as caught:
        await ask(chunks(f"event: error\ndata: {json.dumps({'error': report})}\n\n"), stream=True)
    assert (caught.value.status, written in (caught.value.body or "")) == (400, True)


@pytest.mark.parametrize("code", ["tool_use_failed", "json_validate_failed"])
@pytest.mark.parametrize("inside", [False, True], ids=["plain", "first event of a stream"])
async def test_a_model_that_wrote_amiss_tries_again_once(code: str, inside: bool) -> None:  # noqa: FBT001
    report = {"error": {"message": "no", "code": code, "status_code": 400}}
    failing = chunks(f"event: error\ndata: {json.dumps(report)}\n\n") if inside else Reply.json(report, status=400)
    good = chunks(chunk({"content": "x"}, "stop")) if inside else reply({"content": "x"})

    with LoopbackServer() as server:
        server.reply(failing, good, failing, failing, good)
        patient = config(f"{server.url}/openai/v1", num_retries=2)
        mended = await ask_patiently(patient, streamed=inside)
        broken = await ask_patiently(patient, streamed=inside)

        assert len(server.requests) == 4
    assert mended.response is not None
    assert [each.status for each in mended.response.attempts] == [400, None]
    assert isinstance(broken.error, BadRequestError)
    assert ([each.status for each in broken.error.attempts], broken.error.retryable) == ([400, 400], False)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "code", "hint"),
    [
        ("groq/mixtral-8x7b-32768", "model_decommissioned", "llama-3.3-70b-versatile"),
        ("groq/llama2-70b-4096", "model_not_found", "llama-3.3-70b-versatile"),
        ("groq/nobody-knows", "model_decommissioned", "console.groq.com/docs/deprecations"),
    ],
)
async def test_a_model_that_is_gone(model: str, code: str, hint: str, stream: bool) -> None:  # noqa: FBT001
    answer = Reply.json({"error": {"message": "gone", "code": code}}, status=404, headers={"x-request-id": "r1"})

    with pytest.raises(ModelRetiredError, match=hint) as caught:
        await ask(answer, model=model, stream=stream)

    assert (caught.value.code, caught.value.status, caught.value.request_id) == (code, 404, "r1")
    assert isinstance(caught.value, NotFoundError)


async def test_an_error_inside_a_stream() -> None:
    begun = chunk({"role": "assistant", "content": "half"})

    with pytest.raises(ProviderError, match="over capacity") as caught:
        await ask(chunks(begun, chunk({}, x_groq={"id": "r", "error": "over capacity"})), stream=True)
    assert caught.value.partial is not None
    assert caught.value.partial.text == "half"
    with pytest.raises(StreamInterruptedError):
        await ask(chunks(begun), stream=True)


async def test_a_report_of_an_error_that_is_none() -> None:
    with pytest.raises(ServerError, match="oops"):
        await ask(Reply(status=500, headers={"content-type": "text/plain"}, body=b"oops"))
    with pytest.raises(ServerError, match="plain"):
        await ask(Reply.json({"error": "plain"}, status=500))


async def test_models_are_listed() -> None:
    with LoopbackServer(Reply.json({"data": [{"id": "a", "context_window": 8192}]})) as server:
        async with LLM(config(f"{server.url}/openai/v1")) as llm:
            (model,) = await llm.models()

    assert (model.id, model.context_tokens) == ("a", 8192)
    assert server.requests[0].path == "/openai/v1/models"


async def test_a_prompt_is_a_conversation() -> None:
    with LoopbackServer(reply({"content": "x"})) as server:
        async with LLM(config(f"{server.url}/openai/v1")) as llm:
            assert await llm.completion("hi") == "x"

    assert server.requests[0].json["messages"] == [{"role": "user", "content": "hi"}]
    assert server.requests[0].headers["authorization"] == "Bearer gsk-test"


async def test_a_harmless_mention_of_errors_is_none() -> None:
    said = chunk({"content": "x"}, "stop", x_groq={"id": "r", "note": "error"})
    assert (await ask(chunks({**said, "error": None}), stream=True)).text == "x"


def test_a_prompt_is_encoded_as_a_conversation() -> None:
    wire = GroqChat().encode(CompletionRequest(model="m", prompt="hi"), stream=False)

    assert (wire.url, json.loads(wire.body or b"")["messages"]) == (
        "/chat/completions",
        [{"role": "user", "content": "hi"}],
    )


def test_a_tool_carries_what_it_asks_for() -> None:
    tool = attrs.evolve(WEATHER, options={"groq": {"cache_control": {"type": "ephemeral"}}, "openai": {"x": 1}})

    (sent,) = LLM(config()).build_request("hi", tools=[tool]).body["tools"]

    assert sent["cache_control"] == {"type": "ephemeral"}
    assert "x" not in sent
